"""What came in: replies of customers, automatic answers, delivery reports; read, taken, filed with an account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quittance.delivery import queries, services
from quittance.foundation.permissions import Permission
from quittance.parties import queries as parties
from quittance.parties.staff import list_staff
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.tables import ChoiceFilter, Column, DateFilter, Empty, FlagFilter, Table
from quittance.web.tables.columns import Row
from quittance.web.views.runs import allowed_scope

KINDS = (
    ("REPLY", gettext_lazy("Reply")),
    ("AUTOMATIC", gettext_lazy("Automatic answer")),
    ("REPORT", gettext_lazy("Delivery report")),
)
FOUND_BY = {
    "MESSAGE_ID": gettext_lazy("by the message that it answers"),
    "REPLY_ADDRESS": gettext_lazy("by the address that it was written to"),
    "BOUNCE_ADDRESS": gettext_lazy("by the address that it was returned to"),
    "PERSON": gettext_lazy("by one of us"),
}


class ReplyTable(Table):
    """What came in, newest first."""

    key = "replies"
    caption = gettext_lazy("Replies")
    columns = [
        Column(key="received_at", label=gettext_lazy("Received"), kind="moment", is_sortable=True),
        Column(key="sender", label=gettext_lazy("From"), text=lambda row: row["sender_name"] or row["sender"]),
        Column(key="subject", label=gettext_lazy("Subject"), opens_panel=True,
               text=lambda row: row["subject"] or _("(no subject)"),
               href=lambda row: reverse("reply_detail", args=[row["id"]])),
        Column(key="customer_name", label=gettext_lazy("Customer"),
               href=lambda row: reverse("customer_detail", args=[row["customer_id"]]) if row["customer_id"] else ""),
        Column(key="kind", label=gettext_lazy("Kind"), labels=dict(KINDS), priority=2),
        Column(key="is_read", label=gettext_lazy("Read"), kind="yesno", priority=2),
        Column(key="assignee_name", label=gettext_lazy("With"), kind="person", priority=2),
        Column(key="file_count", label=gettext_lazy("Files"), kind="number", priority=3),
        Column(key="bounce_code", label=gettext_lazy("Code"), priority=3),
        Column(key="account_number", label=gettext_lazy("Account"), priority=3, is_visible=False),
    ]  # fmt: skip
    filters = [
        ChoiceFilter(name="kind", label=gettext_lazy("Kind"), choices=KINDS),
        FlagFilter(name="read", label=gettext_lazy("Read"), conditions={
            "yes": Q(read_at__isnull=False), "no": Q(read_at=None)}),
        FlagFilter(name="filed", label=gettext_lazy("With an account"), conditions={
            "yes": Q(account__isnull=False), "no": Q(account=None)}),
        DateFilter(name="received", label=gettext_lazy("Received"), field="received_at__date"),
    ]  # fmt: skip
    search_fields = ["subject", "sender", "sender_name", "account__customer__name", "account__number"]
    default_sort = "-received_at"
    presets = [
        (gettext_lazy("Not read"), "read=no"),
        (gettext_lazy("Without an account"), "filed=no&kind=REPLY"),
        (gettext_lazy("Delivery reports"), "kind=REPORT"),
    ]
    empty = Empty(
        title=gettext_lazy("Nothing has come in yet."),
        text=gettext_lazy("Replies to our messages are read from the mailboxes named in QUITTANCE_IMAP_URL."),
    )

    def row_tone(self, row: Row) -> str:
        """Mark what nobody has read."""
        return "" if row["is_read"] else "soon"


class AccountForm(forms.Form):
    """The account that a message is about, by its number."""

    number = forms.CharField(label=gettext_lazy("Account number"), max_length=60)


@requires(Permission.SEE_CUSTOMERS)
def reply_list(request: HttpRequest) -> HttpResponseBase:
    """List what came in."""
    table = ReplyTable(request, queries.list_inbound(scope=desk_of(request).scope))
    return render_table(request, "messages/reply_list.html", table, {"mailboxes": queries.list_mailboxes()})


def _get(request: HttpRequest, inbound_id: int) -> dict[str, Any]:
    row = queries.find_inbound(inbound_id=inbound_id, scope=allowed_scope(request))
    if row is None:
        raise Http404
    return row


@requires(Permission.SEE_CUSTOMERS)
def reply_detail(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """Show one message, its files, whose it is and what it answers."""
    return _page(request, _get(request, inbound_id))


def _page(request: HttpRequest, row: dict[str, Any], form: AccountForm | None = None) -> HttpResponse:
    people = list_staff(today=desk_of(request).today, scope=allowed_scope(request))
    context = {
        "reply": row,
        "kind": dict(KINDS)[row["kind"]],
        "found_by": FOUND_BY.get(row["found_by"], ""),
        "files": queries.list_files(inbound_id=row["id"]),
        "people": [person for person in people if person.is_active],
        "form": form or AccountForm(),
        "may_act": Permission.COLLECT in permissions_of_request(request),
    }
    status = 422 if form is not None else 200
    return render_page(
        request, "messages/reply_detail.html", "", context, panel="messages/_reply_panel.html", status=status
    )


@requires(Permission.COLLECT)
@require_POST
def reply_mark(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """Write that a message was read, or was not after all."""
    _get(request, inbound_id)
    is_read = request.POST.get("is_read") == "yes"
    services.mark_read(inbound_ids=[inbound_id], is_read=is_read)
    return redirect("reply_list") if is_read else redirect("reply_detail", inbound_id)


@requires(Permission.COLLECT)
@require_POST
def reply_assign(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """Give a message to a person, or to nobody."""
    _get(request, inbound_id)
    chosen = request.POST.get("user_id", "")
    people = list_staff(today=desk_of(request).today, scope=allowed_scope(request))
    known = {str(person.id): person for person in people if person.is_active}
    if chosen and chosen not in known:
        raise Http404
    user_id = known[chosen].id if chosen else None
    services.assign(inbound_id=inbound_id, user_id=user_id, actor=actor_of(request))
    notify(request, _("%(name)s has it now.") % {"name": known[chosen].name} if chosen else _("Nobody has it now."))
    return redirect("reply_detail", inbound_id)


@requires(Permission.COLLECT)
@require_POST
def reply_account(request: HttpRequest, inbound_id: int) -> HttpResponse:
    """File a message with an account."""
    row = _get(request, inbound_id)
    form = AccountForm(request.POST)
    if form.is_valid():
        number = form.cleaned_data["number"].strip()
        found = parties.find_account_by_number(number=number, scope=allowed_scope(request))
        if found is not None:
            services.file_with_account(inbound_id=inbound_id, account_id=found, actor=actor_of(request))
            notify(request, _("The message is kept with account %(number)s.") % {"number": number})
            return redirect("reply_detail", inbound_id)
        form.add_error("number", _("No account has this number, or several have."))
    return _page(request, row, form)
