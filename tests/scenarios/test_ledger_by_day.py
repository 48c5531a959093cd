"""The ledger told by day: what Durand owes after each thing that happens, and that no earlier day is rewritten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger import services
from quittance.ledger.models import OpenItem
from quittance.ledger.queries import GroupBy, aged_balance, list_items
from quittance.ledger.services.withdrawing import withdraw_payment
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
CLARA = Actor(label="Clara")
NAMES = {"not due": "not_due", "1-30": "due_1_30", "31-60": "due_31_60", "61-90": "due_61_90"}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def january(day: int) -> date:
    return date(2026, 1, day)


@dataclass(slots=True)
class Story:
    """Durand's account, told day by day; `told` keeps what each past day was said to be."""

    cast: Cast
    told: dict[date, str] = field(default_factory=dict)

    def invoice(self, number: str, amount: str, *, on: date, due: date) -> OpenItem:
        """We send an invoice."""
        return make_item(self.cast.account, amount, issued=on, due=due, number=number)

    def credit_note(self, number: str, amount: str, *, on: date) -> OpenItem:
        """We send a credit note."""
        return make_item(self.cast.account, f"-{amount}", issued=on, due=on, kind="CREDIT_NOTE", number=number)

    def pays(self, amount: str, *, on: date) -> int:
        """Durand pays; nobody knows yet for what."""
        return services.post_payment(
            account_id=self.cast.account.id, amount=Decimal(amount), currency="EUR", payment_date=on, source="TEST",
            external_id=f"P{amount}{on}", actor=CLARA,
        )  # fmt: skip

    def applies(self, credit: int, to: OpenItem, amount: str, *, on: date) -> int:
        """Clara applies a credit to an invoice."""
        return services.allocate(
            debit_item_id=to.id, credit_item_id=credit, amount=Decimal(amount), effective_date=on, actor=CLARA
        )

    def undoes(self, allocation: int, *, on: date) -> None:
        """Clara undoes it."""
        services.reverse_allocation(allocation_id=allocation, effective_date=on, reason="wrong invoice", actor=CLARA)

    def on(self, day: date) -> str:
        """Say what Durand owes at the end of a day: buckets, credits, unapplied cash, and their sum."""
        rows = aged_balance(as_of=day, group_by=GroupBy.ACCOUNT).rows
        row = next((row for row in rows if row.key == str(self.cast.account.id)), None)
        if row is None:
            return "nothing"
        amounts: Mapping[str, Decimal] = {
            **{name: getattr(row, field) for name, field in NAMES.items()},
            "credits": row.credits,
            "unapplied": row.unapplied,
        }
        parts = [f"{name} {amount.normalize():f}" for name, amount in amounts.items() if amount]
        assert sum(amounts.values()) == row.total == self._open_sum(day)
        return f"{', '.join(parts)} = {row.total.normalize():f}"

    def _open_sum(self, day: date) -> Decimal:
        items = list_items(as_of=day, account_id=self.cast.account.id)
        return sum((item["open_amount"] for item in items), Decimal(0))

    def tell(self, expected: Mapping[date, str]) -> None:
        """Check these days, and that the days told before are still what they were."""
        assert {day: self.on(day) for day in expected} == dict(expected)
        self.told.update(expected)
        assert {day: self.on(day) for day in self.told} == self.told


def test_an_invoice_is_owed_from_its_day_and_late_from_the_day_after_it_was_due(cast: Cast) -> None:
    story = Story(cast)
    story.invoice("F1", "1000", on=january(5), due=january(20))
    story.tell(
        {
            january(4): "nothing",
            january(5): "not due 1000 = 1000",
            january(20): "not due 1000 = 1000",
            january(21): "1-30 1000 = 1000",
            date(2026, 2, 19): "1-30 1000 = 1000",
            date(2026, 2, 20): "31-60 1000 = 1000",
        }
    )


