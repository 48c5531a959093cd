"""A folder on an SFTP server in which a bank, or who fetches for us from banks, puts files."""

from __future__ import annotations

import contextlib
import posixpath
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import BinaryIO, ClassVar, Final, cast

import paramiko

from quittance.adapters.inboxes.naming import QUIET_SECONDS, SETTLED, is_finished, numbered
from quittance.adapters.sftp_session import (
    BROKEN,
    NotTrusted,
    SftpAddress,
    connect,
    cut_off,
    sign_in,
    what_was_said,
)
from quittance.core.ports.inboxes import InboxDown, InboxFile, InboxFileBusy

CONNECT_SECONDS: Final = 20.0
CALL_SECONDS: Final = 60.0
FETCH_SECONDS: Final = 900.0
_MEMORY_BYTES: Final = 1 << 22
_CHUNK_BYTES: Final = 1 << 18
_SAME_NAME_MAX: Final = 1000
_REQUESTS_MAX: Final = 64


class SftpInbox:
    """Offers the files of a folder, and moves those that are settled to its sub-folder `read`, unless they must stay.

    A file is fetched whole before a byte of it is used: what a broken line left of it is thrown away. It is the same
    file before and after, or it is not taken this time. One connection serves until `close`.
    """

    identifier: ClassVar[str] = "sftp"
    label: ClassVar[str] = "SFTP"

    def __init__(
        self,
        *,
        host: str,
        user: str,
        host_key: str,
        port: int = 22,
        password: str = "",
        key_file: str = "",
        path: str = ".",
        is_left: bool = False,
    ) -> None:
        """Take the address; nothing is connected yet. With `is_left` settled files stay where they are."""
        self.name = f"sftp://{user}@{host}:{port}/{path.strip('/')}"
        self._address = SftpAddress(
            host=host, port=port, user=user, password=password, key_file=key_file, host_key=host_key
        )
        self._path = path
        self._is_left = is_left
        self._transport: paramiko.Transport | None = None
        self._client: paramiko.SFTPClient | None = None

    def list_files(self) -> Sequence[InboxFile]:
        """Return the files that nobody writes any more, by name; folders, links and hidden files are left alone."""
        now = time.time()
        with self._asking(CALL_SECONDS) as client:
            entries = client.listdir_attr(self._path)
        found = [
            InboxFile(name=entry.filename, size=entry.st_size or 0, stamp=_stamp(entry) if self._is_left else "")
            for entry in entries
            if is_finished(entry.filename)
            and stat.S_ISREG(entry.st_mode or 0)
            # A clock that goes ahead of ours must not hide a file for hours.
            and not 0 <= now - (entry.st_mtime or 0) < QUIET_SECONDS
        ]
        return sorted(found, key=lambda file: file.name)

    def open_file(self, *, name: str) -> BinaryIO:
        """Fetch a listed file whole and return it."""
        place = self._place(name)
        fetched = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES))  # noqa: SIM115
        try:
            with self._asking(FETCH_SECONDS) as client:
                before = client.stat(place)
                with client.open(place, "rb") as source:
                    source.prefetch(before.st_size, max_concurrent_requests=_REQUESTS_MAX)
                    while chunk := source.read(_CHUNK_BYTES):
                        fetched.write(chunk)
                after = client.stat(place)
            if _stamp(before) != _stamp(after) or fetched.tell() != before.st_size:
                raise InboxFileBusy(f"{self.name}: {name} was written to while it was fetched")
        except BaseException:
            fetched.close()
            raise
        fetched.seek(0)
        return fetched

    def settle(self, *, name: str) -> None:
        """Move a file to `read`, under a free name there; leave it where files must stay."""
        if self._is_left:
            return
        with contextlib.suppress(InboxFileBusy), self._asking(CALL_SECONDS) as client:
            folder = posixpath.join(self._path, SETTLED)
            if not _exists(client, folder):
                client.mkdir(folder)
            source = self._place(name)
            for number in range(1, _SAME_NAME_MAX):
                target = posixpath.join(folder, numbered(posixpath.basename(source), number))
                if not _exists(client, target):
                    client.rename(source, target)
                    return
            raise InboxDown(f"{self.name}: {name} is in {SETTLED} too often")

    def close(self) -> None:
        """Hang up."""
        client, self._client = self._client, None
        transport, self._transport = self._transport, None
        for one in (client, transport):
            if one is not None:
                with contextlib.suppress(*BROKEN):
                    one.close()

    def _place(self, name: str) -> str:
        """Return where a file lies; a name leads to no other folder."""
        if posixpath.basename(name) != name or name in ("", ".", ".."):
            raise InboxFileBusy(f"{self.name}: {name!r} is no file of this folder")
        return posixpath.join(self._path, name)

    @contextlib.contextmanager
    def _asking(self, seconds: float) -> Iterator[paramiko.SFTPClient]:
        """Give the connection, a new one when need be, and hang up when the server takes too long."""
        try:
            with cut_off(self.close, seconds=seconds):
                yield self._open()
        except FileNotFoundError as error:
            if self._is_there():
                raise InboxFileBusy(f"{self.name}: {what_was_said(error)}") from error
            raise InboxDown(f"{self.name}: no such folder") from error
        except (*BROKEN, NotTrusted) as error:
            self.close()
            raise InboxDown(f"{self.name}: {what_was_said(error)}") from error

    def _open(self) -> paramiko.SFTPClient:
        if self._client is not None and self._transport is not None and self._transport.is_active():
            return self._client
        self.close()
        self._transport = connect(self._address, timeout_seconds=CONNECT_SECONDS)
        self._client = sign_in(self._transport, self._address, timeout_seconds=CONNECT_SECONDS)
        return self._client

    def _is_there(self) -> bool:
        """Say whether the folder itself is still there."""
        try:
            return self._client is not None and _exists(self._client, self._path)
        except BROKEN:
            return False


def _exists(client: paramiko.SFTPClient, path: str) -> bool:
    try:
        client.stat(path)
    except FileNotFoundError:
        return False
    return True


def _stamp(attributes: paramiko.SFTPAttributes) -> str:
    return f"{attributes.st_size}-{attributes.st_mtime}"
