"""Changing customers, accounts and contacts by hand: who may, what is refused, what the history tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from quittance.delivery.models import Transmission
from quittance.dunning import queries as dunning
from quittance.dunning import services
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.ledger.services import refresh_balances
from quittance.parties import editing
from quittance.parties.agreements import edit_agreement
from quittance.parties.models import Contact, PaymentTerms
from quittance.worklist.services import refresh_tasks
from tests.cast import Cast, make_account, make_cast, make_item
from tests.web.desk import ALICE, assert_guarded, browser

pytestmark = pytest.mark.django_db
CONTACT = {"name": "Paul Roux", "email": "p.roux@durand.example", "phone": "", "role": "FINANCE", "language": ""}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def marie() -> Contact:
    return Contact.objects.get(name="Marie Petit")


def posted(url: str, cast: Cast, status: int = 302, **values: Any) -> str:
    answer = browser(cast.alice).post(url, values)
    assert answer.status_code == status, answer.content.decode()
    return answer.headers.get("Location") or answer.content.decode()


def test_a_wrong_address_is_corrected_in_one_form(cast: Cast) -> None:
    url = reverse("contact_edit", args=[marie().id])
    page = browser(cast.alice).get(url).content.decode()
    assert "m.petit@durand.example" in page
    back = posted(url, cast, name="Marie Petit", email="marie.petit@durand.example", phone="+33400000001",
                  role="ACCOUNTS_PAYABLE", language="fr", account="")  # fmt: skip
    assert back == reverse("customer_detail", args=[cast.durand.id])
    assert marie().email == "marie.petit@durand.example"
    event = Event.objects.get(kind="contact.edited")
    assert event.payload["email"] == ["m.petit@durand.example", "marie.petit@durand.example"]
    assert (event.customer_id, event.actor_label, event.subject_id) == (cast.durand.id, "Alice", str(marie().id))
    shown = browser(cast.alice).get(back).content.decode()
    assert "Contact Marie Petit changed" in shown


def test_correcting_a_refused_address_lets_reminders_go_again(cast: Cast) -> None:
    services.ensure_default_policy()
    cast.bank_account.last_statement_date = clock.today()
    cast.bank_account.save()
    make_item(cast.account, "1200", due=clock.today() - timedelta(days=10))
    Transmission.objects.create(
        account=cast.account, medium="EMAIL", channel="smtp", purpose="DUNNING", state="BOUNCED",
        sender="a@arvor.example", recipient="m.petit@durand.example",
        language="fr", message_id="1", is_failure_permanent=True,
        queued_at=clock.now(), bounced_at=clock.now(),
    )  # fmt: skip

    def reason() -> str:
        figures = dunning.explain_account(account_id=cast.account.id, as_of=clock.today())
        return figures.decision.reason.value if figures else ""

    assert reason() == "NO_CONTACT"
    page = browser(cast.alice).get(reverse("customer_detail", args=[cast.durand.id])).content.decode()
    assert "refuses messages: correct it" in page
    values = {"name": "Marie Petit", "phone": "", "role": "ACCOUNTS_PAYABLE", "language": "", "account": ""}
    posted(reverse("contact_edit", args=[marie().id]), cast, email="marie@durand.example", **values)
    assert reason() == "LEVEL_REACHED"


def test_a_contact_is_added_retired_and_used_again(cast: Cast) -> None:
    url = reverse("contact_new", args=[cast.durand.id])
    posted(url, cast, **CONTACT, account=cast.account.id)
    paul = Contact.objects.get(name="Paul Roux")
    assert (paul.account_id, paul.customer_id, paul.is_opted_out) == (cast.account.id, cast.durand.id, False)
    assert "already" in posted(url, cast, 422, **CONTACT, account=cast.account.id)
    assert "address or a telephone" in posted(url, cast, 422, **{**CONTACT, "email": ""})
    assert "valid" in posted(url, cast, 422, **{**CONTACT, "email": "p.roux"})

    alice, customer = browser(cast.alice), reverse("customer_detail", args=[cast.durand.id])
    alice.post(reverse("contact_retire", args=[paul.id]))
    assert "p.roux@durand.example" not in alice.get(customer).content.decode()
    alice.post(reverse("contact_restore", args=[paul.id]))
    assert "p.roux@durand.example" in alice.get(customer).content.decode()
    kinds = Event.objects.filter(kind__startswith="contact.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["contact.added", "contact.retired", "contact.restored"]


def test_an_opt_out_is_told_and_held(cast: Cast) -> None:
    url = reverse("contact_edit", args=[marie().id])
    values = {"name": "Marie Petit", "email": "m.petit@durand.example", "phone": "+33400000001", "account": ""}
    posted(url, cast, **values, role="ACCOUNTS_PAYABLE", language="fr", is_opted_out="on")
    assert marie().is_opted_out
    assert Event.objects.get(kind="contact.edited").payload["is_opted_out"] == [False, True]
    posted(url, cast, **values, role="ACCOUNTS_PAYABLE", language="fr", is_opted_out="on")
    assert Event.objects.filter(kind="contact.edited").count() == 1


def test_the_ways_of_an_account_are_changed(cast: Cast) -> None:
    terms = PaymentTerms.objects.create(code="60E", name="60 days, end of month", days=60)
    url = reverse("account_edit", args=[cast.account.id])
    values = {"payment_terms": terms.id, "payment_method": "CHEQUE", "delivery_preference": "LETTER", "language": "es"}
    posted(url, cast, **values, collector=cast.bob.id)
    cast.account.refresh_from_db()
    account = cast.account
    assert (account.payment_terms_id, account.payment_method, account.collector_id) == (terms.id, "CHEQUE", cast.bob.id)
    assert (account.delivery_preference, account.language) == ("LETTER", "es")
    event = Event.objects.get(kind="account.edited")
    assert event.payload["collector_id"] == [cast.alice.id, cast.bob.id]
    assert (event.account_id, event.company_id) == (account.id, cast.company.id)
    # Charlie works for another company: he is no choice, neither in the form nor for the service.
    posted(url, cast, 422, **values, collector=cast.charlie.id)
    with pytest.raises(editing.EditRefused):
        editing.edit_account(
            account_id=account.id, language="fr", payment_method="CHEQUE", delivery_preference="EMAIL",
            payment_terms_id=None, collector_id=cast.charlie.id, actor=ALICE,
        )  # fmt: skip


def test_what_we_say_of_a_customer_is_changed(cast: Cast) -> None:
    url = reverse("customer_edit", args=[cast.durand.id])
    posted(url, cast, language="en", is_strategic="on", tags="north,  retail, north")
    cast.durand.refresh_from_db()
    assert (cast.durand.language, cast.durand.is_strategic, cast.durand.tags) == ("en", True, ["north", "retail"])
    assert Event.objects.get(kind="customer.edited").payload["tags"] == [[], ["north", "retail"]]
    assert "Twelve" in posted(url, cast, 422, language="en", tags=",".join(map(str, range(13))))


def test_strangers_and_readers_stay_out(cast: Cast) -> None:
    paths = [
        reverse("customer_edit", args=[cast.durand.id]),
        reverse("account_edit", args=[cast.account.id]),
        reverse("account_agreement", args=[cast.account.id]),
        reverse("contact_new", args=[cast.durand.id]),
        reverse("contact_edit", args=[marie().id]),
    ]
    for path in paths:
        assert_guarded(cast, path)
        for reader in (cast.clara, cast.diane):
            assert browser(reader).get(path).status_code == 403
            assert browser(reader).post(path, {}).status_code == 403
        assert browser(cast.charlie).post(path, {}).status_code == 404
    retire = reverse("contact_retire", args=[marie().id])
    assert browser(cast.charlie).post(retire).status_code == 404
    assert browser(cast.diane).post(retire).status_code == 403
    customer = reverse("customer_detail", args=[cast.durand.id])
    assert "Add a contact" not in browser(cast.diane).get(customer).content.decode()


def test_a_contact_of_another_companys_account_is_not_there(cast: Cast) -> None:
    department = cast.other_company.departments.create(code="X", name="X")
    other = make_account(cast.durand, cast.other_company, department, number="411X")
    theirs = Contact.objects.create(customer=cast.durand, account=other, name="Theirs", email="x@durand.example")
    assert browser(cast.alice).get(reverse("contact_edit", args=[theirs.id])).status_code == 404
    posted(reverse("contact_new", args=[cast.durand.id]), cast, 422, **CONTACT, account=other.id)


def test_the_task_of_a_missing_contact_leads_to_the_form(cast: Cast) -> None:
    Contact.objects.all().delete()
    make_item(cast.account, "25000", due=clock.today() - timedelta(days=60))
    services.ensure_default_policy()
    refresh_balances(account_ids=None, as_of=clock.today())
    refresh_tasks(as_of=clock.today())
    page = browser(cast.alice).get(reverse("today")).content.decode()
    assert reverse("contact_new", args=[cast.durand.id]) in page


AGREED = {"discount_per_mille": "2.5", "discount_days": "10", "is_oldest_first": "on", "matching_threshold": "95"}


def test_what_was_agreed_about_payments_is_changed_shown_and_told(cast: Cast) -> None:
    url = reverse("account_agreement", args=[cast.account.id])
    posted(url, cast, **AGREED)
    cast.account.refresh_from_db()
    account = cast.account
    assert (account.discount_per_mille, account.discount_days, account.matching_threshold) == (25, 10, 950)
    assert (account.is_oldest_first, account.nets_credit_notes) == (True, False)
    event = Event.objects.get(kind="account.edited")
    assert event.payload["matching_threshold"] == [None, 950]
    posted(url, cast, **AGREED)
    assert Event.objects.filter(kind="account.edited").count() == 1
    page = browser(cast.alice).get(reverse("customer_detail", args=[cast.durand.id])).content.decode()
    assert "2.5\u202f% discount within 10 days, oldest first, matched by itself from 95.0\u202f%" in page
    form = browser(cast.alice).get(url).content.decode()
    assert 'value="2.5"' in form
    assert 'value="95' in form
    posted(url, cast)
    account.refresh_from_db()
    assert (account.discount_per_mille, account.discount_days, account.matching_threshold) == (0, 0, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"discount_per_mille": "51"},
        {"discount_per_mille": "2.55"},
        {"discount_days": "400"},
        {"discount_per_mille": "", "discount_days": "10"},
        {"matching_threshold": "89.9"},
        {"matching_threshold": "100.1"},
    ],
)
def test_what_cannot_be_agreed_is_refused(cast: Cast, wrong: dict[str, str]) -> None:
    posted(reverse("account_agreement", args=[cast.account.id]), cast, 422, **{**AGREED, **wrong})
    assert not Event.objects.filter(kind="account.edited").exists()


@pytest.mark.parametrize(
    ("field", "value"), [("discount_per_mille", 501), ("discount_days", 366), ("matching_threshold", 899)]
)
def test_the_service_refuses_what_is_out_of_range(cast: Cast, field: str, value: int) -> None:
    values: dict[str, Any] = {"discount_per_mille": 20, "discount_days": 10, "matching_threshold": None, field: value}
    with pytest.raises(editing.EditRefused):
        edit_agreement(
            account_id=cast.account.id, is_oldest_first=False, nets_credit_notes=False, actor=ALICE, **values
        )
