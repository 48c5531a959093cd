"""Payment plans: propose one, let the customer answer, cancel it, and judge it by what was paid."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from decimal import Decimal

from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from quittance.core.payment_plans import (
    PlanDecision,
    PlanReason,
    PlanState,
    PlanTerms,
    Rhythm,
    ScheduledInstalment,
    check_transition,
    decide_plan,
    make_schedule,
)
from quittance.core.terms import WorkingDayShift
from quittance.foundation import clock, events
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.ledger.services import LockedItem, lock_items
from quittance.parties.public_holidays import holidays_of_years
from quittance.parties.queries import AccountRow, find_customer, get_accounts
from quittance.parties.services import lock_accounts
from quittance.promises.checks import ItemsRefused, currency_of
from quittance.promises.models import PaymentPlan, PlannedInstalment, PlannedItem, PromisedItem, PromiseToPay
from quittance.promises.plan_queries import LIVE, gather_plan_facts
from quittance.promises.services import withdraw_promise

TOLERANCE_DAYS = 5
ANSWER_DAYS = 14
# Money sent back or found late can change what was decided; after this long it is left as it is.
REVIEW_DAYS_MAX = 90
_MONTHS_AT_MOST = {
    Rhythm.WEEKLY: 1, Rhythm.FORTNIGHTLY: 1, Rhythm.MONTHLY: 1, Rhythm.MONTH_END: 1, Rhythm.QUARTERLY: 3
}  # fmt: skip
_TOKEN_SALT = "quittance.payment-plan.answer"  # noqa: S105  (a name, not a secret)
_TOKEN_AGE_MAX = timedelta(days=120)

State = PaymentPlan.State
_END_REASONS: Mapping[PlanReason, str] = {
    PlanReason.EXPIRED: PaymentPlan.EndReason.EXPIRED,
    PlanReason.PAID_IN_FULL: PaymentPlan.EndReason.PAID_IN_FULL,
    PlanReason.NOT_PAID: PaymentPlan.EndReason.NOT_PAID,
    PlanReason.PAID_IN_PART: PaymentPlan.EndReason.PAID_IN_PART,
    PlanReason.PAID_LATE: PaymentPlan.EndReason.PAID_LATE,
}


class PlanNotFound(LookupError):
    """No plan has this id, or no link leads to it."""


class PlanRefused(ValueError):
    """The plan cannot be made or changed like this; the message says why."""


class ItemAlreadyPlanned(PlanRefused):
    """Another plan that is proposed or running speaks of the item: cancel it first."""


class PlanNotWaiting(PlanRefused):
    """The plan does not wait for an answer: it was answered, cancelled, or its time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChoice:
    """How a person wants a debt to be paid: ``count`` equal instalments, the first on ``first_date``."""

    count: int
    first_date: date
    rhythm: Rhythm = Rhythm.MONTHLY
    annual_rate_pct: Decimal | None = None
    is_on_working_days: bool = True


def schedule_of(
    *, choice: PlanChoice, total: Decimal, currency: str, made_on: date, country: str = ""
) -> tuple[ScheduledInstalment, ...]:
    """Return the instalments that a choice makes of a total, without writing anything.

    On working days only, they leave out weekends and the public holidays of `country`.

    :raises InvalidPlan: the choice makes no schedule
    """
    return make_schedule(
        terms=PlanTerms(
            total=total,
            currency=currency,
            count=choice.count,
            start_date=made_on,
            first_date=choice.first_date,
            rhythm=choice.rhythm,
            shift=WorkingDayShift.NEXT if choice.is_on_working_days else WorkingDayShift.NONE,
            annual_rate_pct=choice.annual_rate_pct,
            quiet_days=_quiet_days(choice, country),
        )
    )


def _quiet_days(choice: PlanChoice, country: str) -> frozenset[date]:
    """Return the public holidays of every year in which an instalment may fall due, and of the one after."""
    if not choice.is_on_working_days or not country:
        return frozenset()
    months = max(choice.count, 1) * _MONTHS_AT_MOST[choice.rhythm]
    last = choice.first_date.year + months // 12 + 1
    return holidays_of_years(country=country, years=range(choice.first_date.year, min(last, MAXYEAR) + 1))


