"""The table as a page: filters, chips, addresses, columns, exports, and what comes back to htmx."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from quittance.web.exports import csv_parts, safe_text, write_xlsx
from quittance.web.rendering import render_table
from quittance.web.tables import (
    AmountFilter,
    BulkAction,
    ChoiceFilter,
    Column,
    DateFilter,
    Empty,
    FlagFilter,
    Table,
    TextFilter,
)

ROWS: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": "Durand & Fils",
        "status": "LATE",
        "due": date(2026, 3, 1),
        "amount": Decimal("1234.50"),
        "currency": "EUR",
        "late": True,
    },
    {
        "id": 2,
        "name": "=HYPERLINK(1)",
        "status": "DISPUTED",
        "due": None,
        "amount": Decimal("-20.00"),
        "currency": "EUR",
        "late": False,
    },
    {
        "id": 3,
        "name": "Hôtel du Port",
        "status": "SETTLED",
        "due": date(2026, 5, 1),
        "amount": Decimal("0.00"),
        "currency": "EUR",
        "late": False,
    },
]


class ItemTable(Table):
    key = "items"
    caption = "Items"
    columns = [
        Column(key="name", label="Name", kind="link", is_sortable=True, href=lambda row: f"/items/{row['id']}/"),
        Column(key="status", label="Status", kind="status"),
        Column(key="due", label="Due", kind="date", is_sortable=True, priority=2),
        Column(key="amount", label="Open", kind="money", is_sortable=True),
        Column(key="late", label="Late", kind="yesno", is_visible=False),
    ]
    filters = [
        ChoiceFilter(name="status", label="Status", choices=[("LATE", "Late"), ("DISPUTED", "Disputed")]),
        DateFilter(name="due", label="Due"),
        AmountFilter(name="amount", label="Open"),
        FlagFilter(name="late", label="Late"),
        TextFilter(name="name", label="Name"),
    ]
    search_fields = ["name"]
    default_sort = "name"
    presets = [("Late", "status=LATE")]
    has_saved_views = False
    empty = Empty(title="No items yet.", text="Import a ledger.", href="/imports/", action="Import")


def ask(query: str = "", **headers: str) -> HttpRequest:
    request = RequestFactory().get("/items/?" + query, headers=headers or None)
    request.user = AnonymousUser()
    return request


def table(query: str = "", rows: Any = ROWS, **options: Any) -> ItemTable:
    return ItemTable(ask(query), rows, **options)


def html(query: str = "", rows: Any = ROWS, **options: Any) -> str:
    with translation.override("en"):
        return render_to_string("components/table.html", table(query, rows, **options).context())


def ids(query: str) -> list[int]:
    return [row["id"] for row in table(query).page.rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [2, 1, 3]),
        ("sort=-name", [3, 1, 2]),
        ("sort=nonsense", [2, 1, 3]),
        ("q=DURAND", [1]),
        ("q=%20", [2, 1, 3]),
        ("status=LATE", [1]),
        ("status=LATE&status=DISPUTED", [2, 1]),
        ("due_from=2026-03-01", [1, 3]),
        ("due_to=2026-03-01", [1]),
        ("amount_from=0", [1, 3]),
        ("amount_from=1%20234,5", [1]),
        ("amount_from=-20&amount_to=0", [2, 3]),
        ("late=yes", [1]),
        ("late=no", [2, 3]),
        ("name=tel", [3]),
    ],
)
def test_filters_and_sort(query: str, found: list[int]) -> None:
    assert ids(query) == found


@pytest.mark.parametrize(
    "query", ["status=NOPE", "due_from=31/02", "amount_from=12,5O", "amount_to=NaN", "amount_to=1e99", "late=perhaps"]
)
def test_a_filter_nobody_understands_is_said_and_answered_422(query: str) -> None:
    request = ask(query, **{"HX-Request": "true", "HX-Target": "table-items"})
    answer = render_table(request, "unused.html", ItemTable(request, ROWS))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()  # type: ignore[attr-defined]
    assert len(table(query).page.rows) == 3, "the rest of the list is still shown"


def test_chips_read_and_can_be_lifted() -> None:
    chips = table("status=LATE&status=DISPUTED&due_from=2026-03-01&q=d&size=25").asked.chips
    assert [chip.text for chip in chips] == ["Late, Disputed", "≥ 1 Mar 2026"]
    assert "status=" not in chips[0].remove_url
    assert "due_from=" in chips[0].remove_url
    assert "q=d" in chips[0].remove_url


def test_the_address_keeps_filters_and_forgets_the_page() -> None:
    address = table("status=LATE&cursor=abc&export=csv").url(sort="-due")
    assert address == "/items/?status=LATE&sort=-due"


def test_columns_can_be_chosen() -> None:
    assert [column.key for column in table("cols=late,name").visible_columns] == ["name", "late"]
    assert [column.key for column in table("cols=late&cols=due").visible_columns] == ["due", "late"]
    assert len(table("cols=nonsense").visible_columns) == 4


@pytest.mark.parametrize(("query", "size"), [("", 50), ("size=25", 25), ("size=26", 50), ("size=²", 50), ("size=", 50)])
def test_page_size(query: str, size: int) -> None:
    assert table(query).size == size


def test_one_currency_stands_once_in_the_heading() -> None:
    drawn = html()
    assert "Open EUR" in drawn
    assert "1,234.50" in drawn
    assert "€" not in drawn
    mixed = [*ROWS, {**ROWS[0], "id": 4, "currency": "USD"}]
    drawn = html(rows=mixed)
    assert "Open EUR" not in drawn
    assert "€1,234.50" in drawn
    assert "US$1,234.50" in drawn


def test_a_row_is_drawn_with_links_signs_and_escapes() -> None:
    drawn = html(rows=[{**ROWS[1], "name": "<b>x</b>"}])
    assert "&lt;b&gt;x&lt;/b&gt;" in drawn
    assert 'href="/items/2/" data-open' in drawn
    assert "−20.00" in drawn
    assert 'data-tone="disputed"' in drawn


def test_links_work_without_scripts_and_swap_with_them() -> None:
    drawn = html()
    assert 'href="/items/?sort=-name" hx-get="/items/?sort=-name"' in drawn
    assert 'hx-target="#table-items"' in drawn
    assert "style=" not in drawn
    assert "<script" not in drawn


def test_ids_are_never_written_by_locale() -> None:
    drawn = html(rows=[{**ROWS[0], "id": 1234567}], bulk=[BulkAction(label="Snooze", href="/snooze/")])
    assert 'value="1234567"' in drawn
    assert 'formaction="/snooze/"' in drawn


def test_emptiness_teaches_the_next_step_or_lifts_the_filters() -> None:
    assert "Import a ledger." in html(rows=[])
    assert "Clear search and filters" in html("q=zzz")


def test_the_count_is_capped() -> None:
    many = [{**ROWS[0], "id": n} for n in range(10_002)]
    with translation.override("en"):
        assert table(rows=many).count_text == "10,000+"
        assert table(rows=many[:10_000]).count_text == "10,000"
        assert table(rows=[]).count_text == "0"


def test_totals_stand_below_their_columns() -> None:
    drawn = html(totals={"amount": Decimal("1214.50")})
    assert "<tfoot>" in drawn
    assert "1,214.50" in drawn


def test_tabs_know_where_one_is() -> None:
    tabs = table("status=LATE&size=25").context()["tabs"]
    assert [tab["is_current"] for tab in tabs] == [False, False]
    tabs = table("status=LATE&cursor=").context()["tabs"]
    assert [tab["is_current"] for tab in tabs] == [False, True]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_text_is_never_a_formula(text: str) -> None:
    assert safe_text(text) == "'" + text


def test_csv_holds_every_filtered_row_as_a_machine_reads_it() -> None:
    with translation.override("fr"):
        lines = list(csv.reader(io.StringIO("".join(csv_parts(table("sort=amount"))))))
    assert lines[0] == ["Name", "Status", "Due", "Open", "Devise"] or lines[0][-1] == "Currency"
    assert lines[1][0] == "'=HYPERLINK(1)"
    assert lines[1][3] == "-20.00"
    assert lines[3] == ["Durand & Fils", lines[3][1], "2026-03-01", "1234.50", "EUR"]


def test_xlsx_holds_numbers_and_dates_as_such() -> None:
    rows = [*ROWS, {**ROWS[0], "id": 9, "name": "bad\x00byte"}]
    with write_xlsx(table("sort=amount", rows)) as file:
        lines = list(openpyxl.load_workbook(file).worksheets[0].iter_rows(values_only=True))
    assert lines[1][0] == "'=HYPERLINK(1)"
    assert lines[1][3] == -20
    assert lines[3][2].date() == date(2026, 3, 1)  # type: ignore[union-attr]
    assert lines[4][0] == "bad\ufffdbyte"


def test_render_table_answers_files_fragments_and_says_what_it_varies_on() -> None:
    request = ask("export=csv")
    answer = render_table(request, "unused.html", ItemTable(request, ROWS))
    assert answer["Content-Type"].startswith("text/csv")
    assert "items-" in answer["Content-Disposition"]
    request = ask("", **{"HX-Request": "true", "HX-Target": "table-items"})
    answer = render_table(request, "unused.html", ItemTable(request, ROWS))
    assert "HX-Request" in answer["Vary"]
    assert answer.content.decode().lstrip().startswith("<section")  # type: ignore[attr-defined]
