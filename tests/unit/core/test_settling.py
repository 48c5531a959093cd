"""No day ever sees more applied to an item than there is of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from quittance.core.settling import Applied, first_day_with_room

START = date(2026, 1, 1)
DAYS = st.integers(0, 20).map(lambda n: START + timedelta(days=n))
ORIGINAL = Decimal(100)


def most_applied(applied: list[Applied]) -> Decimal:
    days = (START + timedelta(days=n) for n in range(60))
    return max(sum((one.amount for one in applied if one.holds_on(day)), Decimal(0)) for day in days)


@given(st.lists(st.tuples(DAYS, st.integers(1, 100), st.none() | st.integers(0, 15)), max_size=8))
def test_applying_and_undoing_in_any_order_never_fills_a_day_too_much(
    steps: list[tuple[date, int, int | None]],
) -> None:
    applied: list[Applied] = []
    for wanted, amount, undone_after in steps:
        still_open = ORIGINAL - sum(one.amount for one in applied if one.until_date is None)
        if amount > still_open:
            continue
        day = first_day_with_room(wanted=wanted, amount=Decimal(amount), original=ORIGINAL, applied=applied)
        until = None if undone_after is None else day + timedelta(days=undone_after)
        assert day >= wanted
        applied.append(Applied(from_date=day, until_date=until, amount=Decimal(amount)))
        assert most_applied(applied) <= ORIGINAL


@given(DAYS, st.lists(st.tuples(DAYS, st.integers(1, 10)), max_size=5))
def test_nothing_undone_leaves_the_wanted_day(wanted: date, found: list[tuple[date, int]]) -> None:
    applied = [Applied(from_date=day, until_date=None, amount=Decimal(amount)) for day, amount in found]
    assert first_day_with_room(wanted=wanted, amount=Decimal(50), original=ORIGINAL, applied=applied) == wanted
