"""Statements that are left in a folder come in by themselves, each once, whatever happens in between."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from quittance.cash import services
from quittance.cash.models import BankTransaction
from quittance.cash.tasks import collect_statements
from quittance.core.ports.inboxes import Inbox, InboxDown
from quittance.foundation import jobs, registry
from quittance.foundation.models import ImportBatch
from tests.adapters.statements.samples import balanced_statement
from tests.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    make_cast()
    settings.QUITTANCE_STATEMENT_INBOXES = [{"adapter": "folder", "path": str(tmp_path)}]
    return tmp_path


def leave(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (time.time() - 60, time.time() - 60))


def inbox_of(folder: Path) -> Inbox:
    found: Inbox = registry.adapter("quittance.inboxes", "folder")(path=str(folder))
    return found


def test_a_file_is_read_moved_away_and_its_lines_are_at_the_desk(folder: Path) -> None:
    leave(folder, "today.xml", balanced_statement())
    collect_statements(timestamp=0)
    jobs.run_waiting_jobs()
    batch = ImportBatch.objects.get()
    assert (batch.filename, batch.status, batch.started_by_label) == ("today.xml", "DONE", "inbox")
    assert BankTransaction.objects.count() == 3
    assert [path.name for path in folder.iterdir()] == ["read"]
    collect_statements(timestamp=60)
    assert ImportBatch.objects.count() == 1


def test_a_file_that_nobody_can_read_is_refused_and_does_not_keep_the_others(folder: Path) -> None:
    leave(folder, "a.xml", b"<nothing/>")
    leave(folder, "b.xml", balanced_statement())
    collect_statements(timestamp=0)
    jobs.run_waiting_jobs()
    assert dict(ImportBatch.objects.values_list("filename", "status")) == {"a.xml": "REFUSED", "b.xml": "DONE"}


def test_a_worker_killed_before_the_file_was_moved_does_not_take_it_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(folder, "today.xml", balanced_statement())
    inbox = inbox_of(folder)

    def die(*, name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inbox, "settle", die)
    queued: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        services.collect_statements(inbox=inbox, queue_import=queued.append)
    assert services.collect_statements(inbox=inbox_of(folder), queue_import=queued.append) == 0
    assert (len(queued), ImportBatch.objects.count()) == (1, 1)
    assert [path.name for path in folder.iterdir()] == ["read"]


def test_a_worker_killed_before_the_job_was_queued_leaves_the_file(folder: Path) -> None:
    leave(folder, "today.xml", balanced_statement())

    def die(batch_id: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.collect_statements(inbox=inbox_of(folder), queue_import=die)
    assert ImportBatch.objects.count() == 0
    assert [file.name for file in inbox_of(folder).list_files()] == ["today.xml"]


def test_a_folder_that_is_not_there_is_told_and_stops_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.QUITTANCE_STATEMENT_INBOXES = [{"adapter": "folder", "path": "/nowhere/at/all"}]
    collect_statements(timestamp=0)
    assert "No such file" in caplog.text
    with pytest.raises(InboxDown):
        services.collect_statements(inbox=inbox_of(Path("/nowhere/at/all")), queue_import=lambda _: None)
