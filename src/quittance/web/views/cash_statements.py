"""Bank statements: the list, one with the check of its balances, and the import of a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from quittance.cash import queries, services
from quittance.cash.statement_files import FILE_BYTES_MAX
from quittance.cash.tasks import import_statement
from quittance.foundation.permissions import Permission
from quittance.parties.queries import list_companies
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.views.cash_tables import LineTable, StatementTable
from quittance.web.views.import_upload import SizeGuard, megabytes


class StatementForm(forms.Form):
    """A file of the bank and, for an account that is new, the company it is of."""

    file = forms.FileField(label=lazy("File of the bank"))
    company = forms.ChoiceField(
        label=lazy("Company"),
        required=False,
        help_text=lazy("Only needed when the bank account is new here."),
    )
    is_asked_again = forms.BooleanField(
        label=lazy("Of a table, show me its columns again"),
        required=False,
        help_text=lazy("Otherwise they are read as you confirmed them."),
    )

    def __init__(self, *args: Any, companies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].choices = [("", _("As the statement says")), *companies]  # type: ignore[attr-defined]


@requires(Permission.SEE_CASH)
def statement_list(request: HttpRequest) -> HttpResponseBase:
    """List the bank statements."""
    table = StatementTable(request, queries.statement_rows(scope=desk_of(request).scope))
    can_import = Permission.IMPORT_STATEMENTS in permissions_of_request(request)
    return render_table(request, "cash/statement_list.html", table, {"can_import": can_import})


@requires(Permission.SEE_CASH)
def statement_detail(request: HttpRequest, statement_id: int) -> HttpResponseBase:
    """Show one statement: its check and its lines."""
    scope = desk_of(request).scope
    try:
        statement = queries.get_statement(statement_id=statement_id, scope=scope)
    except services.TransactionNotFound:
        raise Http404 from None
    expected = None
    if statement["opening_amount"] is not None:
        expected = statement["opening_amount"] + statement["movement_sum"]
    difference = None
    if expected is not None and statement["closing_amount"] is not None:
        difference = statement["closing_amount"] - expected
    table = LineTable(request, queries.transaction_rows(scope=scope, statement_id=statement_id))
    context = {
        "statement": statement,
        "expected": expected,
        "difference": difference,
        "import_url": _import_url(statement["batch_id"]),
    }
    return render_table(request, "cash/statement_detail.html", table, context)


@csrf_exempt  # checked below, once the guard stands: the check itself reads the whole upload
@requires(Permission.IMPORT_STATEMENTS)
def statement_import(request: HttpRequest) -> HttpResponse:
    """Take a file of the bank; the worker reads it."""
    guard = SizeGuard(request, bytes_max=FILE_BYTES_MAX)
    if request.method == "POST":
        request.upload_handlers.insert(0, guard)
    return _statement_import(request, guard)


@csrf_protect
def _statement_import(request: HttpRequest, guard: SizeGuard) -> HttpResponse:
    companies = [(str(row.id), row.name) for row in list_companies(company_ids=desk_of(request).scope.company_ids)]
    is_sent = request.method == "POST"
    form = StatementForm(request.POST if is_sent else None, request.FILES if is_sent else None, companies=companies)
    if is_sent and guard.is_over:
        text = _("The file is larger than %(most)s, the most that is read at once. Ask the bank for one file per day.")
        form.errors["file"] = form.error_class([text % {"most": megabytes(guard.bytes_max)}])
    elif is_sent and form.is_valid():
        company = form.cleaned_data["company"]
        file = form.cleaned_data["file"]
        batch_id = services.register_statement_file(
            file=file.file, filename=file.name, actor=actor_of(request), company_id=int(company) if company else None
        )
        if services.hold_for_columns(batch_id=batch_id, is_asked_again=form.cleaned_data["is_asked_again"]):
            return redirect("statement_columns", batch_id)
        import_statement.defer(batch_id=batch_id)
        notify(request, _("The file is being read. What it brings appears here in a moment."))
        return redirect(_import_url(batch_id) or reverse("statement_list"))
    status = 422 if is_sent else 200
    return render_page(request, "cash/statement_import.html", context={"form": form}, status=status)


def _import_url(batch_id: int) -> str:
    """Return the page of the import, '' when the site has none."""
    try:
        return reverse("import_detail", args=[batch_id])
    except NoReverseMatch:
        return ""
