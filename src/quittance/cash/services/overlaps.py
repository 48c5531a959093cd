"""What of a new statement is in already by a file of another format, or by the bank's second telling of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from quittance.cash.models import BankStatement, BankTransaction
from quittance.core.ports.statements import LineRemark, ParsedStatement, ParsedTransaction, StatementKind
from quittance.core.reasons import ReasonCode, because
from quittance.core.statement_overlap import BookedEntry, Overlap, ToldStatement, find_overlap

MAY_BE_DUPLICATE: Final = "MAY_BE_DUPLICATE"
REMARKS_MAX: Final = 100
# A statement may be dated some days after its last movement, or begin some days before its first.
_DAYS_APART_MAX: Final = 10
_DETAILS_MAX: Final = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOtherwise:
    """The movements that are left to write, which of them may be in already, and what is to be told of the others."""

    left: Sequence[ParsedTransaction]
    doubtful: frozenset[int] = frozenset()
    remarks: tuple[LineRemark, ...] = ()

    def may_be_duplicate(self, transaction: ParsedTransaction) -> bool:
        """Say whether a receipt that is left may be in already; what we paid ourselves waits for nobody."""
        return transaction.amount > 0 and _place(transaction) in self.doubtful


def drop_told_otherwise(
    *,
    new: Sequence[ParsedTransaction],
    moving: Sequence[ParsedTransaction],
    parsed: ParsedStatement,
    statement: BankStatement,
    file_format: str,
) -> ToldOtherwise:
    """Leave out the movements that balances, day and amounts prove to be in; say which others may be.

    `moving` is everything that moved money in the statement, `new` what of it no earlier file brought in these very
    words. Nothing is asked of the database but for statements of the same days.
    """
    days = [transaction.booking_date for transaction in new if transaction.booking_date]
    if parsed.kind is not StatementKind.STATEMENT or not days:
        return ToldOtherwise(left=new)
    others = _others(statement, since=min(days), until=max(days), file_format=file_format)
    if not others:
        return ToldOtherwise(left=new)
    own = _own(moving, parsed, closing_date=statement.closing_date)
    return _sorted(new, find_overlap(statement=own, others=others))


def _own(moving: Sequence[ParsedTransaction], parsed: ParsedStatement, *, closing_date: date | None) -> ToldStatement:
    """Return the statement as it is compared; its lines are the movements by their place in it."""
    found: defaultdict[int, list[ParsedTransaction]] = defaultdict(list)
    for transaction in moving:
        found[transaction.entry_number].append(transaction)
    entries = [
        _entry(
            [(_place(one), one.booking_date, one.amount) for one in some],
        )
        for some in found.values()
    ]
    opening = parsed.opening.amount if parsed.opening and parsed.balanced else None
    closing = parsed.closing.amount if parsed.closing and parsed.balanced else None
    return ToldStatement(opening=opening, closing=closing, closing_date=closing_date, entries=entries)


def _place(transaction: ParsedTransaction) -> int:
    """Return one number for where a movement stands in its statement."""
    return transaction.entry_number * _DETAILS_MAX + transaction.detail_number


def _entry(lines: Sequence[tuple[int, date | None, Decimal]]) -> BookedEntry:
    return BookedEntry(
        day=next(day for _, day, _ in lines if day is not None),
        amount=sum((amount for _, _, amount in lines), Decimal(0)),
        lines=tuple(line for line, _, _ in lines),
    )


def _others(statement: BankStatement, *, since: date, until: date, file_format: str) -> list[ToldStatement]:
    """Return what other statements of the account book on these days.

    Three queries, one where there is none, two more for each that overlaps an earlier one.
    """
    slack = timedelta(days=_DAYS_APART_MAX)
    candidates = {
        row["id"]: row
        for row in BankStatement.objects.filter(
            bank_account_id=statement.bank_account_id,
            currency=statement.currency,
            closing_date__gte=since - slack,
            opening_date__lte=until + slack,
        )
        .exclude(id=statement.id)
        .values(
            "id", "kind", "opening_amount", "closing_amount", "closing_date", "opening_date", "is_balanced",
            "duplicate_count", "batch__format",
        )
    }  # fmt: skip
    overlapping = BankTransaction.objects.filter(
        statement_id__in=list(candidates), booking_date__gte=since, booking_date__lte=until
    )
    booked = _booked(set(overlapping.values_list("statement_id", flat=True)) if candidates else ())
    return [_told(candidates[id_], booked[id_], statement, file_format=file_format) for id_ in sorted(booked)]


def _told(
    row: Mapping[str, Any], entries: Sequence[BookedEntry], statement: BankStatement, *, file_format: str
) -> ToldStatement:
    """Return a stored statement as it is compared; its balances only where its bookings lead from one to the other."""
    bookings = None
    is_anchor = bool(row["is_balanced"]) and row["kind"] == BankStatement.Kind.STATEMENT
    if is_anchor and row["duplicate_count"]:
        bookings = _bookings_between(row, statement)
        is_anchor = bookings is not None
    return ToldStatement(
        id=row["id"],
        opening=row["opening_amount"] if is_anchor else None,
        closing=row["closing_amount"] if is_anchor else None,
        closing_date=row["closing_date"],
        entries=entries,
        bookings=bookings,
        is_foreign=_family(row["batch__format"]) != _family(file_format),
    )


def _bookings_between(row: Mapping[str, Any], statement: BankStatement) -> list[BookedEntry] | None:
    """Return all that the account books in the days of a statement, None when it does not add up to its movements.

    Some banks date the opening balance on the day before the first movement.
    """
    if row["opening_date"] is None or row["opening_amount"] is None or row["closing_amount"] is None:
        return None
    around = BankStatement.objects.filter(
        bank_account_id=statement.bank_account_id,
        currency=statement.currency,
        closing_date__gte=row["opening_date"],
        opening_date__lte=row["closing_date"],
    ).exclude(id=statement.id)
    entries = [entry for some in _booked(around.values_list("id", flat=True)).values() for entry in some]
    wanted = row["closing_amount"] - row["opening_amount"]
    for first_day in (row["opening_date"], row["opening_date"] + timedelta(days=1)):
        found = [entry for entry in entries if first_day <= entry.day <= row["closing_date"]]
        if sum((entry.amount for entry in found), Decimal(0)) == wanted:
            return found
    return None


def _booked(statement_ids: Iterable[int]) -> dict[int, list[BookedEntry]]:
    """Return the bank's bookings that statements told first, batches as one. One query, none for no statement."""
    if not statement_ids:
        return {}
    found = (
        BankTransaction.objects.filter(statement_id__in=list(statement_ids), parent__isnull=True)
        .exclude(state=BankTransaction.State.SET_ASIDE, waiting_reason="DETAILED_BY_NOTIFICATION")
        .order_by("statement_id", "position", "detail_number", "id")
        .values_list("id", "statement_id", "booking_date", "amount", "detail_number", "entry_reference")
    )
    grouped: defaultdict[int, list[list[tuple[int, date | None, Decimal]]]] = defaultdict(list)
    last: tuple[object, ...] = ()
    for id_, statement_id, day, amount, detail_number, reference in found:
        entries = grouped[statement_id]
        if not (detail_number > 1 and entries and last == (statement_id, day, reference)):
            entries.append([])
        entries[-1].append((id_, day, amount))
        last = (statement_id, day, reference)
    return {statement_id: [_entry(lines) for lines in entries] for statement_id, entries in grouped.items()}


