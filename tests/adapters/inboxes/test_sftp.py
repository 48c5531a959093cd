"""Files fetched from a real SFTP server: whole, from nobody else, and again when the line breaks."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from quittance.core.ports.inboxes import Inbox, InboxDown, InboxFileBusy
from quittance.foundation import registry
from tests.adapters.channels.print_servers import PASSWORD, USER
from tests.adapters.inboxes.contract import InboxContract, content, names
from tests.adapters.inboxes.sftp_server import FetchServer


class SftpPlace:
    """A server of its own, and an inbox that is signed in to it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "out"
        self.path.mkdir()
        self.server = FetchServer(folder)
        self.opened: list[Inbox] = []
        self.inbox = self.open()

    def open(self, **changes: Any) -> Inbox:
        told = {
            "host": "127.0.0.1", "port": self.server.port, "user": USER, "password": PASSWORD, "path": "/out",
            "host_key": self.server.host_key, **changes,
        }  # fmt: skip
        found: Inbox = registry.adapter("quittance.inboxes", "sftp")(**told)
        self.opened.append(found)
        return found

    def leave(self, name: str, content: bytes, *, age: int = 60) -> None:
        path = self.path / name
        path.write_bytes(content)
        os.utime(path, (time.time() - age, time.time() - age))

    def leave_folder(self, name: str) -> None:
        (self.path / name).mkdir()

    def settled(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.path / "read").iterdir()]

    def missing(self) -> Inbox:
        return self.open(path="/none")

    def stop(self) -> None:
        for inbox in self.opened:
            inbox.close()
        self.server.stop()


@pytest.fixture(autouse=True)
def quiet_paramiko() -> Iterator[None]:
    """What paramiko says of connections that the tests cut is no news."""
    logger = logging.getLogger("paramiko")
    level, logger.level = logger.level, logging.CRITICAL + 1
    yield
    logger.level = level


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SftpPlace]:
    made = SftpPlace(tmp_path)
    yield made
    made.stop()


class TestSftp(InboxContract):
    pass


def test_a_line_that_breaks_within_a_file_leaves_nothing_half_and_is_taken_up_again(place: SftpPlace) -> None:
    whole = b"0123456789" * 200_000
    place.leave("a.xml", whole)
    place.server.behaviour = "cut"
    with pytest.raises(InboxDown):
        place.inbox.open_file(name="a.xml")
    assert content(place.inbox, "a.xml") == whole


def test_a_file_written_to_while_it_is_fetched_is_for_another_time(place: SftpPlace) -> None:
    place.leave("a.xml", b"first half")
    place.server.behaviour = "growing"
    with pytest.raises(InboxFileBusy, match="written to"):
        place.inbox.open_file(name="a.xml")
    assert content(place.inbox, "a.xml") == b"first halfmore"


def test_files_that_must_stay_are_known_by_their_stamps(place: SftpPlace) -> None:
    inbox = place.open(is_left=True)
    place.leave("a.xml", b"one", age=100)
    (before,) = inbox.list_files()
    inbox.settle(name="a.xml")
    assert inbox.list_files() == [before]
    place.leave("a.xml", b"another", age=50)
    (after,) = inbox.list_files()
    assert before.stamp != after.stamp
    assert [file.stamp for file in place.inbox.list_files()] == [""]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"host_key": ""}, "host key is not set"),
        ({"host_key": f"ecdsa-sha2-nistp256 {paramiko.ECDSAKey.generate().get_base64()}"}, "another host key"),
        ({"host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"}, "host key"),
        ({"password": "wrong"}, "Authentication failed"),
        ({"key_file": "/no/such/key"}, "no such"),
    ],
)
def test_nobody_else_is_believed_and_no_password_is_told(place: SftpPlace, changes: dict[str, str], said: str) -> None:
    with pytest.raises(InboxDown, match=f"(?i){said}") as told:
        place.open(**changes).list_files()
    assert PASSWORD not in str(told.value)


def test_a_key_signs_in_without_a_password(place: SftpPlace, tmp_path: Path) -> None:
    key = paramiko.ECDSAKey.generate()
    key.write_private_key_file(str(tmp_path / "key"), password="of the key")
    place.server.client_key = key
    place.leave("a.xml", b"x")
    assert names(place.open(password="of the key", key_file=str(tmp_path / "key"))) == ["a.xml"]
    with pytest.raises(InboxDown):
        place.open(password="another", key_file=str(tmp_path / "key")).list_files()


def test_a_folder_that_is_read_only_is_told_and_keeps_its_files(place: SftpPlace) -> None:
    place.leave("a.xml", b"x")
    place.server.behaviour = "read-only"
    with pytest.raises(InboxDown, match=r"no such person|denied"):
        place.inbox.settle(name="a.xml")
    assert names(place.inbox) == ["a.xml"]


def test_a_server_that_is_gone_is_told(place: SftpPlace) -> None:
    place.server.hang_up()
    with pytest.raises(InboxDown):
        place.inbox.list_files()
