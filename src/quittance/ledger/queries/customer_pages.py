"""Read what the page of a customer says of its accounts: figures of any day, manners of payment, imports."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F

from quittance.core.behaviour import PaymentBehaviour, SettledItem, describe_behaviour
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.ledger.models import OpenItem
from quittance.ledger.queries.aged import GroupBy, aged_balance

ZERO = Decimal(0)
BUCKETS = ("not_due", "due_1_30", "due_31_60", "due_61_90", "due_91_120", "due_over_120")
FIGURES = (*BUCKETS, "overdue", "credits", "unapplied", "open_total")
HISTORY_DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """How far what is open stays below the credit limit (negative: beyond it), in one currency."""

    limit: Decimal
    used: Decimal
    currency: str

    @property
    def left(self) -> Decimal:
        """Return what may still be sold."""
        return self.limit - self.used


def list_figures(
    *, customer_id: int, as_of: date, scope: Scope = EVERYTHING
) -> tuple[dict[int, dict[str, Any]], list[dict[str, Any]]]:
    """Return what each account owed at the end of a day (`FIGURES` and currency), and the sums by currency. Two
    queries, worked out from the items: the same for today and for a past day.
    """
    report = aged_balance(as_of=as_of, scope=scope, group_by=GroupBy.ACCOUNT, customer_id=customer_id)
    by_account = {int(row.key): _figures(row) for row in report.rows}
    return by_account, [_figures(row) for row in report.totals]


def _figures(row: Any) -> dict[str, Any]:
    amounts = {name: getattr(row, name) for name in FIGURES if name != "open_total"}
    return {**amounts, "open_total": row.total, "currency": row.currency, "item_count": row.item_count}


def headroom_of(*, customer: Mapping[str, Any], totals: Collection[Mapping[str, Any]]) -> Headroom | None:
    """Return the headroom; None without a limit, or when money is open in another currency than the limit's."""
    limit, currency = customer["credit_limit"], customer["credit_limit_currency"]
    if limit is None or any(row["currency"] != currency for row in totals):
        return None
    used = sum((row["open_total"] for row in totals), ZERO)
    return Headroom(limit=limit, used=max(used, ZERO), currency=currency)


def describe_accounts(*, account_ids: Collection[int], as_of: date) -> dict[int, PaymentBehaviour]:
    """Return how each account paid its invoices over the last twelve months. One query."""
    rows = OpenItem.objects.filter(
        account_id__in=list(account_ids),
        kind=OpenItem.Kind.INVOICE,
        amount_original__gt=0,
        settled_date__gte=as_of - timedelta(days=HISTORY_DAYS),
        settled_date__lte=as_of,
    ).values_list("account_id", "due_date", "settled_date", "amount_company")
    settled: dict[int, list[SettledItem]] = {account_id: [] for account_id in account_ids}
    for account_id, due_date, settled_date, amount in rows:
        if settled_date is not None:
            settled[account_id].append(
                SettledItem(due_date=due_date, settled_date=settled_date, amount_minor=int(amount * 100))
            )
    return {account_id: describe_behaviour(items=items, as_of=as_of) for account_id, items in settled.items()}


def list_imports_of_accounts(*, account_ids: Collection[int], limit: int = 10) -> list[dict[str, Any]]:
    """Return the imports that brought items to these accounts, latest first, with how many. One query."""
    found = OpenItem.objects.filter(account_id__in=list(account_ids), batch_id__isnull=False)
    rows = (
        found.values("batch_id", filename=F("batch__filename"), at=F("batch__created_at"))
        .annotate(item_count=Count("id"))
        .order_by("-at", "-batch_id")[:limit]
    )
    return [dict(row) for row in rows]
