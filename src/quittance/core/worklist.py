"""Rank what there is to do and explain the rank; propose the next action and say why.

A score is the sum of its parts, all integers; each part has a reason and the figures it comes from. Amounts are
in the company's currency and become points on a scale of powers of two, so that 100 times the money is more
urgent but not 100 times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

ZERO = Decimal(0)


class TaskKind(StrEnum):
    """Where a task comes from."""

    CALL = "CALL"
    BROKEN_PROMISE = "BROKEN_PROMISE"
    PROMISE_DUE = "PROMISE_DUE"
    OVER_LIMIT = "OVER_LIMIT"
    DISPUTE_LATE = "DISPUTE_LATE"
    UNMATCHED_CASH = "UNMATCHED_CASH"
    RUN_TO_RELEASE = "RUN_TO_RELEASE"
    IMPORT_REJECTED = "IMPORT_REJECTED"
    NO_CONTACT = "NO_CONTACT"
    UNAPPLIED_CASH = "UNAPPLIED_CASH"
    COPY_WANTED = "COPY_WANTED"
    STEP_TO_DO = "STEP_TO_DO"
    SEND_UNCERTAIN = "SEND_UNCERTAIN"
    PLAN_BROKEN = "PLAN_BROKEN"
    LIMITATION = "LIMITATION"
    ACTION_LATE = "ACTION_LATE"
    TO_VALIDATE = "TO_VALIDATE"


class RankReason(StrEnum):
    """What a part of the score stands for."""

    AMOUNT = "AMOUNT"
    LATENESS = "LATENESS"
    HABIT_BROKEN = "HABIT_BROKEN"
    OVER_LIMIT = "OVER_LIMIT"
    PROMISE_BROKEN = "PROMISE_BROKEN"
    PROMISE_DUE = "PROMISE_DUE"
    STRATEGIC = "STRATEGIC"
    NOT_TOUCHED = "NOT_TOUCHED"
    TOUCHED_RECENTLY = "TOUCHED_RECENTLY"
    DISPUTE_LATE = "DISPUTE_LATE"
    KIND = "KIND"
    DEADLINE = "DEADLINE"
    EFFECT = "EFFECT"
    CALL_BACK = "CALL_BACK"
    UNREACHED = "UNREACHED"


class RankFamily(StrEnum):
    """What a score looks at: each part belongs to one of these."""

    AMOUNT = "AMOUNT"
    LATENESS = "LATENESS"
    RISK = "RISK"
    BEHAVIOUR = "BEHAVIOUR"
    EFFECT = "EFFECT"
    DEADLINE = "DEADLINE"


FAMILY_OF: dict[RankReason, RankFamily] = {
    RankReason.AMOUNT: RankFamily.AMOUNT,
    RankReason.LATENESS: RankFamily.LATENESS,
    RankReason.OVER_LIMIT: RankFamily.RISK,
    RankReason.STRATEGIC: RankFamily.RISK,
    RankReason.KIND: RankFamily.RISK,
    RankReason.HABIT_BROKEN: RankFamily.BEHAVIOUR,
    RankReason.PROMISE_BROKEN: RankFamily.BEHAVIOUR,
    RankReason.EFFECT: RankFamily.EFFECT,
    RankReason.NOT_TOUCHED: RankFamily.EFFECT,
    RankReason.TOUCHED_RECENTLY: RankFamily.EFFECT,
    RankReason.UNREACHED: RankFamily.EFFECT,
    RankReason.PROMISE_DUE: RankFamily.DEADLINE,
    RankReason.CALL_BACK: RankFamily.DEADLINE,
    RankReason.DISPUTE_LATE: RankFamily.DEADLINE,
    RankReason.DEADLINE: RankFamily.DEADLINE,
}


class NextAction(StrEnum):
    """What the list proposes to do."""

    CALL = "CALL"
    SEND_REMINDER = "SEND_REMINDER"
    FOLLOW_PROMISE = "FOLLOW_PROMISE"
    RESOLVE_DISPUTE = "RESOLVE_DISPUTE"
    MATCH_CASH = "MATCH_CASH"
    ASK_CONTACT = "ASK_CONTACT"
    HAND_OVER = "HAND_OVER"
    WAIT = "WAIT"


class ActionReason(StrEnum):
    """Why that action is proposed."""

    CASH_WAITING = "CASH_WAITING"
    CALL_BACK = "CALL_BACK"
    DISPUTE_LATE = "DISPUTE_LATE"
    PROMISE_DUE = "PROMISE_DUE"
    PROMISE_BROKEN = "PROMISE_BROKEN"
    PROMISE_RUNNING = "PROMISE_RUNNING"
    IN_DISPUTE = "IN_DISPUTE"
    NOTHING_OVERDUE = "NOTHING_OVERDUE"
    NOTHING_TO_CLAIM = "NOTHING_TO_CLAIM"
    LAST_LEVEL_REACHED = "LAST_LEVEL_REACHED"
    NO_CONTACT = "NO_CONTACT"
    TOUCHED_RECENTLY = "TOUCHED_RECENTLY"
    OVER_LIMIT = "OVER_LIMIT"
    STRATEGIC = "STRATEGIC"
    HABIT_BROKEN = "HABIT_BROKEN"
    LARGE_AMOUNT = "LARGE_AMOUNT"
    REMINDERS_WITHOUT_EFFECT = "REMINDERS_WITHOUT_EFFECT"
    REMINDER_DUE = "REMINDER_DUE"
    WITHIN_HABIT = "WITHIN_HABIT"
    NEXT_REMINDER_LATER = "NEXT_REMINDER_LATER"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What is known of one account on the day; amounts >= 0 in the company's currency, days count to that day.

    ``amount_claimable`` is the overdue part that is neither disputed, promised nor covered. ``amount_unapplied``
    is cash of this payer that waits for matching. ``usual_delay_days`` and ``last_touch_days`` (since the last
    call or message) are None when unknown. ``promise_broken_days`` counts since the last promise broke, None
    when none did lately. ``amount_promise_due`` is promised for today or for days still tolerated.
    ``dispute_late_days`` counts from the deadline of the most delayed open dispute, 0 when none is late.
    ``is_call_back_due``: the customer asked to be called at a moment that has come. ``unreached_calls`` counts the
    calls that ended on the voicemail since somebody was last reached.
    """

    amount_overdue: Decimal = ZERO
    amount_claimable: Decimal = ZERO
    oldest_overdue_days: int = 0
    usual_delay_days: int | None = None
    amount_over_limit: Decimal = ZERO
    credit_limit: Decimal = ZERO
    promise_broken_days: int | None = None
    promises_broken: int = 0
    amount_promise_due: Decimal = ZERO
    amount_promised: Decimal = ZERO
    amount_disputed: Decimal = ZERO
    dispute_late_days: int = 0
    amount_unapplied: Decimal = ZERO
    is_strategic: bool = False
    has_contact: bool = True
    last_touch_days: int | None = None
    level_rank: int = 0
    is_last_level_reached: bool = False
    is_reminder_due: bool = False
    is_call_back_due: bool = False
    unreached_calls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RankWeights:
    """The most points each part can bring, and the borders of the rules; each team may change the points.

    ``unreached`` is taken off for each call that reached nobody.
    """

    amount: int = 40
    lateness: int = 25
    habit_broken: int = 20
    over_limit: int = 15
    promise_broken: int = 20
    promise_due: int = 12
    strategic: int = 10
    not_touched: int = 10
    dispute_late: int = 15
    call_back: int = 25
    effect: int = 8
    unreached: int = 2
    amount_full: Decimal = Decimal(1_000_000)
    lateness_days_full: int = 90
    habit_days_tolerated: int = 5
    habit_days_full: int = 30
    touch_days_full: int = 30
    touch_days_recent: int = 2
    promise_days_remembered: int = 60
    dispute_days_full: int = 20
    call_amount_min: Decimal = Decimal(10_000)
    call_level_rank_min: int = 2


