"""Imports: the list, one with what came of it, its progress, and starting it again."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quittance.foundation import queries
from quittance.foundation.jobs import get_queue_state
from quittance.foundation.permissions import Permission
from quittance.foundation.queries import CASH_KINDS
from quittance.foundation.reason_words import row_words
from quittance.ledger.intake.uploads import UploadNotFound, discard_upload
from quittance.ledger.queries import list_items
from quittance.ledger.queries.import_pages import list_changed_items, list_unbalanced_letter_groups
from quittance.ledger.services import ImportRefused, start_import
from quittance.parties.queries import CompanyRow, find_company
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.tables import Table
from quittance.web.views.import_access import allowed_scope, get_visible_import, visible_imports
from quittance.web.views.import_sentences import count_sentences
from quittance.web.views.import_tables import (
    ChangeTable,
    ImportItemTable,
    ImportTable,
    LetterTable,
    LineTable,
    RemarkTable,
)
from quittance.web.views.import_words import KINDS, STAGES, STATUS_TONES, STATUSES, layout_words, reason_word

MOVING = ("WAITING", "RUNNING")
_KILOBYTE = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One list of the page of an import; `count` None when it is not counted."""

    key: str
    label: str | Promise
    count: int
    is_current: bool = False


@requires(Permission.SEE_IMPORTS)
def import_list(request: HttpRequest) -> HttpResponseBase:
    """List the imports."""
    allowed = permissions_of_request(request)
    context = {
        "can_import": Permission.IMPORT_LEDGER in allowed,
        "can_import_statements": Permission.IMPORT_STATEMENTS in allowed,
    }
    return render_table(request, "imports/import_list.html", ImportTable(request, visible_imports(request)), context)


