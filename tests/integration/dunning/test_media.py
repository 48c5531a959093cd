"""Steps by other media than e-mail, who validates them, and what holds them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from quittance.delivery.models import Transmission
from quittance.dunning import queries, services
from quittance.dunning.account_pages import names_of_policies
from quittance.dunning.models import DunningDecision, DunningLevel, DunningNotice, DunningPolicy
from quittance.dunning.step_tasks import list_step_tasks
from quittance.foundation.models import Event
from quittance.parties.models import Contact
from quittance.segments.models import Membership, Segment
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import (
    ALICE,
    DUE,
    KeepingChannel,
    decide_on,
    late,
    on,
    run_row,
    send_on,
    send_waiting,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    services.ensure_default_policy()
    make_item(cast.account, "1200", due=DUE, number="F-1")
    return cast


def follow(cast: Cast, code: str) -> None:
    """Let Durand's account follow a policy."""
    services.assign_policy(account_id=cast.account.pk, policy_code=code, actor=ALICE)


def test_a_statement_shows_all_that_is_open_and_claims_what_is_late(cast: Cast) -> None:
    follow(cast, "STRATEGIC")
    make_item(cast.account, "300", due=late(60), number="F-LATER")
    make_item(cast.account, "-50", due=late(1), kind="CREDIT_NOTE", number="A-1")
    channel = KeepingChannel()
    send_on(late(8), channel)
    (sent,) = channel.sent
    assert "F-1" in sent.body_text and "F-LATER" in sent.body_text and "A-1" in sent.body_text
    plain = sent.body_text.replace("\u202f", " ").replace("\xa0", " ")
    assert "1 450,00 €, dont 1 150,00 € à échéance dépassée" in plain
    assert "Solde" in plain
    items = DunningNotice.objects.get().items.values_list("item__document_number", "amount")
    assert [(number, int(amount)) for number, amount in items] == [("F-1", 1150)]


def test_a_call_is_left_to_a_person_and_counts_as_taken(cast: Cast) -> None:
    follow(cast, "STRATEGIC")
    channel = KeepingChannel()
    send_on(late(8), channel)
    run_id = send_on(late(21), channel)
    assert len(channel.sent) == 1 and Transmission.objects.count() == 1
    (task,) = list_step_tasks()
    assert (task.medium, task.level_code, task.account_id, task.opened_on) == (
        "CALL", "CALL", cast.account.pk, late(21),
    )  # fmt: skip
    assert (task.amount, task.item_count, task.oldest_overdue_days) == (1200, 1, 21)
    assert run_row(run_id).state == "DONE"
    assert decide_on(late(22), cast.account.pk) == "HOLD LEVEL_NOT_REACHED"
    with on(late(22)):
        services.finish_task(notice_id=task.notice_id, note="Pays on Friday", actor=ALICE)
        with pytest.raises(services.TaskNotOpen):
            services.finish_task(notice_id=task.notice_id, note="", actor=ALICE)
    assert list_step_tasks() == []
    assert DunningNotice.objects.get(pk=task.notice_id).done_note == "Pays on Friday"
    assert Event.objects.filter(kind__startswith="dunning_task", account_id=cast.account.pk).count() == 2
    assert decide_on(late(40), cast.account.pk) == "HOLD LEVEL_NOT_REACHED"
    assert decide_on(late(42), cast.account.pk) == "SEND SECOND_STATEMENT"


def test_a_task_is_judged_again_when_it_is_opened(cast: Cast) -> None:
    follow(cast, "STRATEGIC")
    channel = KeepingChannel()
    send_on(late(8), channel)

    def pay() -> None:
        make_item(cast.account, "-1200", due=late(21))

    send_on(late(21), channel, between=pay)
    assert list_step_tasks() == []
    assert DunningNotice.objects.latest("id").held_reason_code == "COVERED_BY_CREDIT"


