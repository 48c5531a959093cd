"""What becomes of a task when its facts are looked at again: one table of rules, no database.

| it was | it becomes |
|---|---|
| unknown or GONE | OPEN |
| OPEN | OPEN |
| SNOOZED | SNOOZED until its day, then OPEN |
| DONE | OPEN when something got worse or another action is proposed; else it stays DONE |

What is not among the facts any more is GONE, whatever it was: that is decided by its absence, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

Measures = Mapping[str, int | str]
ACTION = "action"


def next_state(
    *, before: str | None, snoozed_until: date | None, measures_before: Measures, measures_now: Measures, as_of: date
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
    if before == "SNOOZED" and snoozed_until is not None and snoozed_until > as_of:
        return "SNOOZED"
    if before == "DONE" and not has_worsened(before=measures_before, now=measures_now):
        return "DONE"
    return "OPEN"


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
