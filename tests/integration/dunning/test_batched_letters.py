"""A letter in a batch is not gone yet: taken out its notice counts no more, and what was paid since is pulled out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from quittance.cases.services import open_dispute
from quittance.delivery.models import Transmission
from quittance.dunning import queries, services
from quittance.dunning.models import DunningLevel, DunningNotice, DunningPolicy, DunningRun
from quittance.dunning.services import ensure_default_policy
from quittance.dunning.services.batched_letters import (
    LetterHeld,
    put_letter_back,
    recheck_batch,
    take_letter_out,
)
from quittance.foundation.models import Event
from quittance.ledger.models import OpenItem
from quittance.ledger.services import allocate
from quittance.letters.channel import PrintBatchChannel
from quittance.letters.models import BatchLetter, PrintBatch
from quittance.letters.services import BatchRefused, LetterNotFound, close_batch, mark_posted, mark_printed
from quittance.parties.models import Customer
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, decide_on, late, on
from tests.web.desk import browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cast() -> Cast:
    """Durand has an address, every step goes by letter, and one about two invoices lies in a batch."""
    cast = make_cast()
    cast.durand.street, cast.durand.postcode = "3 rue des Lilas", "69003"
    cast.durand.save()
    ensure_default_policy()
    DunningLevel.objects.update(medium="LETTER")
    for number in ("F-1", "F-2"):
        make_item(cast.account, "600", due=DUE, number=number)
    with on(late(20)):
        run_id = services.prepare_run(company_id=None, as_of=late(20), actor=ALICE)
        services.release_run(run_id=run_id, actor=ALICE)
        services.send_notices(notice_ids=[DunningNotice.objects.get().id], channel=PrintBatchChannel())
    assert states() == ("SENT", "SENT", None)
    return cast


def states() -> tuple[str, str, str | None]:
    """Return the states of the notice and of its transmission, and why the letter was taken out."""
    letter = BatchLetter.objects.order_by("id").first()
    assert letter is not None
    notice = DunningNotice.objects.select_related("transmission").order_by("id").first()
    assert notice is not None and notice.transmission is not None
    return notice.state, notice.transmission.state, letter.taken_out_reason or None


def letter_id() -> int:
    return BatchLetter.objects.get().pk


def pay(cast: Cast, number: str, amount: str = "600") -> None:
    item = OpenItem.objects.get(document_number=number)
    payment = make_item(cast.account, f"-{amount}", due=late(21), issued=late(21))
    allocate(
        debit_item_id=item.pk, credit_item_id=payment.pk, amount=Decimal(amount), effective_date=late(21), actor=ALICE
    )


def test_a_letter_taken_out_cancels_its_notice_and_the_next_run_speaks_again(cast: Cast) -> None:
    assert decide_on(late(21), cast.account.pk) == "HOLD MIN_INTERVAL"
    with on(late(21)):
        take_letter_out(letter_id=letter_id(), reason="wrong address", actor=ALICE)
    assert states() == ("CANCELLED", "CANCELLED", "wrong address")
    assert Transmission.objects.get().sent_at is None
    run = DunningRun.objects.order_by("id").first()
    assert run is not None and run.sent_count == 0
    assert decide_on(late(21), cast.account.pk).startswith("SEND")


def test_put_back_it_counts_again(cast: Cast) -> None:
    with on(late(21)):
        take_letter_out(letter_id=letter_id(), reason="look again", actor=ALICE)
        put_letter_back(letter_id=letter_id(), actor=ALICE)
    assert states() == ("SENT", "SENT", None)
    assert Transmission.objects.get().sent_at is not None
    assert decide_on(late(21), cast.account.pk) == "HOLD MIN_INTERVAL"


def test_what_was_paid_in_the_batch_is_pulled_out_at_closing(cast: Cast) -> None:
    pay(cast, "F-1")
    pay(cast, "F-2")
    with on(late(22)):
        (pulled,) = recheck_batch(batch_id=PrintBatch.objects.get().pk, actor=ALICE)
        assert recheck_batch(batch_id=PrintBatch.objects.get().pk, actor=ALICE) == []
        with pytest.raises(BatchRefused):
            close_batch(batch_id=PrintBatch.objects.get().pk, actor=ALICE)
    assert (pulled.position, pulled.recipient_name) == (1, "Durand & Fils")
    notice, transmission, reason = states()
    assert (notice, transmission) == ("HELD", "CANCELLED")
    assert reason == pulled.reason
    assert DunningNotice.objects.get().held_reason_code == "ALLOCATED"
    assert Event.objects.filter(kind="dunning_notice.held").count() == 1
    run = DunningRun.objects.get()
    assert (run.sent_count, run.held_at_sending_count) == (0, 1)
    with on(late(22)), pytest.raises(LetterHeld):
        put_letter_back(letter_id=letter_id(), actor=ALICE)
    assert BatchLetter.objects.get().taken_out_at is not None


def test_a_letter_that_asks_for_too_much_is_pulled_out_and_written_anew(cast: Cast) -> None:
    pay(cast, "F-1")
    with on(late(22)):
        (pulled,) = recheck_batch(batch_id=PrintBatch.objects.get().pk, actor=ALICE)
    assert "What it asks for has changed" in pulled.reason
    assert states()[:2] == ("CANCELLED", "CANCELLED")
    assert decide_on(late(22), cast.account.pk).startswith("SEND")


def test_a_dispute_pulls_it_out_too(cast: Cast) -> None:
    with on(late(21)):
        for item in OpenItem.objects.filter(amount_original__gt=0):
            open_dispute(
                item_id=item.pk, amount=item.amount_open, reason_code="PRICE", opened_date=late(21), actor=ALICE
            )
        assert len(recheck_batch(batch_id=PrintBatch.objects.get().pk, actor=ALICE)) == 1
    assert DunningNotice.objects.get().held_reason_code == "DISPUTED"


def test_what_is_still_owed_stays_even_on_a_quiet_day_with_old_bank_data(cast: Cast) -> None:
    DunningPolicy.objects.update(is_quiet_on_weekends=True, is_quiet_on_holidays=True, bank_data_age_days_max=1)
    cast.bank_account.last_statement_date = DUE
    cast.bank_account.save()
    sunday = late(20 + (6 - late(20).weekday()) % 7)
    with on(sunday):
        assert recheck_batch(batch_id=PrintBatch.objects.get().pk, actor=ALICE) == []
        close_batch(batch_id=PrintBatch.objects.get().pk, actor=ALICE)
    pay(cast, "F-1")
    pay(cast, "F-2")
    with on(sunday):
        assert len(recheck_batch(batch_id=PrintBatch.objects.get().pk, actor=ALICE)) == 1


def test_what_is_printed_or_posted_stays(cast: Cast) -> None:
    batch_id = PrintBatch.objects.get().pk
    close_batch(batch_id=batch_id, actor=ALICE)
    mark_printed(batch_id=batch_id, actor=ALICE)
    pay(cast, "F-1")
    pay(cast, "F-2")
    assert recheck_batch(batch_id=batch_id, actor=ALICE) == []
    with pytest.raises(BatchRefused):
        take_letter_out(letter_id=letter_id(), reason="too late", actor=ALICE)
    assert states() == ("SENT", "SENT", None)
    mark_posted(batch_id=batch_id, actor=ALICE)


def test_it_is_not_put_back_beside_a_newer_reminder(cast: Cast) -> None:
    with on(late(21)):
        take_letter_out(letter_id=letter_id(), reason="wait", actor=ALICE)
        run_id = services.prepare_run(company_id=None, as_of=late(21), actor=ALICE)
        services.release_run(run_id=run_id, actor=ALICE)
        with pytest.raises(LetterHeld):
            put_letter_back(letter_id=letter_id(), actor=ALICE)
    assert states() == ("CANCELLED", "CANCELLED", "wait")


def test_the_page_names_what_it_pulled_out(cast: Cast) -> None:
    batch = PrintBatch.objects.get()
    pay(cast, "F-1")
    pay(cast, "F-2")
    alice = browser(cast.alice)
    page = alice.post(reverse("print_batch_step", args=[batch.pk]), {"step": "close"}, follow=True).content.decode()
    assert "1 letter was taken out" in page
    assert "1: Durand &amp; Fils" in page
    assert "There is no letter in it." in page
    back = alice.post(reverse("letter_put_back", args=[letter_id()]), follow=True).content.decode()
    assert "It may not leave any more" in back
    batch.refresh_from_db()
    assert batch.state == "OPEN"


def test_there_is_no_such_letter(cast: Cast) -> None:
    with pytest.raises(LetterNotFound):
        take_letter_out(letter_id=10**9, reason="x", actor=ALICE)
    assert queries.list_runs().count() == 1


def test_a_batch_is_judged_by_as_many_queries_however_many_letters_it_holds(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for number in range(4):
        customer = Customer.objects.create(
            number=f"M{number}", name=f"Many {number}", country="FR", street="1 rue", postcode="69001", town="Lyon"
        )
        account = make_account(customer, cast.company, cast.department, number=f"411M{number}")
        make_item(account, "300", due=DUE, number=f"M-{number}")
    with on(late(21)):
        run_id = services.prepare_run(company_id=None, as_of=late(21), actor=ALICE)
        services.release_run(run_id=run_id, actor=ALICE)
        queued = list(DunningNotice.objects.filter(state="QUEUED").values_list("id", flat=True))
        services.send_notices(notice_ids=queued, channel=PrintBatchChannel())
        assert BatchLetter.objects.count() == 5
        with django_assert_max_num_queries(20):
            assert recheck_batch(batch_id=PrintBatch.objects.get().id, actor=ALICE) == []
