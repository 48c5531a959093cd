"""Read the cash desk: statements, waiting lines with their explanations, how fresh the bank's data is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from quittance.cash.errors import TransactionNotFound
from quittance.cash.models import BankStatement, BankTransaction, LineLease, MatchProposal, MatchProposalLine
from quittance.foundation.expressions import count_each
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.payments import bank_data_age_days

__all__ = [
    "DayProgress",
    "ProposalLineRow",
    "ProposalRow",
    "TransactionRow",
    "bank_data_age_days",
    "count_waiting",
    "find_first_waiting",
    "find_next_waiting",
    "find_transaction_of_proposal",
    "get_progress",
    "get_statement",
    "get_transaction",
    "list_proposals",
    "statement_rows",
    "transaction_rows",
    "waiting",
]

State = BankTransaction.State
# All of them.
_COUNT_MAX = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRow:
    """One movement as the desk shows it; amounts in `currency`, money in positive."""

    id: int
    statement_id: int
    company_id: int
    bank_account_name: str
    booking_date: date
    value_date: date
    amount: Decimal
    currency: str
    counterparty_name: str
    counterparty_iban: str
    text: str
    additional_text: str
    structured_references: tuple[str, ...]
    end_to_end_id: str
    servicer_reference: str
    return_reason: str
    state: str
    waiting_reason: str
    customer_id: int | None
    customer_name: str
    account_id: int | None
    payer_confidence: int
    payer_evidence: tuple[dict[str, Any], ...]
    payment_item_id: int | None
    amount_unapplied: Decimal
    undo_count: int

    @property
    def is_waiting(self) -> bool:
        """Say whether somebody has to decide."""
        return self.state == State.WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalLineRow:
    """One item of an explanation: what it has open now and what would be taken of it (credit notes negative)."""

    item_id: int
    document_number: str
    kind: str
    due_date: date
    amount_open: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """One explanation; `amount` is what its items take, `difference` what the payment is more (+) or less (-).

    `planned` are reasons and amounts that are posted with it: what is missing (+) or too much (-).
    """

    id: int
    state: str
    strategy: str
    confidence: int
    is_automatic: bool
    account_id: int
    account_number: str
    customer_id: int
    customer_name: str
    evidence: tuple[dict[str, Any], ...]
    lines: tuple[ProposalLineRow, ...]
    amount: Decimal
    difference: Decimal
    planned: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayProgress:
    """How many receipts of a period are done, and how many of them without anybody's help."""

    total: int
    done: int
    by_itself: int

    @property
    def automatic_pct(self) -> Decimal | None:
        """Return the share matched by itself, in per cent with one decimal; None when there were no receipts."""
        return round(Decimal(100 * self.by_itself) / self.total, 1) if self.total else None


def statement_rows(*, scope: Scope = EVERYTHING) -> QuerySet[BankStatement, Any]:
    """Return the statements that the scope shows, newest first, as rows for a table."""
    return (
        BankStatement.objects.filter(_of_scope(scope))
        .order_by("-closing_date", "-id")
        .values(
            "id",
            "kind",
            "identifier",
            "sequence",
            "currency",
            "opening_date",
            "closing_date",
            "opening_amount",
            "closing_amount",
            "movement_sum",
            "is_balanced",
            "has_gap_before",
            "transaction_count",
            "duplicate_count",
            "pending_count",
            "rejected_count",
            "batch_id",
            "recorded_at",
            bank_account_name=F("bank_account__name"),
            bank_account_iban=F("bank_account__iban"),
            company_name=F("bank_account__company__name"),
            waiting_count=_count(BankTransaction.objects.filter(statement_id=OuterRef("pk"), state=State.WAITING)),
        )
    )


def find_newest_statement_date() -> date | None:
    """Return the last day that a statement of any company closes, None when there is no statement. One query."""
    found: date | None = BankStatement.objects.aggregate(newest=Max("closing_date"))["newest"]
    return found


def get_statement(*, statement_id: int, scope: Scope = EVERYTHING) -> dict[str, Any]:
    """Return one statement. One query. :raises TransactionNotFound:"""
    found: dict[str, Any] | None = statement_rows(scope=scope).filter(pk=statement_id).first()
    if found is None:
        raise TransactionNotFound(f"no bank statement {statement_id}")
    return found


def transaction_rows(
    *, scope: Scope = EVERYTHING, states: Sequence[str] | None = None, statement_id: int | None = None
) -> QuerySet[BankTransaction, Any]:
    """Return movements that the scope shows, newest first, as rows for a table."""
    found = BankTransaction.objects.filter(_of_scope(scope))
    if states is not None:
        found = found.filter(state__in=list(states))
    if statement_id is not None:
        found = found.filter(statement_id=statement_id)
    return found.order_by("-booking_date", "-id").values(
        "id",
        "statement_id",
        "booking_date",
        "value_date",
        "amount",
        "currency",
        "counterparty_name",
        "counterparty_iban",
        "text",
        "state",
        "waiting_reason",
        "customer_id",
        "account_id",
        "payment_item_id",
        "payer_confidence",
        "position",
        company_id=F("bank_account__company_id"),
        bank_account_name=F("bank_account__name"),
        customer_name=F("customer__name"),
        proposal_count=_count(
            MatchProposal.objects.filter(transaction_id=OuterRef("pk"), state=MatchProposal.State.PROPOSED)
        ),
        holder_name=Subquery(
            LineLease.objects.filter(transaction_id=OuterRef("pk"), expires_at__gt=Now())
            .exclude(user_id=scope.user_id or 0)
            .values("user__name")[:1]
        ),
    )


