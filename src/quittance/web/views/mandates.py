"""Mandates of direct debit, and how each company collects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.debits import queries, services
from quittance.debits.identifiers import hidden_iban
from quittance.foundation.permissions import Permission
from quittance.foundation.queries import list_events
from quittance.parties.payments import list_bank_accounts
from quittance.parties.queries import find_customer
from quittance.web.access import actor_of, companies_of, desk_of, permissions_of_request, requires
from quittance.web.cash_words import return_reason_word
from quittance.web.debit_words import INSTRUCTION_STATES, MANDATE_STATES, SCHEMES, end_word
from quittance.web.event_words import event_entry
from quittance.web.formats import iban_text
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.views import lookups
from quittance.web.views.debit_forms import AmendForm, MandateForm, ReasonForm, SettingsForm
from quittance.web.views.debit_tables import MandateTable


@requires(Permission.SEE_CASH)
def mandate_list(request: HttpRequest) -> HttpResponseBase:
    """List the mandates."""
    table = MandateTable(request, queries.list_mandates(scope=desk_of(request).scope))
    return render_table(request, "debits/mandate_list.html", table)


@requires(Permission.SEE_CASH)
def mandate_detail(request: HttpRequest, mandate_id: int) -> HttpResponse:
    """Show a mandate and what was debited under it."""
    return _page(request, mandate_id)


@requires(Permission.MATCH_CASH)
def mandate_new(request: HttpRequest, account_id: int) -> HttpResponse:
    """Keep a signed mandate for an account."""
    account = lookups.get_account_or_404(request, account_id)
    is_sent = request.method == "POST"
    customer = find_customer(customer_id=account.customer_id) or {}
    initial = {
        "debtor_name": account.customer_name[:70],
        "street": str(customer.get("street", ""))[:70],
        "postcode": str(customer.get("postcode", ""))[:16],
        "town": str(customer.get("town", ""))[:35],
        "country": customer.get("country", "") or "FR",
        "signed_on": desk_of(request).today,
    }
    form = MandateForm(request.POST if is_sent else None, initial=initial)
    if is_sent and form.is_valid():
        try:
            mandate_id = services.record_mandate(
                mandate=services.NewMandate(account_id=account_id, **form.cleaned_data), actor=actor_of(request)
            )
        except services.DebitRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("The mandate is kept: this account is debited from now on, not chased."))
            return redirect("mandate_detail", mandate_id)
    context = {"form": form, "account": account}
    return render_page(request, "debits/mandate_form.html", context=context, status=422 if is_sent else 200)


@requires(Permission.MATCH_CASH)
@require_POST
def mandate_amend(request: HttpRequest, mandate_id: int) -> HttpResponse:
    """Write another bank account of the debtor."""
    _mandate(request, mandate_id)
    form = AmendForm(request.POST)
    if form.is_valid():
        try:
            services.amend_mandate(mandate_id=mandate_id, actor=actor_of(request), **form.cleaned_data)
        except services.DebitRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("The new account is kept: the next collection tells the bank."))
            return redirect("mandate_detail", mandate_id)
    return _page(request, mandate_id, amend_form=form)


@requires(Permission.MATCH_CASH)
@require_POST
def mandate_confirm(request: HttpRequest, mandate_id: int) -> HttpResponse:
    """Use a mandate again that waited."""
    _mandate(request, mandate_id)
    try:
        services.confirm_mandate(mandate_id=mandate_id, actor=actor_of(request))
    except services.DebitRefused as error:
        notify(request, str(error), tone="late")
    else:
        notify(request, _("The mandate is used again."))
    return redirect("mandate_detail", mandate_id)


@requires(Permission.MATCH_CASH)
@require_POST
def mandate_cancel(request: HttpRequest, mandate_id: int) -> HttpResponse:
    """End a mandate."""
    _mandate(request, mandate_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            services.cancel_mandate(
                mandate_id=mandate_id, on_date=desk_of(request).today, actor=actor_of(request), **form.cleaned_data
            )
        except services.DebitRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("The mandate is over: what is owed is chased again."))
            return redirect("mandate_detail", mandate_id)
    return _page(request, mandate_id, cancel_form=form)


@requires(Permission.SEE_SETTINGS)
def debit_settings(request: HttpRequest) -> HttpResponse:
    """Show and change how each company collects."""
    may_edit = Permission.EDIT_SETTINGS in permissions_of_request(request)
    companies = companies_of(request)
    known = queries.list_settings(company_ids=[row.id for row in companies])
    wanted = request.POST.get("company", "") if request.method == "POST" else ""
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    if wanted and wanted not in {str(row.id) for row in companies}:
        raise Http404
    cards = [_card(request, row, known.get(row.id), is_sent=str(row.id) == wanted) for row in companies]
    for card in cards:
        if card["is_sent"] and card["form"].is_valid():
            values = dict(card["form"].cleaned_data)
            try:
                services.change_settings(
                    company_id=card["company"].id,
                    bank_account_id=values.pop("bank_account"),
                    actor=actor_of(request),
                    **values,
                )
            except services.DebitRefused as error:
                card["form"].add_error(error.field or None, str(error))
            else:
                notify(request, _("The settings are kept."))
                return redirect("debit_settings")
    context = {"cards": cards, "may_edit": may_edit}
    return render_page(request, "debits/debit_settings.html", context=context, status=422 if wanted else 200)


def _card(request: HttpRequest, company: Any, known: queries.SettingsRow | None, *, is_sent: bool) -> dict[str, Any]:
    accounts = [
        (row.id, f"{row.name} · {row.iban}")
        for row in list_bank_accounts(company_ids=[company.id])
        if row.currency == "EUR"
    ]
    initial: dict[str, Any] = {}
    if known is not None:
        initial = {
            "creditor_identifier": known.creditor_identifier,
            "bank_account": known.bank_account_id,
            "notice_days": known.notice_days,
            "lead_days": known.lead_days,
        }
    form: forms.Form = SettingsForm(
        request.POST if is_sent else None, initial=initial, accounts=accounts, auto_id=f"id_{company.id}_%s"
    )
    return {"company": company, "form": form, "is_sent": is_sent, "is_known": known is not None}


def _mandate(request: HttpRequest, mandate_id: int) -> dict[str, Any]:
    found = queries.find_mandate(mandate_id=mandate_id, scope=desk_of(request).scope)
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest,
    mandate_id: int,
    *,
    amend_form: AmendForm | None = None,
    cancel_form: ReasonForm | None = None,
) -> HttpResponse:
    mandate = _mandate(request, mandate_id)
    word, tone = MANDATE_STATES[mandate["state"]]
    may_change = Permission.MATCH_CASH in permissions_of_request(request) and not desk_of(request).is_past
    context = {
        "mandate": mandate,
        "word": word,
        "tone": tone,
        "waits_why": return_reason_word(mandate["state_reason"]) if mandate["state"] == "PENDING" else "",
        "scheme": dict(SCHEMES)[mandate["scheme"]],
        "iban": iban_text(mandate["iban"]) if may_change else hidden_iban(mandate["iban"]),
        "debits": [
            {**row, "word": INSTRUCTION_STATES[row["state"]][0], "tone": INSTRUCTION_STATES[row["state"]][1],
             "why": end_word({**row, "reason_text": ""})}
            for row in queries.list_debits_of_mandate(mandate_id=mandate_id)
        ],
        "entries": [event_entry(event) for event in list_events(subject=("mandate", str(mandate_id)))],
        "may_change": may_change and mandate["state"] in ("ACTIVE", "PENDING"),
        "amend_form": amend_form or AmendForm(),
        "cancel_form": cancel_form or ReasonForm(),
    }  # fmt: skip
    is_bad = any(form is not None and form.errors for form in (amend_form, cancel_form))
    return render_page(request, "debits/mandate_detail.html", context=context, status=422 if is_bad else 200)
