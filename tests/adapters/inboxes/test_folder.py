"""What every inbox promises, tried on each that is installed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from quittance.core.ports.inboxes import Inbox, InboxDown
from quittance.foundation import registry


def test_the_folder_is_installed() -> None:
    assert list(registry.adapters_of("quittance.inboxes")) == ["folder"]


@pytest.fixture(params=["folder"])
def inbox(request: pytest.FixtureRequest, tmp_path: Path) -> Inbox:
    found: Inbox = registry.adapter("quittance.inboxes", request.param)(path=str(tmp_path))
    return found


def leave(folder: Path, name: str, content: bytes = b"x", *, age: int = 60) -> Path:
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def names(inbox: Inbox) -> list[str]:
    return [file.name for file in inbox.list_files()]


def test_whole_files_are_offered_by_name_until_they_are_settled(inbox: Inbox, tmp_path: Path) -> None:
    leave(tmp_path, "b.xml", b"two")
    leave(tmp_path, "a.txt")
    assert [(file.name, file.size) for file in inbox.list_files()] == [("a.txt", 1), ("b.xml", 3)]
    with inbox.open_file(name="b.xml") as stream:
        assert stream.read() == b"two"
    inbox.settle(name="a.txt")
    assert names(inbox) == ["b.xml"]
    inbox.settle(name="a.txt")  # it is gone: nothing happens


def test_what_is_being_written_is_not_offered(inbox: Inbox, tmp_path: Path) -> None:
    for name in ("new.xml", "half.xml.part", ".hidden"):
        leave(tmp_path, name, age=0 if name == "new.xml" else 60)
    (tmp_path / "folder").mkdir()
    assert names(inbox) == []


def test_nothing_is_lost_where_two_files_have_one_name(inbox: Inbox, tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        leave(tmp_path, "same.xml", content)
        inbox.settle(name="same.xml")
    kept = sorted(path.read_bytes() for path in (tmp_path / "read").iterdir())
    assert kept == [b"first", b"second"]


def test_a_name_leads_nowhere_else(inbox: Inbox, tmp_path: Path) -> None:
    with pytest.raises(InboxDown):
        inbox.open_file(name="../../etc/passwd")


def test_a_place_that_is_not_there_says_so(tmp_path: Path) -> None:
    missing = registry.adapter("quittance.inboxes", "folder")(path=str(tmp_path / "none"))
    with pytest.raises(InboxDown, match="No such file"):
        missing.list_files()
