"""A folder of this machine in which another program puts files."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, ClassVar

from quittance.adapters.inboxes.naming import QUIET_SECONDS, SETTLED, is_finished, numbered
from quittance.core.ports.inboxes import InboxDown, InboxFile, InboxFileBusy


class FolderInbox:
    """Offers the files of a folder, and moves those that are settled to its sub-folder `read`."""

    identifier: ClassVar[str] = "folder"
    label: ClassVar[str] = "Folder"

    def __init__(self, *, path: str) -> None:
        """Take the folder; it need not exist yet."""
        self.name = path
        self._folder = Path(path)

    def list_files(self) -> Sequence[InboxFile]:
        """Return the files that nobody writes any more, by name; sub-folders and hidden files are left alone."""
        now = time.time()
        found = []
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    if not is_finished(entry.name) or not entry.is_file():
                        continue
                    state = entry.stat()
                    if now - state.st_mtime >= QUIET_SECONDS:
                        found.append(InboxFile(name=entry.name, size=state.st_size))
        except OSError as error:
            raise InboxDown(f"{self._folder}: {error.strerror}") from error
        return sorted(found, key=lambda file: file.name)

    def open_file(self, *, name: str) -> BinaryIO:
        """Open a listed file."""
        try:
            return (self._folder / Path(name).name).open("rb")
        except FileNotFoundError as error:
            raise InboxFileBusy(f"{self._folder / name}: {error.strerror}") from error
        except OSError as error:
            raise InboxDown(f"{self._folder / name}: {error.strerror}") from error

    def settle(self, *, name: str) -> None:
        """Move a file to `read`, under a free name there."""
        source = self._folder / Path(name).name
        target = self._folder / SETTLED / source.name
        try:
            target.parent.mkdir(exist_ok=True)
            number = 1
            while target.exists():
                number += 1
                target = target.with_name(numbered(source.name, number))
            source.rename(target)
        except FileNotFoundError:
            return
        except OSError as error:
            raise InboxDown(f"{source}: {error.strerror}") from error

    def close(self) -> None:
        """Nothing is held."""
