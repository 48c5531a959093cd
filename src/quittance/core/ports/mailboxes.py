"""The port for mailboxes: where answers and delivery reports are read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

__all__ = ["Fetched", "Mailbox", "MailboxDown", "RawMessage"]


class MailboxDown(Exception):
    """The mailbox can't be reached, doesn't let us in or has no such folder; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMessage:
    """A message as it lies in the mailbox; `is_whole` is False when it is too large and `raw` has its headers only."""

    uid: int
    raw: bytes
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What lies behind a position, in order of `uid`. A new `uid_validity` makes all older positions void."""

    uid_validity: int
    messages: Sequence[RawMessage]


class Mailbox(Protocol):
    """One folder of one mailbox; reading changes nothing in it."""

    identifier: ClassVar[str]
    label: ClassVar[str]
    name: str

    def fetch(self, *, uid_validity: int | None, after_uid: int, limit: int) -> Fetched:
        """Return at most `limit` messages with a uid above `after_uid`; from the first one when the validity differs.

        :raises MailboxDown:
        """

    def close(self) -> None:
        """Let the connection go; harmless when there is none."""
