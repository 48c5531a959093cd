"""One row of a table of payments becomes one line of a remittance by its profile, or a refusal that names the cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from quittance.core.dates import InvalidDate
from quittance.core.mapping.cells import Cell, read_day, read_number
from quittance.core.mapping.kinds import kind_of_type
from quittance.core.mapping.records import AMOUNT_BELOW, RowRefused
from quittance.core.mapping.remittance_headings import REMITTANCE_AMOUNT_FIELDS
from quittance.core.mapping.remittance_profile import RemittanceProfile
from quittance.core.mapping.rows import PlacedRows
from quittance.core.mapping.text import fold_words
from quittance.core.money import AmountProblem, UnreadableAmount
from quittance.core.ports.intake import LineKind
from quittance.core.reasons import ReasonCode, because
from quittance.core.remittances import ZERO, RemittanceLine

DECIMALS_MAX: Final = 4
TOTAL_WORDS: Final = frozenset(
    {"total", "totals", "totaux", "totales", "sum", "somme", "suma", "summe", "gesamt", "gesamtbetrag", "grand"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentKey:
    """What tells one payment of a table from another; blank where the table has no such columns."""

    payer_name: str = ""
    payer_iban: str = ""
    payment_reference: str = ""
    payment_date: date | None = None
    currency: str = ""


class RemittanceRowReader(PlacedRows):
    """Reads rows by a profile."""

    def __init__(self, *, profile: RemittanceProfile, headings: Sequence[str]) -> None:
        """Find the columns. :raises ProfileDoesNotFit: MAPPING_INCOMPLETE, COLUMNS_ABSENT"""
        super().__init__(profile=profile, headings=headings)
        self._profile = profile
        self.width_min = 1 + max(self._at["reference"], self._at["amount_paid"])

    def is_payment(self, row: Sequence[Cell]) -> bool:
        """Say whether a row has a reference or an amount; one with neither is a remark of the payer."""
        return any(self._text(row, name) for name in ("reference", *sorted(REMITTANCE_AMOUNT_FIELDS)))

    def read_total(self, row: Sequence[Cell]) -> Decimal | None:
        """Return the total that a row tells, None when it is no row of totals. :raises RowRefused:"""
        words = {word for cell in row if isinstance(cell, str) for word in fold_words(cell).split()}
        reference = fold_words(self._text(row, "reference"))
        if not words & TOTAL_WORDS or any(character.isdigit() for character in reference):
            return None
        return self._number(row, "amount_paid")

    def read(self, position: int, row: Sequence[Cell]) -> tuple[PaymentKey, RemittanceLine]:
        """Read a row. :raises RowRefused:"""
        reference = self._identifier(row, "reference")
        if not reference:
            raise RowRefused(because(ReasonCode.MISSING_VALUE, column=self._profile.heading("reference")))
        paid, gross = self._number(row, "amount_paid"), self._number(row, "amount_gross")
        if paid is None:
            raise RowRefused(because(ReasonCode.MISSING_VALUE, column=self._profile.heading("amount_paid")))
        discount = self._kept_back(row, "amount_discount", gross)
        line = RemittanceLine(
            position=position,
            reference=reference[:120],
            document_date=self._day(row, "document_date"),
            amount_gross=gross,
            amount_paid=paid,
            amount_discount=discount,
            amount_deduction=self._kept_back(row, "amount_deduction", gross),
            reason_code=self._identifier(row, "reason_code")[:20],
            reason_text=self._text(row, "reason_text")[:255],
            is_credit_note=kind_of_type(self._text(row, "kind")) is LineKind.CREDIT_NOTE,
        )
        return self._key(row), line

    def _kept_back(self, row: Sequence[Cell], name: str, gross: Decimal | None) -> Decimal:
        """Return a discount or deduction, positive on a debt; payers write it with or without a minus."""
        value = self._number(row, name) or ZERO
        return abs(value) if gross is None or gross > 0 else value

    def _key(self, row: Sequence[Cell]) -> PaymentKey:
        return PaymentKey(
            payer_name=self._text(row, "counterparty_name")[:200],
            payer_iban="".join(self._identifier(row, "counterparty_account").split()).upper()[:40],
            payment_reference=self._identifier(row, "payment_reference")[:80],
            payment_date=self._day(row, "payment_date"),
            currency=self._currency_or_none(row) or "",
        )

    def _day(self, row: Sequence[Cell], name: str) -> date | None:
        if not self._text(row, name):
            return None
        try:
            return read_day(row[self._at[name]], self._profile.date_order)
        except InvalidDate as error:
            column = self._profile.heading(name)
            raise RowRefused(because(ReasonCode.INVALID_DATE, column=column, **error.reason_params)) from error

    def _number(self, row: Sequence[Cell], name: str) -> Decimal | None:
        text = self._text(row, name)
        if not text or text in {"-", "–"}:
            return None
        heading = self._profile.heading(name)
        try:
            value = read_number(row[self._at[name]], self._profile.decimal_mark)
        except UnreadableAmount as error:
            raise RowRefused(because(ReasonCode.INVALID_AMOUNT, column=heading, **error.reason_params)) from error
        if abs(value) >= AMOUNT_BELOW or value != round(value, DECIMALS_MAX):
            problem = AmountProblem.TOO_LARGE if abs(value) >= AMOUNT_BELOW else AmountProblem.TOO_PRECISE
            raise RowRefused(
                because(ReasonCode.INVALID_AMOUNT, column=heading, value=text, problem=problem, places=DECIMALS_MAX)
            )
        return value
