"""One row of a bank's table becomes one movement by its profile, or a refusal that names column and value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, NoReturn

from quittance.core.dates import InvalidDate
from quittance.core.mapping.bank_profile import BankProfile
from quittance.core.mapping.cells import Cell, cell_text, read_day, read_number, read_side
from quittance.core.mapping.profile import SignRule
from quittance.core.mapping.records import AMOUNT_BELOW, RowRefused
from quittance.core.mapping.rows import PlacedRows
from quittance.core.money import AmountProblem, UnreadableAmount, currency_exponent
from quittance.core.reasons import ReasonCode, because

_MARKED: Final = re.compile(r"(?P<digits>[^A-Za-z]*[0-9][^A-Za-z]*?)\s*(?P<mark>CR|DR|[CDHS])\.?", re.IGNORECASE)
_IN: Final = frozenset({"CR", "C", "H"})
_WORDS_IN: Final = frozenset({"+", "IN", "ENTREE", "ENTRÉE", "BIJ", "CRDT", "ENTRADA", "INGRESO", "EINGANG"})
_WORDS_OUT: Final = frozenset({"-", "OUT", "SORTIE", "AF", "DBIT", "SALIDA", "GASTO", "AUSGANG"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BankRow:
    """One movement as the table says it; money in is positive. `balance` is what the bank says was there after it."""

    position: int
    booking_date: date
    value_date: date | None
    amount: Decimal
    currency: str
    balance: Decimal | None = None
    counterparty_name: str = ""
    counterparty_account: str = ""
    own_account: str = ""
    text: str = ""
    additional_text: str = ""
    reference: str = ""
    end_to_end_id: str = ""
    mandate_id: str = ""


class BankRowReader(PlacedRows):
    """Reads rows by a profile."""

    def __init__(self, *, profile: BankProfile, headings: Sequence[str]) -> None:
        """Find the columns. :raises ProfileDoesNotFit: MAPPING_INCOMPLETE, COLUMNS_ABSENT"""
        super().__init__(profile=profile, headings=headings)
        self._profile = profile
        self.width_min = 1 + max(self._at.values())

    def is_movement(self, row: Sequence[Cell]) -> bool:
        """Say whether a row has an amount or a date; one with neither is a remark of the bank."""
        names = ("booking_date", "value_date", "amount", "debit", "credit")
        return any(self._text(row, name) for name in names)

    def read(self, position: int, row: Sequence[Cell]) -> BankRow:
        """Read a row. :raises RowRefused:"""
        booked, valued = self._day(row, "booking_date"), self._day(row, "value_date")
        day = booked or valued
        if day is None:
            self._refuse_blank("booking_date" if "booking_date" in self._at else "value_date")
        currency = self._currency(row)
        amount = self._exact(self._amount(row), currency)
        balance = self._number(row, "balance")
        return BankRow(
            position=position,
            booking_date=day,
            value_date=valued,
            amount=amount,
            currency=currency,
            balance=None if balance is None else self._exact(balance, currency),
            counterparty_name=self._text(row, "counterparty_name"),
            counterparty_account=self._identifier(row, "counterparty_account"),
            own_account=self._identifier(row, "own_account"),
            text=self._text(row, "text"),
            additional_text=self._text(row, "additional_text"),
            reference=self._identifier(row, "reference"),
            end_to_end_id=self._identifier(row, "end_to_end_id"),
            mandate_id=self._identifier(row, "mandate_id"),
        )

    def _amount(self, row: Sequence[Cell]) -> Decimal:
        rule = self._profile.sign_rule
        if rule is SignRule.TWO_COLUMNS:
            debit, credit = self._number(row, "debit"), self._number(row, "credit")
            if debit is None and credit is None:
                self._refuse_no_amount()
            out = -(debit or Decimal(0)) if self._profile.is_debit_signed else (debit or Decimal(0))
            amount = (credit or Decimal(0)) - out
        else:
            value = self._number(row, "amount")
            if value is None:
                self._refuse_blank("amount")
            amount = value
            if rule is SignRule.SIDE:
                sign = sign_of_mark(row[self._at["side"]])
                if sign is None:
                    self._refuse(ReasonCode.INVALID_SIDE, "side", row)
                amount *= sign
        return -amount if self._profile.is_inverted else amount

    def _exact(self, amount: Decimal, currency: str) -> Decimal:
        places = currency_exponent(currency)
        if abs(amount) >= AMOUNT_BELOW or amount != round(amount, places):
            problem = AmountProblem.TOO_LARGE if abs(amount) >= AMOUNT_BELOW else AmountProblem.TOO_PRECISE
            heading = self._profile.heading("amount") or self._profile.heading("credit")
            raise RowRefused(
                because(ReasonCode.INVALID_AMOUNT, column=heading, value=f"{amount:f}", problem=problem, places=places)
            )
        return round(amount, places)

    def _currency(self, row: Sequence[Cell]) -> str:
        return self._currency_or_none(row) or self._refuse_blank("currency")

    def _day(self, row: Sequence[Cell], name: str) -> date | None:
        if not self._identifier(row, name).strip("0"):
            return None
        try:
            return read_day(row[self._at[name]], self._profile.date_order)
        except InvalidDate as error:
            column = self._profile.heading(name)
            raise RowRefused(because(ReasonCode.INVALID_DATE, column=column, **error.reason_params)) from error

    def _number(self, row: Sequence[Cell], name: str) -> Decimal | None:
        if not self._text(row, name):
            return None
        cell = row[self._at[name]]
        try:
            return read_bank_number(cell, self._profile)
        except UnreadableAmount as error:
            column = self._profile.heading(name)
            raise RowRefused(because(ReasonCode.INVALID_AMOUNT, column=column, **error.reason_params)) from error

    def _refuse_blank(self, name: str) -> NoReturn:
        raise RowRefused(because(ReasonCode.MISSING_VALUE, column=self._profile.heading(name) or name))

    def _refuse_no_amount(self) -> NoReturn:
        columns = ", ".join(self._profile.heading(name) or name for name in ("debit", "credit"))
        raise RowRefused(because(ReasonCode.MISSING_AMOUNT, column=columns))


def read_bank_number(cell: Cell, profile: BankProfile) -> Decimal:
    """Read an amount as banks write it: a mark after it says credit (CR, C, H: money in) or debit (DR, D, S).

    >>> profile = BankProfile(columns=(), decimal_mark=",")
    >>> [str(read_bank_number(text, profile)) for text in ("1.234,56 H", "12,00S", "5,00 CR", "-7,50", "7,50-")]
    ['1234.56', '-12.00', '5.00', '-7.50', '-7.50']

    :raises UnreadableAmount:
    """
    marked = _MARKED.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if marked is None:
        return read_number(cell, profile.decimal_mark)
    amount = read_number(marked["digits"], profile.decimal_mark)
    return amount if marked["mark"].upper() in _IN else -amount


def sign_of_mark(cell: Cell) -> int | None:
    """Return 1 for money in, -1 for money out, None for anything else.

    >>> [sign_of_mark(mark) for mark in ("C", "Débit", "H", "S", "+", "Af", "?")]
    [1, -1, 1, -1, 1, -1, None]
    """
    text = cell_text(cell).upper()
    if text in _WORDS_IN:
        return 1
    if text in _WORDS_OUT:
        return -1
    if text.isdigit():
        return None
    debit = read_side(cell)
    return None if debit is None else -debit
