"""Rank tasks that are no accounts to chase: by their kind, the amount and the deadline, on the scale of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from quittance.core.worklist import (
    DEFAULT_WEIGHTS,
    ZERO,
    RankPart,
    RankReason,
    RankWeights,
    TaskKind,
    amount_points,
    by_points,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What is known of a task that is not an account to chase.

    ``amount`` in the company's currency (0 when money is not the point); ``deadline_in_days`` negative when
    passed, None without one.
    """

    kind: TaskKind
    amount: Decimal = ZERO
    deadline_in_days: int | None = None


# Points for the kind alone: a run that waits for release or a promise that broke today goes before old cash.
TASK_POINTS: dict[TaskKind, int] = {
    TaskKind.CALL: 10,
    TaskKind.BROKEN_PROMISE: 30,
    TaskKind.PROMISE_DUE: 20,
    TaskKind.OVER_LIMIT: 25,
    TaskKind.DISPUTE_LATE: 25,
    TaskKind.UNMATCHED_CASH: 20,
    TaskKind.RUN_TO_RELEASE: 45,
    TaskKind.IMPORT_REJECTED: 35,
    TaskKind.NO_CONTACT: 15,
    TaskKind.UNAPPLIED_CASH: 15,
    TaskKind.COPY_WANTED: 25,
    TaskKind.STEP_TO_DO: 30,
    TaskKind.SEND_UNCERTAIN: 30,
    TaskKind.PLAN_BROKEN: 30,
    TaskKind.LIMITATION: 45,
    TaskKind.ACTION_LATE: 15,
    TaskKind.TO_VALIDATE: 50,
}
DEADLINE_POINTS_MAX = 25
# Kinds that say what a weight is given for: who changes the weight changes them in proportion.
_WEIGHT_OF_KIND: dict[TaskKind, str] = {
    TaskKind.OVER_LIMIT: "over_limit",
    TaskKind.DISPUTE_LATE: "dispute_late",
    TaskKind.PLAN_BROKEN: "promise_broken",
}


def kind_points(*, kind: TaskKind, weights: RankWeights = DEFAULT_WEIGHTS) -> int:
    """Return the points of a kind of task by itself.

    >>> from quittance.core.worklist import adjust_weights
    >>> kind_points(kind=TaskKind.OVER_LIMIT), kind_points(kind=TaskKind.RUN_TO_RELEASE)
    (25, 45)
    >>> kind_points(kind=TaskKind.OVER_LIMIT, weights=adjust_weights(changes={"over_limit": 30}))
    50
    """
    points = TASK_POINTS[kind]
    name = _WEIGHT_OF_KIND.get(kind)
    return points if name is None else points * int(getattr(weights, name)) // int(getattr(DEFAULT_WEIGHTS, name))


def rank_task(*, facts: TaskFacts, weights: RankWeights = DEFAULT_WEIGHTS) -> tuple[int, tuple[RankPart, ...]]:
    """Return score and parts of a task by its kind, amount and deadline, on the scale of accounts."""
    parts = []
    if points := kind_points(kind=facts.kind, weights=weights):
        parts.append(RankPart(code=RankReason.KIND, points=points, params=(("kind", facts.kind.value),)))
    if points := amount_points(amount=facts.amount, weights=weights):
        parts.append(RankPart(code=RankReason.AMOUNT, points=points, params=(("amount", facts.amount),)))
    if facts.deadline_in_days is not None and facts.deadline_in_days <= 0:
        points = min(10 - facts.deadline_in_days, DEADLINE_POINTS_MAX)
        late = (("days", -facts.deadline_in_days),)
        parts.append(RankPart(code=RankReason.DEADLINE, points=points, params=late))
    return sum(part.points for part in parts), by_points(parts)