@transaction.atomic
def propose_plan(
    *,
    account_id: int,
    item_ids: Collection[int],
    choice: PlanChoice,
    made_on: date,
    actor: Actor,
    answer_until: date | None = None,
    tolerance_days: int = TOLERANCE_DAYS,
    contact_name: str = "",
    comment: str = "",
) -> int:
    """Propose to pay all that is open of these items in instalments; return the plan's id.

    It holds no reminders until the customer accepts (`accept_plan`), by its link or by a colleague's note.

    :raises ItemNotFound: :raises PlanRefused: no open debit, several currencies or accounts; ItemAlreadyPlanned
    :raises InvalidPlan: the choice makes no schedule
    """
    items = sorted(lock_items(item_ids=item_ids).values(), key=lambda item: (item.due_date, item.id))
    currency = _check_items(items, account_id)
    total = sum((item.amount_open for item in items), Decimal(0))
    customer = find_customer(customer_id=items[0].account.customer_id) or {}
    schedule = schedule_of(
        choice=choice, total=total, currency=currency, made_on=made_on, country=customer.get("country", "")
    )
    plan = PaymentPlan.objects.create(
        account_id=account_id,
        currency=currency,
        total=total,
        interest_total=sum((part.interest for part in schedule), Decimal(0)),
        annual_rate_pct=choice.annual_rate_pct,
        made_on=made_on,
        answer_until=max(answer_until or made_on + timedelta(days=ANSWER_DAYS), made_on),
        tolerance_days=tolerance_days,
        contact_name=contact_name[:120],
        comment=comment,
        made_by_id=actor.user_id,
        recorded_at=clock.now(),
    )
    PlannedInstalment.objects.bulk_create(
        PlannedInstalment(
            plan=plan, position=part.position, due_date=part.due_date, amount=part.amount, interest_amount=part.interest
        )
        for part in schedule
    )
    PlannedItem.objects.bulk_create(
        PlannedItem(
            plan=plan,
            item_id=item.id,
            amount=item.amount_open,
            settled_before=item.amount_original - item.amount_open,
        )
        for item in items
    )
    details = {"instalments": str(len(schedule)), "text": comment, "contact": contact_name}
    events.record(_event("plan.proposed", plan, items[0].account, actor, details))
    return plan.id


@transaction.atomic
def accept_plan(*, plan_id: int, accepted_on: date, accepted_by: str, via: str, actor: Actor) -> None:
    """Put a proposed plan in force: from that day on it holds the reminders of its items.

    Open promises that speak of its items are withdrawn: the plan takes their place. It is judged at once.

    :raises PlanNotFound: :raises PlanRefused: no name, a day before the proposal; PlanNotWaiting
    """
    plan, account = _lock(plan_id)
    name = " ".join(accepted_by.split())[:120]
    if not name:
        raise PlanRefused("a plan is accepted by somebody")
    if accepted_on < plan.made_on:
        raise PlanRefused(f"a plan proposed on {plan.made_on} cannot be accepted on {accepted_on}")
    _check_waiting(plan, accepted_on)
    plan.state, plan.accepted_on = State.ACTIVE, accepted_on
    plan.accepted_by, plan.accepted_via = name, PaymentPlan.AcceptedVia(via)
    plan.save()
    replaced = PromisedItem.objects.filter(
        item_id__in=PlannedItem.objects.filter(plan=plan).values("item_id"), promise__state=PromiseToPay.State.OPEN
    )
    for promise_id in sorted(set(replaced.values_list("promise_id", flat=True))):
        withdraw_promise(promise_id=promise_id, withdrawn_date=accepted_on, actor=actor)
    events.record(_event("plan.accepted", plan, account, actor, {"accepted_by": name, "via": plan.accepted_via}))
    decide_plans(as_of=clock.today(), account_ids=[account.id], actor=actor)


@transaction.atomic
def decline_plan(*, plan_id: int, declined_on: date, declined_by: str, actor: Actor, reason: str = "") -> None:
    """Note that the customer does not want a proposed plan. :raises PlanNotFound: :raises PlanNotWaiting:"""
    plan, account = _lock(plan_id)
    _check_waiting(plan, declined_on)
    _end(plan, declined_on, PaymentPlan.EndReason.DECLINED)
    events.record(_event("plan.declined", plan, account, actor, {"declined_by": declined_by[:120], "text": reason}))


@transaction.atomic
def cancel_plan(*, plan_id: int, cancelled_on: date, actor: Actor, reason: str = "") -> None:
    """End a plan that is proposed or running, for good. :raises PlanNotFound: :raises PlanRefused: it ended already"""
    plan, account = _lock(plan_id)
    if plan.state not in (State.PROPOSED, State.ACTIVE):
        raise PlanRefused(f"plan {plan_id} is {plan.state}: it ended already")
    _end(plan, cancelled_on, PaymentPlan.EndReason.WITHDRAWN)
    events.record(_event("plan.cancelled", plan, account, actor, {"text": reason}))


