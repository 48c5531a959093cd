"""A debt told by day: Alice agrees on a plan with Marie of Durand, it breaks, an agency recovers what it can."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from quittance.core.payment_plans import Rhythm
from quittance.core.terms import add_months
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.ledger import services as ledger
from quittance.ledger.models import OpenItem
from quittance.litigation import limitation, queries
from quittance.litigation import services as litigation
from quittance.promises import plan_queries, plans
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
ALICE, MARIE = Actor(label="Alice"), Actor(label="Marie Petit")
MONDAY = date(2026, 3, 2)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def at(number: int) -> datetime:
    return datetime.combine(day(number), time(9), UTC)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def pay(cast: Cast, item: OpenItem, amount: str, number: int) -> None:
    credit = ledger.post_payment(
        account_id=cast.account.pk, amount=Decimal(amount), currency="EUR", payment_date=day(number), source="TEST",
        external_id=f"P{number}", actor=ALICE,
    )  # fmt: skip
    ledger.allocate(
        debit_item_id=item.pk, credit_item_id=credit, amount=Decimal(amount), effective_date=day(number), actor=ALICE
    )
    plans.decide_plans(as_of=day(number), account_ids=[cast.account.pk])


def told(plan_id: int, number: int) -> str:
    """Return the plan and its instalments as the night of a day leaves them."""
    with clock.frozen(at(number)):
        plans.decide_plans(as_of=day(number))
    decision, rows = plan_queries.list_instalments(plan_id=plan_id, as_of=day(number))
    return " ".join([decision.state, *(row["state"] for row in rows)])


def is_held(item: OpenItem, number: int) -> bool:
    """Tell whether a plan or a hand-over keeps reminders back on a day."""
    planned = plan_queries.item_ids_planned(as_of=day(number)).filter(item_id=item.pk).exists()
    return planned or queries.item_ids_handed_over(as_of=day(number)).filter(item_id=item.pk).exists()


def lapses(item: OpenItem, number: int) -> date | None:
    found = limitation.find_clock(item_id=item.pk, as_of=day(number))
    return found.end_date if found else None


def propose(cast: Cast, item: OpenItem) -> int:
    """Alice proposes three weekly instalments from the next Monday on."""
    choice = plans.PlanChoice(count=3, first_date=day(7), rhythm=Rhythm.WEEKLY)
    with clock.frozen(at(0)):
        return plans.propose_plan(
            account_id=cast.account.pk, item_ids=[item.pk], choice=choice, made_on=day(0), actor=ALICE,
            answer_until=day(4), tolerance_days=2,
        )  # fmt: skip


def test_a_plan_is_kept_week_by_week(cast: Cast) -> None:
    item = make_item(cast.account, "1000", due=day(-60), number="F1")
    plan_id = propose(cast, item)
    assert not is_held(item, 1)
    with clock.frozen(at(2)):
        plans.accept_plan(plan_id=plan_id, accepted_on=day(2), accepted_by="Marie Petit", via="LINK", actor=MARIE)
    assert [is_held(item, number) for number in (1, 2, 3)] == [False, True, True]
    for number, amount in ((7, "333.33"), (16, "333.33"), (21, "333.34")):
        assert told(plan_id, number - 1).startswith("ACTIVE")
        with clock.frozen(at(number)):
            pay(cast, item, amount, number)
    assert told(plan_id, 21) == "KEPT KEPT KEPT KEPT"
    kinds = Event.objects.filter(subject_kind="plan").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["plan.proposed", "plan.accepted", "plan.kept"]


def test_a_proposal_nobody_answers_ends_by_itself(cast: Cast) -> None:
    item = make_item(cast.account, "1000", due=day(-60), number="F1")
    plan_id = propose(cast, item)
    assert [told(plan_id, number).split()[0] for number in (4, 5)] == ["PROPOSED", "CANCELLED"]
    assert not is_held(item, 4)


def test_a_plan_breaks_the_agency_takes_over_and_gives_back(cast: Cast) -> None:
    item = make_item(cast.account, "1000", due=day(-60), number="F1")
    issued = item.document_date
    plan_id = propose(cast, item)
    with clock.frozen(at(2)):
        plans.accept_plan(plan_id=plan_id, accepted_on=day(2), accepted_by="Marie Petit", via="LINK", actor=MARIE)
    assert [lapses(item, number) for number in (1, 2)] == [add_months(issued, 60), add_months(day(2), 60)]
    with clock.frozen(at(7)):
        pay(cast, item, "333.33", 7)
    assert told(plan_id, 13) == "ACTIVE KEPT WAITING WAITING"
    assert told(plan_id, 16) == "ACTIVE KEPT LATE WAITING"
    with clock.frozen(at(16)):
        pay(cast, item, "100", 16)
    assert told(plan_id, 17) == "BROKEN KEPT PART_KEPT WAITING"
    assert [is_held(item, number) for number in (16, 17)] == [True, False]
    assert lapses(item, 17) == add_months(day(16), 60)

    with clock.frozen(at(30)):
        handover_id = litigation.prepare_handover(
            account_id=cast.account.pk, item_ids=[item.pk], to_kind="AGENCY", to_name="Recouvrement du Ponant",
            reason="plan broken, no answer", prepared_on=day(30), actor=ALICE,
        )  # fmt: skip
        limitation.record_event(item_id=item.pk, kind="FORMAL_NOTICE", event_date=day(30), actor=ALICE)
    assert not is_held(item, 30)
    assert lapses(item, 30) == add_months(day(16), 60)
    with clock.frozen(at(31)):
        litigation.hand_over(handover_id=handover_id, on_date=day(31), actor=ALICE)
    with clock.frozen(at(60)):
        pay(cast, item, "400", 60)
        litigation.end_handover(
            handover_id=handover_id, state="CLOSED", on_date=day(60), result="PART_RECOVERED", actor=ALICE,
            proposals={item.pk: "WRITE_OFF"},
        )  # fmt: skip
    assert [is_held(item, number) for number in (30, 31, 59, 60)] == [False, True, True, False]
    row = queries.find_handover(handover_id=handover_id, as_of=day(60))
    assert row is not None
    assert (row["amount_company_then"], row["amount_company_open"]) == (Decimal("566.67"), Decimal("166.67"))
    item.refresh_from_db()
    assert item.amount_open == Decimal("166.67")  # proposed for write-off, still in the books
