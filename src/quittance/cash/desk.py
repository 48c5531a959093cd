"""Read what the desk shows beside a bank line: its parts, differences, requests, questions, holder and history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet

from quittance.cash.limits import get_limit, list_deciders
from quittance.cash.models import (
    BankTransaction,
    CashDifference,
    DifferenceRequest,
    LineQuestion,
    MatchProposal,
)
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.foundation.queries import list_events
from quittance.ledger.queries.items import list_items


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A difference that somebody proposes: `amount` missing (+) or too much (-), in the line's currency."""

    id: int
    transaction_id: int
    reason: str
    amount: Decimal
    currency: str
    comment: str
    state: str
    asked_by_id: int
    asked_by_name: str
    asked_at: datetime
    answer: str
    documents: tuple[str, ...]
    deciders: tuple[str, ...]
    may_decide: bool


PARTS_SHOWN_MAX = 200
ANSWERS_SHOWN_MAX = 20


def list_parts(*, transaction_id: int) -> list[dict[str, Any]]:
    """Return the parts of a split line, in order; the first `PARTS_SHOWN_MAX` of a whole collection. One query."""
    found = BankTransaction.objects.filter(parent_id=transaction_id).exclude(waiting_reason="MERGED").order_by("id")
    rows: QuerySet[BankTransaction, Any] = found.values(
        "id", "amount", "currency", "state", customer_name=F("customer__name")
    )
    return list(rows[:PARTS_SHOWN_MAX])


def find_parent(*, transaction_id: int) -> dict[str, Any] | None:
    """Return the line that this one is a part of, None when it is whole. One query."""
    rows: QuerySet[BankTransaction, Any] = BankTransaction.objects.filter(parts=transaction_id).values(
        "id", "amount", "currency", "state"
    )
    return rows.first()


def list_differences(*, transaction_id: int) -> list[dict[str, Any]]:
    """Return what stands posted or disputed for the difference of a line. One query."""
    found = CashDifference.objects.filter(transaction_id=transaction_id, undone_at=None).order_by("id")
    rows: QuerySet[CashDifference, Any] = found.values(
        "id", "reason", "amount", "currency", "comment", "short_item_id", "posted_item_id", "dispute_id",
        short_document=F("short_item__document_number"),
    )  # fmt: skip
    return list(rows)


def find_request(*, transaction_id: int, user_id: int, as_of: date) -> RequestRow | None:
    """Return the open request for a line, else the one that was refused last. A few queries."""
    found = (
        DifferenceRequest.objects.filter(transaction_id=transaction_id, state__in=["OPEN", "REFUSED"])
        .select_related("asked_by", "transaction__bank_account")
        .order_by(F("state").asc(), "-id")
    )
    row = found.filter(state="OPEN").first() or found.first()
    if row is None:
        return None
    company_id = row.transaction.bank_account.company_id
    item_ids = [item_id for item_id, _amount in row.decision["choices"]]
    documents = list_items(as_of=as_of, is_open=False).filter(id__in=item_ids).values_list("document_number", flat=True)
    may = row.asked_by_id != user_id and get_limit(user_id=user_id, company_id=company_id) >= row.amount_company
    people = list_deciders(company_id=company_id, amount_company=row.amount_company, but=row.asked_by_id)
    return RequestRow(
        id=row.id,
        transaction_id=transaction_id,
        reason=row.reason,
        amount=row.amount,
        currency=row.currency,
        comment=row.comment,
        state=row.state,
        asked_by_id=row.asked_by_id,
        asked_by_name=row.asked_by.name,
        asked_at=row.asked_at,
        answer=row.answer,
        documents=tuple(documents),
        deciders=tuple(name for _id, name in people),
        may_decide=may and row.state == "OPEN",
    )


def list_requests_for(*, user_id: int, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    """Return the open requests that a person may decide, the oldest first. A query, and two a company."""
    found = DifferenceRequest.objects.filter(_of_scope(scope), state="OPEN").exclude(asked_by_id=user_id)
    rows: QuerySet[DifferenceRequest, Any] = found.order_by("asked_at", "id").values(
        "id", "transaction_id", "amount", "currency", "amount_company", "asked_at",
        company_id=F("transaction__bank_account__company_id"), asked_by_name=F("asked_by__name"),
    )  # fmt: skip
    limits = {id_: get_limit(user_id=user_id, company_id=id_) for id_ in {row["company_id"] for row in rows}}
    return [row for row in rows if row["amount_company"] <= limits[row["company_id"]]]


def list_questions(*, transaction_id: int) -> list[dict[str, Any]]:
    """Return what was asked about a line, in order. One query."""
    found = LineQuestion.objects.filter(transaction_id=transaction_id).order_by("id")
    return list(found.values(*_QUESTION, asked_by_name=F("asked_by__name"), asked_to_name=F("asked_to__name")))


def list_questions_for(*, user_id: int, scope: Scope = EVERYTHING) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the questions that wait for a person's answer, the oldest first, and the answers to this person's own.

    Answers count while the line still waits, the latest first. One query.
    """
    asked = Q(asked_to_id=user_id, answered_at=None)
    answered = Q(asked_by_id=user_id, answered_at__isnull=False, transaction__state="WAITING")
    found = LineQuestion.objects.filter(asked | answered, _of_scope(scope)).order_by("asked_at", "id")
    rows = list(found.values(*_QUESTION, asked_by_name=F("asked_by__name"), asked_to_name=F("asked_to__name")))
    answers = sorted((row for row in rows if row["answered_at"]), key=lambda row: row["answered_at"], reverse=True)
    return [row for row in rows if not row["answered_at"]], answers[:ANSWERS_SHOWN_MAX]


def list_history(*, transaction_id: int, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    """Return what happened to a line, newest first: the events about it, and matches made by themselves.

    An automatic match is an entry of the kind `MATCHED_BY_ITSELF`, with strategy and confidence. Two
    queries.
    """
    story = list_events(subject=("bank_transaction", str(transaction_id)), scope=scope)
    matches = MatchProposal.objects.filter(
        transaction_id=transaction_id, is_automatic=True, state__in=["APPLIED", "UNDONE"]
    ).values("id", "strategy", "confidence", "created_at")
    story += [
        {
            "kind": "MATCHED_BY_ITSELF",
            "occurred_at": match["created_at"],
            "actor_label": "",
            "payload": {"strategy": match["strategy"], "confidence": match["confidence"]},
        }
        for match in matches
    ]
    return sorted(story, key=lambda one: one["occurred_at"], reverse=True)


_QUESTION = ("id", "transaction_id", "text", "asked_at", "asked_by_id", "asked_to_id", "answer", "answered_at")


def _of_scope(scope: Scope) -> Q:
    if scope.company_ids is None:
        return Q()
    return Q(transaction__bank_account__company_id__in=sorted(scope.company_ids))
