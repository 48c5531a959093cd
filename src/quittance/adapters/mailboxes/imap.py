"""A folder of a mailbox, over IMAP."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django.conf import settings as django_settings
from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted

from quittance.core.ports.mailboxes import Fetched, MailboxDown, RawMessage

MESSAGE_BYTES_MAX = 20 * 1024 * 1024
_SIZE = re.compile(rb"UID (\d+).*RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+).*UID (\d+)")
_BOXES: dict[str, type[BaseMailBox]] = {
    "imaps": MailBox,
    "imap+starttls": MailBoxStartTls,
    "imap": MailBoxUnencrypted,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the mailbox is and who we are there; `scheme` is imaps, imap+starttls or imap."""

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    scheme: str = "imaps"
    timeout_seconds: float = 30

    @classmethod
    def of_installation(cls) -> list[Settings]:
        """Return what `QUITTANCE_IMAP_URL` said: one for each mailbox."""
        return [cls(**values) for values in django_settings.QUITTANCE_IMAP]


class ImapMailbox:
    """Reads with PEEK: nothing becomes read, moved or deleted; a mailbox may be shared with people."""

    identifier: ClassVar[str] = "imap"
    label: ClassVar[str] = "Mailbox (IMAP)"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.name = f"{settings.user}@{settings.host}/{settings.folder}"[:200]
        self._box: BaseMailBox | None = None

    @classmethod
    def all_of_installation(cls) -> list[ImapMailbox]:
        """Return the mailboxes that the installation reads."""
        return [cls(settings) for settings in Settings.of_installation()]

    def fetch(self, *, uid_validity: int | None, after_uid: int, limit: int) -> Fetched:
        """Return what came after a position; see the port."""
        try:
            return self._fetch(uid_validity, after_uid, limit)
        except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
            self.close()
            raise MailboxDown(" ".join(str(error).split())[:500] or type(error).__name__) from error

    def _fetch(self, uid_validity: int | None, after_uid: int, limit: int) -> Fetched:
        box = self._open()
        validity = int(box.folder.status(self.settings.folder, ["UIDVALIDITY"])["UIDVALIDITY"])
        first = after_uid + 1 if validity == uid_validity else 1
        # "n:*" always holds the last message, even when it is older than n.
        uids = sorted(uid for uid in map(int, box.uids(f"UID {first}:*")) if uid >= first)[:limit]
        sizes = self._sizes(uids)
        messages = [self._message(uid, is_whole=sizes.get(uid, 0) <= MESSAGE_BYTES_MAX) for uid in uids]
        return Fetched(uid_validity=validity, messages=[message for message in messages if message is not None])

    def _open(self) -> BaseMailBox:
        """Return the folder, opened for reading; a connection that was left alone for long is made anew."""
        used = self.settings
        if self._box is not None:
            try:
                self._box.client.noop()
            except (OSError, imaplib.IMAP4.error):
                self.close()
            else:
                return self._box
        make = cast("type[Any]", _BOXES[used.scheme])
        self._box = cast(BaseMailBox, make(used.host, used.port, timeout=used.timeout_seconds))
        self._box.login(used.user, used.password, initial_folder=None)
        self._box.folder.set(used.folder, readonly=True)
        return self._box

    def _sizes(self, uids: Sequence[int]) -> dict[int, int]:
        if not uids or self._box is None:
            return {}
        _kind, lines = self._box.client.uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE)")
        sizes: dict[int, int] = {}
        for line in lines:
            found = _SIZE.search(line if isinstance(line, bytes) else b"")
            if found:
                uid, size = (found[1], found[2]) if found[1] else (found[4], found[3])
                sizes[int(uid)] = int(size)
        return sizes

    def _message(self, uid: int, *, is_whole: bool) -> RawMessage | None:
        """Return one message; None when somebody deleted it meanwhile."""
        if self._box is None:
            return None
        part = "(BODY.PEEK[])" if is_whole else "(BODY.PEEK[HEADER])"
        _kind, lines = self._box.client.uid("FETCH", str(uid), part)
        raw = next((line[1] for line in lines if isinstance(line, tuple)), None)
        return RawMessage(uid=uid, raw=raw, is_whole=is_whole) if isinstance(raw, bytes) else None

    def close(self) -> None:
        """Say goodbye."""
        box, self._box = self._box, None
        if box is not None:
            try:
                box.logout()
            except (OSError, imaplib.IMAP4.error, ImapToolsError):
                return
