"""The door between collections and the files of banks: what a writer of debits takes, what a reader of answers yields.

A writer refuses what no bank would take (`OrderRefused`) and gives the same bytes for the same order. A reader is
total: an answer about a debit that cannot be read is a `RejectedLine`, a file that cannot be read is `FileRefused`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import BinaryIO, Protocol

from quittance.core.ports.intake import FileRefused, RejectedLine

__all__ = [
    "Amendment",
    "AnsweredDebit",
    "DebitGroup",
    "DebitLine",
    "DebitOrder",
    "DebitWriter",
    "FileRefused",
    "OrderRefused",
    "Party",
    "RejectedLine",
    "Status",
    "StatusReader",
    "StatusReport",
]


class OrderRefused(ValueError):
    """The order cannot be written as a file that banks take; the text says what is wrong with which part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A creditor or debtor with its address in parts; town and country are both there, or the address is left out."""

    name: str
    street: str = ""
    postcode: str = ""
    town: str = ""
    country: str = ""

    @property
    def has_address(self) -> bool:
        """Say whether there is an address that the schemes take since 15 November 2026."""
        return bool(self.town.strip()) and len(self.country) == 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What changed on a mandate since its last collection; blank is unchanged.

    `is_bank_changed`: the account is at another bank (SMNDA); the old IBAN is not told then.
    """

    original_reference: str = ""
    original_creditor_name: str = ""
    original_creditor_identifier: str = ""
    original_iban: str = ""
    is_bank_changed: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.original_reference
            or self.original_creditor_name
            or self.original_creditor_identifier
            or self.original_iban
            or self.is_bank_changed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitLine:
    """One debit in euro; `amount` is positive, `text` is what the debtor reads on its statement."""

    end_to_end_id: str
    amount: Decimal
    mandate_reference: str
    signed_on: date
    debtor: Party
    iban: str
    bic: str = ""
    text: str = ""
    amendment: Amendment = Amendment()


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitGroup:
    """Debits that the bank books together: one scheme (CORE, B2B), one kind of collection, one day."""

    payment_information_id: str
    scheme: str
    sequence_type: str
    collection_date: date
    lines: tuple[DebitLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitOrder:
    """A whole file: `created_at` is aware."""

    message_id: str
    created_at: datetime
    creditor: Party
    creditor_identifier: str
    iban: str
    bic: str = ""
    groups: tuple[DebitGroup, ...]


class DebitWriter(Protocol):
    """Writes collections as files for the bank."""

    identifier: str
    label: str

    def write(self, order: DebitOrder) -> bytes:
        """Return the file. :raises OrderRefused:"""


class Status(StrEnum):
    """What the bank says of a file or of a part of it."""

    ACCEPTED = "ACCEPTED"
    PART = "PART"
    PENDING = "PENDING"
    REJECTED = "REJECTED"
    NOT_TOLD = "NOT_TOLD"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredDebit:
    """What the bank says of one debit; `reason_code` as of ISO 20022, or the bank's own."""

    position: int
    end_to_end_id: str
    payment_information_id: str
    status: Status
    reason_code: str = ""
    reason_text: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredGroup:
    """What the bank says of one group as a whole."""

    payment_information_id: str
    status: Status
    reason_code: str = ""
    reason_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """An answer of the bank to one of our files, known by `original_message_id`."""

    format: str
    message_id: str
    original_message_id: str
    status: Status
    reason_code: str = ""
    reason_text: str = ""
    groups: Sequence[AnsweredGroup] = ()
    debits: Sequence[AnsweredDebit] = ()
    rejected: Sequence[RejectedLine] = ()


class StatusReader(Protocol):
    """Reads answers of banks."""

    identifier: str
    label: str

    def supports(self, head: bytes) -> bool:
        """Say whether a file begins like one of these."""

    def read(self, stream: BinaryIO) -> StatusReport:
        """Read it all. :raises FileRefused:"""
