"""Bytes in blocks become decoded lines: encoding found out while reading, any kind of line end."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from quittance.core.reasons import Reason, ReasonCode, because

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINE_CHARACTERS_MAX: Final = 64 * 1024
CONTENT_CHARACTERS_MAX: Final = 4_000


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not text in the file's encoding, too long, or holds NUL characters."""

    content: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines in file order, the first of them at `position` (1-based). `is_cut`: the last has no line end."""

    position: int
    lines: list[str | BadLine]
    is_cut: bool


def clean_content(text: str) -> str:
    """Shorten a line for a report and make it storable (no NUL)."""
    text = text.replace("\0", "␀")
    return text if len(text) <= CONTENT_CHARACTERS_MAX else text[:CONTENT_CHARACTERS_MAX] + "…"


def guess_single_byte(data: bytes) -> str:
    """Tell Windows text from ISO-8859-15: only Windows puts letters at 0x80-0x9F.

    >>> guess_single_byte("Société à 12 €".encode("cp1252")), guess_single_byte("Société".encode("latin-1"))
    ('cp1252', 'iso-8859-15')
    """
    return "cp1252" if any(0x80 <= byte <= 0x9F for byte in set(data)) else "iso-8859-15"


def guess_encoding(data: bytes) -> str:
    r"""Say what encoding the lines with accents are in: UTF-8 if most of them are valid UTF-8.

    >>> guess_encoding("é\né\n".encode() + b"\xe9\n"), guess_encoding("é\né\n".encode("latin-1"))
    ('utf-8', 'iso-8859-15')
    """
    valid = invalid = 0
    for line in data.splitlines():
        if not line.isascii():
            try:
                line.decode("utf-8")
                valid += 1
            except UnicodeDecodeError:
                invalid += 1
    return "utf-8" if valid > invalid else guess_single_byte(data)


class TextLines:
    """Decode blocks into chunks of lines.

    Plain ASCII fits every encoding, so the choice waits for the first block that has other bytes: valid
    UTF-8 makes the file UTF-8, anything else a single-byte encoding. A later line that does not fit is a
    `BadLine`; its neighbours are not touched. LF, CRLF, CR CR LF and lone CR files are understood.
    """

    def __init__(self, blocks: Iterable[bytes], *, encoding: str | None = None) -> None:
        """Read from `blocks`; `encoding` given skips the guess."""
        self._blocks = blocks
        self._encoding = encoding
        self._line_end: bytes | None = None

    @property
    def encoding(self) -> str:
        """Say how the bytes were read; "ascii" while nothing else was met."""
        return self._encoding or "ascii"

    def chunks(self) -> Iterator[Chunk]:
        """Yield every line once, in order."""
        position = 1
        pending = b""
        is_first = True
        for raw in self._blocks:
            block = raw
            if is_first:
                is_first = False
                if block.startswith(codecs.BOM_UTF8):
                    block = block[3:]
                    self._encoding = self._encoding or "utf-8"
            pending += block
            line_end = self._find_line_end(pending)
            cut = pending.rfind(line_end) + 1
            if not cut:
                if len(pending) > LINE_CHARACTERS_MAX * 4:
                    pending = pending[: LINE_CHARACTERS_MAX * 4]  # too long in any case, and said so below
                continue
            complete, pending = pending[: cut - 1], pending[cut:]
            lines = self._decode(complete, line_end)
            yield Chunk(position, lines, is_cut=False)
            position += len(lines)
        if pending:
            lines = self._decode(pending, self._find_line_end(pending))
            yield Chunk(position, lines, is_cut=True)

    def _find_line_end(self, data: bytes) -> bytes:
        if self._line_end is None:
            self._line_end = b"\r" if b"\r" in data[:-1] and b"\n" not in data else b"\n"
        return self._line_end

    def _decode(self, data: bytes, line_end: bytes) -> list[str | BadLine]:
        if self._encoding is None and not data.isascii():
            self._encoding = guess_encoding(data)
        elif self._encoding == "iso-8859-15":
            self._encoding = guess_single_byte(data)
        try:
            text = data.decode(self._encoding or "ascii")
        except UnicodeDecodeError:
            return [self._decode_line(line) for line in data.split(line_end)]
        lines: list[str | BadLine] = list(text.split("\n" if line_end == b"\n" else "\r"))
        if "\r" in text:
            lines = [line.rstrip("\r") for line in lines if isinstance(line, str)]
        if "\0" in text or len(text) > LINE_CHARACTERS_MAX:
            lines = [check_line(line) if isinstance(line, str) else line for line in lines]
        return lines

    def _decode_line(self, data: bytes) -> str | BadLine:
        try:
            return check_line(data.decode(self._encoding or "ascii").rstrip("\r"))
        except UnicodeDecodeError as error:
            return BadLine(
                clean_content(data.decode(self._encoding or "ascii", errors="backslashreplace")),
                because(
                    ReasonCode.WRONG_ENCODING,
                    byte=f"0x{data[error.start]:02X}",
                    place=error.start + 1,
                    encoding=self.encoding,
                ),
            )


def check_line(line: str) -> str | BadLine:
    """Refuse a line that no table can hold."""
    if len(line) > LINE_CHARACTERS_MAX:
        return BadLine(clean_content(line), because(ReasonCode.LINE_TOO_LONG, most=LINE_CHARACTERS_MAX))
    if "\0" in line:
        return BadLine(clean_content(line), because(ReasonCode.NUL_CHARACTER, place=line.index("\0") + 1))
    return line
