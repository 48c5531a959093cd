"""Read our own people: who may own work, and the names behind ids."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import Q

from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.models import User


def list_people(*, scope: Scope = EVERYTHING) -> list[tuple[int, str]]:
    """Return id and name of our active people who may see a company of the scope, by name. One query."""
    found = User.objects.filter(is_active=True, portal_customer__isnull=True).exclude(roles=[])
    if scope.company_ids is not None:
        found = found.filter(Q(sees_all_companies=True) | Q(companies__in=scope.company_ids)).distinct()
    return list(found.order_by("name", "id").values_list("id", "name"))


def list_portal_people(*, customer_id: int) -> list[int]:
    """Return the ids of a customer's own people, who sign in on the portal. One query."""
    return list(User.objects.filter(portal_customer_id=customer_id).order_by("id").values_list("id", flat=True))


def names_of_people(*, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Return the names of people by id. One query, none without ids."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return dict(User.objects.filter(id__in=wanted).values_list("id", "name")) if wanted else {}


# From each country to the next by index: a DISTINCT would read every customer to find a handful of codes.
_COUNTRIES = """
WITH RECURSIVE found (country) AS (
    (SELECT min(country) FROM parties_customer WHERE country > '')
    UNION ALL
    SELECT (SELECT min(country) FROM parties_customer c WHERE c.country > found.country) FROM found
    WHERE found.country IS NOT NULL
)
SELECT country FROM found WHERE country IS NOT NULL
"""


def list_countries() -> list[str]:
    """Return the countries (ISO 3166 codes) of our customers. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTRIES)
        return [code for (code,) in cursor.fetchall()]


def roles_of_person(*, user_id: int) -> tuple[str, ...]:
    """Return the roles of an active person, none of anybody else. One query."""
    found = User.objects.filter(id=user_id, is_active=True).values_list("roles", flat=True).first()
    return tuple(found or ())


def list_people_with_role(*, role: str, scope: Scope = EVERYTHING) -> list[tuple[int, str]]:
    """Return id and name of our active people with a role who may see a company of the scope, by name. One query."""
    found = User.objects.filter(is_active=True, roles__contains=[role])
    if scope.company_ids is not None:
        found = found.filter(Q(sees_all_companies=True) | Q(companies__in=scope.company_ids)).distinct()
    return list(found.order_by("name", "id").values_list("id", "name"))
