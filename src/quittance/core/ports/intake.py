"""The door between files of an ERP and the ledger: what a reader yields, and how it says no.

A reader turns one file into a stream. It never loads the file whole, never raises for a bad line, and never
drops one silently: each line read becomes a record, a `RejectedLine`, or is counted as other (nothing owed).

Amounts are signed: a debit (the customer owes) is positive, a credit is negative.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from quittance.core.reasons import Reason

if TYPE_CHECKING:
    from pathlib import Path


class FileKind(StrEnum):
    """What the lines of a file are about."""

    OPEN_ITEMS = "OPEN_ITEMS"
    CUSTOMERS = "CUSTOMERS"
    CONTACTS = "CONTACTS"


class LineKind(StrEnum):
    """What a ledger line is, in the words of the ledger."""

    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"
    PAYMENT = "PAYMENT"
    ADJUSTMENT = "ADJUSTMENT"
    DEDUCTION = "DEDUCTION"
    WRITE_OFF = "WRITE_OFF"
    LATE_INTEREST = "LATE_INTEREST"
    INDEMNITY = "INDEMNITY"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One line of a customer account, as the ERP wrote it.

    `position` is the 1-based line (or sheet row) number in the file, headings included.
    `amount` is in `currency` (the document's), `amount_company` in the company's, both signed debit +.
    `external_id` is unique in the file and the same each time the same line is read again.
    `instalment` is 1 unless the document has several lines on one account.
    `extra` holds the filled columns that the reader has no use for, by their own heading.
    """

    position: int
    external_id: str
    account_number: str
    customer_name: str
    receivable_account: str
    company_code: str | None = None
    department_code: str | None = None
    kind: str
    document_number: str
    instalment: int = 1
    document_date: date
    posting_date: date
    due_date: date | None = None
    amount: Decimal
    currency: str
    amount_company: Decimal | None = None
    label: str = ""
    journal_code: str = ""
    entry_number: str = ""
    letter_code: str | None = None
    letter_date: date | None = None
    reference: str = ""
    terms_code: str | None = None
    extra: tuple[tuple[str, str], ...] = ()


LedgerRow: TypeAlias = tuple[str | int | None, ...]
"""A `LedgerLine` ready for COPY: same fields, same order (`LEDGER_ROW_COLUMNS`), each value as text.

`position` and `instalment` stay int; dates are ISO text, amounts plain decimal text ("-12.50"), None is NULL,
`extra` is the text of a JSON object (or None when empty). No value holds a NUL character.
"""

LEDGER_ROW_COLUMNS: Final[tuple[str, ...]] = tuple(field.name for field in fields(LedgerLine))

_ROW_DATES: Final = frozenset({"document_date", "posting_date", "due_date", "letter_date"})
_ROW_AMOUNTS: Final = frozenset({"amount", "amount_company"})
_EXTRA_TEXT: Final = json.JSONEncoder(ensure_ascii=False)


def ledger_line_from_row(row: LedgerRow) -> LedgerLine:
    """Turn a row for COPY back into its typed line."""
    values: dict[str, Any] = {}
    for name, value in zip(LEDGER_ROW_COLUMNS, row, strict=True):
        if isinstance(value, str) and name in _ROW_DATES:
            values[name] = date.fromisoformat(value)
        elif isinstance(value, str) and name in _ROW_AMOUNTS:
            values[name] = Decimal(value)
        elif name == "extra":
            values[name] = tuple(json.loads(str(value)).items()) if value else ()
        else:
            values[name] = value
    return LedgerLine(**values)


