"""Hand-over to litigation: prepared from selected items, given away, taken back, with its dossier."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.foundation.permissions import Permission
from quittance.foundation.queries import list_events
from quittance.ledger.services import ItemNotFound
from quittance.litigation import dossiers, queries, services
from quittance.litigation.limitation import list_clocks
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.event_words import event_entry
from quittance.web.litigation_words import DOSSIER_STATES, HANDOVER_STATES, RESULTS, TO_KINDS
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.views import lookups
from quittance.web.views.litigation_forms import EndForm, GiveForm, HandoverForm
from quittance.web.views.litigation_tables import HandoverItemTable, HandoverTable
from quittance.web.views.selection import read_selection
from quittance.web.views.ui import safe_next

LISTED_MAX = 5000


@requires(Permission.SEE_CUSTOMERS)
def handover_list(request: HttpRequest) -> HttpResponseBase:
    """List hand-overs with the day on which the first claim of each lapses."""
    desk = desk_of(request)
    rows = [dict(row) for row in queries.list_handovers(as_of=desk.as_of, scope=desk.scope)[:LISTED_MAX]]
    ends = queries.earliest_ends(handover_ids=[row["id"] for row in rows], as_of=desk.as_of)
    for row in rows:
        row["lapses_on"] = ends.get(row["id"])
    return render_table(request, "litigation/handover_list.html", HandoverTable(request, rows, as_of=desk.as_of))


@requires(Permission.COLLECT)
def item_handover(request: HttpRequest) -> HttpResponse:
    """Prepare a hand-over of the selected items. Writes when `step` is `save`."""
    selection = read_selection(request)
    back = safe_next(request, reverse("item_list"))
    account_ids = {row["account_id"] for row in selection.debits}
    if len(account_ids) != 1:
        text = (
            _("Select items of one account.")
            if account_ids
            else _("Select one item on which something is owed at least.")
        )
        notify(request, text, tone="soon")
        return redirect(back)
    account_id = account_ids.pop()
    form = HandoverForm(request.POST if selection.is_answer else None)
    if selection.is_answer and form.is_valid():
        try:
            handover_id = services.prepare_handover(
                account_id=account_id,
                item_ids=[row["id"] for row in selection.debits],
                prepared_on=desk_of(request).today,
                actor=actor_of(request),
                **form.cleaned_data,
            )
        except services.HandoverRefused as error:
            form.add_error(None, str(error))
        except ItemNotFound:
            raise Http404 from None
        else:
            notify(request, _("Hand-over prepared. Its items are chased until you note that it was given away."))
            return redirect("handover_detail", handover_id)
    sums: dict[str, Decimal] = {}
    for row in selection.debits:
        sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + row["open_amount"]
    context = {
        "form": form,
        "selection": selection,
        "items": selection.debits,
        "account": lookups.get_account_or_404(request, account_id),
        "sums": sorted(sums.items()),
        "back": back,
    }
    return render_page(request, "litigation/handover_form.html", context=context, status=422 if form.errors else 200)


@requires(Permission.SEE_CUSTOMERS)
def handover_detail(request: HttpRequest, handover_id: int) -> HttpResponseBase:
    """Show a hand-over: its items, its dossiers, its story, and what can be done."""
    return _page(request, handover_id)


@requires(Permission.COLLECT)
@require_POST
def handover_give(request: HttpRequest, handover_id: int) -> HttpResponseBase:
    """Note that it was given away: its items are not chased from that day on."""
    _get_handover(request, handover_id)
    form = GiveForm(request.POST, today=desk_of(request).today)
    if form.is_valid():
        try:
            services.hand_over(handover_id=handover_id, actor=actor_of(request), **form.cleaned_data)
        except services.HandoverRefused as error:
            form.add_error(None, str(error))
        else:
            notify(request, _("Handed over: its items are not chased."))
            return redirect("handover_detail", handover_id)
    return _page(request, handover_id, give_form=form)


@requires(Permission.COLLECT)
@require_POST
def handover_end(request: HttpRequest, handover_id: int) -> HttpResponseBase:
    """Note how it ended, and what is proposed for what is still owed."""
    _get_handover(request, handover_id)
    form = EndForm(request.POST, today=desk_of(request).today)
    if form.is_valid():
        values = dict(form.cleaned_data)
        proposal = values.pop("proposal")
        items = queries.list_items_of_handover(handover_id=handover_id)
        proposals = {row["item_id"]: proposal if row["amount_open"] > 0 else "" for row in items}
        try:
            services.end_handover(handover_id=handover_id, actor=actor_of(request), proposals=proposals, **values)
        except services.HandoverRefused as error:
            form.add_error(None, str(error))
        else:
            notify(request, _("The result is kept."))
            return redirect("handover_detail", handover_id)
    return _page(request, handover_id, end_form=form)


@requires(Permission.COLLECT)
@require_POST
def handover_cancel(request: HttpRequest, handover_id: int) -> HttpResponse:
    """Give up a hand-over that was only prepared."""
    _get_handover(request, handover_id)
    try:
        services.cancel_handover(
            handover_id=handover_id,
            on_date=desk_of(request).today,
            actor=actor_of(request),
            reason=request.POST.get("reason", "")[:200],
        )
    except services.HandoverRefused as error:
        notify(request, str(error), tone="late")
    else:
        notify(request, _("Hand-over given up."))
    return redirect("handover_detail", handover_id)


@requires(Permission.COLLECT)
@require_POST
def dossier_request(request: HttpRequest, handover_id: int) -> HttpResponse:
    """Ask for a dossier; a job writes it."""
    _get_handover(request, handover_id)
    language = (get_language() or "en").split("-")[0]
    dossiers.request_dossier(handover_id=handover_id, language=language, actor=actor_of(request))
    notify(request, _("The dossier is being written."))
    return redirect("handover_detail", handover_id)


@requires(Permission.SEE_CUSTOMERS)
def dossier_progress(request: HttpRequest, handover_id: int) -> HttpResponse:
    """Show the dossiers of a hand-over as they stand."""
    handover = _get_handover(request, handover_id)
    return render_page(request, "litigation/_dossiers.html", context=_dossier_context(handover))


@requires(Permission.COLLECT)
def dossier_download(request: HttpRequest, dossier_id: int) -> HttpResponseBase:
    """Send a dossier as a download."""
    found = queries.find_dossier(dossier_id=dossier_id)
    if found is None:
        raise Http404
    lookups.get_account_or_404(request, found["account_id"])
    try:
        file = dossiers.open_dossier(dossier_id=dossier_id)
    except dossiers.DossierNotFound:
        raise Http404 from None
    response = FileResponse(file, as_attachment=True, filename=found["filename"], content_type="application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _get_handover(request: HttpRequest, handover_id: int) -> dict[str, Any]:
    desk = desk_of(request)
    found = queries.find_handover(handover_id=handover_id, as_of=desk.as_of, scope=desk.scope)
    if found is None:
        raise Http404
    return found


def _dossier_context(handover: dict[str, Any]) -> dict[str, Any]:
    rows = []
    for row in queries.list_dossiers(handover_id=handover["id"]):
        word, tone = DOSSIER_STATES[row["state"]]
        rows.append({**row, "word": word, "tone": tone})
    return {
        "handover": handover,
        "dossiers": rows,
        "is_writing": any(row["state"] in ("QUEUED", "WRITING") for row in rows),
        "progress_topic": f"handover.{handover['id']}",
    }


def _page(
    request: HttpRequest, handover_id: int, *, give_form: GiveForm | None = None, end_form: EndForm | None = None
) -> HttpResponseBase:
    desk = desk_of(request)
    handover = _get_handover(request, handover_id)
    items = queries.list_items_of_handover(handover_id=handover_id)
    clocks = list_clocks(item_ids=[row["item_id"] for row in items], as_of=desk.as_of)
    rows = [{**row, "id": row["item_id"], "lapses_on": clocks[row["item_id"]].end_date} for row in items]
    word, tone = HANDOVER_STATES[handover["state"]]
    may_work = Permission.COLLECT in permissions_of_request(request) and not desk.is_past
    context = {
        **_dossier_context(handover),
        "word": word,
        "tone": tone,
        "to_kind": dict(TO_KINDS)[handover["to_kind"]],
        "result": dict(RESULTS).get(handover["result"], ""),
        "lapses_on": min((row["lapses_on"] for row in rows if row["lapses_on"]), default=None),
        "entries": [event_entry(event) for event in list_events(subject=("handover", str(handover_id)))],
        "may_work": may_work,
        "give_form": give_form or GiveForm(initial={"on_date": desk.today}, today=desk.today),
        "end_form": end_form or EndForm(initial={"on_date": desk.today, "state": "RETURNED"}, today=desk.today),
    }
    table = HandoverItemTable(request, rows, as_of=desk.as_of)
    response = render_table(request, "litigation/handover_detail.html", table, context)
    is_bad = any(form is not None and form.errors for form in (give_form, end_form))
    if is_bad:
        response.status_code = 422
    return response
