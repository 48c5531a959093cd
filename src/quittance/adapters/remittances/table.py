"""Reader of tables of payments, CSV or XLSX, of any layout through a profile; without one the proposal serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Final

from quittance.adapters.remittances.content import rejected
from quittance.adapters.statements.table_source import different, on_disk
from quittance.adapters.tables.delimited import BadRow, DelimitedFile, TableRow, find_delimiter
from quittance.adapters.tables.source import OLE_MAGIC, ZIP_MAGIC
from quittance.adapters.tables.workbook import Workbook
from quittance.core.mapping.cells import cell_text
from quittance.core.mapping.records import ProfileDoesNotFit, RowRefused
from quittance.core.mapping.remittance_profile import RemittanceProfile
from quittance.core.mapping.remittance_proposal import count_remittance_headings, propose_remittance_mapping
from quittance.core.mapping.remittance_records import PaymentKey, RemittanceRowReader
from quittance.core.ports.remittances import (
    Breadth,
    FileRefused,
    LineRemark,
    RejectedLine,
    RemittanceFile,
    RemittanceTablePreview,
)
from quittance.core.reasons import ReasonCode, because
from quittance.core.remittance_text import read_text
from quittance.core.remittances import Remittance, RemittanceLine, finish_remittance

HEADING_ROWS_MAX: Final = 40
SAMPLE_ROWS: Final = 500
PREVIEW_ROWS: Final = 20
REMARKS_MAX: Final = 100
_KNOWN_MIN: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """An opened table whose headings were found; `sample` holds the first rows after them."""

    source: DelimitedFile | Workbook
    heading_position: int
    headings: list[str]
    preamble: tuple[tuple[int, str], ...]
    sample: list[TableRow]


class TableRemittanceReader:
    """Reads a CSV or XLSX table of the documents that a payment is for."""

    identifier = "table"
    label = "CSV, XLSX"
    breadth = Breadth.TABLE

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins like a workbook, or like text lines under headings that name payments."""
        if head.startswith(ZIP_MAGIC):
            return b"[Content_Types].xml" in head or b"xl/" in head
        if head.startswith(OLE_MAGIC):
            return True
        if not head or b"\x00" in head.removeprefix(b"\xff\xfe") or head.lstrip()[:1] in {b"<", b"{", b"%"}:
            return False
        lines = [line for line in head.decode("utf-8", errors="replace").splitlines()[:60] if line.strip()]
        try:
            delimiter = find_delimiter(lines)
        except FileRefused:
            return False
        rows = [[cell.strip(' "\ufeff') for cell in line.split(delimiter)] for line in lines[:HEADING_ROWS_MAX]]
        return any(count_remittance_headings(row) >= _KNOWN_MIN for row in rows)

    def preview(self, stream: BinaryIO) -> RemittanceTablePreview:
        """Look at the first rows and propose a profile. :raises FileRefused:"""
        with _opened(stream) as table:
            return _preview(table)

    def read(self, stream: BinaryIO) -> RemittanceFile:
        """Read by the proposed profile. :raises FileRefused: also MAPPING_INCOMPLETE"""
        with _opened(stream) as table:
            return _Reading(table, profile=_preview(table).proposal.profile).run()

    def read_mapped(self, stream: BinaryIO, *, profile: RemittanceProfile) -> RemittanceFile:
        """Read by a confirmed profile. :raises FileRefused: also COLUMNS_ABSENT"""
        with _opened(stream, sheet=profile.sheet, encoding=profile.encoding) as table:
            return _Reading(table, profile=profile).run()


@contextmanager
def _opened(stream: BinaryIO, *, sheet: str | None = None, encoding: str | None = None) -> Iterator[_Table]:
    with on_disk(stream) as path:
        yield _open(path, sheet=sheet, encoding=encoding)


def _open(path: Path, *, sheet: str | None, encoding: str | None) -> _Table:
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
            scores.append((max((count_remittance_headings(cells) for cells in first), default=0), -index))
        book.sheet = book.sheet_names[-max(scores)[1]]
    return _with_headings(book)


def _with_headings(source: DelimitedFile | Workbook) -> _Table:
    """Take the row with the most known headings among the first forty."""
    rows: list[TableRow] = []
    for row in source.rows():
        if isinstance(row, TableRow):
            rows.append(row)
            if len(rows) >= SAMPLE_ROWS:
                break
    scores = [count_remittance_headings(row.cells) for row in rows[:HEADING_ROWS_MAX]]
    if max(scores, default=0) < _KNOWN_MIN:
        raise FileRefused(because(ReasonCode.HEADINGS_NOT_FOUND))
    best = scores.index(max(scores))
    return _Table(
        source=source,
        heading_position=rows[best].position,
        headings=different(rows[best].cells),
        preamble=tuple(
            (row.position, "  ".join(text for cell in row.cells if (text := cell_text(cell)))) for row in rows[:best]
        ),
        sample=rows[best + 1 :],
    )


