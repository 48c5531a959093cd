"""The part of the statement port for tables of banks, whose columns a person confirms once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Protocol, runtime_checkable

from quittance.core.mapping.bank_profile import BankProfile
from quittance.core.mapping.bank_proposal import BankProposal
from quittance.core.ports.statements import StatementFile, StatementReader


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTablePreview:
    """Headings, the first rows after them as (position, cells), the lines before them, and the proposed profile.

    `account_id` is our account as the lines before the headings name it, '' when they do not.
    """

    headings: tuple[str, ...]
    heading_position: int
    preamble: tuple[tuple[int, str], ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    proposal: BankProposal
    layout: str
    sheet_names: tuple[str, ...]
    account_id: str


@runtime_checkable
class StatementTableReader(StatementReader, Protocol):
    """A reader of tables of any layout; `read` takes the proposed profile, if it is complete."""

    def preview(self, stream: BinaryIO) -> StatementTablePreview:
        """Look at the first rows and propose a profile. :raises FileRefused:"""

    def read_mapped(self, stream: BinaryIO, *, profile: BankProfile, account_id: str = "") -> StatementFile:
        """Read by a profile. `account_id` is our account when the file does not name it. :raises FileRefused:"""
