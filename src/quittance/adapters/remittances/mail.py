"""Reader of a saved mail (.eml): its attachments, else its words."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser
from typing import BinaryIO, Final

from quittance.adapters.remittances.content import decode, read_bytes
from quittance.adapters.remittances.edifact_remadv import EdifactRemittanceReader
from quittance.adapters.remittances.pdf import PdfRemittanceReader
from quittance.adapters.remittances.table import TableRemittanceReader
from quittance.adapters.remittances.text import TextRemittanceReader, file_of_text
from quittance.adapters.remittances.ubl import UblRemittanceReader
from quittance.adapters.remittances.x12_820 import X12RemittanceReader
from quittance.core.ports.remittances import Breadth, FileRefused, RemittanceFile, RemittanceReader
from quittance.core.reasons import ReasonCode, because

MAIL_BYTES_MAX: Final = 1 << 25
FILES_MAX: Final = 20
_HEADER: Final = re.compile(rb"^(?:[A-Za-z][A-Za-z-]{1,40}:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}", re.MULTILINE)
_TELLING: Final = re.compile(rb"^(?:from|date|subject|mime-version|received|message-id):", re.IGNORECASE | re.MULTILINE)


class MailRemittanceReader:
    """Reads a message with its attachments; the first that is an advice of a kind makes the file."""

    identifier = "mail"
    label = "E-mail"
    breadth = Breadth.FORMAT

    def __init__(self) -> None:
        """Read attachments as they would be read alone."""
        self._readers: tuple[RemittanceReader, ...] = (
            EdifactRemittanceReader(),
            X12RemittanceReader(),
            UblRemittanceReader(),
            PdfRemittanceReader(),
            TableRemittanceReader(),
            TextRemittanceReader(),
        )

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins with the headers of a message."""
        begin = head.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n"
        names = {found[0].lower() for found in _TELLING.finditer(begin)}
        return _HEADER.match(begin) is not None and b"from:" in names and len(names) > 1

    def read(self, stream: BinaryIO) -> RemittanceFile:
        """Read attachments, else the body. :raises FileRefused: NO_REMITTANCE, or why its only advice is broken"""
        content = read_bytes(stream, most=MAIL_BYTES_MAX)
        if not self.supports(content[: 1 << 16]):
            raise FileRefused(because(ReasonCode.NO_REMITTANCE))
        message = BytesParser(policy=policy.default).parsebytes(content)
        found: list[RemittanceFile] = []
        refusal: FileRefused | None = None
        for part in _attachments(message):
            try:
                found.append(self._read_part(part))
            except FileRefused as refused:
                if refused.reason.code is not ReasonCode.NO_REMITTANCE:
                    refusal = refusal or refused
        if not found:
            try:
                return file_of_text(_body(message), label=self.label)
            except FileRefused as refused:
                raise (refusal or refused) from refused
        return RemittanceFile(
            format=f"{self.label}, {found[0].format}"[:60],
            remittances=tuple(each for file in found for each in file.remittances),
            rejected=tuple(line for file in found for line in file.rejected),
        )

    def _read_part(self, content: bytes) -> RemittanceFile:
        reader = next((reader for reader in self._readers if reader.supports(content[: 1 << 16])), None)
        if reader is None:
            raise FileRefused(because(ReasonCode.NO_REMITTANCE))
        return reader.read(io.BytesIO(content))


def _attachments(message: EmailMessage) -> Iterator[bytes]:
    """Yield the files that came with a message; a broken structure has none."""
    try:
        parts = list(message.iter_attachments())[:FILES_MAX]
    except (AttributeError, KeyError, TypeError, ValueError):
        return
    for part in parts:
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content and part.get_filename():
            yield content


def _body(message: EmailMessage) -> str:
    """Return the words of a message, from its HTML where it has nothing else."""
    for kind in ("plain", "html"):
        try:
            part = message.get_body(preferencelist=(kind,))
            text = str(part.get_content()) if part is not None else ""
        except (LookupError, UnicodeError, ValueError, AttributeError, TypeError):
            payload = part.get_payload(decode=True) if part is not None else b""
            text = decode(payload) if isinstance(payload, bytes) else ""
        if text.strip():
            return _words(text) if kind == "html" else text
    return ""


class _Page(HTMLParser):
    """Keeps the text of a page: a line for each row or block, two spaces between cells."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.hidden += tag in {"script", "style", "head"}
        if tag in {"br", "p", "div", "tr", "li", "table"}:
            self.words.append("\n")
        elif tag in {"td", "th"}:
            self.words.append("  ")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in {"script", "style", "head"}

    def handle_data(self, data: str) -> None:
        if self.hidden <= 0:
            self.words.append(re.sub(r"\s+", " ", data))


def _words(html: str) -> str:
    page = _Page()
    page.feed(html)
    return "".join(page.words)
