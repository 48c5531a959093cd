"""The import pages: a FEC from the drop zone to its items, what is told of it, who may, and refused files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from quittance.foundation import clock
from quittance.foundation.models import ImportBatch
from quittance.ledger.models import OpenItem
from quittance.ledger.tasks import run_import_job
from quittance.parties.models import User
from tests.cast import Cast, make_cast
from tests.web import import_files as files

pytestmark = pytest.mark.django_db
Queries = Callable[[int], AbstractContextManager[object]]


@pytest.fixture
def cast(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Cast:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    return make_cast()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, content: bytes, name: str, **values: object) -> HttpResponse:
    data = {"file": SimpleUploadedFile(name, content), "content": "delta", **values}
    return client.post(reverse("import_new"), data)  # type: ignore[return-value]


def work() -> None:
    """Run the imports that wait, as the worker would."""
    for job in ProcrastinateJob.objects.filter(task_name="ledger.run_import").order_by("id"):
        run_import_job(**job.args)


def page(client: Client, batch: ImportBatch, query: str = "") -> str:
    return client.get(reverse("import_detail", args=[batch.id]) + query).content.decode()


@pytest.fixture
def imported(cast: Cast) -> ImportBatch:
    """The FEC of the samples, taken in for Arvor by Clara."""
    assert send(signed_in(cast.clara), files.fec(), "fec.txt", company=cast.company.id).status_code == 302
    work()
    return ImportBatch.objects.get()


def test_a_fec_is_read_at_once_by_the_worker(cast: Cast, imported: ImportBatch) -> None:
    assert (imported.status, imported.lines_new) == ("DONE_WITH_REJECTS", 5)
    text = page(signed_in(cast.clara), imported)
    assert "€1,850.00" in text
    assert "€1,700.00" in text
    assert "5 are in, 1 was rejected" in text
    assert "2 letter groups: 1 applied exactly, 1 kept open because they do not balance." in text
    assert "20260231" in text


def test_its_lists_name_rejected_lines_letter_groups_and_items(cast: Cast, imported: ImportBatch) -> None:
    clara = signed_in(cast.clara)
    letters = page(clara, imported, "?tab=letters")
    assert "BB" in letters
    assert "100.00" in letters
    items = clara.get(reverse("import_items", args=[imported.id])).content.decode()
    assert all(number in items for number in ("P1", "P2", "P3"))
    reason = imported.rejected_lines.get(is_warning=False).reason_code
    assert "20260231" in page(clara, imported, f"?tab=rejected&reason={reason}")


def test_rejected_lines_are_downloaded_as_csv_and_as_workbook(cast: Cast, imported: ImportBatch) -> None:
    clara = signed_in(cast.clara)
    url = reverse("import_detail", args=[imported.id])
    csv = b"".join(clara.get(url, {"tab": "rejected", "export": "csv"})).decode()
    assert "20260231" in csv
    assert csv.count("\n") == 2
    workbook = b"".join(clara.get(url, {"tab": "rejected", "export": "xlsx"}))
    assert workbook.startswith(b"PK")


def test_the_same_file_again_says_that_nothing_changed(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    content = files.fec().replace(b"20260231", b"20260115")
    for name in ("one.txt", "two.txt"):
        send(clara, content, name, company=cast.company.id)
        work()
    again = ImportBatch.objects.get(filename="two.txt")
    assert again.status == "UNCHANGED"
    text = page(clara, again)
    assert "nothing was changed" in text
    assert reverse("import_detail", args=[ImportBatch.objects.get(filename="one.txt").id]) in text
    assert OpenItem.objects.count() == 6


def test_a_changed_line_shows_what_it_was(cast: Cast, imported: ImportBatch) -> None:
    clara = signed_in(cast.clara)
    send(clara, files.fec().replace(b"50,00|", b"55,00|"), "changed.txt", company=cast.company.id)
    work()
    changed = ImportBatch.objects.get(filename="changed.txt")
    assert changed.lines_changed == 1
    text = page(clara, changed, "?tab=changes")
    assert "50.00" in text
    assert "55.00" in text


def test_without_worker_the_page_says_what_to_do(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    send(clara, files.fec(), "fec.txt", company=cast.company.id)
    batch = ImportBatch.objects.get()
    text = page(clara, batch)
    assert "quittance worker" in text
    assert f'data-live="import.{batch.id}"' in text
    url = reverse("import_progress", args=[batch.id])
    assert "HX-Refresh" not in clara.get(url, {"state": "WAITING"}, headers={"HX-Request": "true"}).headers
    work()
    assert clara.get(url, {"state": "WAITING"}, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_a_fec_without_company_asks_whose_it_is(cast: Cast) -> None:
    cast.clara.companies.add(cast.other_company)
    clara = signed_in(cast.clara)
    answer = send(clara, files.fec(), "fec.txt")
    batch = ImportBatch.objects.get()
    url = reverse("import_columns", args=[batch.id])
    assert answer.headers["Location"] == url
    assert clara.get(url).status_code == 200
    assert clara.post(url, {"do": "import", "content": "delta"}).status_code == 422
    done = clara.post(url, {"do": "import", "content": "delta", "company": cast.company.id})
    assert done.headers["Location"] == reverse("import_detail", args=[batch.id])
    work()
    batch.refresh_from_db()
    assert (batch.status, batch.source) == ("DONE_WITH_REJECTS", "FEC-ARV")


def test_a_failed_import_is_started_again(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    send(clara, files.fec(), "fec.txt", company=cast.company.id)
    batch = ImportBatch.objects.get()
    ImportBatch.objects.update(status="FAILED", message="The import was cut off.", finished_at=clock.now())
    assert "Start again" in page(clara, batch)
    clara.post(reverse("import_restart", args=[batch.id]))
    batch.refresh_from_db()
    assert batch.status == "WAITING"
    work()
    batch.refresh_from_db()
    assert batch.lines_new == 5
    assert clara.post(reverse("import_restart", args=[batch.id])).status_code == 404


def test_a_file_not_read_yet_can_be_deleted(cast: Cast, imported: ImportBatch) -> None:
    clara = signed_in(cast.clara)
    send(clara, files.sap(), "sap.csv", company=cast.company.id)
    waiting = ImportBatch.objects.get(filename="sap.csv")
    clara.post(reverse("import_discard", args=[waiting.id]))
    assert not ImportBatch.objects.filter(id=waiting.id).exists()
    clara.post(reverse("import_discard", args=[imported.id]))
    assert ImportBatch.objects.filter(id=imported.id).exists()


REFUSED = {
    "empty.csv": b"",
    "bomb.xlsx": files.bomb(),
    "encrypted.xlsx": files.encrypted(),
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "cut.xlsx": files.bomb()[:5000],
    "cut.csv.gz": b"\x1f\x8b\x08\x00" + b"\x00" * 6 + b"\xff\xff",
    "utf16.csv": b"\xff\xfea\x00;\x00b",
    "prose.txt": b"This is not a table at all\n" * 5,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_in_words(cast: Cast, name: str) -> None:
    clara = signed_in(cast.clara)
    answer = send(clara, REFUSED[name], name, company=cast.company.id)
    if name == "empty.csv":
        assert answer.status_code == 422
        return
    batch = ImportBatch.objects.get()
    text = clara.get(answer.headers["Location"]).content.decode()
    batch.refresh_from_db()
    if batch.status == "NEEDS_MAPPING":  # text that could be a table of something: nothing in it can be mapped
        assert "Choose a column for" in text
    else:
        assert batch.status == "REFUSED"
        assert "The file was refused" in text
        assert batch.reason_code
    assert "Traceback" not in text
    assert OpenItem.objects.count() == 0


def test_a_file_over_the_limit_is_not_kept(cast: Cast, settings: Settings) -> None:
    settings.QUITTANCE_UPLOAD_MAX_BYTES = 1000
    answer = send(signed_in(cast.clara), files.fec() * 10, "large.txt", company=cast.company.id)
    assert answer.status_code == 422
    assert ">The file is larger than 1000 bytes" in answer.content.decode()
    assert ImportBatch.objects.count() == 0


def test_a_form_sent_from_elsewhere_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.clara)
    assert send(client, files.fec(), "fec.txt", company=cast.company.id).status_code == 403
    assert ImportBatch.objects.count() == 0


PAGES = ("import_list", "import_detail", "import_progress", "import_items", "import_columns", "import_new")


def url_of(name: str, batch: ImportBatch) -> str:
    return reverse(name) if name in ("import_list", "import_new") else reverse(name, args=[batch.id])


@pytest.mark.parametrize("name", PAGES)
def test_strangers_and_customers_stay_out(cast: Cast, imported: ImportBatch, name: str) -> None:
    url = url_of(name, imported)
    assert Client().get(url).status_code == 302
    assert signed_in(cast.petra).get(url).status_code == 403
    answer = signed_in(cast.charlie).get(url)
    if name == "import_list":
        assert "fec.txt" not in answer.content.decode()
    else:
        assert answer.status_code in (403, 404)
    may_send = name not in ("import_new", "import_columns")
    assert signed_in(cast.diane).get(url).status_code == (200 if may_send else 403)


def test_an_import_of_several_companies_is_shown_to_who_sees_all_or_sent_it(cast: Cast, imported: ImportBatch) -> None:
    ImportBatch.objects.update(company_id=None, started_by_id=cast.adam.id)
    assert signed_in(cast.clara).get(reverse("import_detail", args=[imported.id])).status_code == 404
    assert "fec.txt" not in signed_in(cast.clara).get(reverse("import_list")).content.decode()
    assert signed_in(cast.adam).get(reverse("import_detail", args=[imported.id])).status_code == 200
    User.objects.filter(id=cast.diane.id).update(sees_all_companies=True)
    assert signed_in(cast.diane).get(reverse("import_detail", args=[imported.id])).status_code == 200


def test_nobody_imports_into_a_company_that_is_not_theirs(cast: Cast) -> None:
    answer = send(signed_in(cast.clara), files.fec(), "fec.txt", company=cast.other_company.id)
    assert answer.status_code == 422
    assert ImportBatch.objects.count() == 0


def test_pages_ask_few_questions(cast: Cast, imported: ImportBatch, django_assert_max_num_queries: Queries) -> None:
    clara = signed_in(cast.clara)
    for name in PAGES:
        with django_assert_max_num_queries(22 if name == "import_detail" else 16):
            clara.get(url_of(name, imported))
