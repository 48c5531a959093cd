"""The text of EPC QR codes, and creditor references."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from quittance.core.epc_qr import (
    EpcQrError,
    InvalidAmount,
    InvalidBic,
    InvalidIban,
    InvalidName,
    InvalidPurpose,
    InvalidReference,
    InvalidText,
    PayloadTooLong,
    ReferenceAndText,
    creditor_reference,
    epc_qr_payload,
    is_creditor_reference,
)

GOOD = {"name": "Maison Durand", "iban": "FR76 3000 6000 0112 3456 7890 189", "amount": Decimal("1234.5")}


def test_every_line_in_its_place() -> None:
    payload = epc_qr_payload(
        **GOOD, bic="agrifrppxxx", purpose="GDDS", reference="RF18 5390 0754 7034", information="Thank you"
    )
    assert payload.split("\n") == [
        *("BCD", "002", "1", "SCT", "AGRIFRPPXXX", "Maison Durand", "FR7630006000011234567890189", "EUR1234.50"),
        *("GDDS", "RF18539007547034", "", "Thank you"),
    ]


def test_without_amount_the_line_stays_empty() -> None:
    payload = epc_qr_payload(**{**GOOD, "amount": None}, text="Invoice FA-1")
    assert payload.split("\n")[7:] == ["", "", "", "Invoice FA-1"]


@pytest.mark.parametrize("amount", ["0.01", "999999999.99", "1E+2", "5.000"])
def test_amounts_at_the_borders(amount: str) -> None:
    line = epc_qr_payload(**{**GOOD, "amount": Decimal(amount)}).split("\n")[7]
    assert line == f"EUR{Decimal(amount):.2f}"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": " "}, InvalidName),
        ({"name": "x" * 71}, InvalidName),
        ({"name": "A\nB"}, InvalidName),
        ({"iban": "FR76 3000 6000 0112 3456 7890 188"}, InvalidIban),
        ({"iban": ""}, InvalidIban),
        ({"bic": "AGRI"}, InvalidBic),
        ({"amount": Decimal(0)}, InvalidAmount),
        ({"amount": Decimal(-5)}, InvalidAmount),
        ({"amount": Decimal(1000000000)}, InvalidAmount),
        ({"amount": Decimal("1.005")}, InvalidAmount),
        ({"amount": Decimal("NaN")}, InvalidAmount),
        ({"purpose": "TOOLONG"}, InvalidPurpose),
        ({"reference": "RF19539007547034"}, InvalidReference),
        ({"reference": "FA-2024"}, InvalidReference),
        ({"text": "x" * 141}, InvalidText),
        ({"text": "a\nb"}, InvalidText),
        ({"information": "x" * 71}, InvalidText),
        ({"reference": "RF18539007547034", "text": "both"}, ReferenceAndText),
        ({"name": "é" * 70, "text": "é" * 140, "information": "é"}, PayloadTooLong),
    ],
    ids=str,
)
def test_what_is_refused_is_named(change: dict[str, object], error: type[EpcQrError]) -> None:
    with pytest.raises(error):
        epc_qr_payload(**{**GOOD, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "--", "x" * 22])
def test_references_that_cannot_be(text: str) -> None:
    with pytest.raises(InvalidReference):
        creditor_reference(text)


@given(core=st.from_regex(r"[0-9A-Z]{1,21}", fullmatch=True))
def test_law_made_references_are_right_and_stable(core: str) -> None:
    reference = creditor_reference(core)
    assert iso11649.is_valid(reference)
    assert is_creditor_reference(reference)
    assert creditor_reference(reference) == reference


@given(
    name=st.text(max_size=80),
    amount=st.decimals(min_value=-1, max_value=10**10, places=2),
    text=st.text(max_size=150),
)
def test_law_a_payload_keeps_the_limits_or_is_refused(name: str, amount: Decimal, text: str) -> None:
    try:
        payload = epc_qr_payload(name=name, iban=str(GOOD["iban"]), amount=amount, text=text)
    except EpcQrError:
        return
    assert len(payload.encode()) <= 331
    assert 8 <= len(payload.split("\n")) <= 12
