"""Everything that writes to the ledger."""

from quittance.ledger.errors import (
    AccountsUnrelated,
    AllocationExceedsOpenAmount,
    AllocationNotFound,
    AlreadyReversed,
    AmountNotPositive,
    CurrenciesDiffer,
    ExternalIdTaken,
    ItemNotFound,
    LedgerError,
    RateMissing,
    ReversalTooEarly,
    SidesDiffer,
)
from quittance.ledger.services.allocating import (
    NewAllocation,
    allocate,
    allocate_many,
    reverse_allocation,
    reverse_many,
)
from quittance.ledger.services.balances import ensure_balances_fresh, refresh_balances
from quittance.ledger.services.locking import LockedItem, lock_items
from quittance.ledger.services.posting import convert_to_company, post_payment, set_delay_reason

__all__ = [
    "AccountsUnrelated",
    "AllocationExceedsOpenAmount",
    "AllocationNotFound",
    "AlreadyReversed",
    "AmountNotPositive",
    "CurrenciesDiffer",
    "ExternalIdTaken",
    "ItemNotFound",
    "LedgerError",
    "LockedItem",
    "NewAllocation",
    "RateMissing",
    "ReversalTooEarly",
    "SidesDiffer",
    "allocate",
    "allocate_many",
    "convert_to_company",
    "ensure_balances_fresh",
    "lock_items",
    "post_payment",
    "refresh_balances",
    "reverse_allocation",
    "reverse_many",
    "set_delay_reason",
]
