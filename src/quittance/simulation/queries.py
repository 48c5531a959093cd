"""Read simulations with their sums and notices, and trials with their results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from quittance.core.trials import PaidItem, TrialResult, compare_arms
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.simulation.models import SimulatedNotice, Simulation, Trial
from quittance.simulation.policies import Change

_PLAIN = (
    "id", "company_id", "segment_id", "first_date", "last_date", "warm_up_days", "on_its_way_days", "is_on_weekends",
    "state", "progress_done", "progress_total", "created_by_label", "created_at", "finished_at", "change_b",
    "unreached",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRow:
    """A simulation; `policy_b_name` is '' when one policy is tried alone, `company_name` when it is about all.

    `unreached` counts by arm and reason the accounts that a step was due for and could not reach.
    """

    id: int
    company_id: int | None
    company_name: str
    segment_id: int | None
    segment_code: str
    segment_name: str
    policy_a_name: str
    policy_b_name: str
    change: Change
    first_date: date
    last_date: date
    warm_up_days: int
    on_its_way_days: int
    is_on_weekends: bool
    state: str
    progress_done: int
    progress_total: int | None
    created_by_label: str
    created_at: datetime
    finished_at: datetime | None
    unreached: dict[str, dict[str, int]]


def list_simulations(*, scope: Scope = EVERYTHING) -> QuerySet[Simulation, Any]:
    """Return the simulations about companies that a person may see, newest first, for a table."""
    found = Simulation.objects.all()
    if scope.company_ids is not None:
        found = found.filter(company_id__in=scope.company_ids)
    rows: QuerySet[Simulation, Any] = found.order_by("-created_at", "-id").values(
        *_PLAIN,
        company_name=Coalesce("company__name", Value("")),
        segment_code=Coalesce("segment__code", Value("")),
        segment_name=Coalesce("segment__name", Value("")),
        policy_a_name=F("policy_a__name"),
        policy_b_name=Coalesce("policy_b__name", Value("")),
    )
    return rows


def find_simulation(*, simulation_id: int, scope: Scope = EVERYTHING) -> SimulationRow | None:
    """Return one simulation, None when there is none or it is out of scope. One query."""
    row = list_simulations(scope=scope).filter(pk=simulation_id).first()
    if row is None:
        return None
    change = Change.from_json(row.pop("change_b"))
    return SimulationRow(**row, change=change)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSum:
    """The notices of one step and medium of an arm."""

    arm: str
    level_rank: int
    level_code: str
    level_name: str
    medium: str
    notices: int
    whole: int
    part: int
    cost: Decimal | None
    cost_currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSum:
    """An arm in all: its notices, the accounts reached, what was needless."""

    arm: str
    notices: int
    accounts: int
    whole: int
    part: int


# What a medium costs today: an SMS counts one part, the least it can have; e-mails and calls have no price.
_STEPS = """
WITH price AS (
    SELECT DISTINCT ON (unit) unit, price, currency FROM delivery_mediumprice
    WHERE from_date <= %(today)s ORDER BY unit, from_date DESC
)
SELECT s.arm, s.level_rank, s.level_code, max(s.level_name), s.medium, count(*),
    count(*) FILTER (WHERE s.needless = 'WHOLE'), count(*) FILTER (WHERE s.needless = 'PART'),
    sum(price.price), coalesce(max(price.currency), '')
FROM simulation_simulatednotice s
LEFT JOIN price ON price.unit = CASE
    WHEN s.medium = 'LETTER' AND s.is_registered THEN 'REGISTERED_LETTER'
    WHEN s.medium = 'LETTER' THEN 'LETTER' WHEN s.medium = 'SMS' THEN 'SMS_SEGMENT' END
WHERE s.simulation_id = %(simulation)s
GROUP BY s.arm, s.level_rank, s.level_code, s.medium ORDER BY s.arm, s.level_rank, s.medium
"""
_ARMS = """
SELECT arm, count(*), count(DISTINCT account_id) FILTER (WHERE medium <> 'TASK'),
    count(*) FILTER (WHERE needless = 'WHOLE'), count(*) FILTER (WHERE needless = 'PART')
