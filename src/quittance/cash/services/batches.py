"""Apply many certain explanations in a few statements: the same facts as one by one, at a fraction of the cost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db import transaction as db_transaction

from quittance.cash.models import (
    BankTransaction,
    DifferenceRequest,
    LineLease,
    MatchProposal,
    MatchProposalLine,
)
from quittance.cash.services.applying import (
    SOURCE,
    Part,
    effective_day,
    external_id_of,
    judge_promises,
    main_account,
    pair_parts,
    payer_traits,
)
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger.services import NewAllocation, NewPayment, allocate_many, lock_items, post_payments

State = BankTransaction.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Certain:
    """One explanation to apply: its parts, the customer that pays, and what is known of the payer."""

    line_id: int
    parts: tuple[Part, ...]
    strategy: str
    confidence: int
    evidence: list[dict[str, Any]]
    difference: Decimal
    customer_id: int
    payer_confidence: int
    payer_evidence: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """Which lines were applied, and which want an item that has less open by now; the others somebody else has."""

    applied: frozenset[int]
    taken: frozenset[int]


@db_transaction.atomic
def apply_batch(*, explanations: Sequence[Certain], actor: Actor) -> BatchResult:
    """Post the payments of waiting lines, allocate them, and write what was decided, all in one transaction.

    Accounts and items are locked first, so that two workers never spend one item twice: whoever comes second finds
    less open, and leaves these lines out. A line that another worker has is left out as well.

    :raises LedgerError: the ledger refuses one of them (no exchange rate); nothing is written then
    """
    rows = _lock_lines(explanations)
    wanted = [one for one in explanations if one.line_id in rows]
    fitting = _fitting(wanted)
    if fitting:
        _apply([(rows[one.line_id], one) for one in fitting], actor)
    applied = frozenset(one.line_id for one in fitting)
    return BatchResult(applied=applied, taken=frozenset(one.line_id for one in wanted) - applied)


def _lock_lines(explanations: Sequence[Certain]) -> dict[int, BankTransaction]:
    locked = (
        BankTransaction.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("statement")
        .filter(pk__in=[one.line_id for one in explanations], state=State.WAITING)
        .order_by("id")
    )
    return {row.id: row for row in locked}


def _fitting(wanted: Sequence[Certain]) -> list[Certain]:
    """Lock what the explanations take and return those of which all is still there."""
    items = lock_items(item_ids={part.item_id for one in wanted for part in one.parts})
    left = {item.id: item.amount_open for item in items.values()}
    fitting = []
    for one in wanted:
        if all(_is_within(part.amount, left[part.item_id]) for part in one.parts):
            fitting.append(one)
            for part in one.parts:
                left[part.item_id] -= part.amount
    return fitting


def _is_within(amount: Decimal, amount_open: Decimal) -> bool:
    return 0 < amount <= amount_open or amount_open <= amount < 0


def _apply(pairs: Sequence[tuple[BankTransaction, Certain]], actor: Actor) -> None:
    payments = [_payment(row, one) for row, one in pairs]
    payment_ids = post_payments(payments=payments, actor=actor, is_applied_next=True)
    allocations: list[NewAllocation] = []
    counts: list[int] = []
    for (row, one), payment_id in zip(pairs, payment_ids, strict=True):
        mine = _allocations(row, one, payment_id)
        allocations += mine
        counts.append(len(mine))
    allocation_ids = iter(allocate_many(allocations=allocations, actor=actor))
    by_line = [[next(allocation_ids) for _ in range(count)] for count in counts]
    for (row, one), payment_id in zip(pairs, payment_ids, strict=True):
        row.payment_item_id = payment_id
        row.account_id = main_account(parts=one.parts)
    _save_lines(pairs)
    _keep_proposals(pairs, by_line, actor)
    _learn_payers(pairs)
    judge_promises(account_ids={part.account_id for _, one in pairs for part in one.parts}, actor=actor)


def _payment(row: BankTransaction, one: Certain) -> NewPayment:
    return NewPayment(
        account_id=main_account(parts=one.parts),
        amount=row.amount,
        currency=row.currency,
        payment_date=effective_day(transaction=row),
        source=SOURCE,
        external_id=external_id_of(transaction=row),
        document_number=row.servicer_reference or f"B{row.id}",
        label=row.text or row.counterparty_name,
        reference=row.end_to_end_id or row.servicer_reference,
        batch_id=row.statement.batch_id,
    )


def _allocations(row: BankTransaction, one: Certain, payment_id: int) -> list[NewAllocation]:
    return [
        NewAllocation(
            debit_item_id=debit_id,
            credit_item_id=credit_id,
            amount=amount,
            effective_date=effective_day(transaction=row),
            origin="RULE",
            strategy=one.strategy,
            evidence={"bank_transaction_id": row.id, "confidence": one.confidence, "facts": one.evidence},
        )
        for debit_id, credit_id, amount in pair_parts(payment_item_id=payment_id, payment=row.amount, parts=one.parts)
    ]


_SAVE = """
UPDATE cash_banktransaction t
SET payment_item_id = v.payment_item_id, account_id = v.account_id, customer_id = v.customer_id, state = 'MATCHED',
    waiting_reason = '', payer_confidence = v.confidence, payer_evidence = v.evidence
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::text[]::jsonb[])
    AS v(id, payment_item_id, account_id, customer_id, confidence, evidence)
