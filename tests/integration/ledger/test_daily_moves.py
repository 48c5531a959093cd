"""What the ledger keeps by day equals what its items say, after any history and any change of facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.insight.figures import list_aged, list_sales
from quittance.ledger.models import Allocation, AllocationReversal, DailyMove, OpenItem
from quittance.ledger.queries import GroupBy, aged_balance
from quittance.ledger.services.daily_moves import fold_daily_moves
from quittance.parties.models import Customer, CustomerAccount
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
START = date(2026, 1, 1)
COLUMNS = (
    "not_due", "due_1_30", "due_31_60", "due_61_90", "due_91_120", "due_over_120", "credits", "unapplied",
)  # fmt: skip


def day(offset: int) -> date:
    return START + timedelta(days=offset)


def check(*scopes: Scope) -> None:
    """The daily sums and the items tell the same of each day."""
    for scope in (EVERYTHING, *scopes):
        for offset in (0, 1, 5, 20, 21, 45, 51, 52, 82, 112, 142, 173, 400):
            as_of = day(offset)
            rows = aged_balance(as_of=as_of, scope=scope, group_by=GroupBy.COMPANY_CURRENCY).rows
            expected = {row.currency: [getattr(row, name) for name in COLUMNS] for row in rows}
            found = list_aged(scope=scope, as_of=as_of)
            assert {row.currency: [getattr(row, name) for name in COLUMNS] for row in found} == expected, (scope, as_of)


def allocate(debit: OpenItem, credit: OpenItem, amount: str, on: date, *, undone: date | None = None) -> None:
    allocation = Allocation.objects.create(
        debit_item=debit, credit_item=credit, amount=Decimal(amount), amount_company_debit=Decimal(amount),
        amount_company_credit=Decimal(amount), effective_date=on, posted_at=clock.now(), origin="RULE",
    )  # fmt: skip
    if undone:
        AllocationReversal.objects.create(
            allocation=allocation, effective_date=undone, posted_at=clock.now(), reason="law"
        )


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def invoice(cast: Cast) -> OpenItem:
    """An invoice, partly paid before its own date, partly paid late, with one payment taken back."""
    invoice = make_item(cast.account, "500", issued=day(5), due=day(20))
    payment = make_item(cast.account, "-300", issued=day(1), due=day(1), kind="PAYMENT")
    note = make_item(cast.account, "-40", issued=day(30), due=day(30), kind="CREDIT_NOTE")
    allocate(invoice, payment, "100", day(2))
    allocate(invoice, payment, "150", day(45), undone=day(60))
    allocate(invoice, note, "40", day(50))
    return invoice


CHANGES: dict[str, Callable[[Cast, OpenItem], object]] = {
    "nothing": lambda cast, item: None,
    "due later": lambda cast, item: changed(item, due_date=day(70)),
    "dated later": lambda cast, item: changed(item, document_date=day(9)),
    "amount": lambda cast, item: changed(item, amount_original=Decimal(450), amount_company=Decimal(450)),
    "kind": lambda cast, item: changed(item, kind="ADJUSTMENT"),
    "department": lambda cast, item: CustomerAccount.objects.filter(id=item.account_id).update(
        department=cast.services
    ),
    "a reason for its delay": lambda cast, item: OpenItem.objects.filter(id=item.id).update(delay_reason_code="PRICE"),
}


def changed(item: OpenItem, **facts: object) -> None:
    OpenItem.objects.filter(id=item.id).update(version=item.version + 1, **facts)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_takes_the_whole_history_along(
    cast: Cast, invoice: OpenItem, change: Callable[[Cast, OpenItem], object]
) -> None:
    neighbour = Customer.objects.create(number="C0002", name="Neighbour", country="FR")
    other = make_account(neighbour, cast.company, cast.services, number="411NEIGHBOUR")
    make_item(other, "70", issued=day(3), due=day(3))
    change(cast, invoice)
    ours = frozenset({cast.company.id})
    scopes = [Scope(company_ids=ours, department_id=one.id) for one in (cast.department, cast.services)]
    check(*scopes, Scope(company_ids=frozenset()))
    fold_daily_moves()
    check(*scopes)


def test_sales_follow_the_facts(cast: Cast, invoice: OpenItem) -> None:
    def sales() -> dict[date, Decimal]:
        return {one.document_date: one.amount for one in list_sales(scope=EVERYTHING, as_of=day(99)).get("EUR", [])}

    assert sales() == {day(5): 500, day(30): -40}
    changed(invoice, document_date=day(9), amount_original=Decimal(450), amount_company=Decimal(450))
    assert sales() == {day(9): 450, day(30): -40}
    OpenItem.objects.filter(id=invoice.id).update(is_factored=True)
    assert sales() == {day(30): -40}


def test_folding_leaves_one_row_of_a_key(cast: Cast, invoice: OpenItem) -> None:
    make_item(cast.account, "500", issued=day(5), due=day(20))
    changed(invoice, due_date=day(70))
    assert fold_daily_moves() > 0
    keys = list(
        DailyMove.objects.values_list("company_id", "department_id", "currency", "is_factored", "measure", "day")
    )
    assert len(keys) == len(set(keys))
    assert not DailyMove.objects.filter(amount=0).exists()
    assert fold_daily_moves() == 0
    check()


steps = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 2), st.integers(1, 4000), st.integers(0, 60), st.none() | st.integers(0, 40)
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=steps, is_folded=st.booleans())
def test_any_history_adds_up_by_day(
    cast: Cast, steps: list[tuple[int, int, int, int, int | None]], is_folded: bool
) -> None:
    debits = [make_item(cast.account, "50.01", issued=day(n), due=day(20 + n)) for n in range(3)]
    kinds = ("PAYMENT", "CREDIT_NOTE", "PAYMENT")
    given_ = [make_item(cast.account, "-33.34", issued=day(5), due=day(5), kind=kind) for kind in kinds]
    free_from = dict.fromkeys(product(range(3), (0, 1)), START)
    for debit, credit, cents, offset, wait in steps:
        debits[debit].refresh_from_db()
        given_[credit].refresh_from_db()
        amount = min(Decimal(cents) / 100, debits[debit].amount_open, -given_[credit].amount_open)
        if amount > 0:
            on = max(day(offset), free_from[debit, 0], free_from[credit, 1])
            undone = on + timedelta(days=wait) if wait is not None else None
            allocate(debits[debit], given_[credit], str(amount), on, undone=undone)
            # What was undone can be applied again from that day on; earlier, it would be applied beyond its amount.
            for key in ((debit, 0), (credit, 1)):
                free_from[key] = max(free_from[key], undone or START)
    if is_folded:
        fold_daily_moves()
    check()


def test_many_statements_at_once_stay_few_rows(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_dailymove")
        before = cursor.fetchone()[0]
    items = [
        OpenItem(
            account=cast.account, kind="INVOICE", document_number=f"M{n}", document_date=day(1), posting_date=day(1),
            due_date=day(31), currency="EUR", amount_original=10, amount_open=10, company_currency="EUR",
            amount_company=10, amount_company_open=10, source="T", external_id=f"M{n}", payload_hash="",
            recorded_at=clock.now(),
        )
        for n in range(200)
    ]  # fmt: skip
    OpenItem.objects.bulk_create(items)
    # One statement, one day and one due date: six measures of what is owed, and the sales.
    assert DailyMove.objects.count() - before == 7
