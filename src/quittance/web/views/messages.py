"""Everything that leaves: the list of messages of all media, each with its text, its files, its way and its price."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from quittance.delivery import queries, services
from quittance.dunning import queries as dunning
from quittance.foundation.permissions import Permission
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.tables import AmountFilter, ChoiceFilter, Column, DateFilter, Empty, FlagFilter, Table
from quittance.web.tables.columns import Row
from quittance.web.views.message_frame import message_response
from quittance.web.views.notices import failure_of, missing_copies
from quittance.web.views.runs import allowed_scope

MEDIA = (("EMAIL", gettext_lazy("E-mail")), ("LETTER", gettext_lazy("Letter")), ("SMS", gettext_lazy("SMS")))
STATES = (
    ("QUEUED", gettext_lazy("Queued")),
    ("SENDING", gettext_lazy("Leaving")),
    ("SENT", gettext_lazy("Sent")),
    ("DELIVERED", gettext_lazy("Delivered")),
    ("BOUNCED", gettext_lazy("Came back")),
    ("REFUSED", gettext_lazy("Refused")),
    ("FAILED", gettext_lazy("Failed")),
    ("UNCERTAIN", gettext_lazy("Uncertain")),
    ("CANCELLED", gettext_lazy("Cancelled")),
)
PURPOSES = {
    "DUNNING_NOTICE": gettext_lazy("Reminder"),
    "STATEMENT": gettext_lazy("Statement of account"),
    "PLAN": gettext_lazy("Payment plan"),
    "MAILING": pgettext_lazy("message", "Mailing"),
}
_TONES = {"BOUNCED": "late", "REFUSED": "late", "FAILED": "late", "UNCERTAIN": "soon"}


class MessageTable(Table):
    """Everything that left, waits or failed, newest first."""

    key = "messages"
    caption = gettext_lazy("Messages")
    columns = [
        Column(key="queued_at", label=gettext_lazy("Queued"), kind="moment", is_sortable=True),
        Column(key="medium", label=gettext_lazy("Medium"), labels=dict(MEDIA)),
        Column(key="words", label=gettext_lazy("Message"), opens_panel=True,
               href=lambda row: reverse("message_detail", args=[row["id"]])),
        Column(key="customer_name", label=gettext_lazy("Customer"),
               href=lambda row: reverse("customer_detail", args=[row["customer_id"]])),
        Column(key="recipient", label=gettext_lazy("To"), priority=2),
        Column(key="state", label=gettext_lazy("State"), kind="status", labels=dict(STATES),
               tone=lambda row: _TONES.get(row["state"], "")),
        Column(key="failure", label=gettext_lazy("What went wrong"), priority=3),
        Column(key="purpose", label=gettext_lazy("Kind"), labels=PURPOSES, priority=3),
        Column(key="file_count", label=gettext_lazy("Files"), kind="number", priority=3),
        Column(key="segments", label=gettext_lazy("Parts"), kind="number", priority=3, is_visible=False),
        Column(key="cost", label=gettext_lazy("Cost"), kind="money", currency="cost_currency", priority=2),
        Column(key="sent_at", label=gettext_lazy("Sent"), kind="moment", priority=3, is_visible=False),
        Column(key="account_number", label=gettext_lazy("Account"), priority=3, is_visible=False),
    ]  # fmt: skip
    filters = [
        ChoiceFilter(name="medium", label=gettext_lazy("Medium"), choices=MEDIA),
        ChoiceFilter(name="state", label=gettext_lazy("State"), choices=STATES),
        ChoiceFilter(name="purpose", label=gettext_lazy("Kind"), choices=list(PURPOSES.items())),
        DateFilter(name="queued", label=gettext_lazy("Queued"), field="queued_at__date"),
        AmountFilter(name="cost", label=gettext_lazy("Cost")),
        FlagFilter(name="registered", label=gettext_lazy("Registered letter"), field="is_registered"),
    ]
    search_fields = ["subject", "recipient", "account__customer__name", "account__number", "message_id"]
    default_sort = "-queued_at"
    presets = [
        (gettext_lazy("Uncertain"), "state=UNCERTAIN"),
        (gettext_lazy("Came back or refused"), "state=BOUNCED&state=REFUSED&state=FAILED"),
        (gettext_lazy("Waiting"), "state=QUEUED&state=SENDING"),
    ]
    empty = Empty(
        title=gettext_lazy("Nothing has left yet."),
        text=gettext_lazy("Reminders, statements and letters are listed here as soon as they are queued."),
    )

    def row_tone(self, row: Row) -> str:
        """Mark what waits for somebody."""
        return _TONES.get(row["state"], "")


@requires(Permission.SEE_RUNS)
def message_list(request: HttpRequest) -> HttpResponseBase:
    """List everything that leaves."""
    table = MessageTable(request, queries.list_transmissions(scope=desk_of(request).scope))
    return render_table(request, "messages/message_list.html", table)


def _get(request: HttpRequest, transmission_id: int) -> queries.TransmissionRow:
    row = queries.find_transmission(transmission_id=transmission_id, scope=allowed_scope(request))
    if row is None:
        raise Http404
    return row


@requires(Permission.SEE_RUNS)
def message_detail(request: HttpRequest, transmission_id: int) -> HttpResponse:
    """Show a message as it left, its files, its way, and what a person may do about it."""
    row = _get(request, transmission_id)
    notice_id = dunning.find_notice_id(transmission_id=transmission_id)
    may_act = Permission.COLLECT in permissions_of_request(request) and notice_id is None
    context: dict[str, Any] = {
        "sent": row,
        "title": row.subject or dict(MEDIA)[row.medium],
        "medium": dict(MEDIA)[row.medium],
        "state": dict(STATES)[row.state],
        "tone": _TONES.get(row.state, ""),
        "purpose": PURPOSES.get(row.purpose, row.purpose),
        "files": queries.list_files(transmission_id=transmission_id),
        "missing_copies": missing_copies(row.missing_copies),
        "failure": failure_of(row),
        "notice_url": reverse("notice_detail", args=[notice_id]) if notice_id else "",
        "may_resolve": may_act and row.state == "UNCERTAIN",
        "may_repeat": may_act and services.can_repeat(purpose=row.purpose, medium=row.medium, state=row.state),
        "frame_url": reverse("message_html", args=[transmission_id]),
    }
    return render_page(request, "messages/message_detail.html", "", context, panel="messages/_message_panel.html")


@requires(Permission.SEE_RUNS)
def message_html(request: HttpRequest, transmission_id: int) -> HttpResponse:
    """Answer with the HTML that left, for the frame of the message."""
    row = _get(request, transmission_id)
    if not row.body_html:
        raise Http404
    return message_response(queries.inline_images(row.body_html, row.inline_images))


@requires(Permission.SEE_RUNS)
def message_file(request: HttpRequest, file_id: int) -> HttpResponse:
    """Send a file that went out or came in as a download: never shown inside the site, whatever it says it is."""
    file = queries.find_file(file_id=file_id, scope=allowed_scope(request))
    if file is None:
        raise Http404
    response = HttpResponse(file.content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, file.filename) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


@requires(Permission.COLLECT)
@require_POST
def message_resolve(request: HttpRequest, transmission_id: int) -> HttpResponse:
    """Write what a person found out about an uncertain message."""
    _get(request, transmission_id)
    has_left = request.POST.get("has_left") == "yes"
    try:
        services.resolve_own_uncertain(transmission_id=transmission_id, has_left=has_left, actor=actor_of(request))
    except services.TransmissionNotUncertain:
        notify(request, _("It is already known what became of this message."), tone="soon")
    except services.CannotRepeat:
        notify(request, _("Decide on the page of the reminder: its account is checked once more there."), tone="soon")
    else:
        notify(request, _("Noted: the message has left.") if has_left else _("The message is being sent again."))
    return redirect("message_detail", transmission_id)


@requires(Permission.COLLECT)
@require_POST
def message_repeat(request: HttpRequest, transmission_id: int) -> HttpResponse:
    """Send a message once more, as it was."""
    _get(request, transmission_id)
    try:
        copy_id = services.repeat(transmission_id=transmission_id, actor=actor_of(request))
    except services.CannotRepeat:
        notify(request, _("This message cannot be sent once more."), tone="soon")
        return redirect("message_detail", transmission_id)
    notify(request, _("A copy is on its way."))
    return redirect("message_detail", copy_id)
