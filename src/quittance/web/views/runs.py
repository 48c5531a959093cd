"""Reminder runs: prepare, review, release, follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from quittance.delivery.services import SMS_SEGMENTS_MAX
from quittance.dunning import queries, services
from quittance.dunning.mass_pages import find_sms_bill
from quittance.dunning.policy_words import MEDIUM_WORDS
from quittance.dunning.queries import OutcomeSum, RunRow
from quittance.dunning.reasons import reason_word
from quittance.dunning.run_copies import list_missing_copies
from quittance.foundation.permissions import Permission, Scope
from quittance.parties import queries as parties
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.formats import number_text
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.step_labels import step_label
from quittance.web.tables import BulkAction
from quittance.web.text_words import LANGUAGE_WORDS
from quittance.web.views.run_tables import RUN_STATES, DecisionTable, RunTable, run_tone
from quittance.web.views.ui import safe_next

MISSING_SHOWN_MAX = 12
COLUMN_TITLES: Sequence[tuple[str, str | Promise]] = (
    ("SEND", gettext_lazy("Will go")),
    ("HOLD", gettext_lazy("Held")),
    ("PERSON", gettext_lazy("Needs a person")),
)


def allowed_scope(request: HttpRequest) -> Scope:
    """Return everything the person may see, whatever company is chosen: a run is reviewed whole."""
    user = cast(Any, request.user)
    return Scope(company_ids=parties.company_ids_of_user(user_id=user.pk), user_id=user.pk)


def covers(scope: Scope, run: RunRow) -> bool:
    """Say whether a person may act for all companies of a run."""
    if scope.company_ids is None:
        return True
    ids = [run.company_id] if run.company_id is not None else run.company_ids
    return bool(ids) and scope.company_ids.issuperset(ids)


def get_run(request: HttpRequest, run_id: int) -> tuple[RunRow, Scope]:
    """Return the run and the person's scope, or 404."""
    scope = allowed_scope(request)
    run = queries.find_run(run_id=run_id, scope=scope)
    if run is None:
        raise Http404
    return run, scope


def get_own_run(request: HttpRequest, run_id: int) -> RunRow:
    """Return a run the person may act on, or 404 or 403."""
    run, scope = get_run(request, run_id)
    if not covers(scope, run):
        raise PermissionDenied
    return run


@requires(Permission.SEE_RUNS)
def run_list(request: HttpRequest) -> HttpResponseBase:
    """List the runs and offer to prepare one."""
    desk = desk_of(request)
    scope = allowed_scope(request)
    companies = parties.list_companies(company_ids=scope.company_ids)
    table = RunTable(request, queries.list_runs(scope=desk.scope))
    context = {
        "companies": companies,
        "chosen": desk.company_id or (companies[0].id if len(companies) == 1 else None),
        "may_take_all": scope.company_ids is None and len(companies) > 1,
        "may_prepare": Permission.PREPARE_RUNS in permissions_of_request(request),
        "may_try": Permission.EDIT_POLICIES in permissions_of_request(request),
    }
    return render_table(request, "runs/run_list.html", table, context)


