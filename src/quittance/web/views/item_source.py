"""Where the table of items reads: of today as one, of a past day in parts that the database finds by index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

from quittance.ledger.queries.items import list_past_rows
from quittance.web.paging import Cursor
from quittance.web.tables import AllOf, AnyOf, Condition, Order, QuerySetSource, Where

Row = Mapping[str, Any]
_OPEN = "open_amount"
_NOTHING = AllOf([])


@dataclass(frozen=True, slots=True)
class ItemSource:
    """Rows of `list_items`, each with the word of its state."""

    found: QuerySetSource

    def where(self, condition: Condition) -> ItemSource:
        """Return the source narrowed by a condition."""
        return ItemSource(self.found.where(condition))

    def page(self, *, order: Order, cursor: Cursor | None, limit: int) -> list[Row]:
        """Read one page."""
        return [with_status(row) for row in self.found.page(order=order, cursor=cursor, limit=limit)]

    def count(self, *, limit: int) -> int:
        """Count up to `limit`."""
        return self.found.count(limit=limit)

    def stream(self, *, order: Order) -> Iterator[Row]:
        """Go through all rows."""
        return (with_status(row) for row in self.found.stream(order=order))


@dataclass(frozen=True, slots=True, kw_only=True)
class PastItemSource:
    """Rows of `list_items` of a past day, found in parts that share none and merged.

    Asked as one, the database would go through all items to sort them. `whole` is all parts; text is sorted there, as
    the database compares it. `parts` are those of `list_past_items`, `by_open` those of `list_past_items_by_open`:
    they are read when what was open is sorted or narrowed by.
    """

    as_of: date
    whole: QuerySetSource
    parts: tuple[QuerySetSource, ...]
    by_open: tuple[QuerySetSource, ...]
    is_narrowed_by_open: bool = False

    def where(self, condition: Condition) -> PastItemSource:
        """Return the source narrowed by a condition."""
        asked = _asks_open(condition)
        return PastItemSource(
            as_of=self.as_of,
            whole=self.whole.where(condition),
            parts=tuple(part.where(condition) for part in self.parts),
            by_open=tuple(part.where(condition).where(original_bound(condition)) for part in self.by_open),
            is_narrowed_by_open=self.is_narrowed_by_open or asked,
        )

    def page(self, *, order: Order, cursor: Cursor | None, limit: int) -> list[Row]:
        """Read one page: which items, then their rows; one query when sorted by text."""
        if order.field == "search_text":
            return [with_status(row) for row in self.whole.page(order=order, cursor=cursor, limit=limit)]
        is_descending = order.is_descending is not (cursor is not None and cursor.is_backward)
        if order.field == _OPEN:
            rows = self._page_by_open(order=order, cursor=cursor, limit=limit, is_descending=is_descending)
        else:
            names = [order.id_field, order.field]
            parts = self.by_open if self.is_narrowed_by_open else self.parts
            pages = [part.sliced(order=order, cursor=cursor, limit=limit).values(*names) for part in parts]
            rows = list(pages[0].union(*pages[1:], all=True))
        rows.sort(key=itemgetter(order.field, order.id_field), reverse=is_descending)
        ids = [row[order.id_field] for row in rows[:limit]]
        return [with_status(row) for row in list_past_rows(item_ids=ids, as_of=self.as_of)]

    def _page_by_open(self, *, order: Order, cursor: Cursor | None, limit: int, is_descending: bool) -> list[Row]:
        rows: list[Row] = []
        for part in self.by_open:
            if len(rows) == limit:
                # The parts before fill the page: of this one only what goes before their last row is wanted.
                last = Where(_OPEN, "gte" if is_descending else "lte", rows[-1][_OPEN])
                part = part.where(original_bound(last))  # noqa: PLW2901  (the same part, narrowed)
            rows += part.page(order=order, cursor=cursor, limit=limit)
        return rows

    def count(self, *, limit: int) -> int:
        """Count up to `limit`: one query."""
        parts = self.by_open if self.is_narrowed_by_open else self.parts
        first, *others = (part.queryset.order_by().values("id") for part in parts)
        return first.union(*others, all=True)[:limit].count()

    def stream(self, *, order: Order) -> Iterator[Row]:
        """Go through all rows."""
        return (with_status(row) for row in self.whole.stream(order=order))


def original_bound(condition: Condition) -> Condition:
    """Return what a condition on the open amount says of the original amount, which has an index.

    What is open never exceeds the original and has its sign: more than 100 open is of an item of more than 100.
    """
    match condition:
        case Where(field="open_amount", test="gte" | "gt" as test, value=Decimal() as value) if value > 0:
            return Where("amount_original", test, value)
        case Where(field="open_amount", test="lte" | "lt" as test, value=Decimal() as value) if value < 0:
            return Where("amount_original", test, value)
        case AllOf():
            return AllOf([original_bound(one) for one in condition.conditions])
        case _:
            return _NOTHING


def _asks_open(condition: Condition) -> bool:
    match condition:
        case Where():
            return condition.field == _OPEN
        case AllOf() | AnyOf():
            return any(_asks_open(one) for one in condition.conditions)
        case _:
            return False


def with_status(row: Row) -> Row:
    """Add the word of the state; only what is owed can be late."""
    days = row["days_late"] if row["open_amount"] > 0 else None
    return {**row, "status": item_status(row), "days_late": days}


def item_status(row: Row) -> str:
    """Return the code of the state shown for an item row: disputed and promised before part paid."""
    if not row["open_amount"]:
        return "SETTLED"
    return row["state"] or ("OPEN" if row["open_amount"] == row["amount_original"] else "PART_PAID")
