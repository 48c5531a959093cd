"""Debts are handed over with what was owed then, come back or are closed, and are held meanwhile."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor, Scope
from quittance.ledger import services as ledger
from quittance.ledger.models import OpenItem
from quittance.litigation import queries, services
from quittance.litigation.models import Handover, HandoverItem
from quittance.promises import plans
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
ALICE = Actor(label="Alice")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def today() -> date:
    return clock.today()


def prepare(cast: Cast, *items: OpenItem, on: date) -> int:
    return services.prepare_handover(
        account_id=cast.account.id,
        item_ids=[item.id for item in items],
        to_kind="AGENCY",
        to_name=" Recouvrement  du Ponant ",
        reason="Three reminders and two calls without an answer",
        prepared_on=on,
        actor=ALICE,
    )


def test_a_hand_over_holds_its_items_from_its_day_until_it_ends(cast: Cast, today: date) -> None:
    item = make_item(cast.account, "900", due=today - timedelta(days=120))
    made, given, back = (today - timedelta(days=days) for days in (30, 20, 5))
    handover_id = prepare(cast, item, on=made)
    assert not queries.item_ids_handed_over(as_of=today)
    services.hand_over(handover_id=handover_id, on_date=given, actor=ALICE, to_reference="RP-77")
    assert queries.find_live_handover(item_id=item.id) == {
        "handover_id": handover_id,
        "state": "HANDED_OVER",
        "to_name": "Recouvrement du Ponant",
        "to_kind": "AGENCY",
    }
    payment = make_item(cast.account, "-300", due=back)
    ledger.allocate(
        debit_item_id=item.id, credit_item_id=payment.id, amount=Decimal(300), effective_date=back, actor=ALICE
    )
    services.end_handover(
        handover_id=handover_id,
        state="RETURNED",
        on_date=back,
        result="PART_RECOVERED",
        actor=ALICE,
        comment="300 came",
    )
    days = [given - timedelta(days=1), given, back - timedelta(days=1), back]
    assert [queries.item_ids_handed_over(as_of=day).count() for day in days] == [0, 1, 1, 0]
    row = queries.find_handover(handover_id=handover_id, as_of=today)
    assert row is not None
    assert (row["amount_company_then"], row["amount_company_open"], row["to_reference"]) == (900, 600, "RP-77")
    assert [one["proposal"] for one in queries.list_items_of_handover(handover_id=handover_id)] == ["DUNNING"]
    kinds = Event.objects.filter(subject_kind="handover").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["handover.prepared", "handover.handed_over", "handover.returned"]


def test_a_write_off_is_only_proposed(cast: Cast, today: date) -> None:
    lost, owed = (make_item(cast.account, amount, due=today - timedelta(days=200)) for amount in ("100", "50"))
    handover_id = prepare(cast, lost, owed, on=today)
    services.hand_over(handover_id=handover_id, on_date=today, actor=ALICE)
    services.end_handover(
        handover_id=handover_id,
        state="CLOSED",
        on_date=today,
        result="INSOLVENT",
        actor=ALICE,
        proposals={lost.id: "WRITE_OFF"},
    )
    lost.refresh_from_db()
    assert lost.amount_open == 100
    row = queries.list_handovers(as_of=today).get(id=handover_id)
    assert (row["state"], row["write_off_count"]) == ("CLOSED", 1)
    again = prepare(cast, lost, owed, on=today)
    assert again != handover_id


def test_what_cannot_be_handed_over(cast: Cast, today: date) -> None:
    item = make_item(cast.account, "100", due=today)
    credit = make_item(cast.account, "-100", due=today)
    other = make_account(cast.durand, cast.company, cast.services, number="411OTHER")
    strange = make_item(other, "10", due=today)
    for items in ([], [credit], [item, strange]):
        with pytest.raises(services.HandoverRefused):
            prepare(cast, *items, on=today)
    planned = make_item(cast.account, "70", due=today)
    plan_id = plans.propose_plan(
        account_id=cast.account.id,
        item_ids=[planned.id],
        choice=plans.PlanChoice(count=2, first_date=today),
        made_on=today,
        actor=ALICE,
    )
    plans.accept_plan(plan_id=plan_id, accepted_on=today, accepted_by="Marie Petit", via="COLLECTOR", actor=ALICE)
    with pytest.raises(services.HandoverRefused, match="payment plan"):
        prepare(cast, planned, on=today)
    handover_id = prepare(cast, item, on=today)
    with pytest.raises(services.ItemHandedOver):
        prepare(cast, item, on=today)
    with pytest.raises(services.HandoverRefused):
        services.end_handover(handover_id=handover_id, state="CLOSED", on_date=today, result="RECOVERED", actor=ALICE)
    services.cancel_handover(handover_id=handover_id, on_date=today, actor=ALICE, reason="paid by phone")
    for change in (services.hand_over, services.cancel_handover):
        with pytest.raises(services.HandoverRefused):
            change(handover_id=handover_id, on_date=today, actor=ALICE)
    with pytest.raises(services.HandoverNotFound):
        services.hand_over(handover_id=0, on_date=today, actor=ALICE)
    assert prepare(cast, item, on=today)


def test_days_and_results_make_sense(cast: Cast, today: date) -> None:
    item = make_item(cast.account, "100", due=today)
    handover_id = prepare(cast, item, on=today)
    with pytest.raises(services.HandoverRefused, match="before"):
        services.hand_over(handover_id=handover_id, on_date=today - timedelta(days=1), actor=ALICE)
    services.hand_over(handover_id=handover_id, on_date=today, actor=ALICE)
    good = {"handover_id": handover_id, "state": "RETURNED", "on_date": today, "result": "NOT_RECOVERED"}
    wrong = (
        {"state": "PREPARED"},
        {"result": ""},
        {"on_date": today - timedelta(days=1)},
        {"proposals": {item.id + 1: "WRITE_OFF"}},
        {"proposals": {item.id: "FORGET"}},
    )
    for change in wrong:
        with pytest.raises(services.HandoverRefused):
            services.end_handover(**{**good, **change}, actor=ALICE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("litigation_handover", "state = 'HANDED_OVER'"),
        ("litigation_handover", "state = 'RETURNED', handed_over_on = prepared_on, ended_on = prepared_on"),
        ("litigation_handover", "to_name = ''"),
        ("litigation_handoveritem", "amount_then = amount_then + 1"),
    ],
)
def test_the_database_keeps_what_was_handed_over(cast: Cast, today: date, table: str, change: str) -> None:
    prepare(cast, make_item(cast.account, "100", due=today), on=today)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {change}")
    with pytest.raises(IntegrityError), transaction.atomic():
        HandoverItem.objects.all().delete()


def test_a_stranger_sees_no_hand_over(cast: Cast, today: date) -> None:
    handover_id = prepare(cast, make_item(cast.account, "100", due=today), on=today)
    elsewhere = Scope(company_ids=frozenset({cast.other_company.id}))
    assert queries.find_handover(handover_id=handover_id, as_of=today, scope=elsewhere) is None
    assert queries.list_handovers(as_of=today, customer_id=cast.durand.id).count() == 1
    assert Handover.objects.get().prepared_by_name == "Alice"
