"""The open items of one account family in one currency, as the strategies look at them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property

from quittance.core.matching.own_numbers import own_numbers_of
from quittance.core.matching.references import fold_reference, reference_strength
from quittance.core.matching.values import CandidateItem

_DIGITS = re.compile(r"\d+")
PART_LENGTH_MIN = 3


def by_age(item: CandidateItem) -> tuple[int, int]:
    """Order items by due date, then id."""
    return item.due_date.toordinal(), item.item_id


class Family:
    """Items that one payer may pay, oldest first; what is disputed is kept apart. Built once, then only read."""

    def __init__(self, items: Iterable[CandidateItem]) -> None:
        """Take the items of one family and currency."""
        ordered = sorted((one for one in items if one.amount_open_minor), key=by_age)
        self.items = tuple(one for one in ordered if not one.disputed)
        self.disputed = tuple(one for one in ordered if one.disputed)

    @cached_property
    def standing(self) -> tuple[CandidateItem, ...]:
        """Return the items without each credit note and the oldest debit of its very amount, which settle each other.

        Such a pair could be added to any sum and change nothing.
        """
        debits: defaultdict[int, list[CandidateItem]] = defaultdict(list)
        for item in self.items:
            if item.amount_open_minor > 0:
                debits[item.amount_open_minor].append(item)
        gone: set[int] = set()
        for note in self.credits:
            if same := debits[-note.amount_open_minor]:
                gone |= {note.item_id, same.pop(0).item_id}
        return tuple(item for item in self.items if item.item_id not in gone) if gone else self.items

    @cached_property
    def in_document_order(self) -> tuple[CandidateItem, ...]:
        """Return the standing items by document date."""
        return tuple(sorted(self.standing, key=lambda item: (item.document_date, item.item_id)))

    @cached_property
    def balance_minor(self) -> int:
        """Return the sum of what is open."""
        return sum(item.amount_open_minor for item in self.items)

    @cached_property
    def credits(self) -> tuple[CandidateItem, ...]:
        """Return the credit notes, oldest first."""
        return tuple(item for item in self.items if item.amount_open_minor < 0)

    @cached_property
    def by_amount(self) -> Mapping[int, list[CandidateItem]]:
        """Return the items by their open amount."""
        found: defaultdict[int, list[CandidateItem]] = defaultdict(list)
        for item in self.items:
            found[item.amount_open_minor].append(item)
        return dict(found)

    @cached_property
    def discounted(self) -> tuple[CandidateItem, ...]:
        """Return the items of which a discount may be deducted."""
        return tuple(item for item in self.items if item.discount_minor > 0)

    @cached_property
    def months(self) -> tuple[tuple[CandidateItem, ...], ...]:
        """Return the items of each month, by document date and by due date, where they are more than one."""
        found: dict[tuple[str, int, int], list[CandidateItem]] = {}
        for item in self.standing:
            for name, day in (("document", item.document_date), ("due", item.due_date)):
                found.setdefault((name, day.year, day.month), []).append(item)
        groups = {tuple(items) for items in found.values() if len(items) > 1}
        return tuple(sorted(groups, key=lambda items: [item.item_id for item in items]))

    @cached_property
    def due_dates(self) -> tuple[tuple[date, int, int], ...]:
        """Return due date, number of items due until then, and their sum, in the order of the days."""
        found: dict[date, tuple[int, int]] = {}
        total = 0
        for count, item in enumerate(self.standing, 1):
            total += item.amount_open_minor
            found[item.due_date] = (count, total)
        return tuple((day, count, amount) for day, (count, amount) in found.items())

    @cached_property
    def parts(self) -> Mapping[str, list[CandidateItem]]:
        """Return the items by the numbers in their references: all digits, and the last number with or without zeros.

        People write 123 for FA2024-00123, and 2024-00123.
        """
        found: defaultdict[str, list[CandidateItem]] = defaultdict(list)
        for item in self.items:
            for part in {part for reference in item.references for part in parts_of(reference)}:
                found[part].append(item)
        return dict(found)

    @cached_property
    def own_numbers(self) -> Mapping[str, list[CandidateItem]]:
        """Return the items by the payer's own numbers of them, folded."""
        found: defaultdict[str, list[CandidateItem]] = defaultdict(list)
        for item in self.items:
            for key in own_numbers_of(references=item.references):
                found[key].append(item)
        return dict(found)

    @cached_property
    def keys(self) -> tuple[tuple[str, CandidateItem], ...]:
        """Return the folded references that prove something, with their items, by reference."""
        pairs = {
            (key, item.item_id): item
            for item in self.items
            for key in map(fold_reference, item.references)
            if reference_strength(key) is not None
        }
        return tuple((key, pairs[key, item_id]) for key, item_id in sorted(pairs))


def parts_of(reference: str) -> set[str]:
    """Return the numbers by which people shorten a reference.

    >>> sorted(parts_of("FA2024-00123"))
    ['00123', '123', '202400123']
    """
    numbers = _DIGITS.findall(reference)
    if not numbers:
        return set()
    last = numbers[-1]
    found = {last, last.lstrip("0"), "".join(numbers)}
    return {part for part in found if len(part) >= PART_LENGTH_MIN}
