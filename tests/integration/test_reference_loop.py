"""The loop by commands on every real FEC: import, aged balance, reminders of a day inside its year, import again."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from quittance.cli import aged_balance, dun, import_ledger
from quittance.ledger.models import OpenItem
from tests.integration.ledger.test_reference_files import FILES, naive

pytestmark = pytest.mark.django_db


def run(command: click.Command, *arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(command, [*arguments, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", [*FILES, "tryton__account_fr/tests/FEC-previous.csv"])
def test_a_real_fec_goes_round_by_commands(name: str, reference_data: Path) -> None:
    path = reference_data / "fec" / name
    debit, credit, groups, _count = naive(path)
    found = run(import_ledger.command, str(path))
    assert found["receivable_by_currency"] == {"EUR": {"debit": f"{debit:.2f}", "credit": f"{credit:.2f}"}}
    assert found["letter_groups_applied"] == sum(1 for value in groups.values() if not value)

    last = max(item.document_date for item in OpenItem.objects.all()).isoformat()
    totals = run(aged_balance.command, "--as-of", last)["totals"]
    assert sum(Decimal(row["total"]) for row in totals) == debit - credit

    reminders = run(dun.command, "--as-of", last, "--dry-run")
    assert (reminders["dry_run"], reminders["run"]) == (True, None)
    overdue = sum(Decimal(row["overdue"]) for row in totals)
    spoken_of = sum(Decimal(reminders[part]["totals"].get("EUR", "0")) for part in ("will_go", "held", "needs_person"))
    assert spoken_of <= overdue
    assert run(import_ledger.command, str(path))["status"] == "UNCHANGED"
