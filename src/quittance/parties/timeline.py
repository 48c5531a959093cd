"""Read the story of a customer over all its accounts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q

from quittance.foundation.models import Event
from quittance.foundation.permissions import EVERYTHING, Scope


def list_timeline(
    *,
    customer_id: int,
    account_ids: Collection[int],
    scope: Scope = EVERYTHING,
    kinds: Collection[str] = (),
    before_id: int | None = None,
    limit: int = 30,
) -> list[dict[str, Any]]:
    """Return the latest events about a customer or its visible accounts, newest first. One query.

    `kinds` are beginnings of event kinds (`"dunning_"`); `before_id` goes on from a page. An event of an account
    that is not named here stays out.
    """
    found = Event.objects.filter(
        Q(customer_id=customer_id, account_id__isnull=True) | Q(account_id__in=list(account_ids))
    )
    if scope.company_ids is not None:
        found = found.filter(Q(company_id__isnull=True) | Q(company_id__in=scope.company_ids))
    if kinds:
        condition = Q()
        for beginning in kinds:
            condition |= Q(kind__startswith=beginning)
        found = found.filter(condition)
    if before_id is not None:
        found = found.filter(id__lt=before_id)
    rows = found.order_by("-id").values(
        "id", "kind", "occurred_at", "actor_label", "account_id", "item_id", "subject_kind", "subject_id", "payload"
    )
    return [dict(row) for row in rows[:limit]]
