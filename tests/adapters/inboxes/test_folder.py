"""The folder keeps what every inbox promises."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from quittance.core.ports.inboxes import Inbox
from quittance.foundation import registry
from tests.adapters.inboxes.contract import InboxContract


def test_the_inboxes_are_installed() -> None:
    assert sorted(registry.adapters_of("quittance.inboxes")) == ["folder", "sftp"]


class FolderPlace:
    """A folder of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.inbox = self._open(path)

    def _open(self, path: Path) -> Inbox:
        found: Inbox = registry.adapter("quittance.inboxes", "folder")(path=str(path))
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
        return self._open(self.path / "none")


class TestFolder(InboxContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> FolderPlace:
        return FolderPlace(tmp_path)
