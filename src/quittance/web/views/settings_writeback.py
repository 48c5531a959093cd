"""Settings: under which accounts and journals the ERP keeps what we send."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from quittance.core.writeback import Journal, Role
from quittance.foundation.permissions import Permission
from quittance.parties.payments import list_bank_accounts
from quittance.web.access import actor_of, companies_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views.writeback_forms import PlanForm
from quittance.writeback.accounts import get_plan
from quittance.writeback.services import PlanRefused, set_plan


@requires(Permission.SEE_SETTINGS)
def erp_accounts(request: HttpRequest) -> HttpResponse:
    """Show and change the accounts and journals of each company."""
    may_edit = Permission.EDIT_SETTINGS in permissions_of_request(request)
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    companies = companies_of(request)
    wanted = request.POST.get("company", "") if request.method == "POST" else ""
    if request.method == "POST" and wanted not in {str(row.id) for row in companies}:
        raise Http404
    cards = [_card(request, row, is_sent=str(row.id) == wanted) for row in companies]
    for card in cards:
        if card["is_sent"] and card["form"].is_valid() and _keep(request, card):
            return redirect("settings_erp_accounts")
    context = {"cards": cards, "may_edit": may_edit}
    return render_page(request, "settings/erp_accounts.html", context=context, status=422 if wanted else 200)


def _keep(request: HttpRequest, card: dict[str, Any]) -> bool:
    values: dict[str, str] = card["form"].cleaned_data
    try:
        is_changed = set_plan(
            company_id=card["company"].id,
            account_numbers={role: values[role.value] for role in Role},
            journal_codes={journal: values[f"{journal}_JOURNAL"] for journal in Journal},
            bank_numbers={bank_id: values[f"bank_{bank_id}"] for bank_id, _name in card["banks"]},
            actor=actor_of(request),
        )
    except PlanRefused as error:
        is_journal = error.field.endswith("_JOURNAL")
        text = _("Letters and digits without spaces, 20 at most.")
        if is_journal:
            text = _("Letters and digits without spaces, another code for each journal.")
        card["form"].add_error(error.field, text)
        return False
    notify(request, _("The settings are kept.") if is_changed else _("Nothing changed."))
    return True


def _card(request: HttpRequest, company: Any, *, is_sent: bool) -> dict[str, Any]:
    plan = get_plan(company_id=company.id)
    banks = [(row.id, f"{row.name} · {row.iban}") for row in list_bank_accounts(company_ids=[company.id])]
    initial = {
        **{role.value: number for role, number in plan.account_numbers.items()},
        **{f"{journal}_JOURNAL": code for journal, code in plan.journal_codes.items()},
        **{f"bank_{bank_id}": number for bank_id, number in plan.bank_numbers.items()},
    }
    form = PlanForm(request.POST if is_sent else None, initial=initial, banks=banks, auto_id=f"id_{company.id}_%s")
    return {"company": company, "form": form, "is_sent": is_sent, "banks": banks}
