"""A bank's table on disk: where its headings are, what stands before them, whether it is a table at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from quittance.adapters.statements.camt_values import is_iban
from quittance.adapters.tables.delimited import TableRow
from quittance.adapters.tables.headed import KNOWN_MIN, HeadedTable, is_workbook, open_headed, text_rows
from quittance.core.mapping.bank_proposal import count_bank_headings
from quittance.core.mapping.cells import Cell

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_DAY: Final = re.compile(r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{2}|\d{4}))")
_WIDTH_MIN: Final = 3


def open_bank_table(path: Path, *, sheet: str | None = None, encoding: str | None = None) -> HeadedTable:
    """Open a bank's table; a row of names serves as headings where none is known. :raises FileRefused:"""
    return open_headed(path, count_known=count_bank_headings, find_unknown=_find_names, sheet=sheet, encoding=encoding)


def own_account_of(table: HeadedTable) -> str:
    """Return the IBAN that the lines before the headings name, '' for none."""
    return next((found for _, text in table.preamble() if (found := find_iban(text))), "")


def _find_names(rows: Sequence[TableRow]) -> int:
    """Return the first row whose cells are all names, -1 for none."""
    return next((index for index, row in enumerate(rows) if _are_names(row.cells)), -1)


def _are_names(cells: Sequence[Cell]) -> bool:
    texts = [cell for cell in cells if cell != ""]
    return len(texts) > KNOWN_MIN and all(isinstance(cell, str) and cell.strip()[:1].isalpha() for cell in texts)


def find_iban(text: str) -> str:
    """Return the first IBAN with right check digits in a line, '' for none.

    >>> find_iban("Compte n° FR76 3000 6000 0112 3456 7890 189 EUR"), find_iban("Compte 00012345678")
    ('FR7630006000011234567890189', '')
    """
    compact = "".join(text.split()).upper()
    for start in range(len(compact)):
        matched = _IBAN.match(compact, start)
        if matched:
            for end in range(matched.end(), start + 14, -1):
                if is_iban(compact[start:end]):
                    return compact[start:end]
    return ""


def looks_like_table(head: bytes) -> bool:
    """Say whether the first bytes are those of a workbook, or of text lines cut into the same columns.

    Lines without a known heading must be of one width and hold a day, or follow a line of names.
    """
    if is_workbook(head):
        return True
    cells = text_rows(head)
    if any(count_bank_headings(row) >= KNOWN_MIN for row in cells):
        return True
    widths = [len(row) for row in cells]
    width = max(set(widths), key=widths.count, default=0)
    same = [row for row in cells if len(row) == width]
    has_day = any(_DAY.fullmatch(cell) for row in same for cell in row)
    return width >= _WIDTH_MIN and len(same) * 10 >= len(cells) * 7 and has_day
