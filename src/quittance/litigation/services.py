"""Give debts to somebody outside to recover, and take them back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.ledger.queries import list_items
from quittance.ledger.services import LockedItem, lock_items
from quittance.litigation.models import Handover, HandoverItem
from quittance.parties.queries import AccountRow
from quittance.parties.services import lock_accounts
from quittance.promises.plan_queries import item_ids_planned

TEXT_LENGTH_MAX = 300
State = Handover.State
Proposal = HandoverItem.Proposal


class HandoverNotFound(LookupError):
    """No hand-over has this id."""


class HandoverRefused(ValueError):
    """The hand-over cannot be made or changed like this; the message says why."""


class ItemHandedOver(HandoverRefused):
    """An item is in another hand-over that is not over."""


@transaction.atomic
def prepare_handover(
    *,
    account_id: int,
    item_ids: Collection[int],
    to_kind: str,
    to_name: str,
    reason: str,
    prepared_on: date,
    actor: Actor,
    to_email: str = "",
    to_reference: str = "",
) -> int:
    """Gather items of an account for somebody outside; return the hand-over's id. Reminders go on until `hand_over`.

    :raises ItemNotFound: :raises HandoverRefused: nothing owed, another account, in a payment plan; ItemHandedOver
    """
    items = lock_items(item_ids=item_ids)
    _check_items(items, account_id, prepared_on)
    name, why = " ".join(to_name.split())[:150], " ".join(reason.split())[:TEXT_LENGTH_MAX]
    if to_kind not in Handover.ToKind.values or not name or not why:
        raise HandoverRefused(_("Say to whom it goes, and why."))
    handover = Handover.objects.create(
        account_id=account_id,
        to_kind=to_kind,
        to_name=name,
        to_email=to_email,
        to_reference=to_reference[:80],
        reason=why,
        prepared_on=prepared_on,
        prepared_by_id=actor.user_id,
        prepared_by_name=actor.label[:150],
        recorded_at=clock.now(),
    )
    rows = list_items(as_of=clock.today(), account_id=account_id).filter(id__in=list(items))
    amounts = {row["id"]: row["open_amount_company"] for row in rows}
    HandoverItem.objects.bulk_create(
        HandoverItem(
            handover=handover,
            item_id=item.id,
            currency=item.currency,
            amount_then=item.amount_open,
            company_currency=item.account.company_currency,
            amount_company_then=amounts.get(item.id, item.amount_open),
        )
        for item in sorted(items.values(), key=lambda item: (item.due_date, item.id))
    )
    account = next(iter(items.values())).account
    events.record(_event("handover.prepared", handover, account, actor, {"text": why}))
    return handover.id


@transaction.atomic
def hand_over(*, handover_id: int, on_date: date, actor: Actor, to_reference: str = "") -> None:
    """Note that a prepared hand-over was given away: from that day on its items are not chased.

    :raises HandoverNotFound: :raises HandoverRefused: it is not prepared, or a day before that
    """
    handover, account = _lock(handover_id)
    if handover.state != State.PREPARED:
        raise HandoverRefused(_("This was decided otherwise meanwhile. Nothing changed."))
    if on_date < handover.prepared_on:
        raise HandoverRefused(_("That day lies before it was prepared."))
    handover.state, handover.handed_over_on = State.HANDED_OVER, on_date
    handover.to_reference = to_reference[:80] or handover.to_reference
    handover.save()
    events.record(_event("handover.handed_over", handover, account, actor, {"on_date": on_date.isoformat()}))


@transaction.atomic
def end_handover(
    *,
    handover_id: int,
    state: str,
    on_date: date,
    result: str,
    actor: Actor,
    proposals: Mapping[int, str] | None = None,
    comment: str = "",
) -> None:
    """Take a hand-over back (RETURNED) or close it (CLOSED) with its result; `proposals` by item id.

    What came back is chased again unless a write-off is proposed; a write-off is done in the ERP, never here.

    :raises HandoverNotFound: :raises HandoverRefused: it is not handed over, no result, a day before, a strange item
    """
    handover, account = _lock(handover_id)
    if handover.state != State.HANDED_OVER or handover.handed_over_on is None:
        raise HandoverRefused(_("This was decided otherwise meanwhile. Nothing changed."))
    if state not in (State.RETURNED, State.CLOSED) or result not in Handover.Result.values:
        raise HandoverRefused(_("Say how it ended."))
    if on_date < handover.handed_over_on:
        raise HandoverRefused(_("That day lies before it was handed over."))
    chosen = proposals or {}
    rows = list(handover.items.order_by("id").select_for_update(no_key=True))
    if set(chosen) - {row.item_id for row in rows} or set(chosen.values()) - set(Proposal.values):
        raise HandoverRefused(_("Select items of this hand-over."))
    default = Proposal.DUNNING if state == State.RETURNED else Proposal.NONE
    for row in rows:
        row.is_live, row.proposal = False, chosen.get(row.item_id, default)
    HandoverItem.objects.bulk_update(rows, ["is_live", "proposal"])
    handover.state, handover.ended_on, handover.result = State(state), on_date, result
    handover.result_comment = " ".join(comment.split())[:TEXT_LENGTH_MAX]
    handover.save()
    write_offs = sum(row.proposal == Proposal.WRITE_OFF for row in rows)
    payload = {"result": result, "text": handover.result_comment, "write_offs": str(write_offs or "")}
    events.record(_event(f"handover.{state.lower()}", handover, account, actor, payload))


@transaction.atomic
def cancel_handover(*, handover_id: int, on_date: date, actor: Actor, reason: str = "") -> None:
    """Give up a hand-over that was only prepared. :raises HandoverNotFound: :raises HandoverRefused:"""
    handover, account = _lock(handover_id)
    if handover.state != State.PREPARED:
        raise HandoverRefused(_("This was decided otherwise meanwhile. Nothing changed."))
    handover.state, handover.ended_on = State.CANCELLED, max(on_date, handover.prepared_on)
    handover.save()
    handover.items.update(is_live=False)
    events.record(_event("handover.cancelled", handover, account, actor, {"text": reason}))


def _lock(handover_id: int) -> tuple[Handover, AccountRow]:
    account_id = Handover.objects.filter(id=handover_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise HandoverNotFound(f"no hand-over {handover_id}")
    account = lock_accounts(account_ids=[account_id])[account_id]
    return Handover.objects.select_for_update(no_key=True).get(id=handover_id), account


def _check_items(items: Mapping[int, LockedItem], account_id: int, on_date: date) -> None:
    if not items or any(item.account.id != account_id for item in items.values()):
        raise HandoverRefused(_("Select items of this account."))
    for item in items.values():
        if item.amount_open <= 0:
            raise HandoverRefused(_("Nothing is owed on %(document)s.") % {"document": item.document_number})
    planned = {row["item_id"] for row in item_ids_planned(as_of=on_date).filter(item_id__in=list(items))}
    if planned:
        document = items[min(planned)].document_number
        raise HandoverRefused(
            _("%(document)s is in a payment plan that runs: cancel it first.") % {"document": document}
        )
    live = HandoverItem.objects.filter(item_id__in=list(items), is_live=True).values_list("item_id", flat=True)
    if live:
        document = items[min(live)].document_number
        raise ItemHandedOver(_("%(document)s is in another hand-over.") % {"document": document})


def _event(
    kind: str, handover: Handover, account: AccountRow, actor: Actor, payload: Mapping[str, Any]
) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account.id,
        subject_kind="handover",
        subject_id=str(handover.id),
        payload={"to": handover.to_name, "to_kind": handover.to_kind, **payload},
    )
