"""Laws over random histories: open = original - allocations, any day; SQL ages as `core.ageing` does."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quittance.core import terms as core_terms
from quittance.core.ageing import AgeingBasis, AgeingItem, age
from quittance.core.currencies import KNOWN_EXPONENTS
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger import queries, services
from quittance.ledger.models import Allocation, AllocationReversal, OpenItem
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
START = date(2026, 1, 1)
ALICE = Actor(label="Alice")
FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def day(offset: int) -> date:
    return START + timedelta(days=offset)


def open_then(item: OpenItem, on: date, allocations: list[Allocation], reversed_on: dict[int, date]) -> Decimal:
    """What was open by the definition, without a shortcut."""
    if item.document_date > on:
        return Decimal(0)
    held = [
        row
        for row in allocations
        if row.effective_date <= on and (row.id not in reversed_on or reversed_on[row.id] > on)
    ]
    taken = sum((row.amount for row in held if row.debit_item_id == item.id), Decimal(0))
    given_ = sum((row.amount for row in held if row.credit_item_id == item.id), Decimal(0))
    return item.amount_original - taken + given_


steps = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(1, 8000),
        st.integers(0, 60),
        st.booleans(),
    ),
    max_size=14,
)


@FEW
@given(steps=steps, base=st.integers(0, 10_000_000))
def test_any_history_adds_up_on_any_day(cast: Cast, steps: list[Any], base: int) -> None:
    account = make_account(
        type(cast.durand).objects.create(number=f"H{base}-{id(steps)}", name="H"),
        cast.company,
        cast.department,
        number=f"H{base}-{id(steps)}",
    )
    debits = [make_item(account, "50.01", due=day(20 + n), issued=day(n)) for n in range(4)]
    credits_ = [make_item(account, "-33.34", due=day(5 + n), issued=day(5 + n)) for n in range(4)]
    done: list[int] = []
    for debit, credit, cents, offset, is_reversal in steps:
        if is_reversal and done:
            row = Allocation.objects.get(id=done.pop())
            services.reverse_allocation(
                allocation_id=row.id,
                effective_date=max(row.effective_date, day(offset)),
                reason="law",
                actor=ALICE,
            )
            continue
        with contextlib.suppress(services.AllocationExceedsOpenAmount):
            done.append(
                services.allocate(
                    debit_item_id=debits[debit].id,
                    credit_item_id=credits_[credit].id,
                    amount=Decimal(cents) / 100,
                    effective_date=day(offset),
                    actor=ALICE,
                )
            )
    check_every_day(account.id, cast)


def check_every_day(account_id: int, cast: Cast) -> None:
    items = list(OpenItem.objects.filter(account_id=account_id))
    allocations = list(Allocation.objects.filter(debit_item__account_id=account_id))
    reversed_on = dict(AllocationReversal.objects.values_list("allocation_id", "effective_date"))
    for offset in (0, 3, 6, 9, 15, 30, 45, 61, 200):
        on = day(offset)
        expected = {item.id: open_then(item, on, allocations, reversed_on) for item in items}
        listed = {row["id"]: row["open_amount"] for row in queries.list_items(as_of=on, account_id=account_id)}
        assert listed == {id_: amount for id_, amount in expected.items() if amount}
        aged = queries.aged_balance(as_of=on, account_id=account_id)
        known = queries.aged_balance(as_of=on, account_id=account_id, known_at=clock.now())
        assert aged.totals == known.totals
        assert sum((row.total for row in aged.rows), Decimal(0)) == sum(expected.values())
    for item in items:
        assert item.amount_open == open_then(item, day(10_000), allocations, reversed_on)


@pytest.mark.parametrize("basis", list(AgeingBasis))
def test_sql_ages_as_the_core_does(cast: Cast, basis: AgeingBasis) -> None:
    on = day(200)
    for n in range(120):
        kind = ("INVOICE", "CREDIT_NOTE", "PAYMENT")[n % 3]
        make_item(
            cast.account,
            Decimal(n + 1) if kind == "INVOICE" else -Decimal(n + 1),
            due=day(3 * n),
            issued=day(3 * n - 33),
            kind=kind,
            currency="USD" if n % 7 == 0 else "EUR",
        )
    items = [item for item in OpenItem.objects.all() if item.document_date <= on]
    expected = age(
        [
            AgeingItem(
                currency=item.currency,
                amount_open=item.amount_open,
                due_date=item.due_date,
                document_date=item.document_date,
                is_unapplied_cash=item.kind == "PAYMENT",
            )
            for item in items
        ],
        on,
        basis=basis,
    )
    report = queries.aged_balance(as_of=on, basis=basis, group_by=queries.GroupBy.CURRENCY)
    for row in report.rows:
        core = expected[row.currency]
        columns = ("not_due", "due_1_30", "due_31_60", "due_61_90", "due_91_120", "due_over_120")
        assert [getattr(row, name) for name in columns] == [aged.amount for aged in core.buckets]
        assert (row.credits, row.unapplied, row.total) == (core.credits, core.unapplied_cash, core.balance)
    assert {row.currency for row in report.rows} == expected.keys()


@FEW
@given(
    offset=st.integers(-2000, 2000),
    days=st.integers(0, 200),
    mode=st.sampled_from(list(core_terms.EndOfMonth)),
    day_of_month=st.none() | st.integers(1, 31),
)
def test_sql_finds_due_dates_as_the_core_does(
    offset: int, days: int, mode: core_terms.EndOfMonth, day_of_month: int | None
) -> None:
    terms = core_terms.PaymentTerms(days=days, end_of_month=mode, day_of_month=day_of_month)
    with connection.cursor() as cursor:
        for step in range(0, 370, 3):
            issued = day(offset + step)
            cursor.execute("SELECT quittance_due_date(%s, %s, %s, %s)", [issued, days, mode.value, day_of_month])
            assert cursor.fetchone()[0] == core_terms.due_date(terms=terms, document_date=issued), (issued, terms)


def test_sql_knows_the_minor_units_of_every_currency() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT c, quittance_minor_digits(c) FROM unnest(%s::text[]) c", [list(KNOWN_EXPONENTS)])
        assert dict(cursor.fetchall()) == KNOWN_EXPONENTS


def test_what_was_known_then_is_still_told(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=day(30), issued=day(0))
    before = clock.now()
    with clock.frozen(before + timedelta(days=1)):
        payment = make_item(cast.account, "-40", due=day(1), issued=day(1))
        services.allocate(
            debit_item_id=item.id, credit_item_id=payment.id, amount=Decimal(40), effective_date=day(1), actor=ALICE
        )
    then = queries.aged_balance(as_of=day(2), known_at=before).totals
    now = queries.aged_balance(as_of=day(2)).totals
    assert [row.total for row in then] == [100]
    assert [row.total for row in now] == [60]
