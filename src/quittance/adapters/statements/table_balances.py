"""Opening and closing from a column of running balances, and where it does not follow from the movements."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from quittance.core.mapping.bank_records import BankRow
from quittance.core.ports.statements import LineRemark, ParsedBalance
from quittance.core.reasons import ReasonCode, because


def balances_of(
    rows: Sequence[BankRow], *, currency: str
) -> tuple[ParsedBalance | None, ParsedBalance | None, list[LineRemark]]:
    """Return the balances before and after all rows, None where the column is absent, and each break of the chain.

    Rows may be written oldest or newest first: the order in which more balances follow from each other is taken.
    """
    if not any(row.balance is not None for row in rows):
        return None, None, []
    ordered = _oldest_first(rows)
    opening: Decimal | None = None
    expected = Decimal(0)
    breaks: list[LineRemark] = []
    for row in ordered:
        expected += row.amount
        if row.balance is None:
            continue
        if opening is None:
            opening = row.balance - expected
        elif row.balance != expected:
            reason = because(ReasonCode.BALANCE_CHAIN_BROKEN, found=row.balance, expected=expected)
            breaks.append(LineRemark(position=row.position, content=f"{row.amount} {row.text}"[:400], reason=reason))
        expected = row.balance
    last = ordered[-1]
    if opening is None:
        return None, None, breaks
    before = ParsedBalance(code="FIRST", amount=opening, currency=currency, balance_date=ordered[0].booking_date)
    if last.balance is None:
        return before, None, breaks
    after = ParsedBalance(code="LAST", amount=last.balance, currency=currency, balance_date=last.booking_date)
    return before, after, breaks


def _oldest_first(rows: Sequence[BankRow]) -> Sequence[BankRow]:
    """Return the rows in the order of time."""
    upwards, downwards = _links(rows), _links(rows[::-1])
    if upwards == downwards:
        return rows[::-1] if rows[0].booking_date > rows[-1].booking_date else rows
    return rows if upwards > downwards else rows[::-1]


def _links(rows: Sequence[BankRow]) -> int:
    """Count the balances that follow from the one before."""
    return sum(
        before.balance is not None and after.balance is not None and before.balance + after.amount == after.balance
        for before, after in pairwise(rows)
    )
