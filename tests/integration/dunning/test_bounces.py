"""What comes back was not said: it leaves the counts of its run, and its step waits for a way that works."""

from __future__ import annotations

import pytest

from quittance.core.ports.channels import OutgoingMessage, UncertainFailure
from quittance.delivery.services import read_mailbox
from quittance.dunning import queries, services
from quittance.dunning.models import DunningLevel, DunningNotice
from quittance.foundation.models import Event
from tests.cast import Cast, make_cast, make_item
from tests.integration.delivery.mails import FakeMailbox, postfix
from tests.integration.dunning.desk import DUE, KeepingChannel, decide_on, late, on, run_row, send_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    services.ensure_default_policy()
    cast = make_cast()
    make_item(cast.account, "1200", due=DUE, number="F1")
    return cast


def report(number: int, *, code: str = "5.1.1", action: str = "failed") -> None:
    """A server tells on a day what became of the last message."""
    message_id = DunningNotice.objects.order_by("-id")[0].transmission.message_id
    with on(late(number)):
        read_mailbox(mailbox=FakeMailbox(postfix(message_id=message_id, code=code, action=action), validity=number))
        services.settle_interrupted()


def test_what_came_back_is_not_counted_as_sent(cast: Cast) -> None:
    run_id = send_on(late(7), KeepingChannel())
    assert (run_row(run_id).sent_count, run_row(run_id).failed_count) == (1, 0)
    report(8)
    assert (run_row(run_id).sent_count, run_row(run_id).failed_count) == (0, 1)
    assert queries.count_bounced(run_id=run_id) == 1
    assert [row["status"] for row in queries.list_decisions(run_id=run_id)] == ["BOUNCED"]
    (row,) = queries.list_notices_of_account(account_id=cast.account.pk)
    assert (row["state"], row["status"]) == ("FAILED", "BOUNCED")
    notice = queries.find_notice(notice_id=row["id"])
    assert notice is not None
    assert notice.state == "BOUNCED"
    assert queries.list_notices_of_item(item_id=notice.items[0]["item_id"])[0]["state"] == "BOUNCED"
    kinds = Event.objects.filter(account_id=cast.account.pk).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["dunning_notice.sent", "transmission.bounced"]


def test_its_step_is_said_again_to_whoever_can_be_reached(cast: Cast) -> None:
    channel = KeepingChannel()
    send_on(late(7), channel)
    report(8)
    assert decide_on(late(9), cast.account.pk) == "PERSON NO_CONTACT"
    cast.durand.contacts.create(name="Paul Gros", email="p.gros@durand.example", role="FINANCE")
    send_on(late(9), channel)
    assert [(one.recipient, "F1" in one.body_text) for one in channel.sent] == [
        ("m.petit@durand.example", True),
        ("p.gros@durand.example", True),
    ]
    assert DunningNotice.objects.get(state="SENT").level.code == "FIRST_REMINDER"
    assert decide_on(late(10), cast.account.pk) == "HOLD LEVEL_NOT_REACHED"


def test_a_full_mailbox_is_tried_again(cast: Cast) -> None:
    send_on(late(7), KeepingChannel())
    report(8, code="4.2.2")
    assert decide_on(late(9), cast.account.pk) == "SEND FIRST_REMINDER"


def test_a_step_for_what_bounced_takes_the_place_of_the_message(cast: Cast) -> None:
    DunningLevel.objects.filter(policy__code="STANDARD", code="SECOND_REMINDER").update(
        offset_days=10, medium="CALL", condition="LAST_BOUNCED"
    )
    send_on(late(7), KeepingChannel())
    assert decide_on(late(14), cast.account.pk) == "HOLD CONDITION_NOT_MET"
    report(8)
    assert decide_on(late(9), cast.account.pk) == "PERSON NO_CONTACT"
    assert decide_on(late(10), cast.account.pk) == "SEND SECOND_REMINDER"


@pytest.mark.parametrize(("action", "state", "sent"), [("delivered", "SENT", 1), ("failed", "FAILED", 0)])
def test_a_report_says_what_became_of_an_uncertain_message(cast: Cast, action: str, state: str, sent: int) -> None:
    def fail(message: OutgoingMessage) -> None:
        raise UncertainFailure("the line went dead")

    run_id = send_on(late(7), KeepingChannel(before_send=fail))
    assert DunningNotice.objects.get().state == "UNCERTAIN"
    report(8, action=action)
    assert DunningNotice.objects.get().state == state
    assert (run_row(run_id).sent_count, run_row(run_id).failed_count) == (sent, 1 - sent)
