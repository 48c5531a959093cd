"""Find the references of open items in what a payer wrote.

References are compared by their letters and digits only, without accents or case. The index is built once for
references and then finds them in any number of texts in time proportional to the text; of a large ledger only those
that some text may name need to be in it (`keys_in_text`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import ahocorasick

from quittance.core.matching.values import EvidenceKind

LENGTH_MIN = 4
STRONG_LENGTH_MIN = 6
# Longer than any field of a document's reference.
LENGTH_MAX = 80
SPLIT_PENALTY = 100

_YEAR = re.compile(r"(19|20)\d\d")
_AMOUNT = re.compile(r"\d{1,3}(?:[ .'\u00a0\u202f]\d{3})*[.,]\d{2}|\d+[.,]\d{2}")
_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}([./-])\d{1,2}\2\d{1,2}")
_SPLIT = re.compile(r"\d\s+\d")
_RUN = re.compile(r"[0-9]+|[A-Z]+")
_CREDITOR_REFERENCE = re.compile(r"RF\d\d([0-9A-Z]{1,21})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceHit:
    """A reference found: its folded key, the items that carry it, and where it was read.

    ``strength`` per mille says how unlikely it is that the characters stand there by chance.
    """

    key: str
    item_ids: tuple[int, ...]
    strength: int
    kind: EvidenceKind
    text: str
    start: int | None = None
    end: int | None = None


def fold_reference(text: str) -> str:
    """Return the letters and digits of a reference, upper case, without accents.

    >>> fold_reference("Fac. n° 2024-00123/é")
    'FACN202400123E'
    """
    if text.isascii():
        return "".join(filter(str.isalnum, text)).upper()
    return _fold_with_positions(text)[0]


def _fold_with_positions(text: str) -> tuple[str, list[int]]:
    """Fold a text and remember for each folded character where it stood."""
    folded: list[str] = []
    positions: list[int] = []
    for position, character in enumerate(text):
        plain = character if character.isascii() else unicodedata.normalize("NFKD", character)
        for part in plain:
            if part.isascii() and part.isalnum():
                folded.append(part.upper())
                positions.append(position)
    return "".join(folded), positions


def reference_strength(key: str) -> int | None:
    """Return how much a folded reference proves, per mille; None when it proves nothing.

    Fewer than four characters, a year, or letters alone say nothing. Digits that can be a date and short
    references may stand in a text by chance.

    >>> [reference_strength(key) for key in ("FA2024001", "12345", "20240115", "2024", "F12", "ACOMPTE")]
    [1000, 900, 850, None, None, None]
    """
    if not _proves(key):
        return None
    if _can_be_date(key):
        return 850
    return 1000 if len(key) >= STRONG_LENGTH_MIN else 900


def _proves(key: str) -> bool:
    """Say whether a folded reference has a strength at all; a million of them are asked."""
    return (
        LENGTH_MIN <= len(key) <= LENGTH_MAX
        and not key.isalpha()
        and (len(key) > LENGTH_MIN or not _YEAR.fullmatch(key))
    )


def is_year(key: str) -> bool:
    """Say whether a folded reference may be a year.

    >>> is_year("2024"), is_year("3024")
    (True, False)
    """
    return _YEAR.fullmatch(key) is not None


def find_folded(*, text: str, keys: Iterable[str]) -> list[tuple[int, int, str]]:
    """Return (start, end, key) of the folded references that a text writes from one word border to another.

    The longest where they overlap, in the order of the text; nothing that is written as an amount or a date.
    """
    folded, positions = _fold_with_positions(text)
    spans = []
    for key in keys:
        first = folded.find(key) if key else -1
        while first >= 0:
            start, end = positions[first], positions[first + len(key) - 1] + 1
            if _has_borders(text, start, end) and not is_amount_or_date(text, start, end):
                spans.append((start, end, key))
            first = folded.find(key, first + 1)
    return _longest(spans)


def _can_be_date(key: str) -> bool:
    if not key.isdigit() or len(key) not in (6, 8):
        return False
    century = "" if len(key) == 8 else "20"
    year_first = (century + key[:-4], key[-4:-2], key[-2:])
    day_first = (century + key[4:], key[2:4], key[:2])
    for year, month, day in (year_first, day_first):
        try:
            found = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if 1990 <= found.year <= 2079:
            return True
    return False


def keys_in_text(text: str) -> set[str]:
    """Return every folded reference that an index could find in a text: what stands between two word borders.

    Among some millions of open references these alone need to be indexed, and the text shows the same.

    >>> sorted(keys_in_text("VIR FA-0012 du 3"))
    ['0012', '0012DU', '0012DU3', 'FA0012', 'FA0012DU', 'FA0012DU3', 'VIRFA0012', 'VIRFA0012DU', 'VIRFA0012DU3']
    """
    if not text.isascii():
        return _keys_by_position(text)
    runs = _RUN.findall(text.upper())
    found = set()
    for start in range(len(runs)):
        key = ""
        for run in runs[start:]:
            key += run
            if len(key) > LENGTH_MAX:
                break
            if len(key) >= LENGTH_MIN and not key.isalpha():
                found.add(key)
    return found


def _keys_by_position(text: str) -> set[str]:
    folded, positions = _fold_with_positions(text)
    starts = [first for first, place in enumerate(positions) if _begins(text, place)]
    ends = [last + 1 for last, place in enumerate(positions) if _ends(text, place + 1)]
    return {
        folded[start:end]
        for start in starts
        for end in ends
        if LENGTH_MIN <= end - start <= LENGTH_MAX and not folded[start:end].isalpha()
    }


def keys_of_reference(reference: str) -> tuple[str, ...]:
    """Return what a reference that stands alone in its field may be folded to; RF check digits are taken off too.

    >>> keys_of_reference("RF18 5390 0754")
    ('RF1853900754', '53900754')
    """
    key = fold_reference(reference)
    found = _CREDITOR_REFERENCE.fullmatch(key)
    return (key, found[1]) if found else (key,)


class ReferenceIndex:
    """Open references, ready to be found in texts; built once, then only read."""

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        """Index pairs of reference (as written on the document) and item id; useless references are left out."""
        single: dict[str, int] = {}
        several: dict[str, set[int]] = {}
        for reference, item_id in pairs:
            key = fold_reference(reference)
            first = single.setdefault(key, item_id)
            if first != item_id:
                several.setdefault(key, {first}).add(item_id)
        self._items: dict[str, int | tuple[int, ...]] = {}
        automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        for key, item_id in single.items():
            if not _proves(key):
                continue
            self._items[key] = tuple(sorted(several[key])) if key in several else item_id
            automaton.add_word(key, len(key))
        self._automaton = automaton
        if self._items:
            automaton.make_automaton()

    def __len__(self) -> int:
        """Return the number of distinct references that can be found."""
        return len(self._items)

    def item_ids(self, key: str) -> tuple[int, ...]:
        """Return the items that carry a folded reference, by id."""
        found = self._items.get(key, ())
        return found if isinstance(found, tuple) else (found,)

    def find_in_text(self, text: str) -> tuple[ReferenceHit, ...]:
        """Return the references in a free text, the longest where they overlap, in the order of the text.

        A reference counts only from one word border to another (a change between letter and digit is a
        border), and not where the characters are written as an amount or a date.
        """
        if not self._items:
            return ()
        folded, positions = _fold_with_positions(text)
        spans = []
        for last, length in self._automaton.iter(folded):
            first = last - length + 1
            start, end = positions[first], positions[last] + 1
            if _has_borders(text, start, end) and not is_amount_or_date(text, start, end):
                spans.append((start, end, folded[first : last + 1]))
        return tuple(self._hit(key, text, start, end) for start, end, key in _longest(spans))

    def find_whole(self, reference: str, kind: EvidenceKind) -> tuple[ReferenceHit, ...]:
        """Return the hit for a reference that stands alone in its field, by one of its `keys_of_reference`."""
        for candidate in keys_of_reference(reference):
            if candidate in self._items:
                strength = reference_strength(candidate) or 0
                ids = self.item_ids(candidate)
                return (ReferenceHit(key=candidate, item_ids=ids, strength=strength, kind=kind, text=reference),)
        return ()

    def _hit(self, key: str, text: str, start: int, end: int) -> ReferenceHit:
        return ReferenceHit(
            key=key,
            item_ids=self.item_ids(key),
            strength=(reference_strength(key) or 0) - (SPLIT_PENALTY if _SPLIT.search(text[start:end]) else 0),
            kind=EvidenceKind.REFERENCE_IN_TEXT,
            text=text[start:end],
            start=start,
            end=end,
        )


def _has_borders(text: str, start: int, end: int) -> bool:
    return _begins(text, start) and _ends(text, end)


def _begins(text: str, start: int) -> bool:
    return not start or _is_border(text[start - 1], text[start])


def _ends(text: str, end: int) -> bool:
    return end >= len(text) or _is_border(text[end - 1], text[end])


def _is_border(left: str, right: str) -> bool:
    if not (left.isalnum() and right.isalnum()):
        return True
    return left.isdigit() != right.isdigit()


def is_amount_or_date(text: str, start: int, end: int) -> bool:
    """Say whether the span lies in, or is, something written as an amount or a date."""
    left, right = start, end
    while left and (text[left - 1].isdigit() or _joins(text, left - 1)):
        left -= 1
    while right < len(text) and (text[right].isdigit() or _joins(text, right)):
        right += 1
    around = text[left:right]
    for pattern in (_AMOUNT, _DATE):
        for found in pattern.finditer(around):
            inside = found.start() + left <= start and end <= found.end() + left
            whole = not around[: found.start()][-1:].isdigit() and not around[found.end() :][:1].isdigit()
            if inside and whole:
                return True
    return False


def _joins(text: str, position: int) -> bool:
    """Say whether the character binds digits on both of its sides into one number or date."""
    inner = 0 < position < len(text) - 1
    return inner and text[position] in ".,/-'" and text[position - 1].isdigit() and text[position + 1].isdigit()


def _longest(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Keep the longest of overlapping spans, the first of equal ones; return them in the order of the text."""
    kept: list[tuple[int, int, str]] = []
    for span in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        if all(span[1] <= other[0] or other[1] <= span[0] for other in kept):
            kept.append(span)
    return sorted(kept)
