"""Elements of an OFX file: version 2 is XML, version 1 is SGML whose single values have no end tag.

Both become the same calls. The SGML scanner knows no document types and no entities but the five of XML, spaces and
numbers; it opens nothing and keeps no more than one element in memory.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol
from xml.parsers import expat

from quittance.adapters.statements.xml_source import BYTES_MAX, feed_xml
from quittance.core.ports.statements import FileRefused
from quittance.core.reasons import ReasonCode, because

HEAD_BYTES: Final = 1 << 12
_CHUNK_BYTES: Final = 1 << 16
_ELEMENT_MAX: Final = 1 << 16
_XML: Final = re.compile(rb"^[\s\xef\xbb\xbf]*<\?(?:xml|OFX)", re.IGNORECASE)
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_HEADER: Final = re.compile(r"(ENCODING|CHARSET|VERSION)\s*:\s*([A-Za-z0-9_.-]+)", re.IGNORECASE)
_XML_VERSION: Final = re.compile(r"<\?OFX[^>]*\bVERSION\s*=\s*[\"']?([0-9]+)", re.IGNORECASE)
_DOCTYPE: Final = re.compile(r"\s*!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});")


class ElementHandlers(Protocol):
    """What is called as the file goes by."""

    def start(self, name: str, line: int) -> None:
        """Meet a start tag."""

    def end(self, name: str) -> None:
        """Meet an end tag; single values of SGML have none."""

    def text(self, text: str) -> None:
        """Meet text behind a tag; it may come in several pieces."""


def feed_ofx(stream: BinaryIO, handlers: ElementHandlers) -> str:
    """Run the whole stream through the handlers and return the version it says it is of, like 102 or 211.

    :raises FileRefused: empty, cut short, in a wrong encoding, too large, or with a document type
    """
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head:
        raise FileRefused(because(ReasonCode.EMPTY))
    plain = head.replace(b"\x00", b"").decode("latin-1")
    if _XML.match(head) or (head[:2] in _UTF16 and "<?xml" in plain):
        feed_xml(stream, _XmlElements(handlers))
        found = _XML_VERSION.search(plain)
        return str(found[1]) if found else ""
    said: dict[str, str] = {name.upper(): value for name, value in _HEADER.findall(plain.partition("<")[0])}
    _scan(stream, handlers, encoding=_encoding(head, said))
    return said.get("VERSION", "")


class _XmlElements:
    """Passes the elements of XML on."""

    parser: expat.XMLParserType

    def __init__(self, handlers: ElementHandlers) -> None:
        self._handlers = handlers

    def on_start(self, name: str, _attributes: dict[str, str]) -> None:
        self._handlers.start(name.rpartition(":")[2].upper(), self.parser.CurrentLineNumber)

    def on_end(self, name: str) -> None:
        self._handlers.end(name.rpartition(":")[2].upper())

    def on_text(self, text: str) -> None:
        self._handlers.text(text)


def _encoding(head: bytes, said: dict[str, str]) -> str:
    """Return the code page of an SGML file; blank where bytes that are not UTF-8 are Windows-1252."""
    if head[:2] in _UTF16:
        return "utf-16"
    charset = said.get("CHARSET", "")
    if charset.upper() in ("", "NONE", "1252") or "UTF" in said.get("ENCODING", "").upper():
        return ""
    for name in (charset, f"cp{charset}"):
        try:
            return codecs.lookup(name).name
        except LookupError:
            continue
    return ""


def _scan(stream: BinaryIO, handlers: ElementHandlers, *, encoding: str) -> None:
    """Cut the text at each tag; what stands before the first one is the header."""
    line = 1
    is_header = True
    for piece in _pieces(stream, encoding=encoding):
        if is_header:
            is_header = False
        elif piece.startswith("![CDATA["):
            handlers.text(piece[8:].partition("]]>")[0])
            handlers.text(_resolved(piece.partition("]]>")[2]))
        elif not piece.startswith(("?", "!--")):
            if _DOCTYPE.match(piece):
                raise FileRefused(because(ReasonCode.DOCTYPE_REFUSED), position=line)
            tag, closed, text = piece.partition(">")
            if not closed:
                raise FileRefused(because(ReasonCode.TRUNCATED), position=line)
            name = tag.strip().upper()
            if name.startswith("/"):
                handlers.end(name[1:].strip())
            else:
                handlers.start(name.split()[0].rstrip("/") if name.split() else "", line)
            if text.strip():
                handlers.text(_resolved(text))
        line += piece.count("\n")


def _pieces(stream: BinaryIO, *, encoding: str) -> Iterator[str]:
    """Yield what stands between one < and the next."""
    left = ""
    for text in _decoded(stream, encoding=encoding):
        *whole, left = (left + text).split("<")
        yield from whole
        if len(left) > _ELEMENT_MAX:
            raise FileRefused(because(ReasonCode.LINE_TOO_LONG, most=_ELEMENT_MAX))
    yield left


def _decoded(stream: BinaryIO, *, encoding: str) -> Iterator[str]:
    """Yield the text of the stream, a chunk cut at a < at a time."""
    bytes_read = 0
    if encoding:
        decoder = codecs.getincrementaldecoder(encoding)()
    left = b""
    while chunk := stream.read(_CHUNK_BYTES):
        bytes_read += len(chunk)
        if bytes_read > BYTES_MAX:
            raise FileRefused(because(ReasonCode.STATEMENT_TOO_LARGE, most=BYTES_MAX))
        if encoding:
            yield _strict(decoder, chunk)
            continue
        whole, mark, rest = (left + chunk).rpartition(b"<")
        left = mark + rest
        yield from _lenient(whole)
        if len(left) > _ELEMENT_MAX:
            raise FileRefused(because(ReasonCode.LINE_TOO_LONG, most=_ELEMENT_MAX))
    if encoding:
        yield _strict(decoder, b"")
    yield from _lenient(left)


def _strict(decoder: codecs.IncrementalDecoder, chunk: bytes) -> str:
    try:
        return decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        raise FileRefused(because(ReasonCode.ENCODING_WRONG)) from error


def _lenient(raw: bytes) -> Iterator[str]:
    """Yield text that is UTF-8 element by element where it can be, else Windows-1252."""
    try:
        yield raw.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        for number, piece in enumerate(raw.split(b"<")):
            mark = "<" if number else ""
            try:
                yield mark + piece.decode()
            except UnicodeDecodeError:
                yield mark + piece.decode("cp1252", errors="replace")


def _resolved(text: str) -> str:
    """Put the characters in for the few entities that OFX knows; any other stays as it is written."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]).replace("\xa0", " "), text)
