"""How well what is due gets collected: effectiveness, lateness, disputes, deductions, promises, calls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from quittance.core.kpis.result import (
    KpiReason,
    KpiResult,
    count_share_pct,
    divide,
    known,
    product,
    unknown,
)
from quittance.core.money import exact_sum, single_currency
from quittance.core.terms import add_months


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """An amount paid (positive) on a day, of an item due on another."""

    currency: str
    amount_paid: Decimal
    due_date: date
    paid_date: date

    @property
    def delay_days(self) -> int:
        """Days from due to paid, negative when early."""
        return (self.paid_date - self.due_date).days


def collection_effectiveness_pct(
    *,
    ar_begin: Decimal,
    credit_sales: Decimal,
    ar_end: Decimal,
    ar_end_current: Decimal,
    period_units: int,
) -> KpiResult:
    """Return how much of what could be collected was, in percent (CEI).

    (begin + sales/N - end) / (begin + sales/N - end not yet due) x 100, where N, ``period_units``, is the number
    of months (or days) of the period over which ``credit_sales`` were made. Source: CRF.

    >>> collection_effectiveness_pct(
    ...     ar_begin=Decimal(400),
    ...     credit_sales=Decimal(600),
    ...     ar_end=Decimal(300),
    ...     ar_end_current=Decimal(100),
    ...     period_units=3,
    ... ).value
    Decimal('60')

    No value when there was nothing that could be collected (denominator zero or less).

    :raises ValueError: when the period has no unit.
    """
    if period_units <= 0:
        raise ValueError("a period has one month or day at least")
    # Both sides times N: the quotient is the same and sales/N does not lose digits
    opening = exact_sum((product(ar_begin, period_units), credit_sales))
    collected = exact_sum((opening, product(ar_end, -period_units)))
    collectable = exact_sum((opening, product(ar_end_current, -period_units)))
    if collectable <= 0:
        return unknown(KpiReason.NOTHING_TO_COLLECT)
    return known(divide(product(collected, 100), collectable))


def current_pct(*, ar_current: Decimal, ar_total: Decimal) -> KpiResult:
    """Return how many percent of the receivables are not yet due; both sides before credits, as in the ageing.

    >>> current_pct(ar_current=Decimal(75), ar_total=Decimal(100)).value
    Decimal('75')
    """
    return _share_of_receivables_pct(ar_current, ar_total)


def over_91_days_pct(*, ar_over_91_days: Decimal, ar_total: Decimal) -> KpiResult:
    """Return how many percent of the receivables are 91 days past due or more; both sides before credits.

    >>> over_91_days_pct(ar_over_91_days=Decimal(5), ar_total=Decimal(100)).value
    Decimal('5')
    """
    return _share_of_receivables_pct(ar_over_91_days, ar_total)


def disputed_pct(*, disputed: Decimal, ar_total: Decimal) -> KpiResult:
    """Return how many percent of the receivables at month end are disputed.

    >>> disputed_pct(disputed=Decimal(3), ar_total=Decimal(60)).value
    Decimal('5')
    """
    return _share_of_receivables_pct(disputed, ar_total)


def days_late_weighted(*, settlements: Iterable[Settlement]) -> KpiResult:
    """Return the mean of the days late, weighted by the amounts paid; paid early or in time is 0 days late.

    >>> days_late_weighted(
    ...     settlements=[
    ...         Settlement(
    ...             currency="EUR",
    ...             amount_paid=Decimal(amount),
    ...             due_date=date(2026, 1, 10),
    ...             paid_date=date(2026, 1, day),
    ...         )
    ...         for amount, day in [("300", 20), ("100", 5)]
    ...     ]
    ... ).value
    Decimal('7.5')

    :raises MixedCurrencies: when the payments have several currencies.
    """
    counted = list(settlements)
    single_currency(each.currency for each in counted)
    paid = exact_sum(each.amount_paid for each in counted)
    if paid <= 0:
        return unknown(KpiReason.NO_DATA)
    weighted = exact_sum(product(max(each.delay_days, 0), each.amount_paid) for each in counted)
    return known(divide(weighted, paid))


def mean_delay_days(*, settlements: Iterable[Settlement], as_of: date, months: int = 6) -> KpiResult:
    """Return the mean of the days from due to paid over what was paid in the rolling months up to a day.

    Each payment counts alike, early ones with their minus: this is how a payer behaves, not what it costs.

    >>> mean_delay_days(
    ...     settlements=[
    ...         Settlement(
    ...             currency="EUR", amount_paid=Decimal(1), due_date=date(2026, 1, 10), paid_date=paid_date
    ...         )
    ...         for paid_date in (date(2026, 1, 25), date(2026, 1, 8), date(2025, 6, 1))
    ...     ],
    ...     as_of=date(2026, 2, 1),
    ... ).value
    Decimal('6.5')
    """
    after = add_months(as_of, -months)
    delays = [each.delay_days for each in settlements if after < each.paid_date <= as_of]
    if not delays:
        return unknown(KpiReason.NO_DATA)
    return known(divide(sum(delays), len(delays)))


def days_to_resolve(*, disputes: Iterable[tuple[date, date]]) -> KpiResult:
    """Return the mean of the days from the opening of a dispute to its resolution.

    >>> days_to_resolve(
    ...     disputes=[(date(2026, 1, 1), date(2026, 1, 11)), (date(2026, 1, 1), date(2026, 1, 6))]
    ... ).value
    Decimal('7.5')

    :raises ValueError: when a dispute was resolved before it was opened.
    """
    days = [(resolved - opened).days for opened, resolved in disputes]
    if not days:
        return unknown(KpiReason.NO_DATA)
    if min(days) < 0:
        raise ValueError("a dispute was resolved before it was opened")
    return known(divide(sum(days), len(days)))


def days_deductions_outstanding(*, open_deductions: Decimal, deductions_taken: Decimal, period_days: int) -> KpiResult:
    """Return the open deductions in days of the deductions that customers took in the period.

    >>> days_deductions_outstanding(
    ...     open_deductions=Decimal(2_000), deductions_taken=Decimal(6_000), period_days=90
    ... ).value
    Decimal('30')
    """
    if deductions_taken <= 0:
        return unknown(KpiReason.NO_DATA)
    return known(divide(product(open_deductions, period_days), deductions_taken))


def promises_kept_pct(*, kept_amount: Decimal, promised_amount: Decimal) -> KpiResult:
    """Return how many percent of the amounts promised for the period were paid as promised.

    >>> promises_kept_pct(kept_amount=Decimal(800), promised_amount=Decimal(1_000)).value
    Decimal('80')
    """
    if promised_amount <= 0:
        return unknown(KpiReason.NO_DATA)
    return known(divide(product(kept_amount, 100), promised_amount))


def right_party_contact_pct(*, right_party_calls: int, calls: int) -> KpiResult:
    """Return how many percent of the calls reached somebody who can decide.

    >>> right_party_contact_pct(right_party_calls=6, calls=24).value
    Decimal('25')
    """
    return count_share_pct(right_party_calls, calls)


def _share_of_receivables_pct(part: Decimal, ar_total: Decimal) -> KpiResult:
    if ar_total < 0:
        return unknown(KpiReason.CREDIT_BALANCE)
    if ar_total == 0:
        return unknown(KpiReason.NO_RECEIVABLES)
    return known(divide(product(part, 100), ar_total))
