"""What the template of a table reads, and the saved views of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from quittance.web.markup import EMPTY, fragment
from quittance.web.tables.columns import Column
from quittance.web.tables.filters import Control
from quittance.web.tables.table import PAGE_SIZES, Tab

if TYPE_CHECKING:
    from quittance.web.tables.table import Table


def table_context(table: Table) -> dict[str, Any]:
    """Return the context of ``components/table.html``; every ``..._link`` is href and htmx attributes."""
    page = table.page
    next_url = table.url(cursor=page.next_cursor) if page.next_cursor else ""
    previous_url = table.url(cursor=page.previous_cursor) if page.previous_cursor else ""
    return {
        "table": table,
        "page": page,
        "lines": list(table.lines()),
        "headings": headings(table),
        "column_choices": column_choices(table),
        "tabs": tabs(table),
        "chips": [{"chip": chip, "link": table.link(chip.remove_url)} for chip in table.asked.chips],
        "controls": controls(table),
        "next_url": next_url,
        "next_link": table.link(next_url),
        "previous_url": previous_url,
        "previous_link": table.link(previous_url),
        "first_url": table.request.path,
        "first_link": table.link(table.url()),
        "clear_link": table.link(cleared_url(table)),
        "sizes": [
            {"size": size, "link": table.link(table.url(size=str(size))), "is_current": size == table.size}
            for size in PAGE_SIZES
        ],
        "csv_url": table.url(export="csv"),
        "xlsx_url": table.url(export="xlsx"),
        "form_hx": form_attributes(table),
        "kept": kept_params(table),
        "totals": total_cells(table),
        "is_filtered": bool(table.asked.chips or table.search_text or table.is_refused),
        "save_url": named_url("saved_view_create"),
        "can_save": table.has_saved_views and bool(table.view_query),
    }


def form_attributes(table: Table) -> SafeString:
    """Return the htmx attributes of a form that asks for this table (it has its own action, and works alone)."""
    return fragment(
        'hx-get="{}" hx-target="#{}" hx-swap="outerHTML" hx-push-url="true"', table.request.path, table.dom_id
    )


def named_url(name: str, *arguments: object) -> str:
    """Return the address of a name, '' when the site has none."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def headings(table: Table) -> list[dict[str, Any]]:
    """Return the headings: label, currency, address to sort by, direction now."""
    found = []
    for column in table.visible_columns:
        current = table.sort.removeprefix("-") == column.key
        descending = table.sort.startswith("-")
        # Figures and dates are first wanted from the greatest down, names from A to Z.
        first = f"-{column.key}" if column.align == "end" or column.kind == "date" else column.key
        flipped = column.key if descending else f"-{column.key}"
        label = str(column.label)
        if column.kind == "money" and table.heading_currency:
            label = f"{label} {table.heading_currency}"
        url = table.url(sort=flipped if current else first)
        found.append(
            {
                "column": column,
                "label": label,
                "link": table.link(url) if column.is_sortable else "",
                "direction": ("descending" if descending else "ascending") if current else "",
            }
        )
    return found


def column_choices(table: Table) -> list[tuple[str, Any, bool]]:
    """Return (key, label, whether it is shown) of each column."""
    shown = {column.key for column in table.visible_columns}
    return [(column.key, column.label, column.key in shown) for column in table.columns]


def controls(table: Table) -> list[Control]:
    """Return the controls of the filter form."""
    return [control for one in table.filters for control in one.controls(table.params, table.prefix)]


def kept_params(table: Table) -> dict[str, list[tuple[str, str]]]:
    """Return what each form of the table must carry along as hidden fields, by form."""
    prefix = table.prefix
    filter_names = {prefix + name for one in table.filters for name in one.names()}
    pairs = [(name, value) for name, values in table.view_query.lists() for value in values]
    return {
        "search": [(name, value) for name, value in pairs if name != prefix + "q"],
        "filters": [(name, value) for name, value in pairs if name not in filter_names],
        "columns": [(name, value) for name, value in pairs if name != prefix + "cols"],
    }


def cleared_url(table: Table) -> str:
    """Return the address without search and filters."""
    names = ["q", *(name for one in table.filters for name in one.names())]
    return table.url(**dict.fromkeys(names))


def total_cells(table: Table) -> list[tuple[Column, SafeString]]:
    """Return the cells of the last line: the totals given by the page, by column."""
    if not table.totals:
        return []
    row = {**dict.fromkeys((c.currency for c in table.visible_columns), table.heading_currency), **table.totals}
    return [
        (column, column.html(row, has_currency_in_heading=True, as_of=None) if column.key in table.totals else EMPTY)
        for column in table.visible_columns
    ]


def tabs(table: Table) -> list[dict[str, Any]]:
    """Return the tabs: all, the presets, the views the user saved."""
    own = table.has_saved_views and table.request.user.pk is not None
    views: list[tuple[str, str, int | None]] = [(str(table.all_label) or _("All"), "", None)]
    views += [(str(name), query, None) for name, query in table.presets]
    views += saved_views(table) if own else []
    if len(views) == 1 and not own:
        return []
    now = _normal(table.view_query.urlencode())
    path = table.request.path
    found = []
    for name, query, view_id in views:
        tab = Tab(
            name=name, url=f"{path}?{query}" if query else path, is_current=_normal(query) == now, delete_id=view_id
        )
        delete_url = named_url("saved_view_delete", view_id) if view_id is not None else ""
        found.append({"tab": tab, "link": table.link(tab.url), "is_current": tab.is_current, "delete_url": delete_url})
    return found


def saved_views(table: Table) -> list[tuple[str, str, int | None]]:
    """Return (name, query, id) of the views the user saved for this table: one query."""
    from quittance.parties import preferences

    found = preferences.list_saved_views(user_id=cast(int, table.request.user.pk), table_key=table.key)
    return [(view["name"], view["query"], view["id"]) for view in found]


def _normal(query: str) -> list[tuple[str, str]]:
    params = QueryDict(query)
    return sorted((name, value) for name, values in params.lists() for value in values if value)
