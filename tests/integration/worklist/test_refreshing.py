"""The ranked list by day: what gets a task and why, and how tasks go, sleep, end and come back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from quittance.cases.services import open_dispute
from quittance.cash.models import BankStatement, BankTransaction
from quittance.dunning.models import DunningRun
from quittance.foundation import clock
from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.ledger.models import OpenItem
from quittance.ledger.services import allocate, post_payment, refresh_balances
from quittance.parties.models import Contact
from quittance.promises.services import decide_promises, take_promise
from quittance.worklist import accounts_sql, writing_sql
from quittance.worklist.models import Freshness, Task
from quittance.worklist.services import (
    complete_tasks,
    ensure_tasks_fresh,
    refresh_tasks,
    refreshing,
    reopen_tasks,
    snooze_tasks,
)
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def late(cast: Cast, amount: str = "20000", days: int = 40, **fields: Any) -> OpenItem:
    return make_item(cast.account, amount, due=TODAY - timedelta(days=days), **fields)


def refresh(on: date = TODAY) -> dict[str, Task]:
    refresh_balances(account_ids=None, as_of=on)
    refresh_tasks(as_of=on)
    return {task.key: task for task in Task.objects.order_by("key")}


def key(cast: Cast) -> str:
    return f"account:{cast.account.id}"


def test_a_late_account_is_one_task_with_its_reasons(cast: Cast) -> None:
    late(cast, "30000", 40)
    late(cast, "10000", 10)
    task = refresh()[key(cast)]
    assert (task.kind, task.state, task.owner_id) == ("CALL", "OPEN", cast.alice.id)
    assert (task.amount, task.days_late, task.item_count) == (40000, 40, 2)
    assert (task.action_code, task.action_reason) == ("CALL", "LARGE_AMOUNT")
    parts = {part["code"]: part for part in task.score_parts}
    assert task.score == sum(part["points"] for part in task.score_parts)
    assert parts["LATENESS"]["params"] == {"days": 40}
    assert Decimal(parts["AMOUNT"]["params"]["amount"]) == 40000
    assert "NOT_TOUCHED" in parts


def test_what_is_not_late_or_within_habit_is_no_task(cast: Cast) -> None:
    make_item(cast.account, "5000", due=TODAY)
    assert refresh() == {}
    # Paid 30 days late for half a year: 20 days late is nothing to call about.
    for number in range(4):
        due = TODAY - timedelta(days=150 - 20 * number)
        item = make_item(cast.account, "900", due=due)
        payment = make_item(cast.account, "-900", due=due + timedelta(days=30), issued=due + timedelta(days=30))
        _allocate(item.id, payment.id, "900", due + timedelta(days=30))
    late(cast, "5000", 20)
    tasks = refresh()
    assert key(cast) not in tasks
    # Its reminder is due and leaves with all others: one task for the company, until a run of the day is there.
    reminders = tasks[f"reminders:{cast.company.id}"]
    assert (reminders.kind, reminders.action_code, reminders.item_count) == ("RUN_TO_RELEASE", "SEND_REMINDER", 1)
    DunningRun.objects.create(company=cast.company, as_of=TODAY, state="READY", created_at=clock.now())
    refresh_tasks(as_of=TODAY, account_ids=[cast.account.id])
    reminders.refresh_from_db()
    assert reminders.state == "GONE"
    assert refresh(TODAY + timedelta(days=40))[key(cast)].state == "OPEN"


def _allocate(debit_id: int, credit_id: int, amount: str, day: date) -> None:
    allocate(debit_item_id=debit_id, credit_item_id=credit_id, amount=Decimal(amount), effective_date=day, actor=SYSTEM)


def test_a_task_goes_by_itself_when_its_reason_is_gone(cast: Cast) -> None:
    item = late(cast)
    assert refresh()[key(cast)].state == "OPEN"
    payment_id = post_payment(
        account_id=cast.account.id, amount=Decimal(20000), currency="EUR", payment_date=TODAY, source="TEST",
        external_id="P1", actor=SYSTEM,
    )  # fmt: skip
    tasks = refresh()
    assert tasks[key(cast)].state == "GONE"
    # The cash that covers it waits for the cash clerk, not for the collector.
    unapplied = tasks[f"unapplied:{cast.account.id}"]
    assert (unapplied.role, unapplied.owner_id, unapplied.amount) == ("CASH_CLERK", None, 20000)
    _allocate(item.id, payment_id, "20000", TODAY)
    assert {task.state for task in refresh().values()} == {"GONE"}


def test_a_part_payment_leaves_the_rest_to_call_for(cast: Cast) -> None:
    late(cast)
    post_payment(
        account_id=cast.account.id, amount=Decimal(5000), currency="EUR", payment_date=TODAY, source="TEST",
        external_id="P1", actor=SYSTEM,
    )  # fmt: skip
    task = refresh()[key(cast)]
    assert task.action_code == "CALL"
    assert Decimal(task.measures["amount"]) == 15000


def test_a_snoozed_task_sleeps_until_its_day(cast: Cast) -> None:
    late(cast)
    task = refresh()[key(cast)]
    until = TODAY + timedelta(days=3)
    assert snooze_tasks(task_ids=[task.id], until=until, as_of=TODAY, actor=SYSTEM) == 1
    make_item(cast.account, "90000", due=TODAY - timedelta(days=5))
    for day in (TODAY, until - timedelta(days=1)):
        assert (refresh(day)[key(cast)].state, Task.objects.get().snoozed_until) == ("SNOOZED", until)
    woken = refresh(until)[key(cast)]
    assert (woken.state, woken.snoozed_until) == ("OPEN", None)


def test_a_done_task_comes_back_only_when_something_gets_worse(cast: Cast) -> None:
    late(cast, days=35)
    task = refresh()[key(cast)]
    assert complete_tasks(task_ids=[task.id], actor=Actor(label="Alice", user_id=cast.alice.id)) == 1
    assert refresh()[key(cast)].state == "DONE"
    # Time alone does not bring it back, nor does a part payment ...
    make_item(cast.account, "-1000", due=TODAY)
    assert refresh(TODAY + timedelta(days=10))[key(cast)].state == "DONE"
    # ... but the next month of lateness does, and so does a new late item.
    assert refresh(TODAY + timedelta(days=26))[key(cast)].state == "OPEN"
    complete_tasks(task_ids=[task.id], actor=SYSTEM)
    make_item(cast.account, "300", due=TODAY)
    assert refresh(TODAY + timedelta(days=27))[key(cast)].state == "OPEN"


def test_reopening_undoes_done_and_snoozed(cast: Cast) -> None:
    late(cast)
    task = refresh()[key(cast)]
    complete_tasks(task_ids=[task.id], actor=SYSTEM)
    assert reopen_tasks(task_ids=[task.id], actor=SYSTEM) == 1
    assert reopen_tasks(task_ids=[task.id], actor=SYSTEM) == 0
    snooze_tasks(task_ids=[task.id], until=TODAY + timedelta(days=1), as_of=TODAY, actor=SYSTEM)
    assert reopen_tasks(task_ids=[task.id], actor=SYSTEM) == 1
    task.refresh_from_db()
    assert (task.state, task.snoozed_until, task.closed_at) == ("OPEN", None, None)


def test_a_promise_silences_and_its_breaking_calls(cast: Cast) -> None:
    item = late(cast)
    take_promise(
        account_id=cast.account.id, item_ids=[item.id], promised_date=TODAY + timedelta(days=5), made_on=TODAY,
        actor=SYSTEM,
    )  # fmt: skip
    assert key(cast) not in refresh()
    due = refresh(TODAY + timedelta(days=5))[key(cast)]
    assert (due.kind, due.action_code) == ("PROMISE_DUE", "FOLLOW_PROMISE")
    broken_on = TODAY + timedelta(days=9)
    decide_promises(as_of=broken_on)
    broken = refresh(broken_on)[key(cast)]
    assert (broken.kind, broken.action_code, broken.action_reason) == ("BROKEN_PROMISE", "CALL", "PROMISE_BROKEN")
    assert "PROMISE_BROKEN" in {part["code"] for part in broken.score_parts}


def test_a_dispute_past_its_deadline_is_a_task_and_the_rest_is_claimed(cast: Cast) -> None:
    item, other = late(cast), late(cast, "15000")
    dispute_id = open_dispute(
        item_id=item.id, amount=Decimal(20000), reason_code="PRICE", opened_date=TODAY, actor=SYSTEM,
        due_date=TODAY + timedelta(days=2), owner_id=cast.bob.id,
    )  # fmt: skip
    tasks = refresh()
    assert set(tasks) == {key(cast)}
    assert Decimal(tasks[key(cast)].measures["amount"]) == other.amount_open
    task = refresh(TODAY + timedelta(days=3))[f"dispute:{dispute_id}"]
    assert (task.kind, task.owner_id, task.amount) == ("DISPUTE_LATE", cast.bob.id, 20000)


def test_a_customer_over_its_limit_is_a_task_of_the_credit_manager(cast: Cast) -> None:
    cast.durand.credit_limit = Decimal(10000)
    cast.durand.save()
    second = make_account(cast.durand, cast.company, cast.services, number="411DURAND2")
    make_item(cast.account, "6000", due=TODAY + timedelta(days=20))
    make_item(second, "6500", due=TODAY + timedelta(days=20))
    task = refresh()[f"limit:{cast.durand.id}"]
    assert (task.kind, task.role, task.amount, task.owner_id) == ("OVER_LIMIT", "CREDIT_MANAGER", 2500, None)


def test_without_anybody_to_reach_the_task_is_to_find_a_contact(cast: Cast) -> None:
    late(cast)
    Contact.objects.all().delete()
    task = refresh()[key(cast)]
    assert (task.kind, task.action_code) == ("NO_CONTACT", "ASK_CONTACT")


def test_what_waits_for_nobodys_account(cast: Cast) -> None:
    batch = ImportBatch.objects.create(
        kind="LEDGER", status="DONE_WITH_REJECTS", source="ERP", filename="f.csv", lines_rejected=7,
        created_at=clock.now(), started_by_id=cast.manager.id, company_id=cast.company.id,
    )  # fmt: skip
    run = DunningRun.objects.create(
        company=cast.company, as_of=TODAY, state="READY", created_at=clock.now(), send_count=14,
        created_by_id=cast.alice.id,
    )  # fmt: skip
    statement = BankStatement.objects.create(
        bank_account=cast.bank_account, batch=batch, content_digest="d", currency="EUR", movement_sum=0,
        recorded_at=clock.now(),
    )  # fmt: skip
    for position, amount in enumerate((1200, 800, -50), 1):
        BankTransaction.objects.create(
            statement=statement, bank_account=cast.bank_account, position=position, deduplication_key=str(position),
            content_key=str(position), booking_date=TODAY, value_date=TODAY, amount=amount, currency="EUR",
            recorded_at=clock.now(),
        )  # fmt: skip
    tasks = refresh(clock.today())
    found = {name.split(":")[0]: (t.kind, t.owner_id, t.role, t.item_count) for name, t in tasks.items()}
    assert found == {
        "bank": ("UNMATCHED_CASH", None, "CASH_CLERK", 2),
        "import": ("IMPORT_REJECTED", cast.manager.id, "CREDIT_MANAGER", 7),
        "run": ("RUN_TO_RELEASE", cast.alice.id, "COLLECTOR", 14),
    }
    run.state = "DONE"
    run.save()
    BankTransaction.objects.update(state="OUTGOING")
    ImportBatch.objects.create(
        kind="LEDGER", status="DONE", source="ERP", filename="g.csv", created_at=clock.now(),
        company_id=cast.company.id,
    )  # fmt: skip
    assert {task.state for task in refresh(clock.today()).values()} == {"GONE"}


def test_what_was_written_otherwise_is_put_right(cast: Cast) -> None:
    late(cast)
    task = refresh()[key(cast)]
    assert task.fingerprint is not None
    # Given to nobody in particular, the task goes back to whom the facts say, though no fact has changed.
    Task.objects.filter(id=task.id).update(owner=cast.bob)
    assert refresh()[key(cast)].owner_id == cast.alice.id
    Task.objects.filter(id=task.id).update(owner=cast.bob, assigned_to=cast.bob)
    assert refresh()[key(cast)].owner_id == cast.bob.id
    # Without a fingerprint, or with that of other facts, it is written again and then left alone.
    for fingerprint in (None, 1):
        Task.objects.filter(id=task.id).update(fingerprint=fingerprint, score=0)
        assert refresh_tasks(as_of=TODAY) == 1
        again = refresh()[key(cast)]
        assert (again.score, again.fingerprint, again.score_parts) == (task.score, task.fingerprint, task.score_parts)
        assert refresh_tasks(as_of=TODAY) == 0


def test_a_task_that_another_refresh_finds_first_stays(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    late(cast)
    refresh_balances(account_ids=None, as_of=TODAY)
    stage = accounts_sql.stage_accounts

    def staged_late(**arguments: Any) -> Any:
        found = stage(**arguments)
        with connection.cursor() as cursor:  # as the other one commits it
            cursor.execute(writing_sql.INSERT, {"now": clock.now()})
            cursor.execute("UPDATE worklist_task SET amount = 1, fingerprint = NULL")
        return found

    monkeypatch.setattr(refreshing, "stage_accounts", staged_late)
    assert refresh_tasks(as_of=TODAY) == 1
    task = Task.objects.get(key=key(cast))
    assert (task.state, task.amount) == ("OPEN", 20000)


def test_a_refresh_of_some_accounts_leaves_the_others_alone(cast: Cast) -> None:
    other = make_account(cast.durand, cast.company, cast.services, number="411DURAND2", collector=cast.bob)
    late(cast)
    make_item(other, "15000", due=TODAY - timedelta(days=40))
    assert len(refresh()) == 2
    make_item(other, "-15000", due=TODAY, kind="CREDIT_NOTE")
    refresh_balances(account_ids=None, as_of=TODAY)
    refresh_tasks(as_of=TODAY, account_ids=[cast.account.id])
    assert Task.objects.get(key=f"account:{other.id}").state == "OPEN"
    refresh_tasks(as_of=TODAY, account_ids=[other.id])
    assert Task.objects.get(key=f"account:{other.id}").state == "GONE"
    assert Task.objects.get(key=key(cast)).state == "OPEN"


def test_a_second_refresh_changes_nothing(cast: Cast) -> None:
    late(cast)
    refresh()
    assert refresh_tasks(as_of=TODAY) == 0


def test_looking_again_follows_the_events(cast: Cast, django_assert_num_queries: Any) -> None:
    today = clock.today()
    item = make_item(cast.account, "20000", due=today - timedelta(days=40))
    refresh_balances(account_ids=None, as_of=today)
    assert ensure_tasks_fresh(today=today)
    with django_assert_num_queries(1):
        assert not ensure_tasks_fresh(today=today)
    take_promise(
        account_id=cast.account.id, item_ids=[item.id], promised_date=today + timedelta(days=5), made_on=today,
        actor=SYSTEM,
    )  # fmt: skip
    assert ensure_tasks_fresh(today=today)
    assert Task.objects.get().state == "GONE"
    assert not ensure_tasks_fresh(today=today)
    # The next day is ranked anew.
    assert Freshness.objects.get().as_of == today
    ensure_tasks_fresh(today=today + timedelta(days=1))
    assert Freshness.objects.get().as_of == today + timedelta(days=1)