def _family(file_format: str) -> str:
    """Return the format without its message and version: those of one family word a movement alike.

    >>> _family("camt.053.001.08"), _family("MT940"), _family("CSV"), _family("XLSX")
    ('camt', 'MT940', 'table', 'table')
    """
    name = file_format.partition(",")[0].partition(".")[0]
    return "table" if name in ("CSV", "XLSX") else name


def _sorted(new: Sequence[ParsedTransaction], overlap: Overlap) -> ToldOtherwise:
    left: list[ParsedTransaction] = []
    remarks: list[LineRemark] = []
    known: Counter[int] = Counter()
    for transaction in new:
        place = _place(transaction)
        if place in overlap.known:
            known[overlap.known[place]] += 1
            continue
        left.append(transaction)
        if place in overlap.doubtful and transaction.amount > 0:
            remarks.append(_doubt(transaction, overlap.doubtful[place]))
    told = [
        LineRemark(
            position=new[0].position, content="–",
            reason=because(ReasonCode.TOLD_BY_OTHER_STATEMENT, count=count, statement=id_),
        )
        for id_, count in known.items()
    ]  # fmt: skip
    return ToldOtherwise(left=left, doubtful=frozenset(overlap.doubtful), remarks=(*told, *remarks[:REMARKS_MAX]))


def _doubt(transaction: ParsedTransaction, statement_id: int) -> LineRemark:
    said = (transaction.booking_date, transaction.amount, transaction.currency, transaction.counterparty_name)
    return LineRemark(
        position=transaction.position,
        content=" ".join(str(part) for part in said if part)[:400],
        reason=because(ReasonCode.MAY_BE_DUPLICATE, statement=statement_id),
    )
