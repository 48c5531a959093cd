"""Read what was applied to what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet

from quittance.ledger.models import Allocation


def list_settlements(*, item_ids: Iterable[int], as_of: date) -> dict[int, list[tuple[date, Decimal]]]:
    """Return by debit item the days and amounts applied to it and still applied at the end of a day. One query.

    What was undone by then counts as never applied, however long it had stood: money sent back pays nothing.
    """
    found: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    rows = (
        Allocation.objects.filter(debit_item_id__in=list(item_ids), effective_date__lte=as_of)
        .exclude(reversal__effective_date__lte=as_of)
        .order_by("effective_date", "id")
        .values_list("debit_item_id", "effective_date", "amount")
    )
    for item_id, effective_date, amount in rows:
        found[item_id].append((effective_date, amount))
    return dict(found)


def list_accounts_of_allocation(*, allocation_id: int) -> list[int]:
    """Return the accounts of both sides of an allocation. One query."""
    found = Allocation.objects.filter(id=allocation_id)
    rows = found.values_list("debit_item__account_id", "credit_item__account_id")
    return sorted({account_id for row in rows for account_id in row})


def list_allocations_in_force(*, allocation_ids: Iterable[int], is_undone: bool = False) -> list[dict[str, Any]]:
    """Return those of these allocations that hold, or with `is_undone` those that were undone, by id. One query."""
    found = Allocation.objects.filter(id__in=list(allocation_ids), reversal__isnull=not is_undone)
    rows: QuerySet[Allocation, Any] = found.order_by("id").values(
        "id", "debit_item_id", "credit_item_id", "amount", debit_account_id=F("debit_item__account_id")
    )
    return list(rows)


def list_allocations(*, item_id: int) -> list[dict[str, Any]]:
    """Return what was applied to or from an item, latest first, with the document on the other side. One query.

    `other_*` tell of the other side; `reversed_date` is None while the allocation holds.
    """
    found = Allocation.objects.filter(Q(debit_item_id=item_id) | Q(credit_item_id=item_id))
    rows = list(_rows(found).order_by("-effective_date", "-id"))
    for row in rows:
        side = "credit" if row["debit_item_id"] == item_id else "debit"
        row["other_item_id"] = row[f"{side}_item_id"]
        row["other_document_number"] = row[f"{side}_document_number"]
        row["other_kind"] = row[f"{side}_kind"]
    return rows


def _rows(found: QuerySet[Allocation]) -> QuerySet[Allocation, Any]:
    return found.values(
        "id",
        "debit_item_id",
        "credit_item_id",
        "amount",
        "effective_date",
        "posted_at",
        "origin",
        "code",
        "strategy",
        "posted_by_id",
        "evidence",
        debit_document_number=F("debit_item__document_number"),
        credit_document_number=F("credit_item__document_number"),
        debit_kind=F("debit_item__kind"),
        credit_kind=F("credit_item__kind"),
        currency=F("debit_item__currency"),
        reversed_date=F("reversal__effective_date"),
        reversal_reason=F("reversal__reason"),
    )
