"""The one table: what a list page declares, and the state of one request on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from quittance.web import formats
from quittance.web.markup import fragment
from quittance.web.paging import BadCursor, Cursor, read_cursor
from quittance.web.tables.columns import Column
from quittance.web.tables.conditions import AnyOf, Condition, Where
from quittance.web.tables.filters import Filter, FilterError
from quittance.web.tables.sources import Order, Row, Source, source_of

COUNT_LIMIT = 10_000
PAGE_SIZES = (25, 50, 100, 200)
_PICK = (
    '<td class="pick"><input type="checkbox" name="selected" value="{}" form="{}-bulk" data-pick aria-label="{}"></td>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """A button of the bar that appears on selection; posts ``selected`` (ids) or ``all`` to ``href``."""

    label: str | Promise
    href: str
    name: str = "action"
    value: str = ""
    style: str = ""  # '' or 'danger'
    confirm: str | Promise = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """What an empty table says: the title, a sentence that teaches the next step, and its link."""

    title: str | Promise
    text: str | Promise = ""
    href: str = ""
    action: str | Promise = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter in force, readable, with the address that lifts it."""

    label: str
    text: str
    remove_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A saved view or preset; ``delete_id`` is set for the user's own."""

    name: str
    url: str
    is_current: bool
    delete_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    rows: list[Row]
    next_cursor: str = ""
    previous_cursor: str = ""


