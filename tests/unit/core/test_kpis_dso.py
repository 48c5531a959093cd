"""The days-of-sales family: worked checks are doctests; here are the edge rules and the laws."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.kpis import (
    KpiReason,
    KpiResult,
    OpenReceivable,
    SalesMonth,
    average_days_delinquent,
    best_possible_dso_days,
    dso_count_back_days,
    dso_rolling_days,
    dso_simple_days,
    receivables_turnover,
    true_dso_days,
    turnover_days,
)
from quittance.core.money import MixedCurrencies

AMOUNTS = st.decimals("0.01", 10**9, places=2)
RECEIVABLES = st.decimals(0, 10**9, places=2)
AS_OF = date(2026, 3, 31)


def months(*amounts: str | int) -> list[SalesMonth]:
    """Return months of 30 days, latest first."""
    firsts = [date(2026, 12 - back, 1) for back in range(len(amounts))]
    return [
        SalesMonth(first_date=first, days=30, amount=Decimal(amount))
        for first, amount in zip(firsts, amounts, strict=True)
    ]


def invoice(amount: str, issued: date, *, currency: str = "EUR", is_factored: bool = False) -> OpenReceivable:
    return OpenReceivable(
        currency=currency,
        amount_open=Decimal(amount),
        document_date=issued,
        due_date=issued + timedelta(days=30),
        is_factored=is_factored,
    )


class TestResult:
    def test_has_a_value_or_a_reason(self) -> None:
        with pytest.raises(ValueError, match="a value or a reason"):
            KpiResult()
        with pytest.raises(ValueError, match="a value or a reason"):
            KpiResult(value=Decimal(1), reason=KpiReason.NO_DATA)
        with pytest.raises(ValueError, match="lower bound"):
            KpiResult(reason=KpiReason.NO_DATA, at_least=True)

    def test_rounds_half_up_or_stays_unknown(self) -> None:
        assert KpiResult(value=Decimal("68.25")).rounded(1) == Decimal("68.3")
        assert KpiResult(reason=KpiReason.NO_SALES).rounded(1) is None


class TestSimple:
    @pytest.mark.parametrize(
        ("ar_end", "sales", "reason"),
        [
            ("100", "0", KpiReason.NO_SALES),
            ("0", "0", KpiReason.NO_SALES),
            ("100", "-5", KpiReason.NO_SALES),
            ("-0.01", "100", KpiReason.CREDIT_BALANCE),
            ("-1", "0", KpiReason.CREDIT_BALANCE),
        ],
    )
    def test_no_value_but_a_reason(self, ar_end: str, sales: str, reason: KpiReason) -> None:
        for found in (
            dso_simple_days(ar_end=Decimal(ar_end), credit_sales=Decimal(sales), period_days=90),
            best_possible_dso_days(ar_current=Decimal(ar_end), credit_sales=Decimal(sales), period_days=90),
        ):
            assert (found.value, found.reason, found.at_least) == (None, reason, False)

    def test_nothing_owed_is_zero_days(self) -> None:
        found = dso_simple_days(ar_end=Decimal(0), credit_sales=Decimal(100), period_days=90)
        assert found == KpiResult(value=Decimal(0))

    @given(RECEIVABLES, RECEIVABLES, AMOUNTS, st.integers(1, 366))
    def test_is_linear_in_receivables(self, one: Decimal, other: Decimal, sales: Decimal, days: int) -> None:
        def dso(ar_end: Decimal) -> Decimal:
            found = dso_simple_days(ar_end=ar_end, credit_sales=sales, period_days=days).value
            assert found is not None
            return found

        assert abs(dso(one + other) - (dso(one) + dso(other))) <= dso(one + other) * Decimal("1e-24")

    @given(RECEIVABLES, AMOUNTS, st.integers(1, 366), st.integers(2, 1000))
    def test_does_not_depend_on_the_unit(self, ar_end: Decimal, sales: Decimal, days: int, unit: int) -> None:
        small = dso_simple_days(ar_end=ar_end, credit_sales=sales, period_days=days)
        large = dso_simple_days(ar_end=ar_end * unit, credit_sales=sales * unit, period_days=days)
        assert small.rounded(20) == large.rounded(20)


class TestRolling:
    @pytest.mark.parametrize(("window", "days"), [(3, 91), (6, 182), (12, 365)])
    def test_window(self, window: int, days: int) -> None:
        sales = [Decimal(100)] * window + [Decimal(9999)]
        found = dso_rolling_days(ar_end=Decimal(100 * window), monthly_sales=sales, months=window)
        assert found.value == days

    def test_history_shorter_than_the_window(self) -> None:
        found = dso_rolling_days(ar_end=Decimal(1), monthly_sales=[Decimal(1)] * 5, months=6)
        assert found.reason is KpiReason.HISTORY_TOO_SHORT

    def test_no_sales_in_the_window(self) -> None:
        sales = [Decimal(0), Decimal(10), Decimal(-10), Decimal(500)]
        found = dso_rolling_days(ar_end=Decimal(1), monthly_sales=sales, months=3)
        assert found.reason is KpiReason.NO_SALES

    def test_another_window_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="3, 6 or 12"):
            dso_rolling_days(ar_end=Decimal(1), monthly_sales=[Decimal(1)] * 4, months=4)


class TestCountBack:
    @pytest.mark.parametrize(
        ("ar_end", "sales", "days", "at_least"),
        [
            ("0", [100], "0", False),
            ("0", [0], "0", False),
            ("50", [100, 100], "15", False),
            ("100", [100, 100], "30", False),
            ("100.00", [100, 0], "30", False),
            ("150", [100, 0, 100], "75", False),
            ("150", [100, -50, 100], "90", False),
            ("150", [0, 0, 300], "75", False),
            ("250", [100, 100], "60", True),
            ("1", [0, 0], "60", True),
        ],
    )
    def test_month_by_month(self, ar_end: str, sales: list[int], days: str, at_least: bool) -> None:
        found = dso_count_back_days(ar_end=Decimal(ar_end), months=months(*sales))
        assert (found.value, found.at_least) == (Decimal(days), at_least)

    def test_no_value_but_a_reason(self) -> None:
        assert dso_count_back_days(ar_end=Decimal(-1), months=months(5)).reason is KpiReason.CREDIT_BALANCE
        assert dso_count_back_days(ar_end=Decimal(1), months=[]).reason is KpiReason.NO_SALES

    @given(RECEIVABLES, RECEIVABLES, st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
    def test_more_receivables_are_never_fewer_days(self, one: Decimal, more: Decimal, sales: list[int]) -> None:
        few = dso_count_back_days(ar_end=one, months=months(*sales))
        many = dso_count_back_days(ar_end=one + more, months=months(*sales))
        assert few.value is not None
        assert many.value is not None
        assert few.value <= many.value <= 30 * len(sales)
        assert few.at_least <= many.at_least

    @given(st.integers(0, 365), st.integers(1, 1000), st.integers(1, 12))
    def test_even_sales_count_back_to_the_day(self, days: int, sales_per_day: int, month: int) -> None:
        firsts = [date(2024 - (back > month - 1), (month - 1 - back) % 12 + 1, 1) for back in range(13)]
        lengths = [monthrange(first.year, first.month)[1] for first in firsts]
        even = [
            SalesMonth(first_date=first, days=length, amount=Decimal(sales_per_day * length))
            for first, length in zip(firsts, lengths, strict=True)
        ]
        found = dso_count_back_days(ar_end=Decimal(sales_per_day * days), months=even)
        assert (found.rounded(20), found.at_least) == (days, False)

    def test_a_month_without_days_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="one day"):
            SalesMonth(first_date=date(2026, 1, 1), days=0, amount=Decimal(1))


class TestTrue:
    SALES = (
        SalesMonth(first_date=date(2026, 3, 1), days=31, amount=Decimal(1_000)),
        SalesMonth(first_date=date(2026, 2, 1), days=28, amount=Decimal(400)),
    )

    def days(self, *items: OpenReceivable, include_factored: bool = False) -> KpiResult:
        return true_dso_days(items=items, sales=self.SALES, as_of=AS_OF, include_factored=include_factored)

    def test_each_invoice_against_its_month(self) -> None:
        found = self.days(invoice("500", date(2026, 3, 1)), invoice("100", date(2026, 2, 19)))
        assert found.value == 15 + 10

    def test_credits_do_not_count(self) -> None:
        assert self.days(invoice("500", date(2026, 3, 1)), invoice("-400", date(2026, 2, 1))).value == 15

    def test_nothing_open_is_zero_days(self) -> None:
        assert self.days().value == 0

    def test_a_month_without_sales(self) -> None:
        assert self.days(invoice("500", date(2026, 1, 1))).reason is KpiReason.NO_SALES

    def test_factored_invoices_count_only_when_asked_for(self) -> None:
        items = (
            invoice("500", date(2026, 3, 1)),
            invoice("500", date(2026, 3, 1), is_factored=True, currency="USD"),
        )
        assert self.days(*items).value == 15
        with pytest.raises(MixedCurrencies):
            self.days(*items, include_factored=True)


class TestDelinquencyAndTurnover:
    def test_the_reason_of_either_part_is_kept(self) -> None:
        some = KpiResult(value=Decimal(10))
        for reason in (KpiReason.NO_SALES, KpiReason.CREDIT_BALANCE):
            none = KpiResult(reason=reason)
            assert average_days_delinquent(dso=none, best_possible_dso=some).reason is reason
            assert average_days_delinquent(dso=some, best_possible_dso=none).reason is reason

    def test_a_lower_bound_stays_one(self) -> None:
        found = average_days_delinquent(
            dso=KpiResult(value=Decimal(90), at_least=True), best_possible_dso=KpiResult(value=Decimal(30))
        )
        assert found == KpiResult(value=Decimal(60), at_least=True)

    @pytest.mark.parametrize(
        ("sales", "begin", "end", "reason"),
        [
            ("100", "0", "0", KpiReason.NO_RECEIVABLES),
            ("100", "5", "-10", KpiReason.CREDIT_BALANCE),
            ("-100", "5", "10", KpiReason.NO_SALES),
        ],
    )
    def test_turnover_without_value(self, sales: str, begin: str, end: str, reason: KpiReason) -> None:
        found = receivables_turnover(credit_sales=Decimal(sales), ar_begin=Decimal(begin), ar_end=Decimal(end))
        assert found.reason is reason
        assert turnover_days(turnover=found, period_days=365).reason is reason

    def test_no_turn_takes_no_known_time(self) -> None:
        none = receivables_turnover(credit_sales=Decimal(0), ar_begin=Decimal(1), ar_end=Decimal(1))
        assert none.value == 0
        assert turnover_days(turnover=none, period_days=365).reason is KpiReason.NO_SALES

    @given(AMOUNTS, AMOUNTS, st.integers(1, 366))
    def test_days_of_a_turn_are_the_dso_of_steady_receivables(self, ar: Decimal, sales: Decimal, days: int) -> None:
        turnover = receivables_turnover(credit_sales=sales, ar_begin=ar, ar_end=ar)
        turn = turnover_days(turnover=turnover, period_days=days)
        dso = dso_simple_days(ar_end=ar, credit_sales=sales, period_days=days)
        assert turn.value is not None
        assert dso.value is not None
        assert abs(turn.value - dso.value) <= dso.value * Decimal("1e-30")
