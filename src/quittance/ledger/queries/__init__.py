"""Everything that reads the ledger."""

from quittance.ledger.queries.aged import AgedBalanceReport, AgedBalanceRow, GroupBy, aged_balance
from quittance.ledger.queries.allocations import list_allocations, list_settlements
from quittance.ledger.queries.as_of import Relation, is_present, items_open_on
from quittance.ledger.queries.customers import (
    AccountWithBalance,
    Customer360,
    get_customer_360,
    list_balances,
)
from quittance.ledger.queries.items import ItemDetail, find_item, list_items, search_items

__all__ = [
    "AccountWithBalance",
    "AgedBalanceReport",
    "AgedBalanceRow",
    "Customer360",
    "GroupBy",
    "ItemDetail",
    "Relation",
    "aged_balance",
    "find_item",
    "get_customer_360",
    "is_present",
    "items_open_on",
    "list_allocations",
    "list_balances",
    "list_items",
    "list_settlements",
    "search_items",
]
