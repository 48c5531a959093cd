"""Reader of OFX and QFX: statements of bank accounts, credit cards, and the cash side of investment accounts.

OFX has no opening balance: its ledger balance is the closing one, and nobody can say whether the file balances.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, Final

from quittance.adapters.statements.assembling import checked, rejected_line, split_account
from quittance.adapters.statements.camt_values import ValueUnreadable, is_iban, parse_amount
from quittance.adapters.statements.cfonb_fields import french_iban
from quittance.adapters.statements.mt940_fields import check_money
from quittance.adapters.statements.ofx_source import feed_ofx
from quittance.core.ports.statements import (
    FileRefused,
    ParsedBalance,
    ParsedStatement,
    ParsedTransaction,
    RejectedLine,
    StatementFile,
    StatementKind,
    content_key,
    number_duplicates,
)
from quittance.core.reasons import ReasonCode, because

_HEAD: Final = re.compile(rb"OFXHEADER|<\s*OFX\s*>", re.IGNORECASE)
_STATEMENTS: Final = frozenset({"STMTRS", "CCSTMTRS", "INVSTMTRS"})
_ACCOUNTS: Final = frozenset({"BANKACCTFROM", "CCACCTFROM", "INVACCTFROM"})
_GROUPS: Final = frozenset(
    {*_ACCOUNTS, "PAYEE", "BANKACCTTO", "CCACCTTO", "CURRENCY", "ORIGCURRENCY", "LEDGERBAL", "AVAILBAL", "BAL",
     "BALLIST", "INVBAL", "BANKTRANLIST", "INVTRANLIST", "IMAGEDATA", "INVPOSLIST", "SECLIST"}
)  # fmt: skip
_DATE: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{2}){0,3}(?:\.[0-9]{1,6})?\s*(?:\[[^\]]{0,20}\])?")
_ROOT: Final = "OFX"
_TEXT_MAX: Final = 4000
_VALUES_MAX: Final = 200
_DEPTH_MAX: Final = 32

_Values = dict[str, str]


class OfxReader:
    """Reads OFX 1.x (SGML) and 2.x (XML), QFX included."""

    identifier = "ofx"
    label = "OFX, QFX"

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins with an OFX header or element."""
        return _HEAD.search(head[:8192].replace(b"\x00", b"")) is not None

    def read(self, stream: BinaryIO) -> StatementFile:
        """Read it all. :raises FileRefused: cut short, damaged, or without a statement."""
        reading = _Reading()
        version = feed_ofx(stream, reading)
        if not reading.statements and not reading.is_begun:
            raise FileRefused(because(ReasonCode.NO_STATEMENT))
        if not reading.is_ended:
            raise FileRefused(because(ReasonCode.TRUNCATED), position=reading.last_line)
        if not reading.statements:
            raise FileRefused(because(ReasonCode.NO_STATEMENT))
        return StatementFile(format=f"OFX {version}".strip(), statements=tuple(reading.statements))


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A statement whose end has not been reached yet; values are told by PATH like LEDGERBAL/BALAMT."""

    position: int
    is_investment: bool
    values: _Values = field(default_factory=dict)
    entry_count: int = 0
    transactions: list[ParsedTransaction] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)


class _Reading:
    """Collects the values of statements and movements as the elements go by."""

    def __init__(self) -> None:
        self.statements: list[ParsedStatement] = []
        self.is_begun = False
        self.is_ended = False
        self.last_line = 0
        self._draft: _Draft | None = None
        self._entry: _Values | None = None
        self._entry_line = 0
        self._groups: list[str] = []
        self._leaf = ""

    def start(self, name: str, line: int) -> None:
        """Meet an element."""
        self.last_line = line
        self._leaf = ""
        if name in ("STMTTRN", "LEDGERBAL", *_STATEMENTS):
            self._end_entry()
        if name == _ROOT:
            self.is_begun = True
        elif name in _STATEMENTS:
            self._end_statement()
            self._draft = _Draft(position=line, is_investment=name == "INVSTMTRS")
            self._groups = []
        elif name == "STMTTRN" and self._draft is not None:
            self._entry, self._entry_line, self._groups = {}, line, []
        elif name in _GROUPS:
            if len(self._groups) >= _DEPTH_MAX:
                raise FileRefused(because(ReasonCode.NESTED_TOO_DEEP, most=_DEPTH_MAX), position=line)
            self._groups.append(name)
        else:
            values = self._values()
            is_new = values is not None and self._path(name) not in values and len(values) < _VALUES_MAX
            self._leaf = name if is_new else ""

    def text(self, text: str) -> None:
        """Meet the text of the element that began last; the first value of a name counts."""
        values = self._values()
        if self._leaf and values is not None:
            path = self._path(self._leaf)
            values[path] = (values.get(path, "") + text)[:_TEXT_MAX]

    def end(self, name: str) -> None:
        """Meet the end of an element."""
        if name == self._leaf:
            self._leaf = ""
        elif name == _ROOT:
            self._end_entry()
            self._end_statement()
            self.is_ended = True
        elif name == "STMTTRN":
            self._end_entry()
        elif name in _STATEMENTS:
            self._end_entry()
            self._end_statement()
        elif name in self._groups:
            del self._groups[self._groups.index(name) :]

    def _values(self) -> _Values | None:
        """Return where values go: the movement, else the statement."""
        if self._entry is not None:
            return self._entry
        return self._draft.values if self._draft else None

    def _path(self, name: str) -> str:
        return "/".join([*self._groups[-1:], name])

    def _end_entry(self) -> None:
        draft, values = self._draft, self._entry
        if draft is None or values is None:
            return
        self._entry, self._groups = None, []
        draft.entry_count += 1
        values = {path: " ".join(value.split()) for path, value in values.items()}
        try:
            draft.transactions.append(_transaction(values, draft, position=self._entry_line))
        except ValueUnreadable as problem:
            content = " ".join(f"{path}={value}" for path, value in values.items())
            reason = problem.reason.also(entry=draft.entry_count)
            draft.rejected.append(rejected_line(self._entry_line, content, reason))

    def _end_statement(self) -> None:
        draft = self._draft
        self._draft, self._groups = None, []
        if draft is not None and (draft.entry_count or not draft.is_investment):
            self.statements.append(_statement(draft))


def _statement(draft: _Draft) -> ParsedStatement:
    values = {path: " ".join(value.split()) for path, value in draft.values.items()}
    currency = values.get("CURDEF", "").upper()
    closing, period = None, []
    try:
        closing = _closing(values, currency)
    except ValueUnreadable as problem:
        reason = problem.reason.also(balance="LEDGERBAL")
        draft.rejected.append(rejected_line(draft.position, values.get("LEDGERBAL/BALAMT", ""), reason))
    for path in ("DTSTART", "DTEND"):
        text = values.get(f"BANKTRANLIST/{path}") or values.get(f"INVTRANLIST/{path}", "")
        try:
            period.append(_day(text) if text else None)
        except ValueUnreadable as problem:
            period.append(None)
            draft.rejected.append(rejected_line(draft.position, text, problem.reason.also(period=path)))
    statement = ParsedStatement(
        position=draft.position,
        kind=StatementKind.STATEMENT,
        statement_id="",
        currency=currency,
        from_date=period[0],
        to_date=period[1],
        closing=closing,
        rejected=tuple(draft.rejected),
        **_account(values),
    )
    return _keyed(checked(statement, transactions=draft.transactions))


def _keyed(statement: ParsedStatement) -> ParsedStatement:
    """Let the bank's own id (FITID) stand for the text, which banks complete later, in the keys of movements."""
    keyed = [
        replace(
            transaction,
            content_key=content_key(
                account_id=statement.account_id,
                booking_date=transaction.booking_date,
                amount=transaction.amount,
                currency=transaction.currency,
                references=(transaction.account_servicer_reference,),
                text="",
            ),
        )
        if transaction.account_servicer_reference
        else transaction
        for transaction in statement.transactions
    ]
    return replace(statement, transactions=number_duplicates(keyed))


