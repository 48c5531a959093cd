"""Reader of CFONB 120, the account statement of French banks: records of 120 characters, 01, 04, 05 and 07."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from quittance.adapters.statements.assembling import checked, rejected_line
from quittance.adapters.statements.camt_values import ValueUnreadable
from quittance.adapters.statements.cfonb_fields import (
    ACCOUNT,
    AMOUNT_END,
    CODE,
    COMPLEMENT,
    CURRENCY,
    DAY,
    DECIMALS,
    ENTRY_NUMBER,
    INTERNAL_CODE,
    LABEL,
    OPERATION,
    QUALIFIER,
    REFERENCE,
    RETURN_CODE,
    VALUE_DAY,
    WIDTH,
    account_of,
    read_balance,
    read_complements,
    read_day,
    read_money,
)
from quittance.adapters.statements.record_lines import read_lines
from quittance.core.ports.statements import (
    FileRefused,
    ParsedBalance,
    ParsedStatement,
    ParsedTransaction,
    RejectedLine,
    StatementFile,
    StatementKind,
)
from quittance.core.reasons import ReasonCode, because

_HEAD: Final = re.compile(rb"\s*0[147][0-9]{5}[ 0-9A-Z]{4}[0-9]{5}(?:[A-Z]{3}[0-9]|    ).[0-9A-Z ]{11}", re.DOTALL)
_EBCDIC_HEAD: Final = re.compile(rb"\xf0[\xf1\xf4\xf7][\xf0-\xf9]{5}")
_EBCDIC: Final = "cp500"
_UNBROKEN_BYTES_MAX: Final = 1 << 26
_OPENING, _MOVEMENT, _COMPLEMENT, _CLOSING = "01", "04", "05", "07"


class Cfonb120Reader:
    """Reads CFONB 120 statements, with or without line ends, from mainframes too."""

    identifier = "cfonb120"
    label = "CFONB 120"

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins with a record of 120 characters."""
        plain = head.removeprefix(b"\xef\xbb\xbf")
        return _HEAD.match(plain) is not None or _EBCDIC_HEAD.match(head) is not None

    def read(self, stream: BinaryIO) -> StatementFile:
        """Read it all. :raises FileRefused: no text, cut short, or without a statement."""
        reading = _Reading()
        for position, line in read_lines(_in_lines(stream), label=self.label):
            reading.take(position, line)
        return reading.finish()


def _in_lines(stream: BinaryIO) -> BinaryIO:
    """Return the stream as lines: records without line ends are cut by their width, EBCDIC is turned to text."""
    head = stream.read(2 * WIDTH + 2)
    stream.seek(0)
    is_ebcdic = _EBCDIC_HEAD.match(head) is not None
    if not is_ebcdic and (len(head) <= WIDTH or b"\n" in head or not head.startswith((b"01", b"04", b"07"))):
        return stream
    content = stream.read(_UNBROKEN_BYTES_MAX + 1)
    if len(content) > _UNBROKEN_BYTES_MAX:
        raise FileRefused(because(ReasonCode.STATEMENT_TOO_LARGE, most=_UNBROKEN_BYTES_MAX))
    if is_ebcdic:
        content = content.decode(_EBCDIC).encode()
    if b"\n" in content[: WIDTH + 2]:
        return io.BytesIO(content)
    return io.BytesIO(b"\n".join(content[at : at + WIDTH] for at in range(0, len(content), WIDTH)))


