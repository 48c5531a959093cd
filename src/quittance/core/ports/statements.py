"""The door between files of banks and the cash desk: what a statement reader yields.

A reader turns one file into `BankStatement`-shaped values. It is total: a movement it cannot read is a
`RejectedLine` with its line and reason, never zero and never skipped; a file it cannot read is `FileRefused`.

Amounts are signed from the company's side of its bank account: money in is positive, money out is negative.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import BinaryIO, Protocol

from quittance.core.ports.intake import FileRefused, LineRemark, RejectedLine

__all__ = [
    "FileRefused",
    "LineRemark",
    "ParsedBalance",
    "ParsedStatement",
    "ParsedTransaction",
    "RejectedLine",
    "StatementFile",
    "StatementKind",
    "StatementReader",
    "TransactionStatus",
    "content_key",
    "dedup_key",
    "is_balanced",
    "number_duplicates",
]


class StatementKind(StrEnum):
    """How far the bank stands behind the movements."""

    STATEMENT = "STATEMENT"
    """Booked, of a closed period (camt.053, MT940)."""

    REPORT = "REPORT"
    """Of the running day (camt.052, MT942); the same movements come again in the statement."""

    NOTIFICATION = "NOTIFICATION"
    """Debit or credit advice, often the details of one booking of the statement (camt.054)."""


class TransactionStatus(StrEnum):
    """Whether the money has moved."""

    BOOKED = "BOOKED"
    PENDING = "PENDING"
    INFORMATION = "INFORMATION"
    """Told for information only; no booking stands behind it."""

    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedBalance:
    """A balance of the bank account; a credit balance is positive, an overdraft negative."""

    code: str
    amount: Decimal
    currency: str
    balance_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedTransaction:
    """One movement of money: an entry of the bank, or one payment of a batch entry.

    `position` is the line of the file it starts on. `entry_number` counts the bank's entries in the statement
    from 1 and `detail_number` the payments within one entry from 1 (0: the entry itself).
    `counterparty_*` is the other side: who paid for money in, who was paid for money out;
    `counterparty_bic` is their bank where the format says it.
    `entry_reference` is the bank's reference of the whole entry, shared by the payments of a batch and by the
    notification that details it; `account_servicer_reference` is the bank's reference of this payment.
    `credited_iban` is the account of ours that the payer wrote, where it is another than the statement's.
    `return_reason` is the bank's code when this movement undoes an earlier one.
    `dedup_key` is the same each time the same movement is read again, from whatever file.
    """

    position: int
    entry_number: int
    detail_number: int = 0
    status: TransactionStatus = TransactionStatus.BOOKED
    booking_date: date | None
    value_date: date | None = None
    amount: Decimal
    currency: str
    counterparty_name: str = ""
    counterparty_iban: str = ""
    counterparty_account: str = ""
    counterparty_bic: str = ""
    credited_iban: str = ""
    ultimate_debtor: str = ""
    text: str = ""
    additional_text: str = ""
    structured_references: tuple[str, ...] = ()
    end_to_end_id: str = ""
    mandate_id: str = ""
    transaction_id: str = ""
    account_servicer_reference: str = ""
    entry_reference: str = ""
    bank_code: str = ""
    return_reason: str = ""
    is_reversal: bool = False
    batch_id: str = ""
    batch_count: int | None = None
    instructed_amount: Decimal | None = None
    instructed_currency: str = ""
    content_key: str = ""
    dedup_key: str = ""

    @property
    def is_booked(self) -> bool:
        """Say whether this is money that has moved."""
        return self.status is TransactionStatus.BOOKED


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedStatement:
    """One statement (or report, or notification) of one bank account.

    `account_iban` is blank when the bank names the account otherwise (`account_other_id`).
    `transaction_sum` adds the booked movements in the statement's currency.
    `balanced` is opening + sum = closing; None when the file does not hold both balances, when a movement was
    rejected, or when movements are in another currency: then nobody can say.
    """

    position: int
    kind: StatementKind
    statement_id: str
    sequence: str = ""
    account_iban: str = ""
    account_other_id: str = ""
    account_owner: str = ""
    currency: str = ""
    from_date: date | None = None
    to_date: date | None = None
    opening: ParsedBalance | None = None
    closing: ParsedBalance | None = None
    transactions: tuple[ParsedTransaction, ...] = ()
    rejected: tuple[RejectedLine, ...] = ()
    remarks: tuple[LineRemark, ...] = ()
    transaction_sum: Decimal = Decimal(0)
    balanced: bool | None = None

    @property
    def account_id(self) -> str:
        """Return what names the bank account: its IBAN, else what the bank calls it."""
        return self.account_iban or self.account_other_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFile:
    """Everything one file said."""

    format: str
    message_id: str = ""
    statements: tuple[ParsedStatement, ...]
    rejected: tuple[RejectedLine, ...] = field(default=())

    @property
    def transactions_read(self) -> int:
        """Count the movements read, whatever their status."""
        return sum(len(statement.transactions) for statement in self.statements)

    @property
    def all_rejected(self) -> tuple[RejectedLine, ...]:
        """Return what could not be read: of the file, then of each statement in order."""
        return self.rejected + tuple(line for statement in self.statements for line in statement.rejected)


class StatementReader(Protocol):
    """Port of the `quittance.statements` entry points: reads one format of banks."""

    identifier: str
    label: str

    def supports(self, head: bytes) -> bool:
        """Say from the first bytes (up to 64 KiB) whether the file is of this format."""

    def read(self, stream: BinaryIO) -> StatementFile:
        """Read it all. :raises FileRefused: when nothing of it may be kept."""


def content_key(
    *,
    account_id: str,
    booking_date: date | None,
    amount: Decimal,
    currency: str,
    references: Sequence[str],
    text: str,
) -> str:
    """Return the fingerprint of a movement's content, blind to spacing and letter case.

    Two equal payments on one day have the same content key; `number_duplicates` tells them apart.

    >>> args = {"booking_date": date(2026, 1, 5), "amount": Decimal("10.00"), "currency": "EUR"}
    >>> one = content_key(account_id="FR76 1", references=["A 1"], text="Invoice  7", **args)
    >>> one == content_key(account_id="fr761", references=["a1"], text="INVOICE 7", **args)
    True
    >>> one == content_key(account_id="FR761", references=["A2"], text="INVOICE 7", **args)
    False
    """
    parts = (
        "".join(account_id.split()),
        booking_date.isoformat() if booking_date else "",
        format(amount.normalize(), "f"),
        currency,
        *("".join(reference.split()) for reference in references),
        " ".join(text.split()),
    )
    return hashlib.sha256("\x1f".join(parts).casefold().encode()).hexdigest()[:40]


def dedup_key(*, content: str, ordinal: int) -> str:
    """Return the key of the `ordinal`-th movement (from 0) that has this content on its account.

    >>> dedup_key(content="ab", ordinal=0), dedup_key(content="ab", ordinal=1)
    ('ab-0', 'ab-1')
    """
    return f"{content}-{ordinal}"


def number_duplicates(transactions: Iterable[ParsedTransaction]) -> tuple[ParsedTransaction, ...]:
    """Give each movement its `dedup_key`, counting equal contents in the order of the statement."""
    seen: Counter[str] = Counter()
    numbered = []
    for transaction in transactions:
        ordinal = seen[transaction.content_key]
        seen[transaction.content_key] += 1
        key = dedup_key(content=transaction.content_key, ordinal=ordinal)
        numbered.append(replace(transaction, dedup_key=key))
    return tuple(numbered)


def is_balanced(
    *, opening: ParsedBalance | None, closing: ParsedBalance | None, transaction_sum: Decimal
) -> bool | None:
    """Say whether opening + sum = closing; None when a balance is missing or currencies differ.

    >>> def euro(amount): return ParsedBalance(
    ...     code="OPBD", amount=Decimal(amount), currency="EUR", balance_date=None)
    >>> is_balanced(opening=euro("10"), closing=euro("7.50"), transaction_sum=Decimal("-2.50"))
    True
    >>> is_balanced(opening=euro("10"), closing=euro("10"), transaction_sum=Decimal("0.01"))
    False
    >>> is_balanced(opening=None, closing=euro("10"), transaction_sum=Decimal(0)) is None
    True
    """
    if opening is None or closing is None or opening.currency != closing.currency:
        return None
    return opening.amount + transaction_sum == closing.amount
