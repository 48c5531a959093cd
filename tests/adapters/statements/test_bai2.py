"""Reading BAI2: what each record becomes."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.adapters.statements.bai2 import Bai2Reader
from quittance.core.ports.statements import (
    FileRefused,
    ParsedStatement,
    ParsedTransaction,
    StatementFile,
    StatementKind,
    TransactionStatus,
)
from tests.adapters.statements.bai2_samples import account, balanced, detail, document
from tests.adapters.statements.contract import StatementReaderContract


class TestContract(StatementReaderContract):
    reader = Bai2Reader()
    good = (
        balanced(),
        balanced().replace(b"\n", b"\r\n"),
        document(account(detail(funds="V,260104,")), account(detail("475", "500"), number="77", currency="JPY")),
        document(account("16,165,120000,,B1,C1,DURAND", "88,INV 7 AND", "88,INV 8")),
    )
    damaged = (
        (document(account(detail(amount="12O0"), detail())), 1, 1),
        (document(account(detail(amount=""), detail())), 1, 1),
        (document(account(detail("799"), detail())), 1, 1),
        (document(account(detail(funds="V,260231,"), detail())), 1, 1),
        (document(account(detail(amount="1" * 18), detail())), 1, 1),
        (document(account(detail(), "17,165,100,,B,C,WHAT/")), 1, 1),
        (document(account(detail(), summaries="010,1O0,,,015,218750,,")), 1, 1),
    )


def read(content: bytes) -> StatementFile:
    return Bai2Reader().read(io.BytesIO(content))


def only_statement(content: bytes) -> ParsedStatement:
    (found,) = read(content).statements
    return found


def only(*records: str, currency: str = "USD") -> ParsedTransaction:
    (transaction,) = only_statement(document(account(*records, currency=currency))).transactions
    return transaction


def test_a_statement_that_balances() -> None:
    found = only_statement(balanced())
    assert (found.account_other_id, found.currency, found.kind) == ("004512345", "USD", StatementKind.STATEMENT)
    assert found.opening and found.closing
    assert (found.opening.amount, found.closing.amount) == (Decimal("1000.00"), Decimal("2187.50"))
    assert (found.transaction_sum, found.balanced, found.remarks) == (Decimal("1187.50"), True, ())
    first, second = found.transactions
    assert (first.text, first.account_servicer_reference, first.end_to_end_id) == ("DURAND INV 7", "B1", "C1")
    assert (second.amount, second.text) == (Decimal("-12.50"), "FEES, JANUARY")
    assert first.booking_date == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("funds", "value_date"),
    [
        ("", None),
        ("Z", None),
        ("0", None),
        ("1", None),
        ("V,260104,", date(2026, 1, 4)),
        ("V,260104,0930", date(2026, 1, 4)),
        ("S,100,200,300", None),
        ("D,2,0,100,1,200", None),
    ],
)
def test_each_funds_type_leaves_references_and_text_in_their_place(funds: str, value_date: date | None) -> None:
    found = only(detail(funds=funds, text="DURAND, INV 7/8"))
    assert (found.value_date, found.account_servicer_reference, found.end_to_end_id, found.text) == (
        value_date, "B1", "C1", "DURAND, INV 7/8",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "amount", "expected"),
    [
        ("165", "100", "1.00"),
        ("399", "100", "1.00"),
        ("475", "100", "-1.00"),
        ("475", "-100", "1.00"),
        ("165", "+100", "1.00"),
        ("930", "100", "1.00"),
        ("960", "100", "-1.00"),
    ],
)
def test_the_type_code_says_whether_money_came_or_went(code: str, amount: str, expected: str) -> None:
    assert only(detail(code, amount)).amount == Decimal(expected)


def test_the_currency_says_where_the_decimal_point_stands() -> None:
    assert only(detail(amount="1200"), currency="JPY").amount == Decimal("1200")


def test_a_message_without_money_is_no_movement() -> None:
    found = only_statement(document(account(detail("890", "", text="CLOSED ON MONDAY"), detail())))
    assert [remark.reason_code for remark in found.remarks] == ["NO_MOVEMENT"]
    assert len(found.transactions) == 1


def test_continuations_carry_names_accounts_and_references() -> None:
    found = only(
        "16,195,5000,,B1,C9,Incoming Wire",
        "88,EREF: E-77",
        "88,DBNM: DURAND SA",
        "88,DACT: FR7630001007941234567890185",
    )
    assert (found.counterparty_name, found.counterparty_iban) == ("DURAND SA", "FR7630001007941234567890185")
    assert (found.end_to_end_id, found.account_servicer_reference) == ("E-77", "B1")


def test_fields_may_go_on_in_a_continuation() -> None:
    found = only("16,165,5000,V", "88,260104,,B1,C1,DURAND")
    assert (found.value_date, found.end_to_end_id, found.text) == (date(2026, 1, 4), "C1", "DURAND")


def test_a_returned_item_says_why() -> None:
    found = only(detail("557", "5000", text='ACH Return, Reason: "R02"'))
    assert (found.amount, found.return_reason) == (Decimal("-50.00"), "R02")
    assert only(detail("555", "5000", text="CHECK 12")).return_reason == "BAI555"


@pytest.mark.parametrize("status", ["2", "4"])
def test_deleted_and_test_groups_are_not_taken_for_money(status: str) -> None:
    found = only_statement(document(account(detail()), status=status))
    assert found.transactions[0].status is TransactionStatus.INFORMATION
    assert [remark.reason_code for remark in found.remarks] == ["GROUP_NOT_IN_FORCE"]


def test_the_running_day_is_a_report() -> None:
    assert only_statement(document(account(detail()), modifier="3")).kind is StatementKind.REPORT


def test_control_totals_and_counts_that_differ_are_told() -> None:
    content = balanced().replace(b"49,440000,4", b"49,440001,5")
    assert content != balanced()
    assert [remark.reason_code for remark in only_statement(content).remarks] == [
        "CONTROL_TOTAL_DIFFERS", "RECORD_COUNT_DIFFERS", "CONTROL_TOTAL_DIFFERS",
    ]  # fmt: skip


def test_without_the_day_of_the_group_the_value_date_serves() -> None:
    file = read(document(account(detail(funds="V,260104,"), detail()), as_of="26O105"))
    (found,) = file.statements
    assert [line.reason_code for line in file.all_rejected] == ["DATE_UNREADABLE", "DATE_MISSING"]
    assert [each.booking_date for each in found.transactions] == [date(2026, 1, 4)]


@pytest.mark.parametrize("content", [b"00,0004,1/2/345,06/0321,0829,001,80,1,2/\n", b"16,165,1,,,,X/\n"])
def test_a_file_without_header_is_refused(content: bytes) -> None:
    assert not Bai2Reader().supports(content)
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert (refused.value.reason_code, refused.value.position) == ("FORMAT_UNKNOWN", 1)


@given(
    movements=st.lists(
        st.tuples(st.sampled_from(["165", "195", "475", "698", "799"]), st.integers(0, 10**12)), max_size=12
    )
)
def test_no_movement_is_lost_and_none_invented(movements: list[tuple[str, int]]) -> None:
    found = only_statement(document(account(*(detail(code, str(amount)) for code, amount in movements))))
    assert len(found.transactions) + len(found.rejected) == len(movements)
    signed = [amount if code < "400" else -amount for code, amount in movements if code != "799"]
    assert found.transaction_sum == Decimal(sum(signed)) / 100
