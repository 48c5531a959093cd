"""What we decide waits for the ERP, leaves once, and is taken back when it was undone after it left."""

from __future__ import annotations

import csv
import io
import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from quittance.adapters.erp.fec import FecReader
from quittance.cash.models import BankTransaction
from quittance.cash.services import ItemChoice, post_on_account, settle_items, undo_match
from quittance.core.ports.intake import LedgerLine
from quittance.core.writeback import EntryKind, Journal, Role
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor, Scope
from quittance.ledger.models import Allocation, AllocationReversal, OpenItem
from quittance.ledger.services import allocate, reverse_allocation
from quittance.writeback import accounts, queries, services
from quittance.writeback.models import WriteBackBatch, WriteBackEntry
from quittance.writeback.services import Answer
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.cash.desk import DUE, TODAY, actor, receipt
from tests.integration.writeback.books import Books, ledger_documents

pytestmark = pytest.mark.django_db
CLARA = Actor(label="Clara")


@pytest.fixture
def cast(tmp_path: Path, settings: Any) -> Cast:
    settings.MEDIA_ROOT = tmp_path
    return make_cast()


def pay(who: Cast, items: list[OpenItem], amount: str, *, way: str = "LEAVE", reference: str = "R1") -> BankTransaction:
    line = receipt(amount, reference=reference, text=f"Paid under {reference}")
    settle_items(
        transaction_id=line.id, choices=[ItemChoice(item_id=item.id) for item in items], as_of=TODAY,
        actor=actor(who.clara), way=way,
    )  # fmt: skip
    line.refresh_from_db()
    return line


def undo(line: BankTransaction) -> None:
    undo_match(transaction_id=line.id, effective_date=TODAY, reason="wrong", actor=CLARA)


def export(who: Cast) -> int:
    return services.export_batch(company_id=who.company.id, as_of=TODAY, actor=CLARA)


def states() -> list[tuple[str, str]]:
    return list(WriteBackEntry.objects.order_by("number").values_list("kind", "state"))


def test_a_match_is_queued_once_with_its_payment_and_its_difference(cast: Cast) -> None:
    items = [make_item(cast.account, "60", due=DUE), make_item(cast.account, "45", due=DUE)]
    pay(cast, items, "100.00", way="SMALL_DIFFERENCE")
    assert services.collect_entries(company_id=cast.company.id) == 5
    assert services.collect_entries(company_id=cast.company.id) == 0
    assert services.collect_entries(company_id=cast.other_company.id) == 0
    assert sorted(kind for kind, _ in states()) == ["ALLOCATION"] * 3 + ["DIFFERENCE", "PAYMENT"]
    rows = list(queries.list_entries())
    assert [row["number"] for row in rows] == [5, 4, 3, 2, 1]
    assert {queries.letter_of(row) for row in rows if row["kind"] == "ALLOCATION"} == {"QAAA"}
    assert {row["reason"] for row in rows} == {"", "BANK", "SMALL_DIFFERENCE"}
    assert queries.count_by_state()["WAITING"] == 5


def test_what_is_undone_before_it_left_never_leaves(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DUE)
    undo(pay(cast, [item], "98.00", way="BANK_FEE"))
    services.collect_entries(company_id=cast.company.id)
    assert {state for _, state in states()} == {"CANCELLED"}
    with pytest.raises(services.NothingWaits):
        export(cast)
    assert not WriteBackBatch.objects.exists()


def test_an_undo_after_it_left_queues_what_takes_it_back(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DUE)
    line = pay(cast, [item], "98.00", way="BANK_FEE")
    books = Books()
    books.begin()
    books.take(export(cast))
    assert books.open_documents() == {}
    undo(line)
    books.take(export(cast))
    assert books.open_documents() == ledger_documents() == {(cast.account.number, item.document_number): Decimal(100)}
    kinds = [row["kind"] for row in queries.list_entries(batch_id=WriteBackBatch.objects.get(number=2).pk)]
    assert sorted(kinds) == ["ALLOCATION", "ALLOCATION", "REVERSAL", "REVERSAL", "WITHDRAWAL", "WITHDRAWAL"]


def test_lettering_of_the_erp_is_never_sent_back_but_its_undoing_by_a_person_is(cast: Cast) -> None:
    debit, credit = make_item(cast.account, "50", due=DUE), make_item(cast.account, "-50", due=DUE)
    by_erp = allocate(
        debit_item_id=debit.id, credit_item_id=credit.id, amount=Decimal(50), effective_date=DUE, actor=CLARA,
        origin="ERP", code="ABC",
    )  # fmt: skip
    assert services.collect_entries(company_id=cast.company.id) == 0
    reverse_allocation(allocation_id=by_erp, effective_date=TODAY, reason="wrong", actor=CLARA)
    assert services.collect_entries(company_id=cast.company.id) == 1
    line, _other = csv_rows(export(cast))
    assert (line["purpose"], line["letter"], line["credit"]) == ("UNLETTER", "ABC", "50.00")


