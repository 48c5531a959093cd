"""Real exports, read beside the project when they are there; compared with sums added up in the plainest way."""

from __future__ import annotations

import csv
import gzip
import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from quittance.adapters.erp.fec import FecReader
from quittance.adapters.erp.table import preview_table, read_table
from quittance.core.ports.intake import FileRefused, LedgerLine, RejectedLine

ROOT = Path(os.environ.get("QUITTANCE_REFERENCE_DATA") or Path(__file__).parents[4] / "shared" / "data")
FEC_FILES = sorted(
    path
    for path in (ROOT / "fec").rglob("*")
    if path.is_file() and path.suffix in {".txt", ".csv"} and "FEC" in path.name
)
HIGHRADIUS = ROOT / "ar_history_highradius"

needs_data = pytest.mark.skipif(not ROOT.is_dir(), reason="no reference data")


def naive_sums(path: Path) -> tuple[Decimal, Decimal, int]:
    """Add the debit and credit columns of 411 accounts, and count them, with no help from the reader."""
    lines = path.read_bytes().decode("utf-8-sig").replace("\r", "").split("\n")
    at = {name.strip(): index for index, name in enumerate(lines[0].split("\t"))}
    taken = [line.split("\t") for line in lines[1:] if line.strip() and line.split("\t")[at["CompteNum"]][:3] == "411"]
    debit, credit = (
        sum((Decimal(row[at[side]].replace(",", ".") or 0) for row in taken), Decimal(0))
        for side in ("Debit", "Credit")
    )
    return debit, credit, len(taken)


@needs_data
@pytest.mark.parametrize("path", FEC_FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_fec_gives_its_own_sums_to_the_cent(path):
    if "expected" in path.name:  # results of another program, not a FEC
        with pytest.raises(FileRefused):
            FecReader().open(path=path)
        return
    reading = FecReader().open(path=path)
    lines = [record for record in reading.records() if isinstance(record, LedgerLine)]
    debit, credit, count = naive_sums(path)
    assert (reading.stats.receivable_debit, reading.stats.receivable_credit) == (debit, credit)
    assert (len(lines), reading.stats.lines_rejected, reading.stats.unbalanced_entries) == (count, 0, 0)
    assert sum(line.amount for line in lines) == debit - credit
    assert len({line.external_id for line in lines}) == count


@needs_data
def test_letter_groups_of_a_real_ledger():
    path = next(path for path in FEC_FILES if path.name.startswith("0000000001FEC") and path.suffix == ".txt")
    reading = FecReader().open(path=path)
    list(reading.rows())
    assert (reading.stats.letter_groups, reading.stats.letter_groups_balanced) == (134, 119)


@needs_data
@pytest.mark.parametrize(
    "name", ["highradius_open_items_full_columns_sample", "highradius_closed_invoices_created_to_20191027"]
)
def test_sap_style_items_are_mapped_by_themselves_and_duplicates_named(name):
    path = HIGHRADIUS / f"{name}.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    unique = {tuple(row.values()): row for row in rows}
    expected = [row for row in unique.values() if row["doc_id"]]
    proposal = preview_table(path=path).proposal
    assert proposal.missing == ()
    reading = read_table(path=path, profile=replace(proposal.profile, is_cleared_taken=True))
    records = list(reading.records())
    lines = [record for record in records if isinstance(record, LedgerLine)]
    assert sum(line.amount for line in lines) == sum(Decimal(row["total_open_amount"]) for row in expected)
    assert len(lines) == len(expected)
    duplicates = [each for each in records if isinstance(each, RejectedLine) and each.reason_code == "DUPLICATE_ROW"]
    assert len(duplicates) == len(rows) - len(unique)
    assert lines[0].account_number.startswith("0")
    assert not any("." in line.document_number for line in lines)


@needs_data
def test_month_first_dates_of_an_american_file():
    path = next((ROOT / "ar_history_ibm").glob("*.csv"))
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    profile = preview_table(path=path).proposal.profile
    assert profile.date_order == "MDY"
    lines = list(read_table(path=path, profile=replace(profile, is_cleared_taken=True)).records())
    assert all(isinstance(line, LedgerLine) for line in lines)
    assert sum(line.amount for line in lines) == sum(Decimal(row["InvoiceAmount"]) for row in rows)
    assert next(iter(read_table(path=path, profile=profile).records())).reason_code == "CLEARED"


@needs_data
def test_open_items_are_found_among_the_sheets_of_a_workbook():
    path = next((ROOT / "erp_exports").rglob("ar-aging-report.xlsx"))
    preview = preview_table(path=path)
    assert (preview.proposal.profile.sheet, preview.proposal.profile.currency_default) == ("Open Invoices", "ILS")
    reading = read_table(path=path, profile=preview.proposal.profile)
    rejected = [record for record in reading.records() if isinstance(record, RejectedLine)]
    assert (reading.stats.lines_accepted, [each.reason_code for each in rejected]) == (26, ["MISSING_VALUE"])


@needs_data
@pytest.mark.parametrize("path", sorted((ROOT / "erp_exports").rglob("*.csv")), ids=lambda path: path.name)
def test_tables_without_dates_say_what_is_missing(path):
    profile = preview_table(path=path).proposal.profile
    with pytest.raises(FileRefused, match="document_date or posting_date"):
        read_table(path=path, profile=profile)
