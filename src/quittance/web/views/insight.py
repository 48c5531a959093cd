"""Indicators of any day: the dashboard, each indicator explained, the aged balance."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from quittance.core.kpis.result import KpiResult
from quittance.foundation.permissions import Permission
from quittance.insight import queries as insight
from quittance.insight.figures import Aged, list_aged
from quittance.ledger import queries as ledger
from quittance.web import formats
from quittance.web.access import Desk, desk_of, requires
from quittance.web.charts import Chart, Series
from quittance.web.insight_words import BUCKET_LABELS, INDICATORS, REASONS, Indicator
from quittance.web.past_days import page_of_a_coming_day
from quittance.web.rendering import render_page, render_table
from quittance.web.views.insight_tables import AgedSource, AgedTable

BUCKETS = ("not_due", "due_1_30", "due_31_60", "due_61_90", "due_91_120", "due_over_120")


def items_url(**filters: object) -> str:
    """Return the address of the items behind a figure."""
    return f"{reverse('item_list')}?{urlencode({k: v for k, v in filters.items() if v not in (None, '')})}"


@requires(Permission.SEE_INSIGHT)
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show the figures of the day, one block a company currency."""
    desk = desk_of(request)
    by_currency = {row.currency: row for row in list_aged(scope=desk.scope, as_of=desk.as_of)}
    blocks = [
        _block(figures, by_currency.get(figures.currency))
        for figures in insight.list_indicators(scope=desk.scope, as_of=desk.as_of)
    ]
    effort = insight.get_effort(scope=desk.scope, as_of=desk.as_of)
    context = {"blocks": blocks, "effort": effort, "promises_kept": _shown(effort.promises_kept, "%")}
    return render_page(request, "insight/dashboard.html", context=context)


def _block(figures: insight.Indicators, aged: Aged | None) -> dict[str, Any]:
    currency = figures.currency
    tiles = [
        _amount_tile(_("Total due"), figures.totals.total, items_url()),
        _amount_tile(_("Overdue"), figures.totals.overdue, items_url(late="yes", credit="no"), figures.totals.owed),
        _amount_tile(_("Disputed"), figures.totals.disputed, items_url(state="disputed"), figures.totals.owed),
    ]
    days = [_indicator_tile(code, figures, currency) for code in INDICATORS]
    return {
        "currency": currency,
        "amounts": tiles,
        "indicators": days,
        "buckets": _bucket_parts(aged) if aged else [],
        "aged": aged,
    }


def _amount_tile(label: str, amount: Decimal, href: str, whole: Decimal | None = None) -> dict[str, Any]:
    share = amount * 100 / whole if whole and whole > 0 else None
    return {"label": label, "amount": amount, "href": href, "share": share}


def _bucket_parts(row: Aged) -> list[dict[str, Any]]:
    return [
        {
            "label": BUCKET_LABELS[name],
            "amount": getattr(row, name),
            "step": step,
            "href": items_url(bucket=name),
            "is_selected": False,
        }
        for step, name in enumerate(BUCKETS)
    ]


def _indicator_tile(code: str, figures: insight.Indicators, currency: str) -> dict[str, Any]:
    indicator = INDICATORS[code]
    return {
        "label": indicator.label,
        "hint": indicator.meaning,
        **_shown(getattr(figures, indicator.field), indicator.unit),
        "href": reverse("insight_indicator", args=[code]) + f"?{urlencode({'currency': currency})}",
    }


def _shown(result: KpiResult, unit: str) -> dict[str, Any]:
    """Return an indicator as text: its value, or the reason why there is none."""
    if result.value is None:
        return {"text": "–", "unit": "", "reason": REASONS[result.reason] if result.reason else ""}
    text = formats.number_text(result.rounded(1), 1)
    return {
        "text": f"≥ {text}" if result.at_least else text,
        "unit": _("days") if unit == "days" else unit,
        "reason": "",
    }


@requires(Permission.SEE_INSIGHT)
def history(request: HttpRequest) -> HttpResponse:
    """Show the last twelve months as charts; asked for by the dashboard once it stands."""
    desk = desk_of(request)
    found = insight.list_histories(scope=desk.scope, as_of=desk.as_of)
    charts = [chart for one in found for chart in _charts(one, desk)]
    return render_page(request, "insight/history.html", "insight/_charts.html", {"charts": charts})


