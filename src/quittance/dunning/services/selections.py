"""Keep which accounts a person selected, so that what they review is what is written to or changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from quittance.dunning.models import AccountSelection
from quittance.foundation import clock
from quittance.foundation.permissions import Scope

KEPT_DAYS = 2
_STILL_THERE = """
SELECT a.id FROM parties_customeraccount a
WHERE a.id = ANY(%(accounts)s) AND (%(companies)s::bigint[] IS NULL OR a.company_id = ANY(%(companies)s::bigint[]))
ORDER BY a.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenSelection:
    """The accounts of a selection that the person may still see; `gone_count` others are no longer there."""

    id: int
    account_ids: list[int]
    gone_count: int
    back: str

    @property
    def count(self) -> int:
        """Return how many accounts are selected."""
        return len(self.account_ids)


def freeze_selection(*, account_ids: Iterable[int], back: str, user_id: int) -> int:
    """Keep a selection for two days; return its id. Selections that nobody came back to are removed."""
    now = clock.now()
    AccountSelection.objects.filter(created_at__lt=now - timedelta(days=KEPT_DAYS)).delete()
    row = AccountSelection.objects.create(
        account_ids=sorted(set(account_ids)), back=back, created_by_id=user_id, created_at=now
    )
    return row.pk


def find_selection(*, selection_id: int, user_id: int, scope: Scope) -> FrozenSelection | None:
    """Return a selection of that person's own, None when there is none. Two queries."""
    row = AccountSelection.objects.filter(pk=selection_id, created_by_id=user_id).first()
    if row is None:
        return None
    companies = None if scope.company_ids is None else sorted(scope.company_ids)
    with connection.cursor() as cursor:
        cursor.execute(_STILL_THERE, {"accounts": row.account_ids, "companies": companies})
        account_ids = [found[0] for found in cursor.fetchall()]
    return FrozenSelection(
        id=row.pk, account_ids=account_ids, gone_count=len(row.account_ids) - len(account_ids), back=row.back
    )
