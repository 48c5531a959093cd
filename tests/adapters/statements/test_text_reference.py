"""Every MT940, CFONB 120 and OFX file of the reference data: read whole, or refused with the reason listed here."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from quittance.adapters.statements.cfonb120 import Cfonb120Reader
from quittance.adapters.statements.mt940 import Mt940Reader
from quittance.adapters.statements.ofx import OfxReader
from quittance.core.ports.statements import FileRefused, StatementFile, StatementReader
from quittance.foundation.registry import adapters_of

ROOT = Path(os.environ.get("QUITTANCE_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
MANIFEST = ROOT / "MANIFEST.csv"

pytestmark = pytest.mark.skipif(not MANIFEST.is_file(), reason="no reference data")

# Parts of messages, written to test parsers of single fields: they begin a statement and do not end it, or begin none.
MT940_REFUSED: Final = {
    "TRUNCATED": {
        "Rabo/sample2",
        "betterplace/amount_formats.sta",
        "betterplace/currency_in_25.sta",
        "cmxl/account_balance_credit.sta",
        "cmxl/account_identification_iban.sta",
        "cmxl/account_identification_legacy.sta",
        "cmxl/reference.sta",
        "fixtures/account_identification_option_A_with_IBAN.sta",
        "fixtures/account_identification_option_B.sta",
        "fixtures/account_identification_option_B_with_currency.sta",
        "fixtures/amount_formats.sta",
        "fixtures/amount_formats.txt",
        "fixtures/currency_in_25.sta",
        "fixtures/currency_in_25.txt",
        "fixtures/field_28.sta",
        "fixtures/line_breaks_with_@@.sta",
        "fixtures/line_breaks_with_rn.sta",
        "fixtures/opening_balance_with_new_line.sta",
        "fixtures/sepa_snippet_broken_2.sta",
        "fixtures/sepa_snippet_broken_3.sta",
        "fixtures/statement_number.sta",
        "lines/account_balance_credit.txt",
        "lines/account_identification_iban.txt",
        "lines/account_identification_legacy.txt",
        "lines/floor_limit_indicator_both.txt",
        "lines/floor_limit_indicator_credit.txt",
        "lines/floor_limit_indicator_debit.txt",
        "lines/reference.txt",
        "lines/statement_ocmt_chgs.txt",
        "lines/statement_supplementary_complex.txt",
        "self-provided/account_identification.sta",
        "self-provided/sparkassen.sta",
    },
    "NO_STATEMENT": {
        "betterplace/empty_86.sta",
        "betterplace/missing_crlf_at_end.sta",
        "fixtures/duplicate_spaces.sta",
        "fixtures/empty_86.sta",
        "fixtures/empty_86.txt",
        "fixtures/last_statement.sta",
        "fixtures/missing_crlf_at_end.sta",
        "fixtures/missing_crlf_at_end.txt",
        "fixtures/unstructured_account_owner.sta",
        "lines/vmk_summary_credit.txt",
        "self-provided/empty_non_swift.sta",
    },
}
MT940_REJECTED: Final = {
    # Currencies: none at all; the German mark, which is no currency any more; a balance without its currency.
    "fixtures/missing_closing_record_62F.sta": {"CURRENCY_MISSING"},
    "cases/base-1.mta": {"CURRENCY_UNKNOWN", "CURRENCY_MISSING"},
    "self-provided/raphaelm.sta": {"CURRENCY_UNKNOWN", "CURRENCY_MISSING"},
}
# Where the manifest's own count does not see what is there: decimal points, blank entry days, @@ for line ends.
MT940_BALANCED_AFTER_ALL: Final = {"Samples/StandardBank_transactions_GB.txt", "citi/mt940.txt"}
MT940_COUNTED_AFTER_ALL: Final = {"fixtures/pending.sta": 1}
MT942_WITHOUT_BALANCES: Final = {
    "fixtures/mt942.sta",
    "fixtures/pending.sta",
    "fixtures/missing_closing_record_62F.sta",
}

CFONB_REFUSED: Final = {
    "NO_STATEMENT": {"files/operation.txt", "files/operation_already_defined.txt", "files/operation_unstarted.txt"}
}
CFONB_REJECTED: Final = {
    "files/end_of_statement_without_beginning.txt": {"RECORD_MISPLACED"},
    "files/invalid_date.txt": {"RECORD_MISPLACED", "DATE_UNREADABLE"},
    "files/operation_detail_without_operation.txt": {"RECORD_MISPLACED"},
    "files/operation_out_of_statement.txt": {"RECORD_MISPLACED"},
}

OFX_REFUSED: Final = {
    # Securities only, a profile, a failed sign-on, nothing: no movement of a bank account.
    "NO_STATEMENT": {
        "data/profrs.ofx",
        "fixtures/bank_small.ofx",
        "fixtures/investment_401k.ofx",
        "fixtures/ofxdata-investments-multiple-accounts-xml.ofx",
        "fixtures/ofxdata-investments-oneline-xml.ofx",
        "fixtures/signon_fail.ofx",
        "fixtures/tiaacref.ofx",
        "fixtures/vanguard.ofx",
        "fixtures/vanguard401k.ofx",
        "valid_responses/401k_v203.ofx",
    },
    # It says UTF-16 and is ASCII.
    "ENCODING_WRONG": {"valid_responses/moneymrkt1_v203.ofx"},
}
OFX_REJECTED: Final = {
    # Amounts made up with up to thirteen decimals of a dollar.
    "valid_responses/inv_v202.ofx": {"AMOUNT_TOO_PRECISE", "DATE_UNREADABLE"},
    "valid_responses/moneymrkt1_v103.ofx": {"AMOUNT_TOO_PRECISE"},
    "valid_responses/moneymrkt1_v103_TYPE1.ofx": {"AMOUNT_TOO_PRECISE"},
    "fixtures/fidelity-savings.ofx": {"AMOUNT_TOO_PRECISE"},
    "fail_nice/date_missing.ofx": {"DATE_MISSING", "DATE_IMPOSSIBLE"},
    "fail_nice/decimal_error.ofx": {"AMOUNT_UNREADABLE"},
}


def files_of(name: str) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Yield each file of a set with its short name and what the manifest counts in it."""
    with MANIFEST.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            path = ROOT / row["file"]
            if row["set"] == name and path.suffix != ".json":
                yield "/".join(path.parts[-2:]), path, json.loads(row["check"] or "{}")


