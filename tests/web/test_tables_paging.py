"""The table reads every row exactly once, forwards and backwards, whatever the ties, the NULLs and the direction."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, models
from django.http import HttpRequest, QueryDict
from django.test import RequestFactory
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from quittance.web.paging import BadCursor, Cursor, read_cursor
from quittance.web.tables import Column, Table
from quittance.web.tables.sources import ListSource, Order, QuerySetSource


class RankedTable(Table):
    key = "ranked"
    columns = [
        Column(key="amount", label="Amount", kind="money", is_sortable=True),
        Column(key="day", label="Day", kind="date", is_sortable=True),
        Column(key="name", label="Name", is_sortable=True),
    ]
    default_sort = "-amount"
    has_saved_views = False


with isolate_apps("quittance.web"):  # no other test learns of this model

    class Ranked(models.Model):
        """Rows of a table that exists only in this test."""

        amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
        day = models.DateField(null=True)
        name = models.CharField(max_length=10)

        class Meta:
            app_label = "web"
            managed = False
            db_table = "test_ranked"


def ask(query: str) -> HttpRequest:
    request = RequestFactory().get("/ranked/?" + query)
    request.user = AnonymousUser()
    return request


def read_all(rows: Any, sort: str, size: int) -> tuple[list[int], list[list[int]], list[list[int]]]:
    """Page to the end and back; return ids in order, pages forward, pages backward (re-reversed)."""
    forward: list[list[int]] = []
    table = RankedTable(ask(f"sort={sort}"), rows)
    table.size = size
    while True:
        forward.append([row["id"] for row in table.page.rows])
        if not table.page.next_cursor:
            break
        table = RankedTable(ask(f"sort={sort}&cursor={table.page.next_cursor}"), rows)
        table.size = size
    backward = [forward[-1]]
    while table.page.previous_cursor:
        table = RankedTable(ask(f"sort={sort}&cursor={table.page.previous_cursor}"), rows)
        table.size = size
        if [row["id"] for row in table.page.rows] == backward[0]:
            break
        backward.insert(0, [row["id"] for row in table.page.rows])
    return [one for page in forward for one in page], forward, backward


values = st.one_of(st.none(), st.integers(-3, 3).map(Decimal))


@given(amounts=st.lists(values, max_size=14), size=st.integers(1, 4), descending=st.booleans())
def test_pages_in_memory_cover_every_row_once(amounts: list[Decimal | None], size: int, descending: bool) -> None:
    rows = [{"id": n, "amount": amount, "currency": "EUR"} for n, amount in enumerate(amounts, start=1)]
    seen, forward, backward = read_all(rows, "-amount" if descending else "amount", size)

    assert sorted(seen) == [row["id"] for row in rows]
    assert backward == forward
    found = {row["id"]: row["amount"] for row in rows}
    shown = [found[one] for one in seen]
    filled = [value for value in shown if value is not None]
    assert filled == sorted(filled, reverse=descending)
    assert shown == filled + [None] * (len(shown) - len(filled)), "rows without a value come last"


@pytest.fixture
def ranked(db: None) -> models.QuerySet[Ranked, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE test_ranked"
            " (id bigserial PRIMARY KEY, amount numeric(12,2), day date, name varchar(10) NOT NULL)"
        )
        cursor.execute(
            "INSERT INTO test_ranked (amount, day, name) SELECT CASE WHEN n % 5 = 0 THEN NULL ELSE (n * 7) % 4 END,"
            " CASE WHEN n % 3 = 0 THEN NULL ELSE date '2026-01-01' + (n % 6) END, 'n' || n % 4"
            " FROM generate_series(1, 23) n"
        )
    return Ranked.objects.values("id", "amount", "day", "name")


@pytest.mark.parametrize("sort", ["amount", "-amount", "day", "-day", "name", "-name"])
@pytest.mark.parametrize("size", [1, 4, 25])
def test_pages_of_the_database_agree_with_memory(
    ranked: models.QuerySet[Ranked, dict[str, Any]], sort: str, size: int
) -> None:
    seen, forward, backward = read_all(ranked, sort, size)
    expected, _pages, _back = read_all(list(ranked), sort, size)

    assert seen == expected
    assert len(set(seen)) == 23
    assert backward == forward


def test_streaming_has_the_order_of_the_pages(ranked: models.QuerySet[Ranked, dict[str, Any]]) -> None:
    order = Order(field="amount", id_field="id", is_descending=True)
    streamed = [row["id"] for row in QuerySetSource(ranked).stream(order=order)]
    assert streamed == [row["id"] for row in ListSource(list(ranked)).stream(order=order)]


def test_a_column_that_is_never_null_is_paged_by_range(ranked: models.QuerySet[Ranked, dict[str, Any]]) -> None:
    source = QuerySetSource(ranked)
    assert not source.is_nullable("name")
    assert source.is_nullable("amount")
    assert QuerySetSource(ranked.annotate(double=models.F("id") * 2)).is_nullable("double")


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        7,
        "é",
        1.5,
        Decimal("12.30"),
        date(2026, 2, 28),
        datetime(2026, 2, 28, 10, 0, 5, 7, tzinfo=UTC),
        uuid.UUID(int=9),
    ],
)
def test_a_cursor_comes_back_as_it_went(value: object) -> None:
    cursor = Cursor(order="-x", value=value, row_id=3, is_backward=True)
    assert read_cursor(cursor.encode(), order="-x") == cursor


def test_an_altered_or_foreign_cursor_is_refused() -> None:
    text = Cursor(order="-x", value=1, row_id=3).encode()
    for bad in (text[:-2] + "zz", "", "x", text.replace(":", "", 1)):
        with pytest.raises(BadCursor):
            read_cursor(bad, order="-x")
    with pytest.raises(BadCursor):
        read_cursor(text, order="x")


def test_what_cannot_be_paged_by_says_so() -> None:
    with pytest.raises(TypeError):
        Cursor(order="x", value=[1], row_id=1).encode()


def test_a_bad_cursor_shows_the_first_page_and_a_message() -> None:
    rows = [{"id": n, "amount": Decimal(n), "currency": "EUR"} for n in range(60)]
    table = RankedTable(ask("cursor=nonsense"), rows)
    assert len(table.page.rows) == 50
    assert len(table.problems) == 1
    assert not table.is_refused


def test_selected_ids_pass_over_nonsense() -> None:
    table = RankedTable(ask(""), [{"id": n, "amount": Decimal(n)} for n in range(5)])
    assert list(table.selected_ids(QueryDict("selected=3&selected=x&selected=4"))) == [3, 4]
    assert list(table.selected_ids(QueryDict("all=1"))) == [4, 3, 2, 1, 0]


def test_a_page_costs_two_queries_and_one_for_saved_views(
    ranked: models.QuerySet[Ranked, dict[str, Any]], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        context = RankedTable(ask("sort=name"), ranked).context()
        assert context["table"].count == 23
        assert len(context["lines"]) == 23
