"""Reading CFONB 120: what each record becomes."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.adapters.statements.cfonb120 import Cfonb120Reader
from quittance.adapters.statements.cfonb_fields import french_iban, read_amount
from quittance.core.ports.statements import FileRefused, ParsedTransaction, StatementFile
from tests.adapters.statements.cfonb_samples import balance, balanced, complement, file_of, movement, overpunched
from tests.adapters.statements.text_contract import TextReaderContract

START, END = balance("01", "1.00"), balance("07", "2.00", "050126")


class TestContract(TextReaderContract):
    reader = Cfonb120Reader()
    good = (
        balanced(),
        file_of(balance("01", "-5.00"), movement("5.00"), complement("LIB", "F 7"), balance("07", "0")),
        file_of(balance("01", "0", currency=""), movement("5.00"), movement("5.00"), balance("07", "10", currency="")),
    )
    damaged = (
        (file_of(START, movement(punched="00000000001O0{"), movement(), END), 1, 1),
        (file_of(START, movement(punched="00000000000100"), movement(), END), 1, 1),
        (file_of(START, movement()[:95], movement(), END), 1, 1),
        (file_of(START, movement(punched=" " * 14), movement(), END), 1, 1),
        (file_of(START, movement(day="310226"), movement(day="O50126"), movement(day=" " * 6), movement(), END), 3, 1),
        (file_of(START, complement("LIB", "WHOSE?"), movement(), END), 1, 1),
        (file_of(START, movement(account="99999999999"), movement(), END), 1, 1),
        (file_of(START, "99 WHAT IS THIS", movement(), END), 1, 1),
        (file_of(START.replace("EUR2", "XQX2"), movement().replace("EUR2", "    "), END), 2, 0),
    )


def read(content: bytes) -> StatementFile:
    return Cfonb120Reader().read(io.BytesIO(content))


def only(*records: str) -> ParsedTransaction:
    (transaction,) = read(file_of(START, *records, END)).statements[0].transactions
    return transaction


def test_a_statement_that_balances() -> None:
    file = read(balanced())
    (found,) = file.statements
    assert (file.format, found.account_iban, found.currency) == ("CFONB120", "FR7630006000011234567890189", "EUR")
    assert found.opening and found.closing
    assert (found.opening.amount, found.closing.amount, found.balanced) == (Decimal(100), Decimal("1587.50"), True)
    assert (found.opening.balance_date, found.closing.balance_date) == (date(2026, 1, 4), date(2026, 1, 5))
    assert [t.amount for t in found.transactions] == [Decimal(1200), Decimal(300), Decimal("-12.50")]
    assert [t.position for t in found.transactions] == [2, 7, 8]


def test_what_the_payer_said() -> None:
    paid = read(balanced()).statements[0].transactions[0]
    assert (paid.counterparty_name, paid.counterparty_iban) == ("DURAND ET FILS", "FR7630001007941234567890185")
    assert (paid.text, paid.end_to_end_id) == ("VIR RECU FACTURE F-1001 SOLDE MARCHE", "E2E-7")
    assert (paid.account_servicer_reference, paid.bank_code) == ("0000001", "05-9162")


def test_money_out_names_who_was_paid() -> None:
    paid = only(movement("-5"), complement("NPY", "QUAI NORD"), complement("NBE", "EDF"), complement("RUM", "MANDAT 7"))
    assert (paid.counterparty_name, paid.mandate_id) == ("EDF", "MANDAT 7")


def test_long_remittance_texts_are_joined_and_nothing_is_dropped() -> None:
    lines = [complement("LCC", "A" * 70), complement("LCC", "B F-1002"), complement("LIB", "LIGNE"),
             complement("XYZ", "INCONNU"), complement("NPO", "HOLDING")]  # fmt: skip
    paid = only(movement(label=""), *lines)
    assert paid.text == "A" * 70 + "B F-1002 LIGNE"
    assert (paid.additional_text, paid.ultimate_debtor) == ("XYZ INCONNU", "HOLDING")


def test_a_returned_payment_carries_its_code() -> None:
    assert only(movement("-53.00", return_code="10")).return_reason == "10"
    assert only(movement("-53.00", return_code="00")).return_reason == ""


@pytest.mark.parametrize(
    ("text", "decimals", "amount"),
    [
        ("0000000001904}", 2, "-190.40"),
        ("0000000000186B", 2, "18.62"),
        ("0000000000001A", 0, "11"),
        ("0000000000123D", 3, "1.234"),
        ("0000000000012è", 2, "-1.20"),
        ("0000000000012é", 2, "1.20"),
        ("             J", 2, "-0.01"),
    ],
)
def test_overpunched_amounts(text: str, decimals: int, amount: str) -> None:
    assert read_amount(text, decimals=decimals) == Decimal(amount)


def test_the_decimals_of_the_record_count() -> None:
    content = balanced().replace(b"EUR2", b"EUR3")
    assert [t.amount for t in read(content).statements[0].transactions] == [Decimal(120), Decimal(30), Decimal("-1.25")]


def test_records_without_line_ends_and_from_mainframes() -> None:
    keys = [t.dedup_key for t in read(balanced()).statements[0].transactions]
    unbroken = balanced().replace(b"\n", b"")
    for content in (unbroken, unbroken.decode().encode("cp500")):
        assert Cfonb120Reader().supports(content)
        assert [t.dedup_key for t in read(content).statements[0].transactions] == keys


def test_texts_of_western_code_pages() -> None:
    content = balanced().decode().replace("DURAND ET FILS", "SOCIÉTÉ ÉLAN  ")
    for encoding in ("utf-8", "cp1252"):
        assert read(content.encode(encoding)).statements[0].transactions[0].counterparty_name == "SOCIÉTÉ ÉLAN"


def test_records_that_lost_their_trailing_spaces_are_whole() -> None:
    content = b"\n".join(line.rstrip() for line in balanced().split(b"\n"))
    assert read(content).all_rejected == ()
    assert read(content).statements[0].balanced is True


def test_records_outside_a_statement_are_rejected_and_the_rest_is_read() -> None:
    file = read(file_of(movement(), END) + balanced())
    assert [(line.position, line.reason_code) for line in file.rejected] == [
        (1, "RECORD_MISPLACED"),
        (2, "RECORD_MISPLACED"),
    ]
    assert file.transactions_read == 3


def test_a_statement_without_its_end_in_the_middle_is_kept_unchecked() -> None:
    first, second = read(file_of(START, movement()) + balanced()).statements
    assert (len(first.transactions), first.closing, first.balanced, second.balanced) == (1, None, None, True)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (file_of(START, movement()), "TRUNCATED"),
        (file_of(START, movement(), END)[:-30], "TRUNCATED"),
        (file_of(movement(), complement("LIB", "F 7")), "NO_STATEMENT"),
        (b"bonjour\n", "NO_STATEMENT"),
    ],
)
def test_files_that_are_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert refused.value.reason_code == code


def test_the_iban_follows_from_bank_branch_and_account() -> None:
    assert french_iban(bank="20041", branch="01005", account="0500013M026") == "FR1420041010050500013M02606"
    assert french_iban(bank="20041", branch="     ", account="0500013M026") == ""


@given(
    amounts=st.lists(st.integers(-(10**13), 10**13).map(lambda cents: Decimal(cents).scaleb(-2)), max_size=8),
    opening=st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents).scaleb(-2)),
)
def test_what_is_written_is_read(amounts: list[Decimal], opening: Decimal) -> None:
    closing = opening + sum(amounts)
    records = [movement(str(amount), number=f"{number:07d}") for number, amount in enumerate(amounts)]
    content = file_of(balance("01", str(opening)), *records, balance("07", str(closing)))
    (found,) = read(content).statements
    assert [t.amount for t in found.transactions] == amounts
    assert found.balanced is True
    assert all(read_amount(overpunched(amount), decimals=2) == amount for amount in amounts)


def test_what_was_ordered_in_another_currency_is_kept_and_nothing_is_glued_together() -> None:
    lines = [
        complement("MMO", "USD200000000130000"),
        complement("REF", "FA-2026-001"),
        complement("FEE", "EUR200000000000500"),
    ]
    paid = only(movement(), *lines)
    assert (paid.instructed_amount, paid.instructed_currency) == (Decimal("1300.00"), "USD")
    assert paid.additional_text == "MMO USD200000000130000 REF FA-2026-001 FEE EUR200000000000500"
