"""What the messages say, in each language and tone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from quittance.core.dunning import DEFAULT_LEVELS, DunningLevel
from quittance.core.epc_qr import creditor_reference
from quittance.dunning.messages import LANGUAGES, Line, NoticeContent, render, texts_of
from quittance.dunning.messages.content import BankAccount, Sender
from quittance.dunning.messages.rendering import draw_qr
from quittance.dunning.messages.texts import LEVELS, LevelTexts
from quittance.interest.queries import OwedBeside

IBAN = "FR7630006000011234567890189"
LEVEL = {level.code: level for level in DEFAULT_LEVELS}


def line(number: str, amount: str, *, days: int = 12, currency: str = "EUR", is_open: str = "") -> Line:
    return Line(
        document_number=number,
        document_date=date(2026, 1, 31),
        due_date=date(2026, 3, 2),
        overdue_days=days,
        currency=currency,
        amount=Decimal(amount),
        amount_open=Decimal(is_open or amount),
    )


def shipped(code: str) -> DunningLevel:
    """A step of another policy than the standard one."""
    return DunningLevel(rank=9, offset_days=9, code=code, tone="FIRM")


CONTENT = NoticeContent(
    level=LEVEL["FIRST_REMINDER"],
    language="fr",
    customer_name="Durand & Fils",
    account_number="411DURAND",
    contact_name="Marie Petit",
    contact_email="m.petit@durand.example",
    signatory="Alice Le Gall",
    sender=Sender(
        name="Arvor Distribution", country="FR", address="4 quai des Fosses, 29200 Brest", legal_identifier="552100554",
        vat_number="FR40552100554", phone="+33 2 98 00 00 00", email="credit@arvor.example",
    ),
    lines=(line("F-1", "1234.5"), line("F-2", "100", is_open="300")),
    asked=(line("F-1", "1234.5"), line("F-2", "100", is_open="300")),
    totals=(("EUR", Decimal("1334.5")),),
    bank_account=BankAccount(iban=IBAN, bic="AGRIFRPP", currency="EUR"),
    reference=creditor_reference("411DURAND"),
    is_french_law=True,
    today=date(2026, 3, 14),
)  # fmt: skip


def names_in(texts: LevelTexts) -> set[str]:
    """The variables that a text speaks of."""
    names = "total|balance|deadline|days_max|is_french_law|is_french_public|today|customer|count"
    return set(re.findall(rf"\b({names})\b", " ".join((*texts.before, *texts.after, texts.subject))))


def plain(text: str) -> str:
    """The text with ordinary blanks."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", LEVELS)
def test_every_message_is_whole_in_every_language(language: str, code: str) -> None:
    message = render(content=replace(CONTENT, language=language, level=LEVEL.get(code) or shipped(code)))
    body, html = plain(message.body_text), plain(message.body_html)
    grouped = f"{CONTENT.reference[:4]} 411D URAN D"
    for text in (body, html):
        assert "F-1" in text and "F-2" in text
        assert "FR76 3000 6000 0112 3456 7890 189" in text
        assert grouped in text
        assert "{{" not in text and "{%" not in text and "None" not in text
    assert "Durand &amp; Fils" in html and "Durand & Fils" in body
    assert "&amp;" not in body and "&amp;amp;" not in html
    assert message.subject.startswith("Arvor Distribution")
    assert message.language == language
    assert f'lang="{language}"' in html
    assert "cid:epc-qr" in html and message.inline_images["epc-qr"].startswith(b"\x89PNG")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_everything(language: str) -> None:
    texts, french = texts_of(language), texts_of("fr")
    assert texts.words.keys() == french.words.keys()
    for code in LEVELS:
        variables = [names_in(one.levels[code]) for one in (texts, french)]
        assert variables[0] == variables[1], (language, code)


@pytest.mark.parametrize(
    ("language", "amount", "day"),
    [("fr", "1 334,50 €", "02/03/2026"), ("en", "€1,334.50", "02/03/2026"), ("es", "1.334,50 €", "2/3/26")],
)
def test_figures_are_written_the_way_of_the_language(language: str, amount: str, day: str) -> None:
    message = render(content=replace(CONTENT, language=language))
    assert amount in plain(message.subject).replace("1334,50", "1.334,50")
    assert amount in plain(message.body_text).replace("1334,50", "1.334,50")
    assert day in message.body_text


def test_one_item_is_spoken_of_in_the_singular() -> None:
    one = replace(CONTENT, lines=(line("F-1", "50"),), totals=(("EUR", Decimal(50)),))
    assert "la facture suivante est échue" in render(content=one).body_text
    assert "les factures suivantes sont échues" in render(content=CONTENT).body_text


