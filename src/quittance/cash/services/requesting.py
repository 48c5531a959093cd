"""Ask for a difference above one's limit, and decide what somebody else asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction as db_transaction

from quittance.cash.errors import NotForYou, NotWaiting, RequestNotFound
from quittance.cash.models import BankTransaction, DifferenceRequest
from quittance.cash.services.applying import effective_day
from quittance.cash.services.differences import LEAVE, Reason, check_difference
from quittance.cash.services.lines import lock_line, record_line
from quittance.cash.services.settling import ItemChoice, get_difference, settle_items
from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING, SYSTEM, Actor, Scope

State = DifferenceRequest.State


@db_transaction.atomic
def request_difference(
    *,
    transaction_id: int,
    choices: Sequence[ItemChoice],
    way: str,
    comment: str,
    as_of: date,
    actor: Actor,
    scope: Scope = EVERYTHING,
) -> int:
    """Propose picks with a posted difference to whoever may decide it; return the request's id.

    The line goes on waiting; a request that was open for it is replaced.

    :raises CashError: TransactionNotFound, LineHeld, NotWaiting, ProposalOutdated, DifferenceOfOtherKind
    :raises SplitRefused: the picks cannot be paid like this, or there is no difference
    :raises LedgerError: RateMissing
    """
    row = lock_line(transaction_id=transaction_id, scope=scope, actor=actor)
    if row.state != BankTransaction.State.WAITING or row.amount <= 0 or actor.user_id is None:
        raise NotWaiting(f"bank line {row.id} is not a receipt that waits")
    if way in (LEAVE, Reason.DEDUCTION) or way not in Reason.values:
        raise ValueError(f"nobody needs to ask for {way!r}")
    split, company_currency = get_difference(transaction=row, choices=choices, as_of=as_of)
    amount_company = check_difference(
        split=split, way=way, row=row, company_currency=company_currency, day=effective_day(transaction=row),
        actor=SYSTEM,
    )  # fmt: skip
    row.difference_requests.filter(state=State.OPEN).update(state=State.OUTDATED, decided_at=clock.now())
    request = DifferenceRequest.objects.create(
        transaction=row,
        decision={"choices": [[one.item_id, None if one.amount is None else f"{one.amount:f}"] for one in choices]},
        reason=way,
        amount=split.missing or -split.left,
        currency=row.currency,
        amount_company=amount_company,
        comment=comment[:200],
        asked_by_id=actor.user_id,
        asked_at=clock.now(),
    )
    payload: dict[str, object] = {"difference": f"{request.amount:f}", "reason": way, "text": comment}
    record_line(row=row, actor=actor, kind="difference.requested", payload=payload)
    return request.id


@db_transaction.atomic
def approve_request(*, request_id: int, as_of: date, actor: Actor, scope: Scope = EVERYTHING) -> int:
    """Do what was asked for, as it was asked, and return the id of the bank line.

    :raises CashError: RequestNotFound, NotForYou (one's own), DifferenceAboveLimit (the decider's own limit),
        LineHeld, NotWaiting, ProposalOutdated
    :raises SplitRefused: :raises LedgerError: see `settle_items`
    """
    request, row = _lock_open(request_id, actor, scope)
    _close(request, State.APPROVED, "", actor)
    record_line(
        row=row,
        actor=actor,
        kind="difference.approved",
        payload={"difference": f"{request.amount:f}", "reason": request.reason},
    )
    settle_items(
        transaction_id=row.id,
        choices=read_choices(stored=request.decision),
        way=request.reason,
        comment=request.comment,
        as_of=as_of,
        actor=actor,
        scope=scope,
    )
    return row.id


@db_transaction.atomic
def refuse_request(*, request_id: int, answer: str, actor: Actor, scope: Scope = EVERYTHING) -> int:
    """Say no, and why; return the id of the bank line, which waits as before.

    :raises CashError: RequestNotFound, NotForYou, LineHeld
    """
    request, row = _lock_open(request_id, actor, scope)
    _close(request, State.REFUSED, answer, actor)
    payload: dict[str, object] = {"difference": f"{request.amount:f}", "reason": request.reason, "text": answer}
    record_line(row=row, actor=actor, kind="difference.refused", payload=payload)
    return row.id


def read_choices(*, stored: dict[str, Any]) -> list[ItemChoice]:
    """Return the picks as a request keeps them."""
    return [
        ItemChoice(item_id=int(item_id), amount=None if amount is None else Decimal(amount))
        for item_id, amount in stored["choices"]
    ]


def _lock_open(request_id: int, actor: Actor, scope: Scope) -> tuple[DifferenceRequest, BankTransaction]:
    found = DifferenceRequest.objects.filter(pk=request_id).select_related("transaction__bank_account").first()
    if found is None or not scope.allows_company(found.transaction.bank_account.company_id):
        raise RequestNotFound(f"no request {request_id}")
    row = lock_line(transaction_id=found.transaction_id, scope=scope, actor=actor)
    found.refresh_from_db()
    if found.state != State.OPEN:
        raise RequestNotFound(f"request {request_id} is decided")
    if found.asked_by_id == actor.user_id:
        raise NotForYou("who asked does not decide")
    return found, row


def _close(request: DifferenceRequest, state: str, answer: str, actor: Actor) -> None:
    request.state, request.answer = state, answer[:200]
    request.decided_by_id, request.decided_at = actor.user_id, clock.now()
    request.save(update_fields=["state", "answer", "decided_by_id", "decided_at"])
