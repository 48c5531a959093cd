"""Find the next step of an item: which one by rank, whether its day has come, whether its condition is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from quittance.core.dunning_facts import (
    DunningAccountFacts,
    DunningItemFact,
    DunningLevel,
    DunningReason,
    LearntTiming,
    StepClock,
    StepCondition,
)

FORMAL = "FORMAL"
# Until Python 3.12 a member of an enum takes a third of a microsecond to look up; a run asks for these by the million.
_DUE_DATE, _PREVIOUS_STEP = StepClock.DUE_DATE, StepClock.PREVIOUS_STEP
_ALWAYS, _AT_LEAST = StepCondition.ALWAYS, StepCondition.OVERDUE_AT_LEAST
_LEVEL_REACHED, _LEVEL_NOT_REACHED = DunningReason.LEVEL_REACHED, DunningReason.LEVEL_NOT_REACHED
_LAST_LEVEL_REACHED = DunningReason.LAST_LEVEL_REACHED


class StepWrong(ValueError):
    """A step cannot stand where it does; ``code`` names the step, ``what`` says what is wrong with it."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(f"dunning level {code} {what}")
        self.code = code
        self.what = what


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedStep:
    """A step with the days late on which it is due for an account: its own, and the learnt ones (never earlier)."""

    level: DunningLevel
    days_own: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """The steps of a policy as they fall for one account: those before the due date, and those after it.

    ``asks_amount`` when one of them depends on what the account owes late.
    """

    courtesy: tuple[TimedStep, ...]
    overdue: tuple[TimedStep, ...]
    asks_amount: bool = False


def check_levels(levels: Sequence[DunningLevel]) -> tuple[DunningLevel, ...]:
    """Return the levels by rank.

    :raises StepWrong: two steps of one rank, a later step that does not come later, or one that counts its days from
        a step that is none, or from a courtesy.
    """
    ordered = tuple(sorted(levels, key=lambda level: level.rank))
    for lower, higher in pairwise(ordered):
        if lower.rank == higher.rank:
            raise StepWrong(higher.code, f"must come after {lower.code} in rank and in days")
    from_due = [level for level in ordered if level.counted_from is _DUE_DATE]
    for lower, higher in pairwise(from_due):
        if lower.offset_days >= higher.offset_days:
            raise StepWrong(higher.code, f"must come after {lower.code} in rank and in days")
    if len(from_due) < len(ordered):
        _check_followers(ordered)
    return ordered


def _check_followers(ordered: Sequence[DunningLevel]) -> None:
    before: DunningLevel | None = None
    for level in ordered:
        if level.counted_from is _PREVIOUS_STEP:
            if before is None or before.is_courtesy:
                raise StepWrong(
                    level.code, "counts its days from a step after the due date, and there is none before it"
                )
            if level.offset_days < 1:
                raise StepWrong(level.code, "must come at least a day after the step before it")
        before = level


def plan_steps(
    *, levels: Sequence[DunningLevel], timing: LearntTiming | None, usual_delay_days: int | None
) -> StepPlan:
    """Lay the steps out for an account.

    As learnt, a step after the due date waits for the payer's usual delay and the tolerance; at most until the day
    before the next step, and never more than the bound. A formal step never waits.

    >>> step = DunningLevel(rank=1, offset_days=5, code="FIRST", tone="FRIENDLY")
    >>> plan_steps(levels=(step,), timing=LearntTiming(tolerance_days=2), usual_delay_days=6).overdue[0].days
    8
    """
    courtesy, overdue = [], []
    for place, level in enumerate(levels):
        days = level.offset_days
        if level.is_courtesy:
            courtesy.append(TimedStep(level=level, days_own=days, days=days))
            continue
        if timing is not None and usual_delay_days is not None and level.tone != FORMAL:
            following = levels[place + 1] if place + 1 < len(levels) else None
            days = _learnt_days(level, following, timing, usual_delay_days)
        overdue.append(TimedStep(level=level, days_own=level.offset_days, days=days))
    asks_amount = any(level.condition is _AT_LEAST for level in levels)
    return StepPlan(courtesy=tuple(courtesy), overdue=tuple(overdue), asks_amount=asks_amount)


