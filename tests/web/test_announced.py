"""What the customer says is paid, and the steps that people do: on the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from quittance.dunning import services
from quittance.dunning.models import DunningLevel, DunningNotice, DunningPolicy, PaymentAnnouncement
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import KeepingChannel, send_waiting
from tests.web.desk import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    services.ensure_default_policy()
    cast.bank_account.last_statement_date = clock.today()
    cast.bank_account.save()
    return cast


def test_an_item_is_announced_as_paid_on_its_page_and_the_word_ends(cast: Cast) -> None:
    item = make_item(cast.account, "1200", due=clock.today() - timedelta(days=10), number="PAID-THEY-SAY")
    alice, page = browser(cast.alice), reverse("item_detail", args=[item.id])
    assert "The customer says that it is paid" in alice.get(page).content.decode()
    url = reverse("item_announce", args=[item.id])
    for until in ("", "31/02", "2001-01-01", (clock.today() + timedelta(days=31)).isoformat()):
        assert "Nothing was noted" in alice.post(url, {"until": until}, follow=True).content.decode()
    until = (clock.today() + timedelta(days=5)).isoformat()
    text = alice.post(url, {"until": until, "said": "Transfer of Tuesday", "next": page}, follow=True).content.decode()
    assert "Noted: reminders wait" in text and "Transfer of Tuesday" in text
    assert "Reminders leave this item out: Payment announced" in text
    word = PaymentAnnouncement.objects.get()
    assert (word.item_id, word.source, word.created_by_id) == (item.id, "PERSON", cast.alice.pk)
    end = reverse("announcement_end", args=[cast.account.pk, word.pk])
    assert browser(cast.charlie).post(end).status_code == 404
    assert "no longer wait for this payment" in alice.post(end, {"next": page}, follow=True).content.decode()
    assert not PaymentAnnouncement.objects.exists()


def test_everything_due_on_an_account_is_announced_on_its_page(cast: Cast) -> None:
    make_item(cast.account, "1200", due=clock.today() - timedelta(days=10))
    alice, page = browser(cast.alice), reverse("account_reminders", args=[cast.account.pk])
    until = (clock.today() + timedelta(days=5)).isoformat()
    text = alice.post(reverse("account_announce", args=[cast.account.pk]), {"until": until}, follow=True)
    assert "everything due by" in text.content.decode()
    assert "Payment announced" in alice.get(page).content.decode()
    assert browser(cast.clara).post(reverse("account_announce", args=[cast.account.pk])).status_code == 403


def test_a_step_left_to_a_person_is_noted_as_done_on_its_page(cast: Cast) -> None:
    services.assign_policy(account_id=cast.account.pk, policy_code="LITIGATION_BOUND", actor=Actor(label="A"))
    DunningPolicy.objects.update(is_quiet_on_weekends=False, is_quiet_on_holidays=False)
    DunningLevel.objects.filter(policy__code="LITIGATION_BOUND", rank=1).update(medium="CALL")
    make_item(cast.account, "1200", due=clock.today() - timedelta(days=10))
    run_id = services.prepare_run(company_id=None, as_of=clock.today(), actor=Actor(label="A"))
    services.release_run(run_id=run_id, actor=Actor(label="A"))
    send_waiting(KeepingChannel())
    notice = DunningNotice.objects.get()
    alice, page = browser(cast.alice), reverse("notice_detail", args=[notice.pk])
    assert "This step is done by a person (Call)" in alice.get(page).content.decode()
    assert "To be done" in alice.get(reverse("run_detail", args=[run_id])).content.decode()
    done = alice.post(reverse("notice_done", args=[notice.pk]), {"note": "Pays on Friday"}, follow=True)
    assert "Pays on Friday" in done.content.decode()
    again = alice.post(reverse("notice_done", args=[notice.pk]), follow=True).content.decode()
    assert "no longer waits for anybody" in again
