"""What cash asks of direct debits: which of them a credit pays, and which a bank line takes back."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal

import pytest

from quittance.cash import services as cash
from quittance.cash.models import BankTransaction
from quittance.debits import queries
from quittance.debits.models import DebitedItem
from quittance.foundation.models import Event
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_cast, make_item
from tests.integration.debits.desk import (
    CLARA,
    COLLECTED_ON,
    TODAY,
    another_account,
    debits,
    left_for_the_bank,
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


def test_cash_finds_what_a_credit_pays(cast: Cast) -> None:
    business = another_account(cast)
    third = another_account(cast, "411THREE")
    sign(cast.account)
    sign(third)
    sign(business, scheme="B2B")
    item = make_item(cast.account, "100", due=TODAY)
    credit = make_item(cast.account, "-30", due=TODAY, kind="CREDIT_NOTE")
    make_item(business, "40", due=TODAY)
    make_item(third, "25", due=TODAY)
    collection = left_for_the_bank(cast)
    b2b, first, _last = debits(collection)
    found = queries.find_instructions(end_to_end_ids=[first.end_to_end_id, "NONE"])
    assert list(found) == [first.end_to_end_id]
    row = found[first.end_to_end_id]
    assert (row.amount, row.account_id, row.state) == (70, cast.account.pk, "SENT")
    assert [(part.item_id, part.amount) for part in row.parts] == [(item.pk, 100), (credit.pk, -30)]
    assert queries.find_instructions(end_to_end_ids=[first.end_to_end_id], company_id=cast.other_company.pk) == {}
    core = queries.find_collection(payment_information_id=first.payment_information_id)
    whole = queries.find_collection(message_id=collection.message_id)
    assert core is not None and whole is not None
    assert (core.amount, whole.amount, len(core.instructions)) == (95, 135, 2)
    by_sum = [queries.find_collection(total=Decimal(total)) for total in (95, 40, 135, 70)]
    assert [one and one.payment_information_id for one in by_sum] == [
        first.payment_information_id, b2b.payment_information_id, "", None,
    ]  # fmt: skip
    assert queries.find_collection(message_id=collection.message_id, total=Decimal(1)) is None
    reject(collection, first.position)
    rest = queries.find_collection(payment_information_id=first.payment_information_id)
    assert rest is not None and rest.amount == 25
    assert queries.find_collection() is None


def test_a_bank_line_that_takes_a_debit_back_is_noted_and_can_be_undone(cast: Cast) -> None:
    sign(cast.account)
    make_item(cast.account, "1200", due=TODAY, number="FA-2026-001")
    (one,) = debits(left_for_the_bank(cast))
    back = COLLECTED_ON + timedelta(days=3)
    reason = "<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf>"
    details = [detail(text="FA-2026-001"), detail(more=reason)]
    named = [each.replace("NOTPROVIDED", one.end_to_end_id) for each in details]
    content = document(
        statement(
            entry("1200.00", booked=f"<Dt>{COLLECTED_ON}</Dt>", reference="R1", details=named[0]),
            entry("1200.00", direction="DBIT", booked=f"<Dt>{back}</Dt>", reference="R2", details=named[1]),
        )
    )
    cash.import_statement(stream=io.BytesIO(content), filename="s.xml", actor=CLARA)
    run = cash.match_transactions(company_id=cast.company.pk, as_of=back)
    assert run.returned == 1
    one.refresh_from_db()
    assert (one.state, one.reason_code, one.ended_on) == ("RETURNED", "MD06", back)
    assert not DebitedItem.objects.filter(until_date__isnull=True).exists()
    assert not Event.objects.filter(kind="debit.returned").exists(), "cash tells it"
    line = BankTransaction.objects.get(amount__lt=0)
    cash.undo_match(transaction_id=line.pk, effective_date=back, reason="not that one", actor=CLARA)
    one.refresh_from_db()
    assert one.state == "SETTLED"
