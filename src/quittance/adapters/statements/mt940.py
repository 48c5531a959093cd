"""Reader of SWIFT account statements: MT940 statements and MT942 reports of the running day.

A message is a run of tagged fields (:20: to :62F:) in whatever envelope the bank or the transport puts round it. A
line that is no tag belongs to the field before it. MT942 does not say which movements are booked already, so they
are told as pending; the money counts when the statement books it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, Final

from quittance.adapters.statements.assembling import checked, day_of, rejected_line
from quittance.adapters.statements.camt_values import ValueUnreadable
from quittance.adapters.statements.mt940_details import read_details
from quittance.adapters.statements.mt940_fields import (
    EntryLine,
    check_money,
    read_account,
    read_amount,
    read_balance,
    read_entry_line,
)
from quittance.adapters.statements.record_lines import read_lines
from quittance.core.ports.statements import (
    FileRefused,
    LineRemark,
    ParsedBalance,
    ParsedStatement,
    ParsedTransaction,
    RejectedLine,
    StatementFile,
    StatementKind,
    TransactionStatus,
)
from quittance.core.reasons import ReasonCode, because

_HEAD: Final = re.compile(
    rb"(?:^|[\n\r}@])[ \xef\xbb\xbf]*:20:.{0,80}?[\n\r@]+(?::21:[^\n\r@]*[\n\r@]+)?:25P?:", re.DOTALL
)
_TAG: Final = re.compile(
    r"\s?:(20|21|25P?|28C?|34F|13D?|60[FM]|61|86|62[FM]|64|65F?|90[CD]|NS|940|942)\s?:(.*)", re.DOTALL
)
_ENVELOPE: Final = re.compile(r"\{[1-5]:")
_MESSAGE_END: Final = re.compile(r"\s?[-\u00ad](?:\}.*|XXX)?[\s\x03]*å?")
_TIME_OF_DAY: Final = re.compile(r":[0-5][0-9]:[0-5][0-9](?![0-9])")
_TOTAL: Final = re.compile(r"([0-9]{0,5})([A-Z]{3})(\S+)")
_AT_SIGNS: Final = b"@@"
_AT_SIGNS_BYTES_MAX: Final = 1 << 26
_CENTRAL_EUROPE: Final = frozenset({"PL", "CZ", "SK", "HU", "SI", "HR", "RO"})
_OPENERS: Final = frozenset({"25", "25P", "28", "28C", "34F", "60F", "60M", "61"})
_CLOSERS: Final = frozenset({"62F", "62M", "64", "65", "65F", "90C", "90D"})


class Mt940Reader:
    """Reads MT940 and MT942 in the dialects of German, Dutch, Belgian, Polish and other banks."""

    identifier = "mt940"
    label = "SWIFT MT940, MT942"

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins with a message that has a reference (:20:) and an account (:25:)."""
        return _HEAD.search(head) is not None

    def read(self, stream: BinaryIO) -> StatementFile:
        """Read it all. :raises FileRefused: no text, cut short, or without a statement."""
        reading = _Reading()
        for position, line in read_lines(_unpacked(stream), label=self.label, code_page=lambda: reading.code_page):
            reading.take(position, line)
        return reading.finish()


def _unpacked(stream: BinaryIO) -> BinaryIO:
    """Turn the @@ that online banking writes between lines into line ends."""
    head = stream.read(len(_AT_SIGNS))
    stream.seek(0)
    if head != _AT_SIGNS:
        return stream
    content = stream.read(_AT_SIGNS_BYTES_MAX + 1)
    if len(content) > _AT_SIGNS_BYTES_MAX:
        raise FileRefused(because(ReasonCode.STATEMENT_TOO_LARGE, most=_AT_SIGNS_BYTES_MAX))
    return io.BytesIO(content.replace(_AT_SIGNS, b"\n"))


