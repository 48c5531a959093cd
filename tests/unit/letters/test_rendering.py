"""Letters as a reader of PDF files sees them: text, pages, marks, and millimetres."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from quittance.core.epc_qr import is_creditor_reference
from quittance.letters.documents import LetterKind, SumLine
from quittance.letters.rendering import page_of, payload_of, qr_svg, render_letter, render_picture
from quittance.letters.texts import LANGUAGES, texts_of
from quittance.letters.typesetting import LetterNotWritten, TypesettingTooSlow, fonts_folder, typeset
from quittance.letters.windows import DIN_LEFT, FRENCH_RIGHT, Window
from tests.unit.letters.samples import DAY, head_of, items_of, letter_of

MM = 72 / 25.4
A4_HEIGHT = 841.89


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def places_of(pdf: bytes) -> list[tuple[str, float, float]]:
    """Return the texts of the first page, each with where its baseline begins: mm from the left and the top."""
    found: list[tuple[str, float, float]] = []

    def visit(text: str, page: list[float], line: list[float], _font: Any, _size: Any) -> None:
        if text.strip():
            left = line[4] * page[0] + line[5] * page[2] + page[4]
            bottom = line[4] * page[1] + line[5] * page[3] + page[5]
            found.append((text.strip(), left / MM, (A4_HEIGHT - bottom) / MM))

    read(pdf).pages[0].extract_text(visitor_text=visit)
    return found


def test_a_letter_says_what_it_is_given() -> None:
    pdf = render_letter(letter_of())
    text = text_of(pdf).replace("\u202f", " ").replace("\xa0", " ")
    for said in ("Durand & Fils", "69003 LYON", "411DURAND", "22 novembre 2026", "Rappel de paiement", "FA-00001"):
        assert said in text
    for said in ("1 234,50", "−34,50", "2 000,00 €", "FR76 3000 6000 0112 3456 7890 189", "RF93 FA20 2400 123"):
        assert said in text
    assert len(read(pdf).pages) == 1


def test_it_is_pdf_a_with_its_typeface_inside_and_the_same_each_time() -> None:
    letter = letter_of()
    pdf = render_letter(letter)
    root = read(pdf).trailer["/Root"]
    metadata = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in metadata
    assert "/OutputIntents" in root
    assert root["/Lang"] == "fr"
    fonts = read(pdf).pages[0]["/Resources"]["/Font"].values()
    assert fonts
    for font in fonts:
        below = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert any(name in below for name in ("/FontFile2", "/FontFile3"))
        assert "SourceSansPro" in str(below["/FontName"])
    assert render_letter(letter) == pdf


def test_the_typeface_comes_with_its_licence() -> None:
    assert "SIL OPEN FONT LICENSE" in (fonts_folder() / "LICENSE.txt").read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize(("country", "window"), [("FR", FRENCH_RIGHT), ("DE", DIN_LEFT)])
def test_the_address_stands_in_the_window_and_nothing_else_does(country: str, window: Window) -> None:
    lines = (
        "Société des Transports du Rhône et",
        "de la Saône",
        "Marie Petit-Ève",
        "Bâtiment C",
        "3 rue X",
        "69003 LYON",
    )
    head = replace(head_of(country), recipient_lines=lines)
    inside = [
        text
        for text, left, top in places_of(render_letter(letter_of(head=head)))
        if window.left - 0.01 <= left < window.left + window.width and window.top <= top <= window.top + window.height
    ]
    assert " ".join(inside) == " ".join(lines)


def test_the_fold_lies_between_the_address_and_the_text() -> None:
    for country, fold in (("FR", 99), ("DE", 105)):
        places = places_of(render_letter(letter_of(head=head_of(country))))
        subject = next(top for text, _, top in places if "Rappel" in text or "Objet" in text)
        assert subject > fold - 1


def test_amounts_end_at_the_same_place_and_totals_are_carried_over_pages() -> None:
    amounts = [f"{number}.00" for number in range(1, 91)]
    pdf = render_letter(letter_of(kind=LetterKind.STATEMENT, items=items_of(amounts), language="en"))
    pages = [" ".join(page.extract_text().split()) for page in read(pdf).pages]
    assert len(pages) == 3
    carried = [re.search(r"Carried forward ([\d,.]+)", page) for page in pages]
    brought = [re.search(r"Brought forward ([\d,.]+)", page) for page in pages]
    assert carried[0] and carried[1] and carried[2] is None
    assert brought[0] is None and brought[1] and brought[2]
    assert (carried[0][1], carried[1][1]) == (brought[1][1], brought[2][1])
    last_row = max(int(number) for number in re.findall(r"FA-(\d+)", pages[0]))
    assert carried[0][1] == f"{last_row * (last_row + 1) // 2:,}.00"
    assert "€4,095.00" in pages[2]
    assert ["Page 1 / 3" in pages[0], "Page 3 / 3" in pages[2]] == [True, True]


def test_a_statement_lists_credits_and_ages_what_is_owed() -> None:
    pdf = render_letter(letter_of(kind=LetterKind.STATEMENT, language="es"))
    text = text_of(pdf)
    assert "Abono" in text
    assert "−34,50" in text
    assert "1.234,50" in text
    ageing = page_of(letter_of(kind=LetterKind.STATEMENT, language="es"))["tables"][0]["ageing"]
    assert [column["amount"] for column in ageing] == ["–", "–", "2.034,50", "–", "–", "–", "−34,50"]


def test_a_formal_notice_is_registered_and_shows_what_is_due_beside_the_total() -> None:
    letter = letter_of(
        kind=LetterKind.FORMAL_NOTICE,
        is_registered=True,
        tracking_number="1A23456789012",
        beside=(SumLine(label="Pénalités de retard", currency="EUR", amount=Decimal("12.34")),),
        beside_note="Non comprises dans le total.",
    )
    pdf = render_letter(letter)
    text = text_of(pdf)
    tops = {said: top for said, _, top in places_of(pdf)}
    registered = next(top for said, top in tops.items() if said.startswith("Lettre recommandée"))
    assert 4 < next(top for said, top in tops.items() if said.startswith("Objet")) - registered < 9
    assert "Lettre recommandée avec avis de réception 1A23456789012" in text
    assert "12,34 €" in text.replace("\xa0", " ")
    assert "Non comprises dans le total." in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language: str) -> None:
    wanted = texts_of("en")
    found = texts_of(language)
    assert {name: set(part) for name, part in found.items()} == {name: set(part) for name, part in wanted.items()}
    assert all(text for part in found.values() for text in part.values())


def test_a_language_that_nobody_writes_falls_back_to_english() -> None:
    assert page_of(letter_of(language="pt"))["language"] == "en"


def test_markup_in_data_stays_text() -> None:
    nasty = '#panic("x") *bold* $x$ <label> @ref `raw` \\ // no comment'
    head = head_of(recipient_lines=(nasty, "69003 LYON"))
    pdf = render_letter(letter_of(subject=nasty, before=(nasty,), head=head))
    assert text_of(pdf).count('#panic("x") *bold* $x$') == 3


def test_the_code_to_scan_says_what_the_letter_says() -> None:
    letter = letter_of()
    lines = payload_of(letter).split("\n")
    assert lines[0] == "BCD"
    assert lines[5:8] == ["Arvor Distribution", "FR7630006000011234567890189", "EUR2000.00"]
    assert is_creditor_reference(lines[9])
    assert "<svg" in qr_svg(payload_of(letter))


@pytest.mark.parametrize(
    "changes",
    [
        {"items": items_of(["10"], "USD")},
        {"items": items_of(["10"]) + items_of(["10"], "USD")},
        {"items": items_of(["-10"])},
        {"head": head_of(bank_account=None)},
        {"items": ()},
    ],
)
def test_no_code_where_it_would_lie(changes: dict[str, Any]) -> None:
    letter = letter_of(**changes)
    assert payload_of(letter) == ""
    assert len(read(render_letter(letter)).pages) == 1


def test_what_cannot_be_typeset_says_so_and_the_next_letter_is_well() -> None:
    with pytest.raises(LetterNotWritten):
        typeset(layout="letter.typ", data={"language": "fr"}, on_date=DAY)
    with pytest.raises(LetterNotWritten):
        typeset(layout="no-such-layout.typ", data={}, on_date=DAY)
    assert render_letter(letter_of()).startswith(b"%PDF")


def test_what_takes_too_long_is_stopped_and_the_next_letter_is_well() -> None:
    long = letter_of(items=items_of([str(number) for number in range(1, 4001)]))
    with pytest.raises(TypesettingTooSlow):
        render_letter(long, seconds_max=0.05)
    assert render_letter(letter_of()).startswith(b"%PDF")


def test_layouts_see_nothing_but_their_folder() -> None:
    with pytest.raises(LetterNotWritten):
        typeset(layout="../typesetter.py", data={}, on_date=DAY)


def test_a_picture_of_the_first_page() -> None:
    assert render_picture(letter_of()).startswith(b"\x89PNG")
