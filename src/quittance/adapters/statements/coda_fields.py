"""The records of CODA, the Belgian statement: fixed columns, amounts of three decimals, structured communications.

Source: Febelfin, Coded statement of account, version 2.6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from quittance.adapters.statements.assembling import day_of
from quittance.adapters.statements.camt_values import ValueUnreadable, is_iban
from quittance.core.currencies import currency_exponent
from quittance.core.epc_qr import is_creditor_reference
from quittance.core.reasons import Reason, ReasonCode, because

WIDTH: Final = 128
_OGM_IN_TEXT: Final = re.compile(r"(?:\+\+\+|\*\*\*)\s?(\d{3})/(\d{4})/(\d{5})\s?(?:\+\+\+|\*\*\*)")
_OGM_TYPES: Final = frozenset({"101", "102"})
_DIRECT_DEBIT: Final = "127"
_COMMUNICATION_COLUMNS: Final = (("1", 62, 115), ("2", 10, 63), ("3", 82, 125))


@dataclass(slots=True, kw_only=True)
class Movement:
    """A movement record (21) with what follows it (22, 23) and the information on it (31, 32, 33)."""

    position: int
    sequence: str
    detail: str
    lines: list[str]
    information: list[str] = field(default_factory=list)

    @property
    def content(self) -> str:
        """Return what the bank wrote, for a report."""
        return " ".join(line.strip() for line in self.lines)

    def part(self, article: str, start: int, end: int) -> str:
        """Return columns of record 2.1, 2.2 or 2.3, '' when there is none of it."""
        return next((line[start:end] for line in self.lines if line[1] == article), "")

    @property
    def is_detail(self) -> bool:
        """Say whether it details the movement before it."""
        return self.detail != "0000"

    @property
    def code(self) -> str:
        """Return the transaction code: type, family, transaction, category."""
        return self.part("1", 53, 61)


@dataclass(frozen=True, slots=True, kw_only=True)
class Communication:
    """What was said with a payment; `wrong_reference` is a structured one whose check digits are wrong."""

    text: str = ""
    references: tuple[str, ...] = ()
    mandate_id: str = ""
    return_reason: str = ""
    wrong_reference: str = ""


def read_communication(movement: Movement) -> Communication:
    """Return what the records 2.1, 2.2 and 2.3 of a movement say, taken together."""
    joined = "".join(
        movement.part(article, start, end).ljust(end - start) for article, start, end in _COMMUNICATION_COLUMNS
    )
    if movement.part("1", 61, 62) != "1":
        text = " ".join(joined.split())
        found = (digits for match in _OGM_IN_TEXT.finditer(joined) if is_ogm(digits := "".join(match.groups())))
        return Communication(text=text, references=tuple(written_ogm(digits) for digits in found))
    return _structured(joined[:3], joined[3:])


def _structured(kind: str, rest: str) -> Communication:
    value = rest.strip()
    if kind in _OGM_TYPES:
        digits = rest[:12]
        if is_ogm(digits):
            return Communication(text=written_ogm(digits), references=(written_ogm(digits),))
        return Communication(text=value, wrong_reference=value)
    if kind == "100":
        reference = value[:25].strip()
        if is_creditor_reference(reference):
            return Communication(text=reference, references=(reference,))
        return Communication(text=value, wrong_reference=value[:25])
    if kind == _DIRECT_DEBIT:
        text = rest[79:141].strip()
        references = (text,) if is_creditor_reference(text) else ()
        reason = rest[142:146].strip() if rest[141:142].strip("0 ") else ""
        return Communication(text=text, references=references, mandate_id=rest[44:79].strip(), return_reason=reason)
    return Communication(text=" ".join(value.split()))


def is_ogm(digits: str) -> bool:
    """Say whether twelve digits are a Belgian structured communication: the last two are the rest by 97, 97 for 0.

    >>> is_ogm("090933755493"), is_ogm("090933755494"), is_ogm("000000000097")
    (True, False, True)
    """
    if len(digits) != 12 or not (digits.isascii() and digits.isdigit()):
        return False
    return (int(digits[:10]) % 97 or 97) == int(digits[10:])


def written_ogm(digits: str) -> str:
    """Write twelve digits as people do.

    >>> written_ogm("090933755493")
    '+++090/9337/55493+++'
    """
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"


def read_amount(text: str, *, currency: str) -> Decimal:
    """Read a sign (0 credit, 1 debit) and fifteen digits, three of them decimals. :raises ValueUnreadable:

    >>> read_amount("1000000000012500", currency="EUR")
    Decimal('-12.50')
    """
    if not re.fullmatch(r"[01][0-9]{15}", text):
        raise ValueUnreadable(because(ReasonCode.AMOUNT_UNREADABLE, value=text.strip()))
    amount = Decimal(int(text[1:])).scaleb(-3)
    places = currency_exponent(currency)
    rounded = round(amount, places)
    if rounded != amount:
        raise ValueUnreadable(because(ReasonCode.AMOUNT_TOO_PRECISE, value=amount, currency=currency))
    return -rounded if text[0] == "1" else rounded


def read_day(text: str) -> date | None:
    """Read DDMMYY; None for zeros or blanks. :raises ValueUnreadable:"""
    if not text.strip("0 "):
        return None
    found = day_of(year=text[4:6], month=text[2:4], day=text[:2])
    if isinstance(found, Reason):
        raise ValueUnreadable(found)
    return found


def read_own_account(structure: str, text: str) -> tuple[str, str]:
    """Return (account, currency) of the record of the old balance, by its account structure.

    >>> read_own_account("2", "BE68539007547034".ljust(34) + "EUR")
    ('BE68539007547034', 'EUR')
    >>> read_own_account("0", "539007547034 EUR0BE".ljust(37))
    ('539007547034', 'EUR')
    """
    if structure == "0":
        return text[:12].strip(), text[13:16].strip().upper()
    return text[:34].strip(), text[34:37].strip().upper()


def read_counterparty(text: str) -> tuple[str, str]:
    """Return (IBAN, other account number) of record 2.3; one of them or both are blank."""
    account = text[:34].strip()
    first = account.split()[0].upper() if account else ""
    compact = "".join(account.split()).upper()
    found = next((each for each in (compact, first) if is_iban(each)), "")
    return (found, "") if found else ("", account)
