"""Checking how a table of a bank will be read before it is: columns, signs, dates, movements, balances."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quittance.cash import services
from quittance.cash.services import TableProposal, TableSample
from quittance.cash.tasks import import_statement
from quittance.foundation.permissions import Actor, Permission
from quittance.parties.payments import list_bank_accounts
from quittance.parties.queries import list_companies
from quittance.web import formats
from quittance.web.access import requires
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.statement_columns_form import BankColumnsForm
from quittance.web.views.table_columns import TableKind, check_columns


def _form(request: HttpRequest, batch: dict[str, Any], proposal: TableProposal) -> BankColumnsForm:
    scope = allowed_scope(request)
    accounts = list_bank_accounts(company_ids=scope.company_ids)
    known = [account.iban for account in accounts]
    return BankColumnsForm(
        request.POST if request.method == "POST" else None,
        initial={
            "company": batch["company_id"],
            **BankColumnsForm.initial_of(proposal, known_accounts=known),
        },
        proposal=proposal,
        accounts=[(account.iban, f"{account.name} · {account.iban}") for account in accounts],
        companies=[(str(row.id), row.name) for row in list_companies(company_ids=scope.company_ids)],
    )


def _preview(batch_id: int, form: BankColumnsForm) -> TableSample:
    return services.preview_table(batch_id=batch_id, profile=form.profile, account_id=form.account_id)


def _confirm(batch_id: int, form: BankColumnsForm, actor: Actor) -> None:
    services.confirm_table(
        batch_id=batch_id,
        profile=form.profile,
        account_id=form.account_id,
        company_id=form.cleaned_data["company"],
        actor=actor,
    )


def _lines(sample: TableSample) -> list[dict[str, str]]:
    return [
        {
            "position": formats.number_text(each.position),
            "day": formats.short_date_text(each.booking_date) if each.booking_date else "",
            "amount": formats.amount_text(each.amount, each.currency),
            "payer": each.counterparty_name or each.counterparty_iban or each.counterparty_account,
            "text": each.text,
            "reference": each.account_servicer_reference or each.end_to_end_id,
        }
        for each in sample.transactions
    ]


def _balances(sample: TableSample) -> list[dict[str, Any]]:
    """Return what each account of the file begins and ends with, where a running balance says so."""
    return [
        {
            "account": each.account_id,
            "currency": each.currency,
            "opening": formats.amount_text(each.opening.amount, each.currency) if each.opening else "",
            "sum": formats.amount_text(each.transaction_sum, each.currency),
            "closing": formats.amount_text(each.closing.amount, each.currency) if each.closing else "",
            "is_balanced": each.balanced,
        }
        for each in sample.statements
    ]


def _import_label(sample: TableSample | None) -> str:
    """Say on the button what will happen."""
    if sample is None or not sample.is_whole:
        return _("Import the file")
    count = sample.transaction_count
    return ngettext("Import %(count)s movement", "Import %(count)s movements", count) % {
        "count": formats.number_text(count) if count else "0"
    }


_STATEMENTS = TableKind(
    kind="STATEMENT",
    template="cash/statement_columns.html",
    propose=lambda batch_id: services.propose_table(batch_id=batch_id),
    form=_form,
    preview=_preview,
    confirm=_confirm,
    queue=lambda batch_id: import_statement.defer(batch_id=batch_id),
    shown=lambda sample, form: {"lines": _lines(sample), "balances": _balances(sample)},
    import_label=_import_label,
    not_waiting=services.BatchNotFound,
)


@requires(Permission.IMPORT_STATEMENTS)
def statement_columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show how the table will be read, and start the import as confirmed."""
    return check_columns(request, batch_id, of=_STATEMENTS)
