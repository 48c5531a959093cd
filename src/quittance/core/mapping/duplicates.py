"""Lines met twice in one file: the same line again, another line under the same key, or a further instalment."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum


class Meeting(StrEnum):
    """What a line is to the lines before it."""

    NEW = "NEW"
    DUPLICATE_ROW = "DUPLICATE_ROW"
    DUPLICATE_ID = "DUPLICATE_ID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`first_position` is that of the line met before; `instalment` counts the lines of one key from 1."""

    meeting: Meeting
    first_position: int = 0
    instalment: int = 1


class SeenLines:
    """Remembers keys and contents (as small hashes, given by the caller) of the lines that are in.

    A key that comes again with another `part` (its due date) is the next instalment of the same document.

    >>> seen = SeenLines()
    >>> seen.meet(key=1, content=10, part="2026-01-31", position=2).meeting.value
    'NEW'
    >>> seen.meet(key=1, content=10, part="2026-01-31", position=3).meeting.value
    'DUPLICATE_ROW'
    >>> seen.meet(key=1, content=11, part="2026-01-31", position=4).meeting.value
    'DUPLICATE_ID'
    >>> seen.meet(key=1, content=12, part="2026-02-28", position=5).instalment
    2
    """

    def __init__(self) -> None:
        """Start with no line seen."""
        self._first: dict[int, tuple[int, int, Hashable]] = {}
        self._further: dict[int, list[tuple[int, int, Hashable]]] = {}

    def meet(self, *, key: int, content: int, part: Hashable, position: int) -> Verdict:
        """Say what a line is, and remember it when it is new."""
        first = self._first.setdefault(key, (position, content, part))
        if first[0] == position:
            return Verdict(meeting=Meeting.NEW)
        known = [first, *self._further.get(key, ())]
        for known_position, known_content, _ in known:
            if known_content == content:
                return Verdict(meeting=Meeting.DUPLICATE_ROW, first_position=known_position)
        for known_position, _, known_part in known:
            if known_part == part:
                return Verdict(meeting=Meeting.DUPLICATE_ID, first_position=known_position)
        self._further.setdefault(key, []).append((position, content, part))
        return Verdict(meeting=Meeting.NEW, instalment=len(known) + 1)
