"""Courtesy messages can be stopped by their recipient, by a signed link; nothing else can."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings

from quittance.delivery import services
from quittance.delivery.models import Transmission
from quittance.delivery.services import MessageContent, NewTransmission
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import SYSTEM
from tests.cast import Cast, make_cast
from tests.integration.dunning.desk import KeepingChannel

pytestmark = pytest.mark.django_db
MARIE = "M.Petit@durand.example"


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(django_settings, "QUITTANCE_PUBLIC_URL", "https://credit.arvor.example")
    return make_cast()


def sent_headers(cast: Cast, *, is_courtesy: bool) -> dict[str, str]:
    """Send a message and return the headers that its channel got."""
    draft = NewTransmission(account_id=cast.account.pk, purpose="T", sender="a@arvor.example", recipient=MARIE)
    (transmission_id,) = services.queue_transmissions(drafts=[draft])
    content = MessageContent(
        recipient=MARIE, recipient_name="", language="fr", subject="S", body_text="T", is_courtesy=is_courtesy
    )
    lease = services.claim(transmission_id=transmission_id, content=content)
    assert lease is not None
    channel = KeepingChannel()
    services.send_claimed(lease=lease, channel=channel)
    return dict(channel.sent[0].headers)


def token_of(headers: dict[str, str]) -> str:
    return headers["List-Unsubscribe"].strip("<>").rstrip("/").rpartition("/")[2]


def test_only_courtesy_messages_carry_the_way_out(cast: Cast) -> None:
    headers = sent_headers(cast, is_courtesy=True)
    assert headers["List-Unsubscribe"].startswith("<https://credit.arvor.example/stop/")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent_headers(cast, is_courtesy=False) == {}


def test_without_a_public_address_there_is_none(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "QUITTANCE_PUBLIC_URL", "")
    assert sent_headers(cast, is_courtesy=True) == {}


def test_a_click_stops_once_and_a_person_may_undo_it(cast: Cast) -> None:
    token = token_of(sent_headers(cast, is_courtesy=True))
    assert not services.read_link(token=token).is_done
    services.opt_out(token=token)
    services.opt_out(token=token)
    assert services.read_link(token=token).is_done
    assert services.list_opted_out(account_ids=[cast.account.pk]) == {(cast.account.pk, MARIE.lower())}
    assert Event.objects.filter(kind="delivery.opted_out").count() == 1
    assert services.opt_in(account_id=cast.account.pk, address=MARIE, actor=SYSTEM)
    assert not services.opt_in(account_id=cast.account.pk, address=MARIE, actor=SYSTEM)
    assert services.list_opted_out(account_ids=[cast.account.pk]) == set()


def test_links_that_are_forged_old_or_of_another_message_do_nothing(cast: Cast) -> None:
    token = token_of(sent_headers(cast, is_courtesy=True))
    sent_headers(cast, is_courtesy=False)
    reminder = Transmission.objects.get(is_courtesy=False)
    stolen = services.stop_url(transmission_id=reminder.pk).rstrip("/").rpartition("/")[2]
    for bad in (stolen, token[:-1], token.replace(token[0], "7", 1) + "x", "1.1.1", "x", ""):
        with pytest.raises(services.LinkNotValid):
            services.opt_out(token=bad)
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert services.read_link(token=token)
    assert services.list_opted_out(account_ids=[cast.account.pk]) == set()


def test_a_link_ends_after_half_a_year(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    token = token_of(sent_headers(cast, is_courtesy=True))
    monkeypatch.setattr("quittance.delivery.services.opting_out.LINK_AGE", timedelta(seconds=-1))
    with pytest.raises(services.LinkNotValid):
        services.opt_out(token=token)
