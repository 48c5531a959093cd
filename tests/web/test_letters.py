"""The pages of letters: batches, the printer's file, letters, and statements of account."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from quittance.delivery.models import Transmission
from quittance.dunning import services
from quittance.dunning.models import DunningDecision, DunningLevel, DunningNotice
from quittance.dunning.services import ensure_default_policy
from quittance.letters.channel import PrintBatchChannel
from quittance.letters.models import BatchLetter, PrintBatch
from quittance.letters.rendering import render_letter
from quittance.letters.services import NewLetter, add_letter
from quittance.letters.statements import statement_of
from tests.cast import Cast, make_cast
from tests.web.desk import ALICE, assert_guarded, browser, late_items, today

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    cast.durand.street, cast.durand.postcode = "3 rue des Lilas", "69003"
    cast.durand.save()
    return cast


@pytest.fixture
def batch(cast: Cast) -> PrintBatch:
    """An open batch with a plain and a registered letter."""
    late_items(cast)
    letter = statement_of(account_id=cast.account.id, as_of=today())
    pdf = render_letter(letter)
    for number in (1, 2):
        add_letter(
            letter=NewLetter(
                account_id=cast.account.id,
                message_id=f"{number}@arvor.example",
                recipient_name="Durand & Fils",
                postal_lines=letter.head.recipient_lines,
                subject=letter.subject,
                language="fr",
                pdf=pdf,
                is_registered=number == 2,
            )
        )
    return PrintBatch.objects.get()


def test_the_list_and_the_batch_are_guarded(cast: Cast, batch: PrintBatch) -> None:
    assert_guarded(cast, reverse("print_batch_list"), stranger=200)
    assert_guarded(cast, reverse("print_batch_detail", args=[batch.id]))
    assert "Arvor" not in browser(cast.charlie).get(reverse("print_batch_list")).content.decode()
    page = browser(cast.alice).get(reverse("print_batch_list")).content.decode()
    assert reverse("print_batch_detail", args=[batch.id]) in page


def test_a_person_closes_prints_posts_and_takes_back(cast: Cast, batch: PrintBatch) -> None:
    alice = browser(cast.alice)
    page, step = reverse("print_batch_detail", args=[batch.id]), reverse("print_batch_step", args=[batch.id])
    assert "Close the batch" in alice.get(page).content.decode()
    for action, state in (
        ("close", "CLOSED"), ("undo", "OPEN"), ("close", "CLOSED"), ("printed", "PRINTED"), ("undo", "CLOSED"),
        ("printed", "PRINTED"), ("posted", "POSTED"), ("undo", "POSTED"),
    ):  # fmt: skip
        alice.post(step, {"step": action})
        assert PrintBatch.objects.get().state == state
    assert alice.post(step, {"step": "burn"}).status_code == 404
    assert "Alice" in alice.get(page).content.decode()


def test_who_only_reads_changes_nothing(cast: Cast, batch: PrintBatch) -> None:
    diane = browser(cast.diane)
    assert "Close the batch" not in diane.get(reverse("print_batch_detail", args=[batch.id])).content.decode()
    assert diane.post(reverse("print_batch_step", args=[batch.id]), {"step": "close"}).status_code == 403
    assert diane.post(reverse("statement_post", args=[cast.account.id])).status_code == 403


def test_the_printers_file_and_its_list(cast: Cast, batch: PrintBatch) -> None:
    alice = browser(cast.alice)
    url = reverse("print_batch_pdf", args=[batch.id])
    answer = alice.get(url)
    assert answer["Content-Type"] == "application/pdf"
    assert "letters-1.pdf" in answer["Content-Disposition"]
    assert len(PdfReader(io.BytesIO(answer.content)).pages) == 5
    assert len(PdfReader(io.BytesIO(alice.get(f"{url}?sheets=no").content)).pages) == 2
    assert len(PdfReader(io.BytesIO(alice.get(f"{url}?sides=2").content)).pages) == 10
    manifest = reverse("print_batch_manifest", args=[batch.id])
    told = json.loads(alice.get(f"{manifest}?form=json").content)
    assert [letter["is_registered"] for letter in told["letters"]] == [False, True]
    assert alice.get(manifest).content.decode("utf-8-sig").startswith("position,account,recipient")


def test_a_damaged_letter_stops_the_file_and_is_named(cast: Cast, batch: PrintBatch) -> None:
    Path(BatchLetter.objects.get(position=2).file.path).unlink()
    alice = browser(cast.alice)
    answer = alice.get(reverse("print_batch_pdf", args=[batch.id]), follow=True)
    assert "2: Durand &amp; Fils" in answer.content.decode()
    assert alice.get(reverse("letter_pdf", args=[BatchLetter.objects.get(position=2).id])).status_code == 404


def test_a_letter_is_shown_tracked_taken_out_and_put_back(cast: Cast, batch: PrintBatch) -> None:
    alice = browser(cast.alice)
    plain, registered = BatchLetter.objects.order_by("position")
    assert_guarded(cast, reverse("letter_detail", args=[registered.id]))
    assert_guarded(cast, reverse("letter_pdf", args=[registered.id]))
    page = alice.get(reverse("letter_detail", args=[registered.id]), HTTP_HX_REQUEST="true", HTTP_HX_TARGET="panel")
    assert "69003 LYON" in page.content.decode()
    assert alice.get(reverse("letter_pdf", args=[plain.id])).content.startswith(b"%PDF")
    alice.post(reverse("letter_track", args=[registered.id]), {"tracking_number": "1a 23"})
    answer = alice.post(reverse("letter_track", args=[plain.id]), {"tracking_number": "1a 23"}, follow=True)
    assert "no registered letter" in answer.content.decode()
    assert sorted(BatchLetter.objects.values_list("tracking_number", flat=True)) == ["", "1A23"]
    alice.post(reverse("letter_take_out", args=[plain.id]), {"reason": "paid"})
    plain.refresh_from_db()
    assert (plain.taken_out_reason, plain.taken_out_by_name) == ("paid", "Alice")
    assert "Taken out by Alice: paid" in alice.get(reverse("letter_detail", args=[plain.id])).content.decode()
    alice.post(reverse("letter_put_back", args=[plain.id]))
    plain.refresh_from_db()
    assert plain.taken_out_at is None


def test_the_statement_of_any_day_is_shown_kept_and_posted(cast: Cast) -> None:
    late_items(cast)
    alice, account_id = browser(cast.alice), cast.account.id
    page = reverse("account_statement", args=[account_id])
    assert_guarded(cast, page)
    assert_guarded(cast, reverse("statement_pdf", args=[account_id]))
    assert_guarded(cast, reverse("statement_picture", args=[account_id]))
    shown = alice.get(page).content.decode()
    assert "3 open items" in shown
    assert "Put it into the print batch" in shown
    query = {"day": (today() - timedelta(days=45)).isoformat(), "language": "es"}
    pdf = alice.get(reverse("statement_pdf", args=[account_id]), query)
    text = PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    assert "Estado de su cuenta" in text
    assert "INV-003" in text
    assert "INV-001" not in text
    assert alice.get(reverse("statement_picture", args=[account_id]), query).content.startswith(b"\x89PNG")
    alice.post(reverse("statement_post", args=[account_id]), query)
    sent = Transmission.objects.get()
    assert (sent.medium, sent.channel, sent.state, sent.language) == ("LETTER", "print-batch", "QUEUED", "es")


def test_a_day_to_come_and_no_day_are_refused(cast: Cast) -> None:
    alice, account_id = browser(cast.alice), cast.account.id
    for day in ((today() + timedelta(days=1)).isoformat(), "soon"):
        assert alice.get(reverse("account_statement", args=[account_id]), {"day": day}).status_code == 422
        assert alice.get(reverse("statement_pdf", args=[account_id]), {"day": day}).status_code == 404
        alice.post(reverse("statement_post", args=[account_id]), {"day": day})
    assert not Transmission.objects.exists()


def test_without_an_address_it_says_where_to_complete_it(cast: Cast) -> None:
    cast.durand.street = ""
    cast.durand.save()
    alice = browser(cast.alice)
    page = alice.get(reverse("account_statement", args=[cast.account.id])).content.decode()
    assert "Complete the address" in page
    answer = alice.post(reverse("statement_post", args=[cast.account.id]), follow=True)
    assert "no complete postal address" in answer.content.decode()
    assert not Transmission.objects.exists()


def test_letters_so_far_are_told(cast: Cast, batch: PrintBatch) -> None:
    BatchLetter.objects.filter(position=1).update(taken_out_at=timezone.now(), taken_out_reason="paid")
    page = browser(cast.alice).get(reverse("account_statement", args=[cast.account.id])).content.decode()
    assert "taken out" in page
    assert page.count("Relevé de votre compte") == 2
    timeline = browser(cast.alice).get(reverse("customer_timeline", args=[cast.durand.id])).content.decode()
    assert "Letter to be printed" in timeline


def test_a_decision_and_its_reminder_show_the_letter(cast: Cast) -> None:
    ensure_default_policy()
    cast.bank_account.last_statement_date = today()
    cast.bank_account.save()
    late_items(cast)
    services.prepare_run(company_id=None, as_of=today(), actor=ALICE)
    decision = DunningDecision.objects.get()
    alice, letter = browser(cast.alice), reverse("decision_letter", args=[decision.id])
    assert_guarded(cast, letter)
    assert letter in alice.get(reverse("decision_detail", args=[decision.id])).content.decode()
    shown = alice.get(letter)
    assert shown["Content-Disposition"].startswith("inline")
    assert "INV-003" in PdfReader(io.BytesIO(shown.content)).pages[0].extract_text()
    DunningLevel.objects.update(medium="LETTER")
    run_id = services.prepare_run(company_id=None, as_of=today(), actor=ALICE)
    services.release_run(run_id=run_id, actor=ALICE)
    notice = DunningNotice.objects.get()
    path = reverse("notice_letter", args=[notice.id])
    assert alice.get(path).status_code == 404
    services.send_notices(notice_ids=[notice.id], channel=PrintBatchChannel())
    assert_guarded(cast, path)
    assert alice.get(path).content.startswith(b"%PDF")
    assert path in alice.get(reverse("notice_detail", args=[notice.id])).content.decode()
