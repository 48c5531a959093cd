"""Stories of the demo that take weeks: a debt paid in instalments, one given to a lawyer, two policies side by side."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings

from quittance.cases.queries import list_disputes
from quittance.core.payment_plans import Rhythm
from quittance.core.segments import read_rule
from quittance.dunning.policies import read_policies
from quittance.dunning.services import editing
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger import queries as ledger_queries
from quittance.ledger import services as ledger
from quittance.litigation import limitation
from quittance.litigation import services as litigation
from quittance.promises import plans
from quittance.promises.queries import list_promised_parts
from quittance.segments import services as segments
from quittance.simulation import services as simulation
from quittance.simulation.policies import Change

CLAIRE, SOPHIE = Actor(label="Claire Martin"), Actor(label="Sophie Leroy")
TRIAL_DAYS_AGO: Final = 45
# The simulation looks back so far, and so much further to find where each account stood.
SIMULATED_DAYS, WARM_UP_DAYS = 45, 30
FEWER: Final = (
    ("FIRST_REMINDER", "Première relance", 10, "FRIENDLY"),
    ("SECOND_REMINDER", "Deuxième relance", 28, "FIRM"),
    ("FORMAL_NOTICE", "Mise en demeure", 45, "FORMAL"),
)
Debt = tuple[int, tuple[int, ...], Decimal]


def start_trial(*, today: date) -> None:
    """Sophie tries fewer reminders on half of those who pay by transfer; she began weeks ago."""
    began = today - timedelta(days=TRIAL_DAYS_AGO)
    rule = read_rule({"all": [{"field": "payment_method", "is": "ONE_OF", "value": ["TRANSFER"]}]})
    with clock.frozen(_noon(began)):
        segment_id = segments.create_segment(
            name="Paient par virement", rule=rule, as_of=began, actor=SOPHIE,
            description="Clients qui paient par virement : ceux de l'essai.",
        )  # fmt: skip
        fewer = editing.PolicyDraft(
            name="Relances espacées", interval_days_min=14,
            description="Rien avant l'échéance, et deux semaines entre deux messages.",
            steps=tuple(editing.StepDraft(code=c, name=n, offset_days=d, tone=t) for c, n, d, t in FEWER),
        )  # fmt: skip
        fewer_code = editing.create_policy(draft=fewer, from_date=began, actor=SOPHIE, copied_from="STANDARD")
        # A demo of a few customers has none for two sides.
        with contextlib.suppress(simulation.TrialRefused):
            simulation.start_trial(
                name="Moins de relances, même délai ?", segment_id=segment_id, policy_a_code="STANDARD",
                policy_b_code=fewer_code, company_id=None, until_date=today + timedelta(days=45), actor=SOPHIE,
            )  # fmt: skip


def tell_of_debts(*, today: date, but: Collection[int]) -> None:
    """Agree on instalments with some of the greatest debtors that are free, and give the debts of others away."""
    debts = _free_debts(today, but)
    for story, debt in zip((_kept_so_far, _sued, _missed, _returned, _proposed, _prepared), debts, strict=False):
        story(today, debt)
    plans.decide_plans(as_of=today)


def simulate(*, today: date, company_id: int) -> None:
    """Sophie has asked what reminding three days later would have done."""
    standard = read_policies(as_of=today).default
    simulation_id = simulation.start_simulation(
        policy_a_id=standard.id, policy_b_id=None, change_b=Change(shift_days=3), company_id=company_id,
        segment_id=None, first_date=today - timedelta(days=SIMULATED_DAYS), last_date=today - timedelta(days=1),
        warm_up_days=WARM_UP_DAYS, actor=SOPHIE,
    )  # fmt: skip
    simulation.run_simulation(simulation_id=simulation_id)


def _free_debts(today: date, but: Collection[int]) -> list[Debt]:
    """Return accounts with what is long late on them and in nobody's hands, the greatest sum first."""
    rows = ledger_queries.list_items(as_of=today).filter(due_date__lt=today - timedelta(days=25), amount_open__gt=0)
    taken = {*but, *list_promised_parts(as_of=today)}
    taken |= set(list_disputes(as_of=today, is_open=True).values_list("item_id", flat=True))
    found: dict[int, list[tuple[int, Decimal]]] = {}
    for row in rows.order_by("id").values("id", "account_id", "amount_open", "currency"):
        if row["currency"] == "EUR" and row["id"] not in taken:
            found.setdefault(row["account_id"], []).append((row["id"], row["amount_open"]))
    debts = [
        (account_id, tuple(item_id for item_id, _ in items[:3]), sum((amount for _, amount in items[:3]), Decimal(0)))
        for account_id, items in found.items()
    ]
    return sorted(debts, key=lambda debt: (-debt[2], debt[0]))


