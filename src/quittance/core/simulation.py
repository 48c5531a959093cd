"""Try a policy of reminders on what really happened: the notices that would have left, and which were needless.

The decisions are those of ``core.dunning.decide_dunning``; this module only walks through the days and remembers what a
run would have remembered: the last step of each item, the last notice, the touches. An account is judged on the days
on which something can have changed for it, and on no other: that gives the same notices as judging it every day (a
law of the test-suite).

A notice is *needless* when the money was already on its way: an item on it was paid in full, by cash, on one of the
``on_its_way_days`` days after the notice. WHOLE when that is so of every item on it, PART when of some. Money that
came on the day of the notice is known to the run and no longer asked for. An internal task reaches nobody and is
never needless.

What is assumed: a run on every day (or every working day) and its notices released on the same day; bank data that is
fresh; messages that arrive, so that a step for bounced ones is never taken; a customer that pays as it did, whatever
it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from quittance.core.dunning import decide_dunning
from quittance.core.dunning_facts import (
    ALL_MEDIA,
    NO_RULES,
    ZERO,
    ContactRules,
    DunningDecision,
    DunningLevel,
    DunningMedium,
    DunningOutcome,
    DunningReason,
    LearntTiming,
)
from quittance.core.simulation_history import HistoryAccount, HistoryItem
from quittance.core.simulation_walk import Walk

ON_ITS_WAY_DAYS = 3
_FRESH = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPolicy:
    """What a policy says, as ``decide_dunning`` takes it."""

    code: str
    levels: tuple[DunningLevel, ...]
    interval_days_min: int
    minimum_amount: Decimal = ZERO
    rules: ContactRules = NO_RULES
    timing: LearntTiming | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days gone through, both included. Notices count from ``counted_from`` on (None: all): what left before only
    prepares the ground, so that old debts are not all written to on the first day.
    """

    first: date
    last: date
    counted_from: date | None = None
    is_on_weekends: bool = True

    def __post_init__(self) -> None:
        """:raises ValueError: a period that ends before it begins."""
        if self.last < self.first:
            raise ValueError(f"the period ends on {self.last}, before it begins on {self.first}")


class Needless(StrEnum):
    """Whether what a notice asked for was on its way already."""

    NO = "NO"
    PART = "PART"
    WHOLE = "WHOLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedItem:
    """An item on a simulated notice: what was asked for; its step, None when it is only listed."""

    item_id: int
    currency: str
    amount: Decimal
    level_rank: int | None
    is_on_its_way: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedNotice:
    """A notice that would have left; ``amounts`` by currency."""

    account_id: int
    day: date
    level: DunningLevel
    medium: DunningMedium
    items: tuple[NotedItem, ...]
    amounts: tuple[tuple[str, Decimal], ...]
    needless: Needless


def simulate(
    *,
    accounts: Iterable[HistoryAccount],
    policy: SimulatedPolicy,
    period: Period,
    media_ready: frozenset[DunningMedium] = ALL_MEDIA,
    on_its_way_days: int = ON_ITS_WAY_DAYS,
) -> Iterator[SimulatedNotice]:
    """Yield the notices that the policy would have sent to the accounts in the period, account by account."""
    for account in accounts:
        yield from simulate_account(
            account=account, policy=policy, period=period, media_ready=media_ready, on_its_way_days=on_its_way_days
        )


def simulate_account(
    *,
    account: HistoryAccount,
    policy: SimulatedPolicy,
    period: Period,
    media_ready: frozenset[DunningMedium] = ALL_MEDIA,
    on_its_way_days: int = ON_ITS_WAY_DAYS,
    is_every_day_judged: bool = False,
) -> list[SimulatedNotice]:
    """Return the notices to one account in the order of their days; the rest as ``walk_account``.

    :raises StepWrong: steps that cannot stand as they do.
    """
    walked = walk_account(
        account=account,
        policy=policy,
        period=period,
        media_ready=media_ready,
        on_its_way_days=on_its_way_days,
        is_every_day_judged=is_every_day_judged,
    )
    return list(walked.notices)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkedAccount:
    """What one account would have got, in the order of its days, and why it could not be reached on some day.

    ``unreached`` are of ``UNREACHED``; they count from the day on from which notices count.
    """

    notices: tuple[SimulatedNotice, ...]
    unreached: frozenset[DunningReason]


