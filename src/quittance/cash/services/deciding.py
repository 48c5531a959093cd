"""What a person decides at the cash desk: accept, reject, undo, post on account, set aside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction as db_transaction

from quittance.cash.errors import NotMatched, NotWaiting, ProposalNotFound, ProposalOutdated, TransactionNotFound
from quittance.cash.models import BankTransaction, MatchProposal
from quittance.cash.services.applying import (
    Part,
    apply_parts,
    judge_promises,
    learn_payer,
    outdate_proposals,
    parts_of_proposal,
    save_decision,
    unlearn_payer,
)
from quittance.cash.services.differences import undo_differences
from quittance.cash.services.lines import lock_line, record_line
from quittance.cash.services.matching import UNDONE
from quittance.cash.services.own_numbers import own_number_facts
from quittance.cash.services.parts import MERGED
from quittance.cash.services.planned import apply_planned
from quittance.cash.services.returning import undo_return
from quittance.cash.services.settling import ItemChoice, settle_items
from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.ledger.queries.allocations import list_accounts_of_allocation, list_allocations_in_force
from quittance.ledger.services import AllocationExceedsOpenAmount, reverse_allocation, reverse_many
from quittance.ledger.services.withdrawing import withdraw_payment
from quittance.parties.queries import get_accounts

State = BankTransaction.State


@db_transaction.atomic
def accept_proposal(*, proposal_id: int, actor: Actor, scope: Scope = EVERYTHING) -> int:
    """Apply a proposal as it stands and return the id of its bank line.

    The difference that it plans is posted with it; what else is left over stays open as a credit.

    :raises CashError: ProposalNotFound, NotWaiting, ProposalOutdated (an item has less open by now),
        DifferenceAboveLimit (a discount after its days)
    :raises LedgerError: the ledger refuses (no exchange rate); nothing is written then
    """
    proposal = MatchProposal.objects.filter(pk=proposal_id).first()
    if proposal is None:
        raise ProposalNotFound(f"no proposal {proposal_id}")
    row = lock_line(transaction_id=proposal.transaction_id, scope=scope, actor=actor)
    proposal.refresh_from_db()
    if row.state != State.WAITING or proposal.state != MatchProposal.State.PROPOSED:
        raise NotWaiting(f"bank line {row.id} has been decided meanwhile")
    parts = parts_of_proposal(proposal=proposal)
    try:
        allocation_ids = apply_planned(row=row, proposal=proposal, parts=parts, is_automatic=False, actor=actor)
    except AllocationExceedsOpenAmount as error:
        raise ProposalOutdated(f"item {error.item_id} has less open than proposal {proposal_id} takes") from error
    proposal.state = MatchProposal.State.APPLIED
    proposal.allocation_ids = allocation_ids
    proposal.decided_at = clock.now()
    proposal.decided_by_id = actor.user_id
    proposal.evidence = _with_own_numbers(proposal, row, parts)
    proposal.save(update_fields=["state", "allocation_ids", "decided_at", "decided_by_id", "evidence"])
    outdate_proposals(transaction_id=row.id, but=proposal.id)
    _settle_customer(row, proposal.account_id)
    record_line(
        row=row,
        actor=actor,
        kind="transaction.matched",
        payload={"proposal_id": proposal.id, "strategy": proposal.strategy, **_told_difference(proposal)},
    )
    return row.id


def _with_own_numbers(proposal: MatchProposal, row: BankTransaction, parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Return the evidence of a proposal, and that the payer named its own numbers: that is what a person confirms."""
    facts = own_number_facts(row=row, item_ids=[part.item_id for part in parts])
    return [*proposal.evidence, *(fact for fact in facts if fact not in proposal.evidence)]


def _told_difference(proposal: MatchProposal) -> dict[str, str]:
    plans = proposal.planned_differences
    return {"difference": plans[0]["reason"]} if plans else {}