def _agree(today: date, debt: Debt, *, days_ago: int, first_in: int, count: int, is_accepted: bool = True) -> int:
    made_on = today - timedelta(days=days_ago)
    account_id, item_ids, _total = debt
    with clock.frozen(_noon(made_on)):
        choice = plans.PlanChoice(count=count, first_date=made_on + timedelta(days=first_in), rhythm=Rhythm.FORTNIGHTLY)
        plan_id = plans.propose_plan(
            account_id=account_id, item_ids=item_ids, choice=choice, made_on=made_on, actor=CLAIRE,
            comment="Trésorerie tendue jusqu'à la fin du chantier.",
        )  # fmt: skip
        if is_accepted:
            plans.accept_plan(
                plan_id=plan_id, accepted_on=made_on, accepted_by="La direction", via="COLLECTOR", actor=CLAIRE
            )
    return plan_id


def _kept_so_far(today: date, debt: Debt) -> None:
    """The first instalment came on its day; the others are to come."""
    _agree(today, debt, days_ago=20, first_in=8, count=4)
    account_id, item_ids, total = debt
    paid_on = today - timedelta(days=12)
    left = (total / 4).quantize(Decimal("0.01")) + 1
    with clock.frozen(_noon(paid_on)):
        credit_id = ledger.post_payment(
            account_id=account_id, amount=left, currency="EUR", payment_date=paid_on, source="DEMO",
            external_id=f"instalment-{account_id}", document_number=f"ECH{paid_on:%y%m%d}", actor=CLAIRE,
        )  # fmt: skip
        for item_id, amount in _amounts(item_ids, today):
            part = min(left, amount)
            if part > 0:
                ledger.allocate(
                    debit_item_id=item_id, credit_item_id=credit_id, amount=part, effective_date=paid_on, actor=CLAIRE
                )
                left -= part


def _amounts(item_ids: Sequence[int], today: date) -> list[tuple[int, Decimal]]:
    rows = ledger_queries.list_items(as_of=today).filter(id__in=list(item_ids))
    return [(row["id"], row["open_amount"]) for row in rows.order_by("id")]


def _missed(today: date, debt: Debt) -> None:
    """Nothing came on the day of the first instalment: the plan is broken."""
    _agree(today, debt, days_ago=24, first_in=12, count=3)


def _proposed(today: date, debt: Debt) -> None:
    """The customer has not answered yet."""
    _agree(today, debt, days_ago=2, first_in=12, count=3, is_accepted=False)


def _hand(today: date, debt: Debt, *, to_kind: str, to_name: str, reason: str, days_ago: int) -> int:
    account_id, item_ids, _total = debt
    day = today - timedelta(days=days_ago)
    with clock.frozen(_noon(day)):
        for item_id in item_ids:
            limitation.record_event(item_id=item_id, kind="FORMAL_NOTICE", event_date=day, actor=SOPHIE)
        return litigation.prepare_handover(
            account_id=account_id, item_ids=item_ids, to_kind=to_kind, to_name=to_name, reason=reason,
            prepared_on=day, actor=SOPHIE,
        )  # fmt: skip


def _sued(today: date, debt: Debt) -> None:
    """The lawyer has gone to court: no claim lapses meanwhile."""
    handover_id = _hand(
        today, debt, to_kind="LAWYER", to_name="Cabinet Le Goff, avocats",
        reason="Mise en demeure restée sans réponse", days_ago=22,
    )  # fmt: skip
    day = today - timedelta(days=20)
    with clock.frozen(_noon(day)):
        litigation.hand_over(handover_id=handover_id, on_date=day, actor=SOPHIE, to_reference="LG-2041")
    sued_on = today - timedelta(days=6)
    with clock.frozen(_noon(sued_on)):
        for item_id in debt[1]:
            limitation.record_event(item_id=item_id, kind="LAWSUIT", event_date=sued_on, actor=SOPHIE)


def _returned(today: date, debt: Debt) -> None:
    """The agency found nothing to take and gave the debt back."""
    handover_id = _hand(
        today, debt, to_kind="AGENCY", to_name="Recouvrement du Ponant", reason="Injoignable depuis deux mois",
        days_ago=24,
    )  # fmt: skip
    for day, is_end in ((today - timedelta(days=22), False), (today - timedelta(days=3), True)):
        with clock.frozen(_noon(day)):
            if is_end:
                litigation.end_handover(
                    handover_id=handover_id, state="RETURNED", on_date=day, result="NOT_RECOVERED", actor=SOPHIE
                )
            else:
                litigation.hand_over(handover_id=handover_id, on_date=day, actor=SOPHIE)


def _prepared(today: date, debt: Debt) -> None:
    """Sophie has gathered what the bailiff needs, and has not given it yet."""
    _hand(
        today, debt, to_kind="COMMISSAIRE_DE_JUSTICE", to_name="SCP Kervella, commissaires de justice",
        reason="Promesse rompue deux fois", days_ago=1,
    )  # fmt: skip


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=ZoneInfo(settings.TIME_ZONE))