def _charts(one: insight.History, desk: Desk) -> list[Chart]:
    labels = [_month(m.day) for m in one.months]
    links = [f"{reverse('insight')}?{urlencode({'desk_as_of': m.day.isoformat()})}" for m in one.months]
    owed = Chart(
        id=f"owed-{one.currency}",
        title=_("Owed at month end"),
        kind="stacked",
        unit=one.currency,
        categories=labels,
        series=[
            Series(
                name=_("Not yet due"),
                values=[m.total - m.overdue - m.credits for m in one.months],
                tone="not-due",
                hrefs=links,
            ),
            Series(name=_("Overdue"), values=[m.overdue for m in one.months], tone="late-3", hrefs=links),
        ],
    )
    days = Chart(
        id=f"dso-{one.currency}",
        title=_("DSO, count-back"),
        unit=_("days"),
        digits=1,
        categories=labels,
        series=[Series(name=_("DSO"), values=[m.dso_count_back.rounded(1) for m in one.months], hrefs=links)],
    )
    effectiveness = Chart(
        id=f"cei-{one.currency}",
        title=_("Collection effectiveness (CEI)"),
        unit="%",
        digits=1,
        categories=labels,
        series=[
            Series(
                name=_("CEI"),
                values=[m.collection_effectiveness.rounded(1) for m in one.months],
                tone="settled",
                hrefs=links,
            )
        ],
    )
    return [owed, days, effectiveness]


def _month(day: date) -> str:
    return format_date(day, "MMM yyyy", locale=formats.current_locale())


@requires(Permission.SEE_INSIGHT)
def indicator(request: HttpRequest, code: str) -> HttpResponse:
    """Explain one indicator: its formula with the figures put in, each leading to the items behind it."""
    known = INDICATORS.get(code)
    if known is None:
        raise Http404
    desk = desk_of(request)
    found = insight.list_indicators(scope=desk.scope, as_of=desk.as_of)
    wanted = request.GET.get("currency", "")
    rows = [_explained(code, known, f, desk.as_of) for f in found if wanted in ("", f.currency)]
    context = {"indicator": known, "rows": rows}
    return render_page(request, "insight/indicator.html", context=context)


def _explained(code: str, known: Indicator, figures: insight.Indicators, as_of: date) -> dict[str, Any]:
    since = as_of.toordinal() - insight.PERIOD_DAYS + 1
    sales_url = items_url(state="all", kind="INVOICE", issued_from=date.fromordinal(since), issued_to=as_of)
    very_late_url = items_url(credit="no", due_to=as_of - timedelta(days=91))
    inputs = {
        "total": (_("Receivables at the end"), figures.totals.total, items_url()),
        "owed": (_("Owed before credits"), figures.totals.owed, items_url(credit="no")),
        "current": (_("Not yet due"), figures.totals.current, items_url(late="no", credit="no")),
        "current_net": (_("Not yet due, net of credits"), figures.totals.current_net, items_url(late="no")),
        "over_91": (_("More than 90 days late"), figures.totals.over_91_days, very_late_url),
        "disputed": (_("Disputed"), figures.totals.disputed, items_url(state="disputed")),
        "sales": (_("Sales of the last 90 days"), figures.sales_of_period, sales_url),
    }
    return {
        "currency": figures.currency,
        "inputs": [
            {"label": label, "amount": amount, "href": href}
            for label, amount, href in (inputs[name] for name in known.inputs)
        ],
        **_shown(getattr(figures, known.field), known.unit),
    }


@requires(Permission.SEE_INSIGHT)
def aged_balance(request: HttpRequest) -> HttpResponseBase:
    """Show who owes what since when, by account, customer, group, department, company or currency."""
    desk = desk_of(request)
    if (coming := page_of_a_coming_day(request, desk)) is not None:
        return coming
    try:
        group_by = ledger.GroupBy(request.GET.get("by", "DEPARTMENT"))
    except ValueError:
        group_by = ledger.GroupBy.DEPARTMENT
    source = AgedSource(as_of=desk.as_of, scope=desk.scope, group_by=group_by)
    table = AgedTable(request, source, as_of=desk.as_of)
    context = {"group_by": group_by.value, "choices": AgedTable.CHOICES}
    return render_table(request, "insight/aged_balance.html", table, context)
