"""Walk through the days of one account: what is open, what a run would remember, on which day to look again."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from quittance.core.dunning_facts import (
    ZERO,
    ContactRules,
    DunningAccountFacts,
    DunningDecision,
    DunningItemFact,
    DunningLevel,
    LearntTiming,
    StepClock,
)
from quittance.core.dunning_steps import StepPlan, TimedStep, check_levels, plan_steps
from quittance.core.simulation_history import HistoryAccount, HistoryItem, Hold, HoldKind
from quittance.core.terms import add_months

USUAL_DELAY_MONTHS = 6
_DAY = timedelta(days=1)


class ItemState:
    """An item on its way through the days; changed in place, since there are many days."""

    __slots__ = (
        "courtesy_on", "fact", "item", "last_level", "last_level_date", "last_notice_date", "open", "overdue_on",
        "settled",
    )  # fmt: skip

    def __init__(self, item: HistoryItem) -> None:
        self.item = item
        self.open = item.amount
        self.last_level: int | None = None
        self.last_level_date: date | None = None
        self.last_notice_date: date | None = None
        self.fact: DunningItemFact | None = None
        self.settled: Settlement | None = None
        # The first days on which a step that is still ahead may be taken: before the due date, and after it.
        self.courtesy_on = self.overdue_on = date.max

    def can_trigger(self, day: date) -> bool:
        """Say whether the day of a step has come; whether it is taken is for the decision to say."""
        return day >= (self.overdue_on if day > self.item.due_date else self.courtesy_on)


class Settlement:
    """An invoice that was paid whole on a day, so many days late, with its weight; ``is_gone`` when it was undone."""

    __slots__ = ("day", "is_gone", "product", "weight")

    def __init__(self, item: HistoryItem, day: date) -> None:
        self.day = day
        self.weight = item.weight or item.amount
        self.product = self.weight * (day - item.due_date).days
        self.is_gone = False


class UsualDelay:
    """The mean delay of the invoices paid in the last six months, weighed by amount, as known on each day."""

    __slots__ = ("_paid", "_product", "_weight")

    def __init__(self) -> None:
        self._paid: deque[Settlement] = deque()
        self._product = self._weight = ZERO

    def add(self, settlement: Settlement) -> None:
        """Count an invoice; days come in their order."""
        self._paid.append(settlement)
        self._product += settlement.product
        self._weight += settlement.weight

    def take_back(self, settlement: Settlement) -> None:
        """Count an invoice no longer: its payment was undone."""
        if not settlement.is_gone:
            settlement.is_gone = True
            self._product -= settlement.product
            self._weight -= settlement.weight

    def days_on(self, day: date) -> int | None:
        """Return the delay in whole days, None when nothing was paid in the six months up to a day."""
        border = add_months(day, -USUAL_DELAY_MONTHS)
        while self._paid and self._paid[0].day <= border:
            self.take_back(self._paid.popleft())
        if not self._weight:
            return None
        return int((self._product / self._weight).quantize(Decimal(1), rounding=ROUND_HALF_UP))


class Walk:
    """One account under one policy. Days must come in their order."""

    def __init__(
        self,
        *,
        account: HistoryAccount,
        levels: Sequence[DunningLevel],
        intervals: Sequence[int],
        rules: ContactRules,
        timing: LearntTiming | None,
    ) -> None:
        self._account = account
        self._levels = check_levels(levels)
        self._intervals = sorted(set(intervals))
        self._rules = rules
        self._timing = timing
        self._events = _events_of(account)
        self._at = 0
        self._active: dict[int, ItemState] = {}
        self._credits: dict[str, Decimal] = {}
        self._credit_changes = deque(sorted(account.credit_changes, key=lambda change: change.day))
        self._delay = UsualDelay()
        self._usual: int | None = None
        self._plan = plan_steps(levels=self._levels, timing=timing, usual_delay_days=None)
        self._last_notice_date: date | None = None
        self._touches: list[date] = []
        self._calls = sorted(account.call_dates)
        self._answers = sorted(account.answer_dates)
        self._broken = sorted(account.broken_dates)
        self._waking = [*_waking_days(account, rules)]
        heapq.heapify(self._waking)

    def wake(self, day: date) -> None:
        """Ask for the account to be looked at on a day."""
        heapq.heappush(self._waking, day)

    def next_day(self, after: date) -> date | None:
        """Return the next day later than ``after`` on which something may have changed, None when there is none."""
        while self._waking:
            day = heapq.heappop(self._waking)
            if day > after:
                return day
        return None

    def advance(self, day: date) -> None:
        """Take in what was posted up to a day, that day included."""
        while self._at < len(self._events) and self._events[self._at][0] <= day:
            when, _place, state, amount, is_first = self._events[self._at]
            self._at += 1
            self._post(state, amount, when, is_first)
        while self._credit_changes and self._credit_changes[0].day <= day:
            change = self._credit_changes.popleft()
            self._credits[change.currency] = self._credits.get(change.currency, ZERO) + change.amount
        if self._timing is not None and (usual := self._delay.days_on(day)) != self._usual:
            self._usual = usual
            self._plan = plan_steps(levels=self._levels, timing=self._timing, usual_delay_days=usual)
            for state in self._active.values():
                self._wake_for_steps(state)

    def is_silent(self, day: date) -> bool:
        """Say whether no notice can leave: no item has reached a step, or the last message is too recent for any."""
        if self._last_notice_date is not None and (day - self._last_notice_date).days < self._intervals[0]:
            return True
        return not any(state.can_trigger(day) for state in self._active.values())

    def facts(self, day: date) -> DunningAccountFacts:
        """Return what was known of the account on a day, with what the simulation itself has sent."""
        account = self._account
        items = [self._fact(state, day) for state in self._active.values()]
        return DunningAccountFacts(
            account_id=account.account_id,
            items=tuple(items),
            unapplied_credits=tuple((code, amount) for code, amount in sorted(self._credits.items()) if amount > 0),
            has_contact=account.has_contact,
            opted_out=account.opted_out,
            last_notice_date=self._last_notice_date,
            is_blocked=any(hold.is_known(day) for hold in account.blocks),
            excluded_kinds=account.excluded_kinds,
            contacts=account.contacts,
            has_postal_address=account.has_postal_address,
            touch_dates=(*self._touches, *self._calls[: bisect_right(self._calls, day)]),
            quiet_dates=account.quiet_dates,
            usual_delay_days=self._usual,
            promise_broken_on=_last(self._broken, day),
            last_answer_date=_last(self._answers, day),
        )

    def remember(self, decision: DunningDecision, day: date) -> None:
        """Keep what a notice leaves behind, and the days on which it stops to matter."""
        if decision.medium.is_touch:
            self._last_notice_date = day
            self._touches.append(day)
            if self._rules.touches_max is not None:
                border = day - timedelta(days=self._rules.touches_days)
                self._touches = [one for one in self._touches if one > border]
                self.wake(day + timedelta(days=self._rules.touches_days))
        for interval in self._intervals:
            self.wake(day + timedelta(days=max(1, interval)))
        for one in decision.items_included:
            state = self._active[one.item_id]
            state.fact = None
            state.last_notice_date = day
            if one.level is not None:
                state.last_level = max(one.level.rank, -1 if state.last_level is None else state.last_level)
                state.last_level_date = day
                self._wake_for_steps(state)

    def _post(self, state: ItemState, amount: Decimal, day: date, is_first: bool) -> None:
        if is_first:
            self._wake_for_steps(state)
            self.wake(state.item.due_date + _DAY)
        else:
            state.open += amount
            state.fact = None
        if state.open:
            self._active[state.item.item_id] = state
            if state.settled is not None:
                self._delay.take_back(state.settled)
                state.settled = None
            return
        self._active.pop(state.item.item_id, None)
        if self._timing is not None and state.item.kind == "INVOICE" and state.item.amount > 0:
            state.settled = Settlement(state.item, day)
            self._delay.add(state.settled)
            gone = add_months(day, USUAL_DELAY_MONTHS)
            self.wake(gone)
            self.wake(gone + _DAY)

    def _wake_for_steps(self, state: ItemState) -> None:
        if state.item.amount <= 0:
            return
        due = state.item.due_date
        courtesy, overdue = _step_days(self._plan, state)
        for days in (*courtesy, *overdue):
            self.wake(due + timedelta(days=days))
        state.courtesy_on = due + timedelta(days=min(courtesy)) if courtesy else date.max
        state.overdue_on = due + timedelta(days=min(overdue)) if overdue else date.max

    def _fact(self, state: ItemState, day: date) -> DunningItemFact:
        item = state.item
        if state.fact is not None and not item.holds:
            return state.fact
        known = [hold for hold in item.holds if hold.is_known(day)] if item.holds else ()
        kinds = {hold.kind for hold in known}
        state.fact = DunningItemFact(
            item_id=item.item_id,
            due_date=item.due_date,
            amount_open=state.open,
            currency=item.currency,
            kind=item.kind,
            last_level_sent=state.last_level,
            last_notice_date=state.last_notice_date,
            last_level_date=state.last_level_date,
            disputed_amount=sum((hold.amount for hold in known if hold.kind is HoldKind.DISPUTED), ZERO),
            promised_until=_until(known, HoldKind.PROMISED),
            payment_announced_until=_until(known, HoldKind.ANNOUNCED),
            in_payment_plan=HoldKind.PLANNED in kinds,
            is_blocked=HoldKind.BLOCKED in kinds,
            is_handed_over=HoldKind.HANDED_OVER in kinds,
        )
        return state.fact


_Event = tuple[date, int, ItemState, Decimal, bool]


def _events_of(account: HistoryAccount) -> list[_Event]:
    """Return the first day and the moves of all items by day; a move before the first day counts from that day on."""
    events: list[_Event] = []
    for item in account.items:
        state = ItemState(item)
        events.append((item.document_date, len(events), state, item.amount, True))
        for move in item.moves:
            events.append((max(move.day, item.document_date), len(events), state, move.amount, False))
    events.sort(key=lambda event: event[:2])
    return events


def _waking_days(account: HistoryAccount, rules: ContactRules) -> Iterator[date]:
    """Yield the days on which something was learnt of the account."""
    for item in account.items:
        yield item.document_date
        for move in item.moves:
            yield move.day
        yield from _hold_days(item.holds)
    yield from _hold_days(account.blocks)
    for change in account.credit_changes:
        yield change.day
    yield from account.answer_dates
    yield from account.broken_dates
    for day in account.call_dates:
        yield day + timedelta(days=rules.touches_days)


def _hold_days(holds: Sequence[Hold]) -> Iterator[date]:
    for hold in holds:
        yield hold.first
        if hold.before is not None:
            yield hold.before
        if hold.until is not None:
            yield hold.until + _DAY


def _step_days(plan: StepPlan, state: ItemState) -> tuple[list[int], list[int]]:
    """Return the days from the due date on which a step still ahead may be taken, as ``find_step`` counts them."""
    last = state.last_level
    courtesy = [step.days for step in plan.courtesy if last is None or step.level.rank > last]
    overdue = []
    previous = 0
    if last is not None and state.last_level_date is not None:
        previous = max(0, (state.last_level_date - state.item.due_date).days)
    for step in plan.overdue:
        if last is not None and step.level.rank <= last:
            continue
        previous = _from_previous(step, previous) + step.days
        overdue.append(previous)
    return courtesy, overdue


def _from_previous(step: TimedStep, previous: int) -> int:
    return previous if step.level.counted_from is StepClock.PREVIOUS_STEP else 0


def _until(known: Sequence[Hold], kind: HoldKind) -> date | None:
    return max((hold.until for hold in known if hold.kind is kind and hold.until is not None), default=None)


def _last(days: Sequence[date], day: date) -> date | None:
    place = bisect_right(days, day)
    return days[place - 1] if place else None
