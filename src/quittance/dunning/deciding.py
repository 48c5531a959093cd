"""From facts to a decision and its figures: what a run writes down, and what a dry run prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from quittance.core.dunning import (
    DunningDecision,
    DunningLevel,
    DunningMedium,
    DunningOutcome,
    DunningReason,
    ItemDecision,
    decide_dunning,
    recheck,
)
from quittance.core.dunning_facts import ZERO, totals_by_currency
from quittance.core.money import quantize
from quittance.dunning.chosen import decide_free_again, is_free
from quittance.dunning.facts import GatheredAccount
from quittance.dunning.media import media_ready

# Items of these reasons say nothing about the decision; there are too many of them to be kept every day.
_SILENT = frozenset({DunningReason.NOT_YET_DUE, DunningReason.ALLOCATED})
_SEND, _NOTHING_DUE = DunningOutcome.SEND, DunningReason.NOTHING_DUE


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFigures:
    """A decision with the sums shown for it: claimed amounts when it is to go, held ones otherwise.

    `amounts` are by currency; `amount_company` is their value in `company_currency`.
    """

    account: GatheredAccount
    decision: DunningDecision
    level: DunningLevel | None
    items: tuple[ItemDecision, ...]
    amounts: tuple[tuple[str, Decimal], ...]
    amount_company: Decimal
    item_count: int
    overdue_days_max: int


def decide(*, account: GatheredAccount, as_of: date, media: frozenset[DunningMedium] | None = None) -> DunningDecision:
    """Decide about one account by its own policy; `media` are those that are ready, looked up when not given."""
    policy = account.policy
    return decide_dunning(
        facts=account.facts,
        levels=policy.levels,
        interval_days_min=policy.interval_days_min,
        minimum_amount=policy.amount_min,
        bank_data_age_days_max=policy.bank_data_age_days_max,
        as_of=as_of,
        rules=policy.rules,
        timing=policy.timing,
        media_ready=media_ready() if media is None else media,
        plan=policy.plan_for(usual_delay_days=account.facts.usual_delay_days),
    )


def decide_again(*, decision: DunningDecision, account: GatheredAccount, as_of: date) -> DunningDecision:
    """Say what is left of a decision by the facts of now."""
    if is_free(decision):
        return decide_free_again(
            decision=decision, account=account, as_of=as_of, rules=account.policy.rules, media=media_ready()
        )
    return recheck(
        decision=decision,
        facts_now=account.facts,
        minimum_amount=account.policy.amount_min,
        bank_data_age_days_max=account.policy.bank_data_age_days_max,
        as_of=as_of,
        rules=account.policy.rules,
        media_ready=media_ready(),
    )


def is_kept(decision: DunningDecision) -> bool:
    """Say whether a run writes the decision down: nothing due is nothing to tell."""
    return decision.reason is not _NOTHING_DUE


def figures_of(*, account: GatheredAccount, decision: DunningDecision) -> DecisionFigures:
    """Add up what a decision claims or holds."""
    is_sent = decision.outcome is _SEND
    items, days, amounts = [], [], []
    amount_company = ZERO
    for one in decision.items:
        item_id, currency, overdue_days, is_included, reason, claimed, held = one[:7]
        if reason in _SILENT:
            continue
        items.append(one)
        if is_included if is_sent else held > ZERO:
            amount = claimed if is_sent else held
            amounts.append((currency, amount))
            amount_company += company_share(account, item_id, amount)
            days.append(overdue_days)
    return DecisionFigures(
        account=account,
        decision=decision,
        level=decision.level,
        items=tuple(items),
        amounts=totals_by_currency(amounts),
        amount_company=amount_company,
        item_count=len(days),
        overdue_days_max=max(days, default=0),
    )


def company_share(account: GatheredAccount, item_id: int, amount: Decimal) -> Decimal:
    """Return `amount` of an item in company currency, at the item's own rate."""
    item = account.items[item_id]
    if amount is item.fact.amount_open or amount == item.fact.amount_open:
        return item.amount_company_open
    return quantize(item.amount_company_open * amount / item.fact.amount_open, account.company_currency)


_TELLING = (
    DunningReason.ALLOCATED,
    DunningReason.COVERED_BY_CREDIT,
    DunningReason.PROMISED,
    DunningReason.PAYMENT_ANNOUNCED,
    DunningReason.DISPUTED,
    DunningReason.IN_PAYMENT_PLAN,
    DunningReason.IN_COLLECTION,
    DunningReason.TO_BE_DEBITED,
    DunningReason.BLOCKED,
)


def telling_reason(decision: DunningDecision) -> DunningReason:
    """Return why nothing is left to be sent, in terms of what happened to the items."""
    if decision.reason is not DunningReason.TRIGGER_GONE:
        return decision.reason
    found = {item.reason for item in decision.items}
    return next((reason for reason in _TELLING if reason in found), decision.reason)