@requires(Permission.PREPARE_RUNS)
@require_POST
def run_create(request: HttpRequest) -> HttpResponse:
    """Queue the preparation of a run as of today."""
    scope = allowed_scope(request)
    text = request.POST.get("company", "")
    company_id = int(text) if text.isascii() and text.isdigit() else None
    known = {company.id for company in parties.list_companies(company_ids=scope.company_ids)}
    if company_id not in known and not (company_id is None and scope.company_ids is None):
        notify(request, _("Nothing was prepared: choose one of your companies."), tone="late")
        return redirect("run_list")
    run_id = services.start_run(company_id=company_id, as_of=desk_of(request).today, actor=actor_of(request))
    return redirect("run_detail", run_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonLine:
    """One reason of a column, with its count and sum and the address of its accounts."""

    label: str
    count: int
    amount: Decimal
    currency: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeColumn:
    """One of the three columns of a run."""

    outcome: str
    title: str | Promise
    count: int
    totals: list[tuple[str, Decimal]]
    lines: list[ReasonLine]
    href: str


def outcome_columns(run: RunRow, sums: Sequence[OutcomeSum]) -> list[OutcomeColumn]:
    """Arrange counts and sums in three columns; what was left out stands in the second."""
    page = reverse("run_detail", args=[run.id])
    columns = []
    for outcome, title in COLUMN_TITLES:
        mine = [one for one in sums if _column_of(one) == outcome]
        totals: dict[str, Decimal] = {}
        for one in mine:
            totals[one.currency] = totals.get(one.currency, Decimal(0)) + one.amount
        columns.append(
            OutcomeColumn(
                outcome=outcome,
                title=_("Messages") if outcome == "SEND" and run.released_at else title,
                count=sum(one.count for one in mine),
                totals=sorted(totals.items()),
                lines=[_reason_line(page, one) for one in mine],
                href=page if outcome == "SEND" and run.released_at else f"{page}?status={outcome}",
            )
        )
    return columns


def _column_of(one: OutcomeSum) -> str:
    return "HOLD" if one.is_excluded else one.outcome


def _reason_line(page: str, one: OutcomeSum) -> ReasonLine:
    query = QueryDict(mutable=True)
    query["status"] = "EXCLUDED" if one.is_excluded else one.outcome
    label = _("Left out")
    if not one.is_excluded and one.outcome == "SEND":
        del query["status"]  # which changes once the run is released
        query["level"] = one.level_code
        label = step_label(one.level_code)
    elif not one.is_excluded:
        query["reason"] = one.reason_code
        label = reason_word(one.reason_code)
    return ReasonLine(
        label=label, count=one.count, amount=one.amount, currency=one.currency, href=f"{page}?{query.urlencode()}"
    )


@requires(Permission.SEE_RUNS)
def run_detail(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Show who gets what, who is held and why, and what became of it."""
    run, scope = get_run(request, run_id)
    permissions = permissions_of_request(request)
    sums = queries.summarise_run(run_id=run_id, scope=scope)
    columns = outcome_columns(run, sums)
    may_act = covers(scope, run)
    bulk = []
    if run.state == "READY" and may_act and Permission.PREPARE_RUNS in permissions:
        href = reverse("run_exclude", args=[run_id])
        bulk = [
            BulkAction(label=_("Leave out"), href=href, name="leave", value="out"),
            BulkAction(label=_("Take in again"), href=href, name="leave", value="in"),
        ]
    table = DecisionTable(request, queries.list_decisions(run_id=run_id, scope=scope), as_of=run.as_of, bulk=bulk)
    awaiting = 0
    if run.state == "READY" and Permission.EDIT_POLICIES not in permissions:
        awaiting = sum(one.manager_count for one in sums)
    going = columns[0].count - awaiting
    bounced = queries.count_bounced(run_id=run_id) if run.failed_count else 0
    context = {
        "run": run,
        "text": step_label(run.message_code) if run.message_code else "",
        "medium": MEDIUM_WORDS.get(run.medium, ""),
        "bounced_count": bounced,
        "failed_count": run.failed_count - bounced,
        "state_word": RUN_STATES.get(run.state, run.state),
        "state_tone": run_tone(run.state),
        "columns": columns,
        "awaiting_manager": awaiting,
        "is_stale": any(one.reason_code == "STALE_BANK_DATA" for one in sums),
        "release_label": ngettext("Send %(count)s message", "Send %(count)s messages", going)
        % {"count": number_text(going)},
        "next_query": f"?{urlencode({'next': request.GET['next']})}" if request.GET.get("next") else "",
        "may_release": run.state == "READY" and going and may_act and Permission.RELEASE_RUNS in permissions,
        "may_cancel": run.state in ("PREPARING", "READY", "RELEASED")
        and may_act
        and Permission.PREPARE_RUNS in permissions,
        **_copies(run, scope),
        **_own_words(run),
        **_progress(run),
    }
    return render_table(request, "runs/run_detail.html", table, context)


def _copies(run: RunRow, scope: Scope) -> dict[str, Any]:
    """Return what the messages under review will lack of the copies they ask for."""
    missing = list_missing_copies(run_id=run.id, scope=scope) if run.state == "READY" else []
    return {"missing_copies": missing[:MISSING_SHOWN_MAX], "missing_count": len(missing)}


def _own_words(run: RunRow) -> dict[str, Any]:
    """Return what a person wrote, by language, and what the SMS under review take and cost."""
    is_sms = run.state == "READY" and run.medium == "SMS"
    return {
        "own_words": [
            {"language": LANGUAGE_WORDS.get(code, code), **text} for code, text in sorted(run.free_texts.items())
        ],
        "sms_bill": find_sms_bill(run_id=run.id, as_of=run.as_of) if is_sms else None,
        "sms_parts_max": SMS_SEGMENTS_MAX,
    }


def _progress(run: RunRow) -> dict[str, Any]:
    left = run.sent_count + run.held_at_sending_count + run.failed_count
    is_moving = run.state in ("PREPARING", "RELEASED")
    return {
        "is_moving": is_moving,
        "progress_url": reverse("run_progress", args=[run.id]) if is_moving else "",
        "progress_topic": f"run.{run.id}",
        "progress_done": run.progress_done if run.state == "PREPARING" else left,
        "progress_total": run.progress_total if run.state == "PREPARING" else run.send_count,
        "progress_label": _("Looking at the accounts") if run.state == "PREPARING" else _("Sending"),
    }


@requires(Permission.SEE_RUNS)
def run_progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """Answer the progress bar; when the state has changed, have the whole page read again."""
    run, _scope = get_run(request, run_id)
    context = {"run": run, **_progress(run)}
    response = render_page(request, "runs/_run_progress.html", "runs/_run_progress.html", context)
    if not context["is_moving"] or request.GET.get("state", run.state) != run.state:
        response["HX-Refresh"] = "true"
    return response


@requires(Permission.RELEASE_RUNS)
@require_POST
def run_release(request: HttpRequest, run_id: int) -> HttpResponse:
    """Queue the messages of a run."""
    get_own_run(request, run_id)
    try:
        is_manager = Permission.EDIT_POLICIES in permissions_of_request(request)
        result = services.release_run(run_id=run_id, actor=actor_of(request), is_manager=is_manager)
    except services.RunOutdated:
        notify(request, _("Nothing was sent: this run speaks of another day. Prepare a new one."), tone="late")
    except services.RunNotReady:
        notify(request, _("Nothing was sent: this run no longer waits for review."), tone="late")
    else:
        text = ngettext(
            "%(count)s message is being sent.", "%(count)s messages are being sent.", result.queued
        ) % {"count": number_text(result.queued)}  # fmt: skip
        notify(request, text, undo_url=reverse("run_cancel", args=[run_id]))
        return redirect(safe_next(request, reverse("run_detail", args=[run_id])))
    return redirect("run_detail", run_id)


@requires(Permission.PREPARE_RUNS)
@require_POST
def run_cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Take a run back: what has not left stays."""
    get_own_run(request, run_id)
    try:
        stopped = services.cancel_run(run_id=run_id, actor=actor_of(request))
    except services.RunNotReady:
        notify(request, _("Nothing was stopped: everything had left already, or the run was cancelled."), tone="soon")
    else:
        notify(
            request,
            ngettext("Run cancelled. %(count)s message stopped.", "Run cancelled. %(count)s messages stopped.", stopped)
            % {"count": number_text(stopped) if stopped else "0"},
        )
    return redirect("run_detail", run_id)


@requires(Permission.PREPARE_RUNS)
@require_POST
def run_exclude(request: HttpRequest, run_id: int) -> HttpResponse:
    """Leave the selected messages out of a run, or take them in again."""
    get_own_run(request, run_id)
    rows = queries.list_decisions(run_id=run_id, scope=allowed_scope(request))
    table = DecisionTable(request, rows, query=QueryDict(request.POST.get("query", "")))
    is_excluded = request.POST.get("leave") == "out"
    try:
        changed = services.exclude_decisions(
            run_id=run_id,
            decision_ids=list(table.selected_ids(request.POST)),
            is_excluded=is_excluded,
            actor=actor_of(request),
        )
    except services.RunNotReady:
        notify(request, _("Nothing was changed: this run no longer waits for review."), tone="late")
        return redirect("run_detail", run_id)
    if is_excluded:
        text = ngettext("%(count)s message left out.", "%(count)s messages left out.", changed)
    else:
        text = ngettext("%(count)s message taken in again.", "%(count)s messages taken in again.", changed)
    notify(request, text % {"count": number_text(changed) if changed else "0"})
    return redirect("run_detail", run_id)
