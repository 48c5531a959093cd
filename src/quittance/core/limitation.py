"""When a claim lapses: the period of the law, and the events that move its end.

An interruption wipes out what has run and begins the same period anew (French Code civil 2231); a suspension stops the
clock and lets it run on afterwards (2230). Periods, and which events interrupt, are data of each country and regime.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from quittance.core.terms import add_months


class DebtorKind(StrEnum):
    """Who owes, as the law of limitation tells debtors apart."""

    BUSINESS = "BUSINESS"
    CONSUMER = "CONSUMER"
    PUBLIC = "PUBLIC"


class EventKind(StrEnum):
    """What may move a period. START is the day from which it runs when that is not the document's date."""

    START = "START"
    ACKNOWLEDGEMENT = "ACKNOWLEDGEMENT"
    PART_PAYMENT = "PART_PAYMENT"
    LAWSUIT = "LAWSUIT"
    ENFORCEMENT = "ENFORCEMENT"
    FORMAL_NOTICE = "FORMAL_NOTICE"
    MEDIATION = "MEDIATION"
    OTHER_SUSPENSION = "OTHER_SUSPENSION"


SUSPENSIONS: Final = frozenset({EventKind.MEDIATION, EventKind.OTHER_SUSPENSION})
# A lawsuit interrupts until it is over (Code civil 2242): the new period runs from its end.
LASTING: Final = frozenset({EventKind.LAWSUIT, *SUSPENSIONS})


class Effect(StrEnum):
    """What an event did to the period."""

    STARTED = "STARTED"
    INTERRUPTED = "INTERRUPTED"
    SUSPENDED = "SUSPENDED"
    NONE = "NONE"
    TOO_LATE = "TOO_LATE"


class ClockState(StrEnum):
    """Whether the period runs on the day. STOPPED: a lawsuit or a suspension goes on, no end is known."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    LAPSED = "LAPSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitationRule:
    """The law for a kind of debtor: ``months`` > 0 from the start day, whose own day does not count.

    With ``is_from_next_year`` it runs from 1 January after the start, and after an interruption. After a suspension
    ``months_left_min`` are left at least. ``interrupting`` are the events that begin the period anew.
    """

    months: int
    interrupting: frozenset[EventKind]
    is_from_next_year: bool = False
    months_left_min: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitationEvent:
    """Something that happened on a day; a lasting one went on until ``end_date``, or goes on still when it is None."""

    kind: EventKind
    event_date: date
    end_date: date | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What one event did: the end before and after it, None while the clock stands still."""

    event: LimitationEvent
    effect: Effect
    end_before: date | None
    end_after: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitationClock:
    """Where the period stands on a day; ``end_date`` is the last day in time, None while the clock stands still."""

    state: ClockState
    start_date: date
    end_date: date | None
    moves: tuple[Move, ...]

    def days_left(self, as_of: date) -> int | None:
        """Return the days from a day to the end, negative once it has lapsed, None while the clock stands still."""
        return None if self.end_date is None else (self.end_date - as_of).days


