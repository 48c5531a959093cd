"""Rows of a delimited text file: delimiter found by trying, quotes followed with care."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from quittance.adapters.tables.lines import BadLine, TextLines, clean_content
from quittance.adapters.tables.source import ByteSource, SizeLimits
from quittance.core.ports.intake import FileRefused
from quittance.core.reasons import Reason, ReasonCode, because

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from quittance.core.mapping.cells import Cell

DELIMITERS: Final = (";", "\t", ",", "|")
SAMPLE_LINES: Final = 200
QUOTED_LINES_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class TableRow:
    """Cells of one row; `content` is the text it was read from."""

    position: int
    cells: Sequence[Cell]
    content: str
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be cut into cells."""

    position: int
    content: str
    reason: Reason


class DelimitedFile:
    """A text table on disk, read as a stream as often as wanted."""

    def __init__(self, *, path: Path, limits: SizeLimits | None = None, encoding: str | None = None) -> None:
        """Open the file and find its delimiter. :raises FileRefused: also NOT_A_TABLE"""
        self._source = ByteSource(path=path, limits=limits)
        self._wanted_encoding = encoding
        self._lines = TextLines(self._source.blocks(), encoding=encoding)
        sample = [line for line in self._sample() if line.strip()]
        if not sample:
            raise FileRefused(because(ReasonCode.NOT_A_TABLE))
        self.delimiter = find_delimiter(sample)
        self._opens_quote = re.compile(rf'(?:^|{re.escape(self.delimiter)})[ ]*"')

    def _sample(self) -> list[str]:
        lines: list[str] = []
        for chunk in self._lines.chunks():
            lines += [line for line in chunk.lines if isinstance(line, str)]
            if len(lines) >= SAMPLE_LINES:
                break
        return lines[:SAMPLE_LINES]

    @property
    def layout(self) -> str:
        """Say how the file is written."""
        names = {"\t": "tab", "|": "pipe", ";": "semicolon", ",": "comma"}
        return f"text table, {names[self.delimiter]}"

    @property
    def encoding(self) -> str:
        """Say how the bytes were read."""
        return self._lines.encoding

    @property
    def bytes_read(self) -> int:
        """Bytes of the file consumed so far."""
        return self._source.bytes_read

    @property
    def bytes_total(self) -> int:
        """Size of the file."""
        return self._source.size

    def rows(self) -> Iterator[TableRow | BadRow]:
        """Yield every row that is not blank. :raises FileRefused:"""
        self._lines = TextLines(self._source.blocks(), encoding=self._wanted_encoding)
        delimiter, opens_quote = self.delimiter, self._opens_quote
        lines = _Lookahead(self._lines)
        blank = f'{delimiter} \t\x1a"'
        for position, line, is_cut in lines:
            if isinstance(line, BadLine):
                yield BadRow(position, line.content, line.reason)
            elif '"' not in line:
                if line.strip(blank):
                    yield TableRow(position, line.replace("\r", " ").split(delimiter), line, is_cut)
            elif line.count('"') % 2 and opens_quote.search(line):
                yield self._quoted_over_lines(position, line, lines, is_cut=is_cut)
            elif line.strip(blank):
                yield self._cut(position, line, is_cut=is_cut)

    def _cut(self, position: int, text: str, *, is_cut: bool) -> TableRow | BadRow:
        try:
            rows = list(
                csv.reader([f"{part}\n" for part in text.replace("\r", " ").split("\n")], delimiter=self.delimiter)
            )
        except csv.Error:
            return BadRow(position, clean_content(text), because(ReasonCode.WRONG_QUOTES))
        return TableRow(position, [cell for row in rows for cell in row], text, is_cut)

    def _quoted_over_lines(self, position: int, line: str, lines: _Lookahead, *, is_cut: bool) -> TableRow | BadRow:
        """Join the lines of a quoted field; a quote that does not end soon spoils its own line only."""
        text = line
        for count, following in enumerate(lines.peek(QUOTED_LINES_MAX), 1):
            if isinstance(following, BadLine):
                break
            text = f"{text}\n{following}"
            if text.count('"') % 2 == 0:
                lines.skip(count)
                return self._cut(position, text, is_cut=lines.is_last_cut)
        if is_cut or lines.is_exhausted:
            return BadRow(position, clean_content(line), because(ReasonCode.TRUNCATED_LINE))
        return BadRow(position, clean_content(line), because(ReasonCode.WRONG_QUOTES))


class _Lookahead:
    """Lines one by one with their positions, some of which can be looked at before their turn."""

    def __init__(self, lines: TextLines) -> None:
        self._source = self._walk(lines)
        self._ahead: deque[tuple[int, str | BadLine, bool]] = deque()
        self.is_exhausted = False
        self.is_last_cut = False

    @staticmethod
    def _walk(lines: TextLines) -> Iterator[tuple[int, str | BadLine, bool]]:
        for chunk in lines.chunks():
            last = len(chunk.lines) - 1 if chunk.is_cut else -1
            for index, line in enumerate(chunk.lines):
                yield chunk.position + index, line, index == last

    def __iter__(self) -> _Lookahead:
        return self

    def __next__(self) -> tuple[int, str | BadLine, bool]:
        item = self._ahead.popleft() if self._ahead else next(self._source)
        self.is_last_cut = item[2]
        return item

    def peek(self, count: int) -> Iterator[str | BadLine]:
        """Look at the next lines without taking them."""
        for index in range(count):
            if index >= len(self._ahead):
                item = next(self._source, None)
                if item is None:
                    self.is_exhausted = True
                    return
                self._ahead.append(item)
            yield self._ahead[index][1]

    def skip(self, count: int) -> None:
        """Take lines that were looked at."""
        for _ in range(count):
            next(self)


def find_delimiter(sample: Sequence[str]) -> str:
    """Choose the delimiter that cuts the most lines into the same number of columns, more than one.

    >>> find_delimiter(["a;b;c", "1,5;2,5;3", "4;5;6,1"])
    ';'

    :raises FileRefused: NOT_A_TABLE when none does
    """
    best = (0, "")
    for delimiter in DELIMITERS:
        widths: Counter[int] = Counter()
        for line in sample:
            try:
                widths[len(next(csv.reader([line.replace("\r", " ")], delimiter=delimiter), []))] += 1
            except csv.Error:
                continue
        widths.pop(0, None)
        widths.pop(1, None)
        if widths:
            width, lines = max(widths.items(), key=lambda item: (item[1], item[0]))
            score = lines * lines * min(width, 30)
            if score > best[0]:
                best = (score, delimiter)
    if not best[1]:
        raise FileRefused(because(ReasonCode.NOT_A_TABLE))
    return best[1]
