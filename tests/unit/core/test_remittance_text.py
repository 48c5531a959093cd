"""Free text of payers: what is read, what is rejected, and what is no remittance advice at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.remittance_text import read_text, says_payment
from quittance.core.remittances import RemittanceLine, complete_line, sign_credit_notes

# Text and what is read of it: reference=paid, and '/' before the total.
READ = """
Invoice INV-1001 : 1,250.00 USD                                   | INV-1001=1250.00
Facture n° 2026-0457 du 03/04/2026 1 200,50 €                     | 2026-0457=1200.50
Factura F/2026/110 por 1.200,50 euros                             | F/2026/110=1200.50
FA-100 120,00; FA-101 80,00                                       | FA-100=120.00 FA-101=80.00
26801   4,650.41                                                  | 26801=4650.41
avoir AV-7 de 30,00 €                                             | AV-7=-30.00
Credit note CN-0009 (30.00)                                       | CN-0009=-30.00
abono AB-12 45,00-                                                | AB-12=-45.00
FA-100 gross 100.00 discount 2.00 paid 98.00                      | FA-100=98.00
FA-100  100.00  2.00  98.00                                       | FA-100=98.00
Facture FA-100, commande 4500012345 : 99,00 €                     | FA-100=99.00
Facture FA 2026 455 : 1 000,00                                    | FA 2026 455=1000.00
FA2026 455 1 000,00                                               | FA2026 455=1000.00
Invoice INV-1 USD 500                                             | INV-1=500
"""
NOTHING = [
    "Bonjour, merci de me rappeler au 01 23 45 67 89 ou au +33 6 12 34 56 78.",
    "Notre IBAN : FR76 3000 6000 0112 3456 7890 189, BIC AGRIFRPP",
    "SAS Durand au capital de 10 000,00 € - RCS Lyon 552 100 554 - SIRET 552 100 554 00013 - TVA FR12552100554",
    "La réunion du 12/05/2026 est à 10h30, salle 204, 75008 Paris.",
    "Where is my order 4500012345? We expected it on 12 May 2026.",
    "Le budget est de 12 000,00 € pour 2026.",
    "Escompte de 2 % à 10 jours, 30 jours fin de mois.",
    "Please call me on (555) 010-2030 about invoice INV-1001.",
    "",
]
NO_PAYMENT = [
    "We contest invoice INV-1001 of 1,200.00 EUR: the goods were broken.",
    "La facture FA-1 de 1 200,00 € n'a pas été réglée car nous attendons un avoir.",
    "Could you send me a copy of invoice INV-1001 (1,200.00 EUR)?",
    "Merci.\n\nLe 3 mai 2026 à 09:12, Arvor <cash@arvor.example> a écrit :\n> Votre virement de 1 200,00 € pour FA-1",
    "Thanks!\n-----Original Message-----\nWe have paid INV-1 100.00",
]


def told(text: str) -> str:
    return " ".join(f"{line.reference}={line.amount_paid}" for line in read_text(text).lines)


@pytest.mark.parametrize("row", [row for row in READ.splitlines() if row.strip()])
def test_a_line_is_read(row: str) -> None:
    text, _, expected = row.partition("|")
    assert told(text.strip()) == expected.strip()


@pytest.mark.parametrize("text", NOTHING)
def test_chatter_holds_no_line(text: str) -> None:
    found = read_text(text)
    assert (found.lines, found.rejected, found.total) == ((), (), None)


@pytest.mark.parametrize("text", NO_PAYMENT)
def test_a_message_that_tells_no_payment_is_not_one(text: str) -> None:
    assert not says_payment(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("We paid INV-1001 and INV-1002: 1,200.00 EUR", "SEVERAL_REFERENCES"),
        ("INV-1001 100.00 70.00", "AMOUNTS_UNCLEAR"),
    ],
)
def test_what_cannot_be_told_is_rejected(text: str, code: str) -> None:
    found = read_text(text)
    assert [line.reason_code for line in found.rejected] == [code]
    assert found.lines == ()


def test_a_reference_and_an_amount_on_lines_of_their_own_are_one_line() -> None:
    found = read_text("Virement du 03/04/2026\nFacture FA-77\nMontant du virement : 1 234,56 €")
    assert told("Facture FA-77\nMontant du virement : 1 234,56 €") == "FA-77=1234.56"
    assert (found.payment_date, found.currency) == (date(2026, 4, 3), "EUR")


def test_a_deduction_below_the_lines_is_one_of_its_own_unless_the_amounts_are_net() -> None:
    loose = read_text("FA-100 100,00\nFA-101 50,00\nEscompte 2,00\nTotal 148,00")
    assert [(line.reference, line.amount_paid) for line in loose.lines] == [
        ("FA-100", Decimal(100)), ("FA-101", Decimal(50)), ("", Decimal(-2)),
    ]  # fmt: skip
    assert loose.is_adding_up
    net = read_text("FA-100 98,00\nEscompte 2,00\nFA-101 50,00\nTotal 148,00")
    assert [line.amount_gross for line in net.lines] == [Decimal(100), None]
    assert net.lines[0].reason_text == "Escompte"
    assert net.is_adding_up


def test_a_total_that_is_not_the_sum_is_told() -> None:
    found = read_text("FA-100 100,00\nTotal 120,00")
    assert (found.total, found.lines_sum, found.is_adding_up) == (Decimal(120), Decimal(100), False)


AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(10**7), places=2)


@given(st.lists(AMOUNTS, min_size=1, max_size=12), st.sampled_from(["fr", "en", "es"]))
def test_what_is_written_is_read(amounts: list[Decimal], language: str) -> None:
    """Write lines as people do and read them back: none lost, none made up, the total told and right."""
    plain = [f"{amount:,.2f}" for amount in [*amounts, sum(amounts)]]
    swaps = {"en": {}, "fr": {",": " ", ".": ","}, "es": {",": ".", ".": ","}}[language]
    written = ["".join(swaps.get(character, character) for character in text) for text in plain]
    lines = [f"FA-{1000 + number}   {text} EUR" for number, text in enumerate(written[:-1])]
    found = read_text("\n".join([*lines, f"Total   {written[-1]} EUR"]))
    assert [line.amount_paid for line in found.lines] == amounts
    assert [line.reference for line in found.lines] == [f"FA-{1000 + number}" for number in range(len(amounts))]
    assert found.is_adding_up


@given(st.text(max_size=400))
def test_no_text_is_an_error(text: str) -> None:
    found = read_text(text)
    assert all(line.position > 0 for line in found.lines)
    says_payment(text)


@given(AMOUNTS, AMOUNTS)
def test_a_completed_line_adds_up(gross: Decimal, paid: Decimal) -> None:
    line = complete_line(RemittanceLine(position=1, reference="A", amount_gross=gross, amount_paid=paid))
    assert line.is_adding_up
    assert line.amount_paid == paid


@given(st.lists(st.tuples(AMOUNTS, st.booleans()), min_size=1, max_size=6))
def test_credit_notes_are_turned_only_where_the_total_does_not_prove_them_right(
    lines: list[tuple[Decimal, bool]],
) -> None:
    raw = [
        RemittanceLine(position=1, reference="A", amount_paid=amount, is_credit_note=is_note)
        for amount, is_note in lines
    ]
    turned = sum(-amount if is_note else amount for amount, is_note in lines)
    assert sum(line.amount_paid for line in sign_credit_notes(raw, total=None)) == turned
    written = sum(amount for amount, _ in lines)
    assert sum(line.amount_paid for line in sign_credit_notes(raw, total=written)) == written