def _learnt_days(
    level: DunningLevel, following: DunningLevel | None, timing: LearntTiming, usual_delay_days: int
) -> int:
    if level.counted_from is _PREVIOUS_STEP:
        return level.offset_days
    latest = level.offset_days + timing.shift_days_max
    if following is not None and following.counted_from is _DUE_DATE:
        latest = min(latest, following.offset_days - 1)
    return max(level.offset_days, min(usual_delay_days + timing.tolerance_days, latest))


def find_step(
    *,
    fact: DunningItemFact,
    overdue_days: int,
    steps: Sequence[TimedStep],
    account: DunningAccountFacts,
    amount_overdue: Decimal,
) -> tuple[DunningReason, DunningLevel | None]:
    """Return the step that the item takes now, or why none: LEVEL_REACHED with a step, else a reason without one.

    Steps at or below the last one taken are past. One whose day has come and whose condition is not met is passed
    over when the next one's day has come too. A step for what bounced, once its day has come, stands in for the step
    before it, whose message never arrived. LAST_LEVEL_REACHED when time alone will bring no other step, NO_LEVEL
    when there are none at all. ``amount_overdue`` is what the account owes late and may be asked for, in the currency
    in which that is most.
    """
    last = fact.last_level_sent
    previous = 0
    if last is not None and (sent := fact.last_level_date or fact.last_notice_date) is not None:
        previous = max(0, (sent - fact.due_date).days)
    reason = _LAST_LEVEL_REACHED if steps else DunningReason.NO_LEVEL
    is_passed_over = False
    for place, step in enumerate(steps):
        level = step.level
        if last is not None and level.rank <= last:
            continue
        from_previous = previous if level.counted_from is _PREVIOUS_STEP else 0
        if overdue_days < from_previous + step.days:
            if overdue_days >= from_previous + step.days_own:
                return DunningReason.LEARNT_TIMING, None
            return (DunningReason.CONDITION_NOT_MET if is_passed_over else _LEVEL_NOT_REACHED), None
        if level.condition is _ALWAYS or is_met(level=level, fact=fact, account=account, amount_overdue=amount_overdue):
            stand_in = _stand_in(steps[place:], overdue_days - from_previous) if account.is_last_bounced else None
            return _LEVEL_REACHED, stand_in or level
        is_passed_over = True
        previous = from_previous + step.days
    return reason, None


def _stand_in(steps: Sequence[TimedStep], days: int) -> DunningLevel | None:
    """Return the step after the first that is for what bounced, when its day has come; `days` count as the first's."""
    step, following = steps[0], steps[1] if len(steps) > 1 else None
    if following is None or following.level.condition is not StepCondition.LAST_BOUNCED:
        return None
    if following.level.counted_from is _PREVIOUS_STEP:
        days -= step.days
    return following.level if days >= following.days else None


def is_met(
    *, level: DunningLevel, fact: DunningItemFact, account: DunningAccountFacts, amount_overdue: Decimal
) -> bool:
    """Say whether the condition of a step is met: "since" is since the item took its last step."""
    since = fact.last_level_date or fact.last_notice_date
    match level.condition:
        case StepCondition.LAST_BOUNCED:
            return account.is_last_bounced
        case StepCondition.PROMISE_BROKEN:
            return _is_since(account.promise_broken_on, since)
        case StepCondition.NO_ANSWER:
            return not _is_since(account.last_answer_date, since)
        case StepCondition.OVERDUE_AT_LEAST:
            return amount_overdue >= level.amount_min
        case StepCondition.ALWAYS:
            return True


def _is_since(day: date | None, since: date | None) -> bool:
    return day is not None and (since is None or day >= since)
