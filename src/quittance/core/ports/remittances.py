"""The door between what payers send and the remittances that are kept: what a reader yields, and how it says no.

A reader is total: each line of a file becomes a line of a remittance, a `RejectedLine` with its place and reason, or
a remark; a file that holds no remittance is `FileRefused`. Nothing is made up: no amount without one in the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import BinaryIO, Protocol, runtime_checkable

from quittance.core.mapping.remittance_profile import RemittanceProfile
from quittance.core.mapping.remittance_proposal import RemittanceProposal
from quittance.core.ports.intake import FileRefused, LineRemark, RejectedLine
from quittance.core.remittances import Remittance, RemittanceLine

__all__ = [
    "Breadth",
    "FileRefused",
    "LineRemark",
    "RejectedLine",
    "Remittance",
    "RemittanceFile",
    "RemittanceLine",
    "RemittanceReader",
    "RemittanceTablePreview",
    "RemittanceTableReader",
]


class Breadth(IntEnum):
    """How much a format may be taken for: the narrow ones are asked first."""

    FORMAT = 0
    TABLE = 1
    TEXT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceFile:
    """Everything one file said; `rejected` is what belongs to no remittance of it."""

    format: str
    remittances: tuple[Remittance, ...]
    rejected: tuple[RejectedLine, ...] = field(default=())

    @property
    def lines_read(self) -> int:
        """Count the lines of all remittances."""
        return sum(len(remittance.lines) for remittance in self.remittances)

    @property
    def all_rejected(self) -> tuple[RejectedLine, ...]:
        """Return what could not be read: of the file, then of each remittance in order."""
        return self.rejected + tuple(line for each in self.remittances for line in each.rejected)

    @property
    def remarks(self) -> tuple[LineRemark, ...]:
        """Return what there is to say of lines that are in."""
        return tuple(remark for each in self.remittances for remark in each.remarks)


class RemittanceReader(Protocol):
    """Port of the `quittance.remittances` entry points: reads one way in which payers tell what they paid."""

    identifier: str
    label: str
    breadth: Breadth

    def supports(self, head: bytes) -> bool:
        """Say from the first bytes (up to 64 KiB) whether the file is of this format."""

    def read(self, stream: BinaryIO) -> RemittanceFile:
        """Read it all. :raises FileRefused: when nothing of it may be kept, or it is no remittance advice"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceTablePreview:
    """Headings, the first rows after them as (position, cells), the lines before them, and the proposed profile."""

    headings: tuple[str, ...]
    heading_position: int
    preamble: tuple[tuple[int, str], ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    proposal: RemittanceProposal
    layout: str


@runtime_checkable
class RemittanceTableReader(RemittanceReader, Protocol):
    """A reader of tables of any layout; `read` takes the proposed profile, if it is complete."""

    def preview(self, stream: BinaryIO) -> RemittanceTablePreview:
        """Look at the first rows and propose a profile. :raises FileRefused:"""

    def read_mapped(self, stream: BinaryIO, *, profile: RemittanceProfile) -> RemittanceFile:
        """Read by a profile. :raises FileRefused:"""
