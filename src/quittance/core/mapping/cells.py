"""One cell of a table: text from a text file, or a typed value from a workbook; read strictly."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias

from quittance.core.dates import DateOrder, InvalidDate, parse_date
from quittance.core.mapping.text import fold_words
from quittance.core.money import DecimalMark, is_known_currency, parse_amount

Cell: TypeAlias = str | Decimal | date

_FLOAT_LIKE: Final = re.compile(r"(\d+)\.0+", re.ASCII)
_SERIAL_MAX: Final = 200_000
_YES: Final = frozenset({"1", "x", "y", "yes", "true", "o", "oui", "vrai", "s", "si", "v", "j", "ja", "wahr"})
_NO: Final = frozenset({"0", "n", "no", "non", "false", "faux", "nein", "falso", "falsch"})
_DEBITS: Final = frozenset({"S", "D", "DR", "DEBIT", "DEBE", "SOLL", "+", "+1", "1", "DÉBIT", "CARGO"})
_CREDITS: Final = frozenset({"H", "C", "CR", "CREDIT", "HABER", "HABEN", "-", "-1", "CRÉDIT", "ABONO"})
_CURRENCY_SPELLINGS: Final = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "$": "USD", "US$": "USD", "£": "GBP"}


def cell_text(cell: Cell) -> str:
    """Write a cell as text, stripped."""
    if isinstance(cell, str):
        return cell.strip()
    return cell.isoformat() if isinstance(cell, date) else f"{cell:f}"


def read_identifier(cell: Cell) -> str:
    """Read a number that names something; zeros before it are kept, the ".0" of a float is not.

    >>> read_identifier("1930571429.0"), read_identifier("0000012"), read_identifier(Decimal("42"))
    ('1930571429', '0000012', '42')
    """
    text = cell.strip() if isinstance(cell, str) else cell_text(cell)
    if "." in text and (float_like := _FLOAT_LIKE.fullmatch(text)):
        return float_like[1]
    return text


def read_day(cell: Cell, order: DateOrder | None) -> date:
    """Read a date; whole numbers up to 200000 of a workbook are day numbers. :raises InvalidDate:"""
    if isinstance(cell, date):
        if not 1900 <= cell.year <= 2199:
            return parse_date(cell.isoformat())
        return cell
    if isinstance(cell, Decimal):
        serial = cell <= _SERIAL_MAX and cell >= 1
        return parse_date(
            f"{int(cell)}" if cell == cell.to_integral_value() else f"{cell:f}", order, is_excel_serial=serial
        )
    return parse_date(read_identifier(cell), order)


def read_number(cell: Cell, decimal_mark: DecimalMark | None) -> Decimal:
    """Read an amount. :raises UnreadableAmount:"""
    if isinstance(cell, Decimal):
        return cell
    return parse_amount(cell_text(cell), decimal_mark)


def read_currency(cell: Cell) -> str | None:
    """Read a currency code; None when there is no such currency.

    >>> read_currency("eur"), read_currency("€"), read_currency("XYZ")
    ('EUR', 'EUR', None)
    """
    code = cell_text(cell).upper()
    code = _CURRENCY_SPELLINGS.get(code, code)
    return code if is_known_currency(code) else None


def read_side(cell: Cell) -> int | None:
    """Return 1 for a debit mark, -1 for a credit mark, None for anything else (SAP posting keys too).

    >>> read_side("S"), read_side("H"), read_side("01"), read_side("15"), read_side("?")
    (1, -1, 1, -1, None)
    """
    text = read_identifier(cell).upper()
    if text in _DEBITS:
        return 1
    if text in _CREDITS:
        return -1
    if len(text) == 2 and text.isascii() and text.isdigit():
        return {"0": 1, "1": -1}.get(text[0]) if text != "00" else None
    return None


def read_flag(cell: Cell) -> bool | None:
    """Read yes or no, None for anything else."""
    text = fold_words(cell_text(cell))
    return True if text in _YES else False if text in _NO else None


def is_day(cell: Cell, order: DateOrder | None = None) -> bool:
    """Tell whether a cell can be a date in some order."""
    try:
        read_day(cell, order)
    except InvalidDate as error:
        return order is None and error.problem == "AMBIGUOUS"
    return True


def is_number(cell: Cell) -> bool:
    """Tell whether a cell can be an amount under some decimal mark."""
    for mark in (".", ","):
        try:
            read_number(cell, "." if mark == "." else ",")
        except ValueError:
            continue
        return True
    return False
