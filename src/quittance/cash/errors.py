"""What the cash desk refuses, by name; each message says what and why."""

from __future__ import annotations


class CashError(Exception):
    """Base of all refusals of the cash desk."""


class TransactionNotFound(CashError):
    """No bank transaction has this id (or the reader may not see it)."""


class ProposalNotFound(CashError):
    """No match proposal has this id (or the reader may not see it)."""


class NotWaiting(CashError):
    """The bank transaction has been dealt with by someone else in the meantime."""


class NotMatched(CashError):
    """There is nothing to undo on this bank transaction."""


class ReturnDiffers(CashError):
    """The return is not of the amount, currency or company of the payment it would undo."""


class ProposalOutdated(CashError):
    """The items have changed since the proposal was made: what it would take is no longer open."""


class BatchNotFound(CashError):
    """No import of a statement has this id."""
