"""Say how a customer account pays: usual delay, share paid late, trend; with reasons for a sentence.

Only settled items are looked at; what is open and late is the business of ageing. Delays are in days from the
due date to the day the item was settled, negative when early, rounded to whole days (half up).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

MONTHS_DEFAULT = 12
TREND_MONTHS = 3
TREND_DAYS_MIN = 5
COUNT_MIN = 3
ON_TIME_DAYS_MAX = 2
EARLY_DAYS_MIN = 3
VERY_LATE_DAYS_MIN = 31
SPREAD_DAYS_MIN = 20


class PaymentTrend(StrEnum):
    """How the delay of the last three months compares with the months before."""

    UNKNOWN = "UNKNOWN"
    STABLE = "STABLE"
    BETTER = "BETTER"
    WORSE = "WORSE"


class BehaviourReason(StrEnum):
    """The facts a sentence about the payer is made of."""

    NO_HISTORY = "NO_HISTORY"
    FEW_PAYMENTS = "FEW_PAYMENTS"
    PAYS_EARLY = "PAYS_EARLY"
    PAYS_ON_TIME = "PAYS_ON_TIME"
    PAYS_LATE = "PAYS_LATE"
    PAYS_VERY_LATE = "PAYS_VERY_LATE"
    IRREGULAR = "IRREGULAR"
    GETS_BETTER = "GETS_BETTER"
    GETS_WORSE = "GETS_WORSE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledItem:
    """A debit item that was settled; ``amount_minor`` > 0 weighs it, in one currency for all items."""

    due_date: date
    settled_date: date
    amount_minor: int

    @property
    def delay_days(self) -> int:
        """Return the days from due date to settlement, negative when early."""
        return (self.settled_date - self.due_date).days


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDelay:
    """The mean delay of what was settled in one calendar month (``month`` is its first day)."""

    month: date
    count: int
    delay_days_mean: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentBehaviour:
    """How the account paid in the months looked at; the figures are None without any payment.

    ``usual_delay_days`` is the median; ``late_per_mille`` counts items settled after their due date;
    ``delay_change_days`` is the mean delay of the last three months less that of the months before.
    """

    count: int
    usual_delay_days: int | None
    delay_days_mean: int | None
    delay_days_weighted: int | None
    late_per_mille: int | None
    trend: PaymentTrend
    delay_change_days: int | None
    months: tuple[MonthDelay, ...]
    reasons: tuple[tuple[BehaviourReason, tuple[tuple[str, int], ...]], ...]


def describe_behaviour(*, items: Iterable[SettledItem], as_of: date, months: int = MONTHS_DEFAULT) -> PaymentBehaviour:
    """Describe the payments settled in the ``months`` calendar months that end with the one of ``as_of``.

    Settlements after ``as_of`` are not known yet and do not count.
    """
    first = month_before(as_of, months - 1)
    known = sorted(
        (item for item in items if first <= item.settled_date <= as_of),
        key=lambda item: (item.settled_date, item.due_date, item.amount_minor),
    )
    delays = sorted(item.delay_days for item in known)
    change = _change(known, as_of)
    weight = sum(item.amount_minor for item in known)
    return PaymentBehaviour(
        count=len(delays),
        usual_delay_days=_median(delays) if delays else None,
        delay_days_mean=_mean(delays) if delays else None,
        delay_days_weighted=(
            divide_half_up(sum(item.delay_days * item.amount_minor for item in known), weight) if weight else None
        ),
        late_per_mille=(divide_half_up(1000 * sum(delay > 0 for delay in delays), len(delays)) if delays else None),
        trend=_trend(change),
        delay_change_days=change,
        months=_by_month(known),
        reasons=tuple(_reasons(delays, change)),
    )


def divide_half_up(numerator: int, denominator: int) -> int:
    """Return the nearest integer, halves towards plus infinity.

    >>> divide_half_up(5, 2), divide_half_up(-5, 2), divide_half_up(4, 3)
    (3, -2, 1)
    """
    return (2 * numerator + denominator) // (2 * denominator)


def month_before(day: date, months: int) -> date:
    """Return the first day of the month that lies ``months`` before the month of ``day``.

    >>> month_before(date(2026, 2, 28), 3)
    datetime.date(2025, 11, 1)
    """
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _mean(delays: Sequence[int]) -> int:
    return divide_half_up(sum(delays), len(delays))


def _median(ordered: Sequence[int]) -> int:
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return divide_half_up(ordered[middle - 1] + ordered[middle], 2)


def _by_month(items: Sequence[SettledItem]) -> tuple[MonthDelay, ...]:
    delays: dict[date, list[int]] = {}
    for item in items:
        delays.setdefault(item.settled_date.replace(day=1), []).append(item.delay_days)
    return tuple(
        MonthDelay(month=month, count=len(delays[month]), delay_days_mean=_mean(delays[month]))
        for month in sorted(delays)
    )


def _change(items: Sequence[SettledItem], as_of: date) -> int | None:
    border = month_before(as_of, TREND_MONTHS - 1)
    before = [item.delay_days for item in items if item.settled_date < border]
    lately = [item.delay_days for item in items if item.settled_date >= border]
    if min(len(before), len(lately)) < COUNT_MIN:
        return None
    return _mean(lately) - _mean(before)


def _trend(change: int | None) -> PaymentTrend:
    if change is None:
        return PaymentTrend.UNKNOWN
    if abs(change) < TREND_DAYS_MIN:
        return PaymentTrend.STABLE
    return PaymentTrend.WORSE if change > 0 else PaymentTrend.BETTER


def _reasons(
    delays: Sequence[int], change: int | None
) -> Iterable[tuple[BehaviourReason, tuple[tuple[str, int], ...]]]:
    if not delays:
        yield BehaviourReason.NO_HISTORY, ()
        return
    if len(delays) < COUNT_MIN:
        yield BehaviourReason.FEW_PAYMENTS, (("count", len(delays)),)
    usual = _median(delays)
    if usual <= -EARLY_DAYS_MIN:
        yield BehaviourReason.PAYS_EARLY, (("days", -usual),)
    elif usual <= ON_TIME_DAYS_MAX:
        yield BehaviourReason.PAYS_ON_TIME, ()
    else:
        code = BehaviourReason.PAYS_VERY_LATE if usual >= VERY_LATE_DAYS_MIN else BehaviourReason.PAYS_LATE
        yield code, (("days", usual),)
    spread = delays[3 * len(delays) // 4] - delays[len(delays) // 4]
    if len(delays) >= COUNT_MIN and spread >= SPREAD_DAYS_MIN:
        yield BehaviourReason.IRREGULAR, (("days", spread),)
    trend = _trend(change)
    if change is not None and trend is PaymentTrend.WORSE:
        yield BehaviourReason.GETS_WORSE, (("days", change),)
    if change is not None and trend is PaymentTrend.BETTER:
        yield BehaviourReason.GETS_BETTER, (("days", -change),)
