"""One receivable line of a FEC becomes one row for the ledger, or a `BadValue` that says why not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from quittance.adapters.erp.fec_checks import LineOrdinals
from quittance.adapters.erp.fec_layout import FecFields
from quittance.adapters.erp.fec_values import AmountReader, BadValue, DateReader, decimal_text
from quittance.core.mapping.journals import JournalNature, journal_nature, line_kind
from quittance.core.money import AmountProblem, UnreadableAmount, currency_exponent, is_known_currency, parse_amount
from quittance.core.ports.intake import LedgerRow
from quittance.core.reasons import Reason, ReasonCode, because

KEY_CHARACTERS_MAX: Final = 200
JOURNALS_REMEMBERED_MAX: Final = 2_000
_DEBIT_SIGNS: Final = frozenset({"D", "+1", "1", "(+1)", "+", "DEBIT"})
_CREDIT_SIGNS: Final = frozenset({"C", "-1", "(-1)", "-", "CREDIT"})
_NO_DATE: Final = frozenset({"", "0", "00000000"})
_CURRENCY_SPELLINGS: Final = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "$": "USD", "£": "GBP"}


@dataclass(frozen=True, slots=True)
class LineIdentity:
    """What tells a receivable line from all others of its file."""

    external_id: str
    ordinal: int


class FecRows:
    """Builds rows; remembers days, journals and the numbers of lines within their entries."""

    def __init__(self, *, company_currency: str, places: int, amounts: AmountReader) -> None:
        """Prepare for one file; amounts have `places` decimals."""
        self._company_currency = company_currency
        self._places = places
        self._amounts = amounts
        self._dates = DateReader()
        self._ordinals = LineOrdinals()
        self._natures: dict[tuple[str, str], JournalNature] = {}

    def sides(self, fields: FecFields, *, has_sides: bool) -> tuple[int, int]:
        """Debit and credit of a line in smallest units. :raises BadValue:"""
        if has_sides:
            if not fields.debit and not fields.credit:
                raise BadValue(because(ReasonCode.MISSING_AMOUNT, column="Debit, Credit"))
            return self._amounts.units(fields.debit, "Debit"), self._amounts.units(fields.credit, "Credit")
        if not fields.amount:
            raise BadValue(because(ReasonCode.MISSING_AMOUNT, column="Montant"))
        units = self._amounts.units(fields.amount, "Montant")
        side = fields.side.upper()
        if side in _DEBIT_SIGNS:
            return units, 0
        if side in _CREDIT_SIGNS:
            return 0, units
        raise BadValue(because(ReasonCode.INVALID_SIDE, column="Sens", value=fields.side))

    def identity(self, fields: FecFields) -> LineIdentity:
        """Give a receivable line its external id, before anything else of it can be refused. :raises BadValue:"""
        entry = fields.entry_number or "#" + fields.piece
        key = f"{fields.journal_code}|{entry}|{fields.entry_date}|{fields.account}|{fields.auxiliary}"
        if key.count("|") > 4:
            parts = (fields.journal_code, entry, fields.entry_date, fields.account, fields.auxiliary)
            key = "|".join(part.replace("|", "%7C") for part in parts)
        if len(key) > KEY_CHARACTERS_MAX:
            refuse_long(fields)
        ordinal = self._ordinals.next(key)
        return LineIdentity(f"{key}|{ordinal}", ordinal)

    def nature(self, fields: FecFields) -> JournalNature:
        """Tell the nature of the line's journal."""
        key = (fields.journal_code, fields.journal_name)
        nature = self._natures.get(key)
        if nature is None:
            nature = journal_nature(code=fields.journal_code, name=fields.journal_name)
            if len(self._natures) < JOURNALS_REMEMBERED_MAX:
                self._natures[key] = nature
        return nature

    def build(
        self, *, position: int, fields: FecFields, identity: LineIdentity, units: int, extra: str | None
    ) -> LedgerRow:
        """Build the row of a line that owes `units` (debit minus credit, not zero). :raises BadValue:"""
        posting_date = self._dates.iso(fields.entry_date, "EcritureDate")
        document_date = posting_date
        if fields.piece_date not in _NO_DATE:
            document_date = self._dates.iso(fields.piece_date, "PieceDate")
        for column, value in (("PieceRef", fields.piece), ("EcritureLet", fields.letter)):
            if len(value) > KEY_CHARACTERS_MAX:
                raise BadValue(because(ReasonCode.VALUE_TOO_LONG, column=column, most=KEY_CHARACTERS_MAX))
        amount_company = decimal_text(units, self._places)
        amount, currency = self._foreign_amount(fields, units) or (amount_company, self._company_currency)
        account_number = fields.auxiliary or fields.account
        return (
            position,
            identity.external_id,
            account_number,
            (fields.auxiliary_name if fields.auxiliary else fields.account_name) or account_number,
            fields.account,
            None,
            None,
            line_kind(nature=self.nature(fields), is_debit=units > 0, label=fields.label).value,
            fields.piece or fields.entry_number or identity.external_id,
            identity.ordinal,
            document_date,
            posting_date,
            None,
            amount,
            currency,
            amount_company,
            fields.label,
            fields.journal_code,
            fields.entry_number,
            fields.letter or None,
            self._letter_date(fields),
            "",
            None,
            extra,
        )

    def letter_date_problem(self, fields: FecFields) -> Reason | None:
        """Say what is wrong with the day of the lettering, None when it is right or not there."""
        if fields.letter and fields.letter_date not in _NO_DATE:
            try:
                self._dates.iso(fields.letter_date, "DateLet")
            except BadValue as bad:
                return bad.reason
        return None

    def _letter_date(self, fields: FecFields) -> str | None:
        if not fields.letter or fields.letter_date in _NO_DATE:
            return None
        try:
            return self._dates.iso(fields.letter_date, "DateLet")
        except BadValue:
            return None  # told as a remark by letter_date_problem: the line itself stays in

    def _foreign_amount(self, fields: FecFields, units: int) -> tuple[str, str] | None:
        """Amount and currency of the document, with the sign of debit minus credit. :raises BadValue:"""
        text = fields.foreign_amount
        if not text or not fields.foreign_currency:
            return None
        code = fields.foreign_currency.upper()
        code = _CURRENCY_SPELLINGS.get(code, code)
        if code == self._company_currency:
            return None
        try:
            amount = parse_amount(text, "," if "," in text else ".")
        except UnreadableAmount as error:
            reason = because(ReasonCode.INVALID_AMOUNT, column="Montantdevise", **error.reason_params)
            raise BadValue(reason) from error
        if not amount:
            return None
        if not is_known_currency(code):
            raise BadValue(because(ReasonCode.UNKNOWN_CURRENCY, column="Idevise", value=code))
        places = currency_exponent(code)
        is_large = abs(amount) >= Decimal(10) ** 15
        if is_large or amount != round(amount, places):
            problem = AmountProblem.TOO_LARGE if is_large else AmountProblem.TOO_PRECISE
            raise BadValue(
                because(ReasonCode.INVALID_AMOUNT, column="Montantdevise", value=text, problem=problem, places=places)
            )
        amount = round(abs(amount), places)
        return f"{amount if units > 0 else -amount:f}", code


def refuse_long(fields: FecFields) -> None:
    """Refuse keys that no ERP writes and no index can hold. :raises BadValue:"""
    named = {
        "JournalCode": fields.journal_code,
        "EcritureNum": fields.entry_number,
        "PieceRef": fields.piece,
        "EcritureDate": fields.entry_date,
        "CompteNum": fields.account,
        "CompAuxNum": fields.auxiliary,
    }
    for column, value in named.items():
        if len(value) > KEY_CHARACTERS_MAX:
            raise BadValue(because(ReasonCode.VALUE_TOO_LONG, column=column, most=KEY_CHARACTERS_MAX))
