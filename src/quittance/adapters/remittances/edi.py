"""Segments of X12 and EDIFACT: cut by the separators that each interchange declares for itself.

Both syntaxes are one scan over the text. It keeps the number of each segment, which rejected lines need to name
their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

ISA: Final = re.compile(r"ISA(?P<element>[^0-9A-Za-z\s])")
_EDIFACT_DEFAULTS: Final = ":+.? '"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its number in the file from 1, its tag, its elements each with its components, and its text."""

    position: int
    tag: str
    elements: tuple[tuple[str, ...], ...]
    content: str

    def get(self, element: int, component: int = 0) -> str:
        """Return a component, '' where there is none; elements count from 1 as in the manuals."""
        if element > len(self.elements) or component >= len(self.elements[element - 1]):
            return ""
        return self.elements[element - 1][component].strip()


def x12_segments(text: str) -> list[Segment]:
    """Cut an X12 interchange; nothing when its header is broken.

    The element separator is the fourth character, the component separator stands in ISA16, and the segment ends
    with the character behind it: a newline in some files.
    """
    start = text.index("ISA")
    element = text[start + 3]
    places = [found.start() for found in re.finditer(re.escape(element), text[start : start + 200])]
    if len(places) < 16:
        return []
    end = start + places[15] + 1
    component, terminator = text[end : end + 1], text[end + 1 : end + 2] or "~"
    if terminator == "\r" and text[end + 2 : end + 3] == "\n":
        terminator = "\n"
    raw = text[start:].split(terminator)
    found = [part.strip("\r\n ") for part in raw]
    segments = []
    for number, part in enumerate((part for part in found if part), 1):
        tag, *elements = part.split(element)
        split = tuple(
            (value,) if tag == "ISA" or not component else tuple(value.split(component)) for value in elements
        )
        segments.append(Segment(number, tag.strip(), split, part[:400]))
    return segments


def edifact_segments(text: str) -> tuple[list[Segment], bool, str]:
    """Cut an EDIFACT interchange; also say whether its last segment is ended, and which decimal mark it declares."""
    start = text.find("UNA")
    head = text.find("UNB")
    marks = _EDIFACT_DEFAULTS
    if start >= 0 and (head < 0 or start < head):
        marks, start = text[start + 3 : start + 9].ljust(6), start + 9
    else:
        start = max(head, text.find("UNH") if head < 0 else head, 0)
    component, element, decimal, release, terminator = marks[0], marks[1], marks[2], marks[3], marks[5]
    segments: list[Segment] = []
    is_ended = True
    for parts, raw, ends in _cut(text[start:], component, element, release, terminator):
        segments.append(Segment(len(segments) + 1, parts[0][0].strip(), tuple(parts[1:]), raw.strip()[:400]))
        is_ended = ends
    return segments, is_ended, decimal if decimal in ",." else "."


def _cut(
    text: str, component: str, element: str, release: str, terminator: str
) -> Iterator[tuple[list[tuple[str, ...]], str, bool]]:
    """Yield (elements, raw text, whether it is ended) of each segment, unescaped by the release character."""
    escaped = re.escape(release) if release.strip() else ""
    token = re.compile(
        (f"{escaped}(.)|" if escaped else "()")
        + f"([{re.escape(component)}{re.escape(element)}{re.escape(terminator)}])",
        re.DOTALL,
    )
    elements: list[list[str]] = [[""]]
    last, begin = 0, 0
    for match in token.finditer(text):
        elements[-1][-1] += text[last : match.start()]
        last = match.end()
        if match[2] is None:
            elements[-1][-1] += match[1]
        elif match[2] == component:
            elements[-1].append("")
        elif match[2] == element:
            elements.append([""])
        else:
            yield [tuple(part) for part in elements], text[begin : match.start()], True
            elements, begin = [[""]], last
    elements[-1][-1] += text[last:]
    if text[begin:].strip():
        yield [tuple(part) for part in elements], text[begin:], False
