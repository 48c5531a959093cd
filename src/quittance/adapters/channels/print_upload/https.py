"""Letters to a print provider over HTTPS: one POST a letter, PDF and facts as the parts of a form.

The request carries `Idempotency-Key`, the letter's own id, the same at every try. The provider's answers:

- 2xx: taken; its `id` or `reference` in JSON is kept. 409: taken before, under this key.
- 429, 503: not now, and surely not taken. 401, 403, 404, 405: it does not let us in, or lives elsewhere.
- other 4xx: this letter is refused. Other 5xx (a gateway that waited in vain, among them): nobody knows.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Iterator
from typing import ClassVar

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

ANSWER_BYTES_MAX = 64 * 1024
PART_BYTES = 64 * 1024
READY_SECONDS_MAX = 5.0
_NOT_LET_IN = frozenset({401, 403, 404, 405, 407})
_NOT_NOW = frozenset({408, 425, 429, 503})
_TAKEN_BEFORE = 409


class HttpsPrintChannel:
    """Posts letters as forms; one connection a letter."""

    identifier: ClassVar[str] = "print-upload-https"
    label: ClassVar[str] = "Print provider (HTTPS)"
    medium: ClassVar[str] = "LETTER"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings.of_installation()

    def is_ready(self) -> bool:
        """Open a connection and look at the certificate, within five seconds."""
        connection = self._connection(min(READY_SECONDS_MAX, self.settings.timeout_seconds))
        try:
            connection.connect()
        except (OSError, ValueError):
            return False
        finally:
            connection.close()
        return True

    def supports(self, message: OutgoingMessage) -> bool:
        """Accept what has an address and a PDF."""
        return has_parcel(message)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the letter over; see the port for the failures."""
        parcel = parcel_of(message)
        boundary = uuid.uuid4().hex
        body = _form(parcel, boundary)
        connection = self._connection(self.settings.timeout_seconds)
        try:
            connection.connect()
        except (OSError, ValueError) as error:
            connection.close()
            raise ChannelDown(short(error or type(error).__name__)) from error
        with contextlib.closing(connection), _cut_off(connection, SEND_SECONDS_MAX * 0.9):
            self._send(connection, message, body, boundary)
            status, told = self._answer(connection)
        return _receipt(status, told)

    def close(self) -> None:
        """No connection is kept."""

    def _connection(self, timeout: float) -> http.client.HTTPSConnection:
        trust = ssl.create_default_context(cafile=self.settings.ca_file or None)
        return http.client.HTTPSConnection(self.settings.host, self.settings.port, timeout=timeout, context=trust)

    def _send(
        self, connection: http.client.HTTPSConnection, message: OutgoingMessage, body: bytes, boundary: str
    ) -> None:
        """Send head and body; while a byte of it is missing the provider can't have taken the letter."""
        until = time.monotonic() + SEND_SECONDS_MAX / 2
        try:
            connection.putrequest("POST", self.settings.path)
            connection.putheader("Content-Type", f"multipart/form-data; boundary={boundary}")
            connection.putheader("Content-Length", str(len(body)))
            connection.putheader("Idempotency-Key", message.message_id)
            connection.putheader("Accept", "application/json")
            if authorization := self._authorization():
                connection.putheader("Authorization", authorization)
            connection.endheaders()
            for start in range(0, len(body), PART_BYTES):
                if time.monotonic() > until:
                    raise TimeoutError("the provider was too slow")
                connection.send(body[start : start + PART_BYTES])
        except (OSError, ValueError, http.client.HTTPException) as error:
            if early := self._early_answer(connection):
                raise early from error
            told = short(error or type(error).__name__)
            raise TemporaryFailure(f"the connection broke before the letter was complete: {told}") from error

    def _early_answer(self, connection: http.client.HTTPSConnection) -> Exception | None:
        """Return the refusal of a provider that answers and hangs up before the body has ended, if it did."""
        try:
            status, told = self._answer(connection)
            _receipt(status, told)
        except UncertainFailure:
            return None
        except (MessageRefused, TemporaryFailure) as refusal:
            return refusal
        return None

    def _answer(self, connection: http.client.HTTPSConnection) -> tuple[int, str]:
        try:
            if connection.sock is not None:
                connection.sock.settimeout(self.settings.answer_seconds)
            answer = connection.getresponse()
            return answer.status, answer.read(ANSWER_BYTES_MAX).decode("utf-8", "replace")
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise UncertainFailure(short(error) or type(error).__name__) from error

    def _authorization(self) -> str:
        if self.settings.token:
            return f"Bearer {self.settings.token}"
        if self.settings.user:
            pair = f"{self.settings.user}:{self.settings.password}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        return ""


@contextlib.contextmanager
def _cut_off(connection: http.client.HTTPSConnection, seconds: float) -> Iterator[None]:
    """Hang up after some seconds, however slowly the other side drips its answer."""
    sock = connection.sock

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _form(parcel: Parcel, boundary: str) -> bytes:
    parts = (
        ("facts", f"{parcel.name}.json", "application/json", parcel.facts),
        ("letter", f"{parcel.name}.pdf", "application/pdf", parcel.pdf),
    )
    written = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, filename, media_type, content in parts
    )
    return written + f"--{boundary}--\r\n".encode()


def _receipt(status: int, told: str) -> Receipt:
    """Put the provider's answer into the port's words."""
    said = short(f"{status} {told}")
    if 200 <= status < 300 or status == _TAKEN_BEFORE:
        return Receipt(reference=_reference(told))
    if status in _NOT_LET_IN:
        raise ChannelDown(said)
    if status in _NOT_NOW:
        raise TemporaryFailure(said)
    if 400 <= status < 500:
        raise MessageRefused(said)
    raise UncertainFailure(said)


def _reference(told: str) -> str:
    try:
        content = json.loads(told)
    except ValueError:
        return ""
    if not isinstance(content, dict):
        return ""
    found = content.get("reference") or content.get("id") or ""
    return str(found)[:200] if isinstance(found, (str, int)) else ""
