"""The policies in force on a day, read once for a run, in the form the core takes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from quittance.core.dunning import ContactRules, DunningMedium, LearntTiming, StepClock, StepCondition, Validation
from quittance.core.dunning import DunningLevel as Level
from quittance.core.dunning_facts import NO_RULES
from quittance.core.dunning_steps import StepPlan, check_levels, plan_steps
from quittance.dunning.models import DunningLevel, DunningPolicy
from quittance.dunning.shipped import STANDARD
from quittance.dunning.standing import MovedRanks, moved_ranks

DEFAULT_CODE = STANDARD
DIRECT_DEBIT = "DIRECT_DEBIT"


class NoDefaultPolicy(Exception):
    """No policy is marked as the default one on that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of a policy; `level_ids` finds the stored level of a rank."""

    id: int
    code: str
    name: str
    levels: tuple[Level, ...]
    level_ids: dict[int, int]
    interval_days_min: int
    amount_min: Decimal
    bank_data_age_days_max: int
    version: int = 1
    description: str = ""
    validated_by: Validation = Validation.COLLECTOR
    rules: ContactRules = NO_RULES
    timing: LearntTiming | None = None
    is_statement: bool = False
    # By the id of each older version: its ranks that mean another one here (None: no step that is past).
    moved_ranks: MovedRanks = field(default_factory=dict)
    # Laid out once for all accounts of a run; not for a copy, whose levels may be others.
    _plans: dict[int | None, StepPlan] = field(default_factory=dict, init=False, compare=False, repr=False)

    def plan_for(self, *, usual_delay_days: int | None) -> StepPlan:
        """Return the steps as they fall for a payer of that usual delay.

        :raises StepWrong: a level stands where it cannot.
        """
        delay = None if self.timing is None else usual_delay_days
        plan = self._plans.get(delay)
        if plan is None:
            levels = check_levels(self.levels)
            plan = self._plans[delay] = plan_steps(levels=levels, timing=self.timing, usual_delay_days=delay)
        return plan

    def level_of_rank(self, rank: int | None) -> Level | None:
        """Return the level of a rank, None when the policy has none."""
        return next((level for level in self.levels if level.rank == rank), None)

    def days_by_rank(self) -> dict[int, int]:
        """Return the day from the due date on which each step falls at the earliest, when none is late itself."""
        found: dict[int, int] = {}
        before = 0
        for level in self.levels:
            follows = level.counted_from is StepClock.PREVIOUS_STEP
            before = found[level.rank] = level.offset_days + (before if follows else 0)
        return found

    def validation_of(self, level: Level | None) -> Validation:
        """Return who looks at the message of a step: as it says itself, else as the policy says."""
        return (level.validated_by if level else None) or self.validated_by


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyBook:
    """All policies in force on a day."""

    default: Policy
    by_code: dict[str, Policy]

    def policy_for(self, *, code: str | None, payment_method: str) -> Policy:
        """Return the policy of an account; an unknown code falls back on the default.

        Who is debited by us gets no courtesy before the due date: there is nothing for the customer to do.
        """
        policy = self.by_code.get(code or "", self.default)
        if payment_method != DIRECT_DEBIT:
            return policy
        return replace(policy, levels=tuple(level for level in policy.levels if not level.is_courtesy))

    def horizon(self, as_of: date) -> date:
        """Return the last due date that any level may speak of on `as_of`."""
        offsets = [level.offset_days for policy in self.all() for level in policy.levels if level.is_courtesy]
        return as_of - timedelta(days=min([0, *offsets]))

    def all(self) -> list[Policy]:
        """Return every policy in force."""
        return [self.default, *(policy for policy in self.by_code.values() if policy.id != self.default.id)]

    @property
    def touches_days(self) -> int:
        """Return how many days back any policy counts touches; 0 when none does."""
        return max((one.rules.touches_days for one in self.all() if one.rules.touches_max is not None), default=0)


def read_policies(*, as_of: date) -> PolicyBook:
    """Return the newest version of each policy in force on `as_of`. Two queries.

    :raises NoDefaultPolicy: when none is marked as the default.
    """
    found = DunningPolicy.objects.filter(valid_from__lte=as_of).order_by("code", "version").prefetch_related("levels")
    newest = {row.code: row for row in found}
    by_code = {code: policy_of(row) for code, row in newest.items()}
    for row in found:
        if row.pk != newest[row.code].pk:
            by_code[row.code] = _heeding(by_code[row.code], before=policy_of(row))
    default = next((by_code[row.code] for row in newest.values() if row.is_default), None)
    if default is None:
        raise NoDefaultPolicy(f"no dunning policy is the default one on {as_of}")
    return PolicyBook(default=default, by_code=by_code)


def _heeding(policy: Policy, *, before: Policy) -> Policy:
    """Return a policy that knows which steps of an older version stand elsewhere now."""
    moved = moved_ranks(before=before, now=policy)
    return replace(policy, moved_ranks={**policy.moved_ranks, before.id: moved}) if moved else policy


def read_policy(*, policy_id: int) -> Policy:
    """Return one version of a policy. Two queries."""
    return policy_of(DunningPolicy.objects.prefetch_related("levels").get(pk=policy_id))


def policy_of(row: DunningPolicy) -> Policy:
    """Return a stored version, with its levels, as the core takes it."""
    levels = sorted(row.levels.all(), key=lambda level: level.rank)
    return Policy(
        id=row.pk,
        code=row.code,
        version=row.version,
        name=row.name,
        description=row.description,
        levels=tuple(level_of(level) for level in levels),
        level_ids={level.rank: level.pk for level in levels},
        interval_days_min=row.interval_days_min,
        amount_min=row.amount_min,
        bank_data_age_days_max=row.bank_data_age_days_max,
        validated_by=Validation(row.validated_by),
        rules=ContactRules(
            touches_max=row.touches_max,
            touches_days=row.touches_days,
            is_quiet_on_weekends=row.is_quiet_on_weekends,
            is_quiet_on_holidays=row.is_quiet_on_holidays,
        ),
        timing=LearntTiming(tolerance_days=row.tolerance_days_learnt) if row.is_timing_learnt else None,
        is_statement=row.is_statement,
    )


def level_of(row: DunningLevel) -> Level:
    """Return a stored step as the core takes it."""
    return Level(
        rank=row.rank,
        offset_days=row.offset_days,
        code=row.code,
        tone=row.tone,
        medium=DunningMedium(row.medium),
        counted_from=StepClock(row.counted_from),
        condition=StepCondition(row.condition),
        amount_min=row.condition_amount,
        recipient_roles=tuple(row.recipient_roles),
        message_code=row.message_code,
        is_registered=row.is_registered,
        interval_days_min=row.interval_days_min,
        validated_by=Validation(row.validated_by) if row.validated_by else None,
        falls_back_to_email=row.falls_back_to_email,
    )
