"""Tasks that the apps below tell of themselves: steps left to people, messages of unknown fate, broken plans, claims
about to lapse, corrective actions past their day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from quittance.cases.queries import list_late_actions
from quittance.core.worklist import TaskKind
from quittance.delivery.queries import list_uncertain_tasks
from quittance.dunning.step_tasks import list_step_tasks
from quittance.litigation.queries import list_limitation_warnings
from quittance.worklist.candidates import UNKNOWN, Candidate, Known, make_task
from quittance.worklist.facts import PLAN_DAYS_REMEMBERED
from quittance.worklist.models import Task
from quittance.worklist.states import late_step


def told_candidates(*, as_of: date, account_ids: Collection[int] | None) -> Iterator[Candidate]:
    """Yield the tasks of these origins; claims about to lapse only with all accounts. Eleven queries at most."""
    found = [
        *_steps(as_of, account_ids),
        *_uncertain(as_of, account_ids),
        *_plans(as_of, account_ids),
        *_actions(as_of),
        *(_limitations(as_of) if account_ids is None else ()),
    ]
    known = _known(fields["key"] for fields in found)
    for fields in found:
        task = known.get(fields["key"], UNKNOWN)
        yield make_task(as_of=as_of, known=task, **fields)


def _known(keys: Iterable[str]) -> dict[str, Known]:
    """Return what is known of tasks by key. One query."""
    rows = Task.objects.filter(key__in=list(keys)).values(
        "key", "state", "snoozed_until", "wake_at", "due_date", "measures"
    )
    found: list[dict[str, Any]] = [dict(row) for row in rows]
    return {row.pop("key"): Known(**row) for row in found}


def _steps(as_of: date, account_ids: Collection[int] | None) -> Iterator[dict[str, Any]]:
    for row in list_step_tasks(account_ids=account_ids):
        yield {
            "kind": TaskKind.STEP_TO_DO,
            "key": f"step:{row.notice_id}",
            "amount": row.amount,
            "deadline": min(row.opened_on, as_of),
            "measures": {"step": 1},
            "currency": row.currency,
            "action_code": "STEP_CALL" if row.medium == "CALL" else "STEP_TASK",
            "action_reason": "STEP_OF_POLICY",
            "role": "CREDIT_MANAGER" if row.validated_by == "MANAGER" else "COLLECTOR",
            "owner_id": None if row.validated_by == "MANAGER" else row.collector_id,
            "company_id": row.company_id,
            "account_id": row.account_id,
            "customer_id": row.customer_id,
            "subject_kind": "dunning_notice",
            "subject_id": str(row.notice_id),
            "days_late": max(row.oldest_overdue_days or 0, 0),
            "item_count": row.item_count,
        }


def _uncertain(as_of: date, account_ids: Collection[int] | None) -> Iterator[dict[str, Any]]:
    for row in list_uncertain_tasks():
        if row.account_id is None or (account_ids is not None and row.account_id not in account_ids):
            continue
        since = timezone.localdate(row.since) if row.since else as_of
        yield {
            "kind": TaskKind.SEND_UNCERTAIN,
            "key": f"message:{row.transmission_id}",
            "amount": Decimal(0),
            "deadline": min(since, as_of),
            "measures": {"message": 1},
            "currency": "EUR",
            "action_code": TaskKind.SEND_UNCERTAIN.value,
            "action_reason": TaskKind.SEND_UNCERTAIN.value,
            "role": "COLLECTOR",
            "owner_id": row.collector_id,
            "company_id": row.company_id,
            "account_id": row.account_id,
            "customer_id": row.customer_id,
            "subject_kind": "transmission",
            "subject_id": str(row.transmission_id),
        }


# What is still owed of a plan that broke; amounts in the company's currency.
_BROKEN_PLANS = """
SELECT p.id, p.account_id, a.customer_id, a.company_id, coalesce(a.collector_id, p.made_by_id), min(i.company_currency),
    sum(round(least(x.amount, i.amount_open) * i.amount_company_open / i.amount_open, 4)), p.decided_date, count(*),
    %(as_of)s - min(i.due_date)
FROM promises_paymentplan p
JOIN promises_planneditem x ON x.plan_id = p.id
JOIN ledger_openitem i ON i.id = x.item_id AND i.amount_open > 0
JOIN parties_customeraccount a ON a.id = p.account_id
WHERE p.state = 'BROKEN' AND p.decided_date BETWEEN %(since)s AND %(as_of)s
  AND (%(accounts)s::bigint[] IS NULL OR p.account_id = ANY(%(accounts)s::bigint[]))
GROUP BY p.id, a.id ORDER BY p.id
"""


def _plans(as_of: date, account_ids: Collection[int] | None) -> Iterator[dict[str, Any]]:
    parameters = {
        "as_of": as_of,
        "since": as_of - timedelta(days=PLAN_DAYS_REMEMBERED),
        "accounts": None if account_ids is None else sorted(account_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_BROKEN_PLANS, parameters)
        rows = cursor.fetchall()
    for row in rows:
        yield {
            "kind": TaskKind.PLAN_BROKEN,
            "key": f"plan:{row[0]}",
            "amount": row[6],
            "deadline": row[7],
            "measures": {"broken": row[7].toordinal()},
            "currency": row[5],
            "action_code": TaskKind.PLAN_BROKEN.value,
            "action_reason": TaskKind.PLAN_BROKEN.value,
            "role": "COLLECTOR",
            "owner_id": row[4],
            "company_id": row[3],
            "account_id": row[1],
            "customer_id": row[2],
            "subject_kind": "payment_plan",
            "subject_id": str(row[0]),
            "days_late": max(row[9], 0),
            "item_count": row[8],
        }


def _limitations(as_of: date) -> Iterator[dict[str, Any]]:
    """Yield one task for each account with claims about to lapse."""
    by_account: dict[int, list[Any]] = {}
    for warning in list_limitation_warnings(as_of=as_of):
        by_account.setdefault(warning.account_id, []).append(warning)
    for account_id, warnings in by_account.items():
        first = warnings[0]
        yield {
            "kind": TaskKind.LIMITATION,
            "key": f"limitation:{account_id}",
            "amount": sum((one.amount_company_open for one in warnings), Decimal(0)),
            "deadline": first.end_date,
            "measures": {"claims": len(warnings), "soon": late_step(max(91 - first.days_left, 0))},
            "currency": first.company_currency,
            "action_code": TaskKind.LIMITATION.value,
            "action_reason": TaskKind.LIMITATION.value,
            "role": "CREDIT_MANAGER",
            "company_id": first.company_id,
            "account_id": account_id,
            "customer_id": first.customer_id,
            "subject_kind": "limitation",
            "subject_id": str(account_id),
            "item_count": len(warnings),
        }


def _actions(as_of: date) -> Iterator[dict[str, Any]]:
    for row in list_late_actions(as_of=as_of):
        yield {
            "kind": TaskKind.ACTION_LATE,
            "key": f"action:{row['id']}",
            "amount": Decimal(0),
            "deadline": row["due_date"],
            "measures": {"late_step": late_step((as_of - row["due_date"]).days)},
            "currency": "EUR",
            "action_code": TaskKind.ACTION_LATE.value,
            "action_reason": TaskKind.ACTION_LATE.value,
            "role": "CREDIT_MANAGER",
            "owner_id": row["owner_id"],
            "company_id": row["company_id"],
            "subject_kind": "corrective_action",
            "subject_id": str(row["id"]),
        }
