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
from quittance.worklist.services.halving import OURS, THEIRS, OtherHalf, add_reminders, is_worth_halving
from quittance.worklist.sources import other_candidates, reminder_candidates
from quittance.worklist.staging_sql import FACTS, open_stage
from quittance.worklist.weights import weighing_of, weights_on
from quittance.worklist.writing_sql import TOUCHED, of_part, write_stage

TOPIC = "worklist"
ACCOUNTS_MAX_AT_ONCE = 2000
_LOCK = 7011
_CHUNK_ROWS = 5000

_FIELDS = ("key", *FACTS)
_COLUMNS = (*_FIELDS, "state", "state_before")


def refresh_tasks(*, as_of: date, account_ids: Collection[int] | None = None) -> int:
    """Rank everything that is to be done on `as_of` and store it; return how many tasks changed.

    With `account_ids` only their tasks, and those of no account. A full refresh that finds another one at work
    leaves it to that one and returns 0. Open pages hear of changes (topic `worklist`).
    """
    if account_ids is not None and len(account_ids) > ACCOUNTS_MAX_AT_ONCE:
        account_ids = None
    if account_ids is None:
        ensure_balances_fresh(today=as_of)
    if account_ids is None and is_worth_halving():
        changed = _refresh_by_two(as_of)
    else:
        with transaction.atomic():
            if account_ids is None and not _is_first():
                return 0
            last_event_id = _last_event_id()
            changed = _store(as_of, account_ids)
            if account_ids is None:
                _note_refresh(as_of, last_event_id)
    if changed:
        notify.publish(TOPIC)
    return changed


def _refresh_by_two(as_of: date) -> int:
    """Refresh all by two connections, each of which commits what it ranked; noted once both are done."""
    with OtherHalf(as_of=as_of) as other:
        with transaction.atomic():
            if not _is_first():
                return 0
            last_event_id = _last_event_id()
            other.start()
            changed = _store(as_of, None, other=other)
        # Not while rows are locked here: a third one may wait for them and hold what the other waits for.
        changed += other.finish()
    _note_refresh(as_of, last_event_id)
    return changed


def _note_refresh(as_of: date, last_event_id: int) -> None:
    seen = {"as_of": as_of, "last_event_id": last_event_id, "refreshed_at": clock.now()}
    Freshness.objects.update_or_create(id=1, defaults=seen)


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


def _store(as_of: date, account_ids: Collection[int] | None, *, other: OtherHalf | None = None) -> int:
    """Write the difference between what there is to do and the table; return the number of rows that changed.

    What the other half ranks it writes itself.
    """
    parameters: dict[str, Any] = {"now": clock.now(), "as_of": as_of, "accounts": sorted(account_ids or ())}
    open_stage()
    weights = weights_on(day=as_of)
    reminders = stage_accounts(as_of=as_of, account_ids=account_ids, weights=weights, part=OURS if other else None)
    if other is not None:
        reminders = add_reminders(ours=reminders, theirs=other.reminders())
    weighing = weighing_of(weights)
    rows = chain(
        other_candidates(as_of=as_of, account_ids=account_ids),
        # How many reminders are due is only known after a look at all accounts.
        reminder_candidates(as_of=as_of, reminders=reminders) if account_ids is None else (),
    )
    with connection.cursor() as cursor:
        while chunk := list(islice(rows, _CHUNK_ROWS)):
            with cursor.copy(f"COPY worklist_stage ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
                for candidate in chunk:
                    copy.write_row(_row(weighing.weigh(candidate, as_of=as_of), as_of, parameters["now"]))
    if account_ids is not None:
        return write_stage(parameters=parameters, of=TOUCHED, is_whole=False)
    return write_stage(parameters=parameters, of=f"NOT {of_part(THEIRS)}" if other else "true")


def _row(candidate: Candidate, as_of: date, now: datetime) -> tuple[Any, ...]:
    values = (getattr(candidate, name) for name in _FIELDS)
    plain = (json.dumps(value) if isinstance(value, list | dict) else value for value in values)
    return (*plain, candidate.state_on(as_of, now), candidate.known.state)
