"""Read payment plans, as of any day by their interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, CharField, Count, F, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from quittance.core.payment_plans import (
    PlanDecision,
    PlanFacts,
    PlannedItemFacts,
    ScheduledInstalment,
    decide_plan,
)
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.ledger.queries import list_settlements
from quittance.parties.queries import account_filter
from quittance.promises.cash_waiting import list_cash_waiting
from quittance.promises.models import PaymentPlan, PlannedInstalment, PlannedItem

LIVE: Final = (PaymentPlan.State.PROPOSED, PaymentPlan.State.ACTIVE)


def running_on(*, as_of: date, prefix: str = "") -> Q:
    """Return the condition of plans that had been accepted and not decided by the end of a day."""
    return Q(**{f"{prefix}accepted_on__lte": as_of}) & (
        Q(**{f"{prefix}decided_date__isnull": True}) | Q(**{f"{prefix}decided_date__gt": as_of})
    )


def item_ids_planned(*, as_of: date) -> QuerySet[PlannedItem, Any]:
    """Return the ids of the items in a plan that runs on a day, to be used inside another query."""
    return PlannedItem.objects.filter(running_on(as_of=as_of, prefix="plan__")).values("item_id")


def list_plans(
    *,
    as_of: date,
    scope: Scope = EVERYTHING,
    customer_id: int | None = None,
    item_id: int | None = None,
) -> QuerySet[PaymentPlan, Any]:
    """Return plans made by a day as `.values()` rows, latest first; filter and slice it. One query.

    `state` is today's. `next_due_date` is the day of the first instalment that is not settled.
    """
    found = PaymentPlan.objects.filter(account_filter(scope=scope, prefix="account__"), made_on__lte=as_of)
    if customer_id is not None:
        found = found.filter(account__customer_id=customer_id)
    if item_id is not None:
        found = found.filter(id__in=PlannedItem.objects.filter(item_id=item_id).values("plan_id"))
    waiting = PlannedInstalment.objects.filter(plan=OuterRef("pk"), state__in=["WAITING", "LATE"]).order_by("due_date")
    rows: QuerySet[PaymentPlan, Any] = (
        found.annotate(
            instalment_count=Count("instalments", distinct=True),
            paid_count=Count("instalments", filter=Q(instalments__state="KEPT"), distinct=True),
            first_due_date=Min("instalments__due_date"),
            next_due_date=Case(
                When(state__in=LIVE, then=Subquery(waiting.values("due_date")[:1])), default=Value(None)
            ),
            amount_missing=F("total") - F("amount_paid"),
            made_by_name=Coalesce("made_by__name", Value(""), output_field=CharField()),
        )
        .order_by("-made_on", "-id")
        .values(
            "id", "account_id", "currency", "total", "interest_total", "annual_rate_pct", "state", "made_on",
            "answer_until", "accepted_on", "accepted_by", "accepted_via", "tolerance_days", "decided_date",
            "end_reason", "amount_paid", "amount_missing", "contact_name", "comment", "instalment_count", "paid_count",
            "first_due_date", "next_due_date", "made_by_name",
            customer_id=F("account__customer_id"),
            customer_name=F("account__customer__name"),
            account_number=F("account__number"),
            company_id=F("account__company_id"),
            company_name=F("account__company__name"),
            language=F("account__language"),
        )
    )  # fmt: skip
    return rows


def plan_state_choices() -> list[tuple[str, Any]]:
    """Return the states of plans, each with its label."""
    return list(PaymentPlan.State.choices)


def find_plan(*, plan_id: int, as_of: date, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one plan, None when there is none to see. One query."""
    row = list_plans(as_of=as_of, scope=scope).filter(id=plan_id).first()
    return dict(row) if row else None


