"""Judge each item of an account alone: what holds it whatever its level is, and what the account's credit covers."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import partial
from operator import itemgetter

from quittance.core.dunning_facts import (
    ZERO,
    DunningAccountFacts,
    DunningItemFact,
    DunningLevel,
    DunningReason,
    ItemDecision,
)

# By place, and without the class's own check of its arguments: a run does either a million times.
_BY_DUE_DATE = itemgetter(*(DunningItemFact._fields.index(name) for name in ("due_date", "item_id")))
_make_decision = partial(tuple.__new__, ItemDecision)
_LISTED = DunningReason.LISTED
_COLLECTED = "COLLECTED"


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
        self, item_id: int, currency: str, overdue_days: int, reason: DunningReason, amount: Decimal, held: Decimal
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
        draft = cls(item.item_id, item.currency, item.overdue_days, item.reason, item.amount, item.amount_held)
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
        return _make_decision(
            (
                self.item_id,
                self.currency,
                self.overdue_days,
                self.included,
                self.reason,
                self.amount,
                self.amount_held,
                self.amount_disputed,
                self.amount_covered,
                self.level,
                self.detail,
            )
        )


def hold_by_itself(*, facts: DunningAccountFacts, as_of: date) -> list[Draft]:
    """Judge each item alone, then let the account's credit cover what is left; oldest due date first.

    Credit goes to amounts that would be claimed, not to disputed or promised ones: better one reminder too
    few than one for money that is already here.

    :raises ValueError: a negative unapplied credit.
    """
    credit = _credit_of(facts)
    drafts = []
    today = as_of.toordinal()
    for fact in sorted(facts.items, key=_BY_DUE_DATE):
        item_id, due_date, amount, currency = fact[:4]
        disputed = fact.disputed_amount
        draft = Draft(item_id, currency, today - due_date.toordinal(), _LISTED, amount, ZERO)
        draft.fact = fact
        if disputed > 0:
            draft.amount_disputed = min(disputed, max(amount, ZERO))
        reason = _own_hold(fact, facts.excluded_kinds, as_of)
        if reason is not None:
            draft.hold(reason)
            draft.detail = _detail_of(fact, reason)
        elif credit or disputed:
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


def _own_hold(fact: DunningItemFact, excluded_kinds: frozenset[str], as_of: date) -> DunningReason | None:
    """Return the first reason that holds the item whatever its level is."""
    if fact.amount_open <= 0:
        return DunningReason.CREDIT if fact.amount_open else DunningReason.ALLOCATED
    if fact.kind in excluded_kinds:
        return DunningReason.EXCLUDED_KIND
    if fact.is_handed_over:
        return DunningReason.HANDED_OVER
    if fact.debit == _COLLECTED:
        return DunningReason.IN_COLLECTION
    if fact.is_blocked or (fact.block_until is not None and fact.block_until >= as_of):
        return DunningReason.BLOCKED
    if fact.is_delivery_failed:
        return DunningReason.NOT_DELIVERED
    if fact.disputed_amount >= fact.amount_open:
        return DunningReason.DISPUTED
    if fact.in_payment_plan:
        return DunningReason.IN_PAYMENT_PLAN
    if fact.promised_until is not None and fact.promised_until >= as_of:
        return DunningReason.PROMISED
    if fact.payment_announced_until is not None and fact.payment_announced_until >= as_of:
        return DunningReason.PAYMENT_ANNOUNCED
    return DunningReason.TO_BE_DEBITED if fact.debit else None


def _detail_of(fact: DunningItemFact, reason: DunningReason) -> str:
    if reason is DunningReason.EXCLUDED_KIND:
        return fact.kind
    return fact.block_reason if reason is DunningReason.BLOCKED else ""
