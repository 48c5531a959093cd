"""Judge each item of an account alone: what holds it whatever its level is, and what the account's credit covers."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from quittance.core.dunning_facts import (
    ZERO,
    DunningAccountFacts,
    DunningItemFact,
    DunningLevel,
    DunningReason,
    ItemDecision,
)


class Draft:
    """An item while it is being judged; becomes an `ItemDecision` when that is over.

    A run judges millions: this one is changed in place where a frozen value would be copied at each step.
    """

    __slots__ = (
        "amount", "amount_covered", "amount_disputed", "amount_held", "currency", "detail", "fact", "included",
        "item_id", "level", "overdue_days", "reason",
    )  # fmt: skip

    fact: DunningItemFact
    level: DunningLevel | None

    def __init__(
        self, *, item_id: int, currency: str, overdue_days: int, reason: DunningReason, amount: Decimal, held: Decimal
    ) -> None:
        self.item_id = item_id
        self.currency = currency
        self.overdue_days = overdue_days
        self.reason = reason
        self.amount = amount
        self.amount_held = held
        self.amount_disputed = ZERO
        self.amount_covered = ZERO
        self.included = True
        self.level = None
        self.detail = ""

    @classmethod
    def of(cls, item: ItemDecision) -> Draft:
        """Return the draft of a decided item; it has no fact."""
        draft = cls(
            item_id=item.item_id,
            currency=item.currency,
            overdue_days=item.overdue_days,
            reason=item.reason,
            amount=item.amount,
            held=item.amount_held,
        )
        draft.amount_disputed, draft.amount_covered = item.amount_disputed, item.amount_covered
        draft.included, draft.level, draft.detail = item.included, item.level, item.detail
        return draft

    def hold(self, reason: DunningReason) -> None:
        """Take the item out of the message."""
        self.included = False
        self.reason = reason
        self.amount_held += self.amount
        self.amount = ZERO
        self.level = None

    def decided(self) -> ItemDecision:
        """Return the decision about the item."""
        return ItemDecision(
            item_id=self.item_id,
            currency=self.currency,
            overdue_days=self.overdue_days,
            included=self.included,
            reason=self.reason,
            amount=self.amount,
            amount_held=self.amount_held,
            amount_disputed=self.amount_disputed,
            amount_covered=self.amount_covered,
            level=self.level,
            detail=self.detail,
        )


def hold_by_itself(*, facts: DunningAccountFacts, as_of: date) -> list[Draft]:
    """Judge each item alone, then let the account's credit cover what is left; oldest due date first.

    Credit goes to amounts that would be claimed, not to disputed or promised ones: better one reminder too
    few than one for money that is already here.

    :raises ValueError: a negative unapplied credit.
    """
    credit = _credit_of(facts)
    drafts = []
    for fact in sorted(facts.items, key=lambda item: (item.due_date, item.item_id)):
        reason, detail = _own_hold(fact, facts.excluded_kinds, as_of)
        draft = Draft(
            item_id=fact.item_id,
            currency=fact.currency,
            overdue_days=(as_of - fact.due_date).days,
            reason=reason or DunningReason.LISTED,
            amount=fact.amount_open,
            held=ZERO,
        )
        draft.fact, draft.detail = fact, detail
        if fact.disputed_amount > 0:
            draft.amount_disputed = min(fact.disputed_amount, max(fact.amount_open, ZERO))
        if reason is not None:
            draft.hold(reason)
        else:
            _cover(draft, credit)
        drafts.append(draft)
    return drafts


def _credit_of(facts: DunningAccountFacts) -> dict[str, Decimal]:
    credit: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for currency, amount in facts.unapplied_credits:
        if amount < 0:
            raise ValueError(f"unapplied credit of account {facts.account_id} is negative: {amount} {currency}")
        credit[currency] += amount
    for fact in facts.items:
        if fact.amount_open < 0:
            credit[fact.currency] -= fact.amount_open
    return credit


def _cover(draft: Draft, credit: dict[str, Decimal]) -> None:
    """Take the disputed part out, then what credit covers; an item that is covered whole is held."""
    claimable = draft.amount - draft.amount_disputed
    if covered := min(claimable, credit.get(draft.currency, ZERO)):
        credit[draft.currency] -= covered
        draft.amount_covered = covered
    draft.amount_held = draft.amount_disputed + draft.amount_covered
    draft.amount = claimable - draft.amount_covered
    if draft.amount_covered and not draft.amount:
        draft.hold(DunningReason.COVERED_BY_CREDIT)


def _own_hold(fact: DunningItemFact, excluded_kinds: frozenset[str], as_of: date) -> tuple[DunningReason | None, str]:
    """Return the first reason that holds the item whatever its level is, with the detail of a block."""
    if fact.amount_open == 0:
        return DunningReason.ALLOCATED, ""
    if fact.amount_open < 0:
        return DunningReason.CREDIT, ""
    if fact.kind in excluded_kinds:
        return DunningReason.EXCLUDED_KIND, fact.kind
    if fact.is_handed_over:
        return DunningReason.HANDED_OVER, ""
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
