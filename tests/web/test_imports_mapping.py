"""Matching the columns of a table: what is proposed, what is shown, what a person changes, and that it is kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import Settings

from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import SYSTEM
from quittance.ledger.exchange_rates import set_exchange_rate
from quittance.ledger.models import MappingProfile, OpenItem
from quittance.parties.models import Customer, CustomerAccount
from quittance.web.views.import_words import layout_words
from tests.cast import Cast, make_cast
from tests.web import import_files as files
from tests.web.test_imports import page, send, signed_in, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Cast:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    return make_cast()


def form_of(client: Client, url: str) -> dict[str, str]:
    """Return what the form of the page would post as it stands."""
    form = client.get(url).context["form"]
    values = {name: form[name].value() for name in form.fields}
    kind = client.get(url).context["proposal"].kind
    return {"kind": kind, **{name: value for name, value in values.items() if value not in (None, "", False)}}


@pytest.fixture
def waiting(cast: Cast) -> ImportBatch:
    """The SAP extract, sent and not read."""
    answer = send(signed_in(cast.clara), files.sap(), "sap.csv", company=cast.company.id)
    batch = ImportBatch.objects.get()
    assert answer.headers["Location"] == reverse("import_columns", args=[batch.id])
    return batch


def test_the_page_shows_the_proposal_its_reasons_and_the_first_lines(cast: Cast, waiting: ImportBatch) -> None:
    text = signed_in(cast.clara).get(reverse("import_columns", args=[waiting.id])).content.decode()
    assert "is a known heading" in text
    assert "1 line will be rejected" in text
    assert "12,5O" in text
    assert "1,234.50" in text
    assert "Import 3 lines into Arvor Distribution" in text


def test_confirmed_the_file_is_read_and_the_profile_kept(cast: Cast, waiting: ImportBatch) -> None:
    clara = signed_in(cast.clara)
    url = reverse("import_columns", args=[waiting.id])
    values = form_of(clara, url)
    answer = clara.post(url, {**values, "do": "import", "save_as": "SAP extract"})
    assert answer.headers["Location"] == reverse("import_detail", args=[waiting.id])
    work()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.lines_new, waiting.lines_rejected) == ("DONE_WITH_REJECTS", 3, 1)
    assert "12,5O" in page(clara, waiting)
    assert OpenItem.objects.get(document_number="1900001").amount_original == -10
    assert set(CustomerAccount.objects.filter(items__isnull=False).values_list("company_id", flat=True)) == {
        cast.company.id
    }
    send(clara, files.sap().replace(b"1800001", b"1800009"), "next.csv", company=cast.company.id)
    following = ImportBatch.objects.get(filename="next.csv")
    text = clara.get(reverse("import_columns", args=[following.id])).content.decode()
    assert "These headings are known" in text
    assert "SAP extract" in text


def test_a_wrong_choice_is_told_and_changes_nothing(cast: Cast, waiting: ImportBatch) -> None:
    clara = signed_in(cast.clara)
    url = reverse("import_columns", args=[waiting.id])
    values = {**form_of(clara, url), "do": "import"}
    del values["column_account_number"]
    answer = clara.post(url, values)
    assert answer.status_code == 422
    assert "Choose a column for: Customer number." in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.status == "NEEDS_MAPPING"


def test_a_changed_column_is_seen_in_the_first_lines_before_anything_is_read(cast: Cast, waiting: ImportBatch) -> None:
    clara = signed_in(cast.clara)
    url = reverse("import_columns", args=[waiting.id])
    values = {**form_of(clara, url), "do": "preview", "column_customer_name": "BLART"}
    text = clara.post(url, values).content.decode()
    assert "Your choice." in text
    assert "Alpha SA" not in text.split("as they will be read")[1]
    assert OpenItem.objects.count() == 0


def test_the_kind_of_file_is_a_choice(cast: Cast, waiting: ImportBatch) -> None:
    clara = signed_in(cast.clara)
    text = clara.get(reverse("import_columns", args=[waiting.id]), {"kind": "CUSTOMERS"}).content.decode()
    assert "VAT number" in text
    assert 'name="column_amount"' not in text


def test_a_customer_master_is_taken_in(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    send(clara, files.customers(), "clients.csv", company=cast.company.id)
    batch = ImportBatch.objects.get()
    url = reverse("import_columns", args=[batch.id])
    clara.post(url, {**form_of(clara, url), "do": "import"})
    work()
    batch.refresh_from_db()
    assert (batch.kind, batch.status, batch.lines_new) == ("CUSTOMERS", "DONE", 2)
    assert Customer.objects.get(number="C1").vat_number == "FR40303265045"
    assert "Dupont" not in page(clara, batch)


def test_who_works_for_one_company_cannot_let_the_file_choose_another(cast: Cast, waiting: ImportBatch) -> None:
    clara = signed_in(cast.clara)
    url = reverse("import_columns", args=[waiting.id])
    values = form_of(clara, url)
    assert "column_company_code" not in values
    answer = clara.post(url, {**values, "do": "import", "company": cast.other_company.id})
    assert answer.status_code == 422
    answer = clara.post(url, {**values, "do": "import", "column_company_code": "BUKRS"})
    work()
    waiting.refresh_from_db()
    assert waiting.profile["settings"]["profile"]["columns"].count(["company_code", "BUKRS"]) == 0
    assert waiting.lines_new == 3


def test_who_sees_all_companies_may_let_the_file_say_which(cast: Cast) -> None:
    cast.adam.sees_all_companies = True
    cast.adam.save()
    adam = signed_in(cast.adam)
    send(adam, files.sap().replace(b"1000;2", b"ARV;2"), "sap.csv")
    batch = ImportBatch.objects.get()
    url = reverse("import_columns", args=[batch.id])
    values = form_of(adam, url)
    assert values["column_company_code"] == "BUKRS"
    adam.post(url, {**values, "do": "import"})
    work()
    batch.refresh_from_db()
    assert batch.lines_new == 3


def test_a_profile_belongs_to_its_headings(cast: Cast, waiting: ImportBatch) -> None:
    clara = signed_in(cast.clara)
    url = reverse("import_columns", args=[waiting.id])
    clara.post(url, {**form_of(clara, url), "do": "import", "save_as": "SAP extract"})
    assert MappingProfile.objects.count() == 1
    send(clara, files.sap().replace(b"BLART", b"Nature"), "other.csv", company=cast.company.id)
    other = ImportBatch.objects.get(filename="other.csv")
    text = clara.get(reverse("import_columns", args=[other.id])).content.decode()
    assert "These headings are known" not in text


def test_a_currency_without_rate_is_told_before_its_lines_are_rejected(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    send(clara, files.sap().replace(b";EUR", b";USD"), "usd.csv", company=cast.company.id)
    url = reverse("import_columns", args=[ImportBatch.objects.get().id])
    assert "No exchange rate of USD" in clara.get(url).content.decode()
    set_exchange_rate(
        from_currency="USD", to_currency="EUR", rate_date=date(2026, 1, 1), rate=Decimal("0.9"), actor=SYSTEM
    )
    assert "No exchange rate" not in clara.get(url).content.decode()


def test_a_file_of_which_nothing_can_be_taken_says_so(cast: Cast) -> None:
    clara = signed_in(cast.clara)
    send(clara, files.sap().replace(b";EUR", b";USD"), "usd.csv", company=cast.company.id)
    batch = ImportBatch.objects.get()
    url = reverse("import_columns", args=[batch.id])
    clara.post(url, {**form_of(clara, url), "do": "import"})
    work()
    text = page(clara, batch)
    assert "No line could be taken." in text
    assert "No exchange rate for the day" in text


def test_several_currencies_are_never_added_up(cast: Cast) -> None:
    for code in ("USD", "GBP"):
        set_exchange_rate(
            from_currency=code, to_currency="EUR", rate_date=date(2026, 1, 1), rate=Decimal("0.9"), actor=SYSTEM
        )
    clara = signed_in(cast.clara)
    content = files.sap().replace(b"99,90;EUR", b"99,90;USD").replace(b"10,00-;EUR", b"10,00-;GBP")
    send(clara, content, "mixed.csv", company=cast.company.id)
    batch = ImportBatch.objects.get()
    url = reverse("import_columns", args=[batch.id])
    clara.post(url, {**form_of(clara, url), "do": "import"})
    work()
    rows = {
        row["currency"]: row["balance"]
        for row in clara.get(reverse("import_detail", args=[batch.id])).context["totals"]
    }
    assert rows == {"EUR": Decimal("1234.50"), "USD": Decimal("99.90"), "GBP": Decimal("-10.00")}


def _after(client: Client, answer: HttpResponse) -> str:
    return client.get(answer.headers["Location"]).content.decode()


def test_companies_that_nobody_knows_are_named_before_the_import(cast: Cast) -> None:
    adam = signed_in(cast.adam)
    text = _after(adam, send(adam, files.sap(), "sap.csv"))
    assert "No company has the code 1000" in text
    assert reverse("settings_companies") in text
    known = _after(adam, send(adam, files.sap(), "sap-2.csv", company=cast.company.id))
    assert "No company has the code" not in known


def test_how_a_file_is_written_is_said_in_the_language_of_the_reader() -> None:
    with translation.override("fr"):
        assert layout_words("FEC, tab, 18 columns, Montant/Sens") == (
            "FEC, tabulation entre les colonnes, 18 colonnes, colonnes de montant et de sens"
        )
        assert layout_words("workbook, sheet Feuil1") == "classeur, feuille Feuil1"
    assert layout_words("camt.053.001.02") == "camt.053.001.02"
