"""Remittance advices: the list of expected cash, one with its lines, the import of a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from quittance.foundation.permissions import Permission
from quittance.foundation.queries import list_events, list_rejected_lines
from quittance.foundation.reason_words import row_words
from quittance.parties.queries import list_companies
from quittance.remittances import queries, services
from quittance.remittances.remittance_files import FILE_BYTES_MAX
from quittance.remittances.tasks import import_remittance_file
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.event_words import event_entry
from quittance.web.remittance_words import SOURCES, STATE_TONES, STATES
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.shell import find_url
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.import_upload import SizeGuard, megabytes, short_name
from quittance.web.views.remittance_tables import RemittanceLineTable, RemittanceTable

REJECTED_SHOWN_MAX = 100


class RemittanceForm(forms.Form):
    """What a payer sent and, where references do not tell, the company that is paid."""

    file = forms.FileField(label=lazy("File of the payer"))
    company = forms.ChoiceField(
        label=lazy("Company"),
        required=False,
        help_text=lazy("Only needed when the references are not those of open items."),
    )
    is_asked_again = forms.BooleanField(
        label=lazy("Of a table, show me its columns again"),
        required=False,
        help_text=lazy("Otherwise they are read as you confirmed them."),
    )

    def __init__(self, *args: Any, companies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].choices = [("", _("As the references say")), *companies]  # type: ignore[attr-defined]


@requires(Permission.SEE_CASH)
def remittance_list(request: HttpRequest) -> HttpResponseBase:
    """List what payers have told, with the cash that is expected by currency."""
    scope = desk_of(request).scope
    table = RemittanceTable(request, queries.remittance_rows(scope=scope))
    context = {
        "expected": queries.list_expected_sums(scope=scope),
        "can_import": Permission.IMPORT_STATEMENTS in permissions_of_request(request),
    }
    return render_table(request, "remittances/remittance_list.html", table, context)


@requires(Permission.SEE_CASH)
def remittance_detail(request: HttpRequest, remittance_id: int) -> HttpResponseBase:
    """Show one advice: its check, its lines with the items meant, what was not taken."""
    row = _get(request, remittance_id)
    rejected = list(list_rejected_lines(batch_id=row["batch_id"], is_warning=False)[:REJECTED_SHOWN_MAX])
    remarks = list(list_rejected_lines(batch_id=row["batch_id"], is_warning=True)[:REJECTED_SHOWN_MAX])
    difference = None if row["total_announced"] is None else row["total_announced"] - row["lines_sum"]
    entries = list_events(subject=("remittance", str(remittance_id)), scope=desk_of(request).scope)
    context = {
        "remittance": row,
        "state_word": dict(STATES)[row["state"]],
        "state_tone": STATE_TONES[row["state"]],
        "source_word": dict(SOURCES)[row["source"]],
        "payer": row["payer_name"] or row["customer_name"] or row["payer_email"] or row["payer_iban"] or _("Unknown"),
        "difference": difference,
        "missing_count": row["named_count"] - row["found_count"],
        "rejected": [{**line, "words": row_words(line)} for line in rejected],
        "remarks": [{**line, "words": row_words(line)} for line in remarks],
        "bank_url": reverse("cash_line", args=[row["bank_transaction_id"]]) if row["bank_transaction_id"] else "",
        "message_url": _message_url(request, row),
        "import_url": reverse("import_detail", args=[row["batch_id"]]) if find_url("import_list") else "",
        "can_decide": Permission.MATCH_CASH in permissions_of_request(request),
        "entries": [event_entry(entry) for entry in entries],
    }
    table = RemittanceLineTable(request, queries.remittance_line_rows(remittance_id=remittance_id))
    return render_table(request, "remittances/remittance_detail.html", table, context)


@requires(Permission.MATCH_CASH)
@require_POST
def remittance_ignore(request: HttpRequest, remittance_id: int) -> HttpResponse:
    """Say that no money follows from an advice."""
    _get(request, remittance_id)
    reason = str(request.POST.get("reason", "")).strip()
    try:
        services.ignore_remittance(remittance_id=remittance_id, actor=actor_of(request), reason=reason)
    except services.RemittanceTaken:
        notify(request, _("A bank line is joined to it: undo that match first."), tone="late")
    else:
        undo = reverse("remittance_expect", args=[remittance_id])
        notify(request, _("No money is expected from this advice any more."), undo_url=undo)
    return redirect("remittance_detail", remittance_id)


@requires(Permission.MATCH_CASH)
@require_POST
def remittance_expect(request: HttpRequest, remittance_id: int) -> HttpResponse:
    """Expect the money of an ignored advice after all."""
    _get(request, remittance_id)
    services.expect_remittance(remittance_id=remittance_id, actor=actor_of(request))
    notify(request, _("The money is expected again."))
    return redirect("remittance_detail", remittance_id)


@csrf_exempt  # checked below, once the guard stands: the check itself reads the whole upload
@requires(Permission.IMPORT_STATEMENTS)
def remittance_import(request: HttpRequest) -> HttpResponse:
    """Take a file of a payer; the worker reads it."""
    guard = SizeGuard(request, bytes_max=FILE_BYTES_MAX)
    if request.method == "POST":
        request.upload_handlers.insert(0, guard)
    return _remittance_import(request, guard)


@csrf_protect
def _remittance_import(request: HttpRequest, guard: SizeGuard) -> HttpResponse:
    scope = allowed_scope(request)
    companies = [(str(row.id), row.name) for row in list_companies(company_ids=scope.company_ids)]
    is_sent = request.method == "POST"
    form = RemittanceForm(request.POST if is_sent else None, request.FILES if is_sent else None, companies=companies)
    if is_sent and guard.is_over:
        text = _("The file is larger than %(most)s, the most that is read at once. Split it.")
        form.errors["file"] = form.error_class([text % {"most": megabytes(guard.bytes_max)}])
    elif is_sent and form.is_valid():
        company, file = form.cleaned_data["company"], form.cleaned_data["file"]
        batch_id = services.register_remittance_file(
            file=file.file,
            filename=short_name(file.name),
            actor=actor_of(request),
            company_id=int(company) if company else None,
        )
        if services.hold_for_columns(batch_id=batch_id, is_asked_again=form.cleaned_data["is_asked_again"]):
            return redirect("remittance_columns", batch_id)
        import_remittance_file.defer(batch_id=batch_id)
        notify(request, _("The file is being read. What it brings appears here in a moment."))
        return redirect("import_detail", batch_id)
    status = 422 if is_sent else 200
    return render_page(request, "remittances/remittance_import.html", context={"form": form}, status=status)


def _get(request: HttpRequest, remittance_id: int) -> dict[str, Any]:
    try:
        return queries.get_remittance(remittance_id=remittance_id, scope=allowed_scope(request))
    except services.RemittanceNotFound:
        raise Http404 from None


def _message_url(request: HttpRequest, row: dict[str, Any]) -> str:
    """Return the message it came with, for who may see messages."""
    may = Permission.SEE_RUNS in permissions_of_request(request)
    return reverse("reply_detail", args=[row["inbound_message_id"]]) if may and row["inbound_message_id"] else ""
