"""MT940, CFONB 120 and OFX through the real service: found by their content, kept once, checked."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from quittance.cash import services
from quittance.cash.models import BankStatement, BankTransaction
from quittance.cli.import_statement import command
from quittance.foundation.permissions import SYSTEM
from quittance.parties.models import CompanyBankAccount
from tests.adapters.statements import cfonb_samples, mt940_samples, test_ofx
from tests.cast import make_cast

pytestmark = pytest.mark.django_db

OURS = b"FR7630006000011234567890189"
MT940 = mt940_samples.balanced().replace(b"NL91ABNA0417164300", OURS)
CFONB, OFX = cfonb_samples.balanced(), test_ofx.balanced()


def take_in(content: bytes, name: str = "statement.txt") -> services.StatementImport:
    return services.import_statement(stream=io.BytesIO(content), filename=name, actor=SYSTEM)


@pytest.mark.parametrize(
    ("content", "name", "balances"),
    [
        (MT940, "MT940", (Decimal(100), Decimal("1587.50"), True)),
        (CFONB, "CFONB120", (Decimal(100), Decimal("1587.50"), True)),
        (OFX, "OFX 102", (None, Decimal("1587.50"), None)),
    ],
)
def test_a_file_is_kept_once(content: bytes, name: str, balances: tuple[Decimal | None, Decimal, bool | None]) -> None:
    make_cast()
    first = take_in(content)
    assert (first.format, first.status, first.transactions_new, first.rejected) == (name, "DONE", 3, 0)
    assert (first.opening, first.closing, first.balanced) == balances
    assert first.sum == Decimal("1487.50")
    again = take_in(content, "copy.txt")
    assert (again.status, again.transactions_new, again.duplicates) == ("UNCHANGED", 0, 3)
    assert (BankStatement.objects.count(), BankTransaction.objects.count()) == (1, 3)
    assert sorted(BankTransaction.objects.values_list("amount", "state")) == [
        (Decimal("-12.5"), "OUTGOING"),
        (Decimal(300), "WAITING"),
        (Decimal(1200), "WAITING"),
    ]


def test_cfonb_and_ofx_find_the_account_that_we_know_by_its_iban() -> None:
    cast = make_cast()
    known = CompanyBankAccount.objects.count()
    take_in(CFONB)
    take_in(OFX)
    assert CompanyBankAccount.objects.count() == known
    assert set(BankStatement.objects.values_list("bank_account_id", flat=True)) == {cast.bank_account.id}


def test_a_report_of_the_running_day_brings_no_money_before_its_statement() -> None:
    make_cast()
    result = take_in(mt940_samples.report().replace(b"DE89370400440532013000", OURS))
    assert (result.format, result.transactions_new, result.pending) == ("MT942", 0, 2)
    assert BankTransaction.objects.count() == 0


def test_bad_movements_are_listed_with_their_line_and_the_rest_is_in(tmp_path: Path) -> None:
    make_cast()
    path = tmp_path / "bank.sta"
    path.write_bytes(MT940.replace(b"C300,00", b"C3OO,00"))
    result = CliRunner().invoke(command, [str(path), "--json"])
    found = json.loads(result.stdout)
    assert (result.exit_code, found["transactions_new"], found["rejected"], found["balanced"]) == (3, 2, 1, None)
    (line,) = found["rejected_lines"]
    assert (line["position"], line["reason_code"]) == (8, "AMOUNT_UNREADABLE")
    assert line["reason"].startswith("Entry 2: The amount “3OO,00NTRFNONREF//B2” is not a number")


@pytest.mark.parametrize("content", [MT940, CFONB, OFX])
def test_a_file_cut_short_changes_nothing(content: bytes) -> None:
    make_cast()
    result = take_in(content[: len(content) * 2 // 3])
    assert result.is_refused
    assert result.reason and result.reason.code == "TRUNCATED"
    assert BankStatement.objects.count() == 0
