"""The pages of direct debits: mandates, collections, answers of the bank, settings, and who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from quittance.debits import services
from quittance.debits.models import DebitCollection, DebitInstruction, DebitSettings, Mandate
from quittance.web.formats import iban_text
from tests.adapters.payments.samples import answer, debit
from tests.cast import Cast, make_cast, make_item
from tests.integration.debits.desk import CLARA, IBAN, IBAN_ELSEWHERE, another_account, settle_how, sign
from tests.web.desk import assert_guarded, browser, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    found = make_cast()
    settle_how(found)
    return found


def text(client: object, path: str) -> str:
    answered = client.get(path)  # type: ignore[attr-defined]
    assert answered.status_code == 200
    return str(answered.content.decode()).replace("\u202f", " ").replace("\xa0", " ")


def collection_of(cast: Cast) -> DebitCollection:
    make_item(cast.account, "120.50", due=today() - timedelta(days=3), number="F-120")
    collection_id = services.propose_collection(
        company_id=cast.company.pk, wanted_date=today(), as_of=today(), actor=CLARA
    )
    return DebitCollection.objects.get(pk=collection_id)


def test_a_mandate_is_kept_from_the_page_of_the_customer(cast: Cast) -> None:
    clara = browser(cast.clara)
    path = reverse("mandate_new", args=[cast.account.pk])
    assert path in text(clara, reverse("customer_detail", args=[cast.durand.pk]))
    page = text(clara, path)
    assert "Durand &amp; Fils" in page and "Lyon" in page, "what we know is filled in"
    values = {
        "debtor_name": "Durand", "iban": "FR76 3000 6000 0112 3456 7890 188", "town": "Lyon", "country": "FR",
        "scheme": "CORE", "signed_on": "2026-01-05",
    }  # fmt: skip
    refused = clara.post(path, values)
    assert refused.status_code == 422
    assert "check digits" in refused.content.decode()
    kept = clara.post(path, {**values, "iban": "FR76 3000 6000 0112 3456 7890 189"})
    mandate = Mandate.objects.get()
    assert (kept.status_code, kept["Location"]) == (302, reverse("mandate_detail", args=[mandate.pk]))
    assert mandate.reference in text(clara, reverse("customer_detail", args=[cast.durand.pk]))
    assert mandate.reference in text(clara, reverse("mandate_list"))
    assert browser(cast.alice).get(path).status_code == 403


def test_a_mandate_shows_its_account_to_who_may_change_it(cast: Cast) -> None:
    path = reverse("mandate_detail", args=[sign(cast.account)])
    grouped = iban_text(IBAN)
    assert grouped in text(browser(cast.clara), path)
    page = text(browser(cast.alice), path)
    assert "FR76 … 0189" in page and IBAN not in page and grouped not in page and "End the mandate" not in page
    assert_guarded(cast, path)


def test_a_mandate_is_changed_confirmed_and_ended(cast: Cast) -> None:
    mandate_id = sign(cast.account)
    clara = browser(cast.clara)
    assert clara.post(reverse("mandate_amend", args=[mandate_id]), {"iban": "FR1"}).status_code == 422
    clara.post(reverse("mandate_amend", args=[mandate_id]), {"iban": IBAN_ELSEWHERE})
    assert Mandate.objects.get().iban == IBAN_ELSEWHERE
    Mandate.objects.update(state="PENDING", state_reason="AC04")
    assert "account closed (AC04)" in text(clara, reverse("mandate_detail", args=[mandate_id]))
    clara.post(reverse("mandate_confirm", args=[mandate_id]))
    assert Mandate.objects.get().state == "ACTIVE"
    assert clara.post(reverse("mandate_cancel", args=[mandate_id]), {"reason": ""}).status_code == 422
    clara.post(reverse("mandate_cancel", args=[mandate_id]), {"reason": "asked"})
    assert Mandate.objects.get().state == "CANCELLED"


def test_a_collection_from_proposal_to_money(cast: Cast) -> None:
    sign(cast.account)
    other = another_account(cast)
    other.payment_method = "DIRECT_DEBIT"
    other.save()
    make_item(cast.account, "120.50", due=today() - timedelta(days=3), number="F-120")
    make_item(other, "10", due=today() - timedelta(days=3), number="F-LEFT")
    clara = browser(cast.clara)
    sent = clara.post(reverse("debit_new"), {"company": cast.company.pk, "wanted_date": today().isoformat()})
    collection = DebitCollection.objects.get()
    path = reverse("debit_detail", args=[collection.pk])
    assert (sent.status_code, sent["Location"]) == (302, path)
    page = text(clara, path)
    for expected in ("€120.50", "Durand &amp; Fils", "F-LEFT", "No mandate", "Tell the customers", "Proposed"):
        assert expected in page
    assert "Write the file" not in page
    assert "Tell the customers" not in text(browser(cast.alice), path)
    assert clara.get(reverse("debit_file", args=[collection.pk])).status_code == 404
    clara.post(reverse("debit_export", args=[collection.pk]))
    collection.refresh_from_db()
    assert collection.state == "DRAFT", "the customers are told first"
    clara.post(reverse("debit_announce", args=[collection.pk]))
    services.send_notices(collection_id=collection.pk, as_of=today())
    clara.post(reverse("debit_export", args=[collection.pk]))
    file = clara.get(reverse("debit_file", args=[collection.pk]))
    assert file.status_code == 200 and b"<InstdAmt" in file.content
    assert file["Content-Disposition"] == f'attachment; filename="{collection.message_id}.xml"'
    assert browser(cast.alice).get(reverse("debit_file", args=[collection.pk])).status_code == 403
    assert f"Collection {collection.number}" in text(clara, path)
    assert str(collection.number) in text(clara, reverse("debit_list"))
    assert clara.post(reverse("debit_settle", args=[collection.pk]), {"settled_on": "x"}).status_code == 422
    clara.post(reverse("debit_settle", args=[collection.pk]), {"settled_on": today().isoformat()})
    collection.refresh_from_db()
    assert collection.state == "SETTLED"
    assert_guarded(cast, path)


def test_nothing_to_debit_says_why(cast: Cast) -> None:
    cast.account.payment_method = "DIRECT_DEBIT"
    cast.account.save()
    make_item(cast.account, "10", due=today())
    refused = browser(cast.clara).post(
        reverse("debit_new"), {"company": cast.company.pk, "wanted_date": today().isoformat()}
    )
    assert refused.status_code == 422
    assert "1 × no mandate" in refused.content.decode()


def test_a_debit_is_taken_out_and_a_collection_given_up(cast: Cast) -> None:
    sign(cast.account)
    collection = collection_of(cast)
    clara = browser(cast.clara)
    row = DebitInstruction.objects.get()
    clara.post(reverse("debit_take_out", args=[row.pk]), {"reason": "asked us"})
    page = text(clara, reverse("debit_detail", args=[collection.pk]))
    assert "1 debit was taken out" in page and "asked us" in page
    assert clara.post(reverse("debit_cancel", args=[collection.pk]), {}).status_code == 422
    clara.post(reverse("debit_cancel", args=[collection.pk]), {"reason": "empty"})
    collection.refresh_from_db()
    assert collection.state == "CANCELLED"
    assert browser(cast.alice).post(reverse("debit_take_out", args=[row.pk]), {"reason": "x"}).status_code == 403


def test_an_answer_of_the_bank_is_taken_in_and_told_to_the_customer(cast: Cast) -> None:
    sign(cast.account)
    collection = collection_of(cast)
    services.announce_collection(collection_id=collection.pk, as_of=today(), actor=CLARA)
    services.send_notices(collection_id=collection.pk, as_of=today())
    services.export_collection(collection_id=collection.pk, as_of=today(), actor=CLARA)
    row = DebitInstruction.objects.get()
    clara = browser(cast.clara)
    path = reverse("debit_answer")

    def post(content: bytes) -> object:
        return clara.post(path, {"file": SimpleUploadedFile("pain002.xml", content)})

    for content, expected in ((b"x", "no answer of a bank"), (answer(message_id="NOBODY"), "no file of ours")):
        refused = post(content)
        assert refused.status_code == 422  # type: ignore[attr-defined]
        assert expected in refused.content.decode()  # type: ignore[attr-defined]
    told = post(answer([debit(row.end_to_end_id)], message_id=collection.message_id))
    assert told["Location"] == reverse("debit_detail", args=[collection.pk])  # type: ignore[index]
    page = text(clara, reverse("debit_detail", args=[collection.pk]))
    for expected in ("not enough money (AM04)", "pain002.xml", "Debit again next time", "rejected: 1"):
        assert expected in page
    customer = text(browser(cast.alice), reverse("customer_detail", args=[cast.durand.pk]))
    assert "A direct debit did not go through" in customer
    assert "Direct debit of F-120 rejected by the bank: not enough money (AM04)" in customer
    clara.post(reverse("debit_again", args=[row.pk]))
    row.refresh_from_db()
    assert row.may_repeat
    assert browser(cast.alice).get(path).status_code == 403


def test_how_we_collect_is_the_administrators_to_change(cast: Cast) -> None:
    path = reverse("debit_settings")
    values = {
        "company": cast.company.pk, "creditor_identifier": "FR72ZZZ123456", "bank_account": cast.bank_account.pk,
        "notice_days": 5, "lead_days": 3,
    }  # fmt: skip
    assert browser(cast.clara).get(path).status_code == 403
    assert "Keep" not in text(browser(cast.manager), path).split("<main")[1]
    assert browser(cast.manager).post(path, values).status_code == 403
    adam = browser(cast.adam)
    wrong = adam.post(path, {**values, "creditor_identifier": "FR73ZZZ123456"})
    assert wrong.status_code == 422 and "no creditor identifier" in wrong.content.decode()
    assert adam.post(path, values).status_code == 302
    assert DebitSettings.objects.get().notice_days == 5
    assert adam.post(path, {**values, "company": cast.other_company.pk}).status_code == 404


def test_without_settings_the_next_step_is_shown() -> None:
    cast = make_cast()
    page = text(browser(cast.clara), reverse("debit_new"))
    assert "No company collects yet." in page
    assert "Nothing was collected yet." in text(browser(cast.clara), reverse("debit_list"))
    assert "No mandate yet." in text(browser(cast.clara), reverse("mandate_list"))
    assert browser(cast.petra).get(reverse("debit_list")).status_code == 403
