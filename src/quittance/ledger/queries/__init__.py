"""Everything that reads the ledger."""

from quittance.ledger.queries.aged import AgedBalanceReport, AgedBalanceRow, GroupBy, aged_balance
from quittance.ledger.queries.allocations import list_allocations, list_settlements
from quittance.ledger.queries.as_of import Relation, is_present, items_open_on

__all__ = [
    "AgedBalanceReport",
    "AgedBalanceRow",
    "GroupBy",
    "Relation",
    "aged_balance",
    "is_present",
    "items_open_on",
    "list_allocations",
    "list_settlements",
]
