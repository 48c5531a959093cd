"""Reader of tables of banks, CSV or XLSX, of any layout through a profile; without one the proposal serves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final

from quittance.adapters.statements.assembling import checked, rejected_line, split_account
from quittance.adapters.statements.camt_values import is_iban
from quittance.adapters.statements.table_balances import balances_of
from quittance.adapters.statements.table_source import looks_like_table, open_bank_table, own_account_of
from quittance.adapters.tables.delimited import BadRow, TableRow
from quittance.adapters.tables.headed import HeadedTable, on_disk
from quittance.adapters.tables.workbook import Workbook
from quittance.core.mapping.bank_profile import BankProfile
from quittance.core.mapping.bank_proposal import propose_bank_mapping
from quittance.core.mapping.bank_records import BankRow, BankRowReader
from quittance.core.mapping.cells import cell_text
from quittance.core.mapping.records import ProfileDoesNotFit, RowRefused
from quittance.core.ports.statement_tables import StatementTablePreview
from quittance.core.ports.statements import (
    FileRefused,
    LineRemark,
    ParsedStatement,
    ParsedTransaction,
    RejectedLine,
    StatementFile,
    StatementKind,
)
from quittance.core.reasons import ReasonCode, because

REMARKS_MAX: Final = 100
_SHORT_KEPT: Final = 2


class TableStatementReader:
    """Reads a CSV or XLSX table of movements."""

    identifier = "table"
    label = "CSV, XLSX"

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins like a table or a workbook."""
        return looks_like_table(head)

    def preview(self, stream: BinaryIO) -> StatementTablePreview:
        """Look at the first rows and propose a profile. :raises FileRefused:"""
        with on_disk(stream) as path:
            return _preview(open_bank_table(path))

    def read(self, stream: BinaryIO) -> StatementFile:
        """Read by the proposed profile. :raises FileRefused: also MAPPING_INCOMPLETE"""
        with on_disk(stream) as path:
            table = open_bank_table(path)
            return _Reading(table, profile=_preview(table).proposal.profile, account_id="").run()

    def read_mapped(self, stream: BinaryIO, *, profile: BankProfile, account_id: str = "") -> StatementFile:
        """Read by a confirmed profile. :raises FileRefused: also COLUMNS_ABSENT"""
        with on_disk(stream) as path:
            table = open_bank_table(path, sheet=profile.sheet, encoding=profile.encoding)
            return _Reading(table, profile=profile, account_id=account_id).run()


def _preview(table: HeadedTable) -> StatementTablePreview:
    return StatementTablePreview(
        headings=tuple(table.headings),
        heading_position=table.heading_position,
        preamble=table.preamble(),
        rows=table.preview_rows,
        proposal=propose_bank_mapping(table.headings, table.sample_cells),
        layout=table.source.layout,
        sheet_names=table.source.sheet_names if isinstance(table.source, Workbook) else (),
        account_id=own_account_of(table),
    )


@dataclass(slots=True, kw_only=True)
class _Draft:
    """The movements of one account in one currency."""

    account_id: str
    currency: str
    rows: list[BankRow] = field(default_factory=list)


