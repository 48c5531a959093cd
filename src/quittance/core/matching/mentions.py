"""What a payer's text names of one family's items: whole references, and what people make of them.

Besides the references that the index finds whole, people write only the number of a document, a range, a list whose
members share their beginning, a reference that the bank cut off, or one with a typing error. These are read against
the items of one family only: among a million references nearly every number means something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA

from quittance.core.matching.families import Family, by_age
from quittance.core.matching.own_numbers import find_own_numbers
from quittance.core.matching.references import (
    ReferenceHit,
    fold_reference,
    is_amount_or_date,
    reference_strength,
)
from quittance.core.matching.values import CandidateItem, Evidence, EvidenceKind
from quittance.core.matching.weighing import MILLION

RANGE_MAX = 250
ONE_OF_MAX = 8
KEYS_MAX_FOR_TYPING_ERRORS = 1000
TEXT_LENGTH_THAT_IS_CUT = 90

_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")
_RANGE = re.compile(r"\s*(?:\bà\b|\ba\b|\bau\b|\bto\b|\bbis\b|\bal\b|\bhasta\b|-|–|—|\.\.+|>)\s*", re.IGNORECASE)  # noqa: RUF001
_BETWEEN_LIST = re.compile(r"\s*(?:[/,;+&]|\bet\b|\band\b|\by\b|\bund\b)\s*|\s+", re.IGNORECASE)

_DOUBT_WHOLE = {1000: 100, 900: 10_000, 850: 30_000}
_DOUBT_SPLIT = 20_000
_DOUBT_LIST = 5_000
_DOUBT_RANGE = 100_000
_DOUBT_CUT = 40_000
_DOUBT_TYPING = 120_000
_DOUBT_PART_MIN = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Something that a text names: what it can stand for, likeliest first, and how it was read.

    ``doubt`` is the chance per million that the characters are there for another reason.
    """

    options: tuple[tuple[CandidateItem, ...], ...]
    doubt: int
    evidence: Evidence

    @property
    def items(self) -> tuple[CandidateItem, ...]:
        """Return what it most likely stands for."""
        return self.options[0]


def whole_mentions(*, hits: Sequence[ReferenceHit], family: Family) -> list[Mention]:
    """Return the references found whole that a family's undisputed items carry; an item counts once."""
    by_id = {item.item_id: item for item in family.items}
    taken: set[int] = set()
    found = []
    for hit in sorted(hits, key=lambda hit: (-len(hit.key), hit.key)):
        items = [by_id[item_id] for item_id in hit.item_ids if item_id in by_id and item_id not in taken]
        if items:
            taken.update(item.item_id for item in items)
            doubt = _DOUBT_WHOLE.get(hit.strength, _DOUBT_SPLIT)
            evidence = Evidence(kind=hit.kind, text=hit.text, start=hit.start, end=hit.end)
            options = _instalments(sorted(items, key=by_age))
            found.append(Mention(options=options, doubt=doubt, evidence=evidence))
    return found


def _instalments(items: Sequence[CandidateItem]) -> tuple[tuple[CandidateItem, ...], ...]:
    """Return what one reference can stand for: all its items, its oldest ones, or one of them.

    Of equal amounts of one document only the oldest is an option of its own: instalments are paid in their order. Of
    several documents under one order number none comes before another of its amount: which is meant cannot be told.
    """
    options = [
        tuple(items[:count]) for count in range(len(items), 0, -1) if not _are_alike(items[:count], items[count:])
    ]
    known: set[tuple[str, int]] = set()
    for item in items:
        key = _document(item), item.amount_open_minor
        if key not in known:
            known.add(key)
            options += [] if (item,) in options else [(item,)]
    return tuple(options)


def _are_alike(some: Sequence[CandidateItem], others: Sequence[CandidateItem]) -> bool:
    """Say whether one of some items could as well be one of others: another document of the same amount."""
    documents = {(_document(item), item.amount_open_minor) for item in some}
    amounts = {amount for _, amount in documents}
    return any(
        item.amount_open_minor in amounts and (_document(item), item.amount_open_minor) not in documents
        for item in others
    )


def _document(item: CandidateItem) -> str:
    return item.references[0] if item.references else f"#{item.item_id}"


