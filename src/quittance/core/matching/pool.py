"""The open items that bank lines may be matched with, arranged for the strategies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from quittance.core.matching.families import Family, by_age, parts_of
from quittance.core.matching.references import (
    ReferenceHit,
    ReferenceIndex,
    fold_reference,
    keys_in_text,
    keys_of_reference,
)
from quittance.core.matching.values import BankLine, CandidateItem, EvidenceKind

NOT_GIVEN = frozenset({"", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NONE"})
_NOTHING = Family(())
PAID_PART_LENGTH_MIN = 6
_NO_HITS: Mapping[int, tuple[ReferenceHit, ...]] = {}

__all__ = ["NOT_GIVEN", "CandidatePool", "by_age"]


def _keys_of(reference: str) -> set[str]:
    """Return a paid document's reference and what people make of it, as long as it can be told from other numbers."""
    return {fold_reference(reference), *(part for part in parts_of(reference) if len(part) >= PAID_PART_LENGTH_MIN)}


def keys_to_find(*, line: BankLine) -> set[str]:
    """Return the folded references that a line may carry: an index of these alone finds in it what one of all does."""
    alone = (*line.structured_references, line.end_to_end_id, *(one.reference for one in line.announced))
    return keys_in_text(line.text).union(*map(keys_of_reference, alone)) - {""}


class CandidatePool:
    """Open items by id, and by family and currency; built once for a batch, then only read.

    When the references of more items than these are to be found, pass an index built from them; hits on items
    that are not in the pool are then ignored. ``amount_counts`` says how many open items of the company have an
    amount, and ``item_count`` how many it has in all, where the pool holds only some of them. ``closed_references``
    are references of documents that are paid. ``hits`` are the references that lines carry, by line id, where the
    caller has found them in this index before.
    ``announced`` are sets of items that their customers said they pay, or
    promised to; a set of which an item is not in the pool, or that spans families or currencies, is left out.
    """

    def __init__(
        self,
        items: Iterable[CandidateItem],
        index: ReferenceIndex | None = None,
        *,
        amount_counts: Mapping[tuple[str, int], int] | None = None,
        item_count: int | None = None,
        closed_references: Collection[str] = (),
        hits: Mapping[int, tuple[ReferenceHit, ...]] = _NO_HITS,
        announced: Iterable[Collection[int]] = (),
    ) -> None:
        self._items: dict[int, CandidateItem] = {}
        by_family: defaultdict[tuple[int, str], list[CandidateItem]] = defaultdict(list)
        for item in items:
            if item.item_id in self._items:
                raise ValueError(f"item {item.item_id} is twice among the candidates")
            self._items[item.item_id] = item
            by_family[item.account_family, item.currency].append(item)
        self._by_family = dict(by_family)
        self._announced = self._arranged(announced)
        self._families: dict[tuple[int, str], Family] = {}
        self._by_amount: dict[tuple[str, int], list[CandidateItem]] | None = None
        self._amount_counts = amount_counts
        self._hits = hits
        self.item_count = len(self._items) if item_count is None else item_count
        self.closed_references = frozenset(key for one in closed_references for key in _keys_of(one))
        if index is None:
            index = ReferenceIndex(
                (reference, item.item_id) for item in self._items.values() for reference in item.references
            )
        self.index = index

    def _arranged(self, announced: Iterable[Collection[int]]) -> dict[tuple[int, str], list[tuple[CandidateItem, ...]]]:
        """Return each set of announced items once, by family and currency."""
        found: defaultdict[tuple[int, str], list[tuple[CandidateItem, ...]]] = defaultdict(list)
        for ids in sorted({tuple(sorted(set(one))) for one in announced}):
            items = tuple(self._items[id_] for id_ in ids if id_ in self._items)
            keys = {(item.account_family, item.currency) for item in items}
            if len(items) == len(ids) and len(keys) == 1:
                found[keys.pop()].append(items)
        return dict(found)

    def announced_of(self, *, account_family: int, currency: str) -> tuple[tuple[CandidateItem, ...], ...]:
        """Return the sets of items that a family has announced in a currency."""
        return tuple(self._announced.get((account_family, currency), ()))

    def find_item(self, item_id: int) -> CandidateItem | None:
        """Return an item by its id, None when it is not in the pool."""
        return self._items.get(item_id)

    def family(self, *, account_family: int, currency: str) -> Family:
        """Return the open items of a family in a currency; an empty family when it has none."""
        key = (account_family, currency)
        found = self._families.get(key)
        if found is None:
            items = self._by_family.get(key)
            found = self._families[key] = Family(items) if items else _NOTHING
        return found

    def list_of_amount(self, *, currency: str, amount_minor: int) -> list[CandidateItem]:
        """Return the items of any family with exactly this open amount, by id."""
        if self._by_amount is None:
            found: defaultdict[tuple[str, int], list[CandidateItem]] = defaultdict(list)
            for item in sorted(self._items.values(), key=lambda one: one.item_id):
                found[item.currency, item.amount_open_minor].append(item)
            self._by_amount = dict(found)
        return self._by_amount.get((currency, amount_minor), [])

    def count_of_amount(self, *, currency: str, amount_minor: int) -> int:
        """Return how many open items of the company have exactly this amount."""
        if self._amount_counts is None:
            self._amount_counts = Counter((one.currency, one.amount_open_minor) for one in self._items.values())
        return self._amount_counts.get((currency, amount_minor), 0)

    def find_references(self, line: BankLine) -> tuple[ReferenceHit, ...]:
        """Return each reference that the line carries, once, from its most telling place."""
        if (known := self._hits.get(line.id)) is not None:
            return known
        hits: dict[str, ReferenceHit] = {}
        for reference in line.structured_references:
            for hit in self.index.find_whole(reference, EvidenceKind.REFERENCE_STRUCTURED):
                hits.setdefault(hit.key, hit)
        for hit in self.index.find_in_text(line.text):
            hits.setdefault(hit.key, hit)
        if line.end_to_end_id.strip().upper() not in NOT_GIVEN:
            for hit in self.index.find_whole(line.end_to_end_id, EvidenceKind.REFERENCE_END_TO_END):
                hits.setdefault(hit.key, hit)
        for announced in line.announced:
            for hit in self.index.find_whole(announced.reference, EvidenceKind.REFERENCE_ANNOUNCED):
                hits.setdefault(hit.key, hit)
        return tuple(sorted(hits.values(), key=lambda hit: hit.key))
