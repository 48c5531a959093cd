"""What a person sees and confirms before a table is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from quittance.core.mapping.proposal import MappingProposal
from quittance.core.ports.intake import LedgerFileReader

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePreview:
    """Headings, the first rows after them as (position, cells), and the proposed mapping.

    `layout` says how the file is written; `sheet_names` is empty for a text file.
    """

    headings: tuple[str, ...]
    heading_position: int
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    proposal: MappingProposal
    layout: str
    sheet_names: tuple[str, ...]


class PreviewingReader(LedgerFileReader, Protocol):
    """A reader whose files must be mapped first (the adapter `table`)."""

    def preview(self, *, path: Path, settings: Mapping[str, object] | None = None) -> TablePreview:
        """Look at the first rows and propose a mapping. :raises FileRefused:"""
