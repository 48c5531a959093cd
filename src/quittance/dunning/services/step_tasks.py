"""Steps that people do: a call, a message on the portal, something inside the house."""

from __future__ import annotations

from django.db import transaction

from quittance.dunning import events
from quittance.dunning.models import DunningNotice
from quittance.foundation import clock
from quittance.foundation.events import record
from quittance.foundation.permissions import Actor
from quittance.parties.queries import get_accounts

State = DunningNotice.State


class TaskNotOpen(Exception):
    """The step is not waiting for a person: it was done, or it is none that people do."""


def finish_task(*, notice_id: int, note: str, actor: Actor) -> None:
    """Write that a person has done a step, and what came of it.

    :raises TaskNotOpen: when it does not wait (any more).
    """
    with transaction.atomic():
        notice = DunningNotice.objects.select_for_update(of=("self",)).select_related("level").get(pk=notice_id)
        if notice.state != State.TASK_OPEN:
            raise TaskNotOpen(f"the step is {notice.get_state_display().lower()}: nothing was changed")
        notice.state = State.DONE
        notice.done_at = clock.now()
        notice.done_by_id = actor.user_id
        notice.done_note = note[:500]
        notice.save(update_fields=["state", "done_at", "done_by_id", "done_note"])
        account = get_accounts(account_ids=[notice.account_id])[notice.account_id]
        record(
            events.account_event(
                kind=events.TASK_DONE,
                actor=actor,
                account_id=account.id,
                company_id=account.company_id,
                customer_id=account.customer_id,
                subject_kind="dunning_notice",
                subject_id=notice.pk,
                payload={
                    "level": notice.level.code if notice.level else "",
                    "medium": notice.medium,
                    "text": notice.done_note,
                },
            )
        )
