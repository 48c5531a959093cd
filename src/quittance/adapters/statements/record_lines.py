"""Lines of a text file of fixed or comma-separated records, each with its place; memory stays that of one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from quittance.core.ports.statements import FileRefused
from quittance.core.reasons import ReasonCode, because

LINE_BYTES_MAX: Final = 1 << 16


def read_lines(
    stream: BinaryIO, *, label: str, code_page: Callable[[], str] = lambda: "cp1252"
) -> Iterator[tuple[int, str]]:
    r"""Yield each line that is not blank with its number from 1, without its end.

    A line is UTF-8 where it can be, else Windows-1252, which is what banks write, or what `code_page` says when
    the line is met. `label` names the format.

    >>> import io
    >>> list(read_lines(io.BytesIO(b"01,A/\r\n\r\n88,Soci\xe9t\xe9\n"), label="BAI2"))
    [(1, '01,A/'), (3, '88,Société')]

    :raises FileRefused: EMPTY; FORMAT_UNKNOWN for what is no text; LINE_TOO_LONG
    """
    position = 0
    while raw := stream.readline(LINE_BYTES_MAX + 1):
        position += 1
        if len(raw) > LINE_BYTES_MAX:
            raise FileRefused(because(ReasonCode.LINE_TOO_LONG, most=LINE_BYTES_MAX), position=position)
        if b"\x00" in raw:
            raise FileRefused(because(ReasonCode.FORMAT_UNKNOWN, known=label), position=position)
        line = _decoded(raw.removeprefix(b"\xef\xbb\xbf") if position == 1 else raw, code_page()).rstrip("\r\n\x1a")
        if line.strip():
            yield position, line
    if not position:
        raise FileRefused(because(ReasonCode.EMPTY))


def _decoded(raw: bytes, code_page: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(code_page, errors="replace")
