"""Every bank file of the reference data, one test each, against what the manifest counts in it.

The reader is found by the file's content, as an import does it. Where the manifest and we differ, the tables below say
who is right and why.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from quittance.adapters.statements.table import TableStatementReader
from quittance.core.ports.statements import FileRefused, StatementFile, StatementReader
from quittance.foundation.registry import adapters_of

ROOT = Path(os.environ.get("QUITTANCE_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
MANIFEST = ROOT / "MANIFEST.csv"


def rows() -> list[Any]:
    """Return each bank file of the manifest with its set and its checks."""
    if not MANIFEST.is_file():
        return [pytest.param("", "", {}, marks=pytest.mark.skip(reason="no reference data"))]
    with MANIFEST.open(newline="", encoding="utf-8") as stream:
        return [
            pytest.param(row["set"], row["file"], json.loads(row["check"] or "{}"), id=row["file"])
            for row in csv.DictReader(stream)
            if row["set"].startswith("bank_")
        ]


def read(path: Path) -> StatementFile | str:
    """Return what the first reader that knows the file makes of it, else the reason of the refusal."""
    readers: list[StatementReader] = [reader() for reader in adapters_of("quittance.statements").values()]
    readers.sort(key=lambda reader: isinstance(reader, TableStatementReader))
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
        stream.seek(0)
        for reader in readers:
            if reader.supports(head):
                try:
                    return reader.read(stream)
                except FileRefused as refused:
                    return refused.reason_code
    return "FORMAT_UNKNOWN"


def found_in(file: StatementFile) -> dict[str, Any]:
    """Return our own count of what the manifest counts: bookings (read or rejected), statements, those that balance."""
    rejected = sum("entry" in dict(line.reason.params) for line in file.all_rejected)
    entries = sum(len({one.entry_number for one in statement.transactions}) for statement in file.statements)
    days = sorted(
        one.booking_date for statement in file.statements for one in statement.transactions if one.booking_date
    )
    return {
        "entries": entries + rejected,
        "payments": file.transactions_read + rejected,
        "statements": len(file.statements),
        "balanced": sum(statement.balanced is True for statement in file.statements),
        "unbalanced": sum(statement.balanced is False for statement in file.statements),
        "days": (days[0].isoformat(), days[-1].isoformat()) if days else None,
        "currencies": {statement.currency for statement in file.statements if statement.currency},
        "kinds": Counter(statement.kind.value for statement in file.statements),
        "rejected": len(file.all_rejected),
    }


# Files that hold something the manifest counts and are refused all the same: parts of messages, written to test parsers
# of single fields, and one that says UTF-16 and is ASCII.
REFUSED: Final = {
    "fixtures/amount_formats.txt": "FORMAT_UNKNOWN",
    "Rabo/sample2": "TRUNCATED",
    "fixtures/amount_formats.sta": "FORMAT_UNKNOWN",
    "fixtures/opening_balance_with_new_line.sta": "FORMAT_UNKNOWN",
    "fixtures/sepa_snippet_broken_2.sta": "TRUNCATED",
    "fixtures/sepa_snippet_broken_3.sta": "TRUNCATED",
    "lines/account_balance_credit.txt": "FORMAT_UNKNOWN",
    "lines/statement_ocmt_chgs.txt": "FORMAT_UNKNOWN",
    "lines/statement_supplementary_complex.txt": "FORMAT_UNKNOWN",
    "betterplace/amount_formats.sta": "FORMAT_UNKNOWN",
    "cmxl/account_balance_credit.sta": "FORMAT_UNKNOWN",
    "self-provided/sparkassen.sta": "FORMAT_UNKNOWN",
    "valid_responses/moneymrkt1_v203.ofx": "ENCODING_WRONG",
    "files/operation.txt": "NO_STATEMENT",
    "files/operation_already_defined.txt": "NO_STATEMENT",
    "errors/sample-parseError.txt": "FORMAT_UNKNOWN",
    "fixtures/original_currency_no_header.csv": "HEADINGS_NOT_FOUND",
}
# The manifest takes a report for a statement only where it has balances (:60:); MT942 has none.
STATEMENTS: Final = {
    "fixtures/missing_closing_record_62F.sta": 1,
    "fixtures/mt942.sta": 1,
    "fixtures/pending.sta": 1,
}
# It does not see a movement whose mark is of an expected one (EC, ED).
ENTRIES: Final = {"fixtures/pending.sta": 1}
# It does not add what has decimal points or blank entry days: these balance.
BALANCED: Final = {"Samples/StandardBank_transactions_GB.txt", "citi/mt940.txt"}
# Currencies of charges and of amounts ordered are not the account's; the German mark is no currency any more.
CURRENCIES_OF_DETAILS: Final = {
    "cases/base-1.mta", "self-provided/raphaelm.sta", "golden/camt053_garbled_amount.xml",
    "data/camt052.v2.with-account-name.xml", "data/camt052.v4.xml", "data/camt052.v6.Amt-zero.xml",
    "data/camt052.v6.xml", "data/camt054.v2.with-account-name.xml", "data/camt054.v4.xml",
    "data/camt054.v8-with-UETR.xml", "data/camt054.v8-with-financial-institution.xml", "data/camt054.v8.xml",
}  # fmt: skip


def held_in(check: dict[str, Any]) -> int:
    """Return how much of a statement the manifest sees in a file; nothing in companions of other kinds."""
    records = check.get("records", {})
    counted = [check.get(name, 0) for name in ("tx", "stm", "Ntry", "Stmt", "Rpt", "Ntfctn")]
    return sum(counted) + sum(records.get(code, 0) for code in ("04", "16", "00"))


@pytest.mark.parametrize(("kind", "name", "check"), rows())
def test_counts_and_checks_are_those_of_the_manifest(kind: str, name: str, check: dict[str, Any]) -> None:
    short = "/".join(name.split("/")[-2:])
    file = read(ROOT / name)
    if isinstance(file, str):
        expected = REFUSED.get(short)
        assert file == expected or (expected is None and not held_in(check)), file
        return
    assert short not in REFUSED
    found = found_in(file)
    COMPARE[kind](short, check, found)
    if "dates" in check and found["days"] and kind == "bank_camt":
        assert check["dates"][0] <= found["days"][0] <= found["days"][1] <= check["dates"][1]
    if "cur" in check and short not in CURRENCIES_OF_DETAILS:
        assert set(check["cur"]) == found["currencies"]


def compare_camt(short: str, check: dict[str, Any], found: dict[str, Any]) -> None:
    assert found["entries"] == check.get("Ntry", 0)
    assert found["kinds"] == Counter(
        {
            kind: check[name]
            for name, kind in (("Stmt", "STATEMENT"), ("Rpt", "REPORT"), ("Ntfctn", "NOTIFICATION"))
            if check.get(name)
        }
    )
    if "stm_balanced" in check:
        assert found["balanced"] == check["stm_balanced"]


def compare_mt940(short: str, check: dict[str, Any], found: dict[str, Any]) -> None:
    assert found["entries"] == ENTRIES.get(short, check["tx"])
    assert found["statements"] == STATEMENTS.get(short, check["stm"])
    if "balanced" in check:
        assert (found["balanced"] == 1) is (check["balanced"] or short in BALANCED)


def compare_cfonb(short: str, check: dict[str, Any], found: dict[str, Any]) -> None:
    assert (found["statements"], found["balanced"]) == (check["stm"], check["stm_balanced"])


def compare_bai2(short: str, check: dict[str, Any], found: dict[str, Any]) -> None:
    assert (found["statements"], found["entries"]) == (check["records"]["03"], check["records"]["16"])


def compare_ofx(short: str, check: dict[str, Any], found: dict[str, Any]) -> None:
    assert found["entries"] == check["tx"]


def compare_nothing(short: str, check: dict[str, Any], found: dict[str, Any]) -> None:
    """The manifest counts nothing in them; `test_table_reference` and `test_bai2_coda_reference` do."""
    assert check == {}


COMPARE: Final = {
    "bank_camt": compare_camt,
    "bank_mt940": compare_mt940,
    "bank_cfonb": compare_cfonb,
    "bank_bai2": compare_bai2,
    "bank_ofx": compare_ofx,
    "bank_coda": compare_nothing,
    "bank_csv": compare_nothing,
}


@pytest.mark.skipif(not MANIFEST.is_file(), reason="no reference data")
def test_the_sums_of_camt_files_are_those_of_their_entries() -> None:
    """Add the amounts up without our reader: what a file says in its entries is what came out of it."""
    entry = re.compile(rb"<(?:\w+:)?Ntry>(.*?)</(?:\w+:)?Ntry>", re.DOTALL)
    amount = re.compile(rb"<(?:\w+:)?Amt[^>]*>\s*([0-9.]+)\s*<.*?CdtDbtInd>\s*(CRDT|DBIT)", re.DOTALL)
    compared = 0
    for path in sorted((ROOT / "bank_camt").rglob("*.xml")):
        file = read(path)
        if isinstance(file, str) or file.all_rejected:
            continue
        signed = [found for text in entry.findall(path.read_bytes()) if (found := amount.search(text))]
        total = sum((Decimal(one[1].decode()) * (1 if one[2] == b"CRDT" else -1) for one in signed), Decimal(0))
        ours = sum((one.amount for statement in file.statements for one in statement.transactions), Decimal(0))
        assert ours == total, path
        compared += 1
    assert compared > 350