DEFAULT_WEIGHTS = RankWeights()
# What a team may change, by what it looks at; each between 0 and WEIGHT_MAX points.
ADJUSTABLE: dict[RankFamily, tuple[str, ...]] = {
    RankFamily.AMOUNT: ("amount",),
    RankFamily.LATENESS: ("lateness",),
    RankFamily.RISK: ("over_limit", "strategic"),
    RankFamily.BEHAVIOUR: ("habit_broken", "promise_broken"),
    RankFamily.EFFECT: ("effect", "not_touched", "unreached"),
    RankFamily.DEADLINE: ("call_back", "promise_due", "dispute_late"),
}
WEIGHT_MAX = 100
WEIGHT_NAMES = tuple(name for names in ADJUSTABLE.values() for name in names)


class WeightOutOfRange(ValueError):
    """A weight is unknown, not an integer, or not between 0 and WEIGHT_MAX."""


def adjust_weights(*, changes: Mapping[str, int], weights: RankWeights = DEFAULT_WEIGHTS) -> RankWeights:
    """Return the weights with some points changed.

    :raises WeightOutOfRange:

    >>> adjust_weights(changes={"amount": 0}).amount, adjust_weights(changes={}) == DEFAULT_WEIGHTS
    (0, True)
    """
    for name, points in changes.items():
        if name not in WEIGHT_NAMES:
            raise WeightOutOfRange(f"{name!r} is not a weight that can be changed")
        if type(points) is not int or not 0 <= points <= WEIGHT_MAX:
            raise WeightOutOfRange(f"{name} is between 0 and {WEIGHT_MAX} points, not {points!r}")
    wanted: dict[str, Any] = dict(changes)
    return replace(weights, **wanted)


