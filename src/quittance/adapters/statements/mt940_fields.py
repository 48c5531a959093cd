"""Single fields of MT940 and MT942: the account (:25:), balances (:60:, :62:) and the movement line (:61:)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from quittance.adapters.statements.assembling import day_of, split_account
from quittance.adapters.statements.camt_values import ValueUnreadable, is_iban, parse_amount
from quittance.core.currencies import currency_exponent, is_known_currency
from quittance.core.ports.statements import ParsedBalance
from quittance.core.reasons import ReasonCode, because

_AMOUNT: Final = re.compile(r"[0-9]{0,15}[.,][0-9]{0,6}")
_BALANCE: Final = re.compile(r"(?P<mark>[CD])(?P<day>.{6})(?P<currency>[A-Z]{3})\s*(?P<amount>\S*)")
_MARK: Final = re.compile(r"R[CD]|E[CD]|[CD]")
_SIGNS: Final = {"C": 1, "D": -1, "EC": 1, "ED": -1, "RC": -1, "RD": 1}
_TYPE: Final = re.compile(r"(?!NONREF)[NFS][A-Z0-9]{2}[A-Z0-9 ]")
_AFTER_AMOUNT: Final = re.compile(r"(?!NONREF)[NFS][A-Z0-9]{2}[A-Z0-9 ]|NONREF|//|\s*$")
_NO_REFERENCE: Final = re.compile(r"NONREF|NOREF|EREF|MARF|PREF|KREF\+?|IREF|NOTPROVIDED|0*")
_ACCOUNT_CURRENCY: Final = re.compile(r"(?P<account>.*[0-9].*?)[ /]?(?P<currency>[A-Z]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """What :61: says of a movement; `amount` is signed, in the statement's currency.

    `party` is the other side's name where a bank writes it behind the sixteen characters of the reference.
    """

    value_date: date
    booking_date: date
    mark: str
    amount: Decimal
    type_code: str
    customer_reference: str
    bank_reference: str
    party: str = ""

    @property
    def is_reversal(self) -> bool:
        """Say whether the bank undoes an earlier movement (marks RC and RD)."""
        return self.mark.startswith("R")


def read_account(text: str) -> tuple[dict[str, Any], str]:
    """Return how :25: names the account, and its currency where the bank appends one.

    >>> read_account("NL91ABNA0417164300EUR")
    ({'account_iban': 'NL91ABNA0417164300'}, 'EUR')
    >>> read_account("50880050/0194787400888")
    ({'account_other_id': '50880050/0194787400888'}, '')
    """
    text = text.strip()
    currency = ""
    found = _ACCOUNT_CURRENCY.fullmatch(text)
    if found and is_known_currency(found["currency"]) and not is_iban("".join(text.split())):
        text, currency = found["account"].strip(), found["currency"]
    return split_account(text), currency


def read_balance(tag: str, text: str) -> ParsedBalance:
    """Return a balance, credit positive. :raises ValueUnreadable:"""
    found = _BALANCE.match(text.strip())
    if not found:
        code = ReasonCode.CURRENCY_MISSING if re.match(r"[CD]\d{7}", text) else ReasonCode.AMOUNT_UNREADABLE
        raise ValueUnreadable(because(code, value=text[:40]))
    amount = _SIGNS[found["mark"]] * read_amount(found["amount"])
    currency = found["currency"]
    if not is_known_currency(currency):
        raise ValueUnreadable(because(ReasonCode.CURRENCY_UNKNOWN, value=currency))
    return ParsedBalance(code=tag, amount=amount, currency=currency, balance_date=_day(found["day"]))


def read_amount(text: str) -> Decimal:
    """Return an amount with its decimal comma (some banks write a point). :raises ValueUnreadable:

    >>> read_amount("0012,5"), read_amount("7,"), read_amount("1.20")
    (Decimal('12.5'), Decimal('7'), Decimal('1.20'))
    """
    if not _AMOUNT.fullmatch(text) or not any(character.isdigit() for character in text):
        raise ValueUnreadable(because(ReasonCode.AMOUNT_UNREADABLE, value=text[:40]))
    return parse_amount(text.replace(",", ".").removesuffix("."))


def check_money(amount: Decimal, currency: str) -> None:
    """Refuse what its currency cannot hold. :raises ValueUnreadable:"""
    if not currency:
        raise ValueUnreadable(because(ReasonCode.CURRENCY_MISSING))
    if not is_known_currency(currency):
        raise ValueUnreadable(because(ReasonCode.CURRENCY_UNKNOWN, value=currency))
    if amount != round(amount, max(2, currency_exponent(currency))):
        raise ValueUnreadable(because(ReasonCode.AMOUNT_TOO_PRECISE, value=amount, currency=currency))


def read_entry_line(text: str) -> EntryLine:
    """Return what the first line of :61: says. :raises ValueUnreadable: naming the first part that is wrong.

    >>> line = read_entry_line("2603200321RD10,00NTRFNONREF//B7")
    >>> str(line.amount), line.booking_date.isoformat(), line.bank_reference, line.is_reversal
    ('10.00', '2026-03-21', 'B7', True)
    """
    value_date = _value_day(text[:6])
    rest = text[6:]
    booking_date = value_date
    if rest[:4].isdigit():
        booking_date, rest = _entry_day(rest[:4], value_date), rest[4:]
    rest = rest.lstrip()
    mark = _MARK.match(rest)
    if not mark:
        code = ReasonCode.DIRECTION_UNREADABLE if rest else ReasonCode.DIRECTION_MISSING
        raise ValueUnreadable(because(code, value=rest[:10]))
    # One letter may follow: the third of the currency, or R.
    rest = re.sub(r"^[A-Z]?\s?", "", rest[mark.end() :])
    digits = _AMOUNT.match(rest)
    if not digits or not _AFTER_AMOUNT.match(rest[digits.end() :]):
        raise ValueUnreadable(because(ReasonCode.AMOUNT_UNREADABLE, value=rest[:20]))
    amount = read_amount(digits[0])
    rest = rest[digits.end() :]
    type_code = found[0] if (found := _TYPE.match(rest)) else ""
    customer_reference, _, bank_reference = rest[len(type_code) :].partition("//")
    return EntryLine(
        value_date=value_date,
        booking_date=booking_date,
        mark=mark[0],
        amount=_SIGNS[mark[0]] * amount,
        type_code=type_code.strip(),
        customer_reference=_reference(customer_reference[:16]),
        party=customer_reference[16:].strip(),
        bank_reference=_reference(bank_reference),
    )


def _reference(text: str) -> str:
    text = text.strip()
    return "" if _NO_REFERENCE.fullmatch(text) else text


def _day(text: str) -> date:
    day = day_of(year=text[:2], month=text[2:4], day=text[4:6])
    if isinstance(day, date):
        return day
    raise ValueUnreadable(because(day.code, value=text))


def _value_day(text: str) -> date:
    """Return a value date; 30 February, which German banks write for interest, is the month's last day."""
    if text[2:] in ("0229", "0230"):
        try:
            return _day(text[:4] + "29")
        except ValueUnreadable:
            return _day(text[:4] + "28")
    return _day(text)


def _entry_day(text: str, value_date: date) -> date:
    """Return the booking day MMDD in the year that brings it nearest to the value date."""
    found = []
    for year in (value_date.year - 1, value_date.year, value_date.year + 1):
        try:
            found.append(date(year, int(text[:2]), int(text[2:])))
        except ValueError:
            continue
    if not found:
        raise ValueUnreadable(because(ReasonCode.DATE_IMPOSSIBLE, value=text))
    return min(found, key=lambda day: abs(day - value_date))
