"""Apply credits to debits and undo it: the only way that what is open changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from quittance.core.money import quantize
from quittance.core.settling import Applied, first_day_with_room
from quittance.foundation import clock, events
from quittance.foundation.copying import copy_rows, take_ids
from quittance.foundation.permissions import Actor
from quittance.ledger.errors import (
    AccountsUnrelated,
    AllocationExceedsOpenAmount,
    AllocationNotFound,
    AlreadyReversed,
    AmountNotPositive,
    CurrenciesDiffer,
    ReversalTooEarly,
    SidesDiffer,
)
from quittance.ledger.models import Allocation, AllocationReversal
from quittance.ledger.services.balances import refresh_balances
from quittance.ledger.services.locking import ItemState, lock_item_rows
from quittance.parties.queries import AccountRow

_COLUMNS = (
    "id", "debit_item_id", "credit_item_id", "amount", "amount_company_debit", "amount_company_credit",
    "effective_date", "posted_at", "origin", "code", "strategy", "posted_by_id", "evidence", "batch_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAllocation:
    """`amount` (positive, document currency) of a credit item to apply to a debit item.

    It takes effect on `effective_date`, or on the later document date of the two items if that is later: before
    it one of them does not exist. Nor does it before what was applied in its place was undone: no day sees more
    applied to an item than there is of it. `origin` is one of `Allocation.Origin`.
    """

    debit_item_id: int
    credit_item_id: int
    amount: Decimal
    effective_date: date
    origin: str = Allocation.Origin.PERSON
    strategy: str = ""
    code: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


def allocate(
    *,
    debit_item_id: int,
    credit_item_id: int,
    amount: Decimal,
    effective_date: date,
    actor: Actor,
    origin: str = Allocation.Origin.PERSON,
    strategy: str = "",
    code: str = "",
    evidence: Mapping[str, Any] | None = None,
) -> int:
    """Apply `amount` of a credit item to a debit item and return the allocation's id.

    :raises LedgerError: ItemNotFound, AmountNotPositive, SidesDiffer, CurrenciesDiffer, AccountsUnrelated,
        AllocationExceedsOpenAmount; nothing is written then
    """
    wanted = NewAllocation(
        debit_item_id=debit_item_id,
        credit_item_id=credit_item_id,
        amount=amount,
        effective_date=effective_date,
        origin=origin,
        strategy=strategy,
        code=code,
        evidence=evidence or {},
    )
    return allocate_many(allocations=[wanted], actor=actor)[0]


@transaction.atomic
def allocate_many(*, allocations: Sequence[NewAllocation], actor: Actor, batch_id: int | None = None) -> list[int]:
    """Apply several at once, all or none; return their ids in order.

    :raises LedgerError: see `allocate`
    """
    if not allocations:
        return []
    items, accounts = lock_item_rows(item_ids={id_ for a in allocations for id_ in (a.debit_item_id, a.credit_item_id)})
    ids, told = allocate_locked(allocations=allocations, items=items, accounts=accounts, actor=actor, batch_id=batch_id)
    refresh_balances(account_ids=accounts.keys(), as_of=clock.today())
    events.record_all(told)
    return ids


def allocate_locked(
    *,
    allocations: Sequence[NewAllocation],
    items: dict[int, ItemState],
    accounts: dict[int, AccountRow],
    actor: Actor,
    batch_id: int | None = None,
) -> tuple[list[int], list[events.NewEvent]]:
    """Do the same where all items are locked and given; return ids, and the events to record once all is written.

    Balances are left to the caller. :raises LedgerError: see `allocate`
    """
    applied = _applied_with_undone(items)
    now = clock.now()
    ids = take_ids(table="ledger_allocation", count=len(allocations))
    rows, told = [], []
    for allocation_id, wanted in zip(ids, allocations, strict=True):
        day, of_debit, of_credit = _prepare(wanted, items, accounts, applied)
        row = (
            allocation_id, wanted.debit_item_id, wanted.credit_item_id, wanted.amount, of_debit, of_credit, day, now,
            str(wanted.origin), wanted.code, wanted.strategy, actor.user_id, dict(wanted.evidence), batch_id,
        )  # fmt: skip
        rows.append(row)
        told.append(_posted_event(allocation_id, wanted, day, items, accounts, actor))
    copy_rows(table="ledger_allocation", columns=_COLUMNS, rows=rows)
    return ids, told


@transaction.atomic
def reverse_allocation(*, allocation_id: int, effective_date: date, reason: str, actor: Actor) -> int:
    """Undo an allocation from `effective_date` on and return the reversal's id.

    :raises LedgerError: AllocationNotFound, AlreadyReversed, ReversalTooEarly
    """
    return reverse_many(allocation_ids=[allocation_id], effective_date=effective_date, reason=reason, actor=actor)[0]


@transaction.atomic
def reverse_many(*, allocation_ids: Collection[int], effective_date: date, reason: str, actor: Actor) -> list[int]:
    """Undo several allocations, all or none; return the reversals' ids.

    :raises LedgerError: see `reverse_allocation`
    """
    found = list(Allocation.objects.filter(id__in=allocation_ids).order_by("id"))
    if missing := set(allocation_ids) - {row.id for row in found}:
        raise AllocationNotFound(f"no allocation {', '.join(map(str, sorted(missing)))}")
    items, accounts = lock_item_rows(item_ids={id_ for row in found for id_ in (row.debit_item_id, row.credit_item_id)})
    done = AllocationReversal.objects.filter(allocation_id__in=allocation_ids).values_list("allocation_id", flat=True)
    if done:
        raise AlreadyReversed(f"allocation {', '.join(map(str, sorted(done)))} was undone before")
    for row in found:
        if effective_date < row.effective_date:
            raise ReversalTooEarly(f"allocation {row.id} took effect on {row.effective_date}, after {effective_date}")
    reversals = AllocationReversal.objects.bulk_create(
        [
            AllocationReversal(
                allocation=row,
                effective_date=effective_date,
                posted_at=clock.now(),
                reason=reason[:200],
                posted_by_id=actor.user_id,
            )
            for row in found
        ]
    )
    refresh_balances(account_ids=accounts.keys(), as_of=clock.today())
    events.record_all(_reversed_event(row, items, accounts, actor, reason) for row in found)
    return [reversal.id for reversal in reversals]


def _prepare(
    wanted: NewAllocation,
    items: dict[int, ItemState],
    accounts: dict[int, AccountRow],
    applied: Mapping[int, list[Applied]],
) -> tuple[date, Decimal, Decimal]:
    """Check one allocation against the items as those before it leave them, and take its amounts off them.

    Return its day, and the amount in company currency of the debit and of the credit.
    """
    debit, credit = items[wanted.debit_item_id], items[wanted.credit_item_id]
    _check_pair(debit, credit, accounts)
    if wanted.amount <= 0:
        raise AmountNotPositive(f"an allocation needs a positive amount, not {wanted.amount}")
    for item in (debit, credit):
        if wanted.amount > abs(item.amount_open):
            raise AllocationExceedsOpenAmount(item_id=item.id, amount=wanted.amount, amount_open=item.amount_open)
    day = _day_with_room(wanted, debit, credit, applied)
    return day, _take_off(debit, wanted.amount), -_take_off(credit, -wanted.amount)


def _applied_with_undone(items: Mapping[int, ItemState]) -> dict[int, list[Applied]]:
    """Return what was ever applied to the items of which something was undone. One query, two when there are any."""
    undone = AllocationReversal.objects.filter(
        Q(allocation__debit_item__any=items) | Q(allocation__credit_item__any=items)
    ).values_list("allocation__debit_item_id", "allocation__credit_item_id")
    found: dict[int, list[Applied]] = {id_: [] for pair in undone for id_ in pair if id_ in items}
    if not found:
        return found
    rows = Allocation.objects.filter(Q(debit_item__any=found) | Q(credit_item__any=found)).values_list(
        "debit_item_id", "credit_item_id", "amount", "effective_date", "reversal__effective_date"
    )
    for debit_id, credit_id, amount, from_date, until_date in rows:
        for id_ in (debit_id, credit_id):
            if id_ in found:
                found[id_].append(Applied(from_date=from_date, until_date=until_date, amount=amount))
    return found


def _day_with_room(
    wanted: NewAllocation, debit: ItemState, credit: ItemState, applied: Mapping[int, list[Applied]]
) -> date:
    """Return the day it takes effect, and count it among what is applied from then on."""
    day = max(wanted.effective_date, debit.document_date, credit.document_date)
    both = [item for item in (debit, credit) if item.id in applied]
    for item in (*both, *both):  # twice: the day of the second may be too full on the first
        day = first_day_with_room(
            wanted=day, amount=wanted.amount, original=abs(item.amount_original), applied=applied[item.id]
        )
    for item in both:
        applied[item.id].append(Applied(from_date=day, until_date=None, amount=wanted.amount))
    return day


def _check_pair(debit: ItemState, credit: ItemState, accounts: dict[int, AccountRow]) -> None:
    if debit.amount_original < 0 or credit.amount_original > 0:
        raise SidesDiffer(f"item {debit.id} must be a debit and item {credit.id} a credit")
    if debit.currency != credit.currency:
        raise CurrenciesDiffer(f"item {debit.id} is in {debit.currency}, item {credit.id} in {credit.currency}")
    of_debit, of_credit = accounts[debit.account_id], accounts[credit.account_id]
    if of_debit.company_id != of_credit.company_id or not _is_one_group(of_debit.customer_id, of_credit.customer_id):
        raise AccountsUnrelated(f"items {debit.id} and {credit.id} are not of one company and one customer group")


def _is_one_group(one_id: int, other_id: int) -> bool:
    if one_id == other_id:
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT quittance_group_root(%s) = quittance_group_root(%s)", [one_id, other_id])
        return bool(cursor.fetchone()[0])


def _take_off(item: ItemState, amount: Decimal) -> Decimal:
    """Take the signed `amount` off what the item has open and return its share in company currency.

    The share is proportional to what is still open, and the whole rest when the item is settled: so the parts
    add up to the item's own company amount exactly.
    """
    if amount == item.amount_open:
        share: Decimal = item.amount_company_open
    else:
        share = quantize(item.amount_company_open * amount / item.amount_open, item.company_currency)
    item.amount_open -= amount
    item.amount_company_open -= share
    return share


def _posted_event(
    allocation_id: int,
    wanted: NewAllocation,
    day: date,
    items: dict[int, ItemState],
    accounts: dict[int, AccountRow],
    actor: Actor,
) -> events.NewEvent:
    debit, credit = items[wanted.debit_item_id], items[wanted.credit_item_id]
    more = {"effective_date": day.isoformat(), "origin": str(wanted.origin), "strategy": wanted.strategy}
    account = accounts[debit.account_id]
    return _event("allocation.posted", allocation_id, wanted.amount, debit, credit, account, actor, more)


def _reversed_event(
    row: Allocation, items: dict[int, ItemState], accounts: dict[int, AccountRow], actor: Actor, reason: str
) -> events.NewEvent:
    debit, credit = items[row.debit_item_id], items[row.credit_item_id]
    account = accounts[debit.account_id]
    return _event("allocation.reversed", row.id, row.amount, debit, credit, account, actor, {"reason": reason})


def _event(
    kind: str,
    allocation_id: int,
    amount: Decimal,
    debit: ItemState,
    credit: ItemState,
    account: AccountRow,
    actor: Actor,
    more: Mapping[str, str],
) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account.id,
        item_id=debit.id,
        subject_kind="allocation",
        subject_id=str(allocation_id),
        payload={
            "amount": f"{amount:f}",
            "currency": debit.currency,
            "debit": debit.document_number,
            "credit": credit.document_number,
            "credit_item_id": credit.id,
            **more,
        },
    )
