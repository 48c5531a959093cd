"""Turn an explanation of a bank line into facts of the ledger, and undo it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F

from quittance.cash.models import (
    BankTransaction,
    DifferenceRequest,
    LineLease,
    MatchProposal,
    MatchProposalLine,
    PayerIdentity,
)
from quittance.core.matching import fold_iban
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger.services import NewAllocation, allocate_many, post_payment
from quittance.promises.plans import decide_plans
from quittance.promises.services import decide_promises

SOURCE = "BANK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A share of an explanation: an item and the signed amount taken of it (credit notes negative)."""

    item_id: int
    account_id: int
    amount: Decimal


def pair_parts(*, payment_item_id: int, payment: Decimal, parts: Sequence[Part]) -> list[tuple[int, int, Decimal]]:
    """Return (debit item, credit item, amount) so that credit notes and the payment settle the debits exactly.

    Credit notes are used up first, in order; the payment pays the rest, and no more than there is of it.

    >>> invoice = Part(item_id=1, account_id=9, amount=Decimal("100"))
    >>> credit_note = Part(item_id=2, account_id=9, amount=Decimal("-20"))
    >>> pair_parts(payment_item_id=7, payment=Decimal("80"), parts=[invoice, credit_note])
    [(1, 2, Decimal('20')), (1, 7, Decimal('80'))]
    """
    available = [(part.item_id, -part.amount) for part in parts if part.amount < 0]
    available.append((payment_item_id, payment))
    pairs: list[tuple[int, int, Decimal]] = []
    for part in parts:
        owed = part.amount
        while owed > 0 and available:
            credit_id, left = available[0]
            amount = min(owed, left)
            if amount > 0:
                pairs.append((part.item_id, credit_id, amount))
            owed -= amount
            if amount == left:
                available.pop(0)
            else:
                available[0] = (credit_id, left - amount)
    return pairs


def apply_parts(
    *,
    transaction: BankTransaction,
    account_id: int,
    parts: Sequence[Part],
    strategy: str,
    evidence: dict[str, Any],
    is_automatic: bool,
    actor: Actor,
    more_pairs: Sequence[tuple[int, int, Decimal]] = (),
) -> list[int]:
    """Post the payment of a locked bank line on an account, allocate it, and return the allocations' ids.

    `more_pairs` (debit item, credit item, amount) are applied with it: what is written off. Promises that it keeps
    are kept at once.

    :raises LedgerError: an item has less open than is to be taken of it; nothing is written then
    """
    day = effective_day(transaction=transaction)
    payment_item_id = post_payment(
        account_id=account_id,
        amount=transaction.amount,
        currency=transaction.currency,
        payment_date=day,
        source=SOURCE,
        external_id=external_id_of(transaction=transaction),
        actor=actor,
        document_number=transaction.servicer_reference or f"B{transaction.id}",
        label=transaction.text or transaction.counterparty_name,
        reference=transaction.end_to_end_id or transaction.servicer_reference,
        batch_id=transaction.statement.batch_id,
    )
    pairs = [
        *pair_parts(payment_item_id=payment_item_id, payment=transaction.amount, parts=parts),
        *more_pairs,
    ]
    allocation_ids = allocate_many(
        allocations=[
            NewAllocation(
                debit_item_id=debit_id,
                credit_item_id=credit_id,
                amount=amount,
                effective_date=day,
                origin="RULE" if is_automatic else "PERSON",
                strategy=strategy,
                evidence={"bank_transaction_id": transaction.id, **evidence},
            )
            for debit_id, credit_id, amount in pairs
        ],
        actor=actor,
    )
    transaction.payment_item_id = payment_item_id
    transaction.account_id = account_id
    transaction.state = BankTransaction.State.MATCHED if allocation_ids else BankTransaction.State.UNAPPLIED
    transaction.waiting_reason = ""
    judge_promises(account_ids=[part.account_id for part in parts], actor=actor)
    return allocation_ids


def effective_day(*, transaction: BankTransaction) -> date:
    """Return the day from which on the money counts: its booking, or the undo that came after it."""
    return max(transaction.booking_date, transaction.undone_date or transaction.booking_date)


