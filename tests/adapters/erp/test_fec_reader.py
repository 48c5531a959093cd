"""The FEC reader on small files written here: every variant, every refusal."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from quittance.adapters.erp.fec import FecReader, FecReading
from quittance.adapters.erp.fec_layout import STANDARD_HEADINGS
from quittance.core.ports.intake import FileRefused, LedgerLine, LineRemark, RejectedLine
from quittance.foundation.reason_words import reason_words

SALE = (
    "VE|Ventes|12|20250131|411000|Clients|C001|Épicerie Müller|F-12|20250131|Facture d'été|1200,50|0,00|AA|20250228|"
    "20250131||"
)
REVENUE = "VE|Ventes|12|20250131|706000|Prestations|||F-12|20250131|Facture d'été|0,00|1200,50|||20250131||"
PAYMENT = (
    "BQ|Banque|13|20250228|411000|Clients|C001|Épicerie Müller|VIR|20250228|Virement|0,00|1200,50|AA|20250228|"
    "20250228||"
)
BANK = "BQ|Banque|13|20250228|512000|Banque|||VIR|20250228|Virement|1200,50|0,00|||20250228||"
LINES = (SALE, REVENUE, PAYMENT, BANK)


def fec_text(lines: Sequence[str] = LINES, *, separator: str = "\t", end: str = "\r\n") -> str:
    return "".join(line.replace("|", separator) + end for line in ("|".join(STANDARD_HEADINGS), *lines))


def read(path: Path, **settings: object) -> tuple[list[LedgerLine], list[RejectedLine], list[LineRemark], FecReading]:
    reading = FecReader().open(path=path, settings=settings)
    records = list(reading.records())
    stats = reading.stats
    assert stats.lines_read == stats.lines_accepted + stats.lines_rejected + stats.lines_other
    lines = [record for record in records if isinstance(record, LedgerLine)]
    rejected = [record for record in records if isinstance(record, RejectedLine)]
    assert (len(lines), len(rejected)) == (stats.lines_accepted, stats.lines_rejected)
    assert len({line.external_id for line in lines}) == len(lines)
    return lines, rejected, [record for record in records if isinstance(record, LineRemark)], reading


@pytest.fixture
def fec(tmp_path: Path):
    def write(content: str | bytes, name: str = "123456789FEC20251231.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_sale_and_payment_become_lines_with_sign_kind_letter_and_id(fec):
    lines, rejected, remarks, reading = read(fec(fec_text()))
    assert (rejected, remarks) == ([], [])
    sale, payment = lines
    assert (sale.position, sale.kind, sale.amount, sale.currency) == (2, "INVOICE", Decimal("1200.50"), "EUR")
    assert (sale.account_number, sale.customer_name, sale.receivable_account) == ("C001", "Épicerie Müller", "411000")
    assert (sale.document_number, sale.label, sale.due_date) == ("F-12", "Facture d'été", None)
    assert (sale.letter_code, str(sale.letter_date)) == ("AA", "2025-02-28")
    assert sale.external_id == "VE|12|20250131|411000|C001|1"
    assert (payment.kind, payment.amount, payment.amount_company) == (
        "PAYMENT",
        Decimal("-1200.50"),
        Decimal("-1200.50"),
    )
    stats = reading.stats
    assert (stats.receivable_debit, stats.receivable_credit) == (Decimal("1200.50"), Decimal("1200.50"))
    assert (stats.letter_groups, stats.letter_groups_balanced, stats.lines_other) == (1, 1, 2)


VARIANTS = {
    "pipe": fec_text(separator="|").encode(),
    "semicolon": fec_text(separator=";").encode(),
    "line feed only": fec_text(end="\n").encode(),
    "carriage return only": fec_text(end="\r").encode(),
    "CR CR LF": fec_text(end="\r\r\n").encode(),
    "no end on the last line": fec_text().rstrip().encode() + b"\t\t",
    "byte order mark": b"\xef\xbb\xbf" + fec_text().encode(),
    "ISO-8859-15": fec_text().encode("iso-8859-15"),
    "cp1252": fec_text().replace("d'été", "d’été").encode("cp1252"),
    "UTF-16": fec_text().encode("utf-16"),
    "gzip": gzip.compress(fec_text().encode()),
    "padded fields": fec_text().replace("\t", "   \t ").encode(),
    "decimal point": fec_text().replace("1200,50", "1200.50").replace("0,00", "0.00").encode(),
    "thousands": fec_text().replace("1200,50", "1\u00a0200,50").encode(),
    "quoted": "\n".join(
        ",".join(f'"{cell}"' for cell in line.split("|")) for line in ("|".join(STANDARD_HEADINGS), *LINES)
    ).encode(),
    "accents and case in headings": fec_text().replace("Debit", "DÉBIT").replace("Credit", "crédit").encode(),
    "blank lines and DOS end of file": fec_text(end="\r\n\r\n").encode() + b"\x1a",
    "trailing separators": fec_text(end="\t\t\r\n").encode(),
    "no headings": "".join(line.replace("|", "\t") + "\n" for line in LINES).encode(),
    "stray CR in a label": fec_text().replace("Virement", "Vire\rment").encode(),
    "ISO dates": fec_text().replace("\t20250131\t", "\t2025-01-31\t").encode(),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_way_of_writing_gives_the_same_lines(fec, variant):
    path = fec(VARIANTS[variant])
    assert FecReader().supports(name=path.name, head=VARIANTS[variant][: 1 << 16])
    lines, rejected, remarks, _ = read(path)
    assert rejected == []
    assert [(line.amount, line.account_number, line.kind) for line in lines] == [
        (Decimal("1200.50"), "C001", "INVOICE"),
        (Decimal("-1200.50"), "C001", "PAYMENT"),
    ]
    assert lines[0].customer_name == "Épicerie Müller"
    assert [str(line.document_date) for line in lines] == ["2025-01-31", "2025-02-28"]
    assert {remark.reason_code for remark in remarks} <= {"NO_HEADINGS"}


def test_columns_go_by_their_headings_whatever_the_order_and_extra_ones_are_kept(fec):
    text = (
        "Projet;Credit;Debit;CompAuxNum;CompAuxLib;CompteNum;EcritureDate;EcritureNum;JournalCode\n"
        "P7;0;80;C9;Zoé;411000;20250301;7;VE\nP7;80;0;;;706000;20250301;7;VE\n"
    )
    lines, rejected, _, _ = read(fec(text))
    assert rejected == []
    assert [(line.amount, line.extra, line.document_number) for line in lines] == [
        (Decimal("80.00"), (("Projet", "P7"),), "7")
    ]


@pytest.mark.parametrize(
    ("side", "amount", "expected"),
    [("D", "12,50", "12.50"), ("C", "12,50", "-12.50"), ("+1", "12.5", "12.50"), ("-1", "12", "-12"), ("c", "-3", "3")],
)
def test_montant_and_sens(fec, side, amount, expected):
    text = (
        f"JournalCode\tEcritureDate\tEcritureNum\tCompteNum\tMontant\tSens\nVE\t20250301\t1\t411AB\t{amount}\t{side}\n"
    )
    lines, rejected, _, reading = read(fec(text))
    assert (rejected, lines[0].amount) == ([], Decimal(expected))
    assert "Montant/Sens" in reading.stats.layout


def changed(**fields: str) -> str:
    cells = SALE.split("|")
    for name, value in fields.items():
        cells[STANDARD_HEADINGS.index(name)] = value
    return "|".join(cells)


REFUSALS = [
    (changed(Debit="12,5O"), "INVALID_AMOUNT", ("Debit", "12,5O", "“O”")),
    (changed(Debit="12,345"), "INVALID_AMOUNT", ("Debit", "12,345", "more than 2 decimals")),
    (changed(Debit="9" * 16), "INVALID_AMOUNT", ("Debit", "larger than any")),
    (changed(Debit="", Credit=""), "MISSING_AMOUNT", ("Debit", "Credit")),
    (changed(EcritureDate="20250231"), "INVALID_DATE", ("EcritureDate", "20250231")),
    (changed(EcritureDate=""), "INVALID_DATE", ("EcritureDate",)),
    (changed(PieceDate="31/02/2025"), "INVALID_DATE", ("PieceDate", "31/02/2025")),
    (changed(CompteNum=""), "MISSING_ACCOUNT", ("CompteNum",)),
    (changed(Montantdevise="100,00", Idevise="XQZ"), "UNKNOWN_CURRENCY", ("Idevise", "XQZ")),
    (changed(Montantdevise="1O", Idevise="USD"), "INVALID_AMOUNT", ("Montantdevise", "1O")),
    (changed(CompAuxNum="C" * 201), "VALUE_TOO_LONG", ("CompAuxNum", "200")),
    (changed(PieceRef="C" * 201), "VALUE_TOO_LONG", ("PieceRef", "200")),
    ("|".join(SALE.split("|")[:9]), "WRONG_COLUMN_COUNT", ("9 columns", "18")),
    (SALE + "|more", "WRONG_COLUMN_COUNT", ("19 columns", "18")),
    (SALE.replace("Clients", "Cli\0ents"), "NUL_CHARACTER", ("NUL",)),
    (SALE.replace("Clients", "x" * 70_000), "LINE_TOO_LONG", ("65536",)),
]


@pytest.mark.parametrize(("line", "reason_code", "words"), REFUSALS, ids=[f"{row[1]}-{row[2][0]}" for row in REFUSALS])
def test_a_bad_line_is_named_and_its_neighbours_are_in(fec, line, reason_code, words):
    lines, rejected, _, _ = read(fec(fec_text((PAYMENT, line, BANK), separator="|")))
    assert [(each.position, each.reason_code) for each in rejected] == [(3, reason_code)]
    assert all(word in reason_words(rejected[0].reason) for word in words), rejected[0].reason
    assert rejected[0].content[:20] == line[:20]
    assert [each.position for each in lines] == [2]


def test_a_file_cut_in_its_last_line_rejects_that_line_only(fec):
    text = fec_text((PAYMENT, BANK, SALE))
    for cut in (40, 90, 110):
        lines, rejected, _, _ = read(fec(text[: len(text) - cut]))
        assert [(each.position, each.reason_code) for each in rejected] == [(4, "TRUNCATED_LINE")]
        assert [line.position for line in lines] == [2]


def test_a_line_in_another_encoding_is_rejected_alone(fec):
    content = fec_text(end="\n").encode() + SALE.replace("|", "\t").encode("latin-1") + b"\n"
    lines, rejected, _, reading = read(fec(content))
    assert [(each.position, each.reason_code) for each in rejected] == [(6, "WRONG_ENCODING")]
    assert "0xC9" in reason_words(rejected[0].reason)
    assert (len(lines), reading.stats.encoding) == (2, "utf-8")


@pytest.mark.parametrize(
    ("content", "reason_code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\n\n  \n", "EMPTY_FILE"),
        (b"JournalCode\tJournalLib\tEcritureNum\tEcritureDa", "NOT_A_FEC"),
        (b"JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tComp", "MISSING_COLUMNS"),
        (b"hello\nworld\n", "NOT_A_FEC"),
        (b"Debit\tDebit\tCredit\tCompteNum\tEcritureDate\n", "DUPLICATE_HEADING"),
        (b"PK\x03\x04rest", "NOT_TEXT"),
        (b"%PDF-1.7", "NOT_TEXT"),
        (b"\xff\xfeJ\x00\x00\xd8A\x00", "BROKEN_UTF16"),
        (gzip.compress(fec_text().encode())[:-20], "BROKEN_ARCHIVE"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(fec, content, reason_code):
    with pytest.raises(FileRefused) as refused:
        list(FecReader().open(path=fec(content)).rows())
    assert refused.value.reason_code == reason_code


def test_a_missing_file_and_a_large_file_are_refused(fec, tmp_path):
    with pytest.raises(FileRefused, match="UNREADABLE_FILE"):
        FecReader().open(path=tmp_path / "nothing.txt")
    large = fec(fec_text())
    with large.open("r+b") as file:
        file.truncate(2 << 30)  # two gigabytes that take no room
    with pytest.raises(FileRefused, match="most='104857600'") as refused:
        FecReader().open(path=large, settings={"file_bytes_max": 100 << 20})
    assert refused.value.reason_code == "TOO_LARGE"


def test_a_gzip_bomb_is_refused_before_it_unfolds(fec):
    path = fec(gzip.compress(fec_text().encode() + b" " * (80 << 20)))
    with pytest.raises(FileRefused) as refused:
        list(FecReader().open(path=path).rows())
    assert refused.value.reason_code == "ARCHIVE_BOMB"


def test_an_entry_that_does_not_balance_is_named_and_its_lines_are_in(fec):
    lines, rejected, remarks, reading = read(
        fec(fec_text((SALE, BANK, REVENUE.replace("1200,50", "1200,49"), PAYMENT)))
    )
    assert (len(lines), rejected, reading.stats.unbalanced_entries) == (2, [], 1)
    assert [(remark.position, remark.reason_code) for remark in remarks] == [(2, "ENTRY_NOT_BALANCED")]
    assert "Entry 12 of journal VE" in reason_words(remarks[0].reason)
    assert "0.01" in reason_words(remarks[0].reason)


def test_lines_without_auxiliary_account_go_to_the_account_itself_and_are_named(fec):
    lines, _, remarks, _ = read(fec(fec_text((changed(CompAuxNum="", CompAuxLib=""), REVENUE))))
    assert (lines[0].account_number, lines[0].customer_name) == ("411000", "Clients")
    assert [remark.reason_code for remark in remarks] == ["NO_AUXILIARY_ACCOUNT"]


def test_both_sides_filled_are_netted_and_a_zero_line_is_told(fec):
    both = changed(Debit="100,00", Credit="30,00")
    zero = changed(Debit="0,00", Credit="0,00", EcritureNum="9")
    negative = changed(Debit="-40,00", EcritureNum="10")
    lines, _, remarks, reading = read(fec(fec_text((both, zero, negative))))
    assert [(line.amount, line.kind) for line in lines] == [
        (Decimal("70.00"), "INVOICE"),
        (Decimal("-40.00"), "CREDIT_NOTE"),
    ]
    assert "ZERO_AMOUNT" in {remark.reason_code for remark in remarks}
    assert (reading.stats.receivable_debit, reading.stats.receivable_credit) == (Decimal("60.00"), Decimal("30.00"))


def test_foreign_currency_takes_the_sign_of_the_entry(fec):
    lines, _, _, _ = read(fec(fec_text((changed(Montantdevise="1300,00", Idevise="USD"), REVENUE))))
    assert (lines[0].amount, lines[0].currency, lines[0].amount_company) == (
        Decimal("1300.00"),
        "USD",
        Decimal("1200.50"),
    )


def test_an_unreadable_letter_date_keeps_the_line_and_its_letter(fec):
    lines, rejected, remarks, _ = read(fec(fec_text((changed(DateLet="{today}"), REVENUE))))
    assert (lines[0].letter_code, lines[0].letter_date, rejected) == ("AA", None, [])
    assert [remark.reason_code for remark in remarks] == ["INVALID_LETTER_DATE"]


def test_external_ids_hold_for_blank_and_repeated_entry_numbers(fec):
    same = (
        SALE,
        SALE.replace("1200,50", "7,00"),  # a second instalment in the same entry
        SALE.replace("VE|Ventes", "VT|Ventes"),  # the same number in another journal
        changed(EcritureNum=""),
        changed(EcritureNum="", PieceRef="F-13"),
        changed(EcritureNum="a¦b"),
    )
    path = fec(fec_text(same).replace("¦", "|"))
    first, again = read(path)[0], read(path)[0]
    assert [line.external_id for line in first] == [line.external_id for line in again]
    assert [line.instalment for line in first] == [1, 2, 1, 1, 1, 1]
    assert first[3].external_id == "VE|#F-12|20250131|411000|C001|1"
    assert first[5].external_id == "VE|a%7Cb|20250131|411000|C001|1"


def test_a_rejected_line_keeps_its_place_in_the_numbering(fec):
    good = fec_text((SALE, SALE.replace("1200,50", "7,00")))
    ids = [line.external_id for line in read(fec(good))[0]]
    bad = fec_text((changed(Debit="x"), SALE.replace("1200,50", "7,00")))
    assert [line.external_id for line in read(fec(bad))[0]] == ids[1:]


def test_settings_choose_accounts_currency_and_opening(fec):
    opening = changed(JournalCode="AN", JournalLib="A nouveaux", CompteNum="416000")
    path = fec(fec_text((opening, REVENUE)))
    assert read(path)[0] == []
    assert len(read(path, receivable_prefixes="411, 416")[0]) == 1
    assert read(path, receivable_prefixes=["416"], is_opening_taken=False)[0] == []
    assert read(path, receivable_prefixes=["416"], company_currency="CHF")[0][0].currency == "CHF"
    for wrong in ({"prefix": "411"}, {"company_currency": "EURO"}, {"receivable_prefixes": ""}):
        with pytest.raises(ValueError):
            FecReader().open(path=path, settings=wrong)
