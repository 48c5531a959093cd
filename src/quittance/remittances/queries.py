"""Read remittances: what is expected, one with its lines, rows for tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.remittances.errors import RemittanceNotFound
from quittance.remittances.models import Remittance, RemittanceLine

__all__ = [
    "ExpectedLine",
    "ExpectedRemittance",
    "ExpectedSum",
    "find_remittances_of_transaction",
    "get_remittance",
    "list_expected",
    "list_expected_sums",
    "remittance_line_rows",
    "remittance_rows",
]

State = Remittance.State


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedLine:
    """One document of an expected payment: `amount` paid (a credit note negative), `deduction` with the discount."""

    reference: str
    amount: Decimal
    deduction: Decimal
    reason_code: str
    item_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRemittance:
    """A payment that was announced and not seen; `total` is the announced one, else the sum of the lines."""

    id: int
    customer_id: int | None
    payer_name: str
    payer_iban: str
    payment_reference: str
    end_to_end_id: str
    payment_date: date | None
    total: Decimal
    currency: str
    lines: tuple[ExpectedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSum:
    """What is expected in one currency."""

    currency: str
    amount: Decimal
    count: int


def list_expected(*, company_id: int, currency: str | None = None) -> list[ExpectedRemittance]:
    """Return the remittances of a company whose money was not seen, oldest first. Two queries."""
    found = Remittance.objects.filter(company_id=company_id, state=State.EXPECTED)
    if currency is not None:
        found = found.filter(currency=currency)
    rows = list(found.order_by("received_at", "id"))
    lines: defaultdict[int, list[ExpectedLine]] = defaultdict(list)
    if rows:
        read = RemittanceLine.objects.filter(remittance__in=found).order_by("remittance_id", "position", "id")
        for line in read.values_list(
            "remittance_id",
            "reference",
            "amount_paid",
            "amount_deduction",
            "amount_discount",
            "reason_code",
            "item_id",
        ):
            remittance_id, reference, amount, deduction, discount, code, item_id = line
            lines[remittance_id].append(
                ExpectedLine(
                    reference=reference,
                    amount=amount,
                    deduction=deduction + discount,
                    reason_code=code,
                    item_id=item_id,
                )
            )
    return [
        ExpectedRemittance(
            id=row.id,
            customer_id=row.customer_id,
            payer_name=row.payer_name,
            payer_iban=row.payer_iban,
            payment_reference=row.payment_reference,
            end_to_end_id=row.end_to_end_id,
            payment_date=row.payment_date,
            total=row.lines_sum if row.total_announced is None else row.total_announced,
            currency=row.currency,
            lines=tuple(lines[row.id]),
        )
        for row in rows
    ]


def list_expected_sums(*, scope: Scope = EVERYTHING) -> list[ExpectedSum]:
    """Return what is expected by currency. One query."""
    found = (
        Remittance.objects.filter(_of_scope(scope), state=State.EXPECTED)
        .values("currency")
        .annotate(amount=Sum(Coalesce("total_announced", "lines_sum")), count=Count("id"))
        .order_by("currency")
    )
    return [ExpectedSum(currency=row["currency"], amount=row["amount"], count=row["count"]) for row in found]


def remittance_rows(
    *, scope: Scope = EVERYTHING, states: Sequence[str] | None = None, batch_id: int | None = None
) -> QuerySet[Remittance, Any]:
    """Return the remittances that the scope shows, newest first, as rows for a table."""
    found = Remittance.objects.filter(_of_scope(scope))
    if states is not None:
        found = found.filter(state__in=list(states))
    if batch_id is not None:
        found = found.filter(batch_id=batch_id)
    return found.order_by("-received_at", "-id").values(
        "id",
        "company_id",
        "batch_id",
        "source",
        "format",
        "payer_name",
        "payer_iban",
        "payer_email",
        "customer_id",
        "payment_reference",
        "end_to_end_id",
        "payment_date",
        "currency",
        "total_announced",
        "lines_sum",
        "line_count",
        "rejected_count",
        "state",
        "state_reason",
        "received_at",
        "bank_transaction_id",
        "inbound_message_id",
        amount=Coalesce("total_announced", "lines_sum"),
        customer_name=F("customer__name"),
        company_name=F("company__name"),
        filename=F("batch__filename"),
        found_count=Count("lines", filter=Q(lines__item__isnull=False)),
        named_count=Count("lines", filter=~Q(lines__reference="")),
    )


def get_remittance(*, remittance_id: int, scope: Scope = EVERYTHING) -> dict[str, Any]:
    """Return one remittance. One query. :raises RemittanceNotFound:"""
    found: dict[str, Any] | None = remittance_rows(scope=scope).filter(pk=remittance_id).first()
    if found is None:
        raise RemittanceNotFound(f"no remittance {remittance_id}")
    return found


def remittance_line_rows(*, remittance_id: int) -> QuerySet[RemittanceLine, Any]:
    """Return the lines of a remittance in their order, with the item meant, as rows for a table."""
    return (
        RemittanceLine.objects.filter(remittance_id=remittance_id)
        .order_by("position", "id")
        .values(
            "id",
            "position",
            "reference",
            "document_date",
            "amount_gross",
            "amount_paid",
            "amount_discount",
            "amount_deduction",
            "reason_code",
            "reason_text",
            "item_id",
            currency=F("remittance__currency"),
            item_number=F("item__document_number"),
            item_open=F("item__amount_open"),
        )
    )


def find_remittances_of_transaction(*, bank_transaction_id: int) -> list[dict[str, Any]]:
    """Return the remittances joined to a bank line, by id. One query."""
    return list(remittance_rows().filter(bank_transaction_id=bank_transaction_id).order_by("id"))


def _of_scope(scope: Scope) -> Q:
    return Q() if scope.company_ids is None else Q(company_id__in=scope.company_ids)
