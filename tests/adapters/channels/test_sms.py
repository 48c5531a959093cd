"""Both gateways for SMS against a local server: the contract, the requests as documented, each answer judged."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from quittance.adapters.channels.sms_http import HttpSmsChannel, Settings
from quittance.adapters.channels.sms_ovh import OvhSmsChannel
from quittance.adapters.channels.sms_twilio import TwilioSmsChannel
from quittance.core.ports.channels import (
    Channel,
    ChannelDown,
    MessageRefused,
    OutgoingMessage,
    PermanentFailure,
    TemporaryFailure,
    UncertainFailure,
)
from tests.adapters.channels.contract import ChannelContract
from tests.adapters.channels.sms_server import Gateway, gateway_of

MESSAGE = OutgoingMessage(
    message_id="0123abcd0123abcd0123abcd0123abcd.7.0123456789abcdef@arvor.example",
    sender="Arvor",
    recipient="+33612345678",
    subject="",
    body_text="Rappel : 1 234,50 € à régler. Arvor",
    language="fr",
)
CHANNELS: dict[str, type[HttpSmsChannel]] = {"ovh": OvhSmsChannel, "twilio": TwilioSmsChannel}


def channel_to(shape: str, port: int, *, seconds: float = 3) -> HttpSmsChannel:
    settings = Settings(
        host=f"127.0.0.1:{port}", user="key", password="secret", service="sms-ab1-1", consumer_key="mine",
        is_tls=False, timeout_seconds=seconds,
    )  # fmt: skip
    return CHANNELS[shape](settings)


@pytest.fixture(params=["ovh", "twilio"])
def gateway(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    with gateway_of(request.param) as found:
        yield found


class TestSmsChannels(ChannelContract):
    """The contract, for each gateway."""

    message = MESSAGE

    @pytest.fixture
    def make_channel(self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Channel]:
        def make(behaviour: str) -> Channel:
            gateway.behaviour = behaviour
            port = gateway.port
            if behaviour == "down":
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", 0))
                    port = int(probe.getsockname()[1])
            return channel_to(gateway.shape, port)

        return make

    def test_a_refusal_is_permanent_and_says_why(self, make_channel: Callable[[str], Channel]) -> None:
        with pytest.raises(PermanentFailure, match=r"no such person|\+33612345678") as raised:
            make_channel("refuse").send(self.message)
        assert not isinstance(raised.value, MessageRefused), "the number is bad, not the text"


@pytest.mark.parametrize(
    ("status", "told", "failure"),
    [
        (400, {"message": "message too long"}, MessageRefused),
        (401, {"message": "who are you"}, ChannelDown),
        (402, {"message": "no credit"}, ChannelDown),
        (403, {"message": "not yours"}, ChannelDown),
        (404, {"message": "no such account"}, ChannelDown),
        (429, {"message": "slower"}, TemporaryFailure),
        (503, b"away", TemporaryFailure),
        (500, {"message": "broke down"}, UncertainFailure),
        (502, b"<html>", UncertainFailure),
        (504, b"", UncertainFailure),
        (302, {}, UncertainFailure),
        (200, b"not json", UncertainFailure),
        (200, b"[]", UncertainFailure),
    ],
)
def test_each_answer_is_judged(gateway: Gateway, status: int, told: Any, failure: type[Exception]) -> None:
    gateway.answer = (status, told)
    with pytest.raises(failure) as raised:
        channel_to(gateway.shape, gateway.port).send(MESSAGE)
    assert type(raised.value) is failure
    assert sum(method == "POST" for method, *_ in gateway.asked) == 1, "never tried again by itself"


def test_a_gateway_that_hangs_leaves_the_message_uncertain(gateway: Gateway) -> None:
    gateway.behaviour = "hang"
    with pytest.raises(UncertainFailure):
        channel_to(gateway.shape, gateway.port, seconds=0.5).send(MESSAGE)


def test_only_telephone_numbers_and_bare_texts_go_this_way(gateway: Gateway) -> None:
    channel = channel_to(gateway.shape, gateway.port)
    assert channel.supports(MESSAGE)
    for recipient in ("m.petit@durand.example", "0612345678", "+33 6 12 34 56 78", "+0612345678", ""):
        message = replace(MESSAGE, recipient=recipient)
        assert not channel.supports(message)
        with pytest.raises(PermanentFailure):
            channel.send(message)
    assert gateway.asked == []


def test_ovh_gets_a_signed_job() -> None:
    with gateway_of("ovh") as gateway:
        receipt = channel_to("ovh", gateway.port).send(MESSAGE)
        (method, path, headers, body) = gateway.asked[-1]
    assert (method, path) == ("POST", "/1.0/sms/sms-ab1-1/jobs")
    job = json.loads(body)
    assert job["receivers"] == ["+33612345678"] and job["message"] == MESSAGE.body_text
    assert (job["noStopClause"], job["coding"], job["sender"], len(job["tag"])) == (True, "7bit", "Arvor", 20)
    told = {name.lower(): value for name, value in headers.items()}
    address = f"http://127.0.0.1:{gateway.port}{path}"
    signed = "+".join(["secret", "mine", "POST", address, body.decode(), told["x-ovh-timestamp"]])
    assert told["x-ovh-signature"] == "$1$" + hashlib.sha1(signed.encode()).hexdigest()
    assert (receipt.reference, receipt.cost) == ("42", None)


def test_ovh_sends_in_the_long_alphabet_where_it_must_and_answers_come_back_without_a_sender() -> None:
    with gateway_of("ovh") as gateway:
        channel_to("ovh", gateway.port).send(
            replace(MESSAGE, body_text="Fête : 12 €", sender="Arvor <c@arvor.example>")
        )
        job = json.loads(gateway.asked[-1][3])
    assert job["coding"] == "8bit" and job["senderForResponse"] is True and "sender" not in job


def test_twilio_gets_a_form_and_says_parts_and_price() -> None:
    with gateway_of("twilio") as gateway:
        gateway.answer = (201, {"sid": "SM7", "num_segments": "2", "price": "-0.0790", "price_unit": "usd"})
        receipt = channel_to("twilio", gateway.port).send(MESSAGE)
        (_method, path, headers, body) = gateway.asked[-1]
    assert path == "/2010-04-01/Accounts/sms-ab1-1/Messages.json"
    assert parse_qs(body.decode()) == {"To": ["+33612345678"], "From": ["Arvor"], "Body": [MESSAGE.body_text]}
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"key:secret").decode()
    assert (receipt.reference, receipt.segments, receipt.cost, receipt.currency) == ("SM7", 2, Decimal("0.0790"), "USD")


def test_twilio_needs_a_sender() -> None:
    with gateway_of("twilio") as gateway, pytest.raises(MessageRefused, match="sender"):
        channel_to("twilio", gateway.port).send(replace(MESSAGE, sender="c@arvor.example"))
