"""Effectiveness, lateness, disputes, promises and hit rates: edge rules and laws."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.kpis import (
    KpiReason,
    KpiResult,
    Settlement,
    collection_effectiveness_pct,
    current_pct,
    days_deductions_outstanding,
    days_late_weighted,
    days_to_resolve,
    disputed_pct,
    hours_to_post,
    item_hit_pct,
    mean_delay_days,
    over_91_days_pct,
    payment_hit_pct,
    promises_kept_pct,
    right_party_contact_pct,
    straight_through_pct,
    unapplied_cash_pct,
    wrong_match_pct,
)
from quittance.core.money import MixedCurrencies

AMOUNTS = st.decimals(0, 10**9, places=2)
DUE = date(2026, 3, 31)


def cei(begin: str, sales: str, end: str, current: str, units: int = 1) -> KpiResult:
    return collection_effectiveness_pct(
        ar_begin=Decimal(begin),
        credit_sales=Decimal(sales),
        ar_end=Decimal(end),
        ar_end_current=Decimal(current),
        period_units=units,
    )


def paid(amount: str, delay: int, *, currency: str = "EUR", due: date = DUE) -> Settlement:
    return Settlement(
        currency=currency, amount_paid=Decimal(amount), due_date=due, paid_date=due + timedelta(days=delay)
    )


class TestEffectiveness:
    @pytest.mark.parametrize(
        ("figures", "value"),
        [
            (("400", "200", "100", "100"), "100"),
            (("400", "200", "300", "100"), "60"),
            (("400", "200", "600", "100"), "0"),
            (("400", "200", "700", "100"), "-20"),
            (("400", "600", "300", "100", 3), "60"),
            (("0", "200", "100", "0"), "50"),
        ],
    )
    def test_value(self, figures: tuple[str, ...], value: str) -> None:
        assert cei(*figures).value == Decimal(value)  # type: ignore[arg-type]

    @pytest.mark.parametrize("figures", [("0", "0", "0", "0"), ("100", "50", "150", "150"), ("0", "0", "9", "9")])
    def test_nothing_could_be_collected(self, figures: tuple[str, ...]) -> None:
        assert cei(*figures).reason is KpiReason.NOTHING_TO_COLLECT  # type: ignore[arg-type]

    def test_a_period_has_a_unit(self) -> None:
        with pytest.raises(ValueError, match="period"):
            cei("1", "1", "1", "1", 0)

    @given(AMOUNTS, AMOUNTS, AMOUNTS, st.integers(1, 12))
    def test_all_collected_is_a_hundred_percent(
        self, begin: Decimal, sales: Decimal, current: Decimal, units: int
    ) -> None:
        found = collection_effectiveness_pct(
            ar_begin=begin,
            credit_sales=sales,
            ar_end=current,
            ar_end_current=current,
            period_units=units,
        )
        assert found.value == 100 or found.reason is KpiReason.NOTHING_TO_COLLECT


class TestShares:
    @pytest.mark.parametrize(
        "share",
        [
            lambda part, total: current_pct(ar_current=part, ar_total=total),
            lambda part, total: over_91_days_pct(ar_over_91_days=part, ar_total=total),
            lambda part, total: disputed_pct(disputed=part, ar_total=total),
        ],
    )
    def test_of_receivables(self, share: Callable[[Decimal, Decimal], KpiResult]) -> None:
        assert share(Decimal(1), Decimal(8)).value == Decimal("12.5")
        assert share(Decimal(0), Decimal(8)).value == 0
        assert share(Decimal(0), Decimal(0)).reason is KpiReason.NO_RECEIVABLES
        assert share(Decimal(1), Decimal(-8)).reason is KpiReason.CREDIT_BALANCE

    @given(AMOUNTS, AMOUNTS)
    def test_current_and_overdue_make_a_hundred(self, current: Decimal, overdue: Decimal) -> None:
        total = current + overdue
        one = current_pct(ar_current=current, ar_total=total).value
        other = current_pct(ar_current=overdue, ar_total=total).value
        if one is None or other is None:
            assert total == 0
        else:
            assert abs(one + other - 100) < Decimal("1e-25")

    @pytest.mark.parametrize(
        "rate",
        [
            lambda part, whole: payment_hit_pct(payments_matched_untouched=part, payments=whole),
            lambda part, whole: item_hit_pct(items_matched_untouched=part, items=whole),
            lambda part, whole: straight_through_pct(transactions_untouched=part, transactions=whole),
            lambda part, whole: wrong_match_pct(matches_reversed_as_wrong=part, matches=whole),
            lambda part, whole: right_party_contact_pct(right_party_calls=part, calls=whole),
        ],
    )
    def test_of_counts(self, rate: Callable[[int, int], KpiResult]) -> None:
        assert rate(1, 8).value == Decimal("12.5")
        assert rate(0, 8).value == 0
        assert rate(8, 8).value == 100
        assert rate(0, 0).reason is KpiReason.NO_DATA
        for part, whole in ((9, 8), (-1, 8), (1, 0)):
            with pytest.raises(ValueError, match="share"):
                rate(part, whole)

    def test_without_a_denominator(self) -> None:
        assert promises_kept_pct(kept_amount=Decimal(0), promised_amount=Decimal(0)).reason is KpiReason.NO_DATA
        assert unapplied_cash_pct(unapplied_cash=Decimal(0), cash_received=Decimal(0)).reason is KpiReason.NO_DATA
        found = days_deductions_outstanding(open_deductions=Decimal(5), deductions_taken=Decimal(0), period_days=90)
        assert found.reason is KpiReason.NO_DATA


class TestLateness:
    def test_weighted_by_amount_and_never_negative(self) -> None:
        assert days_late_weighted(settlements=[paid("100", 10), paid("300", 20)]).value == Decimal("17.5")
        assert days_late_weighted(settlements=[paid("100", 10), paid("100", -10)]).value == 5
        assert days_late_weighted(settlements=[]).reason is KpiReason.NO_DATA

    def test_several_currencies_must_be_converted_first(self) -> None:
        with pytest.raises(MixedCurrencies):
            days_late_weighted(settlements=[paid("100", 10), paid("100", 10, currency="USD")])

    @given(st.lists(st.tuples(st.decimals("0.01", 10**6, places=2), st.integers(-90, 400)), min_size=1, max_size=9))
    def test_weighted_mean_lies_between_the_extremes(self, rows: list[tuple[Decimal, int]]) -> None:
        found = days_late_weighted(settlements=[paid(str(amount), delay) for amount, delay in rows]).value
        late = [max(delay, 0) for _amount, delay in rows]
        assert found is not None
        assert min(late) <= found <= max(late)

    @pytest.mark.parametrize(
        ("paid_dates", "value"),
        [
            ([date(2026, 9, 30)], "10"),
            ([date(2026, 3, 31)], "10"),
            ([date(2026, 3, 30)], None),
            ([date(2026, 10, 1)], None),
            ([date(2026, 3, 31), date(2026, 3, 30), date(2026, 10, 1)], "10"),
            ([], None),
        ],
    )
    def test_mean_delay_looks_back_six_months(self, paid_dates: list[date], value: str | None) -> None:
        settlements = [
            Settlement(currency="EUR", amount_paid=Decimal(1), due_date=day - timedelta(days=10), paid_date=day)
            for day in paid_dates
        ]
        found = mean_delay_days(settlements=settlements, as_of=date(2026, 9, 30))
        assert found.value == (None if value is None else Decimal(value))
        assert (found.reason is KpiReason.NO_DATA) == (value is None)

    def test_mean_delay_counts_early_payments_with_their_minus(self) -> None:
        settlements = [paid("999", -10), paid("1", 4)]
        assert mean_delay_days(settlements=settlements, as_of=DUE + timedelta(days=10)).value == -3


class TestTimes:
    def test_days_to_resolve(self) -> None:
        assert days_to_resolve(disputes=[(DUE, DUE)]).value == 0
        assert days_to_resolve(disputes=[]).reason is KpiReason.NO_DATA
        with pytest.raises(ValueError, match="before"):
            days_to_resolve(disputes=[(DUE, DUE - timedelta(days=1))])

    def test_hours_to_post(self) -> None:
        start = datetime(2026, 1, 5, 6, tzinfo=UTC)
        assert hours_to_post(postings=[]).reason is KpiReason.NO_DATA
        assert hours_to_post(postings=[(start, start + timedelta(minutes=20))]).rounded(4) == Decimal("0.3333")
