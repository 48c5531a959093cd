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
from quittance.ledger.services.differences import SOURCE as DIFFERENCE_SOURCE
from quittance.ledger.services.locking import ItemState, lock_item_rows
from quittance.ledger.services.posting import (
    NewPayment,
    company_value,
    convert_to_company,
    number_of,
    posted_event,
)

_COLUMNS = (
    "id", "account_id", "kind", "document_number", "instalment", "document_date", "posting_date", "due_date",
    "currency", "amount_original", "amount_open", "company_currency", "amount_company", "amount_company_open", "label",
    "reference", "journal_code", "entry_number", "receivable_account", "letter_code", "delay_reason_code",
    "is_factored", "source", "external_id", "payload_hash", "version", "batch_id", "recorded_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDifference:
    """An item for what a payment is short of (`amount` negative) or over (positive); see `post_difference`."""

    account_id: int
    amount: Decimal
    is_write_off: bool
    document_number: str
    label: str
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A payment and the pairs (debit item, credit item, amount) that it settles; None stands for the payment itself.

    Of `differences`, posted with it, -1 stands for the first, -2 for the second and so on. What is taken of the items
    must be open under lock, else it is left out as a whole.
    """

    payment: NewPayment
    pairs: Sequence[tuple[int, int | None, Decimal]]
    differences: Sequence[NewDifference] = ()
    strategy: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The item posted for the payment, the allocations of its pairs in their order, and what differences became.

    Of each difference the item and its amount in company currency, signed as the item is.
    """

    payment_item_id: int
    allocation_ids: tuple[int, ...]
    differences: tuple[tuple[int, Decimal], ...] = ()


@transaction.atomic
def settle(*, settlements: Sequence[Settlement], actor: Actor) -> tuple[list[Settled | None], list[events.NewEvent]]:
    """Post payments and allocate them by rule, all in one transaction; None where an item has less open by now.

    Accounts and items are locked first, so that two workers never spend one item twice. The caller records the events
    last in its transaction.

    :raises LedgerError: AmountNotPositive, RateMissing, ExternalIdTaken (also when posted before with the same facts),
        and what `allocate_many` raises but for too little open; nothing is written then
    :raises AccountNotFound: when there is no such account
    """
    item_ids = {id_ for one in settlements for pair in one.pairs for id_ in pair[:2] if id_ is not None and id_ > 0}
    account_ids = {one.payment.account_id for one in settlements}
    account_ids |= {difference.account_id for one in settlements for difference in one.differences}
    items, accounts = lock_item_rows(item_ids=item_ids, account_ids=account_ids)
    fitting = _fitting(settlements, items)
    _check(fitting)
    taken = iter(take_ids(table="ledger_openitem", count=sum(1 + len(one.differences) for one in fitting)))
    ids = [[next(taken) for _ in range(1 + len(one.differences))] for one in fitting]
    now = clock.now()
    rows, wanted, made = [], [], []
    for one, (item_id, *difference_ids) in zip(fitting, ids, strict=True):
        payment = one.payment
        account = accounts[payment.account_id]
        value = company_value(payment=payment, account=account)
        items[item_id] = _state(item_id, payment, account.company_currency, value)
        rows.append(_row(items[item_id], payment, now))
        for id_, difference in zip(difference_ids, one.differences, strict=True):
            its_currency = accounts[difference.account_id].company_currency
            items[id_] = _difference_state(id_, difference, payment, its_currency)
            rows.append(_difference_row(items[id_], difference, now))
        wanted += [_allocation(one, pair, item_id, difference_ids) for pair in one.pairs]
        made += [
            posted_event(item=items[id_], account=accounts[items[id_].account_id], actor=actor)
            for id_ in (item_id, *difference_ids)
        ]
    _post(rows)
    values = {id_: items[id_].amount_company_open for _, *difference_ids in ids for id_ in difference_ids}
    allocation_ids, told = allocate_locked(allocations=wanted, items=items, accounts=accounts, actor=actor)
    refresh_balances(account_ids={item.account_id for item in items.values()}, as_of=clock.today())
    return _results(settlements, fitting, ids, allocation_ids, values), [*made, *told]


def _fitting(settlements: Sequence[Settlement], items: Mapping[int, ItemState]) -> list[Settlement]:
    """Return those of which all is still there, first come first served."""
    left = {id_: abs(item.amount_open) for id_, item in items.items()}
    fitting = []
    for one in settlements:
        taken: dict[int, Decimal] = {}
        for debit_id, credit_id, amount in one.pairs:
            for id_ in (debit_id, credit_id):
                if id_ is not None and id_ > 0:
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
        if any(difference.amount == 0 for difference in one.differences):
            raise AmountNotPositive("a difference is not zero")


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


def _difference_state(item_id: int, difference: NewDifference, payment: NewPayment, company_currency: str) -> ItemState:
    value = convert_to_company(
        amount=abs(difference.amount),
        currency=payment.currency,
        company_currency=company_currency,
        on=payment.payment_date,
    )
    is_given_up = difference.is_write_off and difference.amount < 0
    return ItemState(
        id=item_id,
        account_id=difference.account_id,
        kind=(OpenItem.Kind.WRITE_OFF if is_given_up else OpenItem.Kind.ADJUSTMENT).value,
        document_number=difference.document_number[:60],
        document_date=payment.payment_date,
        due_date=payment.payment_date,
        currency=payment.currency,
        amount_original=difference.amount,
        amount_open=difference.amount,
        company_currency=company_currency,
        amount_company_open=value.copy_sign(difference.amount),
    )


def _difference_row(item: ItemState, difference: NewDifference, now: object) -> tuple[Any, ...]:
    day = item.document_date
    return (
        item.id, item.account_id, item.kind, item.document_number, 1, day, day, day,
        item.currency, item.amount_original, item.amount_open, item.company_currency, item.amount_company_open,
        item.amount_company_open, difference.label[:255],
        "", "", "", "", "", "",
        False, DIFFERENCE_SOURCE, difference.external_id, difference.external_id[-32:], 1, None, now,
    )  # fmt: skip


def _allocation(
    one: Settlement, pair: tuple[int, int | None, Decimal], payment_item_id: int, difference_ids: Sequence[int]
) -> NewAllocation:
    debit_id, credit_id, amount = pair
    if debit_id < 0:
        debit_id = difference_ids[-1 - debit_id]
    if credit_id is not None and credit_id < 0:
        credit_id = difference_ids[-1 - credit_id]
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
    settlements: Sequence[Settlement],
    fitting: Sequence[Settlement],
    ids: Sequence[Sequence[int]],
    allocation_ids: Sequence[int],
    values: Mapping[int, Decimal],
) -> list[Settled | None]:
    left = iter(allocation_ids)
    done = {
        id(one): Settled(
            payment_item_id=item_id,
            allocation_ids=tuple(next(left) for _ in one.pairs),
            differences=tuple((id_, values[id_]) for id_ in difference_ids),
        )
        for one, (item_id, *difference_ids) in zip(fitting, ids, strict=True)
    }
    return [done.get(id(one)) for one in settlements]
