"""Read policies for their pages: the list, the versions of one, who follows which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from quittance.dunning.models import DunningLevel, DunningPolicy
from quittance.dunning.policies import Policy, policy_of
from quittance.dunning.policy_words import LEVEL_WORDS
from quittance.dunning.services.editing import PolicyDraft, draft_of
from quittance.dunning.shipped import STANDARD, further_policies
from quittance.dunning.statements import POLICY_CODE
from quittance.foundation.permissions import EVERYTHING, Scope

CLOCKS: list[tuple[str, Any]] = list(DunningLevel.Clock.choices)
CONDITIONS: list[tuple[str, Any]] = list(DunningLevel.Condition.choices)

FOLLOWERS = f"""
SELECT coalesce({POLICY_CODE.format(account="a.id")}, ''), count(*) FROM parties_customeraccount a
WHERE (%(companies)s::bigint[] IS NULL OR a.company_id = ANY(%(companies)s)) GROUP BY 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version of a policy; `until_date` is the last day it was in force, None for the last one."""

    id: int
    code: str
    version: int
    name: str
    description: str
    valid_from: date
    until_date: date | None
    is_default: bool
    is_shipped: bool
    policy: Policy
    draft: PolicyDraft

    def is_in_force(self, day: date) -> bool:
        """Tell whether it counts on a day; of two from one day the later one does."""
        return self.valid_from <= day and (self.until_date is None or day <= self.until_date)


def list_policies(*, as_of: date) -> list[VersionRow]:
    """Return the version of each policy that is in force on a day, or else its first one; the default first.

    Two queries.
    """
    found: dict[str, VersionRow] = {}
    for row in _versions():
        if row.code not in found or row.is_in_force(as_of):
            found[row.code] = row
    return sorted(found.values(), key=lambda row: (not row.is_default, not row.is_shipped, row.id))


def list_versions(*, code: str) -> list[VersionRow]:
    """Return the versions of a policy, the newest first; [] when there is no such policy. Two queries."""
    return _versions(code)[::-1]


def _versions(code: str = "") -> list[VersionRow]:
    shipped = {STANDARD, *(one.code for one in further_policies())}
    found = DunningPolicy.objects.order_by("code", "version").prefetch_related("levels")
    rows = list(found.filter(code=code) if code else found)
    last_days: dict[int, date | None] = {}
    end: tuple[str, date | None] = ("", None)
    for row in reversed(rows):  # from the newest of a policy to its first
        begins_next = end[1] if end[0] == row.code else None
        last_days[row.pk] = None if begins_next is None else date.fromordinal(begins_next.toordinal() - 1)
        end = (row.code, row.valid_from if begins_next is None else min(begins_next, row.valid_from))
    return [
        VersionRow(
            id=row.pk,
            code=row.code,
            version=row.version,
            name=row.name,
            description=row.description,
            valid_from=row.valid_from,
            until_date=last_days[row.pk],
            is_default=row.is_default,
            is_shipped=row.code in shipped,
            policy=policy_of(row),
            draft=draft_of(row=row),
        )
        for row in rows
    ]


def names_of_own_steps() -> dict[str, str]:
    """Return the newest name of each step that a person added, by its code. One query."""
    found = DunningLevel.objects.exclude(code__in=list(LEVEL_WORDS)).order_by("policy__version", "id")
    return dict(found.values_list("code", "name"))


def count_followers(*, as_of: date, scope: Scope = EVERYTHING) -> dict[str, int]:
    """Return how many accounts have each policy of their own or by their segment; "" those with none. One query."""
    companies = None if scope.company_ids is None else sorted(scope.company_ids)
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWERS, {"as_of": as_of, "companies": companies})
        return dict(cursor.fetchall())