RankParams = tuple[tuple[str, int | Decimal | str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankPart:
    """One part of a score: points (negative when it lowers), and the figures for its sentence."""

    code: RankReason
    points: int
    params: RankParams = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A score with its parts, largest first, and the proposed action with its reason."""

    score: int
    parts: tuple[RankPart, ...]
    proposed_action: NextAction
    action_reason: ActionReason


def rank_account(*, facts: AccountFacts, weights: RankWeights = DEFAULT_WEIGHTS) -> Ranking:
    """Score one account and propose what to do next.

    The score is never negative and is exactly the sum of the parts; an account touched in the last days keeps
    half of its points, so that the next one comes up. Calls that reached nobody take off half of them at most.
    """
    parts = [part for part in _account_parts(facts, weights) if part.points]
    if facts.unreached_calls > 0 and (cut := _unreached_points(facts, weights, sum(part.points for part in parts))):
        tries = (("count", facts.unreached_calls),)
        parts.append(RankPart(code=RankReason.UNREACHED, points=-cut, params=tries))
    days = facts.last_touch_days
    if days is not None and days <= weights.touch_days_recent and parts:
        half = sum(part.points for part in parts) // 2
        if half:
            parts.append(RankPart(code=RankReason.TOUCHED_RECENTLY, points=-half, params=(("days", days),)))
    action, reason = propose_action(facts=facts, weights=weights)
    return Ranking(
        score=sum(part.points for part in parts),
        parts=by_points(parts),
        proposed_action=action,
        action_reason=reason,
    )


def propose_action(*, facts: AccountFacts, weights: RankWeights = DEFAULT_WEIGHTS) -> tuple[NextAction, ActionReason]:
    """Return the first action of the table whose condition holds; there is always one.

    Money that is here is matched before anybody is chased; what cannot be claimed is never called about.
    """
    rules = _RULES if facts.amount_claimable > 0 else _RULES_WITHOUT_CLAIM
    return next((action, reason) for action, reason, holds in rules if holds(facts, weights))


def amount_points(*, amount: Decimal, weights: RankWeights = DEFAULT_WEIGHTS) -> int:
    """Return the points for an amount, all of them from ``weights.amount_full`` on.

    >>> [amount_points(amount=Decimal(n)) for n in (0, 1, 100, 1_000, 10_000, 100_000, 1_000_000, 9_000_000)]
    [0, 1, 14, 20, 26, 33, 40, 40]
    """
    return _amount_share(weights.amount, amount, weights)


def _amount_share(points: int, amount: Decimal, weights: RankWeights) -> int:
    full = max(_quarters(int(weights.amount_full)), 1)
    return points * min(_quarters(int(amount)), full) // full


def _quarters(number: int) -> int:
    """Return about four times the logarithm of base 2, in integers and never falling: 0 for 0, 4 for 1."""
    if number <= 0:
        return 0
    bits = number.bit_length()
    following = (number << 2 >> (bits - 1)) & 3
    return 4 * bits + following


def _share(points: int, part: int, whole: int) -> int:
    """Return points in proportion, at least 1 for anything positive, all from ``whole`` on."""
    if part <= 0:
        return 0
    return points if part >= whole else max(points * part // whole, min(points, 1))


def _unreached_points(facts: AccountFacts, weights: RankWeights, points: int) -> int:
    """Return what calls that reached nobody take off: never more than half."""
    return min(weights.unreached * facts.unreached_calls, points // 2)


def by_points(parts: Iterable[RankPart]) -> tuple[RankPart, ...]:
    """Return the parts of a score, largest first."""
    return tuple(sorted(parts, key=lambda part: (-part.points, part.code)))


def _excess_days(facts: AccountFacts, weights: RankWeights) -> int:
    """Return by how many days the account is later than usual beyond what is tolerated, 0 when it is not."""
    if facts.usual_delay_days is None or facts.amount_overdue <= 0:
        return 0
    usual = max(facts.usual_delay_days, 0)
    return max(facts.oldest_overdue_days - usual - weights.habit_days_tolerated, 0)


def _account_parts(facts: AccountFacts, weights: RankWeights) -> Iterable[RankPart]:
    is_overdue = facts.amount_overdue > 0
    yield RankPart(
        code=RankReason.AMOUNT,
        points=amount_points(amount=facts.amount_overdue, weights=weights),
        params=(("amount", facts.amount_overdue),),
    )
    yield RankPart(
        code=RankReason.LATENESS,
        points=_share(weights.lateness, facts.oldest_overdue_days, weights.lateness_days_full) if is_overdue else 0,
        params=(("days", facts.oldest_overdue_days),),
    )
    if excess := _excess_days(facts, weights):
        yield RankPart(
            code=RankReason.HABIT_BROKEN,
            points=_share(weights.habit_broken, excess, weights.habit_days_full),
            params=(("days", facts.oldest_overdue_days), ("usual_days", facts.usual_delay_days or 0)),
        )
    yield RankPart(
        code=RankReason.OVER_LIMIT,
        points=_share(weights.over_limit, int(facts.amount_over_limit), max(int(facts.credit_limit), 1)),
        params=(("amount", facts.amount_over_limit), ("limit", facts.credit_limit)),
    )
    yield _promise_broken(facts, weights)
    yield RankPart(
        code=RankReason.PROMISE_DUE,
        points=weights.promise_due if facts.amount_promise_due > 0 else 0,
        params=(("amount", facts.amount_promise_due),),
    )
    yield RankPart(
        code=RankReason.DISPUTE_LATE,
        points=_share(weights.dispute_late, facts.dispute_late_days, weights.dispute_days_full),
        params=(("days", facts.dispute_late_days), ("amount", facts.amount_disputed)),
    )
    yield RankPart(code=RankReason.CALL_BACK, points=weights.call_back if facts.is_call_back_due else 0)
    yield RankPart(
        code=RankReason.EFFECT,
        points=_amount_share(weights.effect, facts.amount_claimable, weights),
        params=(("amount", facts.amount_claimable),),
    )
    yield RankPart(code=RankReason.STRATEGIC, points=weights.strategic if facts.is_strategic and is_overdue else 0)
    if is_overdue and facts.last_touch_days is None:
        yield RankPart(code=RankReason.NOT_TOUCHED, points=weights.not_touched)
    elif is_overdue and facts.last_touch_days is not None and facts.last_touch_days > weights.touch_days_recent:
        yield RankPart(
            code=RankReason.NOT_TOUCHED,
            points=_share(weights.not_touched, facts.last_touch_days, weights.touch_days_full),
            params=(("days", facts.last_touch_days),),
        )


def _promise_broken(facts: AccountFacts, weights: RankWeights) -> RankPart:
    """A broken promise counts fully on its day and fades over the days it is remembered."""
    points, days = 0, facts.promise_broken_days
    if days is not None:
        points = _share(weights.promise_broken, weights.promise_days_remembered - days, weights.promise_days_remembered)
    params = (("days", days or 0), ("count", facts.promises_broken))
    return RankPart(code=RankReason.PROMISE_BROKEN, points=points, params=params)


_Rule = tuple[NextAction, ActionReason, Callable[[AccountFacts, RankWeights], bool]]


def _is_promise_fresh(facts: AccountFacts, weights: RankWeights) -> bool:
    """Say whether a promise broke and nobody has talked to the customer since."""
    if facts.promise_broken_days is None or facts.promise_broken_days >= weights.promise_days_remembered:
        return False
    return facts.last_touch_days is None or facts.last_touch_days >= facts.promise_broken_days


def _is_touched(facts: AccountFacts, weights: RankWeights) -> bool:
    return facts.last_touch_days is not None and facts.last_touch_days <= weights.touch_days_recent


def _is_within_habit(facts: AccountFacts, weights: RankWeights) -> bool:
    usual = facts.usual_delay_days
    return usual is not None and usual > 0 and _excess_days(facts, weights) == 0


# First match wins. With something to claim:
_RULES: tuple[_Rule, ...] = (
    (NextAction.MATCH_CASH, ActionReason.CASH_WAITING, lambda f, w: f.amount_unapplied > 0),
    (NextAction.ASK_CONTACT, ActionReason.NO_CONTACT, lambda f, w: not f.has_contact),
    (NextAction.CALL, ActionReason.CALL_BACK, lambda f, w: f.is_call_back_due),
    (NextAction.HAND_OVER, ActionReason.LAST_LEVEL_REACHED, lambda f, w: f.is_last_level_reached),
    (NextAction.CALL, ActionReason.PROMISE_BROKEN, _is_promise_fresh),
    (NextAction.FOLLOW_PROMISE, ActionReason.PROMISE_DUE, lambda f, w: f.amount_promise_due > 0),
    (NextAction.WAIT, ActionReason.TOUCHED_RECENTLY, _is_touched),
    (NextAction.CALL, ActionReason.OVER_LIMIT, lambda f, w: f.amount_over_limit > 0),
    (NextAction.CALL, ActionReason.HABIT_BROKEN, lambda f, w: _excess_days(f, w) >= w.habit_days_full // 2),
    (NextAction.CALL, ActionReason.STRATEGIC, lambda f, w: f.is_strategic and not _is_within_habit(f, w)),
    (
        NextAction.CALL,
        ActionReason.REMINDERS_WITHOUT_EFFECT,
        lambda f, w: f.level_rank >= w.call_level_rank_min,
    ),
    (
        NextAction.CALL,
        ActionReason.LARGE_AMOUNT,
        lambda f, w: f.amount_claimable >= w.call_amount_min and not _is_within_habit(f, w),
    ),
    (NextAction.SEND_REMINDER, ActionReason.REMINDER_DUE, lambda f, w: f.is_reminder_due),
    (NextAction.WAIT, ActionReason.WITHIN_HABIT, _is_within_habit),
    (NextAction.WAIT, ActionReason.NEXT_REMINDER_LATER, lambda f, w: True),
)

# Nothing to claim: only what is in the way of the money can be worked on.
_RULES_WITHOUT_CLAIM: tuple[_Rule, ...] = (
    (NextAction.RESOLVE_DISPUTE, ActionReason.DISPUTE_LATE, lambda f, w: f.dispute_late_days > 0),
    (NextAction.MATCH_CASH, ActionReason.CASH_WAITING, lambda f, w: f.amount_unapplied > 0),
    (NextAction.FOLLOW_PROMISE, ActionReason.PROMISE_DUE, lambda f, w: f.amount_promise_due > 0),
    (NextAction.WAIT, ActionReason.PROMISE_RUNNING, lambda f, w: f.amount_promised > 0),
    (NextAction.WAIT, ActionReason.IN_DISPUTE, lambda f, w: f.amount_disputed > 0),
    (NextAction.WAIT, ActionReason.NOTHING_TO_CLAIM, lambda f, w: f.amount_overdue > 0),
    (NextAction.WAIT, ActionReason.NOTHING_OVERDUE, lambda f, w: True),
)