def _preview(table: _Table) -> RemittanceTablePreview:
    return RemittanceTablePreview(
        headings=tuple(table.headings),
        heading_position=table.heading_position,
        preamble=table.preamble,
        rows=tuple((row.position, tuple(cell_text(cell) for cell in row.cells)) for row in table.sample[:PREVIEW_ROWS]),
        proposal=propose_remittance_mapping(table.headings, [row.cells for row in table.sample]),
        layout=table.source.layout,
    )


class _Reading:
    """Turns the rows of one table into remittances: one for each payment that the table tells apart."""

    def __init__(self, table: _Table, *, profile: RemittanceProfile) -> None:
        self._table = table
        self._payments: dict[PaymentKey, list[RemittanceLine]] = {}
        self._rejected: list[RejectedLine] = []
        self._remarks: list[LineRemark] = []
        self._totals: list[Decimal] = []
        try:
            self._reader = RemittanceRowReader(profile=profile, headings=table.headings)
        except ProfileDoesNotFit as error:
            raise FileRefused(error.reason, position=table.heading_position) from error

    def run(self) -> RemittanceFile:
        """Read it all. :raises FileRefused: also NO_REMITTANCE"""
        is_workbook = isinstance(self._table.source, Workbook)
        for row in self._table.source.rows():
            if row.position > self._table.heading_position:
                self._take(row, is_workbook=is_workbook)
        if not self._payments and not self._rejected:
            raise FileRefused(because(ReasonCode.NO_REMITTANCE))
        return RemittanceFile(
            format="XLSX" if is_workbook else "CSV",
            remittances=tuple(self._remittances()),
            rejected=() if self._payments else tuple(self._rejected),
        )

    def _take(self, row: TableRow | BadRow, *, is_workbook: bool) -> None:
        if isinstance(row, BadRow):
            if row.reason.code is ReasonCode.TRUNCATED_LINE:
                raise FileRefused(because(ReasonCode.REMITTANCE_CUT), position=row.position)
            self._rejected.append(rejected(row.position, row.content, row.reason))
            return
        if [cell_text(cell) for cell in row.cells] == self._table.headings:
            return
        width = len(self._table.headings)
        if not self._reader.is_payment(row.cells):
            self._remark(row)
            return
        cells = [*row.cells, *[""] * (width - len(row.cells))]
        try:
            total = self._reader.read_total(cells)
            if total is not None:
                self._totals.append(total)
                return
            if not is_workbook and not self._reader.width_min <= len(row.cells):
                reason = because(ReasonCode.WRONG_COLUMN_COUNT, found=len(row.cells), expected=width)
                self._rejected.append(rejected(row.position, row.content, reason))
                return
            if any(cell_text(cell) for cell in row.cells[width:]):
                reason = because(ReasonCode.WRONG_COLUMN_COUNT, found=len(row.cells), expected=width)
                self._rejected.append(rejected(row.position, row.content, reason))
                return
            key, line = self._reader.read(row.position, cells)
        except RowRefused as refused:
            self._rejected.append(rejected(row.position, row.content, refused.reason))
            return
        self._payments.setdefault(key, []).append(line)

    def _remark(self, row: TableRow) -> None:
        if len(self._remarks) < REMARKS_MAX and row.content.strip(" ;,\t|"):
            reason = because(ReasonCode.AMOUNT_WITHOUT_REFERENCE)
            self._remarks.append(LineRemark(position=row.position, content=row.content[:400], reason=reason))

    def _remittances(self) -> Iterator[Remittance]:
        """Yield one for each payment; what was rejected stands in the first.

        With one payment the lines before the headings may tell who pays, when and how much.
        """
        rejected_lines, remarks = tuple(self._rejected), tuple(self._remarks)
        is_single = len(self._payments) == 1
        told = read_text("\n".join(text for _, text in self._table.preamble)) if is_single else None
        for key, lines in self._payments.items():
            total = _total(self._totals, lines) if is_single else None
            yield finish_remittance(
                Remittance(
                    position=lines[0].position,
                    payer_name=key.payer_name or (told.payer_name if told else ""),
                    payer_iban=key.payer_iban,
                    payment_reference=key.payment_reference or (told.payment_reference if told else ""),
                    payment_date=key.payment_date or (told.payment_date if told else None),
                    currency=key.currency or (told.currency if told else ""),
                    total=total if total is not None or told is None else told.total,
                    lines=tuple(lines),
                    rejected=rejected_lines,
                    remarks=remarks,
                )
            )
            rejected_lines, remarks = (), ()


def _total(totals: Sequence[Decimal], lines: Sequence[RemittanceLine]) -> Decimal | None:
    """Return the total that the rows of totals tell: the only one, else the one that is the sum."""
    if len(set(totals)) == 1:
        return totals[0]
    lines_sum = sum((line.amount_paid for line in lines), Decimal(0))
    return lines_sum if lines_sum in totals else None