def test_a_cancelled_run_takes_its_tasks_back(cast: Cast) -> None:
    follow(cast, "STRATEGIC")
    send_on(late(8), KeepingChannel())
    with on(late(21)):
        run_id = services.prepare_run(company_id=None, as_of=late(21), actor=ALICE)
        services.release_run(run_id=run_id, actor=ALICE)
        assert services.cancel_run(run_id=run_id, actor=ALICE) == 1
        send_waiting(KeepingChannel())
    assert list_step_tasks() == []


def test_weekends_and_holidays_of_the_country_are_quiet(cast: Cast) -> None:
    follow(cast, "STRATEGIC")
    assert decide_on(late(12), cast.account.pk) == "HOLD QUIET_DAY"  # a Saturday
    easter_monday = date(2026, 4, 6)
    assert decide_on(easter_monday, cast.account.pk) == "HOLD QUIET_DAY"
    cast.durand.country = "CH"
    cast.durand.save()
    assert decide_on(easter_monday + timedelta(days=1), cast.account.pk) == "SEND STATEMENT"


def test_a_text_message_without_a_gateway_is_held_or_becomes_an_email(cast: Cast) -> None:
    level = DunningLevel.objects.filter(policy__code="STANDARD", rank=1)
    level.update(medium="SMS")
    assert decide_on(late(7), cast.account.pk) == "HOLD MEDIUM_NOT_READY"
    level.update(falls_back_to_email=True)
    assert decide_on(late(7), cast.account.pk) == "SEND FIRST_REMINDER"
    assert DunningDecision.objects.latest("id").medium == "EMAIL"


def test_a_text_message_goes_to_the_mobile_of_a_contact(cast: Cast, settings: Any) -> None:
    settings.QUITTANCE_SMS_CHANNEL = "sms-ovh"
    DunningLevel.objects.filter(policy__code="STANDARD", rank=1).update(medium="SMS")
    Contact.objects.update(phone="02 98 00 00 00")
    assert decide_on(late(7), cast.account.pk) == "PERSON NO_CONTACT", "the number of an office"
    Contact.objects.update(phone="06 12 34 56 78")
    channel = KeepingChannel()
    send_on(late(7), channel)
    (sent,) = channel.sent
    assert sent.recipient == "+33612345678"
    assert "F-1" in sent.body_text
    assert len(sent.body_text) <= 160
    row = Transmission.objects.get()
    assert (row.medium, row.channel, row.state, row.segments) == ("SMS", "sms-ovh", "SENT", 1)
    assert DunningNotice.objects.get().state == "SENT"


def test_a_number_lost_since_fails_that_text_message_alone(cast: Cast, settings: Any) -> None:
    settings.QUITTANCE_SMS_CHANNEL = "sms-ovh"
    DunningLevel.objects.filter(policy__code="STANDARD", rank=1).update(medium="SMS")
    Contact.objects.update(phone="06 12 34 56 78")
    channel = KeepingChannel()

    def move() -> None:
        Contact.objects.update(phone="02 98 00 00 00")

    send_on(late(7), channel, between=move)
    assert channel.sent == []
    assert DunningNotice.objects.get().state in ("HELD", "FAILED")


def test_only_a_manager_releases_what_a_manager_validates(cast: Cast) -> None:
    DunningLevel.objects.filter(policy__code="STANDARD", rank=1).update(validated_by="MANAGER")
    with on(late(7)):
        run_id = services.prepare_run(company_id=None, as_of=late(7), actor=ALICE)
        assert [one.manager_count for one in queries.summarise_run(run_id=run_id)] == [1]
        result = services.release_run(run_id=run_id, actor=ALICE)
        assert (result.queued, result.awaiting_manager) == (0, 1)
        assert DunningDecision.objects.get(run_id=run_id).reason_code == "AWAITS_MANAGER"
        assert (run_row(run_id).send_count, run_row(run_id).hold_count) == (0, 1)
        run_id = services.prepare_run(company_id=None, as_of=late(7), actor=ALICE)
        assert services.release_run(run_id=run_id, actor=ALICE, is_manager=True).queued == 1


