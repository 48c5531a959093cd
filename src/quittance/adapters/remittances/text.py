"""Reader of plain text: a mail body that was saved, or what a payer typed."""

from __future__ import annotations

from typing import BinaryIO, Final

from quittance.adapters.remittances.content import decode, read_bytes
from quittance.core.ports.remittances import Breadth, FileRefused, RemittanceFile
from quittance.core.reasons import ReasonCode, because
from quittance.core.remittance_text import read_text

TEXT_BYTES_MAX: Final = 1 << 21
_BINARY: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")


class TextRemittanceReader:
    """Reads free text; asked last, since anything may look like it."""

    identifier = "text"
    label = "Text"
    breadth = Breadth.TEXT

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins as text that is no markup."""
        if not head or head.startswith(_BINARY) or b"\x00" in head:
            return False
        return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in {b"<", b"{", b""}

    def read(self, stream: BinaryIO) -> RemittanceFile:
        """Read it all. :raises FileRefused: also NO_REMITTANCE"""
        content = read_bytes(stream, most=TEXT_BYTES_MAX)
        if not self.supports(content):
            raise FileRefused(because(ReasonCode.NO_REMITTANCE))
        return file_of_text(decode(content), label=self.label)


def file_of_text(text: str, *, label: str) -> RemittanceFile:
    """Return what a text says of a payment. :raises FileRefused: NO_REMITTANCE"""
    found = read_text(text)
    if not found.lines and not found.rejected:
        raise FileRefused(because(ReasonCode.NO_REMITTANCE))
    return RemittanceFile(format=label, remittances=(found,))
