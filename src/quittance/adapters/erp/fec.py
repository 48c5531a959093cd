"""Reader of the FEC, the file of accounting entries that every French company can produce.

Taken are the lines of receivable accounts (411... by default). The customer is the auxiliary account
(CompAuxNum), else the account itself. The external id of a line is
`JournalCode|EcritureNum|EcritureDate|CompteNum|CompAuxNum|n`, n numbering the lines of one customer in one
entry (PieceRef stands in for a blank EcritureNum): the same file gives the same ids each time.

`amount` is in the currency of the company unless Montantdevise and Idevise are filled; its sign is that of
Debit minus Credit (negative debits and credits are legal). A FEC has no due dates.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from quittance.adapters.erp.fec_layout import read_layout
from quittance.adapters.erp.fec_pass import FecPass
from quittance.adapters.tables.lines import TextLines
from quittance.adapters.tables.source import GZIP_MAGIC, ByteSource, SizeLimits, unpack_head
from quittance.core.money import is_known_currency
from quittance.core.ports.intake import (
    FileKind,
    FileRefused,
    LedgerLine,
    LedgerRow,
    LineRemark,
    ReadingStats,
    RejectedLine,
    ledger_line_from_row,
)
from quittance.core.reasons import ReasonCode, because

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from quittance.adapters.tables.lines import BadLine


@dataclass(frozen=True, slots=True, kw_only=True)
class FecSettings:
    """What a company tells about its FEC.

    `receivable_prefixes`: accounts whose lines are taken ("411"; add "416" for doubtful customers, "413" for
    bills receivable). `is_opening_taken` False leaves out the journals of opening balances, for a file that
    follows the file of the year before.
    """

    receivable_prefixes: tuple[str, ...] = ("411",)
    company_currency: str = "EUR"
    is_opening_taken: bool = True
    file_bytes_max: int | None = None

    def __post_init__(self) -> None:
        """:raises ValueError: for a setting that cannot work"""
        if not self.receivable_prefixes or not all(self.receivable_prefixes):
            raise ValueError("receivable_prefixes holds one account prefix at least, none of them blank")
        if not is_known_currency(self.company_currency):
            raise ValueError(f"company_currency is an ISO 4217 code, not {self.company_currency!r}")


class FecReading:
    """One FEC being read."""

    kind = FileKind.OPEN_ITEMS

    def __init__(self, *, path: Path, settings: FecSettings) -> None:
        """Open the file and read its headings. :raises FileRefused:"""
        self._settings = settings
        self._source = ByteSource(path=path, limits=SizeLimits(file_bytes_max=settings.file_bytes_max))
        self._pass: FecPass | None = None
        self._lines: TextLines | None = None
        next(self.rows(), None)  # the headings must be readable before anything is promised
        self._pass = None

    @property
    def bytes_read(self) -> int:
        """Bytes of the file consumed so far."""
        return self._source.bytes_read

    @property
    def bytes_total(self) -> int:
        """Size of the file."""
        return self._source.size

    def rows(self) -> Iterator[LedgerRow | RejectedLine | LineRemark]:
        """Yield lines of receivable accounts as rows for COPY, rejected lines and remarks, in file order.

        Remarks about the whole (entries that do not balance ...) come last.

        :raises FileRefused: at any point; what came before must then not be kept
        """
        self._lines = TextLines(self._source.blocks())
        self._pass = None
        for chunk in self._lines.chunks():
            if self._pass is None:
                self._pass = start_pass(chunk.lines, self._settings)
                if self._pass is None:
                    continue
            yield from self._pass.take(chunk)
        if self._pass is None:
            raise FileRefused(because(ReasonCode.EMPTY_FILE))
        yield from self._pass.finish()

    def records(self) -> Iterator[LedgerLine | RejectedLine | LineRemark]:
        """Yield the same as typed lines. :raises FileRefused:"""
        for row in self.rows():
            yield ledger_line_from_row(row) if isinstance(row, tuple) else row

    @property
    def stats(self) -> ReadingStats:
        """Counts so far; final once the iterator is exhausted. :raises RuntimeError: before the first line"""
        if self._pass is None or self._lines is None:
            raise RuntimeError("nothing was read yet")
        return self._pass.stats(encoding=self._lines.encoding)


class FecReader:
    """Adapter `fec` of the port `LedgerFileReader`."""

    identifier = "fec"
    label = "FEC (fichier des écritures comptables)"
    Settings = FecSettings

    def supports(self, *, name: str, head: bytes) -> bool:  # noqa: ARG002  (the name tells nothing sure)
        """Say whether the first line holds the headings of a FEC."""
        if head.startswith(GZIP_MAGIC):
            head = unpack_head(head)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = head.decode("utf-16", errors="replace")
        else:
            text = head.decode("utf-8-sig", errors="replace")
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return bool(lines) and bool(read_layout(lines[0]))
        except FileRefused:
            return False

    def open(self, *, path: Path, settings: Mapping[str, object] | None = None) -> FecReading:
        """Open a FEC. :raises FileRefused: :raises ValueError: for a setting that does not exist"""
        return FecReading(path=path, settings=fec_settings(settings or {}))


def fec_settings(values: Mapping[str, object]) -> FecSettings:
    """Build the settings from plain values. :raises ValueError: for a name or value that does not fit"""
    known = {field.name for field in fields(FecSettings)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(f"FEC settings do not include {', '.join(unknown)}")
    prepared = dict(values)
    prefixes = prepared.get("receivable_prefixes")
    if isinstance(prefixes, str):
        prepared["receivable_prefixes"] = tuple(part.strip() for part in prefixes.split(",") if part.strip())
    elif isinstance(prefixes, (list, tuple)):
        prepared["receivable_prefixes"] = tuple(str(part) for part in prefixes)
    return FecSettings(**prepared)  # type: ignore[arg-type]


def start_pass(lines: Sequence[str | BadLine], settings: FecSettings) -> FecPass | None:
    """Read the headings from the first lines; None while all of them are blank. :raises FileRefused:"""
    for index, line in enumerate(lines):
        if not isinstance(line, str):
            raise FileRefused(because(ReasonCode.NOT_A_FEC), position=index + 1)
        if line.strip():
            return FecPass(
                layout=read_layout(line.strip("\x1a")),
                heading_position=index + 1,
                prefixes=settings.receivable_prefixes,
                company_currency=settings.company_currency,
                is_opening_taken=settings.is_opening_taken,
                sample=[each for each in lines[index + 1 : index + 500] if isinstance(each, str)],
            )
    return None
