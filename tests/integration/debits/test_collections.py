"""Collections from proposal to money: who is in, who is told, what leaves, what the bank says."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, connection, transaction

from quittance.cases import services as cases
from quittance.cli import import_debit_status
from quittance.debits import queries, services
from quittance.debits.models import DebitCollection, DebitedItem, DebitInstruction, LeftOutItem, Mandate, StatusFile
from quittance.delivery.models import Transmission
from quittance.foundation.models import Event
from quittance.ledger import services as ledger
from quittance.ledger.models import OpenItem
from tests.adapters.payments.samples import answer, debit
from tests.cast import Cast, make_cast, make_item
from tests.integration.debits.desk import (
    CLARA,
    COLLECTED_ON,
    TODAY,
    announce,
    another_account,
    debits,
    export,
    left_for_the_bank,
    propose,
    reject,
    settle_how,
    sign,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    found = make_cast()
    settle_how(found)
    return found


def pay(account: Any, item: OpenItem, amount: str) -> None:
    credit = ledger.post_payment(
        account_id=account.pk, amount=Decimal(amount), currency="EUR", payment_date=TODAY, source="TEST",
        external_id=f"P{item.pk}", actor=CLARA,
    )  # fmt: skip
    ledger.allocate(
        debit_item_id=item.pk, credit_item_id=credit, amount=Decimal(amount), effective_date=TODAY, actor=CLARA
    )


def dispute(item: OpenItem, amount: str) -> None:
    cases.open_dispute(item_id=item.pk, amount=Decimal(amount), reason_code="PRICE", opened_date=TODAY, actor=CLARA)


def kinds(subject: str = "") -> list[str]:
    found = Event.objects.order_by("id")
    return list((found.filter(subject_kind=subject) if subject else found).values_list("kind", flat=True))


def test_what_is_due_is_proposed_and_what_is_left_out_says_why(cast: Cast) -> None:
    sign(cast.account)
    due, old = make_item(cast.account, "100", due=COLLECTED_ON), make_item(cast.account, "50", due=date(2026, 1, 5))
    credit = make_item(cast.account, "-30", due=TODAY, kind="CREDIT_NOTE")
    make_item(cast.account, "70", due=COLLECTED_ON + timedelta(days=1))
    without = another_account(cast)
    without.payment_method = "DIRECT_DEBIT"
    without.save()
    unsigned = make_item(without, "10", due=TODAY)
    by_transfer = another_account(cast, "411PAUL")
    make_item(by_transfer, "10", due=TODAY)
    collection = propose(cast)
    assert (collection.state, collection.amount, collection.instruction_count) == ("DRAFT", 120, 1)
    assert collection.collection_date == COLLECTED_ON
    (one,) = debits(collection)
    assert (one.amount, one.sequence_type, one.state) == (120, "FRST", "PLANNED")
    assert one.end_to_end_id == f"{collection.message_id}-00001"
    taken = one.items.order_by("item_id").values_list("item_id", "amount")
    assert list(taken) == [(due.pk, 100), (old.pk, 50), (credit.pk, -30)]
    assert list(LeftOutItem.objects.values_list("item_id", "reason")) == [(unsigned.pk, "NO_MANDATE")]
    assert "debit_collection.proposed" in kinds()


def test_the_day_leaves_fourteen_days_and_is_open(cast: Cast) -> None:
    sign(cast.account)
    make_item(cast.account, "100", due=TODAY)
    assert propose(cast, wanted=TODAY + timedelta(days=1)).collection_date == COLLECTED_ON
    make_item(cast.account, "100", due=TODAY)
    good_friday = date(2026, 4, 3)
    assert propose(cast, wanted=good_friday).collection_date == date(2026, 4, 7), "after Easter Monday"


def test_nothing_to_debit_is_said_with_its_reasons(cast: Cast) -> None:
    sign(cast.account, signed_on=date(2021, 1, 1))
    make_item(cast.account, "100", due=TODAY)
    with pytest.raises(services.NothingToDebit) as refused:
        propose(cast)
    assert refused.value.reasons == {"MANDATE_EXPIRED": 1}
    assert not DebitCollection.objects.exists()


def test_a_company_says_first_how_it_collects() -> None:
    cast = make_cast()
    with pytest.raises(services.DebitRefused, match="creditor identifier"):
        propose(cast)


def test_an_item_is_in_one_collection_at_a_time(cast: Cast) -> None:
    sign(cast.account)
    make_item(cast.account, "100", due=TODAY)
    first = propose(cast)
    with pytest.raises(services.NothingToDebit) as refused:
        propose(cast)
    assert refused.value.reasons == {"IN_OTHER_COLLECTION": 1}
    services.cancel_collection(collection_id=first.pk, reason="wrong day", on_date=TODAY, actor=CLARA)
    assert propose(cast).number == 2


def test_a_debit_taken_out_frees_its_items(cast: Cast) -> None:
    sign(cast.account)
    other = another_account(cast)
    sign(other)
    make_item(cast.account, "100", due=TODAY)
    make_item(other, "10", due=TODAY)
    collection = propose(cast)
    first = debits(collection)[0]
    with pytest.raises(services.DebitRefused):
        services.take_out(instruction_id=first.pk, reason=" ", on_date=TODAY, actor=CLARA)
    services.take_out(instruction_id=first.pk, reason="asked us", on_date=TODAY, actor=CLARA)
    collection.refresh_from_db()
    assert (collection.amount, collection.instruction_count) == (10, 1)
    assert propose(cast).amount == 100
    with pytest.raises(services.InstructionNotFound):
        services.take_out(instruction_id=0, reason="x", on_date=TODAY, actor=CLARA)


def test_customers_are_told_once_by_email_or_by_letter(cast: Cast) -> None:
    sign(cast.account)
    by_post = another_account(cast)
    sign(by_post, reference="RUM-7")
    make_item(cast.account, "100", due=TODAY, number="F-100")
    make_item(by_post, "10", due=TODAY)
    collection = propose(cast)
    announce(collection)
    assert services.send_notices(collection_id=collection.pk, as_of=TODAY) == 0
    mail, letter = Transmission.objects.order_by("account_id")
    assert (mail.medium, mail.purpose, mail.recipient) == ("EMAIL", "DEBIT_NOTICE", "m.petit@durand.example")
    plain = mail.body_text.replace("\xa0", " ").replace("\u202f", " ")
    assert mail.subject.replace("\xa0", " ") == "Prélèvement de 100,00 € le 16 mars 2026"
    for expected in ("F-100", "FR76 … 0189", "FR72ZZZ123456", f"M{cast.company.pk}-{cast.account.pk}-1"):
        assert expected in plain
    assert "FR7630006000011234567890189" not in mail.body_text
    assert (letter.medium, letter.postal_lines[0]) == ("LETTER", "411Martin")
    assert [one.transmission_id for one in debits(collection)] == [mail.pk, letter.pk]
    collection.refresh_from_db()
    assert (collection.state, collection.announced_on) == ("ANNOUNCED", TODAY)
    assert kinds("debit_instruction") == ["debit.announced"] * 2


def test_it_is_too_late_to_tell(cast: Cast) -> None:
    sign(cast.account)
    make_item(cast.account, "100", due=TODAY)
    collection = propose(cast)
    with pytest.raises(services.DebitRefused, match="14 days"):
        announce(collection, as_of=TODAY + timedelta(days=1))
    with pytest.raises(services.DebitRefused, match="Tell the customers"):
        export(collection)


def test_whom_nobody_can_tell_is_left_out(cast: Cast) -> None:
    lost = another_account(cast)
    lost.customer.street = lost.customer.town = ""
    lost.customer.save()
    sign(lost)
    make_item(lost, "10", due=TODAY)
    with pytest.raises(services.NothingToDebit) as refused:
        propose(cast)
    assert refused.value.reasons == {"NO_CONTACT": 1}
    settle_how(cast, notice_days=0)
    assert propose(cast).amount == 10


def test_the_file_is_written_once_and_kept(cast: Cast) -> None:
    mandate_id = sign(cast.account)
    make_item(cast.account, "100.50", due=TODAY, number="F-100")
    collection = propose(cast)
    announce(collection)
    first = export(collection)
    again = export(collection, as_of=TODAY + timedelta(days=300))
    assert first.content == again.content and first.sha256 == again.sha256
    root = ET.fromstring(first.content)
    assert [one.text for one in root.iterfind(".//{*}EndToEndId")] == [f"{collection.message_id}-00001"]
    assert [one.text for one in root.iterfind(".//{*}Ustrd")] == ["F-100"]
    assert [one.text for one in root.iterfind(".//{*}Cdtr/{*}PstlAdr/{*}TwnNm")] == ["Brest"]
    assert [one.text for one in root.iterfind(".//{*}InstdAmt")] == ["100.50"]
    collection.refresh_from_db()
    assert (collection.state, collection.filename) == ("EXPORTED", f"{collection.message_id}.xml")
    assert [one.state for one in debits(collection)] == ["SENT"]
    assert Mandate.objects.get(pk=mandate_id).last_used_on == COLLECTED_ON
    assert "debit_collection.exported" in kinds()


def test_the_second_collection_of_a_mandate_is_recurrent(cast: Cast) -> None:
    sign(cast.account)
    make_item(cast.account, "100", due=TODAY)
    left_for_the_bank(cast)
    make_item(cast.account, "20", due=TODAY)
    assert debits(propose(cast))[0].sequence_type == "RCUR"


def test_what_changed_meanwhile_is_not_debited(cast: Cast) -> None:
    accounts = [cast.account, *(another_account(cast, f"411X{n}") for n in range(4))]
    items = []
    for account in accounts:
        sign(account)
        items.append(make_item(account, "100", due=TODAY))
    collection = propose(cast)
    announce(collection)
    pay(accounts[0], items[0], "40")
    dispute(items[1], "10")
    services.cancel_mandate(
        mandate_id=Mandate.objects.get(account=accounts[2]).pk, on_date=TODAY, reason="asked", actor=CLARA
    )
    make_item(accounts[3], "-30", due=TODAY)  # credit that came later is for the next collection
    found = export(collection)
    assert found.taken_out == 3
    collection.refresh_from_db()
    assert (collection.amount, collection.instruction_count) == (200, 2)
    gone = DebitInstruction.objects.filter(state="CANCELLED")
    assert {(one.account_id, one.reason_code) for one in gone} == {(a.pk, "CHANGED") for a in accounts[:3]}
    assert DebitedItem.objects.filter(until_date__isnull=True).count() == 2


def test_the_file_is_too_late_or_empty(cast: Cast) -> None:
    sign(cast.account)
    item = make_item(cast.account, "100", due=TODAY)
    collection = propose(cast)
    announce(collection)
    with pytest.raises(services.DebitRefused, match="needed the file by"):
        export(collection, as_of=COLLECTED_ON - timedelta(days=1))
    pay(cast.account, item, "100")
    with pytest.raises(services.DebitRefused, match="Nothing is left"):
        export(collection)
    assert DebitInstruction.objects.get().state == "PLANNED", "nothing was written"


def test_a_rejected_debit_is_owed_again_and_tells_why(cast: Cast) -> None:
    other = another_account(cast)
    for account in (cast.account, other):
        sign(account)
        make_item(account, "100", due=TODAY)
    collection = left_for_the_bank(cast)
    found = reject(collection, 1)
    assert (found.status, found.accepted, found.rejected, found.amount_rejected) == ("IMPORTED", 1, 1, 100)
    assert found.reject_codes == {"AM04": 1}
    collection.refresh_from_db()
    assert collection.state == "PART_REJECTED"
    first, second = debits(collection)
    assert (first.state, first.reason_code, second.state) == ("REJECTED", "AM04", "SENT")
    told = Event.objects.get(kind="debit.rejected")
    assert (told.item_id, told.payload["reason_code"]) == (first.items.get().item_id, "AM04")
    mandate = Mandate.objects.get(pk=first.mandate_id)
    assert (mandate.state, mandate.last_used_on) == ("ACTIVE", None), "its first collection is still to come"
    signals = queries.list_failed_debits(since=TODAY, customer_id=cast.durand.pk)
    assert [(one["state"], one["reason_code"]) for one in signals] == [("REJECTED", "AM04")]


def test_the_same_answer_twice_changes_nothing(cast: Cast) -> None:
    sign(cast.account)
    make_item(cast.account, "100", due=TODAY)
    collection = left_for_the_bank(cast)
    assert reject(collection, 1).status == "IMPORTED"
    events = Event.objects.count()
    assert reject(collection, 1).status == "KNOWN"
    assert (Event.objects.count(), StatusFile.objects.count()) == (events, 1)
    collection.refresh_from_db()
    assert collection.state == "REJECTED"


def test_a_closed_account_makes_the_mandate_wait(cast: Cast) -> None:
    mandate_id = sign(cast.account)
    make_item(cast.account, "100", due=TODAY)
    reject(left_for_the_bank(cast), 1, reason="AC04")
    mandate = Mandate.objects.get(pk=mandate_id)
    assert (mandate.state, mandate.state_reason) == ("PENDING", "AC04")
    services.confirm_mandate(mandate_id=mandate_id, actor=CLARA)
    assert Mandate.objects.get(pk=mandate_id).state == "ACTIVE"
    with pytest.raises(services.DebitRefused):
        services.confirm_mandate(mandate_id=mandate_id, actor=CLARA)


def test_what_came_back_is_debited_again_only_when_a_person_says_so(cast: Cast) -> None:
    sign(cast.account)
    make_item(cast.account, "100", due=TODAY)
    collection = left_for_the_bank(cast)
    reject(collection, 1)
    with pytest.raises(services.NothingToDebit) as refused:
        propose(cast)
    assert refused.value.reasons == {"RETURNED_BEFORE": 1}
    services.allow_again(instruction_id=debits(collection)[0].pk, actor=CLARA)
    assert debits(propose(cast))[0].sequence_type == "FRST"
    with pytest.raises(services.DebitRefused):
        services.allow_again(instruction_id=debits(collection)[0].pk, actor=CLARA)


@pytest.mark.parametrize(("status", "state", "rejected"), [("ACCP", "ACCEPTED", 0), ("RJCT", "REJECTED", 2)])
def test_the_word_about_the_whole_file(cast: Cast, status: str, state: str, rejected: int) -> None:
    for account in (cast.account, another_account(cast)):
        sign(account)
        make_item(account, "100", due=TODAY)
    collection = left_for_the_bank(cast)
    content = answer(status=status, message_id=collection.message_id, reason="FF01" if rejected else "")
    found = services.import_status(stream=io.BytesIO(content), filename="a.xml", actor=CLARA)
    assert (found.accepted, found.rejected) == (2 - rejected, rejected)
    collection.refresh_from_db()
    assert collection.state == state
    assert {one.reason_code for one in debits(collection)} == ({"FF01"} if rejected else {""})


def test_answers_that_are_not_ours_or_no_answers(cast: Cast) -> None:
    assert services.import_status(
        stream=io.BytesIO(answer(message_id="SOMEBODY")), filename="a", actor=CLARA
    ).status == "NOT_OURS"  # fmt: skip
    refused = services.import_status(stream=io.BytesIO(b"hello"), filename="a", actor=CLARA)
    assert refused.status == "REFUSED" and refused.reason is not None
    assert refused.reason.code.value == "NOT_A_STATUS_REPORT"
    assert not StatusFile.objects.exists()


def test_the_money_comes_and_may_go_again(cast: Cast) -> None:
    for account in (cast.account, another_account(cast)):
        sign(account)
        make_item(account, "100", due=TODAY)
    collection = left_for_the_bank(cast)
    first, second = debits(collection)
    assert services.settle_instructions(
        end_to_end_ids=[first.end_to_end_id], settled_on=COLLECTED_ON, actor=CLARA
    ) == 1  # fmt: skip
    collection.refresh_from_db()
    assert collection.state == "ACCEPTED"
    assert services.settle_collection(collection_id=collection.pk, settled_on=COLLECTED_ON, actor=CLARA) == 1
    collection.refresh_from_db()
    assert (collection.state, collection.settled_on) == ("SETTLED", COLLECTED_ON)
    with pytest.raises(services.DebitRefused):
        services.settle_collection(collection_id=collection.pk, settled_on=COLLECTED_ON, actor=CLARA)
    with pytest.raises(services.NothingToDebit) as refused:
        propose(cast, as_of=COLLECTED_ON, wanted=COLLECTED_ON)
    assert refused.value.reasons == {"IN_OTHER_COLLECTION": 2}, "paid, though not applied yet"
    back = COLLECTED_ON + timedelta(days=3)
    services.return_instruction(end_to_end_id=second.end_to_end_id, reason_code="MD06", returned_on=back, actor=CLARA)
    second.refresh_from_db()
    assert (second.state, second.reason_code, second.ended_on) == ("RETURNED", "MD06", back)
    assert Event.objects.filter(kind="debit.returned").count() == 1
    services.undo_return(end_to_end_id=second.end_to_end_id, on_date=back, actor=CLARA)
    second.refresh_from_db()
    assert (second.state, second.reason_code) == ("SETTLED", "")
    with pytest.raises(services.DebitRefused):
        services.undo_return(end_to_end_id=second.end_to_end_id, on_date=back, actor=CLARA)
    with pytest.raises(services.InstructionNotFound):
        services.return_instruction(end_to_end_id="NONE", reason_code="", returned_on=back, actor=CLARA)


def test_a_file_given_up_leaves_no_trace_on_its_mandates(cast: Cast) -> None:
    mandate_id = sign(cast.account, is_one_off=True)
    make_item(cast.account, "100", due=TODAY)
    collection = left_for_the_bank(cast)
    mandate = Mandate.objects.get(pk=mandate_id)
    assert (mandate.state, mandate.last_used_on) == ("EXPIRED", COLLECTED_ON)
    services.cancel_collection(collection_id=collection.pk, reason="withdrawn", on_date=TODAY, actor=CLARA)
    mandate.refresh_from_db()
    assert (mandate.state, mandate.last_used_on) == ("ACTIVE", None)
    assert propose(cast).amount == 100


def test_the_database_guards_what_is_debited(cast: Cast) -> None:
    sign(cast.account)
    item = make_item(cast.account, "100", due=TODAY)
    dollars = make_item(cast.account, "100", due=TODAY + timedelta(days=300), currency="USD")
    stranger = make_item(another_account(cast), "100", due=TODAY)
    collection = propose(cast)
    (one,) = debits(collection)

    def change_and_check(change: Any) -> None:
        with transaction.atomic():
            change()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def refused(change: Any) -> None:
        with pytest.raises(IntegrityError):
            change_and_check(change)

    def debited(which: OpenItem, amount: str, then: str = "100") -> None:
        DebitedItem.objects.create(
            instruction=one, item=which, amount=Decimal(amount), amount_open_then=Decimal(then), from_date=TODAY
        )

    taken = one.items.get()
    refused(lambda: debited(item, "1"))
    refused(lambda: debited(stranger, "100"))
    refused(lambda: debited(dollars, "100"))
    refused(lambda: debited(make_item(cast.account, "10", due=TODAY), "100"))
    refused(lambda: debited(make_item(cast.account, "10", due=TODAY), "10"))  # the debit is not the sum of its items
    refused(lambda: DebitInstruction.objects.filter(pk=one.pk).update(amount=99))
    refused(lambda: DebitedItem.objects.filter(pk=taken.pk).update(amount=50))
    refused(lambda: DebitedItem.objects.filter(pk=taken.pk).delete())
    refused(lambda: DebitCollection.objects.filter(pk=collection.pk).update(currency="USD"))
    announce(collection)
    export(collection)
    refused(lambda: DebitCollection.objects.filter(pk=collection.pk).update(sha256="0" * 64))
    refused(lambda: DebitCollection.objects.filter(pk=collection.pk).update(amount=1))


def test_an_answer_comes_in_by_command(cast: Cast, tmp_path: Path) -> None:
    sign(cast.account)
    make_item(cast.account, "100", due=TODAY)
    collection = left_for_the_bank(cast)
    (one,) = debits(collection)

    def run(content: bytes) -> tuple[int, dict[str, Any]]:
        path = tmp_path / "answer.xml"
        path.write_bytes(content)
        done = CliRunner().invoke(import_debit_status.command, [str(path), "--json"])
        return done.exit_code, json.loads(done.stdout)

    assert run(b"nothing")[0] == 2
    assert run(answer(message_id="SOMEBODY"))[1]["status"] == "NOT_OURS"
    content = answer(
        [debit(one.end_to_end_id), debit("STRANGE"), debit("X", status="?")], message_id=collection.message_id
    )
    code, found = run(content)
    assert (code, found["status"], found["rejected"], found["amount_rejected"]) == (3, "IMPORTED", 1, "100.00")
    assert (found["unknown"], found["reject_codes"]) == (["STRANGE"], {"AM04": 1})
    assert found["unread_lines"][0]["reason_code"] == "ANSWER_UNKNOWN"
    assert run(content)[1]["status"] == "KNOWN"
    path = tmp_path / "answer.xml"
    plain = CliRunner().invoke(import_debit_status.command, [str(path)])
    assert plain.exit_code == 0 and "nothing changed" in plain.stdout
