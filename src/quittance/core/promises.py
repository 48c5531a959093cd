"""Decide from allocations whether a promise to pay was kept.

The state is a function of the facts and the day, so it can be asked for any past day; ``TRANSITIONS`` says
which changes can follow one another and the caller stores each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class PromiseState(StrEnum):
    """Where a promise stands; OPEN is the only state that holds reminders."""

    OPEN = "OPEN"
    KEPT = "KEPT"
    PART_KEPT = "PART_KEPT"
    BROKEN = "BROKEN"
    WITHDRAWN = "WITHDRAWN"


class PromiseReason(StrEnum):
    """Why the promise is in its state."""

    WAITING = "WAITING"
    PAID_IN_FULL = "PAID_IN_FULL"
    PAID_LATE = "PAID_LATE"
    PAID_IN_PART = "PAID_IN_PART"
    NOT_PAID = "NOT_PAID"
    WITHDRAWN = "WITHDRAWN"


# A payment reversed, or found late with its own earlier date, changes what was decided: a KEPT promise can
# become BROKEN and a BROKEN one KEPT. Only a withdrawal is for good.
TRANSITIONS: dict[PromiseState, frozenset[PromiseState]] = {
    PromiseState.OPEN: frozenset(
        {PromiseState.KEPT, PromiseState.PART_KEPT, PromiseState.BROKEN, PromiseState.WITHDRAWN}
    ),
    PromiseState.KEPT: frozenset({PromiseState.OPEN, PromiseState.PART_KEPT, PromiseState.BROKEN}),
    PromiseState.PART_KEPT: frozenset({PromiseState.KEPT, PromiseState.BROKEN}),
    PromiseState.BROKEN: frozenset({PromiseState.KEPT, PromiseState.PART_KEPT}),
    PromiseState.WITHDRAWN: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseFacts:
    """A promise of ``amount_promised`` > 0 until ``due_date``, given on ``made_on``.

    ``paid`` are the amounts allocated to the promised items, with their value dates, reversals negative; those
    before ``made_on`` do not count. ``tolerance_days`` extend the due date. ``cash_waiting`` >= 0 is money of the payer
    that is here and applied to nothing yet.
    """

    amount_promised: Decimal
    made_on: date
    due_date: date
    tolerance_days: int
    paid: tuple[tuple[date, Decimal], ...] = ()
    withdrawn_on: date | None = None
    cash_waiting: Decimal = ZERO

    @property
    def held_until(self) -> date:
        """Return the last day on which the promise holds reminders."""
        return self.due_date + timedelta(days=self.tolerance_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseDecision:
    """The state on a day; ``amount_paid`` counts what came in time, ``amount_missing`` is never negative."""

    state: PromiseState
    reason: PromiseReason
    amount_paid: Decimal
    amount_missing: Decimal

    @property
    def is_holding(self) -> bool:
        """Say whether reminders for the promised items are held."""
        return self.state is PromiseState.OPEN


def decide_promise(*, facts: PromiseFacts, as_of: date) -> PromiseDecision:
    """Return the state of a promise at the end of the day ``as_of``.

    Money counts by its value date up to ``held_until``; what comes later pays the item but keeps no promise
    (reason PAID_LATE). A promise paid in full is KEPT at once; others are judged when ``held_until`` has passed, and
    what waits on our desk would not make them good.
    Only an open promise can be withdrawn: a withdrawal after the outcome changes nothing.

    :raises ValueError: an amount promised that is not positive, a negative tolerance.
    """
    if facts.amount_promised <= 0:
        raise ValueError(f"a promise needs a positive amount, not {facts.amount_promised}")
    if facts.tolerance_days < 0:
        raise ValueError(f"tolerance must not be negative: {facts.tolerance_days} days")
    in_time = _paid(facts, min(as_of, facts.held_until))
    state, reason = _judge(facts, in_time, as_of)
    return PromiseDecision(
        state=state,
        reason=reason,
        amount_paid=in_time,
        amount_missing=max(facts.amount_promised - in_time, ZERO),
    )


def check_transition(*, old: PromiseState, new: PromiseState) -> None:
    """Accept a change of state, or staying.

    :raises ValueError: a change that cannot happen.
    """
    if new is not old and new not in TRANSITIONS[old]:
        raise ValueError(f"a promise cannot go from {old} to {new}")


def _paid(facts: PromiseFacts, until: date) -> Decimal:
    counted: Iterable[Decimal] = (amount for day, amount in facts.paid if facts.made_on <= day <= until)
    return max(sum(counted, ZERO), ZERO)


def _is_withdrawn(facts: PromiseFacts, as_of: date) -> bool:
    day = facts.withdrawn_on
    if day is None or day > min(as_of, facts.held_until):
        return False
    return _paid(facts, day) < facts.amount_promised


def _judge(facts: PromiseFacts, in_time: Decimal, as_of: date) -> tuple[PromiseState, PromiseReason]:
    if _is_withdrawn(facts, as_of):
        return PromiseState.WITHDRAWN, PromiseReason.WITHDRAWN
    if in_time >= facts.amount_promised:
        return PromiseState.KEPT, PromiseReason.PAID_IN_FULL
    is_paid_late = _paid(facts, as_of) >= facts.amount_promised
    may_be_good = not is_paid_late and in_time + facts.cash_waiting >= facts.amount_promised
    if as_of <= facts.held_until or may_be_good:
        return PromiseState.OPEN, PromiseReason.WAITING
    if in_time > 0:
        return PromiseState.PART_KEPT, PromiseReason.PAID_LATE if is_paid_late else PromiseReason.PAID_IN_PART
    return PromiseState.BROKEN, PromiseReason.PAID_LATE if is_paid_late else PromiseReason.NOT_PAID
