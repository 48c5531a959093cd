"""What the cash desk refuses, by name; each message says what and why."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal


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


class LearntNotFound(CashError):
    """Nothing of this id was learnt (or the reader may not see the customer)."""


class LearntRefused(CashError):
    """A payer cannot be kept like this: `field` is wrong, `problem` is INVALID, EMPTY or TAKEN."""

    def __init__(self, field: str, problem: str) -> None:
        self.field, self.problem = field, problem
        super().__init__(f"{field}: {problem}")


class RuleRefused(CashError):
    """A rule of differences cannot be as asked; `field` names what is wrong."""

    def __init__(self, field: str, text: str) -> None:
        self.field = field
        super().__init__(text)


class BatchNotFound(CashError):
    """No import of a statement has this id."""


class LineHeld(CashError):
    """Somebody else has the bank line open: wait, or take it over explicitly."""

    def __init__(self, *, name: str, until: datetime) -> None:
        self.name, self.until = name, until
        super().__init__(f"{name} has this line open until {until:%H:%M}")


class DifferenceAboveLimit(CashError):
    """The difference is more than this person may post: a manager decides. Amounts in company currency."""

    def __init__(self, *, amount: Decimal, limit: Decimal, currency: str) -> None:
        self.amount, self.limit, self.currency = amount, limit, currency
        super().__init__(f"a difference of {amount} {currency} is above the limit of {limit} {currency}")


class DifferenceOfOtherKind(CashError):
    """A fee or a discount makes a payment short; this one is more than what it pays."""


class RequestNotFound(CashError):
    """No open request has this id (or the reader may not see it)."""


class NotForYou(CashError):
    """Somebody else has to decide this, or to answer: not who asked, nor whoever was not asked."""


class PartsDiffer(CashError):
    """The parts of a line are two or more positive amounts that add up to it."""


class CollectionNotFound(CashError):
    """The line is not the sum of a collection of direct debits that is at the bank."""


class PartInUse(CashError):
    """A part of the line stands in the books: undo it first."""


class QuestionNotFound(CashError):
    """No question has this id (or the reader may not see it)."""


class LimitRefused(CashError):
    """A limit belongs to a role or a person of the company, and is not negative."""
