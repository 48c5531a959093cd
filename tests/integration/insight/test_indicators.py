"""The SQL of the indicators against the pure functions, on generated ledgers, for any day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quittance.core.kpis.figures import OpenReceivable, SalesDocument, receivable_totals, sales_months
from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.insight.figures import list_receivables, list_sales, list_totals
from quittance.insight.queries import get_effort, list_histories, list_indicators
from quittance.ledger.models import Allocation, AllocationReversal, OpenItem
from quittance.ledger.queries import GroupBy, aged_balance
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
START = date(2026, 1, 1)
DAY = st.integers(0, 120).map(lambda n: START + timedelta(days=n))
CENTS = st.integers(1, 500_00).map(lambda n: Decimal(n) / 100)


@st.composite
def ledgers(draw: st.DrawFn) -> list[tuple[str, Decimal, date, int]]:
    """Items as (kind, signed amount, document date, days to the due date)."""
    count = draw(st.integers(1, 8))
    items = []
    for _ in range(count):
        kind = draw(st.sampled_from(["INVOICE", "INVOICE", "CREDIT_NOTE", "PAYMENT"]))
        amount = draw(CENTS) * (1 if kind == "INVOICE" else -1)
        items.append((kind, amount, draw(DAY), draw(st.integers(0, 60))))
    return items


def _allocate(debit: OpenItem, credit: OpenItem, share: int, day: date, reversed_after: int | None) -> None:
    debit.refresh_from_db()
    credit.refresh_from_db()
    amount = (min(debit.amount_open, -credit.amount_open) * share / 100).quantize(Decimal("0.01"))
    if amount <= 0:
        return
    # What was undone can be applied again from that day on; earlier, an item would be applied beyond its amount.
    undone = AllocationReversal.objects.filter(
        Q(allocation__debit_item__in=[debit, credit]) | Q(allocation__credit_item__in=[debit, credit])
    ).values_list("effective_date", flat=True)
    effective = max(day, debit.document_date, credit.document_date, *undone)
    allocation = Allocation.objects.create(
        debit_item=debit, credit_item=credit, amount=amount, amount_company_debit=amount,
        amount_company_credit=amount, effective_date=effective, posted_at=clock.now(), origin="RULE",
    )  # fmt: skip
    if reversed_after is not None:
        AllocationReversal.objects.create(
            allocation=allocation, effective_date=effective + timedelta(days=reversed_after), posted_at=clock.now(),
            reason="test",
        )  # fmt: skip


def _open_on(item: OpenItem, as_of: date) -> Decimal:
    """What was open by the slow way: one allocation after another."""
    if item.document_date > as_of:
        return Decimal(0)
    amount = item.amount_original
    sign = 1 if amount > 0 else -1
    for allocation in [*item.allocations_in.all(), *item.allocations_out.all()]:
        if allocation.effective_date <= as_of:
            amount -= sign * allocation.amount
            if hasattr(allocation, "reversal") and allocation.reversal.effective_date <= as_of:
                amount += sign * allocation.amount
    return amount


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ledger=ledgers(), pairs=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(1, 100), DAY,
       st.none() | st.integers(0, 40)), max_size=6), as_of=DAY)  # fmt: skip
def test_totals_equal_the_pure_ones_on_any_day(
    ledger: list[tuple[str, Decimal, date, int]],
    pairs: list[tuple[int, int, int, date, int | None]],
    as_of: date,
    django_db_blocker: object,
) -> None:
    from django.db import transaction

    with transaction.atomic():
        cast = make_cast()
        items = [
            make_item(cast.account, amount, due=day + timedelta(days=wait), issued=day, kind=kind)
            for kind, amount, day, wait in ledger
        ]
        debits = [i for i in items if i.amount_original > 0]
        credit_items = [i for i in items if i.amount_original < 0]
        for d, c, share, day, undone in pairs:
            if debits and credit_items:
                _allocate(debits[d % len(debits)], credit_items[c % len(credit_items)], share, day, undone)
        _compare(items, as_of)
        transaction.set_rollback(True)


def _compare(items: list[OpenItem], as_of: date) -> None:
    opened = [
        OpenReceivable(currency="EUR", amount_open=amount, document_date=item.document_date, due_date=item.due_date)
        for item in items
        if (amount := _open_on(item, as_of)) != 0
    ]
    expected = receivable_totals(items=opened, as_of=as_of, include_factored=False)
    found = list_totals(scope=EVERYTHING, as_of=as_of)
    if not opened:
        assert found == []
    else:
        (totals,) = found
        assert (totals.total, totals.current, totals.overdue, totals.credits, totals.over_91_days) == (
            expected.total, expected.current, expected.overdue, expected.credits, expected.over_91_days,
        )  # fmt: skip
    history = list_receivables(scope=EVERYTHING, days=[as_of - timedelta(days=9), as_of])
    if history:
        last = history["EUR"][-1]
        assert (last.total, last.overdue, last.credits, last.current) == (
            expected.total, expected.overdue, expected.credits, expected.current,
        )  # fmt: skip
    documents = [
        SalesDocument(currency="EUR", amount=i.amount_original, document_date=i.document_date)
        for i in items
        if i.kind in ("INVOICE", "CREDIT_NOTE")
    ]
    by_day = list_sales(scope=EVERYTHING, as_of=as_of).get("EUR", [])
    assert sales_months(documents=by_day, as_of=as_of, months=6, include_factored=False) == sales_months(
        documents=documents, as_of=as_of, months=6, include_factored=False
    )


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_indicators_of_a_simple_quarter(cast: Cast) -> None:
    # 60,000 sold over 90 days, 30,000 still open of which 10,000 late: DSO 45, best possible 30, ADD 15
    as_of = date(2026, 3, 31)
    for day, amount, due in (
        (date(2026, 1, 15), "30000", date(2026, 2, 14)), (date(2026, 2, 10), "10000", date(2026, 3, 12)),
        (date(2026, 3, 20), "20000", date(2026, 4, 19)),
    ):  # fmt: skip
        make_item(cast.account, amount, issued=day, due=due)
    paid = OpenItem.objects.get(amount_original=30000)
    _allocate(paid, make_item(cast.account, "-30000", due=date(2026, 2, 20), issued=date(2026, 2, 20)), 100,
              date(2026, 2, 20), None)  # fmt: skip
    (figures,) = list_indicators(scope=EVERYTHING, as_of=as_of)
    assert figures.dso_simple.value == 45
    assert figures.best_possible_dso.value == 30
    assert figures.average_days_delinquent.value == 15
    assert (figures.totals.total, figures.totals.overdue) == (30000, 10000)


def test_old_credits_never_make_what_is_late_negative(cast: Cast) -> None:
    # 100 owed of which 10 late; an old credit of 60 exceeds what is late, and no share leaves 0 to 100 percent.
    as_of = date(2026, 3, 31)
    make_item(cast.account, "90", issued=date(2026, 3, 20), due=date(2026, 4, 19))
    make_item(cast.account, "10", issued=date(2026, 1, 20), due=date(2026, 2, 19))
    make_item(cast.account, "-60", issued=date(2025, 11, 1), due=date(2025, 11, 1), kind="CREDIT_NOTE")
    (figures,) = list_indicators(scope=EVERYTHING, as_of=as_of)
    totals = figures.totals
    assert (totals.total, totals.owed, totals.overdue, totals.credits, totals.over_91_days) == (40, 100, 10, -60, 0)
    assert (figures.over_91_share.value, figures.current_share.value) == (0, 90)
    assert figures.average_days_delinquent.value == 0
    (row,) = aged_balance(as_of=as_of, scope=EVERYTHING, group_by=GroupBy.COMPANY_CURRENCY).rows
    assert (row.not_due, row.overdue, row.credits + row.unapplied, row.total) == (90, 10, -60, 40)


def test_disputed_counts_only_between_its_days(cast: Cast) -> None:
    from quittance.cases.models import Dispute

    item = make_item(cast.account, "500", issued=date(2026, 1, 1), due=date(2026, 1, 31))
    Dispute.objects.create(
        account=cast.account, item=item, amount_disputed=200, reason_code="PRICE", opened_date=date(2026, 2, 5),
        due_date=date(2026, 2, 20), closed_date=date(2026, 2, 10), outcome="REJECTED", recorded_at=clock.now(),
    )  # fmt: skip
    on = {day: list_totals(scope=EVERYTHING, as_of=date(2026, 2, day))[0].disputed for day in (4, 5, 9, 10)}
    assert on == {4: 0, 5: 200, 9: 200, 10: 0}


def test_factored_items_are_out(cast: Cast) -> None:
    item = make_item(cast.account, "500", issued=date(2026, 1, 1), due=date(2026, 1, 31))
    OpenItem.objects.filter(pk=item.pk).update(is_factored=True)
    assert list_totals(scope=EVERYTHING, as_of=date(2026, 2, 1)) == []
    assert list_sales(scope=EVERYTHING, as_of=date(2026, 2, 1)) == {}


def test_scope_narrows_to_company_and_department(cast: Cast) -> None:
    day = date(2026, 1, 31)
    make_item(cast.account, "100", due=day)
    other = make_account(cast.durand, cast.company, cast.services, number="411DURAND")
    make_item(other, "40", due=day)

    def total(scope: Scope) -> Decimal:
        return sum((t.total for t in list_totals(scope=scope, as_of=day)), Decimal(0))

    ours = frozenset({cast.company.id})
    assert total(Scope(company_ids=ours)) == 140
    assert total(Scope(company_ids=ours, department_id=cast.services.id)) == 40
    assert total(Scope(company_ids=frozenset({cast.other_company.id}))) == 0


def test_companies_of_two_currencies_stay_apart(cast: Cast) -> None:
    day = date(2026, 1, 31)
    make_item(cast.account, "100", due=day)
    from quittance.parties.models import Department

    department = Department.objects.create(company=cast.other_company, code="X", name="X")
    make_item(make_account(cast.durand, cast.other_company, department, number="D"), "70", due=day)
    assert [(t.currency, t.total) for t in list_totals(scope=EVERYTHING, as_of=day)] == [("EUR", 100), ("USD", 70)]


def test_history_ends_on_the_day_itself(cast: Cast) -> None:
    make_item(cast.account, "100", issued=date(2026, 1, 10), due=date(2026, 2, 9))
    (history,) = list_histories(scope=EVERYTHING, as_of=date(2026, 3, 10), months=3)
    assert [m.day.isoformat() for m in history.months] == ["2025-12-31", "2026-01-31", "2026-02-28", "2026-03-10"]
    assert [(m.total, m.overdue) for m in history.months] == [(0, 0), (100, 0), (100, 100), (100, 100)]


def test_no_ledger_gives_no_figures_and_no_effort() -> None:
    assert list_indicators(scope=EVERYTHING, as_of=date(2026, 1, 1)) == []
    effort = get_effort(scope=EVERYTHING, as_of=date(2026, 1, 1))
    assert effort.activity.calls == 0
    assert effort.promises_kept.value is None
