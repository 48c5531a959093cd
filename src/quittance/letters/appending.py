"""Put other PDFs behind a letter, such as the copies of the invoices it speaks of."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

# With the letter, what an envelope and a franking of one letter bear: fifteen sheets printed on both sides.
COPIES_PAGES_MAX = 30


class PdfNotReadable(ValueError):
    """The file is no PDF that can be printed: damaged, empty, or locked by a password."""


def count_pages(pdf: bytes) -> int:
    """Return how many pages a PDF has. :raises PdfNotReadable:"""
    try:
        reader = PdfReader(io.BytesIO(pdf), strict=False)
        count = 0 if reader.is_encrypted else len(reader.pages)
    except (PyPdfError, ValueError, OSError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PdfNotReadable(str(error)) from error
    if not count:
        raise PdfNotReadable("the PDF has no page that can be read")
    return count


def append_pages(*, letter: bytes, files: Sequence[bytes]) -> bytes:
    """Return the letter with the pages of the files behind its own; the letter itself when there are none.

    What comes of it is a PDF, and no longer PDF/A where a file is none. :raises PdfNotReadable:
    """
    if not files:
        return letter
    writer = PdfWriter()
    writer.append(io.BytesIO(letter), import_outline=False)
    try:
        for file in files:
            writer.append(io.BytesIO(file), import_outline=False)
        written = io.BytesIO()
        writer.write(written)
    except (PyPdfError, ValueError, OSError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PdfNotReadable(str(error)) from error
    return written.getvalue()
