"""Checking how a table of payments will be read before it is: columns, numbers, dates, the total."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quittance.core.ports.intake import FileRefused
from quittance.foundation.permissions import Permission
from quittance.parties.queries import list_companies
from quittance.remittances import services
from quittance.remittances.services import TableProposal, TableSample
from quittance.remittances.tasks import import_remittance_file
from quittance.web import formats
from quittance.web.access import actor_of, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views.import_access import allowed_scope, get_visible_import
from quittance.web.views.import_words import field_word, layout_words
from quittance.web.views.remittance_columns_form import RemittanceColumnsForm


@requires(Permission.IMPORT_STATEMENTS)
def remittance_columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show how the table will be read, and start the import as confirmed."""
    batch = get_visible_import(request, batch_id)
    if batch["kind"] != "REMITTANCE" or batch["status"] != "NEEDS_MAPPING":
        return redirect("import_detail", batch_id)
    is_sent = request.method == "POST"
    try:
        proposal = services.propose_table(batch_id=batch_id)
        form = _form(request, batch, proposal)
        is_valid = form.is_valid() if is_sent else not proposal.profile.missing_fields()
        if is_sent and is_valid and request.POST.get("do") == "import":
            return _start(request, batch_id, form)
        sample = services.preview_table(batch_id=batch_id, profile=form.profile) if is_valid else None
    except FileRefused:
        import_remittance_file.defer(batch_id=batch_id)
        return redirect("import_detail", batch_id)
    except services.BatchNotFound:
        notify(request, _("This import was started before."), tone="late")
        return redirect("import_detail", batch_id)
    context = {
        "batch": batch,
        "proposal": proposal,
        "layout": layout_words(proposal.preview.layout) or proposal.preview.layout,
        "form": form,
        "warnings": () if proposal.is_confirmed else proposal.preview.proposal.warnings,
        "missing": [field_word(name) for name in proposal.profile.missing_fields()],
        "sample": sample,
        "lines": _lines(sample, form) if sample else [],
        "totals": _totals(sample, form) if sample else [],
        "import_label": _import_label(sample),
        "steps": [_("File"), _("Check"), _("Import")],
    }
    status = 422 if is_sent and not is_valid else 200
    return render_page(request, "remittances/remittance_columns.html", context=context, status=status)


def _form(request: HttpRequest, batch: dict[str, Any], proposal: TableProposal) -> RemittanceColumnsForm:
    companies = list_companies(company_ids=allowed_scope(request).company_ids)
    return RemittanceColumnsForm(
        request.POST if request.method == "POST" else None,
        initial={"company": batch["company_id"], **RemittanceColumnsForm.initial_of(proposal)},
        proposal=proposal,
        companies=[(str(row.id), row.name) for row in companies],
    )


def _start(request: HttpRequest, batch_id: int, form: RemittanceColumnsForm) -> HttpResponse:
    services.confirm_table(
        batch_id=batch_id, profile=form.profile, company_id=form.cleaned_data["company"], actor=actor_of(request)
    )
    import_remittance_file.defer(batch_id=batch_id)
    notify(request, _("The file is being read. What it brings appears here in a moment."))
    return redirect("import_detail", batch_id)


def _lines(sample: TableSample, form: RemittanceColumnsForm) -> list[dict[str, str]]:
    currencies = {line.position: each.currency for each in sample.remittances for line in each.lines}
    default = form.profile.currency_default or ""
    found = []
    for line in sample.lines:
        currency = currencies.get(line.position) or default or "EUR"
        found.append(
            {
                "position": formats.number_text(line.position),
                "reference": line.reference,
                "day": formats.short_date_text(line.document_date) if line.document_date else "",
                "gross": formats.amount_text(line.amount_gross, currency) if line.amount_gross is not None else "",
                "kept": formats.amount_text(line.amount_discount + line.amount_deduction, currency),
                "paid": formats.amount_text(line.amount_paid, currency),
                "reason": " ".join(filter(None, [line.reason_code, line.reason_text])),
            }
        )
    return found


def _totals(sample: TableSample, form: RemittanceColumnsForm) -> list[dict[str, Any]]:
    """Return what each payment of the file adds up to, at most twelve."""
    default = form.profile.currency_default or "EUR"
    return [
        {
            "payer": each.payer_name or each.payment_reference,
            "sum": formats.amount_text(each.lines_sum, each.currency or default),
            "total": formats.amount_text(each.total, each.currency or default) if each.total is not None else "",
            "is_adding_up": each.is_adding_up,
        }
        for each in sample.remittances[:12]
    ]


def _import_label(sample: TableSample | None) -> str:
    """Say on the button what will happen."""
    if sample is None or not sample.is_whole:
        return _("Import the file")
    count = sample.line_count
    return ngettext("Import %(count)s line", "Import %(count)s lines", count) % {
        "count": formats.number_text(count) if count else "0"
    }