@dataclass(slots=True, kw_only=True)
class _Entry:
    """A movement whose end has not been reached yet."""

    position: int
    number: int
    first_line: str
    line: EntryLine | None = None
    problem: ValueUnreadable | None = None
    supplement: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    national: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A message whose end has not been reached yet."""

    position: int
    reference: str = ""
    sequence: str = ""
    account: dict[str, Any] = field(default_factory=dict)
    currency: str = ""
    opening: ParsedBalance | None = None
    closing: ParsedBalance | None = None
    to_date: date | None = None
    is_report: bool = False
    has_content: bool = False
    is_closed: bool = False
    entries: list[_Entry] = field(default_factory=list)
    totals: dict[str, tuple[int, str]] = field(default_factory=dict)
    rejected: list[RejectedLine] = field(default_factory=list)


class _Reading:
    """Turns the lines of one file into statements."""

    def __init__(self) -> None:
        self.statements: list[ParsedStatement] = []
        self.code_page = "cp1252"
        self._draft: _Draft | None = None
        self._tag = ""
        self._lines: list[str] = []
        self._position = 0
        self._last_position = 0
        self._is_report = False
        self._ended = True

    def take(self, position: int, line: str) -> None:
        """Take one line: a tag opens a field, anything else goes on with it or is envelope."""
        self._last_position = position
        tagged = None if self._is_wrapped_time(line) else _TAG.match(line)
        if tagged:
            self._close_field()
            self._tag, self._lines, self._position = tagged[1], [tagged[2]], position
            self._ended = False
            if self._tag == "20":
                self._end_message()
                self._draft = _Draft(position=position, reference=tagged[2].strip(), is_report=self._is_report)
            elif self._tag in _OPENERS:
                self._open(position)
        elif _ENVELOPE.match(line):
            self._close_field()
            self._end_message()
            self._is_report = bool(re.search(r"\{2:[IO]942", line)) or (self._is_report and "{2:" not in line)
        elif _MESSAGE_END.fullmatch(line):
            self._close_field()
            self._ended = True
        elif self._tag:
            self._lines.append(line)

    def finish(self) -> StatementFile:
        """End the file. :raises FileRefused: TRUNCATED when its last message does not end, NO_STATEMENT"""
        self._close_field()
        draft = self._draft
        if draft is not None and not draft.is_closed and not self._ended:
            raise FileRefused(because(ReasonCode.TRUNCATED), position=self._last_position)
        self._end_message()
        if not self.statements:
            raise FileRefused(because(ReasonCode.NO_STATEMENT))
        kinds = dict.fromkeys(statement.kind for statement in self.statements)
        names = ["MT942" if kind is StatementKind.REPORT else "MT940" for kind in kinds]
        return StatementFile(
            format=", ".join(names), message_id=self.statements[0].statement_id, statements=tuple(self.statements)
        )

    def _is_wrapped_time(self, line: str) -> bool:
        """Say whether a line like ":20:37" is a time of day that the bank broke within the text of :86:."""
        return (
            self._tag == "86"
            and _TIME_OF_DAY.match(line) is not None
            and re.search(r"[T ]?[0-2][0-9]$", self._lines[-1]) is not None
        )

    def _open(self, position: int) -> _Draft:
        """Return the draft that a field belongs to; a message may lack :20:, or follow without it."""
        draft = self._draft
        if draft is None or (draft.is_closed and self._tag in ("60F", "60M", "61", "25", "25P")):
            self._end_message()
            draft = self._draft = _Draft(position=position, is_report=self._is_report)
        return draft

    def _end_message(self) -> None:
        if self._draft is not None and self._draft.has_content:
            self.statements.append(_statement(self._draft))
        self._draft = None

    def _close_field(self) -> None:
        tag, lines, draft = self._tag, self._lines, self._draft
        self._tag, self._lines = "", []
        if not tag or draft is None:
            return
        try:
            self._take_field(draft, tag, lines)
        except ValueUnreadable as problem:
            reason = problem.reason.also(balance=tag)
            draft.rejected.append(rejected_line(self._position, f":{tag}:{lines[0]}", reason))

    def _take_field(self, draft: _Draft, tag: str, lines: list[str]) -> None:
        draft.is_closed = draft.is_closed or tag in _CLOSERS
        if tag in ("25", "25P"):
            draft.account, draft.currency = read_account(lines[0])
            draft.has_content = True
            self._choose_code_page(draft)
        elif tag in ("28", "28C"):
            draft.sequence = lines[0].strip()
        elif tag in ("60F", "60M"):
            draft.has_content = True
            draft.opening = read_balance(tag, lines[0])
            draft.currency = draft.opening.currency
            self._choose_code_page(draft)
        elif tag in ("62F", "62M"):
            draft.has_content = True
            draft.closing = read_balance(tag, lines[0])
            draft.currency = draft.currency or draft.closing.currency
        elif tag == "61":
            draft.has_content = True
            draft.entries.append(_read_entry(lines, position=self._position, number=len(draft.entries) + 1))
        elif tag in ("86", "NS"):
            if draft.entries and not draft.is_closed:
                entry = draft.entries[-1]
                (entry.details if tag == "86" else entry.national).extend(lines)
        else:
            _take_report_field(draft, tag, lines[0].strip(), position=self._position)

    def _choose_code_page(self, draft: _Draft) -> None:
        """Read what is not UTF-8 as the banks of the account's country write it."""
        account = str(next(iter(draft.account.values()), ""))
        countries = {account[:2], account[4:6], draft.currency[:2]}
        self.code_page = "iso8859_2" if countries & _CENTRAL_EUROPE else "cp1252"


