"""Every BAI2 and CODA file of the reference data: readable, or refused with its reason; nothing lost on the way."""

from __future__ import annotations

import csv
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from quittance.adapters.statements.bai2 import Bai2Reader
from quittance.adapters.statements.coda import CodaReader
from quittance.core.ports.statements import FileRefused, StatementFile, StatementReader

ROOT = Path(os.environ.get("QUITTANCE_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
BAI2 = sorted(path for path in (ROOT / "bank_bai2").rglob("*") if path.is_file())
CODA = sorted(path for path in (ROOT / "bank_coda").rglob("*") if path.is_file())
BALANCED = {"nwb_example.bai2"}

pytestmark = pytest.mark.skipif(not BAI2 or not CODA, reason="no reference data")


def read(reader: StatementReader, path: Path) -> StatementFile:
    with path.open("rb") as stream:
        return reader.read(stream)


def checks() -> dict[str, dict[str, int]]:
    with (ROOT / "MANIFEST.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["set"] == "bank_bai2"]
    return {row["file"]: json.loads(row["check"])["records"] for row in rows}


def test_bai2_counts_are_those_of_the_manifest_and_the_broken_file_is_refused() -> None:
    refused = {}
    for path in BAI2:
        records = checks()[path.relative_to(ROOT).as_posix()]
        try:
            file = read(Bai2Reader(), path)
        except FileRefused as refusal:
            refused[path.name] = refusal.reason_code
            continue
        assert (len(file.statements), file.transactions_read) == (records["03"], records["16"]), path
        assert file.all_rejected == ()
        for statement in file.statements:
            if statement.opening and statement.closing:
                assert statement.balanced is (path.name in BALANCED), path
    assert refused == {"sample-parseError.txt": "FORMAT_UNKNOWN"}


def test_bai2_trailers_agree_where_the_samples_add_up() -> None:
    told = {path.name for path in BAI2 for line in _remarks(path) if "DIFFERS" in line}
    assert told == {"sample4-continuations-newline-delimited.txt", "sample5-issue113.txt"}


def _remarks(path: Path) -> list[str]:
    try:
        file = read(Bai2Reader(), path)
    except FileRefused:
        return []
    return [remark.reason_code for statement in file.statements for remark in statement.remarks]


def test_the_coda_file_balances() -> None:
    (path,) = CODA
    (statement,) = read(CodaReader(), path).statements
    assert (statement.transaction_sum, statement.balanced, len(statement.transactions)) == (Decimal("100.00"), True, 1)
    assert (statement.remarks, statement.rejected) == ((), ())
