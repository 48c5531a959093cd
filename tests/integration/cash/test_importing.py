"""Taking bank files in: once, whole, and with everything said that was not kept."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from quittance.cash import queries, services
from quittance.cash.models import BankStatement, BankTransaction
from quittance.foundation.models import ImportBatch, RejectedLine
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.parties.models import Company, CompanyBankAccount, User
from tests.adapters.statements.samples import balance, balanced_statement, detail, document, entry, statement
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db
NOTIFICATION = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.04"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def take_in(content: bytes, *, company_id: int | None = None, name: str = "statement.xml") -> services.StatementImport:
    return services.import_statement(stream=io.BytesIO(content), filename=name, actor=SYSTEM, company_id=company_id)


def test_a_statement_is_kept_with_its_movements_and_its_check(cast: Cast) -> None:
    result = take_in(balanced_statement())
    assert (result.status, result.format) == ("DONE", "camt.053.001.08")
    assert (result.transactions_read, result.transactions_new, result.duplicates, result.rejected) == (3, 3, 0, 0)
    assert (result.opening, result.closing, result.sum) == (Decimal("100.00"), Decimal("1587.50"), Decimal("1487.50"))
    assert result.balanced is True
    kept = BankStatement.objects.get()
    assert (kept.bank_account_id, kept.is_balanced, kept.transaction_count) == (cast.bank_account.id, True, 3)
    states = list(BankTransaction.objects.order_by("id").values_list("amount", "state"))
    assert states == [(Decimal("1200"), "WAITING"), (Decimal("300"), "WAITING"), (Decimal("-12.5"), "OUTGOING")]


def test_the_bank_data_becomes_fresh(cast: Cast) -> None:
    assert queries.bank_data_age_days(company_id=cast.company.id, as_of=date(2026, 1, 7)) is None
    take_in(balanced_statement())
    assert queries.bank_data_age_days(company_id=cast.company.id, as_of=date(2026, 1, 7)) == 2


def test_the_same_file_twice_changes_nothing_and_says_so(cast: Cast) -> None:
    take_in(balanced_statement())
    again = take_in(balanced_statement(), name="copy.xml")
    assert (again.status, again.transactions_new, again.duplicates) == ("UNCHANGED", 0, 3)
    assert (BankStatement.objects.count(), BankTransaction.objects.count()) == (1, 3)


def test_two_equal_payments_of_one_day_are_both_kept_even_in_two_statements_that_follow(cast: Cast) -> None:
    first = document(statement(balance("OPBD", "0"), balance("CLBD", "10"), entry("10", reference=""), identifier="A"))
    second = document(
        statement(balance("OPBD", "10"), balance("CLBD", "30"), entry("10", reference=""), entry("10", reference=""),
                  identifier="B", sequence="2")
    )  # fmt: skip
    assert take_in(first).transactions_new == 1
    assert take_in(second).transactions_new == 2
    assert take_in(second).duplicates == 2
    assert BankTransaction.objects.filter(amount=10).count() == 3


def test_what_an_overlapping_statement_repeats_is_not_kept_twice(cast: Cast) -> None:
    take_in(document(statement(entry("10", reference=""), entry("11"), identifier="A")))
    overlap = document(statement(entry("10", reference=""), entry("10", reference=""), entry("12"), identifier="B"))
    result = take_in(overlap)
    assert (result.transactions_new, result.duplicates) == (2, 1)


def test_a_notification_details_the_sum_that_the_statement_booked(cast: Cast) -> None:
    booked = document(statement(entry("1200.00", reference="BATCH-1")))
    payments = detail("700.00", text="F-1") + detail("500.00", text="F-2")
    details = document(
        statement(entry("1200.00", reference="BATCH-1", details=payments), identifier="N", container="Ntfctn"),
        namespace=NOTIFICATION,
        message="BkToCstmrDbtCdtNtfctn",
    )
    take_in(booked)
    assert take_in(details).transactions_new == 2
    waiting = BankTransaction.objects.filter(state="WAITING").values_list("amount", flat=True)
    assert sorted(waiting) == [Decimal("500"), Decimal("700")]
    assert BankTransaction.objects.get(state="SET_ASIDE").waiting_reason == "DETAILED_BY_NOTIFICATION"


def test_a_statement_adds_nothing_to_the_notification_that_came_before(cast: Cast) -> None:
    payments = detail("700.00", text="F-1") + detail("500.00", text="F-2")
    take_in(
        document(
            statement(entry("1200.00", reference="BATCH-1", details=payments), identifier="N", container="Ntfctn"),
            namespace=NOTIFICATION,
            message="BkToCstmrDbtCdtNtfctn",
        )
    )
    result = take_in(document(statement(entry("1200.00", reference="BATCH-1"))))
    assert (result.transactions_new, result.duplicates) == (0, 1)


def test_a_missing_statement_is_reported_and_forgiven_when_it_comes(cast: Cast) -> None:
    def day(number: int, opening: str, closing: str) -> bytes:
        when = f"2026-01-{number:02d}"
        return document(
            statement(balance("OPBD", opening, when), balance("CLBD", closing, when),
                      entry("10", booked=f"<Dt>{when}</Dt>", reference=f"R{number}"), identifier=f"S{number}")
        )  # fmt: skip

    take_in(day(5, "0", "10"))
    assert take_in(day(7, "20", "30")).gap_count == 1
    assert take_in(day(6, "10", "20")).gap_count == 0
    assert not BankStatement.objects.filter(has_gap_before=True).exists()


def test_bad_movements_are_listed_and_the_rest_is_in(cast: Cast) -> None:
    result = take_in(document(statement(entry("12,5O"), entry("4.00"))))
    assert (result.status, result.rejected, result.transactions_new) == ("DONE_WITH_REJECTS", 1, 1)
    line = RejectedLine.objects.get(batch_id=result.batch_id)
    assert (line.reason_code, line.position, line.is_warning) == ("AMOUNT_UNREADABLE", 4, False)


def test_what_is_not_booked_is_counted_and_not_kept(cast: Cast) -> None:
    result = take_in(document(statement(entry("5.00", status="PDNG"), entry("4.00"))))
    assert (result.transactions_read, result.transactions_new, result.pending) == (2, 1, 1)


def test_a_refused_file_leaves_only_its_refusal(cast: Cast) -> None:
    result = take_in(balanced_statement()[:900])
    assert result.is_refused
    assert result.reason and result.reason.code == "TRUNCATED"
    assert BankStatement.objects.count() == 0
    batch = ImportBatch.objects.get(pk=result.batch_id)
    assert (batch.status, batch.reason_code) == ("REFUSED", "TRUNCATED")
    assert int(batch.reason_params["line"]) > 1


def test_a_file_that_fails_half_way_leaves_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("the power went out")

    monkeypatch.setattr("quittance.cash.services.importing.mark_gaps", fail)
    with pytest.raises(RuntimeError):
        take_in(balanced_statement())
    assert (BankStatement.objects.count(), BankTransaction.objects.count()) == (0, 0)
    assert ImportBatch.objects.count() == 0


def test_an_unknown_bank_account_is_rejected_while_nobody_can_say_whose_it_is(cast: Cast) -> None:
    strange = document(statement(entry(), iban="DE89370400440532013000"))
    result = take_in(strange)
    assert (result.rejected, result.transactions_new, result.transactions_read) == (1, 0, 1)
    assert result.rejected_lines[0].reason_code == "BANK_ACCOUNT_UNKNOWN"
    assert take_in(strange, company_id=cast.company.id).transactions_new == 1
    assert not CompanyBankAccount.objects.get(iban="DE89370400440532013000").is_shown_on_notices


def test_nobody_brings_movements_to_a_company_that_is_not_theirs(cast: Cast) -> None:
    def taken_by(person: User, content: bytes) -> tuple[int, int]:
        result = services.import_statement(
            stream=io.BytesIO(content), filename="s.xml", actor=Actor(label=person.name, user_id=person.pk)
        )
        return result.rejected, result.transactions_new

    known = balanced_statement()
    named = document(statement(entry(), iban="DE89370400440532013000")).replace(b"Quai Nord SA", b"Arvor Distribution")
    assert taken_by(cast.charlie, known) == (1, 0)
    assert taken_by(cast.charlie, named) == (1, 0)
    assert not BankTransaction.objects.exists()
    assert RejectedLine.objects.filter(reason_code="BANK_ACCOUNT_UNKNOWN").exists()
    assert taken_by(cast.clara, known) == (0, 3)


def test_the_owner_of_the_account_says_which_company_it_is_of(cast: Cast) -> None:
    content = document(statement(entry(), iban="DE89370400440532013000")).replace(b"Quai Nord SA", b"OTHER Trading")
    assert take_in(content).company_ids == (cast.other_company.id,)


def test_the_first_statement_of_an_empty_installation_names_the_company() -> None:
    assert take_in(balanced_statement()).transactions_new == 3
    assert Company.objects.get().name == "Quai Nord SA"


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_an_archive_is_read_like_its_files(cast: Cast) -> None:
    other = document(statement(entry("7.00", reference="Z"), identifier="Z"))
    assert take_in(zipped(a=balanced_statement(), b=other)).transactions_new == 4


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (zipped(a=b"\x00" * 40_000_000), "ARCHIVE_BOMB"),
        (zipped(a=zipped(b=balanced_statement())), "FORMAT_UNKNOWN"),
        (zipped(a=balanced_statement())[:300], "ARCHIVE_UNREADABLE"),
        (b"PK\x03\x04 and then nothing", "ARCHIVE_UNREADABLE"),
        (zipped(), "FORMAT_UNKNOWN"),
        (b"Dear customer, please find nothing here\n", "FORMAT_UNKNOWN"),
        (b"", "EMPTY"),
    ],
)
def test_archives_and_strangers_are_refused_by_name(cast: Cast, content: bytes, code: str) -> None:
    result = take_in(content)
    assert result.reason
    assert result.reason.code == code
