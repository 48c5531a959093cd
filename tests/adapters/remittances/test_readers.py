"""Every reader of remittances, by one contract, with what is special about each."""

from __future__ import annotations

import io
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from quittance.adapters.remittances.edifact_remadv import EdifactRemittanceReader
from quittance.adapters.remittances.mail import MailRemittanceReader
from quittance.adapters.remittances.pdf import PdfRemittanceReader
from quittance.adapters.remittances.table import TableRemittanceReader
from quittance.adapters.remittances.text import TextRemittanceReader
from quittance.adapters.remittances.ubl import UblRemittanceReader
from quittance.adapters.remittances.x12_820 import X12RemittanceReader
from quittance.core.ports.remittances import FileRefused
from tests.adapters.remittances import samples
from tests.adapters.remittances.contract import RemittanceReaderContract

REFERENCE_DATA = Path(os.environ.get("QUITTANCE_REFERENCE_DATA", Path(__file__).parents[4] / "shared" / "data"))


class TestX12(RemittanceReaderContract):
    reader = X12RemittanceReader()
    good = (
        samples.X12,
        samples.X12.replace(b"~\n", b"~"),
        samples.X12.replace(b"~\n", b"\n").replace(b"~", b"\n"),
        samples.X12.replace(b"*", b"|").replace(b"~", b"!"),
    )
    damaged = ((samples.X12.replace(b"RMR*IV*INV-1002**500*500", b"RMR*IV*INV-1002**5O0*500"), 1, 2),)

    def test_what_was_kept_back_has_its_reason(self) -> None:
        (advice,) = self.read(samples.X12).remittances
        assert (advice.payer_name, advice.payment_reference, advice.currency) == ("Durand & Fils", "PAY-7001", "USD")
        line = advice.lines[0]
        assert (line.amount_gross, line.amount_discount, line.amount_deduction) == (1200, 24, 10)
        assert (line.reason_code, line.document_date) == ("01", date(2026, 3, 1))

    def test_an_adjustment_of_no_document_is_a_line_of_its_own(self) -> None:
        loose = samples.X12.replace(b"ENT*1~", b"ENT*1~\nADX*-16*57~").replace(b"BPR*I*1566*", b"BPR*I*1550*")
        (advice,) = self.read(loose.replace(b"SE*13*", b"SE*14*")).remittances
        assert (advice.lines[0].reference, advice.lines[0].amount_paid, advice.lines[0].reason_code) == ("", -16, "57")
        assert advice.is_adding_up

    def test_a_wrong_count_is_remarked_and_other_messages_are_named(self) -> None:
        (advice,) = self.read(samples.X12.replace(b"SE*13*", b"SE*12*")).remittances
        assert [remark.reason_code for remark in advice.remarks] == ["RECORD_COUNT_DIFFERS"]
        with pytest.raises(FileRefused) as refused:
            self.read(samples.X12.replace(b"ST*820", b"ST*810"))
        assert refused.value.reason_code == "MESSAGE_OF_OTHER_KIND"


class TestEdifact(RemittanceReaderContract):
    reader = EdifactRemittanceReader()
    good = (
        samples.EDIFACT,
        samples.EDIFACT.replace(b"'\n", b"'"),
        samples.EDIFACT.replace(b"UNA:+,? '\n", b"").replace(b",00'", b".00'"),
    )
    damaged = ((samples.EDIFACT.replace(b"MOA+12:500,00", b"MOA+12:5OO,00"), 1, 2),)

    def test_what_was_kept_back_has_its_reason(self) -> None:
        (advice,) = self.read(samples.EDIFACT).remittances
        assert (advice.payer_name, advice.payment_reference, advice.currency) == ("DURAND + FILS", "PAY-7001", "EUR")
        assert advice.payment_date == date(2026, 4, 15)
        line = advice.lines[0]
        assert (line.amount_gross, line.amount_discount, line.amount_deduction) == (1200, 24, 10)
        assert (line.reason_code, line.reason_text) == ("1", "Broken pallets")

    def test_other_messages_are_named(self) -> None:
        with pytest.raises(FileRefused) as refused:
            self.read(samples.EDIFACT.replace(b"REMADV", b"INVOIC"))
        assert refused.value.reason_code == "MESSAGE_OF_OTHER_KIND"


class TestUbl(RemittanceReaderContract):
    reader = UblRemittanceReader()
    good = (
        samples.UBL,
        samples.UBL.replace(b"DebitLine", b"XLine")
        .replace(b"CreditLine", b"DebitLine")
        .replace(b"XLine", b"CreditLine"),
    )
    damaged = ((samples.UBL.replace(b">500.00<", b">5OO.00<"), 1, 2),)

    def test_what_was_kept_back_has_its_reason(self) -> None:
        (advice,) = self.read(samples.UBL).remittances
        assert (advice.payer_name, advice.payer_iban) == ("Durand & Fils", "FR7630006000011234567890189")
        line = advice.lines[0]
        assert (line.amount_gross, line.amount_deduction, line.reason_code) == (1200, 34, "95")
        assert line.reason_text == "Broken pallets"

    def test_a_document_type_is_refused(self) -> None:
        bad = samples.UBL.replace(b"?>\n", b"?>\n<!DOCTYPE RemittanceAdvice [<!ENTITY a 'b'>]>\n", 1)
        with pytest.raises(FileRefused) as refused:
            self.read(bad)
        assert refused.value.reason_code == "DOCTYPE_REFUSED"

    def test_our_sample_is_valid(self) -> None:
        schemas = sorted(REFERENCE_DATA.rglob("UBL-RemittanceAdvice-2.1.xsd")) if REFERENCE_DATA.exists() else []
        if not schemas:
            pytest.skip("no reference data")
        from lxml import etree  # noqa: PLC0415

        schema = etree.XMLSchema(etree.parse(str(schemas[0])))
        schema.assertValid(etree.fromstring(samples.UBL))


