"""Sums by account that are kept: of today beside the items, of a past day once it was prepared.

They answer only when they are known to say what the items say; whoever asks turns to the items otherwise.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db import connection

from quittance.ledger.queries.as_of import Relation, is_present

_BUCKETS: Final = "not_due, due_1_30, due_31_60, due_61_90, due_91_120, due_over_120, credits, unapplied"
_TODAY: Final = f"""
    SELECT account_id, currency, {_BUCKETS}, open_total AS total, open_count AS item_count
    FROM ledger_accountbalance WHERE open_count > 0
"""
_PAST: Final = f"""
    SELECT key_id AS account_id, currency, {_BUCKETS}, total, item_count
    FROM ledger_pastbalance WHERE as_of = %(as_of)s AND kind = 'ACCOUNT'
"""

# A day is as it was prepared while nothing dated up to it has been posted or changed since: `ledger_pastchange` has
# the first day that each statement touched, with the transaction that wrote it. What the transaction that prepared
# the day did not see makes the day stale, whenever it commits.
_PREPARED: Final = """
SELECT p.used_on FROM ledger_pastday p
WHERE p.as_of = %(as_of)s AND p.snapshot IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM ledger_pastchange c
    WHERE c.from_day <= p.as_of AND NOT pg_visible_in_snapshot(c.xid, p.snapshot)
)
"""

# The kept balances of today, against the moves that triggers write down: two accounts of the same sums, kept in
# different ways. A session that has posted and not yet refreshed sees them differ.
_IS_IN_STEP: Final = """
WITH kept AS (
    SELECT creditor_id, currency, sum(open_total - credits - unapplied) AS owed, sum(credits) AS credits,
        sum(unapplied) AS unapplied, sum(overdue) AS late_1, sum(overdue - due_1_30) AS late_31,
        sum(due_over_120 + due_91_120 + due_61_90) AS late_61, sum(due_over_120 + due_91_120) AS late_91,
        sum(due_over_120) AS late_121
    FROM ledger_accountbalance GROUP BY creditor_id, currency
), moved AS (
    SELECT company_id, currency,
        coalesce(sum(amount) FILTER (WHERE measure = 'OWED'), 0) AS owed,
        coalesce(sum(amount) FILTER (WHERE measure = 'CREDITS'), 0) AS credits,
        coalesce(sum(amount) FILTER (WHERE measure = 'UNAPPLIED'), 0) AS unapplied,
        coalesce(sum(amount) FILTER (WHERE measure = 'LATE_1'), 0) AS late_1,
        coalesce(sum(amount) FILTER (WHERE measure = 'LATE_31'), 0) AS late_31,
        coalesce(sum(amount) FILTER (WHERE measure = 'LATE_61'), 0) AS late_61,
        coalesce(sum(amount) FILTER (WHERE measure = 'LATE_91'), 0) AS late_91,
        coalesce(sum(amount) FILTER (WHERE measure = 'LATE_121'), 0) AS late_121
    FROM ledger_dailymove WHERE day <= %(as_of)s GROUP BY company_id, currency
)
SELECT NOT EXISTS (SELECT 1 FROM ledger_accountbalance WHERE as_of <> %(as_of)s)
    AND NOT EXISTS (
        SELECT 1 FROM kept k FULL JOIN moved m ON m.company_id = k.creditor_id AND m.currency = k.currency
        WHERE (coalesce(k.owed, 0), coalesce(k.credits, 0), coalesce(k.unapplied, 0), coalesce(k.late_1, 0),
               coalesce(k.late_31, 0), coalesce(k.late_61, 0), coalesce(k.late_91, 0), coalesce(k.late_121, 0))
           IS DISTINCT FROM
              (coalesce(m.owed, 0), coalesce(m.credits, 0), coalesce(m.unapplied, 0), coalesce(m.late_1, 0),
               coalesce(m.late_31, 0), coalesce(m.late_61, 0), coalesce(m.late_91, 0), coalesce(m.late_121, 0))
    )
"""


def find_kept(*, as_of: date) -> Relation | None:
    """Return the kept sums of the end of a day, one row an account with open items; None when the items must answer.

    Columns: account_id, currency, the buckets, credits, unapplied, total, item_count. Two or three queries.
    """
    if is_prepared(as_of=as_of):
        return Relation(sql=_PAST, parameters={"as_of": as_of})
    if is_present(as_of=as_of) and _holds(_IS_IN_STEP, as_of):
        return Relation(sql=_TODAY, parameters={})
    return None


def is_prepared(*, as_of: date) -> bool:
    """Tell whether the sums of a past day are kept, and nothing has touched that day since. One query."""
    return day_last_used(as_of=as_of) is not None


def day_last_used(*, as_of: date) -> date | None:
    """Return when somebody last looked at a day that is prepared, None when it is not. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_PREPARED, {"as_of": as_of})
        row = cursor.fetchone()
    return row[0] if row else None


def _holds(sql: str, as_of: date) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"as_of": as_of})
        return bool(cursor.fetchone()[0])
