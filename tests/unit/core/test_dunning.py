"""Dunning decisions, as tables a credit manager can read, and the laws they keep over simulated time."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quittance.core.dunning import (
    DEFAULT_LEVELS,
    DunningAccountFacts,
    DunningDecision,
    DunningItemFact,
    DunningLevel,
    DunningOutcome,
    DunningReason,
    check_levels,
    decide_dunning,
    recheck,
)

TODAY = date(2026, 9, 15)

# The item's own reason is written last where it differs from the account's.
# level: rank of the last message that named the item (0 courtesy, 1 and 2 reminders, 3 formal notice).
# notice, promised, announced, blocked: days from today, negative in the past.
ONE_ITEM = """
days_late | open | level | notice | disputed | promised | flag        | decision
-9        | 100  | -     | -      | 0        | -        | -           | HOLD NOTHING_DUE NOT_YET_DUE
-5        | 100  | -     | -      | 0        | -        | -           | SEND COURTESY
-1        | 100  | -     | -      | 0        | -        | -           | SEND COURTESY
-1        | 100  | 0     | -4     | 0        | -        | -           | HOLD NOTHING_DUE NOT_YET_DUE
0         | 100  | -     | -      | 0        | -        | -           | SEND COURTESY
1         | 100  | -     | -      | 0        | -        | -           | HOLD LEVEL_NOT_REACHED
6         | 100  | 0     | -11    | 0        | -        | -           | HOLD LEVEL_NOT_REACHED
7         | 100  | 0     | -12    | 0        | -        | -           | SEND FIRST_REMINDER
7         | 100  | -     | -      | 0        | -        | -           | SEND FIRST_REMINDER
90        | 100  | -     | -      | 0        | -        | -           | SEND FIRST_REMINDER
90        | 100  | 1     | -6     | 0        | -        | -           | HOLD MIN_INTERVAL
90        | 100  | 1     | -7     | 0        | -        | -           | SEND SECOND_REMINDER
20        | 100  | 1     | -13    | 0        | -        | -           | HOLD LEVEL_NOT_REACHED
35        | 100  | 2     | -14    | 0        | -        | -           | SEND FORMAL_NOTICE
41        | 100  | 3     | -6     | 0        | -        | -           | HOLD MIN_INTERVAL
90        | 100  | 3     | -30    | 0        | -        | -           | PERSON LAST_LEVEL_REACHED
30        | 0    | 1     | -20    | 0        | -        | -           | HOLD NOTHING_DUE ALLOCATED
30        | -100 | -     | -      | 0        | -        | -           | HOLD NOTHING_DUE CREDIT
30        | 100  | 1     | -20    | 100      | -        | -           | HOLD DISPUTED
30        | 100  | 1     | -20    | 40       | -        | -           | SEND SECOND_REMINDER
30        | 100  | 1     | -20    | 0        | 0        | -           | HOLD PROMISED
30        | 100  | 1     | -20    | 0        | -1       | -           | SEND SECOND_REMINDER
30        | 100  | 1     | -20    | 0        | -        | plan        | HOLD IN_PAYMENT_PLAN
30        | 100  | 1     | -20    | 0        | -        | blocked     | HOLD BLOCKED
30        | 100  | 1     | -20    | 0        | -        | block-0     | HOLD BLOCKED
30        | 100  | 1     | -20    | 0        | -        | block-1     | SEND SECOND_REMINDER
30        | 100  | 1     | -20    | 0        | -        | undelivered | HOLD NOT_DELIVERED
30        | 100  | 1     | -20    | 0        | -        | announced   | HOLD PAYMENT_ANNOUNCED
30        | 100  | 1     | -20    | 0        | -        | excluded    | HOLD EXCLUDED_KIND
30        | 9    | 1     | -20    | 0        | -        | -           | HOLD BELOW_MINIMUM
90        | 9    | 3     | -30    | 0        | -        | -           | HOLD BELOW_MINIMUM LAST_LEVEL_REACHED
"""


def rows(table: str) -> list[tuple[str, ...]]:
    lines = [line for line in table.strip().splitlines()[1:] if line.strip()]
    return [tuple(cell.strip() for cell in line.split("|")) for line in lines]


def in_days(cell: str) -> date | None:
    return None if cell == "-" else TODAY + timedelta(days=int(cell))


FLAGS: dict[str, dict[str, object]] = {
    "-": {},
    "plan": {"in_payment_plan": True},
    "blocked": {"is_blocked": True, "block_reason": "takeover talks"},
    "block-0": {"block_until": TODAY},
    "block-1": {"block_until": TODAY - timedelta(days=1)},
    "undelivered": {"is_delivery_failed": True},
    "announced": {"payment_announced_until": TODAY},
    "excluded": {"kind": "LATE_INTEREST"},
}


def item(item_id: int, overdue_days: int, amount: str, **more: object) -> DunningItemFact:
    values: dict[str, object] = {"currency": "EUR", **more}
    return DunningItemFact(
        item_id=item_id,
        due_date=TODAY - timedelta(days=overdue_days),
        amount_open=Decimal(amount),
        **values,  # type: ignore[arg-type]
    )


def account(*items: DunningItemFact, **more: object) -> DunningAccountFacts:
    values: dict[str, object] = {"excluded_kinds": frozenset({"LATE_INTEREST"}), **more}
    return DunningAccountFacts(account_id=1, items=items, **values)  # type: ignore[arg-type]


def decide(facts: DunningAccountFacts, as_of: date = TODAY, **more: object) -> DunningDecision:
    policy: dict[str, object] = {
        "levels": DEFAULT_LEVELS,
        "interval_days_min": 7,
        "minimum_amount": Decimal(10),
        "bank_data_age_days_max": 3,
        **more,
    }
    return decide_dunning(facts=facts, as_of=as_of, **policy)  # type: ignore[arg-type]


def recheck_now(decision: DunningDecision, facts: DunningAccountFacts, as_of: date = TODAY) -> DunningDecision:
    return recheck(
        decision=decision,
        facts_now=facts,
        minimum_amount=Decimal(10),
        bank_data_age_days_max=3,
        as_of=as_of,
    )


@pytest.mark.parametrize("row", rows(ONE_ITEM), ids=" ".join)
def test_one_item(row: tuple[str, ...]) -> None:
    overdue_days, amount, level, notice, disputed, promised, flag, expected = row
    fact = item(
        1,
        int(overdue_days),
        amount,
        last_level_sent=None if level == "-" else int(level),
        last_notice_date=in_days(notice),
        disputed_amount=Decimal(disputed),
        promised_until=in_days(promised),
        **FLAGS[flag],
    )
    decision = decide(account(fact))
    told = decision.level.code if decision.level else decision.reason
    why = decision.items[0].reason
    is_said = decision.outcome is DunningOutcome.SEND or why == told
    assert f"{decision.outcome} {told}" + ("" if is_said else f" {why}") == expected
    assert (why is DunningReason.LEVEL_REACHED) == (decision.outcome is DunningOutcome.SEND)


ACCOUNT = """
facts             | decision
-                 | SEND LEVEL_REACHED
is_blocked        | HOLD ACCOUNT_BLOCKED
block_until 0     | HOLD ACCOUNT_BLOCKED
block_until -1    | SEND LEVEL_REACHED
bank_data_age 3   | SEND LEVEL_REACHED
bank_data_age 4   | HOLD STALE_BANK_DATA
last_notice -6    | HOLD MIN_INTERVAL
last_notice -7    | SEND LEVEL_REACHED
opted_out         | HOLD OPTED_OUT
no_contact        | PERSON NO_CONTACT
"""


@pytest.mark.parametrize("row", rows(ACCOUNT), ids=" ".join)
def test_account_holds(row: tuple[str, ...]) -> None:
    name, _, days = row[0].partition(" ")
    more: dict[str, dict[str, object]] = {
        "-": {},
        "is_blocked": {"is_blocked": True},
        "block_until": {"block_until": in_days(days or "-")},
        "bank_data_age": {"bank_data_age_days": int(days or 0)},
        "last_notice": {"last_notice_date": in_days(days or "-")},
        "opted_out": {"opted_out": True},
        "no_contact": {"has_contact": False},
    }
    decision = decide(account(item(1, 30, "100"), **more[name]))
    assert f"{decision.outcome} {decision.reason}" == row[1]
    if decision.outcome is not DunningOutcome.SEND:
        assert decision.items[0].reason is decision.reason
        assert decision.amounts_held == (("EUR", Decimal(100)),)


def test_one_message_lists_every_overdue_item_at_the_highest_level() -> None:
    decision = decide(
        account(
            item(1, 40, "500", last_level_sent=2),
            item(2, 8, "70"),
            item(3, 2, "30"),
            item(4, -3, "900"),
            item(5, 80, "60", last_level_sent=3),
        )
    )
    assert decision.level is not None
    assert decision.level.code == "FORMAL_NOTICE"
    assert decision.amounts == (("EUR", Decimal(600)),)
    told = {one.item_id: (one.reason.value, one.level.rank if one.level else None) for one in decision.items}
    assert told == {
        5: ("LAST_LEVEL_REACHED", None),
        1: ("LEVEL_REACHED", 3),
        2: ("LEVEL_REACHED", 1),
        3: ("LISTED", None),
        4: ("OVERDUE_FIRST", None),
    }
    assert [one.item_id for one in decision.items_for_person] == [5]


def test_courtesy_waits_while_anything_is_overdue() -> None:
    decision = decide(account(item(1, 2, "100"), item(2, -3, "100")))
    assert (decision.outcome, decision.reason) == (DunningOutcome.HOLD, DunningReason.LEVEL_NOT_REACHED)
    assert [one.reason.value for one in decision.items] == ["LEVEL_NOT_REACHED", "OVERDUE_FIRST"]


def test_courtesy_goes_when_what_is_overdue_is_disputed() -> None:
    decision = decide(account(item(1, 20, "100", disputed_amount=Decimal(100)), item(2, -3, "80")))
    assert decision.level is not None
    assert decision.level.is_courtesy
    assert decision.amounts == (("EUR", Decimal(80)),)


def test_partly_disputed_item_is_claimed_for_the_rest() -> None:
    decision = decide(account(item(1, 20, "100", disputed_amount=Decimal(30))))
    assert decision.amounts == (("EUR", Decimal(70)),)
    assert decision.items[0].amount_held == Decimal(30)


CREDIT = """
items                     | unapplied | claimed | reasons
100@30                    | 0         | 100     | LEVEL_REACHED
100@30                    | 100       | -       | COVERED_BY_CREDIT
100@30                    | 250       | -       | COVERED_BY_CREDIT
100@30                    | 40        | 60      | LEVEL_REACHED
100@30 100@20             | 130       | 70      | COVERED_BY_CREDIT LEVEL_REACHED
100@30 -100@10            | 0         | -       | COVERED_BY_CREDIT CREDIT
100@30 100@20 -50@10      | 50        | 100     | COVERED_BY_CREDIT LEVEL_REACHED CREDIT
100@30 100@-3             | 100       | 100     | COVERED_BY_CREDIT LEVEL_REACHED
100@30                    | 95        | -       | BELOW_MINIMUM
"""


@pytest.mark.parametrize("row", rows(CREDIT), ids=" ".join)
def test_credit_covers_the_oldest_first(row: tuple[str, ...]) -> None:
    cells, unapplied, claimed, reasons = row
    pairs = [cell.split("@") for cell in cells.split()]
    items = [item(number, int(days), amount) for number, (amount, days) in enumerate(pairs)]
    decision = decide(account(*items, unapplied_credits=(("EUR", Decimal(unapplied)),)))
    assert [one.reason.value for one in decision.items] == reasons.split()
    assert decision.amounts == (() if claimed == "-" else (("EUR", Decimal(claimed)),))


def test_credit_of_another_currency_covers_nothing_and_totals_stay_apart() -> None:
    facts = account(
        item(1, 30, "100"),
        item(2, 30, "80", currency="GBP"),
        unapplied_credits=(("USD", Decimal(500)), ("GBP", Decimal(5))),
    )
    assert decide(facts).amounts == (("EUR", Decimal(100)), ("GBP", Decimal(75)))


def test_nothing_known_is_nothing_due() -> None:
    decision = decide(account())
    assert (decision.outcome, decision.reason, decision.items) == ("HOLD", "NOTHING_DUE", ())


def test_policy_without_overdue_levels_says_so() -> None:
    decision = decide(account(item(1, 30, "100")), levels=DEFAULT_LEVELS[:1])
    assert decision.reason is DunningReason.NO_LEVEL


@pytest.mark.parametrize("ranks_and_days", [[(1, 7), (1, 14)], [(1, 7), (2, 7)], [(1, 14), (2, 7)]])
def test_levels_must_increase(ranks_and_days: list[tuple[int, int]]) -> None:
    levels = [DunningLevel(rank=rank, offset_days=days, code="L", tone="T") for rank, days in ranks_and_days]
    with pytest.raises(ValueError, match="must come after"):
        check_levels(levels)


def test_negative_credit_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        decide(account(unapplied_credits=(("EUR", Decimal(-1)),)))


RECHECK = """
what happened     | outcome
nothing           | SEND LEVEL_REACHED 2 150
paid 1            | SEND LEVEL_REACHED 1 50
gone 1            | SEND LEVEL_REACHED 1 50
disputed 1        | SEND LEVEL_REACHED 1 50
promised 1        | SEND LEVEL_REACHED 1 50
part paid 1       | SEND LEVEL_REACHED 2 70
risen 1           | SEND LEVEL_REACHED 2 150
credit            | SEND LEVEL_REACHED 1 20
paid both         | HOLD TRIGGER_GONE - -
blocked account   | HOLD ACCOUNT_BLOCKED - -
stale             | HOLD STALE_BANK_DATA - -
opted out         | HOLD OPTED_OUT - -
no contact        | PERSON NO_CONTACT - -
due later         | SEND LEVEL_REACHED 1 50
notice recorded   | SEND LEVEL_REACHED 2 150
"""


@pytest.mark.parametrize("row", rows(RECHECK), ids=" ".join)
def test_recheck_at_the_moment_of_sending(row: tuple[str, ...]) -> None:
    first, second = item(1, 30, "100", last_level_sent=1), item(2, 10, "50")
    then = account(first, second)
    decision = decide(then)
    now = {
        "nothing": then,
        "paid 1": account(first._replace(amount_open=Decimal(0)), second),
        "gone 1": account(second),
        "disputed 1": account(first._replace(disputed_amount=Decimal(100)), second),
        "promised 1": account(first._replace(promised_until=TODAY), second),
        "part paid 1": account(first._replace(amount_open=Decimal(20)), second),
        "risen 1": account(first._replace(amount_open=Decimal(300)), second),
        "credit": account(first, second, unapplied_credits=(("EUR", Decimal(130)),)),
        "paid both": account(),
        "blocked account": replace(then, is_blocked=True),
        "stale": replace(then, bank_data_age_days=9),
        "opted out": replace(then, opted_out=True),
        "no contact": replace(then, has_contact=False),
        "due later": account(first._replace(due_date=TODAY + timedelta(days=9)), second),
        "notice recorded": replace(then, last_notice_date=TODAY),
    }[row[0]]
    checked = recheck_now(decision, now)
    level = checked.level.rank if checked.level else "-"
    amount = checked.amounts[0][1] if checked.amounts else "-"
    assert f"{checked.outcome} {checked.reason} {level} {amount}" == row[1]


def test_recheck_of_a_courtesy_on_an_item_that_became_late() -> None:
    facts = account(item(1, 0, "100"))
    checked = recheck_now(decide(facts), facts, TODAY + timedelta(days=1))
    assert checked.outcome is DunningOutcome.HOLD
    assert checked.items[0].reason is DunningReason.OVERDUE_FIRST


def test_recheck_leaves_other_outcomes_alone() -> None:
    decision = decide(account())
    assert recheck_now(decision, account(item(1, 30, "100"))) is decision


# Laws

amounts = st.integers(-50_000, 50_000).map(lambda cents: Decimal(cents) / 100)
future_days = st.one_of(st.none(), st.integers(-5, 10).map(lambda days: TODAY + timedelta(days=days)))
item_facts = st.builds(
    DunningItemFact,
    item_id=st.integers(1, 10**6),
    due_date=st.integers(-20, 90).map(lambda days: TODAY - timedelta(days=days)),
    amount_open=amounts,
    currency=st.sampled_from(["EUR", "GBP"]),
    kind=st.sampled_from(["INVOICE", "LATE_INTEREST"]),
    last_level_sent=st.one_of(st.none(), st.integers(0, 3)),
    last_notice_date=st.one_of(st.none(), st.integers(0, 30).map(lambda days: TODAY - timedelta(days=days))),
    disputed_amount=st.one_of(st.just(Decimal(0)), amounts.map(abs)),
    promised_until=future_days,
    payment_announced_until=future_days,
    in_payment_plan=st.booleans(),
    block_until=future_days,
)
account_facts = st.builds(
    DunningAccountFacts,
    account_id=st.just(1),
    items=st.lists(item_facts, max_size=6, unique_by=lambda fact: fact.item_id).map(tuple),
    unapplied_credits=st.lists(st.tuples(st.sampled_from(["EUR", "GBP"]), amounts.map(abs)), max_size=2).map(tuple),
    has_contact=st.booleans(),
    last_notice_date=st.one_of(st.none(), st.just(TODAY - timedelta(days=3))),
    bank_data_age_days=st.one_of(st.none(), st.integers(0, 5)),
)


@given(facts=account_facts)
def test_law_only_what_is_owed_is_claimed(facts: DunningAccountFacts) -> None:
    decision = decide(facts)
    fact_of = {fact.item_id: fact for fact in facts.items}
    assert sorted(fact_of) == sorted(one.item_id for one in decision.items)
    for one in decision.items:
        fact = fact_of[one.item_id]
        assert one.amount + one.amount_held == fact.amount_open
        assert one.included == (one.amount > 0)
        if one.included:
            assert one.amount <= fact.amount_open - min(fact.disputed_amount, fact.amount_open)
            assert one.amount == fact.amount_open - one.amount_disputed - one.amount_covered
    for currency, claimed in decision.amounts:
        debits = sum(
            max(fact.amount_open - fact.disputed_amount, Decimal(0))
            for fact in facts.items
            if fact.currency == currency and fact.amount_open > 0
        )
        credit = sum(amount for code, amount in facts.unapplied_credits if code == currency)
        credit -= sum(fact.amount_open for fact in facts.items if fact.currency == currency and fact.amount_open < 0)
        assert claimed <= debits
        assert claimed == sum(one.amount for one in decision.items if one.currency == currency)
        assert sum(one.amount_covered for one in decision.items if one.currency == currency) <= credit
    assert (decision.outcome is DunningOutcome.SEND) == bool(decision.items_included)


@given(facts=account_facts, days_ahead=st.integers(1, 40))
def test_law_without_a_debit_due_by_the_horizon_there_is_nothing_to_tell(
    facts: DunningAccountFacts, days_ahead: int
) -> None:
    """A run never reads such accounts."""
    horizon = TODAY - timedelta(days=min(level.offset_days for level in DEFAULT_LEVELS))
    due = horizon + timedelta(days=days_ahead)
    items = tuple(fact if fact.amount_open <= 0 else fact._replace(due_date=due) for fact in facts.items)
    assert decide(replace(facts, items=items)).reason is DunningReason.NOTHING_DUE


@given(facts=account_facts)
def test_law_order_of_items_does_not_matter_and_phases_do_not_mix(facts: DunningAccountFacts) -> None:
    decision = decide(facts)
    assert decide(replace(facts, items=facts.items[::-1])) == decision
    assert len({one.overdue_days > 0 for one in decision.items_included}) <= 1
    for one in decision.items_included:
        assert decision.level is not None
        assert one.level is None or one.level.rank <= decision.level.rank


@given(then=account_facts, now=account_facts, later=st.integers(0, 5))
def test_law_recheck_only_shrinks(then: DunningAccountFacts, now: DunningAccountFacts, later: int) -> None:
    decision = decide(then)
    checked = recheck_now(decision, now, TODAY + timedelta(days=later))
    before = {one.item_id: one.amount for one in decision.items_included}
    assert all(one.amount <= before[one.item_id] for one in checked.items_included)
    rank_before = decision.level.rank if decision.level else -1
    assert checked.level is None or checked.level.rank <= rank_before
    if decision.outcome is DunningOutcome.SEND:
        assert recheck_now(decision, then) == decision


happenings = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 3), st.sampled_from(["pay", "promise", "dispute", "settle", "plan"])),
    max_size=25,
)


def happen(fact: DunningItemFact, what: str, as_of: date) -> DunningItemFact:
    match what:
        case "pay":
            return fact._replace(amount_open=max(fact.amount_open - 40, Decimal(0)))
        case "promise":
            return fact._replace(promised_until=as_of + timedelta(days=6))
        case "dispute":
            return fact._replace(disputed_amount=Decimal(60))
        case "plan":
            return fact._replace(in_payment_plan=not fact.in_payment_plan)
        case _:
            return fact._replace(disputed_amount=Decimal(0), promised_until=None)


@settings(max_examples=60, deadline=None)
@given(
    dues=st.lists(st.integers(0, 30), min_size=1, max_size=4),
    story=happenings,
    interval_days=st.integers(1, 15),
    start=st.integers(-10, 40),
)
def test_law_levels_rise_one_by_one_over_time(
    dues: list[int], story: list[tuple[int, int, str]], interval_days: int, start: int
) -> None:
    facts = account(*(item(number, -due, "100") for number, due in enumerate(dues)))
    sent: dict[int, list[int]] = {number: [] for number in range(len(dues))}
    sent_on: list[date] = []
    waits = {}
    day = TODAY + timedelta(days=start)
    for gap, which, what in story:
        waits[day] = (which, what)
        day += timedelta(days=gap)
    for offset in range(start, start + 120):
        as_of = TODAY + timedelta(days=offset)
        if as_of in waits and waits[as_of][0] < len(dues):
            which, what = waits[as_of]
            items = [happen(f, what, as_of) if f.item_id == which else f for f in facts.items]
            facts = replace(facts, items=tuple(items))
        decision = decide(facts, as_of, interval_days_min=interval_days)
        if decision.outcome is not DunningOutcome.SEND:
            continue
        sent_on.append(as_of)
        ranks = {one.item_id: one.level.rank for one in decision.items_included if one.level}
        for item_id, rank in ranks.items():
            sent[item_id].append(rank)
        items = [
            f._replace(last_level_sent=ranks.get(f.item_id, f.last_level_sent), last_notice_date=as_of)
            if f.item_id in {one.item_id for one in decision.items_included}
            else f
            for f in facts.items
        ]
        facts = replace(facts, items=tuple(items), last_notice_date=as_of)
    for ranks_sent in sent.values():
        overdue = [rank for rank in ranks_sent if rank > 0]
        assert overdue == list(range(1, len(overdue) + 1))
        assert ranks_sent in (overdue, [0, *overdue])
    gaps = [(later - earlier).days for earlier, later in itertools.pairwise(sent_on)]
    assert all(gap >= interval_days for gap in gaps)
