"""One credit for many customers: a collection of debits, found by name or by sum, applied whole or not at all."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from quittance.cash import services
from quittance.cash.models import BankTransaction, MatchProposal, PayerIdentity
from quittance.cash.services import MatchRun
from quittance.debits.models import DebitCollection
from quittance.foundation.models import Event
from quittance.foundation.permissions import SYSTEM
from quittance.ledger import services as ledger
from quittance.ledger.models import Allocation, OpenItem
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_cast, make_item
from tests.integration.debits.desk import (
    COLLECTED_ON,
    IBAN_ELSEWHERE,
    TODAY,
    another_account,
    debits,
    left_for_the_bank,
    reject,
    settle_how,
    sign,
)

pytestmark = pytest.mark.django_db

AMOUNTS = ("100.00", "250.50", "49.90")


@pytest.fixture
def cast() -> Cast:
    found = make_cast()
    settle_how(found)
    return found


@pytest.fixture
def collection(cast: Cast) -> DebitCollection:
    """Three customers at the bank; the first owes two items and has a credit note."""
    sign(cast.account)
    make_item(cast.account, "60.00", due=TODAY)
    make_item(cast.account, "60.00", due=TODAY)
    make_item(cast.account, "-20.00", due=TODAY, kind="CREDIT_NOTE")
    for number, amount in zip(("411MARTIN", "411PAUL"), AMOUNTS[1:], strict=True):
        account = another_account(cast, number)
        sign(account, debtor_name=number.title(), iban=IBAN_ELSEWHERE)
        make_item(account, amount, due=TODAY)
    return left_for_the_bank(cast)


def credit(
    amount: str | Decimal, *, reference: str = "B1", batch: str = "", text: str = "", day: date = COLLECTED_ON,
    details: str = "",
) -> BankTransaction:  # fmt: skip
    """Take in one credit of the bank that names no payer, unless `details` do."""
    inner = f"<Btch><PmtInfId>{batch}</PmtInfId></Btch>" if batch else ""
    more = f"<AddtlNtryInf>{text}</AddtlNtryInf>" if text else ""
    one = entry(str(amount), reference=reference, booked=f"<Dt>{day}</Dt>", details=inner + details, more=more)
    before = set(BankTransaction.objects.values_list("id", flat=True))
    content = document(statement(one, identifier=reference))
    services.import_statement(stream=io.BytesIO(content), filename=f"{reference}.xml", actor=SYSTEM)
    return BankTransaction.objects.exclude(id__in=before).get()


def match(cast: Cast, day: date = COLLECTED_ON, **more: Any) -> MatchRun:
    return services.match_transactions(company_id=cast.company.pk, as_of=day, **more)


def all_open() -> Decimal:
    return sum((item.amount_open for item in OpenItem.objects.all()), Decimal(0))


def test_a_credit_that_names_its_group_is_split_and_applied_to_every_item(
    cast: Cast, collection: DebitCollection
) -> None:
    line = credit(collection.amount, batch=debits(collection)[0].payment_information_id)
    run = match(cast)
    assert (run.considered, run.applied, run.unexplained) == (1, 1, 0)
    line.refresh_from_db()
    assert line.state == "SPLIT"
    parts = list(line.parts.order_by("detail_number"))
    assert [part.amount for part in parts] == [Decimal(amount) for amount in AMOUNTS]
    assert {part.state for part in parts} == {"MATCHED"}
    assert [part.end_to_end_id for part in parts] == [one.end_to_end_id for one in debits(collection)]
    assert not OpenItem.objects.exclude(amount_open=0).exists()
    collection.refresh_from_db()
    assert (collection.state, collection.settled_on) == ("SETTLED", COLLECTED_ON)
    assert set(MatchProposal.objects.values_list("strategy", "is_automatic")) == {("DIRECT_DEBIT", True)}
    assert set(Allocation.objects.values_list("strategy", flat=True)) == {"DIRECT_DEBIT"}
    (told,) = Event.objects.filter(kind="transaction.split_by_itself")
    assert (told.payload["count"], told.payload["collection"]) == (3, collection.message_id)
    assert match(cast).considered == 0, "nothing is left to do"


@pytest.mark.parametrize("text", ["REMISE {name}", "PRLV SEPA REF {name} 3 OPERATIONS", "{spaced}"])
def test_the_name_of_the_file_in_the_text_is_enough(cast: Cast, collection: DebitCollection, text: str) -> None:
    name = collection.message_id
    line = credit(collection.amount, text=text.format(name=name, spaced=name.replace("-", " ")))
    assert match(cast).applied == 1
    line.refresh_from_db()
    assert line.state == "SPLIT"


def test_a_credit_that_names_nothing_is_found_by_sum_and_day(cast: Cast, collection: DebitCollection) -> None:
    line = credit(collection.amount, day=COLLECTED_ON + timedelta(days=1))
    match(cast, COLLECTED_ON + timedelta(days=1))
    line.refresh_from_db()
    assert line.state == "SPLIT"
    assert all_open() == 0


@pytest.mark.parametrize("why", ["another day", "another credit", "a payer", "another sum"])
def test_sum_and_day_alone_are_never_a_guess(cast: Cast, collection: DebitCollection, why: str) -> None:
    amount, day = collection.amount, COLLECTED_ON
    if why == "another day":
        day -= timedelta(days=1)
    if why == "another credit":
        credit(amount, reference="B2")
    if why == "another sum":
        amount -= 1
    credit(amount, day=day, details=detail(name="Zut", text="") if why == "a payer" else "")
    assert match(cast).applied == 0
    assert not BankTransaction.objects.filter(parent__isnull=False).exists()
    collection.refresh_from_db()
    assert collection.state == "EXPORTED"


def test_what_the_bank_rejected_first_is_not_in_the_credit(cast: Cast, collection: DebitCollection) -> None:
    reject(collection, 2)
    line = credit(Decimal("149.90"), text=collection.message_id)
    assert match(cast).applied == 1
    line.refresh_from_db()
    assert [part.amount for part in line.parts.order_by("id")] == [Decimal("100.00"), Decimal("49.90")]
    assert all_open() == Decimal("250.50"), "what was rejected is owed"


def test_another_sum_than_that_of_its_name_waits_and_says_so(cast: Cast, collection: DebitCollection) -> None:
    line = credit(Decimal("149.90"), text=collection.message_id)
    run = match(cast)
    assert (run.considered, run.applied, run.unexplained) == (1, 0, 1)
    line.refresh_from_db()
    assert (line.state, line.waiting_reason) == ("WAITING", "BULK_DIFFERS")
    reject(collection, 2)
    assert match(cast).applied == 1, "the answer of the bank explains it"


def test_a_customer_that_quotes_our_file_is_matched_like_any_other(cast: Cast, collection: DebitCollection) -> None:
    make_item(cast.account, "77.70", due=TODAY, number="FA-2026-777")
    line = credit("77.70", details=detail(text=f"FA-2026-777 {collection.message_id}"))
    assert match(cast).applied == 1
    line.refresh_from_db()
    assert line.state == "MATCHED"


def test_nothing_is_applied_when_one_item_was_paid_meanwhile(cast: Cast, collection: DebitCollection) -> None:
    item = OpenItem.objects.get(amount_original="49.90")
    payment = ledger.post_payment(
        account_id=item.account_id, amount=Decimal("49.90"), currency="EUR", payment_date=TODAY, source="TEST",
        external_id="P", actor=SYSTEM,
    )  # fmt: skip
    ledger.allocate(
        debit_item_id=item.pk, credit_item_id=payment, amount=Decimal("49.90"), effective_date=TODAY, actor=SYSTEM
    )
    line = credit(collection.amount, text=collection.message_id)
    assert match(cast).applied == 0
    line.refresh_from_db()
    assert (line.state, line.waiting_reason) == ("WAITING", "BULK_TAKEN")
    assert not line.parts.exists()
    collection.refresh_from_db()
    assert collection.state == "EXPORTED"
    assert OpenItem.objects.filter(kind="PAYMENT").count() == 1
    client, page = Client(), reverse("cash_line", args=[line.id])
    client.force_login(cast.clara)
    assert reverse("cash_split_debits", args=[line.id]) in client.get(page).content.decode()
    settled = client.post(reverse("cash_split_debits", args=[line.id]), follow=True).content.decode()
    assert "what could not be applied waits part by part" in settled
    states = line.parts.order_by("detail_number").values_list("state", "waiting_reason")
    assert list(states) == [("MATCHED", ""), ("MATCHED", ""), ("WAITING", "ITEM_TAKEN")]
    collection.refresh_from_db()
    assert collection.state == "SETTLED", "the money came in, whatever it pays"
    with pytest.raises(services.NotWaiting):
        services.split_by_debits(transaction_id=line.id, actor=SYSTEM)


def test_only_the_sum_of_a_collection_is_split_in_debits(cast: Cast, collection: DebitCollection) -> None:
    line = credit("1.00", text=collection.message_id)
    with pytest.raises(services.CollectionNotFound):
        services.split_by_debits(transaction_id=line.id, actor=SYSTEM)


def test_two_credits_that_name_one_collection_pay_it_once(cast: Cast, collection: DebitCollection) -> None:
    credit(collection.amount, reference="B1", text=collection.message_id)
    credit(collection.amount, reference="B2", text=f"AVIS {collection.message_id}")
    assert match(cast).applied == 1
    assert BankTransaction.objects.filter(state="WAITING", waiting_reason="BULK_DIFFERS").count() == 1
    assert all_open() == 0


def test_debits_that_the_bank_books_one_by_one_are_found_by_their_references(
    cast: Cast, collection: DebitCollection
) -> None:
    for number, one in enumerate(debits(collection)):
        named = detail(str(one.amount), name="", iban="", text="").replace("NOTPROVIDED", one.end_to_end_id)
        credit(one.amount, reference=f"D{number}", details=named)
    run = match(cast)
    assert (run.considered, run.applied) == (3, 3)
    assert all_open() == 0
    collection.refresh_from_db()
    assert collection.state == "SETTLED"
    assert set(MatchProposal.objects.values_list("strategy", flat=True)) == {"DIRECT_DEBIT"}


def test_a_debit_of_another_amount_is_not_applied_by_its_reference(cast: Cast, collection: DebitCollection) -> None:
    one = debits(collection)[1]
    named = detail("1.00", name="", iban="", text="").replace("NOTPROVIDED", one.end_to_end_id)
    line = credit("1.00", details=named)
    match(cast)
    line.refresh_from_db()
    assert line.state == "WAITING"
    one.refresh_from_db()
    assert one.state == "SENT"


def test_a_part_is_undone_by_itself_and_what_was_put_together_is_left_to_people(
    cast: Cast, collection: DebitCollection
) -> None:
    line = credit(collection.amount, text=collection.message_id)
    match(cast)
    for part in line.parts.all():
        services.undo_match(transaction_id=part.id, effective_date=COLLECTED_ON, reason="wrong", actor=SYSTEM)
    assert all_open() == Decimal("400.40")
    services.merge_parts(transaction_id=line.id, actor=SYSTEM)
    assert match(cast).applied == 0
    line.refresh_from_db()
    assert line.state == "WAITING"


def test_what_only_proposes_splits_nothing(cast: Cast, collection: DebitCollection) -> None:
    line = credit(collection.amount, text=collection.message_id)
    match(cast, may_apply=False)
    line.refresh_from_db()
    assert line.state == "WAITING"


def test_the_accounts_of_the_mandates_are_learnt(cast: Cast, collection: DebitCollection) -> None:
    credit(collection.amount, text=collection.message_id)
    match(cast)
    learnt = PayerIdentity.objects.filter(kind="IBAN").values_list("customer__name", flat=True)
    assert sorted(learnt) == ["411Martin", "411Paul", "Durand & Fils"]
