"""Letters to a print provider over SFTP: two files a letter, the PDF last.

The PDF is written beside its place (`.part`), then renamed: the provider never sees half a letter, and the rename is
the moment of handing over. Until then whatever goes wrong is temporary. When its answer is lost we look: the letter
lies there, or the part still does; when neither does, nobody knows.
"""

from __future__ import annotations

import contextlib
import errno
import posixpath
from typing import ClassVar, NoReturn

import paramiko

from quittance.adapters.channels.print_upload.parcels import Parcel, has_parcel, parcel_of
from quittance.adapters.channels.print_upload.settings import Settings
from quittance.adapters.sftp_session import (
    BROKEN,
    NotTrusted,
    SftpAddress,
    connect,
    cut_off,
    sign_in,
    what_was_said,
)
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
        except (*BROKEN, TemporaryFailure):
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
        with cut_off(self._hang_up, seconds=SEND_SECONDS_MAX * 0.8):
            client = self._open(self.settings.timeout_seconds)
            if self._lies_there(client, parcel):
                return Receipt(reference=f"{parcel.name}.pdf")
            part = self._path(f"{parcel.name}.pdf.part")
            try:
                _write(client, self._path(f"{parcel.name}.json"), parcel.facts)
                _write(client, part, parcel.pdf)
            except BROKEN as error:
                self._refuse(error)
            try:
                client.posix_rename(part, self._path(f"{parcel.name}.pdf"))
            except BROKEN as error:
                self._look_again(parcel, error)
        return Receipt(reference=f"{parcel.name}.pdf")

    def close(self) -> None:
        """Say goodbye."""
        client, self._client = self._client, None
        transport, self._transport = self._transport, None
        for one in (client, transport):
            if one is not None:
                with contextlib.suppress(*BROKEN):
                    one.close()

    def _path(self, name: str) -> str:
        return posixpath.join(self.settings.path, name)

    def _lies_there(self, client: paramiko.SFTPClient, parcel: Parcel) -> bool:
        """Say whether this letter was handed over before and not fetched yet."""
        try:
            return bool(client.stat(self._path(f"{parcel.name}.pdf")).st_size == len(parcel.pdf))
        except FileNotFoundError:
            return False
        except BROKEN as error:
            self.close()
            raise ChannelDown(what_was_said(error)) from error

    def _refuse(self, error: Exception) -> NoReturn:
        """Tell what the server said while the letter was still ours.

        :raises MessageRefused: it doesn't let this file in.
        :raises TemporaryFailure: anything else, a lost connection among them.
        """
        if isinstance(error, PermissionError) or getattr(error, "errno", None) == errno.EACCES:
            raise MessageRefused(what_was_said(error)) from error
        if not (self._transport and self._transport.is_active()):
            self.close()
        raise TemporaryFailure(f"the letter was not complete: {what_was_said(error)}") from error

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
        except (*BROKEN, TemporaryFailure) as lost:
            self.close()
            raise UncertainFailure(what_was_said(error)) from lost
        self._refuse(error)

    def _open(self, timeout: float) -> paramiko.SFTPClient:
        """Return a connection that answers, a new one when need be. :raises ChannelDown:"""
        if self._client is not None and self._transport is not None and self._transport.is_active():
            try:
                self._client.normalize(".")
                return self._client
            except BROKEN:
                pass
        self.close()
        try:
            return self._connect(timeout)
        except (*BROKEN, NotTrusted) as error:
            self.close()
            raise ChannelDown(what_was_said(error)) from error

    def _connect(self, timeout: float) -> paramiko.SFTPClient:
        used = self.settings
        address = SftpAddress(
            host=used.host, port=used.port, user=used.user, password=used.password, key_file=used.key_file,
            host_key=used.host_key,
        )  # fmt: skip
        self._transport = connect(address, timeout_seconds=timeout)
        self._client = sign_in(self._transport, address, timeout_seconds=timeout)
        return self._client

    def _hang_up(self) -> None:
        if (transport := self._transport) is not None:
            transport.close()


def _write(client: paramiko.SFTPClient, path: str, content: bytes) -> None:
    """Write a file whole, and see that it is whole."""
    with client.open(path, "wb") as file:
        file.set_pipelined(True)
        file.write(content)
    size = client.stat(path).st_size
    if size != len(content):
        raise OSError(f"{size} of {len(content)} bytes arrived")
