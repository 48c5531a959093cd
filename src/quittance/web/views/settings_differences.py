"""Settings: which differences of payments are posted by themselves, and up to how much."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.cash import rules
from quittance.cash.errors import RuleRefused
from quittance.foundation.permissions import Permission
from quittance.web.access import actor_of, companies_of, permissions_of_request, requires
from quittance.web.cash_words import RULE_NAMES
from quittance.web.rendering import notify, render_page

PER_CENT: Final = Decimal(10)


class RuleForm(forms.Form):
    """A kind of difference of one company: posted by itself or not, and up to how much."""

    company = forms.TypedChoiceField(label=lazy("Company"), coerce=int)
    kind = forms.ChoiceField(label=lazy("Difference"), choices=[(kind, RULE_NAMES[kind]) for kind in rules.KINDS])
    is_on = forms.BooleanField(label=lazy("Post it by itself"), required=False)
    amount_max = forms.DecimalField(
        label=lazy("Up to"), required=False, min_value=0, max_digits=15, decimal_places=2, localize=True,
        help_text=lazy("In the currency of the company. An exchange difference has no such limit."),
    )  # fmt: skip
    share_max = forms.DecimalField(
        label=lazy("Up to this share of the payment, in per cent"), required=False, min_value=0,
        max_value=rules.SHARE_MAX / PER_CENT, max_digits=4, decimal_places=1, localize=True,
        help_text=lazy("A fee has no such limit."),
    )  # fmt: skip

    def __init__(self, *args: Any, companies: list[tuple[int, str]], **kw: Any) -> None:
        super().__init__(*args, **kw)
        company: Any = self.fields["company"]
        company.choices = companies


@requires(Permission.SEE_SETTINGS)
def difference_rules(request: HttpRequest) -> HttpResponse:
    """List what each company posts by itself; who may, changes it."""
    may_edit = Permission.EDIT_SETTINGS in permissions_of_request(request)
    is_sent = request.method == "POST"
    if is_sent and not may_edit:
        raise PermissionDenied
    companies = companies_of(request)
    by_company = {company.id: rules.list_rules(company_id=company.id) for company in companies}
    form = RuleForm(
        request.POST if is_sent else None,
        companies=[(company.id, company.name) for company in companies],
        initial=_asked(request, by_company),
    )
    if is_sent and form.is_valid() and _keep(request, form):
        return redirect("settings_difference_rules")
    context = {
        "form": form,
        "may_edit": may_edit,
        "companies": [
            {"company": company, "rules": [_shown(row) for row in by_company[company.id]]} for company in companies
        ],
    }
    return render_page(request, "settings/difference_rules.html", context=context, status=422 if is_sent else 200)


def _asked(request: HttpRequest, by_company: dict[int, list[rules.RuleRow]]) -> dict[str, Any]:
    """Return the rule that the address names as it is now, else the first one: what is not changed stays."""
    company, kind = request.GET.get("company", ""), request.GET.get("kind", "")
    found = [(company_id, row) for company_id, rows in by_company.items() for row in rows]
    if not found:
        return {}
    company_id, row = next((one for one in found if (str(one[0]), one[1].kind) == (company, kind)), found[0])
    return {
        "company": company_id,
        "kind": row.kind,
        "is_on": row.is_on,
        "amount_max": row.amount_max if row.kind in rules.HAS_AMOUNT else None,
        "share_max": Decimal(row.share_max) / PER_CENT if row.kind in rules.HAS_SHARE else None,
    }


def _shown(row: rules.RuleRow) -> dict[str, Any]:
    return {
        "row": row,
        "name": RULE_NAMES[row.kind],
        "has_amount": row.kind in rules.HAS_AMOUNT,
        "share_pct": Decimal(row.share_max) / PER_CENT if row.kind in rules.HAS_SHARE else None,
    }


def _keep(request: HttpRequest, form: RuleForm) -> bool:
    values = form.cleaned_data
    try:
        is_changed = rules.set_rule(
            company_id=values["company"],
            kind=values["kind"],
            is_on=values["is_on"],
            amount_max=values["amount_max"] or Decimal(0),
            share_max=int((values["share_max"] or Decimal(0)) * PER_CENT),
            actor=actor_of(request),
        )
    except RuleRefused as refused:
        form.add_error(refused.field, _("Write up to how much it may be."))
        return False
    notify(request, _("The rule is kept.") if is_changed else _("Nothing was changed."))
    return True
