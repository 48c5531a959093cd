"""The clock of limitation: on the page of an item, what people record of it, and the claims that lapse soon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.core.limitation import LASTING
from quittance.foundation.permissions import Permission
from quittance.litigation import limitation, queries
from quittance.parties.attachments import list_attachments
from quittance.web.access import Desk, actor_of, desk_of, requires
from quittance.web.litigation_words import EFFECTS, EVENT_KINDS
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.views import lookups
from quittance.web.views.litigation_forms import LimitationEventForm
from quittance.web.views.litigation_tables import LimitationTable

SOON_DAYS = queries.WARNING_DAYS


@requires(Permission.SEE_CUSTOMERS)
def limitation_list(request: HttpRequest) -> HttpResponseBase:
    """List the open claims that lapse within half a year."""
    desk = desk_of(request)
    found = queries.list_limitation_warnings(as_of=desk.as_of, scope=desk.scope)
    rows = [{**asdict(row), "id": row.item_id} for row in found]
    table = LimitationTable(request, rows, as_of=desk.as_of)
    return render_table(request, "litigation/limitation_list.html", table, {"limit": queries.WARNINGS_MAX})


@requires(Permission.COLLECT)
def limitation_record(request: HttpRequest, item_id: int) -> HttpResponse:
    """Write down what happened to the claim of an item."""
    item = lookups.get_item_or_404(request, item_id)
    desk = desk_of(request)
    form = LimitationEventForm(
        request.POST if request.method == "POST" else None,
        files=_files(item.row["customer_id"], item.row["account_id"]),
        initial={"event_date": desk.today},
    )
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            limitation.record_event(
                item_id=item_id, attachment_id=values.pop("attachment"), actor=actor_of(request), **values
            )
        except limitation.LimitationRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("Recorded."))
            return redirect(_item_url(item_id))
    context = {"form": form, "item": item.row}
    return render_page(request, "litigation/event_form.html", context=context, status=422 if form.errors else 200)


@requires(Permission.COLLECT)
@require_POST
def limitation_end(request: HttpRequest, item_id: int, event_id: int) -> HttpResponse:
    """Say when a court action or suspension was over."""
    _get_event(request, item_id, event_id)
    try:
        day = date.fromisoformat(request.POST.get("end_date", ""))
        limitation.end_event(event_id=event_id, end_date=day, actor=actor_of(request))
    except limitation.LimitationRefused as error:
        notify(request, str(error), tone="late")
    except ValueError:
        notify(request, _("Nothing changed: choose the day."), tone="late")
    else:
        notify(request, _("Recorded."))
    return redirect(_item_url(item_id))


@requires(Permission.COLLECT)
@require_POST
def limitation_withdraw(request: HttpRequest, item_id: int, event_id: int) -> HttpResponse:
    """Take back what was recorded by mistake."""
    _get_event(request, item_id, event_id)
    try:
        limitation.withdraw_event(event_id=event_id, reason=request.POST.get("reason", ""), actor=actor_of(request))
    except limitation.LimitationRefused as error:
        notify(request, str(error), tone="late")
    else:
        notify(request, _("Taken back."))
    return redirect(_item_url(item_id))


def limitation_of_item(row: Mapping[str, Any], *, desk: Desk, may_work: bool) -> dict[str, Any] | None:
    """Return what the page of an item says of its clock; None for credits and settled items nobody spoke of."""
    recorded = limitation.list_events_of_item(item_id=row["id"])
    if row["open_amount"] <= 0 and not recorded:
        return None
    found = limitation.find_clock(item_id=row["id"], as_of=desk.as_of)
    if found is None:
        return None
    moves = found.clock.moves if found.clock else ()
    days_left = found.clock.days_left(desk.as_of) if found.clock else None
    return {
        "found": found,
        "days_left": days_left,
        "tone": "late" if days_left is not None and days_left < 0 else "soon" if _is_soon(days_left) else "neutral",
        "moves": [
            {"move": move, "event": move.event, "word": EVENT_KINDS[move.event.kind], "effect": EFFECTS[move.effect]}
            for move in moves
        ],
        "recorded": [
            {**one, "word": EVENT_KINDS[one["kind"]], "is_lasting": one["kind"] in LASTING} for one in recorded
        ],
        "handover": queries.find_live_handover(item_id=row["id"]),
        "may_work": may_work,
    }


def _is_soon(days_left: int | None) -> bool:
    return days_left is not None and days_left <= SOON_DAYS


def _files(customer_id: int, account_id: int) -> list[tuple[int, str]]:
    return [
        (row["id"], row["filename"])
        for row in list_attachments(customer_id=customer_id)
        if row["account_id"] in (None, account_id)
    ]


def _get_event(request: HttpRequest, item_id: int, event_id: int) -> None:
    lookups.get_item_or_404(request, item_id)
    if event_id not in {row["id"] for row in limitation.list_events_of_item(item_id=item_id)}:
        raise Http404


def _item_url(item_id: int) -> str:
    return reverse("item_detail", args=[item_id]) + "#limitation"
