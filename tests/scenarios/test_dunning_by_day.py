"""Reminders told by day: what Durand hears, and when silence is kept."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from quittance.cases import services as cases
from quittance.cash.models import BankStatement, BankTransaction
from quittance.dunning import services
from quittance.dunning.models import DunningNotice, DunningNoticeItem
from quittance.foundation import clock
from quittance.foundation.models import ImportBatch
from quittance.ledger import services as ledger
from quittance.promises import services as promises
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, decide_on, late, on, run_row, send_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def channel() -> KeepingChannel:
    return KeepingChannel()


def pay(cast: Cast, amount: str, on_date: object, *, item_id: int | None = None) -> None:
    """Durand pays; with an item the money is applied to it, otherwise it stays unapplied."""
    credit = ledger.post_payment(
        account_id=cast.account.pk, amount=Decimal(amount), currency="EUR", payment_date=on_date, source="TEST",
        external_id=f"P{amount}{on_date}{item_id}", actor=ALICE,
    )  # fmt: skip
    if item_id is not None:
        ledger.allocate(
            debit_item_id=item_id, credit_item_id=credit, amount=Decimal(amount), effective_date=on_date, actor=ALICE
        )


def plain(text: str) -> str:
    """The text with ordinary blanks."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


def test_each_level_comes_on_its_day_and_once(cast: Cast, channel: KeepingChannel) -> None:
    make_item(cast.account, "1200", due=DUE, number="F1")
    story = {day: decide_on(late(day), cast.account.pk) for day in (-6, -5, 0, 6, 7)}
    assert story == {
        -6: "NOTHING",
        -5: "SEND COURTESY",
        0: "SEND COURTESY",
        6: "HOLD LEVEL_NOT_REACHED",
        7: "SEND FIRST_REMINDER",
    }
    for day, level in ((-5, "COURTESY"), (7, "FIRST_REMINDER"), (21, "SECOND_REMINDER"), (35, "FORMAL_NOTICE")):
        send_on(late(day), channel)
        notice = DunningNotice.objects.order_by("-id")[0]
        assert (notice.level.code, notice.notice_date) == (level, late(day))
        assert decide_on(late(day + 1), cast.account.pk) in (
            "HOLD MIN_INTERVAL", "HOLD LEVEL_NOT_REACHED", "NOTHING",
        )  # fmt: skip
    assert len(channel.sent) == 4
    assert decide_on(late(60), cast.account.pk) == "PERSON LAST_LEVEL_REACHED"
    assert list(DunningNoticeItem.objects.order_by("id").values_list("level_rank", flat=True)) == [0, 1, 2, 3]


def test_four_days_after_a_notice_is_too_soon_and_eight_is_not(cast: Cast, channel: KeepingChannel) -> None:
    make_item(cast.account, "500", due=DUE)
    make_item(cast.account, "300", due=DUE - timedelta(days=10))  # 21 days late on day 11
    send_on(late(7), channel)
    assert decide_on(late(11), cast.account.pk) == "HOLD MIN_INTERVAL"
    assert decide_on(late(15), cast.account.pk) == "SEND SECOND_REMINDER"


def test_a_late_start_begins_with_the_first_reminder(cast: Cast, channel: KeepingChannel) -> None:
    make_item(cast.account, "500", due=DUE)
    assert decide_on(late(90), cast.account.pk) == "SEND FIRST_REMINDER"


def test_what_is_paid_is_not_chased(cast: Cast) -> None:
    item = make_item(cast.account, "1200", due=DUE)
    pay(cast, "1200", late(5), item_id=item.pk)
    assert decide_on(late(7), cast.account.pk) == "NOTHING"


