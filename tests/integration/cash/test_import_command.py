"""`quittance import statement`: figures for machines, sentences for people, exit codes for scripts."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from quittance.cli.import_statement import command
from tests.adapters.statements.samples import balanced_statement, document, entry, statement
from tests.cast import make_cast, make_item

pytestmark = pytest.mark.django_db


def run(tmp_path: Path, content: bytes, *options: str) -> tuple[int, str]:
    path = tmp_path / "statement.xml"
    path.write_bytes(content)
    result = CliRunner().invoke(command, [str(path), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout


def run_json(tmp_path: Path, content: bytes, *options: str) -> tuple[int, dict[str, Any]]:
    code, output = run(tmp_path, content, "--json", *options)
    return code, json.loads(output)


def test_figures_of_a_good_file(tmp_path: Path) -> None:
    make_cast()
    code, found = run_json(tmp_path, balanced_statement())
    assert code == 0
    assert {
        "format": "camt.053.001.08", "transactions_read": 3, "rejected": 0, "opening": "100.00", "closing": "1587.50",
        "sum": "1487.50", "balanced": True, "duplicates": 0,
    }.items() <= found.items()  # fmt: skip
    code, found = run_json(tmp_path, balanced_statement())
    assert (code, found["transactions_new"], found["duplicates"]) == (0, 0, 3)


def test_receipts_are_matched_unless_told_not_to(tmp_path: Path) -> None:
    cast = make_cast()
    make_item(cast.account, "1200.00", due=date(2026, 1, 5), number="F-1001")
    assert "matched" not in run_json(tmp_path, balanced_statement(), "--no-match")[1]
    assert run_json(tmp_path, balanced_statement())[1]["matched"] == 1


def test_rejected_movements_are_exit_3_and_nothing_read_is_exit_2(tmp_path: Path) -> None:
    make_cast()
    assert run_json(tmp_path, document(statement(entry("x"), entry("4.00"))))[0] == 3
    assert run_json(tmp_path, document(statement(entry("x"))))[0] == 2
    code, found = run_json(tmp_path, b"<Document")
    assert (code, found["reason_code"]) == (2, "FORMAT_UNKNOWN")


def test_people_are_told_in_sentences(tmp_path: Path) -> None:
    make_cast()
    code, output = run(tmp_path, balanced_statement())
    assert code == 0
    assert "3 movements read, 3 new" in output
    assert "opening + movements = closing" in output


def test_an_unknown_company_is_named(tmp_path: Path) -> None:
    make_cast()
    assert run(tmp_path, balanced_statement(), "--company", "NOPE")[0] == 2