def ledger_row_from_line(line: LedgerLine) -> LedgerRow:
    """Turn a typed line into its row for COPY."""
    return (
        line.position,
        line.external_id,
        line.account_number,
        line.customer_name,
        line.receivable_account,
        line.company_code,
        line.department_code,
        line.kind,
        line.document_number,
        line.instalment,
        line.document_date.isoformat(),
        line.posting_date.isoformat(),
        line.due_date.isoformat() if line.due_date else None,
        f"{line.amount:f}",
        line.currency,
        None if line.amount_company is None else f"{line.amount_company:f}",
        line.label,
        line.journal_code,
        line.entry_number,
        line.letter_code,
        line.letter_date.isoformat() if line.letter_date else None,
        line.reference,
        line.terms_code,
        _EXTRA_TEXT.encode(dict(line.extra)) if line.extra else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterLine:
    """One customer of the customer master; blank text where the file says nothing.

    `iban` is the customer's own account, `virtual_iban` one of ours that only this customer is told to pay to.
    """

    position: int
    account_number: str
    customer_name: str
    company_code: str | None = None
    department_code: str | None = None
    parent_number: str | None = None
    siren: str | None = None
    vat_number: str | None = None
    street: str = ""
    postcode: str = ""
    city: str = ""
    country_code: str | None = None
    language_code: str | None = None
    currency: str | None = None
    terms_code: str | None = None
    payment_method: str | None = None
    collector: str | None = None
    credit_limit: Decimal | None = None
    discount_pct: Decimal | None = None
    discount_days: int | None = None
    is_strategic: bool | None = None
    email: str = ""
    phone: str = ""
    iban: str | None = None
    virtual_iban: str | None = None
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLine:
    """One person (or shared mailbox) at a customer."""

    position: int
    account_number: str
    company_code: str | None = None
    department_code: str | None = None
    contact_name: str = ""
    role: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    language_code: str | None = None
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedLine:
    """A line that was read and is not in; `reason` names the column and the value that was wrong."""

    position: int
    content: str
    reason: Reason

    @property
    def reason_code(self) -> str:
        """Return the code of the reason."""
        return self.reason.code.value


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRemark:
    """Something to tell a person about lines that ARE in (or hold nothing owed); nothing was lost.

    Examples: an entry whose debit and credit differ, a receivable line without auxiliary account.
    """

    position: int
    content: str
    reason: Reason

    @property
    def reason_code(self) -> str:
        """Return the code of the reason."""
        return self.reason.code.value


class FileRefused(Exception):  # noqa: N818  (a refusal with its reason, put into words where a person reads it)
    """Nothing (more) of this file can be read; what was read of it before must not be kept."""

    def __init__(self, reason: Reason, *, position: int | None = None) -> None:
        """Keep the reason, and the line where reading stopped, if any."""
        super().__init__(str(reason))
        self.reason = reason
        self.position = position

    @property
    def reason_code(self) -> str:
        """Return the code of the reason."""
        return self.reason.code.value


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingStats:
    """Counts and totals over one file, complete once its stream has ended.

    lines_read = lines_accepted + lines_rejected + lines_other; headings and blank lines are not counted.
    `receivable_debit` and `receivable_credit` add the file's own debit and credit columns over accepted
    lines (company currency; for a table without such columns, positive and negated negative amounts).
    They are control totals of the file; `totals_by_currency` holds (currency, debit, credit) apart: of the
    documents, unless `is_in_company_currency` says that the file's columns are in the company's.
    A letter group is one letter code on one account.
    """

    lines_read: int
    lines_accepted: int
    lines_rejected: int
    lines_other: int
    receivable_debit: Decimal
    receivable_credit: Decimal
    letter_groups: int
    letter_groups_balanced: int
    unbalanced_entries: int
    encoding: str
    layout: str
    totals_by_currency: tuple[tuple[str, Decimal, Decimal], ...] = ()
    is_in_company_currency: bool = False


IntakeRecord: TypeAlias = LedgerLine | MasterLine | ContactLine


class Reading(Protocol):
    """One file being read; each call of `records` or `rows` starts again at the first line."""

    @property
    def kind(self) -> FileKind:
        """Say what its records are."""

    def records(self) -> Iterator[IntakeRecord | RejectedLine | LineRemark]:
        """Yield typed records, rejected lines and remarks. :raises FileRefused:"""

    def rows(self) -> Iterator[LedgerRow | RejectedLine | LineRemark]:
        """Yield the same ledger lines as tuples for COPY (OPEN_ITEMS only). :raises FileRefused:"""

    @property
    def stats(self) -> ReadingStats:
        """Counts so far: final once the iterator of `records` or `rows` is exhausted."""

    @property
    def bytes_read(self) -> int:
        """Bytes of the file consumed so far, for a progress display."""


class LedgerFileReader(Protocol):
    """Port of the `quittance.erp` entry points: opens one kind of file."""

    identifier: str
    label: str

    def supports(self, *, name: str, head: bytes) -> bool:
        """Say whether this reader knows the file from its name and first 64 KiB."""

    def open(
        self,
        *,
        path: Path,
        settings: Mapping[str, object] | None = None,
    ) -> Reading:
        """Open the file. :raises FileRefused: when its form cannot be read at all."""
