"""A table on disk whose headings were found: which row they are, what stands before them, what follows."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from quittance.adapters.tables.delimited import DelimitedFile, TableRow, find_delimiter
from quittance.adapters.tables.source import OLE_MAGIC, ZIP_MAGIC
from quittance.adapters.tables.workbook import Workbook
from quittance.core.mapping.cells import Cell, cell_text
from quittance.core.ports.intake import FileRefused
from quittance.core.reasons import ReasonCode, because

HEADING_ROWS_MAX: Final = 40
SAMPLE_ROWS: Final = 500
PREVIEW_ROWS: Final = 20
KNOWN_MIN: Final = 2
_TEXT_LINES: Final = 60
CountKnown = Callable[[Sequence[Cell]], int]
"""Counts the cells of a row that are a known heading of the kind of table that is looked for."""
FindHeadings = Callable[[Sequence[TableRow]], int]
"""Returns the index of the row of headings where no heading is known, below 0 for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadedTable:
    """An opened table whose headings were found; `before` are the rows above them, `sample` the first ones below."""

    source: DelimitedFile | Workbook
    heading_position: int
    headings: list[str]
    before: list[TableRow]
    sample: list[TableRow]

    def preamble(self, *, between: str = " ") -> tuple[tuple[int, str], ...]:
        """Return the lines before the headings as (position, text), their cells joined by `between`."""
        lines = ((row.position, [cell_text(cell) for cell in row.cells]) for row in self.before)
        return tuple((position, between.join(filter(None, texts))) for position, texts in lines)

    @property
    def sample_cells(self) -> list[Sequence[Cell]]:
        """Return the cells of the sample."""
        return [row.cells for row in self.sample]

    @property
    def preview_rows(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """Return the first rows of the sample as (position, cells), for a person to look at."""
        return tuple((row.position, tuple(cell_text(cell) for cell in row.cells)) for row in self.sample[:PREVIEW_ROWS])


@contextmanager
def on_disk(stream: BinaryIO) -> Iterator[Path]:
    """Copy a stream to a file that lives as long as the block: tables are read more than once."""
    with tempfile.TemporaryDirectory(prefix="quittance-table-") as folder:
        path = Path(folder) / "table"
        with path.open("wb") as target:
            shutil.copyfileobj(stream, target, 1 << 20)
        yield path


def open_headed(
    path: Path,
    *,
    count_known: CountKnown,
    find_unknown: FindHeadings | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
) -> HeadedTable:
    """Open a text table or a workbook and find its headings. :raises FileRefused: also HEADINGS_NOT_FOUND"""
    with path.open("rb") as file:
        head = file.read(8)
    if not head.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return _with_headings(DelimitedFile(path=path, encoding=encoding), count_known, find_unknown)
    book = Workbook(path=path, sheet=sheet)
    if sheet is None and len(book.sheet_names) > 1:
        scores = []
        for index, name in enumerate(book.sheet_names):
            book.sheet = name
            first = [row.cells for row, _ in zip(book.rows(), range(HEADING_ROWS_MAX), strict=False)]
            scores.append((max((count_known(cells) for cells in first), default=0), -index))
        book.sheet = book.sheet_names[-max(scores)[1]]
    return _with_headings(book, count_known, find_unknown)


def _with_headings(
    source: DelimitedFile | Workbook, count_known: CountKnown, find_unknown: FindHeadings | None
) -> HeadedTable:
    """Take the row with the most known headings among the first forty, else the one that `find_unknown` names."""
    rows: list[TableRow] = []
    for row in source.rows():
        if isinstance(row, TableRow):
            rows.append(row)
            if len(rows) >= SAMPLE_ROWS:
                break
    first = rows[:HEADING_ROWS_MAX]
    scores = [count_known(row.cells) for row in first]
    best = scores.index(max(scores)) if max(scores, default=0) >= KNOWN_MIN else -1
    if best < 0 and find_unknown is not None:
        best = find_unknown(first)
    if best < 0:
        raise FileRefused(because(ReasonCode.HEADINGS_NOT_FOUND))
    return HeadedTable(
        source=source,
        heading_position=rows[best].position,
        headings=different(rows[best].cells),
        before=rows[:best],
        sample=rows[best + 1 :],
    )


def different(cells: Sequence[Cell]) -> list[str]:
    """Strip headings and number those that come again, so that each names one column.

    >>> different(["Date", "Date ", ""])
    ['Date', 'Date (2)', 'Column 3']
    """
    headings: list[str] = []
    for index, cell in enumerate(cells, 1):
        name = cell_text(cell) or f"Column {index}"
        unique, count = name, 1
        while unique in headings:
            count += 1
            unique = f"{name} ({count})"
        headings.append(unique)
    return headings


def is_workbook(head: bytes) -> bool:
    """Say whether the first bytes are those of a workbook."""
    if head.startswith(ZIP_MAGIC):
        return b"[Content_Types].xml" in head or b"xl/wor" in head
    return head.startswith(OLE_MAGIC)


def text_rows(head: bytes) -> list[list[str]]:
    """Return the cells of the first lines of a text table, none when the bytes are no such text."""
    if not head or b"\x00" in head.removeprefix(b"\xff\xfe") or head.lstrip()[:1] in {b"<", b"{", b"%"}:
        return []
    lines = [line for line in head.decode("utf-8", errors="replace").splitlines()[:_TEXT_LINES] if line.strip()]
    try:
        delimiter = find_delimiter(lines)
    except FileRefused:
        return []
    return [[cell.strip(' "\ufeff') for cell in line.split(delimiter)] for line in lines]
