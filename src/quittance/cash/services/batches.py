"""Apply many certain explanations in a few statements: the same facts as one by one, at a fraction of the cost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.db import OperationalError, connection
from django.db import transaction as db_transaction
from psycopg.errors import DeadlockDetected

from quittance.cash.models import (
    BankTransaction,
    CashDifference,
    DifferenceRequest,
    LineLease,
    MatchProposal,
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
from quittance.cash.services.differences import external_id_of_difference, is_write_off, label_of
from quittance.foundation import clock, events
from quittance.foundation.copying import copy_rows, take_ids
from quittance.foundation.permissions import Actor
from quittance.ledger.services import LedgerError, NewDifference, NewPayment, Settled, Settlement, settle
from quittance.parties.queries import get_accounts

State = BankTransaction.State
BATCHES_FOR_THREADS = 6
THREADS = 2
Decided = TypeVar("Decided")
_PAYMENT = 0
_READ = (
    "booking_date", "undone_date", "undo_count", "amount", "currency", "servicer_reference", "text",
    "counterparty_name", "counterparty_iban", "end_to_end_id",
)  # fmt: skip
_PROPOSAL_COLUMNS = (
    "id", "transaction_id", "account_id", "strategy", "confidence", "evidence", "difference", "state", "is_automatic",
    "allocation_ids", "created_at", "decided_at", "decided_by_id", "planned_differences",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What is posted beside a payment: `amount` missing (+) of an item, or too much (-) of none (`item_id` 0)."""

    reason: str
    item_id: int
    account_id: int
    document_number: str
    amount: Decimal


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
    planned: tuple[Planned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """Which lines were applied, and which want an item that has less open by now; the others somebody else has."""

    applied: frozenset[int]
    taken: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """A locked line, what was decided, and what the ledger made of it."""

    row: BankTransaction
    one: Certain
    result: Settled
    proposal_id: int


@db_transaction.atomic
def apply_batch(*, explanations: Sequence[Certain], actor: Actor) -> BatchResult:
    """Post the payments of waiting lines, allocate them, and write what was decided, all in one transaction.

    Accounts and items are locked before they are looked at, so that two workers never spend one item twice: whoever
    comes second finds less open, and leaves these lines out. A line that another worker has is left out as well.

    :raises LedgerError: the ledger refuses one of them (no exchange rate); nothing is written then
    """
    rows = _lock_lines(explanations)
    wanted = [(rows[one.line_id], one) for one in explanations if one.line_id in rows]
    proposal_ids = take_ids(table="cash_matchproposal", count=len(wanted))
    languages = _languages(one for _, one in wanted)
    settlements = [
        _settlement(row, one, proposal_id, languages)
        for (row, one), proposal_id in zip(wanted, proposal_ids, strict=True)
    ]
    settled, told = settle(settlements=settlements, actor=actor)
    done = [
        _Done(row=row, one=one, result=result, proposal_id=proposal_id)
        for (row, one), proposal_id, result in zip(wanted, proposal_ids, settled, strict=True)
        if result
    ]
    if done:
        _save_lines(done)
        _keep_proposals(done, actor)
        _keep_differences(done, actor)
        _learn_payers(done)
        judge_promises(account_ids={part.account_id for each in done for part in each.one.parts}, actor=actor)
        # Last: from here to the commit nobody else can record anything.
        events.record_all(told)
    applied = frozenset(each.one.line_id for each in done)
    return BatchResult(applied=applied, taken=frozenset(one.line_id for _, one in wanted) - applied)


def apply_batches(
    *, batches: Sequence[Sequence[Decided]], explain: Callable[[Decided], Certain], actor: Actor
) -> list[BatchResult | None]:
    """Apply batches, two at a time when they are many; None where one was refused and nothing of it is written.

    Each of two threads has its connection and its transactions, as two workers have: while one waits for the database
    the other prepares.
    """

    def apply(batch: Sequence[Decided]) -> BatchResult | None:
        try:
            return apply_batch(explanations=[explain(one) for one in batch], actor=actor)
        except LedgerError:
            return None
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
            return None

    def apply_elsewhere(batch: Sequence[Decided]) -> BatchResult | None:
        try:
            return apply(batch)
        finally:
            connection.close()  # each thread has its own

    if len(batches) < BATCHES_FOR_THREADS or connection.in_atomic_block:
        return [apply(batch) for batch in batches]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="cash-apply") as pool:
        waiting = [pool.submit(copy_context().run, apply_elsewhere, batch) for batch in batches]
    return [one.result() for one in waiting]


def _lock_lines(explanations: Sequence[Certain]) -> dict[int, BankTransaction]:
    locked = (
        BankTransaction.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .filter(id__any=[one.line_id for one in explanations], state=State.WAITING)
        .select_related("statement")
        .only(*_READ, "statement__batch_id")
        .order_by("id")
    )
    return {row.id: row for row in locked}


def _languages(explanations: Iterable[Certain]) -> dict[int, str]:
    """Return the language of each account on which a difference is posted. One query where there is any."""
    wanted = {plan.account_id for one in explanations for plan in one.planned}
    return {id_: account.language for id_, account in get_accounts(account_ids=wanted).items()} if wanted else {}


