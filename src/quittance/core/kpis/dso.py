"""Days sales outstanding and its family: how many days of sales are still in customers' hands.

Amounts are in one currency, tax included on both sides, factored invoices out of both or in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from quittance.core.kpis.figures import OpenReceivable, SalesMonth
from quittance.core.kpis.result import KpiReason, KpiResult, divide, known, product, total, unknown
from quittance.core.money import exact_sum, single_currency

ROLLING_WINDOW_DAYS: Final = {3: 91, 6: 182, 12: 365}


def dso_simple_days(*, ar_end: Decimal, credit_sales: Decimal, period_days: int) -> KpiResult:
    """Return receivables at the end over the sales of the period, times its days.

    >>> dso_simple_days(ar_end=Decimal(30_000), credit_sales=Decimal(60_000), period_days=90).value
    Decimal('45')

    No value for a credit balance or without net sales. Source: CRF, key performance indicators.
    """
    return _days_of_sales(ar_end, credit_sales, period_days)


def dso_rolling_days(*, ar_end: Decimal, monthly_sales: Sequence[Decimal], months: int) -> KpiResult:
    """Return receivables at the end over the sales of the last 3, 6 or 12 months, times 91, 182 or 365 days.

    ``monthly_sales`` runs from the latest month back; months beyond the window are not used.

    >>> sales = [Decimal(2_000), Decimal(2_600), Decimal(3_000)]
    >>> rolling = dso_rolling_days(ar_end=Decimal(5_700), monthly_sales=sales, months=3)
    >>> rolling.value, rolling.rounded(0)
    (Decimal('68.25'), Decimal('68'))

    No value when fewer months are known than the window has.

    :raises ValueError: for another window.
    """
    if months not in ROLLING_WINDOW_DAYS:
        raise ValueError("the rolling window is 3, 6 or 12 months")
    if len(monthly_sales) < months:
        return unknown(KpiReason.HISTORY_TOO_SHORT)
    return _days_of_sales(ar_end, exact_sum(monthly_sales[:months]), ROLLING_WINDOW_DAYS[months])


def dso_count_back_days(*, ar_end: Decimal, months: Sequence[SalesMonth]) -> KpiResult:
    """Return how many days of the latest sales the receivables are worth, month by month back.

    ``months`` runs from the latest month back. A month whose sales are less than what is left counts whole.

    >>> months = [
    ...     SalesMonth(first_date=date(2025, 11, 1), days=30, amount=Decimal(1_200)),
    ...     SalesMonth(first_date=date(2025, 10, 1), days=31, amount=Decimal(800)),
    ...     SalesMonth(first_date=date(2025, 9, 1), days=30, amount=Decimal(700)),
    ... ]
    >>> dso_count_back_days(ar_end=Decimal(2_500), months=months).rounded(1)
    Decimal('82.4')

    When the known months end first the result is flagged ``at_least``.
    """
    if ar_end < 0:
        return unknown(KpiReason.CREDIT_BALANCE)
    if not months:
        return unknown(KpiReason.NO_SALES)
    days, rest = Decimal(0), ar_end
    for month in months:
        if rest == 0:
            break
        if month.amount >= rest:
            days = total(days, divide(product(rest, month.days), month.amount))
            rest = Decimal(0)
        else:
            days += month.days
            rest = exact_sum((rest, month.amount.copy_negate()))
    return known(days, at_least=rest > 0)


def true_dso_days(
    *, items: Iterable[OpenReceivable], sales: Iterable[SalesMonth], as_of: date, include_factored: bool
) -> KpiResult:
    """Return each invoice's age times its open amount over the net sales of its month, added up.

    Only debits count; their month is that of the invoice date.

    >>> invoice = OpenReceivable(
    ...     currency="EUR",
    ...     amount_open=Decimal(500),
    ...     document_date=date(2026, 1, 11),
    ...     due_date=date(2026, 2, 10),
    ... )
    >>> january = SalesMonth(first_date=date(2026, 1, 1), days=31, amount=Decimal(1_000))
    >>> true_dso_days(items=[invoice], sales=[january], as_of=date(2026, 1, 31), include_factored=False).value
    Decimal('10')

    No value when a month with an open invoice has no net sales.

    :raises MixedCurrencies: when the items have several currencies.
    """
    counted = [item for item in items if item.amount_open > 0 and (include_factored or not item.is_factored)]
    single_currency(item.currency for item in counted)
    by_month = {month.first_date: month.amount for month in sales}
    days = Decimal(0)
    for item in counted:
        month_sales = by_month.get(item.document_date.replace(day=1), Decimal(0))
        if month_sales <= 0:
            return unknown(KpiReason.NO_SALES)
        share = divide(product((as_of - item.document_date).days, item.amount_open), month_sales)
        days = total(days, share)
    return known(days)


def best_possible_dso_days(*, ar_current: Decimal, credit_sales: Decimal, period_days: int) -> KpiResult:
    """Return the days of sales that would be outstanding if nothing were late.

    >>> best_possible_dso_days(
    ...     ar_current=Decimal(20_000), credit_sales=Decimal(60_000), period_days=90
    ... ).value
    Decimal('30')
    """
    return _days_of_sales(ar_current, credit_sales, period_days)


def average_days_delinquent(*, dso: KpiResult, best_possible_dso: KpiResult) -> KpiResult:
    """Return the days of sales that are late: DSO less the best possible DSO of the same period.

    >>> average_days_delinquent(dso=known(Decimal(45)), best_possible_dso=known(Decimal(30))).value
    Decimal('15')

    Without one of the two there is no value, for the same reason; a lower bound stays one.
    """
    if dso.value is None:
        return dso
    if best_possible_dso.value is None:
        return best_possible_dso
    return known(total(dso.value, best_possible_dso.value.copy_negate()), at_least=dso.at_least)


def receivables_turnover(*, credit_sales: Decimal, ar_begin: Decimal, ar_end: Decimal) -> KpiResult:
    """Return how many times the average receivables were sold in the period.

    >>> receivables_turnover(
    ...     credit_sales=Decimal(120_000), ar_begin=Decimal(10_000), ar_end=Decimal(20_000)
    ... ).value
    Decimal('8')
    """
    ar_sum = exact_sum((ar_begin, ar_end))
    if ar_sum < 0:
        return unknown(KpiReason.CREDIT_BALANCE)
    if ar_sum == 0:
        return unknown(KpiReason.NO_RECEIVABLES)
    if credit_sales < 0:
        return unknown(KpiReason.NO_SALES)
    return known(divide(product(2, credit_sales), ar_sum))


def turnover_days(*, turnover: KpiResult, period_days: int) -> KpiResult:
    """Return the days that one turn of the receivables takes.

    >>> turnover_days(turnover=known(Decimal(8)), period_days=365).value
    Decimal('45.625')
    """
    if turnover.value is None:
        return turnover
    if turnover.value == 0:
        return unknown(KpiReason.NO_SALES)
    return known(divide(period_days, turnover.value))


def _days_of_sales(receivables: Decimal, credit_sales: Decimal, days: int) -> KpiResult:
    if receivables < 0:
        return unknown(KpiReason.CREDIT_BALANCE)
    if credit_sales <= 0:
        return unknown(KpiReason.NO_SALES)
    return known(divide(product(receivables, days), credit_sales))
