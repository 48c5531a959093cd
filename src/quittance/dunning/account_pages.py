"""Read what the pages of customers and items say of dunning: policies, holds, and past decisions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import F, Q

from quittance.dunning.models import DunningBlock, DunningDecisionItem, DunningPolicy
from quittance.dunning.policy_words import policy_name
from quittance.dunning.statements import POLICY_CODE
from quittance.foundation.permissions import EVERYTHING, Scope


def names_of_policies(*, account_ids: Collection[int], as_of: date) -> dict[int, str]:
    """Return the name of the policy that each account follows on a day, as a run would choose it. Two queries."""
    newest = {row.code: row for row in DunningPolicy.objects.filter(valid_from__lte=as_of).order_by("code", "version")}
    default = next((row for row in newest.values() if row.is_default), None)
    followed = POLICY_CODE.format(account="a.id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.id, {followed} FROM parties_customeraccount a WHERE a.id = ANY(%(ids)s)",
            {"ids": list(account_ids), "as_of": as_of},
        )
        chosen = {account_id: newest.get(code or "", default) for account_id, code in cursor.fetchall()}
    return {account_id: policy_name(row.name) if row else "" for account_id, row in chosen.items()}


def list_blocks_in_force(*, account_ids: Collection[int], as_of: date) -> list[dict[str, Any]]:
    """Return the holds of accounts and of their items that count on a day or later, latest first. One query."""
    found = DunningBlock.objects.filter(account_id__in=list(account_ids)).filter(
        Q(until_date__isnull=True) | Q(until_date__gte=as_of)
    )
    rows = found.order_by("-from_date", "-id").values(
        "id",
        "account_id",
        "item_id",
        "reason",
        "from_date",
        "until_date",
        document_number=F("item__document_number"),
    )
    return [dict(row) for row in rows]


def find_block(*, block_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one hold with its customer, None when there is none or it is out of scope. One query."""
    found = DunningBlock.objects.filter(id=block_id)
    if scope.company_ids is not None:
        found = found.filter(account__company_id__in=scope.company_ids)
    if scope.department_id is not None:
        found = found.filter(account__department_id=scope.department_id)
    row = found.values(
        "id", "account_id", "item_id", "reason", "from_date", "until_date", customer_id=F("account__customer_id")
    ).first()
    return dict(row) if row else None


def list_decisions_of_item(*, item_id: int, limit: int = 20) -> list[dict[str, Any]]:
    """Return what runs decided about an item and why, latest first. One query."""
    found = DunningDecisionItem.objects.filter(item_id=item_id).order_by("-decision__run__as_of", "-id")
    rows = found.values(
        "is_included",
        "reason_code",
        "detail",
        "amount",
        "amount_held",
        "currency",
        "overdue_days",
        run_id=F("decision__run_id"),
        run_as_of=F("decision__run__as_of"),
        run_state=F("decision__run__state"),
    )[:limit]
    return [dict(row) for row in rows]