def match_items(
    *, transaction_id: int, item_ids: Sequence[int], as_of: date, actor: Actor, scope: Scope = EVERYTHING
) -> None:
    """Apply a bank line to items that a person has picked: credit notes whole, then the oldest debits first.

    What the payment leaves of the last debit stays open; what is left of the payment stays open as a credit.

    :raises CashError: :raises SplitRefused: :raises LedgerError: see `settling.settle_items`
    """
    choices = [ItemChoice(item_id=item_id) for item_id in dict.fromkeys(item_ids)]
    settle_items(transaction_id=transaction_id, choices=choices, as_of=as_of, actor=actor, scope=scope)


@db_transaction.atomic
def reject_proposal(*, proposal_id: int, actor: Actor, scope: Scope = EVERYTHING) -> int:
    """Say that a proposal is wrong, so that it does not come back; return the id of its bank line.

    :raises CashError: ProposalNotFound, NotWaiting
    """
    proposal = MatchProposal.objects.filter(pk=proposal_id).first()
    if proposal is None:
        raise ProposalNotFound(f"no proposal {proposal_id}")
    row = lock_line(transaction_id=proposal.transaction_id, scope=scope, actor=actor)
    proposal.refresh_from_db()
    if proposal.state != MatchProposal.State.PROPOSED:
        raise NotWaiting(f"proposal {proposal_id} has been decided meanwhile")
    proposal.state = MatchProposal.State.REJECTED
    proposal.decided_at = clock.now()
    proposal.decided_by_id = actor.user_id
    proposal.save(update_fields=["state", "decided_at", "decided_by_id"])
    record_line(row=row, actor=actor, kind="proposal.rejected", payload={"proposal_id": proposal.id})
    return row.id


@db_transaction.atomic
def post_on_account(*, transaction_id: int, account_id: int, actor: Actor, scope: Scope = EVERYTHING) -> int:
    """Post the money on a customer account without applying it to items; return the payment item's id.

    :raises CashError: TransactionNotFound, NotWaiting
    :raises LedgerError: the ledger refuses; nothing is written then
    """
    row = lock_line(transaction_id=transaction_id, scope=scope, actor=actor)
    if row.state != State.WAITING or row.amount <= 0:
        raise NotWaiting(f"bank line {row.id} is not a receipt that waits")
    account = get_accounts(account_ids=[account_id]).get(account_id)
    if account is None or account.company_id != row.bank_account.company_id:
        raise TransactionNotFound(f"account {account_id} is not of the company that received bank line {row.id}")
    apply_parts(
        transaction=row,
        account_id=account_id,
        parts=[],
        strategy="ON_ACCOUNT",
        evidence={},
        is_automatic=False,
        actor=actor,
    )
    outdate_proposals(transaction_id=row.id)
    _settle_customer(row, account_id)
    record_line(row=row, actor=actor, kind="transaction.posted_on_account", payload={})
    return row.payment_item_id or 0


@db_transaction.atomic
def undo_match(
    *, transaction_id: int, effective_date: date, reason: str, actor: Actor, scope: Scope = EVERYTHING
) -> None:
    """Reverse what was made of a bank line: its allocations are reversed, its payment is withdrawn, it waits again.

    What was posted or disputed for its difference is taken back with it.

    The line will not be matched by itself any more. What it taught about the payer is forgotten.

    :raises CashError: TransactionNotFound, NotMatched
    :raises LedgerError: the payment has been used for something else since, or reversed already
    """
    row = lock_line(transaction_id=transaction_id, scope=scope, actor=actor)
    if row.state not in (State.MATCHED, State.UNAPPLIED) or row.payment_item_id is None:
        raise NotMatched(f"bank line {row.id} is not matched")
    if row.returned_transaction_id is not None:
        undo_return(row=row, effective_date=effective_date, reason=reason, actor=actor)
        return
    day = max(effective_date, row.booking_date)
    applied = list(row.proposals.filter(state=MatchProposal.State.APPLIED))
    allocation_ids = [
        one["id"]
        for one in list_allocations_in_force(
            allocation_ids=[id_ for proposal in applied for id_ in proposal.allocation_ids]
        )
    ]
    if allocation_ids:
        reverse_many(allocation_ids=allocation_ids, effective_date=day, reason=reason, actor=actor)
    undo_differences(row=row, day=day, reason=reason, actor=actor)
    withdraw_payment(item_id=row.payment_item_id, effective_date=day, reason=reason, actor=actor)
    touched = [part.account_id for proposal in applied for part in parts_of_proposal(proposal=proposal)]
    judge_promises(account_ids=touched, actor=actor)
    for proposal in applied:
        proposal.state = MatchProposal.State.UNDONE
        proposal.decided_at = clock.now()
        proposal.decided_by_id = actor.user_id
        proposal.save(update_fields=["state", "decided_at", "decided_by_id"])
    if row.customer_id is not None:
        unlearn_payer(transaction=row, customer_id=row.customer_id)
    row.state, row.waiting_reason = State.WAITING, UNDONE
    row.payment_item_id = row.account_id = row.customer_id = None
    row.undo_count += 1
    row.undone_date = day
    row.save(update_fields=["undo_count", "undone_date"])
    save_decision(transaction=row)
    record_line(row=row, actor=actor, kind="transaction.unmatched", payload={"reason": reason})


