"""Reader of tables of any layout, CSV or XLSX, through a mapping profile.

Without a profile the proposed one is used, if it is complete. External ids are
`company|year|account|document|instalment` unless a column holds the file's own key.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from quittance.adapters.erp.table_pass import TablePass
from quittance.adapters.tables.delimited import DelimitedFile, TableRow
from quittance.adapters.tables.source import GZIP_MAGIC, OLE_MAGIC, ZIP_MAGIC, SizeLimits
from quittance.adapters.tables.workbook import Workbook
from quittance.core.mapping.cells import cell_text
from quittance.core.mapping.preview import TablePreview
from quittance.core.mapping.profile import MappingProfile
from quittance.core.mapping.proposal import count_known_headings, propose_mapping
from quittance.core.mapping.records import ProfileDoesNotFit
from quittance.core.ports.intake import (
    FileKind,
    FileRefused,
    IntakeRecord,
    LedgerLine,
    LedgerRow,
    LineRemark,
    ReadingStats,
    RejectedLine,
    ledger_row_from_line,
)
from quittance.core.reasons import ReasonCode, because

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from quittance.core.mapping.cells import Cell

HEADING_ROWS_MAX: Final = 15
SAMPLE_ROWS: Final = 500
PREVIEW_ROWS: Final = 20
_SETTINGS: Final = frozenset({"profile", "kind", "sheet", "encoding", "file_bytes_max"})


def preview_table(
    *,
    path: Path,
    kind: FileKind | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    limits: SizeLimits | None = None,
) -> TablePreview:
    """Look at the first rows and propose a mapping. :raises FileRefused:"""
    return _preview(open_table(path=path, sheet=sheet, encoding=encoding, limits=limits), kind, encoding)


def _preview(table: DelimitedFile | Workbook, kind: FileKind | None, encoding: str | None) -> TablePreview:
    position, headings, rows = find_headings(table)
    proposal = propose_mapping(headings, [row.cells for row in rows], kind=kind)
    proposal = replace(
        proposal,
        profile=replace(
            proposal.profile, encoding=encoding, sheet=table.sheet if isinstance(table, Workbook) else None
        ),
    )
    return TablePreview(
        headings=tuple(headings),
        heading_position=position,
        rows=tuple((row.position, tuple(cell_text(cell) for cell in row.cells)) for row in rows[:PREVIEW_ROWS]),
        proposal=proposal,
        layout=table.layout,
        sheet_names=table.sheet_names if isinstance(table, Workbook) else (),
    )


def read_table(*, path: Path, profile: MappingProfile, limits: SizeLimits | None = None) -> TableReading:
    """Open a table to be read by a confirmed profile. :raises FileRefused:"""
    table = open_table(path=path, sheet=profile.sheet, encoding=profile.encoding, limits=limits)
    return TableReading(table=table, profile=profile)


def open_table(
    *, path: Path, sheet: str | None = None, encoding: str | None = None, limits: SizeLimits | None = None
) -> DelimitedFile | Workbook:
    """Open a text table or a workbook; of a workbook, the sheet with the most known headings. :raises FileRefused:"""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise FileRefused(because(ReasonCode.UNREADABLE_FILE, detail=error.strerror)) from error
    if not head.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return DelimitedFile(path=path, limits=limits, encoding=encoding)
    book = Workbook(path=path, limits=limits, sheet=sheet)
    if sheet is None and len(book.sheet_names) > 1:
        scores: list[tuple[int, int]] = []
        for index, name in enumerate(book.sheet_names):
            book.sheet = name
            first = [row.cells for row, _ in zip(book.rows(), range(HEADING_ROWS_MAX), strict=False)]
            scores.append((max((count_known_headings(cells) for cells in first), default=0), -index))
        book.sheet = book.sheet_names[-max(scores)[1]]
    return book


def find_headings(table: DelimitedFile | Workbook) -> tuple[int, list[str], list[TableRow]]:
    """Return the position of the headings, the headings made different from each other, and rows after them.

    The headings are the row with the most known headings among the first fifteen, else the first row whose
    cells are all text. :raises FileRefused: HEADINGS_NOT_FOUND
    """
    rows: list[TableRow] = []
    for row in table.rows():
        if isinstance(row, TableRow):
            rows.append(row)
            if len(rows) >= SAMPLE_ROWS:
                break
    best, best_score = -1, 1
    for index, row in enumerate(rows[:HEADING_ROWS_MAX]):
        score = count_known_headings(row.cells)
        if score > best_score:
            best, best_score = index, score
    if best < 0:
        names = (index for index, row in enumerate(rows[:HEADING_ROWS_MAX]) if _could_be_headings(row.cells))
        best = next(names, -1)
    if best < 0:
        raise FileRefused(because(ReasonCode.HEADINGS_NOT_FOUND))
    return rows[best].position, different(rows[best].cells), rows[best + 1 :]


def _could_be_headings(cells: Sequence[Cell]) -> bool:
    texts = [cell for cell in cells if cell != ""]
    return len(texts) > 1 and all(isinstance(cell, str) and not cell.strip()[:1].isdigit() for cell in texts)


def different(cells: Sequence[Cell]) -> list[str]:
    """Strip headings and number those that come again, so that each names one column.

    >>> different(["Date", "Date ", ""])
    ['Date', 'Date (2)', 'Column 3']
    """
    headings: list[str] = []
    for index, cell in enumerate(cells, 1):
        name = str(cell).strip() or f"Column {index}"
        count = 1
        unique = name
        while unique in headings:
            count += 1
            unique = f"{name} ({count})"
        headings.append(unique)
    return headings


class TableReading:
    """One table being read."""

    def __init__(self, *, table: DelimitedFile | Workbook, profile: MappingProfile) -> None:
        """Check that the profile fits the table. :raises FileRefused: also MAPPING_INCOMPLETE, COLUMNS_ABSENT"""
        self.profile = profile
        self._table = table
        self._heading_position, self._headings, _ = find_headings(self._table)
        self._pass: TablePass | None = None
        self._start()

    def _start(self) -> TablePass:
        try:
            return TablePass(
                profile=self.profile, headings=self._headings, is_workbook=isinstance(self._table, Workbook)
            )
        except ProfileDoesNotFit as error:
            raise FileRefused(error.reason, position=self._heading_position) from error

    @property
    def kind(self) -> FileKind:
        """Say what its records are."""
        return self.profile.kind

    @property
    def bytes_read(self) -> int:
        """Bytes of the file consumed so far."""
        return self._table.bytes_read

    @property
    def bytes_total(self) -> int:
        """Size of the file."""
        return self._table.bytes_total

    def records(self) -> Iterator[IntakeRecord | RejectedLine | LineRemark]:
        """Yield records, rejected lines and, at the end, remarks. :raises FileRefused:"""
        self._pass = self._start()
        for row in self._table.rows():
            if row.position > self._heading_position:
                outcome = self._pass.take(row)
                if outcome is not None:
                    yield outcome
        yield from self._pass.finish()

    def rows(self) -> Iterator[LedgerRow | RejectedLine | LineRemark]:
        """Yield ledger lines as rows for COPY. :raises FileRefused: :raises ValueError: for another kind of file"""
        if self.kind is not FileKind.OPEN_ITEMS:
            raise ValueError(f"a file of {self.kind} has no ledger rows")
        for record in self.records():
            if isinstance(record, LedgerLine):
                yield ledger_row_from_line(record)
            elif isinstance(record, (RejectedLine, LineRemark)):
                yield record

    @property
    def stats(self) -> ReadingStats:
        """Counts so far; final once the iterator is exhausted. :raises RuntimeError: before the first line"""
        if self._pass is None:
            raise RuntimeError("nothing was read yet")
        return self._pass.stats(encoding=self._table.encoding, layout=self._table.layout)


class TableReader:
    """Adapter `table` of the port `LedgerFileReader`.

    Settings: `profile` (a `MappingProfile` or its JSON), else `kind`, `sheet`, `encoding` help the proposal;
    `file_bytes_max`.
    """

    identifier = "table"
    label = "CSV or XLSX table"
    Settings = MappingProfile

    def supports(self, *, name: str, head: bytes) -> bool:
        """Say whether the file can be a table: a workbook, packed text, or text with a delimiter."""
        if head.startswith((ZIP_MAGIC, OLE_MAGIC)):
            return name.lower().endswith((".xlsx", ".xlsm", ".xls"))
        return head.startswith(GZIP_MAGIC) or any(mark in head for mark in (b";", b",", b"\t", b"|"))

    def preview(self, *, path: Path, settings: Mapping[str, object] | None = None) -> TablePreview:
        """Look at the first rows and propose a mapping. :raises FileRefused: :raises ValueError: as `open`"""
        return self._look(path, _checked(settings))[1]

    def _look(self, path: Path, values: dict[str, object]) -> tuple[DelimitedFile | Workbook, TablePreview]:
        kind, encoding = values.get("kind"), _text_or_none(values.get("encoding"))
        table = open_table(
            path=path, sheet=_text_or_none(values.get("sheet")), encoding=encoding, limits=_limits(values)
        )
        return table, _preview(table, None if kind is None else FileKind(str(kind)), encoding)

    def open(self, *, path: Path, settings: Mapping[str, object] | None = None) -> TableReading:
        """Open a table. :raises FileRefused: :raises ValueError: for a setting that does not exist"""
        values = _checked(settings)
        profile = values.get("profile")
        if profile is None:
            table, preview = self._look(path, values)
            return TableReading(table=table, profile=preview.proposal.profile)
        if isinstance(profile, dict):
            profile = MappingProfile.from_json(profile)
        if not isinstance(profile, MappingProfile):
            raise ValueError("profile is a mapping profile or its JSON")  # noqa: TRY004  (a setting, not an argument)
        return read_table(path=path, profile=profile, limits=_limits(values))


def _checked(settings: Mapping[str, object] | None) -> dict[str, object]:
    values = dict(settings or {})
    unknown = sorted(set(values) - _SETTINGS)
    if unknown:
        raise ValueError(f"table settings do not include {', '.join(unknown)}")
    return values


def _limits(values: Mapping[str, object]) -> SizeLimits:
    limit = values.get("file_bytes_max")
    return SizeLimits(file_bytes_max=limit if isinstance(limit, int) else None)


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)
