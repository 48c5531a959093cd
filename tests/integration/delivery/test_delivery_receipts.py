"""Delivery receipts of SMS over real HTTP: sent to a local gateway, told back to our own server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from django.urls import reverse

from quittance.delivery import services
from quittance.delivery.models import EarlyReport, Transmission
from quittance.delivery.queries import list_refused_addresses
from quittance.delivery.services import MessageContent, NewTransmission
from quittance.foundation.models import Event
from tests.adapters.channels.sms_server import Gateway, gateway_of
from tests.adapters.channels.test_sms import channel_to
from tests.cast import Cast, make_cast
from tests.web.desk import browser

NUMBER = "+33612345678"
TEXT = MessageContent(
    recipient=NUMBER, recipient_name="Marie", language="fr", subject="", body_text="Rappel", medium="SMS"
)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture
def twilio(settings: Any, live_server: Any) -> Iterator[Gateway]:
    yield from _set_up(settings, live_server, "twilio")


@pytest.fixture
def ovh(settings: Any, live_server: Any) -> Iterator[Gateway]:
    yield from _set_up(settings, live_server, "ovh")


def _set_up(settings: Any, live_server: Any, shape: str) -> Iterator[Gateway]:
    settings.QUITTANCE_PUBLIC_URL = live_server.url
    settings.QUITTANCE_SMS_CHANNEL = f"sms-{shape}"
    settings.QUITTANCE_SMS = {"host": "localhost", "user": "key", "password": "secret"}
    with gateway_of(shape) as gateway:
        yield gateway


def send(cast: Cast, gateway: Gateway) -> Transmission:
    draft = NewTransmission(
        account_id=cast.account.pk, purpose="DUNNING_NOTICE", sender="Arvor", recipient=NUMBER, medium="SMS",
        channel=f"sms-{gateway.shape}",
    )  # fmt: skip
    (transmission_id,) = services.queue_transmissions(drafts=[draft])
    lease = services.claim(transmission_id=transmission_id, content=TEXT)
    assert lease is not None
    services.send_claimed(lease=lease, channel=channel_to(gateway.shape, gateway.port))
    return Transmission.objects.get(pk=transmission_id)


def call(url: str, form: dict[str, str] | None = None, *, token: str = "secret") -> int:
    """Call as the gateway does and return the status."""
    data = urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, data=data)  # noqa: S310
    if form is not None:
        signed = url + "".join(name + form[name] for name in sorted(form))
        digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
        request.add_header("X-Twilio-Signature", base64.b64encode(digest).decode())
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def callback_of(gateway: Gateway) -> str:
    (asked,) = [body for method, _path, _headers, body in gateway.asked if method == "POST"]
    return parse_qs(asked.decode())["StatusCallback"][0]


def state(row: Transmission) -> str:
    row.refresh_from_db()
    return str(row.state)


def test_twilio_is_asked_for_receipts_and_they_are_read(cast: Cast, twilio: Gateway) -> None:
    row = send(cast, twilio)
    url = callback_of(twilio)
    assert dict(parse_qsl(urlsplit(url).query)) == {"m": row.message_id}
    assert call(url, {"MessageSid": "SM42", "MessageStatus": "sent"}) == 204
    assert state(row) == "SENT"
    assert call(url, {"MessageSid": "SM42", "MessageStatus": "delivered"}) == 204
    assert state(row) == "DELIVERED"
    assert row.delivered_at is not None
    assert call(url, {"MessageSid": "SM42", "MessageStatus": "delivered"}) == 204
    assert call(url, {"MessageSid": "SM42", "MessageStatus": "failed"}) == 204  # a late word changes nothing
    assert state(row) == "DELIVERED"
    assert Event.objects.filter(kind="transmission.delivered").count() == 1


def test_a_number_that_is_bad_for_good_gets_nothing_more(cast: Cast, twilio: Gateway) -> None:
    row = send(cast, twilio)
    form = {"MessageSid": "SM42", "MessageStatus": "undelivered", "ErrorCode": "30005"}
    assert call(callback_of(twilio), form) == 204
    assert state(row) == "BOUNCED"
    assert (row.bounce_code, row.failure, row.is_failure_permanent) == ("30005", "30005 undelivered", True)
    assert list_refused_addresses(account_ids=[cast.account.pk]) == {NUMBER}
    page = browser(cast.alice).get(reverse("message_detail", args=[row.pk])).content.decode()
    assert "Came back" in page
    assert "Nothing more is written to this address." in page


def test_a_wrong_signature_or_secret_changes_nothing(cast: Cast, twilio: Gateway) -> None:
    row, url = send(cast, twilio), callback_of(twilio)
    form = {"MessageSid": "SM42", "MessageStatus": "delivered"}
    assert call(url, form, token="guessed") == 403
    assert call(url) == 403
    parts = urlsplit(url)
    channel, token = parts.path.strip("/").split("/")[1:]
    base = f"{parts.scheme}://{parts.netloc}"
    assert call(f"{base}/receipts/{channel}/{'a' * len(token)}/", form) == 404
    assert call(f"{base}/receipts/sms-ovh/{token}/", form) == 404
    assert call(f"{base}/receipts/smtp/{token}/", form) == 404
    assert state(row) == "SENT"


def test_ovh_calls_the_secret_address(cast: Cast, ovh: Gateway) -> None:
    row = send(cast, ovh)
    assert row.provider_reference == "42"
    url = services.report_url(channel="sms-ovh")
    assert call(f"{url}?id=42&ptt=1&description=4") == 204
    assert state(row) == "SENT"
    assert call(f"{url}?id=42&ptt=24&description=2&descriptionDlr=absent&date=2026-03-01") == 204
    assert state(row) == "BOUNCED"
    assert (row.failure, row.is_failure_permanent) == ("24 absent", False)
    assert call(url) == 204
    assert call(url[:-3] + "xx/?id=42&ptt=4") == 404


def test_a_receipt_that_comes_before_the_answer_waits_for_it(cast: Cast, ovh: Gateway) -> None:
    url = services.report_url(channel="sms-ovh")
    assert call(f"{url}?id=42&ptt=4&description=1") == 204
    assert call(f"{url}?id=42&ptt=4&description=1") == 204
    assert EarlyReport.objects.get().is_delivered
    assert state(send(cast, ovh)) == "DELIVERED"
    assert not EarlyReport.objects.exists()


def test_an_uncertain_message_is_settled_by_its_receipt(cast: Cast, twilio: Gateway) -> None:
    twilio.behaviour = "lost"
    row = send(cast, twilio)
    assert row.state == "UNCERTAIN"
    assert call(callback_of(twilio), {"MessageSid": "SM7", "MessageStatus": "delivered"}) == 204
    assert state(row) == "DELIVERED"
    assert row.failure_code == ""


def test_without_a_public_address_nothing_is_asked_for(cast: Cast, twilio: Gateway, settings: Any) -> None:
    settings.QUITTANCE_PUBLIC_URL = ""
    send(cast, twilio)
    (body,) = [body for method, _path, _headers, body in twilio.asked if method == "POST"]
    assert b"StatusCallback" not in body


def test_the_settings_say_where_receipts_come_to(cast: Cast, ovh: Gateway) -> None:
    page = reverse("settings_senders")
    assert services.report_url(channel="sms-ovh") in browser(cast.adam).get(page).content.decode()
    assert "/receipts/" not in browser(cast.manager).get(page).content.decode()
