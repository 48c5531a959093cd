"""Settings: after how long claims lapse, by country, with the sources; and for which countries nothing is known."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from quittance.foundation.permissions import Permission
from quittance.interest.rates import list_directive_countries
from quittance.litigation.limitation import list_rules
from quittance.parties.company_settings import list_company_settings
from quittance.web.access import desk_of, requires
from quittance.web.formats import locale_of
from quittance.web.litigation_words import EVENT_KINDS
from quittance.web.rendering import render_page
from quittance.web.views.import_access import allowed_scope

DEBTORS = {"BUSINESS": lazy("Businesses"), "CONSUMER": lazy("Consumers"), "PUBLIC": lazy("Public bodies")}


@requires(Permission.SEE_SETTINGS)
@require_safe
def limitation_rules(request: HttpRequest) -> HttpResponse:
    """List the periods of limitation with their sources, and the countries without any."""
    law = list_rules()
    known = {row["country"] for row in law}
    companies = list_company_settings(today=desk_of(request).today, scope=allowed_scope(request))
    countries = {*list_directive_countries(), *(company.country for company in companies)} - known - {""}
    context = {
        "groups": [
            {"country": _name(country), "rows": _rows(list(rows))}
            for country, rows in groupby(law, key=itemgetter("country"))
        ],
        "unknown": sorted(_name(country) for country in countries),
    }
    return render_page(request, "settings/limitation_rules.html", context=context)


def _rows(law: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rules of a country, each with the day from which another replaces it."""
    found = []
    for row, later in zip(law, [*law[1:], None], strict=True):
        is_replaced = later is not None and later["debtor_kind"] == row["debtor_kind"]
        found.append(
            {
                **row,
                "next_date": later["from_date"] if later is not None and is_replaced else None,
                "debtor": DEBTORS.get(row["debtor_kind"], row["debtor_kind"]),
                "period": _period(row["months"]),
                "begins_anew": [EVENT_KINDS.get(code, code) for code in row["interrupting"]],
                "left": _period(row["months_left_min"]) if row["months_left_min"] else "",
            }
        )
    return found


def _period(months: int) -> str:
    """Return a period in years where it is whole ones."""
    if months % 12:
        return ngettext("%(n)s month", "%(n)s months", months) % {"n": months}
    return ngettext("%(n)s year", "%(n)s years", months // 12) % {"n": months // 12}


def _name(country: str) -> str:
    return str(locale_of(get_language() or "en").territories.get(country, country)) or _("Unknown")
