"""How well cash is applied, and the money that stands in suspense; every number opens what is behind it."""

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
from quittance.web.access import Desk, desk_of, requires
from quittance.web.match_words import STRATEGY_WORDS
from quittance.web.rendering import render_table
from quittance.web.tables import AmountFilter, ChoiceFilter, Column, DateFilter, Empty, Table, TextFilter
from quittance.web.tables.columns import Row
from quittance.web.views.work_forms import DayField

PERIOD_DAYS = 90
GROUPS = {"bank_account": lazy("Bank account"), "customer": lazy("Customer"), "strategy": lazy("Strategy")}
KINDS = {
    "UNAPPLIED": lazy("Unapplied on accounts"),
    "KNOWN": lazy("On the desk, payer known"),
    "UNIDENTIFIED": lazy("Unidentified"),
}
# The states of bank lines that count as payments: all but what was set aside or split, and money out.
COUNTED = ("WAITING", "MATCHED", "UNAPPLIED", "UNIDENTIFIED", "RETURNED")
AGE_LABELS = (lazy("0–7 days"), lazy("8–30"), lazy("31–60"), lazy("61–90"), lazy("over 90"))


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


class SuspenseTable(Table):
    """Money applied to nothing, one row a company, kind, customer and currency."""

    key = "cash-suspense"
    caption = lazy("Suspense")
    id_type = str
    default_sort = "-total"
    has_saved_views = False
    columns: ClassVar[list[Column]] = [
        Column(key="kind", label=lazy("What it is"), labels=KINDS, is_sortable=True),
        Column(key="company_name", label=lazy("Company"), is_sortable=True, priority=2),
        Column(key="customer_name", label=lazy("Customer"), is_sortable=True),
        *(
            Column(
                key=f"age_{place}", label=label, kind="money", priority=2,
                href=lambda row, place=place: money_url(row, place),  # type: ignore[misc]
            )
            for place, label in enumerate(AGE_LABELS)
        ),
        Column(key="total", label=lazy("Total"), kind="money", is_sortable=True, href=lambda row: money_url(row)),
        Column(key="count", label=lazy("Payments"), kind="number", priority=3),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(name="kind", label=lazy("What it is"), choices=list(KINDS.items())),
        TextFilter(name="customer", label=lazy("Customer"), field="customer_name"),
        TextFilter(name="currency", label=lazy("Currency")),
        AmountFilter(name="total", label=lazy("Total")),
    ]
    empty = Empty(title=lazy("Nothing stands in suspense."), text=lazy("Every receipt is applied."))


class MoneyTable(Table):
    """The receipts and payments behind a figure."""

    key = "cash-suspense-money"
    caption = lazy("Receipts and payments")
    id_type = str
    default_sort = "day"
    has_saved_views = False
    columns: ClassVar[list[Column]] = [
        Column(key="day", label=lazy("Day"), kind="date", is_sortable=True),
        Column(key="what", label=lazy("Payer or document"), kind="link", href=lambda row: piece_url(row)),
        Column(key="customer_name", label=lazy("Customer"), is_sortable=True),
        Column(key="text", label=lazy("Text"), priority=2, template="cash/_text_cell.html"),
        Column(key="age", label=lazy("Days"), kind="number", is_sortable=True, sort_by="age"),
        Column(key="amount", label=lazy("Amount"), kind="money", is_sortable=True),
    ]
    filters: ClassVar[list[Any]] = [
        TextFilter(name="payer", label=lazy("Payer or document"), field="what"),
        TextFilter(name="said", label=lazy("Text"), field="text"),
        DateFilter(name="day", label=lazy("Day")),
        AmountFilter(name="amount", label=lazy("Amount")),
    ]
    empty = Empty(title=lazy("Nothing stands in suspense."))


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
    found = reporting.list_application(since=since, until=until, group_by=group_by, scope=desk.scope)
    whole = reporting.list_application(since=since, until=until, scope=desk.scope)
    context = {
        "form": form,
        "since": since,
        "until": until,
        "group": GROUPS[group_by],
        "whole": whole[0] if whole else None,
        "whole_href": payments_url(since=since, until=until),
        "suspense": _by_kind(desk),
    }
    table = ApplicationTable(request, [_application_row(row, group_by, since=since, until=until) for row in found])
    return render_table(request, "cash/reports.html", table, context)


@requires(Permission.SEE_CASH)
@require_safe
def suspense(request: HttpRequest) -> HttpResponseBase:
    """Show the money that is applied to nothing, by age."""
    desk = desk_of(request)
    rows = [_suspense_row(row) for row in reporting.list_suspense(as_of=desk.today, scope=desk.scope)]
    table = SuspenseTable(request, rows, as_of=desk.today)
    return render_table(request, "cash/suspense.html", table, {"suspense": _by_kind(desk)})


@requires(Permission.SEE_CASH)
@require_safe
def suspense_money(request: HttpRequest) -> HttpResponseBase:
    """List the receipts and payments behind a figure of the suspense."""
    desk = desk_of(request)
    kind = request.GET.get("kind", "")
    place = _number(request, "age")
    found = reporting.list_suspense_money(
        as_of=desk.today,
        kind=kind if kind in KINDS else "",
        company_id=_number(request, "company"),
        customer_id=_number(request, "customer"),
        currency=request.GET.get("currency", "")[:3],
        place=place if place is not None and place < len(reporting.AGES) else None,
        scope=desk.scope,
    )
    rows = [{**row, "id": f"{row['line_id'] or ''}-{row['item_id'] or ''}"} for row in found]
    context = {"kind": KINDS.get(kind, ""), "is_cut": len(rows) == reporting.PIECES_MAX}
    return render_table(request, "cash/suspense_money.html", MoneyTable(request, rows, as_of=desk.today), context)


def money_url(row: Row, place: int | None = None) -> str:
    """Return the address of the money behind a figure; blank when there is none."""
    if place is not None and not row[f"age_{place}"]:
        return ""
    asked = {
        "kind": row["kind"], "company": row["company_id"], "customer": row["customer_id"],
        "currency": row["currency"], "age": place,
    }  # fmt: skip
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{reverse('cash_suspense_money')}?{query}"


def piece_url(row: Row) -> str:
    """Return the page of a receipt or of a payment."""
    if row["line_id"] is not None:
        return reverse("cash_line", args=[row["line_id"]])
    return reverse("item_detail", args=[row["item_id"]])


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


def _suspense_row(row: reporting.SuspenseRow) -> dict[str, Any]:
    return {
        "id": f"{row.kind}-{row.company_id}-{row.customer_id or 0}-{row.currency}",
        "kind": row.kind,
        "company_id": row.company_id,
        "company_name": row.company_name,
        "customer_id": row.customer_id,
        "customer_name": row.customer_name,
        "currency": row.currency,
        "total": row.total,
        "count": row.count,
        **{f"age_{place}": amount for place, amount in enumerate(row.amounts)},
    }


def _by_kind(desk: Desk) -> list[dict[str, Any]]:
    """Return the sums of the suspense by kind and currency, with their addresses."""
    sums: dict[tuple[str, str], Any] = {}
    for row in reporting.list_suspense(as_of=desk.today, scope=desk.scope):
        sums[row.kind, row.currency] = sums.get((row.kind, row.currency), 0) + row.total
    return [
        {
            "kind": KINDS[kind],
            "currency": currency,
            "amount": amount,
            "href": f"{reverse('cash_suspense_money')}?{urlencode({'kind': kind, 'currency': currency})}",
        }
        for (kind, currency), amount in sorted(sums.items())
    ]


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
