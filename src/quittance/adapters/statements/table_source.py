"""A bank's table on disk: where its headings are, what stands before them, whether it is a table at all."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from quittance.adapters.statements.camt_values import is_iban
from quittance.adapters.tables.delimited import DelimitedFile, TableRow, find_delimiter
from quittance.adapters.tables.source import OLE_MAGIC, ZIP_MAGIC
from quittance.adapters.tables.workbook import Workbook
from quittance.core.mapping.bank_proposal import count_bank_headings
from quittance.core.mapping.cells import Cell, cell_text
from quittance.core.ports.statements import FileRefused
from quittance.core.reasons import ReasonCode, because

HEADING_ROWS_MAX: Final = 40
SAMPLE_ROWS: Final = 500
_KNOWN_MIN: Final = 2
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_DAY: Final = re.compile(r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{2}|\d{4}))")
_LINES_MIN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An opened table whose headings were found; `sample` holds the first rows after them."""

    source: DelimitedFile | Workbook
    heading_position: int
    headings: list[str]
    preamble: tuple[tuple[int, str], ...]
    sample: list[TableRow]

    @property
    def account_id(self) -> str:
        """Return the IBAN that the lines before the headings name, '' for none."""
        return next((found for _, text in self.preamble if (found := find_iban(text))), "")


@contextmanager
def on_disk(stream: BinaryIO) -> Iterator[Path]:
    """Copy a stream to a file that lives as long as the block: tables are read more than once."""
    with tempfile.TemporaryDirectory(prefix="quittance-table-") as folder:
        path = Path(folder) / "table"
        with path.open("wb") as target:
            shutil.copyfileobj(stream, target, 1 << 20)
        yield path


def open_table(path: Path, *, sheet: str | None = None, encoding: str | None = None) -> Table:
    """Open a text table or a workbook and find its headings. :raises FileRefused: also HEADINGS_NOT_FOUND"""
    with path.open("rb") as file:
        head = file.read(8)
    if not head.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return _with_headings(DelimitedFile(path=path, encoding=encoding))
    book = Workbook(path=path, sheet=sheet)
    if sheet is None and len(book.sheet_names) > 1:
        scores = []
        for index, name in enumerate(book.sheet_names):
            book.sheet = name
            first = [row.cells for row, _ in zip(book.rows(), range(HEADING_ROWS_MAX), strict=False)]
            scores.append((max((count_bank_headings(cells) for cells in first), default=0), -index))
        book.sheet = book.sheet_names[-max(scores)[1]]
    return _with_headings(book)


def _with_headings(source: DelimitedFile | Workbook) -> Table:
    """Take the row with the most known headings among the first forty, else the first whose cells are all names."""
    rows: list[TableRow] = []
    for row in source.rows():
        if isinstance(row, TableRow):
            rows.append(row)
            if len(rows) >= SAMPLE_ROWS:
                break
    best, best_score = -1, _KNOWN_MIN - 1
    for index, row in enumerate(rows[:HEADING_ROWS_MAX]):
        score = count_bank_headings(row.cells)
        if score > best_score:
            best, best_score = index, score
    if best < 0:
        best = next((index for index, row in enumerate(rows[:HEADING_ROWS_MAX]) if _are_names(row.cells)), -1)
    if best < 0:
        raise FileRefused(because(ReasonCode.HEADINGS_NOT_FOUND))
    return Table(
        source=source,
        heading_position=rows[best].position,
        headings=different(rows[best].cells),
        preamble=tuple((row.position, _line(row.cells)) for row in rows[:best]),
        sample=rows[best + 1 :],
    )


def _line(cells: Sequence[Cell]) -> str:
    return " ".join(text for cell in cells if (text := cell_text(cell)))


def _are_names(cells: Sequence[Cell]) -> bool:
    texts = [cell for cell in cells if cell != ""]
    return len(texts) > _KNOWN_MIN and all(isinstance(cell, str) and cell.strip()[:1].isalpha() for cell in texts)


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


def find_iban(text: str) -> str:
    """Return the first IBAN with right check digits in a line, '' for none.

    >>> find_iban("Compte n° FR76 3000 6000 0112 3456 7890 189 EUR"), find_iban("Compte 00012345678")
    ('FR7630006000011234567890189', '')
    """
    compact = "".join(text.split()).upper()
    for start in range(len(compact)):
        matched = _IBAN.match(compact, start)
        if matched:
            for end in range(matched.end(), start + 14, -1):
                if is_iban(compact[start:end]):
                    return compact[start:end]
    return ""


def looks_like_table(head: bytes) -> bool:
    """Say whether the first bytes are those of a workbook, or of text lines cut into the same columns.

    Lines without a known heading must be of one width and hold a day, or follow a line of names.
    """
    if head.startswith(ZIP_MAGIC):
        return b"[Content_Types].xml" in head or b"xl/workbook.xml" in head
    if head.startswith(OLE_MAGIC):
        return True
    if not head or b"\x00" in head.removeprefix(b"\xff\xfe") or head.lstrip()[:1] in {b"<", b"{", b"%"}:
        return False
    lines = [line for line in head.decode("utf-8", errors="replace").splitlines()[:60] if line.strip()]
    try:
        delimiter = find_delimiter(lines)
    except FileRefused:
        return False
    cells = [[cell.strip(' "') for cell in line.split(delimiter)] for line in lines]
    if any(count_bank_headings(row) >= _KNOWN_MIN for row in cells):
        return True
    widths = [len(row) for row in cells]
    width = max(set(widths), key=widths.count)
    same = [row for row in cells if len(row) == width]
    has_day = any(_DAY.fullmatch(cell) for row in same for cell in row)
    return width >= _LINES_MIN and len(same) * 10 >= len(cells) * 7 and has_day
