"""Texts of SMS of the company's own: checked, kept by day, written on the day, the shipped ones the same as before."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from quittance.core.sms import Encoding
from quittance.delivery.models import SmsText
from quittance.delivery.services import find_sms_text, list_sms_texts
from quittance.delivery.sms import LOCALES, TONES, SmsSubject, shipped_template, values_of, write
from quittance.dunning.message_pages import preview_content
from quittance.dunning.messages.own import SMS_VARIABLES, check_sms
from quittance.dunning.messages.sms import sms_text
from quittance.dunning.messages.texts import LANGUAGES, LEVELS
from quittance.dunning.messages.writing import write_text
from quittance.dunning.services import ensure_default_policy
from quittance.dunning.services.sms_texts import keep_sms_text, use_shipped_sms, withdraw_sms_text
from quittance.dunning.services.templates import TextInForce, TextRefused, UnknownText
from quittance.dunning.sms_pages import SmsPreview, preview_sms, shipped_sms, sms_text_now
from quittance.foundation.models import Event
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, late, on

NBSP = "\u00a0\u202f"
SUBJECTS = [
    SmsSubject(
        company="Arvor", totals=(("EUR", Decimal("1234.50")),), document_numbers=("F12",), due_date=DUE, overdue_days=9
    ),
    SmsSubject(
        company="Arvor", totals=(("EUR", Decimal(10)), ("USD", Decimal(5))), document_numbers=("A", "B"),
        due_date=DUE, overdue_days=-3, phone="+33140506070",
    ),
]  # fmt: skip


@pytest.fixture
def cast(db: None) -> Cast:
    ensure_default_policy()
    found = make_cast()
    make_item(found.account, "100.00", due=DUE, number="INV-1")
    return found


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_shipped_text_in_the_editor_says_what_the_shipped_text_says(
    language: str, tone: str, subject: SmsSubject
) -> None:
    template = shipped_template(tone=tone, language=language)
    assert check_sms(text=template) == []
    written = write_text(template, values_of(subject=subject, language=language), file="x")
    for space in NBSP:
        written = written.replace(space, " ")
    assert written.replace("’", "'").split() == write(tone=tone, language=language, subject=subject).split() or (
        # Accents that the short alphabet lacks are replaced only as it is sent.
        len(written) == len(write(tone=tone, language=language, subject=subject))
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_a_shipped_sms(language: str) -> None:
    for code in LEVELS:
        assert check_sms(text=shipped_sms(message_code=code, language=language)) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "EMPTY"),
        ("  ", "EMPTY"),
        ("x" * 1501, "TOO_LONG"),
        ("{{ balance }}", "UNKNOWN_VARIABLE"),
        ("{% load i18n %}", "TAG_NOT_ALLOWED"),
        ("{{ total|safe }}", "FILTER_NOT_ALLOWED"),
        ("{% if phone %}", "ACROSS_PARAGRAPHS"),
    ],
)
def test_what_is_wrong_is_refused(text: str, code: str) -> None:
    assert [one.code for one in check_sms(text=text)] == [code]


def test_every_variable_may_be_used(cast: Cast) -> None:
    text = " ".join(f"{{{{ {name} }}}}" for name in SMS_VARIABLES)
    assert check_sms(text=text) == []
    shown = preview_sms(
        account_id=cast.account.pk, message_code="FIRST_REMINDER", language="en", text=text, as_of=late(8)
    )
    assert "Durand & Fils Marie Petit" in shown.text
    assert "INV-1 02/03/2026 8" in shown.text


def test_a_text_counts_from_its_day_and_the_shipped_one_comes_back(cast: Cast) -> None:
    key = {"message_code": "FIRST_REMINDER", "language": "fr"}
    with on(late(1)):
        keep_sms_text(**key, text="Un\r\n{{ total }}", from_date=late(3), actor=ALICE)
        text_id = keep_sms_text(**key, text="Deux", from_date=late(5), actor=ALICE)
        use_shipped_sms(**key, from_date=late(7), actor=ALICE)
    assert [find_sms_text(**key, day=late(day)) for day in (2, 3, 5, 7)] == [None, "Un\n{{ total }}", "Deux", None]
    assert sms_text_now(**key, day=late(4)) == ("Un\n{{ total }}", True)
    assert sms_text_now(**key, day=late(8)) == (shipped_sms(**key), False)
    with on(late(4)):
        withdraw_sms_text(text_id=text_id, actor=ALICE)
        with pytest.raises(UnknownText):
            withdraw_sms_text(text_id=text_id, actor=ALICE)
        first = list_sms_texts(**key)[-1]
        with pytest.raises(TextInForce):
            withdraw_sms_text(text_id=first.id, actor=ALICE)
    told = Event.objects.filter(kind__startswith="dunning_text.").values_list("kind", flat=True)
    assert sorted(told) == ["dunning_text.changed"] * 3 + ["dunning_text.withdrawn"]


def test_the_past_and_what_there_is_not_are_refused(cast: Cast) -> None:
    with on(late(3)):
        with pytest.raises(TextRefused):
            keep_sms_text(message_code="COURTESY", language="fr", text="x", from_date=late(2), actor=ALICE)
        with pytest.raises(TextRefused):
            use_shipped_sms(message_code="COURTESY", language="fr", from_date=late(2), actor=ALICE)
        with pytest.raises(UnknownText):
            keep_sms_text(message_code="HELLO", language="fr", text="x", from_date=late(3), actor=ALICE)
    with pytest.raises(IntegrityError), transaction.atomic():
        SmsText.objects.create(message_code="COURTESY", language="fr", from_date=DUE, created_at="2026-01-01T00:00Z")


def test_a_sign_of_another_alphabet_is_named(cast: Cast) -> None:
    def shown(text: str) -> SmsPreview:
        return preview_sms(
            account_id=cast.account.pk, message_code="SECOND_REMINDER", language="fr", text=text, as_of=late(8)
        )

    plain = shown("Reçu — œuf")
    assert (plain.text, plain.count.encoding, plain.odd_signs) == ("Recu - oeuf", Encoding.GSM_7, ())
    odd = shown("Zażółć 😀")
    assert odd.count.encoding is Encoding.UCS_2
    assert "😀" in odd.odd_signs


def test_the_own_text_is_what_leaves(cast: Cast) -> None:
    from dataclasses import replace

    from quittance.core.dunning import DunningMedium
    from quittance.dunning.message_pages import _pretend
    from quittance.dunning.messages.by_medium import render_message

    with on(late(8)):
        keep_sms_text(
            message_code="FIRST_REMINDER", language="fr", text="Ours: {{ total }}", from_date=late(8), actor=ALICE
        )
    cast.durand.contacts.update(phone="+33612345678")
    account, decision = _pretend(cast.account.pk, "FIRST_REMINDER", "fr", late(8))
    content = render_message(account=account, decision=replace(decision, medium=DunningMedium.SMS), as_of=late(8))
    assert (content.body_text, content.recipient) == ("Ours: 100,00 €", "+33612345678")
    content = render_message(
        account=account, decision=replace(decision, medium=DunningMedium.SMS), as_of=late(8) - timedelta(days=1)
    )
    assert content.body_text.startswith("Arvor Distribution : la facture INV-1")


def test_an_sms_counts_what_is_asked_for_not_the_whole_statement(cast: Cast) -> None:
    make_item(cast.account, "900.00", due=late(60), number="INV-2")
    text = shown_sms(cast, "STATEMENT")
    assert "INV-1" in text
    assert "100,00" in text
    assert "INV-2" not in text
    make_item(cast.account, "50.00", due=DUE, number="INV-3")
    assert "2 factures, 150,00" in shown_sms(cast, "STATEMENT")


def shown_sms(cast: Cast, message_code: str) -> str:
    content = preview_content(account_id=cast.account.pk, message_code=message_code, language="fr", as_of=late(8))
    assert content.is_statement
    return sms_text(content=content, template=None)
