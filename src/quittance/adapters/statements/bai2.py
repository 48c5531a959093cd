"""Reader of BAI2, the balance report of banks in the United States, Canada and of many houses elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import BinaryIO, Final

from quittance.adapters.statements.assembling import checked, day_of, rejected_line, split_account
from quittance.adapters.statements.bai2_fields import (
    NON_MONETARY,
    Detail,
    Record,
    read_amount,
    read_detail,
    read_summaries,
    sign_of_type,
    start_record,
)
from quittance.adapters.statements.camt_values import ValueUnreadable, is_iban
from quittance.adapters.statements.record_lines import read_lines
from quittance.core.currencies import is_known_currency
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
from quittance.core.reasons import Reason, ReasonCode, because

_HEAD: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?01\s*,[^,\r\n]*,[^,\r\n]*,\s*[0-9]{6}\s*,")
_CODES: Final = frozenset({"01", "02", "03", "16", "49", "98", "99"})
_CURRENCY_DEFAULT: Final = "USD"
_OPENING, _CLOSING = "010", "015"
_INTRADAY: Final = frozenset({"3"})
_IN_FORCE: Final = frozenset({"", "1", "3"})
_RETURNED: Final = frozenset({"555", "557", "558"})
_RETURN_REASON: Final = re.compile(r"\bR[0-9]{2}\b")
_TAG: Final = re.compile(r"([A-Z]{4}): ?(.*)")


class Bai2Reader:
    """Reads BAI2 files, any number of groups and accounts in one."""

    identifier = "bai2"
    label = "BAI2"

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins with a BAI2 file header."""
        return _HEAD.match(head) is not None

    def read(self, stream: BinaryIO) -> StatementFile:
        """Read it all. :raises FileRefused: no BAI2, or without its file trailer (99): cut short"""
        reading = _Reading()
        for record in _records(stream):
            reading.take(record)
        return reading.finish()


def _records(stream: BinaryIO) -> Iterator[Record]:
    """Yield each record with its continuations. :raises FileRefused: when the first is no file header"""
    record: Record | None = None
    for position, line in read_lines(stream, label=Bai2Reader.label):
        text = line.strip()
        code = text[:2]
        if record is None and (code != "01" or text[2:3] != ","):
            raise FileRefused(because(ReasonCode.FORMAT_UNKNOWN, known=Bai2Reader.label), position=position)
        if record is not None and code == "88" and text[2:3] in {",", ":"}:
            record.continued(text[3:])
            continue
        if record is not None:
            yield record
        record = start_record(position, line)
    if record is not None:
        yield record


@dataclass(slots=True, kw_only=True)
class _Total:
    """What a trailer should repeat; `amount` None once something of it could not be read."""

    amount: Decimal | None = Decimal(0)
    children: int = 0
    lines: int = 0

    def add(self, amount: Decimal | None) -> None:
        self.amount = None if self.amount is None or amount is None else self.amount + amount


@dataclass(slots=True, kw_only=True)
class _Group:
    """What a group header says of its accounts."""

    position: int = 0
    as_of: date | None = None
    currency: str = ""
    status: str = "1"
    modifier: str = ""


@dataclass(slots=True, kw_only=True)
class _Account:
    """An account whose trailer has not been reached yet."""

    position: int
    number: str
    currency: str
    group: _Group
    summaries: list[tuple[str, str]]
    entry_count: int = 0
    transactions: list[ParsedTransaction] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)
    remarks: list[LineRemark] = field(default_factory=list)


