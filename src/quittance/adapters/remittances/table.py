"""Reader of tables of payments, CSV or XLSX, of any layout through a profile; without one the proposal serves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import BinaryIO, Final

from quittance.adapters.remittances.content import rejected
from quittance.adapters.tables.delimited import BadRow, TableRow
from quittance.adapters.tables.headed import (
    HEADING_ROWS_MAX,
    KNOWN_MIN,
    HeadedTable,
    is_workbook,
    on_disk,
    open_headed,
    text_rows,
)
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

REMARKS_MAX: Final = 100
_BETWEEN: Final = "  "  # tells a label from what stands beside it


class TableRemittanceReader:
    """Reads a CSV or XLSX table of the documents that a payment is for."""

    identifier = "table"
    label = "CSV, XLSX"
    breadth = Breadth.TABLE

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins like a workbook, or like text lines under headings that name payments."""
        if is_workbook(head):
            return True
        return any(count_remittance_headings(row) >= KNOWN_MIN for row in text_rows(head)[:HEADING_ROWS_MAX])

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
def _opened(stream: BinaryIO, *, sheet: str | None = None, encoding: str | None = None) -> Iterator[HeadedTable]:
    with on_disk(stream) as path:
        yield open_headed(path, count_known=count_remittance_headings, sheet=sheet, encoding=encoding)


def _preview(table: HeadedTable) -> RemittanceTablePreview:
    return RemittanceTablePreview(
        headings=tuple(table.headings),
        heading_position=table.heading_position,
        preamble=table.preamble(between=_BETWEEN),
        rows=table.preview_rows,
        proposal=propose_remittance_mapping(table.headings, table.sample_cells),
        layout=table.source.layout,
    )


class _Reading:
    """Turns the rows of one table into remittances: one for each payment that the table tells apart."""

    def __init__(self, table: HeadedTable, *, profile: RemittanceProfile) -> None:
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
        told = read_text("\n".join(text for _, text in self._table.preamble(between=_BETWEEN))) if is_single else None
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
