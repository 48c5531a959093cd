"""What becomes of a remittance: joined to a bank line, closed with it, ignored, expected again. All safe to repeat."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.remittances.errors import RemittanceNotFound, RemittanceTaken
from quittance.remittances.models import Remittance

State = Remittance.State


def join_remittance(*, remittance_id: int, bank_transaction_id: int, actor: Actor) -> None:
    """Say that an advice explains a bank line. Nothing happens when it does already.

    :raises RemittanceNotFound: :raises RemittanceTaken: it explains another line
    """
    with transaction.atomic():
        row = _locked(remittance_id)
        if row.bank_transaction_id == bank_transaction_id:
            return
        if row.bank_transaction_id is not None:
            raise RemittanceTaken(f"remittance {remittance_id} explains bank line {row.bank_transaction_id}")
        row.state, row.bank_transaction_id, row.state_reason = State.JOINED, bank_transaction_id, ""
        _save(row)
        events.record(_event("remittance.joined", row, actor, bank_transaction_id=bank_transaction_id))


def unjoin_remittance(*, remittance_id: int, actor: Actor, reason: str = "") -> None:
    """Expect the money again: the advice does not explain its bank line after all. Nothing happens when it has none.

    :raises RemittanceNotFound:
    """
    with transaction.atomic():
        row = _locked(remittance_id)
        if row.bank_transaction_id is None:
            return
        before = row.bank_transaction_id
        row.state, row.bank_transaction_id, row.state_reason = State.EXPECTED, None, ""
        _save(row)
        events.record(_event("remittance.unjoined", row, actor, bank_transaction_id=before, reason=reason))


def close_remittances(*, bank_transaction_ids: Collection[int], actor: Actor) -> int:
    """Close what is joined to bank lines that are posted now; return how many that were."""
    with transaction.atomic():
        rows = list(
            Remittance.objects.select_for_update()
            .filter(bank_transaction_id__in=list(bank_transaction_ids), state=State.JOINED)
            .order_by("id")
        )
        Remittance.objects.filter(id__in=[row.id for row in rows]).update(state=State.CLOSED)
        events.record_all(
            _event("remittance.closed", row, actor, bank_transaction_id=row.bank_transaction_id) for row in rows
        )
    return len(rows)


def ignore_remittance(*, remittance_id: int, actor: Actor, reason: str = "") -> None:
    """Say that no money follows from an advice. Nothing happens when that was said.

    :raises RemittanceNotFound: :raises RemittanceTaken: a bank line is joined to it; unjoin it first
    """
    with transaction.atomic():
        row = _locked(remittance_id)
        if row.state == State.IGNORED:
            return
        if row.bank_transaction_id is not None:
            raise RemittanceTaken(f"remittance {remittance_id} explains bank line {row.bank_transaction_id}")
        row.state, row.state_reason = State.IGNORED, reason[:200]
        _save(row)
        events.record(_event("remittance.ignored", row, actor, reason=reason[:200]))


def expect_remittance(*, remittance_id: int, actor: Actor) -> None:
    """Expect the money of an ignored advice after all. :raises RemittanceNotFound:"""
    with transaction.atomic():
        row = _locked(remittance_id)
        if row.state != State.IGNORED:
            return
        row.state, row.state_reason = State.EXPECTED, ""
        _save(row)
        events.record(_event("remittance.expected_again", row, actor))


def _locked(remittance_id: int) -> Remittance:
    row = Remittance.objects.select_for_update().filter(pk=remittance_id).first()
    if row is None:
        raise RemittanceNotFound(f"no remittance {remittance_id}")
    return row


def _save(row: Remittance) -> None:
    row.save(update_fields=["state", "state_reason", "bank_transaction_id"])


def _event(kind: str, row: Remittance, actor: Actor, **payload: object) -> events.NewEvent:
    amount = row.lines_sum if row.total_announced is None else row.total_announced
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=row.company_id,
        customer_id=row.customer_id,
        subject_kind="remittance",
        subject_id=str(row.pk),
        payload={"amount": f"{amount:f}", "currency": row.currency, **payload},
    )
