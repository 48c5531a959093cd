"""The one table component: declare columns and filters, give rows, render. See web/README.md."""

from quittance.web.tables.columns import Column
from quittance.web.tables.conditions import AllOf, AnyOf, Condition, Raw, Where
from quittance.web.tables.filters import (
    AmountFilter,
    ChoiceFilter,
    DateFilter,
    Filter,
    FilterError,
    FlagFilter,
    TextFilter,
)
from quittance.web.tables.sources import ListSource, Order, QuerySetSource, Source
from quittance.web.tables.table import BulkAction, Empty, Table

__all__ = [
    "AllOf",
    "AmountFilter",
    "AnyOf",
    "BulkAction",
    "ChoiceFilter",
    "Column",
    "Condition",
    "DateFilter",
    "Empty",
    "Filter",
    "FilterError",
    "FlagFilter",
    "ListSource",
    "Order",
    "QuerySetSource",
    "Raw",
    "Source",
    "Table",
    "TextFilter",
    "Where",
]
