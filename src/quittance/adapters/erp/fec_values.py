"""Values of FEC fields, fast: amounts as integers of the smallest unit, dates as ISO text."""

from __future__ import annotations

from typing import Final

from quittance.core.dates import DateOrder, InvalidDate, parse_date
from quittance.core.money import AmountProblem, DecimalMark, UnreadableAmount, parse_amount
from quittance.core.reasons import Reason, ReasonCode, because

CACHE_ENTRIES_MAX: Final = 50_000
DIGITS_MAX: Final = 15


class BadValue(Exception):  # noqa: N818  (carried to the rejected line, never shown as an error)
    """A field cannot be read; holds the reason, which names column and value."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class AmountReader:
    """Read amounts of one currency into integers of its smallest unit, `places` decimals.

    >>> read = AmountReader(places=2, decimal_mark=",")
    >>> read.units("1888,31", "Debit"), read.units("-5", "Debit"), read.units("", "Credit")
    (188831, -500, 0)
    """

    def __init__(self, *, places: int, decimal_mark: DecimalMark) -> None:
        self._places = places
        self._mark = decimal_mark
        self._known: dict[str, int] = {"": 0}

    def units(self, text: str, column: str) -> int:
        """Return the amount; blank is 0. :raises BadValue:"""
        known = self._known.get(text)
        if known is not None:
            return known
        whole, mark, decimals = text.partition("," if "," in text else ".")
        if mark and len(decimals) == self._places:
            digits = whole + decimals
            if digits.isdecimal() and digits.isascii() and len(digits) <= DIGITS_MAX:
                return int(digits)
        units = self._read(text, column)
        if len(self._known) < CACHE_ENTRIES_MAX:
            self._known[text] = units
        return units

    def _read(self, text: str, column: str) -> int:
        if not text.strip():
            return 0
        try:
            amount = parse_amount(text, self._decimal_mark(text))
        except UnreadableAmount as error:
            raise BadValue(because(ReasonCode.INVALID_AMOUNT, column=column, **error.reason_params)) from error
        if abs(amount) >= 10 ** (DIGITS_MAX - self._places):
            raise _bad_amount(column, text, AmountProblem.TOO_LARGE, self._places)
        scaled = amount.scaleb(self._places)
        if scaled != int(scaled):
            raise _bad_amount(column, text, AmountProblem.TOO_PRECISE, self._places)
        return int(scaled)

    def _decimal_mark(self, text: str) -> DecimalMark:
        """Follow the law and the file, but read "12.5" in a file of commas: one or two decimals cannot be thousands."""
        other: DecimalMark = "." if self._mark == "," else ","
        decimals = text.strip().rpartition(other)[2] if other in text and self._mark not in text else ""
        return other if 1 <= len(decimals) <= 2 and decimals.isdecimal() else self._mark


class DateReader:
    """Read dates into ISO text, remembering the few hundred days that a ledger has."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def iso(self, text: str, column: str) -> str:
        """Return the day as ISO text. :raises BadValue: also for a blank"""
        known = self._known.get(text)
        if known is not None:
            return known
        stripped = text.strip()
        try:
            order: DateOrder = "YMD" if len(stripped) == 8 and stripped.isdecimal() else "DMY"
            day = parse_date(stripped, order).isoformat()
        except InvalidDate as error:
            raise BadValue(because(ReasonCode.INVALID_DATE, column=column, **error.reason_params)) from error
        if len(self._known) < CACHE_ENTRIES_MAX:
            self._known[text] = day
        return day


def _bad_amount(column: str, text: str, problem: AmountProblem, places: int) -> BadValue:
    return BadValue(
        because(ReasonCode.INVALID_AMOUNT, column=column, value=text.strip(), problem=problem, places=places)
    )


def decimal_text(units: int, places: int) -> str:
    """Write an integer of smallest units as plain decimal text.

    >>> decimal_text(-1250, 2), decimal_text(7, 2), decimal_text(7, 0)
    ('-12.50', '0.07', '7')
    """
    if not places:
        return str(units)
    sign, digits = ("-", -units) if units < 0 else ("", units)
    whole, decimals = divmod(digits, 10**places)
    return f"{sign}{whole}.{decimals:0{places}d}"
