"""Lists of items as of any day, and the story of one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from quittance.cases.services import open_dispute
from quittance.foundation.permissions import Actor, Scope
from quittance.ledger import queries, services
from quittance.ledger.models import OpenItem
from quittance.promises.services import take_promise
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)
ALICE = Actor(label="Alice")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_a_list_shows_what_was_open_on_its_day(cast: Cast) -> None:
    invoice = make_item(cast.account, "100", due=DAY - timedelta(days=4))
    payment = make_item(cast.account, "-60", due=DAY, issued=DAY)
    services.allocate(
        debit_item_id=invoice.id, credit_item_id=payment.id, amount=Decimal(60), effective_date=DAY, actor=ALICE
    )
    open_now = {row["id"]: row for row in queries.list_items(as_of=DAY)}
    open_before = {row["id"]: row for row in queries.list_items(as_of=DAY - timedelta(days=1))}
    all_now = queries.list_items(as_of=DAY, is_open=False, customer_id=cast.durand.id)

    assert {id_: row["open_amount"] for id_, row in open_now.items()} == {invoice.id: 40}
    assert {id_: row["open_amount"] for id_, row in open_before.items()} == {invoice.id: 100}
    assert (open_now[invoice.id]["days_late"], open_before[invoice.id]["days_late"]) == (4, 3)
    assert all_now.count() == 2


def test_states_tell_who_holds_an_item(cast: Cast) -> None:
    disputed = make_item(cast.account, "100", due=DAY)
    promised = make_item(cast.account, "100", due=DAY)
    plain = make_item(cast.account, "100", due=DAY)
    open_dispute(item_id=disputed.id, amount=Decimal(1), reason_code="PRICE", opened_date=DAY, actor=ALICE)
    take_promise(
        account_id=cast.account.id, item_ids=[promised.id], made_on=DAY, promised_date=DAY, actor=ALICE, amount=None
    )
    states = {row["id"]: row["state"] for row in queries.list_items(as_of=DAY)}
    assert states == {disputed.id: "DISPUTED", promised.id: "PROMISED", plain.id: ""}
    later = {row["id"]: row["state"] for row in queries.list_items(as_of=DAY + timedelta(days=4))}
    assert later[promised.id] == ""


def test_a_stranger_sees_nothing(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DAY)
    stranger = Scope(company_ids=frozenset({cast.other_company.id}))
    assert not queries.list_items(as_of=DAY, scope=stranger)
    assert queries.find_item(item_id=item.id, as_of=DAY, scope=stranger) is None
    assert queries.search_items(text=item.document_number, as_of=DAY, scope=stranger) == []
    assert queries.aged_balance(as_of=DAY, scope=stranger).rows == ()
    assert not queries.list_items(as_of=DAY, scope=Scope(department_id=cast.services.id))


def test_an_item_tells_its_story(cast: Cast, django_assert_max_num_queries: object) -> None:
    invoice = make_item(cast.account, "100", due=DAY, number="F-2026-7")
    OpenItem.objects.filter(id=invoice.id).update(version=2, due_date=DAY + timedelta(days=30))
    payment = make_item(cast.account, "-60", due=DAY)
    allocation = services.allocate(
        debit_item_id=invoice.id, credit_item_id=payment.id, amount=Decimal(60), effective_date=DAY, actor=ALICE
    )
    services.reverse_allocation(allocation_id=allocation, effective_date=DAY, reason="not theirs", actor=ALICE)
    detail = queries.find_item(item_id=invoice.id, as_of=DAY)
    assert detail is not None
    assert detail.row["open_amount"] == 100
    assert [(a["other_item_id"], a["reversal_reason"]) for a in detail.allocations] == [(payment.id, "not theirs")]
    assert [version["row"]["due_date"] for version in detail.versions] == [DAY.isoformat()]
    assert [event["kind"] for event in detail.events] == ["allocation.reversed", "allocation.posted"]


@pytest.mark.parametrize("text", ["f-2026", "F-2026-7", "100", "100,00", "100.00"])
def test_search_finds_numbers_and_amounts(cast: Cast, text: str) -> None:
    invoice = make_item(cast.account, "100", due=DAY, number="F-2026-7")
    make_item(cast.account, "55", due=DAY, number="G-1")
    assert [row["id"] for row in queries.search_items(text=text, as_of=DAY)] == [invoice.id]
