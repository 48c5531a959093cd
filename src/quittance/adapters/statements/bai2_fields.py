"""The fields of BAI2 records: cutting a record and its continuations, amounts, funds types, type codes.

Source: Cash Management Balance Reporting Specifications Version 2 (BAI), as published by banks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from quittance.adapters.statements.assembling import scaled
from quittance.adapters.statements.camt_values import ValueUnreadable
from quittance.core.reasons import ReasonCode, because

_AMOUNT: Final = re.compile(r"([+-]?)([0-9]{1,18})")
_FUNDS_FIELDS: Final = {"V": 2, "S": 3}
_LOAN_CREDITS: Final = frozenset({"720", "721", "722"})
NON_MONETARY: Final = "890"


@dataclass(slots=True, kw_only=True)
class Record:
    """A record with its continuations: what it is, the line it starts on, its lines without code and end mark."""

    code: str
    position: int
    parts: list[str]
    is_closed: bool
    line_count: int = 1
    texts: list[str] = field(default_factory=list)

    @property
    def content(self) -> str:
        """Return all that it says, for a report."""
        return " ".join([f"{self.code},{','.join(self.parts)}", *self.texts])

    def continued(self, text: str) -> None:
        """Take one 88 record: more fields while the record is not closed by a slash, else text."""
        self.line_count += 1
        self.texts.append(text)

    def fields(self) -> list[str]:
        """Cut into fields; continuations are more of them (headers, account identifiers)."""
        joined = ",".join([*self.parts, *(text.strip().removesuffix("/").strip() for text in self.texts)])
        return [part.strip() for part in joined.split(",")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What a transaction detail record (16) says, its text whole."""

    type_code: str
    amount_text: str
    value_date: str
    bank_reference: str
    customer_reference: str
    text: str


def start_record(position: int, line: str) -> Record:
    """Return the record that a line starts. The slash that closes it belongs to none of its fields."""
    text = line.strip()
    is_closed = text.endswith("/")
    body = text[3:].removesuffix("/")
    return Record(code=text[:2], position=position, parts=[body], is_closed=is_closed)


def read_detail(record: Record) -> Detail:
    """Cut a transaction detail; its text, which is last, may hold commas.

    >>> one = start_record(7, "16,165,150000,V,260105,,B1,C1,DURAND, INV 7/")
    >>> detail = read_detail(one)
    >>> detail.value_date, detail.bank_reference, detail.customer_reference, detail.text
    ('260105', 'B1', 'C1', 'DURAND, INV 7')
    """
    texts = [text.strip() for text in record.texts]
    head = record.parts[0]
    fields = head.split(",")
    while texts and not record.is_closed and len(fields) < _fixed_count(fields):
        head = f"{head.rstrip(',')},{texts.pop(0).removesuffix('/')}"
        fields = head.split(",")
    count = _fixed_count(fields)
    fixed = [part.strip() for part in fields[:count]] + [""] * max(0, count - len(fields))
    text = ",".join(fields[count:]).strip()
    tail = [text.removesuffix("/").strip() for text in texts]
    value_date = fixed[3] if fixed[2].upper() == "V" else ""
    return Detail(
        type_code=fixed[0],
        amount_text=fixed[1],
        value_date=value_date,
        bank_reference=fixed[-2],
        customer_reference=fixed[-1],
        text=" ".join(part for part in (text, *tail) if part),
    )


def _fixed_count(fields: list[str]) -> int:
    """Count the fields before the text: code, amount, funds type with what it brings, two references."""
    funds = fields[2].strip().upper() if len(fields) > 2 else ""
    return 3 + _funds_count(funds, fields[3:]) + 2


def _funds_count(funds: str, after: list[str]) -> int:
    if funds == "D":
        number = after[0].strip() if after else ""
        return 1 + 2 * (int(number) if number.isascii() and number.isdigit() and len(number) < 3 else 0)
    return _FUNDS_FIELDS.get(funds, 0)


def read_summaries(fields: list[str]) -> list[tuple[str, str]]:
    """Return the (type code, amount) pairs of an account record, after its account number and currency.

    >>> read_summaries(["010", "10000", "", "", "015", "12000", "3", "V", "260105", ""])
    [('010', '10000'), ('015', '12000')]
    """
    pairs: list[tuple[str, str]] = []
    index = 0
    while index + 1 < len(fields):
        code, amount = fields[index], fields[index + 1]
        funds = fields[index + 3].upper() if index + 3 < len(fields) else ""
        if amount:
            pairs.append((code, amount))
        index += 4 + _funds_count(funds, fields[index + 4 :])
    return pairs


def read_amount(text: str, *, currency: str) -> Decimal:
    """Return a signed amount; the point stands where the currency says. :raises ValueUnreadable:"""
    if not text:
        raise ValueUnreadable(because(ReasonCode.AMOUNT_MISSING))
    matched = _AMOUNT.fullmatch(text)
    if not matched:
        raise ValueUnreadable(because(ReasonCode.AMOUNT_UNREADABLE, value=text))
    amount = scaled(matched[2], currency=currency)
    if amount >= Decimal(10) ** 15:
        raise ValueUnreadable(because(ReasonCode.AMOUNT_TOO_LARGE, value=text))
    return -amount if matched[1] == "-" else amount


def sign_of_type(code: str) -> int:
    """Return 1 for money in, -1 for money out, by the ranges of the specification.

    >>> [sign_of_type(code) for code in ("165", "475", "720", "935", "975")]
    [1, -1, 1, 1, -1]

    :raises ValueUnreadable: for a code that says neither
    """
    number = int(code) if re.fullmatch(r"[0-9]{3}", code) else 0
    if 100 <= number <= 399 or 920 <= number <= 959 or code in _LOAN_CREDITS:
        return 1
    if 400 <= number <= 699 or 960 <= number <= 999:
        return -1
    raise ValueUnreadable(because(ReasonCode.TYPE_CODE_UNKNOWN, value=code or "–"))
