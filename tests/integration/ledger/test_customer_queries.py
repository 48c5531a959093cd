"""The list of customers and the page of one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from quittance.foundation.permissions import Scope
from quittance.ledger import queries
from quittance.ledger.services import ensure_balances_fresh, refresh_balances
from quittance.parties.models import Customer
from quittance.parties.queries import search_customers
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_one_customer_whole(cast: Cast, django_assert_max_num_queries: object) -> None:
    daughter = Customer.objects.create(number="C2", name="Durand Sud", parent=cast.durand)
    make_account(cast.durand, cast.company, cast.services, number="411DURAND-S", language="en")
    other = make_account(daughter, cast.company, cast.services, number="411SUD")
    make_item(other, "70", due=DAY)
    make_item(cast.account, "100", due=DAY)
    refresh_balances(account_ids=None, as_of=DAY)

    page = queries.get_customer_360(customer_id=cast.durand.id)
    assert page is not None
    assert page.differing == {"language", "payment_terms_id", "collector_id"}
    assert [row["open_total"] for row in page.totals] == [100]
    assert [(row["name"], row["depth"], row["balances"][0]["total"]) for row in page.group] == [
        ("Durand & Fils", 0, 100),
        ("Durand Sud", 1, 70),
    ]
    assert page.contacts[0]["name"] == "Marie Petit"
    stranger = Scope(company_ids=frozenset({cast.other_company.id}))
    assert queries.get_customer_360(customer_id=cast.durand.id, scope=stranger) is None


@pytest.mark.parametrize("text", ["dura", "Fils", "C0001", "411DUR", "Dürand"])
def test_search_by_any_name(cast: Cast, text: str) -> None:
    assert [row["name"] for row in search_customers(text=text)] == ["Durand & Fils"]


def test_balances_are_made_fresh_once_a_day(cast: Cast) -> None:
    make_item(cast.account, "100", due=DAY)
    refresh_balances(account_ids=None, as_of=DAY)
    assert ensure_balances_fresh(today=DAY) is False
    assert ensure_balances_fresh(today=DAY + timedelta(days=1)) is True
    assert queries.list_balances(account_ids=[cast.account.id])[cast.account.id]["overdue"] == 100
    assert ensure_balances_fresh(today=DAY + timedelta(days=1)) is False
