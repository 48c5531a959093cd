"""From open items and sales documents to the figures that the indicators are made of.

Several currencies never meet here: convert first, or ask per currency. Factored invoices belong to the factor;
whoever asks says explicitly whether they count, on both sides of a ratio alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from quittance.core.ageing import overdue_days
from quittance.core.money import exact_sum, single_currency
from quittance.core.terms import add_months


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReceivable:
    """An open item, tax included: debit positive, credits and unapplied cash negative.

    ``amount_disputed`` is the disputed part of a debit, positive.
    """

    currency: str
    amount_open: Decimal
    document_date: date
    due_date: date
    amount_disputed: Decimal = Decimal(0)
    is_factored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesDocument:
    """An invoice (positive) or credit note (negative) as issued, tax included."""

    currency: str
    amount: Decimal
    document_date: date
    is_factored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivableTotals:
    """Sums over open items on a day; ``currency`` is None when there is no item.

    As in the aged balance, credits and unapplied cash stand in their own column: ``current``, ``overdue`` and
    ``over_91_days`` (from the 91st day past due on, as the buckets do) hold debits only, ``credits`` is zero or less.
    Invariant: ``total`` is ``current`` plus ``overdue`` plus ``credits``.
    """

    currency: str | None
    total: Decimal
    current: Decimal
    overdue: Decimal
    credits: Decimal
    over_91_days: Decimal
    disputed: Decimal

    @property
    def owed(self) -> Decimal:
        """What customers owe before credits: zero or more."""
        return exact_sum((self.current, self.overdue))

    @property
    def current_net(self) -> Decimal:
        """What would be left to receive if nothing were late."""
        return current_net(current=self.current, total=self.total)


def current_net(*, current: Decimal, total: Decimal) -> Decimal:
    """Return what is not yet due less the credits that exceed what is late: credits pay what is late first.

    >>> current_net(current=Decimal(100), total=Decimal(130)), current_net(current=Decimal(100), total=Decimal(90))
    (Decimal('100'), Decimal('90'))
    """
    return min(current, total)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesMonth:
    """Net credit sales of a calendar month, tax included; ``days`` counts only to the day of the report."""

    first_date: date
    days: int
    amount: Decimal

    def __post_init__(self) -> None:
        if self.days <= 0:
            raise ValueError("a month of sales has one day at least")


def receivable_totals(*, items: Iterable[OpenReceivable], as_of: date, include_factored: bool) -> ReceivableTotals:
    """Add open items up for the indicators of a day.

    >>> totals = receivable_totals(
    ...     items=[
    ...         OpenReceivable(
    ...             currency="EUR",
    ...             amount_open=Decimal(amount),
    ...             document_date=date(2026, 1, 1),
    ...             due_date=due,
    ...         )
    ...         for amount, due in [("100", date(2026, 3, 31)), ("40", date(2026, 3, 30)), ("-10", date(2026, 1, 1))]
    ...     ],
    ...     as_of=date(2026, 3, 31),
    ...     include_factored=False,
    ... )
    >>> totals.total, totals.current, totals.overdue, totals.credits
    (Decimal('130'), Decimal('100'), Decimal('40'), Decimal('-10'))

    :raises MixedCurrencies: when the items have several currencies.
    """
    counted = [item for item in items if include_factored or not item.is_factored]
    days = [overdue_days(item.due_date, as_of) for item in counted]
    debits = [(item, late) for item, late in zip(counted, days, strict=True) if item.amount_open > 0]
    return ReceivableTotals(
        currency=single_currency(item.currency for item in counted),
        total=exact_sum(item.amount_open for item in counted),
        current=exact_sum(item.amount_open for item, late in debits if late <= 0),
        overdue=exact_sum(item.amount_open for item, late in debits if late > 0),
        credits=exact_sum(item.amount_open for item in counted if item.amount_open < 0),
        over_91_days=exact_sum(item.amount_open for item, late in debits if late >= 91),
        disputed=exact_sum(item.amount_disputed for item in counted),
    )


def sales_months(
    *, documents: Iterable[SalesDocument], as_of: date, months: int, include_factored: bool
) -> tuple[SalesMonth, ...]:
    """Return net sales of the month of ``as_of`` (up to that day) and the months before it, latest first.

    :raises MixedCurrencies: when the documents have several currencies.
    """
    counted = [each for each in documents if include_factored or not each.is_factored]
    single_currency(each.currency for each in counted)
    by_month: dict[date, list[Decimal]] = defaultdict(list)
    for each in counted:
        if each.document_date <= as_of:
            by_month[each.document_date.replace(day=1)].append(each.amount)
    return tuple(
        SalesMonth(first_date=first, days=days, amount=exact_sum(by_month[first]))
        for first, days in months_back(as_of=as_of, months=months)
    )


def months_back(*, as_of: date, months: int) -> Sequence[tuple[date, int]]:
    """Return the first day and the number of days of each month back from a day, the month begun first.

    >>> [(first.isoformat(), days) for first, days in months_back(as_of=date(2026, 3, 10), months=3)]
    [('2026-03-01', 10), ('2026-02-01', 28), ('2026-01-01', 31)]
    """
    firsts = [add_months(as_of.replace(day=1), -back) for back in range(months)]
    ends = [as_of + timedelta(days=1), *firsts]
    return [(first, (end - first).days) for first, end in zip(firsts, ends, strict=False)]
