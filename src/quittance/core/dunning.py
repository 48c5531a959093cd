"""Decide what one customer account is told about its overdue items, and why.

The caller gathers facts, this module decides, the caller applies. Every item of the account gets a reason,
whether it is in the message or not; so does the account. Nothing is read from a clock or a database.

Words used here: a *courtesy* level has ``offset_days <= 0`` and speaks of items that are not late; every
other level speaks of overdue items. The two never meet in one message. An item *triggers* when its own next
level is reached (``dunning_steps``); an overdue item that does not trigger is *listed* with the others and keeps its
level.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from quittance.core.dunning_facts import (
    ALL_MEDIA,
    DEFAULT_LEVELS,
    NO_RULES,
    ZERO,
    ContactRules,
    DunningAccountFacts,
    DunningContact,
    DunningDecision,
    DunningItemFact,
    DunningLevel,
    DunningMedium,
    DunningOutcome,
    DunningReason,
    ItemDecision,
    LearntTiming,
    StepClock,
    StepCondition,
    Validation,
    totals_by_currency,
)
from quittance.core.dunning_holds import Draft, hold_by_itself
from quittance.core.dunning_recipients import choose_medium, choose_recipient
from quittance.core.dunning_steps import StepPlan, StepWrong, check_levels, find_step, plan_steps

__all__ = [
    "ALL_MEDIA",
    "DEFAULT_LEVELS",
    "ContactRules",
    "DunningAccountFacts",
    "DunningContact",
    "DunningDecision",
    "DunningItemFact",
    "DunningLevel",
    "DunningMedium",
    "DunningOutcome",
    "DunningReason",
    "ItemDecision",
    "LearntTiming",
    "StepClock",
    "StepCondition",
    "StepWrong",
    "Validation",
    "check_levels",
    "decide_chosen",
    "decide_dunning",
    "recheck",
]

# When nothing triggers, the account is explained by the first of these that one of its items has.
_ACCOUNT_REASON_ORDER = (
    DunningReason.MIN_INTERVAL,
    DunningReason.LEARNT_TIMING,
    DunningReason.CONDITION_NOT_MET,
    DunningReason.LEVEL_NOT_REACHED,
    DunningReason.NO_LEVEL,
    DunningReason.COVERED_BY_CREDIT,
    DunningReason.PROMISED,
    DunningReason.PAYMENT_ANNOUNCED,
    DunningReason.IN_PAYMENT_PLAN,
    DunningReason.DISPUTED,
    DunningReason.HANDED_OVER,
    DunningReason.IN_COLLECTION,
    DunningReason.TO_BE_DEBITED,
    DunningReason.BLOCKED,
    DunningReason.NOT_DELIVERED,
    DunningReason.EXCLUDED_KIND,
)
# Members that are asked for by every item or account: a look-up by name takes a third of a microsecond.
_SEND, _HOLD = DunningOutcome.SEND, DunningOutcome.HOLD
_LISTED, _NOT_YET_DUE, _LEVEL_REACHED = DunningReason.LISTED, DunningReason.NOT_YET_DUE, DunningReason.LEVEL_REACHED
_LAST_LEVEL_REACHED = DunningReason.LAST_LEVEL_REACHED
# How far ahead a courtesy that a person chose speaks of items.
COURTESY_DAYS_MAX = 30
_WAITING = frozenset({DunningReason.LAST_LEVEL_REACHED, DunningReason.MIN_INTERVAL})


def decide_dunning(
    *,
    facts: DunningAccountFacts,
    levels: Sequence[DunningLevel],
    interval_days_min: int,
    minimum_amount: Decimal,
    bank_data_age_days_max: int,
    as_of: date,
    rules: ContactRules = NO_RULES,
    timing: LearntTiming | None = None,
    media_ready: frozenset[DunningMedium] = ALL_MEDIA,
    plan: StepPlan | None = None,
) -> DunningDecision:
    """Decide the one message, if any, that the account gets on ``as_of``; always with a reason.

    The message lists every overdue amount that may be claimed. Its level is the highest next level among the
    items that trigger: the most serious thing there is to say sets the tone. Each triggering item moves to
    its own next level only, so none is repeated, and none is skipped but by its condition; a courtesy that was missed
    is not made up for once the item is late. An item past its last level is no longer written about: it waits for a
    person. ``media_ready`` are the media that something can carry. ``plan`` is what ``plan_steps`` makes of the levels,
    the timing and the payer's usual delay, for a caller who has it already.

    :raises ValueError: levels whose ranks and offsets do not both increase; a negative unapplied credit.
    """
    drafts = hold_by_itself(facts=facts, as_of=as_of)
    claimable = [draft for draft in drafts if draft.included]
    if not claimable:
        return _without_trigger(facts, drafts, minimum_amount, bank_data_age_days_max, as_of)
    if plan is None:
        plan = plan_steps(levels=check_levels(levels), timing=timing, usual_delay_days=facts.usual_delay_days)
    amount_overdue = _most(d for d in claimable if d.overdue_days > 0) if plan.asks_amount else ZERO
    for draft in claimable:
        draft.reason, draft.level = find_step(
            fact=draft.fact,
            overdue_days=draft.overdue_days,
            steps=plan.overdue if draft.overdue_days > 0 else plan.courtesy,
            account=facts,
            amount_overdue=amount_overdue,
        )
        if draft.level is None:
            _wait(draft, interval_days_min, as_of)
    _choose_phase(drafts)
    triggers = {draft.level.rank: draft.level for draft in drafts if draft.level is not None}
    if not triggers:
        return _without_trigger(facts, drafts, minimum_amount, bank_data_age_days_max, as_of)
    level = triggers[max(triggers)]
    held = (
        _account_hold(facts, bank_data_age_days_max, as_of)
        or _too_soon(facts, level, interval_days_min, rules, as_of)
        or _quiet_hold(facts, level, rules, as_of)
    )
    if held:
        return _hold_all(facts.account_id, drafts, held)
    return _sendable(facts, drafts, level, minimum_amount, media_ready)


def decide_chosen(
    *,
    facts: DunningAccountFacts,
    level: DunningLevel,
    interval_days_min: int,
    minimum_amount: Decimal,
    bank_data_age_days_max: int,
    as_of: date,
    rules: ContactRules = NO_RULES,
    media_ready: frozenset[DunningMedium] = ALL_MEDIA,
) -> DunningDecision:
    """Decide about a message that a person chose for the account, whatever step its items have reached.

    What holds a step holds it too. ``level`` is that message: a courtesy lists what falls due within
    ``COURTESY_DAYS_MAX`` days and waits while anything is overdue, any other lists what is overdue. No item takes a
    step by it: none has a level in the decision, and the next step of the policy comes in its turn.

    :raises ValueError: a negative unapplied credit.
    """
    drafts = hold_by_itself(facts=facts, as_of=as_of)
    if level.is_courtesy and any(draft.included and draft.overdue_days > 0 for draft in drafts):
        return _hold_all(facts.account_id, drafts, DunningReason.OVERDUE_FIRST)
    first_day = -COURTESY_DAYS_MAX if level.is_courtesy else 1
    for draft in drafts:
        if draft.included and draft.overdue_days < first_day:
            draft.hold(DunningReason.NOT_YET_DUE)
    if not any(draft.included for draft in drafts):
        found = {draft.reason for draft in drafts if draft.overdue_days >= first_day}
        reason = next((code for code in _ACCOUNT_REASON_ORDER if code in found), DunningReason.NOTHING_DUE)
        return _hold_all(facts.account_id, drafts, reason)
    held = (
        _account_hold(facts, bank_data_age_days_max, as_of)
        or _too_soon(facts, level, interval_days_min, rules, as_of)
        or _quiet_hold(facts, level, rules, as_of)
    )
    if held:
        return _hold_all(facts.account_id, drafts, held)
    return _sendable(facts, drafts, level, minimum_amount, media_ready, DunningReason.CHOSEN)


def recheck(
    *,
    decision: DunningDecision,
    facts_now: DunningAccountFacts,
    minimum_amount: Decimal,
    bank_data_age_days_max: int,
    as_of: date,
    rules: ContactRules = NO_RULES,
    media_ready: frozenset[DunningMedium] = ALL_MEDIA,
) -> DunningDecision:
    """Say what is still valid of a SEND decision at the moment of sending.

    It only ever shrinks: items paid, disputed, promised, blocked or covered since then leave with that
    reason, amounts go down and never up, the level is the highest of the triggers that remain. Levels, intervals and
    touches are not judged again, since ``facts_now`` may already know of this very message. A message that a person
    chose keeps its level as long as one of its items remains. When the result
    differs from ``decision`` the text must be made anew; when another medium is left for it, it is held. Decisions
    other than SEND come back as they are.
    """
    if decision.outcome is not DunningOutcome.SEND:
        return decision
    now = {draft.fact.item_id: draft for draft in hold_by_itself(facts=facts_now, as_of=as_of)}
    is_courtesy = decision.level is not None and decision.level.is_courtesy
    drafts = [_recheck_item(Draft.of(item), now.get(item.item_id), is_courtesy) for item in decision.items]
    if reason := _account_hold(facts_now, bank_data_age_days_max, as_of):
        return _hold_all(decision.account_id, drafts, reason)
    is_chosen = decision.reason is DunningReason.CHOSEN
    levels = [decision.level if is_chosen else draft.level for draft in drafts if draft.included]
    triggers = [level for level in levels if level is not None]
    if not triggers:
        return _hold_all(decision.account_id, drafts, DunningReason.TRIGGER_GONE)
    level = max(triggers, key=lambda one: one.rank)
    if reason := _quiet_hold(facts_now, level, rules, as_of):
        return _hold_all(decision.account_id, drafts, reason)
    left = _sendable(facts_now, drafts, level, minimum_amount, media_ready, decision.reason)
    if left.outcome is DunningOutcome.SEND and left.medium is not decision.medium:
        return _hold_all(decision.account_id, [Draft.of(item) for item in left.items], DunningReason.TRIGGER_GONE)
    return left


def _most(drafts: Iterable[Draft]) -> Decimal:
    """Return the greatest sum of the amounts among their currencies."""
    return max((amount for _, amount in totals_by_currency((d.currency, d.amount) for d in drafts)), default=ZERO)


def _is_within(day: date | None, interval_days: int, as_of: date) -> bool:
    return day is not None and (as_of - day).days < interval_days


def _wait(draft: Draft, interval_days_min: int, as_of: date) -> None:
    """Hold a claimable item that has no step now and is not to be listed either."""
    if draft.overdue_days <= 0:
        draft.hold(_NOT_YET_DUE)
    elif draft.reason is _LAST_LEVEL_REACHED:
        is_soon = _is_within(draft.fact.last_notice_date, interval_days_min, as_of)
        draft.hold(DunningReason.MIN_INTERVAL if is_soon else _LAST_LEVEL_REACHED)


def _choose_phase(drafts: Sequence[Draft]) -> None:
    """Keep the overdue message or the courtesy, never both; overdue wins even while it waits."""
    if any(draft.overdue_days > 0 and (draft.included or draft.reason in _WAITING) for draft in drafts):
        for draft in drafts:
            if draft.included and draft.overdue_days <= 0:
                draft.hold(DunningReason.OVERDUE_FIRST)
    if any(draft.level is not None for draft in drafts):
        for draft in drafts:
            if draft.included and draft.level is None:
                draft.reason = _LISTED
    else:
        for draft in drafts:
            if draft.included:
                draft.hold(draft.reason)


def _account_hold(facts: DunningAccountFacts, bank_data_age_days_max: int, as_of: date) -> DunningReason | None:
    """Return what forbids any decision about the account today."""
    if facts.is_handed_over:
        return DunningReason.HANDED_OVER
    if facts.is_blocked or (facts.block_until is not None and facts.block_until >= as_of):
        return DunningReason.ACCOUNT_BLOCKED
    if facts.bank_data_age_days is not None and facts.bank_data_age_days > bank_data_age_days_max:
        return DunningReason.STALE_BANK_DATA
    return None


def _too_soon(
    facts: DunningAccountFacts, level: DunningLevel, interval_days_min: int, rules: ContactRules, as_of: date
) -> DunningReason | None:
    """Return what forbids a touch so soon after the last ones; an internal task is no touch."""
    interval = interval_days_min if level.interval_days_min is None else level.interval_days_min
    noticed = [fact.last_notice_date for fact in facts.items if fact.last_notice_date is not None]
    if _is_within(max(noticed, default=None), interval, as_of) or _is_within(facts.last_notice_date, interval, as_of):
        return DunningReason.MIN_INTERVAL
    if rules.touches_max is not None and level.medium.is_touch:
        lately = sum(_is_within(day, rules.touches_days, as_of) for day in facts.touch_dates)
        if lately >= rules.touches_max:
            return DunningReason.TOO_MANY_TOUCHES
    return None


def _quiet_hold(
    facts: DunningAccountFacts, level: DunningLevel, rules: ContactRules, as_of: date
) -> DunningReason | None:
    """Return QUIET_DAY when the customer is to be left in peace today."""
    if not level.medium.is_touch:
        return None
    is_weekend = rules.is_quiet_on_weekends and as_of.weekday() >= 5
    is_holiday = rules.is_quiet_on_holidays and as_of in facts.quiet_dates
    return DunningReason.QUIET_DAY if is_weekend or is_holiday else None


def _hold_all(
    account_id: int,
    drafts: Iterable[Draft],
    reason: DunningReason,
    outcome: DunningOutcome = _HOLD,
) -> DunningDecision:
    items = []
    for draft in drafts:
        if draft.included:
            draft.hold(reason)
        items.append(draft.decided())
    return DunningDecision(
        account_id=account_id, outcome=outcome, reason=reason, level=None, items=tuple(items), amounts=()
    )


def _sendable(
    facts: DunningAccountFacts,
    drafts: Sequence[Draft],
    level: DunningLevel,
    minimum_amount: Decimal,
    media_ready: frozenset[DunningMedium],
    reason: DunningReason = _LEVEL_REACHED,
) -> DunningDecision:
    """Make the SEND decision unless the sum is too small, nothing can carry it, or nobody may or can receive it."""
    amounts = totals_by_currency([(draft.currency, draft.amount) for draft in drafts if draft.included])
    if all(amount < minimum_amount for _, amount in amounts):
        return _hold_all(facts.account_id, drafts, DunningReason.BELOW_MINIMUM)
    medium = choose_medium(level=level, facts=facts, media_ready=media_ready)
    if medium is None:
        return _hold_all(facts.account_id, drafts, DunningReason.MEDIUM_NOT_READY)
    recipient = choose_recipient(level=level, medium=medium, facts=facts)
    if recipient.is_opted_out:
        return _hold_all(facts.account_id, drafts, DunningReason.OPTED_OUT)
    if not recipient.is_found:
        return _hold_all(facts.account_id, drafts, DunningReason.NO_CONTACT, DunningOutcome.PERSON)
    return DunningDecision(
        account_id=facts.account_id,
        outcome=_SEND,
        reason=reason,
        level=level,
        items=tuple([draft.decided() for draft in drafts]),
        amounts=amounts,
        medium=medium,
        contact_index=recipient.index,
    )


def _without_trigger(
    facts: DunningAccountFacts,
    drafts: Sequence[Draft],
    minimum_amount: Decimal,
    bank_data_age_days_max: int,
    as_of: date,
) -> DunningDecision:
    """Explain an account that gets no message: a person's turn, or the most telling reason of its items."""
    final = [draft for draft in drafts if draft.reason is DunningReason.LAST_LEVEL_REACHED]
    if final:
        if reason := _account_hold(facts, bank_data_age_days_max, as_of):
            return _hold_all(facts.account_id, drafts, reason)
        if _most_held(final) < minimum_amount:
            return _hold_all(facts.account_id, drafts, DunningReason.BELOW_MINIMUM)
        reason = DunningReason.LAST_LEVEL_REACHED
        return _hold_all(facts.account_id, drafts, reason, DunningOutcome.PERSON)
    found = {draft.reason for draft in drafts if draft.overdue_days > 0}
    reason = next((code for code in _ACCOUNT_REASON_ORDER if code in found), DunningReason.NOTHING_DUE)
    return _hold_all(facts.account_id, drafts, reason)


def _most_held(drafts: Iterable[Draft]) -> Decimal:
    """Return the greatest sum that could be claimed of held items among their currencies."""
    pairs = ((d.currency, d.amount_held - d.amount_disputed - d.amount_covered) for d in drafts)
    return max((amount for _, amount in totals_by_currency(pairs)), default=ZERO)


def _recheck_item(then: Draft, now: Draft | None, is_courtesy: bool) -> Draft:
    """Compare one decided item with its facts of now; an item that is no longer known is allocated."""
    if not then.included:
        return then
    if now is None:
        then.hold(DunningReason.ALLOCATED)
        then.amount_held = ZERO
        return then
    if now.included and is_courtesy and now.overdue_days > 0:
        now.hold(DunningReason.OVERDUE_FIRST)
    elif now.included and not is_courtesy and now.overdue_days <= 0:
        now.hold(DunningReason.NOT_YET_DUE)
    if not now.included:
        return now
    amount = min(then.amount, now.amount)
    now.amount_held += now.amount - amount
    now.amount, now.reason, now.level = amount, then.reason, then.level
    return now
