"""Read hand-overs, their items and dossiers, and the claims that lapse soon."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Count, F, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from quittance.core.limitation import ClockState
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.litigation.limitation import ItemClock, list_clocks
from quittance.litigation.models import Dossier, Handover, HandoverItem
from quittance.parties.queries import account_filter

WARNING_DAYS: Final = 180
WARNINGS_MAX: Final = 1000

# No event brings an end nearer but a START, so only old items, and those with one, have to be looked at. `old` is found
# first: nearly all items are younger than any rule asks for, and joining them was a quarter of a full look at the
# worklist. Its three days are for what months of different lengths take away.
_OLD_ITEMS = """
WITH old AS MATERIALIZED (
    SELECT id, account_id, document_date FROM ledger_openitem
    WHERE amount_open > 0 AND document_date <= %(until)s::date
        - make_interval(months => (SELECT min(months) FROM litigation_limitationrule)) + interval '3 days'
    UNION
    SELECT i.id, i.account_id, i.document_date
    FROM litigation_limitationevent e JOIN ledger_openitem i ON i.id = e.item_id AND i.amount_open > 0
    WHERE e.kind = 'START' AND NOT e.is_withdrawn
)
SELECT i.id
FROM old i
JOIN parties_customeraccount a ON a.id = i.account_id
JOIN parties_customer c ON c.id = a.customer_id
JOIN parties_company o ON o.id = a.company_id
JOIN litigation_limitationrule r ON r.from_date <= i.document_date
  AND r.country = CASE WHEN c.kind IN ('COMPANY', 'SOLE_TRADER') THEN o.country ELSE coalesce(nullif(c.country, ''), o.country) END
  AND r.debtor_kind = CASE WHEN c.kind IN ('COMPANY', 'SOLE_TRADER') THEN 'BUSINESS' WHEN c.kind = 'PUBLIC' THEN 'PUBLIC'
                           ELSE 'CONSUMER' END
WHERE ({companies})
  AND (i.document_date + make_interval(months => r.months) <= %(until)s
       OR EXISTS (SELECT FROM litigation_limitationevent e
                  WHERE e.item_id = i.id AND e.kind = 'START' AND NOT e.is_withdrawn))
ORDER BY i.document_date, i.id
"""  # noqa: E501


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitationWarning:
    """A claim that lapses within some days; `amount_company_open` in the currency of the company."""

    item_id: int
    account_id: int
    customer_id: int
    customer_name: str
    company_id: int
    document_number: str
    end_date: date
    days_left: int
    currency: str
    amount_open: Decimal
    company_currency: str
    amount_company_open: Decimal


def list_limitation_warnings(
    *, as_of: date, days_max: int = WARNING_DAYS, scope: Scope = EVERYTHING, limit: int = WARNINGS_MAX
) -> list[LimitationWarning]:
    """Return the open claims that lapse within `days_max` days, those that lapse first at the top. Six queries.

    What has lapsed already is not listed: no warning helps it.
    """
    until = as_of + timedelta(days=days_max)
    companies = "true" if scope.company_ids is None else "a.company_id = ANY(%(companies)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            _OLD_ITEMS.format(companies=companies),
            {"until": until, "companies": sorted(scope.company_ids or [])},
        )
        item_ids = [item_id for (item_id,) in cursor.fetchall()]
    found = [
        _warning(row, as_of)
        for row in list_clocks(item_ids=item_ids, as_of=as_of).values()
        if row.clock is not None
        and row.clock.state is ClockState.RUNNING
        and row.clock.end_date is not None
        and row.clock.end_date <= until
    ]
    found.sort(key=lambda one: (one.end_date, one.item_id))
    return found[:limit]


def _warning(row: ItemClock, as_of: date) -> LimitationWarning:
    end_date = row.end_date or as_of
    return LimitationWarning(
        item_id=row.item_id,
        account_id=row.account_id,
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        company_id=row.company_id,
        document_number=row.document_number,
        end_date=end_date,
        days_left=(end_date - as_of).days,
        currency=row.currency,
        amount_open=row.amount_open,
        company_currency=row.company_currency,
        amount_company_open=row.amount_company_open,
    )


def in_force_on(*, as_of: date, prefix: str = "") -> Q:
    """Return the condition of hand-overs that hold reminders at the end of a day."""
    return Q(**{f"{prefix}handed_over_on__lte": as_of}) & (
        Q(**{f"{prefix}ended_on__isnull": True}) | Q(**{f"{prefix}ended_on__gt": as_of})
    )


def list_handovers(
    *,
    as_of: date,
    scope: Scope = EVERYTHING,
    customer_id: int | None = None,
    item_id: int | None = None,
) -> QuerySet[Handover, Any]:
    """Return hand-overs prepared by a day as `.values()` rows, latest first; filter and slice it. One query.

    `amount_company_then` is what was owed, `amount_company_open` what is open of it now; `write_off_count` items are
    proposed for write-off. `state` is today's.
    """
    found = Handover.objects.filter(account_filter(scope=scope, prefix="account__"), prepared_on__lte=as_of)
    if customer_id is not None:
        found = found.filter(account__customer_id=customer_id)
    if item_id is not None:
        found = found.filter(id__in=HandoverItem.objects.filter(item_id=item_id).values("handover_id"))
    rows: QuerySet[Handover, Any] = (
        found.annotate(
            item_count=Count("items"),
            amount_company_then=Coalesce(Sum("items__amount_company_then"), Value(Decimal(0))),
            amount_company_open=Coalesce(Sum("items__item__amount_company_open"), Value(Decimal(0))),
            write_off_count=Count("items", filter=Q(items__proposal=HandoverItem.Proposal.WRITE_OFF)),
            company_currency=Max("items__company_currency"),
        )
        .order_by("-prepared_on", "-id")
        .values(
            "id", "account_id", "state", "to_kind", "to_name", "to_email", "to_reference", "reason", "prepared_on",
            "handed_over_on", "ended_on", "result", "result_comment", "prepared_by_name", "item_count",
            "amount_company_then", "amount_company_open", "write_off_count", "company_currency",
            customer_id=F("account__customer_id"),
            customer_name=F("account__customer__name"),
            account_number=F("account__number"),
            company_id=F("account__company_id"),
            company_name=F("account__company__name"),
        )
    )  # fmt: skip
    return rows


def find_handover(*, handover_id: int, as_of: date, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one hand-over, None when there is none to see. One query."""
    row = list_handovers(as_of=as_of, scope=scope).filter(id=handover_id).first()
    return dict(row) if row else None


