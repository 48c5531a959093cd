"""When claims lapse: periods of the law, and what events do to them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.limitation import (
    ClockState,
    Effect,
    EventKind,
    LimitationClock,
    LimitationEvent,
    LimitationRule,
    earliest_end,
    run_clock,
)

ISSUED = date(2021, 3, 10)
ACTS = frozenset({EventKind.ACKNOWLEDGEMENT, EventKind.PART_PAYMENT, EventKind.LAWSUIT, EventKind.ENFORCEMENT})
RULES = {
    "5y": LimitationRule(months=60, interrupting=ACTS, months_left_min=6),
    "2y": LimitationRule(months=24, interrupting=ACTS, months_left_min=6),
    "public": LimitationRule(months=48, interrupting=ACTS | {EventKind.FORMAL_NOTICE}, is_from_next_year=True),
}

# Issued on 10 March 2021; events as KIND@from..to, `..` alone while it goes on.
TABLE = """
rule   | events                                          | as of      | state   | end        | effects
5y     | -                                               | 2026-03-10 | RUNNING | 2026-03-10 |
5y     | -                                               | 2026-03-11 | LAPSED  | 2026-03-10 |
2y     | -                                               | 2023-03-11 | LAPSED  | 2023-03-10 |
public | -                                               | 2025-12-31 | RUNNING | 2025-12-31 |
5y     | FORMAL_NOTICE@2024-01-01                        | 2024-06-01 | RUNNING | 2026-03-10 | NONE
public | FORMAL_NOTICE@2024-01-01                        | 2024-06-01 | RUNNING | 2028-12-31 | INTERRUPTED
5y     | PART_PAYMENT@2024-01-15                         | 2024-06-01 | RUNNING | 2029-01-15 | INTERRUPTED
5y     | PART_PAYMENT@2024-01-15                         | 2024-01-14 | RUNNING | 2026-03-10 |
5y     | ACKNOWLEDGEMENT@2026-03-10                      | 2026-04-01 | RUNNING | 2031-03-10 | INTERRUPTED
5y     | ACKNOWLEDGEMENT@2026-03-11                      | 2026-04-01 | LAPSED  | 2026-03-10 | TOO_LATE
5y     | LAWSUIT@2025-01-01..                            | 2027-01-01 | STOPPED | -          | INTERRUPTED
5y     | LAWSUIT@2025-01-01..2026-06-30                  | 2027-01-01 | RUNNING | 2031-06-30 | INTERRUPTED
5y     | LAWSUIT@2025-01-01..2026-06-30                  | 2026-01-01 | STOPPED | -          | INTERRUPTED
5y     | MEDIATION@2025-01-01..2025-01-31                | 2025-06-01 | RUNNING | 2026-04-09 | SUSPENDED
5y     | MEDIATION@2026-03-01..2026-03-20                | 2026-03-21 | RUNNING | 2026-09-20 | SUSPENDED
5y     | MEDIATION@2026-03-01..                          | 2027-03-21 | STOPPED | -          | SUSPENDED
5y     | START@2021-01-20                                | 2022-01-01 | RUNNING | 2026-01-20 | STARTED
5y     | START@2021-01-20 PART_PAYMENT@2021-01-10        | 2022-01-01 | RUNNING | 2026-01-20 | STARTED NONE
2y     | PART_PAYMENT@2022-02-28 ENFORCEMENT@2024-02-28 | 2025-01-01 | RUNNING | 2026-02-28 | INTERRUPTED INTERRUPTED
"""


def event(text: str) -> LimitationEvent:
    kind, _, days = text.partition("@")
    first, _, last = days.partition("..")
    return LimitationEvent(
        kind=EventKind(kind),
        event_date=date.fromisoformat(first),
        end_date=date.fromisoformat(last) if last else None,
    )


@pytest.mark.parametrize(
    "row", [tuple(c.strip() for c in r.split("|")) for r in TABLE.strip().splitlines()[1:]], ids=" | ".join
)
def test_the_clock(row: tuple[str, ...]) -> None:
    rule, texts, as_of, state, end, effects = row
    events = [] if texts == "-" else [event(text) for text in texts.split()]
    clock = run_clock(rule=RULES[rule], document_date=ISSUED, events=events, as_of=date.fromisoformat(as_of))
    assert (clock.state, clock.end_date) == (state, None if end == "-" else date.fromisoformat(end))
    assert " ".join(move.effect for move in clock.moves) == effects
    left = clock.days_left(date.fromisoformat(as_of))
    assert left is None if end == "-" else (left is not None and (left < 0) == (state == "LAPSED"))


def test_periods_and_events_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="positive"):
        run_clock(rule=LimitationRule(months=0, interrupting=ACTS), document_date=ISSUED, events=[], as_of=ISSUED)
    with pytest.raises(ValueError, match="before it begins"):
        run_clock(
            rule=RULES["5y"], document_date=ISSUED, events=[event("LAWSUIT@2024-01-02..2024-01-01")], as_of=ISSUED
        )


days = st.integers(0, 3000).map(lambda count: ISSUED + timedelta(days=count))
happenings = st.builds(
    lambda kind, first, length: LimitationEvent(
        kind=kind, event_date=first, end_date=None if length is None else first + timedelta(days=length)
    ),
    kind=st.sampled_from([kind for kind in EventKind if kind is not EventKind.START]),
    first=days,
    length=st.one_of(st.none(), st.integers(0, 500)),
)


def end_of(clock: LimitationClock) -> date:
    return clock.end_date or date.max


@given(
    rule=st.sampled_from(sorted(RULES)),
    events=st.lists(happenings, max_size=5),
    extra=happenings,
    as_of=days,
    data=st.data(),
)
def test_law_no_event_brings_the_end_nearer(
    rule: str, events: list[LimitationEvent], extra: LimitationEvent, as_of: date, data: st.DataObject
) -> None:
    found = run_clock(rule=RULES[rule], document_date=ISSUED, events=events, as_of=as_of)
    shuffled = run_clock(rule=RULES[rule], document_date=ISSUED, events=data.draw(st.permutations(events)), as_of=as_of)
    more = run_clock(rule=RULES[rule], document_date=ISSUED, events=[*events, extra], as_of=as_of)
    assert shuffled == found
    assert end_of(found) >= earliest_end(rule=RULES[rule], document_date=ISSUED)
    assert end_of(more) >= end_of(found)
    assert (found.state is ClockState.STOPPED) == (found.end_date is None)
    idle = (Effect.NONE, Effect.TOO_LATE)
    assert all(move.end_before == move.end_after for move in found.moves if move.effect in idle)


@given(rule=st.sampled_from(sorted(RULES)), events=st.lists(happenings, max_size=5), as_of=days)
def test_law_what_comes_later_changes_nothing_known_today(
    rule: str, events: list[LimitationEvent], as_of: date
) -> None:
    past = [one for one in events if one.event_date <= as_of]
    found = run_clock(rule=RULES[rule], document_date=ISSUED, events=events, as_of=as_of)
    assert run_clock(rule=RULES[rule], document_date=ISSUED, events=past, as_of=as_of) == found
