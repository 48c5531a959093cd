"""Reader of CODA, the coded statement of account of Belgian banks: lines of 128 columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import BinaryIO, Final

from quittance.adapters.statements.assembling import checked, rejected_line, split_account
from quittance.adapters.statements.camt_values import ValueUnreadable
from quittance.adapters.statements.coda_fields import (
    WIDTH,
    Movement,
    read_amount,
    read_communication,
    read_counterparty,
    read_day,
    read_own_account,
)
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
)
from quittance.core.reasons import Reason, ReasonCode, because

_HEAD: Final = re.compile(rb"(?:\xef\xbb\xbf)?0000[0-9]{7}[0-9 ]{3}05[ D].{110}[ 12]?\s*(?:\r?\n|$)", re.DOTALL)
_TOTALISED: Final = frozenset({"1", "2"})
_PAYMENT_DETAILS: Final = frozenset({"5", "6", "7"})


class CodaReader:
    """Reads CODA files, one statement or several one after another."""

    identifier = "coda"
    label = "CODA"

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins with a CODA header record."""
        return _HEAD.match(head) is not None

    def read(self, stream: BinaryIO) -> StatementFile:
        """Read it all. :raises FileRefused: no CODA, or without its trailer (record 9): cut short"""
        statements: list[ParsedStatement] = []
        draft: _Draft | None = None
        reference = ""
        position = 0
        for position, raw in read_lines(stream, label=self.label):
            line = raw.ljust(WIDTH)
            if line[0] == "0":
                if draft is not None:
                    raise FileRefused(because(ReasonCode.TRUNCATED), position=position)
                reference = reference or line[24:34].strip()
                draft = _Draft(position=position, header=line)
                continue
            if draft is None:
                if not statements:
                    raise FileRefused(because(ReasonCode.FORMAT_UNKNOWN, known=self.label), position=position)
                statements[-1] = _with_stray(statements[-1], position, line)
                continue
            draft.take(position, line)
            if line[0] == "9":
                statements.append(draft.finish(line))
                draft = None
        if draft is not None:
            raise FileRefused(because(ReasonCode.TRUNCATED), position=position)
        return StatementFile(format="CODA", message_id=reference, statements=tuple(statements))


