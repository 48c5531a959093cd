"""What can go wrong between the queue and the ERP."""

from __future__ import annotations


class WriteBackError(Exception):
    """Base of the errors of this app."""


class NothingWaits(WriteBackError):
    """There is nothing to export."""


class BatchNotFound(WriteBackError):
    """There is no such batch, or the reader may not see it."""


class FileDamaged(WriteBackError):
    """The kept file is gone, or is not what left."""


class AnswerRefused(WriteBackError):
    """An answer of the ERP that does not fit: which entry, and why."""


class PlanRefused(WriteBackError):
    """An account or journal that cannot stand in a file; `field` says which."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"{field} is blank, too long or holds a character that no file takes")
