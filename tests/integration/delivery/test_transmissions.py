"""The states of a transmission, each step guarded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quittance.delivery import queries, services
from quittance.delivery.services import MessageContent, NewTransmission
from quittance.foundation import clock
from quittance.foundation.permissions import SYSTEM
from tests.cast import make_cast
from tests.integration.dunning.desk import KeepingChannel

pytestmark = pytest.mark.django_db
CONTENT = MessageContent(
    recipient="m.petit@durand.example", recipient_name="Marie", language="fr", subject="S", body_text="T"
)


@pytest.fixture
def queued() -> int:
    """A queued transmission to Durand."""
    draft = NewTransmission(
        account_id=make_cast().account.pk, purpose="TEST", sender="A <a@arvor.example>", recipient="x@durand.example"
    )
    return services.queue_transmissions(drafts=[draft])[0]


def test_only_one_claim_holds(queued: int) -> None:
    assert services.claim(transmission_id=queued, content=CONTENT)
    assert not services.claim(transmission_id=queued, content=CONTENT)
    assert services.cancel(transmission_ids=[queued]) == []


def test_what_is_cancelled_is_never_claimed(queued: int) -> None:
    assert services.cancel(transmission_ids=[queued]) == [queued]
    assert not services.claim(transmission_id=queued, content=CONTENT)
    assert queries.count_by_state() == {}


def test_what_is_sent_keeps_what_was_sent(queued: int) -> None:
    channel = KeepingChannel()
    lease = services.claim(transmission_id=queued, content=CONTENT)
    assert lease is not None
    assert services.send_claimed(lease=lease, channel=channel).state == "SENT"
    row = queries.get_transmission(transmission_id=queued)
    assert (row.recipient, row.subject, row.body_text, row.attempts) == ("m.petit@durand.example", "S", "T", 1)
    assert row.sent_at is not None and row.message_id == channel.sent[0].message_id
    with pytest.raises(services.LeaseLost):
        services.send_claimed(lease=lease, channel=channel)
    assert len(channel.sent) == 1
    assert [one["id"] for one in queries.list_transmissions_of_account(account_id=row.account_id)] == [queued]


def test_what_was_leaving_when_the_worker_died_becomes_uncertain(queued: int) -> None:
    services.claim(transmission_id=queued, content=CONTENT)
    assert services.recover_interrupted() == []
    with clock.frozen(clock.now() + services.LEASE + timedelta(seconds=1)):
        assert services.recover_interrupted() == [queued]
        assert services.recover_interrupted() == []
    assert [row["id"] for row in queries.list_uncertain()] == [queued]
    assert services.resolve_uncertain(transmission_id=queued, has_left=True, actor=SYSTEM) == "SENT"
    with pytest.raises(services.TransmissionNotUncertain):
        services.resolve_uncertain(transmission_id=queued, has_left=False, actor=SYSTEM)
