"""The aged balance as a list: what the database sorts, narrows and adds up is what the report holds."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.ageing import AgeingBasis
from quittance.foundation.permissions import EVERYTHING
from quittance.ledger.queries import GroupBy, aged_balance
from quittance.ledger.queries.aged_pages import COLUMNS
from quittance.parties.models import Customer
from quittance.web.tables import AllOf, AnyOf, ListSource, Order, Where
from quittance.web.tables.conditions import Condition, Raw
from quittance.web.tables.sql import condition_sql, order_sql
from quittance.web.views.insight_tables import TOTALS, AgedSource, AgedTable
from tests.cast import make_account, make_cast, make_item

DAY = date(2026, 3, 31)
FIELDS = ("name", "code", "total", "overdue", "due_1_30", "not_due")


@pytest.fixture
def source(db: None) -> AgedSource:
    cast = make_cast()
    for n in range(23):
        customer = Customer.objects.create(number=f"N{n:02}", name=f"{'Éa_b%'[n % 5]} customer {n % 7}")
        account = make_account(customer, cast.company, cast.department, number=f"N{n:02}")
        for place in range(n % 4 + 1):
            make_item(account, str(10 * (n % 3 + 1) + place), due=DAY - timedelta(days=40 * place - 20))
        if n % 5 == 0:
            make_item(account, "-7", due=DAY, kind="PAYMENT")
    return AgedSource(as_of=DAY, scope=EVERYTHING, group_by=GroupBy.CUSTOMER)


def reported() -> list[dict[str, Any]]:
    report = aged_balance(as_of=DAY, group_by=GroupBy.CUSTOMER, basis=AgeingBasis.DUE_DATE)
    return [
        {**row._asdict(), "id": f"{row.key} {row.currency}", "overdue": row.overdue, "group_by": GroupBy.CUSTOMER}
        for row in report.rows
    ]


CONDITIONS: list[Condition] = [
    AllOf([]),
    AnyOf([]),
    Where("total", "gte", Decimal(20)),
    Where("overdue", "exact", Decimal(0)),
    AllOf([Where("total", "lt", Decimal(50)), Where("due_1_30", "gt", Decimal(0))]),
    AnyOf([Where("name", "icontains", "b c"), Where("code", "istartswith", "n1")]),
    Where("name", "icontains", "_"),
    Where("name", "icontains", "%"),
    Where("code", "in", ["N01", "N02"]),
    Where("total", "isnull", True),
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_the_database_narrows_as_memory_does(source: AgedSource, condition: Condition) -> None:
    order = Order(field="id", id_field="id")
    expected = ListSource(reported()).where(condition)
    narrowed = source.where(condition)
    assert narrowed.count(limit=100) == expected.count(limit=100)
    assert narrowed.page(order=order, cursor=None, limit=100) == expected.page(order=order, cursor=None, limit=100)
    totals = narrowed.totals()
    if expected.rows:
        assert totals == {name: sum(row[name] for row in expected.rows) for name in TOTALS}
    else:
        assert totals == {}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("is_descending", [False, True])
def test_pages_and_stream_give_every_row_once_in_order(source: AgedSource, field: str, is_descending: bool) -> None:
    sort = f"{'-' if is_descending else ''}{field}"
    expected = ListSource(reported()).page(
        order=Order(field=field, id_field="id", is_descending=is_descending), cursor=None, limit=1000
    )
    request = RequestFactory().get("/insight/aged-balance/", {"sort": sort, "size": "25"})
    table = AgedTable(request, source)
    assert [row["id"] for row in table.source.stream(order=table.order)] == [row["id"] for row in expected]
    seen: list[str] = []
    cursor = ""
    pages = []
    while True:
        request = RequestFactory().get("/insight/aged-balance/", {"sort": sort, "cursor": cursor})
        table = AgedTable(request, source)
        table.size = 7
        pages.append([row["id"] for row in table.page.rows])
        seen += pages[-1]
        if not table.page.next_cursor:
            break
        cursor = table.page.next_cursor
    assert seen == [row["id"] for row in expected]
    request = RequestFactory().get("/insight/aged-balance/", {"sort": sort, "cursor": table.page.previous_cursor})
    table = AgedTable(request, source)
    table.size = 7
    assert [row["id"] for row in table.page.rows] == pages[-2]
    assert table.count == len(expected)


@given(st.text(max_size=12))
def test_a_text_is_never_part_of_the_statement(text: str) -> None:
    sql, parameters = condition_sql(Where("name", "icontains", text), columns=COLUMNS)
    assert sql == "name ILIKE %(where_0)s"
    assert list(parameters) == ["where_0"]


def test_unknown_columns_and_tests_are_refused() -> None:
    for wrong in (Where("name; DROP", "exact", 1), Where("name", "regex", "x"), Raw(None)):  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"no column|no test|Raw"):
            condition_sql(wrong, columns=COLUMNS)
    with pytest.raises(ValueError, match="no column"):
        order_sql(Order(field="password", id_field="id"), columns=COLUMNS)
