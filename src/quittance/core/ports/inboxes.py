"""The port for inboxes: places where somebody leaves files for us, a folder, an SFTP server, an EBICS client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Protocol

__all__ = ["Inbox", "InboxDown", "InboxFile", "InboxFileBusy"]


class InboxDown(Exception):
    """The place can't be reached or read; the text says why and names no password."""


class InboxFileBusy(InboxDown):
    """This one file changed while it was read, or went away: another time; the others can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFile:
    """A file that is whole: `name` is its own in this inbox, `size` in bytes.

    `stamp` is another one as soon as the file is another one; blank when only reading it would tell. A file that
    stays where it is after it was settled has one, so that it need not be read again to be known.
    """

    name: str
    size: int
    stamp: str = ""


class Inbox(Protocol):
    """One place. A file is offered again and again until it is settled; what is still being written is not offered.

    Where files must stay (a bank's own folder) settling does nothing, and they are known again by their stamps.
    """

    identifier: ClassVar[str]
    label: ClassVar[str]
    name: str

    def list_files(self) -> Sequence[InboxFile]:
        """Return what lies there, by name. :raises InboxDown:"""

    def open_file(self, *, name: str) -> BinaryIO:
        """Return the bytes of a file that was listed, all of them, seekable; the caller closes them.

        :raises InboxFileBusy: it is gone, or was written to meanwhile
        :raises InboxDown:
        """

    def settle(self, *, name: str) -> None:
        """Take a file out of the inbox, for good and without losing it; nothing happens when it is gone.

        :raises InboxDown:
        """

    def close(self) -> None:
        """Let go of the place; the next call finds it again."""
