"""Post many payments with what they pay, in a few statements: the same facts as one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from quittance.foundation import clock, events
from quittance.foundation.copying import copy_rows, take_ids
from quittance.foundation.permissions import Actor
from quittance.ledger.errors import AmountNotPositive, ExternalIdTaken
from quittance.ledger.models import Allocation, OpenItem
from quittance.ledger.services.allocating import NewAllocation, allocate_locked
from quittance.ledger.services.balances import refresh_balances
from quittance.ledger.services.locking import ItemState, lock_item_rows
from quittance.ledger.services.posting import NewPayment, company_value, number_of, posted_event

_COLUMNS = (
    "id", "account_id", "kind", "document_number", "instalment", "document_date", "posting_date", "due_date",
    "currency", "amount_original", "amount_open", "company_currency", "amount_company", "amount_company_open", "label",
    "reference", "journal_code", "entry_number", "receivable_account", "letter_code", "delay_reason_code",
    "is_factored", "source", "external_id", "payload_hash", "version", "batch_id", "recorded_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A payment and the pairs (debit item, credit item, amount) that it settles; None stands for the payment itself.

    What it takes of the items must be open under lock, else it is left out as a whole.
    """

    payment: NewPayment
    pairs: Sequence[tuple[int, int | None, Decimal]]
    strategy: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The item posted for the payment, and the allocations of its pairs in their order."""

    payment_item_id: int
    allocation_ids: tuple[int, ...]


@transaction.atomic
def settle(*, settlements: Sequence[Settlement], actor: Actor) -> tuple[list[Settled | None], list[events.NewEvent]]:
    """Post payments and allocate them by rule, all in one transaction; None where an item has less open by now.

    Accounts and items are locked first, so that two workers never spend one item twice. The caller records the events
    last in its transaction.

    :raises LedgerError: AmountNotPositive, RateMissing, ExternalIdTaken (also when posted before with the same facts),
        and what `allocate_many` raises but for too little open; nothing is written then
    :raises AccountNotFound: when there is no such account
    """
    item_ids = {id_ for one in settlements for pair in one.pairs for id_ in pair[:2] if id_ is not None}
    items, accounts = lock_item_rows(item_ids=item_ids, account_ids={one.payment.account_id for one in settlements})
    fitting = _fitting(settlements, items)
    _check(fitting)
    ids = take_ids(table="ledger_openitem", count=len(fitting))
    now = clock.now()
    rows, wanted = [], []
    for one, item_id in zip(fitting, ids, strict=True):
        payment = one.payment
        account = accounts[payment.account_id]
        value = company_value(payment=payment, account=account)
        items[item_id] = _state(item_id, payment, account.company_currency, value)
        rows.append(_row(items[item_id], payment, now))
        wanted += [_allocation(one, pair, item_id) for pair in one.pairs]
    _post(rows)
    made = [
        posted_event(item=items[item_id], account=accounts[one.payment.account_id], actor=actor)
        for one, item_id in zip(fitting, ids, strict=True)
    ]
    allocation_ids, told = allocate_locked(allocations=wanted, items=items, accounts=accounts, actor=actor)
    refresh_balances(account_ids={item.account_id for item in items.values()}, as_of=clock.today())
    return _results(settlements, fitting, ids, allocation_ids), [*made, *told]


def _fitting(settlements: Sequence[Settlement], items: Mapping[int, ItemState]) -> list[Settlement]:
    """Return those of which all is still there, first come first served."""
    left = {id_: abs(item.amount_open) for id_, item in items.items()}
    fitting = []
    for one in settlements:
        taken: dict[int, Decimal] = {}
        for debit_id, credit_id, amount in one.pairs:
            for id_ in (debit_id, credit_id):
                if id_ is not None:
                    taken[id_] = taken.get(id_, Decimal(0)) + amount
        if all(amount <= left[id_] for id_, amount in taken.items()):
            fitting.append(one)
            for id_, amount in taken.items():
                left[id_] -= amount
    return fitting


def _check(settlements: Sequence[Settlement]) -> None:
    for one in settlements:
        if one.payment.amount <= 0:
            raise AmountNotPositive(f"money received is positive, not {one.payment.amount}")


def _post(rows: Sequence[Sequence[Any]]) -> None:
    """Write the items of payments, of which the index knows the names."""
    try:
        with transaction.atomic():
            copy_rows(table="ledger_openitem", columns=_COLUMNS, rows=rows)
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise ExternalIdTaken("a payment of this name was posted before") from error
        raise


def _state(item_id: int, payment: NewPayment, company_currency: str, value: Decimal) -> ItemState:
    return ItemState(
        id=item_id,
        account_id=payment.account_id,
        kind=OpenItem.Kind.PAYMENT.value,
        document_number=number_of(payment=payment),
        document_date=payment.payment_date,
        due_date=payment.payment_date,
        currency=payment.currency,
        amount_original=-payment.amount,
        amount_open=-payment.amount,
        company_currency=company_currency,
        amount_company_open=-value,
    )


def _row(item: ItemState, payment: NewPayment, now: object) -> tuple[Any, ...]:
    day = payment.payment_date
    return (
        item.id, item.account_id, item.kind, item.document_number, 1, day, day, day,
        item.currency, item.amount_original, item.amount_open, item.company_currency, item.amount_company_open,
        item.amount_company_open, payment.label[:255],
        payment.reference[:80], "", "", "", "", "",
        False, payment.source, payment.external_id, payment.digest, 1, payment.batch_id, now,
    )  # fmt: skip


def _allocation(one: Settlement, pair: tuple[int, int | None, Decimal], payment_item_id: int) -> NewAllocation:
    debit_id, credit_id, amount = pair
    return NewAllocation(
        debit_item_id=debit_id,
        credit_item_id=payment_item_id if credit_id is None else credit_id,
        amount=amount,
        effective_date=one.payment.payment_date,
        origin=Allocation.Origin.RULE.value,
        strategy=one.strategy,
        evidence=one.evidence,
    )


def _results(
    settlements: Sequence[Settlement], fitting: Sequence[Settlement], ids: Sequence[int], allocation_ids: Sequence[int]
) -> list[Settled | None]:
    left = iter(allocation_ids)
    done = {
        id(one): Settled(payment_item_id=item_id, allocation_ids=tuple(next(left) for _ in one.pairs))
        for one, item_id in zip(fitting, ids, strict=True)
    }
    return [done.get(id(one)) for one in settlements]
