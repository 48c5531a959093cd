"""Sums behind the indicators, provision and concentration: currencies, factoring, edges."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.ageing import STANDARD_BUCKETS, AgedAmount, AgedBalance, AgeingItem, age
from quittance.core.kpis import (
    CustomerBalance,
    KpiReason,
    MissingProvisionRate,
    OpenReceivable,
    SalesDocument,
    concentration_index,
    dso_count_back_days,
    months_back,
    provision_amount,
    provision_lines,
    receivable_totals,
    sales_months,
    top_customers_pct,
)
from quittance.core.money import MixedCurrencies

AS_OF = date(2026, 3, 31)
RATES = {bucket.code: Decimal(rate) for bucket, rate in zip(STANDARD_BUCKETS, (0, 1, 5, 10, 25, 50), strict=True)}


def receivable(
    amount: str, days_late: int, *, currency: str = "EUR", disputed: str = "0", is_factored: bool = False
) -> OpenReceivable:
    due = AS_OF - timedelta(days=days_late)
    return OpenReceivable(
        currency=currency,
        amount_open=Decimal(amount),
        document_date=due - timedelta(days=30),
        due_date=due,
        amount_disputed=Decimal(disputed),
        is_factored=is_factored,
    )


def sale(amount: str, issued: date, *, currency: str = "EUR", is_factored: bool = False) -> SalesDocument:
    return SalesDocument(currency=currency, amount=Decimal(amount), document_date=issued, is_factored=is_factored)


RECEIVABLES = st.lists(
    st.builds(
        receivable,
        st.decimals(-(10**6), 10**6, places=2).map(str),
        st.integers(-200, 400),
        is_factored=st.booleans(),
    ),
    max_size=20,
)


class TestReceivableTotals:
    def test_at_the_edges(self) -> None:
        items = [
            receivable("1", 0),
            receivable("2", 1, disputed="1.5"),
            receivable("4", 90),
            receivable("8", 91),
            receivable("-16", 5),
        ]
        totals = receivable_totals(items=items, as_of=AS_OF, include_factored=False)
        assert (totals.currency, totals.total, totals.current) == ("EUR", -1, 1)
        assert (totals.overdue, totals.over_91_days, totals.disputed) == (14, 8, Decimal("1.5"))
        assert (totals.credits, totals.owed, totals.current_net) == (-16, 15, -1)

    def test_nothing_open(self) -> None:
        totals = receivable_totals(items=[], as_of=AS_OF, include_factored=True)
        assert (totals.currency, totals.total, totals.disputed) == (None, 0, 0)

    def test_factored_invoices_are_out_unless_asked_for(self) -> None:
        items = [receivable("10", 5), receivable("90", 5, is_factored=True)]
        assert receivable_totals(items=items, as_of=AS_OF, include_factored=False).total == 10
        assert receivable_totals(items=items, as_of=AS_OF, include_factored=True).total == 100

    def test_several_currencies_must_be_converted_first(self) -> None:
        items = [receivable("10", 5), receivable("90", 5, currency="USD")]
        with pytest.raises(MixedCurrencies, match="EUR, USD"):
            receivable_totals(items=items, as_of=AS_OF, include_factored=False)

    @given(RECEIVABLES)
    def test_agree_with_the_aged_balance(self, items: list[OpenReceivable]) -> None:
        totals = receivable_totals(items=items, as_of=AS_OF, include_factored=True)
        assert totals.owed + totals.credits == totals.total == sum(item.amount_open for item in items)
        assert 0 <= totals.over_91_days <= totals.overdue <= totals.owed
        debits = [item for item in items if item.amount_open > 0]
        if debits:
            aged = age(
                [
                    AgeingItem(currency=item.currency, amount_open=item.amount_open, due_date=item.due_date)
                    for item in debits
                ],
                AS_OF,
            )["EUR"]
            own = receivable_totals(items=debits, as_of=AS_OF, include_factored=True)
            assert (own.current, own.overdue) == (aged.amount("NOT_DUE"), aged.overdue)
            assert own.over_91_days == aged.amount("D91_120") + aged.amount("OVER_120")


class TestSalesMonths:
    def test_net_sales_by_month_up_to_the_day(self) -> None:
        documents = [
            sale("100", date(2026, 3, 1)),
            sale("-30", date(2026, 3, 10)),
            sale("999", date(2026, 3, 11)),
            sale("50", date(2026, 1, 31)),
            sale("7", date(2025, 12, 31)),
            sale("1", date(2026, 2, 1), is_factored=True),
        ]
        found = sales_months(documents=documents, as_of=date(2026, 3, 10), months=3, include_factored=False)
        assert [(each.first_date, each.days, each.amount) for each in found] == [
            (date(2026, 3, 1), 10, Decimal(70)),
            (date(2026, 2, 1), 28, Decimal(0)),
            (date(2026, 1, 1), 31, Decimal(50)),
        ]
        with_factored = sales_months(documents=documents, as_of=date(2026, 3, 10), months=3, include_factored=True)
        assert with_factored[1].amount == 1
        assert dso_count_back_days(ar_end=Decimal(95), months=found).rounded(1) == Decimal("53.5")

    def test_several_currencies_must_be_converted_first(self) -> None:
        documents = [sale("1", AS_OF), sale("1", AS_OF, currency="USD")]
        with pytest.raises(MixedCurrencies):
            sales_months(documents=documents, as_of=AS_OF, months=1, include_factored=False)

    @given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(0, 40))
    def test_months_follow_one_another(self, as_of: date, months: int) -> None:
        found = months_back(as_of=as_of, months=months)
        assert len(found) == months
        day = as_of
        for first, days in found:
            assert first + timedelta(days=days - 1) == day
            day = first - timedelta(days=1)


class TestProvision:
    def test_each_bucket_at_its_rate(self) -> None:
        items = [
            AgeingItem(currency="EUR", amount_open=Decimal(amount), due_date=AS_OF - timedelta(days=days))
            for amount, days in [("100.00", 0), ("33.33", 1), ("10.00", 45), ("10.00", 121), ("-500.00", 1)]
        ]
        balance = age(items, AS_OF)["EUR"]
        lines = provision_lines(balance=balance, rates_pct=RATES)
        assert [str(line.provision) for line in lines] == ["0.00", "0.33", "0.50", "0.00", "0.00", "5.00"]
        assert str(provision_amount(balance=balance, rates_pct=RATES).value) == "5.83"

    def test_a_rate_is_missing(self) -> None:
        balance = age([AgeingItem(currency="EUR", amount_open=Decimal(1), due_date=AS_OF)], AS_OF)["EUR"]
        with pytest.raises(MissingProvisionRate, match="NOT_DUE"):
            provision_amount(balance=balance, rates_pct={})

    @given(st.lists(st.decimals(0, 10**9, places=2), min_size=6, max_size=6))
    def test_lines_add_up_and_never_exceed_what_is_open(self, amounts: list[Decimal]) -> None:
        balance = AgedBalance(
            currency="EUR",
            buckets=tuple(
                AgedAmount(bucket=bucket, amount=amount, item_count=1)
                for bucket, amount in zip(STANDARD_BUCKETS, amounts, strict=True)
            ),
            credits=Decimal(0),
            unapplied_cash=Decimal(0),
        )
        lines = provision_lines(balance=balance, rates_pct=RATES)
        assert sum(line.provision for line in lines) == provision_amount(balance=balance, rates_pct=RATES).value
        assert all(0 <= line.provision <= line.amount_open for line in lines)


def owed(*amounts: int | Decimal) -> list[CustomerBalance]:
    return [
        CustomerBalance(customer=f"C{number}", currency="EUR", amount=Decimal(amount))
        for number, amount in enumerate(amounts)
    ]


class TestConcentration:
    def test_nobody_owes(self) -> None:
        for balances in ([], owed(0, -5)):
            assert top_customers_pct(balances=balances, top=5).reason is KpiReason.NO_RECEIVABLES
            assert concentration_index(balances=balances).reason is KpiReason.NO_RECEIVABLES

    def test_lines_of_one_customer_count_together(self) -> None:
        balances = [*owed(40, 60), CustomerBalance(customer="C0", currency="EUR", amount=Decimal(100))]
        assert top_customers_pct(balances=balances, top=1).value == 70

    def test_several_currencies_must_be_converted_first(self) -> None:
        balances = [*owed(40), CustomerBalance(customer="C0", currency="USD", amount=Decimal(100))]
        with pytest.raises(MixedCurrencies):
            top_customers_pct(balances=balances, top=1)
        with pytest.raises(MixedCurrencies):
            concentration_index(balances=balances)

    @given(st.lists(st.decimals("0.01", 10**9, places=2), min_size=1, max_size=20))
    def test_bounds(self, amounts: list[Decimal]) -> None:
        balances = owed(*amounts)
        index = concentration_index(balances=balances).rounded(20)
        assert index is not None
        assert round(Decimal(10_000) / len(amounts), 15) <= index + Decimal("1e-12") <= 10_001
        shares = [top_customers_pct(balances=balances, top=top).rounded(20) for top in range(1, len(amounts) + 1)]
        assert shares == sorted(shares, key=lambda share: share or 0)
        assert shares[-1] == 100
