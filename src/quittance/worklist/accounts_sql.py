"""The tasks of accounts: their facts, ranked and compared with what is known of each task, in one statement."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from quittance.core.worklist import DEFAULT_WEIGHTS, ActionReason, NextAction, RankWeights, TaskKind
from quittance.worklist.facts import FACTS, Part, fact_parameters, touched
from quittance.worklist.limits_sql import limit_parameters, stage_over_limit
from quittance.worklist.ranking_sql import ACTED, EVERYBODY, WEIGHTS, scored
from quittance.worklist.staging_sql import known, staged
from quittance.worklist.steps_sql import ranks

# Nothing to do on this account alone: one waits, the task of the cash clerk or of the dispute says it already, or
# its reminder leaves with all others in one run.
_SILENT = (NextAction.WAIT, NextAction.MATCH_CASH, NextAction.RESOLVE_DISPUTE, NextAction.SEND_REMINDER)
_IS_SILENT = f"action IN ({', '.join(repr(action.value) for action in _SILENT)})"
# What a person ticked off stays ticked off while one waits, as long as the money is still claimed. Where all of it is
# of a broken plan, the task of the plan says it.
_TASKS = f"""
tasks AS (
    SELECT acted.*, {_IS_SILENT} AS is_silent, 'account:' || acted.account_id AS key, {known(owner="acted.owner_id")}
    FROM acted LEFT JOIN worklist_task t ON t.account_id = acted.account_id AND t.key LIKE 'account:%%'
    WHERE (NOT {_IS_SILENT} OR (amount_claimable > 0 AND t.state = 'DONE'))
      AND (amount_in_broken_plan = 0 OR amount_claimable > amount_in_broken_plan)
)"""
_KIND = f"""CASE WHEN action = '{NextAction.ASK_CONTACT.value}' THEN '{TaskKind.NO_CONTACT.value}'
    WHEN reason = '{ActionReason.PROMISE_BROKEN.value}' THEN '{TaskKind.BROKEN_PROMISE.value}'
    WHEN reason = '{ActionReason.PROMISE_DUE.value}' THEN '{TaskKind.PROMISE_DUE.value}'
    ELSE '{TaskKind.CALL.value}' END"""

_ROWS = f"""
SELECT key, {_KIND} AS kind, 'COLLECTOR' AS role, owner_id, company_id, account_id, customer_id,
    'account' AS subject_kind, account_id::text AS subject_id, amount_overdue AS amount, currency,
    oldest_overdue_days AS days_late, item_count, score, parts AS score_parts, action AS action_code,
    reason AS action_reason, CASE WHEN t_state IN ('OPEN', 'SNOOZED') THEN t_due_date ELSE %(as_of)s END AS due_date,
    CASE WHEN is_silent THEN t_measures::text ELSE '{{"action": "' || action || '", "amount": "' || amount_claimable
        || '", "items": ' || item_count || ', "late_step": ' || CASE WHEN oldest_overdue_days <= 0 THEN 0
            ELSE least(5, (oldest_overdue_days - 1) / 30 + 1) END
        || ', "broken": ' || promises_broken || ', "promise_due": "' || amount_promise_due || '", "level": '
        || level_rank || ', "call_back": ' || is_call_back_due::int || '}}' END AS measures,
    t_id, t_state, t_snoozed_until, t_wake_at, t_measures, t_fingerprint, t_is_owned
FROM scored OFFSET 0"""
_STAGE_ACCOUNTS = f"""{staged(name="staged", rows=_ROWS)}
SELECT company_id, currency, count(*), sum(amount_claimable) FROM acted
WHERE action = '{NextAction.SEND_REMINDER.value}' GROUP BY company_id, currency ORDER BY company_id, currency
"""


def _facts(account_ids: Collection[int] | None, parameters: Mapping[str, Any], part: Part | None = None) -> str:
    return FACTS.format(**touched(account_ids, part), **ranks(parameters))


@dataclass(slots=True)
class Reminders:
    """How many accounts of one company a reminder is due on, and what they owe late."""

    currency: str
    count: int = 0
    amount: Decimal = Decimal(0)


def stage_accounts(
    *,
    as_of: date,
    account_ids: Collection[int] | None,
    weights: Mapping[int, RankWeights],
    part: Part | None = None,
) -> dict[int, Reminders]:
    """Put one task into the stage for each account where the next step is a collector's, ranked with its reasons.

    The tasks of customers over their limit go with them; of a part of all accounts, those of a part of all customers.
    Returns by company the accounts on which only a reminder is due. Three queries.
    """
    parameters = fact_parameters(as_of=as_of, account_ids=account_ids, weights=weights)
    parameters |= limit_parameters(weights=weights[EVERYBODY])
    facts = f"{WEIGHTS}, {_facts(account_ids, parameters, part)}, {ACTED}"
    limits = stage_over_limit(narrowed=part.holds("o.customer_id") if part else "true")
    statement = f"WITH {facts}, {_TASKS}, {scored(rows='tasks')}, {limits}, {_STAGE_ACCOUNTS}"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    found: dict[int, Reminders] = {}
    for company_id, currency, count, amount in rows:
        reminders = found.setdefault(company_id, Reminders(currency))
        reminders.count += count
        reminders.amount += amount
    return found


def list_facts(*, as_of: date, account_ids: Collection[int] | None = None) -> list[dict[str, Any]]:
    """Return what is known of each account with something overdue, as the ranking sees it. Five queries."""
    parameters = fact_parameters(as_of=as_of, account_ids=account_ids, weights={EVERYBODY: DEFAULT_WEIGHTS})
    statement = f"WITH {WEIGHTS}, {_facts(account_ids, parameters)} SELECT * FROM facts ORDER BY account_id"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


_PREVIEW = """
SELECT account_id, score, parts, amount_overdue, currency, oldest_overdue_days FROM scored
ORDER BY score DESC, account_id DESC LIMIT %(limit)s
"""


def rank_anew(*, as_of: date, account_ids: Collection[int], weights: RankWeights, limit: int) -> list[dict[str, Any]]:
    """Return the accounts that would come first under other weights, with score and parts; nothing is stored."""
    parameters = fact_parameters(as_of=as_of, account_ids=account_ids, weights={EVERYBODY: weights})
    statement = f"WITH {WEIGHTS}, {_facts(account_ids, parameters)}, {ACTED}, {scored()} {_PREVIEW}"
    names = ("account_id", "score", "score_parts", "amount", "currency", "days_late")
    with connection.cursor() as cursor:
        cursor.execute(statement, {**parameters, "limit": limit})
        rows = cursor.fetchall()

    return [dict(zip(names, (*row[:2], json.loads(row[2]), *row[3:]), strict=True)) for row in rows]