@transaction.atomic
def decide_plans(*, as_of: date, account_ids: Collection[int] | None = None, actor: Actor = SYSTEM) -> int:
    """Judge plans by what was applied to their items up to a day; return how many changed state.

    Proposed and running ones, and those decided in the last 90 days unless a newer plan took over an item. Run each
    night for all accounts, and for an account as soon as cash was applied on it. Safe to run again.
    """
    found = _to_judge(as_of)
    if account_ids is not None:
        found &= Q(account__any=account_ids)
    wanted = set(PaymentPlan.objects.filter(found).values_list("account_id", flat=True))
    if not wanted:
        return 0
    lock_accounts(account_ids=wanted)
    rows = PaymentPlan.objects.filter(found, account_id__in=wanted).order_by("id").select_for_update(no_key=True)
    plans = {plan.id: plan for plan in rows}
    facts = gather_plan_facts(plan_ids=plans, as_of=as_of)
    decisions = {plan_id: decide_plan(facts=facts[plan_id], as_of=as_of) for plan_id in plans}
    changed = [plan for plan in plans.values() if _apply(plan, decisions[plan.id], as_of)]
    _keep_instalment_states(decisions)
    PaymentPlan.objects.bulk_update(
        plans.values(), ["state", "decided_date", "end_reason", "amount_paid"], batch_size=500
    )
    accounts = get_accounts(account_ids={plan.account_id for plan in changed})
    events.record_all(
        _event(_kind(plan), plan, accounts[plan.account_id], actor, _details(decisions[plan.id])) for plan in changed
    )
    return len(changed)


def make_answer_token(*, plan_id: int) -> str:
    """Return the signed text of the link by which the customer answers: good for this plan and nothing else."""
    return signing.dumps(plan_id, salt=_TOKEN_SALT)


def read_answer_token(*, token: str) -> int:
    """Return the id of the plan that a link leads to. :raises PlanNotFound: it is not one of ours, or too old"""
    try:
        return int(signing.loads(token, salt=_TOKEN_SALT, max_age=_TOKEN_AGE_MAX))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise PlanNotFound("no plan behind this link") from error


def _lock(plan_id: int) -> tuple[PaymentPlan, AccountRow]:
    account_id = PaymentPlan.objects.filter(id=plan_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise PlanNotFound(f"no plan {plan_id}")
    account = lock_accounts(account_ids=[account_id])[account_id]
    return PaymentPlan.objects.select_for_update(no_key=True).get(id=plan_id), account


def _check_waiting(plan: PaymentPlan, day: date) -> None:
    if plan.state != State.PROPOSED or day > plan.answer_until:
        raise PlanNotWaiting(f"plan {plan.id} is {plan.state} and waits until {plan.answer_until}")


def _end(plan: PaymentPlan, day: date, reason: str) -> None:
    plan.state, plan.decided_date, plan.end_reason = State.CANCELLED, max(day, plan.made_on), reason
    plan.save()


def _check_items(items: list[LockedItem], account_id: int) -> str:
    """Return the one currency of the items. :raises PlanRefused:"""
    try:
        currency = currency_of(items=items, account_id=account_id)
    except ItemsRefused as error:
        raise PlanRefused(str(error)) from error
    taken = PlannedItem.objects.filter(item_id__in=[item.id for item in items], plan__state__in=LIVE)
    if taken.exists():
        raise ItemAlreadyPlanned(f"item {taken.values_list('item_id', flat=True)[0]} is in another plan")
    return currency


def _to_judge(as_of: date) -> Q:
    newer = PlannedItem.objects.filter(
        item_id__in=PlannedItem.objects.filter(plan=OuterRef(OuterRef("pk"))).values("item_id"),
        plan_id__gt=OuterRef("pk"),
    )
    since = as_of - timedelta(days=REVIEW_DAYS_MAX)
    decided = Q(Q(state__in=[State.KEPT, State.BROKEN], decided_date__gte=since), ~Exists(newer))
    return Q(state__in=LIVE) | decided


def _apply(plan: PaymentPlan, decision: PlanDecision, as_of: date) -> bool:
    """Put the decision on the row; tell whether its state changed."""
    plan.amount_paid = decision.amount_paid
    old = PlanState(plan.state)
    if decision.state is old:
        return False
    check_transition(old=old, new=decision.state)
    plan.state = decision.state.value
    plan.decided_date = None if decision.state is PlanState.ACTIVE else as_of
    plan.end_reason = _END_REASONS.get(decision.reason, "")
    return True


def _keep_instalment_states(decisions: Mapping[int, PlanDecision]) -> None:
    rows = PlannedInstalment.objects.filter(plan_id__in=list(decisions)).order_by("plan_id", "position")
    changed = []
    for row in rows:
        state = decisions[row.plan_id].instalments[row.position - 1].state.value
        if row.state != state:
            row.state = state
            changed.append(row)
    PlannedInstalment.objects.bulk_update(changed, ["state"], batch_size=500)


def _kind(plan: PaymentPlan) -> str:
    return "plan.expired" if plan.state == State.CANCELLED else f"plan.{plan.state.lower()}"


def _details(decision: PlanDecision) -> dict[str, str]:
    failed = decision.failed
    return {
        "reason": decision.reason.value,
        "amount_paid": f"{decision.amount_paid:f}",
        "amount_missing": f"{decision.amount_missing:f}",
        **({"position": str(failed.position)} if failed else {}),
    }


def _event(
    kind: str, plan: PaymentPlan, account: AccountRow, actor: Actor, payload: Mapping[str, str]
) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account.id,
        subject_kind="plan",
        subject_id=str(plan.id),
        payload={"amount": f"{plan.total:f}", "currency": plan.currency, **payload},
    )
