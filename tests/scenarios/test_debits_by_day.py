"""Direct debits told by day: who pays by debit is told and debited, never chased; what comes back is owed again."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest

from quittance.debits import services as debits
from quittance.debits.models import DebitCollection, Mandate
from quittance.dunning.models import DunningNotice
from quittance.foundation import clock
from quittance.ledger import services as ledger
from quittance.ledger.models import OpenItem
from quittance.parties.models import CompanyBankAccount
from quittance.worklist import services as worklist
from quittance.worklist.models import Task
from tests.adapters.payments.samples import answer, debit
from tests.cast import Cast, make_cast, make_item
from tests.integration.debits.desk import CLARA, another_account, settle_how, sign
from tests.integration.dunning.desk import DUE, KeepingChannel, decide_on, late, on, send_on

pytestmark = pytest.mark.django_db
DAYS = range(-20, 60)


@pytest.fixture
def cast() -> Cast:
    found = make_cast()
    settle_how(found)
    return found


@pytest.fixture
def channel() -> KeepingChannel:
    return KeepingChannel()


def notices(cast: Cast) -> int:
    return DunningNotice.objects.filter(account=cast.account).count()


def collect(cast: Cast, *, told_on: date, wanted: date) -> DebitCollection:
    with on(told_on):
        collection_id = debits.propose_collection(
            company_id=cast.company.pk, wanted_date=wanted, as_of=told_on, actor=CLARA
        )
        debits.announce_collection(collection_id=collection_id, as_of=told_on, actor=CLARA)
        debits.send_notices(collection_id=collection_id, as_of=told_on)
    return DebitCollection.objects.get(pk=collection_id)


def export(collection: DebitCollection, day: date) -> None:
    with on(day):
        debits.export_collection(collection_id=collection.pk, as_of=day, actor=CLARA)


def reject(collection: DebitCollection, day: date, reason: str = "AM04") -> None:
    names = collection.instructions.values_list("end_to_end_id", flat=True)
    content = answer([debit(name, reason=reason) for name in names], message_id=collection.message_id)
    with on(day):
        debits.import_status(stream=io.BytesIO(content), filename="answer.xml", actor=CLARA)


def test_who_pays_by_debit_is_never_chased_until_the_debit_comes_back(cast: Cast, channel: KeepingChannel) -> None:
    """The law: no reminder of any kind on any day while a debit is planned or on its way; after the return there is."""
    sign(cast.account)
    make_item(cast.account, "100", due=DUE, number="F1")
    for day in (-5, 0, 1, 7, 8):
        assert send_on(late(day), channel) and notices(cast) == 0
    assert decide_on(late(8), cast.account.pk) == "HOLD TO_BE_DEBITED"
    collection = collect(cast, told_on=late(8), wanted=late(22))
    assert decide_on(late(9), cast.account.pk) == "HOLD IN_COLLECTION"
    export(collection, late(18))
    for day in (21, 22, 35, 40):
        assert send_on(late(day), channel) and notices(cast) == 0
    reject(collection, late(41))
    assert decide_on(late(41), cast.account.pk) == "SEND FIRST_REMINDER"
    send_on(late(42), channel)
    assert [message.subject for message in channel.sent] and notices(cast) == 1
    assert DunningNotice.objects.get().state == "SENT"


def test_the_money_that_waits_on_the_desk_is_not_chased_either(cast: Cast) -> None:
    sign(cast.account)
    item = make_item(cast.account, "100", due=DUE)
    collection = collect(cast, told_on=late(0), wanted=late(14))
    export(collection, late(10))
    with on(late(15)):
        debits.settle_collection(collection_id=collection.pk, settled_on=late(14), actor=CLARA)
    assert decide_on(late(30), cast.account.pk) == "HOLD IN_COLLECTION"
    (row,) = collection.instructions.all()
    with on(late(31)):
        debits.return_instruction(
            end_to_end_id=row.end_to_end_id, reason_code="MD06", returned_on=late(31), actor=CLARA
        )
    assert decide_on(late(31), cast.account.pk) == "SEND FIRST_REMINDER"
    with on(late(32)):
        debits.allow_again(instruction_id=row.pk, actor=CLARA)
    assert decide_on(late(32), cast.account.pk) == "HOLD TO_BE_DEBITED"
    assert OpenItem.objects.get(pk=item.pk).amount_open == 100


def test_a_part_that_was_paid_leaves_the_rest_to_the_next_debit(cast: Cast) -> None:
    sign(cast.account)
    item = make_item(cast.account, "100", due=DUE)
    collection = collect(cast, told_on=late(0), wanted=late(14))
    export(collection, late(10))
    with on(late(15)):
        debits.settle_collection(collection_id=collection.pk, settled_on=late(14), actor=CLARA)
        credit = ledger.post_payment(
            account_id=cast.account.pk, amount=Decimal(100), currency="EUR", payment_date=late(14), source="TEST",
            external_id="P1", actor=CLARA,
        )  # fmt: skip
        ledger.allocate(
            debit_item_id=item.pk, credit_item_id=credit, amount=Decimal(100), effective_date=late(14), actor=CLARA
        )
    assert decide_on(late(30), cast.account.pk) in ("NOTHING", "HOLD NOTHING_DUE")


@pytest.mark.parametrize("change", ["no mandate", "cancelled", "waiting", "expired", "by transfer", "dollars"])
def test_without_a_mandate_in_force_reminders_go_as_ever(cast: Cast, change: str) -> None:
    if change != "no mandate":
        sign(cast.account, signed_on=date(2022, 1, 1) if change == "expired" else date(2025, 6, 1))
    make_item(cast.account, "100", due=DUE, currency="USD" if change == "dollars" else None)
    if change == "cancelled":
        mandate_id = Mandate.objects.get().pk
        debits.cancel_mandate(mandate_id=mandate_id, on_date=late(0), reason="asked", actor=CLARA)
    elif change == "waiting":
        Mandate.objects.update(state="PENDING", state_reason="AC04")
    elif change == "by transfer":
        type(cast.account).objects.filter(pk=cast.account.pk).update(payment_method="TRANSFER")
    assert decide_on(late(8), cast.account.pk) == "SEND FIRST_REMINDER"


def test_a_closed_account_stops_all_debits_of_its_mandate(cast: Cast) -> None:
    sign(cast.account)
    make_item(cast.account, "100", due=DUE)
    collection = collect(cast, told_on=late(0), wanted=late(14))
    export(collection, late(10))
    make_item(cast.account, "50", due=late(1))
    reject(collection, late(12), reason="AC04")
    assert decide_on(late(20), cast.account.pk) == "SEND FIRST_REMINDER"
    with pytest.raises(debits.NothingToDebit) as refused:
        debits.propose_collection(
            company_id=cast.company.pk, wanted_date=late(40), as_of=late(20), actor=CLARA
        )  # fmt: skip
    assert refused.value.reasons == {"RETURNED_BEFORE": 1, "MANDATE_NOT_ACTIVE": 1}


def test_nobody_is_asked_to_call_whom_we_debit(cast: Cast) -> None:
    chased = another_account(cast)
    sign(cast.account)
    today = clock.today()
    due = today - timedelta(days=80)
    for account in (cast.account, chased):
        make_item(account, "5000", due=due)
    CompanyBankAccount.objects.update(last_statement_date=today)
    ledger.refresh_balances(account_ids=[cast.account.pk, chased.pk], as_of=today)
    worklist.refresh_tasks(as_of=today)
    assert set(Task.objects.filter(state="OPEN").values_list("account_id", flat=True)) == {chased.pk}