@db_transaction.atomic
def undo_allocation(*, allocation_id: int, effective_date: date, reason: str, actor: Actor) -> None:
    """Undo one allocation of an item, and judge the promises that it kept; what it was made of stays where it is.

    :raises LedgerError: AllocationNotFound, AlreadyReversed, ReversalTooEarly
    """
    reverse_allocation(allocation_id=allocation_id, effective_date=effective_date, reason=reason, actor=actor)
    judge_promises(account_ids=list_accounts_of_allocation(allocation_id=allocation_id), actor=actor)


@db_transaction.atomic
def set_aside(*, transaction_id: int, reason: str, actor: Actor, scope: Scope = EVERYTHING) -> None:
    """Take a bank line off the desk: it is no customer's payment. :raises CashError: TransactionNotFound, NotWaiting"""
    row = lock_line(transaction_id=transaction_id, scope=scope, actor=actor)
    if row.state != State.WAITING:
        raise NotWaiting(f"bank line {row.id} has been decided meanwhile")
    outdate_proposals(transaction_id=row.id)
    row.state, row.waiting_reason = State.SET_ASIDE, reason[:40]
    save_decision(transaction=row)
    record_line(row=row, actor=actor, kind="transaction.set_aside", payload={"reason": reason})


@db_transaction.atomic
def bring_back(*, transaction_id: int, actor: Actor, scope: Scope = EVERYTHING) -> None:
    """Put a line that was set aside, or kept as nobody's, back on the desk.

    :raises CashError: TransactionNotFound, NotWaiting (also a part of a line that was put together again)
    """
    row = lock_line(transaction_id=transaction_id, scope=scope, actor=actor)
    if row.state not in (State.SET_ASIDE, State.UNIDENTIFIED) or row.waiting_reason == MERGED:
        raise NotWaiting(f"bank line {row.id} is not set aside")
    row.state, row.waiting_reason = State.WAITING, ""
    save_decision(transaction=row)
    record_line(row=row, actor=actor, kind="transaction.brought_back", payload={})


def _settle_customer(row: BankTransaction, account_id: int) -> None:
    """Write the customer that a person has found, and learn from it."""
    row.customer_id = get_accounts(account_ids=[account_id])[account_id].customer_id
    learn_payer(transaction=row, customer_id=row.customer_id, seen_date=row.booking_date)
    save_decision(transaction=row)


@db_transaction.atomic
def keep_unidentified(*, transaction_id: int, comment: str, actor: Actor, scope: Scope = EVERYTHING) -> None:
    """Keep a receipt as nobody's: off the desk, on no account, shown among the suspense until someone knows it.

    :raises CashError: TransactionNotFound, LineHeld, NotWaiting
    """
    row = lock_line(transaction_id=transaction_id, scope=scope, actor=actor)
    if row.state != State.WAITING or row.amount <= 0:
        raise NotWaiting(f"bank line {row.id} is not a receipt that waits")
    outdate_proposals(transaction_id=row.id)
    row.state, row.waiting_reason = State.UNIDENTIFIED, ""
    row.customer_id = row.account_id = None
    row.payer_confidence, row.payer_evidence = 0, []
    save_decision(transaction=row)
    record_line(row=row, actor=actor, kind="transaction.kept_unidentified", payload={"text": comment})