def loose_mentions(*, text: str, family: Family, whole: Sequence[Mention], reads_own: bool = False) -> list[Mention]:
    """Return what else the text names of a family: numbers, members of lists, a cut end, typing errors.

    With ``reads_own`` also the payer's own numbers, however short.
    """
    spans = [(one.evidence.start, one.evidence.end) for one in whole if one.evidence.start is not None]
    taken = {item.item_id for one in whole for item in one.items}
    found: list[Mention] = []
    finders = (*((_own_numbers,) if reads_own else ()), _list_members, _parts, _cut_end, _typing_errors)
    for finder in finders:
        for mention in finder(text, family, [*whole, *found]):
            start, end = mention.evidence.start or 0, mention.evidence.end or 0
            if any(start < other_end and other_start < end for other_start, other_end in spans):  # type: ignore[operator]
                continue
            options = tuple(one for one in mention.options if not {item.item_id for item in one} & taken)
            if options:
                spans.append((start, end))
                if len(options) == 1:
                    taken.update(item.item_id for item in options[0])
                found.append(Mention(options=options, doubt=mention.doubt, evidence=mention.evidence))
    return found


def range_mention(*, text: str, family: Family, mentions: Sequence[Mention]) -> tuple[Mention, list[Mention]] | None:
    """Return the items from one named document to another, and the mentions beside, where the text says so."""
    placed = sorted(
        (one for one in mentions if one.evidence.start is not None), key=lambda one: one.evidence.start or 0
    )
    for first, last in pairwise(placed):
        between = text[first.evidence.end : last.evidence.start]
        if not _RANGE.fullmatch(between) or len(first.options) != 1 or len(last.options) != 1:
            continue
        items = _items_between(family, first.items[-1], last.items[0])
        if 2 < len(items) <= RANGE_MAX:
            start, end = first.evidence.start, last.evidence.end
            evidence = Evidence(kind=EvidenceKind.REFERENCE_RANGE, text=text[start:end], start=start, end=end)
            mention = Mention(options=(tuple(items),), doubt=_DOUBT_RANGE, evidence=evidence)
            return mention, [one for one in mentions if one is not first and one is not last]
    return None


def _items_between(family: Family, first: CandidateItem, last: CandidateItem) -> list[CandidateItem]:
    """Return the items numbered like two others, from one to the other."""
    for reference in first.references:
        stem, number = _stem_and_number(reference)
        for other in last.references:
            other_stem, other_number = _stem_and_number(other)
            if number is None or other_number is None or stem != other_stem or number >= other_number:
                continue
            return [
                item
                for item in family.items
                if any(
                    its_stem == stem and its_number is not None and number <= its_number <= other_number
                    for its_stem, its_number in map(_stem_and_number, item.references)
                )
            ]
    return []


def _stem_and_number(reference: str) -> tuple[str, int | None]:
    """Split a reference before its last number.

    >>> _stem_and_number("FA2024-00123")
    ('FA2024', 123)
    """
    numbers = list(_NUMBER.finditer(reference))
    if not numbers:
        return reference, None
    return fold_reference(reference[: numbers[-1].start()]), int(numbers[-1][0])


