"""Payment plans: make a schedule of instalments, and decide from what was paid whether it is kept.

Instalments are principal; interest comes on top and is shown apart, since what is applied to the items pays principal.
Money counts towards the instalments in their order, whatever item it was applied to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Final

from quittance.core.money import from_minor_units, quantize_fraction, to_minor_units
from quittance.core.terms import WorkingDayShift, add_months, end_of_month, shift_to_working_day

ZERO: Final = Decimal(0)
INSTALMENTS_MAX: Final = 60
_DAYS_A_YEAR: Final = 365
_NO_DAYS: Final[frozenset[date]] = frozenset()


class Rhythm(StrEnum):
    """When instalments fall due after the first one."""

    WEEKLY = "WEEKLY"
    FORTNIGHTLY = "FORTNIGHTLY"
    MONTHLY = "MONTHLY"
    MONTH_END = "MONTH_END"
    QUARTERLY = "QUARTERLY"


class Remainder(StrEnum):
    """Who bears the minor units that cannot be shared equally."""

    FIRST = "FIRST"
    LAST = "LAST"
    SPREAD = "SPREAD"


class InvalidPlan(ValueError):
    """No schedule can be made of this; `problem` says why in a word."""

    def __init__(self, problem: str, message: str) -> None:
        super().__init__(message)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """What a schedule is made of: ``total`` > 0 in ``count`` equal parts, the first due on ``first_date``.

    Interest runs from ``start_date`` on what is still owed, at ``annual_rate_pct`` (8 is 8 % a year of 365 days).
    """

    total: Decimal
    currency: str
    count: int
    start_date: date
    first_date: date
    rhythm: Rhythm = Rhythm.MONTHLY
    remainder: Remainder = Remainder.LAST
    shift: WorkingDayShift = WorkingDayShift.NONE
    annual_rate_pct: Decimal | None = None
    quiet_days: frozenset[date] = _NO_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledInstalment:
    """One part: positions start at 1, ``amount`` > 0 is principal, ``interest`` >= 0 comes on top."""

    position: int
    due_date: date
    amount: Decimal
    interest: Decimal = ZERO


def make_schedule(*, terms: PlanTerms) -> tuple[ScheduledInstalment, ...]:
    """Return the instalments by due date; their amounts add up to the total exactly.

    >>> terms = PlanTerms(
    ...     total=Decimal("1000.00"), currency="EUR", count=3, start_date=date(2026, 1, 10),
    ...     first_date=date(2026, 1, 31), rhythm=Rhythm.MONTH_END, annual_rate_pct=Decimal(6),
    ... )
    >>> for part in make_schedule(terms=terms):
    ...     print(part.position, part.due_date, part.amount, part.interest)
    1 2026-01-31 333.33 3.45
    2 2026-02-28 333.33 3.07
    3 2026-03-31 333.34 1.70

    :raises InvalidPlan: COUNT, AMOUNT (too small for so many parts), FIRST_DATE (before the start) or RATE.
    :raises InexactAmount: the total has more decimals than its currency.
    """
    if not 1 <= terms.count <= INSTALMENTS_MAX:
        raise InvalidPlan("COUNT", f"a plan has 1 to {INSTALMENTS_MAX} instalments, not {terms.count}")
    if terms.first_date < terms.start_date:
        raise InvalidPlan("FIRST_DATE", f"{terms.first_date} lies before {terms.start_date}")
    if terms.annual_rate_pct is not None and not 0 < terms.annual_rate_pct <= 100:
        raise InvalidPlan("RATE", f"a yearly rate lies above 0 and up to 100 %, not {terms.annual_rate_pct}")
    amounts = _equal_parts(terms)
    days = _due_dates(terms)
    interest = _interest(terms, amounts, days)
    return tuple(
        ScheduledInstalment(position=position, due_date=day, amount=amount, interest=part)
        for position, (day, amount, part) in enumerate(zip(days, amounts, interest, strict=True), 1)
    )


def _equal_parts(terms: PlanTerms) -> tuple[Decimal, ...]:
    units = to_minor_units(terms.total, terms.currency)
    if units < terms.count:
        raise InvalidPlan("AMOUNT", f"{terms.total} {terms.currency} is too little for {terms.count} instalments")
    part, rest = divmod(units, terms.count)
    parts = [part] * terms.count
    if terms.remainder is Remainder.FIRST:
        parts[0] += rest
    elif terms.remainder is Remainder.LAST:
        parts[-1] += rest
    else:
        parts = [part + 1] * rest + [part] * (terms.count - rest)
    return tuple(from_minor_units(value, terms.currency) for value in parts)


def _due_dates(terms: PlanTerms) -> tuple[date, ...]:
    """Return the days, each counted from the first one, so that 31 January, 28 February, 31 March follow."""
    days = []
    for index in range(terms.count):
        if terms.rhythm is Rhythm.WEEKLY:
            day = terms.first_date + timedelta(weeks=index)
        elif terms.rhythm is Rhythm.FORTNIGHTLY:
            day = terms.first_date + timedelta(weeks=2 * index)
        elif terms.rhythm is Rhythm.QUARTERLY:
            day = add_months(terms.first_date, 3 * index)
        elif terms.rhythm is Rhythm.MONTHLY:
            day = add_months(terms.first_date, index)
        else:
            day = end_of_month(add_months(terms.first_date.replace(day=1), index))
        days.append(shift_to_working_day(day, terms.shift, holidays=terms.quiet_days))
    if any(later <= sooner for sooner, later in pairwise(days)):
        raise InvalidPlan("DAYS", "two instalments would be due on one day")
    return tuple(days)


def _interest(terms: PlanTerms, amounts: Sequence[Decimal], days: Sequence[date]) -> list[Decimal]:
    """Return the interest of each stretch on what is owed in it: the balance falls with each instalment."""
    if terms.annual_rate_pct is None:
        return [ZERO] * len(amounts)
    rate = Fraction(terms.annual_rate_pct) / 100
    owed, since, found = Fraction(terms.total), terms.start_date, []
    for amount, day in zip(amounts, days, strict=True):
        found.append(quantize_fraction(owed * rate * (day - since).days / _DAYS_A_YEAR, terms.currency))
        owed, since = owed - Fraction(amount), day
    return found


class PlanState(StrEnum):
    """Where a plan stands; ACTIVE is the only state that holds reminders."""

    PROPOSED = "PROPOSED"
    ACTIVE = "ACTIVE"
    KEPT = "KEPT"
    BROKEN = "BROKEN"
    CANCELLED = "CANCELLED"


class PlanReason(StrEnum):
    """Why the plan is in its state."""

    WAITING_FOR_ANSWER = "WAITING_FOR_ANSWER"
    EXPIRED = "EXPIRED"
    RUNNING = "RUNNING"
    PAID_IN_FULL = "PAID_IN_FULL"
    NOT_PAID = "NOT_PAID"
    PAID_IN_PART = "PAID_IN_PART"
    PAID_LATE = "PAID_LATE"
    CANCELLED = "CANCELLED"


class InstalmentState(StrEnum):
    """Where an instalment stands; LATE is past its day and still tolerated."""

    WAITING = "WAITING"
    LATE = "LATE"
    KEPT = "KEPT"
    PART_KEPT = "PART_KEPT"
    BROKEN = "BROKEN"


# Money sent back, or found late with its own earlier date, changes what was decided. Only a cancellation is for good.
TRANSITIONS: Final[dict[PlanState, frozenset[PlanState]]] = {
    PlanState.PROPOSED: frozenset({PlanState.ACTIVE, PlanState.CANCELLED}),
    PlanState.ACTIVE: frozenset({PlanState.KEPT, PlanState.BROKEN, PlanState.CANCELLED}),
    PlanState.KEPT: frozenset({PlanState.ACTIVE, PlanState.BROKEN}),
    PlanState.BROKEN: frozenset({PlanState.ACTIVE, PlanState.KEPT}),
    PlanState.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedItemFacts:
    """The planned part of an item, > 0; ``settled_before`` was applied to it when the plan was made.

    ``settled`` is all that was applied to the item, by value date, in any order: what exceeds ``settled_before`` pays
    the plan, up to the planned part, even with a value date before the plan.
    """

    amount: Decimal
    settled_before: Decimal = ZERO
    settled: tuple[tuple[date, Decimal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """A plan as agreed; ``instalments`` by position. ``tolerance_days`` extend each due date.

    ``cash_waiting`` >= 0 is money of the payer that is here and applied to nothing yet.
    """

    instalments: tuple[ScheduledInstalment, ...]
    items: tuple[PlannedItemFacts, ...]
    tolerance_days: int
    answer_until: date
    accepted_on: date | None = None
    cancelled_on: date | None = None
    cash_waiting: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentDecision:
    """Where an instalment stands on a day; ``amount_paid`` counts all that came, late or not."""

    position: int
    state: InstalmentState
    amount_paid: Decimal
    amount_missing: Decimal
    is_paid_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDecision:
    """Where a plan stands on a day, with each of its instalments."""

    state: PlanState
    reason: PlanReason
    amount_paid: Decimal
    amount_missing: Decimal
    instalments: tuple[InstalmentDecision, ...]

    @property
    def is_holding(self) -> bool:
        """Say whether reminders for the planned items are held."""
        return self.state is PlanState.ACTIVE

    @property
    def failed(self) -> InstalmentDecision | None:
        """Return the first instalment that was not paid in time, None when there is none."""
        failures = (InstalmentState.PART_KEPT, InstalmentState.BROKEN)
        return next((part for part in self.instalments if part.state in failures), None)


def decide_plan(*, facts: PlanFacts, as_of: date) -> PlanDecision:
    """Return the state of a plan at the end of the day ``as_of``.

    An instalment is kept when all that is due up to it was there on its day plus tolerance. The first one that is not
    breaks the plan, even when it is paid later: then the reason is PAID_LATE. A plan paid in full is kept at once.
    While cash waits that would make an instalment good, it is only late: whether it came in time shows once applied.

    :raises ValueError: instalments and items do not add up to the same, or a negative tolerance.
    """
    total = sum((part.amount for part in facts.instalments), ZERO)
    if total <= 0 or total != sum((item.amount for item in facts.items), ZERO):
        raise ValueError("instalments and items of a plan add up to the same amount")
    if facts.tolerance_days < 0:
        raise ValueError(f"tolerance must not be negative: {facts.tolerance_days} days")
    paid = _paid_on(facts, as_of)
    due_sums = accumulate(part.amount for part in facts.instalments)
    decisions = tuple(
        _judge_instalment(facts, part, due_sum=due_sum, paid=paid, as_of=as_of)
        for part, due_sum in zip(facts.instalments, due_sums, strict=True)
    )
    state, reason = _judge(facts, decisions, is_paid=paid >= total, as_of=as_of)
    return PlanDecision(
        state=state, reason=reason, amount_paid=paid, amount_missing=total - paid, instalments=decisions
    )


def check_transition(*, old: PlanState, new: PlanState) -> None:
    """Accept a change of state, or staying. :raises ValueError: a change that cannot happen."""
    if new is not old and new not in TRANSITIONS[old]:
        raise ValueError(f"a payment plan cannot go from {old} to {new}")


def _paid_on(facts: PlanFacts, day: date) -> Decimal:
    """Return what was paid of the plan by the end of a day: each item counts up to its planned part."""
    total = ZERO
    for item in facts.items:
        settled = sum((amount for paid_on, amount in item.settled if paid_on <= day), ZERO)
        total += min(max(settled - item.settled_before, ZERO), item.amount)
    return total


def _judge_instalment(
    facts: PlanFacts, part: ScheduledInstalment, *, due_sum: Decimal, paid: Decimal, as_of: date
) -> InstalmentDecision:
    held_until = part.due_date + timedelta(days=facts.tolerance_days)
    amount_paid = _share(part, due_sum, paid)
    paid_in_time = paid if as_of <= held_until else _paid_on(facts, held_until)
    in_time = _share(part, due_sum, paid_in_time)
    may_come = _share(part, due_sum, paid_in_time + facts.cash_waiting)
    if in_time >= part.amount:
        state = InstalmentState.KEPT
    elif as_of > held_until and (amount_paid >= part.amount or may_come < part.amount):
        state = InstalmentState.PART_KEPT if in_time > 0 else InstalmentState.BROKEN
    else:
        state = InstalmentState.LATE if as_of > part.due_date else InstalmentState.WAITING
    return InstalmentDecision(
        position=part.position,
        state=state,
        amount_paid=amount_paid,
        amount_missing=part.amount - amount_paid,
        is_paid_late=state is not InstalmentState.KEPT and amount_paid >= part.amount,
    )


def _share(part: ScheduledInstalment, due_sum: Decimal, paid: Decimal) -> Decimal:
    """Return what of the money went to an instalment: those before it were paid first."""
    return min(max(paid - (due_sum - part.amount), ZERO), part.amount)


def _judge(
    facts: PlanFacts, decisions: Sequence[InstalmentDecision], *, is_paid: bool, as_of: date
) -> tuple[PlanState, PlanReason]:
    is_cancelled = facts.cancelled_on is not None and facts.cancelled_on <= as_of
    if facts.accepted_on is None or facts.accepted_on > as_of:
        if is_cancelled:
            return PlanState.CANCELLED, PlanReason.CANCELLED
        if as_of > facts.answer_until:
            return PlanState.CANCELLED, PlanReason.EXPIRED
        return PlanState.PROPOSED, PlanReason.WAITING_FOR_ANSWER
    if is_cancelled:
        return PlanState.CANCELLED, PlanReason.CANCELLED
    failures = (InstalmentState.PART_KEPT, InstalmentState.BROKEN)
    failed = next((part for part in decisions if part.state in failures), None)
    if failed is not None:
        if failed.is_paid_late:
            return PlanState.BROKEN, PlanReason.PAID_LATE
        is_part = failed.state is InstalmentState.PART_KEPT
        return PlanState.BROKEN, PlanReason.PAID_IN_PART if is_part else PlanReason.NOT_PAID
    if is_paid:
        return PlanState.KEPT, PlanReason.PAID_IN_FULL
    return PlanState.ACTIVE, PlanReason.RUNNING
