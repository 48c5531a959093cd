"""One pass over the rows of a table: what is taken, what is refused, what is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from babel import Locale

from quittance.adapters.erp.fec_checks import digest
from quittance.adapters.tables.delimited import BadRow, TableRow
from quittance.adapters.tables.lines import clean_content
from quittance.core.mapping.cells import Cell, cell_text
from quittance.core.mapping.duplicates import Meeting, SeenLines
from quittance.core.mapping.records import RowLeftOut, RowReader, RowRefused
from quittance.core.mapping.text import fold_words
from quittance.core.ports.intake import (
    ContactLine,
    IntakeRecord,
    LedgerLine,
    LineRemark,
    MasterLine,
    ReadingStats,
    RejectedLine,
)
from quittance.core.reasons import Reason, ReasonCode, because

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from quittance.core.mapping.profile import MappingProfile

LANGUAGES: Final = ("fr", "en", "es", "de")


@lru_cache(maxsize=1)
def territory_codes() -> Mapping[str, str]:
    """Codes of countries by their folded names in the languages that files come in."""
    return {
        fold_words(name): code
        for language in LANGUAGES
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha()
    }


@lru_cache(maxsize=1)
def language_codes() -> Mapping[str, str]:
    """Codes of languages by their folded names in the languages that files come in."""
    return {
        fold_words(name): code
        for language in LANGUAGES
        for code, name in Locale(language).languages.items()
        if len(code) == 2
    }


class TablePass:
    """Turns rows into records, rejected lines and remarks, and keeps the counts."""

    def __init__(self, *, profile: MappingProfile, headings: Sequence[str], is_workbook: bool) -> None:
        """Prepare for one file. :raises ProfileDoesNotFit: when the profile does not fit the headings"""
        self._reader = RowReader(
            profile=profile, headings=headings, countries=territory_codes(), languages=language_codes()
        )
        self._headings = [heading.strip() for heading in headings]
        self._width = len(headings)
        self._width_min = 1 if is_workbook else 1 + max(self._headings.index(name) for _, name in profile.columns)
        self._is_instalment_told = (
            profile.heading("instalment") is not None or profile.heading("external_id") is not None
        )
        self._seen = SeenLines()
        self._left_out: dict[ReasonCode, tuple[int, int]] = {}
        self._letters: dict[int, Decimal] = {}
        self._totals: dict[str, list[Decimal]] = {}
        self._counts: Counter[str] = Counter()

    def take(self, row: TableRow | BadRow) -> IntakeRecord | RejectedLine | None:
        """Read a row; None when nothing is owed by it."""
        if isinstance(row, BadRow):
            return self._reject(row.position, row.content, row.reason)
        cells = row.cells
        if len(cells) != self._width:
            fitted = self._fit(row)
            if isinstance(fitted, RejectedLine):
                return fitted
            cells = fitted
        try:
            record = self._reader.read(row.position, cells)
        except RowRefused as refused:
            if [cell_text(cell) for cell in cells] == self._headings:
                self._leave_out(ReasonCode.HEADINGS, row.position)
                return None
            return self._reject(row.position, row.content, refused.reason)
        except RowLeftOut as left_out:
            self._leave_out(left_out.reason_code, row.position)
            return None
        return self._take_once(record, row)

    def _fit(self, row: TableRow) -> Sequence[Cell] | RejectedLine:
        """Bring a row to the width of the headings, when nothing is lost by it."""
        count = len(row.cells)
        if count < self._width and row.is_cut:
            return self._reject(row.position, row.content, because(ReasonCode.TRUNCATED_LINE))
        surplus = any(cell_text(cell) for cell in row.cells[self._width :])
        if surplus or count < self._width_min:
            reason = because(ReasonCode.WRONG_COLUMN_COUNT, found=count, expected=self._width)
            return self._reject(row.position, row.content, reason)
        return [*row.cells[: self._width], *[""] * (self._width - count)]

    def _take_once(self, record: IntakeRecord, row: TableRow) -> IntakeRecord | RejectedLine:
        """Count a record that was not met before; name the line where it was."""
        content = digest(row.content)
        verdict = self._seen.meet(
            key=digest(_key(record, content)),
            content=content,
            part=self._part(record),
            position=row.position,
        )
        if verdict.meeting is Meeting.DUPLICATE_ROW:
            reason = because(ReasonCode.DUPLICATE_ROW, first=verdict.first_position)
            return self._reject(row.position, row.content, reason)
        if verdict.meeting is Meeting.DUPLICATE_ID:
            name = record.external_id if isinstance(record, LedgerLine) else record.account_number
            reason = because(ReasonCode.DUPLICATE_ID, value=name, first=verdict.first_position)
            return self._reject(row.position, row.content, reason)
        if isinstance(record, LedgerLine):
            if verdict.instalment > 1:
                external_id = f"{record.external_id}|{verdict.instalment}"
                record = replace(record, external_id=external_id, instalment=verdict.instalment)
            self._add(record)
        self._counts["accepted"] += 1
        return record

    def _part(self, record: IntakeRecord) -> date | None:
        if self._is_instalment_told or not isinstance(record, LedgerLine):
            return None
        return record.due_date

    def _add(self, line: LedgerLine) -> None:
        sums = self._totals.setdefault(line.currency, [Decimal(0), Decimal(0)])
        sums[line.amount < 0] += abs(line.amount)
        if line.letter_code:
            key = digest(f"{line.company_code}|{line.account_number}|{line.letter_code}|{line.currency}")
            self._letters[key] = self._letters.get(key, Decimal(0)) + line.amount

    def _leave_out(self, reason_code: ReasonCode, position: int) -> None:
        first, count = self._left_out.get(reason_code, (position, 0))
        self._left_out[reason_code] = (first, count + 1)
        self._counts["other"] += 1

    def _reject(self, position: int, content: str, reason: Reason) -> RejectedLine:
        self._counts["rejected"] += 1
        return RejectedLine(position=position, content=clean_content(content), reason=reason)

    def finish(self) -> Iterator[LineRemark]:
        """Tell how many lines were left out and why."""
        for reason_code, (position, count) in self._left_out.items():
            reason = Reason(reason_code, (("count", str(count)),))
            yield LineRemark(position=position, content="", reason=reason)

    def stats(self, *, encoding: str, layout: str) -> ReadingStats:
        """Counts and totals so far."""
        totals = tuple((currency, sums[0], sums[1]) for currency, sums in sorted(self._totals.items()))
        return ReadingStats(
            lines_read=self._counts.total(),
            lines_accepted=self._counts["accepted"],
            lines_rejected=self._counts["rejected"],
            lines_other=self._counts["other"],
            receivable_debit=sum((debit for _, debit, _ in totals), Decimal(0)),
            receivable_credit=sum((credit for _, _, credit in totals), Decimal(0)),
            letter_groups=len(self._letters),
            letter_groups_balanced=sum(1 for amount in self._letters.values() if not amount),
            unbalanced_entries=0,
            encoding=encoding,
            layout=layout,
            totals_by_currency=totals,
        )


def _key(record: IntakeRecord, content: int) -> str:
    match record:
        case LedgerLine():
            return record.external_id
        case MasterLine():
            return f"{record.company_code}|{record.department_code}|{record.account_number}"
        case ContactLine():
            return str(content)  # a customer has many contacts: only the same line again is one too many
