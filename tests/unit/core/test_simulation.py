"""Trying policies on the past: the same notices as judging every day, nothing of the future, what is needless."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quittance.core.dunning import DEFAULT_LEVELS, ContactRules, DunningLevel, DunningMedium, LearntTiming
from quittance.core.dunning_facts import StepClock, StepCondition
from quittance.core.simulation import (
    Needless,
    Period,
    SimulatedNotice,
    SimulatedPolicy,
    is_on_its_way,
    simulate,
    simulate_account,
)
from quittance.core.simulation_history import CreditChange, HistoryAccount, HistoryItem, Hold, HoldKind, Move

DUE = date(2026, 3, 2)
STANDARD = SimulatedPolicy(code="STANDARD", levels=DEFAULT_LEVELS, interval_days_min=7)
YEAR = Period(first=date(2026, 1, 1), last=date(2026, 12, 31))


def late(days: int) -> date:
    return DUE + timedelta(days=days)


def item(number: int = 1, *, due: date = DUE, amount: str = "100", paid: date | None = None) -> HistoryItem:
    moves = (Move(day=paid, amount=-Decimal(amount)),) if paid else ()
    return HistoryItem(
        item_id=number,
        document_date=due - timedelta(days=30),
        due_date=due,
        currency="EUR",
        amount=Decimal(amount),
        moves=moves,
    )


def account(*items: HistoryItem, **known: object) -> HistoryAccount:
    return HistoryAccount(account_id=1, items=items, **known)  # type: ignore[arg-type]


def told(notices: list[SimulatedNotice]) -> list[str]:
    return [f"{(one.day - DUE).days:+d} {one.level.code}" for one in notices]


def test_a_debt_that_nobody_pays_goes_through_all_steps_on_their_days() -> None:
    notices = simulate_account(account=account(item()), policy=STANDARD, period=YEAR)
    assert told(notices) == ["-5 COURTESY", "+7 FIRST_REMINDER", "+21 SECOND_REMINDER", "+35 FORMAL_NOTICE"]
    assert notices[1].amounts == (("EUR", Decimal(100)),)
    assert notices[1].medium is DunningMedium.EMAIL


def test_money_stops_it_and_what_was_on_its_way_is_needless() -> None:
    notices = simulate_account(account=account(item(paid=late(23))), policy=STANDARD, period=YEAR)
    assert told(notices) == ["-5 COURTESY", "+7 FIRST_REMINDER", "+21 SECOND_REMINDER"]
    assert [one.needless for one in notices] == [Needless.NO, Needless.NO, Needless.WHOLE]


# paid on: days after the notice of day 21; whether the notice was needless
NEEDLESS = [(0, None), (1, Needless.WHOLE), (3, Needless.WHOLE), (4, Needless.NO)]


@pytest.mark.parametrize(("days", "expected"), NEEDLESS)
def test_needless_is_what_is_paid_within_three_days_after(days: int, expected: Needless | None) -> None:
    notices = simulate_account(account=account(item(paid=late(21 + days))), policy=STANDARD, period=YEAR)
    found = next((one.needless for one in notices if one.level.code == "SECOND_REMINDER"), None)
    assert found is expected


def test_a_part_is_needless_when_some_items_were_on_their_way() -> None:
    two = account(item(1, paid=late(9)), item(2, paid=late(60)))
    notices = simulate_account(account=two, policy=STANDARD, period=YEAR)
    assert [one.needless for one in notices][:2] == [Needless.NO, Needless.PART]


def test_half_a_payment_and_a_credit_note_are_not_money_on_its_way() -> None:
    half = replace(item(), moves=(Move(day=late(8), amount=Decimal(-50)),))
    noted = replace(item(), moves=(Move(day=late(8), amount=Decimal(-100), is_cash=False),))
    for one in (half, noted):
        assert not is_on_its_way(item=one, amount=Decimal(100), day=late(7), on_its_way_days=3)
    assert is_on_its_way(item=half, amount=Decimal(50), day=late(7), on_its_way_days=3)


def test_what_holds_a_run_holds_the_simulation() -> None:
    promised = Hold(kind=HoldKind.PROMISED, first=late(6), until=late(12))
    disputed = Hold(kind=HoldKind.DISPUTED, first=late(14), before=late(40), amount=Decimal(100))
    notices = simulate_account(
        account=account(replace(item(), holds=(promised, disputed))), policy=STANDARD, period=YEAR
    )
    assert told(notices) == ["-5 COURTESY", "+13 FIRST_REMINDER", "+40 SECOND_REMINDER", "+47 FORMAL_NOTICE"]


def test_the_days_before_only_prepare_the_ground() -> None:
    period = replace(YEAR, counted_from=late(10))
    assert told(simulate_account(account=account(item()), policy=STANDARD, period=period)) == [
        "+21 SECOND_REMINDER",
        "+35 FORMAL_NOTICE",
    ]


def test_no_run_on_weekends_moves_a_step_to_monday() -> None:
    saturday = item(due=date(2026, 2, 28) - timedelta(days=7))
    notices = simulate_account(account=account(saturday), policy=STANDARD, period=replace(YEAR, is_on_weekends=False))
    assert [one.day.weekday() for one in notices] == [0, 0, 0, 0]


def test_whoever_is_debited_by_us_gets_no_courtesy() -> None:
    notices = simulate_account(account=account(item(), gets_courtesy=False), policy=STANDARD, period=YEAR)
    assert told(notices)[0] == "+7 FIRST_REMINDER"


def test_as_learnt_a_step_waits_for_the_usual_delay_known_by_then() -> None:
    paid = [item(n, due=DUE - timedelta(days=60 + n), paid=DUE - timedelta(days=50 + n)) for n in range(2, 6)]
    policy = replace(STANDARD, timing=LearntTiming(tolerance_days=3))
    notices = simulate_account(account=account(item(), *paid), policy=policy, period=replace(YEAR, first=late(-10)))
    assert told(notices) == ["-5 COURTESY", "+13 FIRST_REMINDER", "+21 SECOND_REMINDER", "+35 FORMAL_NOTICE"]


def test_a_period_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Period(first=DUE, last=DUE - timedelta(days=1))


def test_accounts_follow_one_another() -> None:
    accounts = [replace(account(item()), account_id=number) for number in (1, 2)]
    assert [one.account_id for one in simulate(accounts=accounts, policy=STANDARD, period=YEAR)] == [1] * 4 + [2] * 4


DAYS = st.integers(0, 120).map(lambda n: date(2026, 1, 1) + timedelta(days=n))
AMOUNTS = st.sampled_from([Decimal(10), Decimal(100), Decimal(250)])
HOLDS = st.builds(
    lambda kind, first, length, until: Hold(
        kind=kind,
        first=first,
        before=None if length is None else first + timedelta(days=length),
        until=first + timedelta(days=until),
        amount=Decimal(100),
    ),
    st.sampled_from(HoldKind),
    DAYS,
    st.none() | st.integers(1, 30),
    st.integers(0, 20),
)


@st.composite
def history_items(draw: st.DrawFn, number: int) -> HistoryItem:
    """Return an item with a story: credit or debit, paid at once or in parts, now and then given back."""
    due = draw(DAYS)
    amount = draw(AMOUNTS) * draw(st.sampled_from([1, 1, 1, 1, -1]))
    moves, left = [], amount
    day = due + timedelta(days=draw(st.integers(-25, 60)))
    for part in draw(st.sampled_from([(), (1,), (2,), (2, 1), (1, -1), (1, -1, 1)])):
        change = -left / 2 if part == 2 else (-left if part == 1 else amount - left)
        moves.append(Move(day=day, amount=change, is_cash=draw(st.booleans())))
        left += change
        day += timedelta(days=draw(st.integers(0, 20)))
    return HistoryItem(
        item_id=number,
        document_date=due - timedelta(days=draw(st.integers(0, 40))),
        due_date=due,
        currency=draw(st.sampled_from(["EUR", "EUR", "USD"])),
        amount=amount,
        kind="INVOICE" if amount > 0 else "CREDIT_NOTE",
        moves=tuple(moves),
        holds=tuple(draw(st.lists(HOLDS, max_size=2))),
    )


@st.composite
def histories(draw: st.DrawFn) -> HistoryAccount:
    """Return an account whose days are full of things."""
    count = draw(st.integers(1, 5))
    return HistoryAccount(
        account_id=7,
        items=tuple(draw(history_items(number)) for number in range(count)),
        blocks=tuple(replace(hold, kind=HoldKind.BLOCKED) for hold in draw(st.lists(HOLDS, max_size=1))),
        credit_changes=tuple(
            change
            for day, length in draw(st.lists(st.tuples(DAYS, st.integers(1, 20)), max_size=1))
            for change in (
                CreditChange(day=day, currency="EUR", amount=Decimal(120)),
                CreditChange(day=day + timedelta(days=length), currency="EUR", amount=Decimal(-120)),
            )
        ),
        opted_out=draw(st.sampled_from([False, False, True])),
        quiet_dates=frozenset(draw(st.lists(DAYS, max_size=5))),
        call_dates=tuple(draw(st.lists(DAYS, max_size=2))),
        answer_dates=tuple(draw(st.lists(DAYS, max_size=3))),
        broken_dates=tuple(draw(st.lists(DAYS, max_size=2))),
        gets_courtesy=draw(st.booleans()),
    )


FOLLOWING = (
    DunningLevel(rank=0, offset_days=-10, code="A", tone="FRIENDLY"),
    DunningLevel(rank=1, offset_days=-3, code="B", tone="FRIENDLY"),
    DunningLevel(rank=2, offset_days=5, code="C", tone="FRIENDLY", interval_days_min=3),
    DunningLevel(
        rank=3, offset_days=6, code="D", tone="FIRM", counted_from=StepClock.PREVIOUS_STEP,
        condition=StepCondition.NO_ANSWER, medium=DunningMedium.CALL,
    ),
    DunningLevel(
        rank=4, offset_days=9, code="E", tone="FIRM", counted_from=StepClock.PREVIOUS_STEP,
        condition=StepCondition.PROMISE_BROKEN,
    ),
    DunningLevel(
        rank=5, offset_days=8, code="F", tone="FORMAL", counted_from=StepClock.PREVIOUS_STEP,
        condition=StepCondition.OVERDUE_AT_LEAST, amount_min=Decimal(200), medium=DunningMedium.LETTER,
    ),
    DunningLevel(rank=6, offset_days=40, code="G", tone="FORMAL", medium=DunningMedium.TASK, interval_days_min=0),
)  # fmt: skip
POLICIES = st.builds(
    SimulatedPolicy,
    code=st.just("P"),
    levels=st.sampled_from([DEFAULT_LEVELS, FOLLOWING]),
    interval_days_min=st.sampled_from([0, 1, 5, 14]),
    minimum_amount=st.sampled_from([Decimal(0), Decimal(50), Decimal(150)]),
    rules=st.builds(
        ContactRules,
        touches_max=st.none() | st.integers(1, 2),
        touches_days=st.sampled_from([10, 30]),
        is_quiet_on_weekends=st.booleans(),
        is_quiet_on_holidays=st.booleans(),
    ),
    timing=st.none() | st.builds(LearntTiming, tolerance_days=st.integers(0, 4)),
)
PERIODS = st.builds(Period, first=DAYS, last=st.just(date(2026, 9, 30)), is_on_weekends=st.booleans())


@settings(max_examples=300)
@given(history=histories(), policy=POLICIES, period=PERIODS)
def test_looking_on_some_days_finds_what_looking_on_every_day_finds(
    history: HistoryAccount, policy: SimulatedPolicy, period: Period
) -> None:
    some = simulate_account(account=history, policy=policy, period=period)
    every = simulate_account(account=history, policy=policy, period=period, is_every_day_judged=True)
    assert some == every


@given(history=histories(), policy=POLICIES, period=PERIODS, border=DAYS)
def test_what_comes_later_changes_nothing_before(
    history: HistoryAccount, policy: SimulatedPolicy, period: Period, border: date
) -> None:
    known = replace(
        history,
        items=tuple(_known(one, border) for one in history.items if one.document_date <= border),
        blocks=tuple(hold for hold in history.blocks if hold.first <= border),
        credit_changes=tuple(change for change in history.credit_changes if change.day <= border),
        call_dates=tuple(day for day in history.call_dates if day <= border),
        answer_dates=tuple(day for day in history.answer_dates if day <= border),
        broken_dates=tuple(day for day in history.broken_dates if day <= border),
    )
    whole, part = (simulate_account(account=one, policy=policy, period=period) for one in (history, known))
    assert _until(whole, border) == _until(part, border)


def _known(one: HistoryItem, border: date) -> HistoryItem:
    return replace(
        one,
        moves=tuple(move for move in one.moves if move.day <= border),
        holds=tuple(hold for hold in one.holds if hold.first <= border),
    )


def _until(notices: list[SimulatedNotice], border: date) -> list[tuple[date, str, tuple[int, ...]]]:
    return [
        (one.day, one.level.code, tuple(each.item_id for each in one.items)) for one in notices if one.day <= border
    ]
