"""Apply one credit that pays for many: a collection of direct debits, a debit of ours, a payout with its advice.

What the bank pays in one sum is split in a part per debit, or per group of customers, and each part is applied to the
items it is for: all of them or none, in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db import transaction as db_transaction

from quittance.cash.errors import CollectionNotFound, NotWaiting
from quittance.cash.models import BankTransaction
from quittance.cash.services.applying import Part
from quittance.cash.services.batches import Certain, apply_batch
from quittance.cash.services.bulk_finding import CURRENCY, find_collections
from quittance.cash.services.lines import lock_line
from quittance.cash.services.parts import mark_split, part_of_line, write_parts
from quittance.cash.services.payouts import apply_payouts
from quittance.core.matching import EvidenceKind
from quittance.debits import queries as debit_queries
from quittance.debits.identifiers import message_of
from quittance.debits.queries import BulkRow, InstructionRow
from quittance.debits.services import settle_instructions
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.ledger.services import LedgerError, RateMissing, lock_items

DIRECT_DEBIT: Final = "DIRECT_DEBIT"
BULK_TAKEN: Final = "BULK_TAKEN"
BULK_DIFFERS: Final = "BULK_DIFFERS"
ITEM_TAKEN: Final = "ITEM_TAKEN"
RATE_MISSING: Final = "RATE_MISSING"
BATCH: Final = 1000
_CERTAIN: Final = 1000
_LIVE: Final = ("SENT", "SETTLED")
State = BankTransaction.State


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOutcome:
    """How many lines were applied, and which are decided here: applied, or left with a reason of their own."""

    applied: int
    decided: frozenset[int]


NOTHING_IN_BULK: Final = BulkOutcome(applied=0, decided=frozenset())


class _NotWhole(Exception):
    """One of the parts cannot be applied: nothing is."""


def apply_bulks(*, company_id: int, lines: Sequence[BankTransaction], as_of: date, actor: Actor) -> BulkOutcome:
    """Apply the waiting receipts of a company that name debits of ours, or are payouts that an advice explains.

    A line that names a collection of another sum, or one of which an item was paid meanwhile, waits with that reason.
    What a person has undone or put together again is left to people. Two queries when there is nothing to do.
    """
    touched = _touched_by_people(lines)
    free = [row for row in lines if row.id not in touched]
    applied = _apply_debits(company_id, free, actor)
    decided = set(applied)
    rest = [row for row in free if row.id not in decided]
    found = find_collections(company_id=company_id, lines=rest)
    for row_id, bulk in found.whole.items():
        reason = _apply_collection(row_id, bulk, actor)
        decided.add(row_id)
        if reason:
            _leave(row_id, reason)
        elif reason == "":
            applied.add(row_id)
    for row_id in found.differing:
        _leave(row_id, BULK_DIFFERS)
        decided.add(row_id)
    rest = [row for row in rest if row.id not in decided]
    paid_out = apply_payouts(company_id=company_id, lines=rest, as_of=as_of, actor=actor)
    return BulkOutcome(applied=len(applied) + len(paid_out), decided=frozenset(decided | paid_out))


def _touched_by_people(lines: Sequence[BankTransaction]) -> set[int]:
    """Return the lines that somebody undid, or split before. One query."""
    undone = {row.id for row in lines if row.undo_count}
    was_split = BankTransaction.objects.filter(parent_id__in=[row.id for row in lines], parent__state=State.WAITING)
    return undone | set(was_split.values_list("parent_id", flat=True))


def _apply_debits(company_id: int, lines: Sequence[BankTransaction], actor: Actor) -> set[int]:
    """Apply the lines that the bank books debit by debit: each has the reference of one of ours, and its amount."""
    by_name: dict[str, list[BankTransaction]] = {}
    for row in lines:
        if row.currency == CURRENCY and message_of(row.end_to_end_id):
            by_name.setdefault(row.end_to_end_id.strip(), []).append(row)
    names = debit_queries.known_messages(company_id=company_id, message_ids={message_of(name) for name in by_name})
    wanted = [name for name, rows in by_name.items() if len(rows) == 1 and message_of(name) in names]
    if not wanted:
        return set()
    found = debit_queries.find_instructions(end_to_end_ids=wanted, company_id=company_id)
    pairs = [
        (by_name[name][0], one)
        for name, one in sorted(found.items())
        if one.state in _LIVE and one.amount == by_name[name][0].amount
    ]
    _note_paid([(one, row.booking_date) for row, one in pairs], actor)
    applied: set[int] = set()
    for start in range(0, len(pairs), BATCH):
        chunk = [_certain(row.id, one) for row, one in pairs[start : start + BATCH]]
        try:
            applied |= apply_batch(explanations=chunk, actor=actor).applied
        except LedgerError:
            continue
    return applied


def _note_paid(pairs: Iterable[tuple[InstructionRow, date]], actor: Actor) -> None:
    """Write that the money of debits came in, whatever it can be applied to."""
    by_day: dict[date, list[str]] = {}
    for one, day in pairs:
        by_day.setdefault(day, []).append(one.end_to_end_id)
    for day, names in sorted(by_day.items()):
        settle_instructions(end_to_end_ids=names, settled_on=day, actor=actor)


@db_transaction.atomic
def split_by_debits(*, transaction_id: int, actor: Actor, scope: Scope = EVERYTHING) -> tuple[int, int]:
    """Split a line in the debits of the collection that it pays; return how many were applied and how many wait.

    For who sees that some items were paid otherwise meanwhile: those debits wait as parts, the others are applied.

    :raises CashError: TransactionNotFound, LineHeld, NotWaiting, CollectionNotFound (it pays none of ours whole)
    :raises LedgerError: the ledger refuses; nothing is written then
    """
    row = lock_line(transaction_id=transaction_id, scope=scope, actor=actor)
    if row.state != State.WAITING or row.amount <= 0:
        raise NotWaiting(f"bank line {row.id} is not a receipt that waits")
    found = find_collections(company_id=row.bank_account.company_id, lines=[row])
    bulk = found.whole.get(row.id)
    if bulk is None:
        raise CollectionNotFound(f"bank line {row.id} is not the sum of a collection at the bank")
    waiting = _split(row, bulk, actor)
    BankTransaction.objects.filter(id__in=waiting).update(waiting_reason=ITEM_TAKEN)
    return len(bulk.instructions) - len(waiting), len(waiting)


def _apply_collection(row_id: int, bulk: BulkRow, actor: Actor) -> str | None:
    """Split a line in its debits and apply them all; return "" when done, None when somebody else has the line.

    Else why nothing is.
    """
    try:
        with db_transaction.atomic():
            row = _lock(row_id)
            if row is None:
                return None
            if _split(row, bulk, actor):
                raise _NotWhole
    except _NotWhole:
        return BULK_TAKEN
    except LedgerError as error:
        return RATE_MISSING if isinstance(error, RateMissing) else BULK_TAKEN
    return ""


def _split(row: BankTransaction, bulk: BulkRow, actor: Actor) -> list[int]:
    """Split a locked line in debits, apply those that fit, and return the parts that do not."""
    # The collection first, then its accounts, then the items: the order of direct debits.
    settle_instructions(
        end_to_end_ids=[one.end_to_end_id for one in bulk.instructions], settled_on=row.booking_date, actor=actor
    )
    lock_items(item_ids={part.item_id for one in bulk.instructions for part in one.parts})
    part_ids = write_parts(row=row, parts=[_part(row, one) for one in bulk.instructions])
    mark_split(row=row, actor=actor, payload={"count": len(part_ids), "collection": bulk.message_id})
    pairs = list(zip(part_ids, bulk.instructions, strict=True))
    applied: set[int] = set()
    for start in range(0, len(pairs), BATCH):
        chunk = [_certain(part_id, one) for part_id, one in pairs[start : start + BATCH]]
        applied |= apply_batch(explanations=chunk, actor=actor).applied
    return [part_id for part_id in part_ids if part_id not in applied]


def _lock(row_id: int) -> BankTransaction | None:
    """Lock a line that still waits; None when somebody else has it."""
    return (
        BankTransaction.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("statement", "bank_account")
        .filter(pk=row_id, state=State.WAITING)
        .first()
    )


def _part(row: BankTransaction, debit: InstructionRow) -> BankTransaction:
    """Return the part of a line that one debit is: who is debited under which mandate is known."""
    part = part_of_line(row=row, number=0, amount=debit.amount)
    part.end_to_end_id = debit.end_to_end_id
    part.mandate_id = debit.mandate_reference
    part.counterparty_name = debit.debtor_name
    part.counterparty_iban = debit.debtor_iban
    return part


def _certain(line_id: int, debit: InstructionRow) -> Certain:
    mandate = {"kind": EvidenceKind.PAYER_MANDATE.value, "text": debit.mandate_reference, "start": None, "end": None}
    named = {"kind": EvidenceKind.DEBIT_COLLECTED.value, "text": debit.end_to_end_id, "start": None, "end": None}
    return Certain(
        line_id=line_id,
        parts=tuple(Part(item_id=one.item_id, account_id=one.account_id, amount=one.amount) for one in debit.parts),
        strategy=DIRECT_DEBIT,
        confidence=_CERTAIN,
        evidence=[named, mandate],
        difference=Decimal(0),
        customer_id=debit.customer_id,
        payer_confidence=_CERTAIN,
        payer_evidence=[mandate],
    )


def _leave(row_id: int, reason: str) -> None:
    """Let a line wait with its reason."""
    BankTransaction.objects.filter(pk=row_id, state=State.WAITING).exclude(waiting_reason=reason).update(
        waiting_reason=reason
    )
