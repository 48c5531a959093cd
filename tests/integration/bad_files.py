"""Files that are wrong in one way each, written here, and what must be said of them.

Each is a good file with one fault; `ins` counts what is in all the same.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass

import openpyxl

from tests.adapters.statements.samples import balance, document, entry, statement
from tests.web.import_files import FEC_HEADINGS, bomb, fec_line

TABLE = "Code client;Raison sociale;N° facture;Date facture;Echéance;Montant TTC;Devise"
GOOD = "C1;Épicerie;F1;31/01/2026;28/02/2026;1 200,50;EUR"
SALE = [fec_line("1", "411000", "C1", "1200,00", "0,00"), fec_line("1", "701000", "", "0,00", "1200,00")]
SECOND = [fec_line("2", "411000", "C2", "600,00", "0,00"), fec_line("2", "701000", "", "0,00", "600,00")]
ENTITIES = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class BadFile:
    """`exit_code` of the command; `line` and `said` what both command and page tell; `ins` lines that are in."""

    name: str
    content: bytes
    exit_code: int
    code: str
    said: str
    line: int | None = None
    ins: int = 0


def fec(*lines: str) -> bytes:
    return "\r\n".join([FEC_HEADINGS, *lines, ""]).encode("iso-8859-15")


def table(*lines: str) -> bytes:
    return "\n".join([TABLE, *lines, ""]).encode()


def camt(*entries: str, prologue: str = "", opening: str = "", closing: str = "") -> bytes:
    return document(statement(opening, closing, *entries), prologue=prologue)


def workbook(sheet_prologue: bytes = b"") -> bytes:
    book = openpyxl.Workbook()
    book.active.append(TABLE.split(";"))  # type: ignore[union-attr]
    book.active.append(GOOD.split(";"))  # type: ignore[union-attr]
    plain, out = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if sheet_prologue and name.endswith("sheet1.xml"):
                data = b'<?xml version="1.0"?>' + sheet_prologue + data.split(b"?>", 1)[-1]
            new.writestr(name, data)
    return out.getvalue()


def swelling_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.xml", b"<a>" + b" " * (64 << 20))
    return out.getvalue()


LEDGERS = [
    BadFile(
        name="truncated.txt", content=fec(*SALE, *SECOND)[:-60], exit_code=3, code="TRUNCATED_LINE", line=5, ins=2,
        said="The file is cut off in its last line.",
    ),
    BadFile(
        name="encoding.txt",
        content="\n".join([FEC_HEADINGS, *(each.replace("Customer", "Épicerie") for each in (*SALE, SECOND[0])), ""])
        .encode()
        + SECOND[0].replace("Customer", "É").encode("latin-1") + b"\n",
        exit_code=3, code="WRONG_ENCODING", line=5, ins=2, said="Byte 0xC9 at place",
    ),
    BadFile(
        name="currency.txt", content=fec(*SALE, SECOND[0][:-1] + "700,00|XQZ"), exit_code=3, code="UNKNOWN_CURRENCY",
        line=4, ins=1, said="Column Idevise: “XQZ” is not a currency code of ISO 4217.",
    ),
    BadFile(
        name="date.txt", content=fec(*SALE, SECOND[0].replace("20260115", "20260231", 1)), exit_code=3,
        code="INVALID_DATE", line=4, ins=1,
        said="Column EcritureDate: “20260231” is not a date: this day does not exist.",
    ),
    BadFile(
        name="amount.txt", content=fec(*SALE, SECOND[0].replace("600,00", "12,5O")), exit_code=3,
        code="INVALID_AMOUNT", line=4, ins=1,
        said="Column Debit: “12,5O” is not an amount: “O” (character 5) is not a digit.",
    ),
    BadFile(
        name="unbalanced.txt", content=fec(*SALE, SECOND[0], SECOND[1].replace("600,00", "599,99")), exit_code=0,
        code="ENTRY_NOT_BALANCED", line=4, ins=2, said="Entry 2 of journal VE on 20260115: debit minus credit is 0.01",
    ),
    BadFile(name="bomb.txt.gz", content=gzip.compress(fec(*SALE) + b" " * (80 << 20)), exit_code=2,
            code="ARCHIVE_BOMB", said="The file is not unpacked"),
    BadFile(name="nothing.txt", content=b" \n\n", exit_code=2, code="UNKNOWN_FORMAT",
            said="This is no FEC and no table"),
]  # fmt: skip

TABLES = [
    BadFile(
        name="truncated.csv", content=table(GOOD, "C2;Zoé;F2;31/01/2026;;10,00;EUR")[:-14], exit_code=3,
        code="TRUNCATED_LINE", line=3, ins=1, said="The file is cut off in its last line.",
    ),
    BadFile(
        name="encoding.csv", content=table(GOOD) + "C2;Zoé;F2;31/01/2026;;10,00;EUR\n".encode("latin-1"), exit_code=3,
        code="WRONG_ENCODING", line=3, ins=1, said="Byte 0xE9 at place 6 of the line is not utf-8 text",
    ),
    BadFile(
        name="currency.csv", content=table(GOOD, "C2;Zoé;F2;31/01/2026;;10,00;XQZ"), exit_code=3,
        code="UNKNOWN_CURRENCY", line=3, ins=1, said="Column Devise: “XQZ” is not a currency code of ISO 4217.",
    ),
    BadFile(
        name="date.csv", content=table(GOOD, "C2;Zoé;F2;31/02/2026;;10,00;EUR"), exit_code=3, code="INVALID_DATE",
        line=3, ins=1, said="Column Date facture: “31/02/2026” is not a date: this day does not exist.",
    ),
    BadFile(
        name="amount.csv", content=table(GOOD, "C2;Zoé;F2;31/01/2026;;12,5O;EUR"), exit_code=3, code="INVALID_AMOUNT",
        line=3, ins=1, said="Column Montant TTC: “12,5O” is not an amount: “O” (character 5) is not a digit.",
    ),
    BadFile(
        name="twice.csv", content=table(GOOD, GOOD.replace("1 200,50", "7,00")), exit_code=3, code="DUPLICATE_ID",
        line=3, ins=1, said="stands on line 2 already, with other values; that line is in.",
    ),
    BadFile(
        name="rate.csv", content=table(GOOD, "C2;Zoé;F2;31/01/2026;;10,00;JPY".replace("10,00", "10")), exit_code=3,
        code="RATE_MISSING", line=3, ins=1, said="No exchange rate of JPY into the company's currency is known",
    ),
    BadFile(name="bomb.xlsx", content=bomb(), exit_code=2, code="ARCHIVE_BOMB", said="The file is not unpacked"),
    BadFile(
        name="entities.xlsx", content=workbook(b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'), exit_code=2,
        code="XML_ENTITIES", said="declares a document type or entities",
    ),
    BadFile(name="cut.xlsx", content=workbook()[:2000], exit_code=2, code="BROKEN_ARCHIVE", said="damaged or cut off"),
]  # fmt: skip

GOOD_ENTRY = entry(reference="R0")
STATEMENTS = [
    BadFile(name="truncated.xml", content=camt(GOOD_ENTRY, entry())[:-120], exit_code=2, code="TRUNCATED", line=1,
            said="The file stops before its end"),
    BadFile(name="encoding.xml", content=camt(GOOD_ENTRY, entry(more="<AddtlNtryInf>Élan</AddtlNtryInf>")).decode()
            .encode("latin-1"), exit_code=2, code="ENCODING_WRONG", line=1, said="not in the encoding"),
    BadFile(name="currency.xml", content=camt(GOOD_ENTRY, entry(currency="XQZ")), exit_code=3, code="CURRENCY_UNKNOWN",
            line=1, ins=1, said="Entry 2: “XQZ” is not a currency code like EUR."),
    BadFile(name="date.xml", content=camt(GOOD_ENTRY, entry(booked="<Dt>2026-02-31</Dt>")), exit_code=3,
            code="DATE_IMPOSSIBLE", line=1, ins=1, said="Entry 2: The date “2026-02-31” does not exist."),
    BadFile(name="amount.xml", content=camt(GOOD_ENTRY, entry("12,5O")), exit_code=3, code="AMOUNT_UNREADABLE",
            line=1, ins=1, said="Entry 2: The amount “12,5O” is not a number like 12.34."),
    BadFile(name="entities.xml", content=camt(GOOD_ENTRY, prologue=ENTITIES), exit_code=2, code="DOCTYPE_REFUSED",
            said="declares a document type (DOCTYPE)"),
    BadFile(name="bomb.zip", content=swelling_zip(), exit_code=2, code="ARCHIVE_BOMB",
            said="In bomb.xml: The file is not"),
    BadFile(name="stranger.xml", content=document(statement(entry(), iban="DE89370400440532013000")), exit_code=3,
            code="BANK_ACCOUNT_UNKNOWN", line=1, ins=1, said="belongs to none of our companies yet"),
]  # fmt: skip
UNBALANCED = camt(GOOD_ENTRY, opening=balance("OPBD", "100.00"), closing=balance("CLBD", "99.00"))
TWICE = camt(GOOD_ENTRY)