def test_what_nobody_validates_leaves_by_itself_and_the_rest_waits(cast: Cast) -> None:
    follow(cast, "SMALL_AMOUNTS")
    other = make_cast_account(cast)
    with on(late(10)):
        run_id = services.prepare_run(company_id=None, as_of=late(10), actor=ALICE)
        assert DunningNotice.objects.get().account_id == cast.account.pk
        assert run_row(run_id).state == "READY"
        assert services.release_run(run_id=run_id, actor=ALICE).queued == 1
        send_waiting(KeepingChannel())
    assert set(DunningNotice.objects.values_list("account_id", "state")) == {(cast.account.pk, "SENT"), (other, "SENT")}
    assert run_row(run_id).state == "DONE"


def make_cast_account(cast: Cast) -> int:
    """Another customer, late too; return its account's id."""
    from quittance.parties.models import Contact, Customer
    from tests.cast import make_account

    customer = Customer.objects.create(number="C2", name="Petit SA")
    account = make_account(customer, cast.company, cast.department, number="411PETIT")
    Contact.objects.create(customer=customer, name="A. P.", email="ap@petit.example")
    make_item(account, "100", due=DUE)
    return account.pk


def test_word_that_it_is_paid_holds_until_its_day(cast: Cast) -> None:
    with on(late(7)):
        (first,) = services.announce_payment(
            account_id=cast.account.pk, announced_on=late(7), until_date=late(9), actor=ALICE, said="Transfer ordered"
        )
    assert decide_on(late(9), cast.account.pk) == "HOLD PAYMENT_ANNOUNCED"
    assert decide_on(late(10), cast.account.pk) == "SEND FIRST_REMINDER"
    make_item(cast.account, "70", due=late(8), number="F-2")  # due after the word was given: not spoken of
    assert decide_on(late(9), cast.account.pk) == "HOLD LEVEL_NOT_REACHED"
    with on(late(9)):
        services.end_announcement(announcement_id=first, actor=ALICE)
    assert decide_on(late(9), cast.account.pk) == "SEND FIRST_REMINDER"
    assert Event.objects.filter(kind__startswith="dunning_announcement").count() == 2


def test_the_policy_is_the_accounts_own_else_its_segments(cast: Cast) -> None:
    segment = Segment.objects.order_by("position").first()
    assert segment is not None
    Segment.objects.filter(pk=segment.pk).update(policy_code="SMALL_AMOUNTS", is_active=True)
    Membership.objects.create(segment=segment, account=cast.account, from_date=late(0), until_date=late(20))
    assert decide_on(late(7), cast.account.pk) == "HOLD LEVEL_NOT_REACHED"
    assert DunningDecision.objects.latest("id").policy.code == "SMALL_AMOUNTS"
    assert decide_on(late(20), cast.account.pk) == "SEND FIRST_REMINDER"
    assert DunningDecision.objects.latest("id").policy.code == "STANDARD"
    for day, name in ((7, "Small amounts"), (20, "Standard")):
        assert names_of_policies(account_ids=[cast.account.pk], as_of=late(day)) == {cast.account.pk: name}
    follow(cast, "LITIGATION_BOUND")
    assert decide_on(late(7), cast.account.pk) == "SEND FIRST_REMINDER"
    assert DunningDecision.objects.latest("id").policy.code == "LITIGATION_BOUND"


def test_an_emptied_database_gets_the_same_policies_back() -> None:
    before = {one.code: list(one.levels.order_by("rank").values_list("code", "medium", "counted_from"))
              for one in DunningPolicy.objects.all()}  # fmt: skip
    assert set(before) == {"STANDARD", "STRATEGIC", "SMALL_AMOUNTS", "PUBLIC_SECTOR", "LITIGATION_BOUND"}
    DunningPolicy.objects.all().delete()
    services.ensure_default_policy()
    after = {one.code: list(one.levels.order_by("rank").values_list("code", "medium", "counted_from"))
             for one in DunningPolicy.objects.all()}  # fmt: skip
    assert after == before
