"""What the API takes and gives. Amounts are texts with a decimal point, days are ISO."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Schema
from pydantic import ConfigDict, Field


class Asked(Schema):
    """A body: nothing in it that is not known."""

    model_config = ConfigDict(extra="forbid")


class RejectedLineOut(Schema):
    """A line of a file that was not taken in."""

    position: int
    reason_code: str
    reason_params: dict[str, str | int]
    reason: str


class StatementOut(Schema):
    """What became of a bank file: the object that `quittance import statement --json` prints."""

    format: str
    status: str
    transactions_read: int
    transactions_new: int
    duplicates: int
    pending: int
    rejected: int
    opening: str | None
    closing: str | None
    sum: str | None
    balanced: bool | None
    statements: int
    gaps: int
    doubtful: int
    rejected_lines: list[RejectedLineOut]
    message: str
    reason_code: str
    reason_params: dict[str, str | int]
    matched: int | None = None
    proposed: int | None = None
    unexplained: int | None = None


class FileOut(Schema):
    """A file of a batch."""

    format: str
    filename: str
    size_bytes: int
    sha256: str
    href: str


class BatchOut(Schema):
    """A batch that left for the ERP."""

    id: int
    company: str
    number: int
    exported_on: date
    exported_at: datetime
    exported_by: str
    entries: int
    lines: int
    currency: str
    total: str = Field(description="Debits, which equal credits, of all lines, in company currency.")
    unanswered: int
    acknowledged: int
    refused: int
    files: list[FileOut] = []


class BatchesOut(Schema):
    """A page of batches, the latest first."""

    items: list[BatchOut]
    next: str | None = Field(description="The address of the next page; null on the last.")


class ExportIn(Asked):
    """What to export."""

    company: str = Field("", description="Code of the company; not needed by a token for one.")


class EntryAnswer(Asked):
    """What the ERP says of one entry."""

    number: int = Field(ge=1)
    reference: str = Field("", max_length=80)
    refused: str = Field("", max_length=200, description="Why the ERP refuses it; blank: it took it.")


class AnswerIn(Asked):
    """What the ERP says of a batch."""

    reference: str = Field("", max_length=80, description="The ERP's own reference of all that is not named.")
    entries: list[EntryAnswer] = Field([], max_length=100_000, description="What differs from entry to entry.")
    is_complete: bool = Field(
        True, description="All other unanswered entries were taken. False: nothing is said of them."
    )


class AnswerOut(Schema):
    """What was noted."""

    acknowledged: int
    refused: int
    unchanged: int
    unfit: list[int] = Field(description="Entries that are not of the batch, or were answered otherwise before.")


class ItemOut(Schema):
    """An open item; debits are positive, credits negative."""

    id: int
    company: str
    account: str
    customer: str
    customer_number: str
    kind: str
    document: str
    document_date: date
    due_date: date
    currency: str
    amount: str
    open: str
    days_late: int
    state: str = Field(description="DISPUTED, PROMISED, or blank.")
    source: str
    erp_key: str


class ItemsOut(Schema):
    """A page of open items."""

    items: list[ItemOut]
    next: str | None = Field(description="The address of the next page; null on the last.")