def read_all(
    reader: StatementReader, name: str, *, refused: Mapping[str, set[str]], rejected: Mapping[str, set[str]]
) -> Iterator[tuple[str, Path, StatementFile, dict[str, Any]]]:
    """Yield each file that is read, having checked that the others and the rejected lines are those expected."""
    found_refused: dict[str, set[str]] = {}
    found_rejected: dict[str, set[str]] = {}
    for short, path, check in files_of(name):
        try:
            with path.open("rb") as stream:
                file = reader.read(stream)
        except FileRefused as refusal:
            found_refused.setdefault(refusal.reason_code, set()).add(short)
            continue
        with path.open("rb") as stream:
            head = stream.read(1 << 16)
        known = [name for name, other in adapters_of("quittance.statements").items() if other().supports(head)]
        assert known == [reader.identifier], short
        if file.all_rejected:
            found_rejected[short] = {line.reason_code for line in file.all_rejected}
        yield short, path, file, check
    assert found_refused == refused
    assert found_rejected == rejected


def entries_in(file: StatementFile) -> int:
    """Count the movements read and those rejected: nothing is lost, none invented."""
    rejected = sum("entry" in dict(line.reason.params) for line in file.all_rejected)
    return file.transactions_read + rejected


def test_mt940_counts_and_checks_are_those_of_the_manifest() -> None:
    movements = statements = 0
    for short, _, file, check in read_all(Mt940Reader(), "bank_mt940", refused=MT940_REFUSED, rejected=MT940_REJECTED):
        assert entries_in(file) == MT940_COUNTED_AFTER_ALL.get(short, check["tx"]), short
        if short not in MT942_WITHOUT_BALANCES:
            assert len(file.statements) == check["stm"], short
        if "balanced" in check:
            (statement,) = file.statements
            assert statement.balanced is (check["balanced"] or short in MT940_BALANCED_AFTER_ALL), short
        movements += entries_in(file)
        statements += len(file.statements)
    assert (movements, statements) == (737, 306)


def test_cfonb_counts_and_checks_are_those_of_the_manifest() -> None:
    for short, _, file, check in read_all(
        Cfonb120Reader(), "bank_cfonb", refused=CFONB_REFUSED, rejected=CFONB_REJECTED
    ):
        outside = sum(line.content.startswith("04") for line in file.all_rejected)
        assert file.transactions_read + outside == check["records"].get("04", 0), short
        assert len(file.statements) == check["stm"], short
        assert sum(statement.balanced is True for statement in file.statements) == check["stm_balanced"], short


def test_ofx_counts_and_sums_are_those_of_the_files() -> None:
    for short, path, file, check in read_all(OfxReader(), "bank_ofx", refused=OFX_REFUSED, rejected=OFX_REJECTED):
        assert entries_in(file) == check["tx"], short
        if any("entry" in dict(line.reason.params) for line in file.all_rejected):
            continue
        amounts = re.findall(rb"<TRNAMT>\s*([-+0-9.,]+)", path.read_bytes())
        total = sum((Decimal(amount.decode().replace(",", ".")) for amount in amounts), Decimal(0))
        assert sum((statement.transaction_sum for statement in file.statements), Decimal(0)) == total, short
