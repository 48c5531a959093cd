"""Texts in files that people open with a spreadsheet."""

from __future__ import annotations

from typing import Final

DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    >>> safe_text("=1+1"), safe_text("Durand & Fils"), safe_text("-12 rue X")
    ("'=1+1", 'Durand & Fils', "'-12 rue X")
    """
    return "'" + text if text.startswith(DANGEROUS) else text
