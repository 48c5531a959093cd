"""The payer's own numbers: the order it gave, the number that its books gave our document.

Where the ledger knows them they are read like ours when they prove something by themselves. Short ones and words
(``A12``, ``LYON NORD``) are read only of payers of whom people confirmed that they write their own numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quittance.core.matching.references import find_folded, fold_reference, is_year
from quittance.core.matching.values import Evidence, EvidenceKind, FamilyRules

CONFIRMED_MIN = 2
LENGTH_MIN = 3
WORD_LENGTH_MIN = 5


def can_be_own_number(key: str) -> bool:
    """Say whether a folded reference is worth looking for in the texts of a payer that names its own numbers.

    >>> [can_be_own_number(key) for key in ("A12", "812", "LYONNORD", "ACME", "12", "2024", "")]
    [True, True, True, False, False, False, False]
    """
    if is_year(key):
        return False
    return len(key) >= (WORD_LENGTH_MIN if key.isalpha() else LENGTH_MIN)


def own_numbers_of(*, references: Sequence[str]) -> set[str]:
    """Return the folded own numbers among the references of an item, of which the first is our document number.

    >>> own_numbers_of(references=("FA2024-001", "Cde 12-A", "FA2024001"))
    {'CDE12A'}
    """
    ours = fold_reference(references[0]) if references else ""
    return {key for key in map(fold_reference, references[1:]) if key != ours and can_be_own_number(key)}


def find_own_numbers(*, text: str, keys: Iterable[str]) -> list[tuple[str, int, int]]:
    """Return the folded own numbers that stand in a text as words of their own: key, start and end; the longest where
    they overlap, in the order of the text.

    >>> find_own_numbers(text="Cde A-12, lyon nord", keys=["A12", "LYONNORD", "NORD1"])
    [('A12', 4, 8), ('LYONNORD', 10, 19)]
    """
    return [(key, start, end) for start, end, key in find_folded(text=text, keys=keys)]


def names_own_numbers(*, text: str, paid: Iterable[Sequence[str]]) -> tuple[Evidence, ...]:
    """Return where a text names documents by the payer's own numbers and not by ours; it names what was ``paid``.

    ``paid`` are the references of the items, our document number first. A text that has our number too teaches nothing.

    >>> [one.text for one in names_own_numbers(text="ORDER A12", paid=[("FA2024-001", "A12")])]
    ['A12']
    >>> names_own_numbers(text="ORDER A12 INVOICE FA2024-001", paid=[("FA2024-001", "A12")])
    ()
    """
    keys: set[str] = set()
    for references in paid:
        ours = {fold_reference(references[0])} if references else set()
        if not find_folded(text=text, keys=ours):
            keys |= own_numbers_of(references=references)
    return tuple(
        Evidence(kind=EvidenceKind.REFERENCE_OWN_NUMBER, text=text[start:end], start=start, end=end)
        for _key, start, end in find_own_numbers(text=text, keys=keys)
    )


def reads_own_numbers(*, rules: FamilyRules) -> bool:
    """Say whether people confirmed often enough that a payer writes its own numbers.

    >>> kind = EvidenceKind.REFERENCE_OWN_NUMBER
    >>> [reads_own_numbers(rules=FamilyRules(readings=((kind, count),))) for count in (1, 2)]
    [False, True]
    """
    count = sum(count for kind, count in rules.readings if kind is EvidenceKind.REFERENCE_OWN_NUMBER)
    return count >= CONFIRMED_MIN
