"""Which of the files kept with a customer is the copy of which invoice, and how many of them a message carries.

A file is the copy of a document when its name says nothing but the document's number, beside words such as "invoice"
or "copy". A file whose name says more ("F12 internal note.pdf") may be anything: it is never sent by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# What people put before or after the number, in English, French and Spanish.
PLAIN_WORDS = frozenset(
    {"invoice", "inv", "facture", "fact", "factura", "fra", "copy", "copie", "copia", "duplicata", "duplicate", "no",
     "nr", "num", "numero", "number", "n", "of", "de", "du", "la"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file kept with a customer; `item_id` when it is kept with one of its items."""

    file_id: int
    filename: str
    size_bytes: int
    item_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyChoice:
    """What goes with a message: the file of each document found, the documents without one, those without room."""

    chosen: tuple[tuple[str, KeptFile], ...]
    absent: tuple[str, ...]
    too_large: tuple[str, ...]


def is_copy_of(*, filename: str, document_number: str) -> bool:
    """Say whether the name of a PDF is the number of a document, but for plain words around it.

    >>> is_copy_of(filename="Facture n° F-2026-0012.pdf", document_number="F-2026/0012")
    True
    >>> is_copy_of(filename="INV7.PDF", document_number="INV-7"), is_copy_of(filename="7.pdf", document_number="INV-7")
    (True, False)
    >>> is_copy_of(filename="F12 note.pdf", document_number="F12")
    False
    >>> is_copy_of(filename="F12.docx", document_number="F12")
    False
    """
    stem, dot, ending = filename.lower().rpartition(".")
    wanted = "".join(_words(document_number.lower()))
    if not dot or ending != "pdf" or not wanted:
        return False
    words = _words(stem)
    return any(
        "".join(words[start:end]) == wanted
        for start in range(len(words))
        if all(word in PLAIN_WORDS for word in words[:start])
        for end in range(start + 1, len(words) + 1)
        if all(word in PLAIN_WORDS for word in words[end:])
    )


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^0-9a-z]+", text) if word]


def choose_copies(
    *, documents: Iterable[tuple[str, int]], files: Sequence[KeptFile], bytes_max: int, files_max: int
) -> CopyChoice:
    """Return the copies that go with a message: one per document, in the order given, until no room is left.

    `documents` are (number, item): one that occurs twice (two instalments) is sent once. `files` come newest first: the
    newest kept with the item counts, else the newest kept with the customer. Each document is in exactly one part of
    the answer.
    """
    chosen: list[tuple[str, KeptFile]] = []
    absent: list[str] = []
    too_large: list[str] = []
    items: dict[str, set[int]] = {}
    for number, item_id in documents:
        items.setdefault(number, set()).add(item_id)
    room = bytes_max
    for number, item_ids in items.items():
        found = _copy_of(number, item_ids, files)
        if found is None:
            absent.append(number)
        elif found.size_bytes > room or len(chosen) >= files_max:
            too_large.append(number)
        else:
            chosen.append((number, found))
            room -= found.size_bytes
    return CopyChoice(chosen=tuple(chosen), absent=tuple(absent), too_large=tuple(too_large))


def _copy_of(number: str, item_ids: set[int], files: Sequence[KeptFile]) -> KeptFile | None:
    named = [file for file in files if is_copy_of(filename=file.filename, document_number=number)]
    own = next((file for file in named if file.item_id in item_ids), None)
    return own or next((file for file in named if file.item_id is None), None)
