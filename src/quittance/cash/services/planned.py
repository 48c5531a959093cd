"""Differences that an explanation comes with: kept with the proposal, posted with the match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from quittance.cash.errors import ProposalOutdated
from quittance.cash.models import BankTransaction, MatchProposal
from quittance.cash.services.applying import Part, apply_parts, effective_day
from quittance.cash.services.differences import (
    PostedDifference,
    check_difference,
    keep_differences,
    post_differences,
)
from quittance.core import matching as core
from quittance.core.money import from_minor_units
from quittance.core.payment_split import ZERO, PaymentSplit
from quittance.foundation.permissions import Actor
from quittance.ledger.queries.matching import list_matchable_items
from quittance.parties.services import lock_accounts

DISCOUNT = core.DifferenceKind.DISCOUNT.value


def planned_facts(*, proposal: core.MatchProposal, currency: str) -> list[dict[str, Any]]:
    """Return what an explanation would post, as it is kept with the proposal: reason, item (0: none) and amount."""
    return [
        {
            "reason": one.kind.value,
            "item_id": one.item_id,
            "amount": f"{from_minor_units(one.amount_minor, currency):f}",
        }
        for one in proposal.differences
    ]


def is_late_discount(*, proposal: MatchProposal) -> bool:
    """Say whether a proposal gives a discount whose days were over: nothing allows that but a person's limit."""
    return any(fact["kind"] == core.EvidenceKind.DISCOUNT_LATE for fact in proposal.evidence)


def apply_planned(
    *, row: BankTransaction, proposal: MatchProposal, parts: Sequence[Part], is_automatic: bool, actor: Actor
) -> list[int]:
    """Apply a stored proposal to a locked line, post what it plans for the difference, and return the allocations.

    What the rules or the terms allow needs no limit of the person; a discount that came too late does.

    :raises CashError: DifferenceAboveLimit, ProposalOutdated (an item is no longer open)
    :raises LedgerError: the ledger refuses; nothing may be kept then
    """
    plans = _planned(proposal)
    by_reason = _post_planned(row, proposal, parts, plans, is_automatic=is_automatic, actor=actor) if plans else {}
    posted = [one for of_reason in by_reason.values() for one in of_reason]
    more = {"difference": next(iter(by_reason))} if by_reason else {}
    surplus = [
        Part(item_id=one.item_id, account_id=proposal.account_id, amount=-one.amount)
        for one in posted
        if one.short_item_id is None
    ]
    allocation_ids = apply_parts(
        transaction=row,
        account_id=proposal.account_id,
        parts=[*parts, *surplus],
        strategy=proposal.strategy,
        evidence={"confidence": proposal.confidence, "facts": proposal.evidence, **more},
        is_automatic=is_automatic,
        actor=actor,
        more_pairs=[pair for one in posted for pair in one.pairs],
    )
    for reason, of_reason in by_reason.items():
        keep_differences(posted=of_reason, way=reason, proposal=proposal, row=row, comment="", actor=actor)
    return allocation_ids


def _post_planned(
    row: BankTransaction,
    proposal: MatchProposal,
    parts: Sequence[Part],
    plans: Mapping[str, PaymentSplit],
    *,
    is_automatic: bool,
    actor: Actor,
) -> dict[str, list[PostedDifference]]:
    """Post what a proposal plans, each reason's own; return the items posted by reason."""
    day = effective_day(transaction=row)
    items = _short_items(row, plans, day)
    account_ids = {item_id: item.account_id for item_id, item in items.items()} | {0: proposal.account_id}
    locked = lock_accounts(account_ids=[*account_ids.values(), *(part.account_id for part in parts)])
    posted: dict[str, list[PostedDifference]] = {}
    for reason, split in plans.items():
        if reason == DISCOUNT and is_late_discount(proposal=proposal) and not is_automatic:
            currency = locked[proposal.account_id].company_currency
            check_difference(split=split, way=reason, row=row, company_currency=currency, day=day, actor=actor)
        posted[reason] = post_differences(
            split=split, way=reason, proposal=proposal, row=row, day=day, actor=actor,
            accounts={item_id: locked[account_id] for item_id, account_id in account_ids.items()},
            documents={item_id: item.document_number for item_id, item in items.items()},
            first_number=1 + sum(map(len, posted.values())),
        )  # fmt: skip
    return posted


def _planned(proposal: MatchProposal) -> dict[str, PaymentSplit]:
    """Return what a proposal plans by reason: which items it is short of, or what is left."""
    plans: dict[str, list[tuple[int, Decimal]]] = {}
    for one in proposal.planned_differences:
        plans.setdefault(one["reason"], []).append((one["item_id"], Decimal(one["amount"])))
    return {
        reason: PaymentSplit(
            shares=(),
            shortfalls=tuple((item_id, amount) for item_id, amount in found if item_id),
            left=sum((-amount for item_id, amount in found if not item_id), ZERO),
        )
        for reason, found in plans.items()
    }


def _short_items(row: BankTransaction, plans: Mapping[str, PaymentSplit], day: date) -> dict[int, Any]:
    wanted = [item_id for split in plans.values() for item_id, _amount in split.shortfalls]
    if not wanted:
        return {}
    found = list_matchable_items(
        company_id=row.bank_account.company_id,
        currencies=[row.currency],
        item_ids=wanted,
        customer_ids=[],
        as_of=day,
    )
    items = {item.id: item for item in found}
    if missing := set(wanted) - items.keys():
        raise ProposalOutdated(f"items {sorted(missing)} are no longer open")
    return items
