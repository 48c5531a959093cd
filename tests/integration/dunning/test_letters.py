"""A step by letter: decided, written on paper, put into the print batch, and never for what is paid."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from quittance.delivery.models import Transmission
from quittance.dunning import queries, services
from quittance.dunning.letters import render_decision_letter
from quittance.dunning.messages import LANGUAGES, texts_of
from quittance.dunning.messages.letter import on_paper
from quittance.dunning.models import DunningDecision, DunningLevel, DunningNotice
from quittance.dunning.services import ensure_default_policy
from quittance.ledger.services import allocate
from quittance.letters.channel import PrintBatchChannel
from quittance.letters.models import BatchLetter
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, late, on

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cast() -> Cast:
    """Durand has an address, and every step goes by registered letter."""
    cast = make_cast()
    cast.durand.street, cast.durand.postcode = "3 rue des Lilas", "69003"
    cast.durand.save()
    cast.bank_account.last_statement_date = late(20)
    cast.bank_account.save()
    ensure_default_policy()
    DunningLevel.objects.update(medium="LETTER", is_registered=True)
    make_item(cast.account, "1200", due=DUE, number="F-1")
    return cast


def text_of(pdf: bytes) -> str:
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(text.replace("\u202f", " ").replace("\xa0", " ").split())


def release(cast: Cast) -> int:
    run_id = services.prepare_run(company_id=None, as_of=late(20), actor=ALICE)
    decision = DunningDecision.objects.get(run_id=run_id)
    assert (decision.outcome, decision.medium) == ("SEND", "LETTER")
    return run_id


def test_the_letter_is_looked_at_sent_and_lies_in_the_batch(cast: Cast) -> None:
    with on(late(20)):
        run_id = release(cast)
        decision_id = DunningDecision.objects.get().id
        preview = queries.render_preview(decision_id=decision_id).content
        assert preview is not None and preview.is_registered
        pdf = render_decision_letter(decision_id=decision_id)
        assert pdf == preview.attachments[0].content
        services.release_run(run_id=run_id, actor=ALICE)
        notice = DunningNotice.objects.get()
        services.send_notices(notice_ids=[notice.id], channel=PrintBatchChannel())
    assert DunningNotice.objects.get().state == "SENT"
    sent = Transmission.objects.get()
    assert (sent.medium, sent.channel, sent.state) == ("LETTER", "print-batch", "SENT")
    letter = BatchLetter.objects.get()
    assert letter.is_registered
    assert letter.message_id == sent.message_id
    with letter.file.open("rb") as file:
        text = text_of(file.read())
    for said in ("Lettre recommandée", "F-1", "1 200,00", "69003 LYON", "Marie Petit", "Bonjour Marie Petit"):
        assert said in text
    assert "ce message" not in text
    assert "Objet : Rappel" in text


def test_what_was_paid_after_the_release_is_not_printed(cast: Cast) -> None:
    with on(late(20)):
        run_id = release(cast)
        services.release_run(run_id=run_id, actor=ALICE)
        item = cast.account.items.get()
        payment = make_item(cast.account, "-1200", due=late(20), issued=late(20))
        allocate(
            debit_item_id=item.id, credit_item_id=payment.id, amount=payment.amount_original * -1,
            effective_date=late(20), actor=ALICE,
        )  # fmt: skip
        services.send_notices(notice_ids=[DunningNotice.objects.get().id], channel=PrintBatchChannel())
        assert render_decision_letter(decision_id=DunningDecision.objects.get().id) is None
    assert DunningNotice.objects.get().state == "HELD"
    assert not BatchLetter.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_letter_asks_to_reply_to_a_message(language: str) -> None:
    texts = texts_of(language)
    for level in texts.levels.values():
        for text in (level.subject, *level.before, *level.after):
            said = on_paper(text, language).lower()
            for word in ("this message", "ce message", "este mensaje"):
                assert word not in said, text
