"""Reader of PDF advices by the text that stands in them, in the order and the columns in which it is printed."""

from __future__ import annotations

import io
from typing import BinaryIO, Final

from pypdf import PdfReader

from quittance.adapters.remittances.content import read_bytes
from quittance.adapters.remittances.text import file_of_text
from quittance.core.ports.remittances import Breadth, FileRefused, RemittanceFile
from quittance.core.reasons import ReasonCode, because

PDF_BYTES_MAX: Final = 1 << 24
PAGES_MAX: Final = 200
TEXT_LENGTH_MAX: Final = 2_000_000


class PdfRemittanceReader:
    """Reads a PDF that has text; a scanned picture has none and is refused by name."""

    identifier = "pdf"
    label = "PDF"
    breadth = Breadth.TEXT

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins as a PDF."""
        return head.lstrip()[:5] == b"%PDF-"

    def read(self, stream: BinaryIO) -> RemittanceFile:
        """Read all pages. :raises FileRefused: PDF_UNREADABLE, PDF_WITHOUT_TEXT, NO_REMITTANCE"""
        content = read_bytes(stream, most=PDF_BYTES_MAX)
        if not self.supports(content):
            raise FileRefused(because(ReasonCode.NO_REMITTANCE))
        text = _text(content)
        if not text.strip():
            raise FileRefused(because(ReasonCode.PDF_WITHOUT_TEXT))
        return file_of_text(text, label=self.label)


def _text(content: bytes) -> str:
    """Return the text of the pages, laid out as printed. :raises FileRefused: PDF_UNREADABLE"""
    parts: list[str] = []
    length = 0
    try:
        pages = PdfReader(io.BytesIO(content)).pages
        for page in pages[:PAGES_MAX]:
            parts.append(page.extract_text(extraction_mode="layout"))
            length += len(parts[-1])
            if length > TEXT_LENGTH_MAX:
                break
    except Exception as error:  # a damaged PDF makes the library raise errors of many kinds
        raise FileRefused(because(ReasonCode.PDF_UNREADABLE)) from error
    return "\n".join(parts)
