"""What stops a transmission, and what settles it afterwards: a lease that ended, a person's word."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from quittance.delivery.models import Transmission
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor

State = Transmission.State
Code = Transmission.FailureCode


class TransmissionNotUncertain(Exception):
    """Somebody has already said what became of the transmission."""


def fail_unwritten(*, transmission_id: int, failure: str) -> bool:
    """Give up a waiting message whose text could not be written; False when it is no longer waiting."""
    waiting = Transmission.objects.filter(pk=transmission_id, state=State.QUEUED)
    return bool(waiting.update(state=State.FAILED, failure_code=Code.TEXT_WRONG, failure=failure, not_before=None))


def cancel(*, transmission_ids: Sequence[int]) -> list[int]:
    """Cancel those that have not begun to leave; return their ids."""
    with transaction.atomic():
        found = Transmission.objects.select_for_update().filter(pk__in=transmission_ids, state=State.QUEUED)
        ids = list(found.order_by("pk").values_list("pk", flat=True))
        Transmission.objects.filter(pk__in=ids).update(state=State.CANCELLED)
    return ids


def take_back(*, message_id: str) -> int | None:
    """Write that a letter which was handed over does not leave after all; return its id, None when there is none.

    Only for what waits in our own hands still (a print batch): a message that has left cannot be called back.
    """
    return _turn(message_id, State.SENT, state=State.CANCELLED, sent_at=None)


def hand_over_again(*, message_id: str) -> int | None:
    """Write that a letter that was taken back leaves after all; return its id, None when there is none."""
    return _turn(message_id, State.CANCELLED, state=State.SENT, sent_at=clock.now())


def _turn(message_id: str, before: str, **values: object) -> int | None:
    found = Transmission.objects.filter(message_id=message_id, state=before, medium=Transmission.Medium.LETTER)
    transmission_id = found.values_list("id", flat=True).first()
    return transmission_id if transmission_id and found.update(**values) else None


def recover_interrupted() -> list[int]:
    """Mark as UNCERTAIN what a worker was sending when it died, once its lease has ended; return the ids."""
    with transaction.atomic():
        found = Transmission.objects.select_for_update(skip_locked=True)
        found = found.filter(state=State.SENDING, lease_until__lte=clock.now())
        ids = list(found.order_by("pk").values_list("pk", flat=True))
        # The token stays: should the worker be alive after all, its answer is better than no answer.
        Transmission.objects.filter(pk__in=ids).update(
            state=State.UNCERTAIN, failure_code=Code.WORKER_STOPPED, failure=""
        )
    return ids


def resolve_uncertain(*, transmission_id: int, has_left: bool, actor: Actor) -> str:
    """Write what a person found out: it has left, or it is queued again; return the new state.

    Queued again it keeps its Message-ID, so that a mailbox that has it already can tell; its tries start anew.

    :raises TransmissionNotUncertain: when its state is another by now.
    """
    state = State.SENT if has_left else State.QUEUED
    with transaction.atomic():
        changed = Transmission.objects.filter(pk=transmission_id, state=State.UNCERTAIN).update(
            state=state,
            sent_at=F("claimed_at") if has_left else None,
            attempts=F("attempts") if has_left else 0,
            not_before=None,
            failure_code="",
            failure="",
            lease_token=None,
            lease_until=None,
        )
        if not changed:
            raise TransmissionNotUncertain("this message is no longer uncertain; look at its state again")
        row = Transmission.objects.only("account_id").get(pk=transmission_id)
        events.record(
            events.NewEvent(
                kind="transmission.resolved",
                actor=actor,
                account_id=row.account_id,
                subject_kind="transmission",
                subject_id=str(transmission_id),
                payload={"has_left": has_left},
            )
        )
    return state