@requires(Permission.SEE_IMPORTS)
def import_detail(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """Show one import: how far it is, what came of it, and the lines that are not in."""
    batch = get_visible_import(request, batch_id)
    reasons = _count_reasons(batch_id)
    tabs = _tabs(batch, reasons)
    asked = request.GET.get("tab", "")
    shown = next((tab.key for tab in tabs if tab.key == asked), tabs[0].key if tabs else "")
    company = find_company(company_id=batch["company_id"]) if batch["company_id"] else None
    context = {
        "batch": batch,
        "message": row_words(batch),
        "kind": KINDS[batch["kind"]],
        "layout": layout_words(batch["format"]),
        "status_word": STATUSES.get(batch["status"], batch["status"]),
        "status_tone": STATUS_TONES.get(batch["status"], "neutral"),
        "sentences": count_sentences(batch),
        "totals": _totals(batch, company),
        "tabs": [Tab(key=tab.key, label=tab.label, count=tab.count, is_current=tab.key == shown) for tab in tabs],
        "tab": shown,
        "company": company,
        "can_start": _can_start(request, batch),
        "can_map_table": Permission.IMPORT_STATEMENTS in permissions_of_request(request),
        "is_mapped_by_hand": batch["profile"].get("reader", "table") == "table",
        "was_started": "reader" in batch["profile"],
        "has_items": batch["kind"] == "LEDGER" and batch["lines_new"] + batch["lines_changed"] > 0,
        "same_as": batch["report"].get("same_as_batch"),
        "as_progress": _progress(batch),
    }
    table = _tab_table(request, batch_id, shown, reasons)
    if table is None:
        return render_page(request, "imports/import_detail.html", context=context)
    return render_table(request, "imports/import_detail.html", table, context)


@requires(Permission.SEE_IMPORTS)
def import_progress(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Answer the progress bar; when the state has changed, have the whole page read again."""
    batch = get_visible_import(request, batch_id)
    context = {"batch": batch, "as_progress": _progress(batch)}
    response = render_page(request, "imports/_progress.html", "imports/_progress.html", context)
    if batch["status"] not in MOVING or request.GET.get("state", batch["status"]) != batch["status"]:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.SEE_ITEMS)
def import_items(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """List the items that an import brought or changed."""
    batch = get_visible_import(request, batch_id)
    desk = desk_of(request)
    rows = list_items(as_of=desk.as_of, scope=allowed_scope(request), is_open=False).filter(batch_id=batch_id)
    table = ImportItemTable(request, desk, rows)
    return render_table(request, "imports/import_items.html", table, {"batch": batch})


@requires(Permission.IMPORT_LEDGER)
@require_POST
def import_restart(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Start a failed import again, as it was set."""
    batch = get_visible_import(request, batch_id)
    profile = batch["profile"]
    if not _can_start(request, batch) or "reader" not in profile:
        raise Http404
    try:
        start_import(
            batch_id=batch_id,
            reader=profile["reader"],
            settings=profile["settings"],
            actor=actor_of(request),
            department_id=profile.get("department_id"),
            may_create_accounts=profile.get("may_create_accounts", True),
        )
        notify(request, _("The import begins again from the first line."))
    except ImportRefused as error:
        notify(request, str(error), tone="late")
    return redirect("import_detail", batch_id)


@requires(Permission.IMPORT_LEDGER)
@require_POST
def import_discard(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Forget a file that was sent and not read."""
    get_visible_import(request, batch_id)
    try:
        name = discard_upload(batch_id=batch_id)
    except UploadNotFound:
        notify(request, _("This import was started before; it stays in the list."), tone="late")
        return redirect("import_detail", batch_id)
    notify(request, _("%(file)s was deleted; nothing of it was read.") % {"file": name})
    return redirect("import_list")


def _can_start(request: HttpRequest, batch: dict[str, Any]) -> bool:
    may = Permission.IMPORT_LEDGER in permissions_of_request(request)
    is_ours = batch["kind"] not in CASH_KINDS and bool(batch["stored_path"])
    return may and is_ours and batch["status"] in ("NEEDS_MAPPING", "FAILED", "REFUSED")


def _count_reasons(batch_id: int) -> list[dict[str, Any]]:
    """Return how many rejected lines and remarks there are by reason, the most frequent first. One query."""
    found = queries.list_rejected_lines(batch_id=batch_id).order_by()
    counted = found.values("reason_code", "is_warning").annotate(n=Count("id")).order_by("-n", "reason_code")
    return [dict(row) for row in counted]


def _tabs(batch: dict[str, Any], reasons: list[dict[str, Any]]) -> list[Tab]:
    unbalanced = _letter_gap(batch)
    found = [
        Tab(
            key="rejected",
            label=gettext_lazy("Rejected lines"),
            count=sum(row["n"] for row in reasons if not row["is_warning"]),
        ),
        Tab(key="changes", label=gettext_lazy("Changed"), count=batch["lines_changed"]),
        Tab(key="letters", label=gettext_lazy("Letter groups that do not balance"), count=unbalanced),
        Tab(
            key="remarks",
            label=gettext_lazy("Remarks"),
            count=sum(row["n"] for row in reasons if row["is_warning"]),
        ),
    ]
    return [tab for tab in found if tab.count]


def _letter_gap(batch: dict[str, Any]) -> int:
    report = batch["report"]
    return int(report.get("letter_groups") or 0) - int(report.get("letter_groups_applied") or 0)


def _tab_table(request: HttpRequest, batch_id: int, tab: str, reasons: list[dict[str, Any]]) -> Table | None:
    scope = allowed_scope(request)
    match tab:
        case "rejected" | "remarks":
            is_warning = tab == "remarks"
            words = [
                (row["reason_code"], f"{reason_word(row['reason_code'])} ({row['n']})")
                for row in reasons
                if row["is_warning"] is is_warning
            ]
            lines = queries.list_rejected_lines(batch_id=batch_id, is_warning=is_warning)
            return (RemarkTable if is_warning else LineTable)(request, lines, reasons=words)
        case "changes":
            return ChangeTable(request, list_changed_items(batch_id=batch_id, scope=scope))
        case "letters":
            return LetterTable(request, list_unbalanced_letter_groups(batch_id=batch_id, scope=scope))
        case _:
            return None


def _totals(batch: dict[str, Any], company: CompanyRow | None) -> list[dict[str, Any]]:
    """Return what the file adds up to, by currency: of a FEC in the company's, of a table in its documents'."""
    report = batch["report"]
    if batch["kind"] != "LEDGER" or not batch["lines_accepted"] or "receivable_debit" not in report:
        return []
    found = report.get("totals_by_currency") if batch["profile"].get("reader") == "table" else None
    own = report.get("receivable_currency") or (company.currency if company else "")
    rows = found or [[own, report["receivable_debit"], report["receivable_credit"]]]
    return [
        {
            "currency": code,
            "debit": Decimal(debit),
            "credit": Decimal(credit),
            "balance": Decimal(debit) - Decimal(credit),
        }
        for code, debit, credit in rows
        if len(rows) == 1 or Decimal(debit) or Decimal(credit)
    ]


def _progress(batch: dict[str, Any]) -> dict[str, Any]:
    """Return what the progress bar shows; bytes in kilobytes, so that the figures can be read."""
    stage = batch["progress_stage"]
    is_reading = stage in ("", "READING")
    label = STAGES.get(stage) or (_("Waits for the worker") if batch["status"] == "WAITING" else _("Being read"))
    is_with_worker = batch["status"] in MOVING and bool(batch["stored_path"])
    total = batch["progress_total"] if is_reading and batch["status"] == "RUNNING" else None
    return {
        "is_moving": batch["status"] in MOVING,
        "label": _("%(stage)s, kB") % {"stage": label} if total else label,
        "done": batch["progress_done"] // _KILOBYTE if total else 0,
        "total": max(1, total // _KILOBYTE) if total else None,
        "href": reverse("import_progress", args=[batch["id"]]) + f"?state={batch['status']}",
        "topic": f"import.{batch['id']}",
        "has_no_worker": is_with_worker and get_queue_state().workers == 0,
    }
