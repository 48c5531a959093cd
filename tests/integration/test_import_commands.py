"""`quittance import customers`, `import contacts`, `import ledger --json` over currencies, `aged-balance --json`."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from quittance.cli import aged_balance, import_contacts, import_customers, import_ledger
from quittance.ledger.models import ExchangeRate, OpenItem
from quittance.ledger.services import refresh_balances
from quittance.parties.models import Contact, Customer
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 31)
CUSTOMERS = "Code client;Nom client;Ville;Pays;SIREN\nC1;Dupont SA;Paris;FR;552100554\n;Nobody;Lyon;FR;\n"
CONTACTS = "Code client;Nom contact;E-mail\n411DURAND;Paul Achat;paul@durand.example\nX9;Jean;jean@x.example\n"
ITEMS = (
    "Code client;N° facture;Date facture;Montant TTC;Devise\n"
    "C1;F1;31/01/2026;100,00;EUR\nC1;F2;31/01/2026;-40,00;EUR\nC2;F3;31/01/2026;10,00;USD\nC3;F4;31/01/2026;7,00;GBP\n"
)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def run(command: click.Command, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(command, [*arguments, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_customers_and_contacts_come_in_by_command(cast: Cast, tmp_path: Path) -> None:
    path = written(tmp_path / "customers.csv", CUSTOMERS)
    code, found = run(import_customers.command, path, "--company", cast.company.code)
    assert (code, found["new"], found["lines_rejected"]) == (3, 1, 1)
    assert [(line["position"], line["reason"]) for line in found["rejected_lines"]] == [
        (3, "Column Code client is blank.")
    ]
    assert Customer.objects.get(number="C1").siren == "552100554"
    assert run(import_customers.command, path, "--company", cast.company.code)[1]["unchanged"] == 1

    path = written(tmp_path / "contacts.csv", CONTACTS)
    code, found = run(import_contacts.command, path, "--company", cast.company.code)
    assert (code, found["new"], found["lines_rejected"]) == (3, 1, 1)
    assert found["rejected_lines"][0]["reason_params"]["account"] == "X9"
    assert Contact.objects.filter(email="paul@durand.example").exists()


@pytest.mark.parametrize("command", [import_customers.command, import_contacts.command])
def test_an_unknown_company_is_a_sentence(cast: Cast, tmp_path: Path, command: click.Command) -> None:
    done = CliRunner().invoke(command, [written(tmp_path / "x.csv", CUSTOMERS), "--company", "NONE"])
    assert (done.exit_code, "no company 'NONE'" in done.output) == (2, True)
    done = CliRunner().invoke(command, [str(tmp_path / "missing.csv"), "--company", cast.company.code])
    assert (done.exit_code, "Traceback" in done.output) == (2, False)


def test_currencies_are_never_added_up_and_rejected_lines_do_not_count(cast: Cast, tmp_path: Path) -> None:
    ExchangeRate.objects.create(from_currency="USD", to_currency="EUR", rate_date=DAY, rate=Decimal("0.9"))
    path = written(tmp_path / "items.csv", ITEMS)
    code, found = run(import_ledger.command, path, "--company", cast.company.code)
    assert (code, found["lines_accepted"], found["lines_rejected"]) == (3, 3, 1)  # no rate of GBP
    assert found["receivable_by_currency"] == {
        "EUR": {"debit": "100.00", "credit": "40.00"},
        "GBP": {"debit": "0.00", "credit": "0.00"},
        "USD": {"debit": "10.00", "credit": "0.00"},
    }
    assert (found["receivable_currency"], found["receivable_debit"], found["receivable_credit"]) == (
        "EUR", "109.00", "40.00",
    )  # fmt: skip
    assert sum(item.amount_company for item in OpenItem.objects.all()) == Decimal("69.00")
    assert not Customer.objects.filter(number="C3").exists()


def test_one_currency_is_told_as_it_stands_in_the_file(cast: Cast, tmp_path: Path) -> None:
    path = written(tmp_path / "items.csv", "\n".join(ITEMS.splitlines()[:3]) + "\n")
    found = run(import_ledger.command, path, "--company", cast.company.code)[1]
    assert (found["receivable_currency"], found["receivable_debit"], found["receivable_credit"]) == (
        "EUR", "100.00", "40.00",
    )  # fmt: skip


@pytest.mark.parametrize("grouping", aged_balance.GROUPINGS)
def test_the_aged_balance_adds_up_by_every_grouping(cast: Cast, grouping: str) -> None:
    make_item(cast.account, "100.00", due=date(2026, 1, 10), number="F1")
    make_item(cast.account, "50.00", due=date(2026, 3, 1), number="F2")
    make_item(cast.account, "-20.00", due=date(2026, 1, 20), number="A1")
    refresh_balances(account_ids=None, as_of=DAY)
    code, found = run(aged_balance.command, "--as-of", "2026-01-31", "--by", grouping)
    rows = found["accounts" if grouping == "account" else "rows"]
    assert (code, found["group_by"], len(rows)) == (0, grouping, 1)
    for row in (rows[0], found["totals"][0]):
        parts = [*row["buckets"].values(), row["credits"], row["unapplied"]]
        assert sum(map(Decimal, parts)) == Decimal(row["total"]) == Decimal("130.00")
        assert (row["buckets"]["due_1_30"], row["buckets"]["not_due"]) == ("100.00", "50.00")
        assert row["items"] == 3


def test_the_aged_balance_of_nothing_is_empty(cast: Cast) -> None:
    code, found = run(aged_balance.command, "--as-of", "2026-01-31", "--company", cast.company.code)
    assert (code, found["accounts"], found["totals"]) == (0, [], [])


def test_a_file_of_which_every_line_is_rejected_says_so_in_words(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "rejected.csv"
    head = "Code client;N° facture;Date facture;Montant TTC;Devise\n"
    file.write_text(head + "C1;F1;31/02/2026;100,00;EUR\nC2;F2;31/01/2026;12,5O;EUR\n", "utf-8")
    code, result = run(import_ledger.command, str(file), "--company", cast.company.code)
    assert (code, result["lines_accepted"], result["lines_rejected"]) == (2, 0, 2)
    assert result["message"].startswith("All 2 lines were rejected; the first reason: ")
    assert "31/02/2026" in result["message"]
