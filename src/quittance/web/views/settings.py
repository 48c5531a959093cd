"""Settings: the overview, companies, terms of payment, policies and exchange rates."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.dunning.policies import NoDefaultPolicy, PolicyBook, read_policies
from quittance.foundation.permissions import Permission
from quittance.ledger.exchange_rates import RateRefused, list_exchange_rates, set_exchange_rate
from quittance.parties import company_settings, staff
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.delay_reason_words import offered_delay_reasons
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.settings_forms import CompanyForm, DepartmentForm, RateForm
from quittance.web.views.settings_tables import RateTable

STALE_DAYS = 4


def may_edit(request: HttpRequest) -> bool:
    """Tell whether the person may change settings."""
    return Permission.EDIT_SETTINGS in permissions_of_request(request)


@requires(Permission.SEE_SETTINGS)
def settings(request: HttpRequest) -> HttpResponse:
    """Show everything that can be set, each with what it is set to now."""
    today = desk_of(request).today
    scope = allowed_scope(request)
    companies = company_settings.list_company_settings(today=today, scope=scope)
    people = [row for row in staff.list_staff(today=today, scope=scope) if row.is_active]
    accounts = [account for company in companies for account in company.bank_accounts]
    policies = _policies(today)
    context = {
        "companies": companies,
        "department_count": sum(len(company.departments) for company in companies),
        "bank_account_count": len(accounts),
        "stale_count": sum(_is_stale(account) for account in accounts),
        "people": people,
        "away": [row for row in people if row.away_until],
        "policies": policies.all() if policies else [],
        "terms": company_settings.list_payment_terms(issued=today),
        "delay_reasons": [name for _code, name in offered_delay_reasons()],
        "last_rate": list_exchange_rates().first(),
        "can_edit": may_edit(request),
        "can_see_audit": Permission.SEE_AUDIT in permissions_of_request(request),
    }
    return render_page(request, "settings/settings.html", context=context)


@requires(Permission.SEE_SETTINGS)
def company_list(request: HttpRequest) -> HttpResponse:
    """Show the companies with their departments and bank accounts."""
    companies = company_settings.list_company_settings(today=desk_of(request).today, scope=allowed_scope(request))
    context = {"companies": companies, "stale_days": STALE_DAYS, "may_edit": may_edit(request)}
    return render_page(request, "settings/company_list.html", context=context)


@requires(Permission.EDIT_SETTINGS)
def company_edit(request: HttpRequest, company_id: int) -> HttpResponse:
    """Change how a company's ledger is read and who its messages come from."""
    company = _company(request, company_id)
    today = desk_of(request).today
    terms = [(row["id"], row["name"]) for row in company_settings.list_payment_terms(issued=today)]
    is_sent = request.method == "POST"
    form = CompanyForm(request.POST if is_sent else None, company=company, terms=terms)
    if is_sent and form.is_valid():
        values = dict(form.cleaned_data)
        values["payment_terms_id"] = values.pop("payment_terms")
        try:
            company_settings.change_company(company_id=company_id, actor=actor_of(request), **values)
        except company_settings.CompanyRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("%(company)s was changed.") % {"company": company.name})
            return redirect("settings_companies")
    context = {"company": company, "form": form, "department_form": DepartmentForm()}
    return render_page(request, "settings/company_edit.html", context=context, status=422 if is_sent else 200)


@requires(Permission.EDIT_SETTINGS)
@require_POST
def bank_account_show(request: HttpRequest, company_id: int, bank_account_id: int) -> HttpResponse:
    """Put a bank account on the reminders, or take it off them."""
    company = _company(request, company_id)
    is_shown = request.POST.get("is_shown") == "1"
    try:
        company_settings.show_on_notices(
            company_id=company.id, bank_account_id=bank_account_id, is_shown=is_shown, actor=actor_of(request)
        )
    except company_settings.CompanyNotFound as error:
        raise Http404 from error
    notify(request, _("%(company)s was changed.") % {"company": company.name})
    return redirect("settings_company", company_id)


@requires(Permission.EDIT_SETTINGS)
@require_POST
def department_add(request: HttpRequest, company_id: int) -> HttpResponse:
    """Add a department to a company."""
    company = _company(request, company_id)
    form = DepartmentForm(request.POST)
    if form.is_valid():
        try:
            company_settings.add_department(company_id=company_id, actor=actor_of(request), **form.cleaned_data)
        except company_settings.CompanyRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("%(department)s was added.") % {"department": form.cleaned_data["name"]})
            return redirect("settings_companies")
    terms = [(row["id"], row["name"]) for row in company_settings.list_payment_terms(issued=desk_of(request).today)]
    context = {"company": company, "form": CompanyForm(company=company, terms=terms), "department_form": form}
    return render_page(request, "settings/company_edit.html", context=context, status=422)


@requires(Permission.SEE_SETTINGS)
def terms_list(request: HttpRequest) -> HttpResponse:
    """Show the terms of payment, each with the due date of an invoice of today."""
    today = desk_of(request).today
    context = {"terms": company_settings.list_payment_terms(issued=today), "issued": today}
    return render_page(request, "settings/terms_list.html", context=context)


@requires(Permission.SEE_SETTINGS)
def rate_list(request: HttpRequest) -> HttpResponseBase:
    """List the exchange rates; who may, adds one."""
    is_sent = request.method == "POST"
    if is_sent and not may_edit(request):
        raise PermissionDenied
    form = RateForm(request.POST if is_sent else None, initial={"rate_date": desk_of(request).today})
    if is_sent and form.is_valid():
        try:
            set_exchange_rate(actor=actor_of(request), **form.cleaned_data)
        except RateRefused as error:
            form.add_error(None, str(error))
        else:
            notify(request, _("The rate is kept."))
            return redirect("settings_rates")
    context = {"form": form, "may_edit": may_edit(request)}
    table = RateTable(request, list_exchange_rates())
    if is_sent:
        return render_page(request, "settings/rate_list.html", context={**context, "table": table}, status=422)
    return render_table(request, "settings/rate_list.html", table, context)


def _company(request: HttpRequest, company_id: int) -> company_settings.CompanySettings:
    try:
        return company_settings.get_company_settings(
            company_id=company_id, today=desk_of(request).today, scope=allowed_scope(request)
        )
    except company_settings.CompanyNotFound:
        raise Http404 from None


def _is_stale(account: company_settings.BankAccountRow) -> bool:
    return account.days_old is None or account.days_old > STALE_DAYS


def _policies(today: Any) -> PolicyBook | None:
    try:
        return read_policies(as_of=today)
    except NoDefaultPolicy:
        return None
