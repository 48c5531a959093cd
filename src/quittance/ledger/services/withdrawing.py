"""Take back a payment that was posted to the wrong account, by a posted counter-entry."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.ledger.errors import ItemNotFound, LedgerError
from quittance.ledger.models import OpenItem
from quittance.ledger.services.allocating import allocate
from quittance.parties.services import lock_accounts


class PaymentInUse(LedgerError):
    """The item is no payment, or is applied to something: undo its allocations first."""


@transaction.atomic
def withdraw_payment(*, item_id: int, effective_date: date, reason: str, actor: Actor) -> int:
    """Post an adjustment that takes a wholly unapplied payment back, settle both, and return the adjustment's id.

    The payment stays in the books as what it was; from the later of `effective_date` and its own date the
    account is as if it had not come.

    :raises LedgerError: ItemNotFound, PaymentInUse
    """
    found = OpenItem.objects.filter(pk=item_id).first()
    if found is None:
        raise ItemNotFound({item_id})
    account = lock_accounts(account_ids=[found.account_id])[found.account_id]
    payment = OpenItem.objects.select_for_update(no_key=True).get(pk=item_id)
    if payment.kind != OpenItem.Kind.PAYMENT or payment.amount_open != payment.amount_original:
        raise PaymentInUse(f"item {item_id} is not a payment that is wholly unapplied")
    day = max(effective_date, payment.document_date)
    adjustment = OpenItem.objects.create(
        account_id=payment.account_id,
        kind=OpenItem.Kind.ADJUSTMENT,
        document_number=payment.document_number,
        document_date=day,
        posting_date=day,
        due_date=day,
        currency=payment.currency,
        amount_original=-payment.amount_original,
        amount_open=-payment.amount_original,
        company_currency=payment.company_currency,
        amount_company=-payment.amount_company,
        amount_company_open=-payment.amount_company,
        label=reason[:255],
        source="QUITTANCE",
        external_id=f"withdrawn-{payment.id}",
        payload_hash=str(payment.id),
        recorded_at=clock.now(),
    )
    allocate(
        debit_item_id=adjustment.id,
        credit_item_id=payment.id,
        amount=-payment.amount_original,
        effective_date=day,
        actor=actor,
        strategy="WITHDRAWAL",
        evidence={"reason": reason},
    )
    events.record(
        events.NewEvent(
            kind="payment.withdrawn",
            actor=actor,
            company_id=account.company_id,
            customer_id=account.customer_id,
            account_id=account.id,
            item_id=payment.id,
            subject_kind="item",
            subject_id=str(payment.id),
            payload={"reason": reason, "amount": f"{-payment.amount_original:f}", "currency": payment.currency},
        )
    )
    return adjustment.id
