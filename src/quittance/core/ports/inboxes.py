"""The port for inboxes: places where somebody leaves files for us, a folder, an SFTP server, an EBICS client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Protocol

__all__ = ["Inbox", "InboxDown", "InboxFile"]


class InboxDown(Exception):
    """The place can't be reached or read; the text says why and names no password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFile:
    """A file that is whole: `name` is its own in this inbox, `size` in bytes."""

    name: str
    size: int


class Inbox(Protocol):
    """One place. A file is offered again and again until it is settled; what is still being written is not offered."""

    identifier: ClassVar[str]
    label: ClassVar[str]
    name: str

    def list_files(self) -> Sequence[InboxFile]:
        """Return what lies there, by name. :raises InboxDown:"""

    def open_file(self, *, name: str) -> BinaryIO:
        """Return the bytes of a file that was listed; the caller closes it. :raises InboxDown: it is gone, too"""

    def settle(self, *, name: str) -> None:
        """Take a file out of the inbox, for good and without losing it; nothing happens when it is gone.

        :raises InboxDown:
        """
