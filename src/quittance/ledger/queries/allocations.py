"""Read what was applied to what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet

from quittance.ledger.models import Allocation


def list_settlements(*, item_ids: Iterable[int]) -> dict[int, list[tuple[date, Decimal]]]:
    """Return by debit item the days and amounts applied to it; a reversal is negative, on its own day. One query."""
    found: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    rows = (
        Allocation.objects.filter(debit_item_id__in=list(item_ids))
        .order_by("effective_date", "id")
        .values_list("debit_item_id", "effective_date", "amount", "reversal__effective_date")
    )
    for item_id, effective_date, amount, reversed_date in rows:
        found[item_id].append((effective_date, amount))
        if reversed_date is not None:
            found[item_id].append((reversed_date, -amount))
    return dict(found)


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
