"""Reading single values of a camt file: amounts, dates, directions, names; each either right or refused."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

from quittance.adapters.statements.camt_fields import Record
from quittance.core.currencies import currency_exponent, is_known_currency
from quittance.core.reasons import Reason, ReasonCode, because

_AMOUNT: Final = re.compile(r"\+?(?:[0-9]{1,18}(?:\.[0-9]{0,17})?|\.[0-9]{1,17})")
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T.*|Z|[+-][0-9]{2}:?[0-9]{2})?", re.DOTALL)
_AMOUNT_LIMIT: Final = Decimal(10) ** 15
_SAID_NOTHING: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF", "NONE", "N/A", "NOREF"})
_NO_NAME: Final = frozenset({"KEINE INFORMATION VORHANDEN", "NOTPROVIDED", "NOT PROVIDED"})
_SIGNS: Final = {"CRDT": 1, "DBIT": -1}


class ValueUnreadable(Exception):  # noqa: N818  (its reason is put into words where a person reads it)
    """A value is missing or is not what it should be."""

    def __init__(self, reason: Reason) -> None:
        """Keep the reason."""
        super().__init__(str(reason))
        self.reason = reason


def parse_amount(text: str) -> Decimal:
    """Return an unsigned amount as the standard writes it: digits with an optional decimal point.

    >>> parse_amount("12.50"), parse_amount(".7"), parse_amount("40")
    (Decimal('12.50'), Decimal('0.7'), Decimal('40'))
    >>> parse_amount("12,5O")
    Traceback (most recent call last):
        ...
    quittance.adapters.statements.camt_values.ValueUnreadable: AMOUNT_UNREADABLE value='12,5O'
    """
    if not text:
        raise ValueUnreadable(because(ReasonCode.AMOUNT_MISSING))
    if not _AMOUNT.fullmatch(text):
        raise ValueUnreadable(because(ReasonCode.AMOUNT_UNREADABLE, value=text))
    amount = Decimal(text)
    if amount >= _AMOUNT_LIMIT:
        raise ValueUnreadable(because(ReasonCode.AMOUNT_TOO_LARGE, value=text))
    return amount


def parse_date(text: str) -> date:
    """Return the calendar day of a date or of a date with time, as the bank wrote it (no conversion).

    >>> parse_date("2026-01-31"), parse_date("2026-01-31T23:59:00+02:00")
    (datetime.date(2026, 1, 31), datetime.date(2026, 1, 31))
    >>> parse_date("2026-02-31")
    Traceback (most recent call last):
        ...
    quittance.adapters.statements.camt_values.ValueUnreadable: DATE_IMPOSSIBLE value='2026-02-31'
    """
    matched = _DATE.fullmatch(text)
    if not matched:
        raise ValueUnreadable(because(ReasonCode.DATE_UNREADABLE, value=text))
    try:
        return date(int(matched[1]), int(matched[2]), int(matched[3]))
    except ValueError:
        raise ValueUnreadable(because(ReasonCode.DATE_IMPOSSIBLE, value=text[:10])) from None


def find_date(record: Record, *paths: str) -> date | None:
    """Return the day in the first of these fields that is filled, None when none is. :raises ValueUnreadable:"""
    text = record.first_of(*paths)
    return parse_date(text) if text else None


def reference_of(record: Record, *paths: str) -> str:
    """Return the first of these fields that says something ("NOTPROVIDED" does not)."""
    for path in paths:
        value = record.values.get(path)
        if value and value.upper() not in _SAID_NOTHING:
            return value
    return ""


def money_of(record: Record, path: str, *, currency_default: str) -> tuple[Decimal, str]:
    """Return the unsigned amount and the currency of a field.

    :raises ValueUnreadable: the amount is missing or is no number, the currency is missing or unknown, or the
        amount has more decimals than its currency.
    """
    values = record.values
    amount = parse_amount(values.get(path, ""))
    currency = values.get(path + "@") or currency_default
    if not currency:
        raise ValueUnreadable(because(ReasonCode.CURRENCY_MISSING))
    if not is_known_currency(currency):
        raise ValueUnreadable(because(ReasonCode.CURRENCY_UNKNOWN, value=currency))
    decimals = -int(amount.as_tuple().exponent)
    if decimals > 2 and amount != round(amount, currency_exponent(currency)):
        raise ValueUnreadable(because(ReasonCode.AMOUNT_TOO_PRECISE, value=amount, currency=currency))
    return amount, currency


def sign_of(record: Record) -> int:
    """Return 1 for money in and -1 for money out. :raises ValueUnreadable:"""
    indicator = record.values.get("CdtDbtInd", "").upper()
    if indicator in _SIGNS:
        return _SIGNS[indicator]
    if not indicator:
        raise ValueUnreadable(because(ReasonCode.DIRECTION_MISSING))
    raise ValueUnreadable(because(ReasonCode.DIRECTION_UNREADABLE, value=indicator))


def name_of(record: Record, role: str) -> str:
    """Return a party's name, written directly or (newer versions) one level down."""
    name = record.first_of(f"{role}/Nm", f"{role}/Pty/Nm", f"{role}/Agt/FinInstnId/Nm")
    return "" if name.upper() in _NO_NAME else " ".join(name.split())


def account_of(record: Record, role: str) -> tuple[str, str]:
    """Return (IBAN, other identification) of an account; one of them or both are blank."""
    iban = record.values.get(f"{role}/Id/IBAN")
    if iban:
        return "".join(iban.split()).upper(), ""
    other = record.first_of(f"{role}/Id/Othr/Id", f"{role}/Id/PrtryAcct/Id", f"{role}/Id/BBAN")
    compact = "".join(other.split()).upper()
    return (compact, "") if is_iban(compact) else ("", other)


def is_iban(text: str) -> bool:
    """Say whether the check digits are those of an IBAN (some banks write it under "other").

    >>> is_iban("FR7630006000011234567890189"), is_iban("FR7630006000011234567890188"), is_iban("50000000054910000003")
    (True, False, False)
    """
    if not (15 <= len(text) <= 34 and text.isascii() and text.isalnum() and text[:2].isalpha() and text[2:4].isdigit()):
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


def bank_code_of(record: Record) -> str:
    """Return the kind of movement: domain-family-subfamily, else the bank's own code."""
    values = record.values
    domain = values.get("BkTxCd/Domn/Cd")
    if not domain:
        return values.get("BkTxCd/Prtry/Cd", "")
    parts = (domain, values.get("BkTxCd/Domn/Fmly/Cd"), values.get("BkTxCd/Domn/Fmly/SubFmlyCd"))
    return "-".join(part for part in parts if part)