def _account(values: _Values) -> dict[str, Any]:
    """Return what names our account: an IBAN, given or of a French bank's parts, else bank and account number."""
    group = next((group for group in sorted(_ACCOUNTS) if f"{group}/ACCTID" in values), "")
    account = values.get(f"{group}/ACCTID", "")
    if is_iban("".join(account.split()).upper()):
        return split_account(account)
    bank, broker, branch = (values.get(f"{group}/{name}", "") for name in ("BANKID", "BROKERID", "BRANCHID"))
    iban = french_iban(bank=bank, branch=branch, account=account) if values.get("CURDEF", "").upper() == "EUR" else ""
    if iban:
        return {"account_iban": iban}
    return {"account_other_id": " ".join(part for part in (bank, broker, branch, account) if part)}


def _closing(values: _Values, currency: str) -> ParsedBalance | None:
    """Return the ledger balance, None where the bank leaves it out or blank. :raises ValueUnreadable:"""
    text = values.get("LEDGERBAL/BALAMT", "")
    if not text:
        return None
    amount = _amount(text)
    check_money(amount, currency)
    day = values.get("LEDGERBAL/DTASOF", "")
    return ParsedBalance(code="LEDGERBAL", amount=amount, currency=currency, balance_date=_day(day) if day else None)


def _transaction(values: _Values, draft: _Draft, *, position: int) -> ParsedTransaction:
    """Return a movement. :raises ValueUnreadable: when it is to be rejected"""
    currency = (values.get("CURRENCY/CURSYM") or draft.values.get("CURDEF", "")).strip().upper()
    amount = _amount(values.get("TRNAMT", ""))
    check_money(amount, currency)
    posted = values.get("DTPOSTED", "")
    if not posted:
        raise ValueUnreadable(because(ReasonCode.DATE_MISSING))
    other = values.get("BANKACCTTO/ACCTID") or values.get("CCACCTTO/ACCTID", "")
    compact = "".join(other.split()).upper()
    name = values.get("NAME") or values.get("PAYEE/NAME", "") or values.get("EXTDNAME", "")
    memo = values.get("MEMO", "")
    # Many banks write the payer's words into the name; a memo that repeats its beginning says it whole.
    text = memo if memo.startswith(name) and memo else " ".join(part for part in (name, memo) if part)
    return ParsedTransaction(
        position=position,
        entry_number=draft.entry_count,
        booking_date=_day(posted),
        value_date=_day(values["DTAVAIL"]) if values.get("DTAVAIL") else None,
        amount=amount,
        currency=currency,
        counterparty_name=name,
        counterparty_iban=compact if is_iban(compact) else "",
        counterparty_account="" if is_iban(compact) else other,
        text=text,
        additional_text=_additional(values, text),
        account_servicer_reference=values.get("FITID", ""),
        transaction_id=values.get("REFNUM", ""),
        bank_code=values.get("TRNTYPE", ""),
        is_reversal=bool(values.get("CORRECTFITID")),
    )


