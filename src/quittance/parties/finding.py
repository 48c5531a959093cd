"""Find customers by what a person typed."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.models import Customer, CustomerAccount
from quittance.parties.queries import account_filter, fold


def find_customers(*, text: str, scope: Scope = EVERYTHING, limit: int = 10) -> list[dict[str, Any]]:
    """Return customers of the scope by name, number, SIREN, VAT or account number. Up to four queries.

    Numbers that begin with the text come first, then names that begin with it, then names that hold it.
    """
    wanted = text.strip()
    compact = wanted.replace(" ", "")
    visible = CustomerAccount.objects.filter(account_filter(scope=scope))
    starts = Q(number__startswith=compact) | Q(number__startswith=compact.upper())
    accounts = visible.filter(starts).order_by("number", "id")
    searches = [
        Q(number__startswith=compact.upper()) | Q(vat_number__startswith=compact.upper()) | _siren(compact),
        Q(id__in=list(accounts.values_list("customer_id", flat=True)[:limit])),
        Q(name_folded__startswith=fold(wanted)),
        Q(name_folded__contains=fold(wanted)),
    ]
    found: dict[int, dict[str, Any]] = {}
    for condition in searches:
        if len(found) >= limit:
            break
        rows = Customer.objects.filter(condition).exclude(id__in=list(found)).order_by("name_folded", "id")
        if scope.company_ids is not None or scope.department_id is not None:
            rows = rows.filter(id__in=visible.values("customer_id"))
        values = rows.values("id", "number", "name", "town", "country", "is_strategic", "siren")
        found.update({row["id"]: dict(row) for row in values[: limit - len(found)]})
    return list(found.values())


def _siren(text: str) -> Q:
    return Q(siren__startswith=text) if text.isdigit() else Q(pk__in=[])
