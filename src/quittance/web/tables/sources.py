"""Where the rows of a table come from: a QuerySet of ``.values()``, or a list in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, Protocol, Self

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, QuerySet
from django.db.models.expressions import Col

from quittance.web.paging import Cursor
from quittance.web.tables.conditions import AllOf, AnyOf, Condition, Where

Row = Mapping[str, Any]
CHUNK_ROWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How rows are sorted: by ``field``, then by ``id_field`` in the same direction; NULLs last."""

    field: str
    id_field: str
    is_descending: bool = False


class Source(Protocol):
    """What a table needs from its rows. Nothing is read before ``page``, ``count`` or ``stream``."""

    def where(self, condition: Condition) -> Self:
        """Return the source narrowed by a condition."""

    def page(self, *, order: Order, cursor: Cursor | None, limit: int) -> list[Row]:
        """Return up to ``limit`` rows from the cursor on; backward pages come in backward order."""

    def count(self, *, limit: int) -> int:
        """Count rows, not beyond ``limit``."""

    def stream(self, *, order: Order) -> Iterator[Row]:
        """Read every row in chunks, never all in memory."""


def after(*, order: Order, cursor: Cursor, is_nullable: bool) -> Condition:
    """Return the condition for rows past the cursor, in the direction of reading."""
    grows = order.is_descending is cursor.is_backward
    test = "gt" if grows else "lt"
    beyond_id = Where(order.id_field, test, cursor.row_id)
    if order.field == order.id_field:
        return beyond_id
    if cursor.value is None:
        tie = AllOf([Where(order.field, "isnull", True), beyond_id])
        # NULLs are last: before them come all rows that have a value.
        return AnyOf([tie, Where(order.field, "isnull", False)]) if cursor.is_backward else tie
    # The outer bound is implied by the inner test; it is there so that an index can be used.
    beyond: Condition = AllOf(
        [
            Where(order.field, test + "e", cursor.value),
            AnyOf([Where(order.field, test, cursor.value), beyond_id]),
        ]
    )
    if is_nullable and not cursor.is_backward:
        return AnyOf([beyond, Where(order.field, "isnull", True)])
    return beyond


@dataclass(frozen=True, slots=True)
class QuerySetSource:
    """Rows of a ``QuerySet.values(...)`` (annotations allowed)."""

    queryset: QuerySet[Any, dict[str, Any]]

    def where(self, condition: Condition) -> QuerySetSource:
        """Return the source narrowed by a condition."""
        return replace(self, queryset=self.queryset.filter(condition.q()))

    def page(self, *, order: Order, cursor: Cursor | None, limit: int) -> list[Row]:
        """Read one page: one query."""
        return list(self.sliced(order=order, cursor=cursor, limit=limit))

    def sliced(self, *, order: Order, cursor: Cursor | None, limit: int) -> QuerySet[Any, dict[str, Any]]:
        """Return the rows of one page, unread."""
        found = self
        if cursor is not None:
            found = self.where(after(order=order, cursor=cursor, is_nullable=self.is_nullable(order.field)))
        backward = cursor is not None and cursor.is_backward
        return found.queryset.order_by(*self._ordering(order, backward=backward))[:limit]

    def count(self, *, limit: int) -> int:
        """Count up to ``limit``: one query."""
        return self.queryset.order_by()[:limit].count()

    def stream(self, *, order: Order) -> Iterator[Row]:
        """Read all through a cursor of the server."""
        return self.queryset.order_by(*self._ordering(order)).iterator(chunk_size=CHUNK_ROWS)

    def is_nullable(self, field: str) -> bool:
        """Say whether a column may hold NULL; what is worked out may, a column by another name as itself."""
        named = self.queryset.query.annotations.get(field)
        if named is not None:
            return not isinstance(named, Col) or named.alias != self.queryset.query.base_table or named.target.null
        model: Any = self.queryset.model
        for name in field.split("__"):
            try:
                column = model._meta.get_field(name)  # noqa: SLF001 - the documented way to a field
            except (FieldDoesNotExist, AttributeError):
                return True
            if column.null:
                return True
            model = column.related_model
        return False

    def _ordering(self, order: Order, *, backward: bool = False) -> list[Any]:
        descending = order.is_descending is not backward
        names = [order.field] if order.field == order.id_field else [order.field, order.id_field]
        expressions: list[Any] = []
        for name in names:
            # Without NULLs no clause is written, so that a plain index serves.
            nulls = self.is_nullable(name) and name == order.field
            nulls_first = True if nulls and backward else None
            nulls_last = True if nulls and not backward else None
            column = F(name)
            expressions.append(
                column.desc(nulls_first=nulls_first, nulls_last=nulls_last)
                if descending
                else column.asc(nulls_first=nulls_first, nulls_last=nulls_last)
            )
        return expressions


@dataclass(frozen=True, slots=True)
class ListSource:
    """Rows already in memory; ``drawn`` adds what only the rows shown need."""

    rows: Sequence[Row]
    drawn: Callable[[Row], Row] | None = None

    def where(self, condition: Condition) -> ListSource:
        """Return the source narrowed by a condition."""
        return replace(self, rows=[row for row in self.rows if condition.holds(row)])

    def page(self, *, order: Order, cursor: Cursor | None, limit: int) -> list[Row]:
        """Return one page."""
        found: Sequence[Row] = self._sorted(order)
        if cursor is not None:
            condition = after(order=order, cursor=cursor, is_nullable=True)
            found = [row for row in found if condition.holds(row)]
            if cursor.is_backward:
                found = found[::-1]
        return [self._draw(row) for row in found[:limit]]

    def count(self, *, limit: int) -> int:
        """Count up to ``limit``."""
        return min(len(self.rows), limit)

    def stream(self, *, order: Order) -> Iterator[Row]:
        """Go through all rows."""
        return map(self._draw, self._sorted(order))

    def _draw(self, row: Row) -> Row:
        return self.drawn(row) if self.drawn else row

    def _sorted(self, order: Order) -> list[Row]:
        known = [row for row in self.rows if row[order.field] is not None]
        known.sort(key=itemgetter(order.field, order.id_field), reverse=order.is_descending)
        unknown = [row for row in self.rows if row[order.field] is None]
        unknown.sort(key=itemgetter(order.id_field), reverse=order.is_descending)
        return known + unknown


def source_of(rows: Source | QuerySet[Any, dict[str, Any]] | Sequence[Row]) -> Source:
    """Return ``rows`` as a source, whatever they are."""
    if isinstance(rows, QuerySet):
        return QuerySetSource(rows)
    if isinstance(rows, Sequence):
        return ListSource(rows)
    return rows
