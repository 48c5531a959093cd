"""Lock a bank line before deciding on it, and tell what was decided."""

from __future__ import annotations

from decimal import Decimal

from quittance.cash.errors import LineHeld, TransactionNotFound
from quittance.cash.models import BankTransaction, LineLease
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor, Scope


def lock_line(*, transaction_id: int, scope: Scope, actor: Actor) -> BankTransaction:
    """Lock a bank line until the transaction ends.

    :raises CashError: TransactionNotFound, LineHeld (somebody else has it open; machines wait for nobody)
    """
    row = (
        BankTransaction.objects.select_for_update(of=("self",), no_key=True)
        .select_related("statement", "bank_account")
        .filter(pk=transaction_id)
        .first()
    )
    if row is None or not scope.allows_company(row.bank_account.company_id):
        raise TransactionNotFound(f"no bank line {transaction_id}")
    if actor.user_id is not None and row.state == BankTransaction.State.WAITING:
        check_free(transaction_id=transaction_id, user_id=actor.user_id)
    return row


def check_free(*, transaction_id: int, user_id: int) -> None:
    """Pass when nobody else holds a line. :raises LineHeld:"""
    held = (
        LineLease.objects.filter(transaction_id=transaction_id, expires_at__gt=clock.now())
        .exclude(user_id=user_id)
        .select_related("user")
        .first()
    )
    if held is not None:
        raise LineHeld(name=held.user.name, until=held.expires_at)


def record_line(*, row: BankTransaction, actor: Actor, kind: str, payload: dict[str, object]) -> None:
    """Write an event about a bank line."""
    amount: Decimal = row.amount
    events.record(
        events.NewEvent(
            kind=kind,
            actor=actor,
            company_id=row.bank_account.company_id,
            customer_id=row.customer_id,
            account_id=row.account_id,
            item_id=row.payment_item_id,
            subject_kind="bank_transaction",
            subject_id=str(row.id),
            payload={"amount": f"{amount:f}", "currency": row.currency, **payload},
        )
    )
