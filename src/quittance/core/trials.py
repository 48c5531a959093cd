"""Compare two policies of reminders on two halves of the same customers: who goes where, and who pays sooner.

*Assignment* is by a digest of the trial's own salt and the number of the customer: the same customer always goes to
the same side, and nobody can foresee or choose which.

*Days to pay* run from the date of the document. What is still open when one looks is censored: it counts for the
days it was open. The figure of a side is therefore the restricted mean: the area under the Kaplan-Meier curve of
what is unpaid, up to a horizon (P. Royston, M. Parmar, "Restricted mean survival time", BMC Medical Research
Methodology 13:152, 2013). Its standard error is the jackknife's, one customer left out at a time, since the items of
one customer are paid alike. Without open items and with one item a customer, mean and standard error are those of a
sample, and the interval of the difference is Welch's (B. L. Welch, Biometrika 34, 1947). Degrees of freedom are
rounded down to an even number, on the wide side.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

HORIZON_DAYS = 90
UNITS_MIN = 10
FREEDOM_MAX = 200
_ZERO, _ONE = Decimal(0), Decimal(1)


class Arm(StrEnum):
    """A side of a trial."""

    A = "A"
    B = "B"


class Verdict(StrEnum):
    """What can be said of a trial."""

    A_SOONER = "A_SOONER"
    B_SOONER = "B_SOONER"
    NO_DIFFERENCE = "NO_DIFFERENCE"
    TOO_FEW = "TOO_FEW"


def assign_arm(*, salt: str, unit_id: int) -> Arm:
    """Return the side of a customer.

    >>> [assign_arm(salt="2026-Q3", unit_id=number).value for number in range(1, 9)]
    ['B', 'A', 'A', 'B', 'B', 'A', 'A', 'A']
    """
    digest = hashlib.sha256(f"{salt}:{unit_id}".encode()).digest()
    return Arm.A if digest[0] % 2 == 0 else Arm.B


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidItem:
    """An item of a customer: the days from its document until it was paid, or until one looked (``is_paid`` False)."""

    unit_id: int
    days: int
    is_paid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResult:
    """The figures of a side; ``mean_days`` up to the horizon, None without any item."""

    units: int
    items: int
    paid: int
    mean_days: Decimal | None
    standard_error: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """Both sides, and ``difference_days`` = B less A: above zero, A is paid sooner. ``low`` to ``high`` is the interval
    that holds the true difference 95 times in 100. ``horizon_days`` may be shorter than asked for: as far as both
    are seen.
    """

    a: ArmResult
    b: ArmResult
    horizon_days: int
    verdict: Verdict
    difference_days: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


def compare_arms(
    *,
    a: Sequence[PaidItem],
    b: Sequence[PaidItem],
    horizon_days: int = HORIZON_DAYS,
    units_min: int = UNITS_MIN,
) -> TrialResult:
    """Compare the days to pay of two sides; with fewer than ``units_min`` customers on a side no interval is given."""
    horizon = min([horizon_days, *(max(item.days for item in side) for side in (a, b) if side)])
    sides = [_result(side, horizon) for side in (a, b)]
    of_a, of_b = sides
    few = TrialResult(a=of_a, b=of_b, horizon_days=horizon, verdict=Verdict.TOO_FEW)
    if min(of_a.units, of_b.units) < max(2, units_min):
        return few
    if of_a.mean_days is None or of_b.mean_days is None or of_a.standard_error is None or of_b.standard_error is None:
        return few
    difference = of_b.mean_days - of_a.mean_days
    half = half_width(errors=((of_a.standard_error, of_a.units), (of_b.standard_error, of_b.units)))
    low, high = difference - half, difference + half
    verdict = Verdict.NO_DIFFERENCE
    if low > 0:
        verdict = Verdict.A_SOONER
    elif high < 0:
        verdict = Verdict.B_SOONER
    return TrialResult(
        a=of_a, b=of_b, horizon_days=horizon, verdict=verdict, difference_days=difference, low=low, high=high
    )


def _result(items: Sequence[PaidItem], horizon: int) -> ArmResult:
    by_unit: defaultdict[int, list[PaidItem]] = defaultdict(list)
    for item in items:
        by_unit[item.unit_id].append(item)
    whole = _Counts.of(items, horizon)
    mean = whole.restricted_mean(horizon) if items else None
    return ArmResult(
        units=len(by_unit),
        items=len(items),
        paid=sum(item.is_paid for item in items),
        mean_days=mean,
        standard_error=_jackknife(whole, list(by_unit.values()), horizon) if len(by_unit) > 1 else None,
    )


@dataclass(slots=True)
class _Counts:
    """How many items were paid, and how many left the sight, on each day."""

    paid: Counter[int]
    left: Counter[int]
    total: int

    @classmethod
    def of(cls, items: Iterable[PaidItem], horizon: int) -> _Counts:
        paid: Counter[int] = Counter()
        left: Counter[int] = Counter()
        total = 0
        for item in items:
            day = min(max(item.days, 0), horizon)
            left[day] += 1
            total += 1
            if item.is_paid and item.days <= horizon:
                paid[day] += 1
        return cls(paid=paid, left=left, total=total)

    def without(self, other: _Counts) -> _Counts:
        """Return the counts less those of some items."""
        paid, left = self.paid.copy(), self.left.copy()
        paid.subtract(other.paid)
        left.subtract(other.left)
        return _Counts(paid=paid, left=left, total=self.total - other.total)

    def restricted_mean(self, horizon: int) -> Decimal:
        """Return the area under the curve of the unpaid, from day 0 to the horizon."""
        area, unpaid, at_risk, before = _ZERO, _ONE, self.total, 0
        for day in sorted(self.left):
            area += unpaid * (day - before)
            before = day
            if at_risk and (paid := self.paid.get(day, 0)):
                unpaid = unpaid * (at_risk - paid) / at_risk
            at_risk -= self.left[day]
        return area + unpaid * (horizon - before)


def unpaid_curve(items: Sequence[PaidItem]) -> list[tuple[int, Decimal]]:
    """Return the days on which something was paid, with the share that is still unpaid then (Kaplan-Meier)."""
    if not items:
        return []
    counts = _Counts.of(items, max(item.days for item in items))
    curve, unpaid, at_risk = [], _ONE, counts.total
    for day in sorted(counts.left):
        if paid := counts.paid.get(day, 0):
            unpaid = unpaid * (at_risk - paid) / at_risk
            curve.append((day, unpaid))
        at_risk -= counts.left[day]
    return curve


def restricted_mean(*, items: Sequence[PaidItem], horizon_days: int) -> Decimal:
    """Return the mean days to pay up to a horizon, what is open included.

    >>> items = [PaidItem(unit_id=n, days=days, is_paid=paid) for n, (days, paid) in enumerate([(2, True), (6, False)])]
    >>> restricted_mean(items=items, horizon_days=6)
    Decimal('4.0')

    :raises ValueError: no item.
    """
    if not items:
        raise ValueError("the mean of no item")
    return _Counts.of(items, horizon_days).restricted_mean(horizon_days)


def _jackknife(whole: _Counts, units: Sequence[Sequence[PaidItem]], horizon: int) -> Decimal:
    """Return the standard error of the restricted mean: each customer left out once."""
    seen: dict[tuple[object, ...], Decimal] = {}
    without = []
    for unit in units:
        mine = _Counts.of(unit, horizon)
        key = (tuple(sorted(mine.left.items())), tuple(sorted(mine.paid.items())))
        if key not in seen:  # most customers have few items and pay on the same days as others
            seen[key] = whole.without(mine).restricted_mean(horizon)
        without.append(seen[key])
    count = len(without)
    mean = sum(without, _ZERO) / count
    return (sum(((one - mean) ** 2 for one in without), _ZERO) * (count - 1) / count).sqrt()


def half_width(*, errors: tuple[tuple[Decimal, int], tuple[Decimal, int]]) -> Decimal:
    """Return half the width of Welch's 95 % interval, from the standard error and the size of each sample (2 or
    more)."""
    variances = [error * error for error, _ in errors]
    total = sum(variances, _ZERO)
    if not total:
        return _ZERO
    freedom = total**2 / sum((v**2 / (n - 1) for v, (_, n) in zip(variances, errors, strict=True)), _ZERO)
    return student_quantile(int(freedom)) * total.sqrt()


def student_quantile(freedom: int) -> Decimal:
    """Return t so that Student's variable lies between -t and t 95 times in 100; ``freedom`` rounded down to even.

    The distribution for even degrees of freedom is a finite sum (M. Abramowitz, I. Stegun, Handbook of Mathematical
    Functions, 26.7.4).

    >>> [round(student_quantile(n), 3) for n in (2, 8, 9, 30, 10_000)]
    [Decimal('4.303'), Decimal('2.306'), Decimal('2.306'), Decimal('2.042'), Decimal('1.972')]
    """
    even = max(2, min(freedom, FREEDOM_MAX) // 2 * 2)
    if even not in _QUANTILES:
        low, high = _ZERO, Decimal(16)
        for _ in range(50):
            middle = (low + high) / 2
            if _within(middle, even) < Decimal("0.95"):
                low = middle
            else:
                high = middle
        _QUANTILES[even] = (low + high) / 2
    return _QUANTILES[even]


_QUANTILES: dict[int, Decimal] = {}


def _within(t: Decimal, even: int) -> Decimal:
    """Return the probability that Student's variable lies between -t and t."""
    cosine2 = even / (even + t * t)
    term = total = _ONE
    for k in range(1, even // 2):
        term = term * (2 * k - 1) / (2 * k) * cosine2
        total += term
    return t / (even + t * t).sqrt() * total


def split_units(*, salt: str, accounts: Mapping[int, int]) -> dict[int, Arm]:
    """Return the side of each account by its id; ``accounts`` gives the customer of each."""
    return {account_id: assign_arm(salt=salt, unit_id=unit) for account_id, unit in accounts.items()}
