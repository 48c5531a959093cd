"""Changing a customer, its accounts and its contacts by hand, in the side panel or on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.delivery.services import find_copy_wish, set_copy_wish
from quittance.foundation.permissions import Permission, Scope
from quittance.parties import editing, people
from quittance.parties import queries as parties
from quittance.parties.agreements import edit_agreement
from quittance.parties.company_settings import list_payment_terms
from quittance.parties.queries import AccountRow
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.rendering import render_page
from quittance.web.views import lookups
from quittance.web.views.edit_forms import AccountForm, AgreementForm, ContactForm, CustomerForm, refuse
from quittance.web.views.finishing import finish


@requires(Permission.EDIT_CUSTOMERS)
def customer_edit(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Change language, tags and whether a customer is strategic."""
    lookups.get_accounts_or_404(request, customer_id)
    customer = parties.find_customer(customer_id=customer_id)
    if customer is None:
        raise Http404
    form = CustomerForm(_data(request), customer=customer)

    def save() -> bool:
        return editing.edit_customer(customer_id=customer_id, actor=actor_of(request), **form.cleaned_data)

    return _answer(request, form, save, customer_id, title=customer["name"], line=customer["number"])


@requires(Permission.EDIT_CUSTOMERS)
def account_edit(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change terms, method, language, way of sending and collector of an account."""
    account = lookups.get_account_or_404(request, account_id)
    terms = [(row["id"], row["name"]) for row in list_payment_terms(issued=desk_of(request).today)]
    colleagues = people.list_people(scope=Scope(company_ids=frozenset({account.company_id})))
    wish = find_copy_wish(account_id=account_id)
    copies = "" if wish is None else "ALWAYS" if wish else "NEVER"
    form = AccountForm(_data(request), account=account, terms=terms, people=colleagues, copies=copies)

    def save() -> bool:
        values = dict(form.cleaned_data)
        values["payment_terms_id"] = values.pop("payment_terms")
        values["collector_id"] = values.pop("collector")
        is_wanted = {"ALWAYS": True, "NEVER": False}.get(values.pop("copies"))
        with transaction.atomic():
            is_edited = editing.edit_account(account_id=account_id, actor=actor_of(request), **values)
            is_set = set_copy_wish(account_id=account_id, is_wanted=is_wanted, actor=actor_of(request))
        return is_edited or is_set

    line = f"{account.number} · {account.company_name} · {account.department_name}"
    return _answer(request, form, save, account.customer_id, title=account.customer_name, line=line)


@requires(Permission.EDIT_CUSTOMERS)
def account_agreement(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change what was agreed about the payments of an account."""
    account = lookups.get_account_or_404(request, account_id)
    form = AgreementForm(_data(request), account=account)

    def save() -> bool:
        return edit_agreement(account_id=account_id, actor=actor_of(request), **form.cleaned_data)

    line = f"{account.number} · {account.company_name} · {account.department_name}"
    return _answer(request, form, save, account.customer_id, title=account.customer_name, line=line)


@requires(Permission.EDIT_CUSTOMERS)
def contact_new(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Add a contact; `account` in the address chooses for which account."""
    accounts = lookups.get_accounts_or_404(request, customer_id)
    asked = request.GET.get("account", "")
    form = ContactForm(_data(request), accounts=accounts, initial={"account": int(asked)} if asked.isdecimal() else {})

    def save() -> bool:
        values = dict(form.cleaned_data)
        account_id = values.pop("account")
        editing.add_contact(customer_id=customer_id, account_id=account_id, values=values, actor=actor_of(request))
        return True

    name = accounts[0].customer_name
    return _answer(request, form, save, customer_id, title=_("Add a contact"), line=name)


@requires(Permission.EDIT_CUSTOMERS)
def contact_edit(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Change a contact."""
    contact, accounts = _contact_or_404(request, contact_id)
    form = ContactForm(_data(request), accounts=accounts, contact=contact)

    def save() -> bool:
        values = dict(form.cleaned_data)
        account_id = values.pop("account")
        return editing.edit_contact(
            contact_id=contact_id, account_id=account_id, values=values, actor=actor_of(request)
        )

    return _answer(
        request, form, save, contact["customer_id"], title=contact["name"] or contact["email"],
        line=accounts[0].customer_name, contact=contact,
    )  # fmt: skip


@requires(Permission.EDIT_CUSTOMERS)
@require_POST
def contact_retire(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Write to a contact no more."""
    _contact_or_404(request, contact_id)
    editing.retire_contact(contact_id=contact_id, actor=actor_of(request))
    return finish(
        request, _("Nothing is sent to this contact any more."), undo_url=reverse("contact_restore", args=[contact_id])
    )


@requires(Permission.EDIT_CUSTOMERS)
@require_POST
def contact_restore(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Use a retired contact again."""
    _contact_or_404(request, contact_id)
    try:
        editing.restore_contact(contact_id=contact_id, actor=actor_of(request))
    except editing.EditRefused:
        return finish(request, _("Another contact has this address already."), tone="late")
    return finish(request, _("This contact is used again."))


def _contact_or_404(request: HttpRequest, contact_id: int) -> tuple[dict[str, Any], list[AccountRow]]:
    """Return a contact with the accounts of its customer that the person sees; 404 when it is of another account."""
    contact = editing.find_contact(contact_id=contact_id)
    if contact is None:
        raise Http404
    accounts = lookups.get_accounts_or_404(request, contact["customer_id"])
    if contact["account_id"] not in (None, *(one.id for one in accounts)):
        raise Http404
    return contact, accounts


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _answer(
    request: HttpRequest, form: forms.Form, save: Callable[[], bool], customer_id: int, **context: Any
) -> HttpResponse:
    """Save a good form and go back; else show it."""
    if form.is_bound and form.is_valid():
        try:
            is_changed = save()
        except editing.EditRefused as error:
            refuse(form, error)
        else:
            return finish(
                request,
                _("Saved.") if is_changed else _("Nothing was changed."),
                default_url=reverse("customer_detail", args=[customer_id]),
            )
    panel = "customers/_edit_panel.html"
    values = {"form": form, "panel": panel, "next": request.GET.get("next", ""), **context}
    return render_page(
        request, "customers/edit_page.html", context=values, panel=panel, status=422 if form.errors else 200
    )