class _Reading:
    """Turns the records of one file into statements, and compares its trailers with what was read."""

    def __init__(self) -> None:
        self._statements: list[ParsedStatement] = []
        self._rejected: list[RejectedLine] = []
        self._remarks: list[LineRemark] = []
        self._group = _Group()
        self._account: _Account | None = None
        self._file_id = ""
        self._totals = {"49": _Total(), "98": _Total(), "99": _Total()}
        self._is_ended = False
        self._last_position = 1

    def take(self, record: Record) -> None:
        """Take one record; what stands where it cannot is rejected."""
        self._last_position = record.position
        for total in self._totals.values():
            total.lines += record.line_count
        match record.code:
            case "01":
                self._file_id = ",".join(record.fields()[:3])
            case "02":
                self._start_group(record)
            case "03":
                self._start_account(record)
            case "16" if self._account is not None:
                self._take_detail(record, self._account)
            case "49" | "98" | "99":
                self._end(record)
            case _:
                code = ReasonCode.RECORD_MISPLACED if record.code in _CODES else ReasonCode.RECORD_UNKNOWN
                line = rejected_line(record.position, record.content, because(code, value=record.code))
                (self._account.rejected if self._account else self._rejected).append(line)
                self._totals["49"].add(None)

    def _start_group(self, record: Record) -> None:
        self._close_account()
        self._totals["98"] = _Total(lines=record.line_count)
        fields = [*record.fields(), *[""] * 7]
        group = _Group(position=record.position, status=fields[2], currency=fields[5].upper(), modifier=fields[6])
        day = _day(fields[3])
        if isinstance(day, Reason):
            self._rejected.append(rejected_line(record.position, record.content, day))
        else:
            group.as_of = day
        self._group = group

    def _start_account(self, record: Record) -> None:
        self._close_account()
        self._totals["49"] = _Total(lines=record.line_count)
        fields = [*record.fields(), "", ""]
        currency = fields[1].upper() or self._group.currency or _CURRENCY_DEFAULT
        account = _Account(
            position=record.position, number=fields[0], currency=currency, group=self._group,
            summaries=read_summaries(fields[2:]),
        )  # fmt: skip
        self._account = account
        if not is_known_currency(currency):
            reason = because(ReasonCode.CURRENCY_UNKNOWN, value=currency)
            account.rejected.append(rejected_line(record.position, record.content, reason))
        for _, text in account.summaries:
            self._totals["49"].add(_whole(text))
        if self._group.status not in _IN_FORCE:
            reason = because(ReasonCode.GROUP_NOT_IN_FORCE, value=self._group.status)
            account.remarks.append(LineRemark(position=record.position, content=record.content[:400], reason=reason))

    def _take_detail(self, record: Record, account: _Account) -> None:
        detail = read_detail(record)
        self._totals["49"].add(_whole(detail.amount_text or "0"))
        if detail.type_code == NON_MONETARY and not detail.amount_text.strip("0"):
            reason = because(ReasonCode.NO_MOVEMENT, value=detail.type_code)
            account.remarks.append(LineRemark(position=record.position, content=record.content[:400], reason=reason))
            return
        account.entry_count += 1
        try:
            account.transactions.append(_movement(record, detail, account))
        except ValueUnreadable as problem:
            reason = problem.reason.also(entry=account.entry_count)
            account.rejected.append(rejected_line(record.position, record.content, reason))

    def _end(self, record: Record) -> None:
        """Compare a trailer with what was read, and count it towards the one above."""
        own = self._totals[record.code]
        fields = [*record.fields(), "", "", ""]
        said = _whole(fields[0])
        if own.amount is not None and said != own.amount:
            self._remark(record, ReasonCode.CONTROL_TOTAL_DIFFERS, said=fields[0], found=own.amount)
        counts = {"49": [own.lines], "98": [own.children, own.lines], "99": [own.children, own.lines]}[record.code]
        for text, found in zip(fields[1:], counts, strict=False):
            if text.isascii() and text.isdigit() and int(text) != found:
                self._remark(record, ReasonCode.RECORD_COUNT_DIFFERS, said=text, found=found)
        if record.code != "99":
            above = self._totals["98" if record.code == "49" else "99"]
            above.add(said)
            above.children += 1
        if record.code == "49":
            self._close_account()
        self._is_ended = record.code == "99"

    def _remark(self, record: Record, code: ReasonCode, **params: object) -> None:
        remark = LineRemark(
            position=record.position, content=record.content[:400], reason=because(code, record=record.code, **params)
        )
        (self._account.remarks if self._account else self._remarks).append(remark)

    def _close_account(self) -> None:
        if self._account is not None:
            self._statements.append(_statement(self._account, file_id=self._file_id))
            self._account = None

    def finish(self) -> StatementFile:
        """Return what was read. :raises FileRefused: TRUNCATED without the file trailer; NO_STATEMENT"""
        self._close_account()
        if not self._is_ended:
            raise FileRefused(because(ReasonCode.TRUNCATED), position=self._last_position)
        if not self._statements and not self._rejected:
            raise FileRefused(because(ReasonCode.NO_STATEMENT))
        if self._statements and self._remarks:
            last = self._statements[-1]
            self._statements[-1] = replace(last, remarks=(*last.remarks, *self._remarks))
        return StatementFile(
            format="BAI2", message_id=self._file_id[:80], statements=tuple(self._statements),
            rejected=tuple(self._rejected),
        )  # fmt: skip


