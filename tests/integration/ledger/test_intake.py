"""FEC files taken in: new, again, changed, lettered, a snapshot, broken."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from quittance.foundation.models import Event, ImportBatch, RejectedLine
from quittance.foundation.permissions import Actor
from quittance.ledger import queries, services
from quittance.ledger.models import Allocation, AllocationReversal, LetterGroup, OpenItem
from quittance.parties.models import Company, Customer, CustomerAccount
from tests.integration.ledger.fec_files import line, write

pytestmark = pytest.mark.django_db
ALICE = Actor(label="Alice")


@pytest.fixture
def company() -> Company:
    return Company.objects.create(code="ARV", name="Arvor", receivable_prefixes=["411"])


def take(path: Path, company: Company, **options: Any) -> ImportBatch:
    batch_id = services.import_file(path=path, actor=ALICE, company_id=company.id, **options)
    return ImportBatch.objects.get(id=batch_id)


def open_amounts() -> dict[str, Decimal]:
    return {item.document_number: item.amount_open for item in OpenItem.objects.order_by("id")}


SALES = [
    line("1", "20250110", "DURAND", debit="120,00", letter="A"),
    line("1", "20250110", "", credit="120,00", account="707000"),
    line("2", "20250120", "DURAND", debit="80,00"),
    line("3", "20250215", "DURAND", credit="120,00", letter="A"),
    line("4", "20250216", "MOREL", debit="50,00", letter="B"),
    line("5", "20250301", "MOREL", credit="49,00", letter="B"),
]


def test_a_file_becomes_customers_items_and_allocations(company: Company, tmp_path: Path) -> None:
    batch = take(write(tmp_path / "a.txt", *SALES), company)

    assert (batch.status, batch.reason_code) == ("DONE", "")
    assert (batch.lines_read, batch.lines_accepted, batch.lines_new) == (6, 5, 5)
    assert batch.report["receivable_debit"] == "250.00"
    assert batch.report["receivable_credit"] == "169.00"
    assert (batch.report["letter_groups"], batch.report["letter_groups_applied"]) == (2, 1)
    assert sorted(CustomerAccount.objects.values_list("number", flat=True)) == ["DURAND", "MOREL"]
    assert open_amounts() == {"1": 0, "2": 80, "3": 0, "4": 50, "5": -49}
    allocation = Allocation.objects.get()
    assert (allocation.code, allocation.origin, allocation.amount) == ("A", "ERP", 120)
    assert allocation.effective_date == date(2025, 2, 15)
    group = LetterGroup.objects.get(status="UNBALANCED")
    assert (group.code, group.debit, group.credit) == ("B", 50, 49)
    assert RejectedLine.objects.get(reason_code="LETTERS_NOT_BALANCED").is_warning
    assert OpenItem.objects.get(document_number="2").due_date == date(2025, 2, 19)
    assert list(Event.objects.values_list("kind", flat=True)) == ["import.finished"]


def test_the_same_file_again_changes_nothing_and_says_so(company: Company, tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", *SALES)
    first = take(path, company)
    again = take(path, company)
    rewritten = take(write(tmp_path / "b.txt", *SALES, ""), company)

    assert (again.status, rewritten.status) == ("UNCHANGED", "UNCHANGED")
    assert again.lines_unchanged == rewritten.lines_unchanged == 5
    assert again.report["letter_groups_applied"] == rewritten.report["letter_groups_applied"] == 1
    assert again.report["same_as_batch"] == first.id
    assert "same_as_batch" not in rewritten.report
    assert OpenItem.objects.count() == 5
    assert Allocation.objects.count() == 1
    assert LetterGroup.objects.count() == 2


def test_a_year_wrongly_named_is_not_its_own_year_before(company: Company, tmp_path: Path) -> None:
    opening = line("0", "20250101", "DURAND", debit="30,00").replace("VE\tVentes", "AN\tA nouveaux")
    (tmp_path / "a").mkdir()
    first = take(write(tmp_path / "123456789FEC20501231.txt", opening, *SALES), company)
    again = take(write(tmp_path / "a" / "123456789FEC20501231.txt", opening, *SALES, ""), company)
    next_year = take(write(tmp_path / "123456789FEC20511231.txt", opening, *SALES), company)

    assert (first.lines_accepted, again.lines_accepted, next_year.lines_accepted) == (6, 6, 5)
    assert (again.status, again.report["receivable_debit"]) == ("UNCHANGED", first.report["receivable_debit"])


def test_a_changed_line_is_a_new_version_with_a_trace(company: Company, tmp_path: Path) -> None:
    take(write(tmp_path / "a.txt", *SALES), company)
    changed = [text.replace("80,00", "85,00") for text in SALES]
    batch = take(write(tmp_path / "b.txt", *changed), company)

    assert (batch.status, batch.lines_changed, batch.lines_unchanged) == ("DONE", 1, 4)
    item = OpenItem.objects.get(document_number="2")
    assert (item.version, item.amount_open) == (2, 85)
    assert item.versions.get().row["amount_original"] == 80
    event = Event.objects.get(kind="item.changed_by_erp")
    assert (event.payload["amount"], event.item_id) == ("85.0000", item.id)
    assert Decimal(event.payload["amount_before"]) == 80


def test_a_change_below_what_is_applied_is_refused_by_name(company: Company, tmp_path: Path) -> None:
    take(write(tmp_path / "a.txt", *SALES), company)
    item = OpenItem.objects.get(document_number="2")
    payment = services.post_payment(
        account_id=item.account_id,
        amount=Decimal(80),
        currency="EUR",
        payment_date=date(2025, 3, 3),
        source="BANK",
        external_id="1",
        actor=ALICE,
    )
    services.allocate(
        debit_item_id=item.id,
        credit_item_id=payment,
        amount=Decimal(60),
        effective_date=date(2025, 3, 3),
        actor=ALICE,
    )
    batch = take(write(tmp_path / "b.txt", *[text.replace("80,00", "40,00") for text in SALES]), company)

    assert (batch.status, batch.lines_rejected, batch.lines_accepted) == ("DONE_WITH_REJECTS", 1, 4)
    rejected = RejectedLine.objects.get(batch=batch, is_warning=False)
    assert (rejected.reason_code, rejected.position) == ("CHANGE_CONFLICTS", 4)
    item.refresh_from_db()
    assert (item.version, item.amount_open) == (1, 20)


def test_changed_lettering_undoes_the_old_and_applies_the_new(company: Company, tmp_path: Path) -> None:
    take(write(tmp_path / "a.txt", *SALES), company)
    relettered = [
        line("1", "20250110", "DURAND", debit="120,00"),
        line("1", "20250110", "", credit="120,00", account="707000"),
        line("2", "20250120", "DURAND", debit="80,00", letter="C", letter_day="20250401"),
        line("3", "20250215", "DURAND", credit="120,00"),
        line("4", "20250216", "MOREL", debit="50,00", letter="B"),
        line("5", "20250301", "MOREL", credit="49,00", letter="B"),
        line("6", "20250302", "MOREL", credit="1,00", letter="B"),
        line("7", "20250303", "DURAND", credit="80,00", letter="C", letter_day="20250401"),
    ]
    batch = take(write(tmp_path / "b.txt", *relettered), company)

    assert open_amounts() == {"1": 120, "2": 0, "3": -120, "4": 0, "5": 0, "6": 0, "7": 0}
    assert (batch.report["letter_groups"], batch.report["letter_groups_applied"]) == (2, 2)
    assert AllocationReversal.objects.get().allocation.code == "A"
    assert Allocation.objects.get(code="C").effective_date == date(2025, 4, 1)
    statuses = dict(LetterGroup.objects.values_list("code", "status").order_by("id"))
    assert statuses == {"A": "SUPERSEDED", "B": "APPLIED", "C": "APPLIED"}
    assert take(write(tmp_path / "c.txt", *relettered, ""), company).status == "UNCHANGED"


def test_a_group_may_be_completed_by_a_later_file_and_codes_come_again(company: Company, tmp_path: Path) -> None:
    take(write(tmp_path / "a.txt", line("1", "20250110", "DURAND", debit="120,00", letter="A")), company)
    take(write(tmp_path / "b.txt", line("2", "20250120", "DURAND", credit="120,00", letter="A")), company)
    assert open_amounts() == {"1": 0, "2": 0}
    again = write(
        tmp_path / "c.txt",
        line("8", "20260110", "DURAND", debit="7,00", letter="A"),
        line("9", "20260120", "DURAND", credit="7,00", letter="A"),
    )
    take(again, company)
    assert set(open_amounts().values()) == {Decimal(0)}
    assert not AllocationReversal.objects.exists()


def test_many_to_many_groups_split_exactly(company: Company, tmp_path: Path) -> None:
    lines = [
        line("1", "20250101", "D", debit="33,33", letter="Z"),
        line("2", "20250102", "D", debit="66,67", letter="Z"),
        line("3", "20250103", "D", credit="50,00", letter="Z"),
        line("4", "20250104", "D", credit="25,00", letter="Z"),
        line("5", "20250105", "D", credit="25,00", letter="Z"),
    ]
    take(write(tmp_path / "a.txt", *lines), company)
    assert set(open_amounts().values()) == {Decimal(0)}
    rows = Allocation.objects.order_by("debit_item_id", "credit_item_id")
    assert [row.amount for row in rows] == [Decimal("33.33"), Decimal("16.67"), 25, 25]
    assert sum(row.amount_company_debit for row in rows) == 100
    assert set(OpenItem.objects.values_list("amount_company_open", flat=True)) == {Decimal(0)}


def test_a_snapshot_closes_what_vanished_and_a_delta_does_not(company: Company, tmp_path: Path) -> None:
    take(write(tmp_path / "a.txt", *SALES), company)
    rest = SALES[:2] + SALES[3:]
    delta = take(write(tmp_path / "delta.txt", *rest), company)
    assert delta.lines_closed == 0
    assert open_amounts()["2"] == 80

    snapshot = take(write(tmp_path / "full.txt", *rest), company, is_snapshot=True)
    assert (snapshot.status, snapshot.lines_closed) == ("DONE", 1)
    item = OpenItem.objects.get(document_number="2", source="FEC-ARV")
    assert item.amount_open == 0
    counter = OpenItem.objects.get(source="ERP_CLOSURE")
    assert (counter.kind, counter.amount_original, counter.amount_open) == ("ADJUSTMENT", -80, 0)
    assert Event.objects.filter(kind="item.closed_by_erp", item_id=item.id).exists()

    back = take(write(tmp_path / "back.txt", *SALES), company, is_snapshot=True)
    item.refresh_from_db()
    assert (back.report["lines_reopened"], item.amount_open) == (1, 80)
    assert set(OpenItem.objects.filter(source="ERP_CLOSURE").values_list("amount_open", flat=True)) == {Decimal(0)}
    again = take(write(tmp_path / "full2.txt", *rest, ""), company, is_snapshot=True)
    assert again.lines_closed == 1


def test_a_snapshot_with_rejected_lines_closes_nothing(company: Company, tmp_path: Path) -> None:
    take(write(tmp_path / "a.txt", *SALES), company)
    bad = [SALES[2].replace("80,00", "12,5O")]
    batch = take(write(tmp_path / "b.txt", *SALES[3:], *bad), company, is_snapshot=True)
    assert (batch.status, batch.lines_rejected, batch.lines_closed) == ("DONE_WITH_REJECTS", 1, 0)
    assert batch.reason_code == "SNAPSHOT_REJECTED"
    assert open_amounts()["2"] == 80


def test_bad_lines_are_named_and_the_rest_is_in(company: Company, tmp_path: Path) -> None:
    lines = [*SALES, line("9", "20250231", "DURAND", debit="10,00"), line("10", "20250201", "DURAND", debit="12,5O")]
    batch = take(write(tmp_path / "a.txt", *lines), company)
    assert (batch.status, batch.lines_read, batch.lines_rejected, batch.lines_accepted) == (
        "DONE_WITH_REJECTS",
        8,
        2,
        5,
    )
    assert [row["position"] for row in RejectedLine.objects.filter(is_warning=False).values("position")] == [8, 9]
    assert take(write(tmp_path / "a.txt", *lines), company).status == "DONE_WITH_REJECTS"


def test_a_file_that_is_none_leaves_nothing(company: Company, tmp_path: Path) -> None:
    for content in (b"", b"\x00\x01\x02" * 50, b"just some words"):
        path = tmp_path / "x.txt"
        path.write_bytes(content)
        batch = take(path, company)
        assert batch.status == "REFUSED"
        assert batch.reason_code in {"EMPTY_FILE", "UNKNOWN_FORMAT", "NOT_A_TABLE"}
    assert take(tmp_path / "missing.txt", company).status == "REFUSED"
    assert not OpenItem.objects.exists()


def test_one_number_in_two_companies_is_two_customers(company: Company, tmp_path: Path) -> None:
    other = Company.objects.create(code="OTH", name="Other", receivable_prefixes=["411"])
    path = write(tmp_path / "a.txt", *SALES)
    take(path, company)
    batch = take(path, other)
    assert batch.status == "DONE"
    assert sorted(Customer.objects.values_list("number", flat=True)) == [
        "DURAND",
        "MOREL",
        "OTH-DURAND",
        "OTH-MOREL",
    ]
    collision = take(path, other, source="FEC-ARV")
    assert collision.lines_rejected == 5
    assert RejectedLine.objects.filter(batch=collision, reason_code="ID_OF_OTHER_COMPANY").count() == 5


def test_unknown_accounts_are_refused_when_none_may_be_created(company: Company, tmp_path: Path) -> None:
    take(write(tmp_path / "a.txt", *SALES[:4]), company)
    batch = take(write(tmp_path / "b.txt", *SALES), company, may_create_accounts=False)
    assert (batch.lines_rejected, batch.lines_unchanged) == (2, 3)
    assert set(RejectedLine.objects.filter(batch=batch, is_warning=False).values_list("reason_code", flat=True)) == {
        "UNKNOWN_ACCOUNT"
    }


def test_aged_balance_of_a_day_inside_the_year(company: Company, tmp_path: Path) -> None:
    take(write(tmp_path / "a.txt", *SALES), company)
    (total,) = queries.aged_balance(as_of=date(2025, 2, 14)).totals
    assert (total.not_due, total.due_1_30, total.unapplied, total.total) == (80, 120, 0, 200)


def test_an_upload_is_proposed_confirmed_and_run(company: Company, tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    path = write(tmp_path / "a.txt", *SALES)
    with path.open("rb") as file:
        batch_id = services.store_upload(file=file, filename="../../a.txt", actor=ALICE, company_id=company.id)
    proposal = services.propose_profile(batch_id=batch_id)
    assert (proposal.reader, proposal.is_ready, len(proposal.rows)) == ("fec", True, 5)
    services.start_import(batch_id=batch_id, reader="fec", settings=proposal.settings, source="X", actor=ALICE)
    with pytest.raises(services.ImportRefused):
        services.start_import(batch_id=batch_id, reader="fec", settings=proposal.settings, actor=ALICE)
    services.run_import(batch_id=batch_id)
    assert ImportBatch.objects.get(id=batch_id).status == "DONE"
    services.run_import(batch_id=batch_id)
    assert OpenItem.objects.count() == 5
