"""What a letter says, as plain values: any app above fills them, `rendering` turns them into a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class LetterKind(StrEnum):
    """What a letter is; code as stored."""

    REMINDER = "REMINDER"
    FORMAL_NOTICE = "FORMAL_NOTICE"
    STATEMENT = "STATEMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Our company as it signs; `country` (ISO 3166) decides where the window of its envelopes is."""

    name: str
    country: str
    street: str = ""
    postcode: str = ""
    town: str = ""
    legal_identifier: str = ""
    vat_number: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """Where to pay."""

    iban: str
    bic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who writes to whom: what every letter to an account has in common.

    `recipient_lines` is the postal address as it stands in the window; `is_complete` says whether the post can
    deliver there.
    """

    account_id: int
    company_id: int
    account_number: str
    customer_name: str
    language: str
    sender: Sender
    recipient_lines: tuple[str, ...]
    is_complete: bool
    bank_account: BankAccount | None
    signatory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """One line of the list; amounts signed, debit positive.

    `amount` is what is asked for or open; `amount_whole` the amount it is a part of (equal when it is all of it).
    `days_late` None where lateness is not spoken of. `kind` is an item's kind, for statements. `note` is what the
    customer knows of it already, e.g. that it is in dispute.
    """

    document_number: str
    document_date: date
    due_date: date | None
    days_late: int | None
    currency: str
    amount: Decimal
    amount_whole: Decimal
    kind: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SumLine:
    """A sum with its words, below the total of a currency and not in it."""

    label: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A whole letter.

    `before` and `after` are paragraphs around the list; `reference` is an ISO 11649 creditor reference to quote.
    `is_courtesy` letters are written before the due date: nothing in them is late. `asked` are the sums to pay by
    currency where they differ from those of the list (a statement lists what is not due yet).
    """

    kind: LetterKind
    head: Letterhead
    language: str
    letter_date: date
    subject: str
    before: tuple[str, ...]
    items: tuple[ListedItem, ...]
    after: tuple[str, ...] = ()
    beside: tuple[SumLine, ...] = ()
    beside_note: str = ""
    reference: str = ""
    asked: tuple[tuple[str, Decimal], ...] = ()
    is_courtesy: bool = False
    is_registered: bool = False
    tracking_number: str = ""

    def to_pay(self) -> list[tuple[str, Decimal]]:
        """Return what the customer is asked to pay, by currency; sums not above zero are left out."""
        sums = self.asked or [(currency, total) for currency, _, total in self.by_currency()]
        return [(currency, total) for currency, total in sums if total > 0]

    def by_currency(self) -> list[tuple[str, list[ListedItem], Decimal]]:
        """Return the lines of each currency with their sum, in the order of the codes."""
        found: dict[str, list[ListedItem]] = {}
        for item in self.items:
            found.setdefault(item.currency, []).append(item)
        return [
            (currency, lines, sum((line.amount for line in lines), Decimal(0)))
            for currency, lines in sorted(found.items())
        ]
