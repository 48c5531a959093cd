"""Everything that writes at the cash desk."""

from quittance.cash.errors import (
    BatchNotFound,
    CashError,
    NotMatched,
    NotWaiting,
    ProposalNotFound,
    ProposalOutdated,
    ReturnDiffers,
    TransactionNotFound,
)
from quittance.cash.services.deciding import (
    accept_proposal,
    bring_back,
    match_items,
    post_on_account,
    reject_proposal,
    set_aside,
    undo_allocation,
    undo_match,
)
from quittance.cash.services.importing import (
    StatementImport,
    import_statement,
    register_statement_file,
    run_statement_import,
)
from quittance.cash.services.mapping import (
    TableProposal,
    TableSample,
    confirm_table,
    hold_for_columns,
    preview_table,
    propose_table,
)
from quittance.cash.services.matching import MatchRun, match_transactions
from quittance.cash.services.returning import match_returns, reverse_returned

__all__ = [
    "BatchNotFound",
    "CashError",
    "MatchRun",
    "NotMatched",
    "NotWaiting",
    "ProposalNotFound",
    "ProposalOutdated",
    "ReturnDiffers",
    "StatementImport",
    "TableProposal",
    "TableSample",
    "TransactionNotFound",
    "accept_proposal",
    "bring_back",
    "confirm_table",
    "hold_for_columns",
    "import_statement",
    "match_items",
    "match_returns",
    "match_transactions",
    "post_on_account",
    "preview_table",
    "propose_table",
    "register_statement_file",
    "reject_proposal",
    "reverse_returned",
    "run_statement_import",
    "set_aside",
    "undo_allocation",
    "undo_match",
]
