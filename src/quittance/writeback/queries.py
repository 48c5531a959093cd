"""Read the queue to the ERP and its batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from quittance.core.writeback import letter_code
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.writeback.models import WriteBackBatch, WriteBackEntry, WriteBackFile

State = WriteBackEntry.State


def list_entries(*, scope: Scope = EVERYTHING, batch_id: int | None = None) -> QuerySet[WriteBackEntry, Any]:
    """Return entries as `.values()` rows, latest first; filter and slice it. One query.

    `document_number` is of the item, or of the debit of an allocation; `other_document_number` of its credit.
    """
    found = _in_scope(WriteBackEntry.objects.all(), scope)
    if batch_id is not None:
        found = found.filter(batch_id=batch_id)
    rows: QuerySet[WriteBackEntry, Any] = found.order_by("-number", "-id").values(
        "id", "company_id", "number", "kind", "state", "day", "account_id", "reason", "letter_number", "currency",
        "amount", "queued_at", "batch_id", "erp_reference", "refusal", "answered_at", "answered_by_name",
        company_name=F("company__name"), account_number=F("account__number"),
        customer_id=F("account__customer_id"), customer_name=F("account__customer__name"),
        batch_number=F("batch__number"),
        shown_item_id=Coalesce("item_id", "allocation__debit_item_id"),
        document_number=Coalesce("item__document_number", "allocation__debit_item__document_number"),
        other_document_number=F("allocation__credit_item__document_number"),
    )  # fmt: skip
    return rows


def list_batches(*, scope: Scope = EVERYTHING) -> QuerySet[WriteBackBatch, Any]:
    """Return batches as `.values()` rows, latest first; filter and slice it. One query.

    `unanswered` counts the entries that the ERP has said nothing of.
    """
    rows: QuerySet[WriteBackBatch, Any] = (
        _in_scope(WriteBackBatch.objects.all(), scope)
        .annotate(
            unanswered=Count("entries", filter=Q(entries__state=State.EXPORTED)),
            acknowledged=Count("entries", filter=Q(entries__state=State.ACKNOWLEDGED)),
            refused=Count("entries", filter=Q(entries__state=State.REFUSED)),
        )
        .order_by("-exported_at", "-id")
        .values(
            "id", "company_id", "number", "exported_on", "exported_at", "exported_by_name", "entry_count",
            "line_count", "currency", "debit_total", "unanswered", "acknowledged", "refused",
            company_name=F("company__name"), company_code=F("company__code"),
        )
    )  # fmt: skip
    return rows


def find_batch(*, batch_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one batch, None when there is none to see. One query."""
    row = list_batches(scope=scope).filter(id=batch_id).first()
    return dict(row) if row else None


def list_batch_files(*, batch_id: int) -> list[dict[str, Any]]:
    """Return the files of a batch. One query."""
    found = WriteBackFile.objects.filter(batch_id=batch_id).order_by("id")
    rows: QuerySet[WriteBackFile, Any] = found.values("format", "filename", "size_bytes", "sha256")
    return list(rows)


def count_by_state(*, scope: Scope = EVERYTHING) -> dict[str, int]:
    """Return how many entries are in each state. One query."""
    found = _in_scope(WriteBackEntry.objects.all(), scope).order_by().values_list("state").annotate(Count("id"))
    return dict.fromkeys(State.values, 0) | dict(found)


def list_waiting_sums(*, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    """Return what waits by company: how many entries, since when. One query."""
    found = _in_scope(WriteBackEntry.objects.filter(state=State.WAITING), scope)
    rows: QuerySet[WriteBackEntry, Any] = (
        found.order_by("company__name", "company_id")
        .values("company_id", company_name=F("company__name"))
        .annotate(entries=Count("id"), since=Min("queued_at"))
    )
    return list(rows)


def list_refused_numbers(*, entry_ids: list[int], scope: Scope = EVERYTHING) -> dict[int, list[int]]:
    """Return the numbers of refused entries by company, of those ids that the reader may see. One query."""
    found: dict[int, list[int]] = {}
    rows = _in_scope(WriteBackEntry.objects.filter(id__in=entry_ids, state=State.REFUSED), scope)
    for company_id, number in rows.order_by("company_id", "number").values_list("company_id", "number"):
        found.setdefault(company_id, []).append(number)
    return found


def list_unanswered_numbers(*, batch_id: int) -> list[int]:
    """Return the numbers of a batch of which the ERP has said nothing. One query."""
    found = WriteBackEntry.objects.filter(batch_id=batch_id, state=State.EXPORTED)
    return list(found.order_by("number").values_list("number", flat=True))


def letter_of(row: Mapping[str, Any]) -> str:
    """Return the letters of an entry's row, "" for none."""
    return letter_code(row["letter_number"]) if row.get("letter_number") else ""


def _in_scope(found: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
    return found if scope.company_ids is None else found.filter(company_id__in=sorted(scope.company_ids))