def _own_numbers(text: str, family: Family, known: Sequence[Mention]) -> list[Mention]:
    """Read the payer's own number of a document; under one that several documents have, any of them may be meant."""
    words = len(_WORD.findall(text))
    found = []
    for key, start, end in find_own_numbers(text=text, keys=family.own_numbers):
        items = sorted(family.own_numbers[key], key=by_age)
        if len(items) > ONE_OF_MAX:
            continue
        spellings = 1
        for character in key:
            spellings *= 10 if character.isdigit() else 26
        doubt = min(max(words * len(family.own_numbers) * MILLION // spellings, _DOUBT_PART_MIN), MILLION * 9 // 10)
        evidence = Evidence(kind=EvidenceKind.REFERENCE_OWN_NUMBER, text=text[start:end], start=start, end=end)
        found.append(Mention(options=_instalments(items), doubt=doubt, evidence=evidence))
    return found


def _list_members(text: str, family: Family, known: Sequence[Mention]) -> list[Mention]:
    """Read 02 and 03 of "FA1001/02/03" as FA1002 and FA1003."""
    found = []
    for mention in known:
        if mention.evidence.end is None:
            continue
        digits = "".join(_NUMBER.findall(mention.evidence.text))
        position = mention.evidence.end
        while (gap := _BETWEEN_LIST.match(text, position)) and (number := _NUMBER.match(text, gap.end())):
            position = number.end()
            if len(number[0]) >= len(digits):
                break
            whole = digits[: -len(number[0])] + number[0]
            items = family.parts.get(whole) or family.parts.get(whole.lstrip("0")) or []
            if not 0 < len(items) <= ONE_OF_MAX:
                break
            found.append(_one_of(items, _DOUBT_LIST, EvidenceKind.REFERENCE_PART, text, number.span()))
    return found


def _parts(text: str, family: Family, known: Sequence[Mention]) -> list[Mention]:
    """Read the number of a document without what stands before it."""
    words = [
        found
        for found in re.finditer(r"\d+(?:[-/. ]\d+)*", text)
        if not is_amount_or_date(text, found.start(), found.end())
    ]
    found = []
    for word in words:
        for number in _numbers_of(word):
            digits = "".join(_NUMBER.findall(number[0]))
            items = family.parts.get(digits) or family.parts.get(digits.lstrip("0")) or []
            if not items or is_amount_or_date(text, number[1], number[2]):
                continue
            chance = len(words) * len(family.parts) * MILLION // 10 ** len(digits)
            doubt = min(max(chance, _DOUBT_PART_MIN), MILLION * 9 // 10)
            found.append(_one_of(items[:ONE_OF_MAX], doubt, EvidenceKind.REFERENCE_PART, text, number[1:]))
    return found


def _numbers_of(word: re.Match[str]) -> list[tuple[str, int, int]]:
    """Return the whole of numbers joined by dashes, and each of them, with their places in the text."""
    start = word.start()
    numbers = [(one[0], start + one.start(), start + one.end()) for one in _NUMBER.finditer(word[0])]
    return [(word[0], start, word.end()), *numbers] if len(numbers) > 1 else numbers


def _cut_end(text: str, family: Family, known: Sequence[Mention]) -> list[Mention]:
    """Read the beginning of a reference at the very end of a text that the bank cut off."""
    if len(text) < TEXT_LENGTH_THAT_IS_CUT or not text[-1:].isalnum():
        return []
    last = list(_WORD.finditer(text))[-1:]
    if not last or last[0].end() != len(text):
        return []
    key = fold_reference(last[0][0])
    if len(key) < 4:
        return []
    items = {item.item_id: item for reference, item in family.keys if reference.startswith(key) and reference != key}
    if not 0 < len(items) <= ONE_OF_MAX:
        return []
    return [_one_of(items.values(), _DOUBT_CUT, EvidenceKind.REFERENCE_CUT, text, last[0].span())]


def _typing_errors(text: str, family: Family, known: Sequence[Mention]) -> list[Mention]:
    """Read a word that is one letter or digit away from a reference: wrong, missing, too much, or two exchanged."""
    if not 0 < len(family.keys) <= KEYS_MAX_FOR_TYPING_ERRORS:
        return []
    found = []
    for word in _WORD.finditer(text):
        key = fold_reference(word[0])
        if (reference_strength(key) or 0) < 1000 or is_amount_or_date(text, word.start(), word.end()):
            continue
        near = {
            item.item_id: item
            for reference, item in family.keys
            if abs(len(reference) - len(key)) <= 1
            and reference != key
            and OSA.distance(reference, key, score_cutoff=1) == 1
        }
        if 0 < len(near) <= ONE_OF_MAX:
            options = [(item,) for item in sorted(near.values(), key=by_age)]
            evidence = Evidence(kind=EvidenceKind.REFERENCE_MISTYPED, text=word[0], start=word.start(), end=word.end())
            found.append(Mention(options=tuple(options), doubt=_DOUBT_TYPING, evidence=evidence))
    return found


def _one_of(
    items: Iterable[CandidateItem], doubt: int, kind: EvidenceKind, text: str, span: tuple[int, int]
) -> Mention:
    evidence = Evidence(kind=kind, text=text[slice(*span)], start=span[0], end=span[1])
    return Mention(options=tuple((item,) for item in sorted(items, key=by_age)), doubt=doubt, evidence=evidence)


def closed_words(*, text: str, closed: frozenset[str]) -> list[Evidence]:
    """Return the references of documents that are paid already, where the text names some."""
    if not closed:
        return []
    return [
        Evidence(kind=EvidenceKind.REFERENCE_NOT_OPEN, text=word[0], start=word.start(), end=word.end())
        for word in _WORD.finditer(text)
        if fold_reference(word[0]) in closed
    ]


def words_of(*, text: str) -> set[str]:
    """Return the folded words of a text."""
    return {fold_reference(word[0]) for word in _WORD.finditer(text)}


def words_like_references(*, text: str) -> list[str]:
    """Return the folded words of a text that may be a document's reference, to look them up among the paid ones.

    >>> words_like_references(text="VIR FA2024-001 du 12/01/2024, 12 pieces")
    ['FA2024001']
    """
    found = []
    for word in _WORD.finditer(text):
        key = fold_reference(word[0])
        if reference_strength(key) and not is_amount_or_date(text, word.start(), word.end()):
            found.append(key)
    return found