def _settlement(row: BankTransaction, one: Certain, proposal_id: int, languages: Mapping[int, str]) -> Settlement:
    main = main_account(parts=one.parts)
    numbered = [(-number, plan) for number, plan in enumerate(one.planned, start=1)]
    surplus = [Part(item_id=id_, account_id=main, amount=-plan.amount) for id_, plan in numbered if not plan.item_id]
    pairs = pair_parts(payment_item_id=_PAYMENT, payment=row.amount, parts=[*one.parts, *surplus])
    pairs += [(plan.item_id, id_, plan.amount) for id_, plan in numbered if plan.item_id]
    more = {"difference": one.planned[0].reason} if one.planned else {}
    return Settlement(
        payment=NewPayment(
            account_id=main,
            amount=row.amount,
            currency=row.currency,
            payment_date=effective_day(transaction=row),
            source=SOURCE,
            external_id=external_id_of(transaction=row),
            document_number=row.servicer_reference or f"B{row.id}",
            label=row.text or row.counterparty_name,
            reference=row.end_to_end_id or row.servicer_reference,
            batch_id=row.statement.batch_id,
        ),
        pairs=[(debit, None if credit == _PAYMENT else credit, amount) for debit, credit, amount in pairs],
        differences=[_difference(row, plan, -id_, proposal_id, languages) for id_, plan in numbered],
        strategy=one.strategy,
        evidence={"bank_transaction_id": row.id, "confidence": one.confidence, "facts": one.evidence, **more},
    )


def _difference(
    row: BankTransaction, plan: Planned, number: int, proposal_id: int, languages: Mapping[int, str]
) -> NewDifference:
    return NewDifference(
        account_id=plan.account_id,
        amount=-plan.amount,
        is_write_off=is_write_off(reason=plan.reason),
        document_number=plan.document_number or f"B{row.id}",
        label=label_of(reason=plan.reason, language=languages[plan.account_id]),
        external_id=external_id_of_difference(proposal_id=proposal_id, number=number),
    )


_SAVE = """
UPDATE cash_banktransaction t
SET payment_item_id = v.payment_item_id, account_id = v.account_id, customer_id = v.customer_id, state = 'MATCHED',
    waiting_reason = '', payer_confidence = v.confidence, payer_evidence = v.evidence
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::text[]::jsonb[])
    AS v(id, payment_item_id, account_id, customer_id, confidence, evidence)
WHERE t.id = v.id
"""


def _save_lines(done: Sequence[_Done]) -> None:
    """Write what was decided on the locked lines; nobody holds them any more and no request for them is open."""
    ids = [each.one.line_id for each in done]
    with connection.cursor() as cursor:
        cursor.execute(
            _SAVE,
            [
                ids,
                [each.result.payment_item_id for each in done],
                [main_account(parts=each.one.parts) for each in done],
                [each.one.customer_id for each in done],
                [each.one.payer_confidence for each in done],
                [json.dumps(each.one.payer_evidence) for each in done],
            ],
        )
    LineLease.objects.filter(transaction__any=ids).delete()
    DifferenceRequest.objects.filter(transaction__any=ids, state=DifferenceRequest.State.OPEN).update(
        state=DifferenceRequest.State.OUTDATED, decided_at=clock.now()
    )


def _keep_proposals(done: Sequence[_Done], actor: Actor) -> None:
    """Keep what was applied as the lines' applied explanations, and close those that were open."""
    now = clock.now()
    open_ones = MatchProposal.objects.filter(transaction__any=[each.one.line_id for each in done])
    open_ones.filter(state=MatchProposal.State.PROPOSED).update(state=MatchProposal.State.OUTDATED, decided_at=now)
    copy_rows(
        table="cash_matchproposal",
        columns=_PROPOSAL_COLUMNS,
        rows=(
            (
                each.proposal_id, each.one.line_id, main_account(parts=each.one.parts), each.one.strategy,
                each.one.confidence, each.one.evidence, each.one.difference, MatchProposal.State.APPLIED.value, True,
                each.result.allocation_ids, now, now, actor.user_id,
                [
                    {"reason": plan.reason, "item_id": plan.item_id, "amount": f"{plan.amount:f}"}
                    for plan in each.one.planned
                ],
            )
            for each in done
        ),
    )  # fmt: skip
    copy_rows(
        table="cash_matchproposalline",
        columns=("proposal_id", "item_id", "amount"),
        rows=((each.proposal_id, part.item_id, abs(part.amount)) for each in done for part in each.one.parts),
    )


def _keep_differences(done: Sequence[_Done], actor: Actor) -> None:
    """Write down which items were posted for which difference. One statement."""
    now = clock.now()
    CashDifference.objects.bulk_create(
        CashDifference(
            transaction_id=each.one.line_id,
            proposal_id=each.proposal_id,
            reason=plan.reason,
            short_item_id=plan.item_id or None,
            posted_item_id=item_id,
            amount=plan.amount,
            currency=each.row.currency,
            amount_company=-value,
            created_at=now,
            created_by_id=actor.user_id,
        )
        for each in done
        for plan, (item_id, value) in zip(each.one.planned, each.result.differences, strict=True)
    )


_LEARN = """
INSERT INTO cash_payeridentity (customer_id, kind, value, seen_count, last_seen_date)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::date[]) AS v(customer_id, kind, value, n, day)
ORDER BY customer_id, kind, value
ON CONFLICT (customer_id, kind, value) DO UPDATE
SET seen_count = cash_payeridentity.seen_count + excluded.seen_count,
    last_seen_date = greatest(cash_payeridentity.last_seen_date, excluded.last_seen_date)
"""


def _learn_payers(done: Iterable[_Done]) -> None:
    """Remember the bank accounts and names under which customers have paid. One statement."""
    seen: Counter[tuple[int, str, str]] = Counter()
    days: dict[tuple[int, str, str], date] = {}
    for each in done:
        day = each.row.booking_date
        for kind, value in payer_traits(transaction=each.row):
            key = (each.one.customer_id, kind, value)
            seen[key] += 1
            days[key] = max(days.get(key, day), day)
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
