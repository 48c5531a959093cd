"""Expected cash: by day and origin, and one by one with what to do about what is late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext, pgettext_lazy
from django.views.decorators.http import require_safe

from quittance.foundation.permissions import Permission
from quittance.insight import expected as queries
from quittance.insight.expected import ExpectedSum, Origin, When
from quittance.web.access import desk_of, requires
from quittance.web.formats import short_date_text
from quittance.web.rendering import render_table
from quittance.web.tables import AmountFilter, ChoiceFilter, Column, DateFilter, Empty, Table, TextFilter
from quittance.web.tables.columns import Row

ORIGINS: Mapping[str, str | Promise] = {
    Origin.ANNOUNCEMENT: lazy("Announced as paid"),
    Origin.REMITTANCE: lazy("Remittance advice"),
    Origin.PROMISE: lazy("Promise to pay"),
    Origin.INSTALMENT: lazy("Instalment of a plan"),
    Origin.COLLECTION: lazy("Direct debits at the bank"),
}
WHENS: Mapping[str, str | Promise] = {
    When.LATE: pgettext_lazy("expected cash", "Late"),
    When.TODAY: pgettext_lazy("day", "Today"),
    When.SOON: lazy("Within 14 days"),
    When.LATER: lazy("Later than that"),
}
TO_DO: Mapping[str, str | Promise] = {
    Origin.ANNOUNCEMENT: lazy("Ask for the proof of payment; reminders go on"),
    Origin.REMITTANCE: lazy("Ask the payer when it pays, or ignore the advice"),
    Origin.PROMISE: lazy("Call: the promise is not kept so far"),
    Origin.INSTALMENT: lazy("Call about the instalment"),
    Origin.COLLECTION: lazy("Take in the bank's statement or its answer"),
}
NOTHING = Empty(
    title=lazy("No cash is expected."),
    text=lazy("Announcements, promises, advices and direct debits appear here until their money is applied."),
)


def list_url(**asked: Any) -> str:
    """Return the address of what is behind a figure."""
    given = {name: value for name, value in asked.items() if value}
    return f"{reverse('cash_expected_list')}?{urlencode(given)}"


def _figure(origin: Origin) -> Column:
    return Column(
        key=origin.value, label=ORIGINS[origin], kind="money",
        href=lambda row: list_url(origin=origin.value, **row["asked"]),
    )  # fmt: skip


class ExpectedDays(Table):
    """One row a day and currency: late first, fourteen days one by one, the rest in one."""

    key = "cash-expected"
    caption = lazy("Expected cash by day")
    id_type = str
    default_sort = "place"
    has_saved_views = False
    columns: ClassVar[list[Column]] = [
        Column(key="place", label=lazy("Day"), is_sortable=True, text=lambda row: row["day_text"]),
        Column(key="currency", label=lazy("Currency"), priority=3),
        *(_figure(origin) for origin in Origin),
    ]
    filters: ClassVar[list[Any]] = [TextFilter(name="currency", label=lazy("Currency"))]
    empty = NOTHING


class ExpectedList(Table):
    """Each expectation, with what may bring it and what to do."""

    key = "cash-expected-list"
    caption = lazy("Expected cash")
    id_type = str
    default_sort = "day"
    has_saved_views = False
    columns: ClassVar[list[Column]] = [
        Column(key="day", label=lazy("Expected by"), kind="date", is_sortable=True),
        Column(key="origin", label=lazy("Where it comes from"), labels=ORIGINS, is_sortable=True),
        Column(key="customer_name", label=lazy("Customer"), is_sortable=True, href=lambda row: customer_url(row)),
        Column(key="what", label=lazy("What"), text=lambda row: what_text(row), href=lambda row: piece_url(row)),
        Column(key="amount", label=lazy("Amount"), kind="money", is_sortable=True),
        Column(
            key="days_late", label=lazy("Days late"), kind="number", is_sortable=True, priority=2,
            text=lambda row: row["days_late"] or None,  # type: ignore[arg-type,return-value]
        ),
        Column(
            key="to_do", label=lazy("What to do"), text=lambda row: to_do_text(row), href=lambda row: to_do_url(row)
        ),
        Column(key="note", label=lazy("What was said"), priority=3),
        Column(key="company_name", label=lazy("Company"), priority=3, is_visible=False),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(name="origin", label=lazy("Where it comes from"), choices=list(ORIGINS.items())),
        ChoiceFilter(name="when", label=lazy("When"), field="when_due", choices=list(WHENS.items())),
        DateFilter(name="day", label=lazy("Expected by")),
        AmountFilter(name="amount", label=lazy("Amount")),
        TextFilter(name="currency", label=lazy("Currency")),
        TextFilter(name="customer", label=lazy("Customer"), field="customer_name"),
    ]
    presets: ClassVar[list[Any]] = [(lazy("Late ones"), "when=LATE"), (lazy("Next 14 days"), "when=TODAY&when=SOON")]
    empty = NOTHING


@requires(Permission.SEE_CASH)
@require_safe
def expected(request: HttpRequest) -> HttpResponseBase:
    """Show what is expected by day and origin."""
    desk = desk_of(request)
    sums = queries.list_expected_sums(as_of=desk.today, scope=desk.scope)
    late = [
        {
            "origin": ORIGINS[one.origin],
            "amount": one.amount,
            "currency": one.currency,
            "href": list_url(origin=one.origin.value, when=one.when.value, currency=one.currency),
        }
        for one in sums
        if one.when is When.LATE
    ]
    table = ExpectedDays(request, day_rows(sums), as_of=desk.today)
    return render_table(request, "cash/expected.html", table, {"late": late})


@requires(Permission.SEE_CASH)
@require_safe
def expected_list(request: HttpRequest) -> HttpResponseBase:
    """List each expectation."""
    desk = desk_of(request)
    found = queries.list_expected_cash(as_of=desk.today, scope=desk.scope)
    rows = [{**row, "id": f"{row['origin']}-{row['piece_id']}", "to_do": ""} for row in found]
    table = ExpectedList(request, rows, as_of=desk.today)
    return render_table(request, "cash/expected_list.html", table, {"is_cut": len(rows) == queries.PIECES_MAX})


def day_rows(sums: list[ExpectedSum]) -> list[dict[str, Any]]:
    """Return one row a day and currency with the figure of each origin, None where there is none."""
    order = list(When)
    rows: dict[str, dict[str, Any]] = {}
    figures: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for one in sums:
        day = one.day.isoformat() if one.day else ""
        key = f"{order.index(one.when)}-{day}-{one.currency}"
        figures[key][one.origin.value] = one.amount
        asked = {"day_from": day, "day_to": day} if day else {"when": one.when.value}
        rows[key] = {
            "id": key,
            "place": key,
            "day_text": _day_text(one),
            "currency": one.currency,
            "asked": {**asked, "currency": one.currency},
        }
    return [{**row, **{origin.value: figures[key].get(origin.value) for origin in Origin}} for key, row in rows.items()]


def _day_text(one: ExpectedSum) -> str:
    if one.day is None:
        return str(WHENS[one.when])
    return pgettext("day", "Today") if one.when is When.TODAY else short_date_text(one.day)


def what_text(row: Row) -> str:
    """Return what an expectation is called."""
    if row["origin"] == Origin.PROMISE:
        return _("Promise")
    if row["origin"] == Origin.INSTALMENT:
        return _("Instalment %(n)s") % {"n": row["what"]}
    return str(row["what"]) or str(ORIGINS[row["origin"]])


def piece_url(row: Row) -> str:
    """Return the page of what an expectation rests on; a promise stands on its customer's."""
    match row["origin"]:
        case Origin.ANNOUNCEMENT:
            return reverse("item_detail", args=[row["piece_id"]])
        case Origin.REMITTANCE:
            return reverse("remittance_detail", args=[row["piece_id"]])
        case Origin.INSTALMENT:
            return reverse("plan_detail", args=[row["plan_id"]])
        case Origin.COLLECTION:
            return reverse("debit_detail", args=[row["piece_id"]])
        case _:
            return customer_url(row)


def customer_url(row: Row) -> str:
    """Return the page of the customer; blank when none is known."""
    return reverse("customer_detail", args=[row["customer_id"]]) if row["customer_id"] else ""


def to_do_text(row: Row) -> str:
    """Return what to do: look at a bank line that may bring it, or ask about what is late."""
    if row["line_id"]:
        return _("Decide on the bank line that may bring it")
    return str(TO_DO[row["origin"]]) if row["when_due"] == When.LATE else ""


def to_do_url(row: Row) -> str:
    """Return where that is done; blank when there is nothing to do."""
    if row["line_id"]:
        return reverse("cash_line", args=[row["line_id"]])
    return piece_url(row) if row["when_due"] == When.LATE else ""
