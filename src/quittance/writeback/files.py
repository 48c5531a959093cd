"""A batch as a file: journal lines in the columns of a FEC, a table, or objects. Each writes entry after entry."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Protocol

from quittance.core.currencies import currency_exponent
from quittance.core.spreadsheet_text import safe_text
from quittance.core.writeback import EntryFact, JournalLine, JournalPlan

FEC_COLUMNS: Final = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
CSV_COLUMNS: Final = (
    "entry", "kind", "purpose", "journal", "date", "account", "account_name", "customer_account", "customer",
    "document", "document_date", "debit", "credit", "currency", "letter", "letter_date", "amount_in_currency",
    "document_currency", "erp_key",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchHead:
    """What a file says of itself."""

    company_code: str
    company_name: str
    batch_number: int
    exported_on: date
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenEntry:
    """An entry with its lines."""

    fact: EntryFact
    lines: tuple[JournalLine, ...]
    words: str


class Writer(Protocol):
    """Turns a batch into text, part by part."""

    def head(self) -> str:
        """Return what comes before the first entry."""

    def entry(self, one: WrittenEntry) -> str:
        """Return one entry."""

    def foot(self) -> str:
        """Return what comes after the last."""


@dataclass(slots=True, kw_only=True)
class FecWriter:
    """The eighteen columns of article A47 A-1, separated by tabs. ValidDate is blank: the ERP validates."""

    batch: BatchHead
    plan: JournalPlan

    def head(self) -> str:
        """Return the headings."""
        return "\t".join(FEC_COLUMNS) + "\r\n"

    def entry(self, one: WrittenEntry) -> str:
        """Return the lines of an entry."""
        return "".join(self._line(one, line) for line in one.lines)

    def foot(self) -> str:
        """Return nothing."""
        return ""

    def _line(self, one: WrittenEntry, line: JournalLine) -> str:
        code, name = self.plan.journals[line.journal]
        fields = (
            code, name, str(line.number), _day(line.day), line.account.number, line.account.name, line.auxiliary,
            line.auxiliary_name, line.document_number, _day(line.document_date), one.words,
            _comma(line.debit, self.batch.currency), _comma(line.credit, self.batch.currency), line.letter,
            _day(line.letter_date), "", _comma(line.amount, line.currency) if line.currency else "", line.currency,
        )  # fmt: skip
        return "\t".join(" ".join(text.split()) for text in fields) + "\r\n"


@dataclass(slots=True, kw_only=True)
class CsvWriter:
    """One row a line, with a decimal point; texts that a spreadsheet would run are made harmless."""

    batch: BatchHead
    plan: JournalPlan

    def head(self) -> str:
        """Return the headings."""
        return _csv(CSV_COLUMNS)

    def entry(self, one: WrittenEntry) -> str:
        """Return the rows of an entry."""
        return "".join(_csv(self._row(one, line)) for line in one.lines)

    def foot(self) -> str:
        """Return nothing."""
        return ""

    def _row(self, one: WrittenEntry, line: JournalLine) -> Sequence[str]:
        texts = {
            "entry": str(line.number), "kind": one.fact.kind, "purpose": line.purpose,
            "journal": self.plan.journals[line.journal][0], "date": line.day.isoformat(),
            "account": line.account.number, "account_name": line.account.name, "customer_account": line.auxiliary,
            "customer": line.auxiliary_name, "document": line.document_number,
            "document_date": line.document_date.isoformat(), "currency": self.batch.currency, "letter": line.letter,
            "letter_date": line.letter_date.isoformat() if line.letter_date else "",
            "document_currency": line.currency, "erp_key": line.erp_key,
        }  # fmt: skip
        amounts = {
            "debit": _point(line.debit, self.batch.currency),
            "credit": _point(line.credit, self.batch.currency),
            "amount_in_currency": _point(line.amount, line.currency) if line.currency else "",
        }
        return [amounts[name] if name in amounts else safe_text(texts[name]) for name in CSV_COLUMNS]


@dataclass(slots=True, kw_only=True)
class JsonWriter:
    """One object: the batch, then its entries, each on a line of its own; amounts are strings."""

    batch: BatchHead
    plan: JournalPlan
    _is_begun: bool = field(default=False, init=False)

    def head(self) -> str:
        """Return the batch, up to its entries."""
        told = {
            "company": self.batch.company_code, "company_name": self.batch.company_name,
            "batch": self.batch.batch_number, "exported_on": self.batch.exported_on.isoformat(),
            "currency": self.batch.currency,
        }  # fmt: skip
        return _json(told)[:-1] + ', "entries": [\n'

    def entry(self, one: WrittenEntry) -> str:
        """Return one entry as an object."""
        before = ",\n" if self._is_begun else ""
        self._is_begun = True
        fact = one.fact
        return before + _json(
            {
                "number": fact.number, "kind": str(fact.kind), "date": fact.day.isoformat(), "letter": fact.letter,
                "letter_date": fact.letter_date.isoformat() if fact.letter_date else None, "reason": fact.reason,
                "text": one.words, "lines": [self._line(line) for line in one.lines],
            }
        )  # fmt: skip

    def foot(self) -> str:
        """Close the object."""
        return "\n]}\n"

    def _line(self, line: JournalLine) -> dict[str, Any]:
        return {
            "purpose": str(line.purpose), "journal": self.plan.journals[line.journal][0],
            "account": line.account.number, "customer_account": line.auxiliary, "customer": line.auxiliary_name,
            "document": line.document_number, "document_date": line.document_date.isoformat(),
            "erp_key": line.erp_key, "debit": _point(line.debit, self.batch.currency),
            "credit": _point(line.credit, self.batch.currency), "letter": line.letter,
            "amount_in_currency": _point(line.amount, line.currency) if line.currency else None,
            "document_currency": line.currency or None,
        }  # fmt: skip


WRITERS: Final[dict[str, tuple[type[Any], str, str]]] = {
    "FEC": (FecWriter, "txt", "text/tab-separated-values; charset=utf-8"),
    "CSV": (CsvWriter, "csv", "text/csv; charset=utf-8"),
    "JSON": (JsonWriter, "json", "application/json"),
}


def write_parts(writer: Writer, entries: Iterator[WrittenEntry]) -> Iterator[str]:
    """Go through the text of a file."""
    yield writer.head()
    for one in entries:
        yield writer.entry(one)
    yield writer.foot()


def _day(day: date | None) -> str:
    return day.strftime("%Y%m%d") if day else ""


def _point(amount: Decimal, currency: str) -> str:
    return f"{amount:.{currency_exponent(currency)}f}"


def _comma(amount: Decimal, currency: str) -> str:
    return _point(amount, currency).replace(".", ",")


def _csv(fields: Sequence[str]) -> str:
    target = io.StringIO()
    csv.writer(target).writerow(fields)
    return target.getvalue()


def _json(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False)
