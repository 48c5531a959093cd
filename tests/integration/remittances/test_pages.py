"""The pages of remittances: sent, checked, shown with their totals, ignored and expected again."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from quittance.cli.import_remittance import command
from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import SYSTEM
from quittance.remittances import services, tasks
from quittance.remittances.models import Remittance
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
TABLE = b"Facture;Montant brut;Retenue;Motif;Montant pay\xc3\xa9\nFA-1;100,00;10,00;casse;90,00\nFA-2;50,00;;;50,00\n"
TOTAL = b"Total;;;;140,00\n"


@pytest.fixture
def cast(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Cast:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    return make_cast()


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


def send(client: Client, content: bytes, name: str, **values: object) -> str:
    answer = client.post(reverse("remittance_import"), {"file": SimpleUploadedFile(name, content), **values})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def work() -> None:
    job = ProcrastinateJob.objects.filter(task_name="remittances.import_file").order_by("-id").first()
    assert job is not None
    tasks.import_remittance_file(**job.args)


def form_of(client: Client, url: str) -> dict[str, str]:
    form = client.get(url).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, "", False)}


def test_a_table_is_checked_confirmed_and_then_read_without_asking(cast: Cast) -> None:
    make_item(cast.account, "100", due=date(2026, 5, 1), number="FA-1")
    clara = signed_in(cast.clara)
    url = send(clara, TABLE + TOTAL, "avis.csv")
    batch = ImportBatch.objects.get()
    assert url == reverse("remittance_columns", args=[batch.id])
    page = clara.get(url).content.decode()
    assert "The lines make the announced total, 140.00" in page
    assert "Import 2 lines" in page
    answer = clara.post(url, {**form_of(clara, url), "do": "import"})
    assert answer["Location"] == reverse("import_detail", args=[batch.id])
    work()
    row = Remittance.objects.get()
    assert (row.customer_id, row.line_count) == (cast.durand.id, 2)
    other = TABLE.replace(b"FA-2", b"FA-3") + TOTAL
    assert send(clara, other, "second.csv") == reverse("import_detail", args=[ImportBatch.objects.latest("id").id])
    again = send(clara, TABLE, "third.csv", is_asked_again="on")
    assert "these headings are known" in clara.get(again).content.decode().lower()


def test_a_wrong_choice_of_columns_is_told(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    url = send(clara, TABLE, "avis.csv")
    values = {**form_of(clara, url), "do": "import"}
    del values["column_amount_paid"]
    answer = clara.post(url, values)
    assert answer.status_code == 422
    assert "Amount paid" in answer.content.decode()


def test_an_advice_is_shown_ignored_and_expected_again(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=date(2026, 5, 1), number="FA-1")
    clara = signed_in(cast.clara)
    send(
        clara, b"Virement du 03/04/2026\nPayeur : Durand\nFA-1  100,00 EUR\nFA-99  5,00 EUR\nTotal 110,00 EUR", "a.txt"
    )
    work()
    row = Remittance.objects.get()
    page = clara.get(reverse("remittance_detail", args=[row.id])).content.decode()
    assert reverse("item_detail", args=[item.id]) in page
    assert reverse("customer_detail", args=[cast.durand.id]) in page
    assert "The payer announces" in page
    assert "1 line names no open item that is certain" in page
    listed = clara.get(reverse("remittance_list")).content.decode()
    assert "Expected cash, EUR" in listed
    assert "110.00" in listed
    assert clara.post(reverse("remittance_ignore", args=[row.id])).status_code == 302
    assert "Nobody expects money" in clara.get(reverse("remittance_detail", args=[row.id])).content.decode()
    assert "Expected cash" not in clara.get(reverse("remittance_list")).content.decode()
    clara.post(reverse("remittance_expect", args=[row.id]))
    services.join_remittance(remittance_id=row.id, bank_transaction_id=1, actor=SYSTEM)
    page = clara.get(reverse("remittance_detail", args=[row.id])).content.decode()
    assert reverse("cash_line", args=[1]) in page
    clara.post(reverse("remittance_ignore", args=[row.id]))
    row.refresh_from_db()
    assert row.state == "JOINED"


def test_the_list_filters_searches_and_exports(cast: Cast) -> None:
    make_item(cast.account, "100", due=date(2026, 5, 1), number="FA-1")
    clara = signed_in(cast.clara)
    send(clara, b"FA-1  100,00 EUR", "a.txt")
    work()
    url = reverse("remittance_list")
    for query in ("?q=FA-1", "?state=EXPECTED", "?customer=yes", "?sort=-amount", "?check=no"):
        assert clara.get(url + query).status_code == 200
    assert "100.00" in clara.get(url + "?q=fa 1").content.decode()
    export = b"".join(clara.get(url + "?export=csv"))  # type: ignore[arg-type]
    assert b"Durand" in export


def test_who_may_not_see_cash_is_kept_out(cast: Cast) -> None:
    make_item(cast.account, "100", due=date(2026, 5, 1), number="FA-1")
    clara = signed_in(cast.clara)
    send(clara, b"FA-1  100,00 EUR", "a.txt")
    work()
    url = reverse("remittance_detail", args=[Remittance.objects.get().id])
    assert signed_in(cast.charlie).get(url).status_code == 404
    assert signed_in(cast.petra).get(url).status_code == 403
    assert signed_in(cast.diane).post(reverse("remittance_import")).status_code == 403


def test_the_command_says_what_came_of_a_file(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "avis.csv"
    path.write_bytes(TABLE + b"FA-7;x;;;1,00\n" + TOTAL)
    found = CliRunner().invoke(command, [str(path), "--json", "--company", "ARV"])
    told = json.loads(found.output)
    assert (found.exit_code, told["lines_read"], told["rejected"], told["total"]) == (3, 2, 1, "140.00")
    again = CliRunner().invoke(command, [str(path), "--company", "ARV"])
    assert (again.exit_code, "The same file as import" in again.output) == (0, True)
    path.write_bytes(b"nothing")
    refused = CliRunner().invoke(command, [str(path)])
    assert refused.exit_code == 2
    assert "no remittance advice" in refused.output
