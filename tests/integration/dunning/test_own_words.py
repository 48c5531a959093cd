"""A message in a person's own words, and SMS to chosen accounts: who gets them, what they say, what they cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from quittance.delivery.models import ContactConsent, MediumPrice
from quittance.dunning import mass_pages, queries, services
from quittance.dunning.letters import render_decision_letter
from quittance.dunning.messages.free import NoWords
from quittance.dunning.models import AccountPolicy, DunningBlock, DunningDecision, DunningNotice, DunningPolicy
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import Scope
from quittance.parties.models import Contact, Customer, CustomerAccount
from quittance.promises.services import take_promise
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, on, run_row, send_waiting

pytestmark = pytest.mark.django_db
WORDS = {
    "en": {"subject": "{{ company }}: our bank details change", "body": "Dear customer {{ account }}.\n\nA new bank."},
    "fr": {"subject": "{{ company }} : nouvelle banque", "body": "Notre banque change.\n\nMerci, {{ customer }}."},
}


@pytest.fixture
def cast(settings: object) -> Cast:
    settings.QUITTANCE_SMS_CHANNEL = "octopush"  # type: ignore[attr-defined]
    services.ensure_default_policy()
    return make_cast()


def another(cast: Cast, name: str, *, language: str = "fr", phone: str = "") -> CustomerAccount:
    customer = Customer.objects.create(
        number=name, name=name, country="FR", town="Lyon", postcode="69001", street="1 rue Haute"
    )
    email = f"{name}@x.example"
    Contact.objects.create(customer=customer, name=name.title(), email=email, language=language, phone=phone)
    return make_account(customer, cast.company, cast.department, number=f"411{name}")


def tell(account_ids: list[int], *, medium: str = "EMAIL", texts: dict[str, dict[str, str]] = WORDS) -> int:
    return services.prepare_mass_run(
        account_ids=account_ids, message_code="FREE_TEXT", medium=medium, free_texts=texts, actor=ALICE
    )


def said(run_id: int) -> dict[str, str]:
    found = DunningDecision.objects.filter(run_id=run_id).values_list(
        "account__customer__name", "outcome", "reason_code"
    )
    return {name: f"{outcome} {reason}" for name, outcome, reason in found}


def test_it_reaches_all_who_can_be_written_to_whatever_is_open(cast: Cast) -> None:
    names = ("nothing", "promised", "blocked", "refuses", "wrote", "alone", "consent")
    accounts = {name: another(cast, name) for name in names}
    Contact.objects.filter(customer__name="refuses").update(is_opted_out=True)
    Contact.objects.filter(customer__name="alone").delete()
    ContactConsent.objects.create(
        contact=Contact.objects.get(customer__name="consent"), medium="EMAIL", is_allowed=False, said_on=late(1),
        origin="CALL", recorded_at=clock.now(),
    )  # fmt: skip
    with on(late(10)):
        items = {name: make_item(accounts[name], "500", due=DUE) for name in ("promised", "wrote")}
        take_promise(
            account_id=accounts["promised"].id, item_ids=[items["promised"].id], promised_date=late(20),
            made_on=late(10), actor=ALICE,
        )  # fmt: skip
        DunningBlock.objects.create(account=accounts["blocked"], reason="x", from_date=late(0), created_at=clock.now())
        services.release_run(run_id=services.prepare_run(company_id=None, as_of=late(10), actor=ALICE), actor=ALICE)
        send_waiting(KeepingChannel())
    with on(late(12)):  # two days after a reminder
        run_id = tell([account.id for account in accounts.values()])
    assert said(run_id) == {
        "nothing": "SEND CHOSEN",
        "promised": "SEND CHOSEN",
        "wrote": "SEND CHOSEN",
        "blocked": "HOLD ACCOUNT_BLOCKED",
        "refuses": "HOLD OPTED_OUT",
        "consent": "HOLD OPTED_OUT",
        "alone": "PERSON NO_CONTACT",
    }


def test_each_reads_it_in_their_language_it_is_told_and_no_reminder_waits_for_it(cast: Cast) -> None:
    accounts = {language: another(cast, language, language=language) for language in ("fr", "en", "es")}
    with on(late(10)):
        make_item(accounts["fr"], "500", due=DUE)
        run_id = tell([account.id for account in accounts.values()])
        previews = {
            decision.account.customer.name: queries.render_preview(decision_id=decision.pk).content
            for decision in DunningDecision.objects.filter(run_id=run_id)
        }
        services.release_run(run_id=run_id, actor=ALICE)
        channel = KeepingChannel()
        send_waiting(channel)
    sent = {message.recipient: message for message in channel.sent}
    assert sent["fr@x.example"].subject == "Arvor Distribution : nouvelle banque"
    assert "Merci, fr." in sent["fr@x.example"].body_text and "IBAN" not in sent["fr@x.example"].body_text
    assert sent["es@x.example"].subject == "Arvor Distribution: our bank details change"
    assert "411en" in sent["en@x.example"].body_html
    assert previews["fr"] is not None and previews["fr"].body_text == sent["fr@x.example"].body_text
    assert set(DunningNotice.objects.values_list("state", "is_free")) == {("SENT", True)}
    assert Event.objects.filter(kind="dunning_message.sent").count() == 3
    assert not Event.objects.filter(kind="dunning_notice.sent").exists()
    with on(late(11)):
        run_id = services.prepare_run(company_id=None, as_of=late(11), actor=ALICE)
    assert said(run_id) == {"fr": "SEND LEVEL_REACHED"}


def test_a_hold_set_meanwhile_stops_it_and_so_does_an_address_that_refuses(cast: Cast) -> None:
    held, opted = another(cast, "held"), another(cast, "opted")
    channel = KeepingChannel()
    with on(late(10)):
        run_id = tell([held.id, opted.id])
        services.release_run(run_id=run_id, actor=ALICE)
        DunningBlock.objects.create(account=held, reason="x", from_date=late(0), created_at=clock.now())
        Contact.objects.filter(customer__name="opted").update(is_opted_out=True)
        send_waiting(channel)
    assert channel.sent == []
    assert set(DunningNotice.objects.values_list("account__customer__name", "held_reason_code")) == {
        ("held", "ACCOUNT_BLOCKED"),
        ("opted", "OPTED_OUT"),
    }


def test_touches_and_quiet_days_of_the_policy_count(cast: Cast) -> None:
    account = another(cast, "calm")
    AccountPolicy.objects.create(account=account, policy_code="SMALL_AMOUNTS")
    DunningPolicy.objects.filter(code="SMALL_AMOUNTS").update(touches_max=1, is_quiet_on_weekends=True)
    with on(late(5)):  # a Saturday
        assert said(tell([account.id])) == {"calm": "HOLD QUIET_DAY"}
    with on(late(7)):
        run_id = tell([account.id])
        services.release_run(run_id=run_id, actor=ALICE, is_manager=True)
        channel = KeepingChannel()
        send_waiting(channel)
        assert len(channel.sent) == 1
        assert said(tell([account.id])) == {"calm": "HOLD TOO_MANY_TOUCHES"}


def test_it_goes_as_a_letter_too(cast: Cast) -> None:
    account = another(cast, "paper")
    with on(late(10)):
        run_id = tell([account.id], medium="LETTER")
        assert said(run_id) == {"paper": "SEND CHOSEN"}
        decision = DunningDecision.objects.get(run_id=run_id)
        content = queries.render_preview(decision_id=decision.pk).content
        letter = render_decision_letter(decision_id=decision.pk)
    assert content is not None and content.attachments and "Notre banque change." in content.body_text
    assert letter is not None and letter.startswith(b"%PDF")


def test_words_that_are_wrong_or_missing_are_refused_with_their_place(cast: Cast) -> None:
    with pytest.raises(NoWords):
        tell([cast.account.id], texts={"fr": {"subject": " ", "body": "\n"}})
    with pytest.raises(services.OwnWordsRefused) as refused:
        tell([cast.account.id], texts={"en": {"subject": "", "body": "Hello {{ total }}"}})
    assert [(one.field, one.code) for one in refused.value.problems["en"]] == [
        ("subject", "EMPTY"),
        ("body", "UNKNOWN_VARIABLE"),
    ]
    with pytest.raises(services.OwnWordsRefused):
        tell([cast.account.id], medium="SMS", texts={"en": {"subject": "", "body": "x" * 2000}})


def test_an_sms_goes_to_mobiles_that_may_be_written_to_and_is_priced_first(cast: Cast) -> None:
    MediumPrice.objects.create(unit="SMS_SEGMENT", price=Decimal("0.05"), currency="EUR", from_date=late(-30))
    phones = {"mobile": "+33612345678", "office": "+33472000000", "none": "", "refuses": "+33687654321"}
    accounts = {name: another(cast, name, phone=phone) for name, phone in phones.items()}
    ContactConsent.objects.create(
        contact=Contact.objects.get(customer__name="refuses"), medium="SMS", is_allowed=False, said_on=late(1),
        origin="CALL", recorded_at=clock.now(),
    )  # fmt: skip
    for account in accounts.values():
        make_item(account, "500", due=DUE, number="F-1" + account.number)
    ids = [account.id for account in accounts.values()]
    with on(late(10)):
        run_id = services.prepare_mass_run(account_ids=ids, message_code="SECOND_REMINDER", medium="SMS", actor=ALICE)
        expected = {
            "mobile": "SEND CHOSEN",
            "office": "PERSON NO_CONTACT",
            "none": "PERSON NO_CONTACT",
            "refuses": "HOLD OPTED_OUT",
        }
        assert said(run_id) == expected
        decision = DunningDecision.objects.get(run_id=run_id, outcome="SEND")
        assert decision.recipient_email == "+33612345678"
        content = queries.render_preview(decision_id=decision.pk).content
        bill = mass_pages.find_sms_bill(run_id=run_id, as_of=late(10))
        own = tell(ids, medium="SMS", texts={"fr": {"subject": "", "body": "Ж " * 80 + "{{ customer }}"}})
        own_bill = mass_pages.find_sms_bill(run_id=own, as_of=late(10))
    assert content is not None and content.recipient == "+33612345678" and "F-1411mobile" in content.body_text
    assert bill is not None and own_bill is not None
    assert (bill.messages, bill.parts, bill.amount, bill.long_count) == (1, 1, Decimal("0.05"), 0)
    assert said(own) == expected
    assert (own_bill.parts, own_bill.long_count, own_bill.currency) == (3, 1, "EUR")
    assert run_row(own).free_texts["fr"]["body"].startswith("Ж")


def test_the_very_sms_of_a_mass_message_leaves(cast: Cast) -> None:
    account = another(cast, "mobile", phone="+33612345678")
    channel = KeepingChannel()
    with on(late(10)):
        run_id = tell([account.id], medium="SMS", texts={"fr": {"subject": "", "body": "Fermé le {{ today }}."}})
        services.release_run(run_id=run_id, actor=ALICE)
        send_waiting(channel)
    assert [(one.recipient, one.body_text) for one in channel.sent] == [("+33612345678", "Fermé le 12 mars 2026.")]
    assert DunningNotice.objects.get().medium == "SMS"


def test_a_selection_is_kept_as_it_was_for_its_owner_alone(cast: Cast) -> None:
    first, second = another(cast, "first"), another(cast, "second")
    kept = services.freeze_selection(account_ids=[second.id, first.id, first.id], back="/x/", user_id=7)
    found = services.find_selection(selection_id=kept, user_id=7, scope=Scope(company_ids=None))
    assert found is not None and (found.account_ids, found.gone_count, found.back) == ([first.id, second.id], 0, "/x/")
    assert services.find_selection(selection_id=kept, user_id=8, scope=Scope(company_ids=None)) is None
    other = Scope(company_ids=frozenset({cast.other_company.id}))
    found = services.find_selection(selection_id=kept, user_id=7, scope=other)
    assert found is not None and (found.count, found.gone_count) == (0, 2)
    with on(late(-300)):
        old = services.freeze_selection(account_ids=[first.id], back="", user_id=7)
    services.freeze_selection(account_ids=[first.id], back="", user_id=7)
    assert services.find_selection(selection_id=old, user_id=7, scope=Scope(company_ids=None)) is None


@pytest.mark.parametrize("medium", ["EMAIL", "SMS", "LETTER"])
def test_it_is_shown_on_any_account_in_any_language_before_it_is_prepared(cast: Cast, medium: str) -> None:
    make_item(cast.account, "1200", due=DUE, number="F-1")
    idle = another(cast, "idle")
    with on(late(10)):
        for language, word in (("fr", "Merci, idle"), ("en", "411idle"), ("es", "411idle")):
            shown = mass_pages.preview_mass(
                account_id=idle.id, message_code="FREE_TEXT", medium=medium, language=language, free_texts=WORDS,
                as_of=late(10),
            )  # fmt: skip
            assert word in _text(shown)
        for language, word in (("fr", "rappel"), ("en", "overdue"), ("es", "factura")):
            shown = mass_pages.preview_mass(
                account_id=cast.account.id, message_code="FIRST_REMINDER", medium=medium, language=language,
                free_texts={}, as_of=late(10),
            )  # fmt: skip
            assert "F-1" in _text(shown)
            del word


def _text(shown: mass_pages.MassPreview) -> str:
    if shown.sms is not None:
        return shown.sms.text
    if shown.email is not None:
        return shown.email.body_text
    assert shown.letter is not None
    assert shown.letter_pdf().startswith(b"%PDF") and shown.letter_picture().startswith(b"\x89PNG")
    return " ".join([*shown.letter.before, *(item.document_number for item in shown.letter.items)])
