"""The page of a reminder that failed or may have left: what it says, and the person's word."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from quittance.core.ports.channels import (
    ChannelDown,
    OutgoingMessage,
    PermanentFailure,
    TemporaryFailure,
    UncertainFailure,
)
from quittance.dunning import services
from quittance.dunning.models import DunningNotice
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, on, send_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def sent_by(cast: Cast, client: Client, error: Exception) -> tuple[DunningNotice, str]:
    """Send a reminder to Durand that meets an error; return it and its page as Alice reads it."""

    def fail(message: OutgoingMessage) -> None:
        raise error

    make_item(cast.account, "1200", due=DUE)
    send_on(late(7), KeepingChannel(before_send=fail))
    client.force_login(cast.alice)
    notice = DunningNotice.objects.get()
    return notice, client.get(reverse("notice_detail", args=[notice.pk])).content.decode()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermanentFailure("550 no such person"), "The mail server refused the message for good: 550 no such person"),
        (TemporaryFailure("451 later"), "The message was not taken, and nothing has left: 451 later"),
        (ChannelDown("[Errno 111]"), "The mail server could not be reached: [Errno 111]"),
        (UncertainFailure("timed out"), "The connection broke before the mail server answered: timed out"),
    ],
)
def test_it_says_what_happened_in_the_servers_words(cast: Cast, client: Client, error: Exception, words: str) -> None:
    assert words in sent_by(cast, client, error)[1]


def test_a_person_says_that_it_has_arrived(cast: Cast, client: Client) -> None:
    notice, page = sent_by(cast, client, UncertainFailure("timed out"))
    assert "It has arrived" in page and "Send it again" in page
    client.post(reverse("notice_resolve", args=[notice.pk]), {"has_left": "yes"})
    assert DunningNotice.objects.get().state == "SENT"
    page = client.get(reverse("notice_detail", args=[notice.pk])).content.decode()
    assert "Send it again" not in page and "timed out" not in page


def test_sent_again_it_is_checked_once_more(cast: Cast, client: Client) -> None:
    notice, _ = sent_by(cast, client, UncertainFailure("timed out"))
    make_item(cast.account, "-1200", due=late(7))
    client.post(reverse("notice_resolve", args=[notice.pk]), {"has_left": "no"})
    channel = KeepingChannel()
    with on(late(8)):
        services.send_notices(notice_ids=[notice.pk], channel=channel)
    assert (DunningNotice.objects.get().state, channel.sent) == ("HELD", [])


def test_it_is_not_sent_again_beside_another_reminder(cast: Cast, client: Client) -> None:
    notice, _ = sent_by(cast, client, UncertainFailure("timed out"))
    with on(late(21)):
        run_id = services.prepare_run(company_id=None, as_of=late(21), actor=ALICE)
        assert services.release_run(run_id=run_id, actor=ALICE).queued == 1
    answer = client.post(reverse("notice_resolve", args=[notice.pk]), {"has_left": "no"}, follow=True)
    assert "Another reminder to this account is about to leave" in answer.content.decode()
    notice.refresh_from_db()
    assert notice.state == "UNCERTAIN"


def test_a_reader_may_not_decide(cast: Cast, client: Client) -> None:
    notice, _ = sent_by(cast, client, UncertainFailure("timed out"))
    client.force_login(cast.diane)
    assert "Send it again" not in client.get(reverse("notice_detail", args=[notice.pk])).content.decode()
    assert client.post(reverse("notice_resolve", args=[notice.pk]), {"has_left": "no"}).status_code == 403
