"""What people and the machine did in a period: calls, reminders, promises, matches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db import connection

from quittance.foundation.permissions import Scope

_ACTIVITY: Final = """
WITH a AS (
    SELECT a.id FROM parties_customeraccount a
    WHERE (%(company_ids)s::bigint[] IS NULL OR a.company_id = ANY(%(company_ids)s::bigint[]))
        AND (%(department_id)s::bigint IS NULL OR a.department_id = %(department_id)s::bigint)
)
SELECT
    (SELECT count(*) FROM worklist_call c JOIN a ON a.id = c.account_id
     WHERE c.made_at::date > %(since)s AND c.made_at::date <= %(until)s),
    (SELECT count(*) FROM dunning_dunningnotice n JOIN a ON a.id = n.account_id
     WHERE n.state = 'SENT' AND NOT n.is_free AND n.notice_date > %(since)s AND n.notice_date <= %(until)s),
    coalesce(sum(p.amount), 0), coalesce(sum(least(p.amount_kept, p.amount)), 0), count(*),
    count(*) FILTER (WHERE p.state = 'KEPT'), count(*) FILTER (WHERE p.state = 'BROKEN')
FROM promises_promisetopay p JOIN a ON a.id = p.account_id
WHERE p.promised_date > %(since)s AND p.promised_date <= %(until)s AND p.state <> 'WITHDRAWN'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Counts and promised amounts of a period; promises by their promised day."""

    calls: int
    reminders_sent: int
    promised_due: Decimal
    promised_kept: Decimal
    promises_due: int
    promises_kept: int
    promises_broken: int


def get_activity(*, scope: Scope, since: date, until: date) -> Activity:
    """Return what was done after `since` and until `until`. One query."""
    parameters = {
        "company_ids": None if scope.company_ids is None else sorted(scope.company_ids),
        "department_id": scope.department_id,
        "since": since,
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVITY, parameters)
        calls, reminders, due, kept, count, kept_count, broken_count = cursor.fetchone()
    return Activity(
        calls=calls,
        reminders_sent=reminders,
        promised_due=due,
        promised_kept=kept,
        promises_due=count,
        promises_kept=kept_count,
        promises_broken=broken_count,
    )
