"""The list of customers and the page of one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quittance.foundation.permissions import Scope
from quittance.ledger import queries
from quittance.ledger.models import AccountBalance, CustomerBalance
from quittance.ledger.queries.customer_list import customer_sums, kept_sums
from quittance.ledger.services import ensure_balances_fresh, refresh_balances
from quittance.parties.models import Customer, CustomerAccount
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


def assert_kept_sums_agree() -> None:
    kept = kept_sums()
    assert kept is not None
    rows = sorted((row["customer_id"], row["currency"], row["open_sum"], row["overdue_sum"]) for row in kept)
    added = customer_sums().annotate(open_added=Sum("open_total"), overdue_added=Sum("overdue"))
    assert rows == sorted(
        (row["customer_id"], row["currency"], row["open_added"], row["overdue_added"]) for row in added
    )


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 1), st.integers(-900, 900).filter(bool), st.integers(0, 60), st.booleans()),
        max_size=8,
    )
)
def test_kept_sums_of_customers_are_those_of_their_accounts(
    cast: Cast, steps: list[tuple[int, int, int, bool]]
) -> None:
    found = CustomerAccount.objects.filter(number="411S").first()
    accounts = [
        cast.account,
        found or make_account(cast.durand, cast.company, cast.services, number="411S"),
    ]
    for place, amount, late, is_all in steps:
        make_item(accounts[place], Decimal(amount), due=DAY - timedelta(days=late))
        refresh_balances(account_ids=None if is_all else [accounts[place].id], as_of=DAY)
        assert_kept_sums_agree()


def test_kept_sums_follow_an_account_to_another_customer_and_out(cast: Cast) -> None:
    other = Customer.objects.create(number="C2", name="Other")
    moved = make_account(cast.durand, cast.company, cast.services, number="411M")
    make_item(moved, "70", due=DAY)
    make_item(cast.account, "30", due=DAY)
    refresh_balances(account_ids=None, as_of=DAY)
    assert_kept_sums_agree()
    CustomerAccount.objects.filter(id=moved.id).update(customer=other)
    refresh_balances(account_ids=[moved.id], as_of=DAY)
    assert_kept_sums_agree()
    AccountBalance.objects.filter(account=moved).delete()
    assert_kept_sums_agree()
    assert not CustomerBalance.objects.filter(debtor_id=other.id).exists()


def test_kept_sums_are_not_for_those_who_see_a_part(cast: Cast) -> None:
    assert kept_sums(scope=Scope(company_ids=frozenset({cast.company.id}))) is None
    assert kept_sums(scope=Scope(department_id=cast.services.id)) is None
