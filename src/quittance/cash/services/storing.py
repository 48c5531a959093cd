"""Write one parsed statement: what is new in it, what an earlier file had brought, what is missing before it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import JSONField
from psycopg.types.json import Jsonb

from quittance.cash.models import BankStatement, BankTransaction, MatchProposal
from quittance.cash.services.overlaps import MAY_BE_DUPLICATE, ToldOtherwise, drop_told_otherwise
from quittance.core.ports.statements import (
    LineRemark,
    ParsedStatement,
    ParsedTransaction,
    StatementKind,
    dedup_key,
)
from quittance.core.returned_payments import find_return_code
from quittance.core.statement_overlap import ChainLink, find_gaps
from quittance.foundation import clock
from quittance.parties.payments import BankAccountRow

DETAILED_BY_NOTIFICATION = "DETAILED_BY_NOTIFICATION"
RETURNED = "RETURNED"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStatement:
    """What came of one statement of a file; `doubtful_count` of what is new may be in already, by another format."""

    statement_id: int
    bank_account: BankAccountRow
    currency: str
    new_count: int
    duplicate_count: int
    pending_count: int
    zero_count: int
    doubtful_count: int = 0
    remarks: tuple[LineRemark, ...] = ()


def store_statement(
    *, parsed: ParsedStatement, bank_account: BankAccountRow, batch_id: int, file_format: str
) -> StoredStatement:
    """Write a statement and its new movements; the bank account is locked, and its gaps are marked, by the caller.

    Movements that an earlier file brought (the same statement, an overlapping one, a report of the running day,
    the notification that details a batch, a file of another format) are counted, not written again.
    """
    booked = [transaction for transaction in parsed.transactions if transaction.is_booked]
    moving = [transaction for transaction in booked if transaction.amount]
    known = BankStatement.objects.filter(bank_account_id=bank_account.id, content_digest=_digest(parsed)).first()
    if known is not None:
        return _outcome(known, bank_account, new=0, duplicates=len(moving), parsed=parsed, booked=booked)
    statement = BankStatement.objects.create(
        bank_account_id=bank_account.id,
        batch_id=batch_id,
        kind=parsed.kind.value,
        identifier=parsed.statement_id[:80],
        content_digest=_digest(parsed),
        sequence=parsed.sequence[:40],
        currency=parsed.currency or bank_account.currency,
        opening_date=(parsed.opening.balance_date if parsed.opening else None) or parsed.from_date,
        closing_date=(parsed.closing.balance_date if parsed.closing else None) or parsed.to_date or _last_day(booked),
        opening_amount=parsed.opening.amount if parsed.opening else None,
        closing_amount=parsed.closing.amount if parsed.closing else None,
        movement_sum=parsed.transaction_sum,
        is_balanced=parsed.balanced,
        pending_count=len(parsed.transactions) - len(booked),
        rejected_count=len(parsed.rejected),
        recorded_at=clock.now(),
    )
    new, counts = _new_transactions(moving, parsed=parsed, statement=statement)
    told = drop_told_otherwise(new=new, moving=moving, parsed=parsed, statement=statement, file_format=file_format)
    write_transactions(rows=_rows(told, statement, counts))
    statement.transaction_count = len(told.left)
    statement.duplicate_count = len(moving) - len(told.left)
    statement.save(update_fields=["transaction_count", "duplicate_count"])
    return _outcome(
        statement,
        bank_account,
        new=len(told.left),
        duplicates=statement.duplicate_count,
        parsed=parsed,
        booked=booked,
        doubtful=sum(1 for one in told.left if told.may_be_duplicate(one)),
        remarks=told.remarks,
    )


def write_transactions(*, rows: Iterable[BankTransaction]) -> None:
    """Write new rows by COPY, one by one as they come: a month of a large account in seconds."""
    fields = [field for field in BankTransaction._meta.concrete_fields if not field.primary_key]  # noqa: SLF001
    names = ", ".join(f'"{field.column}"' for field in fields)
    columns = [(field.attname, isinstance(field, JSONField)) for field in fields]
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY cash_banktransaction ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row([_copied(getattr(row, name), is_json) for name, is_json in columns])


def _rows(told: ToldOtherwise, statement: BankStatement, counts: Counter[str]) -> Iterator[BankTransaction]:
    """Yield the rows of what is left to write; `counts` says how many of each content are in."""
    for transaction in told.left:
        content = transaction.content_key
        row = _row(transaction, statement, ordinal=counts[content])
        counts[content] += 1
        if told.may_be_duplicate(transaction):
            row.waiting_reason = MAY_BE_DUPLICATE
        yield row


def _copied(value: Any, is_json: bool) -> Any:
    """Return a value as COPY takes it: JSON as such, codes as plain text."""
    if is_json:
        return Jsonb(value)
    return str(value) if isinstance(value, str) else value


def mark_gaps(*, bank_account_id: int, currency: str) -> frozenset[int]:
    """Say of each statement whether one before it is missing, and return those; one that comes late closes the gap."""
    statements = BankStatement.objects.filter(
        bank_account_id=bank_account_id, currency=currency, kind=BankStatement.Kind.STATEMENT
    ).filter(opening_amount__isnull=False, closing_amount__isnull=False, closing_date__isnull=False)
    rows = list(
        statements.order_by("closing_date", "opening_date", "id").values_list(
            "id", "opening_amount", "closing_amount", "closing_date", "has_gap_before"
        )
    )
    links = [
        ChainLink(id=id_, opening=opening, closing=closing, closing_date=day)
        for id_, opening, closing, day, _ in rows
        if opening is not None and closing is not None and day is not None
    ]
    gaps = find_gaps(links=links)
    for has_gap in (True, False):
        changed = [id_ for id_, *_, was in rows if (id_ in gaps) is has_gap and was is not has_gap]
        if changed:
            BankStatement.objects.filter(id__in=changed).update(has_gap_before=has_gap)
    return gaps


def _outcome(
    statement: BankStatement,
    bank_account: BankAccountRow,
    *,
    new: int,
    duplicates: int,
    parsed: ParsedStatement,
    booked: Sequence[ParsedTransaction],
    doubtful: int = 0,
    remarks: tuple[LineRemark, ...] = (),
) -> StoredStatement:
    return StoredStatement(
        statement_id=statement.id,
        bank_account=bank_account,
        currency=statement.currency,
        new_count=new,
        duplicate_count=duplicates,
        pending_count=len(parsed.transactions) - len(booked),
        zero_count=sum(1 for transaction in booked if not transaction.amount),
        doubtful_count=doubtful,
        remarks=remarks,
    )


def _digest(parsed: ParsedStatement) -> str:
    """Return what is the same whenever the bank sends this very statement again."""
    parts = [
        parsed.kind.value,
        parsed.statement_id,
        parsed.sequence,
        parsed.currency,
        str(parsed.opening and parsed.opening.amount),
        str(parsed.closing and parsed.closing.amount),
        str(parsed.closing and parsed.closing.balance_date),
        str(parsed.from_date),
        str(parsed.to_date),
        *(transaction.dedup_key + transaction.status.value for transaction in parsed.transactions),
    ]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:40]


def _last_day(booked: Sequence[ParsedTransaction]) -> date | None:
    return max((transaction.booking_date for transaction in booked if transaction.booking_date), default=None)


def _new_transactions(
    moving: Sequence[ParsedTransaction], *, parsed: ParsedStatement, statement: BankStatement
) -> tuple[list[ParsedTransaction], Counter[str]]:
    """Return what is to be written: per content, as many as the statement holds beyond those that are in already.

    The counter says how many of each content are in.
    """
    left = _without_entries_known_otherwise(moving, parsed=parsed, statement=statement)
    earlier: defaultdict[str, list[int]] = defaultdict(list)
    known = BankTransaction.objects.filter(
        bank_account_id=statement.bank_account_id, content_key__in={transaction.content_key for transaction in left}
    ).values_list("content_key", "statement_id")
    for content, statement_id in known:
        earlier[content].append(statement_id)
    adjacent = _adjacent_statements(statement, {id_ for ids in earlier.values() for id_ in ids}, left)
    to_skip = Counter({content: sum(1 for id_ in ids if id_ not in adjacent) for content, ids in earlier.items()})
    new = []
    for transaction in left:
        content = transaction.content_key
        if to_skip[content] > 0:
            to_skip[content] -= 1
            continue
        new.append(transaction)
    return new, Counter({content: len(ids) for content, ids in earlier.items()})


def _adjacent_statements(
    statement: BankStatement, candidates: Iterable[int], moving: Sequence[ParsedTransaction]
) -> set[int]:
    """Return the statements this one follows directly: an equal movement in both happened twice.

    Proven by balances: both balance, and this one begins with what the other ended with on the same day or before.
    """
    days = [transaction.booking_date for transaction in moving if transaction.booking_date]
    if not statement.is_balanced or statement.opening_amount is None or not days:
        return set()
    found = BankStatement.objects.filter(
        id__in=list(candidates),
        kind=BankStatement.Kind.STATEMENT,
        currency=statement.currency,
        is_balanced=True,
        closing_amount=statement.opening_amount,
        closing_date__lte=min(days),
    ).exclude(opening_amount=statement.opening_amount)
    same_name = {"identifier": statement.identifier, "sequence": statement.sequence}
    return set(found.exclude(**same_name).values_list("id", flat=True))


def _without_entries_known_otherwise(
    moving: Sequence[ParsedTransaction], *, parsed: ParsedStatement, statement: BankStatement
) -> list[ParsedTransaction]:
    """Leave out entries that another kind of message brought, whole or in its details.

    A notification (camt.054) details a batch that the statement (camt.053) books in one sum, under the bank's one
    reference. Whichever comes second adds nothing, except that details replace an undecided sum.
    """
    entries: defaultdict[str, list[ParsedTransaction]] = defaultdict(list)
    for transaction in moving:
        if transaction.entry_reference:
            entries[transaction.entry_reference].append(transaction)
    stored: defaultdict[str, list[BankTransaction]] = defaultdict(list)
    for row in BankTransaction.objects.filter(
        bank_account_id=statement.bank_account_id, entry_reference__in=[name[:80] for name in entries]
    ).exclude(statement__kind=parsed.kind.value):
        if row.state != BankTransaction.State.SET_ASIDE:
            stored[row.entry_reference].append(row)
    known: set[str] = set()
    for reference, transactions in entries.items():
        rows = stored[reference[:80]]
        if not rows or not _is_one_booking(rows, transactions):
            continue
        if len(transactions) > len(rows) and _give_way(rows, parsed.kind):
            continue
        known.add(reference)
    return [transaction for transaction in moving if transaction.entry_reference not in known]


def _is_one_booking(rows: Sequence[BankTransaction], transactions: Sequence[ParsedTransaction]) -> bool:
    """Say whether both are the same money: one day, one currency, one sum."""
    return (
        {(row.booking_date, row.currency) for row in rows}
        == {(transaction.booking_date, transaction.currency) for transaction in transactions}
        and sum(row.amount for row in rows) == sum(transaction.amount for transaction in transactions)
    )  # fmt: skip


def _give_way(rows: Sequence[BankTransaction], kind: StatementKind) -> bool:
    """Set an undecided sum aside for the payments that make it up; False when someone has decided on it."""
    is_decided = any(row.payment_item_id or row.state == BankTransaction.State.SPLIT for row in rows)
    if kind is not StatementKind.NOTIFICATION or is_decided:
        return False
    ids = [row.id for row in rows]
    MatchProposal.objects.filter(transaction_id__in=ids, state=MatchProposal.State.PROPOSED).update(
        state=MatchProposal.State.OUTDATED, decided_at=clock.now()
    )
    BankTransaction.objects.filter(id__in=ids).update(
        state=BankTransaction.State.SET_ASIDE, waiting_reason=DETAILED_BY_NOTIFICATION
    )
    return True


def _row(transaction: ParsedTransaction, statement: BankStatement, *, ordinal: int) -> BankTransaction:
    day = transaction.booking_date
    if day is None:
        raise ValueError("a booked movement has a booking date")
    return_reason = transaction.return_reason
    if transaction.amount < 0 and not return_reason:
        said = f"{transaction.text} {transaction.additional_text}"
        return_reason = find_return_code(text=said, bank_code=transaction.bank_code)
    state, reason = _first_state(transaction.amount, is_return=bool(return_reason) or transaction.is_reversal)
    return BankTransaction(
        statement_id=statement.id,
        bank_account_id=statement.bank_account_id,
        position=transaction.position,
        detail_number=transaction.detail_number,
        deduplication_key=dedup_key(content=transaction.content_key, ordinal=ordinal),
        content_key=transaction.content_key,
        booking_date=day,
        value_date=transaction.value_date or day,
        amount=transaction.amount,
        currency=transaction.currency,
        counterparty_name=(transaction.counterparty_name or transaction.ultimate_debtor)[:200],
        counterparty_iban=(transaction.counterparty_iban or transaction.counterparty_account)[:40],
        text=transaction.text,
        additional_text="" if transaction.additional_text == transaction.text else transaction.additional_text,
        structured_references=[reference[:80] for reference in transaction.structured_references],
        end_to_end_id=transaction.end_to_end_id[:80],
        servicer_reference=transaction.account_servicer_reference[:80],
        entry_reference=transaction.entry_reference[:80],
        batch_reference=transaction.batch_id[:80],
        credited_iban=transaction.credited_iban[:40],
        mandate_id=transaction.mandate_id[:80],
        bank_code=transaction.bank_code[:40],
        return_reason=return_reason[:20],
        state=state,
        waiting_reason=reason,
        recorded_at=clock.now(),
    )


def _first_state(amount: Decimal, *, is_return: bool) -> tuple[str, str]:
    """Money in waits to be matched; money out is ours, except a returned payment, which a person looks at."""
    if amount > 0:
        return BankTransaction.State.WAITING, ""
    return (BankTransaction.State.WAITING, RETURNED) if is_return else (BankTransaction.State.OUTGOING, "")
