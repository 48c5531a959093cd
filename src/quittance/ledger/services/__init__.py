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
from quittance.ledger.intake.proposing import ImportProposal
from quittance.ledger.services.allocating import (
    NewAllocation,
    allocate,
    allocate_many,
    reverse_allocation,
    reverse_many,
)
from quittance.ledger.services.balances import ensure_balances_fresh, refresh_balances
from quittance.ledger.services.handing import NewHandedLine, hand_over, note_answers
from quittance.ledger.services.imports import (
    ImportNotFound,
    ImportRefused,
    fail_dead_imports,
    import_file,
    propose_profile,
    run_import,
    start_import,
    store_upload,
)
from quittance.ledger.services.locking import LockedItem, lock_items
from quittance.ledger.services.posting import (
    NewPayment,
    convert_to_company,
    post_payment,
    set_delay_reason,
)
from quittance.ledger.services.settling import NewDifference, Settled, Settlement, settle

__all__ = [
    "AccountsUnrelated",
    "AllocationExceedsOpenAmount",
    "AllocationNotFound",
    "AlreadyReversed",
    "AmountNotPositive",
    "CurrenciesDiffer",
    "ExternalIdTaken",
    "ImportNotFound",
    "ImportProposal",
    "ImportRefused",
    "ItemNotFound",
    "LedgerError",
    "LockedItem",
    "NewAllocation",
    "NewDifference",
    "NewHandedLine",
    "NewPayment",
    "RateMissing",
    "ReversalTooEarly",
    "Settled",
    "Settlement",
    "SidesDiffer",
    "allocate",
    "allocate_many",
    "convert_to_company",
    "ensure_balances_fresh",
    "fail_dead_imports",
    "hand_over",
    "import_file",
    "lock_items",
    "note_answers",
    "post_payment",
    "propose_profile",
    "refresh_balances",
    "reverse_allocation",
    "reverse_many",
    "run_import",
    "set_delay_reason",
    "settle",
    "start_import",
    "store_upload",
]