def _additional(values: _Values, text: str) -> str:
    said = [values.get("EXTDNAME", "")] + [
        f"{label} {values[label]}" for label in ("CHECKNUM", "CORRECTFITID", "CORRECTACTION") if values.get(label)
    ]
    return " ".join(part for part in said if part and part not in text)


def _amount(text: str) -> Decimal:
    """Return a signed amount, its decimals after a point or a comma. :raises ValueUnreadable:

    >>> _amount("-200,00"), _amount("+115.80"), _amount("40")
    (Decimal('-200.00'), Decimal('115.80'), Decimal('40'))
    """
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    try:
        amount = parse_amount(unsigned.replace(",", ".").lstrip("0") or ("0" if unsigned else ""))
    except ValueUnreadable as problem:
        if problem.reason.code is ReasonCode.AMOUNT_UNREADABLE or unsigned != text:
            raise ValueUnreadable(because(ReasonCode.AMOUNT_UNREADABLE, value=text)) from problem
        raise
    return -amount if text.startswith("-") else amount


def _day(text: str) -> date:
    """Return the day as the bank wrote it, in the bank's own time zone. :raises ValueUnreadable:

    >>> _day("20260105"), _day("20260105233000.000[-5:EST]")
    (datetime.date(2026, 1, 5), datetime.date(2026, 1, 5))
    """
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueUnreadable(because(ReasonCode.DATE_UNREADABLE, value=text[:40]))
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise ValueUnreadable(because(ReasonCode.DATE_IMPOSSIBLE, value=text[:8])) from None
