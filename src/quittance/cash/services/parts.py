"""Split a bank line in parts that are decided one by one, and put them together again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from django.db import transaction as db_transaction

from quittance.cash.errors import NotWaiting, PartInUse, PartsDiffer
from quittance.cash.models import BankTransaction
from quittance.cash.services.applying import outdate_proposals, save_decision
from quittance.cash.services.lines import lock_line, record_line
from quittance.cash.services.storing import write_transactions
from quittance.core.money import quantize
from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING, Actor, Scope

MERGED: Final = "MERGED"
PARTS_MAX: Final = 20
State = BankTransaction.State


@db_transaction.atomic
def split_line(
    *, transaction_id: int, amounts: Sequence[Decimal], actor: Actor, scope: Scope = EVERYTHING
) -> list[int]:
    """Make parts of a waiting receipt, each a line of its own on the desk, and return their ids in order.

    The line of the bank stays as it was sent; it stands for nothing itself while it is split.

    :raises CashError: TransactionNotFound, LineHeld, NotWaiting, PartsDiffer (fewer than two, more than twenty, zero
        or less, or another sum)
    """
    row = lock_line(transaction_id=transaction_id, scope=scope, actor=actor)
    if row.state != State.WAITING or row.amount <= 0:
        raise NotWaiting(f"bank line {row.id} is not a receipt that waits")
    exact = all(amount == quantize(amount, row.currency) for amount in amounts)
    if not 2 <= len(amounts) <= PARTS_MAX or min(amounts) <= 0 or sum(amounts) != row.amount or not exact:
        raise PartsDiffer(f"{len(amounts)} parts do not add up to {row.amount} {row.currency}")
    before = row.parts.count()
    parts = [
        part_of_line(row=row, number=before + number, amount=amount) for number, amount in enumerate(amounts, start=1)
    ]
    BankTransaction.objects.bulk_create(parts)
    outdate_proposals(transaction_id=row.id)
    row.state, row.waiting_reason = State.SPLIT, ""
    row.customer_id = row.account_id = None
    row.payer_confidence, row.payer_evidence = 0, []
    save_decision(transaction=row)
    record_line(
        row=row, actor=actor, kind="transaction.split", payload={"parts": [f"{amount:f}" for amount in amounts]}
    )
    for part in parts:
        record_line(row=part, actor=actor, kind="transaction.made_part", payload={"of": row.id})
    return [part.id for part in parts]


def write_parts(*, row: BankTransaction, parts: Sequence[BankTransaction]) -> list[int]:
    """Write the parts of a locked line, numbered after those it had, and return their ids in order."""
    before = row.parts.count()
    for number, part in enumerate(parts, start=before + 1):
        part.detail_number, part.deduplication_key = number, f"part-{row.id}-{number}"
    write_transactions(rows=parts)
    found = BankTransaction.objects.filter(parent_id=row.id, detail_number__gt=before).order_by("detail_number")
    return list(found.values_list("id", flat=True))


def mark_split(*, row: BankTransaction, actor: Actor, payload: dict[str, object]) -> None:
    """Write that the parts of a locked line stand for it now, and what told them apart."""
    outdate_proposals(transaction_id=row.id)
    row.state, row.waiting_reason = State.SPLIT, ""
    row.customer_id = row.account_id = None
    row.payer_confidence, row.payer_evidence = 0, []
    save_decision(transaction=row)
    record_line(row=row, actor=actor, kind="transaction.split_by_itself", payload=payload)


@db_transaction.atomic
def merge_parts(*, transaction_id: int, actor: Actor, scope: Scope = EVERYTHING) -> None:
    """Put a split line on the desk again and take its parts off.

    :raises CashError: TransactionNotFound, LineHeld, NotWaiting (it is not split), PartInUse
    """
    row = lock_line(transaction_id=transaction_id, scope=scope, actor=actor)
    if row.state != State.SPLIT:
        raise NotWaiting(f"bank line {row.id} is not split")
    ids = row.parts.exclude(waiting_reason=MERGED).order_by("id").values_list("id", flat=True)
    parts = [lock_line(transaction_id=part_id, scope=scope, actor=actor) for part_id in ids]
    for part in parts:
        if part.payment_item_id is not None or part.state == State.SPLIT:
            raise PartInUse(f"part {part.id} of bank line {row.id} is decided")
        outdate_proposals(transaction_id=part.id)
        part.state, part.waiting_reason = State.SET_ASIDE, MERGED
        part.customer_id = part.account_id = None
        save_decision(transaction=part)
    row.state, row.waiting_reason = State.WAITING, ""
    save_decision(transaction=row)
    record_line(row=row, actor=actor, kind="transaction.merged", payload={})


def part_of_line(*, row: BankTransaction, number: int, amount: Decimal) -> BankTransaction:
    """Return a part of a line: all that the bank says, with an amount of its own and no content to recognise it by."""
    return BankTransaction(
        statement_id=row.statement_id,
        statement=row.statement,
        bank_account=row.bank_account,
        position=row.position,
        detail_number=number,
        deduplication_key=f"part-{row.id}-{number}",
        content_key="",
        booking_date=row.booking_date,
        value_date=row.value_date,
        amount=amount,
        currency=row.currency,
        counterparty_name=row.counterparty_name,
        counterparty_iban=row.counterparty_iban,
        text=row.text,
        additional_text=row.additional_text,
        structured_references=row.structured_references,
        end_to_end_id=row.end_to_end_id,
        servicer_reference=row.servicer_reference,
        credited_iban=row.credited_iban,
        mandate_id=row.mandate_id,
        bank_code=row.bank_code,
        undone_date=row.undone_date,
        parent_id=row.id,
        recorded_at=clock.now(),
    )
