"""The words of the indicators: what each is called, what it means, its formula, and what goes into it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quittance.core.kpis.result import KpiReason

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator: `field` of `insight.Indicators`, unit `days` or `%`, names of the figures it is made of."""

    field: str
    label: Text
    meaning: Text
    formula: Text
    unit: str
    inputs: tuple[str, ...]


INDICATORS: dict[str, Indicator] = {
    "dso-simple": Indicator(
        field="dso_simple",
        label=_("DSO, simple"),
        unit="days",
        inputs=("total", "sales"),
        meaning=_("How many days of sales customers still hold."),
        formula=_("Receivables at the end ÷ sales of the last 90 days × 90"),
    ),
    "dso-rolling": Indicator(
        field="dso_rolling",
        label=_("DSO, rolling quarter"),
        unit="days",
        inputs=("total", "sales"),
        meaning=_("The same over the last three months of sales, counted as 91 days."),
        formula=_("Receivables at the end ÷ sales of the last 3 months × 91"),
    ),
    "dso-count-back": Indicator(
        field="dso_count_back",
        label=_("DSO, count-back"),
        unit="days",
        inputs=("total",),
        meaning=_("How many days of the latest sales the receivables are worth, month by month back."),
        formula=_("Each month whose sales fit whole gives its days; the last one gives its share"),
    ),
    "best-possible-dso": Indicator(
        field="best_possible_dso",
        label=_("Best possible DSO"),
        unit="days",
        inputs=("current_net", "sales"),
        meaning=_("The DSO if nothing were late. Credits are set against what is late first."),
        formula=_("Not yet due ÷ sales of the last 90 days × 90"),
    ),
    "average-days-delinquent": Indicator(
        field="average_days_delinquent",
        label=_("Average days delinquent"),
        unit="days",
        inputs=("total", "current_net", "sales"),
        meaning=_("The days of sales that are late."),
        formula=_("DSO − best possible DSO"),
    ),
    "cei": Indicator(
        field="collection_effectiveness",
        label=_("Collection effectiveness (CEI)"),
        unit="%",
        inputs=("total", "current_net"),
        meaning=_("How much of what could be collected in three months was."),
        formula=_("(start + sales ÷ 3 − end) ÷ (start + sales ÷ 3 − end not yet due) × 100"),
    ),
    "current": Indicator(
        field="current_share",
        label=_("Not yet due"),
        unit="%",
        inputs=("current", "owed"),
        meaning=_("The share of what is owed that is not late; credits stand beside."),
        formula=_("Not yet due ÷ owed before credits × 100"),
    ),
    "over-90": Indicator(
        field="over_91_share",
        label=_("More than 90 days late"),
        unit="%",
        inputs=("over_91", "owed"),
        meaning=_("The share of what is owed that is very late; credits stand beside."),
        formula=_("More than 90 days late ÷ owed before credits × 100"),
    ),
}

REASONS: dict[KpiReason, Text] = {
    KpiReason.NO_SALES: _("no sales in the period"),
    KpiReason.HISTORY_TOO_SHORT: _("history too short"),
    KpiReason.CREDIT_BALANCE: _("we owe more than we are owed"),
    KpiReason.NO_RECEIVABLES: _("nothing owed"),
    KpiReason.NOTHING_TO_COLLECT: _("nothing could be collected"),
    KpiReason.NO_DATA: _("no data"),
}

BUCKET_LABELS: dict[str, Text] = {
    "not_due": _("Not due"),
    "due_1_30": _("1–30 days"),
    "due_31_60": _("31–60 days"),
    "due_61_90": _("61–90 days"),
    "due_91_120": _("91–120 days"),
    "due_over_120": _("Over 120 days"),
}