def test_part_payment_credit_note_and_reversal_each_count_from_their_own_day(cast: Cast) -> None:
    story = Story(cast)
    invoice = story.invoice("F1", "1000", on=january(5), due=january(20))
    story.tell({january(10): "not due 1000 = 1000", january(21): "1-30 1000 = 1000"})

    # On the 22nd 600 comes; nobody applies it before the 24th.
    payment = story.pays("600", on=january(22))
    story.tell({january(22): "1-30 1000, unapplied -600 = 400"})
    allocation = story.applies(payment, invoice, "600", on=january(24))
    story.tell({january(23): "1-30 1000, unapplied -600 = 400", january(24): "1-30 400 = 400"})

    # A credit note of 150 on the 26th, applied the same day.
    credit_note = story.credit_note("A1", "150", on=january(26))
    story.applies(credit_note.id, invoice, "150", on=january(26))
    story.tell({january(25): "1-30 400 = 400", january(26): "1-30 250 = 250"})

    # On the 28th the 600 prove to be for something else: both are open again, from that day on.
    story.undoes(allocation, on=january(28))
    story.tell({january(27): "1-30 250 = 250", january(28): "1-30 850, unapplied -600 = 250"})

    # And on the 30th they are taken back: the account is as if they had not come, from that day on.
    withdraw_payment(item_id=payment, effective_date=january(30), reason="another customer's", actor=CLARA)
    story.tell({january(29): "1-30 850, unapplied -600 = 250", january(30): "1-30 850 = 850"})


def test_an_undo_and_a_better_match_on_one_day_leave_one_payment(cast: Cast) -> None:
    story = Story(cast)
    wrong = story.invoice("F1", "500", on=january(5), due=january(10))
    right = story.invoice("F2", "500", on=january(5), due=january(25))
    payment = story.pays("500", on=january(12))
    first = story.applies(payment, wrong, "500", on=january(12))
    story.tell({january(11): "not due 500, 1-30 500 = 1000", january(12): "not due 500 = 500"})
    story.undoes(first, on=january(15))
    story.applies(payment, right, "500", on=january(15))
    story.tell({january(14): "not due 500 = 500", january(15): "1-30 500 = 500", january(31): "1-30 500 = 500"})


def test_a_credit_before_its_invoice_waits_for_it(cast: Cast) -> None:
    story = Story(cast)
    payment = story.pays("300", on=january(3))
    story.tell({january(2): "nothing", january(3): "unapplied -300 = -300"})
    invoice = story.invoice("F1", "300", on=january(8), due=january(31))
    # Said to count from the 3rd; it cannot before the invoice is there.
    story.applies(payment, invoice, "300", on=january(3))
    story.tell({january(7): "unapplied -300 = -300", january(8): "nothing", january(31): "nothing"})


def test_no_more_is_applied_than_is_open_on_either_side(cast: Cast) -> None:
    story = Story(cast)
    invoice = story.invoice("F1", "100", on=january(5), due=january(20))
    payment = story.pays("250", on=january(6))
    with pytest.raises(services.AllocationExceedsOpenAmount):
        story.applies(payment, invoice, "100.01", on=january(6))
    story.applies(payment, invoice, "100", on=january(6))
    other = story.invoice("F2", "400", on=january(5), due=january(20))
    with pytest.raises(services.AllocationExceedsOpenAmount):
        story.applies(payment, other, "150.01", on=january(6))
    story.tell({january(6): "not due 400, unapplied -150 = 250"})


def test_two_departments_of_one_customer_age_apart(cast: Cast) -> None:
    story = Story(cast)
    story.invoice("F1", "1000", on=january(5), due=january(10))
    services_account = make_account(cast.durand, cast.company, cast.services, number="411SERVICES")
    make_item(services_account, "70", issued=january(5), due=january(31))
    story.tell({january(15): "1-30 1000 = 1000"})
    (row,) = aged_balance(as_of=january(15), group_by=GroupBy.CUSTOMER).rows
    assert (row.not_due, row.due_1_30, row.total) == (70, 1000, 1070)


def test_what_was_known_on_a_day_is_another_question_than_what_is_known_of_it(cast: Cast) -> None:
    """A payment of the 6th that is posted on the 9th: on the 7th nobody knew of it."""
    story = Story(cast)
    with clock.frozen(datetime.combine(january(5), time(9), tzinfo=ZoneInfo(settings.TIME_ZONE))):
        invoice = story.invoice("F1", "100", on=january(5), due=january(20))
    with clock.frozen(datetime.combine(january(9), time(9), tzinfo=ZoneInfo(settings.TIME_ZONE))):
        payment = story.pays("100", on=january(6))
        story.applies(payment, invoice, "100", on=january(6))
    story.tell({january(5): "not due 100 = 100", january(6): "nothing", january(7): "nothing"})
    known = datetime.combine(january(7), time(20), tzinfo=ZoneInfo(settings.TIME_ZONE))
    (row,) = aged_balance(as_of=january(7), group_by=GroupBy.ACCOUNT, known_at=known).rows
    assert row.total == 100
