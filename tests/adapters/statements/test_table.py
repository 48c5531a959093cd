"""Reading tables of banks: what each layout becomes, by the proposal and by a confirmed profile."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.adapters.statements.table import TableStatementReader
from quittance.core.mapping.bank_profile import BankProfile
from quittance.core.mapping.bank_proposal import propose_bank_mapping
from quittance.core.mapping.profile import SignRule
from quittance.core.ports.statements import FileRefused, ParsedStatement, StatementFile
from tests.adapters.statements.contract import StatementReaderContract

IBAN = "FR7630006000011234567890189"
SIGNED = b"""Compte;FR76 3000 6000 0112 3456 7890 189
Solde au 05/01/2026;2 187,50

Date;Date valeur;Montant;Devise;Nom du tiers;IBAN du tiers;Solde;Libell\xc3\xa9
05/01/2026;06/01/2026;1 200,00;EUR;DURAND;FR7630001007941234567890185;2 200,00;FACTURE F-1001
14/01/2026;14/01/2026;-12,50;EUR;;;2 187,50;FRAIS
"""
COLUMNS = b"""Account,Date,Description,Paid out,Paid in,Currency
12345678,2026-01-05,DURAND INV 7,,1200.00,GBP
12345678,2026-01-14,FEES,12.50,,GBP
"""
SIDE = """Buchungstag\tValuta\tBetrag\tSoll/Haben\tWährung\tAuftraggeber\tVerwendungszweck
05.01.2026\t05.01.2026\t1.200,00\tH\tEUR\tDURAND\tRechnung 7
14.01.2026\t14.01.2026\t12,50\tS\tEUR\tBANK\tEntgelt
""".encode("cp1252")


class TestContract(StatementReaderContract):
    reader = TableStatementReader()
    good = (SIGNED, COLUMNS, SIDE, SIGNED.replace(b"\n", b"\r\n"))
    foreign = (b"", b"\x00" * 100, b"PK\x03\x04rest", b"%PDF-1.7", b"<?xml version='1.0'?><a/>")
    damaged = (
        (SIGNED.replace(b"1 200,00;EUR", b"1 2O0,00;EUR"), 1, 1),
        (SIGNED.replace(b"14/01/2026;14", b"31/02/2026;14"), 1, 1),
        (SIGNED.replace(b"-12,50;EUR", b"-12,50;XQX"), 1, 1),
        (SIGNED.replace(b"-12,50;EUR", b"-12,505;EUR"), 1, 1),
        (COLUMNS.replace(b"12.50,,GBP", b",,GBP"), 1, 1),
        (COLUMNS.replace(b"12.50,,GBP", b"12.50,,GBP,EXTRA"), 1, 1),
    )


def read(content: bytes, profile: BankProfile | None = None, account_id: str = "") -> StatementFile:
    reader = TableStatementReader()
    if profile is None:
        return reader.read(io.BytesIO(content))
    return reader.read_mapped(io.BytesIO(content), profile=profile, account_id=account_id)


def only(content: bytes) -> ParsedStatement:
    (found,) = read(content).statements
    return found


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_the_lines_before_the_headings_name_the_account_and_balances_are_checked() -> None:
    found = only(SIGNED)
    assert (found.account_iban, found.currency, found.balanced) == (IBAN, "EUR", True)
    assert found.opening and found.closing
    assert (found.opening.amount, found.closing.amount) == (Decimal("1000.00"), Decimal("2187.50"))
    paid = found.transactions[0]
    assert (paid.amount, paid.booking_date, paid.value_date) == (
        Decimal("1200.00"), date(2026, 1, 5), date(2026, 1, 6),
    )  # fmt: skip
    assert (paid.counterparty_name, paid.counterparty_iban, paid.text) == (
        "DURAND", "FR7630001007941234567890185", "FACTURE F-1001",
    )  # fmt: skip
    preview = TableStatementReader().preview(io.BytesIO(SIGNED))
    assert [text for _, text in preview.preamble] == [
        "Compte FR76 3000 6000 0112 3456 7890 189", "Solde au 05/01/2026 2 187,50",
    ]  # fmt: skip


@pytest.mark.parametrize(("content", "rule"), [(COLUMNS, SignRule.TWO_COLUMNS), (SIDE, SignRule.SIDE)])
def test_two_columns_and_a_mark_give_the_same_movements(content: bytes, rule: SignRule) -> None:
    assert TableStatementReader().preview(io.BytesIO(content)).proposal.profile.sign_rule is rule
    assert [each.amount for each in only(content).transactions] == [Decimal("1200.00"), Decimal("-12.50")]


def test_debits_with_a_minus_are_money_out() -> None:
    assert only(COLUMNS.replace(b"12.50,,", b"-12.50,,")).transactions[1].amount == Decimal("-12.50")


def test_a_file_with_the_newest_first_balances_too() -> None:
    *head, first, second = SIGNED.splitlines(keepends=True)
    found = only(b"".join([*head, second, first]))
    assert found.opening
    assert (found.opening.amount, found.balanced) == (Decimal("1000.00"), True)


def test_a_missing_line_breaks_the_chain_of_balances() -> None:
    found = only(SIGNED.replace(b"2 187,50;FRAIS", b"2 087,50;FRAIS"))
    assert found.balanced is False
    assert [remark.reason_code for remark in found.remarks] == ["BALANCE_CHAIN_BROKEN"]


def test_one_value_on_all_lines_is_our_account_and_several_are_those_of_payers() -> None:
    assert only(COLUMNS).account_other_id == "12345678"
    other = COLUMNS.replace(b"Account", b"IBAN").replace(b"12345678,2026-01-05", IBAN.encode() + b",2026-01-05")
    found = only(other)
    assert (found.account_id, found.transactions[0].counterparty_iban) == ("", IBAN)


def test_several_currencies_are_several_statements() -> None:
    file = read(SIGNED.replace(b"-12,50;EUR", b"-12,50;USD"))
    assert [(each.currency, each.transaction_sum) for each in file.statements] == [
        ("EUR", Decimal("1200.00")), ("USD", Decimal("-12.50")),
    ]  # fmt: skip


def test_a_line_without_date_and_amount_is_told_and_is_no_movement() -> None:
    found = only(SIGNED + b";;;;;;;Page 1 sur 1\n")
    assert len(found.transactions) == 2
    assert [remark.reason_code for remark in found.remarks] == ["NOT_A_MOVEMENT"]


def test_a_workbook_reads_like_the_text() -> None:
    content = workbook(
        ("Account", IBAN), ("Date", "Amount", "Currency", "Description", "Balance"),
        (date(2026, 1, 5), 1200, "EUR", "DURAND", 2200), (date(2026, 1, 14), -12.5, "EUR", "FEES", 2187.5),
    )  # fmt: skip
    assert TableStatementReader().supports(content[: 1 << 16])
    found = only(content)
    assert (found.account_iban, found.transaction_sum, found.balanced) == (IBAN, Decimal("1187.50"), True)


def test_a_damaged_workbook_is_refused() -> None:
    content = workbook(("Date", "Amount"), (date(2026, 1, 5), 1))
    with pytest.raises(FileRefused) as refused:
        read(content[: len(content) // 2])
    assert refused.value.reason_code == "BROKEN_ARCHIVE"


def test_a_profile_says_what_the_file_does_not() -> None:
    content = b"A,B,C\n03/04/2026,10.00,CARD 1\n04/04/2026,-4.00,REFUND\n"
    profile = BankProfile(
        columns=(("booking_date", "A"), ("amount", "B"), ("text", "C")),
        is_inverted=True,
        date_order="DMY",
        currency_default="USD",
    )
    (found,) = read(content, profile, account_id=IBAN).statements
    assert (found.account_iban, found.currency, found.transaction_sum) == (IBAN, "USD", Decimal("-6.00"))
    assert found.transactions[0].booking_date == date(2026, 4, 3)


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ((("booking_date", "A"),), "MAPPING_INCOMPLETE"),
        ((("booking_date", "A"), ("amount", "Z")), "COLUMNS_ABSENT"),
    ],
)
def test_a_profile_that_does_not_fit_is_refused(columns: tuple[tuple[str, str], ...], code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(b"A,B,C\n2026-04-03,10.00,X\n", BankProfile(columns=columns, currency_default="EUR"))
    assert refused.value.reason_code == code


def test_without_headings_the_file_is_refused() -> None:
    with pytest.raises(FileRefused) as refused:
        read(b"2026-04-03,10.00,X\n2026-04-04,11.00,Y\n")
    assert refused.value.reason_code == "HEADINGS_NOT_FOUND"


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        ("Date opération;Date valeur;Libellé;Débit;Crédit", "booking_date value_date debit credit text"),
        ("Fecha operación;Fecha valor;Concepto;Importe;Saldo", "booking_date value_date amount text balance"),
        (
            "Buchungstag;Wertstellung;Verwendungszweck;Betrag;Währung",
            "booking_date value_date amount currency text",
        ),
        ("Transaction Date;Description;Amount;Running Balance", "booking_date amount text balance"),
    ],
)
def test_headings_in_four_languages(headings: str, expected: str) -> None:
    proposal = propose_bank_mapping(headings.split(";"), [])
    assert {choice.name for choice in proposal.choices} == set(expected.split())
    assert proposal.missing == ()


@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=15), st.booleans())
def test_no_movement_is_lost_and_the_running_balance_agrees(amounts: list[Decimal], is_newest_first: bool) -> None:
    balance, lines = Decimal(0), []
    for number, amount in enumerate(amounts):
        balance += amount
        lines.append(f"2026-01-{1 + number:02d},{amount},{balance},EUR,LINE {number}")
    text = "\n".join(["Date,Amount,Balance,Currency,Description", *(lines[::-1] if is_newest_first else lines)])
    found = only(f"{text}\n".encode())
    assert (len(found.transactions), found.transaction_sum) == (len(amounts), sum(amounts))
    assert found.balanced is True


SHORT = b"Date;Montant;Libelle;Pointage\n05/01/2026;1200,00;DURAND;R1\n06/01/2026;300,00;SOL"


def test_a_last_line_cut_off_within_columns_that_all_others_have_refuses_the_file() -> None:
    with pytest.raises(FileRefused) as refused:
        TableStatementReader().read(io.BytesIO(SHORT))
    assert (refused.value.reason_code, refused.value.position) == ("TRUNCATED", 3)


def test_a_last_line_that_alone_lacks_columns_is_told_when_it_ends_like_a_line() -> None:
    (statement,) = TableStatementReader().read(io.BytesIO(SHORT + b"\n")).statements
    assert len(statement.transactions) == 2
    assert [(remark.position, remark.reason_code) for remark in statement.remarks] == [(3, "WRONG_COLUMN_COUNT")]


@pytest.mark.parametrize(
    "content",
    [
        SHORT.replace(b";R1", b""),  # the bank leaves out what is empty
        SHORT.replace(b"Pointage\n", b"Pointage;\n") + b";R2",  # a delimiter after the last heading
        SHORT + b";R2",
    ],
)
def test_lines_that_are_whole_without_a_line_end_are_read(content: bytes) -> None:
    (statement,) = TableStatementReader().read(io.BytesIO(content)).statements
    assert [str(one.amount) for one in statement.transactions] == ["1200.00", "300.00"]
    assert not statement.remarks
