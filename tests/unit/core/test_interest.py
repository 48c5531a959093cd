"""Late-payment interest: by the day, across rate changes and part payments, adding up."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.interest import (
    InterestReason,
    LateInterest,
    LateRate,
    NoRateInForce,
    PartPayment,
    late_interest,
    rates_from_reference,
)
from quittance.core.money import UnknownCurrency

RATES = (
    LateRate(from_date=date(2025, 1, 1), rate_pct=Decimal("13.15")),
    LateRate(from_date=date(2026, 1, 1), rate_pct=Decimal("12.15")),
    LateRate(from_date=date(2026, 7, 1), rate_pct=Decimal("12.40")),
)
DUE = date(2026, 1, 31)
AMOUNTS = st.decimals("0.01", 10**8, places=2)
UNTIL = st.dates(date(2026, 1, 1), date(2028, 12, 31))


def claim(
    amount: str = "1000.00",
    until: date = date(2026, 3, 2),
    *payments: tuple[date, str],
    indemnity: str = "40",
    due_date: date = DUE,
) -> LateInterest:
    return late_interest(
        amount=Decimal(amount),
        currency="EUR",
        due_date=due_date,
        until=until,
        rates=RATES,
        part_payments=[PartPayment(paid_date=day, amount=Decimal(paid)) for day, paid in payments],
        indemnity=Decimal(indemnity),
    )


TABLE = [
    # until, reason, late days, interest, indemnity
    (date(2026, 1, 30), InterestReason.NOT_LATE, 0, "0.00", "0.00"),
    (date(2026, 1, 31), InterestReason.NOT_LATE, 0, "0.00", "0.00"),
    (date(2026, 2, 1), InterestReason.LATE, 1, "0.33", "40.00"),
    (date(2026, 3, 2), InterestReason.LATE, 30, "9.99", "40.00"),
    (date(2026, 6, 30), InterestReason.LATE, 150, "49.93", "40.00"),
    (date(2026, 7, 1), InterestReason.LATE, 151, "50.27", "40.00"),
    (date(2027, 1, 31), InterestReason.LATE, 365, "122.97", "40.00"),
]


@pytest.mark.parametrize(("until", "reason", "days", "interest", "indemnity"), TABLE)
def test_by_the_day(until: date, reason: InterestReason, days: int, interest: str, indemnity: str) -> None:
    found = claim(until=until)
    assert (found.reason, found.late_days) == (reason, days)
    assert (str(found.interest), str(found.indemnity)) == (interest, indemnity)
    assert found.total == found.interest + found.indemnity


def test_a_rate_change_begins_a_new_period() -> None:
    found = claim(until=date(2026, 7, 10))
    assert [(each.first_date, each.last_date, each.rate_pct) for each in found.periods] == [
        (date(2026, 2, 1), date(2026, 6, 30), Decimal("12.15")),
        (date(2026, 7, 1), date(2026, 7, 10), Decimal("12.40")),
    ]


def test_the_day_of_a_part_payment_still_bears_interest_on_it() -> None:
    found = claim("1000.00", date(2026, 3, 2), (date(2026, 2, 10), "600.00"))
    assert [(each.days, each.amount_owed) for each in found.periods] == [
        (10, Decimal("1000.00")),
        (20, Decimal("400.00")),
    ]
    assert str(found.interest) == "5.99"


@pytest.mark.parametrize(
    ("paid_date", "reason", "days"),
    [
        (date(2026, 1, 31), InterestReason.NOTHING_OWED, 0),
        (date(2026, 2, 1), InterestReason.LATE, 1),
        (date(2026, 2, 15), InterestReason.LATE, 15),
        (date(2026, 4, 1), InterestReason.LATE, 30),
    ],
)
def test_paid_in_full(paid_date: date, reason: InterestReason, days: int) -> None:
    found = claim("1000.00", date(2026, 3, 2), (paid_date, "1000.00"))
    assert (found.reason, found.late_days) == (reason, days)
    assert found.indemnity == (40 if days else 0)


@pytest.mark.parametrize("amount", ["0.00", "-100.00"])
def test_a_credit_bears_no_interest(amount: str) -> None:
    assert claim(amount).reason is InterestReason.NOTHING_OWED
    assert claim(amount).total == 0


def test_a_day_without_a_rate_is_an_error() -> None:
    with pytest.raises(NoRateInForce, match="2024-12-31") as raised:
        claim(due_date=date(2024, 12, 30))
    assert raised.value.day == date(2024, 12, 31)


def test_senseless_input() -> None:
    twice = (RATES[0], RATES[0])
    negative = (LateRate(from_date=date(2025, 1, 1), rate_pct=Decimal(-1)),)
    for rates, words in ((twice, "one day"), (negative, "not negative")):
        with pytest.raises(ValueError, match=words):
            late_interest(amount=Decimal(1), currency="EUR", due_date=DUE, until=date(2026, 3, 2), rates=rates)
    with pytest.raises(ValueError, match="part payment"):
        claim("1.00", date(2026, 3, 2), (DUE, "0"))
    with pytest.raises(UnknownCurrency):
        late_interest(amount=Decimal(1), currency="ABC", due_date=DUE, until=DUE, rates=RATES)


def test_a_zero_rate_still_tells_the_days() -> None:
    free = [LateRate(from_date=date(2025, 1, 1), rate_pct=Decimal(0))]
    found = late_interest(amount=Decimal(100), currency="EUR", due_date=DUE, until=date(2026, 2, 10), rates=free)
    assert (found.late_days, found.interest) == (10, 0)


def test_reference_rate_and_margin() -> None:
    reference = [
        LateRate(from_date=date(2026, 1, 1), rate_pct=Decimal("2.15")),
        LateRate(from_date=date(2026, 7, 1), rate_pct=Decimal("2.40")),
    ]
    assert rates_from_reference(reference_rates=reference, margin_points=Decimal(10)) == RATES[1:]


@given(AMOUNTS, UNTIL, st.lists(st.tuples(UNTIL, AMOUNTS), max_size=4))
def test_what_is_listed_adds_up_to_what_is_claimed(
    amount: Decimal, until: date, payments: list[tuple[date, Decimal]]
) -> None:
    found = claim(str(amount), until, *((day, str(paid)) for day, paid in payments))
    assert sum(each.interest for each in found.periods) == found.interest
    assert sum(each.days for each in found.periods) == found.late_days
    for before, after in zip(found.periods, found.periods[1:], strict=False):
        assert after.first_date == before.last_date + timedelta(days=1)
        assert after.amount_owed <= before.amount_owed


@given(AMOUNTS, UNTIL, st.integers(0, 100))
def test_interest_never_falls_with_time(amount: Decimal, until: date, days: int) -> None:
    assert claim(str(amount), until + timedelta(days=days)).interest >= claim(str(amount), until).interest


@given(AMOUNTS, UNTIL)
def test_twice_the_debt_is_twice_the_interest_to_the_cent(amount: Decimal, until: date) -> None:
    once, twice = claim(str(amount), until).interest, claim(str(2 * amount), until).interest
    assert abs(twice - 2 * once) <= Decimal("0.01")
