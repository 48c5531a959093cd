"""What becomes of a task when its facts are looked at again: one table of rules, no database.

| it was | it becomes |
|---|---|
| unknown or GONE | OPEN |
| OPEN | OPEN |
| SNOOZED | SNOOZED until its day, or its moment where it has one, then OPEN |
| DONE | OPEN when something got worse or another action is proposed; else it stays DONE |

What is not among the facts any more is GONE, whatever it was: that is decided by its absence, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

Measures = Mapping[str, int | str]
ACTION = "action"


def next_state(
    *,
    before: str | None,
    snoozed_until: date | None,
    measures_before: Measures,
    measures_now: Measures,
    as_of: date,
    wake_at: datetime | None = None,
    now: datetime | None = None,
) -> str:
    """Return the state of a task whose reason still stands on `as_of`.

    >>> day, known = date(2026, 3, 2), {"action": "CALL", "amount": "100.00"}
    >>> def after(before, now, until=None):
    ...     return next_state(
    ...         before=before, snoozed_until=until, measures_before=known, measures_now=now, as_of=day)
    >>> after("DONE", {"action": "CALL", "amount": "100.00"}), after("DONE", {"action": "CALL", "amount": "100.01"})
    ('DONE', 'OPEN')
    >>> after("SNOOZED", known, until=date(2026, 3, 3)), after("SNOOZED", known, until=day)
    ('SNOOZED', 'OPEN')
    """
    if before == "SNOOZED" and _is_asleep(snoozed_until, wake_at, as_of, now):
        return "SNOOZED"
    if before == "DONE" and not has_worsened(before=measures_before, now=measures_now):
        return "DONE"
    return "OPEN"


def _is_asleep(until: date | None, wake_at: datetime | None, as_of: date, now: datetime | None) -> bool:
    if wake_at is not None and now is not None:
        return wake_at > now
    return until is not None and until > as_of


def has_worsened(*, before: Measures, now: Measures) -> bool:
    """Say whether another action is proposed, or any figure is greater than it was; a missing figure counts as 0.

    >>> has_worsened(before={"amount": "500.00", "items": 3}, now={"amount": "480.00", "items": 3})
    False
    >>> has_worsened(before={"amount": "500.00"}, now={"amount": "400.00", "broken": 1})
    True
    """
    if before.get(ACTION) != now.get(ACTION):
        return True
    return any(Decimal(value) > Decimal(before.get(name, 0)) for name, value in now.items() if name != ACTION)


def late_step(days: int) -> int:
    """Return the step of lateness that counts as a change: 0 not late, 1 to 5 for each further month.

    >>> [late_step(n) for n in (0, 1, 30, 31, 150, 400)]
    [0, 1, 1, 2, 5, 5]
    """
    return 0 if days <= 0 else min(5, (days - 1) // 30 + 1)