def _whole(text: str) -> Decimal | None:
    """Return an amount as the control totals add it, without regard to decimals; None when it is none."""
    return Decimal(text) if re.fullmatch(r"[+-]?[0-9]{1,24}", text.strip()) else None


def _day(text: str) -> date | Reason:
    if not re.fullmatch(r"[0-9]{6}", text):
        return because(ReasonCode.DATE_UNREADABLE, value=text)
    return day_of(year=text[:2], month=text[2:4], day=text[4:])


def _movement(record: Record, detail: Detail, account: _Account) -> ParsedTransaction:
    """Return the movement of a detail record. :raises ValueUnreadable:"""
    if not is_known_currency(account.currency):
        raise ValueUnreadable(because(ReasonCode.CURRENCY_UNKNOWN, value=account.currency))
    amount = sign_of_type(detail.type_code) * read_amount(detail.amount_text, currency=account.currency)
    value_date = None
    if detail.value_date:
        read = _day(detail.value_date)
        if isinstance(read, Reason):
            raise ValueUnreadable(read)
        value_date = read
    booking_date = account.group.as_of or value_date
    if booking_date is None:
        raise ValueUnreadable(because(ReasonCode.DATE_MISSING))
    tags = _tags(record.texts)
    side = "DB" if amount > 0 else "CR"
    other = tags.get("DACT" if amount > 0 else "CACT", "")
    compact = "".join(other.split()).upper()
    reason = _RETURN_REASON.search(detail.text)
    is_returned = detail.type_code in _RETURNED
    return ParsedTransaction(
        position=record.position,
        entry_number=account.entry_count,
        status=TransactionStatus.BOOKED if account.group.status in _IN_FORCE else TransactionStatus.INFORMATION,
        booking_date=booking_date,
        value_date=value_date,
        amount=amount,
        currency=account.currency,
        counterparty_name=tags.get(f"{side}NM", ""),
        counterparty_iban=compact if is_iban(compact) else "",
        counterparty_account="" if is_iban(compact) else other,
        text=detail.text,
        end_to_end_id=tags.get("EREF", "") or detail.customer_reference,
        account_servicer_reference=detail.bank_reference,
        entry_reference=detail.bank_reference,
        bank_code=detail.type_code,
        return_reason=(reason[0] if reason else f"BAI{detail.type_code}") if is_returned else "",
    )


def _tags(texts: list[str]) -> dict[str, str]:
    """Return what continuations say by a tag of four letters, as some banks write them ("DBNM: Durand")."""
    found = (_TAG.fullmatch(text.strip()) for text in texts)
    return {matched[1]: matched[2].strip() for matched in found if matched}


def _statement(account: _Account, *, file_id: str) -> ParsedStatement:
    """Close an account: balances, sum, check, keys."""
    day = account.group.as_of
    opening, closing = (_balance(account, code, day) for code in (_OPENING, _CLOSING))
    statement = ParsedStatement(
        position=account.position,
        kind=StatementKind.REPORT if account.group.modifier in _INTRADAY else StatementKind.STATEMENT,
        statement_id=f"{file_id},{day.isoformat() if day else ''}"[:80],
        **split_account(account.number),
        currency=account.currency,
        from_date=day,
        to_date=day,
        opening=opening,
        closing=closing,
        rejected=tuple(account.rejected),
        remarks=tuple(account.remarks),
    )
    return checked(statement, transactions=account.transactions)


def _balance(account: _Account, code: str, day: date | None) -> ParsedBalance | None:
    """Return a ledger balance; one that cannot be read is rejected."""
    text = next((amount for type_code, amount in account.summaries if type_code == code), "")
    if not text or not is_known_currency(account.currency):
        return None
    try:
        amount = read_amount(text, currency=account.currency)
    except ValueUnreadable as problem:
        line = rejected_line(account.position, f"{code},{text}", problem.reason.also(balance=code))
        account.rejected.append(line)
        return None
    return ParsedBalance(code=code, amount=amount, currency=account.currency, balance_date=day)
