"""Steps with conditions, clocks, media and learnt timing; how often and when a customer may be touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.dunning import (
    DEFAULT_LEVELS,
    ContactRules,
    DunningAccountFacts,
    DunningContact,
    DunningDecision,
    DunningItemFact,
    DunningLevel,
    DunningMedium,
    LearntTiming,
    StepClock,
    StepCondition,
    StepWrong,
    check_levels,
    decide_dunning,
)
from quittance.core.dunning_steps import plan_steps

TODAY = date(2026, 9, 15)  # a Tuesday
FIRST = DunningLevel(rank=1, offset_days=5, code="FIRST", tone="FRIENDLY")
CALL = DunningLevel(rank=2, offset_days=15, code="CALL", tone="FIRM", medium=DunningMedium.CALL)
AFTER = DunningLevel(
    rank=3, offset_days=10, code="AFTER", tone="FIRM", counted_from=StepClock.PREVIOUS_STEP
)  # fmt: skip
LAST = DunningLevel(rank=4, offset_days=60, code="LAST", tone="FORMAL", medium=DunningMedium.LETTER)
STEPS = (FIRST, CALL, AFTER, LAST)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def facts(*, late: int = 30, level: int | None = None, taken: int | None = None, **more: Any) -> DunningAccountFacts:
    """An account with one item so many days late, whose last step was taken so many days ago."""
    item = DunningItemFact(
        item_id=1, due_date=ago(late), amount_open=Decimal(100), currency="EUR", last_level_sent=level,
        last_notice_date=None if taken is None else ago(taken), last_level_date=None if taken is None else ago(taken),
    )  # fmt: skip
    return DunningAccountFacts(account_id=1, items=(item,), has_postal_address=True, **more)


def decide(account: DunningAccountFacts, *, steps: tuple[DunningLevel, ...] = STEPS, **more: Any) -> DunningDecision:
    values: dict[str, Any] = {"as_of": TODAY, **more}
    return decide_dunning(
        facts=account, levels=steps, interval_days_min=3, minimum_amount=Decimal(0), bank_data_age_days_max=3, **values
    )


def told(decision: DunningDecision) -> str:
    return f"{decision.outcome} {decision.level.code if decision.level else decision.reason}"


@pytest.mark.parametrize(
    ("late", "level", "taken", "expected"),
    [
        (4, None, None, "HOLD LEVEL_NOT_REACHED"),
        (5, None, None, "SEND FIRST"),
        (15, 1, 10, "SEND CALL"),
        (30, 2, 9, "HOLD LEVEL_NOT_REACHED"),  # ten days after the call, not after the due date
        (30, 2, 10, "SEND AFTER"),
        (59, 3, 10, "HOLD LEVEL_NOT_REACHED"),
        (60, 3, 10, "SEND LAST"),
    ],
)
def test_days_count_from_the_due_date_or_the_step_before(
    late: int, level: int | None, taken: int | None, expected: str
) -> None:
    assert told(decide(facts(late=late, level=level, taken=taken))) == expected


@pytest.mark.parametrize(
    ("condition", "more", "is_met"),
    [
        (StepCondition.LAST_BOUNCED, {}, False),
        (StepCondition.LAST_BOUNCED, {"is_last_bounced": True}, True),
        (StepCondition.PROMISE_BROKEN, {"promise_broken_on": ago(11)}, False),
        (StepCondition.PROMISE_BROKEN, {"promise_broken_on": ago(10)}, True),
        (StepCondition.NO_ANSWER, {"last_answer_date": ago(2)}, False),
        (StepCondition.NO_ANSWER, {"last_answer_date": ago(20)}, True),
        (StepCondition.OVERDUE_AT_LEAST, {"amount_min": Decimal(101)}, False),
        (StepCondition.OVERDUE_AT_LEAST, {"amount_min": Decimal(100)}, True),
    ],
)
def test_a_condition_decides_whether_a_step_is_taken_or_passed_over(
    condition: StepCondition, more: dict[str, Any], is_met: bool
) -> None:
    amount = more.pop("amount_min", Decimal(0)) if "amount_min" in more else Decimal(0)
    steps = (FIRST, replace(CALL, condition=condition, amount_min=amount), replace(LAST, offset_days=40))
    account = facts(late=20, level=1, taken=10, **more)
    assert told(decide(account, steps=steps)) == ("SEND CALL" if is_met else "HOLD CONDITION_NOT_MET")
    later = replace(account, items=(account.items[0]._replace(due_date=ago(40)),))
    assert told(decide(later, steps=steps)) == ("SEND CALL" if is_met else "SEND LAST")


@pytest.mark.parametrize(
    ("late", "is_bounced", "clock", "told_step"),
    [
        (9, True, StepClock.DUE_DATE, "SEND FIRST"),
        (15, True, StepClock.DUE_DATE, "SEND CALL"),
        (15, False, StepClock.DUE_DATE, "SEND FIRST"),
        (19, True, StepClock.PREVIOUS_STEP, "SEND FIRST"),
        (20, True, StepClock.PREVIOUS_STEP, "SEND CALL"),
    ],
)
def test_what_bounced_is_made_good_by_the_step_for_it(
    late: int, is_bounced: bool, clock: StepClock, told_step: str
) -> None:
    steps = (FIRST, replace(CALL, condition=StepCondition.LAST_BOUNCED, counted_from=clock), LAST)
    assert told(decide(facts(late=late, is_last_bounced=is_bounced), steps=steps)) == told_step


def test_when_only_unmet_conditions_are_left_a_person_decides() -> None:
    steps = (FIRST, replace(CALL, condition=StepCondition.LAST_BOUNCED))
    assert told(decide(facts(late=40, level=1, taken=20), steps=steps)) == "PERSON LAST_LEVEL_REACHED"


@pytest.mark.parametrize(
    ("usual", "days"), [(None, 5), (-4, 5), (0, 5), (1, 5), (6, 9), (9, 12), (11, 14), (12, 14), (90, 14)]
)
def test_a_habit_shifts_a_step_but_never_to_the_next_one(usual: int | None, days: int) -> None:
    plan = plan_steps(levels=STEPS, timing=LearntTiming(tolerance_days=3), usual_delay_days=usual)
    assert plan.overdue[0].days == days
    account = facts(late=8, usual_delay_days=usual)
    assert told(decide(account, timing=LearntTiming())) == ("SEND FIRST" if days <= 8 else "HOLD LEARNT_TIMING")
    assert told(decide(account)) == "SEND FIRST"


@given(usual=st.integers(-30, 200), tolerance=st.integers(0, 20), bound=st.integers(0, 60))
def test_law_learnt_steps_keep_their_order_and_formal_ones_their_day(usual: int, tolerance: int, bound: int) -> None:
    timing = LearntTiming(tolerance_days=tolerance, shift_days_max=bound)
    plan = plan_steps(levels=DEFAULT_LEVELS, timing=timing, usual_delay_days=usual)
    days = [step.days for step in (*plan.courtesy, *plan.overdue)]
    assert days == sorted(set(days))
    assert all(0 <= step.days - step.days_own <= bound for step in plan.overdue)
    assert days[-1] == DEFAULT_LEVELS[-1].offset_days


def test_touches_weekends_and_holidays() -> None:
    rules = ContactRules(touches_max=2, touches_days=30, is_quiet_on_weekends=True, is_quiet_on_holidays=True)
    often = facts(touch_dates=(ago(4), ago(29)))
    assert told(decide(often, rules=rules)) == "HOLD TOO_MANY_TOUCHES"
    assert told(decide(facts(touch_dates=(ago(4), ago(30))), rules=rules)) == "SEND FIRST"
    inside = (replace(FIRST, medium=DunningMedium.TASK),)
    assert told(decide(often, steps=inside, rules=rules)) == "SEND FIRST"  # an internal task is no touch
    saturday = TODAY + timedelta(days=4)
    assert told(decide(facts(), rules=rules, as_of=saturday)) == "HOLD QUIET_DAY"
    assert told(decide(facts(quiet_dates=frozenset({TODAY})), rules=rules)) == "HOLD QUIET_DAY"


def test_a_medium_that_is_not_ready_falls_back_or_waits() -> None:
    ready = frozenset({DunningMedium.EMAIL})
    letter = replace(FIRST, medium=DunningMedium.LETTER)
    assert told(decide(facts(), steps=(letter,), media_ready=ready)) == "HOLD MEDIUM_NOT_READY"
    fallen = decide(facts(), steps=(replace(letter, falls_back_to_email=True),), media_ready=ready)
    assert (told(fallen), fallen.medium) == ("SEND FIRST", DunningMedium.EMAIL)
    homeless = replace(facts(), has_postal_address=False)
    assert told(decide(homeless, steps=(letter,))) == "PERSON NO_CONTACT"
    assert decide(facts(), steps=(letter,)).medium is DunningMedium.LETTER


def test_the_first_role_that_can_be_reached_gets_it() -> None:
    people = (
        DunningContact(role="ACCOUNTS_PAYABLE", has_email=False, has_phone=True, takes_sms=True),
        DunningContact(role="FINANCE", refuses_courtesy=True),
        DunningContact(role="MANAGEMENT", is_opted_out=True),
    )
    account = facts(contacts=people)
    assert decide(account).contact_index == 1
    assert decide(account, steps=(replace(FIRST, medium=DunningMedium.SMS),)).contact_index == 0
    office = (replace(people[0], takes_sms=False), *people[1:])
    texted = decide(facts(contacts=office), steps=(replace(FIRST, medium=DunningMedium.SMS),))
    assert told(texted) == "PERSON NO_CONTACT"
    boss = (replace(FIRST, recipient_roles=("MANAGEMENT",)),)
    assert told(decide(account, steps=boss)) == "HOLD OPTED_OUT"
    nobody = (replace(FIRST, recipient_roles=("LEGAL",)),)
    assert told(decide(account, steps=nobody)) == "PERSON NO_CONTACT"
    courtesy = (replace(FIRST, offset_days=-5),)
    assert told(decide(facts(late=-2, contacts=people), steps=courtesy)) == "HOLD OPTED_OUT"


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ((replace(AFTER, rank=0), FIRST), "AFTER"),
        ((replace(FIRST, offset_days=-3), AFTER), "AFTER"),
        ((FIRST, replace(AFTER, offset_days=0)), "AFTER"),
        ((FIRST, replace(CALL, offset_days=5)), "CALL"),
    ],
)
def test_a_wrong_step_is_named(steps: tuple[DunningLevel, ...], code: str) -> None:
    with pytest.raises(StepWrong) as raised:
        check_levels(steps)
    assert raised.value.code == code


def test_what_is_handed_over_is_held() -> None:
    account = facts()
    item = account.items[0]._replace(is_handed_over=True)
    assert told(decide(replace(account, items=(item,)))) == "HOLD HANDED_OVER"
    assert told(decide(replace(account, is_handed_over=True))) == "HOLD HANDED_OVER"