def test_what_the_erp_took_back_itself_is_not_told_to_it(cast: Cast) -> None:
    debit, credit = make_item(cast.account, "50", due=DUE), make_item(cast.account, "-50", due=DUE)
    by_erp = allocate(
        debit_item_id=debit.id, credit_item_id=credit.id, amount=Decimal(50), effective_date=DUE, actor=CLARA,
        origin="ERP", code="ABC",
    )  # fmt: skip
    reverse_allocation(allocation_id=by_erp, effective_date=TODAY, reason="The ERP changed its lettering.", actor=CLARA)
    assert services.collect_entries(company_id=cast.company.id) == 0


def test_the_words_of_the_intake_are_those_that_are_looked_for() -> None:
    from quittance.ledger.intake import closing, letters
    from quittance.writeback.services.collecting import REASONS_OF_ERP

    written = Path(closing.__file__).read_text() + Path(letters.__file__).read_text()
    assert [reason for reason in REASONS_OF_ERP if f"'{reason}'" not in written] == []
    assert written.count("INSERT INTO ledger_allocationreversal") == len(REASONS_OF_ERP)


def csv_rows(batch_id: int) -> list[dict[str, str]]:
    found = services.read_batch_file(batch_id=batch_id, format="CSV")
    return list(csv.DictReader(io.StringIO(found.content.decode())))


def test_money_on_account_goes_too(cast: Cast) -> None:
    line = receipt("70.00")
    post_on_account(transaction_id=line.id, account_id=cast.account.id, actor=CLARA)
    rows = csv_rows(export(cast))
    assert [(row["account"], row["customer_account"], row["debit"], row["credit"]) for row in rows] == [
        ("512000", "", "70.00", "0.00"),
        ("411000", cast.account.number, "0.00", "70.00"),
    ]


def test_a_batch_is_the_same_bytes_every_time_and_no_spreadsheet_runs_it(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DUE, number="=1+1")
    pay(cast, [item], "100.00")
    batch_id = export(cast)
    first = {name: services.read_batch_file(batch_id=batch_id, format=name) for name in ("FEC", "CSV", "JSON")}
    again = {name: services.read_batch_file(batch_id=batch_id, format=name) for name in first}
    assert first == again
    assert [file.filename for file in first.values()] == [
        f"ARV-000001-20260110.{end}" for end in ("txt", "csv", "json")
    ]
    assert "'=1+1" in [row["document"] for row in csv_rows(batch_id)]
    stranger = Scope(company_ids=frozenset({cast.other_company.id}))
    with pytest.raises(services.BatchNotFound):
        services.read_batch_file(batch_id=batch_id, format="FEC", scope=stranger)
    event = Event.objects.get(kind="writeback.exported")
    assert event.payload["sha256"] == {name: file.sha256 for name, file in first.items()}


def test_our_own_reader_reads_our_journal_lines(cast: Cast, tmp_path: Path) -> None:
    items = [make_item(cast.account, "60", due=DUE), make_item(cast.account, "45", due=DUE)]
    other = make_item(cast.account, "33", due=DUE)
    pay(cast, items, "100.00", way="SMALL_DIFFERENCE")
    pay(cast, [other], "33.00", reference="R2")
    path = tmp_path / "back.txt"
    path.write_bytes(services.read_batch_file(batch_id=export(cast), format="FEC").content)
    reading = FecReader().open(path=path)
    found = list(reading.records())
    assert all(isinstance(one, LedgerLine) for one in found), found
    lines = [one for one in found if isinstance(one, LedgerLine)]
    letters: dict[str, list[Decimal]] = {}
    for one in lines:
        if one.letter_code:
            letters.setdefault(one.letter_code, []).append(one.amount)
    assert {code: (sum(amounts), len(amounts)) for code, amounts in letters.items()} == {"QAAA": (0, 6), "QAAB": (0, 2)}
    assert sum(one.amount for one in lines if not one.letter_code) == Decimal("-138")


