"""Copies of invoices go with reminders, by e-mail or behind a letter; what is missing is named before they leave."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from pypdf import PdfReader, PdfWriter

from quittance.core.ports.channels import OutgoingMessage
from quittance.delivery.models import SenderIdentity, Transmission
from quittance.delivery.services import asks_for_copies, find_copy_wish, set_copy_wish, set_identity
from quittance.dunning import queries
from quittance.dunning.letters import render_decision_letter
from quittance.dunning.models import DunningDecision, DunningLevel, DunningNotice
from quittance.dunning.run_copies import MissingCopy, list_missing_copies
from quittance.dunning.services import ensure_default_policy, prepare_run, release_run, send_notices
from quittance.foundation.models import Event
from quittance.foundation.permissions import Scope
from quittance.letters.appending import COPIES_PAGES_MAX
from quittance.letters.assembling import Printout, assemble_pdf, list_manifest
from quittance.letters.channel import PrintBatchChannel
from quittance.letters.models import BatchLetter
from quittance.letters.queries import find_batch
from quittance.parties.attachments import add_attachment
from quittance.parties.models import Attachment, Customer
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, on, send_on

PDF = b"%PDF-1.4 a copy"
Copies = SenderIdentity.Copies


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cast(db: None) -> Cast:
    ensure_default_policy()
    found = make_cast()
    for number in ("INV-1", "INV-2"):
        make_item(found.account, "100.00", due=DUE, number=number)
    return found


def _keep(cast: Cast, filename: str, *, content: bytes = PDF, account_id: int | None = None) -> int:
    return add_attachment(
        customer_id=cast.durand.pk, account_id=account_id, file=ContentFile(content), filename=filename,
        content_type="application/pdf", actor=ALICE,
    )  # fmt: skip


def _ask(cast: Cast, copies: str) -> None:
    set_identity(
        company_id=cast.company.pk, reply_address="", has_plus_address=False, bounce_address="", sms_sender="",
        copies=copies, actor=ALICE,
    )  # fmt: skip


ASKED = """
company | wish | courtesy | formal | asked
NEVER   | -    | no       | yes    | no
FORMAL  | -    | no       | yes    | yes
FORMAL  | -    | no       | no     | no
LATE    | -    | no       | no     | yes
LATE    | -    | yes      | no     | no
ALWAYS  | -    | yes      | no     | yes
NEVER   | yes  | yes      | no     | yes
ALWAYS  | no   | no       | yes    | no
"""


@pytest.mark.parametrize("line", ASKED.strip().splitlines()[1:])
def test_the_company_says_when_and_the_account_may_want_it_otherwise(cast: Cast, line: str) -> None:
    company, wish, courtesy, formal, asked = (part.strip() for part in line.split("|"))
    _ask(cast, company)
    set_copy_wish(account_id=cast.account.pk, is_wanted={"-": None, "yes": True, "no": False}[wish], actor=ALICE)
    tone = "FORMAL" if formal == "yes" else "FRIENDLY"
    found = asks_for_copies(account_id=cast.account.pk, tone=tone, is_courtesy=courtesy == "yes")
    assert found is (asked == "yes")


def test_a_reminder_brings_the_copies_and_says_so(cast: Cast) -> None:
    _ask(cast, Copies.LATE)
    _keep(cast, "Facture INV-1.pdf")
    _keep(cast, "INV-2 note interne.pdf")
    channel = KeepingChannel()
    send_on(late(8), channel)
    (message,) = channel.sent
    assert [(file.filename, file.content) for file in message.attachments] == [("Facture INV-1.pdf", PDF)]
    assert "copie de la facture INV-1" in message.body_text
    assert "copie de la facture INV-1" in message.body_html
    assert Transmission.objects.get().missing_copies == [["INV-2", "ABSENT"]]


def test_nothing_goes_along_unasked(cast: Cast) -> None:
    _keep(cast, "INV-1.pdf")
    channel = KeepingChannel()
    send_on(late(8), channel)
    assert channel.sent[0].attachments == ()
    assert Transmission.objects.get().missing_copies == []


def test_another_accounts_file_a_vanished_one_and_one_without_room_are_named(cast: Cast, monkeypatch: Any) -> None:
    from quittance.dunning.messages import copies

    _ask(cast, Copies.ALWAYS)
    gone = Attachment.objects.get(pk=_keep(cast, "INV-1.pdf"))
    Path(gone.file.path).unlink()
    _keep(cast, "INV-2.pdf", content=PDF * 10)
    monkeypatch.setattr(copies, "COPIES_BYTES_MAX", 100)
    channel = KeepingChannel()
    send_on(late(8), channel)
    assert channel.sent[0].attachments == ()
    assert Transmission.objects.get().missing_copies == [["INV-1", "ABSENT"], ["INV-2", "TOO_LARGE"]]


def test_the_review_names_what_is_missing(cast: Cast) -> None:
    _ask(cast, Copies.LATE)
    _keep(cast, "INV-2.pdf", account_id=cast.account.pk)
    with on(late(8)):
        run_id = prepare_run(company_id=None, as_of=late(8), actor=ALICE)
        decision = DunningDecision.objects.get(run_id=run_id)
        content = queries.render_preview(decision_id=decision.pk).content
    assert content is not None
    assert content.missing_copies == (("INV-1", "ABSENT"),)
    expected = MissingCopy(
        decision_id=decision.pk, customer_name="Durand & Fils", document_number="INV-1", why="ABSENT"
    )
    assert list_missing_copies(run_id=run_id) == [expected]
    assert list_missing_copies(run_id=run_id, scope=Scope(company_ids=frozenset({cast.other_company.pk}))) == []
    set_copy_wish(account_id=cast.account.pk, is_wanted=False, actor=ALICE)
    assert list_missing_copies(run_id=run_id) == []


def test_a_wish_is_kept_taken_back_and_told(cast: Cast) -> None:
    assert set_copy_wish(account_id=cast.account.pk, is_wanted=True, actor=ALICE)
    assert not set_copy_wish(account_id=cast.account.pk, is_wanted=True, actor=ALICE)
    assert find_copy_wish(account_id=cast.account.pk) is True
    assert set_copy_wish(account_id=cast.account.pk, is_wanted=None, actor=ALICE)
    assert find_copy_wish(account_id=cast.account.pk) is None
    told = Event.objects.filter(kind="account.edited").order_by("id").values_list("payload", flat=True)
    assert [payload["copies"] for payload in told] == [["", "ALWAYS"], ["ALWAYS", ""]]


def pages(count: int, *, password: str = "") -> bytes:
    """Return a PDF of blank pages."""
    writer = PdfWriter()
    for _number in range(count):
        writer.add_blank_page(width=595, height=842)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def posted(cast: Cast) -> tuple[list[OutgoingMessage], int]:
    """Send the reminders of a day by post; return what went to the printer, and the decision."""
    Customer.objects.filter(pk=cast.durand.pk).update(street="3 rue des Lilas", postcode="69003", town="Lyon")
    DunningLevel.objects.update(medium="LETTER")
    channel = KeepingChannel()
    with on(late(20)):
        run_id = prepare_run(company_id=None, as_of=late(20), actor=ALICE)
        release_run(run_id=run_id, actor=ALICE)
        decision_id = DunningDecision.objects.get(run_id=run_id).pk
        notice_ids = list(DunningNotice.objects.filter(state="QUEUED").values_list("id", flat=True))
        send_notices(notice_ids=notice_ids, channel=channel)
    return channel.sent, decision_id


def test_a_letter_brings_the_copies_as_its_last_pages_and_says_so(cast: Cast) -> None:
    _ask(cast, Copies.LATE)
    _keep(cast, "INV-1.pdf", content=pages(2))
    _keep(cast, "INV-2.pdf", content=pages(3))
    (letter,), decision_id = posted(cast)
    (file,) = letter.attachments
    found = PdfReader(io.BytesIO(file.content)).pages
    assert len(found) == 1 + 5 and "INV-1, INV-2" in letter.body_text
    assert "INV-1, INV-2" in found[0].extract_text()
    assert Transmission.objects.get().missing_copies == []
    with on(late(20)):
        shown = render_decision_letter(decision_id=decision_id)
    assert shown is not None and len(PdfReader(io.BytesIO(shown)).pages) == 6


def test_what_a_letter_has_no_room_for_or_cannot_print_is_named(cast: Cast) -> None:
    _ask(cast, Copies.LATE)
    for number in range(3, 6):
        make_item(cast.account, "100.00", due=DUE, number=f"INV-{number}")
    _keep(cast, "INV-1.pdf", content=pages(COPIES_PAGES_MAX - 1))
    _keep(cast, "INV-2.pdf", content=pages(2))
    _keep(cast, "INV-3.pdf", content=b"%PDF-1.4 torn")
    _keep(cast, "INV-4.pdf", content=pages(1, password="secret"))
    (letter,), _decision_id = posted(cast)
    assert len(PdfReader(io.BytesIO(letter.attachments[0].content)).pages) == COPIES_PAGES_MAX
    assert sorted(Transmission.objects.get().missing_copies) == [
        ["INV-2", "TOO_LARGE"], ["INV-3", "UNREADABLE"], ["INV-4", "UNREADABLE"], ["INV-5", "ABSENT"],
    ]  # fmt: skip


def test_a_letter_with_copies_lies_in_its_batch_with_all_its_pages(cast: Cast) -> None:
    _ask(cast, Copies.LATE)
    _keep(cast, "INV-1.pdf", content=pages(4))
    (letter,), _decision_id = posted(cast)
    PrintBatchChannel().send(letter)
    kept = BatchLetter.objects.get()
    assert kept.page_count == 5
    batch = find_batch(batch_id=kept.batch_id)
    assert batch is not None
    printout = Printout(has_separators=True, is_two_sided=True)
    (line,) = list_manifest(batch=batch, printout=printout)
    assert (line.pages, line.first_page) == (5, 5)
    whole = PdfReader(io.BytesIO(assemble_pdf(batch=batch, printout=printout, language="en")))
    assert len(whole.pages) == 10


def test_the_review_of_a_run_of_letters_names_what_is_missing(cast: Cast) -> None:
    _ask(cast, Copies.LATE)
    _keep(cast, "INV-1.pdf", content=pages(1))
    Customer.objects.filter(pk=cast.durand.pk).update(street="3 rue des Lilas", postcode="69003", town="Lyon")
    DunningLevel.objects.update(medium="LETTER")
    with on(late(20)):
        run_id = prepare_run(company_id=None, as_of=late(20), actor=ALICE)
    assert [(one.document_number, one.why) for one in list_missing_copies(run_id=run_id)] == [("INV-2", "ABSENT")]
