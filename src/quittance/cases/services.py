"""Open, hand over and close disputes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction

from quittance.cases.models import DelayReason, Dispute
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.ledger.services import LockedItem, lock_items, refresh_balances, set_delay_reason

DISPUTE_DAYS_MAX = 14
# Which reason of delay of the shipped list a dispute is; the others (VAT, OTHER) say too little to tell.
_DELAY_REASONS: Final[Mapping[str, str]] = {
    Dispute.Reason.PRICE: "PRICE",
    Dispute.Reason.QUANTITY: "GOODS",
    Dispute.Reason.QUALITY: "GOODS",
    Dispute.Reason.DELIVERY: "GOODS",
    Dispute.Reason.REFERENCE: "ORDER_MISSING",
    Dispute.Reason.ADDRESSEE: "INVOICE_MISSING",
    Dispute.Reason.DUPLICATE: "CREDIT_NOTE_DUE",
    Dispute.Reason.CREDIT_NOTE_DUE: "CREDIT_NOTE_DUE",
}


class DisputeNotFound(LookupError):
    """No dispute has this id."""


class DisputeRefused(ValueError):
    """The dispute cannot be opened or changed like this; the message says why."""


class DisputeAlreadyOpen(DisputeRefused):
    """The item is disputed already."""


class DisputeAlreadyClosed(DisputeRefused):
    """The dispute was closed before."""


class AmountNotDisputable(DisputeRefused):
    """The amount is not positive, or more than the item has open."""


@transaction.atomic
def open_dispute(
    *,
    item_id: int,
    amount: Decimal,
    reason_code: str,
    opened_date: date,
    actor: Actor,
    comment: str = "",
    due_date: date | None = None,
    owner_id: int | None = None,
) -> int:
    """Open a dispute over `amount` (positive) of a debit item and return its id.

    It is due `due_date`, or two weeks after it was opened; its owner is who opened it when nobody is named. An item
    without a reason of delay gets the one that the dispute is, while the company's list offers it.

    :raises ItemNotFound: :raises DisputeRefused: DisputeAlreadyOpen, AmountNotDisputable
    """
    item = lock_items(item_ids=[item_id])[item_id]
    if reason_code not in Dispute.Reason.values:
        raise DisputeRefused(f"{reason_code!r} is not a reason of a dispute")
    if not 0 < amount <= item.amount_open:
        raise AmountNotDisputable(f"{amount} cannot be disputed: item {item_id} has {item.amount_open} open")
    if Dispute.objects.filter(item_id=item_id, closed_date__isnull=True).exists():
        raise DisputeAlreadyOpen(f"item {item_id} is disputed already")
    dispute = Dispute.objects.create(
        account_id=item.account.id,
        item_id=item_id,
        amount_disputed=amount,
        reason_code=reason_code,
        comment=comment,
        opened_date=opened_date,
        opened_by_id=actor.user_id,
        due_date=due_date or opened_date + timedelta(days=DISPUTE_DAYS_MAX),
        owner_id=owner_id or actor.user_id,
        recorded_at=clock.now(),
    )
    refresh_balances(account_ids=[item.account.id], as_of=clock.today())
    events.record(
        _event(
            "dispute.opened", dispute, item, actor, {"amount": f"{amount:f}", "reason": reason_code, "text": comment}
        )
    )
    _say_why_late(item_id, reason_code, actor)
    return dispute.id


@transaction.atomic
def close_dispute(*, dispute_id: int, outcome: str, closed_date: date, actor: Actor, comment: str = "") -> None:
    """Close a dispute with its outcome; the item returns to dunning and matching.

    :raises DisputeNotFound: :raises DisputeAlreadyClosed:
    :raises DisputeRefused: for an unknown outcome, or a day before it was opened
    """
    dispute, item = _lock_open(dispute_id)
    if outcome not in Dispute.Outcome.values:
        raise DisputeRefused(f"{outcome!r} is not an outcome of a dispute")
    if closed_date < dispute.opened_date:
        raise DisputeRefused(f"a dispute opened on {dispute.opened_date} cannot end on {closed_date}")
    dispute.outcome = outcome
    dispute.closed_date = closed_date
    dispute.closed_by_id = actor.user_id
    dispute.closing_comment = comment
    dispute.save()
    refresh_balances(account_ids=[item.account.id], as_of=clock.today())
    events.record(_event("dispute.closed", dispute, item, actor, {"outcome": outcome, "text": comment}))


@transaction.atomic
def assign_dispute(*, dispute_id: int, actor: Actor, owner_id: int | None = None, due_date: date | None = None) -> None:
    """Give an open dispute another owner or another deadline; None leaves as it is.

    :raises DisputeNotFound: :raises DisputeAlreadyClosed:
    """
    dispute, item = _lock_open(dispute_id)
    dispute.owner_id = owner_id or dispute.owner_id
    dispute.due_date = due_date or dispute.due_date
    dispute.save(update_fields=["owner", "due_date"])
    payload = {"owner_id": str(dispute.owner_id or ""), "due_date": dispute.due_date.isoformat()}
    events.record(_event("dispute.assigned", dispute, item, actor, payload))


def _say_why_late(item_id: int, dispute_reason: str, actor: Actor) -> None:
    """Give the item the reason of delay that the dispute is; one that it has stays."""
    code = _DELAY_REASONS.get(dispute_reason)
    if code is not None and DelayReason.objects.filter(code=code, is_active=True).exists():
        set_delay_reason(item_ids=[item_id], reason_code=code, actor=actor, is_only_if_none=True)


def _lock_open(dispute_id: int) -> tuple[Dispute, LockedItem]:
    """Lock account, item and dispute, in this order. :raises DisputeNotFound: :raises DisputeAlreadyClosed:"""
    item_id = Dispute.objects.filter(id=dispute_id).values_list("item_id", flat=True).first()
    if item_id is None:
        raise DisputeNotFound(f"no dispute {dispute_id}")
    item = lock_items(item_ids=[item_id])[item_id]
    dispute = Dispute.objects.select_for_update(no_key=True).get(id=dispute_id)
    if dispute.closed_date is not None:
        raise DisputeAlreadyClosed(f"dispute {dispute_id} was closed on {dispute.closed_date}")
    return dispute, item


def _event(kind: str, dispute: Dispute, item: LockedItem, actor: Actor, payload: dict[str, str]) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=item.account.company_id,
        customer_id=item.account.customer_id,
        account_id=item.account.id,
        item_id=item.id,
        subject_kind="dispute",
        subject_id=str(dispute.id),
        payload={"document": item.document_number, "currency": item.currency, **payload},
    )
