"""Reading camt.052, camt.053 and camt.054: what each part of the file becomes."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest

from quittance.adapters.statements.camt import CamtReader
from quittance.adapters.statements.xml_source import feed_xml
from quittance.core.ports.statements import (
    FileRefused,
    ParsedTransaction,
    StatementFile,
    StatementKind,
    TransactionStatus,
)
from quittance.foundation.reason_words import reason_words
from tests.adapters.statements.contract import StatementReaderContract
from tests.adapters.statements.samples import balance, balanced_statement, detail, document, entry, statement

REPORT = "urn:iso:std:iso:20022:tech:xsd:camt.052.001.02"
NOTIFICATION = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.04"


def in_utf16(content: bytes) -> bytes:
    return content.decode().replace("UTF-8", "UTF-16").encode("utf-16")


class TestContract(StatementReaderContract):
    reader = CamtReader()
    good = (
        balanced_statement(),
        document(statement(entry(status="BOOK"), container="Rpt"), namespace=REPORT, message="BkToCstmrAcctRpt"),
        document(
            statement(entry(details=detail("700.00") + detail("500.00")), container="Ntfctn"),
            namespace=NOTIFICATION,
            message="BkToCstmrDbtCdtNtfctn",
        ),
        in_utf16(balanced_statement()),
        balanced_statement().replace(b"<", b"<c:").replace(b"<c:/", b"</c:").replace(b"<c:?", b"<?")
        .replace(b"xmlns=", b"xmlns:c="),
    )  # fmt: skip
    damaged = (
        (document(statement(balance("OPBD", "1"), balance("CLBD", "5"), entry("12,5O"), entry("4.00"))), 1, 1),
        (document(statement(entry(booked="<Dt>2026-02-31</Dt>"), entry())), 1, 1),
        (document(statement(entry(currency="EURO"), entry())), 1, 1),
        (document(statement(entry(currency="XQX"), entry())), 1, 1),
        (document(statement(entry(direction=""), entry())), 1, 1),
        (document(statement(entry(direction="PLUS"), entry())), 1, 1),
        (document(statement(entry("-5.00"), entry(""), entry("1.005"), entry())), 3, 1),
        (document(statement(balance("OPBD", "1O0"), balance("CLBD", "5"), entry())), 1, 1),
        (document(statement(entry(booked=""), entry())), 1, 1),
    )


def read(content: bytes) -> StatementFile:
    return CamtReader().read(io.BytesIO(content))


def only(*entries: str) -> ParsedTransaction:
    (transaction,) = read(document(statement(*entries))).statements[0].transactions
    return transaction


def test_a_statement_that_balances() -> None:
    file = read(balanced_statement())
    (found,) = file.statements
    assert (file.format, file.message_id) == ("camt.053.001.08", "M-1")
    assert (found.kind, found.statement_id, found.sequence) == (StatementKind.STATEMENT, "S1", "1")
    assert (found.account_id, found.currency, found.account_owner) == (
        "FR7630006000011234567890189",
        "EUR",
        "Quai Nord SA",
    )
    assert found.opening and found.closing
    assert (found.opening.amount, found.closing.amount) == (Decimal("100.00"), Decimal("1587.50"))
    assert (found.transaction_sum, found.balanced) == (Decimal("1487.50"), True)
    assert [t.amount for t in found.transactions] == [Decimal("1200.00"), Decimal("300.00"), Decimal("-12.50")]


def test_what_the_payer_said() -> None:
    paid = read(balanced_statement()).statements[0].transactions[0]
    assert (paid.counterparty_name, paid.counterparty_iban) == ("Durand et Fils", "FR7630001007941234567890185")
    assert (paid.text, paid.structured_references) == ("Facture F-1001", ("RF18539007547034",))
    assert (paid.end_to_end_id, paid.account_servicer_reference) == ("", "R1")
    assert (paid.booking_date, paid.is_booked) == (date(2026, 1, 5), True)


def test_a_statement_that_does_not_balance_says_so() -> None:
    content = balanced_statement().replace(b"1587.50", b"1587.51")
    assert read(content).statements[0].balanced is False


def test_without_balances_nobody_can_say() -> None:
    assert read(document(statement(entry()))).statements[0].balanced is None


def test_a_batch_entry_becomes_its_payments() -> None:
    batch = entry(
        "1200.00", details="<Btch><PmtInfId>B7</PmtInfId></Btch>" + detail("700.00") + detail("500.00", text="F-2")
    )
    (first, second) = read(document(statement(batch))).statements[0].transactions
    assert (first.amount, second.amount) == (Decimal("700.00"), Decimal("500.00"))
    assert (first.detail_number, second.detail_number) == (1, 2)
    assert first.entry_reference == second.entry_reference == "R1"
    assert (first.batch_id, second.text) == ("B7", "F-2")


def test_credits_and_debits_within_one_entry_are_netted() -> None:
    batch = entry("200.00", details=detail("700.00", direction="CRDT") + detail("500.00", direction="DBIT"))
    found = read(document(statement(batch))).statements[0].transactions
    assert [t.amount for t in found] == [Decimal("700.00"), Decimal("-500.00")]


@pytest.mark.parametrize(
    ("details", "code"),
    [
        (detail("700.00") + detail("400.00"), "DETAILS_DO_NOT_ADD_UP"),
        (detail() + detail(text="F-2"), "DETAILS_WITHOUT_AMOUNTS"),
    ],
)
def test_a_batch_that_does_not_add_up_stays_one_movement(details: str, code: str) -> None:
    found = read(document(statement(entry("1200.00", details=details)))).statements[0]
    (transaction,) = found.transactions
    assert transaction.amount == Decimal("1200.00")
    assert "Facture F-1001" in transaction.text
    assert [remark.reason_code for remark in found.remarks] == [code]


def test_the_single_payment_of_an_entry_has_the_entry_amount() -> None:
    foreign = detail(more="<AmtDtls><InstdAmt><Amt Ccy='USD'>1300.00</Amt></InstdAmt></AmtDtls>")
    paid = only(entry("1200.00", details=foreign))
    assert (paid.amount, paid.currency) == (Decimal("1200.00"), "EUR")
    assert (paid.instructed_amount, paid.instructed_currency) == (Decimal("1300.00"), "USD")


def test_a_returned_direct_debit_names_the_debtor() -> None:
    reason = "<RtrInf><Rsn><Cd>MS03</Cd></Rsn></RtrInf>"
    returned = only(entry("53.00", direction="DBIT", details=detail(more=reason)))
    assert (returned.amount, returned.return_reason) == (Decimal("-53.00"), "MS03")
    assert returned.counterparty_name == "Durand et Fils"


def test_a_reversal_keeps_the_direction_the_bank_gives() -> None:
    reversed_entry = only(entry("10.00", direction="DBIT", more="<RvslInd>true</RvslInd>"))
    assert (reversed_entry.amount, reversed_entry.is_reversal) == (Decimal("-10.00"), True)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("<Cd>BOOK</Cd>", TransactionStatus.BOOKED),
        ("BOOK", TransactionStatus.BOOKED),
        ("PDNG", TransactionStatus.PENDING),
        ("INFO", TransactionStatus.INFORMATION),
        ("WHAT", TransactionStatus.UNKNOWN),
        ("", TransactionStatus.BOOKED),
    ],
)
def test_status_of_an_entry_of_a_statement(status: str, expected: TransactionStatus) -> None:
    found = read(document(statement(entry("5.00", status=status)))).statements[0]
    assert found.transactions[0].status is expected
    assert found.transaction_sum == (Decimal("5.00") if expected is TransactionStatus.BOOKED else 0)


def test_a_report_without_status_is_not_taken_for_booked() -> None:
    report = document(statement(entry(status=""), container="Rpt"), namespace=REPORT, message="BkToCstmrAcctRpt")
    (found,) = read(report).statements
    assert found.transactions[0].status is TransactionStatus.UNKNOWN
    assert found.remarks[0].reason_code == "STATUS_UNKNOWN"


@pytest.mark.parametrize(
    "booked",
    ["<DtTm>2026-01-05T23:59:00+02:00</DtTm>", "<Dt>2026-01-05Z</Dt>", "<DtTm> 2026-01-05T00:00:00.000Z</DtTm>"],
)
def test_dates_with_time_are_the_day_the_bank_wrote(booked: str) -> None:
    assert only(entry(booked=booked)).booking_date == date(2026, 1, 5)


def test_a_missing_booking_date_is_the_last_day_of_the_statement() -> None:
    content = document(statement(balance("CLBD", "5", "2026-01-09"), entry(booked="")))
    assert read(content).statements[0].transactions[0].booking_date == date(2026, 1, 9)


def test_two_equal_payments_of_one_day_both_stay() -> None:
    twins = read(document(statement(entry(), entry()))).statements[0].transactions
    assert twins[0].content_key == twins[1].content_key
    assert twins[0].dedup_key != twins[1].dedup_key


def test_overlapping_statements_give_the_same_keys() -> None:
    first = read(document(statement(entry(), entry(reference="R2"), identifier="A"))).statements[0]
    second = read(document(statement(entry(reference="R2"), entry(reference="R3"), identifier="B"))).statements[0]
    common = {t.dedup_key for t in first.transactions} & {t.dedup_key for t in second.transactions}
    assert common == {first.transactions[1].dedup_key}


def test_an_overdraft_is_negative() -> None:
    content = document(
        statement(balance("OPBD", "50.00", direction="DBIT"), balance("CLBD", "1150.00"), entry("1200.00"))
    )
    found = read(content).statements[0]
    assert found.opening
    assert (found.opening.amount, found.balanced) == (Decimal("-50.00"), True)


def test_the_line_of_a_rejected_entry_is_named() -> None:
    content = document(statement(entry(), "\n" * 70_000, entry("12..34")))
    (line,) = read(content).all_rejected
    assert line.position > 70_000
    assert "12..34" in line.content
    assert ("entry", "2") in line.reason.params
    assert reason_words(line.reason) == "Entry 2: The amount “12..34” is not a number like 12.34."


ENTITIES = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (b"   \n", "TRUNCATED"),
        (document(statement(entry()), prologue=ENTITIES), "DOCTYPE_REFUSED"),
        (in_utf16(document(statement(entry()), prologue=ENTITIES)), "DOCTYPE_REFUSED"),
        (document(statement(entry()), prologue='<!DOCTYPE d SYSTEM "file:///etc/passwd">\n'), "DOCTYPE_REFUSED"),
        (document(statement(entry(details=detail(name="Société")))).decode().encode("latin-1"), "ENCODING_WRONG"),
        (document(statement(entry())).replace(b"UTF-8", b"KLINGON"), "ENCODING_NOT_KNOWN"),
        (document(statement(entry())).replace(b"</Ntry>", b"</Entry>"), "NOT_XML"),
        (b"<a>" * 1000, "NESTED_TOO_DEEP"),
        (document(""), "NO_STATEMENT"),
    ],
)  # fmt: skip
def test_files_that_are_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert refused.value.reason_code == code


def test_declared_latin_encodings_are_read() -> None:
    content = document(statement(entry(details=detail(name="Société Élan €")))).decode()
    paid = read(content.replace("UTF-8", "ISO-8859-15").encode("iso-8859-15")).statements[0].transactions[0]
    assert paid.counterparty_name == "Société Élan €"


def test_a_file_that_is_too_large_is_refused_while_reading() -> None:
    class Handlers:
        def on_start(self, name: str, attributes: dict[str, str]) -> None: ...
        def on_end(self, name: str) -> None: ...
        def on_text(self, text: str) -> None: ...

    with pytest.raises(FileRefused) as refused:
        feed_xml(io.BytesIO(b"<a>" + b" " * 3_000_000), Handlers(), bytes_max=1 << 20)  # type: ignore[arg-type]
    assert refused.value.reason_code == "STATEMENT_TOO_LARGE"