def count_waiting(*, scope: Scope = EVERYTHING) -> int:
    """Return how many movements wait for a decision. One query."""
    return waiting(scope=scope).count()


def waiting(*, scope: Scope = EVERYTHING) -> QuerySet[BankTransaction]:
    """Return the movements that wait for a decision, to be counted."""
    return BankTransaction.objects.filter(_of_scope(scope), state=State.WAITING)


def _held_by_others(scope: Scope, now: datetime) -> Exists:
    held = LineLease.objects.filter(transaction_id=OuterRef("pk"), expires_at__gt=now)
    return Exists(held.exclude(user_id=scope.user_id or 0))


def find_first_waiting(*, now: datetime, scope: Scope = EVERYTHING) -> int | None:
    """Return the newest waiting movement that has an explanation, else the newest one. One query.

    What a colleague has open is passed over.
    """
    found = BankTransaction.objects.filter(_of_scope(scope), ~_held_by_others(scope, now), state=State.WAITING)
    waiting = found.order_by("-booking_date", "-id")
    proposed = MatchProposal.objects.filter(transaction_id=OuterRef("pk"), state=MatchProposal.State.PROPOSED)
    explained = waiting.filter(Exists(proposed)).annotate(place=Value(0)).values_list("place", "id")[:1]
    any_one = waiting.annotate(place=Value(1)).values_list("place", "id")[:1]
    first = min(explained.union(any_one, all=True), default=None)
    return first[1] if first else None


def find_next_waiting(*, after_id: int, now: datetime, scope: Scope = EVERYTHING) -> int | None:
    """Return the waiting movement that follows another (waiting or not) in the order of the desk, newest first.

    After the last one it is the first; None when nothing else waits. What a colleague has open is passed over. Two or
    three queries.
    """
    waiting = BankTransaction.objects.filter(_of_scope(scope), ~_held_by_others(scope, now), state=State.WAITING)
    waiting = waiting.exclude(pk=after_id)
    ordered = waiting.order_by("-booking_date", "-id").values_list("id", flat=True)
    day = BankTransaction.objects.filter(pk=after_id).values_list("booking_date", flat=True).first()
    following = None
    if day is not None:
        following = ordered.filter(Q(booking_date__lt=day) | Q(booking_date=day, id__lt=after_id)).first()
    return following if following is not None else ordered.first()


def get_transaction(*, transaction_id: int, scope: Scope = EVERYTHING) -> TransactionRow:
    """Return one movement in full. One query. :raises TransactionNotFound:"""
    row = (
        BankTransaction.objects.filter(_of_scope(scope), pk=transaction_id)
        .select_related("bank_account", "customer", "payment_item")
        .first()
    )
    if row is None:
        raise TransactionNotFound(f"no bank line {transaction_id}")
    return TransactionRow(
        id=row.id,
        statement_id=row.statement_id,
        company_id=row.bank_account.company_id,
        bank_account_name=row.bank_account.name,
        booking_date=row.booking_date,
        value_date=row.value_date,
        amount=row.amount,
        currency=row.currency,
        counterparty_name=row.counterparty_name,
        counterparty_iban=row.counterparty_iban,
        text=row.text,
        additional_text=row.additional_text,
        structured_references=tuple(row.structured_references),
        end_to_end_id=row.end_to_end_id,
        servicer_reference=row.servicer_reference,
        return_reason=row.return_reason,
        state=row.state,
        waiting_reason=row.waiting_reason,
        customer_id=row.customer_id,
        customer_name=row.customer.name if row.customer else "",
        account_id=row.account_id,
        payer_confidence=row.payer_confidence,
        payer_evidence=tuple(row.payer_evidence),
        payment_item_id=row.payment_item_id,
        amount_unapplied=-row.payment_item.amount_open if row.payment_item else Decimal(0),
        undo_count=row.undo_count,
    )


