"""Collections by direct debit: proposed, told, exported, answered by the bank."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from quittance.debits import queries, services
from quittance.foundation.permissions import Permission
from quittance.foundation.queries import list_events
from quittance.foundation.reason_words import reason_words
from quittance.web import formats
from quittance.web.access import actor_of, companies_of, desk_of, permissions_of_request, requires
from quittance.web.debit_words import (
    COLLECTION_STATES,
    INSTRUCTION_STATES,
    SEQUENCES,
    end_word,
    left_out_word,
    reasons_sentence,
)
from quittance.web.event_words import event_entry
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.views.debit_forms import AnswerForm, CollectionForm, ReasonForm, SettleForm
from quittance.web.views.debit_tables import CollectionTable
from quittance.web.views.import_upload import SizeGuard, megabytes

_STEPS = ("DRAFT", "ANNOUNCED", "EXPORTED", "ACCEPTED", "SETTLED")
_PLACES = {"DRAFT": 1, "ANNOUNCED": 2, "EXPORTED": 3, "ACCEPTED": 4, "PART_REJECTED": 4, "SETTLED": 6}


@requires(Permission.SEE_CASH)
def collection_list(request: HttpRequest) -> HttpResponseBase:
    """List the collections."""
    table = CollectionTable(request, queries.list_collections(scope=desk_of(request).scope))
    return render_table(request, "debits/collection_list.html", table, {"may_collect": _may_collect(request)})


@requires(Permission.MATCH_CASH)
def collection_new(request: HttpRequest) -> HttpResponse:
    """Propose a collection of what is due."""
    desk = desk_of(request)
    companies = [(row.id, row.name) for row in companies_of(request)]
    ready = queries.list_settings(company_ids=[company_id for company_id, _name in companies])
    chosen = [pair for pair in companies if pair[0] in ready]
    is_sent = request.method == "POST"
    form = CollectionForm(request.POST if is_sent else None, initial={"wanted_date": desk.today}, companies=chosen)
    left_out = ""
    if is_sent and form.is_valid():
        try:
            collection_id = services.propose_collection(
                company_id=form.cleaned_data["company"],
                wanted_date=form.cleaned_data["wanted_date"],
                due_until=form.cleaned_data["due_until"],
                as_of=desk.today,
                actor=actor_of(request),
            )
        except services.NothingToDebit as error:
            form.add_error(None, str(error))
            left_out = reasons_sentence(error.reasons)
        except services.DebitRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("Proposed. Nothing leaves before you say so."))
            return redirect("debit_detail", collection_id)
    context = {"form": form, "has_settings": bool(chosen), "left_out": left_out}
    return render_page(request, "debits/collection_form.html", context=context, status=422 if is_sent else 200)


@requires(Permission.SEE_CASH)
def collection_detail(request: HttpRequest, collection_id: int) -> HttpResponse:
    """Show a collection: what is in, what is out and why, and the next step."""
    return _page(request, collection_id)


@requires(Permission.MATCH_CASH)
@require_POST
def collection_announce(request: HttpRequest, collection_id: int) -> HttpResponse:
    """Tell the customers."""
    collection = _collection(request, collection_id)
    try:
        services.announce_collection(
            collection_id=collection["id"], as_of=desk_of(request).today, actor=actor_of(request)
        )
    except services.DebitRefused as error:
        notify(request, str(error), tone="late")
    else:
        notify(request, _("The customers are being told."))
    return redirect("debit_detail", collection_id)


@requires(Permission.MATCH_CASH)
@require_POST
def collection_export(request: HttpRequest, collection_id: int) -> HttpResponse:
    """Write the file for the bank."""
    collection = _collection(request, collection_id)
    try:
        found = services.export_collection(
            collection_id=collection["id"], as_of=desk_of(request).today, actor=actor_of(request)
        )
    except services.DebitRefused as error:
        notify(request, str(error), tone="late")
    except services.FileDamaged:
        notify(request, _("The kept file is gone or damaged. Ask who looks after the server."), tone="late")
    else:
        text = _("The file is ready: download it and give it to the bank.")
        if found.taken_out:
            text = _("The file is ready. %(count)s debits had changed and are not in it.") % {"count": found.taken_out}
        notify(request, text)
    return redirect("debit_detail", collection_id)


@requires(Permission.MATCH_CASH)
def collection_file(request: HttpRequest, collection_id: int) -> HttpResponse:
    """Send the file as it left."""
    collection = _collection(request, collection_id)
    if not collection["sha256"]:
        raise Http404
    try:
        found = services.export_collection(
            collection_id=collection["id"], as_of=desk_of(request).today, actor=actor_of(request)
        )
    except services.FileDamaged:
        raise Http404 from None
    response = HttpResponse(found.content, content_type="application/xml")
    response["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@requires(Permission.MATCH_CASH)
@require_POST
def collection_settle(request: HttpRequest, collection_id: int) -> HttpResponse:
    """Note that the money came."""
    _collection(request, collection_id)
    form = SettleForm(request.POST)
    if form.is_valid():
        try:
            services.settle_collection(collection_id=collection_id, actor=actor_of(request), **form.cleaned_data)
        except services.DebitRefused as error:
            form.add_error("settled_on" if error.field else None, str(error))
        else:
            notify(request, _("Noted: the money is here. Apply it on the cash desk."))
            return redirect("debit_detail", collection_id)
    return _page(request, collection_id, settle_form=form)


@requires(Permission.MATCH_CASH)
@require_POST
def collection_cancel(request: HttpRequest, collection_id: int) -> HttpResponse:
    """Give a collection up."""
    _collection(request, collection_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            services.cancel_collection(
                collection_id=collection_id,
                on_date=desk_of(request).today,
                actor=actor_of(request),
                **form.cleaned_data,
            )
        except services.DebitRefused as error:
            form.add_error(None, str(error))
        else:
            notify(request, _("Given up: nothing of it is debited."))
            return redirect("debit_detail", collection_id)
    return _page(request, collection_id, cancel_form=form)


@requires(Permission.MATCH_CASH)
@require_POST
def instruction_take_out(request: HttpRequest, instruction_id: int) -> HttpResponse:
    """Take one debit out."""
    row = _instruction(request, instruction_id)
    try:
        services.take_out(
            instruction_id=instruction_id,
            reason=request.POST.get("reason", ""),
            on_date=desk_of(request).today,
            actor=actor_of(request),
        )
    except services.DebitRefused as error:
        notify(request, str(error), tone="late")
    else:
        notify(request, _("Taken out: its items are free again."))
    return redirect("debit_detail", row["collection_id"])


@requires(Permission.MATCH_CASH)
@require_POST
def instruction_again(request: HttpRequest, instruction_id: int) -> HttpResponse:
    """Let what came back be debited again."""
    row = _instruction(request, instruction_id)
    try:
        services.allow_again(instruction_id=instruction_id, actor=actor_of(request))
    except services.DebitRefused as error:
        notify(request, str(error), tone="late")
    else:
        notify(request, _("It will be in the next collection, and is not chased meanwhile."))
    return redirect("debit_detail", row["collection_id"])


@csrf_exempt  # checked below, once the guard stands: the check itself reads the whole upload
@requires(Permission.IMPORT_STATEMENTS)
def status_import(request: HttpRequest) -> HttpResponse:
    """Take an answer of the bank in."""
    guard = SizeGuard(request, bytes_max=services.FILE_BYTES_MAX)
    if request.method == "POST":
        request.upload_handlers.insert(0, guard)
    return _status_import(request, guard)


@csrf_protect
def _status_import(request: HttpRequest, guard: SizeGuard) -> HttpResponse:
    is_sent = request.method == "POST"
    form = AnswerForm(request.POST if is_sent else None, request.FILES if is_sent else None)
    if is_sent and guard.is_over:
        text = _("The file is larger than %(most)s, the most that is read at once.")
        form.errors["file"] = form.error_class([text % {"most": megabytes(guard.bytes_max)}])
    elif is_sent and form.is_valid():
        file = form.cleaned_data["file"]
        found = services.import_status(
            stream=file.file, filename=file.name, actor=actor_of(request), scope=desk_of(request).scope
        )
        if found.collection_id is not None:
            notify(request, _told(found), tone="soon" if found.rejected or found.unknown else "settled")
            return redirect("debit_detail", found.collection_id)
        form.add_error("file", _refusal(found))
    return render_page(request, "debits/status_import.html", context={"form": form}, status=422 if is_sent else 200)


def _told(found: services.StatusImport) -> str:
    if found.status == "KNOWN":
        return _("This answer was taken in before: nothing changed.")
    if found.rejected:
        return _("%(rejected)s debits rejected, %(amount)s are owed again.") % {
            "rejected": found.rejected,
            "amount": formats.money_text(found.amount_rejected, "EUR"),
        }
    return _("The bank took all debits.") if found.accepted else _("The answer is kept. It changes nothing yet.")


def _refusal(found: services.StatusImport) -> str:
    if found.reason is not None:
        return str(reason_words(found.reason))
    return _("It answers no file of ours: its name is not known here.")


def _may_collect(request: HttpRequest) -> bool:
    return Permission.MATCH_CASH in permissions_of_request(request) and not desk_of(request).is_past


def _collection(request: HttpRequest, collection_id: int) -> dict[str, Any]:
    found = queries.find_collection_row(collection_id=collection_id, scope=desk_of(request).scope)
    if found is None:
        raise Http404
    return found


def _instruction(request: HttpRequest, instruction_id: int) -> dict[str, Any]:
    found = queries.find_instruction(instruction_id=instruction_id, scope=desk_of(request).scope)
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest,
    collection_id: int,
    *,
    settle_form: SettleForm | None = None,
    cancel_form: ReasonForm | None = None,
) -> HttpResponse:
    desk = desk_of(request)
    collection = _collection(request, collection_id)
    settings = queries.find_settings(company_id=collection["company_id"])
    rows = [_row(row) for row in queries.list_instructions(collection_id=collection_id)]
    word, tone = COLLECTION_STATES[collection["state"]]
    state = collection["state"]
    needs_telling = settings is None or settings.notice_days > 0
    context = {
        "collection": collection,
        "word": word,
        "tone": tone,
        "steps": [COLLECTION_STATES[code][0] for code in _STEPS],
        "place": _PLACES.get(state, 0),
        "debits": [row for row in rows if row["state"] != "CANCELLED"],
        "taken_out": [row for row in rows if row["state"] == "CANCELLED"],
        "left_out": _left_out(collection_id),
        "answers": queries.list_status_files(collection_id=collection_id),
        "entries": [event_entry(event) for event in list_events(subject=("debit_collection", str(collection_id)))],
        "may_collect": _may_collect(request),
        "may_announce": state == "DRAFT" and needs_telling,
        "may_export": state == "ANNOUNCED" or (state == "DRAFT" and not needs_telling),
        "may_cancel": state in ("DRAFT", "ANNOUNCED", "EXPORTED"),
        "may_settle": state in ("EXPORTED", "ACCEPTED", "PART_REJECTED"),
        "settle_form": settle_form or SettleForm(initial={"settled_on": desk.today}),
        "cancel_form": cancel_form or ReasonForm(),
    }
    is_bad = any(form is not None and form.errors for form in (settle_form, cancel_form))
    return render_page(request, "debits/collection_detail.html", context=context, status=422 if is_bad else 200)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    word, tone = INSTRUCTION_STATES[row["state"]]
    return {
        **row,
        "word": word,
        "tone": tone,
        "kind": SEQUENCES[row["sequence_type"]],
        "why": end_word(row),
        "may_again": row["state"] in ("REJECTED", "RETURNED") and not row["may_repeat"],
    }


def _left_out(collection_id: int) -> list[dict[str, Any]]:
    """Return what was left out by reason, each with its sums by currency."""
    groups: dict[str, dict[str, Any]] = {}
    for row in queries.list_left_out(collection_id=collection_id):
        group = groups.setdefault(
            row["reason"], {"word": left_out_word(row["reason"]), "rows": [], "sums": defaultdict(Decimal)}
        )
        group["rows"].append(row)
        group["sums"][row["currency"]] += row["amount_open"]
    return [{**group, "sums": sorted(group["sums"].items())} for group in groups.values()]
