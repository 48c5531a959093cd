"""Folding of headings and labels to what can be compared."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def fold_words(text: str) -> str:
    """Lower case, no accents, words apart by one space.

    >>> fold_words("N° de pièce (Réf.)")
    'n de piece ref'
    """
    decomposed = unicodedata.normalize("NFKD", text.replace("°", " "))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char)).lower()
    return _NOT_WORD.sub(" ", plain).strip()


def fold_heading(text: str) -> str:
    """Fold a heading, taking camel case apart.

    >>> fold_heading("InvoiceDate"), fold_heading("name_customer"), fold_heading("BUKRS")
    ('invoice date', 'name customer', 'bukrs')
    """
    return fold_words(_CAMEL.sub(" ", text))
