"""How the columns of one FEC are separated, ordered and named.

The eighteen columns and their order are those of article A47 A-1 of the French book of tax procedures, with
its variant Montant/Sens in place of Debit/Credit. Real files also come in other orders, with other separators,
in quotes, with columns of their own and with accents in the headings.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from quittance.core.mapping.text import fold_words
from quittance.core.ports.intake import FileRefused
from quittance.core.reasons import ReasonCode, because

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STANDARD_HEADINGS: Final = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
SEPARATORS: Final = ("\t", "|", ";", ",")
_VARIANT: Final = ("Montant", "Sens")
_BY_FOLDED: Final = {
    **{heading.lower(): heading for heading in (*STANDARD_HEADINGS, *_VARIANT)},
    "codejournal": "JournalCode",
    "libellejournal": "JournalLib",
    "numecriture": "EcritureNum",
    "numeroecriture": "EcritureNum",
    "dateecriture": "EcritureDate",
    "numcompte": "CompteNum",
    "numerocompte": "CompteNum",
    "libellecompte": "CompteLib",
    "compteauxnum": "CompAuxNum",
    "compteauxlib": "CompAuxLib",
    "datepiece": "PieceDate",
    "libelleecriture": "EcritureLib",
    "ecriturelib": "EcritureLib",
    "lettrage": "EcritureLet",
    "datelettrage": "DateLet",
    "montantendevise": "Montantdevise",
    "identifiantdevise": "Idevise",
    "devise": "Idevise",
}
_MAY_BE_LEFT_OFF: Final = frozenset({"EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise"})
_HEADINGS_KNOWN_MIN: Final = 4


class FecFields(NamedTuple):
    """The fields of one line in the legal order, stripped; blank where the file has no such column."""

    journal_code: str
    journal_name: str
    entry_number: str
    entry_date: str
    account: str
    account_name: str
    auxiliary: str
    auxiliary_name: str
    piece: str
    piece_date: str
    label: str
    debit: str
    credit: str
    letter: str
    letter_date: str
    valid_date: str
    foreign_amount: str
    foreign_currency: str
    amount: str
    side: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FecLayout:
    """Where each column is; -1 for a column that the file does not have."""

    separator: str
    is_quoted: bool
    has_headings: bool
    headings: tuple[str, ...]
    columns: dict[str, int]
    extra_columns: tuple[int, ...]
    width_min: int

    @property
    def width(self) -> int:
        """Number of columns of a full line."""
        return len(self.headings)

    @property
    def has_sides(self) -> bool:
        """Tell Debit/Credit (True) from Montant/Sens."""
        return self.columns["Debit"] >= 0

    def field_picker(self) -> Callable[[Sequence[str]], tuple[str, ...]]:
        """Return what takes the fields of `FecFields` out of a full line with one blank put after it."""
        return itemgetter(*(self.columns[heading] for heading in (*STANDARD_HEADINGS, *_VARIANT)))

    def column(self, heading: str) -> int:
        """Place of a column, -1 when absent."""
        return self.columns[heading]

    def describe(self) -> str:
        """Say the layout in a few words, for the page of the import."""
        names = {"\t": "tab", "|": "pipe", ";": "semicolon", ",": "comma"}
        sides = "Debit/Credit" if self.has_sides else "Montant/Sens"
        return f"FEC, {names[self.separator]}, {self.width} columns, {sides}"

    def split(self, line: str) -> list[str]:
        """Cut a line into fields, minding quotes where this file can have them.

        :raises csv.Error: when the quotes cannot be followed
        """
        if '"' in line and (self.is_quoted or self.separator in ";,"):
            return next(csv.reader([line], delimiter=self.separator))
        return line.split(self.separator)


def read_layout(line: str) -> FecLayout:
    """Work out the layout from the first line of a file.

    >>> layout = read_layout("EcritureDate;CompteNum;Débit;Crédit;Projet")
    >>> layout.column("Debit"), layout.column("CompAuxNum"), layout.extra_columns
    (2, -1, (4,))

    :raises FileRefused: NOT_A_FEC, MISSING_COLUMNS, DUPLICATE_HEADING
    """
    best: tuple[int, str, list[str]] = (0, "", [])
    for separator in SEPARATORS:
        cells = _split_headings(line, separator)
        known = sum(_known(cell) is not None for cell in cells)
        if known > best[0]:
            best = (known, separator, cells)
    known_count, separator, cells = best
    if known_count < _HEADINGS_KNOWN_MIN:
        headless = _layout_without_headings(line)
        if headless is not None:
            return headless
        raise FileRefused(because(ReasonCode.NOT_A_FEC), position=1)
    return _layout(separator, cells, is_quoted=line.lstrip().startswith('"'), has_headings=True)


def _split_headings(line: str, separator: str) -> list[str]:
    if '"' in line:
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
        except csv.Error:
            return []
    return [cell.strip() for cell in line.split(separator)]


def _known(cell: str) -> str | None:
    return _BY_FOLDED.get(fold_words(cell).replace(" ", ""))


def _layout_without_headings(line: str) -> FecLayout | None:
    """Read a first line that is already data: eighteen columns in the legal order."""
    for separator in SEPARATORS:
        cells = [cell.strip() for cell in line.split(separator)]
        if (
            len(cells) == len(STANDARD_HEADINGS)
            and len(cells[3]) == 8
            and cells[3].isdigit()
            and cells[4][:1].isdigit()
        ):
            return _layout(separator, list(STANDARD_HEADINGS), is_quoted=False, has_headings=False)
    return None


def _place(cells: list[str]) -> tuple[dict[str, int], list[int]]:
    """Give each heading its column, a heading in its legal spelling before a look-alike."""
    columns = dict.fromkeys((*STANDARD_HEADINGS, *_VARIANT), -1)
    alike: list[int] = []
    for index, cell in enumerate(cells):
        heading = _known(cell)
        if heading is None or heading.lower() != fold_words(cell).replace(" ", ""):
            alike.append(index)
        elif columns[heading] >= 0:
            raise FileRefused(because(ReasonCode.DUPLICATE_HEADING, column=heading), position=1)
        else:
            columns[heading] = index
    extra: list[int] = []
    for index in alike:
        heading = _known(cells[index])
        if heading is None or columns[heading] >= 0:
            extra.append(index)
        else:
            columns[heading] = index
    return columns, extra


def _layout(separator: str, cells: list[str], *, is_quoted: bool, has_headings: bool) -> FecLayout:
    while cells and not cells[-1]:
        cells.pop()
    columns, extra = _place(cells)
    missing = [heading for heading in ("EcritureDate", "CompteNum") if columns[heading] < 0]
    if not (columns["Debit"] >= 0 and columns["Credit"] >= 0) and not (
        columns["Montant"] >= 0 and columns["Sens"] >= 0
    ):
        missing.append("Debit + Credit (Montant + Sens)")
    if missing:
        raise FileRefused(because(ReasonCode.MISSING_COLUMNS, columns=", ".join(missing)), position=1)
    if columns["Debit"] >= 0 and columns["Credit"] >= 0:
        columns["Montant"] = columns["Sens"] = -1
    else:
        columns["Debit"] = columns["Credit"] = -1
    needed = [index for heading, index in columns.items() if heading not in _MAY_BE_LEFT_OFF]
    return FecLayout(
        separator=separator,
        is_quoted=is_quoted,
        has_headings=has_headings,
        headings=tuple(cells),
        columns=columns,
        extra_columns=tuple(extra),
        width_min=max(needed) + 1,
    )
