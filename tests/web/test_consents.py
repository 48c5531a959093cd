"""Who may be written by which medium: kept with day and origin, shown on the contact, obeyed by runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from quittance.core.dunning_facts import DunningMedium
from quittance.delivery import services
from quittance.delivery.models import ContactConsent, CourtesyOptOut, Transmission
from quittance.dunning.facts import gather
from quittance.dunning.policies import read_policies
from quittance.dunning.services import ensure_default_policy
from quittance.foundation.models import Event
from quittance.parties.models import Contact
from tests.cast import Cast, make_cast
from tests.integration.dunning.desk import decide_on
from tests.web.desk import ALICE, assert_guarded, browser, late_items, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    ensure_default_policy()
    found = make_cast()
    late_items(found, 2)
    return found


def page_of(cast: Cast) -> str:
    return reverse("contact_consent", args=[Contact.objects.get().pk])


def said(**changes: str) -> dict[str, str]:
    return {"medium": "EMAIL", "answer": "no", "said_on": today().isoformat(), "origin": "CALL", **changes}


def test_the_page_is_guarded(cast: Cast) -> None:
    assert_guarded(cast, page_of(cast))
    assert browser(cast.charlie).post(page_of(cast), said()).status_code == 404
    assert browser(cast.diane).post(page_of(cast), said()).status_code == 403
    assert not ContactConsent.objects.exists()


def test_a_word_is_kept_shown_told_and_obeyed(cast: Cast) -> None:
    alice = browser(cast.alice)
    assert "nothing said" in alice.get(page_of(cast)).content.decode()
    assert decide_on(today(), cast.account.pk).startswith("SEND")
    assert alice.post(page_of(cast), said(comment="wants letters")).status_code == 302
    page = alice.get(page_of(cast)).content.decode()
    assert "On the telephone" in page
    assert "wants letters" in page
    customer = alice.get(reverse("customer_detail", args=[cast.durand.pk])).content.decode()
    assert "refuses E-mail" in customer
    history = alice.get(reverse("customer_timeline", args=[cast.durand.pk])).content.decode()
    assert "Marie Petit refuses E-mail" in history
    assert "OPTED_OUT" in decide_on(today(), cast.account.pk)
    alice.post(page_of(cast), said(answer="yes", origin="WRITTEN"))
    assert decide_on(today(), cast.account.pk).startswith("SEND")
    kinds = Event.objects.filter(subject_kind="contact").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["contact.refused", "contact.consented"]


def test_the_word_of_the_latest_day_counts(cast: Cast) -> None:
    contact = Contact.objects.get()
    for days_ago, is_allowed in ((1, True), (9, False)):
        services.record_consent(
            contact_id=contact.pk, medium="SMS", is_allowed=is_allowed, said_on=today() - timedelta(days=days_ago),
            origin="ERP", comment="", actor=ALICE,
        )  # fmt: skip
    assert services.list_refused_media(contact_ids=[contact.pk]) == {}
    assert [one.is_allowed for one in services.list_consents(contact_id=contact.pk)] == [True, False]


def test_refusing_sms_leaves_e_mail(cast: Cast) -> None:
    contact = Contact.objects.get()
    services.record_consent(
        contact_id=contact.pk, medium="SMS", is_allowed=False, said_on=today(), origin="CALL", comment="", actor=ALICE
    )
    (account,) = gather(account_ids=[cast.account.pk], as_of=today(), book=read_policies(as_of=today()))
    assert account.facts.contacts is not None
    (facts,) = account.facts.contacts
    assert (facts.refuses_sms, facts.refuses_email, facts.is_opted_out) == (True, False, False)
    assert decide_on(today(), cast.account.pk).startswith("SEND")


def test_a_number_that_failed_for_good_takes_no_sms(cast: Cast) -> None:
    Contact.objects.update(phone="06 12 34 56 78")
    book = read_policies(as_of=today())
    (account,) = gather(account_ids=[cast.account.pk], as_of=today(), book=book)
    assert account.address_for(DunningMedium.SMS) == "+33612345678"
    Transmission.objects.create(
        account=cast.account, medium="SMS", channel="sms-ovh", purpose="DUNNING_NOTICE", state="BOUNCED", sender="A",
        recipient="+33612345678", language="fr", message_id="1@a", queued_at=timezone.now(),
        bounced_at=timezone.now(), is_failure_permanent=True,
    )  # fmt: skip
    (account,) = gather(account_ids=[cast.account.pk], as_of=today(), book=book)
    assert account.address_for(DunningMedium.SMS) == ""


def test_messages_before_the_due_date_are_taken_again(cast: Cast) -> None:
    contact = Contact.objects.get()
    contact.email = "M.Petit@durand.example"
    contact.save()
    CourtesyOptOut.objects.create(account=cast.account, address="m.petit@durand.example", recorded_at=timezone.now())
    (account,) = gather(account_ids=[cast.account.pk], as_of=today(), book=read_policies(as_of=today()))
    assert account.contact is not None and account.contact.refuses_courtesy
    alice = browser(cast.alice)
    assert "by the link in a message" in alice.get(page_of(cast)).content.decode()
    again = reverse("contact_courtesy", args=[contact.pk, cast.account.pk])
    assert browser(cast.charlie).post(again).status_code == 404
    assert alice.get(again).status_code == 405
    alice.post(again)
    assert not CourtesyOptOut.objects.exists()
    assert "not stopped" in alice.get(page_of(cast)).content.decode()
    assert Event.objects.filter(kind="delivery.opted_in").count() == 1


@pytest.mark.parametrize(
    "wrong", [{"medium": "LETTER"}, {"origin": "DREAM"}, {"said_on": "2999-01-01"}, {"answer": "perhaps"}]
)
def test_what_is_wrong_is_refused(cast: Cast, wrong: dict[str, str]) -> None:
    assert browser(cast.alice).post(page_of(cast), said(**wrong)).status_code == 422
    assert not ContactConsent.objects.exists()