def run_clock(
    *, rule: LimitationRule, document_date: date, events: Collection[LimitationEvent], as_of: date
) -> LimitationClock:
    """Return when a claim lapses as known on ``as_of``, and what each event up to that day did.

    >>> rule = LimitationRule(months=60, interrupting=frozenset({EventKind.PART_PAYMENT}))
    >>> paid = LimitationEvent(kind=EventKind.PART_PAYMENT, event_date=date(2023, 5, 2))
    >>> letter = LimitationEvent(kind=EventKind.FORMAL_NOTICE, event_date=date(2024, 5, 2))
    >>> clock = run_clock(
    ...     rule=rule, document_date=date(2021, 3, 10), events=[letter, paid], as_of=date(2026, 4, 1)
    ... )
    >>> clock.state.value, clock.end_date.isoformat()
    ('RUNNING', '2028-05-02')
    >>> [(move.event.kind.value, move.effect.value) for move in clock.moves]
    [('PART_PAYMENT', 'INTERRUPTED'), ('FORMAL_NOTICE', 'NONE')]

    :raises ValueError: a period that is not positive, or an event that ends before it begins
    """
    if rule.months <= 0 or rule.months_left_min < 0:
        raise ValueError(f"a period of limitation is positive, not {rule.months} months")
    known = _known(events, as_of)
    starts = [event for event in known if event.kind is EventKind.START]
    start = starts[-1].event_date if starts else document_date
    end: date | None = _end_of_period(rule, start)
    moves = [Move(event=event, effect=Effect.STARTED, end_before=None, end_after=end) for event in starts[-1:]]
    for event in known:
        if event.kind is EventKind.START:
            continue
        effect, after = _apply(rule, event, start=start, end=end)
        moves.append(Move(event=event, effect=effect, end_before=end, end_after=after))
        end = after
    return LimitationClock(state=_state(end, as_of), start_date=start, end_date=end, moves=tuple(moves))


def earliest_end(*, rule: LimitationRule, document_date: date) -> date:
    """Return the end without any event: later events only move it further, a START may bring it nearer.

    >>> four = LimitationRule(months=48, interrupting=frozenset(), is_from_next_year=True)
    >>> earliest_end(rule=four, document_date=date(2022, 3, 10))
    datetime.date(2026, 12, 31)
    """
    return _end_of_period(rule, document_date)


def _state(end: date | None, as_of: date) -> ClockState:
    if end is None:
        return ClockState.STOPPED
    return ClockState.LAPSED if as_of > end else ClockState.RUNNING


def _known(events: Collection[LimitationEvent], as_of: date) -> list[LimitationEvent]:
    """Return what had happened by a day, in its order; what ended later goes on still."""
    found = []
    for event in events:
        if event.end_date is not None and event.end_date < event.event_date:
            raise ValueError(f"{event.kind} ends on {event.end_date}, before it begins on {event.event_date}")
        if event.event_date > as_of:
            continue
        is_over = event.end_date is not None and event.end_date <= as_of
        known = LimitationEvent(
            kind=event.kind,
            event_date=event.event_date,
            end_date=event.end_date if is_over else None,
            reference=event.reference,
        )
        found.append(known)
    order: Sequence[EventKind] = list(EventKind)
    return sorted(
        found, key=lambda one: (one.event_date, order.index(one.kind), one.end_date or date.max, one.reference)
    )


def _end_of_period(rule: LimitationRule, start: date) -> date:
    if rule.is_from_next_year:
        return add_months(date(start.year + 1, 1, 1), rule.months) - timedelta(days=1)
    return add_months(start, rule.months)


def _apply(
    rule: LimitationRule, event: LimitationEvent, *, start: date, end: date | None
) -> tuple[Effect, date | None]:
    """Return what an event does to a period that ends on ``end``, None when the clock stands still already."""
    is_suspension = event.kind in SUSPENSIONS
    if not is_suspension and event.kind not in rule.interrupting:
        return Effect.NONE, end
    if end is None:
        return Effect.NONE, None
    if event.event_date > end:
        return Effect.TOO_LATE, end
    if event.event_date < start:
        return Effect.NONE, end
    if event.kind in LASTING and event.end_date is None:
        return Effect.SUSPENDED if is_suspension else Effect.INTERRUPTED, None
    if is_suspension:
        return Effect.SUSPENDED, _resume(rule, event, end)
    return Effect.INTERRUPTED, max(end, _end_of_period(rule, _last_day(event)))


def _resume(rule: LimitationRule, event: LimitationEvent, end: date) -> date:
    """Return the end after a suspension: what was left runs on from its last day, and a minimum is left."""
    last = _last_day(event)
    moved = end + (last - event.event_date)
    return max(moved, add_months(last, rule.months_left_min)) if rule.months_left_min else moved


def _last_day(event: LimitationEvent) -> date:
    return event.end_date if event.kind in LASTING and event.end_date is not None else event.event_date