def list_proposals(*, transaction_id: int, states: Iterable[str] = ("PROPOSED", "APPLIED")) -> list[ProposalRow]:
    """Return the explanations of a movement, the applied one first, then best first. Two queries."""
    applied_first = Case(
        When(state=MatchProposal.State.APPLIED, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    found = list(
        MatchProposal.objects.filter(transaction_id=transaction_id, state__in=list(states))
        .select_related("account__customer")
        .order_by(applied_first, "-confidence", "id")
    )
    lines = _lines_of([proposal.id for proposal in found])
    return [
        ProposalRow(
            id=proposal.id,
            state=proposal.state,
            strategy=proposal.strategy,
            confidence=proposal.confidence,
            is_automatic=proposal.is_automatic,
            account_id=proposal.account_id,
            account_number=proposal.account.number,
            customer_id=proposal.account.customer_id,
            customer_name=proposal.account.customer.name,
            evidence=tuple(proposal.evidence),
            lines=tuple(lines[proposal.id]),
            amount=sum((line.amount for line in lines[proposal.id]), Decimal(0)),
            difference=proposal.difference,
            planned=tuple((one["reason"], Decimal(one["amount"])) for one in proposal.planned_differences),
        )
        for proposal in found
    ]


def get_progress(*, from_date: date, until_date: date, scope: Scope = EVERYTHING) -> DayProgress:
    """Return how far the receipts booked in a period are done. One query."""
    receipts = BankTransaction.objects.filter(
        _of_scope(scope), amount__gt=0, booking_date__gte=from_date, booking_date__lte=until_date
    ).exclude(state=State.SET_ASIDE)
    done = receipts.exclude(state=State.WAITING)
    counts = count_each(receipts, done, receipts.filter(_applied_by_itself()), count_max=_COUNT_MAX)
    return DayProgress(total=counts[0], done=counts[1], by_itself=counts[2])


def _applied_by_itself() -> Exists:
    applied = MatchProposal.objects.filter(state=MatchProposal.State.APPLIED, is_automatic=True)
    return Exists(applied.filter(transaction_id=OuterRef("pk")))


def waiting_totals(*, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    """Return number and sum of the waiting receipts by currency. One query."""
    found = (
        BankTransaction.objects.filter(_of_scope(scope), state=State.WAITING, amount__gt=0)
        .values("currency")
        .annotate(count=Count("id"), total=Sum("amount"))
        .order_by("currency")
    )
    return [dict(row) for row in found]


def _lines_of(proposal_ids: Sequence[int]) -> dict[int, list[ProposalLineRow]]:
    found: defaultdict[int, list[ProposalLineRow]] = defaultdict(list)
    rows = MatchProposalLine.objects.filter(proposal_id__in=proposal_ids).select_related("item")
    for row in rows.order_by("proposal_id", "item__due_date", "id"):
        found[row.proposal_id].append(
            ProposalLineRow(
                item_id=row.item_id,
                document_number=row.item.document_number,
                kind=row.item.kind,
                due_date=row.item.due_date,
                amount_open=row.item.amount_open,
                amount=row.amount if row.item.amount_original > 0 else -row.amount,
            )
        )
    return found


def _count(found: QuerySet[Any]) -> Coalesce:
    """Count in a subquery, so that only the rows of the page pay for it."""
    counted = found.order_by().annotate(n=Func(template="count(*)", output_field=IntegerField())).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _of_scope(scope: Scope) -> Q:
    if scope.company_ids is None:
        return Q()
    return Q(bank_account__company_id__in=sorted(scope.company_ids))


def find_transaction_of_proposal(*, proposal_id: int, scope: Scope = EVERYTHING) -> int | None:
    """Return the movement a proposal explains, None when there is none that the scope shows. One query."""
    found = MatchProposal.objects.filter(pk=proposal_id).values(
        "transaction_id", "transaction__bank_account__company_id"
    )
    row = found.first()
    if row is None or not scope.allows_company(row["transaction__bank_account__company_id"]):
        return None
    return int(row["transaction_id"])


def find_line(*, transaction_id: int, scope: Scope = EVERYTHING) -> int | None:
    """Return the id of a movement that the scope shows, None of any other. One query."""
    found = BankTransaction.objects.filter(_of_scope(scope), pk=transaction_id)
    return found.values_list("id", flat=True).first()


def find_transaction_of_question(*, question_id: int, scope: Scope = EVERYTHING) -> int | None:
    """Return the movement that a question is about, None when the scope shows none. One query."""
    found = BankTransaction.objects.filter(_of_scope(scope), questions=question_id)
    return found.values_list("id", flat=True).first()


def find_transaction_of_request(*, request_id: int, scope: Scope = EVERYTHING) -> int | None:
    """Return the movement that a request is about, None when the scope shows none. One query."""
    found = BankTransaction.objects.filter(_of_scope(scope), difference_requests=request_id)
    return found.values_list("id", flat=True).first()


def get_day_progress(*, today: date, scope: Scope = EVERYTHING) -> DayProgress:
    """Return the receipts that were posted today of those that still wait or were posted today. One query.

    Receipts booked up to 30 days before count, so that old ones do not need to be read.
    """
    midnight = timezone.make_aware(datetime.combine(today, time.min))
    receipts = BankTransaction.objects.filter(
        _of_scope(scope), amount__gt=0, booking_date__gte=today - timedelta(days=30), booking_date__lte=today
    )
    posted = receipts.filter(state__in=[State.MATCHED, State.UNAPPLIED], payment_item__recorded_at__gte=midnight)
    waiting = receipts.filter(state=State.WAITING)
    done, own, waits = count_each(posted, posted.filter(_applied_by_itself()), waiting, count_max=_COUNT_MAX)
    return DayProgress(total=done + waits, done=done, by_itself=own)
