"""Letters to a print provider over SFTP: two files a letter, the PDF last.

The PDF is written beside its place (`.part`), then renamed: the provider never sees half a letter, and the rename is
the moment of handing over. Until then whatever goes wrong is temporary. When its answer is lost we look: the letter
lies there, or the part still does; when neither does, nobody knows.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import posixpath
import socket
import threading
from collections.abc import Iterator
from typing import ClassVar, NoReturn

import paramiko

from quittance.adapters.channels.print_upload.parcels import Parcel, has_parcel, parcel_of, short
from quittance.adapters.channels.print_upload.settings import Settings
from quittance.core.ports.channels import (
    SEND_SECONDS_MAX,
    ChannelDown,
    MessageRefused,
    OutgoingMessage,
    Receipt,
    TemporaryFailure,
    UncertainFailure,
)

READY_SECONDS_MAX = 5.0
_BROKEN = (OSError, EOFError, paramiko.SSHException)


class SftpPrintChannel:
    """Puts letters into a folder of the provider; keeps one connection until `close`."""

    identifier: ClassVar[str] = "print-upload-sftp"
    label: ClassVar[str] = "Print provider (SFTP)"
    medium: ClassVar[str] = "LETTER"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings.of_installation()
        self._transport: paramiko.Transport | None = None
        self._client: paramiko.SFTPClient | None = None

    def is_ready(self) -> bool:
        """Sign in and look at the folder."""
        try:
            self._open(min(READY_SECONDS_MAX, self.settings.timeout_seconds)).stat(self.settings.path)
        except (*_BROKEN, TemporaryFailure):
            return False
        finally:
            self.close()
        return True

    def supports(self, message: OutgoingMessage) -> bool:
        """Accept what has an address and a PDF."""
        return has_parcel(message)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the letter over; see the port for the failures."""
        parcel = parcel_of(message)
        with self._cut_off(SEND_SECONDS_MAX * 0.8):
            client = self._open(self.settings.timeout_seconds)
            if self._lies_there(client, parcel):
                return Receipt(reference=f"{parcel.name}.pdf")
            part = self._path(f"{parcel.name}.pdf.part")
            try:
                _write(client, self._path(f"{parcel.name}.json"), parcel.facts)
                _write(client, part, parcel.pdf)
            except _BROKEN as error:
                self._refuse(error)
            try:
                client.posix_rename(part, self._path(f"{parcel.name}.pdf"))
            except _BROKEN as error:
                self._look_again(parcel, error)
        return Receipt(reference=f"{parcel.name}.pdf")

    def close(self) -> None:
        """Say goodbye."""
        client, self._client = self._client, None
        transport, self._transport = self._transport, None
        for one in (client, transport):
            if one is not None:
                with contextlib.suppress(*_BROKEN):
                    one.close()

    def _path(self, name: str) -> str:
        return posixpath.join(self.settings.path, name)

    def _lies_there(self, client: paramiko.SFTPClient, parcel: Parcel) -> bool:
        """Say whether this letter was handed over before and not fetched yet."""
        try:
            return bool(client.stat(self._path(f"{parcel.name}.pdf")).st_size == len(parcel.pdf))
        except FileNotFoundError:
            return False
        except _BROKEN as error:
            self.close()
            raise ChannelDown(_said(error)) from error

    def _refuse(self, error: Exception) -> NoReturn:
        """Tell what the server said while the letter was still ours.

        :raises MessageRefused: it doesn't let this file in.
        :raises TemporaryFailure: anything else, a lost connection among them.
        """
        if isinstance(error, PermissionError) or getattr(error, "errno", None) == errno.EACCES:
            raise MessageRefused(_said(error)) from error
        if not (self._transport and self._transport.is_active()):
            self.close()
        raise TemporaryFailure(f"the letter was not complete: {_said(error)}") from error

    def _look_again(self, parcel: Parcel, error: Exception) -> None:
        """Find out what became of a rename whose answer was lost; return when it did happen.

        :raises TemporaryFailure: it did not happen. :raises UncertainFailure: nobody knows.
        """
        try:
            if not (self._transport and self._transport.is_active()):
                self.close()
            client = self._open(self.settings.timeout_seconds)
            if self._lies_there(client, parcel):
                return
            client.stat(self._path(f"{parcel.name}.pdf.part"))
        except (*_BROKEN, TemporaryFailure) as lost:
            self.close()
            raise UncertainFailure(_said(error)) from lost
        self._refuse(error)

    def _open(self, timeout: float) -> paramiko.SFTPClient:
        """Return a connection that answers, a new one when need be. :raises ChannelDown:"""
        if self._client is not None and self._transport is not None and self._transport.is_active():
            try:
                self._client.normalize(".")
                return self._client
            except _BROKEN:
                pass
        self.close()
        try:
            return self._connect(timeout)
        except ChannelDown:
            self.close()
            raise
        except (*_BROKEN, ValueError) as error:
            self.close()
            raise ChannelDown(_said(error)) from error

    def _connect(self, timeout: float) -> paramiko.SFTPClient:
        used = self.settings
        self._transport = paramiko.Transport(socket.create_connection((used.host, used.port), timeout=timeout))
        self._transport.banner_timeout = self._transport.auth_timeout = timeout
        self._transport.start_client(timeout=timeout)
        self._check_host(self._transport.get_remote_server_key())
        if used.key_file:
            key = paramiko.PKey.from_path(used.key_file, passphrase=used.password.encode() or None)
            self._transport.auth_publickey(used.user, key)
        else:
            self._transport.auth_password(used.user, used.password, fallback=False)
        client = paramiko.SFTPClient.from_transport(self._transport)
        if client is None:
            raise ChannelDown("the server has no SFTP")
        client.get_channel().settimeout(timeout)
        self._client = client
        return client

    def _check_host(self, key: paramiko.PKey) -> None:
        """Go on only when the server is the one we know."""
        known = self.settings.host_key.split()
        wanted = known[1] if len(known) > 1 else "".join(known)
        if not wanted:
            raise ChannelDown("the server's host key is not set: nobody knows who answers there")
        if base64.b64encode(key.asbytes()).decode() != wanted:
            raise ChannelDown("the server has another host key than the one that is set")

    @contextlib.contextmanager
    def _cut_off(self, seconds: float) -> Iterator[None]:
        """Hang up after some seconds, however slowly the other side answers."""

        def hang_up() -> None:
            if (transport := self._transport) is not None:
                transport.close()

        timer = threading.Timer(seconds, hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _write(client: paramiko.SFTPClient, path: str, content: bytes) -> None:
    """Write a file whole, and see that it is whole."""
    with client.open(path, "wb") as file:
        file.set_pipelined(True)
        file.write(content)
    size = client.stat(path).st_size
    if size != len(content):
        raise OSError(f"{size} of {len(content)} bytes arrived")


def _said(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the server hung up"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return short(text or type(error).__name__)
