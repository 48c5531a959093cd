"""Checking how a table of payments will be read before it is: columns, numbers, dates, the total."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quittance.foundation.permissions import Actor, Permission
from quittance.parties.queries import list_companies
from quittance.remittances import services
from quittance.remittances.services import TableProposal, TableSample
from quittance.remittances.tasks import import_remittance_file
from quittance.web import formats
from quittance.web.access import requires
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.remittance_columns_form import RemittanceColumnsForm
from quittance.web.views.table_columns import TableKind, check_columns


def _form(request: HttpRequest, batch: dict[str, Any], proposal: TableProposal) -> RemittanceColumnsForm:
    companies = list_companies(company_ids=allowed_scope(request).company_ids)
    return RemittanceColumnsForm(
        request.POST if request.method == "POST" else None,
        initial={"company": batch["company_id"], **RemittanceColumnsForm.values_of(proposal.profile)},
        proposal=proposal,
        companies=[(str(row.id), row.name) for row in companies],
    )


def _confirm(batch_id: int, form: RemittanceColumnsForm, actor: Actor) -> None:
    services.confirm_table(
        batch_id=batch_id, profile=form.profile, company_id=form.cleaned_data["company"], actor=actor
    )


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


_REMITTANCES = TableKind(
    kind="REMITTANCE",
    template="remittances/remittance_columns.html",
    propose=lambda batch_id: services.propose_table(batch_id=batch_id),
    form=_form,
    preview=lambda batch_id, form: services.preview_table(batch_id=batch_id, profile=form.profile),
    confirm=_confirm,
    queue=lambda batch_id: import_remittance_file.defer(batch_id=batch_id),
    shown=lambda sample, form: {"lines": _lines(sample, form), "totals": _totals(sample, form)},
    import_label=_import_label,
    not_waiting=services.BatchNotFound,
)


@requires(Permission.IMPORT_STATEMENTS)
def remittance_columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show how the table will be read, and start the import as confirmed."""
    return check_columns(request, batch_id, of=_REMITTANCES)
