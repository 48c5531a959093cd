"""A large camt.053 file: read and written wholly, in a time and a memory that grow with its size and no faster.

`QUITTANCE_LARGE_FILE_MB` makes the file larger; `python -m bench.statements` prints the figures of several sizes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from bench.statements import write_statement
from quittance.cash.models import BankStatement, BankTransaction
from tests.integration.delivery.workers import worker_environment

pytestmark = pytest.mark.django_db(transaction=True)
LARGE_MB = int(os.environ.get("QUITTANCE_LARGE_FILE_MB", "6"))
KB_EACH_MAX = 8


def take_in(path: Path, folder: Path) -> dict[str, Any]:
    """Import a file in a process of its own, whose memory is its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.statements", "--measure", str(path)],
        cwd=Path(__file__).resolve().parents[3], env=worker_environment(0, str(folder)),
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_large_file_comes_in_wholly_and_its_cost_grows_with_its_size(tmp_path: Path) -> None:
    small, large = tmp_path / "small.xml", tmp_path / "large.xml"
    few, _ = write_statement(small, bytes_min=LARGE_MB * 1_000_000 // 4, account="SMALL")
    many, total = write_statement(large, bytes_min=LARGE_MB * 1_000_000, account="LARGE")
    first, second = take_in(small, tmp_path), take_in(large, tmp_path)
    assert (first["new"], second["new"], second["balanced"]) == (few, many, True)
    stored = BankTransaction.objects.filter(statement__bank_account__iban="LARGE")
    assert (stored.count(), stored.aggregate(total=Sum("amount"))["total"]) == (many, total)
    assert BankStatement.objects.get(bank_account__iban="LARGE").is_balanced
    assert (second["memory"] - first["memory"]) * 1024 / (many - few) < KB_EACH_MAX
    # Work, not time on the clock, and twice what linear growth would be: a busy machine makes it waver.
    assert second["worked"] / many < 2 * first["worked"] / few + 0.0005
