"""Statements that a bank leaves on its SFTP server come in each once, moved away or left where they are."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from quittance.cash.models import BankTransaction
from quittance.cash.tasks import collect_statements
from quittance.config.statement_env import statement_inboxes
from quittance.foundation import jobs
from quittance.foundation.models import ImportBatch
from tests.adapters.channels.print_servers import PASSWORD, USER
from tests.adapters.inboxes.test_sftp import SftpPlace
from tests.adapters.statements.samples import balanced_statement
from tests.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> Iterator[SftpPlace]:
    make_cast()
    logger = logging.getLogger("paramiko")
    before, logger.level = logger.level, logging.CRITICAL
    made = SftpPlace(tmp_path)
    settings.QUITTANCE_STATEMENT_INBOXES = [told(made)]
    yield made
    made.stop()
    logger.setLevel(before)


def told(place: SftpPlace, **changes: Any) -> dict[str, Any]:
    return {
        "adapter": "sftp", "host": "127.0.0.1", "port": place.server.port, "user": USER, "password": PASSWORD,
        "path": "/out", "host_key": place.server.host_key, "key_file": "", "is_left": False, "every_minutes": 10,
        **changes,
    }  # fmt: skip


def collect(*, minute: int = 0) -> int:
    collect_statements(timestamp=minute * 60)
    jobs.run_waiting_jobs()
    return ImportBatch.objects.count()


def test_a_file_is_fetched_once_read_and_moved_away(place: SftpPlace) -> None:
    place.leave("today.xml", balanced_statement())
    assert collect() == 1
    assert (ImportBatch.objects.get().status, BankTransaction.objects.count()) == ("DONE", 3)
    assert place.settled() == [balanced_statement()]
    assert place.server.fetched == ["today.xml"]
    assert collect() == 1


def test_the_server_is_asked_every_so_many_minutes(place: SftpPlace) -> None:
    place.leave("today.xml", balanced_statement())
    assert collect(minute=7) == 0
    assert collect(minute=20) == 1


def test_files_that_stay_are_fetched_once_as_long_as_they_are_the_same(place: SftpPlace, settings: Settings) -> None:
    settings.QUITTANCE_STATEMENT_INBOXES = [told(place, is_left=True)]
    place.leave("today.xml", balanced_statement(), age=300)
    assert [collect(), collect()] == [1, 1]
    assert place.server.fetched == ["today.xml"]
    place.leave("today.xml", balanced_statement(), age=200)  # written anew, with the same in it
    assert [collect(), collect()] == [1, 1]
    assert place.server.fetched == ["today.xml"] * 2
    place.leave("today.xml", balanced_statement().replace(b"M-1", b"M-2"), age=100)
    assert [collect(), collect()] == [2, 2]
    assert BankTransaction.objects.count() == 3


def test_a_broken_line_is_told_and_the_file_comes_next_time(place: SftpPlace, caplog: pytest.LogCaptureFixture) -> None:
    place.leave("today.xml", balanced_statement() + b"<!-- -->" * 100_000)
    place.server.behaviour = "cut"
    assert collect() == 0
    assert "can't be taken in" in caplog.text
    assert PASSWORD not in caplog.text
    assert collect(minute=10) == 1
    assert BankTransaction.objects.count() == 3


def test_the_environment_names_servers_each_with_its_host_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "QUITTANCE_STATEMENT_SFTP_URL", "sftp://me:p%40ss@bank.example:2222/out/fr sftp://you@b.example/~/in"
    )
    monkeypatch.setenv("QUITTANCE_STATEMENT_SFTP_HOST_KEY", f"{HOST_KEY}, {HOST_KEY}B")
    monkeypatch.setenv("QUITTANCE_STATEMENT_SFTP_KEY_FILE", "/etc/key")
    monkeypatch.setenv("QUITTANCE_STATEMENT_SFTP_AFTER", "leave")
    first, second = statement_inboxes()
    assert (first["host"], first["port"], first["user"], first["password"]) == ("bank.example", 2222, "me", "p@ss")
    assert (first["path"], first["key_file"], first["host_key"]) == ("/out/fr", "", HOST_KEY)
    assert (second["port"], second["path"], second["key_file"]) == (22, "in", "/etc/key")
    assert (second["host_key"], second["is_left"], second["every_minutes"]) == (f"{HOST_KEY}B", True, 10)


@pytest.mark.parametrize(
    "changes",
    [
        {"QUITTANCE_STATEMENT_SFTP_HOST_KEY": ""},
        {"QUITTANCE_STATEMENT_SFTP_HOST_KEY": f"{HOST_KEY},{HOST_KEY}"},
        {"QUITTANCE_STATEMENT_SFTP_URL": "ftp://me:secret@bank.example/out"},
        {"QUITTANCE_STATEMENT_SFTP_URL": "sftp://bank.example/secret"},
        {"QUITTANCE_STATEMENT_SFTP_AFTER": "secret"},
        {"QUITTANCE_STATEMENT_SFTP_MINUTES": "0"},
    ],
)
def test_what_cannot_be_meant_stops_the_start_and_tells_no_password(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]
) -> None:
    monkeypatch.setenv("QUITTANCE_STATEMENT_SFTP_URL", "sftp://me:secret@bank.example/out")
    monkeypatch.setenv("QUITTANCE_STATEMENT_SFTP_HOST_KEY", HOST_KEY)
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as told:
        statement_inboxes()
    assert "secret" not in str(told.value)
