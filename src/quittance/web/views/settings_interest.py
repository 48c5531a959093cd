"""Settings: the dated rates of late-payment interest, and in which reminders interest is shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from babel import Locale
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from quittance.foundation.permissions import Permission
from quittance.interest import queries, rates, services
from quittance.parties import company_settings
from quittance.web import formats
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.interest import RateField
from quittance.web.views.settings import may_edit
from quittance.web.views.work_forms import DayField

REGIMES = (("BUSINESS", lazy("Businesses")), ("PUBLIC", lazy("Public bodies")))
SHOWN_IN = (
    ("NEVER", lazy("In no reminder")),
    ("FORMAL", lazy("In formal notices only")),
    ("OVERDUE", lazy("In every reminder after the due date")),
)


class LateRateForm(forms.Form):
    """What the law of a country says from a day on."""

    country = forms.CharField(label=lazy("Country"), max_length=2, min_length=2, initial="FR")
    regime = forms.ChoiceField(label=lazy("Counts for"), choices=REGIMES)
    from_date = DayField(label=lazy("From"))
    rate_pct = RateField(label=lazy("Rate, % a year"))
    floor_pct = RateField(label=lazy("Floor of an agreed rate, %"), required=False)
    indemnity = forms.DecimalField(
        label=lazy("Indemnity"), min_value=Decimal(0), max_digits=10, decimal_places=2, initial=Decimal(40)
    )
    indemnity_currency = forms.CharField(label=lazy("Its currency"), max_length=3, initial="EUR")
    source = forms.CharField(label=lazy("Source"), max_length=255)

    def clean_indemnity_currency(self) -> str:
        """Write the code in capitals."""
        return str(self.cleaned_data["indemnity_currency"]).upper()


@requires(Permission.SEE_SETTINGS)
def late_rates(request: HttpRequest) -> HttpResponse:
    """List the rates with their sources; who may, adds one."""
    is_sent = request.method == "POST"
    if is_sent and not may_edit(request):
        raise PermissionDenied
    form = LateRateForm(request.POST if is_sent else None)
    if is_sent and form.is_valid():
        try:
            rates.set_late_rate(actor=actor_of(request), **form.cleaned_data)
        except rates.LateRateRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("The rate is kept."))
            return redirect("settings_late_rates")
    today = desk_of(request).today
    companies = company_settings.list_company_settings(today=today, scope=allowed_scope(request))
    shown_in = queries.list_shown_in(company_ids=[company.id for company in companies])
    context = {
        "groups": _groups(),
        "directive_countries": rates.list_directive_countries(),
        "companies": [{"company": company, "shown_in": shown_in[company.id]} for company in companies],
        "choices": SHOWN_IN,
        "form": form,
        "may_edit": may_edit(request),
    }
    return render_page(request, "settings/late_rates.html", context=context, status=422 if is_sent else 200)


@requires(Permission.EDIT_SETTINGS)
@require_POST
def notices(request: HttpRequest, company_id: int) -> HttpResponse:
    """Choose in which reminders of a company interest is shown."""
    today = desk_of(request).today
    try:
        company_settings.get_company_settings(company_id=company_id, today=today, scope=allowed_scope(request))
    except company_settings.CompanyNotFound:
        raise Http404 from None
    try:
        services.show_interest_in_notices(
            company_id=company_id, shown_in=request.POST.get("shown_in", ""), actor=actor_of(request)
        )
    except services.ClaimRefused as error:
        notify(request, str(error), tone="late")
    else:
        notify(request, _("The choice is kept."))
    return redirect("settings_late_rates")


def _groups() -> list[dict[str, Any]]:
    """Return the rates by country and regime, each group with its names."""
    words = dict(REGIMES)
    groups: list[dict[str, Any]] = []
    for row in rates.list_late_rates():
        key = (row["country"], row["regime"])
        if not groups or groups[-1]["key"] != key:
            groups.append({"key": key, "country": _country(row["country"]), "regime": words[row["regime"]], "rows": []})
        groups[-1]["rows"].append(row)
    groups.sort(key=lambda group: group["key"][0] == rates.DIRECTIVE)
    return groups


def _country(code: str) -> str:
    if code == rates.DIRECTIVE:
        return _("European directive, the minimum")
    locale: Locale = formats.current_locale()
    return str(locale.territories.get(code, code))
