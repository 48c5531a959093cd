"""Bring the tasks up to date with the facts: set-based, for all accounts or for those something happened to."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from typing import Any

from django.db import connection, transaction

from quittance.foundation import clock, notify
from quittance.ledger.services import ensure_balances_fresh
from quittance.worklist.accounts_sql import stage_accounts
from quittance.worklist.candidates import Candidate
from quittance.worklist.models import Freshness
from quittance.worklist.services.halving import is_worth_halving, stage_in_halves
from quittance.worklist.sources import other_candidates, reminder_candidates
from quittance.worklist.staging_sql import FACTS, open_stage
from quittance.worklist.weights import weighing_of, weights_on

TOPIC = "worklist"
ACCOUNTS_MAX_AT_ONCE = 2000
_LOCK = 7011
_CHUNK_ROWS = 5000

_FIELDS = ("key", *FACTS)
_COLUMNS = (*_FIELDS, "state", "state_before")
_JSON = ("score_parts", "measures")

# Tasks that came by COPY, and those that another refresh has found since.
_FIND = "UPDATE worklist_stage s SET task_id = t.id FROM worklist_task t WHERE s.task_id IS NULL AND t.key = s.key"
# A task that a person touched while this ran keeps the state the person gave it; a done one stands still.
_STATE = "(CASE WHEN t.state = s.state_before THEN s.state ELSE t.state END)"
# Who was given the task by hand keeps it as long as it is there.
_OWNER = "(CASE WHEN t.team_id IS NULL THEN coalesce(t.assigned_to_id, s.owner_id) END)"
_STAGED = {name: f"s.{name}::jsonb" if name in _JSON else f"s.{name}" for name in _FIELDS} | {"owner_id": _OWNER}
_UPDATE = f"""
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
_INSERT = f"""
INSERT INTO worklist_task ({", ".join(_FIELDS)}, fingerprint, state, created_at)
SELECT {", ".join(f"s.{name}::jsonb" if name in _JSON else f"s.{name}" for name in _FIELDS)}, s.fingerprint, s.state,
    %(now)s
FROM worklist_stage s WHERE s.state_before IS NULL AND s.task_id IS NULL
ON CONFLICT (key) DO NOTHING
"""
_GONE = """
UPDATE worklist_task t SET state = 'GONE', closed_at = %(now)s, closed_by_id = NULL, snoozed_until = NULL,
    wake_at = NULL, assigned_to_id = NULL, team_id = NULL
WHERE t.state <> 'GONE' AND {touched} AND NOT EXISTS (SELECT FROM worklist_stage s WHERE s.task_id = t.id)
  AND NOT EXISTS (SELECT FROM worklist_stage s WHERE s.task_id IS NULL AND s.key = t.key)
"""
_GONE_TOUCHED = """(t.account_id = ANY(%(accounts)s) OR (t.account_id IS NULL AND (t.customer_id IS NULL
    OR t.customer_id IN (SELECT customer_id FROM parties_customeraccount WHERE id = ANY(%(accounts)s)))))
    AND t.key NOT LIKE 'limitation:%%'
    AND (t.key NOT LIKE 'reminders:%%' OR EXISTS (SELECT FROM dunning_dunningrun r WHERE r.as_of >= %(as_of)s
        AND r.origin = 'POLICY' AND r.state NOT IN ('CANCELLED', 'FAILED')
        AND (r.company_id IS NULL OR r.company_id = t.company_id)))"""


def refresh_tasks(*, as_of: date, account_ids: Collection[int] | None = None) -> int:
    """Rank everything that is to be done on `as_of` and store it; return how many tasks changed.

    With `account_ids` only their tasks, and those of no account. A full refresh that finds another one at work
    leaves it to that one and returns 0. Open pages hear of changes (topic `worklist`).
    """
    if account_ids is not None and len(account_ids) > ACCOUNTS_MAX_AT_ONCE:
        account_ids = None
    if account_ids is None:
        ensure_balances_fresh(today=as_of)
    is_halved = account_ids is None and is_worth_halving()
    with transaction.atomic():
        if account_ids is None and not _is_first():
            return 0
        last_event_id = _last_event_id()
        changed = _store(as_of, account_ids, is_halved=is_halved)
        if account_ids is None:
            seen = {"as_of": as_of, "last_event_id": last_event_id, "refreshed_at": clock.now()}
            Freshness.objects.update_or_create(id=1, defaults=seen)
        if changed:
            notify.publish(TOPIC)
    return changed


