"""Which rate counts, the floor of an agreed one, and interest asked for in parts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.interest import LateRate, PartPayment, late_interest
from quittance.core.interest_rules import (
    TRANSITIONS,
    ClaimState,
    FloorReason,
    LateInstalment,
    Regime,
    StatutoryRate,
    applicable_rates,
    can_change,
    check_floor,
    indemnity_bearer,
    law_country,
    regime_of,
)

LAW = (
    StatutoryRate(from_date=date(2025, 7, 1), rate_pct=Decimal("12.15"), floor_pct=Decimal("8.28")),
    StatutoryRate(from_date=date(2026, 1, 1), rate_pct=Decimal("12.15"), floor_pct=Decimal("7.86")),
    StatutoryRate(from_date=date(2026, 7, 1), rate_pct=Decimal("12.40")),
)
DUE = date(2026, 1, 31)
END = date(2026, 12, 31)
RATES = applicable_rates(statutory=LAW)
DAYS = st.dates(DUE - timedelta(days=20), END)
PAYMENTS = st.lists(st.tuples(DAYS, st.decimals("0.01", 2000, places=2)), max_size=5)

FLOORS = [
    # day, agreed rate, reason, floor
    (date(2025, 6, 30), "1", FloorReason.FLOOR_UNKNOWN, None),
    (date(2025, 7, 1), "8.27", FloorReason.BELOW_FLOOR, "8.28"),
    (date(2025, 12, 31), "8.28", FloorReason.ALLOWED, "8.28"),
    (date(2026, 1, 1), "7.86", FloorReason.ALLOWED, "7.86"),
    (date(2026, 1, 1), "7.85", FloorReason.BELOW_FLOOR, "7.86"),
    (date(2026, 7, 1), "1", FloorReason.FLOOR_UNKNOWN, None),
]


@pytest.mark.parametrize(("day", "rate", "reason", "floor"), FLOORS)
def test_the_floor_of_the_day(day: date, rate: str, reason: FloorReason, floor: str | None) -> None:
    decision = check_floor(rate_pct=Decimal(rate), from_date=day, statutory=LAW)
    assert (decision.reason, decision.floor_pct) == (reason, None if floor is None else Decimal(floor))


def test_an_agreed_rate_counts_from_its_day_and_rises_with_the_floor() -> None:
    agreed = [LateRate(from_date=date(2025, 10, 1), rate_pct=Decimal("8"))]
    found = applicable_rates(statutory=LAW, agreed=agreed)
    assert [(rate.from_date.isoformat(), str(rate.rate_pct)) for rate in found] == [
        ("2025-07-01", "12.15"), ("2025-10-01", "8.28"), ("2026-01-01", "8"), ("2026-07-01", "8"),
    ]  # fmt: skip


def test_an_agreed_rate_needs_no_law() -> None:
    agreed = [LateRate(from_date=date(2020, 1, 1), rate_pct=Decimal("9"))]
    assert [rate.rate_pct for rate in applicable_rates(statutory=(), agreed=agreed)] == [9]
    assert applicable_rates(statutory=()) == ()


@pytest.mark.parametrize(
    ("regime", "company", "customer", "expected"),
    [
        (Regime.BUSINESS, "FR", "ES", "FR"),
        (Regime.PUBLIC, "FR", "ES", "ES"),
        (Regime.PUBLIC, "FR", "", "FR"),
        (Regime.BUSINESS, "FR", "", "FR"),
    ],
)
def test_whose_law(regime: Regime, company: str, customer: str, expected: str) -> None:
    assert law_country(regime=regime, company_country=company, customer_country=customer) == expected


def test_consumers_are_not_spoken_of() -> None:
    assert regime_of(customer_kind="PRIVATE") is None
    assert regime_of(customer_kind="PUBLIC") is Regime.PUBLIC


def test_who_bears_the_indemnity() -> None:
    assert indemnity_bearer(late=[]) is None
    twins = [LateInstalment(item_id=9, due_date=DUE), LateInstalment(item_id=2, due_date=DUE)]
    assert indemnity_bearer(late=twins) == 2


def test_what_may_become_of_a_claim() -> None:
    allowed = {(old, new) for old in ClaimState for new in ClaimState if can_change(old=old, new=new)}
    assert allowed == {
        (ClaimState.CLAIMED, ClaimState.PAID),
        (ClaimState.CLAIMED, ClaimState.WAIVED),
        (ClaimState.CLAIMED, ClaimState.WITHDRAWN),
        (ClaimState.PAID, ClaimState.CLAIMED),
        (ClaimState.WAIVED, ClaimState.WITHDRAWN),
    }
    assert set(TRANSITIONS) == set(ClaimState)


def accrued(payments: list[tuple[date, Decimal]], until: date, from_date: date | None = None) -> Decimal:
    return late_interest(
        amount=Decimal(5000), currency="EUR", due_date=DUE, until=until, rates=RATES, from_date=from_date,
        part_payments=[PartPayment(paid_date=day, amount=amount) for day, amount in payments],
    ).interest  # fmt: skip


@given(payments=PAYMENTS, cut=st.dates(DUE, END))
def test_two_parts_make_the_whole_but_for_their_rounding(payments: list[tuple[date, Decimal]], cut: date) -> None:
    parts = accrued(payments, cut) + accrued(payments, END, cut + timedelta(days=1))
    assert abs(parts - accrued(payments, END)) <= Decimal("0.01")


@given(payments=PAYMENTS, order=st.randoms(use_true_random=False), day=DAYS)
def test_the_order_of_payments_does_not_matter(payments: list[tuple[date, Decimal]], order: object, day: date) -> None:
    shuffled = list(payments)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert accrued(payments, day) == accrued(shuffled, day)


@given(payments=PAYMENTS, day=DAYS, later=st.integers(0, 200), more=st.decimals("0.01", 500, places=2))
def test_interest_grows_with_days_and_shrinks_with_payments(
    payments: list[tuple[date, Decimal]], day: date, later: int, more: Decimal
) -> None:
    until = min(day + timedelta(days=later), END)
    assert accrued(payments, day) <= accrued(payments, until)
    assert accrued([*payments, (day, more)], until) <= accrued(payments, until)


@given(from_date=st.dates(date(2025, 1, 1), DUE + timedelta(days=1)))
def test_a_first_day_before_the_delay_changes_nothing(from_date: date) -> None:
    assert accrued([], END, from_date) == accrued([], END)
    assert accrued([], DUE, from_date) == 0
