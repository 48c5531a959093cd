"""Payments that the bank takes back: what they had paid is open again, and the books show both movements."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction as db_transaction

from quittance.cash.errors import NotMatched, NotWaiting, ReturnDiffers, TransactionNotFound
from quittance.cash.models import BankTransaction, MatchProposal
from quittance.cash.returns import find_original, is_waiting_return, list_reopened
from quittance.cash.services.applying import (
    Part,
    apply_parts,
    judge_promises,
    outdate_proposals,
    save_decision,
)
from quittance.cash.services.differences import undo_differences
from quittance.cash.services.storing import RETURNED
from quittance.debits import services as direct_debits
from quittance.foundation import clock, events
from quittance.foundation.permissions import EVERYTHING, SYSTEM, Actor, Scope
from quittance.ledger.queries.allocations import list_allocations_in_force
from quittance.ledger.services import AllocationExceedsOpenAmount, LedgerError, reverse_many
from quittance.ledger.services.withdrawing import withdraw_payment
from quittance.parties.queries import AccountRow, get_accounts

State = BankTransaction.State
STRATEGY = "RETURN"
UNDONE = "UNDONE"


@db_transaction.atomic
def reverse_returned(
    *,
    transaction_id: int,
    original_id: int,
    actor: Actor,
    scope: Scope = EVERYTHING,
    is_automatic: bool = False,
) -> None:
    """Say that a returned line (money out) undoes an earlier payment: what that had paid is open again.

    From the day of the return on; until then the account stays as it was. The payment is taken back by a posted
    counter-entry, which is the return's own item. What had been written off with it is open again too. The bank's
    reason is told in an event of each item reopened.

    :raises CashError: TransactionNotFound, NotWaiting, NotMatched (the payment stands on no account),
        ReturnDiffers (other company, currency or amount)
    :raises LedgerError: the ledger refuses; nothing is written then
    """
    lines = _lock_pair({transaction_id, original_id}, scope)
    row, original = lines[transaction_id], lines[original_id]
    _check(row, original)
    direct_debits.note_return(
        end_to_end_ids={row.end_to_end_id, original.end_to_end_id},
        company_id=original.bank_account.company_id,
        reason_code=row.return_reason or row.bank_code,
        returned_on=row.booking_date,
        actor=actor,
    )
    payment_item_id = original.payment_item_id or 0
    in_force = [one for one in list_reopened(payment_item_id=payment_item_id) if one["reversed_date"] is None]
    day = max([row.booking_date, original.booking_date, *(one["effective_date"] for one in in_force)])
    reason = f"Returned by the bank: {row.return_reason or row.bank_code or 'no reason given'}"
    if in_force:
        reverse_many(allocation_ids=[one["id"] for one in in_force], effective_date=day, reason=reason, actor=actor)
    undo_differences(row=original, day=day, reason=reason, actor=actor)
    row.payment_item_id = withdraw_payment(item_id=payment_item_id, effective_date=day, reason=reason, actor=actor)
    original.proposals.filter(state=MatchProposal.State.APPLIED).update(
        state=MatchProposal.State.UNDONE, decided_at=clock.now(), decided_by_id=actor.user_id
    )
    original.state = State.RETURNED
    save_decision(transaction=original)
    _settle(row, original, actor, [one["id"] for one in in_force], is_automatic=is_automatic)
    debits = {one["debit_item_id"]: one for one in in_force}
    account_ids = _accounts_of(in_force) | {original.account_id or 0}
    judge_promises(account_ids=account_ids, actor=actor)
    _record_return(row, original, list(debits.values()), actor)


def undo_return(*, row: BankTransaction, effective_date: date, reason: str, actor: Actor) -> None:
    """Take back that a locked line returned a payment: the payment is posted anew and pays what it had paid.

    What it had paid may have been paid otherwise since: the payment then waits on the desk. Call it inside a
    transaction.
    """
    original = _lock_pair({row.returned_transaction_id or 0}, EVERYTHING)[row.returned_transaction_id or 0]
    day = max(effective_date, row.booking_date)
    direct_debits.note_return_undone(
        end_to_end_ids={row.end_to_end_id, original.end_to_end_id},
        company_id=original.bank_account.company_id,
        on_date=day,
        actor=actor,
    )
    stored = row.proposals.filter(state=MatchProposal.State.APPLIED, strategy=STRATEGY).order_by("-id").first()
    allocation_ids = list(stored.allocation_ids) if stored else []
    account_id = original.account_id or 0
    original.state, original.waiting_reason, original.payment_item_id = State.WAITING, UNDONE, None
    original.undone_date = day
    original.undo_count += 1
    original.save(update_fields=["undo_count", "undone_date", "payment_item"])
    _apply_again(original, account_id, allocation_ids, actor)
    if original.state == State.WAITING:
        original.account_id = None
    save_decision(transaction=original)
    if stored is not None:
        stored.state, stored.decided_at, stored.decided_by_id = MatchProposal.State.UNDONE, clock.now(), actor.user_id
        stored.save(update_fields=["state", "decided_at", "decided_by_id"])
    row.state, row.waiting_reason = State.WAITING, RETURNED
    row.payment_item_id = row.account_id = row.customer_id = row.returned_transaction_id = None
    row.undo_count += 1
    row.undone_date = day
    row.save(update_fields=["undo_count", "undone_date", "returned_transaction"])
    save_decision(transaction=row)
    account = get_accounts(account_ids=[account_id])[account_id]
    events.record(_event("payment.return_undone", row, account, actor, None, {"reason": reason}))


def match_returns(
    *, company_id: int, as_of: date, actor: Actor = SYSTEM, transaction_ids: Collection[int] | None = None
) -> int:
    """Reverse the payments that waiting returns of a company name exactly; return how many.

    Each in a transaction of its own. A return that a person has undone is left to a person.
    """
    found = BankTransaction.objects.select_related("bank_account").filter(
        bank_account__company_id=company_id,
        state=State.WAITING,
        amount__lt=0,
        booking_date__lte=as_of,
        undo_count=0,
    )
    if transaction_ids is not None:
        found = found.filter(id__in=list(transaction_ids))
    done = 0
    for row in found.order_by("id"):
        original_id = find_original(row=row)
        if original_id is None:
            continue
        try:
            reverse_returned(transaction_id=row.id, original_id=original_id, actor=actor, is_automatic=True)
        except (NotWaiting, NotMatched, LedgerError):
            # Somebody was quicker, or the payment serves something else: it stays on the desk.
            continue
        done += 1
    return done


def _lock_pair(ids: Collection[int], scope: Scope) -> dict[int, BankTransaction]:
    found = (
        BankTransaction.objects.select_for_update(of=("self",), no_key=True)
        .select_related("statement", "bank_account")
        .filter(pk__in=ids)
        .order_by("pk")
    )
    rows = {row.id: row for row in found if scope.allows_company(row.bank_account.company_id)}
    if missing := set(ids) - rows.keys():
        raise TransactionNotFound(f"no bank line {min(missing)}")
    return rows


def _check(row: BankTransaction, original: BankTransaction) -> None:
    if not is_waiting_return(row=row):
        raise NotWaiting(f"bank line {row.id} is not a return that waits")
    if original.state not in (State.MATCHED, State.UNAPPLIED) or original.payment_item_id is None:
        raise NotMatched(f"bank line {original.id} stands on no account")
    one = (row.bank_account.company_id, row.currency, -row.amount)
    if one != (original.bank_account.company_id, original.currency, original.amount):
        raise ReturnDiffers(f"bank line {row.id} is not the return of {original.amount} {original.currency}")


def _settle(
    row: BankTransaction, original: BankTransaction, actor: Actor, allocation_ids: list[int], *, is_automatic: bool
) -> None:
    """Write on the return what it undid, so that it can be undone itself."""
    outdate_proposals(transaction_id=row.id)
    MatchProposal.objects.create(
        transaction=row,
        account_id=original.account_id or 0,
        strategy=STRATEGY,
        confidence=1000,
        state=MatchProposal.State.APPLIED,
        is_automatic=is_automatic,
        allocation_ids=allocation_ids,
        created_at=clock.now(),
        decided_at=clock.now(),
        decided_by_id=actor.user_id,
    )
    row.state, row.waiting_reason = State.MATCHED, ""
    row.returned_transaction_id = original.id
    row.customer_id, row.account_id = original.customer_id, original.account_id
    row.save(update_fields=["returned_transaction"])
    save_decision(transaction=row)


def _apply_again(original: BankTransaction, account_id: int, allocation_ids: list[int], actor: Actor) -> None:
    """Post the payment anew and apply it to what it had paid, all or nothing."""
    before = list_allocations_in_force(allocation_ids=allocation_ids, is_undone=True)
    parts = [
        Part(item_id=one["debit_item_id"], account_id=one["debit_account_id"], amount=one["amount"]) for one in before
    ]
    try:
        with db_transaction.atomic():
            fresh = apply_parts(
                transaction=original,
                account_id=account_id,
                parts=parts,
                strategy=STRATEGY,
                evidence={"reversals_of": allocation_ids},
                is_automatic=False,
                actor=actor,
            )
    except AllocationExceedsOpenAmount:
        original.state, original.waiting_reason, original.payment_item_id = State.WAITING, UNDONE, None
        return
    proposal = original.proposals.filter(state=MatchProposal.State.UNDONE).order_by("-decided_at", "-id").first()
    if proposal is None or not fresh:
        return
    kept = [one["id"] for one in list_allocations_in_force(allocation_ids=proposal.allocation_ids)]
    proposal.state, proposal.decided_at, proposal.decided_by_id = (
        MatchProposal.State.APPLIED, clock.now(), actor.user_id,
    )  # fmt: skip
    proposal.allocation_ids = [*kept, *fresh]
    proposal.save(update_fields=["state", "decided_at", "decided_by_id", "allocation_ids"])


def _accounts_of(allocations: list[dict[str, Any]]) -> set[int]:
    ids = [one["id"] for one in allocations]
    return {one["debit_account_id"] for one in list_allocations_in_force(allocation_ids=ids, is_undone=True)}


def _record_return(
    row: BankTransaction, original: BankTransaction, reopened: list[dict[str, Any]], actor: Actor
) -> None:
    """Tell it on each item that is open again, else on the account."""
    account_id = original.account_id or 0
    account = get_accounts(account_ids=[account_id])[account_id]
    paid_on = {"paid_date": original.booking_date.isoformat(), "returned_transaction_id": original.id}
    told = [
        _event(
            "payment.returned", row, account, actor, one["debit_item_id"],
            {**paid_on, "document": one["debit_document_number"], "amount": f"{one['amount']:f}"},
        )
        for one in reopened
    ]  # fmt: skip
    events.record_all(told or [_event("payment.returned", row, account, actor, None, paid_on)])


def _event(
    kind: str, row: BankTransaction, account: AccountRow, actor: Actor, item_id: object, payload: dict[str, object]
) -> events.NewEvent:
    amount: Decimal = -row.amount
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account.id,
        item_id=item_id if isinstance(item_id, int) else None,
        subject_kind="bank_transaction",
        subject_id=str(row.id),
        payload={
            "amount": f"{amount:f}",
            "currency": row.currency,
            "return_reason": row.return_reason or row.bank_code,
            **payload,
        },
    )