FROM simulation_simulatednotice WHERE simulation_id = %(simulation)s GROUP BY arm ORDER BY arm
"""
_WEEKS = """
SELECT arm, date_trunc('week', notice_date)::date, count(*), count(*) FILTER (WHERE needless = 'WHOLE')
FROM simulation_simulatednotice WHERE simulation_id = %(simulation)s GROUP BY 1, 2 ORDER BY 2, 1
"""


def sum_by_step(*, simulation_id: int, today: date) -> list[StepSum]:
    """Return the notices of a simulation by arm, step and medium. One query."""
    names = StepSum.__dataclass_fields__
    rows = _all(_STEPS, {"simulation": simulation_id, "today": today})
    return [StepSum(**dict(zip(names, row, strict=True))) for row in rows]


def sum_by_arm(*, simulation_id: int) -> dict[str, ArmSum]:
    """Return the sums of each arm that has a notice. One query."""
    names = ArmSum.__dataclass_fields__
    rows = _all(_ARMS, {"simulation": simulation_id})
    return {row[0]: ArmSum(**dict(zip(names, row, strict=True))) for row in rows}


def sum_by_week(*, simulation_id: int) -> list[tuple[str, date, int, int]]:
    """Return arm, Monday, notices and needless ones, by week. One query."""
    return [(arm, monday, count, whole) for arm, monday, count, whole in _all(_WEEKS, {"simulation": simulation_id})]


def _all(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def list_notices(*, simulation_id: int) -> QuerySet[SimulatedNotice, Any]:
    """Return the notices of a simulation for a table."""
    return SimulatedNotice.objects.filter(simulation_id=simulation_id).values(
        "id",
        "arm",
        "notice_date",
        "level_code",
        "level_name",
        "medium",
        "needless",
        "item_count",
        "amount_company",
        "company_currency",
        "account_id",
        account_number=F("account__number"),
        customer_id=F("account__customer_id"),
        customer_name=F("account__customer__name"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """A trial; `status` is RUNNING, ENDED or STOPPED on the day it was asked for."""

    id: int
    name: str
    company_id: int | None
    company_name: str
    segment_id: int
    segment_code: str
    segment_name: str
    policy_a_code: str
    policy_b_code: str
    from_date: date
    until_date: date
    stopped_on: date | None
    horizon_days: int
    created_by_label: str
    status: str

    @property
    def end_date(self) -> date:
        """Return the first day that is no longer the trial's."""
        return self.stopped_on or self.until_date


def list_trials(*, today: date, scope: Scope = EVERYTHING) -> QuerySet[Trial, Any]:
    """Return the trials about companies that a person may see, newest first, for a table."""
    found = Trial.objects.all()
    if scope.company_ids is not None:
        found = found.filter(company_id__in=scope.company_ids)
    status = Case(
        When(stopped_on__isnull=False, then=Value("STOPPED")),
        When(Q(until_date__lte=today), then=Value("ENDED")),
        default=Value("RUNNING"),
        output_field=CharField(),
    )
    return (
        found.annotate(status=status)
        .order_by("-from_date", "-id")
        .values(
            "id",
            "name",
            "company_id",
            "segment_id",
            "policy_a_code",
            "policy_b_code",
            "from_date",
            "until_date",
            "stopped_on",
            "horizon_days",
            "created_by_label",
            "status",
            company_name=Coalesce("company__name", Value("")),
            segment_code=F("segment__code"),
            segment_name=F("segment__name"),
        )
    )


def find_trial(*, trial_id: int, today: date, scope: Scope = EVERYTHING) -> TrialRow | None:
    """Return one trial, None when there is none or it is out of scope. One query."""
    row = list_trials(today=today, scope=scope).filter(pk=trial_id).first()
    return TrialRow(**row) if row else None


# Invoices of the trial's own days, with the day on which nothing was open any more, as far as known by a day.
_OBSERVED = """
SELECT t.arm, a.customer_id, i.document_date,
    CASE WHEN i.amount_open = 0 AND i.settled_date <= %(seen)s THEN i.settled_date END
FROM simulation_trialarm t
JOIN parties_customeraccount a ON a.id = t.account_id
JOIN ledger_openitem i ON i.account_id = t.account_id
WHERE t.trial_id = %(trial)s AND i.kind = 'INVOICE' AND i.amount_original > 0 AND NOT i.is_factored
  AND i.document_date >= t.from_date AND i.document_date < %(end)s AND i.document_date <= %(seen)s
"""
_MEMBERS = """
SELECT t.arm, count(*), count(DISTINCT a.customer_id) FROM simulation_trialarm t
JOIN parties_customeraccount a ON a.id = t.account_id WHERE t.trial_id = %s GROUP BY t.arm
"""


def count_members(*, trial_id: int) -> dict[str, tuple[int, int]]:
    """Return accounts and customers of each side. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [trial_id])
        return {arm: (accounts, customers) for arm, accounts, customers in cursor.fetchall()}


def get_trial_result(*, trial: TrialRow, as_of: date) -> TrialResult:
    """Compare the days to pay of both sides as far as known on a day: invoices dated within the trial. One query.

    What is paid after the trial's last day counts as long as the horizon reaches.
    """
    seen = min(as_of, trial.end_date + timedelta(days=trial.horizon_days))
    sides: dict[str, list[PaidItem]] = {"A": [], "B": []}
    for arm, customer_id, document_date, settled_date in _all(
        _OBSERVED, {"trial": trial.id, "seen": seen, "end": trial.end_date}
    ):
        days = ((settled_date or seen) - document_date).days
        sides[arm].append(PaidItem(unit_id=customer_id, days=max(0, days), is_paid=settled_date is not None))
    return compare_arms(a=sides["A"], b=sides["B"], horizon_days=trial.horizon_days)