# A step was due, and its contact refuses the medium, nobody can be reached by it, or nothing carries it.
UNREACHED = frozenset({DunningReason.OPTED_OUT, DunningReason.NO_CONTACT, DunningReason.MEDIUM_NOT_READY})


def walk_account(
    *,
    account: HistoryAccount,
    policy: SimulatedPolicy,
    period: Period,
    media_ready: frozenset[DunningMedium] = ALL_MEDIA,
    on_its_way_days: int = ON_ITS_WAY_DAYS,
    is_every_day_judged: bool = False,
) -> WalkedAccount:
    """Go through the days of one account.

    ``is_every_day_judged`` leaves no day out; it is slower and finds the same.

    :raises StepWrong: steps that cannot stand as they do.
    """
    levels = policy.levels if account.gets_courtesy else tuple(one for one in policy.levels if not one.is_courtesy)
    walk = Walk(
        account=account,
        levels=levels,
        intervals=(policy.interval_days_min, *_own_intervals(levels)),
        rules=policy.rules,
        timing=policy.timing,
    )
    by_id = {item.item_id: item for item in account.items}
    found: list[SimulatedNotice] = []
    unreached: set[DunningReason] = set()
    for day in _days(walk, period, is_every_day_judged):
        walk.advance(day)
        if not is_every_day_judged and walk.is_silent(day):
            continue
        decision = decide_dunning(
            facts=walk.facts(day),
            levels=levels,
            interval_days_min=policy.interval_days_min,
            minimum_amount=policy.minimum_amount,
            bank_data_age_days_max=_FRESH,
            as_of=day,
            rules=policy.rules,
            timing=policy.timing,
            media_ready=media_ready,
        )
        if decision.outcome is DunningOutcome.SEND:
            walk.remember(decision, day)
            if _counts(period, day):
                found.append(_notice(decision, day, by_id, on_its_way_days))
        elif decision.reason is DunningReason.QUIET_DAY:
            walk.wake(day + timedelta(days=1))
        elif decision.reason in UNREACHED and _counts(period, day):
            unreached.add(decision.reason)
    return WalkedAccount(notices=tuple(found), unreached=frozenset(unreached))


def _counts(period: Period, day: date) -> bool:
    return period.counted_from is None or day >= period.counted_from


def _own_intervals(levels: Iterable[DunningLevel]) -> Iterator[int]:
    for level in levels:
        if level.interval_days_min is not None:
            yield level.interval_days_min


def _days(walk: Walk, period: Period, is_every_day: bool) -> Iterator[date]:
    if is_every_day:
        every = (period.first + timedelta(days=n) for n in range((period.last - period.first).days + 1))
        yield from (day for day in every if period.is_on_weekends or day.weekday() < 5)
        return
    walk.wake(period.first)
    after = period.first - timedelta(days=1)
    while (day := walk.next_day(after)) is not None and day <= period.last:
        after = day
        if period.is_on_weekends or day.weekday() < 5:
            yield day
        else:
            walk.wake(day + timedelta(days=1))


def _notice(
    decision: DunningDecision, day: date, by_id: dict[int, HistoryItem], on_its_way_days: int
) -> SimulatedNotice:
    if decision.level is None:
        raise ValueError(f"the notice to account {decision.account_id} has no step")
    items = tuple(
        NotedItem(
            item_id=one.item_id,
            currency=one.currency,
            amount=one.amount,
            level_rank=one.level.rank if one.level else None,
            is_on_its_way=is_on_its_way(
                item=by_id[one.item_id], amount=one.amount, day=day, on_its_way_days=on_its_way_days
            ),
        )
        for one in decision.items_included
    )
    return SimulatedNotice(
        account_id=decision.account_id,
        day=day,
        level=decision.level,
        medium=decision.medium,
        items=items,
        amounts=decision.amounts,
        needless=judge(items) if decision.medium.is_touch else Needless.NO,
    )


def is_on_its_way(*, item: HistoryItem, amount: Decimal, day: date, on_its_way_days: int) -> bool:
    """Say whether cash of the days after ``day``, ``on_its_way_days`` of them, paid the whole ``amount`` asked for."""
    last = day + timedelta(days=on_its_way_days)
    came = sum((move.amount for move in item.moves if move.is_cash and day < move.day <= last), ZERO)
    return -came >= amount


def judge(items: Iterable[NotedItem]) -> Needless:
    """Say how much of a notice was needless."""
    flags = [item.is_on_its_way for item in items]
    if not any(flags):
        return Needless.NO
    return Needless.WHOLE if all(flags) else Needless.PART