class _Reading:
    """Turns the rows of one table into statements: one for each of our accounts and each currency."""

    def __init__(self, table: HeadedTable, *, profile: BankProfile, account_id: str) -> None:
        self._table = table
        self._account_id = own_account_of(table) or account_id or profile.account_id
        self._drafts: dict[tuple[str, str], _Draft] = {}
        self._rejected: list[RejectedLine] = []
        self._remarks: list[LineRemark] = []
        self._short: list[TableRow] = []
        self._last_position = 0
        # A delimiter at the end of the headings makes a column without a name, which rows may leave out.
        blank = [f"Column {number}" for number in range(1, len(table.headings) + 1)]
        self._named = max((n for n, name in enumerate(table.headings, 1) if name != blank[n - 1]), default=0)
        try:
            self._reader = BankRowReader(profile=profile, headings=table.headings)
        except ProfileDoesNotFit as error:
            raise FileRefused(error.reason, position=table.heading_position) from error

    def run(self) -> StatementFile:
        """Read it all. :raises FileRefused:"""
        is_workbook = isinstance(self._table.source, Workbook)
        for row in self._table.source.rows():
            if row.position > self._table.heading_position:
                self._take(row, is_workbook=is_workbook)
        self._remark_short_end()
        statements = list(self._statements())
        kind = "XLSX" if is_workbook else "CSV"
        return StatementFile(
            format=kind, statements=tuple(statements), rejected=() if statements else tuple(self._rejected)
        )

    def _take(self, row: TableRow | BadRow, *, is_workbook: bool) -> None:
        if isinstance(row, BadRow):
            if row.reason.code is ReasonCode.TRUNCATED_LINE:
                raise FileRefused(because(ReasonCode.TRUNCATED), position=row.position)
            self._rejected.append(rejected_line(row.position, row.content, row.reason))
            return
        cells = row.cells
        if [cell_text(cell) for cell in cells] == self._table.headings:
            return
        if not is_workbook and not self._is_fitting(row):
            return
        if not self._reader.is_movement(cells):
            self._remark(row)
            return
        try:
            found = self._reader.read(row.position, [*cells, *[""] * (len(self._table.headings) - len(cells))])
        except RowRefused as refused:
            self._rejected.append(rejected_line(row.position, row.content, refused.reason))
            return
        account_id = found.own_account or self._account_id
        draft = self._drafts.setdefault(
            (account_id, found.currency), _Draft(account_id=account_id, currency=found.currency)
        )
        draft.rows.append(found)

    def _is_fitting(self, row: TableRow) -> bool:
        """Say whether a line has its columns; a last line that was cut off refuses the file.

        A last line without a line end is cut off when it lacks columns that every line before it has.
        """
        width, found = len(self._table.headings), len(row.cells)
        is_movement = self._reader.is_movement(row.cells)
        if row.is_cut and is_movement and found < (self._reader.width_min if self._short else self._named):
            raise FileRefused(because(ReasonCode.TRUNCATED), position=row.position)
        is_wide = found > width and any(cell_text(cell) for cell in row.cells[width:])
        if is_wide or (found < self._reader.width_min and is_movement):
            reason = because(ReasonCode.WRONG_COLUMN_COUNT, found=found, expected=width)
            self._rejected.append(rejected_line(row.position, row.content, reason))
            return False
        if is_movement and found < self._named and len(self._short) < _SHORT_KEPT:
            self._short.append(row)
        self._last_position = row.position if is_movement else self._last_position
        return True

    def _remark_short_end(self) -> None:
        """Tell that the last line, and no other, lacks columns: the file may have been cut off there."""
        if len(self._short) == 1 and self._short[0].position == self._last_position:
            row = self._short[0]
            reason = because(ReasonCode.WRONG_COLUMN_COUNT, found=len(row.cells), expected=len(self._table.headings))
            self._remarks.append(LineRemark(position=row.position, content=row.content[:400], reason=reason))

    def _remark(self, row: TableRow) -> None:
        if len(self._remarks) < REMARKS_MAX:
            reason = because(ReasonCode.NOT_A_MOVEMENT)
            self._remarks.append(LineRemark(position=row.position, content=row.content[:400], reason=reason))

    def _statements(self) -> Iterator[ParsedStatement]:
        """Yield a statement per account and currency; what was rejected stands in the first."""
        rejected, remarks = tuple(self._rejected), tuple(self._remarks)
        for draft in self._drafts.values():
            found = _statement(draft, rejected=rejected, remarks=remarks)
            yield replace(found, balanced=None) if self._rejected else found
            rejected, remarks = (), ()


def _statement(
    draft: _Draft, *, rejected: tuple[RejectedLine, ...], remarks: tuple[LineRemark, ...]
) -> ParsedStatement:
    """Return the statement of one account: balances from the running ones, sum, check, keys."""
    opening, closing, breaks = balances_of(draft.rows, currency=draft.currency)
    days = [row.booking_date for row in draft.rows]
    first, last = min(days), max(days)
    statement = ParsedStatement(
        position=draft.rows[0].position,
        kind=StatementKind.STATEMENT,
        statement_id=f"{first.isoformat()}/{last.isoformat()}",
        **split_account(draft.account_id),
        currency=draft.currency,
        from_date=first,
        to_date=last,
        opening=opening,
        closing=closing,
        rejected=rejected,
        remarks=(*remarks, *(() if rejected else breaks[:REMARKS_MAX])),
    )
    return checked(statement, transactions=[_transaction(row, number) for number, row in enumerate(draft.rows, 1)])


def _transaction(row: BankRow, number: int) -> ParsedTransaction:
    compact = "".join(row.counterparty_account.split()).upper()
    return ParsedTransaction(
        position=row.position,
        entry_number=number,
        booking_date=row.booking_date,
        value_date=row.value_date,
        amount=row.amount,
        currency=row.currency,
        counterparty_name=row.counterparty_name,
        counterparty_iban=compact if is_iban(compact) else "",
        counterparty_account="" if is_iban(compact) else row.counterparty_account,
        text=row.text,
        additional_text=row.additional_text,
        end_to_end_id=row.end_to_end_id,
        mandate_id=row.mandate_id,
        account_servicer_reference=row.reference,
    )
