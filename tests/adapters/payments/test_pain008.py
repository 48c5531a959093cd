"""Writing pain.008.001.08: what each part of an order becomes, and what no bank would take."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.adapters.payments.pain008 import Pain008Writer, sepa_text
from quittance.core.ports.payments import Amendment, DebitOrder, OrderRefused, Party
from tests.adapters.payments.samples import group, line, order

ROOT = Path(os.environ.get("QUITTANCE_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
SCHEMA = ROOT / "standards" / "raphaelm__python-sepaxml" / "sepaxml" / "schemas" / "pain.008.001.08.xsd"
needs_schema = pytest.mark.skipif(not SCHEMA.is_file(), reason="no reference data")


def written(found: DebitOrder) -> ET.Element:
    root = ET.fromstring(Pain008Writer().write(found))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def texts(element: ET.Element, path: str) -> list[str | None]:
    return [one.text for one in element.iterfind(path)]


FULL = order(
    group(line(1), line(2, amendment=Amendment(is_bank_changed=True), bic="")),
    group(
        line(
            3, amount=Decimal("0.01"), debtor=Party(name="Sans adresse"), text="",
            amendment=Amendment(
                original_reference="OLD-1", original_iban="FR7630006000011234567890189",
                original_creditor_name="Arvor SARL", original_creditor_identifier="FR72ZZZ123456",
            ),
        ),
        number=2, scheme="B2B", sequence_type="RCUR",
    ),
)  # fmt: skip


def test_totals_groups_and_kinds() -> None:
    root = written(FULL)
    body = "CstmrDrctDbtInitn"
    assert texts(root, f"{body}/GrpHdr/*")[:4] == ["QTC-1-000001", "2026-11-22T08:30:00Z", "3", "241.01"]
    assert texts(root, f"{body}/PmtInf/PmtInfId") == ["QTC-1-000001-1", "QTC-1-000001-2"]
    assert texts(root, f"{body}/PmtInf/CtrlSum") == ["241.00", "0.01"]
    assert texts(root, f"{body}/PmtInf/PmtTpInf/LclInstrm/Cd") == ["CORE", "B2B"]
    assert texts(root, f"{body}/PmtInf/PmtTpInf/SeqTp") == ["FRST", "RCUR"]
    assert texts(root, f"{body}/PmtInf/ReqdColltnDt") == ["2026-12-08", "2026-12-08"]
    assert texts(root, f"{body}/PmtInf/BtchBookg") == ["true", "true"]
    assert texts(root, ".//CdtrSchmeId/Id/PrvtId/Othr/Id") == ["FR72ZZZ123456"] * 2


def test_addresses_are_in_parts_or_left_out() -> None:
    root = written(FULL)
    debtor = root.find(".//DrctDbtTxInf/Dbtr/PstlAdr")
    assert debtor is not None
    assert [(one.tag, one.text) for one in debtor] == [
        ("StrtNm", "12 rue de la Paix"), ("PstCd", "69001"), ("TwnNm", "Lyon"), ("Ctry", "FR"),
    ]  # fmt: skip
    assert root.findall(".//AdrLine") == []
    assert len(root.findall(".//Dbtr/PstlAdr")) == 2, "the third has no address"


def test_what_changed_on_a_mandate() -> None:
    root = written(FULL)
    plain, moved, renamed = root.findall(".//MndtRltdInf")
    assert plain.find("AmdmntInd") is None
    assert texts(moved, "AmdmntInfDtls/OrgnlDbtrAcct/Id/Othr/Id") == ["SMNDA"]
    assert texts(renamed, "AmdmntInfDtls/OrgnlDbtrAcct/Id/IBAN") == ["FR7630006000011234567890189"]
    assert texts(renamed, "AmdmntInfDtls/OrgnlMndtId") == ["OLD-1"]
    assert texts(renamed, "AmdmntInfDtls/OrgnlCdtrSchmeId/Nm") == ["Arvor SARL"]
    assert texts(root, ".//DbtrAgt/FinInstnId/Othr/Id") == ["NOTPROVIDED"]


def test_the_same_order_gives_the_same_bytes() -> None:
    assert Pain008Writer().write(FULL) == Pain008Writer().write(FULL)


def validate(content: bytes) -> None:
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(SCHEMA))
    schema.assertValid(etree.fromstring(content))


@needs_schema
def test_the_schema_takes_it() -> None:
    validate(Pain008Writer().write(FULL))


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=90)


@needs_schema
@given(
    name=words, text=words, street=words, town=words,
    amounts=st.lists(st.decimals(min_value=Decimal("0.01"), max_value=Decimal("999999999.99"), places=2), min_size=1,
                     max_size=5),
)  # fmt: skip
def test_the_schema_takes_whatever_people_are_called(
    name: str, text: str, street: str, town: str, amounts: list[Decimal]
) -> None:
    party = Party(name=f"X {name}", street=street, town=town, country="FR")
    lines = [line(n, amount=amount, text=text, debtor=party) for n, amount in enumerate(amounts, start=1)]
    content = Pain008Writer().write(order(group(*lines)))
    validate(content)
    total = ET.fromstring(content).find(".//{*}GrpHdr/{*}CtrlSum")
    assert total is not None and Decimal(total.text or "") == sum(amounts)


@given(text=words, most=st.integers(1, 90))
def test_texts_have_only_letters_that_banks_take(text: str, most: int) -> None:
    found = sepa_text(text, most)
    assert len(found) <= most
    assert found == found.strip()
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (order(group()), "no debit"),
        (order(group(line(amount=Decimal(0)))), "no amount"),
        (order(group(line(amount=Decimal("1.001")))), "no amount"),
        (order(group(line(amount=Decimal("1000000000")))), "no amount"),
        (order(group(line(), line())), "twice"),
        (order(group(line(mandate_reference="M 1 é"))), "no reference"),
        (order(group(line(end_to_end_id="/A"))), "no reference"),
        (order(message_id="X" * 36), "no reference"),
        (order(group(line(debtor=Party(name="北京")))), "no name"),
    ],
)
def test_what_no_bank_takes_is_refused(found: Any, expected: str) -> None:
    with pytest.raises(OrderRefused, match=expected):
        Pain008Writer().write(found)


def test_another_order_gives_other_bytes() -> None:
    assert Pain008Writer().write(order()) != Pain008Writer().write(replace(order(), message_id="QTC-1-000002"))
