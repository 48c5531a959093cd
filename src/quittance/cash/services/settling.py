"""Apply a bank line to items that a person has picked, with what becomes of the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db import transaction as db_transaction

from quittance.cash.errors import NotWaiting, ProposalOutdated
from quittance.cash.models import BankTransaction, MatchProposal, MatchProposalLine
from quittance.cash.services.applying import (
    Part,
    apply_parts,
    effective_day,
    learn_payer,
    main_account,
    outdate_proposals,
    save_decision,
)
from quittance.cash.services.differences import (
    LEAVE,
    WAYS,
    Reason,
    check_difference,
    dispute_shortfalls,
    keep_differences,
    post_differences,
)
from quittance.cash.services.lines import lock_line, record_line
from quittance.cash.services.own_numbers import own_number_facts
from quittance.core.payment_split import PaymentSplit, Pick, split_payment
from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.ledger.queries.matching import MatchableItem, list_matchable_items
from quittance.ledger.services import AllocationExceedsOpenAmount
from quittance.parties.queries import AccountRow
from quittance.parties.services import lock_accounts

PICKED: Final = "PICKED"
State = BankTransaction.State


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChoice:
    """An item that a person picked; `amount` (positive) of it, None for as much as the money allows."""

    item_id: int
    amount: Decimal | None = None


@db_transaction.atomic
def settle_items(
    *,
    transaction_id: int,
    choices: Sequence[ItemChoice],
    as_of: date,
    actor: Actor,
    scope: Scope = EVERYTHING,
    way: str = LEAVE,
    dispute_reason: str = "",
    comment: str = "",
) -> None:
    """Apply a bank line to picked items and make of the difference what `way` says.

    LEAVE leaves it: open on the items, or unapplied on the account. DEDUCTION opens a dispute over what is missing.
    Each other way posts an item with this reason, within the person's limit.

    :raises CashError: TransactionNotFound, LineHeld, NotWaiting, ProposalOutdated (an item is no longer open),
        DifferenceAboveLimit, DifferenceOfOtherKind
    :raises SplitRefused: the picks cannot be paid like this
    :raises DisputeRefused: a deduction cannot be disputed
    :raises LedgerError: the ledger refuses; nothing is written then
    """
    row = lock_line(transaction_id=transaction_id, scope=scope, actor=actor)
    if row.state != State.WAITING or row.amount <= 0:
        raise NotWaiting(f"bank line {row.id} is not a receipt that waits")
    if way not in WAYS:
        raise ValueError(f"{way!r} is not a way to treat a difference")
    items = _items(row, choices, as_of)
    split = split_payment(payment=row.amount, picks=_picks(items, choices), is_settled=way != LEAVE)
    if not (split.missing or split.left):
        way = LEAVE
    accounts = lock_accounts(account_ids={item.account_id for item in items.values()})
    parts = [
        Part(item_id=item_id, account_id=items[item_id].account_id, amount=amount) for item_id, amount in split.shares
    ]
    proposal = _keep_pick(row, parts, items)
    try:
        _apply(row, proposal, parts, items, accounts, split, way, dispute_reason, comment, actor)
    except AllocationExceedsOpenAmount as error:
        raise ProposalOutdated(f"item {error.item_id} has less open than was picked of it") from error


def get_difference(
    *, transaction: BankTransaction, choices: Sequence[ItemChoice], as_of: date
) -> tuple[PaymentSplit, str]:
    """Return how a locked line would be shared among picks, and the company currency. :raises: see `settle_items`"""
    items = _items(transaction, choices, as_of)
    split = split_payment(payment=transaction.amount, picks=_picks(items, choices), is_settled=True)
    accounts = lock_accounts(account_ids={item.account_id for item in items.values()})
    return split, next(iter(accounts.values())).company_currency


def _items(row: BankTransaction, choices: Sequence[ItemChoice], as_of: date) -> dict[int, MatchableItem]:
    found = list_matchable_items(
        company_id=row.bank_account.company_id,
        currencies=[row.currency],
        item_ids=[choice.item_id for choice in choices],
        customer_ids=[],
        as_of=as_of,
    )
    items = {item.id: item for item in found}
    if not items or items.keys() != {choice.item_id for choice in choices}:
        raise ProposalOutdated("an item that was picked is no longer open")
    return items


def _picks(items: dict[int, MatchableItem], choices: Sequence[ItemChoice]) -> list[Pick]:
    amounts = {choice.item_id: choice.amount for choice in choices}
    return [
        Pick(item_id=item.id, amount_open=item.amount_open, due_date=item.due_date, amount=amounts[item.id])
        for item in items.values()
    ]


def _keep_pick(row: BankTransaction, parts: Sequence[Part], items: dict[int, MatchableItem]) -> MatchProposal:
    proposal = MatchProposal.objects.create(
        transaction=row,
        account_id=main_account(parts=parts),
        strategy=PICKED,
        confidence=1000,
        difference=row.amount - sum(item.amount_open for item in items.values()),
        evidence=own_number_facts(row=row, item_ids=items),
        created_at=clock.now(),
    )
    MatchProposalLine.objects.bulk_create(
        [MatchProposalLine(proposal=proposal, item_id=part.item_id, amount=abs(part.amount)) for part in parts]
    )
    return proposal


def _apply(
    row: BankTransaction,
    proposal: MatchProposal,
    parts: list[Part],
    items: dict[int, MatchableItem],
    accounts: dict[int, AccountRow],
    split: PaymentSplit,
    way: str,
    dispute_reason: str,
    comment: str,
    actor: Actor,
) -> None:
    day = effective_day(transaction=row)
    main = accounts[proposal.account_id]
    of_item = {0: main, **{item.id: accounts[item.account_id] for item in items.values()}}
    posted = []
    if way != LEAVE:
        check_difference(split=split, way=way, row=row, company_currency=main.company_currency, day=day, actor=actor)
    if way not in (LEAVE, Reason.DEDUCTION):
        posted = post_differences(
            split=split, way=way, proposal=proposal, row=row, accounts=of_item, day=day, actor=actor,
            documents={item.id: item.document_number for item in items.values()},
        )  # fmt: skip
    surplus = [
        Part(item_id=one.item_id, account_id=main.id, amount=-one.amount) for one in posted if one.short_item_id is None
    ]
    proposal.allocation_ids = apply_parts(
        transaction=row,
        account_id=main.id,
        parts=[*parts, *surplus],
        strategy=PICKED,
        evidence={"confidence": proposal.confidence, "facts": [], **({"difference": way} if posted else {})},
        is_automatic=False,
        actor=actor,
        more_pairs=[pair for one in posted for pair in one.pairs],
    )
    keep_differences(posted=posted, way=way, proposal=proposal, row=row, comment=comment, actor=actor)
    if way == Reason.DEDUCTION:
        dispute_shortfalls(
            split=split, dispute_reason=dispute_reason, proposal=proposal, row=row, comment=comment, day=day,
            company_currencies={id_: account.company_currency for id_, account in of_item.items()}, actor=actor,
        )  # fmt: skip
    finish_pick(row=row, proposal=proposal, customer_id=main.customer_id, actor=actor, way=way)


def finish_pick(*, row: BankTransaction, proposal: MatchProposal, customer_id: int, actor: Actor, way: str) -> None:
    """Write down that a proposal was applied by a person, and learn who paid."""
    proposal.state = MatchProposal.State.APPLIED
    proposal.decided_at = clock.now()
    proposal.decided_by_id = actor.user_id
    proposal.save(update_fields=["state", "allocation_ids", "decided_at", "decided_by_id"])
    outdate_proposals(transaction_id=row.id, but=proposal.id)
    row.customer_id = customer_id
    learn_payer(transaction=row, customer_id=customer_id, seen_date=row.booking_date)
    save_decision(transaction=row)
    payload = {"proposal_id": proposal.id, "strategy": proposal.strategy}
    record_line(
        row=row,
        actor=actor,
        kind="transaction.matched",
        payload={**payload, **({} if way == LEAVE else {"difference": way})},
    )
