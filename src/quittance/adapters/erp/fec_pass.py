"""One pass over the lines of a FEC: what is taken, what is refused, what is told."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from quittance.adapters.erp.fec_checks import EntryBalances, LetterGroups, LineOrdinals
from quittance.adapters.erp.fec_values import AmountReader, BadValue, DateReader, decimal_text
from quittance.adapters.tables.lines import BadLine, Chunk, clean_content
from quittance.core.mapping.journals import JournalNature, journal_nature, line_kind
from quittance.core.money import (
    DecimalMark,
    UnreadableAmount,
    currency_exponent,
    is_known_currency,
    parse_amount,
)
from quittance.core.ports.intake import LedgerRow, LineRemark, ReadingStats, RejectedLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from quittance.adapters.erp.fec_layout import FecLayout

KEY_CHARACTERS_MAX: Final = 200
REMARKS_PER_CODE_MAX: Final = 1_000
_DEBIT_SIGNS: Final = frozenset({"D", "+1", "1", "(+1)", "+", "DEBIT"})
_CREDIT_SIGNS: Final = frozenset({"C", "-1", "(-1)", "-", "CREDIT"})
_NO_DATE: Final = frozenset({"00000000", "0"})
_CURRENCY_SPELLINGS: Final = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "$": "USD", "£": "GBP"}
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
        self._mark = self._find_decimal_mark(sample)
        self._amounts = AmountReader(places=self._places, decimal_mark=self._mark)
        self._dates = DateReader()
        self._entries = EntryBalances()
        self._letters = LetterGroups()
        self._ordinals = LineOrdinals()
        self._natures: dict[tuple[str, str], JournalNature] = {}
        self._without_auxiliary: dict[str, tuple[int, int]] = {}
        self._remarks_by_code: dict[str, int] = {}
        self._out: list[Outcome] = []
        self._at = {heading: index for heading, index in layout.columns.items() if index >= 0}
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
                self._reject(position, line.content, line.reason_code, line.reason)
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
            reason = f"The file is cut off in its last line: {len(fields)} of {width} columns are there."
            self._reject(position, line, "TRUNCATED_LINE", reason)
        elif len(fields) > width or len(fields) < self._layout.width_min:
            reason = f"The line has {len(fields)} columns, the headings have {width}."
            self._reject(position, line, "WRONG_COLUMN_COUNT", reason)
        else:
            self._take_fields(position, line, fields + [""] * (width - len(fields)))

    def _split(self, line: str) -> list[str]:
        try:
            return self._layout.split(line)
        except csv.Error:
            return line.split(self._layout.separator)

    def _take_fields(self, position: int, line: str, fields: list[str]) -> None:
        at = self._at
        account = fields[at["CompteNum"]].strip()
        key = (self._text(fields, "JournalCode"), self._text(fields, "EcritureNum"), fields[at["EcritureDate"]].strip())
        is_receivable = account.startswith(self._prefixes)
        try:
            ordinal_key = self._ordinal_key(fields, key, account) if is_receivable else ""
            ordinal = self._ordinals.next(ordinal_key) if is_receivable else 0
            debit, credit = self._sides(fields)
            self._entries.add(key, debit - credit, position)
            if not is_receivable:
                if not account:
                    raise BadValue("MISSING_ACCOUNT", "Column CompteNum is blank.")
                self._other += 1
                return
            row = self._row(position, line, fields, (key, account, f"{ordinal_key}|{ordinal}", ordinal), debit - credit)
        except BadValue as bad:
            self._reject(position, line, bad.reason_code, bad.reason)
            return
        if row is None:
            self._other += 1
            return
        self._accepted += 1
        self._debit += debit
        self._credit += credit
        self._out.append(row)

    def _text(self, fields: list[str], heading: str) -> str:
        index = self._at.get(heading)
        return "" if index is None else fields[index].strip()

    def _ordinal_key(self, fields: list[str], key: tuple[str, str, str], account: str) -> str:
        journal, entry, day = key
        entry = entry or "#" + self._text(fields, "PieceRef")
        auxiliary = self._text(fields, "CompAuxNum")
        parts: tuple[str, ...] = (journal, entry, day, account, auxiliary)
        for heading, part in zip(
            ("JournalCode", "EcritureNum", "EcritureDate", "CompteNum", "CompAuxNum"), parts, strict=True
        ):
            if len(part) > KEY_CHARACTERS_MAX:
                raise BadValue("VALUE_TOO_LONG", f"Column {heading} has more than {KEY_CHARACTERS_MAX} characters.")
        if any("|" in part for part in parts):
            parts = tuple(part.replace("|", "%7C") for part in parts)
        return "|".join(parts)

    def _sides(self, fields: list[str]) -> tuple[int, int]:
        """Debit and credit of a line in smallest units. :raises BadValue:"""
        at = self._at
        if self._layout.has_sides:
            debit, credit = fields[at["Debit"]], fields[at["Credit"]]
            if not debit.strip() and not credit.strip():
                raise BadValue("MISSING_AMOUNT", "Columns Debit and Credit are both blank.")
            return self._amounts.units(debit, "Debit"), self._amounts.units(credit, "Credit")
        text, sense = fields[at["Montant"]], fields[at["Sens"]].strip().upper()
        if not text.strip():
            raise BadValue("MISSING_AMOUNT", "Column Montant is blank.")
        units = self._amounts.units(text, "Montant")
        if sense in _DEBIT_SIGNS:
            return units, 0
        if sense in _CREDIT_SIGNS:
            return 0, units
        raise BadValue("INVALID_SIDE", f"Column Sens: '{sense}' is neither D nor C (nor +1, -1).")

    def _row(
        self,
        position: int,
        line: str,
        fields: list[str],
        identity: tuple[tuple[str, str, str], str, str, int],
        units: int,
    ) -> LedgerRow | None:
        """Build the row of a receivable line; None when nothing is owed by it. :raises BadValue:"""
        (journal, entry, day), account, external_id, ordinal = identity
        posting_date = self._dates.iso(day, "EcritureDate")
        label = self._text(fields, "EcritureLib")
        nature = self._nature(journal, self._text(fields, "JournalLib"))
        if nature is JournalNature.OPENING and not self._is_opening_taken:
            return None
        if not units:
            self._remark(position, line, "ZERO_AMOUNT", "Debit minus Credit is zero: nothing is owed by this line.")
            return None
        auxiliary = self._text(fields, "CompAuxNum")
        name = self._text(fields, "CompAuxLib" if auxiliary else "CompteLib")
        piece = self._text(fields, "PieceRef")
        piece_date = self._text(fields, "PieceDate")
        if piece_date and piece_date not in _NO_DATE:
            document_date = self._dates.iso(piece_date, "PieceDate")
        else:
            document_date = posting_date
        amount, currency = self._document_amount(fields, units)
        for heading in ("PieceRef", "EcritureLet"):
            if len(self._text(fields, heading)) > KEY_CHARACTERS_MAX:
                raise BadValue("VALUE_TOO_LONG", f"Column {heading} has more than {KEY_CHARACTERS_MAX} characters.")
        if not auxiliary:
            first, count = self._without_auxiliary.get(account, (position, 0))
            self._without_auxiliary[account] = (first, count + 1)
        letter, letter_date = self._letter(position, line, fields, f"{account}|{auxiliary}", units)
        return (
            position,
            external_id,
            auxiliary or account,
            name or auxiliary or account,
            account,
            None,
            None,
            line_kind(nature=nature, is_debit=units > 0, label=label).value,
            piece or entry,
            ordinal,
            document_date,
            posting_date,
            None,
            amount,
            currency,
            decimal_text(units, self._places),
            label,
            journal,
            entry,
            letter,
            letter_date,
            "",
            None,
            self._extra(fields),
        )

    def _nature(self, code: str, name: str) -> JournalNature:
        nature = self._natures.get((code, name))
        if nature is None:
            nature = journal_nature(code=code, name=name)
            if len(self._natures) < KEY_CHARACTERS_MAX * 10:
                self._natures[code, name] = nature
        return nature

    def _document_amount(self, fields: list[str], units: int) -> tuple[str, str]:
        """Amount in the document's currency, with the sign of Debit minus Credit. :raises BadValue:"""
        text, code = self._text(fields, "Montantdevise"), self._text(fields, "Idevise").upper()
        own = (decimal_text(units, self._places), self._company_currency)
        if not text or not code:
            return own
        code = _CURRENCY_SPELLINGS.get(code, code)
        if code == self._company_currency:
            return own
        try:
            amount = parse_amount(text, "," if "," in text else ".")
        except UnreadableAmount as error:
            raise BadValue("INVALID_AMOUNT", f"Column Montantdevise: {error}.") from error
        if not amount:
            return own
        if not is_known_currency(code):
            raise BadValue("UNKNOWN_CURRENCY", f"Column Idevise: '{code}' is not a currency code of ISO 4217.")
        exponent = currency_exponent(code)
        if amount != round(amount, exponent) or abs(amount) >= Decimal(10) ** 15:
            raise BadValue("INVALID_AMOUNT", f"Column Montantdevise: '{text}' is no amount in {code}.")
        amount = abs(amount) if units > 0 else -abs(amount)
        return f"{round(amount, exponent):f}", code

    def _letter(
        self, position: int, line: str, fields: list[str], customer: str, units: int
    ) -> tuple[str | None, str | None]:
        """Letter code and its day; a day that cannot be read is told, and the line stays in."""
        code = self._text(fields, "EcritureLet")
        if not code:
            return None, None
        self._letters.add(account=customer, code=code, units=units)
        day = self._text(fields, "DateLet")
        if not day or day in _NO_DATE:
            return code, None
        try:
            return code, self._dates.iso(day, "DateLet")
        except BadValue as bad:
            self._remark(position, line, "INVALID_LETTER_DATE", f"{bad.reason} The letter code is kept without a day.")
            return code, None

    def _extra(self, fields: list[str]) -> str | None:
        pairs = {
            self._layout.headings[index]: fields[index].strip()
            for index in self._layout.extra_columns
            if fields[index].strip()
        }
        return json.dumps(pairs, ensure_ascii=False) if pairs else None

    def _reject(self, position: int, content: str, reason_code: str, reason: str) -> None:
        self._rejected += 1
        self._out.append(
            RejectedLine(
                position=position, content=clean_content(content), reason_code=reason_code, reason=clean_content(reason)
            )
        )

    def _remark(self, position: int, content: str, reason_code: str, reason: str) -> None:
        """Tell something, at most a thousand times per reason; the rest is counted."""
        count = self._remarks_by_code[reason_code] = self._remarks_by_code.get(reason_code, 0) + 1
        if count <= REMARKS_PER_CODE_MAX:
            self._out.append(
                LineRemark(
                    position=position,
                    content=clean_content(content),
                    reason_code=reason_code,
                    reason=clean_content(reason),
                )
            )

    def finish(self) -> Iterable[Outcome]:
        """Tell what only the end shows."""
        if not self._layout.has_headings:
            self._remark(
                self._first_position,
                "",
                "NO_HEADINGS",
                "The file has no headings; the legal order of columns was used.",
            )
        for account, (position, count) in self._without_auxiliary.items():
            self._remark(
                position,
                account,
                "NO_AUXILIARY_ACCOUNT",
                f"{count} lines of account {account} name no customer (CompAuxNum is blank): "
                f"they are kept on an account numbered {account}.",
            )
        self._tell_unbalanced()
        for code, count in list(self._remarks_by_code.items()):
            if count > REMARKS_PER_CODE_MAX:
                self._out.append(
                    LineRemark(
                        position=0,
                        content="",
                        reason_code=code,
                        reason=f"{count - REMARKS_PER_CODE_MAX} more remarks of this kind are not listed.",
                    )
                )
        out, self._out = self._out, []
        return out

    def _tell_unbalanced(self) -> None:
        unbalanced = self._entries.unbalanced()
        self._unbalanced_count = len(unbalanced)
        for position, (journal, entry, day), units in unbalanced:
            self._remark(
                position,
                f"{journal}|{entry}|{day}",
                "ENTRY_NOT_BALANCED",
                f"Entry {entry or '(no number)'} of journal {journal or '(none)'} on {day}: debit minus credit is "
                f"{decimal_text(units, self._places)}, not zero. Its receivable lines are in.",
            )
        if not self._entries.is_complete:
            reason = "The file has so many entries that do not balance that not all could be counted."
            self._remark(0, "", "ENTRIES_NOT_COUNTED", reason)

    def stats(self, *, encoding: str) -> ReadingStats:
        """Counts and totals so far."""
        return ReadingStats(
            lines_read=self._accepted + self._rejected + self._other,
            lines_accepted=self._accepted,
            lines_rejected=self._rejected,
            lines_other=self._other,
            receivable_debit=Decimal(decimal_text(self._debit, self._places)),
            receivable_credit=Decimal(decimal_text(self._credit, self._places)),
            letter_groups=self._letters.count(),
            letter_groups_balanced=self._letters.count_balanced(),
            unbalanced_entries=self._unbalanced_count,
            encoding=encoding,
            layout=self._layout.describe(),
        )
