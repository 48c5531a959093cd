"""How an account pays, from what it has settled."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.behaviour import SettledItem, describe_behaviour

TODAY = date(2026, 9, 15)


def settled(delay: int, settled_days_ago: int, amount: int = 100) -> SettledItem:
    day = TODAY - timedelta(days=settled_days_ago)
    return SettledItem(due_date=day - timedelta(days=delay), settled_date=day, amount_minor=amount)


# payments: delay@days ago it was settled
TABLE = """
payments                                     | usual | mean | late | trend   | reasons
-                                            | -     | -    | -    | UNKNOWN | NO_HISTORY
10@5                                         | 10    | 10   | 1000 | UNKNOWN | FEW_PAYMENTS PAYS_LATE
0@5 1@9 2@20                                 | 1     | 1    | 667  | UNKNOWN | PAYS_ON_TIME
-3@5 -4@9 -5@20                              | -4    | -4   | 0    | UNKNOWN | PAYS_EARLY
-2@5 0@9 2@20                                | 0     | 0    | 333  | UNKNOWN | PAYS_ON_TIME
31@5 31@9 33@20                              | 31    | 32   | 1000 | UNKNOWN | PAYS_VERY_LATE
0@5 10@9 40@20 12@30                         | 11    | 16   | 750  | UNKNOWN | PAYS_LATE IRREGULAR
12@5 12@9 12@20 7@100 7@120 7@140            | 10    | 10   | 1000 | WORSE   | PAYS_LATE GETS_WORSE
11@5 11@9 11@20 7@100 7@120 7@140            | 9     | 9    | 1000 | STABLE  | PAYS_LATE
3@5 3@9 3@20 9@100 9@120 9@140               | 6     | 6    | 1000 | BETTER  | PAYS_LATE GETS_BETTER
50@5 50@9 7@100 7@120 7@140                  | 7     | 24   | 1000 | UNKNOWN | PAYS_LATE IRREGULAR
10@5 99@400 99@-1                            | 10    | 10   | 1000 | UNKNOWN | FEW_PAYMENTS PAYS_LATE
"""


def text(value: int | None) -> str:
    return "-" if value is None else str(value)


@pytest.mark.parametrize(
    "row", [tuple(c.strip() for c in r.split("|")) for r in TABLE.strip().splitlines()[1:]], ids=" | ".join
)
def test_behaviour(row: tuple[str, ...]) -> None:
    cells = [] if row[0] == "-" else [cell.split("@") for cell in row[0].split()]
    found = describe_behaviour(items=[settled(int(delay), int(ago)) for delay, ago in cells], as_of=TODAY)
    assert (
        text(found.usual_delay_days),
        text(found.delay_days_mean),
        text(found.late_per_mille),
        found.trend,
        " ".join(code for code, _ in found.reasons),
    ) == row[1:]


def test_large_amounts_weigh_more_in_the_weighted_delay() -> None:
    found = describe_behaviour(items=[settled(0, 5, 100), settled(30, 6, 900)], as_of=TODAY)
    assert (found.delay_days_mean, found.delay_days_weighted) == (15, 27)


def test_the_window_starts_with_a_calendar_month() -> None:
    first = SettledItem(due_date=date(2026, 8, 1), settled_date=date(2026, 8, 1), amount_minor=1)
    too_old = SettledItem(due_date=date(2026, 7, 31), settled_date=date(2026, 7, 31), amount_minor=1)
    found = describe_behaviour(items=[first, too_old], as_of=TODAY, months=2)
    assert [(one.month, one.count) for one in found.months] == [(date(2026, 8, 1), 1)]


@given(
    items=st.lists(st.builds(settled, st.integers(-60, 200), st.integers(-10, 500), st.integers(1, 10**6)), max_size=30)
)
def test_law_figures_lie_within_the_delays_and_months_add_up(items: list[SettledItem]) -> None:
    found = describe_behaviour(items=items, as_of=TODAY)
    assert found == describe_behaviour(items=items[::-1], as_of=TODAY)
    assert found.count == sum(one.count for one in found.months)
    if found.usual_delay_days is None:
        assert found.count == 0
        return
    delays = [item.delay_days for item in items if item.settled_date <= TODAY]
    for figure in (found.usual_delay_days, found.delay_days_mean, found.delay_days_weighted):
        assert figure is not None
        assert min(delays) <= figure <= max(delays)
    assert found.late_per_mille is not None
    assert 0 <= found.late_per_mille <= 1000
