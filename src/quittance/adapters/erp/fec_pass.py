"""One pass over the lines of a FEC: what is taken, what is refused, what is told."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from quittance.adapters.erp.fec_checks import EntryBalances, LetterGroups
from quittance.adapters.erp.fec_layout import FecFields
from quittance.adapters.erp.fec_row import FecRows
from quittance.adapters.erp.fec_values import AmountReader, BadValue, decimal_text
from quittance.adapters.tables.lines import BadLine, Chunk, clean_content
from quittance.core.mapping.journals import JournalNature
from quittance.core.money import DecimalMark, currency_exponent
from quittance.core.ports.intake import LedgerRow, LineRemark, ReadingStats, RejectedLine
from quittance.core.reasons import MappingCode, Reason, ReasonCode, because

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from quittance.adapters.erp.fec_layout import FecLayout

REMARKS_PER_CODE_MAX: Final = 1_000
_POINT_DECIMALS: Final = re.compile(r"-?\d+\.\d{1,2}")
_COMMA_DECIMALS: Final = re.compile(r"-?\d+,\d{1,2}")

Outcome = LedgerRow | RejectedLine | LineRemark


class FecPass:
    """Turns chunks of lines into rows, rejected lines and remarks, and keeps the counts."""

    def __init__(
        self,
        *,
        layout: FecLayout,
        heading_position: int,
        prefixes: tuple[str, ...],
        company_currency: str,
        is_opening_taken: bool,
        sample: list[str],
    ) -> None:
        """Prepare for one file; `sample` tells the decimal mark."""
        self._layout = layout
        self._heading_position = heading_position if layout.has_headings else 0
        self._first_position = heading_position
        self._prefixes = prefixes
        self._company_currency = company_currency
        self._is_opening_taken = is_opening_taken
        self._places = max(2, currency_exponent(company_currency))
        self._rows = FecRows(
            company_currency=company_currency,
            places=self._places,
            amounts=AmountReader(places=self._places, decimal_mark=self._find_decimal_mark(sample)),
        )
        self._pick = layout.field_picker()
        self._has_sides = layout.has_sides
        self._entries = EntryBalances()
        self._letters = LetterGroups()
        self._without_auxiliary: dict[str, tuple[int, int]] = {}
        self._remarks_by_code: dict[ReasonCode | MappingCode, int] = {}
        self._out: list[Outcome] = []
        self._accepted = self._rejected = self._other = 0
        self._debit = self._credit = 0
        self._unbalanced_count = 0

    def _find_decimal_mark(self, sample: list[str]) -> DecimalMark:
        """Return the point only for a file that writes points and no comma in its amounts."""
        columns = [self._layout.column(heading) for heading in ("Debit", "Credit", "Montant")]
        cells = [
            fields[column].strip()
            for line in sample
            for fields in [line.split(self._layout.separator)]
            for column in columns
            if 0 <= column < len(fields)
        ]
        points = sum(_POINT_DECIMALS.fullmatch(cell) is not None for cell in cells)
        commas = sum(_COMMA_DECIMALS.fullmatch(cell) is not None for cell in cells)
        return "." if points > commas else ","

    def take(self, chunk: Chunk) -> Iterator[Outcome]:
        """Read the lines of a chunk."""
        position = chunk.position - 1
        last = len(chunk.lines) - 1 if chunk.is_cut else -1
        separator, width = self._layout.separator, self._layout.width
        is_quotable = self._layout.is_quoted or separator in ";,"
        for index, line in enumerate(chunk.lines):
            position += 1
            if position <= self._heading_position:
                continue
            if isinstance(line, BadLine):
                self._reject(position, line.content, line.reason)
                continue
            fields = line.split(separator)
            if len(fields) != width or "\r" in line or (is_quotable and '"' in line):
                self._take_odd(position, line, is_cut=index == last)
            else:
                self._take_fields(position, line, fields)
        out, self._out = self._out, []
        yield from out

    def _take_odd(self, position: int, line: str, *, is_cut: bool) -> None:
        """Read a line that a plain cut at the separators does not give: quotes, stray CR, odd width."""
        if "\r" in line:
            pieces = [piece for piece in line.split("\r") if piece.strip()]
            if len(pieces) > 1 and all(len(self._split(piece)) == self._layout.width for piece in pieces):
                for piece in pieces:
                    self._take_fields(position, piece, self._split(piece))
                return
            line = " ".join(pieces)
        if not line.strip(self._layout.separator + ' \t\x1a"\ufeff'):
            return
        fields = self._split(line)
        width = self._layout.width
        if len(fields) > width and not any(field.strip() for field in fields[width:]):
            fields = fields[:width]
        if len(fields) < width and is_cut:
            self._reject(position, line, because(ReasonCode.TRUNCATED_LINE))
        elif len(fields) > width or len(fields) < self._layout.width_min:
            self._reject(position, line, because(ReasonCode.WRONG_COLUMN_COUNT, found=len(fields), expected=width))
        else:
            self._take_fields(position, line, fields + [""] * (width - len(fields)))

    def _split(self, line: str) -> list[str]:
        try:
            return self._layout.split(line)
        except csv.Error:
            return line.split(self._layout.separator)

    def _take_fields(self, position: int, line: str, raw: list[str]) -> None:
        raw.append("")  # where columns that the file does not have are found
        fields = FecFields._make(map(str.strip, self._pick(raw)))
        is_receivable = fields.account.startswith(self._prefixes)
        try:
            identity = self._rows.identity(fields) if is_receivable else None
            debit, credit = self._rows.sides(fields, has_sides=self._has_sides)
            key = (fields.journal_code, fields.entry_number, fields.entry_date)
            self._entries.add(key, debit - credit, position)
            if not fields.account:
                raise BadValue(because(ReasonCode.MISSING_ACCOUNT, column="CompteNum"))
            if identity is None or self._is_left_out(position, line, fields, debit - credit):
                self._other += 1
                return
            extra = self._extra(raw) if self._layout.extra_columns else None
            row = self._rows.build(
                position=position, fields=fields, identity=identity, units=debit - credit, extra=extra
            )
        except BadValue as bad:
            self._reject(position, line, bad.reason)
            return
        self._accepted += 1
        self._debit += debit
        self._credit += credit
        self._out.append(row)
        self._note(position, line, fields, debit - credit)

    def _is_left_out(self, position: int, line: str, fields: FecFields, units: int) -> bool:
        """Tell a receivable line by which nothing is owed, or that the settings leave out."""
        if not units:
            self._remark(position, line, because(ReasonCode.ZERO_AMOUNT))
            return True
        return not self._is_opening_taken and self._rows.nature(fields) is JournalNature.OPENING

    def _note(self, position: int, line: str, fields: FecFields, units: int) -> None:
        """Keep what is told about an accepted line."""
        if not fields.auxiliary:
            first, count = self._without_auxiliary.get(fields.account, (position, 0))
            self._without_auxiliary[fields.account] = (first, count + 1)
        if fields.letter:
            self._letters.add(account=f"{fields.account}|{fields.auxiliary}", code=fields.letter, units=units)
            problem = self._rows.letter_date_problem(fields)
            if problem:
                self._remark(position, line, because(ReasonCode.INVALID_LETTER_DATE, **dict(problem.params)))

    def _extra(self, raw: list[str]) -> str | None:
        pairs = {
            self._layout.headings[index]: raw[index].strip()
            for index in self._layout.extra_columns
            if raw[index].strip()
        }
        return json.dumps(pairs, ensure_ascii=False) if pairs else None

    def _reject(self, position: int, content: str, reason: Reason) -> None:
        self._rejected += 1
        self._out.append(RejectedLine(position=position, content=clean_content(content), reason=reason))

    def _remark(self, position: int, content: str, reason: Reason) -> None:
        """Tell something, at most a thousand times per reason; the rest is counted."""
        count = self._remarks_by_code[reason.code] = self._remarks_by_code.get(reason.code, 0) + 1
        if count <= REMARKS_PER_CODE_MAX:
            self._out.append(LineRemark(position=position, content=clean_content(content), reason=reason))

    def finish(self) -> Iterable[Outcome]:
        """Tell what only the end shows."""
        if not self._layout.has_headings:
            self._remark(self._first_position, "", because(ReasonCode.NO_HEADINGS))
        for account, (position, count) in self._without_auxiliary.items():
            reason = because(ReasonCode.NO_AUXILIARY_ACCOUNT, account=account, lines=count)
            self._remark(position, account, reason)
        self._tell_unbalanced()
        for code, count in list(self._remarks_by_code.items()):
            if count > REMARKS_PER_CODE_MAX:
                more = Reason(code, (("more", str(count - REMARKS_PER_CODE_MAX)),))
                self._out.append(LineRemark(position=0, content="", reason=more))
        out, self._out = self._out, []
        return out

    def _tell_unbalanced(self) -> None:
        unbalanced = self._entries.unbalanced()
        self._unbalanced_count = len(unbalanced)
        for position, (journal, entry, day), units in unbalanced:
            reason = because(
                ReasonCode.ENTRY_NOT_BALANCED,
                entry=entry or "–",
                journal=journal or "–",
                day=day,
                difference=decimal_text(units, self._places),
            )
            self._remark(position, f"{journal}|{entry}|{day}", reason)
        if not self._entries.is_complete:
            self._remark(0, "", because(ReasonCode.ENTRIES_NOT_COUNTED))

    def stats(self, *, encoding: str) -> ReadingStats:
        """Counts and totals so far."""
        debit, credit = (Decimal(decimal_text(units, self._places)) for units in (self._debit, self._credit))
        return ReadingStats(
            lines_read=self._accepted + self._rejected + self._other,
            lines_accepted=self._accepted,
            lines_rejected=self._rejected,
            lines_other=self._other,
            receivable_debit=debit,
            receivable_credit=credit,
            totals_by_currency=((self._company_currency, debit, credit),),
            is_in_company_currency=True,
            letter_groups=self._letters.count(),
            letter_groups_balanced=self._letters.count_balanced(),
            unbalanced_entries=self._unbalanced_count,
            encoding=encoding,
            layout=self._layout.describe(),
        )