@dataclass(slots=True, kw_only=True)
class _Entry:
    """A movement and its complements."""

    position: int
    number: int
    line: str
    complements: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A statement whose closing balance has not been reached yet."""

    position: int
    first_line: str
    closing_line: str = ""
    closing_position: int = 0
    entries: list[_Entry] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)


class _Reading:
    """Turns the records of one file into statements."""

    def __init__(self) -> None:
        self.statements: list[ParsedStatement] = []
        self._rejected: list[RejectedLine] = []
        self._draft: _Draft | None = None
        self._last_position = 0
        self._is_cut = False

    def take(self, position: int, line: str) -> None:
        """Take one record; one that stands where it belongs to nothing is rejected."""
        self._last_position = position
        self._is_cut = line[CODE] == _CLOSING and len(line) < AMOUNT_END
        record = line.ljust(WIDTH)
        code = record[CODE]
        draft = self._draft
        is_own = draft is not None and record[ACCOUNT] == draft.first_line[ACCOUNT]
        if code == _OPENING:
            self._end_statement()
            self._draft = _Draft(position=position, first_line=record)
        elif code == _CLOSING and draft is not None and is_own:
            draft.closing_line, draft.closing_position = record, position
            self._end_statement()
        elif code == _MOVEMENT and draft is not None and is_own:
            draft.entries.append(_Entry(position=position, number=len(draft.entries) + 1, line=record))
        elif code == _COMPLEMENT and draft is not None and draft.entries:
            draft.entries[-1].complements.append((record[QUALIFIER].strip(), record[COMPLEMENT]))
        else:
            is_known = code in (_MOVEMENT, _COMPLEMENT, _CLOSING)
            reason = ReasonCode.RECORD_MISPLACED if is_known else ReasonCode.RECORD_UNKNOWN
            rejected = rejected_line(position, line, because(reason, value=code))
            (self._rejected if draft is None else draft.rejected).append(rejected)

    def finish(self) -> StatementFile:
        """End the file. :raises FileRefused: TRUNCATED when its last statement does not end, NO_STATEMENT"""
        if self._draft is not None or self._is_cut:
            raise FileRefused(because(ReasonCode.TRUNCATED), position=self._last_position)
        if not self.statements:
            raise FileRefused(because(ReasonCode.NO_STATEMENT))
        return StatementFile(format="CFONB120", statements=tuple(self.statements), rejected=tuple(self._rejected))

    def _end_statement(self) -> None:
        if self._draft is not None:
            self.statements.append(_statement(self._draft))
        self._draft = None


def _statement(draft: _Draft) -> ParsedStatement:
    """Close a statement: balances, movements, what of them is rejected, sum and check."""
    lines = [draft.first_line, *(entry.line for entry in draft.entries), draft.closing_line]
    currency = next((line[CURRENCY] for line in lines if line[CURRENCY].strip()), "")
    decimals = next((line[DECIMALS] for line in lines if line[DECIMALS].strip()), "")
    opening = _balance(draft, draft.first_line, draft.position, currency=currency, decimals=decimals)
    closing = None
    if draft.closing_line:
        closing = _balance(draft, draft.closing_line, draft.closing_position, currency=currency, decimals=decimals)
    transactions = []
    for entry in draft.entries:
        try:
            transactions.append(_transaction(entry, currency=currency, decimals=decimals))
        except ValueUnreadable as problem:
            draft.rejected.append(rejected_line(entry.position, entry.line, problem.reason.also(entry=entry.number)))
    statement = ParsedStatement(
        position=draft.position,
        kind=StatementKind.STATEMENT,
        statement_id=closing.balance_date.isoformat() if closing and closing.balance_date else "",
        currency=currency,
        opening=opening,
        closing=closing,
        rejected=tuple(draft.rejected),
        **account_of(draft.first_line),
    )
    return checked(statement, transactions=transactions)


def _balance(draft: _Draft, line: str, position: int, *, currency: str, decimals: str) -> ParsedBalance | None:
    try:
        return read_balance(line, currency=currency, decimals=decimals)
    except ValueUnreadable as problem:
        draft.rejected.append(rejected_line(position, line, problem.reason.also(balance=line[CODE])))
        return None


def _transaction(entry: _Entry, *, currency: str, decimals: str) -> ParsedTransaction:
    """Return a movement. :raises ValueUnreadable: when it is to be rejected"""
    line = entry.line
    amount, own_currency = read_money(line, currency=currency, decimals=decimals)
    said: dict[str, Any] = read_complements(entry.complements, is_credit=amount > 0)
    label = " ".join(line[LABEL].split())
    # The text is what both say: many banks put all they have into the label, others only the kind of movement.
    said["text"] = said["text"] if label and label in said["text"] else f"{label} {said['text']}".strip()
    return_code = line[RETURN_CODE].strip()
    entry_number = line[ENTRY_NUMBER].strip().strip("0")
    reference = line[REFERENCE].strip().strip("0") and line[REFERENCE].strip()
    return ParsedTransaction(
        position=entry.position,
        entry_number=entry.number,
        booking_date=read_day(line[DAY]),
        value_date=read_day(line[VALUE_DAY]) if line[VALUE_DAY].strip(" 0") else None,
        amount=amount,
        currency=own_currency,
        account_servicer_reference=line[ENTRY_NUMBER].strip() if entry_number else "",
        transaction_id=reference,
        bank_code="-".join(part for part in (line[OPERATION].strip(), line[INTERNAL_CODE].strip()) if part),
        return_reason="" if return_code.strip("0") == "" else return_code,
        **said,
    )
