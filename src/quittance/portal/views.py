"""The customer's pages: what is owed, what is late, the statement to take away."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from quittance.foundation import clock
from quittance.ledger import queries as ledger
from quittance.parties import queries as parties
from quittance.portal.access import portal_page
from quittance.portal.answers import Refused, tell_choices, with_answers
from quittance.promises import plan_queries, plans

SHOWN_MAX = 500
PLANS_SHOWN_MAX = 20


@portal_page
def home(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show what the customer owes today, by due date, and its payment plans."""
    return home_page(request, customer_id)


def home_page(request: HttpRequest, customer_id: int, *, refused: Refused | None = None) -> HttpResponse:
    """Return the home page; `refused` opens the item again whose answer could not be taken. Nine queries."""
    today = clock.today()
    rows = list(ledger.list_items(as_of=today, customer_id=customer_id)[: SHOWN_MAX + 1])
    context = {
        "customer": (parties.find_customer(customer_id=customer_id) or {}).get("name", ""),
        "sums": _sums(rows, today),
        "rows": with_answers(rows[:SHOWN_MAX], customer_id=customer_id, today=today, refused=refused),
        "tell": tell_choices(today),
        "has_more": len(rows) > SHOWN_MAX,
        "plans": _plans(customer_id, today),
    }
    return render(request, "portal/home.html", context, status=422 if refused else 200)


def _plans(customer_id: int, today: date) -> list[dict[str, Any]]:
    """Return the customer's plans, each with the address of its page: where one is seen, accepted or declined."""
    states = dict(plan_queries.plan_state_choices())
    return [
        {
            **plan,
            "word": states[plan["state"]],
            "is_waiting": plan["state"] == "PROPOSED" and today <= plan["answer_until"],
            "href": reverse("plan_answer", args=[plans.make_answer_token(plan_id=plan["id"])]),
        }
        for plan in plan_queries.list_plans(as_of=today, customer_id=customer_id)[:PLANS_SHOWN_MAX]
    ]


def _sums(rows: Iterable[Mapping[str, Any]], today: date) -> list[dict[str, Any]]:
    """Return, for each currency, what is owed, what of it is late, and the credit that stands against it."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        sums, amount = found[row["currency"]], row["open_amount"]
        sums["owed"] += amount
        if amount < 0:
            sums["credit"] -= amount
        elif row["due_date"] < today:
            sums["late"] += amount
    return [
        {"currency": currency, "owed": sums["owed"], "late": sums["late"], "credit": sums["credit"]}
        for currency, sums in sorted(found.items())
    ]


@portal_page
def statement(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Send the open items as a CSV file."""
    text = StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow([_("Document"), _("Kind"), _("Date"), _("Due"), _("Currency"), _("Amount"), _("Open")])
    for row in ledger.list_items(as_of=clock.today(), customer_id=customer_id).iterator(chunk_size=2000):
        writer.writerow(
            [
                _safe(row["document_number"]),
                row["kind"],
                row["document_date"].isoformat(),
                row["due_date"].isoformat(),
                row["currency"],
                f"{row['amount_original']:.2f}",
                f"{row['open_amount']:.2f}",
            ]
        )
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="statement-{clock.today():%Y-%m-%d}.csv"'
    return response


def _safe(text: str) -> str:
    """Keep a spreadsheet from running what a document number begins with."""
    return f"'{text}" if text[:1] in "=+-@" else text
