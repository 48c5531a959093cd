"""Cash judges promises at once: what honours one makes it kept, an undo opens it again, and its task follows."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest

from quittance.cash import services
from quittance.cash.models import BankTransaction
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.ledger.models import Allocation, OpenItem
from quittance.promises.models import PromiseToPay
from quittance.promises.services import take_promise
from quittance.worklist.models import Task
from quittance.worklist.services import ensure_tasks_fresh, refresh_tasks
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
CLARA = Actor(label="Clara")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def promised(cast: Cast, item: OpenItem, *, until: date) -> int:
    return take_promise(
        account_id=cast.account.id, item_ids=[item.id], promised_date=until, made_on=until - timedelta(days=3),
        actor=SYSTEM,
    )  # fmt: skip


def receive(text: str, amount: str, *, on: date) -> None:
    content = document(statement(entry(amount, booked=f"<Dt>{on}</Dt>", details=detail(name="Durand", text=text))))
    services.import_statement(stream=io.BytesIO(content), filename="s.xml", actor=SYSTEM)


def match(cast: Cast) -> BankTransaction:
    services.match_transactions(company_id=cast.company.id, as_of=clock.today())
    return BankTransaction.objects.get()


def state(promise_id: int) -> str:
    return PromiseToPay.objects.get(id=promise_id).state


def test_a_promise_is_kept_the_moment_its_cash_is_applied_and_open_again_after_an_undo(cast: Cast) -> None:
    today = clock.today()
    item = make_item(cast.account, "1200", due=today - timedelta(days=20), number="FA-2026-001")
    promise_id = promised(cast, item, until=today + timedelta(days=2))
    receive("FA-2026-001", "1200.00", on=today)
    line = match(cast)
    assert (line.state, state(promise_id)) == ("MATCHED", "KEPT")
    assert PromiseToPay.objects.get().amount_kept == Decimal("1200")

    services.undo_match(transaction_id=line.id, effective_date=today, reason="not theirs", actor=CLARA)
    assert state(promise_id) == "OPEN"
    assert list(Event.objects.filter(kind__startswith="promise.").order_by("id").values_list("kind", flat=True)) == [
        "promise.taken", "promise.kept", "promise.open",
    ]  # fmt: skip


def test_cash_undone_after_the_promised_day_breaks_the_promise(cast: Cast) -> None:
    today = clock.today()
    item = make_item(cast.account, "1200", due=today - timedelta(days=60), number="FA-2026-001")
    promise_id = promised(cast, item, until=today - timedelta(days=20))
    receive("FA-2026-001", "1200.00", on=today - timedelta(days=21))
    line = match(cast)
    assert state(promise_id) == "KEPT"
    services.undo_match(transaction_id=line.id, effective_date=today, reason="not theirs", actor=CLARA)
    assert state(promise_id) == "BROKEN"


def test_an_allocation_undone_on_the_item_opens_the_promise_again(cast: Cast) -> None:
    today = clock.today()
    item = make_item(cast.account, "1200", due=today - timedelta(days=20), number="FA-2026-001")
    promise_id = promised(cast, item, until=today + timedelta(days=2))
    receive("FA-2026-001", "1200.00", on=today)
    match(cast)
    services.undo_allocation(
        allocation_id=Allocation.objects.get().id, effective_date=today, reason="not theirs", actor=CLARA
    )
    item.refresh_from_db()
    assert (item.amount_open, state(promise_id)) == (Decimal("1200"), "OPEN")


def test_the_task_of_a_broken_promise_goes_with_the_cash_and_comes_back_with_the_undo(cast: Cast) -> None:
    today = clock.today()
    item = make_item(cast.account, "25000", due=today - timedelta(days=60), number="FA-2026-001")
    promise_id = promised(cast, item, until=today)
    refresh_tasks(as_of=today)
    task = Task.objects.get(key=f"account:{cast.account.id}")
    assert (task.kind, task.state) == ("PROMISE_DUE", "OPEN")

    receive("FA-2026-001", "25000.00", on=today)
    line = match(cast)
    ensure_tasks_fresh(today=today)
    task.refresh_from_db()
    assert (state(promise_id), task.state) == ("KEPT", "GONE")

    services.undo_match(transaction_id=line.id, effective_date=today, reason="not theirs", actor=CLARA)
    ensure_tasks_fresh(today=today)
    task.refresh_from_db()
    assert (state(promise_id), task.kind, task.state) == ("OPEN", "PROMISE_DUE", "OPEN")
