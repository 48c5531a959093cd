"""Read the steps of policies that wait for a person: what the list of the day is made from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Max, QuerySet

from quittance.dunning.models import DunningNotice
from quittance.foundation.permissions import EVERYTHING, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTask:
    """A step that somebody has to do; amounts in the currency of the company, as they stood when it was opened."""

    notice_id: int
    account_id: int
    customer_id: int
    company_id: int
    collector_id: int | None
    medium: str
    level_code: str
    level_name: str
    validated_by: str
    policy_code: str
    opened_on: date
    amount: Decimal
    currency: str
    item_count: int
    oldest_overdue_days: int


def list_step_tasks(*, account_ids: Collection[int] | None = None, scope: Scope = EVERYTHING) -> list[StepTask]:
    """Return the open tasks of all accounts, or of some; oldest first. One query."""
    found: QuerySet[DunningNotice] = DunningNotice.objects.filter(state=DunningNotice.State.TASK_OPEN)
    if account_ids is not None:
        found = found.filter(account_id__in=list(account_ids))
    if scope.company_ids is not None:
        found = found.filter(account__company_id__in=scope.company_ids)
    rows = (
        found.annotate(item_count=Count("items"))
        .order_by("notice_date", "id")
        .values(
            "account_id",
            "medium",
            "item_count",
            notice_id=F("id"),
            customer_id=F("account__customer_id"),
            company_id=F("account__company_id"),
            collector_id=F("account__collector_id"),
            level_code=F("level__code"),
            level_name=F("level__name"),
            validated_by=F("decision__validated_by"),
            policy_code=F("decision__policy__code"),
            opened_on=F("notice_date"),
            amount=F("amount_company"),
            currency=F("company_currency"),
            oldest_overdue_days=Max("decision__overdue_days_max"),
        )
    )
    return [StepTask(**row) for row in rows]
