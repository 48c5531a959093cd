"""What goes back to the ERP: the queue, its batches with their files, and what the ERP said of them."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from quittance.foundation.permissions import Permission
from quittance.foundation.queries import list_events
from quittance.web.access import actor_of, companies_of, desk_of, permissions_of_request, requires
from quittance.web.event_words import event_entry
from quittance.web.formats import number_text
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.tables import BulkAction
from quittance.web.views.writeback_forms import AnswerForm
from quittance.web.views.writeback_tables import BatchEntryTable, BatchTable, EntryTable
from quittance.web.writeback_words import FORMATS
from quittance.writeback import queries, services

SELECTED_MAX = 100_000


@requires(Permission.SEE_CASH)
def entry_list(request: HttpRequest) -> HttpResponseBase:
    """Show the queue with its counters, and what may leave now."""
    scope = desk_of(request).scope
    may_send = _may_send(request)
    bulk = [BulkAction(label=_("Queue again what was refused"), href=reverse("writeback_again"))] if may_send else []
    table = EntryTable(request, queries.list_entries(scope=scope), bulk=bulk)
    counts = queries.count_by_state(scope=scope)
    waiting = queries.list_waiting_sums(scope=scope)
    waits = {row["company_id"] for row in waiting}
    context = {
        "counts": {state: number_text(count) if count else "0" for state, count in counts.items()},
        "refused": counts["REFUSED"],
        "waiting": waiting,
        "may_send": may_send,
        "companies": sorted(companies_of(request), key=lambda row: row.id not in waits),
    }
    return render_table(request, "writeback/entry_list.html", table, context)


@requires(Permission.MATCH_CASH)
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Let what waits of a company leave as a batch."""
    wanted = request.POST.get("company", "")
    company = next((row for row in companies_of(request) if str(row.id) == wanted), None)
    if company is None:
        raise Http404
    try:
        batch_id = services.export_batch(company_id=company.id, as_of=desk_of(request).today, actor=actor_of(request))
    except services.NothingWaits:
        notify(request, _("Nothing waits for the ERP of %(company)s.") % {"company": company.name}, tone="soon")
        return redirect("writeback_list")
    notify(request, _("The batch is ready: download it, and note what the ERP says."))
    return redirect("writeback_batch", batch_id)


@requires(Permission.MATCH_CASH)
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Queue the selected entries that were refused again."""
    scope = desk_of(request).scope
    table = EntryTable(request, queries.list_entries(scope=scope), query=QueryDict(request.POST.get("query", "")))
    selected = list(islice(table.selected_ids(request.POST), SELECTED_MAX))
    count = 0
    for company_id, numbers in queries.list_refused_numbers(entry_ids=selected, scope=scope).items():
        count += services.queue_again(company_id=company_id, numbers=numbers, actor=actor_of(request))
    if count:
        text = ngettext("%(count)s entry is queued again.", "%(count)s entries are queued again.", count)
        notify(request, text % {"count": number_text(count)})
    else:
        notify(request, _("None of them was refused: nothing changed."), tone="soon")
    return redirect("writeback_list")


@requires(Permission.SEE_CASH)
def batch_list(request: HttpRequest) -> HttpResponseBase:
    """List the batches."""
    table = BatchTable(request, queries.list_batches(scope=desk_of(request).scope))
    return render_table(request, "writeback/batch_list.html", table)


@requires(Permission.SEE_CASH)
def batch_detail(request: HttpRequest, writeback_batch_id: int) -> HttpResponseBase:
    """Show a batch: its files, its entries, what the ERP said."""
    return _page(request, writeback_batch_id)


@requires(Permission.SEE_CASH)
def batch_file(request: HttpRequest, writeback_batch_id: int, file_format: str) -> HttpResponse:
    """Send a file as it left."""
    if file_format not in FORMATS:
        raise Http404
    try:
        found = services.read_batch_file(batch_id=writeback_batch_id, format=file_format, scope=desk_of(request).scope)
    except services.BatchNotFound:
        raise Http404 from None
    except services.FileDamaged:
        notify(request, _("The kept file is gone or damaged. Ask who looks after the server."), tone="late")
        return redirect("writeback_batch", writeback_batch_id)
    response = HttpResponse(found.content, content_type=found.content_type)
    response["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@requires(Permission.MATCH_CASH)
@require_POST
def batch_answer(request: HttpRequest, writeback_batch_id: int) -> HttpResponseBase:
    """Note what the ERP said of all, or some, of a batch."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, writeback_batch_id, form=form)
    try:
        result = _answer(request, writeback_batch_id, form.cleaned_data)
    except services.BatchNotFound:
        raise Http404 from None
    if result.unfit:
        shown = ", ".join(map(str, result.unfit[:10])) + (" …" if len(result.unfit) > 10 else "")
        notify(
            request,
            _("Not of this batch, or answered otherwise before: %(numbers)s.") % {"numbers": shown},
            tone="late",
        )
    elif not (result.acknowledged or result.refused):
        notify(request, _("All of it was answered before: nothing changed."), tone="soon")
    else:
        count = result.acknowledged + result.refused
        text = ngettext("Noted for %(count)s entry.", "Noted for %(count)s entries.", count)
        notify(request, text % {"count": number_text(count)})
    return redirect("writeback_batch", writeback_batch_id)


def _answer(request: HttpRequest, batch_id: int, values: dict[str, Any]) -> services.AnswerResult:
    scope, actor = desk_of(request).scope, actor_of(request)
    is_taken = values["answer"] == "TAKEN"
    if is_taken and not values["numbers"]:
        return services.acknowledge_batch(batch_id=batch_id, reference=values["reference"], actor=actor, scope=scope)
    numbers = values["numbers"] or queries.list_unanswered_numbers(batch_id=batch_id)
    answers = [
        services.Answer(number=number, reference=values["reference"], refusal="" if is_taken else values["refusal"])
        for number in numbers
    ]
    return services.answer_entries(batch_id=batch_id, answers=answers, actor=actor, scope=scope)


def _may_send(request: HttpRequest) -> bool:
    return Permission.MATCH_CASH in permissions_of_request(request) and not desk_of(request).is_past


def _page(request: HttpRequest, batch_id: int, *, form: AnswerForm | None = None) -> HttpResponseBase:
    scope = desk_of(request).scope
    batch = queries.find_batch(batch_id=batch_id, scope=scope)
    if batch is None:
        raise Http404
    table = BatchEntryTable(request, queries.list_entries(scope=scope, batch_id=batch_id))
    context = {
        "batch": batch,
        "left": batch["entry_count"] - batch["unanswered"] - batch["acknowledged"] - batch["refused"],
        "files": [{**row, "word": FORMATS[row["format"]]} for row in queries.list_batch_files(batch_id=batch_id)],
        "entries": [event_entry(event) for event in list_events(subject=("writeback_batch", str(batch_id)))],
        "may_send": _may_send(request),
        "form": form or AnswerForm(initial={"answer": "TAKEN"}),
    }
    if form is not None and form.errors:
        return render_page(request, "writeback/batch_detail.html", context={**context, "table": table}, status=422)
    return render_table(request, "writeback/batch_detail.html", table, context)
