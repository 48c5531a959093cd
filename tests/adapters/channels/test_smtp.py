"""The SMTP channel against a real server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from quittance.adapters.channels.smtp import Settings, SmtpChannel
from quittance.core.ports.channels import (
    Channel,
    MessageRefused,
    OutgoingAttachment,
    PermanentFailure,
    TemporaryFailure,
)
from quittance.foundation.registry import UnknownAdapter, adapter
from tests.adapters.channels.contract import MESSAGE, ChannelContract


class Server:
    """A mail server that behaves as told."""

    def __init__(self, behaviour: str) -> None:
        self.behaviour = behaviour
        self.taken: list[bytes] = []
        self.senders: list[str] = []
        self.asked = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        self.asked += 1
        if self.behaviour == "refuse" or (self.behaviour == "refuse-first" and self.asked == 1):
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.behaviour == "busy":
            return "451 4.7.1 come back later"
        if self.behaviour == "lost":
            server.transport.abort()
            return "250 never heard"
        self.taken.append(bytes(envelope.content))
        self.senders.append(envelope.mail_from)
        return "250 OK"


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serve(free_port: int) -> Iterator[Callable[[str], Server]]:
    """Start a server of a behaviour on the free port; stopped at the end."""
    started: list[Controller] = []

    def start(behaviour: str) -> Server:
        server = Server(behaviour)
        controller = Controller(server, hostname="127.0.0.1", port=free_port)
        controller.start()
        started.append(controller)
        return server

    yield start
    for controller in started:
        controller.stop()


def channel_to(port: int) -> SmtpChannel:
    return SmtpChannel(Settings(host="127.0.0.1", port=port, timeout_seconds=3))


class TestSmtpChannel(ChannelContract):
    """The contract."""

    @pytest.fixture
    def make_channel(self, serve: Callable[[str], Server], free_port: int) -> Callable[[str], Channel]:
        def make(behaviour: str) -> Channel:
            if behaviour != "down":
                serve(behaviour)
            return channel_to(free_port)

        return make


@pytest.fixture
def received(serve: Callable[[str], Server], free_port: int) -> EmailMessage:
    """The message as it arrived."""
    server = serve("accept")
    channel = channel_to(free_port)
    channel.send(MESSAGE)
    channel.close()
    message = BytesParser(policy=policy.default).parsebytes(server.taken[0])
    assert isinstance(message, EmailMessage)
    return message


def test_headers_arrive_as_meant(received: EmailMessage) -> None:
    assert received["Message-ID"] == "<0123abcd.7@arvor.example>"
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["Reply-To"] == "alice@arvor.example"
    assert received["Subject"] == MESSAGE.subject
    assert received["To"].addresses[0].display_name == "Marie Petit-Ève"
    assert received["From"].addresses[0].display_name == "Arvor Distribution, crédit"
    assert received["Content-Language"] == "fr"


def test_text_html_and_picture_arrive_whole(received: EmailMessage) -> None:
    assert received.get_content_type() == "multipart/related"
    text, html = received.get_body(("plain",)), received.get_body(("html",))
    assert text is not None and html is not None
    assert text.get_content().replace("\r\n", "\n") == MESSAGE.body_text
    assert "cid:epc-qr" in html.get_content()
    picture = next(part for part in received.walk() if part.get_content_maintype() == "image")
    assert picture["Content-ID"] == "<epc-qr>"
    assert picture.get_payload(decode=True) == MESSAGE.inline_images["epc-qr"]
    assert picture.get_content_disposition() == "inline"


def test_what_is_no_address_never_reaches_the_server(serve: Callable[[str], Server], free_port: int) -> None:
    server = serve("accept")
    channel = channel_to(free_port)
    for recipient in ("durand", "", "a@b.example\r\nBcc: x@y.example"):
        with pytest.raises(PermanentFailure):
            channel.send(replace(MESSAGE, recipient=recipient))
    assert server.asked == 0


def test_a_subject_cannot_smuggle_headers(serve: Callable[[str], Server], free_port: int) -> None:
    server = serve("accept")
    channel = channel_to(free_port)
    channel.send(replace(MESSAGE, subject="Rappel\r\nBcc: x@y.example"))
    channel.close()
    assert b"\nBcc:" not in server.taken[0]


def test_a_connection_that_broke_meanwhile_is_opened_anew(serve: Callable[[str], Server], free_port: int) -> None:
    server = serve("accept")
    channel = channel_to(free_port)
    channel.send(MESSAGE)
    assert channel._backend.connection is not None
    channel._backend.connection.sock.close()
    channel.send(MESSAGE)
    channel.close()
    assert len(server.taken) == 2


def test_sign_in_trouble_is_ours_and_temporary(serve: Callable[[str], Server], free_port: int) -> None:
    serve("accept")
    channel = SmtpChannel(Settings(host="127.0.0.1", port=free_port, user="u", password="p", timeout_seconds=3))
    with pytest.raises(TemporaryFailure):
        channel.send(MESSAGE)


def test_it_is_found_by_its_name() -> None:
    assert adapter("quittance.channels", "smtp") is SmtpChannel
    with pytest.raises(UnknownAdapter, match="pigeon"):
        adapter("quittance.channels", "pigeon")


def test_files_arrive_whole_beside_text_and_pictures(serve: Callable[[str], Server], free_port: int) -> None:
    server = serve("accept")
    channel = channel_to(free_port)
    pdf = b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\r\n.\r\n"
    files = (
        OutgoingAttachment(filename="../Relevé de compte.pdf", media_type="application/pdf", content=pdf),
        OutgoingAttachment(filename="notes.txt", media_type="text/plain", content="réglé".encode()),
    )
    channel.send(replace(MESSAGE, attachments=files))
    channel.send(replace(MESSAGE, attachments=files[:1], body_html="", inline_images={}))
    channel.close()
    rich, plain = (BytesParser(policy=policy.default).parsebytes(raw) for raw in server.taken)
    assert rich.get_content_type() == plain.get_content_type() == "multipart/mixed"
    found = [(part.get_filename(), part.get_payload(decode=True)) for part in rich.iter_attachments()]  # type: ignore[attr-defined]
    assert found[-2:] == [("Relevé de compte.pdf", pdf), ("notes.txt", "réglé".encode())]
    text, html = rich.get_body(("plain",)), rich.get_body(("html",))  # type: ignore[attr-defined]
    assert text.get_content().replace("\r\n", "\n") == MESSAGE.body_text and "cid:epc-qr" in html.get_content()
    assert [part["Content-ID"] for part in rich.walk() if part.get_content_maintype() == "image"] == ["<epc-qr>"]


def test_headers_of_its_own_and_the_way_back(serve: Callable[[str], Server], free_port: int) -> None:
    server = serve("accept")
    channel = channel_to(free_port)
    headers = {"List-Unsubscribe": "<https://q.example/stop/1/>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    channel.send(replace(MESSAGE, headers=headers, envelope_sender="back+t7-0123456789abcdef@arvor.example"))
    channel.close()
    message = BytesParser(policy=policy.default).parsebytes(server.taken[0])
    assert message["List-Unsubscribe"] == "<https://q.example/stop/1/>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "credit@arvor.example" in message["From"]
    assert server.senders == ["back+t7-0123456789abcdef@arvor.example"]


@pytest.mark.parametrize("bad", [{"headers": {"X-A": "b\nBcc: c@d.example"}}, {"attachments": ("pdf", "nonsense")}])
def test_what_cannot_be_written_is_refused_before_anything_leaves(free_port: int, bad: dict[str, Any]) -> None:
    if "attachments" in bad:
        name, media_type = bad["attachments"]
        bad = {"attachments": (OutgoingAttachment(filename=name, media_type=media_type, content=b"x"),)}
    with pytest.raises(MessageRefused):
        channel_to(free_port).send(replace(MESSAGE, **bad))
