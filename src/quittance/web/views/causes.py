"""Why items are late: amounts, counts and days by reason, the greatest first; each number opens its items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from quittance.cases import queries as cases
from quittance.cases.causes import Cause, list_causes
from quittance.foundation.permissions import Permission, Scope
from quittance.parties.people import list_people
from quittance.parties.queries import list_companies, list_departments
from quittance.web.access import Desk, desk_of, permissions_of_request, requires
from quittance.web.charts import Chart, Series
from quittance.web.delay_reason_words import delay_reason_names
from quittance.web.rendering import render_page
from quittance.web.views.item_table import NO_REASON
from quittance.web.views.work_forms import DayField


class CauseFilterForm(forms.Form):
    """Which late items are looked at."""

    department = forms.TypedChoiceField(label=lazy("Department"), coerce=int, empty_value=None, required=False)
    collector = forms.TypedChoiceField(label=lazy("Collector"), coerce=int, empty_value=None, required=False)
    due_from = DayField(label=lazy("Due from"), required=False)
    due_to = DayField(label=lazy("Due until"), required=False)

    def __init__(self, *arguments: Any, desk: Desk, **options: Any) -> None:
        super().__init__(*arguments, **options)
        department: Any = self.fields["department"]
        department.choices = [("", _("All")), *department_choices(desk.scope)]
        collector: Any = self.fields["collector"]
        collector.choices = [("", _("All")), *list_people(scope=desk.scope)]


def department_choices(scope: Scope) -> list[tuple[int, str]]:
    """Return id and name of the departments of the scope; with the company where there are several."""
    companies = {row.id: row.name for row in list_companies(company_ids=scope.company_ids)}
    rows = list_departments(company_ids=scope.company_ids)
    if len(companies) == 1:
        return [(row.id, row.name) for row in rows]
    return sorted(((row.id, f"{companies[row.company_id]} · {row.name}") for row in rows), key=lambda pair: pair[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    names: Mapping[str, str]
    actions: Mapping[str, int]
    query: Mapping[str, str]

    def items_url(self, code: str, currency: str) -> str:
        """Return the address of the items behind a figure."""
        asked = {"late": "yes", "credit": "no", "reason": code or NO_REASON, "company_currency": currency}
        return f"{reverse('item_list')}?{urlencode({**asked, **self.query})}"

    def row(self, cause: Cause) -> dict[str, Any]:
        return {
            "cause": cause,
            "name": self.names.get(cause.reason_code, cause.reason_code) or _("Nobody said why"),
            "href": self.items_url(cause.reason_code, cause.currency),
            "actions": self.actions.get(cause.reason_code, 0) if cause.reason_code else 0,
        }


@requires(Permission.SEE_INSIGHT)
@require_safe
def causes(request: HttpRequest) -> HttpResponse:
    """Show the causes of delay of today, one block a company currency."""
    desk = desk_of(request)
    form = CauseFilterForm(request.GET, desk=desk)
    is_good = form.is_valid()
    asked = {name: value for name, value in form.cleaned_data.items() if value is not None} if is_good else {}
    rows = list_causes(
        as_of=desk.today,
        scope=desk.scope,
        department_id=asked.get("department"),
        collector_id=asked.get("collector"),
        due_from=asked.get("due_from"),
        due_to=asked.get("due_to"),
    )
    shown = _Shown(names=delay_reason_names(), actions=cases.count_open_actions(scope=desk.scope), query=_query(asked))
    context = {
        "form": form,
        "is_filtered": bool(asked),
        "blocks": _blocks(rows, shown),
        "desk": desk,
        "late_actions": cases.list_late_actions(as_of=desk.today, scope=desk.scope).count(),
        "may_act": Permission.COLLECT in permissions_of_request(request),
    }
    return render_page(request, "causes/causes.html", context=context, status=200 if is_good else 422)


def _query(asked: Mapping[str, Any]) -> dict[str, str]:
    """Return what was asked as the list of items says it."""
    return {name: value.isoformat() if isinstance(value, date) else str(value) for name, value in asked.items()}


def _blocks(found: Iterable[Cause], shown: _Shown) -> list[dict[str, Any]]:
    by_currency: dict[str, list[Cause]] = {}
    for cause in found:
        by_currency.setdefault(cause.currency, []).append(cause)
    return [_block(currency, rows, shown) for currency, rows in by_currency.items()]


def _block(currency: str, found: list[Cause], shown: _Shown) -> dict[str, Any]:
    rows = [shown.row(cause) for cause in found]
    item_count = sum(cause.item_count for cause in found)
    unsaid = next((cause for cause in found if not cause.reason_code), None)
    chart = Chart(
        id=f"causes-{currency.lower()}",
        title=_("Late amounts by reason"),
        kind="bar",
        unit=currency,
        categories=[row["name"] for row in rows],
        series=[
            Series(
                name=_("Open and late"),
                values=[cause.amount for cause in found],
                tone="late-3",
                hrefs=[row["href"] for row in rows],
            )
        ],
    )
    return {
        "currency": currency,
        "rows": rows,
        "amount": sum(cause.amount for cause in found),
        "item_count": item_count,
        "said_pct": 100 - unsaid.share_pct if unsaid else 100,
        "chart": chart,
    }
