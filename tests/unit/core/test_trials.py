"""Trials: sides that are stable and even, days to pay with what is still open, intervals against worked numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.trials import (
    Arm,
    PaidItem,
    Verdict,
    assign_arm,
    compare_arms,
    half_width,
    restricted_mean,
    split_units,
    student_quantile,
    unpaid_curve,
)

# Weeks in remission of 21 patients on 6-MP, and of 21 on placebo; "+" is censored. E. Freireich et al., Blood 21, 1963,
# as worked through in D. Cox, D. Oakes, Analysis of Survival Data, 1984, and most books since.
SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"
CURVE = {6: "0.857", 7: "0.807", 10: "0.753", 13: "0.690", 16: "0.627", 22: "0.538", 23: "0.448"}


def items(text: str, first: int = 0) -> list[PaidItem]:
    return [
        PaidItem(unit_id=first + n, days=int(word.rstrip("+")), is_paid=not word.endswith("+"))
        for n, word in enumerate(text.split())
    ]


def test_the_curve_of_the_unpaid_is_the_published_one() -> None:
    found = {day: str(round(share, 3)) for day, share in unpaid_curve(items(SIX_MP))}
    assert found == CURVE


def test_without_open_items_the_mean_is_the_mean() -> None:
    assert round(restricted_mean(items=items(PLACEBO), horizon_days=40), 3) == Decimal("8.667")


def test_the_area_under_the_published_curve() -> None:
    days = [0, *CURVE, 35]
    shares = [Decimal(1), *map(Decimal, CURVE.values())]
    area = sum((share * (days[n + 1] - days[n]) for n, share in enumerate(shares)), Decimal(0))
    assert abs(restricted_mean(items=items(SIX_MP), horizon_days=35) - area) < Decimal("0.02")


# Degrees of freedom and the two-sided 5 % point of Student's t: NIST/SEMATECH e-Handbook of Statistical Methods,
# 1.3.6.7.2.
T_TABLE = {2: "4.303", 4: "2.776", 10: "2.228", 20: "2.086", 30: "2.042", 60: "2.000", 100: "1.984"}


@pytest.mark.parametrize(("freedom", "expected"), T_TABLE.items())
def test_students_quantile_is_the_tables(freedom: int, expected: str) -> None:
    assert str(round(student_quantile(freedom), 3)) == expected
    assert student_quantile(freedom + 1) == student_quantile(freedom)


# W. Gosset's sleep data: extra hours with two drugs, as R prints them (`t.test(extra ~ group, data = sleep)`, in
# tenths of hours and moved by 20 so that none is below zero): means 7.5 and 23.3, t = -1.8608, df = 17.776.
SLEEP_1 = (7, -16, -2, -12, -1, 34, 37, 8, 0, 20)
SLEEP_2 = (19, 8, 11, 1, -1, 44, 55, 16, 46, 34)


def sample(values: tuple[int, ...]) -> list[PaidItem]:
    return [PaidItem(unit_id=n, days=value + 20, is_paid=True) for n, value in enumerate(values)]


def test_the_longer_side_is_cut_where_the_shorter_one_ends() -> None:
    found = compare_arms(a=sample(SLEEP_1), b=sample(SLEEP_2), horizon_days=1000)
    assert found.horizon_days == 57
    assert found.verdict is Verdict.NO_DIFFERENCE


def test_the_width_of_welchs_interval() -> None:
    def error(values: tuple[int, ...]) -> Decimal:
        mean = Decimal(sum(values)) / len(values)
        squares = sum(((value - mean) ** 2 for value in values), Decimal(0))
        return (squares / (len(values) - 1) / len(values)).sqrt()

    first, second = error(SLEEP_1), error(SLEEP_2)
    t = (Decimal("7.5") - Decimal("23.3")) / (first**2 + second**2).sqrt()
    assert round(t, 4) == Decimal("-1.8608")
    # df 17.776 is rounded down to 16, whose t is 2.120: a little wider than R's [-33.654832, 2.054832].
    half = half_width(errors=((first, 10), (second, 10)))
    assert Decimal("17.85") < half < Decimal("18.01")


def test_the_jackknife_of_a_plain_mean_is_its_standard_error() -> None:
    values = (5, 9, 12, 20, 20, 31, 33, 40, 41, 60)
    found = compare_arms(a=sample(values), b=sample(values), horizon_days=80)
    mean = Decimal(sum(values)) / 10
    expected = (sum(((value - mean) ** 2 for value in values), Decimal(0)) / 9 / 10).sqrt()
    assert found.a.standard_error is not None
    assert abs(found.a.standard_error - expected) < Decimal("1e-20")
    assert found.difference_days == 0


def test_many_items_of_few_customers_say_little() -> None:
    alike = [PaidItem(unit_id=n % 12, days=20 + 3 * (n % 12), is_paid=True) for n in range(1200)]
    alone = [PaidItem(unit_id=n, days=20 + 3 * (n % 12), is_paid=True) for n in range(1200)]
    together, apart = (compare_arms(a=side, b=side).a.standard_error for side in (alike, alone))
    assert together is not None
    assert apart is not None
    assert together > 8 * apart


def test_a_clear_difference_is_told_and_its_direction() -> None:
    soon = [PaidItem(unit_id=n, days=30 + n % 5, is_paid=True) for n in range(40)]
    late = [PaidItem(unit_id=n, days=40 + n % 5, is_paid=n % 7 > 0) for n in range(40)]
    assert compare_arms(a=soon, b=late).verdict is Verdict.A_SOONER
    found = compare_arms(a=late, b=soon)
    assert found.verdict is Verdict.B_SOONER
    assert found.high is not None
    assert found.high < 0


def test_few_customers_give_no_interval() -> None:
    found = compare_arms(a=sample((1, 2, 3)), b=[])
    assert (found.verdict, found.low, found.b.mean_days) == (Verdict.TOO_FEW, None, None)
    assert compare_arms(a=[], b=[]).verdict is Verdict.TOO_FEW


def test_the_mean_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no item"):
        restricted_mean(items=[], horizon_days=10)


def test_sides_are_even_stable_and_new_for_each_trial() -> None:
    first = split_units(salt="spring", accounts={number: number for number in range(10_000)})
    again = split_units(salt="spring", accounts={number: number for number in range(10_000)})
    other = split_units(salt="autumn", accounts={number: number for number in range(10_000)})
    count = sum(arm is Arm.A for arm in first.values())
    assert first == again
    assert 4_800 < count < 5_200
    assert 4_800 < sum(first[number] is other[number] for number in first) < 5_200


@given(st.text(max_size=20), st.integers(1, 10**9))
def test_all_accounts_of_a_customer_go_to_one_side(salt: str, customer: int) -> None:
    assert len(set(split_units(salt=salt, accounts={1: customer, 2: customer, 3: customer}).values())) == 1
    assert assign_arm(salt=salt, unit_id=customer) in Arm


@given(st.lists(st.tuples(st.integers(0, 200), st.booleans()), min_size=1, max_size=30), st.integers(1, 120))
def test_the_mean_lies_within_the_horizon_and_grows_with_it(days: list[tuple[int, bool]], horizon: int) -> None:
    some = [PaidItem(unit_id=n, days=one, is_paid=paid) for n, (one, paid) in enumerate(days)]
    mean = restricted_mean(items=some, horizon_days=horizon)
    assert 0 <= mean <= horizon
    assert mean <= restricted_mean(items=some, horizon_days=horizon + 10)
