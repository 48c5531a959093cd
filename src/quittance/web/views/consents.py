"""Who may be written by which medium: a contact's own words, with their day and origin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from quittance.delivery import services
from quittance.foundation.permissions import Permission
from quittance.parties import editing
from quittance.parties.queries import AccountRow
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views import lookups
from quittance.web.views.work_forms import DayField


class ConsentForm(forms.Form):
    """What a contact said about a medium."""

    medium = forms.ChoiceField(label=lazy("Medium"), choices=services.consent_media)
    answer = forms.ChoiceField(
        label=lazy("The contact"), choices=(("no", lazy("refuses it")), ("yes", lazy("allows it")))
    )
    said_on = DayField(label=lazy("Said on"))
    origin = forms.ChoiceField(label=lazy("Where it was said"), choices=services.consent_origins)
    comment = forms.CharField(label=lazy("Comment"), max_length=200, required=False)


@requires(Permission.SEE_CUSTOMERS)
def contact_consent(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Show what a contact said about being written to; who may, keeps another word."""
    contact, accounts = _contact_or_404(request, contact_id)
    desk = desk_of(request)
    may_edit = Permission.EDIT_CUSTOMERS in permissions_of_request(request) and not desk.is_past
    is_sent = request.method == "POST"
    if is_sent and not may_edit:
        raise PermissionDenied
    form = ConsentForm(request.POST if is_sent else None, initial={"said_on": desk.today})
    if is_sent and form.is_valid():
        values = dict(form.cleaned_data)
        is_allowed = values.pop("answer") == "yes"
        try:
            services.record_consent(contact_id=contact_id, is_allowed=is_allowed, actor=actor_of(request), **values)
        except services.ConsentRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("Kept. It counts from now on."))
            return redirect("contact_consent", contact_id)
    context = _context(contact, accounts) | {"form": form if may_edit else None, "may_edit": may_edit}
    return render_page(request, "customers/contact_consent.html", context=context, status=422 if is_sent else 200)


def _context(contact: dict[str, Any], accounts: list[AccountRow]) -> dict[str, Any]:
    said = services.list_consents(contact_id=contact["id"])
    own = [one for one in accounts if contact["account_id"] in (None, one.id)]
    named = {one.id: one for one in own}
    media, origins = dict(services.consent_media()), dict(services.consent_origins())
    words = [{"word": one, "medium": media[one.medium], "origin": origins[one.origin]} for one in said]
    stopped = services.list_courtesy_opt_outs(account_ids=list(named), address=contact["email"])
    return {
        "contact": contact,
        "customer_name": accounts[0].customer_name,
        "media": [
            {"label": label, "last": next((one for one in words if one["word"].medium == code), None)}
            for code, label in media.items()
        ],
        "words": words,
        "stopped": [{"account": named[one["account_id"]], "since": one["recorded_at"]} for one in stopped],
    }


@requires(Permission.EDIT_CUSTOMERS)
@require_POST
def contact_courtesy(request: HttpRequest, contact_id: int, account_id: int) -> HttpResponse:
    """Let a contact have messages before the due date again, at its own wish."""
    contact, accounts = _contact_or_404(request, contact_id)
    if account_id not in {one.id for one in accounts}:
        raise Http404
    if services.opt_in(account_id=account_id, address=contact["email"], actor=actor_of(request)):
        notify(request, _("Messages before the due date are sent again."))
    else:
        notify(request, _("Nothing was changed."), tone="soon")
    return redirect("contact_consent", contact_id)


def _contact_or_404(request: HttpRequest, contact_id: int) -> tuple[dict[str, Any], list[AccountRow]]:
    contact = editing.find_contact(contact_id=contact_id)
    if contact is None:
        raise Http404
    accounts = lookups.get_accounts_or_404(request, contact["customer_id"])
    if contact["account_id"] not in (None, *(one.id for one in accounts)):
        raise Http404
    return contact, accounts
