"""From which day on something can be applied to an item, so that no day sees more applied than there is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A positive amount applied from a day on, and not any more from `until_date` on (None: it still is)."""

    from_date: date
    until_date: date | None
    amount: Decimal

    def holds_on(self, day: date) -> bool:
        """Say whether it is in effect at the end of the day."""
        return self.from_date <= day and (self.until_date is None or day < self.until_date)


def first_day_with_room(*, wanted: date, amount: Decimal, original: Decimal, applied: Collection[Applied]) -> date:
    """Return the first day from `wanted` on when `amount` fits on an item of `original`, that day and ever after.

    All amounts are positive. What was undone later than `wanted` may still fill the days before; when nothing that
    was undone is in the way, it is the wanted day itself.

    >>> undone = Applied(from_date=date(2026, 3, 8), until_date=date(2026, 3, 15), amount=Decimal(70))
    >>> for amount in (30, 31):
    ...     day = first_day_with_room(
    ...         wanted=date(2026, 3, 9), amount=Decimal(amount), original=Decimal(100), applied=[undone])
    ...     print(day)
    2026-03-09
    2026-03-15
    """
    room = original - amount
    ends = sorted(one.until_date for one in applied if one.until_date is not None and one.until_date > wanted)
    starts = [one.from_date for one in applied]
    for day in (wanted, *ends):
        steps = (day, *(start for start in starts if start > day))
        if all(sum(one.amount for one in applied if one.holds_on(step)) <= room for step in steps):
            return day
    return ends[-1] if ends else wanted
