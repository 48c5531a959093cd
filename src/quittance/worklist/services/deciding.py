"""What a person does with a task itself: tick it off, put it off, give it to somebody, bring it back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from quittance.foundation import clock, events, notify
from quittance.foundation.permissions import Actor
from quittance.parties.people import list_people
from quittance.parties.teams import list_teams
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
        task.state, task.closed_at, task.closed_by_id = State.DONE, now, actor.user_id
        task.snoozed_until = task.wake_at = None
    _save(tasks, "task.done", actor)
    return len(tasks)


@transaction.atomic
def snooze_tasks(
    *, task_ids: Collection[int], until: date, as_of: date, actor: Actor, wake_at: datetime | None = None
) -> int:
    """Put tasks off until a day, or the moment `wake_at` of it; return how many were live.

    They come back then if their reason stands.

    :raises TaskRefused: the day is not after `as_of`, or the moment has passed
    """
    if wake_at is not None and wake_at <= clock.now():
        raise TaskRefused(f"a task is put off to a moment to come, not to {wake_at}")
    if wake_at is None and until <= as_of:
        raise TaskRefused(f"a task is put off to a day after {as_of}, not to {until}")
    tasks = _lock(task_ids, _LIVE)
    for task in tasks:
        task.state, task.snoozed_until, task.wake_at = State.SNOOZED, until, wake_at
    _save(tasks, "task.snoozed", actor, until=until.isoformat())
    return len(tasks)


@transaction.atomic
def reopen_tasks(*, task_ids: Collection[int], actor: Actor) -> int:
    """Bring back tasks that were ticked or put off; return how many were. What is GONE has no reason any more."""
    tasks = _lock(task_ids, (State.DONE, State.SNOOZED))
    for task in tasks:
        task.state, task.closed_at, task.closed_by_id = State.OPEN, None, None
        task.snoozed_until = task.wake_at = None
    _save(tasks, "task.reopened", actor)
    return len(tasks)


@transaction.atomic
def assign_tasks(
    *, task_ids: Collection[int], actor: Actor, user_id: int | None = None, team_id: int | None = None
) -> int:
    """Give tasks to a person or to a team, or (neither) back to whom the facts say; return how many were live.

    They keep it until their reason is gone.

    :raises TaskRefused: both are given, the person is not one of ours or not active, or there is no such team
    """
    if user_id is not None and team_id is not None:
        raise TaskRefused("a task is given to a person or to a team, not to both")
    names = dict(list_people()) if user_id is not None else {team.id: team.name for team in list_teams()}
    if (user_id or team_id) is not None and (user_id or team_id) not in names:
        raise TaskRefused(f"nobody to give it to: person {user_id}, team {team_id}")
    tasks = _lock(task_ids, _LIVE)
    for task in tasks:
        task.assigned_to_id, task.team_id = user_id, team_id
        if user_id is not None or team_id is not None:
            task.owner_id = user_id
    to = names.get(user_id or team_id or 0, "")
    _save(tasks, "task.assigned", actor, fields=("assigned_to", "team", "owner"), assigned_to=to)
    return len(tasks)


def _lock(task_ids: Collection[int], states: Collection[str]) -> list[Task]:
    found = Task.objects.filter(id__in=list(task_ids), state__in=list(states)).order_by("id")
    return list(found.select_for_update(no_key=True))


_STATE_FIELDS = ("state", "closed_at", "closed_by_id", "snoozed_until", "wake_at")


def _save(
    tasks: list[Task], kind: str, actor: Actor, *, fields: tuple[str, ...] = _STATE_FIELDS, **payload: str
) -> None:
    Task.objects.bulk_update(tasks, fields, batch_size=1000)
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