WHERE t.id = v.id
"""


def _save_lines(pairs: Sequence[tuple[BankTransaction, Certain]]) -> None:
    """Write what was decided on the locked lines; nobody holds them any more and no request for them is open."""
    ids = [row.id for row, _ in pairs]
    with connection.cursor() as cursor:
        cursor.execute(
            _SAVE,
            [
                ids,
                [row.payment_item_id for row, _ in pairs],
                [row.account_id for row, _ in pairs],
                [one.customer_id for _, one in pairs],
                [one.payer_confidence for _, one in pairs],
                [json.dumps(one.payer_evidence) for _, one in pairs],
            ],
        )
    LineLease.objects.filter(transaction_id__in=ids).delete()
    DifferenceRequest.objects.filter(transaction_id__in=ids, state=DifferenceRequest.State.OPEN).update(
        state=DifferenceRequest.State.OUTDATED, decided_at=clock.now()
    )


def _keep_proposals(
    pairs: Sequence[tuple[BankTransaction, Certain]], allocation_ids: Sequence[list[int]], actor: Actor
) -> None:
    """Keep what was applied as the lines' applied explanations, and close those that were open."""
    open_ones = MatchProposal.objects.filter(transaction_id__in=[row.id for row, _ in pairs])
    open_ones.filter(state=MatchProposal.State.PROPOSED).update(
        state=MatchProposal.State.OUTDATED, decided_at=clock.now()
    )
    stored = MatchProposal.objects.bulk_create(
        MatchProposal(
            transaction_id=row.id,
            account_id=main_account(parts=one.parts),
            strategy=one.strategy,
            confidence=one.confidence,
            evidence=one.evidence,
            difference=one.difference,
            state=MatchProposal.State.APPLIED,
            is_automatic=True,
            allocation_ids=ids,
            created_at=clock.now(),
            decided_at=clock.now(),
            decided_by_id=actor.user_id,
        )
        for (row, one), ids in zip(pairs, allocation_ids, strict=True)
    )
    MatchProposalLine.objects.bulk_create(
        MatchProposalLine(proposal=proposal, item_id=part.item_id, amount=abs(part.amount))
        for proposal, (_, one) in zip(stored, pairs, strict=True)
        for part in one.parts
    )


_LEARN = """
INSERT INTO cash_payeridentity (customer_id, kind, value, seen_count, last_seen_date)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::date[]) AS v(customer_id, kind, value, n, day)
ORDER BY customer_id, kind, value
ON CONFLICT (customer_id, kind, value) DO UPDATE
SET seen_count = cash_payeridentity.seen_count + excluded.seen_count,
    last_seen_date = greatest(cash_payeridentity.last_seen_date, excluded.last_seen_date)
"""


def _learn_payers(pairs: Iterable[tuple[BankTransaction, Certain]]) -> None:
    """Remember the bank accounts and names under which customers have paid. One statement."""
    seen: Counter[tuple[int, str, str]] = Counter()
    days: dict[tuple[int, str, str], date] = {}
    for row, one in pairs:
        for kind, value in payer_traits(transaction=row):
            key = (one.customer_id, kind, value)
            seen[key] += 1
            days[key] = max(days.get(key, row.booking_date), row.booking_date)
    keys = sorted(seen)
    with connection.cursor() as cursor:
        cursor.execute(
            _LEARN,
            [
                [key[0] for key in keys],
                [key[1] for key in keys],
                [key[2] for key in keys],
                [seen[key] for key in keys],
                [days[key] for key in keys],
            ],
        )
