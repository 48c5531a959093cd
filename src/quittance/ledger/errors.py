"""What the ledger refuses, by name; each message says what and why."""

from __future__ import annotations

from decimal import Decimal


class LedgerError(Exception):
    """Base of all refusals of the ledger."""


class ItemNotFound(LedgerError):
    """No open item has this id."""

    def __init__(self, item_ids: set[int]) -> None:
        self.item_ids = tuple(sorted(item_ids))
        super().__init__(f"no item {', '.join(map(str, self.item_ids))}")


class AllocationNotFound(LedgerError):
    """No allocation has this id."""


class AllocationExceedsOpenAmount(LedgerError):
    """More would be applied than the item has open."""

    def __init__(self, *, item_id: int, amount: Decimal, amount_open: Decimal) -> None:
        self.item_id, self.amount, self.amount_open = item_id, amount, amount_open
        super().__init__(f"item {item_id} has {abs(amount_open)} open, {amount} cannot be applied")


class AmountNotPositive(LedgerError):
    """The amount of a payment or an allocation is zero or less."""


class CurrenciesDiffer(LedgerError):
    """Debit and credit are not in one currency."""


class SidesDiffer(LedgerError):
    """An allocation needs one debit and one credit item."""


class AccountsUnrelated(LedgerError):
    """Debit and credit belong to different companies or to customers of different groups."""


class AlreadyReversed(LedgerError):
    """The allocation was undone before."""


class ReversalTooEarly(LedgerError):
    """A reversal cannot take effect before its allocation."""


class RateMissing(LedgerError):
    """No exchange rate up to the day is known, and no company-currency amount was given."""


class ExternalIdTaken(LedgerError):
    """Another item with other facts already has this source and external id."""
