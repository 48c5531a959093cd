"""Settings: up to how much a role or a person may post as a difference at the cash desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.cash import limits
from quittance.cash.errors import LimitRefused
from quittance.foundation.permissions import Permission, Scope
from quittance.parties.people import list_people
from quittance.parties.staff import STAFF_ROLES
from quittance.web.access import actor_of, companies_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page

ROLE_NAMES = dict(STAFF_ROLES)


class LimitForm(forms.Form):
    """A limit of a role or of a person with one company; no amount takes it away."""

    company = forms.TypedChoiceField(label=lazy("Company"), coerce=int)
    whose = forms.ChoiceField(label=lazy("Role or person"))
    amount = forms.DecimalField(
        label=lazy("Up to"), required=False, min_value=0, max_digits=15, decimal_places=2, localize=True,
        help_text=lazy("In the currency of the company. Left empty: what was set is taken away."),
    )  # fmt: skip

    def __init__(self, *args: Any, companies: list[tuple[int, str]], people: list[tuple[int, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        company: Any = self.fields["company"]
        company.choices = companies
        whose: Any = self.fields["whose"]
        whose.choices = [
            *((f"role:{role}", ROLE_NAMES[role]) for role in limits.ROLES),
            *((f"user:{user_id}", name) for user_id, name in people),
        ]


@requires(Permission.SEE_SETTINGS)
def write_off_limits(request: HttpRequest) -> HttpResponse:
    """List the limits of each company; who may, sets one."""
    may_edit = Permission.EDIT_SETTINGS in permissions_of_request(request)
    if request.method == "POST" and not may_edit:
        raise PermissionDenied
    companies = companies_of(request)
    people = list_people(scope=Scope(company_ids=frozenset(company.id for company in companies)))
    by_company = {company.id: limits.list_limits(company_id=company.id) for company in companies}
    is_sent = request.method == "POST"
    form = LimitForm(
        request.POST if is_sent else None,
        companies=[(company.id, company.name) for company in companies],
        people=people,
        initial=_asked(request, by_company),
    )
    if is_sent and form.is_valid() and _keep(request, form):
        return redirect("settings_write_off_limits")
    context = {
        "form": form,
        "may_edit": may_edit,
        "companies": [
            {
                "company": company,
                "limits": [
                    {"row": row, "name": row.name or ROLE_NAMES[row.role], "whose": _whose(row)}
                    for row in by_company[company.id]
                ],
            }
            for company in companies
        ],
    }
    return render_page(request, "settings/write_off_limits.html", context=context, status=422 if is_sent else 200)


def _whose(row: limits.LimitRow) -> str:
    return f"user:{row.user_id}" if row.user_id else f"role:{row.role}"


def _asked(request: HttpRequest, by_company: dict[int, list[limits.LimitRow]]) -> dict[str, Any]:
    """Return the limit that the address names as it is now; nothing else is filled in."""
    company, whose = request.GET.get("company", ""), request.GET.get("whose", "")
    return next(
        (
            {"company": company_id, "whose": whose, "amount": row.amount}
            for company_id, rows in by_company.items()
            for row in rows
            if (str(company_id), _whose(row)) == (company, whose)
        ),
        {},
    )


def _keep(request: HttpRequest, form: LimitForm) -> bool:
    kind, _colon, key = form.cleaned_data["whose"].partition(":")
    try:
        limits.set_limit(
            company_id=form.cleaned_data["company"],
            role=key if kind == "role" else "",
            user_id=int(key) if kind == "user" else None,
            amount=form.cleaned_data["amount"],
            actor=actor_of(request),
        )
    except LimitRefused:
        form.add_error("whose", _("This person does not see the company."))
        return False
    notify(request, _("The limit is kept."))
    return True
