"""Search everything: customers, items, amounts, and the places of the site; a page, and JSON for the palette."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from quittance.foundation.permissions import Permission
from quittance.ledger.queries.finding import find_items, read_amounts
from quittance.parties.finding import find_customers
from quittance.parties.queries import fold
from quittance.web import formats
from quittance.web.access import desk_of, permissions_of_request, requires
from quittance.web.rendering import render_page
from quittance.web.shell import Shell
from quittance.web.views.item_source import item_status

TEXT_LENGTH_MAX = 100
LENGTH_MIN = 2
ROWS_PAGE = 25
ROWS_PALETTE = 6


@requires(Permission.SEE_CUSTOMERS)
def search(request: HttpRequest) -> HttpResponse:
    """Find by name, number, reference or amount, in what the person may see."""
    text = request.GET.get("q", "").strip()[:TEXT_LENGTH_MAX].replace("\0", "")
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"results": _palette(request, text)})
    found = _find(request, text, ROWS_PAGE)
    context = {"text": text, **found, "has_amount": bool(read_amounts(text=text)), "length_min": LENGTH_MIN}
    return render_page(request, "search/search.html", context=context)


def _find(request: HttpRequest, text: str, limit: int) -> dict[str, list[dict[str, Any]]]:
    if len(text) < LENGTH_MIN:
        return {"customers": [], "items": [], "places": []}
    desk = desk_of(request)
    items: list[dict[str, Any]] = []
    if Permission.SEE_ITEMS in permissions_of_request(request):
        rows = find_items(text=text, as_of=desk.as_of, scope=desk.scope, limit=limit)
        items = [{**row, "status": item_status(row), "href": reverse("item_detail", args=[row["id"]])} for row in rows]
    return {
        "customers": find_customers(text=text, scope=desk.scope, limit=limit),
        "items": items,
        "places": [place for place in Shell(request).places if fold(text) in fold(str(place["label"]))],
    }


def _palette(request: HttpRequest, text: str) -> list[dict[str, str]]:
    """Return the few best results, ready to be shown."""
    found = _find(request, text, ROWS_PALETTE)
    customers = [
        {
            "kind": _("Customer"),
            "label": row["name"],
            "hint": " · ".join(part for part in (row["number"], row["town"]) if part),
            "href": reverse("customer_detail", args=[row["id"]]),
        }
        for row in found["customers"]
    ]
    items = [
        {
            "kind": _("Item"),
            "label": row["document_number"],
            "hint": f"{row['customer_name']} · {_item_amount(row)}",
            "href": reverse("item_detail", args=[row["id"]]),
        }
        for row in found["items"]
    ]
    return customers + items


def _item_amount(row: dict[str, Any]) -> str:
    """Write what is open on an item, or its amount when nothing is."""
    amount = row["open_amount"] or row["amount_original"]
    return formats.money_text(amount, row["currency"])
