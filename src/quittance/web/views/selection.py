"""The items that a bulk form speaks of: first the table's selection, then the form's own list."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.http import HttpRequest, QueryDict

from quittance.ledger import queries as ledger
from quittance.web.access import desk_of
from quittance.web.views import lookups
from quittance.web.views.item_table import ItemTable, wants_open

ITEMS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSelection:
    """Open items chosen; `is_answer` once the form about them was sent; `next` is where to go on."""

    items: list[dict[str, Any]]
    is_answer: bool
    is_cut: bool
    next: str

    @property
    def ids(self) -> list[int]:
        """Return the ids of the items."""
        return [row["id"] for row in self.items]

    @property
    def debits(self) -> list[dict[str, Any]]:
        """Return the items on which something is owed."""
        return [row for row in self.items if row["open_amount"] > 0]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def read_selection(request: HttpRequest) -> ItemSelection:
    """Return the items asked for (`item` in the address or the form, or a table's selection), inside the scope.

    A table on a customer's page names the `customer` and its own `prefix` in the address of its bulk actions, so that
    "all" means all of that customer.
    """
    given = request.POST if request.method == "POST" else request.GET
    ids = [int(text) for text in given.getlist("item") if text.isascii() and text.isdigit()]
    is_answer = request.method == "POST" and given.get("step") == "save"
    if not ids and request.method == "POST":
        desk = desk_of(request)
        query = QueryDict(given.get("query", ""))
        prefix = request.GET.get("prefix", "")
        rows = ledger.list_items(
            as_of=desk.today,
            scope=desk.scope,
            is_open=wants_open(query, prefix),
            customer_id=_number(request.GET.get("customer", "")),
            account_id=_number(query.get("account", "")),
        )
        table = ItemTable(request, desk, rows, query=query, prefix=prefix)
        ids = list(islice(table.selected_ids(request.POST), ITEMS_MAX + 1))
    return ItemSelection(
        items=lookups.selected_items(request, ids[:ITEMS_MAX]),
        is_answer=is_answer,
        is_cut=len(ids) > ITEMS_MAX,
        next=given.get("next", ""),
    )
