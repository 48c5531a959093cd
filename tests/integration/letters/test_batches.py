"""Print batches: each letter once, each step by a person, undone until it is posted."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from pypdf import PdfReader

from quittance.core.ports.channels import MessageRefused, OutgoingAttachment, OutgoingMessage, PermanentFailure
from quittance.delivery import queries as delivered
from quittance.delivery import services as delivery
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor, Scope
from quittance.foundation.registry import adapter
from quittance.letters import services
from quittance.letters.assembling import (
    LetterDamaged,
    Printout,
    assemble_pdf,
    list_manifest,
    write_manifest_csv,
    write_manifest_json,
)
from quittance.letters.channel import PrintBatchChannel
from quittance.letters.models import BatchLetter, PrintBatch
from quittance.letters.queries import (
    count_waiting,
    find_batch,
    find_letter,
    get_letterheads,
    list_batches,
    list_letters,
)
from quittance.letters.sending import NoPostalAddress, content_of, draft_of, post_statement, send_statement
from quittance.letters.statements import statement_of
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
MAYA = Actor(label="Maya")
NO_PDF = OutgoingAttachment(filename="a", media_type="application/pdf", content=b"no")


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    cast.durand.street, cast.durand.postcode = "3 rue des Lilas", "69003"
    cast.durand.save()
    return cast


def statement(cast: Cast, count: int = 2) -> Any:
    for number in range(count):
        make_item(cast.account, "1200", due=clock.today() - timedelta(days=10 + number))
    return statement_of(account_id=cast.account.id, as_of=clock.today())


def send(cast: Cast, letter: Any, *, is_registered: bool = False) -> tuple[int, str]:
    """Send a letter as dunning does: queue, claim, hand over."""
    content = replace(content_of(letter=letter), is_registered=is_registered)
    (transmission_id,) = delivery.queue_transmissions(
        drafts=[draft_of(head=letter.head, purpose="TEST", language="fr")]
    )
    lease = delivery.claim(transmission_id=transmission_id, content=content)
    assert lease is not None
    return transmission_id, delivery.send_claimed(lease=lease, channel=PrintBatchChannel()).state


def test_it_is_found_by_its_name() -> None:
    assert adapter("quittance.channels", "print-batch") is PrintBatchChannel
    assert PrintBatchChannel().is_ready()


def test_a_letter_goes_into_the_open_batch_of_its_company(cast: Cast) -> None:
    transmission_id, state = send(cast, statement(cast))
    assert state == "SENT"
    batch = PrintBatch.objects.get()
    assert (batch.company_id, batch.number, batch.state) == (cast.company.id, 1, "OPEN")
    letter = BatchLetter.objects.get()
    row = delivered.get_transmission(transmission_id=transmission_id)
    assert (letter.position, letter.page_count, letter.message_id) == (1, 1, row.message_id)
    assert letter.postal_lines == ["Durand & Fils", "Marie Petit", "3 rue des Lilas", "69003 LYON"]
    with letter.file.open("rb") as file:
        assert hashlib.sha256(file.read()).hexdigest() == letter.sha256
    assert Event.objects.filter(kind="letter.batched", account_id=cast.account.id).count() == 1
    send(cast, statement(cast))
    assert [one["position"] for one in list_letters(batch_id=batch.id)] == [1, 2]


def message(cast: Cast, **changes: Any) -> OutgoingMessage:
    letter = statement(cast, 1)
    content = content_of(letter=letter)
    (transmission_id,) = delivery.queue_transmissions(
        drafts=[draft_of(head=letter.head, purpose="TEST", language="fr")]
    )
    row = delivered.get_transmission(transmission_id=transmission_id)
    values: dict[str, Any] = {
        "message_id": row.message_id,
        "sender": row.sender,
        "recipient": content.recipient,
        "subject": content.subject,
        "body_text": "",
        "attachments": content.attachments,
        "postal_lines": content.postal_lines,
    }
    return OutgoingMessage(**{**values, **changes})


def test_the_same_letter_handed_over_again_is_in_once(cast: Cast) -> None:
    letter = message(cast)
    first = PrintBatchChannel().send(letter)
    services.close_batch(batch_id=PrintBatch.objects.get().id, actor=MAYA)
    assert PrintBatchChannel().send(letter) == first
    assert BatchLetter.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"attachments": ()}, MessageRefused),
        ({"attachments": (NO_PDF,)}, MessageRefused),
        ({"attachments": (replace(NO_PDF, media_type="text/plain"),)}, MessageRefused),
        ({"postal_lines": ()}, PermanentFailure),
        ({"message_id": "nobody@example.com"}, MessageRefused),
    ],
)  # fmt: skip
def test_what_is_no_letter_is_refused(cast: Cast, changes: dict[str, Any], failure: type[Exception]) -> None:
    with pytest.raises(failure):
        PrintBatchChannel().send(message(cast, **changes))
    assert not BatchLetter.objects.exists()


def test_a_letter_needs_an_address(cast: Cast) -> None:
    cast.durand.street = ""
    cast.durand.save()
    assert not get_letterheads(account_ids=[cast.account.id])[cast.account.id].is_complete
    with pytest.raises(NoPostalAddress):
        content_of(letter=statement(cast))
    with pytest.raises(NoPostalAddress):
        post_statement(account_id=cast.account.id, as_of=clock.today(), actor=MAYA)


def test_each_step_by_a_person_and_undone_until_posted(cast: Cast) -> None:
    send(cast, statement(cast))
    batch_id = PrintBatch.objects.get().id
    with pytest.raises(services.BatchRefused):
        services.mark_printed(batch_id=batch_id, actor=MAYA)
    services.close_batch(batch_id=batch_id, actor=MAYA)
    assert services.undo_step(batch_id=batch_id, actor=MAYA) == "OPEN"
    services.close_batch(batch_id=batch_id, actor=MAYA)
    services.mark_printed(batch_id=batch_id, actor=MAYA)
    assert services.undo_step(batch_id=batch_id, actor=MAYA) == "CLOSED"
    services.mark_printed(batch_id=batch_id, actor=MAYA)
    assert count_waiting() == 1
    services.mark_posted(batch_id=batch_id, actor=MAYA)
    assert count_waiting() == 0
    with pytest.raises(services.BatchRefused):
        services.undo_step(batch_id=batch_id, actor=MAYA)
    row = find_batch(batch_id=batch_id)
    assert row is not None and (row.state, row.posted_by_name, row.letter_count) == ("POSTED", "Maya", 1)
    told = list(Event.objects.filter(subject_kind="print_batch").order_by("id").values_list("kind", flat=True))
    assert told == [
        "print_batch.closed",
        "print_batch.step_undone",
        "print_batch.closed",
        "print_batch.printed",
        "print_batch.step_undone",
        "print_batch.printed",
        "print_batch.posted",
    ]
    assert Event.objects.filter(kind="letter.posted", account_id=cast.account.id).count() == 1


def test_a_closed_batch_takes_no_more_and_is_not_opened_beside_another(cast: Cast) -> None:
    send(cast, statement(cast))
    first = PrintBatch.objects.get()
    services.close_batch(batch_id=first.id, actor=MAYA)
    send(cast, statement(cast))
    assert [batch["number"] for batch in list_batches()] == [2, 1]
    with pytest.raises(services.BatchRefused):
        services.undo_step(batch_id=first.id, actor=MAYA)


def test_a_full_batch_closes_by_itself(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "LETTERS_PER_BATCH_MAX", 2)
    for _ in range(3):
        send(cast, statement(cast, 1))
    assert {batch["number"]: batch["state"] for batch in list_batches()} == {1: "CLOSED", 2: "OPEN"}


def test_a_letter_is_taken_out_with_its_reason_until_it_is_printed(cast: Cast) -> None:
    send(cast, statement(cast))
    send(cast, statement(cast))
    batch_id = PrintBatch.objects.get().id
    first = BatchLetter.objects.get(position=1)
    with pytest.raises(services.BatchRefused):
        services.take_out(letter_id=first.id, reason=" ", actor=MAYA)
    services.take_out(letter_id=first.id, reason="paid this morning", actor=MAYA)
    services.put_back(letter_id=first.id, actor=MAYA)
    services.take_out(letter_id=first.id, reason="paid this morning", actor=MAYA)
    services.close_batch(batch_id=batch_id, actor=MAYA)
    services.mark_printed(batch_id=batch_id, actor=MAYA)
    with pytest.raises(services.BatchRefused):
        services.put_back(letter_id=first.id, actor=MAYA)
    row = find_batch(batch_id=batch_id)
    assert row is not None
    assert row.letter_count == 1
    lines = list_manifest(batch=row, printout=Printout())
    assert [line.position for line in lines] == [2]


def test_an_empty_batch_is_not_printed(cast: Cast) -> None:
    send(cast, statement(cast))
    services.take_out(letter_id=BatchLetter.objects.get().id, reason="paid", actor=MAYA)
    with pytest.raises(services.BatchRefused):
        services.close_batch(batch_id=PrintBatch.objects.get().id, actor=MAYA)


def test_only_registered_letters_are_tracked(cast: Cast) -> None:
    send(cast, statement(cast))
    send(cast, statement(cast), is_registered=True)
    plain, registered = BatchLetter.objects.order_by("position")
    with pytest.raises(services.BatchRefused):
        services.set_tracking_number(letter_id=plain.id, tracking_number="1A234", actor=MAYA)
    with pytest.raises(services.BatchRefused):
        services.set_tracking_number(letter_id=registered.id, tracking_number="<b>", actor=MAYA)
    services.set_tracking_number(letter_id=registered.id, tracking_number="1a 234 567 8901 2", actor=MAYA)
    found = find_letter(letter_id=registered.id)
    assert found is not None and found["tracking_number"] == "1A23456789012"
    event = Event.objects.get(kind="letter.tracked")
    assert (event.payload["before"], event.payload["after"]) == ("", "1A23456789012")
    with pytest.raises(IntegrityError), transaction.atomic():
        BatchLetter.objects.filter(id=plain.id).update(tracking_number="1A2")


@pytest.mark.parametrize("is_two_sided", [False, True])
def test_the_batch_is_one_file_whose_pages_the_manifest_knows(cast: Cast, is_two_sided: bool) -> None:
    for count in (1, 45, 1):
        make_item(cast.account, "77", due=clock.today())
        send(cast, statement(cast, count), is_registered=count == 45)
    batch = find_batch(batch_id=PrintBatch.objects.get().id)
    assert batch is not None
    printout = Printout(is_two_sided=is_two_sided)
    pdf = assemble_pdf(batch=batch, printout=printout, language="fr")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    lines = list_manifest(batch=batch, printout=printout)
    assert "3 courriers" in pages[0] and "dont 1 recommandés" in pages[0]
    step = 2 if is_two_sided else 1
    for line in lines:
        assert "Relevé de votre compte" in pages[line.first_page - 1]
        assert f"Courrier n° {line.position}" in pages[line.first_page - 1 - step]
        assert ("RECOMMANDÉ" in pages[line.first_page - 1 - step]) == line.is_registered
        assert (line.first_page % 2 == 1) or not is_two_sided
    bare = assemble_pdf(batch=batch, printout=Printout(has_separators=False), language="fr")
    assert len(PdfReader(io.BytesIO(bare)).pages) == sum(line.pages for line in lines) == batch.page_count
    assert list_manifest(batch=batch, printout=Printout(has_separators=False))[0].first_page == 1
    rows = list(csv.DictReader(io.StringIO(write_manifest_csv(lines=lines).decode("utf-8-sig"))))
    assert [row["sha256"] for row in rows] == [line.sha256 for line in lines]
    told = json.loads(write_manifest_json(batch=batch, lines=lines, pdf=pdf))
    assert told["pdf_sha256"] == hashlib.sha256(pdf).hexdigest()
    assert [row["is_registered"] for row in told["letters"]] == [line.is_registered for line in lines]


def test_a_file_that_changed_is_not_printed(cast: Cast) -> None:
    send(cast, statement(cast))
    letter = BatchLetter.objects.get()
    Path(letter.file.path).write_bytes(b"%PDF-other")
    batch = find_batch(batch_id=letter.batch_id)
    assert batch is not None
    with pytest.raises(LetterDamaged):
        assemble_pdf(batch=batch, printout=Printout(), language="fr")
    Path(letter.file.path).unlink()
    with pytest.raises(LetterDamaged):
        assemble_pdf(batch=batch, printout=Printout(), language="fr")


def test_strangers_see_nothing(cast: Cast) -> None:
    send(cast, statement(cast))
    stranger = Scope(company_ids=frozenset({cast.other_company.id}))
    assert not list_batches(scope=stranger)
    assert find_letter(letter_id=BatchLetter.objects.get().id, scope=stranger) is None
    assert count_waiting(scope=stranger) == 0


def test_a_statement_is_sent_by_post_once(cast: Cast) -> None:
    make_item(cast.account, "1200", due=clock.today())
    transmission_id = post_statement(account_id=cast.account.id, as_of=clock.today(), actor=MAYA, language="en")
    values: dict[str, Any] = {
        "transmission_id": transmission_id,
        "account_id": cast.account.id,
        "as_of": clock.today(),
        "language": "en",
    }
    assert send_statement(**values) == "SENT"
    assert send_statement(**values) == "SENT"
    assert BatchLetter.objects.get().language == "en"
    assert Event.objects.get(kind="letter.ordered").actor_label == "Maya"


def test_a_statement_shows_the_account_as_it_was(cast: Cast) -> None:
    today = clock.today()
    make_item(cast.account, "100", due=today - timedelta(days=60), number="OLD")
    make_item(cast.account, "200", due=today, number="NEW", issued=today)
    before = statement_of(account_id=cast.account.id, as_of=today - timedelta(days=5))
    assert [item.document_number for item in before.items] == ["OLD"]
    assert before.items[0].days_late == 55
    now = statement_of(account_id=cast.account.id, as_of=today)
    assert [item.document_number for item in now.items] == ["OLD", "NEW"]
    nothing = statement_of(account_id=cast.account.id, as_of=date(2001, 1, 1))
    assert nothing.items == ()
    assert "Aucune pièce" in nothing.before[0]
    with pytest.raises(LookupError):
        statement_of(account_id=0, as_of=today)


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_share_a_position_nor_open_two_batches(cast: Cast) -> None:
    letters = [message(cast) for _ in range(6)]
    failures: list[Exception] = []

    def work(mine: list[OutgoingMessage]) -> None:
        try:
            for one in mine:
                PrintBatchChannel().send(one)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(letters[start::3],)) for start in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert PrintBatch.objects.count() == 1
    assert sorted(BatchLetter.objects.values_list("position", flat=True)) == [1, 2, 3, 4, 5, 6]
