"""What can go wrong with debits."""

from __future__ import annotations

from collections.abc import Mapping


class DebitRefused(ValueError):
    """It cannot be done; `field` names what is wrong, the message says why."""

    def __init__(self, text: str, *, field: str = "") -> None:
        super().__init__(text)
        self.field = field


class NothingToDebit(DebitRefused):
    """Nothing due by then can be debited; `reasons` counts items by code of `core.debits.DebitReason`."""

    def __init__(self, text: str, *, reasons: Mapping[str, int]) -> None:
        super().__init__(text)
        self.reasons = dict(reasons)


class MandateNotFound(LookupError):
    """No mandate of the scope has this id."""


class CollectionNotFound(LookupError):
    """No collection of the scope has this id."""


class InstructionNotFound(LookupError):
    """No debit of the scope has this id."""
