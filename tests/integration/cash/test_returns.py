"""The bank takes a payment back: what it had paid is open again, once, told with its reason, and can be undone."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest

from quittance.cash import queries, services
from quittance.cash.models import BankTransaction
from quittance.cash.returns import get_return, list_return_candidates, list_returns
from quittance.foundation.models import Event
from quittance.foundation.permissions import SYSTEM, Actor, Scope
from quittance.ledger.models import OpenItem
from quittance.ledger.queries import list_items
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
CLARA = Actor(label="Clara")
PAID, BACK, TODAY = date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 20)
NO_MONEY = "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def movement(amount: str, *, e2e: str, on: date, text: str = "", is_return: bool = False, ref: str = "R1") -> str:
    told = detail(text=text, more=NO_MONEY if is_return else "").replace("NOTPROVIDED", e2e)
    return entry(
        amount, direction="DBIT" if is_return else "CRDT", booked=f"<Dt>{on}</Dt>", reference=ref, details=told
    )


def receive(*entries: str) -> None:
    content = document(statement(*entries))
    services.import_statement(stream=io.BytesIO(content), filename="s.xml", actor=SYSTEM)


def run(cast: Cast) -> services.MatchRun:
    return services.match_transactions(company_id=cast.company.id, as_of=TODAY)


def lines() -> tuple[BankTransaction, BankTransaction]:
    payment = BankTransaction.objects.get(amount__gt=0)
    return payment, BankTransaction.objects.get(amount__lt=0)


def open_on(day: date) -> Decimal:
    return sum((row["open_amount"] for row in list_items(as_of=day)), Decimal(0))


def paid_and_returned(cast: Cast, *, e2e: str = "SDD-77", back: str = "SDD-77") -> OpenItem:
    item = make_item(cast.account, "1200", due=PAID, number="FA-2026-001")
    receive(movement("1200.00", e2e=e2e, on=PAID, text="FA-2026-001"))
    receive(movement("1200.00", e2e=back, on=BACK, is_return=True, ref="R2"))
    return item


def test_a_return_that_names_its_payment_opens_the_item_again_by_itself(cast: Cast) -> None:
    item = paid_and_returned(cast)
    assert run(cast) == services.MatchRun(considered=1, applied=1, returned=1)
    payment, back = lines()
    item.refresh_from_db()
    assert (item.amount_open, payment.state, back.state) == (Decimal("1200"), "RETURNED", "MATCHED")
    assert (back.returned_transaction_id, back.customer_id, back.account_id) == (
        payment.id, cast.durand.id, cast.account.id,
    )  # fmt: skip
    assert run(cast) == services.MatchRun()

    # Until the day of the return the item was paid, and no money was lost or made.
    assert (open_on(date(2026, 1, 8)), open_on(BACK), open_on(TODAY)) == (0, Decimal("1200"), Decimal("1200"))
    assert OpenItem.objects.exclude(amount_open=0).get() == item


def test_the_reason_is_told_on_the_item_and_of_the_customer(cast: Cast) -> None:
    item = paid_and_returned(cast)
    run(cast)
    event = Event.objects.get(kind="payment.returned")
    assert (event.item_id, event.account_id, event.payload["return_reason"]) == (item.id, cast.account.id, "AM04")
    assert (event.payload["amount"], event.payload["paid_date"]) == ("1200.0000", "2026-01-05")
    (told,) = list_returns(customer_id=cast.durand.id, since=PAID)
    assert (told["return_reason"], told["amount"], told["booking_date"]) == ("AM04", Decimal("-1200"), BACK)
    assert list_returns(customer_id=cast.durand.id, since=TODAY) == []
    stranger = Scope(company_ids=frozenset({cast.other_company.id}))
    assert list_returns(customer_id=cast.durand.id, since=PAID, scope=stranger) == []


@pytest.mark.parametrize("second", ["SDD-77", "SDD-78"])
def test_a_return_that_does_not_name_exactly_one_payment_waits_for_a_person(cast: Cast, second: str) -> None:
    """Two payments have the reference, or none has."""
    make_item(cast.account, "1200", due=PAID, number="FA-2026-001")
    make_item(cast.account, "1200", due=PAID, number="FA-2026-002")
    receive(
        movement("1200.00", e2e=second, on=PAID, text="FA-2026-001"),
        movement("1200.00", e2e=second, on=PAID, text="FA-2026-002", ref="R3"),
        movement("1200.00", e2e="SDD-77", on=BACK, is_return=True, ref="R2"),
    )
    assert run(cast) == services.MatchRun(considered=2, applied=2)
    back = BankTransaction.objects.get(amount__lt=0)
    assert (back.state, back.waiting_reason) == ("WAITING", "RETURNED")
    found = list_return_candidates(transaction_id=back.id)
    assert len(found) == 2
    assert ("REFERENCE" in found[0].evidence) is (second == "SDD-77")
    assert found[0].customer_name == "Durand & Fils"

    services.reverse_returned(transaction_id=back.id, original_id=found[0].id, actor=CLARA)
    assert OpenItem.objects.exclude(amount_open=0).get().document_number in ("FA-2026-001", "FA-2026-002")
    with pytest.raises(services.NotWaiting):
        services.reverse_returned(transaction_id=back.id, original_id=found[1].id, actor=CLARA)
    assert list_return_candidates(transaction_id=back.id) == []


def test_a_return_undone_puts_the_payment_back_where_it_was(cast: Cast) -> None:
    item = paid_and_returned(cast)
    run(cast)
    payment, back = lines()
    services.undo_match(transaction_id=back.id, effective_date=TODAY, reason="another payer's", actor=CLARA)
    payment, back = lines()
    item.refresh_from_db()
    assert (item.amount_open, payment.state, back.state, back.waiting_reason) == (0, "MATCHED", "WAITING", "RETURNED")
    assert (payment.account_id, back.returned_transaction_id, back.customer_id) == (cast.account.id, None, None)
    assert not OpenItem.objects.exclude(amount_open=0).exists()
    assert [open_on(day) for day in (date(2026, 1, 8), BACK, date(2026, 1, 19), TODAY)] == [0, 1200, 1200, 0]

    # The machine keeps its hands off; a person may say it again, and may undo the payment itself.
    assert run(cast) == services.MatchRun()
    services.reverse_returned(transaction_id=back.id, original_id=payment.id, actor=CLARA)
    item.refresh_from_db()
    assert item.amount_open == Decimal("1200")
    services.undo_match(transaction_id=back.id, effective_date=TODAY, reason="again", actor=CLARA)
    services.undo_match(transaction_id=payment.id, effective_date=TODAY, reason="not theirs", actor=CLARA)
    item.refresh_from_db()
    payment, _back = lines()
    assert (item.amount_open, payment.state) == (Decimal("1200"), "WAITING")


def test_a_return_undone_after_the_item_was_paid_otherwise_leaves_the_payment_waiting(cast: Cast) -> None:
    item = paid_and_returned(cast)
    run(cast)
    receive(movement("1200.00", e2e="VIR-1", on=date(2026, 1, 15), text="FA-2026-001", ref="R5"))
    run(cast)
    item.refresh_from_db()
    assert item.amount_open == 0
    back = BankTransaction.objects.get(amount__lt=0)
    services.undo_match(transaction_id=back.id, effective_date=TODAY, reason="not returned", actor=CLARA)
    payment = BankTransaction.objects.get(end_to_end_id="SDD-77", amount__gt=0)
    assert (payment.state, payment.account_id, payment.payment_item_id) == ("WAITING", None, None)
    assert not OpenItem.objects.exclude(amount_open=0).exists()


def test_money_that_stood_unapplied_is_taken_back_and_given_back(cast: Cast) -> None:
    receive(movement("61.00", e2e="X-1", on=PAID, text="acompte"))
    payment = BankTransaction.objects.get()
    services.post_on_account(transaction_id=payment.id, account_id=cast.account.id, actor=CLARA)
    receive(movement("61.00", e2e="X-1", on=BACK, is_return=True, ref="R2"))
    assert run(cast).returned == 1
    assert open_on(TODAY) == 0
    assert Event.objects.get(kind="payment.returned").item_id is None
    _payment, back = lines()
    services.undo_match(transaction_id=back.id, effective_date=TODAY, reason="no", actor=CLARA)
    payment, _back = lines()
    assert (payment.state, queries.get_transaction(transaction_id=payment.id).amount_unapplied) == (
        "UNAPPLIED", Decimal("61"),
    )  # fmt: skip


def test_what_is_no_return_of_a_payment_is_refused(cast: Cast) -> None:
    make_item(cast.account, "1200", due=PAID, number="FA-2026-001")
    receive(movement("1200.00", e2e="A", on=PAID, text="FA-2026-001"))
    receive(movement("700.00", e2e="A", on=BACK, is_return=True, ref="R2"))
    run(cast)
    payment, back = lines()
    with pytest.raises(services.ReturnDiffers):
        services.reverse_returned(transaction_id=back.id, original_id=payment.id, actor=CLARA)
    with pytest.raises(services.NotWaiting):
        services.reverse_returned(transaction_id=payment.id, original_id=payment.id, actor=CLARA)
    with pytest.raises(services.TransactionNotFound):
        services.reverse_returned(transaction_id=back.id, original_id=0, actor=CLARA)
    stranger = Scope(company_ids=frozenset({cast.other_company.id}))
    with pytest.raises(services.TransactionNotFound):
        services.reverse_returned(transaction_id=back.id, original_id=payment.id, actor=CLARA, scope=stranger)


def test_a_return_shows_what_it_opened_again_and_nothing_else(cast: Cast) -> None:
    item = paid_and_returned(cast)
    run(cast)
    payment, back = lines()
    found = get_return(transaction_id=back.id)
    assert found["original"]["id"] == payment.id
    assert [one["debit_item_id"] for one in found["reopened"]] == [item.id]
    assert get_return(transaction_id=payment.id)["taken_back_by"]["id"] == back.id


def deposit(text: str, *, on: date, direction: str = "CRDT", ref: str = "R1", code: str = "") -> str:
    more = f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCHQ</Cd><SubFmlyCd>{code}</SubFmlyCd></Fmly></Domn></BkTxCd>"
    return entry(
        "1200.00", direction=direction, booked=f"<Dt>{on}</Dt>", reference=ref,
        more=f"{more if code else ''}<AddtlNtryInf>{text}</AddtlNtryInf>",
    )  # fmt: skip


@pytest.mark.parametrize(("text", "code"), [("IMPAYE CHEQUE 1234567", ""), ("CHEQUE 1234567", "UPCQ")])
def test_a_cheque_that_comes_back_opens_again_what_it_paid(cast: Cast, text: str, code: str) -> None:
    item = make_item(cast.account, "1200", due=PAID, number="FA-2026-001")
    receive(deposit("REMISE CHEQUE 1234567 FA-2026-001", on=PAID))
    assert run(cast).applied == 1
    receive(deposit(text, on=BACK, direction="DBIT", ref="R2", code=code))
    assert run(cast).returned == 1
    item.refresh_from_db()
    assert item.amount_open == 1200
    event = Event.objects.get(kind="payment.returned")
    assert (event.item_id, event.payload["return_reason"]) == (item.id, "UPCQ")
    assert [one["return_reason"] for one in list_returns(customer_id=cast.account.customer_id, since=PAID)] == ["UPCQ"]


@pytest.mark.parametrize("reason", ["FOCR", "DUPL", "CUST", "TECH", "FRAD"])
def test_a_recalled_transfer_opens_again_what_it_paid(cast: Cast, reason: str) -> None:
    item = make_item(cast.account, "1200", due=PAID, number="FA-2026-001")
    receive(movement("1200.00", e2e="SCT-1", on=PAID, text="FA-2026-001"))
    assert run(cast).applied == 1
    receive(movement("1200.00", e2e="SCT-1", on=BACK, is_return=True, ref="R2").replace("AM04", reason))
    assert run(cast).returned == 1
    item.refresh_from_db()
    assert item.amount_open == 1200
    assert Event.objects.get(kind="payment.returned").payload["return_reason"] == reason


def test_what_the_bank_charges_for_a_return_is_no_return(cast: Cast) -> None:
    receive(deposit("FRAIS IMPAYE CHEQUE 1234567", on=BACK, direction="DBIT"))
    assert BankTransaction.objects.get().state == "OUTGOING"


def test_another_cheque_of_the_same_amount_is_left_to_a_person(cast: Cast) -> None:
    make_item(cast.account, "1200", due=PAID, number="FA-2026-001")
    receive(deposit("REMISE CHEQUE 1234567 FA-2026-001", on=PAID))
    assert run(cast).applied == 1
    receive(deposit("IMPAYE CHEQUE 7654321", on=BACK, direction="DBIT", ref="R2"))
    assert run(cast).returned == 0
    row = BankTransaction.objects.get(amount__lt=0)
    assert (row.state, row.waiting_reason) == ("WAITING", "RETURNED")
    assert len(list_return_candidates(transaction_id=row.id)) == 1
