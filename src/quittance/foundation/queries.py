"""Read the story of events, and what was taken in."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import F, Q, QuerySet

from quittance.foundation.models import Event, ImportBatch, RejectedLine
from quittance.foundation.permissions import EVERYTHING, Scope

_EVENT_FIELDS = (
    "id",
    "kind",
    "occurred_at",
    "actor_id",
    "actor_label",
    "company_id",
    "customer_id",
    "account_id",
    "item_id",
    "subject_kind",
    "subject_id",
    "payload",
)
# Files of banks and of payers: the cash pages take them in, the pages of ledger files leave them alone.
CASH_KINDS: Final = ("STATEMENT", "REMITTANCE")
EVENTS_MAX = 200


def list_events(
    *,
    customer_id: int | None = None,
    account_id: int | None = None,
    item_id: int | None = None,
    subject: tuple[str, str] | None = None,
    kinds: tuple[str, ...] = (),
    before_id: int | None = None,
    limit: int = EVENTS_MAX,
    scope: Scope = EVERYTHING,
) -> list[dict[str, Any]]:
    """Return the latest events about these subjects, newest first; `before_id` goes on from a page. One query."""
    wanted = {"customer_id": customer_id, "account_id": account_id, "item_id": item_id, "id__lt": before_id}
    found = Event.objects.filter(**{name: value for name, value in wanted.items() if value is not None})
    if subject is not None:
        found = found.filter(subject_kind=subject[0], subject_id=subject[1])
    if kinds:
        found = found.filter(kind__in=kinds)
    if scope.company_ids is not None:
        found = found.filter(Q(company_id__isnull=True) | Q(company_id__in=scope.company_ids))
    return list(found.order_by("-id").values(*_EVENT_FIELDS)[:limit])


def list_audit(*, scope: Scope = EVERYTHING) -> QuerySet[Event, dict[str, Any]]:
    """Return events as `.values()` rows, newest first; filter and slice it. One query."""
    found = Event.objects.all()
    if scope.company_ids is not None:
        found = found.filter(Q(company_id__isnull=True) | Q(company_id__in=scope.company_ids))
    rows: QuerySet[Event, dict[str, Any]] = found.order_by("-id").values(*_EVENT_FIELDS)
    return rows


_BATCH_FIELDS = (
    "id",
    "key",
    "kind",
    "status",
    "source",
    "format",
    "company_id",
    "filename",
    "size_bytes",
    "is_snapshot",
    "started_by_id",
    "started_by_label",
    "created_at",
    "started_at",
    "finished_at",
    "progress_done",
    "progress_total",
    "progress_stage",
    "lines_read",
    "lines_accepted",
    "lines_rejected",
    "lines_new",
    "lines_changed",
    "lines_unchanged",
    "lines_closed",
    "reason_code",
    "reason_params",
    "message",
)


def list_imports(*, scope: Scope = EVERYTHING, kinds: tuple[str, ...] = ()) -> QuerySet[ImportBatch, dict[str, Any]]:
    """Return imports as `.values()` rows, newest first; filter and slice it. One query."""
    found = _visible_imports(scope)
    if kinds:
        found = found.filter(kind__in=kinds)
    rows: QuerySet[ImportBatch, dict[str, Any]] = found.order_by("-created_at", "-id").values(
        *_BATCH_FIELDS, duration=F("finished_at") - F("started_at")
    )
    return rows


def find_import(*, batch_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one import with its report, sha256 and profile, when the scope shows it. One query."""
    found = _visible_imports(scope).filter(id=batch_id)
    row: dict[str, Any] | None = found.values(*_BATCH_FIELDS, "report", "profile", "sha256", "stored_path").first()
    return row


_REJECTED_FIELDS: tuple[str, ...] = (
    "id",
    "position",
    "content",
    "reason_code",
    "reason_params",
    "reason",
    "is_warning",
)


def list_rejected_lines(*, batch_id: int, is_warning: bool | None = None) -> QuerySet[RejectedLine, dict[str, Any]]:
    """Return rejected lines (and remarks, `is_warning`) as `.values()` rows in file order. One query."""
    found = RejectedLine.objects.filter(batch_id=batch_id)
    if is_warning is not None:
        found = found.filter(is_warning=is_warning)
    rows: QuerySet[RejectedLine, dict[str, Any]] = found.order_by("position", "id").values(*_REJECTED_FIELDS)
    return rows


def _visible_imports(scope: Scope) -> QuerySet[ImportBatch]:
    found = ImportBatch.objects.all()
    if scope.company_ids is not None:
        found = found.filter(Q(company_id__isnull=True) | Q(company_id__in=scope.company_ids))
    return found