def ensure_tasks_fresh(*, today: date) -> bool:
    """Bring the tasks up to what has happened since they were looked at last; return whether something had.

    One query when nothing has. Otherwise the accounts named by the new events are ranked again; a new day, or an
    event about more than an account (an import), asks for a full refresh.
    """
    news = _news()
    if news is None or news.as_of is None or news.as_of < today:
        return refresh_tasks(as_of=today) > 0
    if news.last_event_id is None:
        return bool(news.woken_ids) and refresh_tasks(as_of=today, account_ids=news.woken_ids) > 0
    if news.is_wide or len(news.account_ids) > ACCOUNTS_MAX_AT_ONCE:
        return refresh_tasks(as_of=today) > 0
    with transaction.atomic():
        changed = refresh_tasks(as_of=today, account_ids={*news.account_ids, *news.woken_ids})
        Freshness.objects.filter(id=1, last_event_id__lt=news.last_event_id).update(
            last_event_id=news.last_event_id, refreshed_at=clock.now()
        )
    return changed > 0


# An event that names neither account nor customer may be about all of them; those of these kinds are not.
_NARROW = [
    "dunning_run.%",
    "dunning_policy.%",
    "task.%",
    "transaction.%",
    "proposal.%",
    "user.%",
    "demo.%",
    "preference.%",
    "delay_reason.%",
    "absence.%",
    "team.%",
    "target.%",
]
_NEWS = """
SELECT f.as_of, n.*,
    (SELECT coalesce(array_agg(t.account_id) FILTER (WHERE t.account_id IS NOT NULL), '{}') FROM worklist_task t
     WHERE t.state = 'SNOOZED' AND t.wake_at <= %(now)s) FROM worklist_freshness f CROSS JOIN LATERAL (
    SELECT max(e.id), coalesce(array_agg(DISTINCT a.id) FILTER (WHERE a.id IS NOT NULL), '{}'),
        coalesce(bool_or(e.account_id IS NULL AND e.customer_id IS NULL AND NOT e.kind LIKE ANY(%(narrow)s)), false)
    FROM foundation_event e
    LEFT JOIN parties_customeraccount a
        ON a.id = e.account_id OR (e.account_id IS NULL AND a.customer_id = e.customer_id)
    WHERE e.id > f.last_event_id
) n
"""


@dataclass(frozen=True, slots=True)
class _News:
    """The day of the last whole refresh; since then the last event (None without any) and the accounts of all.

    `woken_ids` are the accounts whose task was to sleep until a moment that has come.
    """

    as_of: date | None
    last_event_id: int | None
    account_ids: list[int]
    is_wide: bool
    woken_ids: list[int]


def _news() -> _News | None:
    """Return what has happened, None when the tasks were never worked out. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, {"narrow": _NARROW, "now": clock.now()})
        row = cursor.fetchone()
    return None if row is None else _News(*row)


def _is_first() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _last_event_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM foundation_event")
        return int(cursor.fetchone()[0])


def _store(as_of: date, account_ids: Collection[int] | None, *, is_halved: bool) -> int:
    """Write the difference between what there is to do and the table; return the number of rows that changed."""
    parameters: dict[str, Any] = {"now": clock.now(), "as_of": as_of, "accounts": sorted(account_ids or ())}
    touched = "true" if account_ids is None else _GONE_TOUCHED
    with connection.cursor() as cursor:
        open_stage()
        weights = weights_on(day=as_of)
        if is_halved:
            reminders = stage_in_halves(as_of=as_of, weights=weights)
        else:
            reminders = stage_accounts(as_of=as_of, account_ids=account_ids, weights=weights)
        weighing = weighing_of(weights)
        rows = chain(
            other_candidates(as_of=as_of, account_ids=account_ids),
            # How many reminders are due is only known after a look at all accounts.
            reminder_candidates(as_of=as_of, reminders=reminders) if account_ids is None else (),
        )
        while chunk := list(islice(rows, _CHUNK_ROWS)):
            with cursor.copy(f"COPY worklist_stage ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
                for candidate in chunk:
                    copy.write_row(_row(weighing.weigh(candidate, as_of=as_of), as_of, parameters["now"]))
        cursor.execute(_FIND)
        changed = 0
        for statement in (_GONE.format(touched=touched), _UPDATE, _INSERT):
            cursor.execute(statement, parameters)
            changed += cursor.rowcount
    return changed


def _row(candidate: Candidate, as_of: date, now: datetime) -> tuple[Any, ...]:
    values = (getattr(candidate, name) for name in _FIELDS)
    plain = (json.dumps(value) if isinstance(value, list | dict) else value for value in values)
    return (*plain, candidate.state_on(as_of, now), candidate.known.state)
