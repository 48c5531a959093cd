"""The IMAP mailbox against a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from quittance.adapters.mailboxes import imap
from quittance.adapters.mailboxes.imap import ImapMailbox
from quittance.core.ports.mailboxes import MailboxDown
from quittance.foundation.registry import adapter
from tests.adapters.mailboxes.imap_server import ImapServer, imap_server

RAW = b"From: m.petit@durand.example\r\nSubject: number %d\r\n\r\nBonjour\r\n"


@pytest.fixture(scope="module")
def running() -> Iterator[ImapServer]:
    with imap_server() as server:
        yield server


@pytest.fixture
def server(running: ImapServer) -> ImapServer:
    running.empty()
    return running


def test_it_is_installed_by_its_entry_point() -> None:
    assert adapter("quittance.mailboxes", "imap") is ImapMailbox


def test_messages_come_in_order_and_only_those_behind_the_position(server: ImapServer) -> None:
    for number in range(5):
        server.put(RAW % number)
    mailbox = server.mailbox()
    first = mailbox.fetch(uid_validity=None, after_uid=0, limit=3)
    assert [message.raw for message in first.messages] == [RAW % number for number in range(3)]
    rest = mailbox.fetch(uid_validity=first.uid_validity, after_uid=first.messages[-1].uid, limit=10)
    assert [message.raw for message in rest.messages] == [RAW % 3, RAW % 4]
    last = rest.messages[-1].uid
    assert mailbox.fetch(uid_validity=first.uid_validity, after_uid=last, limit=10).messages == []
    mailbox.close()
    mailbox.close()
    assert mailbox.fetch(uid_validity=first.uid_validity, after_uid=last - 1, limit=10).messages[0].uid == last
    mailbox.close()


def test_another_numbering_begins_anew(server: ImapServer) -> None:
    server.put(RAW % 1)
    mailbox = server.mailbox()
    found = mailbox.fetch(uid_validity=1, after_uid=10**6, limit=10)
    assert [message.raw for message in found.messages] == [RAW % 1] and found.uid_validity != 1
    mailbox.close()


def test_reading_leaves_messages_unread(server: ImapServer) -> None:
    server.put(RAW % 1)
    mailbox = server.mailbox()
    mailbox.fetch(uid_validity=None, after_uid=0, limit=10)
    mailbox.close()
    assert server.unseen() == 1


def test_of_a_message_too_large_only_the_headers_are_read(server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "MESSAGE_BYTES_MAX", 200)
    server.put(RAW % 1 + b"x" * 300)
    server.put(RAW % 2)
    mailbox = server.mailbox()
    large, small = mailbox.fetch(uid_validity=None, after_uid=0, limit=10).messages
    mailbox.close()
    assert (large.is_whole, small.is_whole) == (False, True)
    assert b"Subject: number 1" in large.raw and b"xxx" not in large.raw


def test_what_keeps_us_out_is_told(server: ImapServer) -> None:
    for settings in (server.settings(password="wrong"), server.settings(folder="No such folder")):
        with pytest.raises(MailboxDown):
            ImapMailbox(settings).fetch(uid_validity=None, after_uid=0, limit=1)


def test_a_server_that_is_away_is_down() -> None:
    settings = ImapServer(port=9).settings()
    with pytest.raises(MailboxDown):
        ImapMailbox(settings).fetch(uid_validity=None, after_uid=0, limit=1)
