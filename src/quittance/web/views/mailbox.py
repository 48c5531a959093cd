"""The demo's mailbox: what the demo's own mail server took in, as its recipients would read it."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from quittance.delivery import queries, services
from quittance.foundation.permissions import Permission
from quittance.web.access import requires
from quittance.web.formats import number_text
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.tables import Column, Empty, Table
from quittance.web.views.message_frame import message_response

SHOWN_HEADERS = ("From", "To", "Reply-To", "Date", "Message-ID", "Auto-Submitted", "Content-Language")


class MailboxTable(Table):
    """The messages, newest first."""

    key = "mailbox"
    caption = gettext_lazy("Messages")
    columns = [
        Column(key="received_at", label=gettext_lazy("Received"), kind="moment", is_sortable=True),
        Column(key="recipients", label=gettext_lazy("To")),
        Column(key="subject", label=gettext_lazy("Subject"), opens_panel=True,
               href=lambda row: reverse("mailbox_message", args=[row["id"]])),
        Column(key="sender", label=gettext_lazy("From"), priority=2),
    ]  # fmt: skip
    search_fields = ["subject", "recipients", "sender"]
    default_sort = "-received_at"
    has_export = False
    empty = Empty(
        title=gettext_lazy("No mail yet."),
        text=gettext_lazy("Send the reminders of a run: each message arrives here a moment later."),
    )


def _require_demo() -> None:
    if not settings.QUITTANCE_DEMO:
        raise Http404


def _get_message(message_id: int) -> queries.MailboxMessage:
    _require_demo()
    message = queries.find_demo_message(message_id=message_id)
    if message is None:
        raise Http404
    return message


@requires(Permission.SEE_MAILBOX)
def mailbox(request: HttpRequest) -> HttpResponseBase:
    """List what the demo's mail server took in."""
    _require_demo()
    return render_table(request, "mailbox/message_list.html", MailboxTable(request, queries.list_demo_messages()))


@requires(Permission.SEE_MAILBOX)
def mailbox_message(request: HttpRequest, message_id: int) -> HttpResponse:
    """Show one message."""
    message = _get_message(message_id)
    headers = [(name, value) for name, value in message.headers if name in SHOWN_HEADERS]
    context = {"message": message, "headers": headers, "frame_url": reverse("mailbox_html", args=[message_id])}
    return render_page(request, "mailbox/message_detail.html", "", context, panel="mailbox/_message_panel.html")


@requires(Permission.SEE_MAILBOX)
def mailbox_html(request: HttpRequest, message_id: int) -> HttpResponse:
    """Answer with the HTML part, for the frame of the message."""
    message = _get_message(message_id)
    if not message.html:
        raise Http404
    return message_response(message.html)


@requires(Permission.SEE_MAILBOX)
@require_POST
def mailbox_empty(request: HttpRequest) -> HttpResponse:
    """Forget all messages of the demo's mailbox."""
    _require_demo()
    count = services.forget_demo_messages()
    text = ngettext("%(count)s message deleted.", "%(count)s messages deleted.", count)
    notify(request, text % {"count": number_text(count) if count else "0"})
    return redirect("mailbox")
