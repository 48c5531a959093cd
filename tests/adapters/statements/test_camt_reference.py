"""Every camt file of the reference data: readable, or refused with a reason; nothing lost on the way."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from quittance.adapters.statements.camt import CamtReader
from quittance.core.ports.statements import FileRefused

ROOT = Path(os.environ.get("QUITTANCE_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
FILES = sorted(path for path in (ROOT / "bank_camt").rglob("*") if path.is_file())
REFUSED = {
    "test-sepa-camt-unpaid.zip": "NOT_XML",
    "golden-camt053-no-ntry.pydata": "NOT_XML",
    "golden-camt054.pydata": "NOT_XML",
    "camt053.v2.wrong.xml": "NO_STATEMENT",
    "valid_namespace.xml": "NO_STATEMENT",
    "invalid_namespace.xml": "NO_STATEMENT",
}

pytestmark = pytest.mark.skipif(not FILES, reason="no reference data")


def test_every_file_is_read_or_refused_with_its_reason() -> None:
    refused = {}
    entries_read = 0
    for path in FILES:
        try:
            with path.open("rb") as stream:
                file = CamtReader().read(stream)
        except FileRefused as refusal:
            refused[path.name] = refusal.reason_code
            continue
        tree = etree.parse(path)
        entries = int(tree.xpath("count(//*[local-name()='Ntry'])"))
        without_date = [line for line in file.all_rejected if line.reason_code == "DATE_MISSING"]
        refused_outright = len(file.all_rejected) - len(without_date)
        read = sum(len({t.entry_number for t in s.transactions}) for s in file.statements)
        assert read + len(without_date) + refused_outright == entries, path
        assert len(file.statements) == int(
            tree.xpath("count(//*[local-name()='Stmt' or local-name()='Rpt' or local-name()='Ntfctn'])")
        )
        entries_read += read
    assert refused == REFUSED
    assert entries_read > 1400


def test_opening_plus_sum_is_closing_wherever_the_file_holds_both() -> None:
    checked = balanced = 0
    for path in FILES:
        try:
            with path.open("rb") as stream:
                file = CamtReader().read(stream)
        except FileRefused:
            continue
        for statement in file.statements:
            if statement.opening is None or statement.closing is None or statement.balanced is None:
                continue
            total = sum((t.amount for t in statement.transactions if t.is_booked), Decimal(0))
            agrees = statement.opening.amount + total == statement.closing.amount
            assert statement.balanced is agrees, path
            checked += 1
            balanced += agrees
    assert checked > 150
    assert checked - balanced < 15, "only the samples that do not add up by themselves"