def list_items_of_plan(*, plan_id: int) -> list[dict[str, Any]]:
    """Return the items a plan speaks of, those due first at the top. One query."""
    rows: QuerySet[PlannedItem, Any] = (
        PlannedItem.objects.filter(plan_id=plan_id)
        .order_by("item__due_date", "item_id")
        .values(
            "item_id",
            "amount",
            document_number=F("item__document_number"),
            document_date=F("item__document_date"),
            due_date=F("item__due_date"),
            currency=F("item__currency"),
            amount_open=F("item__amount_open"),
        )
    )
    return list(rows)


def list_instalments(*, plan_id: int, as_of: date) -> tuple[PlanDecision, list[dict[str, Any]]]:
    """Return how a plan stood on a day, and its instalments, each judged by what had been paid by then. Five queries.

    :raises PaymentPlan.DoesNotExist: when there is none of that id.
    """
    facts = gather_plan_facts(plan_ids=[plan_id], as_of=as_of)
    if plan_id not in facts:
        raise PaymentPlan.DoesNotExist(plan_id)
    decision = decide_plan(facts=facts[plan_id], as_of=as_of)
    rows = [
        {
            "position": part.position,
            "due_date": part.due_date,
            "amount": part.amount,
            "interest_amount": part.interest,
            "to_pay": part.amount + part.interest,
            "state": judged.state.value,
            "amount_paid": judged.amount_paid,
            "amount_missing": judged.amount_missing,
            "is_paid_late": judged.is_paid_late,
        }
        for part, judged in zip(facts[plan_id].instalments, decision.instalments, strict=True)
    ]
    return decision, rows


def list_acknowledgements(*, item_ids: Collection[int], as_of: date) -> list[tuple[int, date, int]]:
    """Return (item, day, plan) of each plan accepted by a day: that acknowledges the debt. One query."""
    found = PlannedItem.objects.filter(item_id__in=item_ids, plan__accepted_on__lte=as_of)
    rows = found.order_by("plan__accepted_on", "id").values_list("item_id", "plan__accepted_on", "plan_id")
    return [(item_id, day, plan_id) for item_id, day, plan_id in rows if day is not None]


def gather_plan_facts(*, plan_ids: Iterable[int], as_of: date) -> dict[int, PlanFacts]:
    """Return what the core judges plans by, with what had been applied by a day. Five queries, and sources of cash.

    Cash that waits counts for plans that run: one that broke stays broken until something is applied.
    """
    wanted = list(plan_ids)
    instalments: defaultdict[int, list[ScheduledInstalment]] = defaultdict(list)
    for row in PlannedInstalment.objects.filter(plan_id__in=wanted).order_by("plan_id", "position"):
        part = ScheduledInstalment(
            position=row.position, due_date=row.due_date, amount=row.amount, interest=row.interest_amount
        )
        instalments[row.plan_id].append(part)
    planned = list(PlannedItem.objects.filter(plan_id__in=wanted).order_by("plan_id", "id"))
    settlements = list_settlements(item_ids={row.item_id for row in planned}, as_of=as_of)
    items: defaultdict[int, list[PlannedItemFacts]] = defaultdict(list)
    for line in planned:
        settled: list[tuple[date, Decimal]] = settlements.get(line.item_id, [])
        items[line.plan_id].append(
            PlannedItemFacts(amount=line.amount, settled_before=line.settled_before, settled=tuple(settled))
        )
    plans = list(PaymentPlan.objects.filter(id__in=wanted))
    running = [plan for plan in plans if plan.state == PaymentPlan.State.ACTIVE]
    waiting = list_cash_waiting(account_ids={plan.account_id for plan in running}, as_of=as_of)
    cash = {plan.id: waiting.get((plan.account_id, plan.currency), Decimal(0)) for plan in running}
    return {
        plan.id: PlanFacts(
            instalments=tuple(instalments[plan.id]),
            items=tuple(items[plan.id]),
            tolerance_days=plan.tolerance_days,
            answer_until=plan.answer_until,
            accepted_on=plan.accepted_on,
            cancelled_on=plan.decided_date if plan.state == PaymentPlan.State.CANCELLED else None,
            cash_waiting=cash.get(plan.id, Decimal(0)),
        )
        for plan in plans
    }