def list_items_of_handover(*, handover_id: int) -> list[dict[str, Any]]:
    """Return the items of a hand-over with what was owed then and is now, those due first at the top. One query."""
    rows: QuerySet[HandoverItem, Any] = (
        HandoverItem.objects.filter(handover_id=handover_id)
        .order_by("item__due_date", "item_id")
        .values(
            "item_id", "currency", "amount_then", "proposal", "is_live",
            document_number=F("item__document_number"),
            document_date=F("item__document_date"),
            due_date=F("item__due_date"),
            amount_original=F("item__amount_original"),
            amount_open=F("item__amount_open"),
            label=F("item__label"),
            reference=F("item__reference"),
        )
    )  # fmt: skip
    return list(rows)


def find_live_handover(*, item_id: int) -> dict[str, Any] | None:
    """Return the hand-over that an item is in now, None when it is in none. One query."""
    found = HandoverItem.objects.filter(item_id=item_id, is_live=True)
    row = found.values(
        "handover_id", state=F("handover__state"), to_name=F("handover__to_name"), to_kind=F("handover__to_kind")
    ).first()
    return dict(row) if row else None


def item_ids_handed_over(*, as_of: date) -> QuerySet[HandoverItem, Any]:
    """Return the ids of the items that somebody outside recovers on a day, to be used inside another query."""
    return HandoverItem.objects.filter(in_force_on(as_of=as_of, prefix="handover__")).values("item_id")


def earliest_ends(*, handover_ids: Collection[int], as_of: date) -> dict[int, date]:
    """Return by hand-over the day on which its first claim lapses; those without a known end are left out."""
    pairs = list(
        HandoverItem.objects.filter(handover_id__in=handover_ids, item__amount_open__gt=0).values_list(
            "handover_id", "item_id"
        )
    )
    clocks = list_clocks(item_ids={item_id for _handover_id, item_id in pairs}, as_of=as_of)
    found: dict[int, date] = {}
    for handover_id, item_id in pairs:
        end = clocks[item_id].end_date
        if end is not None:
            found[handover_id] = min(found.get(handover_id, end), end)
    return found


def list_dossiers(*, handover_id: int) -> list[dict[str, Any]]:
    """Return the dossiers of a hand-over, latest first. One query."""
    found = Dossier.objects.filter(handover_id=handover_id).order_by("-id")
    return [
        dict(row)
        for row in found.values(
            "id", "handover_id", "state", "progress_done", "progress_total", "filename", "size_bytes", "sha256",
            "failure", "language", "requested_by_name", "requested_at", "finished_at",
        )
    ]  # fmt: skip


def find_dossier(*, dossier_id: int) -> dict[str, Any] | None:
    """Return one dossier with its hand-over's account, None when there is none. One query."""
    found = Dossier.objects.filter(id=dossier_id)
    row = found.values(
        "id", "handover_id", "state", "filename", "sha256", "size_bytes", account_id=F("handover__account_id")
    ).first()
    return dict(row) if row else None
