"""Promises hold reminders, and keep or break themselves by what is applied to their items."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.ledger import services as ledger
from quittance.ledger.models import OpenItem
from quittance.promises import queries, services
from quittance.promises.models import PromiseToPay
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)
ALICE = Actor(label="Alice")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def promise(cast: Cast, *items: OpenItem, amount: str | None = None) -> int:
    return services.take_promise(
        account_id=cast.account.id,
        item_ids=[item.id for item in items],
        amount=None if amount is None else Decimal(amount),
        made_on=DAY,
        promised_date=DAY + timedelta(days=7),
        actor=ALICE,
    )


def pay(cast: Cast, item: OpenItem, amount: str, on: date) -> int:
    credit = make_item(cast.account, f"-{amount}", due=on, issued=on)
    return ledger.allocate(
        debit_item_id=item.id, credit_item_id=credit.id, amount=Decimal(amount), effective_date=on, actor=ALICE
    )


def state(promise_id: int) -> str:
    return PromiseToPay.objects.get(id=promise_id).state


@pytest.mark.parametrize(
    ("paid", "after_days", "expected"),
    [("100", 10, "KEPT"), ("100", 11, "BROKEN"), ("60", 3, "PART_KEPT"), (None, 0, "BROKEN")],
)
def test_a_promise_is_judged_when_its_tolerance_has_run_out(
    cast: Cast, paid: str | None, after_days: int, expected: str
) -> None:
    item = make_item(cast.account, "100", due=DAY - timedelta(days=5))
    promise_id = promise(cast, item)
    if paid:
        pay(cast, item, paid, DAY + timedelta(days=after_days))

    services.decide_promises(as_of=DAY + timedelta(days=11))
    services.decide_promises(as_of=DAY + timedelta(days=11))

    assert state(promise_id) == expected
    assert Event.objects.filter(kind=f"promise.{expected.lower()}").count() == 1


def test_a_promise_paid_in_full_is_kept_at_once_and_broken_again_by_a_reversal(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DAY)
    promise_id = promise(cast, item)
    allocation = pay(cast, item, "100", DAY + timedelta(days=1))
    services.decide_promises(as_of=DAY + timedelta(days=1), account_ids=[cast.account.id])
    assert state(promise_id) == "KEPT"
    ledger.reverse_allocation(
        allocation_id=allocation, effective_date=DAY + timedelta(days=4), reason="bounced", actor=ALICE
    )
    services.decide_promises(as_of=DAY + timedelta(days=12))
    assert state(promise_id) == "BROKEN"


def test_an_amount_goes_to_what_falls_due_first(cast: Cast) -> None:
    later = make_item(cast.account, "100", due=DAY)
    sooner = make_item(cast.account, "80", due=DAY - timedelta(days=9))
    promise_id = promise(cast, later, sooner, amount="90")
    assert [(row["item_id"], row["amount"]) for row in queries.list_items_of_promise(promise_id=promise_id)] == [
        (sooner.id, 80),
        (later.id, 10),
    ]
    parts = queries.list_promised_parts(as_of=DAY + timedelta(days=10))
    assert parts.keys() == {sooner.id, later.id}
    assert queries.list_promised_parts(as_of=DAY + timedelta(days=11)) == {}
    assert queries.list_promised_parts(as_of=DAY - timedelta(days=1)) == {}


def test_what_cannot_be_promised(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DAY)
    credit = make_item(cast.account, "-10", due=DAY)
    dollars = make_item(cast.account, "10", due=DAY, currency="USD")
    for items, amount in (([], None), ([item], "101"), ([item], "0"), ([credit], None), ([item, dollars], None)):
        with pytest.raises(services.PromiseRefused):
            promise(cast, *items, amount=amount)
    first = promise(cast, item)
    with pytest.raises(services.ItemAlreadyPromised):
        promise(cast, item)
    services.withdraw_promise(promise_id=first, withdrawn_date=DAY, actor=ALICE)
    assert queries.list_promised_parts(as_of=DAY) == {}
    promise(cast, item)
    rows = queries.list_promises_of_customer(customer_id=cast.durand.id, as_of=DAY)
    assert {row["state"] for row in rows} == {"OPEN", "WITHDRAWN"}
    assert len(queries.list_promises_of_item(item_id=item.id, as_of=DAY)) == 2
    assert queries.list_promises(as_of=DAY, states=["OPEN"]).count() == 1
    with pytest.raises(services.PromiseNotFound):
        services.withdraw_promise(promise_id=0, withdrawn_date=DAY, actor=ALICE)
