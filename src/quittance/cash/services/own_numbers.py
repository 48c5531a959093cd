"""Learn that a payer names its own numbers, from what people match."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from quittance.cash.models import BankTransaction
from quittance.core.matching import Evidence, names_own_numbers
from quittance.ledger.queries.matching import list_references


def own_number_facts(*, row: BankTransaction, item_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return where a line names the items that it pays by the payer's numbers alone, as evidence. One query."""
    paid = list_references(item_ids=item_ids)
    return [_fact(one) for one in names_own_numbers(text=row.text, paid=paid)]


def _fact(one: Evidence) -> dict[str, Any]:
    return {"kind": one.kind.value, "text": one.text, "start": one.start, "end": one.end}
