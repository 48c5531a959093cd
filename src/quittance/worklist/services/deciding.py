"""What a person does with a task itself: tick it off, put it off, bring it back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db import transaction

from quittance.foundation import clock, events, notify
from quittance.foundation.permissions import Actor
from quittance.worklist.models import Task
from quittance.worklist.services.refreshing import TOPIC

State = Task.State
_LIVE = (State.OPEN, State.SNOOZED)


class TaskRefused(ValueError):
    """The task cannot be put off like this; the message says why."""


@transaction.atomic
def complete_tasks(*, task_ids: Collection[int], actor: Actor) -> int:
    """Tick tasks off; return how many were live. They come back when something gets worse (see `states`)."""
    tasks = _lock(task_ids, _LIVE)
    now = clock.now()
    for task in tasks:
        task.state, task.closed_at, task.closed_by_id, task.snoozed_until = State.DONE, now, actor.user_id, None
    _save(tasks, "task.done", actor)
    return len(tasks)


@transaction.atomic
def snooze_tasks(*, task_ids: Collection[int], until: date, as_of: date, actor: Actor) -> int:
    """Put tasks off until a day; return how many were live. They come back on that day if their reason stands.

    :raises TaskRefused: the day is not after `as_of`
    """
    if until <= as_of:
        raise TaskRefused(f"a task is put off to a day after {as_of}, not to {until}")
    tasks = _lock(task_ids, _LIVE)
    for task in tasks:
        task.state, task.snoozed_until = State.SNOOZED, until
    _save(tasks, "task.snoozed", actor, until=until.isoformat())
    return len(tasks)


@transaction.atomic
def reopen_tasks(*, task_ids: Collection[int], actor: Actor) -> int:
    """Bring back tasks that were ticked or put off; return how many were. What is GONE has no reason any more."""
    tasks = _lock(task_ids, (State.DONE, State.SNOOZED))
    for task in tasks:
        task.state, task.closed_at, task.closed_by_id, task.snoozed_until = State.OPEN, None, None, None
    _save(tasks, "task.reopened", actor)
    return len(tasks)


def _lock(task_ids: Collection[int], states: Collection[str]) -> list[Task]:
    found = Task.objects.filter(id__in=list(task_ids), state__in=list(states)).order_by("id")
    return list(found.select_for_update(no_key=True))


def _save(tasks: list[Task], kind: str, actor: Actor, **payload: str) -> None:
    Task.objects.bulk_update(tasks, ["state", "closed_at", "closed_by_id", "snoozed_until"], batch_size=1000)
    if not tasks:
        return
    notify.publish(TOPIC)
    events.record_all(
        events.NewEvent(
            kind=kind,
            actor=actor,
            company_id=task.company_id,
            customer_id=task.customer_id,
            account_id=task.account_id,
            subject_kind="task",
            subject_id=str(task.id),
            payload={"kind": task.kind, "action": task.action_code, **payload},
        )
        for task in tasks
    )
