"""Calls: what each outcome writes beside the call itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from quittance.cases.models import Dispute
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.ledger.models import OpenItem
from quittance.ledger.services import refresh_balances
from quittance.parties.models import Contact
from quittance.promises.models import PromiseToPay
from quittance.promises.services import PromiseRefused
from quittance.worklist import queries
from quittance.worklist.models import Call, Task
from quittance.worklist.services import (
    ContactUnknown,
    DisputeDraft,
    OutcomeIncomplete,
    PromiseDraft,
    log_call,
    next_working_day,
    refresh_tasks,
)
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def today() -> date:
    return clock.today()


@pytest.fixture
def item(cast: Cast, today: date) -> OpenItem:
    found = make_item(cast.account, "20000", due=today - timedelta(days=40))
    refresh_balances(account_ids=None, as_of=today)
    refresh_tasks(as_of=today)
    return found


@pytest.fixture
def alice(cast: Cast) -> Actor:
    return Actor(label="Alice", user_id=cast.alice.id)


def test_a_call_with_a_promise_takes_it_and_ends_the_task(
    cast: Cast, item: OpenItem, alice: Actor, today: date
) -> None:
    contact = Contact.objects.get()
    logged = log_call(
        account_id=cast.account.id, outcome="PROMISE", actor=alice, as_of=today, contact_id=contact.id,
        comment="Pays on Friday",
        promise=PromiseDraft(item_ids=[item.id], promised_date=today + timedelta(days=4), amount=Decimal(20000)),
    )  # fmt: skip
    promise = PromiseToPay.objects.get(id=logged.promise_id)
    assert (promise.amount, promise.made_by_contact, promise.comment) == (20000, "Marie Petit", "Pays on Friday")
    call = Call.objects.get(id=logged.call_id)
    assert (call.outcome, call.phone, call.made_by_id) == ("PROMISE", contact.phone, cast.alice.id)
    assert Task.objects.get().state == "GONE"
    event = Event.objects.get(kind="call.logged")
    assert (event.account_id, event.actor_id, event.payload["text"]) == (
        cast.account.id,
        cast.alice.id,
        "Pays on Friday",
    )


def test_a_call_with_a_dispute_opens_one_for_each_item(cast: Cast, item: OpenItem, alice: Actor, today: date) -> None:
    second = make_item(cast.account, "700", due=today - timedelta(days=20))
    logged = log_call(
        account_id=cast.account.id, outcome="DISPUTE", actor=alice, as_of=today,
        dispute=DisputeDraft(item_ids=[second.id, item.id], reason_code="PRICE"),
    )  # fmt: skip
    amounts = Dispute.objects.order_by("item_id").values_list("item_id", "amount_disputed", "reason_code")
    assert list(amounts) == [(item.id, 20000, "PRICE"), (second.id, 700, "PRICE")]
    assert len(logged.dispute_ids) == 2
    assert Task.objects.get().state == "GONE"


def test_voicemail_comes_back_on_the_next_working_day(cast: Cast, item: OpenItem, alice: Actor, today: date) -> None:
    log_call(account_id=cast.account.id, outcome="VOICEMAIL", actor=alice, as_of=today)
    task = Task.objects.get()
    assert (task.state, task.snoozed_until) == ("SNOOZED", next_working_day(day=today))
    # Nobody was reached: on that day the account is to be called as before.
    refresh_tasks(as_of=next_working_day(day=today))
    task.refresh_from_db()
    assert (task.state, task.action_code) == ("OPEN", "CALL")


def test_call_back_waits_for_its_day(cast: Cast, item: OpenItem, alice: Actor, today: date) -> None:
    day = today + timedelta(days=9)
    log_call(account_id=cast.account.id, outcome="CALL_BACK", actor=alice, as_of=today, call_back_date=day)
    task = Task.objects.get()
    assert (task.state, task.snoozed_until) == ("SNOOZED", day)


def test_having_spoken_keeps_the_account_quiet_for_some_days(
    cast: Cast, item: OpenItem, alice: Actor, today: date
) -> None:
    log_call(account_id=cast.account.id, outcome="INFORMED", actor=alice, as_of=today)
    assert Task.objects.get().state == "GONE"
    refresh_tasks(as_of=today + timedelta(days=2))
    assert Task.objects.get().state == "GONE"
    refresh_tasks(as_of=today + timedelta(days=3))
    assert Task.objects.get().state == "OPEN"


def test_a_wrong_number_is_marked_until_it_changes(cast: Cast, item: OpenItem, alice: Actor, today: date) -> None:
    contact = Contact.objects.get()
    Contact.objects.update(email="")
    log_call(account_id=cast.account.id, outcome="WRONG_NUMBER", actor=alice, as_of=today, contact_id=contact.id)
    assert queries.list_wrong_numbers(customer_id=cast.durand.id) == {contact.phone}
    assert Task.objects.get().kind == "NO_CONTACT"
    Contact.objects.update(phone="+33400000099")
    refresh_tasks(as_of=today)
    assert Task.objects.get().kind == "CALL"


def test_an_incomplete_outcome_writes_nothing(cast: Cast, item: OpenItem, alice: Actor, today: date) -> None:
    with pytest.raises(OutcomeIncomplete):
        log_call(account_id=cast.account.id, outcome="PROMISE", actor=alice, as_of=today)
    with pytest.raises(OutcomeIncomplete):
        log_call(account_id=cast.account.id, outcome="DISPUTE", actor=alice, as_of=today)
    with pytest.raises(OutcomeIncomplete):
        log_call(account_id=cast.account.id, outcome="CALL_BACK", actor=alice, as_of=today, call_back_date=today)
    with pytest.raises(ContactUnknown):
        log_call(account_id=cast.account.id, outcome="INFORMED", actor=alice, as_of=today, contact_id=10**9)
    draft = PromiseDraft(item_ids=[item.id], promised_date=today, amount=Decimal(99999))
    with pytest.raises(PromiseRefused):
        log_call(account_id=cast.account.id, outcome="PROMISE", actor=alice, as_of=today, promise=draft)
    assert not Call.objects.exists()
    assert Task.objects.get().state == "OPEN"
