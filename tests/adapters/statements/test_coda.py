"""Reading CODA: what each record becomes."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.adapters.statements.coda import CodaReader
from quittance.adapters.statements.coda_fields import is_ogm, read_amount
from quittance.core.ports.statements import ParsedStatement, ParsedTransaction, StatementFile
from tests.adapters.statements.coda_samples import (
    amount,
    balanced,
    closing,
    document,
    header,
    information,
    movement,
    opening,
    second,
    third,
    trailer,
)
from tests.adapters.statements.contract import StatementReaderContract

OGM = "090933755493"


def with_movements(*lines: str, count: int | None = None) -> bytes:
    counted = 2 + len(lines) if count is None else count
    return document(header(), opening(), *lines, closing(), trailer(counted))


class TestContract(StatementReaderContract):
    reader = CodaReader()
    good = (
        balanced(),
        balanced().replace(b"\r\n", b"\n"),
        balanced() + balanced().replace(b"BANKREF", b"BANKRFF"),
        with_movements(movement(communication="0SOCIÉTÉ ÉLAN"), third(name="SOCIÉTÉ ÉLAN")),
    )
    damaged = (
        (with_movements(movement(written="00000000012O0000"), movement(sequence=2)), 1, 1),
        (with_movements(movement(written="2000000001200000"), movement(sequence=2)), 1, 1),
        (with_movements(movement(1_200_001), movement(sequence=2)), 1, 1),
        (with_movements(movement(booked="310226"), movement(sequence=2)), 1, 1),
        (with_movements(second(), movement(sequence=2)), 1, 1),
        (with_movements("7 WHAT IS THIS", movement(sequence=2)), 1, 1),
        (document(header(), opening().replace("EUR0", "XQX0"), movement(), closing(), trailer(3)), 2, 0),
        (document(header(), opening(), movement(), closing().replace("EUR0", "EUR9"), trailer(3)), 1, 1),
        (balanced() + document(movement()), 1, 2),
    )


def read(content: bytes) -> StatementFile:
    return CodaReader().read(io.BytesIO(content))


def only_statement(*lines: str) -> ParsedStatement:
    (found,) = read(with_movements(*lines)).statements
    return found


def only(*lines: str) -> ParsedTransaction:
    (transaction,) = only_statement(*lines).transactions
    return transaction


def test_the_samples_are_128_columns_wide() -> None:
    assert {len(line) for line in balanced().decode().splitlines()} == {128}


def test_a_statement_that_balances() -> None:
    (found,) = read(balanced()).statements
    assert (found.account_iban, found.currency, found.account_owner) == ("BE68539007547034", "EUR", "QUAI NORD SA")
    assert (found.statement_id, found.sequence) == ("2026-005", "005")
    assert found.opening and found.closing
    assert (found.opening.amount, found.closing.amount) == (Decimal("1000.00"), Decimal("2187.50"))
    assert (found.transaction_sum, found.balanced, found.remarks) == (Decimal("1187.50"), True, ())
    paid = found.transactions[0]
    assert (paid.counterparty_name, paid.counterparty_iban) == ("DURAND ET FILS", "BE71096123456769")
    assert (paid.text, paid.end_to_end_id, paid.account_servicer_reference) == ("FACTURE F-1001", "E2E-1", "BANKREF-1")
    assert (paid.booking_date, paid.value_date) == (date(2026, 1, 5), date(2026, 1, 5))


def test_two_statements_in_one_file() -> None:
    file = read(balanced() + balanced())
    assert [len(statement.transactions) for statement in file.statements] == [2, 2]


@pytest.mark.parametrize("kind", ["101", "102"])
def test_a_structured_communication_is_a_reference(kind: str) -> None:
    found = only(movement(communication=f"1{kind}{OGM}"))
    assert found.structured_references == ("+++090/9337/55493+++",)


def test_a_structured_communication_with_wrong_digits_is_text_and_told() -> None:
    (found,) = read(
        document(header(), opening(), movement(communication="1101090933755494"), closing(), trailer(3, 0))
    ).statements
    assert found.transactions[0].structured_references == ()
    assert found.transactions[0].text == "090933755494"
    assert [remark.reason_code for remark in found.remarks] == ["REFERENCE_CHECK_WRONG"]


def test_references_in_free_text_and_of_iso_11649() -> None:
    assert only(movement(communication="0VOIR ***090/9337/55493***")).structured_references == ("+++090/9337/55493+++",)
    assert only(movement(communication="0VOIR +++090/9337/55494+++")).structured_references == ()
    assert only(movement(communication="1100RF18539007547034")).structured_references == ("RF18539007547034",)


def test_the_communication_goes_on_in_the_next_records() -> None:
    found = only(movement(communication="0" + "A" * 53), second("B" * 53), third(communication="C D"))
    assert found.text == "A" * 53 + "B" * 53 + "C D"


def test_a_direct_debit_names_its_mandate_and_why_it_came_back() -> None:
    fields = ("050126110", "BE69ZZZ0539007547".ljust(35), "MANDATE-7".ljust(35), "F-1001".ljust(62), "1MS03")
    said = "".join(fields)
    text = "1127" + said
    found = only(
        movement(-5_000, code="00503000", communication=text[:54]),
        second(text[54:107]),
        third(communication=text[107:]),
    )
    assert (found.mandate_id, found.text, found.return_reason) == ("MANDATE-7", "F-1001", "MS03")


def test_a_returned_transfer_says_why() -> None:
    assert only(movement(-5_000), second(returned="2AC04")).return_reason == "AC04"


def test_a_totalised_movement_becomes_its_payments() -> None:
    first, second_one = only_statement(
        movement(1_200_000, code="10150000"),
        movement(700_000, detail=1, code="50150000", communication="0F-1"),
        third(detail=1),
        movement(500_000, detail=2, code="50150000", communication="0F-2"),
        third("BE68539007547034", "HOTEL SOL", detail=2),
    ).transactions
    assert (first.amount, second_one.amount) == (Decimal("700.00"), Decimal("500.00"))
    assert (first.detail_number, second_one.counterparty_name) == (1, "HOTEL SOL")
    assert first.entry_reference == second_one.entry_reference == "BANKREF-1"


def test_a_totalised_movement_that_does_not_add_up_stays_one() -> None:
    found = only_statement(
        movement(1_200_000, code="10150000"), movement(700_000, detail=1, code="50150000", communication="0F-1")
    )
    (whole,) = found.transactions
    assert (whole.amount, whole.additional_text) == (Decimal("1200.00"), "F-1")
    assert [remark.reason_code for remark in found.remarks][:1] == ["DETAILS_DO_NOT_ADD_UP"]


def test_details_of_a_simple_movement_move_nothing_more() -> None:
    (whole,) = only_statement(
        movement(-5_500, code="30101000"), movement(-500, detail=1, code="80101000", communication="0DONT FRAIS")
    ).transactions
    assert (whole.amount, whole.additional_text) == (Decimal("-5.50"), "DONT FRAIS")


def test_information_records_stay_with_their_movement() -> None:
    assert only(movement(), information("1001DURAND ET FILS SA")).additional_text == "DURAND ET FILS SA"


def test_an_account_of_the_old_form_and_one_from_abroad() -> None:
    old = document(
        header(), f"10001{'539007547034 EUR0BE'.ljust(37)}" + opening()[42:], movement(), closing(), trailer(3)
    )
    assert read(old).statements[0].account_other_id == "539007547034"
    assert only(movement(), third("12345678 XX")).counterparty_account == "12345678 XX"


def test_trailers_that_differ_are_told() -> None:
    (found,) = read(document(header(), opening(), movement(), closing(2_200_000), trailer(9, 0, 1))).statements
    assert [remark.reason_code for remark in found.remarks] == ["RECORD_COUNT_DIFFERS", "CONTROL_TOTAL_DIFFERS"]
    assert found.balanced is True


@given(st.integers(0, 10**10 - 1))
def test_exactly_one_pair_of_check_digits_is_right(number: int) -> None:
    right = [check for check in range(100) if is_ogm(f"{number:010d}{check:02d}")]
    assert len(right) == 1
    assert 1 <= right[0] <= 97


@given(st.integers(-(10**12), 10**12))
def test_amounts_read_back(cents: int) -> None:
    assert read_amount(amount(cents * 10), currency="EUR") == Decimal(cents) / 100


@given(st.lists(st.integers(-(10**9), 10**9), max_size=10))
def test_no_movement_is_lost_and_none_invented(cents: list[int]) -> None:
    lines = [movement(value * 10, sequence=number) for number, value in enumerate(cents, 1)]
    found = only_statement(*lines)
    assert [transaction.amount for transaction in found.transactions] == [Decimal(value) / 100 for value in cents]
