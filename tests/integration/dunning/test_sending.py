"""Sending with real transactions: refusals, retries, two workers, a worker that dies."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import close_old_connections, connection

from quittance.core.ports.channels import OutgoingMessage, PermanentFailure, TemporaryFailure, UncertainFailure
from quittance.delivery import services as delivery
from quittance.delivery.models import Transmission
from quittance.dunning import services
from quittance.dunning.models import DunningNotice, DunningNoticeItem
from quittance.foundation import clock
from quittance.foundation.models import Event
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, decide_on, late, on, run_row

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    services.ensure_default_policy()
    return make_cast()


@pytest.fixture
def run_id(cast: Cast) -> Iterator[int]:
    """A run with one message, released on day 7."""
    make_item(cast.account, "1200", due=DUE)
    with on(late(7)):
        run_id = services.prepare_run(company_id=None, as_of=late(7), actor=ALICE)
        services.release_run(run_id=run_id, actor=ALICE)
        yield run_id


def failing(error: Exception) -> KeepingChannel:
    """A channel that answers each message with an error."""

    def fail(message: OutgoingMessage) -> None:
        raise error

    return KeepingChannel(before_send=fail)


def send(channel: KeepingChannel) -> str:
    """Send the one notice; return the outcome."""
    notice_id = DunningNotice.objects.values_list("id", flat=True).get()
    return services.send_notices(notice_ids=[notice_id], channel=channel)[notice_id].outcome


def test_a_release_leaves_jobs_for_the_worker(run_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'dunning.send_notices'")
        (arguments,) = cursor.fetchone()
    assert json.loads(arguments) == {"notice_ids": [DunningNotice.objects.get().pk]}


def test_a_refusal_for_good_fails_and_the_address_is_not_used_again(cast: Cast, run_id: int) -> None:
    assert send(failing(PermanentFailure("550 no such person"))) == "FAILED"
    sent = Transmission.objects.get()
    assert (sent.state, sent.failure, sent.is_failure_permanent) == ("REFUSED", "550 no such person", True)
    assert (run_row(run_id).state, run_row(run_id).failed_count) == ("DONE", 1)
    assert decide_on(late(8), cast.account.pk) == "PERSON NO_CONTACT"
    cast.durand.contacts.update(email="marie.petit@durand.example")
    assert decide_on(late(8), cast.account.pk) == "SEND FIRST_REMINDER"


def test_a_temporary_failure_waits_longer_each_time_then_gives_up(run_id: int) -> None:
    moment = NOON
    for minutes in delivery.RETRY_MINUTES:
        with clock.frozen(moment):
            assert send(failing(TemporaryFailure("451 later"))) == "RETRY"
            channel = KeepingChannel()
            assert send(channel) == "RETRY" and channel.sent == []  # too early
        moment += timedelta(minutes=minutes)
        assert Transmission.objects.get().not_before == moment
    with clock.frozen(moment):
        assert send(failing(TemporaryFailure("451 later"))) == "FAILED"
    assert Transmission.objects.get().is_failure_permanent is False


def test_after_a_temporary_failure_the_account_is_judged_again(cast: Cast, run_id: int) -> None:
    assert send(failing(TemporaryFailure("451 later"))) == "RETRY"
    make_item(cast.account, "-1200", due=late(7))
    with clock.frozen(NOON + timedelta(minutes=2)):
        assert send(KeepingChannel()) == "HELD"
    notice = DunningNotice.objects.get()
    assert (notice.state, notice.held_reason_code) == ("HELD", "COVERED_BY_CREDIT")
    assert Transmission.objects.get().state == "CANCELLED"


def test_what_never_left_does_not_count_as_a_level(cast: Cast, run_id: int) -> None:
    assert send(failing(TemporaryFailure("451 later"))) == "RETRY"
    services.cancel_run(run_id=run_id, actor=ALICE)
    assert DunningNoticeItem.objects.exists()
    assert decide_on(late(7), cast.account.pk) == "SEND FIRST_REMINDER"


def test_a_lost_answer_is_uncertain_and_only_a_person_sends_again(cast: Cast, run_id: int) -> None:
    assert send(failing(UncertainFailure("the connection broke"))) == "UNCERTAIN"
    channel = KeepingChannel()
    assert send(channel) == "SKIPPED"
    services.settle_interrupted()
    assert channel.sent == []
    assert decide_on(late(8), cast.account.pk).startswith("HOLD")
    notice = DunningNotice.objects.get()
    services.resolve_uncertain(notice_id=notice.pk, has_left=False, actor=ALICE)
    assert send(channel) == "SENT"
    with pytest.raises(services.NoticeNotUncertain):
        services.resolve_uncertain(notice_id=notice.pk, has_left=True, actor=ALICE)
    assert len(channel.sent) == 1


def test_a_worker_killed_while_sending_leaves_an_uncertain_message(run_id: int) -> None:
    with pytest.raises(SystemExit):  # nothing runs after it, as nothing runs after a kill
        send(failing(SystemExit()))  # type: ignore[arg-type]
    assert Transmission.objects.get().state == "SENDING"
    channel = KeepingChannel()
    assert send(channel) == "SKIPPED"
    assert services.settle_interrupted() == 0  # it may still be at it
    with clock.frozen(NOON + delivery.LEASE + timedelta(seconds=1)):
        assert services.settle_interrupted() == 1
        assert send(channel) == "SKIPPED"
    assert (DunningNotice.objects.get().state, Transmission.objects.get().state) == ("UNCERTAIN", "UNCERTAIN")
    assert run_row(run_id).state == "DONE"
    assert channel.sent == []


def test_a_worker_killed_after_the_server_took_it_is_settled_as_sent(run_id: int) -> None:
    notice = DunningNotice.objects.get()
    Transmission.objects.filter(pk=notice.transmission_id).update(state="SENT")
    assert services.settle_interrupted() == 1
    assert DunningNotice.objects.get().state == "SENT"
    assert Event.objects.filter(kind="dunning_notice.sent").count() == 1


def test_two_workers_never_send_the_same_message_twice(run_id: int) -> None:
    notice_id = DunningNotice.objects.values_list("id", flat=True).get()
    is_leaving, may_go_on = threading.Event(), threading.Event()

    def slowly(message: OutgoingMessage) -> None:
        is_leaving.set()
        may_go_on.wait(10)

    slow, quick = KeepingChannel(before_send=slowly), KeepingChannel()
    outcomes = []

    def first_worker() -> None:
        try:
            with clock.frozen(NOON):
                outcomes.append(services.send_notice(notice_id=notice_id, channel=slow).outcome)
        finally:
            connection.close()

    worker = threading.Thread(target=first_worker)
    worker.start()
    assert is_leaving.wait(10)
    assert services.send_notice(notice_id=notice_id, channel=quick).outcome == "SKIPPED"
    may_go_on.set()
    worker.join(10)
    close_old_connections()
    assert (outcomes, len(slow.sent), quick.sent) == (["SENT"], 1, [])


def test_one_message_that_cannot_be_made_does_not_stop_the_others(
    cast: Cast, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice_id = DunningNotice.objects.values_list("id", flat=True).get()
    channel = KeepingChannel()
    with pytest.raises(DunningNotice.DoesNotExist):
        services.send_notices(notice_ids=[0, notice_id], channel=channel)
    assert len(channel.sent) == 1
    assert run_row(run_id).state == "DONE"
