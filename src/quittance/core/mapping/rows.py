"""The cells of one row by the fields that their columns fill, read or refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NoReturn, Protocol

from quittance.core.mapping.cells import Cell, cell_text, read_currency, read_identifier
from quittance.core.mapping.records import ProfileDoesNotFit, RowRefused
from quittance.core.reasons import ReasonCode, because


class Profile(Protocol):
    """What a row needs of the profile that reads it."""

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return each field with the heading of its column."""

    @property
    def currency_default(self) -> str | None:
        """Return the currency of lines that name none."""

    def heading(self, name: str) -> str | None:
        """Return the heading of the column that fills a field."""

    def missing_fields(self) -> tuple[str, ...]:
        """Name what must still be mapped."""


class PlacedRows:
    """Base of the readers of rows: finds the columns of a profile among the headings, and reads cells by field."""

    def __init__(self, *, profile: Profile, headings: Sequence[str]) -> None:
        """Find the columns. :raises ProfileDoesNotFit: MAPPING_INCOMPLETE, COLUMNS_ABSENT"""
        missing = profile.missing_fields()
        if missing:
            raise ProfileDoesNotFit(because(ReasonCode.MAPPING_INCOMPLETE, fields=", ".join(missing)))
        places = {heading: index for index, heading in enumerate(headings)}
        absent = [heading for _, heading in profile.columns if heading not in places]
        if absent:
            raise ProfileDoesNotFit(because(ReasonCode.COLUMNS_ABSENT, columns=", ".join(absent)))
        self._heading = profile.heading
        self._currency_default: Final = profile.currency_default
        self._at: Final[Mapping[str, int]] = {name: places[heading] for name, heading in profile.columns}

    def _text(self, row: Sequence[Cell], name: str) -> str:
        """Return the text of a cell with single spaces, '' where there is none."""
        index = self._at.get(name)
        return "" if index is None or index >= len(row) else " ".join(cell_text(row[index]).split())

    def _identifier(self, row: Sequence[Cell], name: str) -> str:
        """Return a number or reference as written, '' where there is none."""
        index = self._at.get(name)
        return "" if index is None or index >= len(row) else " ".join(read_identifier(row[index]).split())

    def _currency_or_none(self, row: Sequence[Cell]) -> str | None:
        """Return the currency of a row, else that of lines that name none. :raises RowRefused:"""
        if not self._text(row, "currency"):
            return self._currency_default
        code = read_currency(row[self._at["currency"]])
        if code is None:
            self._refuse(ReasonCode.UNKNOWN_CURRENCY, "currency", row)
        return code

    def _refuse(self, code: ReasonCode, name: str, row: Sequence[Cell]) -> NoReturn:
        """Refuse a row for one of its cells. :raises RowRefused:"""
        raise RowRefused(because(code, column=self._heading(name), value=cell_text(row[self._at[name]])))
