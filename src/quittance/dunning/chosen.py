"""A message that a person chose for many accounts: its text as a level, and the decision about one of them.

It goes the way of a step, and everything that holds a step holds it; it is no step of a policy.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from quittance.core.dunning import (
    ContactRules,
    DunningDecision,
    DunningLevel,
    DunningMedium,
    DunningReason,
    Validation,
    decide_chosen,
)
from quittance.core.dunning_free import decide_free
from quittance.dunning.facts import GatheredAccount
from quittance.dunning.policies import Policy

# The rank of no step: a policy counts its own from 0 on.
NO_RANK = -1
COURTESY, STATEMENT = "COURTESY", "STATEMENT"
# A message in a person's own words: about no item, to accounts that owe nothing too.
FREE_TEXT = "FREE_TEXT"
MEDIA = (DunningMedium.EMAIL, DunningMedium.LETTER, DunningMedium.SMS)
_TONES = {COURTESY: "FRIENDLY", "SECOND_REMINDER": "FIRM", "PUBLIC_SECOND_REMINDER": "FIRM"}


def level_of_text(*, message_code: str, medium: DunningMedium = DunningMedium.EMAIL) -> DunningLevel:
    """Return the level that says a text: a courtesy before the due date, all others after it."""
    is_courtesy = message_code == COURTESY
    return DunningLevel(
        rank=NO_RANK,
        offset_days=-1 if is_courtesy else 1,
        code=message_code,
        tone="FORMAL" if message_code.endswith("FORMAL_NOTICE") else _TONES.get(message_code, "FRIENDLY"),
        medium=medium,
    )


def saying(account: GatheredAccount, level: DunningLevel) -> GatheredAccount:
    """Return the account with its policy as the text asks: a statement lists all that is open, others do not."""
    is_statement = level.code == STATEMENT
    if account.policy.is_statement is is_statement:
        return account
    return replace(account, policy=replace(account.policy, is_statement=is_statement))


def decide_text(
    *, account: GatheredAccount, level: DunningLevel, as_of: date, media: frozenset[DunningMedium]
) -> DunningDecision:
    """Decide whether the account gets the text, by what its own policy says of intervals, amounts and quiet days."""
    policy = account.policy
    if level.code == FREE_TEXT:
        return decide_free(facts=account.facts, level=level, as_of=as_of, rules=policy.rules, media_ready=media)
    return decide_chosen(
        facts=account.facts,
        level=level,
        interval_days_min=policy.interval_days_min,
        minimum_amount=policy.amount_min,
        bank_data_age_days_max=policy.bank_data_age_days_max,
        as_of=as_of,
        rules=policy.rules,
        media_ready=media,
    )


def decide_free_again(
    *,
    decision: DunningDecision,
    account: GatheredAccount,
    as_of: date,
    rules: ContactRules,
    media: frozenset[DunningMedium],
) -> DunningDecision:
    """Say whether a message in a person's own words may still leave by the facts of now."""
    if decision.level is None:
        return decision
    return decide_free(
        facts=account.facts, level=decision.level, as_of=as_of, rules=rules, media_ready=media, is_recheck=True
    )


def validation_of(policy: Policy, level: DunningLevel) -> Validation:
    """Return who looks first: as the policy says of its own step with this text, and never nobody."""
    own = next((one for one in policy.levels if one.text_code == level.code), None)
    found = policy.validation_of(own)
    return Validation.COLLECTOR if found is Validation.NOBODY else found


def is_free(decision: DunningDecision) -> bool:
    """Say whether the message of a SEND decision is in a person's own words."""
    return decision.level is not None and decision.level.code == FREE_TEXT


def is_chosen(decision: DunningDecision) -> bool:
    """Say whether a person chose the message of a SEND decision."""
    return decision.reason is DunningReason.CHOSEN
