"""What the tests of the desk's pages share: a day, signed-in browsers, and the pages they all must refuse."""

from __future__ import annotations

from datetime import date, timedelta

from django.test import Client

from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger.models import OpenItem
from quittance.ledger.services import allocate, refresh_balances
from quittance.parties.models import User
from tests.cast import Cast, make_item

ALICE = Actor(label="Alice")


def browser(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def today() -> date:
    """Return the day of the tests: the real one, as the pages read the clock."""
    return clock.today()


def late_items(cast: Cast, count: int = 3) -> list[OpenItem]:
    """Write invoices of 100, 200, … that are 10, 20, … days late, and keep the balances."""
    items = [
        make_item(cast.account, str(100 * n), due=today() - timedelta(days=10 * n), number=f"INV-{n:03d}")
        for n in range(1, count + 1)
    ]
    refresh_balances(account_ids=None, as_of=today())
    return items


def pay(cast: Cast, item: OpenItem, amount: str, on: date) -> int:
    """Post a payment and apply it; return the allocation's id."""
    payment = make_item(cast.account, f"-{amount}", due=on, issued=on)
    return allocate(
        debit_item_id=item.id,
        credit_item_id=payment.id,
        amount=-payment.amount_original,
        effective_date=on,
        actor=ALICE,
    )


def assert_guarded(cast: Cast, path: str, *, stranger: int = 404) -> None:
    """Check who is kept out: nobody signed in, a customer, and a stranger of another company."""
    anonymous = Client().get(path)
    assert anonymous.status_code == 302
    assert "/account/login/" in anonymous["Location"]
    assert browser(cast.petra).get(path).status_code == 403
    assert browser(cast.charlie).get(path).status_code == stranger
    assert browser(cast.alice).get(path).status_code == 200
