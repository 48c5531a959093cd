"""Rows of an XLSX workbook, which is an archive and is not trusted before it was looked through."""

from __future__ import annotations

import itertools
import re
import zipfile
import zlib
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import python_calamine

from quittance.adapters.tables.delimited import TableRow
from quittance.adapters.tables.source import OLE_MAGIC, SizeLimits, refuse_large
from quittance.core.ports.intake import FileRefused
from quittance.core.reasons import Reason, ReasonCode, because

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from quittance.core.mapping.cells import Cell

PARTS_MAX: Final = 5_000
EXPANDED_BYTES_MAX: Final = 512 << 20
EXPANSION_RATIO_MAX: Final = 200
EXPANSION_FREE_BYTES: Final = 16 << 20
_BLOCK_BYTES: Final = 1 << 20
_DECLARATION: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CELL_ADDRESS: Final = re.compile(rb'r="([A-Z]{1,3})([0-9]{1,7})"')
_ODD_ADDRESS: Final = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"']")
_ODD_MARKS: Final = (b"r='", b"r =", b"r\t=", b"r\n=", b"r\r=", b"r= ", b"r=\t", b"r=\n", b"r=\r")
CELLS_MAX: Final = 40_000_000
_ODD_CHARACTERS: Final = str.maketrans({"\0": None})


def check_workbook(*, path: Path, limits: SizeLimits) -> None:
    """Refuse what could hurt before anything opens the workbook.

    :raises FileRefused: TOO_LARGE, ENCRYPTED, OLD_WORKBOOK, BROKEN_ARCHIVE, ARCHIVE_BOMB, XML_ENTITIES
    """
    size = path.stat().st_size
    refuse_large(size=size, limits=limits)
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if head.startswith(OLE_MAGIC):
        name = "EncryptedPackage".encode("utf-16-le")
        is_encrypted = name in head or name in path.read_bytes()[-(1 << 20) :]
        raise FileRefused(because(ReasonCode.ENCRYPTED) if is_encrypted else because(ReasonCode.OLD_WORKBOOK))
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_sizes(parts, size)
            for part in parts:
                _check_part(archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
        raise FileRefused(because(ReasonCode.BROKEN_ARCHIVE)) from error


def _check_sizes(parts: list[zipfile.ZipInfo], size: int) -> None:
    if any(part.flag_bits & 1 for part in parts):
        raise FileRefused(because(ReasonCode.ENCRYPTED))
    expanded = sum(part.file_size for part in parts)
    bytes_max = min(EXPANDED_BYTES_MAX, max(EXPANSION_FREE_BYTES, size * EXPANSION_RATIO_MAX))
    if len(parts) > PARTS_MAX or expanded > bytes_max:
        many = because(ReasonCode.ARCHIVE_BOMB, problem="MANY_PARTS", parts=len(parts))
        swells = because(ReasonCode.ARCHIVE_BOMB, problem="SWELLS", size=size, most=bytes_max)
        raise FileRefused(many if len(parts) > PARTS_MAX else swells)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Read a part to its end, so that a size it lies about shows, and look for declarations of entities."""
    is_sheet = "worksheets/" in part.filename.lower()
    columns: set[bytes] = set()
    height = 0
    with archive.open(part) as file:
        before = b""
        read = 0
        while block := file.read(_BLOCK_BYTES):
            read += len(block)
            if read > part.file_size:
                raise FileRefused(because(ReasonCode.ARCHIVE_BOMB, problem="LIES", part=part.filename))
            if _DECLARATION.search(before[-16:] + block) and part.filename.lower().endswith((".xml", ".rels", ".vml")):
                raise FileRefused(because(ReasonCode.XML_ENTITIES, part=part.filename))
            if is_sheet:
                text = before[-64:] + block
                is_odd = any(mark in text for mark in _ODD_MARKS)
                addresses = (_ODD_ADDRESS if is_odd else _CELL_ADDRESS).findall(text)
                columns.update(letters for letters, _ in addresses)
                height = max(height, max(map(int, {digits for _, digits in addresses}), default=0))
            before = block
    if height * max((column_number(letters) for letters in columns), default=0) > CELLS_MAX:
        last = max(columns, key=column_number).decode()
        raise FileRefused(because(ReasonCode.ARCHIVE_BOMB, problem="WIDE_SHEET", rows=height, column=last))


def column_number(letters: bytes) -> int:
    """Number of a column by its letters.

    >>> column_number(b"A"), column_number(b"AA"), column_number(b"XFD")
    (1, 27, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


class Workbook:
    """An XLSX workbook that was looked through; one sheet of it is the table."""

    encoding = "utf-8"

    def __init__(self, *, path: Path, limits: SizeLimits | None = None, sheet: str | None = None) -> None:
        """Open the workbook. `sheet` None: the first that is not empty. :raises FileRefused:"""
        check_workbook(path=path, limits=limits or SizeLimits())
        with _refusing(because(ReasonCode.BROKEN_WORKBOOK)):
            self._book = python_calamine.CalamineWorkbook.from_path(str(path))
        self.bytes_total = path.stat().st_size
        self.bytes_read = 0
        self.sheet_names: tuple[str, ...] = tuple(self._book.sheet_names)
        if not self.sheet_names or (sheet is not None and sheet not in self.sheet_names):
            names = ", ".join(self.sheet_names) or "–"
            raise FileRefused(because(ReasonCode.NO_SHEET, value=sheet or "–", known=names))
        self.sheet = sheet or self.sheet_names[0]
        self._opened: dict[str, python_calamine.CalamineSheet] = {}

    @property
    def layout(self) -> str:
        """Say what is read."""
        return f"workbook, sheet {self.sheet}"

    def rows(self) -> Iterator[TableRow]:
        """Yield every row of the sheet that is not blank, at its row number. :raises FileRefused:"""
        with _refusing(because(ReasonCode.BROKEN_SHEET, sheet=self.sheet)):
            sheet = self._opened.get(self.sheet) or self._book.get_sheet_by_name(self.sheet)
            self._opened = {self.sheet: sheet}
            height = max(sheet.total_height, 1)
            values = sheet.iter_rows()
        for position in itertools.count(1):
            with _refusing(because(ReasonCode.BROKEN_SHEET, sheet=self.sheet), position=position):
                raw = next(values, None)
            if raw is None:
                break
            cells = [_cell(value) for value in raw]
            self.bytes_read = self.bytes_total * position // height
            if any(cell != "" for cell in cells):
                content = "\t".join(cell if isinstance(cell, str) else str(cell) for cell in cells)
                yield TableRow(position, cells, content)
        self.bytes_read = self.bytes_total


@contextmanager
def _refusing(reason: Reason, *, position: int | None = None) -> Iterator[None]:
    """Turn whatever the workbook library raises, its panics included, into a refusal."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of the library is not an Exception
        raise FileRefused(reason, position=position) from error


def _cell(value: object) -> Cell:
    """Turn what the library gives into text, number or day; a number is what the sheet shows (15 digits)."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (time, timedelta)):
        return str(value)
    return str(value).translate(_ODD_CHARACTERS).strip()


def _number(value: float) -> Cell:
    number = Decimal(f"{value:.15g}")
    return number if number.is_finite() else str(value)