def test_unapplied_cash_holds(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    pay(cast, "1200", late(5))
    assert decide_on(late(7), cast.account.pk) == "HOLD COVERED_BY_CREDIT"


def test_cash_unapplied_on_the_sister_account_holds_too(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    sister = make_account(cast.durand, cast.company, cast.services, number="411DURANDS")
    make_item(sister, "-1200", due=late(3))
    assert decide_on(late(7), cast.account.pk) == "HOLD COVERED_BY_CREDIT"


def test_a_promise_holds_until_its_day_and_its_tolerance(cast: Cast) -> None:
    item = make_item(cast.account, "1200", due=DUE)
    with on(late(6)):
        promises.take_promise(
            account_id=cast.account.pk, item_ids=[item.pk], promised_date=late(20), made_on=late(6), actor=ALICE
        )
    assert decide_on(late(7), cast.account.pk) == "HOLD PROMISED"
    assert decide_on(late(23), cast.account.pk) == "HOLD PROMISED"
    assert decide_on(late(24), cast.account.pk) == "SEND FIRST_REMINDER"


def test_a_dispute_holds_its_amount_and_only_that(cast: Cast, channel: KeepingChannel) -> None:
    disputed = make_item(cast.account, "1000", due=DUE, number="F-DISPUTED")
    partly = make_item(cast.account, "600", due=DUE, number="F-PARTLY")
    for item, amount in ((disputed, "1000"), (partly, "200")):
        cases.open_dispute(
            item_id=item.pk, amount=Decimal(amount), reason_code="PRICE", opened_date=late(1), actor=ALICE
        )
    send_on(late(7), channel)
    body = plain(channel.sent[0].body_text)
    assert "F-DISPUTED" not in body and "F-PARTLY" in body and "400,00" in body and "1 200" not in body
    assert DunningNoticeItem.objects.get().amount == 400


def test_a_hold_of_the_account_or_of_an_item(cast: Cast) -> None:
    item = make_item(cast.account, "1200", due=DUE)
    block = services.block_account(
        account_id=cast.account.pk, reason="Asked by sales", from_date=late(0), until_date=late(10), actor=ALICE
    )
    assert decide_on(late(10), cast.account.pk) == "HOLD ACCOUNT_BLOCKED"
    assert decide_on(late(11), cast.account.pk) == "SEND FIRST_REMINDER"
    with on(late(9)):
        services.lift_block(block_id=block, actor=ALICE)
    assert decide_on(late(9), cast.account.pk) == "SEND FIRST_REMINDER"
    services.block_account(
        account_id=cast.account.pk, item_id=item.pk, reason="Price", from_date=late(9), until_date=None, actor=ALICE
    )
    assert decide_on(late(9), cast.account.pk) == "HOLD BLOCKED"


def test_old_bank_data_holds_the_company(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    assert decide_on(late(7), cast.account.pk) == "SEND FIRST_REMINDER"  # no statement was ever taken in
    cast.bank_account.last_statement_date = late(2)
    cast.bank_account.save()
    assert decide_on(late(7), cast.account.pk) == "HOLD STALE_BANK_DATA"
    cast.bank_account.last_statement_date = late(3)
    cast.bank_account.save()
    assert decide_on(late(7), cast.account.pk) == "SEND FIRST_REMINDER"


def test_the_right_contact_is_written_to(cast: Cast, channel: KeepingChannel) -> None:
    make_item(cast.account, "1200", due=DUE)
    contact = cast.durand.contacts.get()
    contacts = cast.durand.contacts
    contacts.create(name="Jean Achat", email="j.achat@durand.example", role="BUYER")
    contacts.create(name="Paul Gros", email="p.gros@durand.example", role="ACCOUNTS_PAYABLE", account=cast.account,
                    language="en")  # fmt: skip
    send_on(late(7), channel)
    assert (channel.sent[0].recipient, channel.sent[0].language) == ("p.gros@durand.example", "en")
    contacts.filter(name="Paul Gros").update(is_active=False)
    contact.is_opted_out = True
    contact.save()
    assert decide_on(late(21), cast.account.pk) == "HOLD OPTED_OUT"
    contacts.filter(role="ACCOUNTS_PAYABLE").update(is_active=False)
    assert decide_on(late(21), cast.account.pk) == "PERSON NO_CONTACT"


def test_a_payment_between_release_and_sending_stops_the_message(cast: Cast, channel: KeepingChannel) -> None:
    item = make_item(cast.account, "1200", due=DUE)
    run_id = send_on(late(7), channel, between=lambda: pay(cast, "1200", late(7), item_id=item.pk))
    assert channel.sent == []
    run = run_row(run_id)
    assert (run.state, run.sent_count, run.held_at_sending_count) == ("DONE", 0, 1)
    assert DunningNotice.objects.get().held_reason_code == "ALLOCATED"
    assert not DunningNoticeItem.objects.exists()


def test_a_part_payment_before_sending_changes_the_message(cast: Cast, channel: KeepingChannel) -> None:
    item = make_item(cast.account, "1200", due=DUE)
    send_on(late(7), channel, between=lambda: pay(cast, "1000", late(7), item_id=item.pk))
    assert "200,00" in channel.sent[0].subject and "1 200" not in plain(channel.sent[0].body_text)
    assert DunningNoticeItem.objects.get().amount == 200


def test_a_promise_or_a_dispute_before_sending_stops_the_message(cast: Cast, channel: KeepingChannel) -> None:
    item = make_item(cast.account, "1200", due=DUE)

    def promise() -> None:
        promises.take_promise(
            account_id=cast.account.pk, item_ids=[item.pk], promised_date=late(20), made_on=late(7), actor=ALICE
        )

    send_on(late(7), channel, between=promise)
    assert channel.sent == []
    assert DunningNotice.objects.get().held_reason_code == "PROMISED"


def test_direct_debit_gets_no_courtesy(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    cast.account.payment_method = "DIRECT_DEBIT"
    cast.account.save()
    assert decide_on(late(-5), cast.account.pk) == "NOTHING"
    assert decide_on(late(7), cast.account.pk) == "SEND FIRST_REMINDER"


def test_what_was_sold_to_the_factor_is_left_out(cast: Cast) -> None:
    item = make_item(cast.account, "1200", due=DUE)
    type(item).objects.filter(pk=item.pk).update(is_factored=True)
    assert decide_on(late(7), cast.account.pk) == "HOLD EXCLUDED_KIND"


def test_a_bank_line_of_a_known_payer_holds_before_it_is_matched(cast: Cast) -> None:
    make_item(cast.account, "1200", due=DUE)
    line = {"amount": Decimal(1200), "currency": "EUR", "customer": cast.durand, "state": "WAITING"}
    waiting = make_bank_line(cast, booked=late(6), **line)
    assert decide_on(late(7), cast.account.pk) == "HOLD COVERED_BY_CREDIT"
    BankTransaction.objects.filter(pk=waiting.pk).update(customer=None)
    assert decide_on(late(7), cast.account.pk) == "SEND FIRST_REMINDER"


def make_bank_line(cast: Cast, *, booked: date, **fields: object) -> BankTransaction:
    """A line of a statement of our main account."""
    batch = ImportBatch.objects.create(kind="STATEMENT", source="TEST", filename="x.xml", created_at=clock.now())
    statement = BankStatement.objects.create(
        bank_account=cast.bank_account, batch=batch, identifier="S1", currency="EUR", movement_sum=0,
        recorded_at=clock.now(),
    )  # fmt: skip
    return BankTransaction.objects.create(
        statement=statement, bank_account=cast.bank_account, position=1, deduplication_key="K1", booking_date=booked,
        value_date=booked, recorded_at=clock.now(), **fields,
    )  # fmt: skip
