"""Decide what one customer account is told about its overdue items, and why.

The caller gathers facts, this module decides, the caller applies. Every item of the account gets a reason,
whether it is in the message or not; so does the account. Nothing is read from a clock or a database.

Words used here: a *courtesy* level has ``offset_days <= 0`` and speaks of items that are not late; every
other level speaks of overdue items. The two never meet in one message. An item *triggers* when its own next
level is reached; an overdue item that does not trigger is *listed* with the others and keeps its level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from quittance.core.dunning_facts import (
    DEFAULT_LEVELS,
    ZERO,
    DunningAccountFacts,
    DunningDecision,
    DunningItemFact,
    DunningLevel,
    DunningOutcome,
    DunningReason,
    ItemDecision,
    totals_by_currency,
)

__all__ = [
    "DEFAULT_LEVELS",
    "DunningAccountFacts",
    "DunningDecision",
    "DunningItemFact",
    "DunningLevel",
    "DunningOutcome",
    "DunningReason",
    "ItemDecision",
    "check_levels",
    "decide_dunning",
    "recheck",
]

# When nothing triggers, the account is explained by the first of these that one of its items has.
_ACCOUNT_REASON_ORDER = (
    DunningReason.MIN_INTERVAL,
    DunningReason.LEVEL_NOT_REACHED,
    DunningReason.NO_LEVEL,
    DunningReason.COVERED_BY_CREDIT,
    DunningReason.PROMISED,
    DunningReason.PAYMENT_ANNOUNCED,
    DunningReason.IN_PAYMENT_PLAN,
    DunningReason.DISPUTED,
    DunningReason.BLOCKED,
    DunningReason.NOT_DELIVERED,
    DunningReason.EXCLUDED_KIND,
)


def decide_dunning(
    *,
    facts: DunningAccountFacts,
    levels: Sequence[DunningLevel],
    interval_days_min: int,
    minimum_amount: Decimal,
    bank_data_age_days_max: int,
    as_of: date,
) -> DunningDecision:
    """Decide the one message, if any, that the account gets on ``as_of``; always with a reason.

    The message lists every overdue amount that may be claimed. Its level is the highest next level among the
    items that trigger: the most serious thing there is to say sets the tone. Each triggering item moves to
    its own next level only, so none is skipped or repeated; a courtesy that was missed is not made up for
    once the item is late. An item past its last level is no longer written about: it waits for a person.

    :raises ValueError: levels whose ranks and offsets do not both increase; a negative unapplied credit.
    """
    ordered = check_levels(levels)
    held = _held_by_itself(facts, as_of)
    marked = [
        _with_next_level(item, fact, ordered, interval_days_min, as_of)
        for item, fact in zip(held, _by_age(facts.items), strict=True)
    ]
    chosen = _choose_phase(marked)
    triggers = [item for item in chosen if item.included and item.level is not None]
    if not triggers:
        return _without_trigger(facts, chosen, minimum_amount, bank_data_age_days_max, as_of)
    notice_dates = [fact.last_notice_date for fact in facts.items] + [facts.last_notice_date]
    is_too_soon = any(_is_within(day, interval_days_min, as_of) for day in notice_dates)
    if reason := _account_hold(facts, bank_data_age_days_max, as_of):
        return _hold_all(facts.account_id, chosen, reason)
    if is_too_soon:
        return _hold_all(facts.account_id, chosen, DunningReason.MIN_INTERVAL)
    return _sendable(facts, chosen, minimum_amount)


def recheck(
    *,
    decision: DunningDecision,
    facts_now: DunningAccountFacts,
    minimum_amount: Decimal,
    bank_data_age_days_max: int,
    as_of: date,
) -> DunningDecision:
    """Say what is still valid of a SEND decision at the moment of sending.

    It only ever shrinks: items paid, disputed, promised, blocked or covered since then leave with that
    reason, amounts go down and never up, the level is the highest of the triggers that remain. Levels and
    intervals are not judged again, since ``facts_now`` may already know of this very message. When the result
    differs from ``decision`` the text must be made anew. Decisions other than SEND come back as they are.
    """
    if decision.outcome is not DunningOutcome.SEND:
        return decision
    now = {item.item_id: item for item in _held_by_itself(facts_now, as_of)}
    is_courtesy = decision.level is not None and decision.level.is_courtesy
    items = tuple(_recheck_item(item, now.get(item.item_id), is_courtesy) for item in decision.items)
    if reason := _account_hold(facts_now, bank_data_age_days_max, as_of):
        return _hold_all(decision.account_id, items, reason)
    if not any(item.included and item.level is not None for item in items):
        return _hold_all(decision.account_id, items, DunningReason.TRIGGER_GONE)
    return _sendable(facts_now, items, minimum_amount)


def check_levels(levels: Sequence[DunningLevel]) -> tuple[DunningLevel, ...]:
    """Return the levels by rank.

    :raises ValueError: two levels of one rank, or a higher rank that does not come later.
    """
    ordered = tuple(sorted(levels, key=lambda level: level.rank))
    for lower, higher in pairwise(ordered):
        if lower.rank == higher.rank or lower.offset_days >= higher.offset_days:
            raise ValueError(f"dunning level {higher.code} must come after {lower.code} in rank and in days")
    return ordered


def _by_age(items: Iterable[DunningItemFact]) -> list[DunningItemFact]:
    return sorted(items, key=lambda item: (item.due_date, item.item_id))


def _is_within(day: date | None, interval_days: int, as_of: date) -> bool:
    return day is not None and (as_of - day).days < interval_days


def _held_by_itself(facts: DunningAccountFacts, as_of: date) -> list[ItemDecision]:
    """Judge each item alone, then let the account's credit cover what is left, oldest first.

    Credit goes to amounts that would be claimed, not to disputed or promised ones: better one reminder too
    few than one for money that is already here.
    """
    credit: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for currency, amount in facts.unapplied_credits:
        if amount < 0:
            raise ValueError(f"unapplied credit of account {facts.account_id} is negative: {amount} {currency}")
        credit[currency] += amount
    for fact in facts.items:
        if fact.amount_open < 0:
            credit[fact.currency] -= fact.amount_open
    results = []
    for fact in _by_age(facts.items):
        reason, detail = _own_hold(fact, facts.excluded_kinds, as_of)
        disputed = min(max(fact.disputed_amount, ZERO), max(fact.amount_open, ZERO))
        claimable = ZERO if reason else fact.amount_open - disputed
        covered = min(claimable, credit[fact.currency])
        credit[fact.currency] -= covered
        if not reason and covered == claimable:
            reason = DunningReason.COVERED_BY_CREDIT
        amount = claimable - covered
        results.append(
            ItemDecision(
                item_id=fact.item_id,
                currency=fact.currency,
                overdue_days=(as_of - fact.due_date).days,
                included=reason is None,
                reason=reason or DunningReason.LISTED,
                amount=amount,
                amount_held=fact.amount_open - amount,
                amount_disputed=disputed,
                amount_covered=covered,
                detail=detail,
            )
        )
    return results


def _own_hold(fact: DunningItemFact, excluded_kinds: frozenset[str], as_of: date) -> tuple[DunningReason | None, str]:
    """Return the first reason that holds the item whatever its level is, with the detail of a block."""
    if fact.amount_open == 0:
        return DunningReason.ALLOCATED, ""
    if fact.amount_open < 0:
        return DunningReason.CREDIT, ""
    if fact.kind in excluded_kinds:
        return DunningReason.EXCLUDED_KIND, fact.kind
    if fact.is_blocked or (fact.block_until is not None and fact.block_until >= as_of):
        return DunningReason.BLOCKED, fact.block_reason
    if fact.is_delivery_failed:
        return DunningReason.NOT_DELIVERED, ""
    if fact.disputed_amount >= fact.amount_open:
        return DunningReason.DISPUTED, ""
    if fact.in_payment_plan:
        return DunningReason.IN_PAYMENT_PLAN, ""
    if fact.promised_until is not None and fact.promised_until >= as_of:
        return DunningReason.PROMISED, ""
    if fact.payment_announced_until is not None and fact.payment_announced_until >= as_of:
        return DunningReason.PAYMENT_ANNOUNCED, ""
    return None, ""


def _hold(item: ItemDecision, reason: DunningReason) -> ItemDecision:
    held = item.amount + item.amount_held
    return replace(item, included=False, reason=reason, amount=ZERO, amount_held=held, level=None)


def _with_next_level(
    item: ItemDecision,
    fact: DunningItemFact,
    levels: Sequence[DunningLevel],
    interval_days_min: int,
    as_of: date,
) -> ItemDecision:
    """Give a claimable item its next level when that is reached; say why not otherwise."""
    if not item.included:
        return item
    is_overdue = item.overdue_days > 0
    phase = [level for level in levels if level.is_courtesy is not is_overdue]
    left = [level for level in phase if fact.last_level_sent is None or level.rank > fact.last_level_sent]
    if left and item.overdue_days >= left[0].offset_days:
        return replace(item, reason=DunningReason.LEVEL_REACHED, level=left[0])
    if not is_overdue:
        return _hold(item, DunningReason.NOT_YET_DUE)
    if left:
        return replace(item, reason=DunningReason.LEVEL_NOT_REACHED)
    if not phase:
        return replace(item, reason=DunningReason.NO_LEVEL)
    if _is_within(fact.last_notice_date, interval_days_min, as_of):
        return _hold(item, DunningReason.MIN_INTERVAL)
    return _hold(item, DunningReason.LAST_LEVEL_REACHED)


def _choose_phase(items: Sequence[ItemDecision]) -> list[ItemDecision]:
    """Keep the overdue message or the courtesy, never both; overdue wins even while it waits."""
    waiting = {DunningReason.LAST_LEVEL_REACHED, DunningReason.MIN_INTERVAL}
    has_overdue = any(item.overdue_days > 0 and (item.included or item.reason in waiting) for item in items)
    if has_overdue:
        items = [
            _hold(item, DunningReason.OVERDUE_FIRST) if item.included and item.overdue_days <= 0 else item
            for item in items
        ]
    if any(item.included and item.level is not None for item in items):
        return [
            replace(item, reason=DunningReason.LISTED) if item.included and item.level is None else item
            for item in items
        ]
    return [_hold(item, item.reason) if item.included else item for item in items]


def _account_hold(facts: DunningAccountFacts, bank_data_age_days_max: int, as_of: date) -> DunningReason | None:
    """Return what forbids any decision about the account today."""
    if facts.is_blocked or (facts.block_until is not None and facts.block_until >= as_of):
        return DunningReason.ACCOUNT_BLOCKED
    if facts.bank_data_age_days is not None and facts.bank_data_age_days > bank_data_age_days_max:
        return DunningReason.STALE_BANK_DATA
    return None


def _hold_all(
    account_id: int,
    items: Iterable[ItemDecision],
    reason: DunningReason,
    outcome: DunningOutcome = DunningOutcome.HOLD,
) -> DunningDecision:
    return DunningDecision(
        account_id=account_id,
        outcome=outcome,
        reason=reason,
        level=None,
        items=tuple(_hold(item, reason) if item.included else item for item in items),
        amounts=(),
    )


def _sendable(facts: DunningAccountFacts, items: Sequence[ItemDecision], minimum_amount: Decimal) -> DunningDecision:
    """Make the SEND decision unless the sum is too small or nobody may or can receive it."""
    amounts = totals_by_currency((item.currency, item.amount) for item in items if item.included)
    if all(amount < minimum_amount for _, amount in amounts):
        return _hold_all(facts.account_id, items, DunningReason.BELOW_MINIMUM)
    if facts.opted_out:
        return _hold_all(facts.account_id, items, DunningReason.OPTED_OUT)
    if not facts.has_contact:
        return _hold_all(facts.account_id, items, DunningReason.NO_CONTACT, DunningOutcome.PERSON)
    levels = [item.level for item in items if item.included and item.level is not None]
    return DunningDecision(
        account_id=facts.account_id,
        outcome=DunningOutcome.SEND,
        reason=DunningReason.LEVEL_REACHED,
        level=max(levels, key=lambda level: level.rank),
        items=tuple(items),
        amounts=amounts,
    )


def _without_trigger(
    facts: DunningAccountFacts,
    items: Sequence[ItemDecision],
    minimum_amount: Decimal,
    bank_data_age_days_max: int,
    as_of: date,
) -> DunningDecision:
    """Explain an account that gets no message: a person's turn, or the most telling reason of its items."""
    final = [item for item in items if item.reason is DunningReason.LAST_LEVEL_REACHED]
    if final:
        if reason := _account_hold(facts, bank_data_age_days_max, as_of):
            return _hold_all(facts.account_id, items, reason)
        claimable = totals_by_currency(
            (item.currency, item.amount_held - item.amount_disputed - item.amount_covered) for item in final
        )
        if all(amount < minimum_amount for _, amount in claimable):
            return _hold_all(facts.account_id, items, DunningReason.BELOW_MINIMUM)
        reason = DunningReason.LAST_LEVEL_REACHED
        return _hold_all(facts.account_id, items, reason, DunningOutcome.PERSON)
    found = {item.reason for item in items if item.overdue_days > 0}
    reason = next((code for code in _ACCOUNT_REASON_ORDER if code in found), DunningReason.NOTHING_DUE)
    return _hold_all(facts.account_id, items, reason)


def _recheck_item(item: ItemDecision, now: ItemDecision | None, is_courtesy: bool) -> ItemDecision:
    """Compare one decided item with its facts of now; an item that is no longer known is allocated."""
    if not item.included:
        return item
    if now is None:
        return replace(_hold(item, DunningReason.ALLOCATED), amount_held=ZERO)
    if now.included and is_courtesy and now.overdue_days > 0:
        return _hold(now, DunningReason.OVERDUE_FIRST)
    if now.included and not is_courtesy and now.overdue_days <= 0:
        return _hold(now, DunningReason.NOT_YET_DUE)
    if not now.included:
        return now
    amount = min(item.amount, now.amount)
    held = now.amount + now.amount_held - amount
    return replace(now, amount=amount, amount_held=held, reason=item.reason, level=item.level)
