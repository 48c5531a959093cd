"""Kept sums answer only as long as they say what the items say."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections, transaction

from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.ledger.models import Allocation, AllocationReversal, OpenItem, PastBalance, PastDay
from quittance.ledger.queries import GroupBy, aged, aged_balance, customer_list, items_open_on
from quittance.ledger.queries.kept import find_kept, is_prepared
from quittance.ledger.services import past_days, refresh_balances
from quittance.ledger.services.past_days import PastDayState, ask_past_day, forget_past_days, prepare_past_day
from quittance.parties.models import Company, Customer
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db(transaction=True)
START = date(2026, 1, 1)
THEN = date(2026, 3, 1)
NOW = date(2026, 6, 1)


def allocate(debit: OpenItem, credit: OpenItem, amount: str, on: date) -> Allocation:
    return Allocation.objects.create(
        debit_item=debit, credit_item=credit, amount=Decimal(amount), amount_company_debit=Decimal(amount),
        amount_company_credit=Decimal(amount), effective_date=on, posted_at=clock.now(), origin="RULE",
    )  # fmt: skip


@pytest.fixture
def cast() -> Cast:
    """Two accounts of one customer and one of its daughter; invoices paid before and after the day looked at."""
    cast = make_cast()
    ours = cast.account
    daughter = Customer.objects.create(
        number="D1", name="Daughter", country="FR", language="fr", parent=ours.customer, created_at=clock.now()
    )
    hers = make_account(daughter, ours.company, ours.department, number="D1")
    dues = [START + timedelta(days=13 * n) for n in range(9)]
    for account in (ours, hers):
        invoices = [make_item(account, f"{100 + n}", issued=START, due=due) for n, due in enumerate(dues)]
        payment = make_item(account, "-500", issued=START, due=START)
        make_item(account, "70", issued=THEN + timedelta(days=5), due=NOW)
        allocate(invoices[0], payment, "100", THEN - timedelta(days=3))
        allocate(invoices[1], payment, "50", THEN + timedelta(days=3))
        undone = allocate(invoices[2], payment, "20", THEN - timedelta(days=8))
        AllocationReversal.objects.create(
            allocation=undone, effective_date=THEN + timedelta(days=8), posted_at=clock.now(), reason="bounced"
        )
    return cast


def rows(as_of: date, scope: Scope = EVERYTHING) -> dict[GroupBy, list[Any]]:
    return {by: list(aged_balance(as_of=as_of, scope=scope, group_by=by).rows) for by in GroupBy}


def test_a_prepared_day_says_what_the_items_say(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = cast.account
    parts = (Scope(company_ids=frozenset({ours.company_id})), Scope(department_id=ours.department_id))
    scopes = (EVERYTHING, *parts)
    with monkeypatch.context() as patch:
        patch.setattr(aged, "find_kept", lambda **_: None)
        expected = [rows(THEN, scope) for scope in scopes]
    assert not is_prepared(as_of=THEN)
    assert prepare_past_day(as_of=THEN) == 2
    assert is_prepared(as_of=THEN)
    assert [rows(THEN, scope) for scope in scopes] == expected
    assert expected[0][GroupBy.CUSTOMER][0].total > 0
    assert prepare_past_day(as_of=THEN) == 0, "it is there already"


def test_today_is_read_from_the_kept_balances(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_kept(as_of=NOW) is None, "no balance is kept yet"
    expected = rows(NOW)
    refresh_balances(account_ids=None, as_of=NOW)
    kept = find_kept(as_of=NOW)
    assert kept is not None
    assert "ledger_accountbalance" in kept.sql
    assert rows(NOW) == expected
    with transaction.atomic():
        make_item(cast.account, "12", issued=NOW, due=NOW)
        assert find_kept(as_of=NOW) is None, "what was just posted is not in the balances yet"
        refresh_balances(account_ids=[cast.account.id], as_of=NOW)
        assert find_kept(as_of=NOW) is not None
    assert find_kept(as_of=NOW + timedelta(days=1)) is None, "the balances are aged on another day"


def test_what_is_dated_later_leaves_a_day_as_it_is(cast: Cast) -> None:
    prepare_past_day(as_of=THEN)
    invoice = OpenItem.objects.filter(account=cast.account, amount_open=105).get()
    payment = make_item(cast.account, "-900", issued=THEN + timedelta(days=1), due=NOW)
    allocation = allocate(invoice, payment, "80", THEN + timedelta(days=1))
    AllocationReversal.objects.create(allocation=allocation, effective_date=NOW, posted_at=clock.now(), reason="")
    assert is_prepared(as_of=THEN)


@pytest.mark.parametrize("what", ["item", "allocation", "reversal", "facts", "account", "currency"])
def test_what_touches_a_day_makes_it_stale(cast: Cast, what: str) -> None:
    invoice = OpenItem.objects.filter(account=cast.account, amount_open=105).get()
    payment = OpenItem.objects.filter(account=cast.account, kind="PAYMENT").get()
    early = allocate(invoice, payment, "1", THEN - timedelta(days=9))
    prepare_past_day(as_of=THEN)
    prepare_past_day(as_of=THEN - timedelta(days=30))
    if what == "item":
        make_item(cast.account, "5", issued=THEN, due=NOW)
    elif what == "allocation":
        allocate(invoice, payment, "2", THEN)
    elif what == "reversal":
        AllocationReversal.objects.create(
            allocation=early, effective_date=THEN - timedelta(days=2), posted_at=clock.now(), reason=""
        )
    elif what == "facts":
        OpenItem.objects.filter(id=invoice.id).update(version=2, due_date=NOW)
    elif what == "account":
        other = Customer.objects.create(number="X", name="X", country="FR", language="fr", created_at=clock.now())
        cast.account.customer = other
        cast.account.save()
    else:
        Company.objects.update(currency="USD")
    assert not is_prepared(as_of=THEN)
    is_whole_past = what in ("facts", "account", "currency")
    assert is_prepared(as_of=THEN - timedelta(days=30)) is not is_whole_past


def test_a_change_under_way_while_the_day_is_prepared_makes_it_stale(cast: Cast) -> None:
    posted, prepared = threading.Event(), threading.Event()

    def post() -> None:
        try:
            with transaction.atomic():
                make_item(cast.account, "5", issued=START, due=START)
                posted.set()
                assert prepared.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=post)
    thread.start()
    assert posted.wait(20)
    prepare_past_day(as_of=THEN)
    assert is_prepared(as_of=THEN), "nobody sees the new item yet"
    # Notes that a day does not know of yet stay, whoever tidies up.
    forget_past_days(unused_since=START, but=set())
    prepared.set()
    thread.join()
    assert not is_prepared(as_of=THEN)
    forget_past_days(unused_since=START, but=set())
    assert not is_prepared(as_of=THEN)
    prepare_past_day(as_of=THEN)
    assert is_prepared(as_of=THEN)


def test_a_large_ledger_has_its_days_prepared_by_the_worker(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_days, "ITEMS_AT_ONCE_MAX", -1)
    assert ask_past_day(as_of=THEN) is PastDayState.COMING
    assert ask_past_day(as_of=THEN) is PastDayState.COMING
    assert _jobs() == 1
    now = clock.now()
    later: datetime = now + past_days.PATIENCE + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert ask_past_day(as_of=THEN) is PastDayState.UNKNOWN, "no worker came: the page answers by itself"
    monkeypatch.setattr(clock, "now", lambda: now)
    prepare_past_day(as_of=THEN)
    assert ask_past_day(as_of=THEN) is PastDayState.READY
    make_item(cast.account, "5", issued=START, due=START)
    assert ask_past_day(as_of=THEN) is PastDayState.COMING
    assert _jobs() == 2


def _jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'ledger.prepare_past_day'")
        return int(cursor.fetchone()[0])


def test_a_small_ledger_has_its_days_prepared_at_once(cast: Cast) -> None:
    assert ask_past_day(as_of=THEN) is PastDayState.READY
    assert PastBalance.objects.filter(as_of=THEN).count() == 4, "two accounts, two customers"


def test_days_nobody_looks_at_are_forgotten(cast: Cast) -> None:
    for day in (START, THEN):
        prepare_past_day(as_of=day)
    PastDay.objects.update(used_on=START)
    forget_past_days(unused_since=THEN, but={THEN})
    assert list(PastDay.objects.values_list("as_of", flat=True)) == [THEN]
    assert set(PastBalance.objects.values_list("as_of", flat=True)) == {THEN}
    assert is_prepared(as_of=THEN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_pastchange")
        assert cursor.fetchone()[0] == 0, "the day left knows of all changes"


def test_the_list_of_customers_reads_the_same_rows(cast: Cast) -> None:
    assert customer_list.prepared_sums(as_of=THEN) is None
    prepare_past_day(as_of=THEN)
    prepared = customer_list.prepared_sums(as_of=THEN)
    assert prepared is not None
    by_customer = {row.key: row for row in aged_balance(as_of=THEN, group_by=GroupBy.CUSTOMER).rows}
    assert {str(row["key"]): (row["total"], row["overdue"], row["credits"]) for row in prepared} == {
        key: (row.total, row.overdue, row.credits) for key, row in by_customer.items()
    }
    assert customer_list.prepared_sums(as_of=THEN, scope=Scope(department_id=cast.account.department_id)) is None
    assert items_open_on(as_of=THEN).parameters == {"as_of": THEN}
