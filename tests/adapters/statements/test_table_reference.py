"""Every table of a bank in the reference data: readable, or refused with its reason; nothing lost on the way."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from quittance.adapters.statements.table import TableStatementReader
from quittance.core.ports.statements import FileRefused

ROOT = Path(os.environ.get("QUITTANCE_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
FILES = sorted(path for path in (ROOT / "bank_csv").rglob("*") if path.is_file())
OTHERS = sorted(
    path
    for folder in ("bank_bai2", "bank_camt", "bank_cfonb", "bank_coda", "bank_mt940", "bank_ofx")
    for path in (ROOT / folder).rglob("*")
    if path.is_file()
)
EXPECTED: dict[str, tuple[int, int, str]] = {
    "csv_european_decimals.csv": (3, 0, "2260.94"),
    "csv_garbled_amount.csv": (1, 1, "100.00"),
    "debit_credit_amount.csv": (4, 0, "-1460.00"),
    "empty_statement_en.csv": (0, 0, "0"),
    "empty_statement_en.xlsx": (0, 0, "0"),
    "multi_currency.csv": (2, 0, "1491.50"),
    "original_currency.csv": (1, 0, "1525.00"),
    "original_currency_empty.csv": (1, 0, "1525.00"),
    "sample_statement.csv": (2, 0, "1300.00"),
    "sample_statement_credit_card_inverse_sign_en.csv": (2, 0, "-1491.50"),
    "sample_statement_en.csv": (2, 0, "1491.50"),
    "sample_statement_en.xlsx": (2, 0, "1491.50"),
}
REFUSED = {"original_currency_no_header.csv": "HEADINGS_NOT_FOUND"}

pytestmark = pytest.mark.skipif(not FILES, reason="no reference data")


def test_every_table_is_read_or_refused_with_its_reason() -> None:
    found, refused = {}, {}
    for path in FILES:
        try:
            with path.open("rb") as stream:
                file = TableStatementReader().read(stream)
        except FileRefused as refusal:
            refused[path.name] = refusal.reason_code
            continue
        total = sum((statement.transaction_sum for statement in file.statements), Decimal(0))
        found[path.name] = (file.transactions_read, len(file.all_rejected), str(total))
    assert found == EXPECTED
    assert refused == REFUSED


def test_files_of_other_formats_are_not_taken_for_tables() -> None:
    reader = TableStatementReader()
    assert [path.name for path in OTHERS if reader.supports(path.read_bytes()[: 1 << 16])] == []
