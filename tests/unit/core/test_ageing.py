"""The aged balance: every edge of a bucket, and nothing lost between them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.ageing import (
    STANDARD_BUCKETS,
    AgeingBasis,
    AgeingBucket,
    AgeingItem,
    age,
    bucket_for,
    buckets_from_edges,
    overdue_days,
)

AS_OF = date(2026, 11, 22)


def item(amount: str, days_late: int, currency: str = "EUR", *, is_unapplied_cash: bool = False) -> AgeingItem:
    return AgeingItem(
        currency=currency,
        amount_open=Decimal(amount),
        due_date=AS_OF - timedelta(days=days_late),
        is_unapplied_cash=is_unapplied_cash,
    )


ITEMS = st.lists(
    st.builds(
        AgeingItem,
        currency=st.sampled_from(["EUR", "USD", "TND"]),
        amount_open=st.decimals(-(10**6), 10**6, places=2),
        due_date=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
        document_date=st.none() | st.dates(date(2025, 1, 1), date(2027, 12, 31)),
        is_unapplied_cash=st.booleans(),
    ),
    max_size=30,
)
EDGES = st.lists(st.integers(1, 400), min_size=1, max_size=6, unique=True).map(sorted)


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (-400, "NOT_DUE"),
        (-1, "NOT_DUE"),
        (0, "NOT_DUE"),
        (1, "D1_30"),
        (30, "D1_30"),
        (31, "D31_60"),
        (60, "D31_60"),
        (61, "D61_90"),
        (90, "D61_90"),
        (91, "D91_120"),
        (120, "D91_120"),
        (121, "OVER_120"),
        (9999, "OVER_120"),
    ],
)
def test_edges_of_the_standard_buckets(days: int, code: str) -> None:
    assert bucket_for(days).code == code
    assert overdue_days(AS_OF - timedelta(days=days), AS_OF) == days


@given(EDGES, st.integers(-500, 500))
def test_every_day_is_in_exactly_one_bucket(edges: list[int], days: int) -> None:
    assert sum(bucket.holds(days) for bucket in buckets_from_edges(edges)) == 1


@pytest.mark.parametrize("edges", [[], [0], [-5, 30], [30, 30], [60, 30]])
def test_senseless_edges(edges: list[int]) -> None:
    with pytest.raises(ValueError, match="edges"):
        buckets_from_edges(edges)


def test_a_gap_between_buckets_is_an_error() -> None:
    with pytest.raises(LookupError, match="5 days"):
        bucket_for(5, [AgeingBucket(code="LATE", days_min=10, days_max=None)])


def test_credits_and_unapplied_cash_stand_beside_the_buckets() -> None:
    balance = age(
        [
            item("100.00", 0),
            item("50.00", 1),
            item("7.00", 121),
            item("-30.00", 45),
            item("-20.00", 200, is_unapplied_cash=True),
            item("0.00", 10),
        ],
        AS_OF,
    )["EUR"]
    assert balance.amount("NOT_DUE") == 100
    assert balance.amount("D1_30") == 50
    assert balance.amount("D31_60") == 0
    assert balance.amount("OVER_120") == 7
    assert (balance.credits, balance.unapplied_cash) == (-30, -20)
    assert (balance.debits, balance.overdue, balance.balance) == (157, 57, 107)
    assert [aged.item_count for aged in balance.buckets] == [1, 1, 0, 0, 0, 1]


def test_each_currency_has_its_own_balance() -> None:
    balances = age([item("1.00", 5, "USD"), item("2.00", 5), item("4.00", 5, "USD")], AS_OF)
    assert [(code, balance.balance) for code, balance in balances.items()] == [("EUR", 2), ("USD", 5)]
    assert age([], AS_OF) == {}


def test_by_document_date() -> None:
    invoice = AgeingItem(
        currency="EUR", amount_open=Decimal(10), document_date=date(2026, 8, 1), due_date=date(2026, 11, 30)
    )
    assert age([invoice], AS_OF)["EUR"].amount("NOT_DUE") == 10
    assert age([invoice], AS_OF, basis=AgeingBasis.DOCUMENT_DATE)["EUR"].amount("D91_120") == 10
    assert age([item("1.00", 40)], AS_OF, basis=AgeingBasis.DOCUMENT_DATE)["EUR"].amount("D31_60") == 1


@given(ITEMS, EDGES, st.sampled_from(AgeingBasis))
def test_the_columns_add_up_to_the_items(items: list[AgeingItem], edges: list[int], basis: AgeingBasis) -> None:
    balances = age(items, AS_OF, buckets=buckets_from_edges(edges), basis=basis)
    assert set(balances) == {each.currency for each in items}
    for currency, balance in balances.items():
        own = [each.amount_open for each in items if each.currency == currency]
        columns = [aged.amount for aged in balance.buckets]
        assert sum(columns) + balance.credits + balance.unapplied_cash == balance.balance == sum(own)
        assert min(columns) >= 0 >= balance.credits
        assert balance.overdue + balance.amount("NOT_DUE") == balance.debits


@given(ITEMS, st.integers(0, 90))
def test_time_only_moves_debits_to_older_buckets(items: list[AgeingItem], days: int) -> None:
    now, later = age(items, AS_OF), age(items, AS_OF + timedelta(days=days))
    for currency, balance in now.items():
        assert later[currency].balance == balance.balance
        for last in range(1, len(STANDARD_BUCKETS)):
            young_now = sum(aged.amount for aged in balance.buckets[:last])
            assert sum(aged.amount for aged in later[currency].buckets[:last]) <= young_now
