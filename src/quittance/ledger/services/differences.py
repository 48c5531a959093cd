"""Post what a payment was less or more than the debts it paid, and take it back by a posted counter-entry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction

from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.ledger.errors import AmountNotPositive, ItemNotFound
from quittance.ledger.models import OpenItem
from quittance.ledger.services.allocating import allocate
from quittance.ledger.services.balances import refresh_balances
from quittance.ledger.services.posting import convert_to_company
from quittance.ledger.services.withdrawing import PaymentInUse
from quittance.parties.queries import AccountRow
from quittance.parties.services import lock_accounts

SOURCE = "QUITTANCE"


@transaction.atomic
def post_difference(
    *,
    account_id: int,
    amount: Decimal,
    currency: str,
    effective_date: date,
    is_write_off: bool,
    document_number: str,
    label: str,
    external_id: str,
    actor: Actor,
) -> int:
    """Post a credit (`amount` negative: something is given up) or a debit (positive: too much was paid); return its id.

    A credit that we bear ourselves is a WRITE_OFF, all else an ADJUSTMENT. It is open until it is allocated.

    :raises LedgerError: AmountNotPositive (zero), RateMissing :raises AccountNotFound:
    """
    if amount == 0:
        raise AmountNotPositive("a difference is not zero")
    account = lock_accounts(account_ids=[account_id])[account_id]
    value = convert_to_company(
        amount=abs(amount), currency=currency, company_currency=account.company_currency, on=effective_date
    )
    kind = OpenItem.Kind.WRITE_OFF if is_write_off and amount < 0 else OpenItem.Kind.ADJUSTMENT
    item = OpenItem.objects.create(
        account_id=account_id,
        kind=kind,
        document_number=document_number[:60],
        document_date=effective_date,
        posting_date=effective_date,
        due_date=effective_date,
        currency=currency,
        amount_original=amount,
        amount_open=amount,
        company_currency=account.company_currency,
        amount_company=value.copy_sign(amount),
        amount_company_open=value.copy_sign(amount),
        label=label[:255],
        source=SOURCE,
        external_id=external_id,
        payload_hash=external_id[-32:],
        recorded_at=clock.now(),
    )
    refresh_balances(account_ids=[account_id], as_of=clock.today())
    events.record(_event("item.posted", item, account, actor, {"kind": kind, "amount": f"{amount:f}"}))
    return item.id


@transaction.atomic
def withdraw_difference(*, item_id: int, effective_date: date, reason: str, actor: Actor) -> int:
    """Post the opposite of a difference that is applied to nothing, settle both, and return the counter-entry's id.

    :raises LedgerError: ItemNotFound, PaymentInUse (something of it is still applied)
    """
    account_id = OpenItem.objects.filter(pk=item_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise ItemNotFound({item_id})
    lock_accounts(account_ids=[account_id])
    found = OpenItem.objects.select_for_update(no_key=True).get(pk=item_id)
    if found.source != SOURCE or found.amount_open != found.amount_original:
        raise PaymentInUse(f"item {item_id} is not a difference that is wholly open")
    day = max(effective_date, found.document_date)
    counter = OpenItem.objects.create(
        account_id=account_id,
        kind=OpenItem.Kind.ADJUSTMENT,
        document_number=found.document_number,
        document_date=day,
        posting_date=day,
        due_date=day,
        currency=found.currency,
        amount_original=-found.amount_original,
        amount_open=-found.amount_original,
        company_currency=found.company_currency,
        amount_company=-found.amount_company,
        amount_company_open=-found.amount_company,
        label=reason[:255],
        source=SOURCE,
        external_id=f"withdrawn-{found.id}",
        payload_hash=str(found.id),
        recorded_at=clock.now(),
    )
    debit, credit = (counter, found) if found.amount_original < 0 else (found, counter)
    allocate(
        debit_item_id=debit.id,
        credit_item_id=credit.id,
        amount=abs(found.amount_original),
        effective_date=day,
        actor=actor,
        strategy="WITHDRAWAL",
        evidence={"reason": reason},
    )
    return counter.id


def _event(kind: str, item: OpenItem, account: AccountRow, actor: Actor, payload: dict[str, str]) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account.id,
        item_id=item.id,
        subject_kind="item",
        subject_id=str(item.id),
        payload={"document": item.document_number, "currency": item.currency, **payload},
    )