class TestTable(RemittanceReaderContract):
    reader = TableRemittanceReader()
    good = (samples.TABLE, samples.workbook())
    damaged = (
        (samples.TABLE.replace(b"500,00;;;;500,00", b"500,00;;;;5OO,00"), 1, 2),
        (samples.TABLE.replace(b"INV-1002;", b";"), 1, 2),
    )
    has_end = False

    def test_the_lines_above_tell_who_pays_and_when(self) -> None:
        (advice,) = self.read(samples.TABLE).remittances
        assert (advice.payer_name, advice.payment_date) == ("Durand & Fils", date(2026, 4, 15))
        assert (advice.lines[0].amount_deduction, advice.lines[0].reason_text) == (10, "Broken pallets")

    def test_several_payments_of_one_table_are_told_apart(self) -> None:
        text = (
            b"Payer;Payment reference;Invoice;Amount paid;Currency\n"
            b"Durand;P-1;A-100;10.00;EUR\nDurand;P-1;A-101;5.00;EUR\nMoreau;P-2;B-200;7.00;USD\n"
        )
        found = self.read(text).remittances
        assert [(each.payer_name, each.currency, each.lines_sum) for each in found] == [
            ("Durand", "EUR", Decimal(15)),
            ("Moreau", "USD", Decimal(7)),
        ]


class TestText(RemittanceReaderContract):
    reader = TextRemittanceReader()
    good = (samples.TEXT_FR.encode(), samples.TEXT_EN.encode(), samples.TEXT_ES.encode("cp1252"))
    damaged = ((samples.TEXT_EN.replace("INV-1002 500.00", "INV-1002 and INV-1003 500.00").encode(), 1, 2),)
    foreign = (b"", b"\x00" * 100, b"\x89PNG\r\n\x1a\n", b"%PDF-1.7")
    has_end = False


class TestPdf(RemittanceReaderContract):
    reader = PdfRemittanceReader()
    good = (samples.pdf(samples.TEXT_FR), samples.pdf(samples.TEXT_EN))
    has_end = False

    def test_a_picture_has_no_text(self) -> None:
        import typst  # noqa: PLC0415

        picture = bytes(typst.compile(b"#rect(width: 3cm, height: 2cm, fill: red)"))
        with pytest.raises(FileRefused) as refused:
            self.read(picture)
        assert refused.value.reason_code == "PDF_WITHOUT_TEXT"


class TestMail(RemittanceReaderContract):
    reader = MailRemittanceReader()
    good = (
        samples.mail(samples.TEXT_FR),
        samples.mail("See attached.", ("advice.pdf", samples.pdf(samples.TEXT_EN))),
        samples.mail("See attached.", ("logo.png", b"\x89PNG\r\n\x1a\n"), ("advice.edi", samples.EDIFACT)),
        samples.mail("See attached.", ("advice.xlsx", samples.workbook())),
        samples.mail("", ("advice.xml", samples.UBL)).replace(b"\n", b"\r\n"),
    )
    has_end = False

    def test_html_tables_are_read_row_by_row(self) -> None:
        rows = "".join(
            f"<tr><td>{reference}</td><td>{amount}</td></tr>"
            for reference, amount in (("INV-1001", "1,166.00"), ("INV-1002", "500.00"), ("CM-9", "-100.00"))
        )
        table = f"<table><tr><th>Invoice</th><th>Amount</th></tr>{rows}</table>"
        page = f"<html><body><p>Payment details</p>{table}</body></html>"
        raw = (
            "From: a@b.example\nSubject: Paid\nDate: Wed, 15 Apr 2026 09:00:00 +0200\nMIME-Version: 1.0\n"
            f"Content-Type: text/html; charset=utf-8\n\n{page}\n"
        )
        (advice,) = self.read(raw.encode()).remittances
        assert [str(line.amount_paid) for line in advice.lines] == ["1166.00", "500.00", "-100.00"]


def test_the_published_sample_of_x12_adds_up() -> None:
    found = sorted(REFERENCE_DATA.rglob("x12.820.issue140.edi")) if REFERENCE_DATA.exists() else []
    if not found:
        pytest.skip("no reference data")
    file = X12RemittanceReader().read(io.BytesIO(found[0].read_bytes()))
    (advice,) = file.remittances
    assert (len(advice.lines), advice.total, advice.is_adding_up) == (7, Decimal("21298.97"), True)
    assert all(line.is_adding_up for line in advice.lines)
    assert (advice.lines[0].amount_deduction, advice.lines[0].reason_code) == (Decimal("143.76"), "59")
    assert file.all_rejected == ()


def test_another_message_of_edifact_is_named() -> None:
    found = sorted(REFERENCE_DATA.rglob("edifact.Paiement.Issue139.EDI")) if REFERENCE_DATA.exists() else []
    if not found:
        pytest.skip("no reference data")
    with pytest.raises(FileRefused) as refused:
        EdifactRemittanceReader().read(io.BytesIO(found[0].read_bytes()))
    assert refused.value.reason_code == "MESSAGE_OF_OTHER_KIND"
