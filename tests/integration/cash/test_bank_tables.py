"""Tables of banks: sent, checked on the page of columns, kept, and read silently the next time."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from quittance.cash import services, tasks
from quittance.cash.models import BankStatement, BankTransaction
from quittance.cash.statement_files import installed_readers
from quittance.cli.import_statement import command
from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import SYSTEM
from quittance.ledger.models import MappingProfile
from quittance.parties.models import CompanyBankAccount
from tests.adapters.statements import bai2_samples, coda_samples
from tests.adapters.statements.test_table import COLUMNS, IBAN, SIGNED, workbook
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db
NAMELESS = b"\n".join(line for line in SIGNED.splitlines() if not line.startswith(b"Compte"))


@pytest.fixture
def cast(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Cast:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    return make_cast()


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


def send(client: Client, content: bytes, name: str = "movements.csv", **values: object) -> str:
    file = SimpleUploadedFile(name, content)
    answer = client.post(reverse("statement_import"), {"file": file, **values})
    assert answer.status_code == 302
    return answer["Location"]


def work() -> None:
    job = ProcrastinateJob.objects.filter(task_name="cash.import_statement").order_by("-id").first()
    assert job is not None
    tasks.import_statement(**job.args)


def form_of(client: Client, url: str) -> dict[str, str]:
    form = client.get(url).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, "", False)}


def test_a_table_is_checked_confirmed_and_then_read_without_asking(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    url = send(clara, SIGNED)
    batch = ImportBatch.objects.get()
    assert url == reverse("statement_columns", args=[batch.id])
    assert not ProcrastinateJob.objects.filter(task_name="cash.import_statement").exists()
    page = clara.get(url).content.decode()
    assert IBAN in page
    assert "2 lines before the headings are passed over" in page
    assert "Opening 1,000.00" in page
    assert "Import 2 movements" in page
    answer = clara.post(url, {**form_of(clara, url), "do": "import"})
    assert answer["Location"] == reverse("import_detail", args=[batch.id])
    work()
    statement = BankStatement.objects.get()
    assert (statement.is_balanced, statement.movement_sum, statement.transaction_count) == (True, Decimal("1187.5"), 2)

    more = SIGNED + b"15/01/2026;15/01/2026;100,00;EUR;KEMPER;;2 287,50;F-1002\n"
    again = send(clara, more, "next.csv")
    assert again == reverse("import_detail", args=[ImportBatch.objects.get(filename="next.csv").id])
    work()
    assert BankTransaction.objects.count() == 3
    assert send(clara, more, "asked.csv", is_asked_again="on").endswith("/columns/")
    assert MappingProfile.objects.get().kind == "STATEMENT"


def test_the_account_is_asked_when_the_file_does_not_name_it(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    url = send(clara, NAMELESS)
    values = {**form_of(clara, url), "do": "import", "account": ""}
    answer = clara.post(url, values)
    assert answer.status_code == 422
    assert "Choose the account" in answer.content.decode()
    other = {**values, "account": "other", "company": str(cast.company.id)}
    assert clara.post(url, other).status_code == 422
    assert clara.post(url, {**other, "account_other": "FR76 3000 6000 0112 3456 7890 189"}).status_code == 302
    work()
    assert BankStatement.objects.get().bank_account_id == CompanyBankAccount.objects.get(iban=IBAN).id


def test_columns_can_be_changed_and_what_is_missing_is_said(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    url = send(clara, COLUMNS)
    values = form_of(clara, url)
    without = {name: value for name, value in values.items() if name != "column_credit"}
    answer = clara.post(url, {**without, "do": "preview"})
    assert (answer.status_code, "Choose a column for: Credit" in answer.content.decode()) == (422, True)
    twice = clara.post(url, {**values, "column_text": "Date", "do": "preview"})
    assert "A column can fill one field only" in twice.content.decode()
    turned = clara.post(url, {**values, "is_inverted": "on", "do": "preview"}).content.decode()
    assert "1,200.00" in turned


def test_a_confirmed_file_is_not_started_twice(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    url = send(clara, SIGNED)
    values = {**form_of(clara, url), "do": "import"}
    clara.post(url, values)
    answer = clara.post(url, values)
    assert answer["Location"] == reverse("import_detail", args=[ImportBatch.objects.get().id])
    assert ProcrastinateJob.objects.filter(task_name="cash.import_statement").count() == 1


def test_strangers_stay_out_of_the_columns(cast: Cast) -> None:
    url = send(signed_in(cast.clara), SIGNED)
    detail = reverse("import_detail", args=[ImportBatch.objects.get().id])
    assert url in signed_in(cast.clara).get(detail).content.decode()
    assert Client().get(url).status_code == 302
    assert signed_in(cast.petra).get(url).status_code == 403


def test_a_table_that_cannot_be_read_goes_on_and_is_refused(cast: Cast) -> None:
    url = send(signed_in(cast.clara), b"2026-04-03,10.00,X\n2026-04-04,11.00,Y\n")
    assert "columns" not in url
    work()
    batch = ImportBatch.objects.get()
    assert (batch.status, batch.reason_code) == ("REFUSED", "HEADINGS_NOT_FOUND")


def test_a_workbook_and_the_formats_of_records_are_known_by_their_beginning(cast: Cast) -> None:
    book = workbook(("Account", IBAN), ("Date", "Amount", "Currency", "Description"), ("2026-01-05", 5, "EUR", "X"))
    for content, expected in ((book, "XLSX"), (bai2_samples.balanced(), "BAI2"), (coda_samples.balanced(), "CODA")):
        result = services.import_statement(
            stream=io.BytesIO(content), filename="f", actor=SYSTEM, company_id=cast.company.id
        )
        assert (result.format, result.status) == (expected, "DONE")
    assert installed_readers()[-1].identifier == "table"


@pytest.mark.parametrize(("options", "code", "read"), [([], 2, 0), (["--account", IBAN], 0, 2)])
def test_the_command_reads_a_table_by_its_headings(
    cast: Cast, tmp_path_factory: pytest.TempPathFactory, options: list[str], code: int, read: int
) -> None:
    path = tmp_path_factory.mktemp("bank") / "movements.csv"
    path.write_bytes(NAMELESS)
    company = ["--company", cast.company.code]
    answer = CliRunner().invoke(command, [str(path), "--json", "--no-match", *company, *options])
    found = json.loads(answer.stdout)
    assert (found["transactions_new"], found["format"]) == (read, "CSV")
    if code == 0:
        assert (found["opening"], found["sum"], found["balanced"]) == ("1000.00", "1187.50", True)
    else:
        assert [line["reason_code"] for line in found["rejected_lines"]] == ["BANK_ACCOUNT_UNKNOWN"]


def test_the_account_kept_with_the_columns_serves_while_it_is_our_only_one(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    url = send(clara, NAMELESS)
    assert form_of(clara, url)["account"] == cast.bank_account.iban
    clara.post(url, {**form_of(clara, url), "do": "import"})
    work()
    assert BankStatement.objects.get().bank_account_id == cast.bank_account.id
    later = NAMELESS.replace(b"FACTURE F-1001", b"FACTURE F-1009")
    assert not send(clara, later, "next.csv").endswith("/columns/")
    CompanyBankAccount.objects.create(company=cast.company, iban="BE68539007547034", name="Two", currency="EUR")
    assert send(clara, later, "again.csv").endswith("/columns/")


def test_a_table_without_movements_is_not_said_to_balance(cast: Cast) -> None:
    result = services.import_statement(stream=io.BytesIO(b"Date,Amount,Label\n"), filename="e.csv", actor=SYSTEM)
    assert (result.status, result.transactions_read, result.balanced) == ("DONE", 0, None)
