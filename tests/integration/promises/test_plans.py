"""Payment plans are proposed, answered, and kept or broken by what is applied to their items."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from quittance.core.payment_plans import InvalidPlan, Rhythm
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor, Scope
from quittance.ledger import services as ledger
from quittance.ledger.models import Allocation, OpenItem
from quittance.promises import plan_queries, plans, services
from quittance.promises.models import PaymentPlan, PlannedInstalment, PromiseToPay
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
ALICE = Actor(label="Alice")
MARIE = Actor(label="Marie Petit")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def today() -> date:
    return clock.today()


def propose(cast: Cast, *items: OpenItem, on: date, count: int = 2, **fields: object) -> int:
    choice = plans.PlanChoice(
        count=count, first_date=on + timedelta(days=10), rhythm=Rhythm.FORTNIGHTLY, is_on_working_days=False
    )
    return plans.propose_plan(
        account_id=cast.account.id,
        item_ids=[item.id for item in items],
        choice=choice,
        made_on=on,
        actor=ALICE,
        **fields,  # type: ignore[arg-type]
    )


def accept(plan_id: int, on: date) -> None:
    plans.accept_plan(plan_id=plan_id, accepted_on=on, accepted_by=" Marie  Petit ", via="LINK", actor=MARIE)


def pay(cast: Cast, item: OpenItem, amount: str, on: date) -> int:
    credit = make_item(cast.account, f"-{amount}", due=on, issued=on)
    return ledger.allocate(
        debit_item_id=item.id, credit_item_id=credit.id, amount=Decimal(amount), effective_date=on, actor=ALICE
    )


def state(plan_id: int) -> str:
    return PaymentPlan.objects.get(id=plan_id).state


def parts(plan_id: int) -> list[str]:
    return list(PlannedInstalment.objects.filter(plan_id=plan_id).order_by("position").values_list("state", flat=True))


def test_an_instalment_whose_cash_nobody_has_applied_is_late_and_not_broken(cast: Cast, today: date) -> None:
    made_on = today - timedelta(days=20)
    item = make_item(cast.account, "100", due=today - timedelta(days=60))
    plan_id = propose(cast, item, on=made_on, tolerance_days=2, answer_until=today)
    paid_on = made_on + timedelta(days=10)
    cash = make_item(cast.account, "-50", due=paid_on, issued=paid_on)
    accept(plan_id, today)
    assert (state(plan_id), parts(plan_id)) == ("ACTIVE", ["LATE", "WAITING"])
    ledger.allocate(
        debit_item_id=item.id, credit_item_id=cash.id, amount=Decimal(50), effective_date=paid_on, actor=ALICE
    )
    plans.decide_plans(as_of=today)
    assert (state(plan_id), parts(plan_id)) == ("ACTIVE", ["KEPT", "WAITING"])
    # What is applied as of too late a day breaks it, though it waited.
    ledger.reverse_allocation(
        allocation_id=Allocation.objects.get().id, effective_date=paid_on, reason="wrong day", actor=ALICE
    )
    ledger.allocate(
        debit_item_id=item.id, credit_item_id=cash.id, amount=Decimal(50), effective_date=today, actor=ALICE
    )
    plans.decide_plans(as_of=today)
    assert (state(plan_id), parts(plan_id)) == ("BROKEN", ["BROKEN", "WAITING"])


def test_a_proposal_holds_nothing_until_it_is_accepted(cast: Cast, today: date) -> None:
    made_on = today - timedelta(days=2)
    late = make_item(cast.account, "100", due=today - timedelta(days=20))
    small = make_item(cast.account, "0.01", due=today - timedelta(days=10))
    plan_id = propose(cast, late, small, on=made_on)
    assert list(plan_queries.item_ids_planned(as_of=today)) == []
    accept(plan_id, today)
    assert {row["item_id"] for row in plan_queries.item_ids_planned(as_of=today)} == {late.id, small.id}
    assert list(plan_queries.item_ids_planned(as_of=today - timedelta(days=1))) == []
    plan = plan_queries.find_plan(plan_id=plan_id, as_of=today)
    assert plan is not None
    assert (plan["state"], plan["accepted_by"], plan["total"]) == ("ACTIVE", "Marie Petit", Decimal("100.01"))
    decision, rows = plan_queries.list_instalments(plan_id=plan_id, as_of=today)
    assert [row["amount"] for row in rows] == [Decimal("50.00"), Decimal("50.01")]
    assert decision.state == "ACTIVE"
    assert set(Event.objects.filter(subject_kind="plan").values_list("kind", flat=True)) == {
        "plan.proposed",
        "plan.accepted",
    }
    assert plan_queries.list_acknowledgements(item_ids=[late.id], as_of=today) == [(late.id, today, plan_id)]


def test_a_plan_is_kept_by_its_instalments_and_broken_again_when_money_goes_back(cast: Cast, today: date) -> None:
    made_on = today - timedelta(days=30)
    item = make_item(cast.account, "100", due=made_on)
    plan_id = propose(cast, item, on=made_on)
    accept(plan_id, made_on)
    assert state(plan_id) == "BROKEN"  # accepted on paper a month ago, noted today: nothing was paid since
    pay(cast, item, "50", made_on + timedelta(days=9))
    last = pay(cast, item, "50", made_on + timedelta(days=27))
    assert plans.decide_plans(as_of=today, account_ids=[cast.account.id]) == 1
    assert (state(plan_id), parts(plan_id)) == ("KEPT", ["KEPT", "KEPT"])
    assert plans.decide_plans(as_of=today) == 0
    ledger.reverse_allocation(allocation_id=last, effective_date=today, reason="bounced", actor=ALICE)
    plans.decide_plans(as_of=today)
    assert (state(plan_id), parts(plan_id)) == ("BROKEN", ["KEPT", "BROKEN"])
    decision, _rows = plan_queries.list_instalments(plan_id=plan_id, as_of=made_on + timedelta(days=25))
    assert decision.state == "ACTIVE"


def test_the_first_instalment_that_is_not_paid_breaks_the_plan(cast: Cast, today: date) -> None:
    item = make_item(cast.account, "100", due=today)
    plan_id = propose(cast, item, on=today)
    accept(plan_id, today)
    first = today + timedelta(days=10)
    plans.decide_plans(as_of=first + timedelta(days=5))
    assert (state(plan_id), parts(plan_id)) == ("ACTIVE", ["LATE", "WAITING"])
    plans.decide_plans(as_of=first + timedelta(days=6))
    assert (state(plan_id), parts(plan_id)) == ("BROKEN", ["BROKEN", "WAITING"])
    event = Event.objects.get(kind="plan.broken")
    assert (event.payload["reason"], event.payload["position"]) == ("NOT_PAID", "1")
    assert list(plan_queries.item_ids_planned(as_of=first + timedelta(days=6))) == []


def test_a_newer_plan_ends_the_review_of_the_broken_one(cast: Cast, today: date) -> None:
    item = make_item(cast.account, "100", due=today)
    old = propose(cast, item, on=today)
    accept(old, today)
    later = today + timedelta(days=16)
    plans.decide_plans(as_of=later)
    new = propose(cast, item, on=today)
    accept(new, today)
    pay(cast, item, "100", today)
    plans.decide_plans(as_of=later)
    assert (state(old), state(new)) == ("BROKEN", "KEPT")


def test_a_plan_takes_the_place_of_promises(cast: Cast, today: date) -> None:
    item = make_item(cast.account, "100", due=today)
    services.take_promise(
        account_id=cast.account.id, item_ids=[item.id], promised_date=today, made_on=today, actor=ALICE
    )
    plan_id = propose(cast, item, on=today)
    assert PromiseToPay.objects.get().state == "OPEN"
    accept(plan_id, today)
    assert PromiseToPay.objects.get().state == "WITHDRAWN"
    with pytest.raises(services.ItemInPlan):
        services.take_promise(
            account_id=cast.account.id, item_ids=[item.id], promised_date=today, made_on=today, actor=ALICE
        )


def test_proposals_end_when_declined_withdrawn_or_without_an_answer(cast: Cast, today: date) -> None:
    items = [make_item(cast.account, "100", due=today) for _ in range(3)]
    declined, withdrawn, silent = (propose(cast, item, on=today) for item in items)
    plans.decline_plan(plan_id=declined, declined_on=today, declined_by="Marie Petit", actor=MARIE, reason="too fast")
    plans.cancel_plan(plan_id=withdrawn, cancelled_on=today, actor=ALICE)
    plans.decide_plans(as_of=today + timedelta(days=14))
    assert state(silent) == "PROPOSED"
    plans.decide_plans(as_of=today + timedelta(days=15))
    ends = {row["id"]: row["end_reason"] for row in plan_queries.list_plans(as_of=today)}
    assert ends == {declined: "DECLINED", withdrawn: "WITHDRAWN", silent: "EXPIRED"}
    for plan_id in ends:
        with pytest.raises(plans.PlanNotWaiting):
            accept(plan_id, today)
        with pytest.raises(plans.PlanRefused):
            plans.cancel_plan(plan_id=plan_id, cancelled_on=today, actor=ALICE)
    assert propose(cast, *items, on=today)


def test_what_cannot_be_planned(cast: Cast, today: date) -> None:
    item = make_item(cast.account, "100", due=today)
    credit = make_item(cast.account, "-10", due=today)
    dollars = make_item(cast.account, "10", due=today, currency="USD")
    for items in ([], [credit], [item, dollars]):
        with pytest.raises(plans.PlanRefused):
            propose(cast, *items, on=today)
    with pytest.raises(InvalidPlan):
        propose(cast, item, on=today, count=0)
    plan_id = propose(cast, item, on=today)
    with pytest.raises(plans.ItemAlreadyPlanned):
        propose(cast, item, on=today)
    with pytest.raises(plans.PlanRefused, match="cannot be accepted"):
        accept(plan_id, today - timedelta(days=1))
    with pytest.raises(plans.PlanRefused, match="somebody"):
        plans.accept_plan(plan_id=plan_id, accepted_on=today, accepted_by=" ", via="LINK", actor=MARIE)
    with pytest.raises(plans.PlanNotWaiting):
        accept(plan_id, today + timedelta(days=15))
    with pytest.raises(plans.PlanNotFound):
        accept(0, today)


def test_a_link_leads_to_one_plan_and_nothing_else(cast: Cast, today: date) -> None:
    plan_id = propose(cast, make_item(cast.account, "100", due=today), on=today)
    token = plans.make_answer_token(plan_id=plan_id)
    assert plans.read_answer_token(token=token) == plan_id
    for wrong in ("", token[:-1], token + "x", "1:2:3"):
        with pytest.raises(plans.PlanNotFound):
            plans.read_answer_token(token=wrong)


def test_a_stranger_sees_no_plan(cast: Cast, today: date) -> None:
    plan_id = propose(cast, make_item(cast.account, "100", due=today), on=today)
    elsewhere = Scope(company_ids=frozenset({cast.other_company.id}))
    assert plan_queries.find_plan(plan_id=plan_id, as_of=today, scope=elsewhere) is None
    assert plan_queries.list_plans(as_of=today, scope=elsewhere).count() == 0
    assert plan_queries.list_plans(as_of=today, customer_id=cast.durand.id).count() == 1
