"""Post items that Quittance itself brings in, and say why an item is late."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import blake2b

from django.db import transaction

from quittance.core import money
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.ledger.errors import AmountNotPositive, ExternalIdTaken, RateMissing
from quittance.ledger.models import ExchangeRate, OpenItem
from quittance.ledger.services.balances import refresh_balances
from quittance.ledger.services.locking import ItemState, lock_item_rows
from quittance.parties.queries import AccountRow
from quittance.parties.services import lock_accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """Money received (`amount` positive, in `currency`) to post as a credit item.

    `amount_company` (positive) is worked out by the latest exchange rate up to the day when it is not given.
    """

    account_id: int
    amount: Decimal
    currency: str
    payment_date: date
    source: str
    external_id: str
    document_number: str = ""
    label: str = ""
    reference: str = ""
    amount_company: Decimal | None = None
    batch_id: int | None = None

    @property
    def digest(self) -> str:
        """Tell the same facts from others under one name."""
        return _hash(self.account_id, f"{self.amount:.4f}", self.currency, self.payment_date)


@transaction.atomic
def post_payment(
    *,
    account_id: int,
    amount: Decimal,
    currency: str,
    payment_date: date,
    source: str,
    external_id: str,
    actor: Actor,
    document_number: str = "",
    label: str = "",
    reference: str = "",
    amount_company: Decimal | None = None,
    batch_id: int | None = None,
) -> int:
    """Post one payment and return the item's id; see `NewPayment`, and `settle` for many with what they pay.

    The same `(source, external_id)` with the same facts returns the item posted before.

    :raises LedgerError: AmountNotPositive, RateMissing, ExternalIdTaken; nothing is written then
    :raises AccountNotFound: when there is no such account
    """
    payment = NewPayment(
        account_id=account_id,
        amount=amount,
        currency=currency,
        payment_date=payment_date,
        source=source,
        external_id=external_id,
        document_number=document_number,
        label=label,
        reference=reference,
        amount_company=amount_company,
        batch_id=batch_id,
    )
    if payment.amount <= 0:
        raise AmountNotPositive(f"money received is positive, not {payment.amount}")
    account = lock_accounts(account_ids=[account_id])[account_id]
    before = OpenItem.objects.filter(source=source, external_id=external_id).first()
    if before is not None:
        if before.payload_hash != payment.digest:
            raise ExternalIdTaken(f"{source} {external_id} was posted with other facts as item {before.id}")
        return before.id
    item = _payment_row(payment, account)
    item.save()
    refresh_balances(account_ids=[account_id], as_of=clock.today())
    events.record(posted_event(item=item, account=account, actor=actor))
    return item.id


def _payment_row(payment: NewPayment, account: AccountRow) -> OpenItem:
    value = company_value(payment=payment, account=account)
    return OpenItem(
        account_id=payment.account_id,
        kind=OpenItem.Kind.PAYMENT,
        document_number=number_of(payment=payment),
        document_date=payment.payment_date,
        posting_date=payment.payment_date,
        due_date=payment.payment_date,
        currency=payment.currency,
        amount_original=-payment.amount,
        amount_open=-payment.amount,
        company_currency=account.company_currency,
        amount_company=-value,
        amount_company_open=-value,
        label=payment.label[:255],
        reference=payment.reference[:80],
        source=payment.source,
        external_id=payment.external_id,
        payload_hash=payment.digest,
        batch_id=payment.batch_id,
        recorded_at=clock.now(),
    )


def company_value(*, payment: NewPayment, account: AccountRow) -> Decimal:
    """Return the payment in company currency (positive). :raises RateMissing:"""
    if payment.amount_company is not None:
        return payment.amount_company
    return convert_to_company(
        amount=payment.amount,
        currency=payment.currency,
        company_currency=account.company_currency,
        on=payment.payment_date,
    )


def number_of(*, payment: NewPayment) -> str:
    """Return the document number under which a payment stands in the books."""
    return (payment.document_number or payment.reference or payment.external_id)[:60]


def posted_event(*, item: OpenItem | ItemState, account: AccountRow, actor: Actor) -> events.NewEvent:
    """Tell that an item was posted."""
    return _event("item.posted", item, account, actor, {"kind": item.kind, "amount": f"{item.amount_original:f}"})


@transaction.atomic
def set_delay_reason(
    *,
    item_ids: Collection[int],
    reason_code: str,
    actor: Actor,
    is_only_if_none: bool = False,
    is_same_told: bool = False,
) -> int:
    """Say why items are late (blank takes the reason away); return how many changed.

    With `is_only_if_none` an item that has a reason keeps it. With `is_same_told` the event is written even where the
    reason was the same before: somebody else has now said so too.

    :raises ItemNotFound: when one does not exist; nothing is written then
    """
    items, accounts = lock_item_rows(item_ids=item_ids)
    changed = [
        item
        for item in items.values()
        if (is_same_told or item.delay_reason_code != reason_code) and not (is_only_if_none and item.delay_reason_code)
    ]
    before = {item.id: item.delay_reason_code for item in changed}
    OpenItem.objects.filter(id__in=before).update(delay_reason_code=reason_code)
    events.record_all(
        _event(
            "item.delay_reason_set",
            item,
            accounts[item.account_id],
            actor,
            {"before": before[item.id], "after": reason_code},
        )
        for item in changed
    )
    return len(changed)


def convert_to_company(*, amount: Decimal, currency: str, company_currency: str, on: date) -> Decimal:
    """Return the amount in company currency by the latest rate up to the day. :raises RateMissing:"""
    if currency == company_currency:
        return amount
    latest = (
        ExchangeRate.objects.filter(from_currency=currency, to_currency=company_currency, rate_date__lte=on)
        .order_by("-rate_date")
        .first()
    )
    if latest is None:
        raise RateMissing(f"no rate from {currency} to {company_currency} up to {on}")
    rate = money.ExchangeRate(
        from_currency=currency, to_currency=company_currency, rate=latest.rate, rate_date=latest.rate_date
    )
    return money.convert(amount, rate)


def _event(
    kind: str, item: OpenItem | ItemState, account: AccountRow, actor: Actor, payload: dict[str, str]
) -> events.NewEvent:
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


def _hash(*facts: object) -> str:
    return blake2b("|".join(map(str, facts)).encode(), digest_size=16).hexdigest()
