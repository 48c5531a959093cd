"""How well cash is applied, with the money that stands in suspense; every number opens what is behind it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from quittance.cash import reporting
from quittance.foundation.permissions import Permission
from quittance.web.access import desk_of, requires
from quittance.web.match_words import STRATEGY_WORDS
from quittance.web.rendering import render_table
from quittance.web.tables import AmountFilter, Column, Empty, Table, TextFilter
from quittance.web.views.cash_suspense import tiles
from quittance.web.views.work_forms import DayField

PERIOD_DAYS = 90
GROUPS = {"bank_account": lazy("Bank account"), "customer": lazy("Customer"), "strategy": lazy("Strategy")}
# The states of bank lines that count as payments: all but what was set aside or split, and money out.
COUNTED = ("WAITING", "MATCHED", "UNAPPLIED", "UNIDENTIFIED", "RETURNED")


class PeriodForm(forms.Form):
    """Which days, and how the payments are grouped."""

    since = DayField(label=lazy("Booked from"), required=False)
    until = DayField(label=lazy("Booked until"), required=False)
    by = forms.ChoiceField(label=lazy("By"), choices=list(GROUPS.items()), required=False)


class ApplicationTable(Table):
    """One row a bank account, customer or strategy."""

    key = "cash-application"
    caption = lazy("Cash application")
    id_type = str
    default_sort = "-payments"
    has_saved_views = False
    columns: ClassVar[list[Column]] = [
        Column(key="name", label=lazy("Name"), is_sortable=True, href=lambda row: row["name_href"]),
        Column(
            key="payments", label=lazy("Payments"), kind="number", is_sortable=True,
            href=lambda row: row["payments_href"],
        ),
        Column(key="hit_pct", label=lazy("Hit rate, payments"), kind="percent", digits=1, is_sortable=True),
        Column(key="item_hit_pct", label=lazy("Hit rate, items"), kind="percent", digits=1, is_sortable=True),
        Column(key="untouched_pct", label=lazy("Untouched"), kind="percent", digits=1, is_sortable=True),
        Column(key="wrong_pct", label=pgettext_lazy("rate", "Wrong"), kind="percent", digits=1, is_sortable=True),
        Column(key="minutes_to_post", label=lazy("Minutes to post"), kind="number", digits=1, is_sortable=True),
        Column(key="items", label=lazy("Items"), kind="number", is_visible=False),
        Column(key="automatic", label=lazy("By itself"), kind="number", is_visible=False),
        Column(key="wrong", label=lazy("Undone by a person"), kind="number", is_visible=False),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        TextFilter(name="name", label=lazy("Name")),
        AmountFilter(name="payments", label=lazy("Payments")),
    ]
    empty = Empty(title=lazy("No receipt was booked in this period."))


@requires(Permission.SEE_CASH)
@require_safe
def reports(request: HttpRequest) -> HttpResponseBase:
    """Show the rates of a period with what they count."""
    desk = desk_of(request)
    asked = PeriodForm(request.GET)
    given = asked.cleaned_data if asked.is_valid() else {}
    until = given.get("until") or desk.today
    since = given.get("since") or until - timedelta(days=PERIOD_DAYS - 1)
    group_by = given.get("by") or "bank_account"
    shown = {"since": since.isoformat(), "until": until.isoformat(), "by": group_by}
    form = PeriodForm(shown) if asked.is_valid() else asked
    rates = reporting.read_rates(since=since, until=until, group_by=group_by, scope=desk.scope)
    context = {
        "form": form,
        "since": since,
        "until": until,
        "group": GROUPS[group_by],
        "whole": rates.whole,
        "whole_href": payments_url(since=since, until=until),
        "suspense": tiles(desk),
    }
    table = ApplicationTable(
        request, [_application_row(row, group_by, since=since, until=until) for row in rates.groups]
    )
    return render_table(request, "cash/reports.html", table, context)


def payments_url(*, since: date, until: date, account: str = "") -> str:
    """Return the address of the bank lines that the report counts as payments, of one bank account or of all."""
    asked: list[tuple[str, str]] = [("state", state) for state in COUNTED]
    asked += [("booked_from", since.isoformat()), ("booked_to", until.isoformat()), ("amount_from", "0.01")]
    return f"{reverse('cash_line_list')}?{urlencode([*asked, *([('account', account)] if account else [])])}"


def _application_row(row: reporting.Application, group_by: str, *, since: date, until: date) -> dict[str, Any]:
    names: dict[str, Any] = {"customer": _("No customer known"), "strategy": _("Not matched")}
    name = str(STRATEGY_WORDS.get(row.name, row.name)) if group_by == "strategy" else row.name
    fields = (
        "id", "payments", "hit_pct", "item_hit_pct", "untouched_pct", "wrong_pct", "minutes_to_post", "items",
        "automatic", "wrong",
    )  # fmt: skip
    customer = reverse("customer_detail", args=[row.id]) if group_by == "customer" and row.id else ""
    account = payments_url(since=since, until=until, account=row.id) if group_by == "bank_account" else ""
    return {
        "name": name or names.get(group_by, ""),
        "name_href": customer,
        "payments_href": account,
        **{field: getattr(row, field) for field in fields},
    }