def judge_promises(*, account_ids: Collection[int], actor: Actor) -> None:
    """Decide promises and payment plans of accounts on which cash was just applied or undone, in this transaction."""
    if account_ids:
        decide_promises(as_of=clock.today(), account_ids=set(account_ids), actor=actor)
        decide_plans(as_of=clock.today(), account_ids=set(account_ids), actor=actor)


def external_id_of(*, transaction: BankTransaction) -> str:
    """Return a name for the payment; after an undo the same money is posted anew, under the next one."""
    count = transaction.undo_count
    return f"{transaction.id}" if not count else f"{transaction.id}/{count + 1}"


def parts_of_proposal(*, proposal: MatchProposal) -> list[Part]:
    """Return the parts of a stored proposal, signed as their items are."""
    rows = MatchProposalLine.objects.filter(proposal=proposal).order_by("id").values_list(
        "item_id", "item__account_id", "amount", "item__amount_original"
    )  # fmt: skip
    return [
        Part(item_id=item_id, account_id=account_id, amount=amount if original > 0 else -amount)
        for item_id, account_id, amount, original in rows
    ]


def main_account(*, parts: Iterable[Part]) -> int:
    """Return the account that most of the money is for."""
    totals: dict[int, Decimal] = {}
    for part in parts:
        totals[part.account_id] = totals.get(part.account_id, Decimal(0)) + part.amount
    return min(totals, key=lambda account_id: (-totals[account_id], account_id))


def learn_payer(*, transaction: BankTransaction, customer_id: int, seen_date: date) -> None:
    """Remember the bank account and name under which a customer has paid."""
    for kind, value in payer_traits(transaction=transaction):
        identity, is_new = PayerIdentity.objects.get_or_create(
            customer_id=customer_id, kind=kind, value=value, defaults={"last_seen_date": seen_date}
        )
        if not is_new:
            PayerIdentity.objects.filter(pk=identity.pk).update(
                seen_count=F("seen_count") + 1, last_seen_date=max(identity.last_seen_date or seen_date, seen_date)
            )


def unlearn_payer(*, transaction: BankTransaction, customer_id: int) -> None:
    """Take back what one payment taught; what a person gave or switched off stays as they left it."""
    for kind, value in payer_traits(transaction=transaction):
        mine = PayerIdentity.objects.filter(customer_id=customer_id, kind=kind, value=value)
        mine.filter(seen_count__lte=1, is_given=False, is_active=True).delete()
        mine.filter(seen_count__gte=1).update(seen_count=F("seen_count") - 1)


def payer_traits(*, transaction: BankTransaction) -> list[tuple[str, str]]:
    """Return what a line tells of its payer: kind and value of each trait."""
    iban, name = fold_iban(transaction.counterparty_iban), transaction.counterparty_name
    return [
        (kind.value, value)
        for kind, value in ((PayerIdentity.Kind.IBAN, iban), (PayerIdentity.Kind.NAME, name))
        if value
    ]


def save_decision(*, transaction: BankTransaction) -> None:
    """Write what was decided on a locked bank line; once it is, nobody holds it and no request for it is open."""
    transaction.save(
        update_fields=[
            "payment_item",
            "account",
            "customer",
            "state",
            "waiting_reason",
            "payer_confidence",
            "payer_evidence",
        ]
    )
    if transaction.state != BankTransaction.State.WAITING:
        LineLease.objects.filter(transaction_id=transaction.id).delete()
        DifferenceRequest.objects.filter(transaction_id=transaction.id, state=DifferenceRequest.State.OPEN).update(
            state=DifferenceRequest.State.OUTDATED, decided_at=clock.now()
        )


def outdate_proposals(*, transaction_id: int, but: int | None = None) -> None:
    """Close the proposals that are still open on a bank line."""
    open_ones = MatchProposal.objects.filter(transaction_id=transaction_id, state=MatchProposal.State.PROPOSED)
    open_ones.exclude(pk=but or 0).update(state=MatchProposal.State.OUTDATED, decided_at=clock.now())