def test_a_part_claimed_says_of_what() -> None:
    assert "sur 300,00 €" in plain(render(content=CONTENT).body_html)


def test_the_law_is_named_where_it_rules_and_nowhere_else() -> None:
    formal = replace(CONTENT, level=LEVEL["FORMAL_NOTICE"])
    assert "L. 441-10" in render(content=formal).body_text and "40 €" in plain(render(content=formal).body_text)
    abroad = replace(formal, is_french_law=False)
    for language in LANGUAGES:
        body = render(content=replace(abroad, language=language)).body_text
        assert "441-10" not in body and "40" not in body.replace("1334,50", "")
    assert "22 mars 2026" in render(content=formal).body_text


@pytest.mark.parametrize(
    ("language", "words", "amount"),
    [
        (
            "fr", "Pénalités de retard au 14 mars 2026 : 12,34 €",
            "Indemnité forfaitaire pour frais de recouvrement : 80,00 €",
        ),
        ("en", "Late-payment interest up to 14 March 2026: €12.34", "Fixed compensation for recovery costs: €80.00"),
        (
            "es", "Intereses de demora hasta el 14 de marzo de 2026: 12,34 €",
            "Indemnización fija por costes de cobro: 80,00 €",
        ),
    ],
)  # fmt: skip
def test_interest_stands_beside_the_total(language: str, words: str, amount: str) -> None:
    beside = (OwedBeside(currency="EUR", interest=Decimal("12.34"), indemnity=Decimal(80)),)
    without = replace(CONTENT, language=language, level=LEVEL["FORMAL_NOTICE"])
    message, other = render(content=replace(without, beside=beside)), render(content=without)
    body = plain(message.body_text)
    assert words in body
    assert amount in body
    assert plain(texts_of(language).words["beside_note"]) in plain(message.body_html)
    assert texts_of(language).words["beside_note"] not in plain(other.body_html)
    assert message.subject == other.subject
    assert message.inline_images == other.inline_images


def test_a_courtesy_speaks_of_no_delay() -> None:
    courtesy = replace(CONTENT, level=LEVEL["COURTESY"], lines=(line("F-1", "50", days=-5),))
    body = render(content=courtesy).body_text
    assert "Retard" not in body and "-5" not in body


def test_two_currencies_are_two_lists_and_no_code() -> None:
    both = replace(
        CONTENT,
        lines=(line("F-1", "100"), line("F-9", "70", currency="USD")),
        totals=(("EUR", Decimal(100)), ("USD", Decimal(70))),
    )
    message = render(content=both)
    assert message.body_html.count("<tfoot>") == 2
    assert "100,00 € et 70,00 $US" in plain(message.subject)
    assert message.inline_images == {} and "cid:" not in message.body_html


@pytest.mark.parametrize(
    "change",
    [
        {"bank_account": None},
        {"bank_account": BankAccount(iban="FR0012345", bic="", currency="EUR")},
        {"totals": (("USD", Decimal(5)),)},
        {"totals": (("EUR", Decimal("1000000000")),)},
    ],
)
def test_no_code_where_it_would_not_work(change: dict[str, object]) -> None:
    assert draw_qr(content=replace(CONTENT, **change)) is None  # type: ignore[arg-type]


def test_names_cannot_smuggle_markup_or_headers() -> None:
    bad = replace(CONTENT, contact_name="<b>Marie</b>\r\nBcc: x@y.example", customer_name="{{ company }}<script>")
    message = render(content=bad)
    assert "<b>Marie" not in message.body_html and "<script>" not in message.body_html
    assert "\n" not in message.subject and "\r" not in message.subject


def test_a_level_of_ones_own_takes_the_texts_of_its_tone() -> None:
    texts = texts_of("en")
    own = [
        DunningLevel(rank=9, offset_days=offset, code="OUR_OWN", tone=tone)
        for offset, tone in ((-3, "FIRM"), (3, "FRIENDLY"), (9, "FIRM"), (20, "FORMAL"), (30, "NEW"))
    ]
    expected = ["COURTESY", "FIRST_REMINDER", "SECOND_REMINDER", "FORMAL_NOTICE", "FIRST_REMINDER"]
    assert [texts.of_level(level) for level in own] == [texts.levels[code] for code in expected]


def test_an_unknown_language_gets_english() -> None:
    assert render(content=replace(CONTENT, language="de")).language == "en"
