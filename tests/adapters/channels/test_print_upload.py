"""The channels to print providers, against real servers."""

from __future__ import annotations

import hashlib
import json
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import paramiko
import pytest

from quittance.adapters.channels.print_upload.https import HttpsPrintChannel
from quittance.adapters.channels.print_upload.settings import Settings
from quittance.adapters.channels.print_upload.sftp import SftpPrintChannel
from quittance.core.ports.channels import (
    Channel,
    ChannelDown,
    MessageRefused,
    OutgoingAttachment,
    PermanentFailure,
    TemporaryFailure,
    UncertainFailure,
)
from quittance.foundation.registry import adapter
from tests.adapters.channels import contract
from tests.adapters.channels.print_servers import PASSWORD, TOKEN, USER, HttpsServer, SftpServer

PDF = b"%PDF-1.7\n" + b"not really a page\n" * 20_000
LETTER = replace(
    contract.MESSAGE,
    body_html="",
    inline_images={},
    attachments=(OutgoingAttachment(filename="letter.pdf", media_type="application/pdf", content=PDF),),
    postal_lines=("Durand & Fils", "Marie Petit-Ève", "3 rue des Lilas", "69003 LYON"),
    is_registered=True,
)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What paramiko says of connections that the tests cut is no news."""
    logger = logging.getLogger("paramiko")
    before, logger.level = logger.level, logging.CRITICAL
    yield
    logger.setLevel(before)


@pytest.fixture
def dead_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Callable[[str], SftpServer]]:
    started: list[SftpServer] = []
    (tmp_path / "incoming").mkdir()

    def start(behaviour: str) -> SftpServer:
        started.append(SftpServer(tmp_path, behaviour))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def https(tmp_path: Path) -> Iterator[Callable[[str], HttpsServer]]:
    started: list[HttpsServer] = []

    def start(behaviour: str) -> HttpsServer:
        started.append(HttpsServer(tmp_path, behaviour))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def sftp_settings(server: SftpServer, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "path": "/incoming",
        "user": USER,
        "password": PASSWORD,
        "host_key": server.host_key,
        "timeout_seconds": 5,
    }
    return Settings(**{**values, **changes})


def https_settings(server: HttpsServer, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "path": "/letters?house=arvor",
        "token": TOKEN,
        "ca_file": str(server.certificate),
        "timeout_seconds": 5,
        "answer_seconds": 5,
    }
    return Settings(**{**values, **changes})


class TestSftpPrintChannel(contract.ChannelContract):
    """The contract over SFTP."""

    message = LETTER

    @pytest.fixture
    def make_channel(self, sftp: Callable[[str], SftpServer], dead_port: int) -> Callable[[str], Channel]:
        def make(behaviour: str) -> Channel:
            if behaviour == "down":
                return SftpPrintChannel(Settings(host="127.0.0.1", port=dead_port, host_key="x", timeout_seconds=5))
            return SftpPrintChannel(sftp_settings(sftp(behaviour)))

        return make


class TestHttpsPrintChannel(contract.ChannelContract):
    """The contract over HTTPS."""

    message = LETTER

    @pytest.fixture
    def make_channel(self, https: Callable[[str], HttpsServer], dead_port: int) -> Callable[[str], Channel]:
        def make(behaviour: str) -> Channel:
            if behaviour == "down":
                return HttpsPrintChannel(Settings(host="127.0.0.1", port=dead_port, timeout_seconds=5))
            return HttpsPrintChannel(https_settings(https(behaviour)))

        return make


def test_they_are_found_by_their_names() -> None:
    assert adapter("quittance.channels", "print-upload-sftp") is SftpPrintChannel
    assert adapter("quittance.channels", "print-upload-https") is HttpsPrintChannel


def check_facts(facts: bytes) -> None:
    told = json.loads(facts)
    assert told["id"] == LETTER.message_id
    assert told["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert told["address"] == list(LETTER.postal_lines)
    assert told["is_registered"] is True


def test_the_letter_arrives_whole_over_sftp(sftp: Callable[[str], SftpServer]) -> None:
    server = sftp("accept")
    channel = SftpPrintChannel(sftp_settings(server))
    receipt = channel.send(LETTER)
    channel.close()
    files = {path.name: path.read_bytes() for path in (server.folder / "incoming").iterdir()}
    assert sorted(files) == ["0123abcd.7_arvor.example.json", "0123abcd.7_arvor.example.pdf"]
    assert files[receipt.reference] == PDF
    check_facts(files["0123abcd.7_arvor.example.json"])


def test_the_letter_arrives_whole_over_https(https: Callable[[str], HttpsServer]) -> None:
    server = https("accept")
    channel = HttpsPrintChannel(https_settings(server))
    assert channel.send(LETTER).reference == "4711"
    assert server.taken[LETTER.message_id]["letter"] == PDF
    check_facts(server.taken[LETTER.message_id]["facts"])
    assert channel.send(LETTER).reference == "known"
    assert len(server.taken) == 1


def test_a_connection_cut_before_the_end_is_temporary_over_sftp(sftp: Callable[[str], SftpServer]) -> None:
    server = sftp("cut")
    channel = SftpPrintChannel(sftp_settings(server))
    with pytest.raises(TemporaryFailure):
        channel.send(LETTER)
    channel.close()
    assert not list((server.folder / "incoming").glob("*.pdf"))


def test_a_lost_answer_is_looked_up_over_sftp(sftp: Callable[[str], SftpServer]) -> None:
    """The connection broke after the rename; the letter lies there, so it was taken."""
    server = sftp("dropped-after")
    channel = SftpPrintChannel(sftp_settings(server, timeout_seconds=30))
    assert channel.send(LETTER).reference.endswith(".pdf")
    channel.close()


@pytest.mark.parametrize("behaviour", ["lost", "gateway"])
def test_what_a_gateway_says_is_uncertain(https: Callable[[str], HttpsServer], behaviour: str) -> None:
    with pytest.raises(UncertainFailure):
        HttpsPrintChannel(https_settings(https(behaviour))).send(LETTER)


def test_a_refusal_before_the_end_of_the_letter_is_heard(https: Callable[[str], HttpsServer]) -> None:
    big = replace(LETTER, attachments=(replace(LETTER.attachments[0], content=PDF + b"x" * 8_000_000),))
    with pytest.raises((MessageRefused, TemporaryFailure)):
        HttpsPrintChannel(https_settings(https("refuse-early"))).send(big)


@pytest.mark.parametrize("changes", [{"host_key": ""}, {"host_key": "ssh-ed25519 AAAA"}, {"password": "wrong"}])
def test_a_stranger_gets_no_letter_over_sftp(sftp: Callable[[str], SftpServer], changes: dict[str, str]) -> None:
    channel = SftpPrintChannel(sftp_settings(sftp("accept"), **changes))
    assert not channel.is_ready()
    with pytest.raises(ChannelDown) as failure:
        channel.send(LETTER)
    assert PASSWORD not in str(failure.value)
    channel.close()


def test_a_key_signs_in_instead_of_a_password(sftp: Callable[[str], SftpServer], tmp_path: Path) -> None:
    server = sftp("accept")
    server.client_key = paramiko.ECDSAKey.generate()
    server.client_key.write_private_key_file(str(tmp_path / "key"))
    channel = SftpPrintChannel(sftp_settings(server, key_file=str(tmp_path / "key"), password=""))
    assert channel.is_ready()
    assert channel.send(LETTER).reference
    channel.close()


@pytest.mark.parametrize("changes", [{"ca_file": ""}, {"token": "wrong"}])
def test_a_stranger_gets_no_letter_over_https(https: Callable[[str], HttpsServer], changes: dict[str, str]) -> None:
    server = https("accept")
    with pytest.raises(ChannelDown) as failure:
        HttpsPrintChannel(https_settings(server, **changes)).send(LETTER)
    assert TOKEN not in str(failure.value)
    assert not server.taken


def test_a_folder_that_is_not_there_is_no_letters_fault(sftp: Callable[[str], SftpServer]) -> None:
    channel = SftpPrintChannel(sftp_settings(sftp("accept"), path="/elsewhere"))
    assert not channel.is_ready()
    with pytest.raises(TemporaryFailure):
        channel.send(LETTER)
    channel.close()


@pytest.mark.parametrize("make", [SftpPrintChannel, HttpsPrintChannel])
def test_what_is_no_letter_is_refused_before_anybody_is_called(make: Any) -> None:
    channel = make(Settings(host="127.0.0.1", port=1))
    assert not channel.supports(replace(LETTER, attachments=()))
    with pytest.raises(MessageRefused):
        channel.send(replace(LETTER, attachments=()))
    with pytest.raises(PermanentFailure):
        channel.send(replace(LETTER, postal_lines=()))


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings(host="h", password=PASSWORD, token=TOKEN))
    assert PASSWORD not in shown
    assert TOKEN not in shown
