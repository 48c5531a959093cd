"""The bank accounts of ours that one customer alone is told to pay to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.foundation.permissions import Permission
from quittance.parties import virtual_ibans
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views import lookups

PROBLEMS = {
    "WRONG": lazy("This is not an IBAN: check its digits."),
    "OURS": lazy("This is the company's own account; everybody pays to it."),
    "TAKEN": lazy("Another customer has this account."),
    "UNKNOWN": lazy("The customer has no account with this company."),
}


class VirtualIbanForm(forms.Form):
    """An IBAN that the bank gave us for one customer."""

    company = forms.TypedChoiceField(label=lazy("Company"), coerce=int)
    iban = forms.CharField(label=lazy("IBAN"), max_length=42, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, companies: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["company"]
        field.choices = list(companies.items())


@requires(Permission.SEE_CASH)
def virtual_iban_list(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show the virtual accounts of a customer, give one, or take one back (POST `take_back`)."""
    accounts = lookups.get_accounts_or_404(request, customer_id)
    desk = desk_of(request)
    can_give = Permission.MATCH_CASH in permissions_of_request(request) and not desk.is_past
    if request.method == "POST" and not can_give:
        raise PermissionDenied
    shown = virtual_ibans.list_of_customer(customer_id=customer_id, scope=desk.scope)
    if request.method == "POST" and "take_back" in request.POST:
        return _take_back(request, customer_id, {str(row["id"]) for row in shown})
    is_sent = request.method == "POST"
    companies = {one.company_id: one.company_name for one in accounts}
    form = VirtualIbanForm(request.POST if is_sent else None, companies=companies)
    if is_sent and form.is_valid():
        try:
            virtual_ibans.give_virtual_iban(
                customer_id=customer_id,
                company_id=form.cleaned_data["company"],
                iban=form.cleaned_data["iban"],
                actor=actor_of(request),
            )
        except virtual_ibans.VirtualIbanRefused as error:
            form.add_error("iban", str(PROBLEMS[error.problem]))
        else:
            notify(request, _("What comes in on this account is this customer's from now on."))
            return redirect("virtual_iban_list", customer_id)
    context = {"form": form, "rows": shown, "customer": accounts[0], "can_give": can_give}
    return render_page(request, "customers/virtual_ibans.html", context=context, status=422 if is_sent else 200)


def _take_back(request: HttpRequest, customer_id: int, known: set[str]) -> HttpResponse:
    """Forget one that the person sees; any other is gone already."""
    asked = request.POST["take_back"]
    if asked in known:
        virtual_ibans.take_virtual_iban_back(virtual_iban_id=int(asked), actor=actor_of(request))
        notify(request, _("What comes in on this account tells nothing any more."))
    return redirect("virtual_iban_list", customer_id)
