"""The open items that bank lines may be matched with, arranged for the strategies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from quittance.core.matching.references import ReferenceHit, ReferenceIndex
from quittance.core.matching.values import BankLine, CandidateItem, EvidenceKind

NOT_GIVEN = frozenset({"", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NONE"})


class CandidatePool:
    """Open items by id, and by family, currency and amount; built once for a batch, then only read.

    When the references of more items than these are to be found, pass an index built from them; hits on items
    that are not in the pool are then ignored.
    """

    def __init__(self, items: Iterable[CandidateItem], index: ReferenceIndex | None = None) -> None:
        self._items: dict[int, CandidateItem] = {}
        self._by_amount: defaultdict[tuple[int, str, int], list[int]] = defaultdict(list)
        for item in items:
            if item.item_id in self._items:
                raise ValueError(f"item {item.item_id} is twice among the candidates")
            self._items[item.item_id] = item
            if item.amount_open_minor:
                self._by_amount[item.account_family, item.currency, item.amount_open_minor].append(item.item_id)
        if index is None:
            index = ReferenceIndex(
                (reference, item.item_id) for item in self._items.values() for reference in item.references
            )
        self.index = index

    def find_item(self, item_id: int) -> CandidateItem | None:
        """Return an item by its id, None when it is not in the pool."""
        return self._items.get(item_id)

    def list_by_amount(self, *, account_family: int, currency: str, amount_minor: int) -> list[CandidateItem]:
        """Return the items of exactly this open amount, disputed ones too, oldest due date first."""
        ids = self._by_amount.get((account_family, currency, amount_minor), ())
        return sorted((self._items[item_id] for item_id in ids), key=by_age)

    def find_references(self, line: BankLine) -> tuple[ReferenceHit, ...]:
        """Return each reference that the line carries, once, from its most telling place."""
        hits: dict[str, ReferenceHit] = {}
        for reference in line.structured_references:
            for hit in self.index.find_whole(reference, EvidenceKind.REFERENCE_STRUCTURED):
                hits.setdefault(hit.key, hit)
        for hit in self.index.find_in_text(line.text):
            hits.setdefault(hit.key, hit)
        if line.end_to_end_id.strip().upper() not in NOT_GIVEN:
            for hit in self.index.find_whole(line.end_to_end_id, EvidenceKind.REFERENCE_END_TO_END):
                hits.setdefault(hit.key, hit)
        return tuple(sorted(hits.values(), key=lambda hit: hit.key))


def by_age(item: CandidateItem) -> tuple[int, int]:
    """Order items by due date, then id."""
    return item.due_date.toordinal(), item.item_id
