"""Copies of invoices on the pages: kept with an item, asked for by a company or an account, named when missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from quittance.delivery.services import find_copy_wish, get_identity
from quittance.dunning.models import DunningDecision
from quittance.dunning.services import ensure_default_policy, prepare_run
from quittance.foundation.models import Event
from quittance.parties.models import Attachment
from tests.cast import Cast, make_cast
from tests.web.desk import ALICE, browser, late_items, today

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cast() -> Cast:
    ensure_default_policy()
    return make_cast()


def _pdf(content: bytes = b"%PDF-1.4 x") -> SimpleUploadedFile:
    return SimpleUploadedFile("scan.pdf", content, content_type="application/pdf")


def test_a_copy_is_kept_with_the_item_under_its_number(cast: Cast) -> None:
    item = late_items(cast, 1)[0]
    alice, page = browser(cast.alice), reverse("item_detail", args=[item.pk])
    assert "None is kept." in alice.get(page).content.decode()
    alice.post(reverse("item_copy", args=[item.pk]), {"file": _pdf()})
    kept = Attachment.objects.get()
    assert (kept.filename, kept.item_id, kept.account_id) == ("INV-001.pdf", item.pk, cast.account.pk)
    assert reverse("attachment_download", args=[kept.pk]) in alice.get(page).content.decode()


def test_what_is_no_pdf_is_refused(cast: Cast) -> None:
    item = late_items(cast, 1)[0]
    alice = browser(cast.alice)
    answer = alice.post(reverse("item_copy", args=[item.pk]), {"file": _pdf(b"<html>")}, follow=True)
    assert "The copy of an invoice is a PDF." in answer.content.decode()
    assert not Attachment.objects.exists()
    assert browser(cast.charlie).post(reverse("item_copy", args=[item.pk]), {"file": _pdf()}).status_code == 404


def test_the_company_and_the_account_say_who_gets_copies(cast: Cast) -> None:
    adam, page = browser(cast.adam), reverse("settings_sender", args=[cast.company.pk])
    assert "Copies of invoices go with reminders" in adam.get(page).content.decode()
    adam.post(page, {"copies": "LATE"})
    assert get_identity(company_id=cast.company.pk).copies == "LATE"
    alice, edit = browser(cast.alice), reverse("account_edit", args=[cast.account.pk])
    values = {
        "payment_terms": cast.terms.pk, "payment_method": "TRANSFER", "delivery_preference": "EMAIL",
        "language": "fr", "collector": cast.alice.pk,
    }  # fmt: skip
    alice.post(edit, {**values, "copies": "NEVER"})
    assert find_copy_wish(account_id=cast.account.pk) is False
    history = alice.get(reverse("customer_timeline", args=[cast.durand.pk])).content.decode()
    assert "Copies of invoices with reminders" in history
    alice.post(edit, {**values, "copies": ""})
    assert find_copy_wish(account_id=cast.account.pk) is None
    assert Event.objects.filter(kind="account.edited").count() == 2


def test_the_review_names_the_missing_ones(cast: Cast) -> None:
    late_items(cast, 2)
    browser(cast.adam).post(reverse("settings_sender", args=[cast.company.pk]), {"copies": "ALWAYS"})
    run_id = prepare_run(company_id=None, as_of=today(), actor=ALICE)
    alice = browser(cast.alice)
    page = alice.get(reverse("run_detail", args=[run_id])).content.decode()
    assert "2 copies of invoices are asked for" in page
    decision = DunningDecision.objects.get(run_id=run_id)
    page = alice.get(reverse("decision_detail", args=[decision.pk])).content.decode()
    assert "INV-001: no copy is kept with the item or the customer" in page
