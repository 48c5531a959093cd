"""The list of customers on a past day: sums of then, narrowed and sorted as that of today."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from quittance.foundation.permissions import EVERYTHING
from quittance.parties.models import Customer
from quittance.web.paging import Cursor
from quittance.web.tables import AllOf, AnyOf, Order, Where
from quittance.web.views.past_customers import PastCustomerSource
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
START = date(2026, 1, 1)
NAMES = ("Zoé", "école", "Eclat", "Bô", "alpha")


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    for place, name in enumerate(NAMES):
        customer = Customer.objects.create(number=f"N{place}", name=name, country="FR" if place % 2 else "DE")
        account = make_account(
            customer, cast.company, cast.services if place > 2 else cast.department, number=f"A{place}"
        )
        make_item(account, f"{100 + place % 2}", issued=START, due=START + timedelta(days=place * 9))
    return cast


def source(**options: Any) -> PastCustomerSource:
    return PastCustomerSource(as_of=START + timedelta(days=20), scope=EVERYTHING, **options)


def names(found: PastCustomerSource, field: str = "name_folded", is_descending: bool = False) -> list[str]:
    order = Order(field=field, id_field="id", is_descending=is_descending)
    rows = found.page(order=order, cursor=None, limit=50)
    assert [row["id"] for row in found.stream(order=order)] == [row["id"] for row in rows]
    assert found.count(limit=50) == len(rows)
    return [row["name"] for row in rows]


def test_names_are_sorted_without_accents_and_capitals(cast: Cast) -> None:
    assert names(source()) == ["alpha", "Bô", "Eclat", "école", "Zoé"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Where("overdue_sum", "gte", 100), {"Zoé", "école", "Eclat"}),
        (AllOf([Where("open_sum", "gte", 101), Where("open_sum", "lte", 101)]), {"école", "Bô"}),
        (Where("country", "in", ["DE"]), {"Zoé", "Eclat", "alpha"}),
        (AnyOf([Where("name_folded", "icontains", "ecl"), Where("number", "istartswith", "N3")]), {"Eclat", "Bô"}),
        (Where("pays", "in", ["UNKNOWN"]), set(NAMES)),
        (Where("pays", "in", ["LATE"]), set()),
    ],
)
def test_it_is_narrowed_by_sums_and_by_facts(cast: Cast, condition: Any, expected: set[str]) -> None:
    assert set(names(source().where(condition))) == expected


def test_departments_narrow_to_customers_that_have_an_account_there(cast: Cast) -> None:
    assert names(source().where(Where("department_id", "in", [cast.services.id]))) == ["alpha", "Bô"]


@pytest.mark.parametrize("field", ["name_folded", "open_sum", "overdue_sum"])
@pytest.mark.parametrize("is_descending", [True, False])
def test_pages_follow_each_other_both_ways(cast: Cast, field: str, is_descending: bool) -> None:
    order = Order(field=field, id_field="id", is_descending=is_descending)
    whole = source().page(order=order, cursor=None, limit=50)
    edge = whole[2]
    for is_backward, expected in ((False, whole[3:]), (True, whole[:2][::-1])):
        cursor = Cursor(order="", value=edge[field], row_id=edge["id"], is_backward=is_backward)
        found = source().page(order=order, cursor=cursor, limit=50)
        assert [row["id"] for row in found] == [row["id"] for row in expected]
