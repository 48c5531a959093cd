"""The short texts: every tone in every language, one or several documents, in few parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from quittance.core.sms import Encoding, count_sms
from quittance.delivery import services, sms
from quittance.delivery.sms import LOCALES, TONES, SmsSubject
from quittance.foundation import clock
from quittance.foundation.permissions import SYSTEM

SUBJECT = SmsSubject(
    company="Arvor Distribution", totals=(("EUR", Decimal("12345.60")),), document_numbers=("FA-2026-00123",),
    due_date=date(2026, 3, 2), overdue_days=24, phone="+33140506070",
)  # fmt: skip
SEVERAL = replace(SUBJECT, document_numbers=("A", "B", "C"), totals=(("EUR", Decimal(10)), ("USD", Decimal(5))))


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("subject", [SUBJECT, SEVERAL])
def test_each_text_is_short_and_complete(language: str, tone: str, subject: SmsSubject) -> None:
    text = sms.write(tone=tone, language=language, subject=subject)
    count = count_sms(text=text)
    assert count.encoding is Encoding.GSM_7 and count.segments <= 2, (count, text)
    assert text.startswith("Arvor Distribution") and text.endswith("+33140506070")
    assert "{" not in text and ("12" in text or "3" in text)


def test_languages_and_tones_that_nobody_wrote_get_what_there_is() -> None:
    assert sms.write(tone="FIRM", language="de", subject=SUBJECT) == sms.write(
        tone="FIRM", language="en", subject=SUBJECT
    )
    assert sms.write(tone="SHOUTING", language="fr", subject=SUBJECT) == sms.write(
        tone="FRIENDLY", language="fr", subject=SUBJECT
    )


def test_braces_in_a_name_stay_as_they_are() -> None:
    assert sms.write(tone="FIRM", language="en", subject=replace(SUBJECT, company="A{0}B")).startswith("A{0}B:")


def test_an_sms_about_nothing_is_an_error() -> None:
    for subject in (replace(SUBJECT, totals=()), replace(SUBJECT, document_numbers=())):
        with pytest.raises(ValueError, match="one document"):
            sms.write(tone="FIRM", language="en", subject=subject)


@pytest.mark.django_db
def test_the_cost_is_known_before_it_leaves() -> None:
    assert sms.compose(tone="FIRM", language="fr", subject=SUBJECT).cost.amount is None
    services.set_price(unit="SMS_SEGMENT", from_date=clock.today(), price=Decimal("0.06"), currency="EUR", actor=SYSTEM)
    draft = sms.compose(tone="FIRM", language="fr", subject=SUBJECT)
    assert draft.cost.amount == Decimal("0.06") * draft.count.segments and draft.cost.currency == "EUR"