def test_accounts_are_those_of_the_company(cast: Cast) -> None:
    plan = accounts.get_plan(company_id=cast.company.id)
    numbers = {**plan.account_numbers, Role.BANK_FEE: "627800"}
    assert accounts.set_plan(
        company_id=cast.company.id, account_numbers=numbers, journal_codes={**plan.journal_codes, Journal.BANK: "CIC"},
        bank_numbers={cast.bank_account.id: "512300"}, actor=CLARA,
    )  # fmt: skip
    assert Event.objects.get(kind="writeback_settings.changed").payload["after"]["BANK_FEE"] == "627800"
    pay(cast, [make_item(cast.account, "100", due=DUE)], "98.00", way="BANK_FEE")
    rows = csv_rows(export(cast))
    assert {"627800", "512300"} <= {row["account"] for row in rows}
    assert {"CIC"} == {row["journal"] for row in rows if row["account"] == "512300"}


@pytest.mark.parametrize("bad", ["", "=1", "a b", "x" * 21, "é"])
def test_an_account_that_no_file_takes_is_refused(cast: Cast, bad: str) -> None:
    plan = accounts.get_plan(company_id=cast.company.id)
    with pytest.raises(services.PlanRefused) as caught:
        accounts.set_plan(
            company_id=cast.company.id, account_numbers={**plan.account_numbers, Role.LOSS: bad},
            journal_codes=plan.journal_codes, bank_numbers={}, actor=CLARA,
        )  # fmt: skip
    assert caught.value.field == Role.LOSS


def test_two_journals_never_share_a_code(cast: Cast) -> None:
    plan = accounts.get_plan(company_id=cast.company.id)
    with pytest.raises(services.PlanRefused):
        accounts.set_plan(
            company_id=cast.company.id, account_numbers=plan.account_numbers,
            journal_codes={**plan.journal_codes, Journal.LETTERING: "BQ"}, bank_numbers={}, actor=CLARA,
        )  # fmt: skip


def test_answers_are_noted_once_and_refused_entries_leave_again(cast: Cast) -> None:
    pay(cast, [make_item(cast.account, "100", due=DUE)], "100.00")
    batch_id = export(cast)
    stranger = Scope(company_ids=frozenset({cast.other_company.id}))
    with pytest.raises(services.BatchNotFound):
        services.acknowledge_batch(batch_id=batch_id, reference="", actor=CLARA, scope=stranger)
    refused = Answer(number=2, refusal="period closed")
    first = services.acknowledge_batch(batch_id=batch_id, reference="E7", actor=CLARA, but=[refused])
    assert (first.acknowledged, first.refused, first.unfit) == (1, 1, ())
    again = services.acknowledge_batch(batch_id=batch_id, reference="E7", actor=CLARA, but=[refused])
    assert (again.acknowledged, again.refused, again.unchanged, again.unfit) == (0, 0, 1, ())
    odd = services.answer_entries(
        batch_id=batch_id, answers=[Answer(number=1, refusal="x"), Answer(number=9)], actor=CLARA
    )
    assert odd.unfit == (1, 9)
    assert services.queue_again(company_id=cast.company.id, numbers=[1, 2, 9], actor=CLARA) == 1
    second = export(cast)
    assert [row["number"] for row in queries.list_entries(batch_id=second)] == [2]
    kinds = list(Event.objects.filter(kind__startswith="writeback.").order_by("id").values_list("kind", flat=True))
    assert kinds == [
        "writeback.exported", "writeback.acknowledged", "writeback.refused", "writeback.queued_again",
        "writeback.exported",
    ]  # fmt: skip


def test_an_answer_that_cannot_be_is_refused(cast: Cast) -> None:
    pay(cast, [make_item(cast.account, "100", due=DUE)], "100.00")
    batch_id = export(cast)
    for answers in ([Answer(number=1), Answer(number=1)], [Answer(number=1, reference="x" * 81)]):
        with pytest.raises(services.AnswerRefused):
            services.answer_entries(batch_id=batch_id, answers=answers, actor=CLARA)


def test_what_was_refused_and_undone_does_not_leave_again(cast: Cast) -> None:
    line = pay(cast, [make_item(cast.account, "100", due=DUE)], "100.00")
    batch_id = export(cast)
    answers = [Answer(number=1, refusal="no"), Answer(number=2, refusal="no")]
    services.answer_entries(batch_id=batch_id, answers=answers, actor=CLARA)
    undo(line)
    services.queue_again(company_id=cast.company.id, numbers=[1, 2], actor=CLARA)
    assert {state for _, state in states()} == {"CANCELLED"}


