"""Read the story of a customer over all its accounts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Q

from quittance.foundation.models import Event
from quittance.foundation.permissions import EVERYTHING, Scope

_MOMENT: Final = "%Y%m%dT%H%M%S.%f"


def timeline_cursor(event: Mapping[str, Any]) -> str:
    """Return the place of an event in the timeline, to go on after it.

    >>> timeline_cursor({"occurred_at": datetime(2026, 11, 5, 9, 30, tzinfo=UTC), "id": 42})
    '20261105T093000.000000-42'
    """
    return f"{event['occurred_at'].astimezone(UTC):{_MOMENT}}-{event['id']}"


def _place(cursor: str) -> tuple[datetime, int] | None:
    """Read what `timeline_cursor` wrote; None for anything else, which is an address typed by hand."""
    moment, _, number = cursor.partition("-")
    try:
        at = datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return (at, int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else None


def list_timeline(
    *,
    customer_id: int,
    account_ids: Collection[int],
    scope: Scope = EVERYTHING,
    kinds: Collection[str] = (),
    before: str = "",
    limit: int = 30,
) -> list[dict[str, Any]]:
    """Return the latest events about a customer or its visible accounts, by when they happened. One query.

    `kinds` are beginnings of event kinds (`"dunning_"`); `before` is the cursor of the last event of the page before.
    An event of an account that is not named here stays out.
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
    place = _place(before)
    if place is not None:
        at, number = place
        found = found.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, id__lt=number))
    rows = found.order_by("-occurred_at", "-id").values(
        "id", "kind", "occurred_at", "actor_label", "account_id", "item_id", "subject_kind", "subject_id", "payload"
    )
    return [dict(row) for row in rows[:limit]]
