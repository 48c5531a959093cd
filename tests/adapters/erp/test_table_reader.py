"""Tables of any layout: mapping, signs, duplicates, bad lines, workbooks that mean harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from quittance.adapters.erp.table import TableReader, preview_table, read_table
from quittance.adapters.tables import workbook as workbook_module
from quittance.core.mapping.profile import MappingProfile, SignRule
from quittance.core.ports.intake import (
    ContactLine,
    FileKind,
    FileRefused,
    LedgerLine,
    MasterLine,
    RejectedLine,
)
from quittance.foundation.reason_words import reason_words

Write = Callable[..., Path]
HEADINGS = "Code client;Nom client;N° facture;Date facture;Date d'échéance;Montant TTC;Devise"
NOON = datetime(2025, 12, 31, 12, 0)  # noqa: DTZ001  (a workbook has no time zones)
FIRST = "C1;Épicerie Müller;F1;31/01/2026;28/02/2026;1 200,50;EUR"


@pytest.fixture
def table(tmp_path: Path) -> Write:
    def write(*lines: str, name: str = "items.csv", end: str = "\n", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes("".join(line + end for line in lines).encode(encoding))
        return path

    return write


@pytest.fixture
def sheet(tmp_path: Path) -> Write:
    def write(*rows: Sequence[object], name: str = "items.xlsx") -> Path:
        book = openpyxl.Workbook()
        active = book.active
        assert active is not None
        for row in rows:
            active.append(list(row))
        book.save(tmp_path / name)
        return tmp_path / name

    return write


def read(path: Path, **settings: object):
    reading = TableReader().open(path=path, settings=settings)
    records = list(reading.records())
    stats = reading.stats
    assert stats.lines_read == stats.lines_accepted + stats.lines_rejected + stats.lines_other
    if reading.kind is FileKind.OPEN_ITEMS:
        assert sum(isinstance(row, tuple) for row in reading.rows()) == stats.lines_accepted
    good = [record for record in records if isinstance(record, (LedgerLine, MasterLine, ContactLine))]
    bad = [record for record in records if isinstance(record, RejectedLine)]
    assert (len(good), len(bad)) == (stats.lines_accepted, stats.lines_rejected)
    return good, bad, reading


def test_a_french_file_is_read_without_help(table):
    good, bad, reading = read(table(HEADINGS, FIRST, "C2;Zoé;A1;01/02/2026;;-10,00;EUR", encoding="cp1252"))
    assert bad == []
    line, credit = good
    assert (line.account_number, line.customer_name, line.document_number) == ("C1", "Épicerie Müller", "F1")
    assert (line.document_date, line.due_date) == (date(2026, 1, 31), date(2026, 2, 28))
    assert (line.amount, line.currency, line.kind) == (Decimal("1200.50"), "EUR", "INVOICE")
    assert (credit.amount, credit.kind, credit.due_date) == (Decimal("-10.00"), "PAYMENT", None)
    assert reading.stats.totals_by_currency == (("EUR", Decimal("1200.50"), Decimal("10.00")),)


def test_sap_columns_with_side_key_and_leading_zeros(table):
    path = table(
        "BUKRS,KUNNR,BELNR,BUZEI,GJAHR,BLART,BLDAT,BUDAT,ZFBDT,WRBTR,WAERS,SHKZG,DMBTR,ZTERM,XBLNR",
        "FR01,0000100234,1800000012,001,2026,RV,20260105,20260106,20260105,1500.00,USD,S,1389.20,Z030,PO-77",
        "FR01,0000100234,1600000003,001,2026,DG,20260110,20260110,20260110,200.00,USD,H,185.23,Z030,",
    )
    good, bad, reading = read(path)
    assert (bad, reading.profile.sign_rule) == ([], SignRule.SIDE)
    assert [(line.amount, line.amount_company, line.kind) for line in good] == [
        (Decimal("1500.00"), Decimal("1389.20"), "INVOICE"),
        (Decimal("-200.00"), Decimal("-185.23"), "CREDIT_NOTE"),
    ]
    assert (good[0].account_number, good[0].company_code, good[0].terms_code) == ("0000100234", "FR01", "Z030")
    assert (good[0].reference, good[0].external_id) == ("PO-77", "FR01|2026|0000100234|1800000012|1")
    assert good[0].extra == (("GJAHR", "2026"), ("ZFBDT", "20260105"))


@pytest.mark.parametrize(
    ("headings", "row", "rule", "amount"),
    [
        ("Cliente;Factura;Fecha;Debe;Haber", "C1;F1;31/12/2025;;15,00", SignRule.TWO_COLUMNS, "-15.00"),
        ("Cliente;Factura;Fecha;Importe;Debe/Haber", "C1;F1;31/12/2025;15,00;H", SignRule.SIDE, "-15.00"),
        ("Kunde;Rechnung;Belegdatum;Betrag;Soll/Haben", "C1;F1;31.12.2025;1.015,00;S", SignRule.SIDE, "1015.00"),
        ("Client;Facture;Date;Montant;Type", "C1;F1;31/12/2025;15,00;Avoir", SignRule.BY_KIND, "-15.00"),
        ("Customer;Invoice;Date;Amount", "C1;F1;2025-12-31;15.00-", SignRule.SIGNED, "-15.00"),
        ("Customer;Invoice;Date;Amount", "C1;F1;2025-12-31;(15.00)", SignRule.SIGNED, "-15.00"),
        ("Customer;Invoice;Date;Amount;D/C", "C1;F1;2025-12-31;-15.00;C", SignRule.SIGNED, "-15.00"),
    ],
)
def test_every_way_to_say_who_owes(table, headings, row, rule, amount):
    good, bad, reading = read(table(headings, row))
    assert (bad, reading.profile.sign_rule, good[0].amount) == ([], rule, Decimal(amount))


REFUSALS = [
    ("C1;A;F9;31/02/2026;;10,00;EUR", "INVALID_DATE", ("Date facture", "31/02/2026")),
    ("C1;A;F9;31/01/2026;32/01/2026;10,00;EUR", "INVALID_DATE", ("Date d'échéance", "32/01/2026")),
    ("C1;A;F9;31/01/2026;;12,5O;EUR", "INVALID_AMOUNT", ("Montant TTC", "12,5O", "“O”")),
    ("C1;A;F9;31/01/2026;;12,505;EUR", "INVALID_AMOUNT", ("12.505", "more than 2 decimals")),
    ("C1;A;F9;31/01/2026;;10,00;XQZ", "UNKNOWN_CURRENCY", ("Devise", "XQZ")),
    (";A;F9;31/01/2026;;10,00;EUR", "MISSING_VALUE", ("Code client",)),
    ("C1;A;;31/01/2026;;10,00;EUR", "MISSING_VALUE", ("N° facture",)),
    ("C1;A;F9;;;10,00;EUR", "MISSING_VALUE", ("Date facture",)),
    ("C1;A;F9;31/01/2026;;;EUR", "MISSING_VALUE", ("Montant TTC",)),
    ("C1;A;F9;31/01/2026;;10,00", "WRONG_COLUMN_COUNT", ("6 columns", "7")),
    ("C1;A;F9;31/01/2026;;10,00;EUR;x", "WRONG_COLUMN_COUNT", ("8 columns", "7")),
    ('C1;"A;F9;31/01/2026;;10,00;EUR', "WRONG_QUOTES", ("closed",)),
    (f"C1;A;{'F' * 201};31/01/2026;;10,00;EUR", "VALUE_TOO_LONG", ("N° facture", "200")),
    ("C1;A\0;F9;31/01/2026;;10,00;EUR", "NUL_CHARACTER", ("NUL",)),
]


@pytest.mark.parametrize(("line", "reason_code", "words"), REFUSALS, ids=[f"{row[1]}-{row[2][0]}" for row in REFUSALS])
def test_a_bad_line_is_named_and_its_neighbours_are_in(table, line, reason_code, words):
    more = [f"C3;Zoé;G{number};01/02/2026;;5,00;EUR" for number in range(25)]
    good, bad, _ = read(table(HEADINGS, FIRST, line, *more))
    assert [(each.position, each.reason_code) for each in bad] == [(3, reason_code)]
    assert all(word in reason_words(bad[0].reason) for word in words), bad[0].reason
    assert len(good) == 26


def test_duplicates_are_named_with_the_first_position_and_due_dates_make_instalments(table):
    good, bad, _ = read(
        table(HEADINGS, FIRST, FIRST, FIRST.replace("1 200,50", "7,00"), FIRST.replace("28/02", "31/03"))
    )
    assert [(each.position, each.reason_code) for each in bad] == [(3, "DUPLICATE_ROW"), (4, "DUPLICATE_ID")]
    assert all("line 2" in reason_words(each.reason) for each in bad)
    assert [(line.instalment, line.external_id) for line in good] == [(1, "||C1|F1|1"), (2, "||C1|F1|1|2")]


def test_settled_and_zero_lines_are_counted_and_told(table):
    path = table(
        HEADINGS + ";Date de règlement",
        FIRST + ";",
        "C1;A;F2;01/02/2026;;5,00;EUR;03/02/2026",
        "C1;A;F3;01/02/2026;;0,00;EUR;",
    )
    good, _, reading = read(path)
    assert (len(good), reading.stats.lines_other) == (1, 2)
    assert {each.reason_code for each in reading.records() if hasattr(each, "reason_code")} == {
        "CLEARED",
        "ZERO_AMOUNT",
    }


def test_quoted_cells_over_lines_titles_above_headings_and_float_like_ids(table):
    path = table(
        "Open items of December",
        "",
        "cust_number,invoice_id,invoice date,amount,text",
        '0042.0,1930571429.0,2025-12-31,"1,015.00","first\nsecond"',
        "43,7,2025-12-30,1.00,",
    )
    good, bad, _ = read(path)
    assert bad == []
    assert (good[0].account_number, good[0].document_number, good[0].amount) == (
        "0042",
        "1930571429",
        Decimal("1015.00"),
    )
    assert (good[0].label, good[0].position, good[1].position) == ("first\nsecond", 4, 6)


def test_a_file_cut_off_names_its_last_line(table):
    path = table(HEADINGS, FIRST, "C2;Zoé;A1;01/02/20", end="\n")
    path.write_bytes(path.read_bytes()[:-1])
    good, bad, _ = read(path)
    assert (len(good), [(each.position, each.reason_code) for each in bad]) == (1, [(3, "TRUNCATED_LINE")])


def test_a_whole_ledger_in_a_table_gives_its_receivable_lines_only(table):
    head = "CompteNum;CompAuxNum;PieceRef;PieceDate;Debit;Credit"
    good, _, reading = read(table(head, "411000;C1;F1;20251231;12,00;0,00", "706000;;F1;20251231;0,00;12,00"))
    assert ([line.amount for line in good], reading.stats.lines_other) == ([Decimal("12.00")], 1)


def test_the_preview_shows_rows_and_reasons_and_the_person_can_say_what_the_file_holds(table):
    preview = TableReader().preview(path=table("title;", HEADINGS, FIRST))
    assert (preview.heading_position, preview.headings[0]) == (2, "Code client")
    assert preview.rows == ((3, tuple(FIRST.split(";"))),)
    assert all(choice.why for choice in preview.proposal.choices)
    told = TableReader().preview(path=table(HEADINGS, FIRST), settings={"kind": "CUSTOMERS"})
    assert told.proposal.profile.kind is FileKind.CUSTOMERS


def test_a_saved_profile_is_used_again_and_a_wrong_one_refused(table):
    path = table(HEADINGS, FIRST)
    profile = preview_table(path=path).proposal.profile
    again = MappingProfile.from_json(profile.to_json())
    assert again == profile
    assert len(read(path, profile=profile.to_json())[0]) == 1
    other = table("a;b", "1;2", name="other.csv")
    with pytest.raises(FileRefused, match="COLUMNS_ABSENT") as refused:
        read_table(path=other, profile=profile)
    assert refused.value.reason_code == "COLUMNS_ABSENT"
    with pytest.raises(ValueError):
        TableReader().open(path=path, settings={"profil": {}})


def test_customers_and_contacts_are_told_from_items(table):
    customers = table(
        "KUNNR;NAME1;STCEG;STRAS;PSTLZ;ORT01;LAND1;SPRAS;ZTERM;Plafond de crédit;SIRET;Groupe;Stratégique",
        "0001;Müller SA;FR 40 303 265 045;1 rue du Port;01000;Bourg;France;F;30JFM;50 000,00;30326504500017;G1;oui",
        "0002;Other;;;;;Nowhere;;;abc;;;",
        name="customers.csv",
    )
    good, bad, reading = read(customers)
    assert reading.kind is FileKind.CUSTOMERS
    first = good[0]
    assert (first.siren, first.vat_number, first.country_code, first.language_code) == (
        "303265045",
        "FR40303265045",
        "FR",
        "fr",
    )
    assert (first.credit_limit, first.is_strategic, first.parent_number, first.postcode) == (
        Decimal("50000.00"),
        True,
        "G1",
        "01000",
    )
    assert [(each.reason_code, "abc" in reason_words(each.reason)) for each in bad] == [("INVALID_AMOUNT", True)]
    contacts = table(
        "Code client;Prénom;Nom de famille;Fonction;E-mail;Portable",
        "0001;Ana;Ruiz;Comptabilité;ana@example.com;+33 6 00 00 00 00",
        "0001;Bob;;;not an address;",
        name="contacts.csv",
    )
    good, bad, reading = read(contacts)
    assert reading.kind is FileKind.CONTACTS
    assert (good[0].contact_name, good[0].email, good[0].role) == ("Ana Ruiz", "ana@example.com", "Comptabilité")
    assert [each.reason_code for each in bad] == ["INVALID_EMAIL"]


def test_a_workbook_with_typed_cells(sheet):
    path = sheet(
        ("Aged items", None),
        ("Customer", "Invoice", "Invoice date", "Due date", "Amount EUR"),
        (42, 1930571429, NOON, date(2026, 1, 30), 1234.56),
        ("0043", "A-1", "31/12/2025", None, -0.1 - 0.2),
        ("C9", "A-2", "31/02/2025", None, 5),
        (None, None, None, None, None),
        ("Total", None, None, None, 1234.26),
    )
    good, bad, reading = read(path)
    assert [(line.account_number, line.document_number, line.amount) for line in good] == [
        ("42", "1930571429", Decimal("1234.56")),
        ("0043", "A-1", Decimal("-0.30")),
    ]
    assert (good[0].document_date, good[0].due_date, good[0].currency) == (date(2025, 12, 31), date(2026, 1, 30), "EUR")
    assert [(each.position, each.reason_code) for each in bad] == [(5, "INVALID_DATE"), (7, "MISSING_VALUE")]
    assert reading.bytes_read == reading.bytes_total


def repacked(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Write a workbook again with its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    path.write_bytes(out.getvalue())
    return path


def test_a_workbook_that_unfolds_without_end_is_refused(sheet):
    path = repacked(sheet(("Customer", "Amount"), ("C1", 1)), lambda name, data: data + b" " * (40 << 20))
    with pytest.raises(FileRefused) as refused:
        preview_table(path=path)
    assert refused.value.reason_code == "ARCHIVE_BOMB"


def test_a_workbook_that_lies_about_its_size_is_refused(sheet, monkeypatch):
    path = repacked(sheet(("Customer", "Amount"), ("C1", 1)), lambda name, data: data + b" " * 100_000)
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.infolist()[0].file_size
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little")))
    with pytest.raises(FileRefused) as refused:
        preview_table(path=path)
    assert refused.value.reason_code in {"BROKEN_ARCHIVE", "ARCHIVE_BOMB"}
    monkeypatch.setattr(workbook_module, "PARTS_MAX", 3)
    with pytest.raises(FileRefused, match="MANY_PARTS") as refused:
        preview_table(path=sheet(("Customer", "Amount"), ("C1", 1)))
    assert refused.value.reason_code == "ARCHIVE_BOMB"


def test_a_workbook_with_a_stray_cell_at_the_end_of_the_world_is_refused(sheet):
    path = sheet(("Customer", "Amount"), ("C1", 1))
    book = openpyxl.load_workbook(path)
    book.active["XFD1048576"] = 1
    book.save(path)
    with pytest.raises(FileRefused, match="rows='1048576' column='XFD'") as refused:
        preview_table(path=path)
    assert refused.value.reason_code == "ARCHIVE_BOMB"


def test_a_workbook_with_entities_is_refused(sheet):
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'

    def add(name: str, data: bytes) -> bytes:
        return bomb + data.split(b"?>", 1)[-1] if name.endswith("sheet1.xml") else data

    with pytest.raises(FileRefused) as refused:
        preview_table(path=repacked(sheet(("Customer", "Amount"), ("C1", 1)), add))
    assert refused.value.reason_code == "XML_ENTITIES"


def test_protected_old_and_broken_workbooks_are_refused(sheet, table):
    good = sheet(("Customer", "Amount"), ("C1", 1)).read_bytes()
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    cases = {
        "ENCRYPTED": ole + "EncryptedPackage".encode("utf-16-le"),
        "OLD_WORKBOOK": ole,
        "BROKEN_ARCHIVE": good[: len(good) // 2],
    }
    for reason_code, content in cases.items():
        path = table(name="x.xlsx")
        path.write_bytes(content)
        with pytest.raises(FileRefused) as refused:
            preview_table(path=path)
        assert refused.value.reason_code == reason_code
    path = repacked(sheet(("Customer", "Amount"), ("C1", 1)), lambda name, data: b"nonsense")
    with pytest.raises(FileRefused) as refused:
        preview_table(path=path)
    assert refused.value.reason_code == "BROKEN_WORKBOOK"
    with pytest.raises(FileRefused, match="NO_SHEET"):
        preview_table(path=sheet(("Customer", "Amount"), ("C1", 1)), sheet="Other")


@pytest.mark.parametrize(
    ("content", "reason_code"),
    [
        (b"", "EMPTY_FILE"),
        (b"one column\nonly\n", "NOT_A_TABLE"),
        (b"1;2\n3;4\n", "HEADINGS_NOT_FOUND"),
        (b"\n\n", "NOT_A_TABLE"),
    ],
)
def test_what_is_no_table_is_refused(table, content, reason_code):
    path = table()
    path.write_bytes(content)
    with pytest.raises(FileRefused) as refused:
        TableReader().open(path=path)
    assert refused.value.reason_code == reason_code


def test_a_file_over_the_limit_is_refused(table):
    path = table(HEADINGS, FIRST)
    with path.open("r+b") as file:
        file.truncate(2 << 30)
    with pytest.raises(FileRefused, match="TOO_LARGE") as refused:
        TableReader().open(path=path, settings={"file_bytes_max": 1 << 20})
    assert refused.value.reason_code == "TOO_LARGE"