def _with_stray(statement: ParsedStatement, position: int, line: str) -> ParsedStatement:
    """Reject a record between two statements: it belongs to none, and nobody can say what is missing."""
    stray = rejected_line(position, line, because(ReasonCode.RECORD_MISPLACED, value=line[:2].strip()))
    return replace(statement, rejected=(*statement.rejected, stray), balanced=None)


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A statement whose trailer has not been reached yet."""

    position: int
    header: str
    account: str = ""
    currency: str = ""
    owner: str = ""
    sequence: str = ""
    opening: ParsedBalance | None = None
    closing: ParsedBalance | None = None
    record_count: int = 0
    movements: list[Movement] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)
    remarks: list[LineRemark] = field(default_factory=list)

    def take(self, position: int, line: str) -> None:
        """Take one record of the statement."""
        kind = line[0]
        self.record_count += kind in "1238"
        if kind == "1":
            self._take_opening(position, line)
        elif kind == "2" and line[1] == "1":
            self.movements.append(Movement(position=position, sequence=line[2:6], detail=line[6:10], lines=[line]))
        elif kind == "2" and line[1] in "23" and self._is_of_last(line):
            self.movements[-1].lines.append(line)
        elif kind == "3" and line[1] in "123":
            self._take_information(line)
        elif kind == "8":
            self.closing = self._balance(position, line, "8", line[41:57], line[57:63])
        elif kind not in "49":
            code = ReasonCode.RECORD_MISPLACED if kind in "23" else ReasonCode.RECORD_UNKNOWN
            self.rejected.append(rejected_line(position, line, because(code, value=line[:2].strip())))

    def _is_of_last(self, line: str) -> bool:
        return bool(self.movements) and self.movements[-1].lines[0][2:10] == line[2:10]

    def _take_opening(self, position: int, line: str) -> None:
        self.account, self.currency = read_own_account(line[1], line[5:42])
        self.owner = line[64:90].strip()
        self.sequence = line[125:128].strip() or line[2:5].strip()
        if not is_known_currency(self.currency):
            reason = because(ReasonCode.CURRENCY_UNKNOWN, value=self.currency or "–")
            self.rejected.append(rejected_line(position, line, reason))
            return
        self.opening = self._balance(position, line, "1", line[42:58], line[58:64])

    def _take_information(self, line: str) -> None:
        """Keep an information record with the movement it speaks of; it moves no money."""
        if not self.movements:
            return
        text = {"1": line[39:113], "2": line[10:115], "3": line[10:100]}[line[1]]
        self.movements[-1].information.append(text[4:] if line[1] == "1" and text[:1] == "1" else text.lstrip("0"))

    def _balance(self, position: int, line: str, code: str, amount: str, day: str) -> ParsedBalance | None:
        if not is_known_currency(self.currency):
            return None
        try:
            return ParsedBalance(
                code=code, amount=read_amount(amount, currency=self.currency), currency=self.currency,
                balance_date=read_day(day),
            )  # fmt: skip
        except ValueUnreadable as problem:
            self.rejected.append(rejected_line(position, line, problem.reason.also(balance=code)))
            return None

    def finish(self, trailer: str) -> ParsedStatement:
        """Close the statement: movements, balances, sums and what the trailer says of them."""
        transactions = self._transactions()
        self._check_trailer(trailer, transactions)
        day = self.closing.balance_date if self.closing else None
        year = f"{day.year}-" if day else ""
        statement = ParsedStatement(
            position=self.position,
            kind=StatementKind.STATEMENT,
            statement_id=f"{year}{self.sequence}",
            sequence=self.sequence,
            **split_account(self.account),
            account_owner=self.owner or self.header[34:60].strip(),
            currency=self.currency,
            from_date=self.opening.balance_date if self.opening else None,
            to_date=day,
            opening=self.opening,
            closing=self.closing,
            rejected=tuple(self.rejected),
            remarks=tuple(self.remarks),
        )
        return checked(statement, transactions=transactions)

    def _transactions(self) -> list[ParsedTransaction]:
        """Return the movements; a totalised one as the payments that make it up, where they add up."""
        found: list[ParsedTransaction] = []
        groups: list[list[Movement]] = []
        for movement in self.movements:
            if movement.is_detail and groups and groups[-1][0].sequence == movement.sequence:
                groups[-1].append(movement)
            else:
                groups.append([movement])
        for number, (parent, *details) in enumerate(groups, 1):
            try:
                found += self._of_group(parent, details, number)
            except ValueUnreadable as problem:
                reason = problem.reason.also(entry=number)
                self.rejected.append(rejected_line(parent.position, parent.content, reason))
        return found

    def _of_group(self, parent: Movement, details: list[Movement], number: int) -> list[ParsedTransaction]:
        """Return the transactions of one movement. :raises ValueUnreadable:"""
        whole = self._transaction(parent, number)
        payments = [each for each in details if each.code[:1] in _PAYMENT_DETAILS]
        if parent.code[:1] in _TOTALISED and payments:
            try:
                parts = [self._transaction(each, number, index) for index, each in enumerate(payments, 1)]
            except ValueUnreadable:
                parts = []
            if sum((part.amount for part in parts), Decimal(0)) == whole.amount and parts:
                return [replace(part, entry_reference=whole.entry_reference, batch_count=len(parts)) for part in parts]
            self._remark(parent, because(ReasonCode.DETAILS_DO_NOT_ADD_UP, entry=number))
        texts = [read_communication(each).text for each in details]
        return [replace(whole, additional_text=" ".join(text for text in (whole.additional_text, *texts) if text))]

    def _transaction(self, movement: Movement, number: int, detail_number: int = 0) -> ParsedTransaction:
        """Return one movement. :raises ValueUnreadable:"""
        if not is_known_currency(self.currency):
            raise ValueUnreadable(because(ReasonCode.CURRENCY_UNKNOWN, value=self.currency or "–"))
        amount = read_amount(movement.part("1", 31, 47), currency=self.currency)
        value_date = read_day(movement.part("1", 47, 53))
        booking_date = read_day(movement.part("1", 115, 121)) or value_date or self._last_day()
        if booking_date is None:
            raise ValueUnreadable(because(ReasonCode.DATE_MISSING))
        said = read_communication(movement)
        if said.wrong_reference:
            self._remark(movement, because(ReasonCode.REFERENCE_CHECK_WRONG, value=said.wrong_reference))
        iban, account = read_counterparty(movement.part("3", 10, 47))
        is_returned = bool(movement.part("2", 112, 113).strip("0 "))
        reference = movement.part("1", 10, 31).strip()
        return ParsedTransaction(
            position=movement.position,
            entry_number=number,
            detail_number=detail_number,
            booking_date=booking_date,
            value_date=value_date,
            amount=amount,
            currency=self.currency,
            counterparty_name=" ".join(movement.part("3", 47, 82).split()),
            counterparty_iban=iban,
            counterparty_account=account,
            text=said.text,
            additional_text=" ".join(" ".join(movement.information).split()),
            structured_references=said.references,
            end_to_end_id=movement.part("2", 63, 98).strip(),
            mandate_id=said.mandate_id,
            account_servicer_reference=reference,
            entry_reference=reference,
            bank_code=movement.code,
            return_reason=(movement.part("2", 113, 117).strip() if is_returned else "") or said.return_reason,
        )

    def _last_day(self) -> date | None:
        return self.closing.balance_date if self.closing else None

    def _remark(self, movement: Movement, reason: Reason) -> None:
        self.remarks.append(LineRemark(position=movement.position, content=movement.content[:400], reason=reason))

    def _check_trailer(self, line: str, transactions: list[ParsedTransaction]) -> None:
        """Compare the number of records and the totals of the trailer with what was read."""
        said_count = line[16:22]
        if said_count.isdigit() and int(said_count) != self.record_count:
            self._differs(line, ReasonCode.RECORD_COUNT_DIFFERS, int(said_count), self.record_count)
        if self.rejected:
            return
        entries: dict[int, Decimal] = {}
        for transaction in transactions:
            entries[transaction.entry_number] = entries.get(transaction.entry_number, Decimal(0)) + transaction.amount
        debit = -sum((amount for amount in entries.values() if amount < 0), Decimal(0))
        credit = sum((amount for amount in entries.values() if amount > 0), Decimal(0))
        for said, found in ((line[22:37], debit), (line[37:52], credit)):
            if said.isdigit() and Decimal(int(said)).scaleb(-3) != found:
                self._differs(line, ReasonCode.CONTROL_TOTAL_DIFFERS, Decimal(int(said)).scaleb(-3), found)

    def _differs(self, line: str, code: ReasonCode, said: object, found: object) -> None:
        reason = because(code, record="9", said=said, found=found)
        self.remarks.append(LineRemark(position=self.position, content=line.strip(), reason=reason))