def test_an_allocation_between_what_never_left_revives_it_when_undone(cast: Cast) -> None:
    undo(pay(cast, [make_item(cast.account, "100", due=DUE)], "100.00"))
    services.collect_entries(company_id=cast.company.id)
    between = Allocation.objects.exclude(id__in=AllocationReversal.objects.values("allocation_id")).get()
    reverse_allocation(allocation_id=between.id, effective_date=TODAY, reason="by hand", actor=CLARA)
    books = Books()
    books.begin()
    books.take(export(cast))
    assert {kind for kind, state in states() if state == "ACKNOWLEDGED"} == {"PAYMENT", "WITHDRAWAL"}
    assert books.open_documents() == ledger_documents()


def test_the_database_keeps_what_left(cast: Cast) -> None:
    pay(cast, [make_item(cast.account, "100", due=DUE)], "100.00")
    batch_id = export(cast)
    entry = WriteBackEntry.objects.filter(kind="PAYMENT")
    wrong: list[Any] = [
        lambda: entry.update(amount=1),
        lambda: entry.update(state="WAITING"),
        lambda: entry.delete(),
        lambda: WriteBackBatch.objects.filter(pk=batch_id).update(entry_count=9),
        lambda: WriteBackBatch.objects.get(pk=batch_id).files.update(sha256="0" * 64),
    ]
    for attempt in wrong:
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


@pytest.mark.parametrize("seed", range(8))
def test_the_books_of_the_erp_are_ours_whatever_the_order(cast: Cast, seed: int) -> None:
    """Matches, undos, exports, refusals in any order: nothing is missing in the ERP's books and nothing is twice."""
    chance = random.Random(seed)
    daughter = make_account(cast.durand, cast.company, cast.services, number="411SERVICES")
    books, live = Books(), []
    for number in range(6):
        amount = chance.choice(["100", "60", "45.10"])
        make_item(chance.choice([cast.account, daughter]), amount, due=DUE, number=f"F-{number}")
    books.begin()
    for step in range(30):
        action = chance.choice(["match", "match", "match", "undo", "part", "collect", "export", "again"])
        if action == "match":
            items = list(OpenItem.objects.filter(source="TEST", amount_open__gt=0).order_by("id"))
            chosen = chance.sample(items, k=min(len(items), chance.randint(0, 3)))
            owed = sum((one.amount_open for one in chosen), Decimal(0))
            short = chance.choice([Decimal(0), Decimal(0), Decimal("2.00"), Decimal("-1.50")])
            if owed > 5:
                way = chance.choice(["LEAVE", "SMALL_DIFFERENCE"]) if short else "LEAVE"
                live.append(pay(cast, chosen, f"{owed - short:.2f}", way=way, reference=f"S{seed}-{step}"))
        elif action == "undo" and live:
            undo(live.pop(chance.randrange(len(live))))
        elif action == "part":
            held = Allocation.objects.filter(reversal=None, debit_item__source="TEST", strategy="PICKED")
            one = held.order_by("id").first() if chance.random() < 0.3 else None
            if one is not None:
                reverse_allocation(allocation_id=one.id, effective_date=TODAY, reason="part", actor=CLARA)
                live = []
        elif action == "collect":
            services.collect_entries(company_id=cast.company.id)
        elif action == "again":
            refused = WriteBackEntry.objects.filter(state="REFUSED").values_list("number", flat=True)
            services.queue_again(company_id=cast.company.id, numbers=list(refused), actor=CLARA)
        elif action == "export":
            _export_and_take(cast, books, chance)
    refused = list(WriteBackEntry.objects.filter(state="REFUSED").values_list("number", flat=True))
    services.queue_again(company_id=cast.company.id, numbers=refused, actor=CLARA)
    _export_and_take(cast, books, None)
    assert books.open_documents() == ledger_documents()
    assert not WriteBackEntry.objects.filter(state__in=["WAITING", "EXPORTED", "REFUSED"]).exists()
    numbers = list(WriteBackEntry.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def _export_and_take(who: Cast, books: Books, chance: random.Random | None) -> None:
    try:
        batch_id = export(who)
    except services.NothingWaits:
        return
    numbers = [row["number"] for row in queries.list_entries(batch_id=batch_id)]
    refuses = frozenset(one for one in numbers if chance is not None and chance.random() < 0.1)
    books.take(batch_id, refuses=refuses)


def test_days_are_those_of_what_happened(cast: Cast) -> None:
    pay(cast, [make_item(cast.account, "100", due=DUE)], "100.00")
    export(cast)
    days = set(WriteBackEntry.objects.filter(kind=EntryKind.PAYMENT).values_list("day", flat=True))
    assert days == set(BankTransaction.objects.values_list("booking_date", flat=True)) != {date(1970, 1, 1)}
