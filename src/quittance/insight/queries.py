"""Indicators of any day, by company and department: sums from SQL, formulas from `core.kpis`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from quittance.core.kpis.collection import (
    collection_effectiveness_pct,
    current_pct,
    disputed_pct,
    over_91_days_pct,
    promises_kept_pct,
)
from quittance.core.kpis.dso import (
    average_days_delinquent,
    best_possible_dso_days,
    dso_count_back_days,
    dso_rolling_days,
    dso_simple_days,
)
from quittance.core.kpis.figures import ReceivableTotals, SalesDocument, current_net, sales_months
from quittance.core.kpis.result import KpiResult
from quittance.core.terms import add_months
from quittance.foundation.permissions import Scope
from quittance.insight.activity import Activity, get_activity
from quittance.insight.figures import (
    HISTORY_MONTHS,
    ZERO,
    Receivables,
    list_receivables,
    list_sales,
    list_totals,
    month_ends,
)

PERIOD_DAYS: Final = 90
PERIOD_MONTHS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicators:
    """The indicators of one company currency on a day. Days and percentages are `KpiResult`s: a value or a reason."""

    currency: str
    totals: ReceivableTotals
    sales_of_period: Decimal
    dso_simple: KpiResult
    dso_rolling: KpiResult
    dso_count_back: KpiResult
    best_possible_dso: KpiResult
    average_days_delinquent: KpiResult
    collection_effectiveness: KpiResult
    current_share: KpiResult
    over_91_share: KpiResult
    disputed_share: KpiResult


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFigures:
    """One point of the history: the end of a month (the last point: the day asked for).

    `total` is `current` plus `overdue` plus `credits`, as in the aged balance.
    """

    day: date
    total: Decimal
    current: Decimal
    overdue: Decimal
    credits: Decimal
    sales: Decimal
    dso_count_back: KpiResult
    collection_effectiveness: KpiResult


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The history of one currency, oldest month first."""

    currency: str
    months: tuple[MonthFigures, ...]


def list_indicators(*, scope: Scope, as_of: date) -> list[Indicators]:
    """Return the indicators of a day, one set a company currency. Four queries, whatever the size."""
    sales = list_sales(scope=scope, as_of=as_of)
    period_start = add_months(as_of, -PERIOD_MONTHS)
    before = list_receivables(scope=scope, days=[period_start])
    begins = {currency: points[0].total for currency, points in before.items()}
    return [
        _indicators(
            totals=totals,
            begin=begins.get(totals.currency or "", ZERO),
            sales=sales.get(totals.currency or "", []),
            as_of=as_of,
        )
        for totals in list_totals(scope=scope, as_of=as_of)
    ]


def _indicators(*, totals: ReceivableTotals, begin: Decimal, sales: Sequence[SalesDocument], as_of: date) -> Indicators:
    period = _sum_between(sales, as_of - timedelta(days=PERIOD_DAYS), as_of)
    rolling = [_sum_between(sales, add_months(as_of, -n - 1), add_months(as_of, -n)) for n in range(PERIOD_MONTHS)]
    simple = dso_simple_days(ar_end=totals.total, credit_sales=period, period_days=PERIOD_DAYS)
    best = best_possible_dso_days(ar_current=totals.current_net, credit_sales=period, period_days=PERIOD_DAYS)
    return Indicators(
        currency=totals.currency or "",
        totals=totals,
        sales_of_period=period,
        dso_simple=simple,
        dso_rolling=dso_rolling_days(ar_end=totals.total, monthly_sales=rolling, months=PERIOD_MONTHS),
        dso_count_back=_count_back(totals.total, sales, as_of),
        best_possible_dso=best,
        average_days_delinquent=average_days_delinquent(dso=simple, best_possible_dso=best),
        collection_effectiveness=collection_effectiveness_pct(
            ar_begin=begin,
            credit_sales=sum(rolling, ZERO),
            ar_end=totals.total,
            ar_end_current=totals.current_net,
            period_units=PERIOD_MONTHS,
        ),
        current_share=current_pct(ar_current=totals.current, ar_total=totals.owed),
        over_91_share=over_91_days_pct(ar_over_91_days=totals.over_91_days, ar_total=totals.owed),
        disputed_share=disputed_pct(disputed=totals.disputed, ar_total=totals.owed),
    )


def _count_back(ar_end: Decimal, sales: Sequence[SalesDocument], as_of: date) -> KpiResult:
    months = sales_months(documents=sales, as_of=as_of, months=HISTORY_MONTHS, include_factored=True)
    known = [month for month in months if any(month.first_date >= s.document_date.replace(day=1) for s in sales)]
    return dso_count_back_days(ar_end=ar_end, months=known)


def _sum_between(sales: Sequence[SalesDocument], after: date, until: date) -> Decimal:
    return sum((s.amount for s in sales if after < s.document_date <= until), ZERO)


def list_histories(*, scope: Scope, as_of: date, months: int = 12) -> list[History]:
    """Return the months before a day and the day itself, one history a company currency. Two queries."""
    days = month_ends(as_of=as_of, months=months + 1)
    sales = list_sales(scope=scope, as_of=as_of, months=months + HISTORY_MONTHS)
    return [
        History(currency=currency, months=_month_figures(points, sales.get(currency, [])))
        for currency, points in list_receivables(scope=scope, days=days).items()
    ]


def _month_figures(points: Sequence[Receivables], sales: Sequence[SalesDocument]) -> tuple[MonthFigures, ...]:
    figures = []
    for before, point in pairwise(points):
        month_sales = _sum_between(sales, before.day, point.day)
        figures.append(
            MonthFigures(
                day=point.day,
                total=point.total,
                current=point.current,
                overdue=point.overdue,
                credits=point.credits,
                sales=month_sales,
                dso_count_back=_count_back(point.total, [s for s in sales if s.document_date <= point.day], point.day),
                collection_effectiveness=collection_effectiveness_pct(
                    ar_begin=before.total,
                    credit_sales=month_sales,
                    ar_end=point.total,
                    ar_end_current=current_net(current=point.current, total=point.total),
                    period_units=1,
                ),
            )
        )
    return tuple(figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What was done in the period, and what promises were worth."""

    activity: Activity
    promises_kept: KpiResult


def get_effort(*, scope: Scope, as_of: date) -> Effort:
    """Return calls, reminders and promises of the last 90 days up to a day. One query."""
    activity = get_activity(scope=scope, since=as_of - timedelta(days=PERIOD_DAYS), until=as_of)
    return Effort(
        activity=activity,
        promises_kept=promises_kept_pct(kept_amount=activity.promised_kept, promised_amount=activity.promised_due),
    )
