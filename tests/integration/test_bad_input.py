"""Bad files, end to end: the command says which line and why and leaves by its exit code, and so does the page.

One fault a file (`bad_files.py`); what is not at fault is in, nothing breaks, and nobody sees a traceback.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from quittance.cash.models import BankTransaction
from quittance.cash.services import run_statement_import
from quittance.cli import import_contacts, import_ledger, import_statement
from quittance.foundation.models import ImportBatch
from quittance.ledger.models import OpenItem
from quittance.ledger.tasks import run_import_job
from quittance.parties.models import Contact, Customer
from tests.cast import Cast, make_cast
from tests.integration.bad_files import LEDGERS, STATEMENTS, TABLES, TWICE, UNBALANCED, BadFile, table
from tests.web.desk import browser
from tests.web.test_imports_mapping import form_of

pytestmark = pytest.mark.django_db
CODES = {each.name: each for each in [*LEDGERS, *TABLES, *STATEMENTS]}


@pytest.fixture
def cast(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Cast:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    return make_cast()


def run(command: click.Command, path: Path, content: bytes, *options: str) -> Result:
    path.write_bytes(content)
    done = CliRunner().invoke(command, [str(path), *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done


def run_json(command: click.Command, path: Path, content: bytes, *options: str) -> tuple[int, dict[str, Any]]:
    done = run(command, path, content, "--json", *options)
    return done.exit_code, json.loads(done.stdout)


def told(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [*found["rejected_lines"], *found.get("remarks", [])]


def check_command(bad: BadFile, found: dict[str, Any]) -> None:
    """Check code, line and words in what the command printed for machines."""
    if bad.exit_code == 2:
        assert (found["reason_code"], bad.said in found["message"]) == (bad.code, True), found["message"]
        assert bad.line is None or found["message"].startswith("Line ") or "Line" in found["message"]
        return
    lines = [line for line in told(found) if line["reason_code"] == bad.code]
    assert len(lines) == 1, told(found)
    assert bad.said in lines[0]["reason"], lines[0]
    if bad.name.endswith(".xml"):
        assert lines[0]["position"] >= 1
    else:
        assert lines[0]["position"] == bad.line


def check_page(client: Client, bad: BadFile) -> str:
    """Check that the page of the import answers, and says code, line and words; return it."""
    batch = ImportBatch.objects.get()
    expected = {0: "DONE", 2: "REFUSED", 3: "DONE_WITH_REJECTS"}[bad.exit_code]
    assert batch.status == expected, (batch.status, batch.reason_code)
    answer = client.get(reverse("import_detail", args=[batch.id]))
    assert answer.status_code == 200
    text = html.unescape(answer.content.decode())
    assert bad.said in text
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("bad", [*LEDGERS, *TABLES], ids=lambda bad: bad.name)
def test_the_command_names_line_and_reason_and_takes_the_rest(cast: Cast, tmp_path: Path, bad: BadFile) -> None:
    path = tmp_path / bad.name
    code, found = run_json(import_ledger.command, path, bad.content, "--company", cast.company.code)
    assert (code, OpenItem.objects.count()) == (bad.exit_code, bad.ins)
    check_command(bad, found)
    shown = run(import_ledger.command, path, bad.content, "--company", cast.company.code).output
    assert bad.said in shown or bad.exit_code == 0  # a file that is in already has nothing left to say


@pytest.mark.parametrize("bad", [*LEDGERS, *TABLES], ids=lambda bad: bad.name)
def test_the_page_names_line_and_reason_and_takes_the_rest(cast: Cast, bad: BadFile) -> None:
    clara = browser(cast.clara)
    data = {"file": SimpleUploadedFile(bad.name, bad.content), "content": "delta", "company": cast.company.id}
    answer = clara.post(reverse("import_new"), data)
    assert answer.status_code == 302
    if "/columns/" in answer.headers["Location"]:
        url = answer.headers["Location"]
        assert bad.said in html.unescape(clara.get(url).content.decode()) or bad.code == "RATE_MISSING"
        answer = clara.post(url, {**form_of(clara, url), "do": "import"})
        assert answer.status_code == 302
    for job in ProcrastinateJob.objects.filter(task_name="ledger.run_import"):
        run_import_job(**job.args)
    text = check_page(clara, bad)
    assert OpenItem.objects.count() == bad.ins
    if bad.exit_code == 3:
        batch = ImportBatch.objects.get()
        address = reverse("import_detail", args=[batch.id]) + "?tab=rejected&export=csv"
        download = b"".join(clara.get(address).streaming_content).decode()  # type: ignore[attr-defined]
        assert bad.said in download.replace('""', '"')
        assert bad.said in text


@pytest.mark.parametrize("bad", STATEMENTS, ids=lambda bad: bad.name)
def test_a_bad_statement_by_command(cast: Cast, tmp_path: Path, bad: BadFile) -> None:
    code, found = run_json(import_statement.command, tmp_path / bad.name, bad.content, "--no-match")
    count = 0 if bad.code == "BANK_ACCOUNT_UNKNOWN" else bad.ins
    assert (code, BankTransaction.objects.count()) == (bad.exit_code, count)
    check_command(bad, found)


@pytest.mark.parametrize("bad", STATEMENTS, ids=lambda bad: bad.name)
def test_a_bad_statement_by_page(cast: Cast, bad: BadFile) -> None:
    clara = browser(cast.clara)
    answer = clara.post(reverse("statement_import"), {"file": SimpleUploadedFile(bad.name, bad.content)})
    assert answer.status_code == 302
    run_statement_import(batch_id=ImportBatch.objects.get().id)
    check_page(clara, bad)


def test_a_statement_that_does_not_add_up_is_in_and_says_so(cast: Cast, tmp_path: Path) -> None:
    done = run(import_statement.command, tmp_path / "unbalanced.xml", UNBALANCED, "--no-match")
    assert (done.exit_code, BankTransaction.objects.count()) == (0, 1)
    assert "the balances do NOT add up" in done.output


def test_a_movement_that_comes_twice_is_in_once(cast: Cast, tmp_path: Path) -> None:
    run_json(import_statement.command, tmp_path / "one.xml", TWICE, "--no-match")
    code, found = run_json(import_statement.command, tmp_path / "two.xml", TWICE, "--no-match")
    assert (code, found["duplicates"], BankTransaction.objects.count()) == (0, 1, 1)


def test_an_unknown_account_is_named(cast: Cast, tmp_path: Path) -> None:
    content = table("C9;Nobody;F9;31/01/2026;;10,00;EUR")
    options = ("--company", cast.company.code, "--known-accounts-only")
    code, found = run_json(import_ledger.command, tmp_path / "items.csv", content, *options)
    assert (code, told(found)[0]["position"], told(found)[0]["reason_code"]) == (2, 2, "UNKNOWN_ACCOUNT")
    assert "There is no account C9" in told(found)[0]["reason"]
    contacts = b"Code client;Contact;E-mail\nC9;Ann;ann@example.com\n"
    code, found = run_json(import_contacts.command, tmp_path / "contacts.csv", contacts, "--company", cast.company.code)
    assert (code, told(found)[0]["reason_code"]) == (2, "UNKNOWN_ACCOUNT")
    assert not Contact.objects.filter(email="ann@example.com").exists()


def test_a_file_without_a_rate_creates_nobody(cast: Cast, tmp_path: Path) -> None:
    before = Customer.objects.count()
    content = table("C8;Tokyo Inc;F8;31/01/2026;;1000;JPY", "C9;Osaka Inc;F9;31/01/2026;;2000;JPY")
    code, found = run_json(import_ledger.command, tmp_path / "yen.csv", content, "--company", cast.company.code)
    assert (code, found["lines_rejected"], Customer.objects.count()) == (2, 2, before)
    assert found["created"] == {"companies": [], "departments": [], "customer_count": 0, "account_count": 0}
    assert found["receivable_by_currency"] == {"JPY": {"debit": "0", "credit": "0"}}


def test_a_file_over_the_limit_is_told_so(
    cast: Cast, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.QUITTANCE_UPLOAD_MAX_BYTES = 1000
    clara, big = browser(cast.clara), b"x;y\n" * 1000
    for address in ("import_new", "statement_import"):
        answer = clara.post(reverse(address), {"file": SimpleUploadedFile("big.csv", big), "content": "delta"})
        assert (answer.status_code, "larger than" in answer.content.decode()) == (422, True)
    monkeypatch.setattr("quittance.cash.services.importing.FILE_BYTES_MAX", 1000)
    code, found = run_json(import_statement.command, tmp_path / "big.xml", big)
    assert (code, found["reason_code"]) == (2, "STATEMENT_TOO_LARGE")
    assert "The file is larger than 1000" in found["message"]
    assert not ImportBatch.objects.exclude(kind="STATEMENT").exists()


@pytest.mark.parametrize(("language", "words"), [("fr", "n’est pas une date"), ("es", "no es una fecha")])
def test_the_page_says_it_in_the_language_of_the_reader(cast: Cast, language: str, words: str, tmp_path: Path) -> None:
    bad = CODES["date.txt"]
    run(import_ledger.command, tmp_path / bad.name, bad.content, "--company", cast.company.code)
    cast.clara.language = language
    cast.clara.save()
    batch = ImportBatch.objects.get()
    text = browser(cast.clara).get(reverse("import_detail", args=[batch.id])).content.decode()
    assert words in html.unescape(text)
