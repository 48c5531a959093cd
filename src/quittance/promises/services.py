"""Take promises to pay, withdraw them, and decide day by day whether they were kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from quittance.core.promises import PromiseDecision, PromiseFacts, PromiseState, check_transition, decide_promise
from quittance.foundation import clock, events
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.ledger.queries import list_settlements
from quittance.ledger.services import LockedItem, lock_items, refresh_balances
from quittance.parties.queries import AccountRow, get_accounts
from quittance.parties.services import lock_accounts
from quittance.promises.cash_waiting import list_cash_waiting
from quittance.promises.checks import ItemsRefused, currency_of
from quittance.promises.models import PaymentPlan, PlannedItem, PromisedItem, PromiseToPay

TOLERANCE_DAYS = 3
# A payment reversed or found late can change what was decided; after this long it is left as it is.
REVIEW_DAYS_MAX = 90


class PromiseNotFound(LookupError):
    """No promise has this id."""


class PromiseRefused(ValueError):
    """The promise cannot be taken or changed like this; the message says why."""


class ItemAlreadyPromised(PromiseRefused):
    """An open promise speaks of the item already: withdraw it first."""


class ItemInPlan(PromiseRefused):
    """A payment plan that runs speaks of the item: it says already when it is paid."""


@transaction.atomic
def take_promise(
    *,
    account_id: int,
    item_ids: Collection[int],
    promised_date: date,
    made_on: date,
    actor: Actor,
    amount: Decimal | None = None,
    contact_name: str = "",
    comment: str = "",
    tolerance_days: int = TOLERANCE_DAYS,
) -> int:
    """Write down that `amount` of these items (all that is open when None) will be paid by a day; return the id.

    An amount below the open sum goes to the items that fall due first.

    :raises ItemNotFound: :raises PromiseRefused: no open debit, several currencies or accounts, an amount too large,
        a day in the past; ItemAlreadyPromised, ItemInPlan
    """
    items = sorted(lock_items(item_ids=item_ids).values(), key=lambda item: (item.due_date, item.id))
    currency = _check_items(items, account_id)
    open_sum = sum((item.amount_open for item in items), Decimal(0))
    promised = open_sum if amount is None else amount
    if not 0 < promised <= open_sum:
        raise PromiseRefused(f"{promised} cannot be promised: {open_sum} {currency} is open on these items")
    if promised_date < made_on:
        raise PromiseRefused(f"a promise made on {made_on} cannot be for {promised_date}")
    promise = PromiseToPay.objects.create(
        account_id=account_id,
        amount=promised,
        currency=currency,
        made_on=made_on,
        promised_date=promised_date,
        tolerance_days=tolerance_days,
        made_by_contact=contact_name[:120],
        comment=comment,
        taken_by_id=actor.user_id,
        recorded_at=clock.now(),
    )
    PromisedItem.objects.bulk_create(
        PromisedItem(promise=promise, item_id=item_id, amount=part)
        for item_id, part in _spread(promised, items).items()
    )
    refresh_balances(account_ids=[account_id], as_of=clock.today())
    events.record(_event("promise.taken", promise, items[0].account, actor, {"text": comment, "contact": contact_name}))
    return promise.id


@transaction.atomic
def withdraw_promise(*, promise_id: int, withdrawn_date: date, actor: Actor, reason: str = "") -> None:
    """End an open promise: it holds nothing from that day on. :raises PromiseNotFound: :raises PromiseRefused:"""
    account_id = PromiseToPay.objects.filter(id=promise_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise PromiseNotFound(f"no promise {promise_id}")
    account = lock_accounts(account_ids=[account_id])[account_id]
    promise = PromiseToPay.objects.select_for_update(no_key=True).get(id=promise_id)
    if promise.state != PromiseToPay.State.OPEN:
        raise PromiseRefused(f"promise {promise_id} is {promise.state}, not open")
    promise.state = PromiseToPay.State.WITHDRAWN
    promise.decided_date = withdrawn_date
    promise.save()
    refresh_balances(account_ids=[account_id], as_of=clock.today())
    events.record(_event("promise.withdrawn", promise, account, actor, {"text": reason}))


@transaction.atomic
def decide_promises(*, as_of: date, account_ids: Collection[int] | None = None, actor: Actor = SYSTEM) -> int:
    """Judge promises by what was applied to their items up to a day; return how many changed state.

    Open ones, and those decided in the last 90 days, since a payment reversed or found late changes the answer.
    Run each night for all accounts, and for an account as soon as cash was applied on it. Safe to run again.
    """
    found = PromiseToPay.objects.filter(
        Q(state=PromiseToPay.State.OPEN) | Q(decided_date__gte=as_of - timedelta(days=REVIEW_DAYS_MAX))
    ).exclude(state=PromiseToPay.State.WITHDRAWN)
    if account_ids is not None:
        found = found.filter(account__any=account_ids)
    wanted = set(found.values_list("account_id", flat=True))
    if not wanted:
        return 0
    touched = lock_accounts(account_ids=wanted)
    promises = list(found.filter(account_id__in=touched).order_by("id").select_for_update(no_key=True))
    decisions = _decide(promises, as_of)
    changed = [promise for promise in promises if _apply(promise, decisions[promise.id], as_of)]
    if not changed:
        return 0
    PromiseToPay.objects.bulk_update(changed, ["state", "decided_date", "amount_kept"], batch_size=500)
    accounts = get_accounts(account_ids={promise.account_id for promise in changed})
    refresh_balances(account_ids=accounts, as_of=clock.today())
    events.record_all(
        _event(
            f"promise.{promise.state.lower()}",
            promise,
            accounts[promise.account_id],
            actor,
            {"reason": decisions[promise.id].reason.value, "amount_paid": f"{promise.amount_kept:f}"},
        )
        for promise in changed
    )
    return len(changed)


def _decide(promises: list[PromiseToPay], as_of: date) -> dict[int, PromiseDecision]:
    items_by_promise: dict[int, list[int]] = {promise.id: [] for promise in promises}
    for promise_id, item_id in PromisedItem.objects.filter(promise__in=promises).values_list("promise_id", "item_id"):
        items_by_promise[promise_id].append(item_id)
    settlements = list_settlements(item_ids={id_ for ids in items_by_promise.values() for id_ in ids}, as_of=as_of)
    open_ones = [promise for promise in promises if promise.state == PromiseToPay.State.OPEN]
    waiting = list_cash_waiting(account_ids={promise.account_id for promise in open_ones}, as_of=as_of)
    cash = {promise.id: waiting.get((promise.account_id, promise.currency), Decimal(0)) for promise in open_ones}
    return {
        promise.id: decide_promise(
            facts=_facts(promise, items_by_promise[promise.id], settlements, cash.get(promise.id, Decimal(0))),
            as_of=as_of,
        )
        for promise in promises
    }


def _facts(
    promise: PromiseToPay,
    item_ids: Iterable[int],
    settlements: Mapping[int, list[tuple[date, Decimal]]],
    cash_waiting: Decimal,
) -> PromiseFacts:
    return PromiseFacts(
        amount_promised=promise.amount,
        made_on=promise.made_on,
        due_date=promise.promised_date,
        tolerance_days=promise.tolerance_days,
        paid=tuple(paid for item_id in item_ids for paid in settlements.get(item_id, ())),
        cash_waiting=cash_waiting,
    )


def _apply(promise: PromiseToPay, decision: PromiseDecision, as_of: date) -> bool:
    """Put the decision on the row; tell whether its state changed."""
    old = PromiseState(promise.state)
    if decision.state is old:
        return False
    check_transition(old=old, new=decision.state)
    promise.state = decision.state.value
    promise.decided_date = None if decision.state is PromiseState.OPEN else as_of
    promise.amount_kept = min(decision.amount_paid, promise.amount)
    return True


def _check_items(items: list[LockedItem], account_id: int) -> str:
    """Return the one currency of the items. :raises PromiseRefused:"""
    try:
        currency = currency_of(items=items, account_id=account_id)
    except ItemsRefused as error:
        raise PromiseRefused(str(error)) from error
    taken = PromisedItem.objects.filter(
        item_id__in=[item.id for item in items], promise__state=PromiseToPay.State.OPEN
    ).values_list("item_id", flat=True)
    if taken:
        raise ItemAlreadyPromised(f"item {', '.join(map(str, taken))} is promised already")
    if PlannedItem.objects.filter(
        item_id__in=[item.id for item in items], plan__state=PaymentPlan.State.ACTIVE
    ).exists():
        raise ItemInPlan("an item is in a payment plan")
    return currency


def _spread(amount: Decimal, items: list[LockedItem]) -> dict[int, Decimal]:
    """Give the amount to the items in their order until nothing is left."""
    parts: dict[int, Decimal] = {}
    rest = amount
    for item in items:
        part = min(rest, item.amount_open)
        if part > 0:
            parts[item.id] = part
        rest -= part
    return parts


def _event(
    kind: str, promise: PromiseToPay, account: AccountRow, actor: Actor, payload: Mapping[str, str]
) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account.id,
        subject_kind="promise",
        subject_id=str(promise.id),
        payload={
            "amount": f"{promise.amount:f}",
            "currency": promise.currency,
            "promised_date": promise.promised_date.isoformat(),
            **payload,
        },
    )
