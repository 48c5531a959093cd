"""The demo's mail server, from the SMTP channel to the mailbox; and messages that are hard to read."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from django.db import DatabaseError

from quittance.adapters.channels.smtp import Settings, SmtpChannel
from quittance.cli import demo_mail
from quittance.core.ports.channels import OutgoingMessage, TemporaryFailure
from quittance.delivery import queries, services

MESSAGE = OutgoingMessage(
    message_id="1.2@arvor.example",
    sender="Arvor <credit@arvor.example>",
    recipient="m.petit@durand.example",
    subject="Rappel : 1 234,50 € à régler",
    body_text="Bonjour à vous",
    body_html='<p>Bonjour à vous</p><img src="cid:epc-qr">',
    inline_images={"epc-qr": b"\x89PNG"},
)


@pytest.fixture
def port(transactional_db: None) -> Iterator[int]:
    """The port of a running demo mail server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    handler = demo_mail.MailboxHandler()
    controller: Controller = demo_mail.make_controller(host="127.0.0.1", port=port, handler=handler)
    controller.start()
    yield port
    controller.stop()
    handler.close()


def test_what_is_sent_can_be_read(port: int) -> None:
    channel = SmtpChannel(Settings(host="127.0.0.1", port=port, timeout_seconds=5))
    channel.send(MESSAGE)
    channel.close()
    (row,) = queries.list_demo_messages()
    assert (row["subject"], row["recipients"]) == (MESSAGE.subject, "m.petit@durand.example")
    message = queries.find_demo_message(message_id=row["id"])
    assert message is not None
    assert message.text.strip() == "Bonjour à vous"
    assert "data:image/png;base64,iVBORw==" in message.html and "cid:" not in message.html
    assert services.forget_demo_messages() == 1
    assert queries.find_demo_message(message_id=row["id"]) is None


def test_when_the_database_is_away_the_sender_keeps_the_message(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> int:
        raise DatabaseError("away")

    monkeypatch.setattr(services, "keep_demo_message", broken)
    channel = SmtpChannel(Settings(host="127.0.0.1", port=port, timeout_seconds=5))
    with pytest.raises(TemporaryFailure, match="try again later"):
        channel.send(MESSAGE)
    channel.close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe no headers at all",
        b"Subject: =?utf-8?q?broken",
        b"Content-Type: text/html; charset=no-such\r\n\r\n<p>\xe9</p>",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\nnothing",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!",
    ],
)
def test_a_strange_message_is_shown_as_far_as_it_goes(raw: bytes) -> None:
    demo_mail.keep("a@b.example", ["c@d.example"], raw)
    (row,) = queries.list_demo_messages()
    assert queries.find_demo_message(message_id=row["id"]) is not None


@pytest.mark.django_db
def test_a_plain_message_has_no_html() -> None:
    email = EmailMessage()
    email["Subject"] = "Hello"
    email.set_content("Only text")
    demo_mail.keep("a@b.example", ["c@d.example"], email.as_bytes())
    found = queries.find_demo_message(message_id=queries.list_demo_messages()[0]["id"])
    assert found is not None and (found.html, found.text) == ("", "Only text\n")