@dataclass(slots=True, kw_only=True)
class _Asked:
    conditions: list[Condition] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Table:
    """Declare a subclass with ``key``, ``columns`` and what it needs more; make one per request.

    Queries for one page: rows, count, saved views: three.
    """

    key: ClassVar[str]
    caption: ClassVar[str | Promise] = ""
    columns: ClassVar[Sequence[Column]] = ()
    filters: ClassVar[Sequence[Filter]] = ()
    search_fields: ClassVar[Sequence[str]] = ()
    search_hint: ClassVar[str | Promise] = ""
    default_sort: ClassVar[str] = ""
    row_id: ClassVar[str] = "id"
    id_type: ClassVar[type] = int
    # What a bulk form says of a row, where that is not its id.
    select_by: ClassVar[str] = ""
    page_size: ClassVar[int] = 50
    presets: ClassVar[Sequence[tuple[str | Promise, str]]] = ()
    # The first tab, which has no filter.
    all_label: ClassVar[str | Promise] = ""
    has_saved_views: ClassVar[bool] = True
    has_export: ClassVar[bool] = True
    empty: ClassVar[Empty | None] = None

    def __init__(
        self,
        request: HttpRequest,
        rows: Source | QuerySet[Any, dict[str, Any]] | Sequence[Row],
        *,
        prefix: str = "",
        as_of: date | None = None,
        bulk: Sequence[BulkAction] = (),
        totals: Mapping[str, Any] | None = None,
        query: QueryDict | None = None,
    ) -> None:
        self.request = request
        self.prefix = prefix
        self.params: QueryDict = request.GET if query is None else query
        self.as_of: date | None = as_of or getattr(getattr(request, "_quittance_desk", None), "as_of", None)
        self.bulk = bulk
        self.totals = totals or {}
        self._all_rows = source_of(rows)
        self._cursor_problem = ""

    # What a subclass may override.

    def search_condition(self, text: str) -> Condition:
        """Return what the search box means; by default: text contained in one of ``search_fields``."""
        return AnyOf([Where(name, "icontains", text) for name in self.search_fields])

    def row_tone(self, row: Row) -> str:
        """Return the tone of a whole row ('' is none)."""
        return ""

    @property
    def has_search(self) -> bool:
        """Say whether there is a search box."""
        return bool(self.search_fields) or type(self).search_condition is not Table.search_condition

    # State of the request.

    @property
    def dom_id(self) -> str:
        """Return the id of the element that htmx swaps."""
        return f"table-{self.key}"

    @cached_property
    def asked(self) -> _Asked:
        """Read search and filters from the address."""
        asked = _Asked()
        if text := self.search_text:
            asked.conditions.append(self.search_condition(text))
        for one in self.filters:
            try:
                found = one.read(self.params, self.prefix)
            except FilterError as error:
                asked.problems.append(f"{one.label}: {error}")
                continue
            if found is not None:
                condition, shown = found
                asked.conditions.append(condition)
                without = self.url(**dict.fromkeys(one.names()))
                asked.chips.append(Chip(label=str(one.label), text=shown, remove_url=without))
        return asked

    @property
    def search_text(self) -> str:
        """Return what is in the search box."""
        return self.params.get(self.prefix + "q", "").strip()[:200] if self.has_search else ""

    @cached_property
    def source(self) -> Source:
        """Return the rows that pass search and filters."""
        found = self._all_rows
        for condition in self.asked.conditions:
            found = found.where(condition)
        return found

    @cached_property
    def sort(self) -> str:
        """Return the column key sorted by, with a minus when descending."""
        asked = self.params.get(self.prefix + "sort", "")
        sortable = {column.key for column in self.columns if column.is_sortable}
        return asked if asked.removeprefix("-") in sortable else self.default_sort

    @cached_property
    def order(self) -> Order:
        """Return how rows are sorted."""
        key = self.sort.removeprefix("-")
        fields = {column.key: column.sort_field for column in self.columns}
        return Order(
            field=fields.get(key, key) or self.row_id,
            id_field=self.row_id,
            is_descending=self.sort.startswith("-"),
        )

    @cached_property
    def size(self) -> int:
        """Return the number of rows of a page."""
        asked = self.params.get(self.prefix + "size", "")
        return int(asked) if asked.isascii() and asked.isdigit() and int(asked) in PAGE_SIZES else self.page_size

    @cached_property
    def visible_columns(self) -> list[Column]:
        """Return the columns chosen, or those visible by default."""
        chosen = {key for text in self.params.getlist(self.prefix + "cols") for key in text.split(",")}
        found = [column for column in self.columns if column.key in chosen]
        return found or [column for column in self.columns if column.is_visible]

    @cached_property
    def page(self) -> _Page:
        """Read the page asked for; a cursor that cannot be used gives the first page and a message."""
        text = self.params.get(self.prefix + "cursor", "")
        cursor = None
        if text:
            try:
                cursor = read_cursor(text, order=self.sort)
            except BadCursor:
                self._cursor_problem = _("This page of the list cannot be found again. You see the first page.")
        page = self._read(cursor)
        return page if page.rows or cursor is None else self._read(None)

    def _read(self, cursor: Cursor | None) -> _Page:
        rows = self.source.page(order=self.order, cursor=cursor, limit=self.size + 1)
        has_more = len(rows) > self.size
        rows = rows[: self.size]
        if cursor is not None and cursor.is_backward:
            rows.reverse()
            has_next, has_previous = bool(rows), has_more
        else:
            has_next, has_previous = has_more, cursor is not None
        if not rows:
            return _Page(rows=[])
        return _Page(
            rows=rows,
            next_cursor=self._edge(rows[-1], is_backward=False) if has_next else "",
            previous_cursor=self._edge(rows[0], is_backward=True) if has_previous else "",
        )

    def _edge(self, row: Row, *, is_backward: bool) -> str:
        return Cursor(
            order=self.sort, value=row[self.order.field], row_id=row[self.row_id], is_backward=is_backward
        ).encode()

    @cached_property
    def problems(self) -> list[str]:
        """Return what could not be understood in the address, in words."""
        self.page  # noqa: B018 - reading the page finds a bad cursor
        return [*self.asked.problems, *([self._cursor_problem] if self._cursor_problem else [])]

    @property
    def is_refused(self) -> bool:
        """Say whether a filter could not be used: the answer is then a 422."""
        return bool(self.asked.problems)

    @cached_property
    def count(self) -> int:
        """Count the rows, not beyond one more than the limit."""
        return self.source.count(limit=COUNT_LIMIT + 1)

    @property
    def count_text(self) -> str:
        """Return the count as shown: '10,000+' beyond the limit."""
        return formats.capped_text(self.count, COUNT_LIMIT)

    @cached_property
    def heading_currency(self) -> str:
        """Return the currency when all amounts of the page share one, else ''."""
        keys = {column.currency for column in self.visible_columns if column.kind == "money"}
        found = {row.get(key) for row in self.page.rows for key in keys}
        return str(next(iter(found)) or "") if len(found) == 1 else ""

    def lines(self) -> Iterator[SafeString]:
        """Draw the rows of the page, in Python: templates for each would take as long as all the rest."""
        in_heading = bool(self.heading_currency)
        columns = [(column, column.attributes) for column in self.visible_columns]
        select = _("Select")
        for row in self.page.rows:
            parts = ["<tr data-row"]
            if tone := self.row_tone(row):
                parts.append(fragment(' data-tone="{}"', tone))
            parts.append(">")
            if self.bulk:
                parts.append(fragment(_PICK, row[self.select_by or self.row_id], self.dom_id, select))
            for column, attributes in columns:
                cell = column.html(row, has_currency_in_heading=in_heading, as_of=self.as_of)
                parts.append(f"<td {attributes}>{cell}</td>")
            parts.append("</tr>\n")
            yield SafeString("".join(parts))

    # Addresses.

    def url(self, **changes: str | Sequence[str] | None) -> str:
        """Return the address of this list with changes (None removes); paging starts again unless given."""
        params = self.params.copy()
        for name in ("cursor", "export"):
            params.pop(self.prefix + name, None)
        for name, value in changes.items():
            params.pop(self.prefix + name, None)
            if isinstance(value, str):
                params[self.prefix + name] = value
            elif value is not None:
                params.setlist(self.prefix + name, list(value))
        query = params.urlencode()
        return f"{self.request.path}?{query}" if query else self.request.path

    def link(self, url: str) -> SafeString:
        """Return the attributes of a link that swaps this table, and works as a link without JavaScript."""
        return fragment(
            'href="{0}" hx-get="{0}" hx-target="#{1}" hx-swap="outerHTML" hx-push-url="true"',
            url,
            self.dom_id,
        )

    @cached_property
    def view_query(self) -> QueryDict:
        """Return the part of the address that makes a view: filters, search, sort, columns, size."""
        params = self.params.copy()
        for name in ("cursor", "export", "view"):
            params.pop(self.prefix + name, None)
        for name in [name for name in params if name.startswith("desk_")]:  # the frame's, not the view's
            params.pop(name)
        return params

    # Selection.

    def selected_ids(self, posted: QueryDict) -> Iterator[Any]:
        """Go through the ids a bulk form selected; 'all' means every row that passes the filters.

        The form carries the query string of the list: give it to the table as ``query`` to use 'all'.
        Texts that are not ids are passed over.
        """
        if posted.get("all") == "1":
            for row in self.source.stream(order=self.order):
                yield row[self.row_id]
            return
        for text in posted.getlist("selected"):
            try:
                yield self.id_type(text)
            except ValueError:
                continue

    def context(self) -> dict[str, Any]:
        """Return what ``components/table.html`` needs."""
        from quittance.web.tables.view import table_context

        return table_context(self)
