"""Reader of ISO 20022 account statements: camt.053 statements, camt.052 reports, camt.054 notifications."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import BinaryIO, Final

from quittance.adapters.statements.camt_entry import OwnAccount, TransactionFields, read_entry
from quittance.adapters.statements.camt_fields import FieldCollector, Record
from quittance.adapters.statements.camt_values import (
    ValueUnreadable,
    account_of,
    find_date,
    money_of,
    name_of,
    sign_of,
)
from quittance.adapters.statements.xml_source import feed_xml
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
    content_key,
    dedup_key,
    is_balanced,
)
from quittance.core.reasons import ReasonCode, because

_KINDS: Final = {
    "Stmt": StatementKind.STATEMENT,
    "Rpt": StatementKind.REPORT,
    "Ntfctn": StatementKind.NOTIFICATION,
}
_MESSAGES: Final = {
    StatementKind.STATEMENT: "camt.053",
    StatementKind.REPORT: "camt.052",
    StatementKind.NOTIFICATION: "camt.054",
}
_HEAD: Final = re.compile(rb"camt\.05[234]\.|<(?:\w+:)?BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn)")
_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = ("CLBD",)
_INTERIM: Final = "ITBD"


class CamtReader:
    """Reads camt.052, camt.053 and camt.054 of any version."""

    identifier = "camt"
    label = "ISO 20022 camt.052, camt.053, camt.054"

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins like one of the three messages, whatever its encoding."""
        return _HEAD.search(head.replace(b"\x00", b"")) is not None

    def read(self, stream: BinaryIO) -> StatementFile:
        """Read it all. :raises FileRefused: not readable XML, cut short, or without a statement."""
        reading = _Reading()
        collector = FieldCollector(on_statement_start=reading.on_statement_start, on_record=reading.on_record)
        feed_xml(stream, collector)
        if not reading.statements:
            raise FileRefused(because(ReasonCode.NO_STATEMENT))
        return StatementFile(
            format=collector.version or _MESSAGES[reading.statements[0].kind],
            message_id=collector.header.first_of("MsgId"),
            statements=tuple(reading.statements),
        )


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A statement whose end has not been reached yet."""

    kind: StatementKind
    position: int
    account: OwnAccount | None = None
    entry_count: int = 0
    balances: list[ParsedBalance] = field(default_factory=list)
    transactions: list[TransactionFields] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)
    remarks: list[LineRemark] = field(default_factory=list)

    def reject(self, record: Record, problem: ValueUnreadable, **where: object) -> None:
        """List what could not be read, and where: its `entry`, its `balance`, or the `period`."""
        reason = problem.reason.also(**where)
        self.rejected.append(RejectedLine(position=record.line, content=record.content(), reason=reason))


class _Reading:
    """Turns the records of one file into statements."""

    def __init__(self) -> None:
        self.statements: list[ParsedStatement] = []
        self._draft = _Draft(kind=StatementKind.STATEMENT, position=0)

    def on_statement_start(self, name: str, line: int) -> None:
        """Open a statement."""
        self._draft = _Draft(kind=_KINDS[name], position=line)

    def on_record(self, kind: str, record: Record, statement: Record) -> None:
        """Take a balance, an entry, or the end of the statement."""
        draft = self._draft
        if draft.account is None and kind != "balance":
            draft.account = _own_account(statement)
        if kind == "balance":
            _take_balance(draft, record, currency_default=statement.first_of("Acct/Ccy").upper())
        elif kind == "entry":
            _take_entry(draft, record)
        else:
            self.statements.append(_finish(draft, statement))


def _own_account(statement: Record) -> OwnAccount:
    iban, other = account_of(statement, "Acct")
    return OwnAccount(iban=iban, other_id=other, currency=statement.first_of("Acct/Ccy").upper())


def _take_entry(draft: _Draft, entry: Record) -> None:
    draft.entry_count += 1
    # In the statement of a closed period everything is booked, said or not.
    status = TransactionStatus.BOOKED if draft.kind is StatementKind.STATEMENT else TransactionStatus.UNKNOWN
    try:
        reading = read_entry(
            entry, account=draft.account or OwnAccount(), entry_number=draft.entry_count, status_default=status
        )
    except ValueUnreadable as problem:
        draft.reject(entry, problem, entry=draft.entry_count)
        return
    draft.transactions.extend(reading.transactions)
    draft.remarks.extend(reading.remarks)


def _take_balance(draft: _Draft, record: Record, *, currency_default: str) -> None:
    """Keep a booked balance; other kinds (available, forward, the bank's own) are passed over."""
    code = record.first_of("Tp/CdOrPrtry/Cd", "Tp/Cd")
    if code not in (*_OPENING, *_CLOSING, _INTERIM):
        return
    try:
        amount, currency = money_of(record, "Amt", currency_default=currency_default)
        # Some banks leave the direction of a credit balance out; opening + sum = closing proves it.
        sign = sign_of(record) if "CdtDbtInd" in record.values else 1
        balance_date = find_date(record, "Dt/Dt", "Dt/DtTm")
    except ValueUnreadable as problem:
        draft.reject(record, problem, balance=code)
        return
    draft.balances.append(ParsedBalance(code=code, amount=sign * amount, currency=currency, balance_date=balance_date))


def _opening_and_closing(
    balances: list[ParsedBalance],
) -> tuple[ParsedBalance | None, ParsedBalance | None]:
    """Return the booked balances before and after; interim ones stand in on the pages of a long statement."""
    opening = next((balance for code in _OPENING for balance in balances if balance.code == code), None)
    closing = next((balance for balance in reversed(balances) if balance.code in _CLOSING), None)
    interim = [balance for balance in balances if balance.code == _INTERIM]
    if opening is None and interim and (closing is not None or len(interim) > 1):
        opening = interim.pop(0)
    if closing is None and interim:
        closing = interim[-1]
    return opening, closing


def _finish(draft: _Draft, statement: Record) -> ParsedStatement:
    """Close the statement: dates that the entries leave out, sums, check, keys."""
    account = draft.account or OwnAccount()
    opening, closing = _opening_and_closing(draft.balances)
    from_date, to_date = _period(draft, statement)
    transactions = _complete(
        draft, account_id=account.identification, last_date=(closing.balance_date if closing else None) or to_date
    )
    currency = account.currency or next((balance.currency for balance in (closing, opening) if balance), "")
    if not currency and transactions:
        currency = transactions[0].currency
    booked = [transaction for transaction in transactions if transaction.is_booked]
    own = [transaction for transaction in booked if transaction.currency == currency]
    total = sum((transaction.amount for transaction in own), Decimal(0))
    can_say = not draft.rejected and len(own) == len(booked)
    return ParsedStatement(
        position=draft.position,
        kind=draft.kind,
        statement_id=statement.first_of("Id"),
        sequence=statement.first_of("ElctrncSeqNb", "LglSeqNb"),
        account_iban=account.iban,
        account_other_id=account.other_id,
        account_owner=name_of(statement, "Acct/Ownr"),
        currency=currency,
        from_date=from_date,
        to_date=to_date,
        opening=opening,
        closing=closing,
        transactions=transactions,
        rejected=tuple(draft.rejected),
        remarks=tuple(draft.remarks),
        transaction_sum=total,
        balanced=is_balanced(opening=opening, closing=closing, transaction_sum=total) if can_say else None,
    )


def _period(draft: _Draft, statement: Record) -> tuple[date | None, date | None]:
    """Return the first and last day the statement names for itself."""
    try:
        return (
            find_date(statement, "FrToDt/FrDtTm", "FrToDt/FrDt"),
            find_date(statement, "FrToDt/ToDtTm", "FrToDt/ToDt"),
        )
    except ValueUnreadable as problem:
        draft.reject(statement, problem, period="FrToDt")
        return None, None


def _complete(draft: _Draft, *, account_id: str, last_date: date | None) -> tuple[ParsedTransaction, ...]:
    """Make the transactions, each with its keys.

    Booked ones without booking date get their value date, else the statement's last day; without either they
    are rejected. The draft's own are used up on the way, since a large file would be held twice.
    """
    completed: list[ParsedTransaction] = []
    ordinals: dict[str, int] = {}
    draft.transactions.reverse()
    while draft.transactions:
        fields = draft.transactions.pop()
        if fields["booking_date"] is None and fields["status"] is TransactionStatus.BOOKED:
            fields["booking_date"] = fields["value_date"] or last_date
            if fields["booking_date"] is None:
                draft.rejected.append(_without_date(fields))
                continue
        content = content_key(
            account_id=account_id,
            booking_date=fields["booking_date"],
            amount=fields["amount"],
            currency=fields["currency"],
            references=(
                fields["account_servicer_reference"],
                fields.get("end_to_end_id", ""),
                fields.get("transaction_id", ""),
                fields.get("counterparty_iban") or fields.get("counterparty_account") or "",
                *fields["structured_references"],
            ),
            text=fields["text"],
        )
        ordinal = ordinals.get(content, 0)
        ordinals[content] = ordinal + 1
        completed.append(
            ParsedTransaction(**fields, content_key=content, dedup_key=dedup_key(content=content, ordinal=ordinal))
        )
    return tuple(completed)


def _without_date(fields: TransactionFields) -> RejectedLine:
    return RejectedLine(
        position=fields["position"],
        content=f"{fields['amount']} {fields['currency']} {fields['text']}"[:400],
        reason=because(ReasonCode.DATE_MISSING, entry=fields["entry_number"]),
    )
