"""Decide whether an account gets a message in a person's own words, which speaks of no item and asks for nothing.

What holds a reminder because of its items does not hold it: not what is paid, promised or disputed, not the age of the
bank data, no smallest amount, no interval between reminders. What the customer asked for, or asks of us, does: a hold
on the account, quiet days, how often it may be touched, consents, and an address that can be reached.
"""

from __future__ import annotations

from datetime import date

from quittance.core.dunning_facts import (
    ALL_MEDIA,
    NO_RULES,
    ContactRules,
    DunningAccountFacts,
    DunningDecision,
    DunningLevel,
    DunningMedium,
    DunningOutcome,
    DunningReason,
)
from quittance.core.dunning_recipients import choose_medium, choose_recipient


def decide_free(
    *,
    facts: DunningAccountFacts,
    level: DunningLevel,
    as_of: date,
    rules: ContactRules = NO_RULES,
    media_ready: frozenset[DunningMedium] = ALL_MEDIA,
    is_recheck: bool = False,
) -> DunningDecision:
    """Decide about the message ``level`` for an account, whatever is open on it.

    ``is_recheck`` leaves out how often the account was touched: the facts may know of this very message.
    """
    reason = _hold(facts, level, as_of, rules, is_recheck=is_recheck)
    if reason is not None:
        return _decided(facts, DunningOutcome.HOLD, reason)
    medium = choose_medium(level=level, facts=facts, media_ready=media_ready)
    if medium is None:
        return _decided(facts, DunningOutcome.HOLD, DunningReason.MEDIUM_NOT_READY)
    recipient = choose_recipient(level=level, medium=medium, facts=facts)
    if recipient.is_opted_out:
        return _decided(facts, DunningOutcome.HOLD, DunningReason.OPTED_OUT)
    if not recipient.is_found:
        return _decided(facts, DunningOutcome.PERSON, DunningReason.NO_CONTACT)
    return DunningDecision(
        account_id=facts.account_id,
        outcome=DunningOutcome.SEND,
        reason=DunningReason.CHOSEN,
        level=level,
        items=(),
        amounts=(),
        medium=medium,
        contact_index=recipient.index,
    )


def _hold(
    facts: DunningAccountFacts, level: DunningLevel, as_of: date, rules: ContactRules, *, is_recheck: bool
) -> DunningReason | None:
    if facts.is_handed_over:
        return DunningReason.HANDED_OVER
    if facts.is_blocked or (facts.block_until is not None and facts.block_until >= as_of):
        return DunningReason.ACCOUNT_BLOCKED
    if not level.medium.is_touch:
        return None
    if rules.touches_max is not None and not is_recheck:
        lately = sum((as_of - day).days < rules.touches_days for day in facts.touch_dates)
        if lately >= rules.touches_max:
            return DunningReason.TOO_MANY_TOUCHES
    is_weekend = rules.is_quiet_on_weekends and as_of.weekday() >= 5
    if is_weekend or (rules.is_quiet_on_holidays and as_of in facts.quiet_dates):
        return DunningReason.QUIET_DAY
    return None


def _decided(facts: DunningAccountFacts, outcome: DunningOutcome, reason: DunningReason) -> DunningDecision:
    return DunningDecision(
        account_id=facts.account_id, outcome=outcome, reason=reason, level=None, items=(), amounts=()
    )
