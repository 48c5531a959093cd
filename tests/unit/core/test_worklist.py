"""Who comes first, why, and what is proposed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.worklist import (
    ADJUSTABLE,
    FAMILY_OF,
    AccountFacts,
    NextAction,
    RankFamily,
    RankReason,
    TaskKind,
    WeightOutOfRange,
    adjust_weights,
    amount_points,
    rank_account,
)
from quittance.core.worklist_tasks import TASK_POINTS, TaskFacts, rank_task

AMOUNTS = {
    "overdue": ("amount_overdue", "amount_claimable"),
    "claimable": ("amount_claimable",),
    "over": ("amount_over_limit",),
    "limit": ("credit_limit",),
    "promise_due": ("amount_promise_due",),
    "promised": ("amount_promised",),
    "disputed": ("amount_disputed",),
    "cash": ("amount_unapplied",),
}
DAYS = {
    "late": "oldest_overdue_days",
    "usual": "usual_delay_days",
    "broken": "promise_broken_days",
    "dispute_late": "dispute_late_days",
    "touched": "last_touch_days",
    "level": "level_rank",
    "tried": "unreached_calls",
}
FLAGS = {
    "strategic": {"is_strategic": True},
    "no_contact": {"has_contact": False},
    "last_level": {"is_last_level_reached": True},
    "reminder": {"is_reminder_due": True},
    "call_back": {"is_call_back_due": True},
}


def facts(cell: str) -> AccountFacts:
    values: dict[str, object] = {}
    for word in cell.split():
        name, _, number = word.partition("=")
        if name in FLAGS:
            values |= FLAGS[name]
        elif name in DAYS:
            values[DAYS[name]] = int(number)
        elif name != "-":
            values |= dict.fromkeys(AMOUNTS[name], Decimal(number))
    return AccountFacts(**values)  # type: ignore[arg-type]


ACTIONS = """
facts                                                    | action
-                                                        | WAIT NOTHING_OVERDUE
overdue=500 late=3                                       | WAIT NEXT_REMINDER_LATER
overdue=500 late=8 reminder                              | SEND_REMINDER REMINDER_DUE
overdue=500 late=8 reminder cash=1                       | MATCH_CASH CASH_WAITING
overdue=500 late=8 reminder no_contact                   | ASK_CONTACT NO_CONTACT
overdue=500 late=90 last_level                           | HAND_OVER LAST_LEVEL_REACHED
overdue=500 late=8 touched=1 call_back                   | CALL CALL_BACK
overdue=500 late=8 broken=3                              | CALL PROMISE_BROKEN
overdue=500 late=8 broken=3 touched=1                    | WAIT TOUCHED_RECENTLY
overdue=500 late=8 broken=3 touched=3                    | CALL PROMISE_BROKEN
overdue=500 late=8 broken=60 reminder                    | SEND_REMINDER REMINDER_DUE
overdue=500 late=8 promise_due=100                       | FOLLOW_PROMISE PROMISE_DUE
overdue=500 late=8 touched=2 reminder                    | WAIT TOUCHED_RECENTLY
overdue=500 late=8 touched=3 reminder                    | SEND_REMINDER REMINDER_DUE
overdue=500 late=8 over=100 limit=1000                   | CALL OVER_LIMIT
overdue=500 late=31 usual=11                             | CALL HABIT_BROKEN
overdue=500 late=30 usual=11                             | WAIT NEXT_REMINDER_LATER
overdue=500 late=12 usual=11                             | WAIT WITHIN_HABIT
overdue=500 late=12 usual=11 reminder                    | SEND_REMINDER REMINDER_DUE
overdue=500 late=8 strategic                             | CALL STRATEGIC
overdue=500 late=8 strategic usual=9                     | WAIT WITHIN_HABIT
overdue=500 late=30 level=2                              | CALL REMINDERS_WITHOUT_EFFECT
overdue=10000 late=3                                     | CALL LARGE_AMOUNT
overdue=9999 late=3                                      | WAIT NEXT_REMINDER_LATER
overdue=500 claimable=0 disputed=500 dispute_late=1      | RESOLVE_DISPUTE DISPUTE_LATE
overdue=500 claimable=0 disputed=500                     | WAIT IN_DISPUTE
overdue=500 claimable=0 promise_due=500                  | FOLLOW_PROMISE PROMISE_DUE
overdue=500 claimable=0 promised=500                     | WAIT PROMISE_RUNNING
overdue=500 claimable=0 cash=900                         | MATCH_CASH CASH_WAITING
overdue=500 claimable=0 last_level strategic broken=1    | WAIT NOTHING_TO_CLAIM
"""

PARTS = """
facts                                             | score and parts
-                                                 | 0
overdue=1000 late=90                              | 59 LATENESS:25 AMOUNT:20 NOT_TOUCHED:10 EFFECT:4
overdue=1000 late=900                             | 59 LATENESS:25 AMOUNT:20 NOT_TOUCHED:10 EFFECT:4
overdue=1000 claimable=0 late=90                  | 55 LATENESS:25 AMOUNT:20 NOT_TOUCHED:10
overdue=1000 late=1 touched=2                     | 13 AMOUNT:20 EFFECT:4 LATENESS:1 TOUCHED_RECENTLY:-12
overdue=1000 late=1 touched=3                     | 26 AMOUNT:20 EFFECT:4 LATENESS:1 NOT_TOUCHED:1
overdue=1000 late=1 touched=3 tried=2             | 22 AMOUNT:20 EFFECT:4 LATENESS:1 NOT_TOUCHED:1 UNREACHED:-4
overdue=1000 late=1 touched=3 tried=99            | 13 AMOUNT:20 EFFECT:4 LATENESS:1 NOT_TOUCHED:1 UNREACHED:-13
overdue=1000 late=1 touched=3 call_back           | 51 CALL_BACK:25 AMOUNT:20 EFFECT:4 LATENESS:1 NOT_TOUCHED:1
promise_due=500                                   | 12 PROMISE_DUE:12
disputed=500 dispute_late=20                      | 15 DISPUTE_LATE:15
over=100 limit=0                                  | 15 OVER_LIMIT:15
strategic                                         | 0
"""


def rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in row.split("|")) for row in table.strip().splitlines()[1:]]


@pytest.mark.parametrize(("known", "expected"), rows(ACTIONS))
def test_proposed_action(known: str, expected: str) -> None:
    ranking = rank_account(facts=facts(known))
    assert f"{ranking.proposed_action} {ranking.action_reason}" == expected


@pytest.mark.parametrize(("known", "expected"), rows(PARTS))
def test_score_and_parts(known: str, expected: str) -> None:
    ranking = rank_account(facts=facts(known))
    told = " ".join([str(ranking.score), *(f"{part.code}:{part.points}" for part in ranking.parts)])
    assert told == expected


def test_every_part_explains_itself() -> None:
    known = facts(
        "overdue=48210 late=31 usual=12 over=5000 limit=50000 strategic broken=10 touched=10 promise_due=300"
        " disputed=80 dispute_late=2"
    )
    told = {part.code: (part.points, *dict(part.params).values()) for part in rank_account(facts=known).parts}
    assert told == {
        RankReason.AMOUNT: (31, Decimal(48210)),
        RankReason.LATENESS: (8, 31),
        RankReason.HABIT_BROKEN: (9, 31, 12),
        RankReason.OVER_LIMIT: (1, Decimal(5000), Decimal(50000)),
        RankReason.PROMISE_BROKEN: (16, 10, 0),
        RankReason.PROMISE_DUE: (12, Decimal(300)),
        RankReason.DISPUTE_LATE: (1, 2, Decimal(80)),
        RankReason.EFFECT: (6, Decimal(48210)),
        RankReason.STRATEGIC: (10,),
        RankReason.NOT_TOUCHED: (3, 10),
    }


TASKS = """
task                        | score and parts
RUN_TO_RELEASE 0 -          | 45 KIND:45
IMPORT_REJECTED 0 -         | 35 KIND:35
UNMATCHED_CASH 1000 -       | 40 AMOUNT:20 KIND:20
DISPUTE_LATE 1000 0         | 55 KIND:25 AMOUNT:20 DEADLINE:10
DISPUTE_LATE 1000 -4        | 59 KIND:25 AMOUNT:20 DEADLINE:14
DISPUTE_LATE 1000 -400      | 70 DEADLINE:25 KIND:25 AMOUNT:20
DISPUTE_LATE 1000 2         | 45 KIND:25 AMOUNT:20
"""


@pytest.mark.parametrize(("task", "expected"), rows(TASKS))
def test_tasks(task: str, expected: str) -> None:
    kind, amount, deadline = task.split()
    score, parts = rank_task(
        facts=TaskFacts(
            kind=TaskKind(kind),
            amount=Decimal(amount),
            deadline_in_days=None if deadline == "-" else int(deadline),
        )
    )
    assert " ".join([str(score), *(f"{part.code}:{part.points}" for part in parts)]) == expected


def test_every_part_and_every_weight_has_its_family() -> None:
    assert set(FAMILY_OF) == set(RankReason)
    assert set(ADJUSTABLE) == set(RankFamily)


@pytest.mark.parametrize("changes", [{"amount": 101}, {"amount": -1}, {"amount": True}, {"amount_full": 3}, {"x": 1}])
def test_weights_out_of_range_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(WeightOutOfRange):
        adjust_weights(changes=changes)


def test_every_kind_of_task_has_points() -> None:
    assert set(TASK_POINTS) == set(TaskKind)


amounts = st.integers(0, 10**7).map(Decimal)
days = st.integers(0, 400)
maybe_days = st.one_of(st.none(), days)
account_facts = st.builds(
    AccountFacts,
    amount_overdue=amounts,
    amount_claimable=amounts,
    oldest_overdue_days=days,
    usual_delay_days=st.one_of(st.none(), st.integers(-30, 90)),
    amount_over_limit=amounts,
    credit_limit=amounts,
    promise_broken_days=maybe_days,
    amount_promise_due=amounts,
    dispute_late_days=days,
    amount_unapplied=amounts,
    is_strategic=st.booleans(),
    has_contact=st.booleans(),
    last_touch_days=maybe_days,
    is_last_level_reached=st.booleans(),
    is_call_back_due=st.booleans(),
    unreached_calls=st.integers(0, 12),
)


@given(known=account_facts)
def test_law_the_score_is_the_sum_of_its_parts_and_never_negative(known: AccountFacts) -> None:
    ranking = rank_account(facts=known)
    assert ranking.score == sum(part.points for part in ranking.parts) >= 0
    assert all(part.points for part in ranking.parts)
    lowering = {RankReason.TOUCHED_RECENTLY, RankReason.UNREACHED}
    assert all(part.points > 0 for part in ranking.parts if part.code not in lowering)
    if known.amount_unapplied > 0 or known.amount_claimable == 0:
        assert ranking.proposed_action not in {NextAction.CALL, NextAction.SEND_REMINDER, NextAction.HAND_OVER}


@given(known=account_facts, more=amounts, later=days)
def test_law_more_money_or_more_days_never_rank_lower(known: AccountFacts, more: Decimal, later: int) -> None:
    worse = replace(
        known,
        amount_overdue=known.amount_overdue + more,
        oldest_overdue_days=known.oldest_overdue_days + later,
    )
    assert rank_account(facts=worse).score >= rank_account(facts=known).score
    assert amount_points(amount=more) <= amount_points(amount=more + 1)
