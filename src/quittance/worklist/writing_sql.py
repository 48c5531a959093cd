"""The difference between the stage and the table of tasks, written in four statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from quittance.worklist.facts import Part
from quittance.worklist.staging_sql import FACTS

_FIELDS = ("key", *FACTS)
_JSON = ("score_parts", "measures")

# Tasks that came by COPY, and those that another refresh has found since.
FIND = "UPDATE worklist_stage s SET task_id = t.id FROM worklist_task t WHERE s.task_id IS NULL AND t.key = s.key"
# A task that a person touched while this ran keeps the state the person gave it; a done one stands still.
_STATE = "(CASE WHEN t.state = s.state_before THEN s.state ELSE t.state END)"
# Who was given the task by hand keeps it as long as it is there.
_OWNER = "(CASE WHEN t.team_id IS NULL THEN coalesce(t.assigned_to_id, s.owner_id) END)"
_STAGED = {name: f"s.{name}::jsonb" if name in _JSON else f"s.{name}" for name in _FIELDS} | {"owner_id": _OWNER}
UPDATE = f"""
UPDATE worklist_task t SET {", ".join(f"{name} = {_STAGED[name]}" for name in FACTS)},
    fingerprint = s.fingerprint,
    state = {_STATE},
    created_at = CASE WHEN t.state = 'GONE' THEN %(now)s ELSE t.created_at END,
    snoozed_until = CASE WHEN {_STATE} = 'SNOOZED' THEN t.snoozed_until END,
    wake_at = CASE WHEN {_STATE} = 'SNOOZED' THEN t.wake_at END,
    closed_at = NULL, closed_by_id = NULL
FROM worklist_stage s
WHERE s.is_changed AND t.id = s.task_id
  AND NOT (t.state = 'DONE' AND (s.state = 'DONE' OR s.state_before <> 'DONE'))
  AND (s.fingerprint IS DISTINCT FROM t.fingerprint OR t.state <> s.state
       OR ({", ".join(f"t.{name}" for name in FACTS)})
       IS DISTINCT FROM ({", ".join(_STAGED[name] for name in FACTS)}))
"""
INSERT = f"""
INSERT INTO worklist_task ({", ".join(_FIELDS)}, fingerprint, state, created_at)
SELECT {", ".join(f"s.{name}::jsonb" if name in _JSON else f"s.{name}" for name in _FIELDS)}, s.fingerprint, s.state,
    %(now)s
FROM worklist_stage s WHERE s.state_before IS NULL AND s.task_id IS NULL
ON CONFLICT (key) DO NOTHING
"""
GONE = """
UPDATE worklist_task t SET state = 'GONE', closed_at = %(now)s, closed_by_id = NULL, snoozed_until = NULL,
    wake_at = NULL, assigned_to_id = NULL, team_id = NULL
WHERE t.state <> 'GONE' AND {of} AND NOT EXISTS (SELECT FROM worklist_stage s WHERE s.task_id = t.id)
  AND NOT EXISTS (SELECT FROM worklist_stage s WHERE s.task_id IS NULL AND s.key = t.key)
"""
TOUCHED = """(t.account_id = ANY(%(accounts)s) OR (t.account_id IS NULL AND (t.customer_id IS NULL
    OR t.customer_id IN (SELECT customer_id FROM parties_customeraccount WHERE id = ANY(%(accounts)s)))))
    AND t.key NOT LIKE 'limitation:%%'
    AND (t.key NOT LIKE 'reminders:%%' OR EXISTS (SELECT FROM dunning_dunningrun r WHERE r.as_of >= %(as_of)s
        AND r.origin = 'POLICY' AND r.state NOT IN ('CANCELLED', 'FAILED')
        AND (r.company_id IS NULL OR r.company_id = t.company_id)))"""


def of_part(part: Part) -> str:
    """Return the condition of the tasks `t` of accounts and limits that are ranked with a part of all accounts."""
    return f"""((t.key LIKE 'account:%%' AND {part.holds("t.account_id")})
        OR (t.key LIKE 'limit:%%' AND {part.holds("t.customer_id")}))"""


def write_stage(*, parameters: Mapping[str, Any], of: str = "true", is_whole: bool = True) -> int:
    """Update, insert and end tasks as the stage of this connection has them; return how many rows changed.

    `of` is the condition of the tasks `t` that end where the stage has them no more; `is_whole` says that they are
    many. Of `parameters` it needs `now`, for `TOUCHED` also `as_of` and `accounts`.
    """
    changed = 0
    with connection.cursor() as cursor:
        if is_whole:
            # The stage has no statistics: without them tens of thousands of rows are joined one by one.
            cursor.execute("ANALYZE worklist_stage")
        cursor.execute(FIND)
        for statement in (GONE.format(of=of), UPDATE, INSERT):
            cursor.execute(statement, parameters)
            changed += cursor.rowcount
    return changed
