"""What left for the ERP comes back in its files and is not posted a second time."""

from __future__ import annotations

import importlib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from quittance.cash.models import BankTransaction
from quittance.cash.services import post_on_account, undo_match
from quittance.foundation.models import Event, ImportBatch, RejectedLine
from quittance.ledger import queries as ledger
from quittance.ledger import services as ledger_services
from quittance.ledger.models import HandedLine, OpenItem
from quittance.parties.models import Customer, CustomerAccount
from quittance.writeback import services
from quittance.writeback.services import Answer
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.cash.desk import DUE, TODAY, receipt
from tests.integration.ledger.fec_files import line, write
from tests.integration.writeback.test_queue import CLARA, export, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(tmp_path: Path, settings: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    return make_cast()


def take(path: Path, who: Cast, **options: Any) -> ImportBatch:
    options = {"source": "ERP", **options}
    batch_id = ledger_services.import_file(path=path, actor=CLARA, company_id=who.company.id, **options)
    return ImportBatch.objects.get(pk=batch_id)


def balances() -> dict[tuple[int, str], Decimal]:
    """What each account owes by currency, and how much stands on either side."""
    found: dict[tuple[int, str], Decimal] = {}
    for item in OpenItem.objects.exclude(amount_open=0):
        for side in ("", "+" if item.amount_open > 0 else "-"):
            key = (item.account_id, item.currency + side)
            found[key] = found.get(key, Decimal(0)) + item.amount_open
    return found


def fec_of(batch_id: int, path: Path) -> Path:
    path.write_bytes(services.read_batch_file(batch_id=batch_id, format="FEC").content)
    return path


def day_text(day: date) -> str:
    return day.strftime("%Y%m%d")


def make_daughter(who: Cast) -> CustomerAccount:
    customer = Customer.objects.create(number="C2", name="Atelier Lumen", parent=who.durand)
    return make_account(customer, who.company, who.department, number="411LUMEN")


def on_account(who: Cast, amount: str) -> OpenItem:
    bank_line = receipt(amount, reference=f"ON-{amount}")
    post_on_account(transaction_id=bank_line.id, account_id=who.account.id, actor=CLARA)
    return OpenItem.objects.get(pk=BankTransaction.objects.get(pk=bank_line.id).payment_item_id)


def test_the_very_file_that_left_changes_no_balance(cast: Cast, tmp_path: Path) -> None:
    daughter = make_daughter(cast)
    items = [make_item(cast.account, "60", due=DUE), make_item(daughter, "45", due=DUE)]
    pay(cast, items, "100.00", way="SMALL_DIFFERENCE")
    undone = pay(cast, [make_item(cast.account, "98", due=DUE)], "95.00", way="BANK_FEE", reference="R2")
    on_account(cast, "12.00")
    first = export(cast)
    undo_match(transaction_id=undone.id, effective_date=TODAY, reason="wrong", actor=CLARA)
    second = export(cast)
    before, count = balances(), OpenItem.objects.count()
    for number, batch_id in enumerate((first, second)):
        done = take(fec_of(batch_id, tmp_path / f"{number}.txt"), cast)
        assert (done.status, done.lines_new) == ("DONE", 0), done.report
        assert done.report["lines_returned"] == done.lines_accepted > 0
        assert (balances(), OpenItem.objects.count()) == (before, count)
    again = take(fec_of(first, tmp_path / "again.txt"), cast)
    assert again.status == "UNCHANGED"
    assert not HandedLine.objects.filter(source="").exists()


def test_the_erps_own_numbers_are_known_by_its_answer_and_by_the_document(cast: Cast, tmp_path: Path) -> None:
    payment, other = on_account(cast, "70.00"), on_account(cast, "71.00")
    batch_id = export(cast)
    rows = {row["item_id"]: row["number"] for row in services_entries(batch_id)}
    services.answer_entries(
        batch_id=batch_id, answers=[Answer(number=rows[payment.id], reference="OD-77")], actor=CLARA
    )
    number = cast.account.number
    path = write(
        tmp_path / "erp.txt",
        line("OD-77", "20260215", number, credit="70,00", piece="elsewhere"),
        line("BQ-9", "20260215", number, credit="71,00", piece=other.document_number),
        line("BQ-10", "20260215", number, credit="71,00", piece=other.document_number),
    )
    done = take(path, cast)
    assert (done.report["lines_returned"], done.lines_new) == (2, 1)
    told = Event.objects.filter(kind="item.returned_by_erp").order_by("item_id")
    assert [(event.item_id, event.payload["entry"]) for event in told] == [(payment.id, "OD-77"), (other.id, "BQ-9")]
    shown = ledger.find_item(item_id=payment.id, as_of=TODAY)
    assert shown is not None
    assert (shown.row["in_erp"]["entry"], shown.row["in_erp"]["batch"]) == ("OD-77", done.id)
    assert not HandedLine.objects.filter(item=payment).exclude(returned_at__isnull=False).exists()


def services_entries(batch_id: int) -> list[dict[str, Any]]:
    from quittance.writeback.models import WriteBackEntry

    return list(WriteBackEntry.objects.filter(batch_id=batch_id).values("item_id", "number"))


@pytest.mark.parametrize(
    "told",
    [
        {"amount": "70,01", "piece": None},
        {"amount": "70,00", "piece": "SOMETHING ELSE"},
    ],
)
def test_what_is_another_payment_is_posted(cast: Cast, tmp_path: Path, told: dict[str, str]) -> None:
    payment = on_account(cast, "70.00")
    export(cast)
    piece = told["piece"] or payment.document_number
    path = write(tmp_path / "erp.txt", line("900", "20260215", cast.account.number, credit=told["amount"], piece=piece))
    assert take(path, cast).lines_new == 1


def test_what_was_refused_or_never_left_is_not_known(cast: Cast, tmp_path: Path) -> None:
    waiting = on_account(cast, "70.00")
    number = cast.account.number
    first = take(
        write(tmp_path / "a.txt", line("1", "20260110", number, credit="70,00", piece=waiting.document_number)), cast
    )
    assert first.lines_new == 1
    refused = on_account(cast, "80.00")
    batch_id = export(cast)
    numbers = {row["item_id"]: row["number"] for row in services_entries(batch_id)}
    answers = [Answer(number=numbers[refused.id], refusal="period closed")]
    services.answer_entries(batch_id=batch_id, answers=answers, actor=CLARA)
    second = take(
        write(tmp_path / "b.txt", line("2", "20260110", number, credit="80,00", piece=refused.document_number)), cast
    )
    assert second.lines_new == 1


def test_a_document_number_of_the_erp_itself_needs_our_day(cast: Cast, tmp_path: Path) -> None:
    item = make_item(cast.account, "98", due=DUE, number="FA-1")
    pay(cast, [item], "95.00", way="BANK_FEE")
    export(cast)
    fee = HandedLine.objects.get(item__kind__in=["ADJUSTMENT", "WRITE_OFF"], is_posting=True)
    credit = f"{-fee.amount:.2f}".replace(".", ",")
    HandedLine.objects.filter(pk=fee.pk).update(document_number="FA-1")
    path = write(
        tmp_path / "erp.txt",
        line("501", "20260301", cast.account.number, credit=credit, piece="FA-1"),
        line("502", day_text(fee.day), cast.account.number, credit=credit, piece="FA-1"),
    )
    done = take(path, cast)
    assert (done.lines_new, done.report["lines_returned"]) == (1, 1)
    fee.refresh_from_db()
    assert fee.erp_entry_number == "502"


def csv_file(path: Path, *rows: tuple[str, str, str, str, str]) -> Path:
    head = "Compte client;N° pièce;Date;Montant;Lettrage;Raison sociale"
    path.write_text("\n".join([head, *(";".join([*row, "Durand"]) for row in rows)]) + "\n", encoding="utf-8")
    return path


def test_a_table_brings_them_back_too(cast: Cast, tmp_path: Path) -> None:
    payment = on_account(cast, "70.00")
    export(cast)
    before = balances()
    number = cast.account.number
    rows = [(number, payment.document_number, "15/02/2026", "-70,00", ""), (number, "FA-9", "15/02/2026", "40,00", "")]
    done = take(csv_file(tmp_path / "erp.csv", *rows), cast)
    assert (done.lines_new, done.report["lines_returned"]) == (1, 1), (done.status, done.report)
    key = (cast.account.id, "EUR-")
    assert balances()[key] == before[key] == -70


def test_a_snapshot_closes_ours_only_when_the_erp_has_spoken_of_it(cast: Cast, tmp_path: Path) -> None:
    payment, unknown = on_account(cast, "70.00"), on_account(cast, "71.00")
    export(cast)
    number = cast.account.number
    invoice = line("1", "20260101", number, debit="500,00", piece="FA-9")
    with_it = line("8", "20260215", number, credit="70,00", piece=payment.document_number)
    first = take(write(tmp_path / "a.txt", invoice, with_it), cast, is_snapshot=True)
    assert (first.report["lines_returned"], first.lines_closed) == (1, 0)
    renumbered = line("9", "20260215", number, credit="70,00", piece=payment.document_number)
    second = take(write(tmp_path / "b.txt", invoice, renumbered), cast, is_snapshot=True)
    assert (second.report["lines_returned"], second.lines_new, second.lines_closed) == (1, 0, 0)
    third = take(write(tmp_path / "c.txt", invoice), cast, is_snapshot=True)
    assert third.lines_closed == 1
    payment.refresh_from_db()
    unknown.refresh_from_db()
    assert (payment.amount_open, unknown.amount_open) == (0, -71)
    fourth = take(write(tmp_path / "d.txt", invoice, renumbered), cast, is_snapshot=True)
    payment.refresh_from_db()
    assert (fourth.report["lines_reopened"], payment.amount_open) == (1, -70)


def test_a_lettering_that_agrees_is_silent_and_one_that_differs_is_told(cast: Cast, tmp_path: Path) -> None:
    number = cast.account.number
    invoices = [line(str(place), "20260101", number, debit="50,00", piece=f"FA-{place}") for place in (1, 2, 3, 4)]
    take(write(tmp_path / "a.txt", *invoices), cast)
    items = list(OpenItem.objects.order_by("document_number"))
    paid = [pay(cast, [items[place]], "50.00", reference=f"R{place}") for place in range(3)]
    loose = on_account(cast, "50.00")
    export(cast)
    payments = [OpenItem.objects.get(pk=bank_line.payment_item_id) for bank_line in paid]

    def lettered(place: int, letter: str) -> str:
        return line(str(place), "20260101", number, debit="50,00", piece=f"FA-{place}", letter=letter)

    def back(entry: int, item: OpenItem, letter: str) -> str:
        return line(str(entry), "20260215", number, credit="50,00", piece=item.document_number, letter=letter)

    done = take(
        write(
            tmp_path / "b.txt",
            lettered(1, "A"), back(901, payments[0], "A"),
            lettered(2, "B"), back(902, payments[2], "B"),
            lettered(3, "C"), back(903, payments[1], "C"),
            lettered(4, "D"), back(904, loose, "D"),
        ),
        cast,
    )  # fmt: skip
    assert (done.report["lines_returned"], done.lines_new) == (4, 0)
    told = RejectedLine.objects.filter(batch=done).exclude(reason_code="ENTRY_NOT_BALANCED")
    assert sorted((row.reason_code, row.reason_params["letter"]) for row in told) == [
        ("LETTERS_APPLIED_OTHERWISE", "B"), ("LETTERS_APPLIED_OTHERWISE", "C"),
    ]  # fmt: skip
    assert balances() == {}
    assert OpenItem.objects.get(pk=loose.pk).allocations_out.get().origin == "ERP"
    assert services.collect_entries(company_id=cast.company.id) == 0


def test_another_amount_in_the_erp_is_told_and_changes_nothing(cast: Cast, tmp_path: Path) -> None:
    payment = on_account(cast, "70.00")
    export(cast)
    number = cast.account.number
    take(write(tmp_path / "a.txt", line("8", "20260215", number, credit="70,00", piece=payment.document_number)), cast)
    done = take(
        write(tmp_path / "b.txt", line("8", "20260215", number, credit="75,00", piece=payment.document_number)), cast
    )
    told = RejectedLine.objects.exclude(reason_code="ENTRY_NOT_BALANCED").get(batch=done)
    assert (told.reason_code, told.reason_params["amount"], told.reason_params["found"]) == (
        "OURS_DIFFERS", "-70.00", "-75.00",
    )  # fmt: skip
    payment.refresh_from_db()
    assert (payment.amount_original, OpenItem.objects.count()) == (-70, 1)


def test_what_left_before_is_kept_by_the_migration_as_the_export_keeps_it(cast: Cast) -> None:
    daughter = make_daughter(cast)
    items = [make_item(cast.account, "60", due=DUE), make_item(daughter, "45", due=DUE)]
    undone = pay(cast, items, "100.00", way="SMALL_DIFFERENCE")
    export(cast)
    undo_match(transaction_id=undone.id, effective_date=TODAY, reason="wrong", actor=CLARA)
    export(cast)
    names = [field.name for field in HandedLine._meta.fields if field.name != "id"]
    kept = list(HandedLine.objects.filter(is_posting=True).order_by("entry_number", "place").values(*names))
    HandedLine.objects.all().delete()
    fill = importlib.import_module("quittance.writeback.migrations.0003_know_what_left_before").FILL
    with connection.cursor() as cursor:
        cursor.execute(fill)
    assert list(HandedLine.objects.order_by("entry_number", "place").values(*names)) == kept
    assert len(kept) > 6
