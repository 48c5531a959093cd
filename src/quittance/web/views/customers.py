"""Customers: the list, and the one view over all accounts of a customer."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import get_language

from quittance.foundation.permissions import Permission
from quittance.ledger import queries as ledger
from quittance.ledger.queries import customer_list as sums
from quittance.ledger.services import ensure_balances_fresh
from quittance.parties import people, timeline
from quittance.parties import queries as parties
from quittance.web.access import Desk, desk_of, permissions_of_request, requires
from quittance.web.event_words import EVENT_GROUPS, event_entry
from quittance.web.formats import locale_of
from quittance.web.past_days import page_of_a_coming_day
from quittance.web.rendering import render_page, render_table
from quittance.web.tables import QuerySetSource
from quittance.web.views import customer_page, lookups
from quittance.web.views.account_actions import account_actions
from quittance.web.views.customer_table import CustomerSource, CustomerTable
from quittance.web.views.past_customers import PastCustomerSource, PreparedCustomerSource

TIMELINE_ROWS = 30


@requires(Permission.SEE_CUSTOMERS)
def customer_list(request: HttpRequest) -> HttpResponseBase:
    """List customers with what they owe, those most overdue first."""
    desk = desk_of(request)
    if (coming := page_of_a_coming_day(request, desk)) is not None:
        return coming
    bulk = () if desk.is_past else account_actions(permissions_of_request(request))
    return render_table(request, "customers/customer_list.html", customer_table(request, desk, bulk=bulk))


def customer_table(request: HttpRequest, desk: Desk, **options: Any) -> CustomerTable:
    """Return the table of customers as the address, or `query` among the options, narrows it."""
    departments = parties.list_departments(company_ids=desk.scope.company_ids)
    return CustomerTable(
        request,
        _rows(desk),
        collectors=people.list_people(scope=desk.scope),
        departments=[(one.id, one.name) for one in departments],
        countries=cache(_countries),
        as_of=desk.as_of,
        **options,
    )


def _rows(desk: Desk) -> Any:
    if desk.is_past:
        prepared = sums.prepared_sums(as_of=desk.as_of, scope=desk.scope)
        if prepared is not None:
            return PreparedCustomerSource(rows=QuerySetSource(prepared), as_of=desk.as_of)
        return PastCustomerSource(as_of=desk.as_of, scope=desk.scope)
    ensure_balances_fresh(today=desk.today)
    kept = sums.kept_sums(scope=desk.scope)
    return CustomerSource(
        QuerySetSource(sums.customer_sums(scope=desk.scope)), desk, None if kept is None else QuerySetSource(kept)
    )


def _countries() -> list[tuple[str, str]]:
    names = locale_of(get_language() or "en").territories
    return [(code, str(names.get(code, code))) for code in people.list_countries()]


@requires(Permission.SEE_CUSTOMERS)
def customer_detail(request: HttpRequest, customer_id: int) -> HttpResponseBase:
    """Show everything about one customer."""
    desk = desk_of(request)
    found = ledger.get_customer_360(customer_id=customer_id, scope=desk.scope)
    if found is None:
        raise Http404
    table = customer_page.item_table(request, desk, customer_id)
    context = customer_page.context(request, found, desk=desk, allowed=permissions_of_request(request))
    context |= _timeline(request, customer_id, [one.account.id for one in found.accounts])
    return render_table(request, "customers/customer_detail.html", table, context)


@requires(Permission.SEE_CUSTOMERS)
def customer_timeline(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show the story of a customer: all of it, or one kind of events (`kind`), page by page (`before`)."""
    accounts = lookups.get_accounts_or_404(request, customer_id)
    context = _timeline(request, customer_id, [account.id for account in accounts])
    context |= {"customer": parties.find_customer(customer_id=customer_id)}
    return render_page(request, "customers/customer_timeline.html", "customers/_timeline.html", context)


def _timeline(request: HttpRequest, customer_id: int, account_ids: list[int]) -> dict[str, Any]:
    chosen = next((group for group in EVENT_GROUPS if group.code == request.GET.get("kind", "")), None)
    events = timeline.list_timeline(
        customer_id=customer_id,
        account_ids=account_ids,
        scope=desk_of(request).scope,
        kinds=chosen.kinds if chosen else (),
        before=request.GET.get("before", ""),
        limit=TIMELINE_ROWS + 1,
    )
    return {
        "customer_id": customer_id,
        "entries": [event_entry(event) for event in events[:TIMELINE_ROWS]],
        "event_groups": EVENT_GROUPS,
        "event_group": chosen.code if chosen else "",
        "older_than": timeline.timeline_cursor(events[TIMELINE_ROWS - 1]) if len(events) > TIMELINE_ROWS else "",
    }
