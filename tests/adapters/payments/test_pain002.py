"""Reading pain.002: what a bank says of a file, of its groups and of each debit."""

from __future__ import annotations

import io
import os
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.adapters.payments.pain002 import Pain002Reader
from quittance.core.ports.payments import FileRefused, Status, StatusReport
from quittance.foundation.reason_words import reason_words
from tests.adapters.payments.samples import answer, debit

ROOT = Path(os.environ.get("QUITTANCE_REFERENCE_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
UNPAID = ROOT / "sepa_pain/OCA__account-payment/account_payment_return_import_iso20022/test_files"
needs_data = pytest.mark.skipif(not UNPAID.is_dir(), reason="no reference data")


def read(content: bytes) -> StatusReport:
    return Pain002Reader().read(io.BytesIO(content))


def test_each_debit_with_its_reason() -> None:
    found = read(answer([debit("A", text="no money"), debit("B", status="ACSP", reason=""), debit("C", reason="MD01")]))
    assert (found.message_id, found.original_message_id, found.status) == ("BANK-77", "QTC-1-000001", Status.PART)
    assert found.format == "pain.002.001.10"
    assert [(one.end_to_end_id, one.status.value, one.reason_code, one.reason_text) for one in found.debits] == [
        ("A", "REJECTED", "AM04", "no money"), ("B", "ACCEPTED", "", ""), ("C", "REJECTED", "MD01", ""),
    ]  # fmt: skip
    assert {one.payment_information_id for one in found.debits} == {"QTC-1-000001-1"}
    assert found.debits[0].amount == Decimal("120.50")
    assert found.rejected == ()


@pytest.mark.parametrize(
    ("code", "status"), [("ACCP", Status.ACCEPTED), ("ACTC", Status.ACCEPTED), ("RJCT", Status.REJECTED),
                         ("PDNG", Status.PENDING), ("", Status.NOT_TOLD)],
)  # fmt: skip
def test_the_word_about_the_whole_file(code: str, status: Status) -> None:
    found = read(answer(status=code, reason="FF01" if code == "RJCT" else ""))
    assert (found.status, found.reason_code) == (status, "FF01" if code == "RJCT" else "")
    assert found.debits == ()


def test_the_word_about_a_group() -> None:
    (group,) = read(answer(status="", group_status="RJCT", reason="DT01")).groups
    assert (group.payment_information_id, group.status, group.reason_code) == (
        "QTC-1-000001-1",
        Status.REJECTED,
        "DT01",
    )


def test_lines_that_say_nothing_clear_are_listed_with_their_place() -> None:
    found = read(answer([debit(""), debit("A", status="HMMM"), debit("B"), debit("NOTPROVIDED")]))
    assert [one.end_to_end_id for one in found.debits] == ["B"]
    assert [one.reason_code for one in found.rejected] == ["MISSING_VALUE", "ANSWER_UNKNOWN", "MISSING_VALUE"]
    positions = [one.position for one in found.rejected]
    assert positions == sorted(set(positions)) and positions[0] > 1
    assert "HMMM" in str(reason_words(found.rejected[1].reason))


def test_prefixes_and_older_versions() -> None:
    prefixed = answer([debit("A")]).replace(b"<", b"<p:").replace(b"<p:/", b"</p:").replace(b"<p:?", b"<?")
    prefixed = prefixed.replace(b"xmlns=", b"xmlns:p=")
    assert read(prefixed).debits == read(answer([debit("A")])).debits
    old = answer([debit("A")], namespace="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03")
    assert read(old).format == "pain.002.001.03"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (b"hello", "NOT_XML"),
        (answer([debit("A")])[:400], "TRUNCATED"),
        (b"<Document><Other/></Document>", "NOT_A_STATUS_REPORT"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Document/>', "DOCTYPE_REFUSED"),
        (b"<a>" * 90 + b"</a>" * 90, "NESTED_TOO_DEEP"),
    ],
)
def test_what_is_no_answer_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert refused.value.reason.code.value == code
    assert str(reason_words(refused.value.reason))


@given(at=st.integers(0, 1400), junk=st.binary(max_size=4))
def test_a_damaged_file_is_read_or_refused_never_more(at: int, junk: bytes) -> None:
    content = answer([debit("A"), debit("B")])
    try:
        found = read(content[:at] + junk + content[at + len(junk) :])
    except FileRefused:
        return
    assert len(found.debits) + len(found.rejected) <= 2


def test_what_it_looks_like() -> None:
    assert Pain002Reader().supports(answer()[:200])
    assert Pain002Reader().supports(answer().decode().encode("utf-16")[:400])
    assert not Pain002Reader().supports(b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'>")


@needs_data
def test_the_report_of_another_project() -> None:
    found = read((UNPAID / "test-sepa-pain-unpaid.xml").read_bytes())
    assert (found.format, found.original_message_id) == ("pain.002.001.03", "MSGID12345678912")
    assert [(one.end_to_end_id, one.payment_information_id, one.reason_code) for one in found.debits] == [
        ("E2EID1", "PMTINFID1", "AC01"), ("E2EID2", "PMTINFID1", "MS02"),
        ("E2EID3", "PMTINFID2", "MD06"), ("E2EID4", "PMTINFID2", "AM04"),
    ]  # fmt: skip
    assert sum(one.amount or 0 for one in found.debits) == 400
    with zipfile.ZipFile(UNPAID / "test-sepa-pain-unpaid.zip") as archive:
        packed = read(archive.read(archive.namelist()[0]))
    assert [one.reason_code for one in packed.debits] == [one.reason_code for one in found.debits]


@needs_data
def test_a_report_under_a_wrong_name_is_read_all_the_same() -> None:
    content = (UNPAID / "test-sepa-pain-unpaid-invalid.xml").read_bytes()
    assert len(read(content).debits) == 4