def _take_report_field(draft: _Draft, tag: str, text: str, *, position: int) -> None:
    """Take what MT942 alone has: floor limit, time, totals."""
    if tag == "34F":
        draft.is_report = draft.is_report or draft.opening is None
        draft.currency = draft.currency or text[:3]
    elif tag in ("13", "13D"):
        day = day_of(year=text[:2], month=text[2:4], day=text[4:6])
        draft.to_date = day if isinstance(day, date) else None
    elif tag in ("90C", "90D"):
        draft.totals[tag] = (position, text)


def _read_entry(lines: list[str], *, position: int, number: int) -> _Entry:
    entry = _Entry(position=position, number=number, first_line=lines[0], supplement=lines[1:])
    try:
        entry.line = read_entry_line(lines[0])
    except ValueUnreadable as problem:
        entry.problem = problem
    return entry


def _statement(draft: _Draft) -> ParsedStatement:
    """Close a message: its movements, what of them is rejected, sum and check."""
    transactions = []
    for entry in draft.entries:
        try:
            transactions.append(_transaction(entry, draft))
        except ValueUnreadable as problem:
            content = " ".join([f":61:{entry.first_line}", *entry.supplement, *entry.details])
            reason = problem.reason.also(entry=entry.number)
            draft.rejected.append(rejected_line(entry.position, content, reason))
    if not draft.currency and draft.closing:
        draft.currency = draft.closing.currency
    statement = ParsedStatement(
        position=draft.position,
        kind=StatementKind.REPORT if draft.is_report else StatementKind.STATEMENT,
        statement_id=draft.reference,
        sequence=draft.sequence,
        currency=draft.currency,
        to_date=draft.to_date,
        opening=draft.opening,
        closing=draft.closing,
        rejected=tuple(draft.rejected),
        remarks=tuple(_remarks(draft)),
        **draft.account,
    )
    return checked(statement, transactions=transactions)


def _transaction(entry: _Entry, draft: _Draft) -> ParsedTransaction:
    """Return a movement. :raises ValueUnreadable: when it is to be rejected"""
    line = entry.line
    if line is None:
        raise entry.problem or ValueUnreadable(because(ReasonCode.AMOUNT_MISSING))
    check_money(line.amount, draft.currency)
    details = _national_details(entry.national) or read_details(
        entry.details,
        supplement=" ".join([line.party, *entry.supplement]).strip(),
        is_credit=line.amount > 0,
        own_account=str(next(iter(draft.account.values()), "")),
    )
    code = details.pop("bank_code", "")
    other = details.pop("transaction_id", "") or line.customer_reference
    is_pending = draft.is_report or line.mark.startswith("E")
    return ParsedTransaction(
        position=entry.position,
        entry_number=entry.number,
        status=TransactionStatus.PENDING if is_pending else TransactionStatus.BOOKED,
        booking_date=line.booking_date,
        value_date=line.value_date,
        amount=line.amount,
        currency=draft.currency,
        transaction_id=other,
        account_servicer_reference=line.bank_reference,
        entry_reference=line.bank_reference,
        bank_code="+".join(part for part in (line.type_code, code) if part),
        is_reversal=line.is_reversal,
        **details,
    )


def _national_details(lines: Iterable[str]) -> dict[str, Any]:
    """Read :NS: of older German files: 01 to 14 text, 15 and 16 the payer, 17 the booking text."""
    found = {"text": "", "counterparty_name": "", "additional_text": ""}
    for line in lines:
        number, value = line[:2], line[2:].strip()
        if number in ("15", "16"):
            name = "counterparty_name"
        else:
            name = "text" if number.isdigit() and int(number) <= 14 else "additional_text"
        found[name] = f"{found[name]} {value}".strip()
    return {name: value for name, value in found.items() if value}


def _remarks(draft: _Draft) -> Iterable[LineRemark]:
    """Compare the totals of a report with its movements."""
    for tag, (position, text) in draft.totals.items():
        sign = 1 if tag == "90C" else -1
        amounts = [entry.line.amount * sign for entry in draft.entries if entry.line and entry.line.amount * sign > 0]
        found = sum(amounts, Decimal(0))
        told = _TOTAL.fullmatch(text)
        try:
            said = read_amount(told[3]) if told else None
        except ValueUnreadable:
            said = None
        if said != found:
            reason = because(
                ReasonCode.CONTROL_TOTAL_DIFFERS, record=f":{tag}:", said=text if said is None else said, found=found
            )
            yield LineRemark(position=position, content=f":{tag}:{text}", reason=reason)
