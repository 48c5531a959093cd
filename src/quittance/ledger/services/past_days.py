"""Prepare the sums of a past day, so that its lists open as fast as today's."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from django.db import connection, transaction

from quittance.core.ageing import AgeingBasis
from quittance.foundation import clock, jobs
from quittance.ledger.models import PastBalance, PastDay
from quittance.ledger.queries.aged import BUCKETS, account_sums
from quittance.ledger.queries.as_of import items_open_on
from quittance.ledger.queries.kept import day_last_used, is_prepared

# Below so many items a day is prepared while the page waits: it takes a few tenths of a second.
ITEMS_AT_ONCE_MAX: Final = 100_000
# When no worker has prepared a day for so long, the page works it out by itself.
PATIENCE: Final = timedelta(seconds=20)
KEPT_DAYS: Final = 7
KEPT_MONTH_ENDS: Final = 12
_PRUNE_LOCK: Final = 7010
_LATE: Final = BUCKETS[1:]
_COLUMNS: Final = (*BUCKETS, "overdue", "credits", "unapplied", "total", "item_count")


class PastDayState(StrEnum):
    """Whether the sums of a day are there."""

    READY = "READY"
    COMING = "COMING"
    UNKNOWN = "UNKNOWN"


def ask_past_day(*, as_of: date) -> PastDayState:
    """Say whether a past day is prepared; prepare it at once when that is quick, else have the worker do it.

    UNKNOWN: a worker should have done it and has not; what one asks is answered from the items, slowly.
    """
    today = clock.today()
    if (used_on := day_last_used(as_of=as_of)) is not None:
        if used_on < today:
            PastDay.objects.filter(as_of=as_of).update(used_on=today)
        return PastDayState.READY
    if _count_about() <= ITEMS_AT_ONCE_MAX:
        prepare_past_day(as_of=as_of)
        return PastDayState.READY if is_prepared(as_of=as_of) else PastDayState.UNKNOWN
    now = clock.now()
    with transaction.atomic():
        PastDay.objects.get_or_create(as_of=as_of, defaults={"asked_at": now, "used_on": today})
        row = PastDay.objects.select_for_update().get(as_of=as_of)
        is_waiting = row.made_at is None or row.asked_at > row.made_at
        if row.asked_at == now or not is_waiting:
            PastDay.objects.filter(as_of=as_of).update(asked_at=now, used_on=today)
            jobs.app.configure_task("ledger.prepare_past_day").defer(as_of=as_of.isoformat())
            return PastDayState.COMING
    return PastDayState.COMING if now - row.asked_at <= PATIENCE else PastDayState.UNKNOWN


def prepare_past_day(*, as_of: date) -> int:
    """Work out what every account and customer owed at the end of a day; return how many accounts owed.

    One transaction; two of them for one day follow each other, and the second has nothing to do.
    """
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, 0)", [_PRUNE_LOCK])
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_PRUNE_LOCK, as_of.toordinal()])
        if is_prepared(as_of=as_of):
            return 0
        # First what is seen, then the sums: they see no less.
        cursor.execute("SELECT pg_current_snapshot()::text")
        snapshot = cursor.fetchone()[0]
        PastBalance.objects.filter(as_of=as_of).delete()
        relation = items_open_on(as_of=as_of)
        sums = account_sums(relation.sql, basis=AgeingBasis.DUE_DATE)
        cursor.execute(_ACCOUNTS.format(sums=sums), {**relation.parameters, "as_of": as_of})
        count = int(cursor.rowcount)
        cursor.execute(_CUSTOMERS, {"as_of": as_of})
        cursor.execute(_MADE, {"as_of": as_of, "now": now, "today": clock.today(), "snapshot": snapshot})
        # The day is new to the planner, which would sort it whole to show a page.
        cursor.execute("ANALYZE ledger_pastbalance")
        return count


def tidy_past_days() -> None:
    """Prepare yesterday and the last month ends of a large ledger; forget days that nobody looks at."""
    today = clock.today()
    usual = _usual_days(today) if _count_about() > ITEMS_AT_ONCE_MAX else set()
    for day in sorted(usual, reverse=True):
        prepare_past_day(as_of=day)
    forget_past_days(unused_since=today - timedelta(days=KEPT_DAYS), but=usual)


def forget_past_days(*, unused_since: date, but: set[date]) -> None:
    """Delete the sums of days not looked at since, and notes of changes that every day left knows of.

    Waits for nobody: while a day is being prepared, notes stay.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        unused = PastDay.objects.filter(used_on__lt=unused_since).exclude(as_of__in=but)
        PastBalance.objects.filter(as_of__in=unused.values("as_of")).delete()
        unused.delete()
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, 0)", [_PRUNE_LOCK])
        if cursor.fetchone()[0]:
            cursor.execute(_PRUNE)


def _usual_days(today: date) -> set[date]:
    days = {today - timedelta(days=1)}
    end = today
    for _ in range(KEPT_MONTH_ENDS):
        end = end.replace(day=1) - timedelta(days=1)
        days.add(end)
    return days


def _count_about() -> int:
    """Return about how many items there are, as the database last counted them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'ledger_openitem'::regclass")
        return int(cursor.fetchone()[0])


_OVERDUE: Final = " + ".join(f"coalesce({name}, 0)" for name in _LATE)
_FILLED: Final = ", ".join(f"coalesce({name}, 0)" for name in BUCKETS)
_ACCOUNTS: Final = f"""
INSERT INTO ledger_pastbalance (as_of, kind, key_id, customer_id, currency, {", ".join(_COLUMNS)})
SELECT %(as_of)s, 'ACCOUNT', s.account_id, a.customer_id, co.currency, {_FILLED}, {_OVERDUE}, coalesce(credits, 0),
    coalesce(unapplied, 0), total, item_count
FROM ({{sums}}) s
JOIN parties_customeraccount a ON a.id = s.account_id
JOIN parties_company co ON co.id = a.company_id
"""
_CUSTOMERS: Final = f"""
INSERT INTO ledger_pastbalance (as_of, kind, key_id, customer_id, currency, {", ".join(_COLUMNS)})
SELECT %(as_of)s, 'CUSTOMER', p.customer_id, p.customer_id, p.currency,
    {", ".join(f"sum(p.{name})" for name in _COLUMNS)}
FROM ledger_pastbalance p
WHERE p.as_of = %(as_of)s AND p.kind = 'ACCOUNT'
GROUP BY p.customer_id, p.currency
"""
_MADE: Final = """
INSERT INTO ledger_pastday (as_of, asked_at, made_at, used_on, snapshot)
VALUES (%(as_of)s, %(now)s, %(now)s, %(today)s, %(snapshot)s::pg_snapshot)
ON CONFLICT (as_of) DO UPDATE SET made_at = excluded.made_at, used_on = excluded.used_on, snapshot = excluded.snapshot
"""
_PRUNE: Final = """
DELETE FROM ledger_pastchange c WHERE NOT EXISTS (
    SELECT 1 FROM ledger_pastday p
    WHERE p.snapshot IS NULL OR NOT pg_visible_in_snapshot(c.xid, p.snapshot)
)
"""
