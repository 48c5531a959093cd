"""When a promise is kept, in part or not at all, and how its state may change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.promises import (
    PromiseFacts,
    PromiseState,
    check_transition,
    decide_promise,
)

DUE = date(2026, 9, 15)

# 100 promised 10 days before the due date, 3 days of tolerance; days count from the due date.
TABLE = """
day | paid             | withdrawn | decision               | missing
-10 | -                | -         | OPEN WAITING           | 100
0   | -                | -         | OPEN WAITING           | 100
3   | -                | -         | OPEN WAITING           | 100
4   | -                | -         | BROKEN NOT_PAID        | 100
3   | 60@0             | -         | OPEN WAITING           | 40
4   | 60@0             | -         | PART_KEPT PAID_IN_PART | 40
-5  | 100@-6           | -         | KEPT PAID_IN_FULL      | 0
9   | 100@3            | -         | KEPT PAID_IN_FULL      | 0
9   | 60@-9 50@3       | -         | KEPT PAID_IN_FULL      | 0
9   | 100@4            | -         | BROKEN PAID_LATE       | 100
9   | 60@2 40@4        | -         | PART_KEPT PAID_LATE    | 40
9   | 60@2 30@4        | -         | PART_KEPT PAID_IN_PART | 40
9   | 100@-11          | -         | BROKEN NOT_PAID        | 100
9   | 100@-2 -100@2    | -         | BROKEN NOT_PAID        | 100
1   | 100@-2 -100@2    | -         | KEPT PAID_IN_FULL      | 0
2   | 100@-2 -100@2    | -         | OPEN WAITING           | 100
2   | 100@5            | -         | OPEN WAITING           | 100
2   | -                | 2         | WITHDRAWN WITHDRAWN    | 100
1   | -                | 2         | OPEN WAITING           | 100
9   | 60@0             | 3         | WITHDRAWN WITHDRAWN    | 40
9   | -                | 4         | BROKEN NOT_PAID        | 100
9   | 100@0            | 1         | KEPT PAID_IN_FULL      | 0
"""


def facts(paid: str, withdrawn: str) -> PromiseFacts:
    pairs = [] if paid == "-" else [cell.split("@") for cell in paid.split()]
    return PromiseFacts(
        amount_promised=Decimal(100),
        made_on=DUE - timedelta(days=10),
        due_date=DUE,
        tolerance_days=3,
        paid=tuple((DUE + timedelta(days=int(day)), Decimal(amount)) for amount, day in pairs),
        withdrawn_on=None if withdrawn == "-" else DUE + timedelta(days=int(withdrawn)),
    )


@pytest.mark.parametrize(
    "row", [tuple(c.strip() for c in r.split("|")) for r in TABLE.strip().splitlines()[1:]], ids=" | ".join
)
def test_state_on_a_day(row: tuple[str, ...]) -> None:
    day, paid, withdrawn, expected, missing = row
    decision = decide_promise(facts=facts(paid, withdrawn), as_of=DUE + timedelta(days=int(day)))
    assert f"{decision.state} {decision.reason}" == expected
    assert decision.amount_missing == Decimal(missing)
    assert decision.is_holding == expected.startswith("OPEN")


@pytest.mark.parametrize(
    ("paid", "waiting", "told"),
    [((), "99.99", "BROKEN"), ((), "100", "OPEN"), ((0, 40), "60", "OPEN"), ((0, 40), "59", "PART_KEPT"),
     ((6, 100), "100", "BROKEN")],
)  # fmt: skip
def test_cash_that_waits_on_our_desk_breaks_no_promise(paid: tuple[int, ...], waiting: str, told: str) -> None:
    day = date(2026, 3, 2)
    facts = PromiseFacts(
        amount_promised=Decimal(100), made_on=day, due_date=day, tolerance_days=2, cash_waiting=Decimal(waiting),
        paid=((day + timedelta(days=paid[0]), Decimal(paid[1])),) if paid else (),
    )  # fmt: skip
    assert decide_promise(facts=facts, as_of=day + timedelta(days=7)).state == told


def test_promises_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="positive"):
        decide_promise(facts=replace(facts("-", "-"), amount_promised=Decimal(0)), as_of=DUE)
    with pytest.raises(ValueError, match="tolerance"):
        decide_promise(facts=replace(facts("-", "-"), tolerance_days=-1), as_of=DUE)


def test_a_withdrawal_is_for_good() -> None:
    check_transition(old=PromiseState.WITHDRAWN, new=PromiseState.WITHDRAWN)
    with pytest.raises(ValueError, match="cannot go from WITHDRAWN to OPEN"):
        check_transition(old=PromiseState.WITHDRAWN, new=PromiseState.OPEN)


movements = st.lists(
    st.tuples(st.integers(-12, 12).map(lambda days: DUE + timedelta(days=days)), st.integers(-99, 120).map(Decimal)),
    max_size=5,
).map(tuple)


@given(paid=movements, withdrawn=st.one_of(st.none(), st.integers(-9, 9)))
def test_law_every_day_follows_the_transition_table(
    paid: tuple[tuple[date, Decimal], ...], withdrawn: int | None
) -> None:
    promise = replace(
        facts("-", "-"),
        paid=paid,
        withdrawn_on=None if withdrawn is None else DUE + timedelta(days=withdrawn),
    )
    state = PromiseState.OPEN
    for days in range(-10, 15):
        decision = decide_promise(facts=promise, as_of=DUE + timedelta(days=days))
        check_transition(old=state, new=decision.state)
        state = decision.state
        assert decision.amount_paid >= 0
        assert not (decision.is_holding and days > promise.tolerance_days)
    assert state is not PromiseState.OPEN
