"""Schedules add up to the cent, and a plan is kept or broken by what was paid of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quittance.core.payment_plans import (
    InstalmentState,
    InvalidPlan,
    PlanFacts,
    PlannedItemFacts,
    PlanState,
    PlanTerms,
    Remainder,
    Rhythm,
    ScheduledInstalment,
    check_transition,
    decide_plan,
    make_schedule,
)
from quittance.core.terms import WorkingDayShift, is_working_day

START = date(2026, 1, 10)
DUE = date(2026, 3, 1)


def terms(**fields: object) -> PlanTerms:
    base = PlanTerms(total=Decimal("1000.00"), currency="EUR", count=3, start_date=START, first_date=date(2026, 1, 31))
    return replace(base, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "01-31 333.33, 02-28 333.33, 03-31 333.34"),
        ({"remainder": Remainder.FIRST}, "01-31 333.34, 02-28 333.33, 03-31 333.33"),
        ({"total": Decimal("1000.01"), "remainder": Remainder.SPREAD}, "01-31 333.34, 02-28 333.34, 03-31 333.33"),
        ({"first_date": date(2026, 1, 12), "rhythm": Rhythm.MONTH_END}, "01-31 333.33, 02-28 333.33, 03-31 333.34"),
        ({"rhythm": Rhythm.WEEKLY}, "01-31 333.33, 02-07 333.33, 02-14 333.34"),
        ({"rhythm": Rhythm.FORTNIGHTLY}, "01-31 333.33, 02-14 333.33, 02-28 333.34"),
        ({"rhythm": Rhythm.QUARTERLY}, "01-31 333.33, 04-30 333.33, 07-31 333.34"),
        ({"shift": WorkingDayShift.NEXT}, "02-02 333.33, 03-02 333.33, 03-31 333.34"),
        (
            {"shift": WorkingDayShift.NEXT, "quiet_days": frozenset({date(2026, 2, 2)})},
            "02-03 333.33, 03-02 333.33, 03-31 333.34",
        ),
        ({"total": Decimal(1000), "currency": "JPY"}, "01-31 333, 02-28 333, 03-31 334"),
    ],
)
def test_schedules(fields: dict[str, object], expected: str) -> None:
    found = make_schedule(terms=terms(**fields))
    assert ", ".join(f"{part.due_date:%m-%d} {part.amount}" for part in found) == expected


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"count": 0}, "COUNT"),
        ({"count": 61}, "COUNT"),
        ({"total": Decimal("0.02")}, "AMOUNT"),
        ({"first_date": START - timedelta(days=1)}, "FIRST_DATE"),
        ({"annual_rate_pct": Decimal(0)}, "RATE"),
        ({"annual_rate_pct": Decimal(101)}, "RATE"),
    ],
)
def test_schedules_that_cannot_be(fields: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidPlan) as caught:
        make_schedule(terms=terms(**fields))
    assert caught.value.problem == problem


def test_two_instalments_never_fall_on_one_day() -> None:
    closed = frozenset(date(2026, 2, 2) + timedelta(days=days) for days in range(60))
    with pytest.raises(InvalidPlan, match="one day"):
        make_schedule(terms=terms(rhythm=Rhythm.WEEKLY, shift=WorkingDayShift.NEXT, quiet_days=closed))


@given(
    units=st.integers(1, 10**10),
    count=st.integers(1, 60),
    first=st.integers(0, 400),
    rhythm=st.sampled_from(Rhythm),
    remainder=st.sampled_from(Remainder),
    shift=st.sampled_from([WorkingDayShift.NONE, WorkingDayShift.NEXT]),
    rate=st.one_of(st.none(), st.integers(1, 10_000)),
)
def test_law_a_schedule_adds_up_exactly(
    units: int,
    count: int,
    first: int,
    rhythm: Rhythm,
    remainder: Remainder,
    shift: WorkingDayShift,
    rate: int | None,
) -> None:
    total = Decimal(max(units, count)).scaleb(-2)
    found = make_schedule(
        terms=terms(
            total=total,
            count=count,
            first_date=START + timedelta(days=first),
            rhythm=rhythm,
            remainder=remainder,
            shift=shift,
            annual_rate_pct=None if rate is None else Decimal(rate).scaleb(-2),
        )
    )
    assert sum(part.amount for part in found) == total
    assert [part.position for part in found] == list(range(1, count + 1))
    assert all(part.amount > 0 and part.interest >= 0 for part in found)
    assert all(part.amount.as_tuple().exponent == -2 for part in found)
    assert all(sooner.due_date < later.due_date for sooner, later in pairwise(found))
    assert found[0].due_date >= START
    assert rate is not None or sum(part.interest for part in found) == 0
    assert shift is WorkingDayShift.NONE or all(is_working_day(part.due_date) for part in found)


# Two instalments of 60 and 40, the second 30 days after the first, 3 days of tolerance; days count from the first one.
TABLE = """
day | paid            | cancelled | plan               | instalments
-60 | -               | -         | PROPOSED WAITING_FOR_ANSWER | WAITING WAITING
-9  | -               | -         | ACTIVE RUNNING     | WAITING WAITING
0   | -               | -         | ACTIVE RUNNING     | WAITING WAITING
1   | -               | -         | ACTIVE RUNNING     | LATE WAITING
3   | -               | -         | ACTIVE RUNNING     | LATE WAITING
4   | -               | -         | BROKEN NOT_PAID    | BROKEN WAITING
4   | 59.99@0         | -         | BROKEN PAID_IN_PART | PART_KEPT WAITING
4   | 60@3            | -         | ACTIVE RUNNING     | KEPT WAITING
4   | 60@4            | -         | BROKEN PAID_LATE   | BROKEN WAITING
4   | 20@0 40@1       | -         | ACTIVE RUNNING     | KEPT WAITING
31  | 60@0            | -         | ACTIVE RUNNING     | KEPT LATE
34  | 60@0            | -         | BROKEN NOT_PAID    | KEPT BROKEN
34  | 70@0            | -         | BROKEN PAID_IN_PART | KEPT PART_KEPT
34  | 100@-8          | -         | KEPT PAID_IN_FULL  | KEPT KEPT
-7  | 100@-8          | -         | KEPT PAID_IN_FULL  | KEPT KEPT
34  | 100@-99         | -         | KEPT PAID_IN_FULL  | KEPT KEPT
60  | 60@0 40@33      | -         | KEPT PAID_IN_FULL  | KEPT KEPT
60  | 60@0 40@34      | -         | BROKEN PAID_LATE   | KEPT BROKEN
1   | -               | 2         | ACTIVE RUNNING     | LATE WAITING
2   | -               | 2         | CANCELLED CANCELLED | LATE WAITING
"""


def plan(paid: str = "-", cancelled: str = "-") -> PlanFacts:
    pairs = [] if paid == "-" else [cell.split("@") for cell in paid.split()]
    settled = tuple((DUE + timedelta(days=int(day)), Decimal(amount)) for amount, day in pairs)
    return PlanFacts(
        instalments=(
            ScheduledInstalment(position=1, due_date=DUE, amount=Decimal(60)),
            ScheduledInstalment(position=2, due_date=DUE + timedelta(days=30), amount=Decimal(40)),
        ),
        items=(
            PlannedItemFacts(
                amount=Decimal(100),
                settled_before=Decimal(5),
                settled=((DUE - timedelta(days=200), Decimal(5)), *settled),
            ),
        ),
        tolerance_days=3,
        answer_until=DUE - timedelta(days=5),
        accepted_on=DUE - timedelta(days=10),
        cancelled_on=None if cancelled == "-" else DUE + timedelta(days=int(cancelled)),
    )


@pytest.mark.parametrize(
    "row", [tuple(c.strip() for c in r.split("|")) for r in TABLE.strip().splitlines()[1:]], ids=" | ".join
)
def test_state_on_a_day(row: tuple[str, ...]) -> None:
    day, paid, cancelled, expected, parts = row
    decision = decide_plan(facts=plan(paid, cancelled), as_of=DUE + timedelta(days=int(day)))
    assert f"{decision.state} {decision.reason}" == expected
    assert " ".join(part.state for part in decision.instalments) == parts
    assert decision.is_holding == expected.startswith("ACTIVE")
    assert decision.amount_paid + decision.amount_missing == 100
    assert sum(part.amount_paid for part in decision.instalments) == decision.amount_paid


@pytest.mark.parametrize(
    ("paid", "waiting", "told"),
    [
        ("-", "59.99", "BROKEN"),
        ("-", "60", "ACTIVE"),
        ("25@3", "35", "ACTIVE"),
        ("25@3", "34.99", "BROKEN"),
        ("60@4", "0", "BROKEN"),
        ("60@4", "60", "BROKEN"),
    ],
)
def test_cash_that_waits_on_our_desk_breaks_no_plan(paid: str, waiting: str, told: str) -> None:
    facts = replace(plan(paid), cash_waiting=Decimal(waiting))
    assert decide_plan(facts=facts, as_of=DUE + timedelta(days=4)).state == told


def test_a_proposal_ends_without_an_answer() -> None:
    silent = replace(plan(), accepted_on=None)
    assert decide_plan(facts=silent, as_of=DUE - timedelta(days=5)).state is PlanState.PROPOSED
    ended = decide_plan(facts=silent, as_of=DUE - timedelta(days=4))
    assert (ended.state, ended.reason) == (PlanState.CANCELLED, "EXPIRED")
    declined = decide_plan(facts=replace(silent, cancelled_on=DUE - timedelta(days=9)), as_of=DUE - timedelta(days=9))
    assert (declined.state, declined.reason) == (PlanState.CANCELLED, "CANCELLED")


def test_what_exceeds_the_planned_part_of_an_item_pays_no_other() -> None:
    items = (
        PlannedItemFacts(amount=Decimal(50), settled=((DUE, Decimal(90)),)),
        PlannedItemFacts(amount=Decimal(50)),
    )
    assert decide_plan(facts=replace(plan(), items=items), as_of=DUE).amount_paid == 50


def test_plans_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="add up"):
        decide_plan(facts=replace(plan(), items=()), as_of=DUE)
    with pytest.raises(ValueError, match="tolerance"):
        decide_plan(facts=replace(plan(), tolerance_days=-1), as_of=DUE)
    with pytest.raises(ValueError, match="cannot go from CANCELLED to ACTIVE"):
        check_transition(old=PlanState.CANCELLED, new=PlanState.ACTIVE)


payments = st.lists(
    st.tuples(st.integers(-12, 50).map(lambda days: DUE + timedelta(days=days)), st.integers(1, 12000)), max_size=6
).map(lambda rows: tuple((day, Decimal(units).scaleb(-2)) for day, units in rows))


def with_payments(first: tuple[tuple[date, Decimal], ...], second: tuple[tuple[date, Decimal], ...]) -> PlanFacts:
    return replace(
        plan(),
        items=(
            PlannedItemFacts(amount=Decimal(30), settled=first),
            PlannedItemFacts(amount=Decimal(70), settled=second),
        ),
    )


@given(first=payments, second=payments)
@example(first=((date(2026, 2, 19), Decimal(30)),), second=((date(2026, 2, 19), Decimal(70)),))
def test_law_days_go_one_way(first: tuple[tuple[date, Decimal], ...], second: tuple[tuple[date, Decimal], ...]) -> None:
    facts = with_payments(first, second)
    state, paid, failed = PlanState.PROPOSED, Decimal(0), False
    for days in range(-11, 60):
        decision = decide_plan(facts=facts, as_of=DUE + timedelta(days=days))
        if state is PlanState.PROPOSED and decision.state is not state:
            check_transition(old=state, new=PlanState.ACTIVE)  # to accept it puts it in force, whatever is paid by then
            state = PlanState.ACTIVE
        check_transition(old=state, new=decision.state)
        assert decision.amount_paid >= paid
        assert not (failed and decision.state is not PlanState.BROKEN)
        assert decision.failed is None or decision.state is PlanState.BROKEN
        assert (decision.state is PlanState.KEPT) == (
            decision.amount_missing == 0 and all(part.state is InstalmentState.KEPT for part in decision.instalments)
        ) or decision.state is PlanState.PROPOSED
        assert sum(part.amount_paid for part in decision.instalments) == decision.amount_paid
        state, paid, failed = decision.state, decision.amount_paid, decision.state is PlanState.BROKEN
    assert state in (PlanState.KEPT, PlanState.BROKEN)


@given(first=payments, second=payments, days=st.integers(-15, 60), data=st.data())
def test_law_the_order_of_payments_does_not_matter(
    first: tuple[tuple[date, Decimal], ...],
    second: tuple[tuple[date, Decimal], ...],
    days: int,
    data: st.DataObject,
) -> None:
    as_of = DUE + timedelta(days=days)
    facts = with_payments(first, second)
    shuffled = with_payments(
        tuple(data.draw(st.permutations(list(first)))), tuple(data.draw(st.permutations(list(second))))
    )
    backwards = replace(shuffled, items=shuffled.items[::-1])
    assert decide_plan(facts=backwards, as_of=as_of) == decide_plan(facts=facts, as_of=as_of)
