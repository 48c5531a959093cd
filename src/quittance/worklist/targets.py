"""What a collector aims at, and how far the day and the month have come. Services and their queries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.parties.people import names_of_people
from quittance.worklist.models import CollectorTarget


class TargetRefused(ValueError):
    """The target cannot be set like this; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a collector has come: what was done, and what was aimed at (None without a target).

    `amount` is what payments settled this month on the accounts the person collects, in `currency`.
    """

    user_id: int
    name: str
    calls: int
    promises: int
    amount: Decimal
    currency: str
    calls_target: int | None
    promises_target: int | None
    amount_target: Decimal | None

    @property
    def has_target(self) -> bool:
        """Say whether anything is aimed at."""
        return any(one is not None for one in (self.calls_target, self.promises_target, self.amount_target))


_PROGRESS = """
WITH people AS (SELECT unnest(%(users)s::bigint[]) AS id),
target AS (
    SELECT DISTINCT ON (user_id) user_id, calls_a_day, promises_a_month, amount_a_month, currency
    FROM worklist_collectortarget WHERE user_id = ANY(%(users)s) AND from_date <= %(day)s
    ORDER BY user_id, from_date DESC, id DESC
),
calls AS (
    SELECT made_by_id AS user_id, count(*) AS number FROM worklist_call
    WHERE made_by_id = ANY(%(users)s) AND made_at >= %(day)s::timestamp AT TIME ZONE %(zone)s
      AND made_at < (%(day)s::timestamp + interval '1 day') AT TIME ZONE %(zone)s
    GROUP BY made_by_id
),
promised AS (
    SELECT taken_by_id AS user_id, count(*) AS number FROM promises_promisetopay
    WHERE taken_by_id = ANY(%(users)s) AND state <> 'WITHDRAWN' AND made_on BETWEEN %(month)s AND %(day)s
    GROUP BY taken_by_id
),
-- What payments settled; where a company counts in another currency than the target, by the rate of the day.
collected AS (
    SELECT a.collector_id AS user_id, i.company_currency AS currency, sum(x.amount_company_debit) AS amount
    FROM ledger_allocation x
    JOIN ledger_openitem p ON p.id = x.credit_item_id AND p.kind = 'PAYMENT'
    JOIN ledger_openitem i ON i.id = x.debit_item_id
    JOIN parties_customeraccount a ON a.id = i.account_id AND a.collector_id = ANY(%(users)s)
    WHERE x.effective_date BETWEEN %(month)s AND %(day)s
      AND NOT EXISTS (SELECT FROM ledger_allocationreversal r
                      WHERE r.allocation_id = x.id AND r.effective_date <= %(day)s)
    GROUP BY a.collector_id, i.company_currency
),
rate AS (
    SELECT DISTINCT ON (from_currency, to_currency) from_currency, to_currency, rate FROM ledger_exchangerate
    WHERE rate_date <= %(day)s ORDER BY from_currency, to_currency, rate_date DESC
)
SELECT people.id, coalesce(person.name, ''), coalesce(calls.number, 0), coalesce(promised.number, 0),
    coalesce(c.amount, 0),
    coalesce(target.currency, 'EUR'), target.calls_a_day, target.promises_a_month, target.amount_a_month
FROM people
LEFT JOIN parties_user person ON person.id = people.id
LEFT JOIN target ON target.user_id = people.id
LEFT JOIN calls ON calls.user_id = people.id
LEFT JOIN promised ON promised.user_id = people.id
LEFT JOIN LATERAL (
    SELECT sum(collected.amount * CASE WHEN collected.currency = coalesce(target.currency, 'EUR') THEN 1
        ELSE rate.rate END) AS amount
    FROM collected LEFT JOIN rate ON rate.from_currency = collected.currency
        AND rate.to_currency = coalesce(target.currency, 'EUR')
    WHERE collected.user_id = people.id
) c ON true
ORDER BY people.id
"""


def list_progress(*, user_ids: Collection[int], day: date) -> list[Progress]:
    """Return how far each of these people has come on a day and in its month, by name. One query."""
    parameters: dict[str, Any] = {
        "users": sorted(user_ids),
        "day": day,
        "month": day.replace(day=1),
        "zone": settings.TIME_ZONE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PROGRESS, parameters)
        rows = cursor.fetchall()
    found = [
        Progress(
            user_id=row[0],
            name=row[1],
            calls=row[2],
            promises=row[3],
            amount=row[4],
            currency=row[5],
            calls_target=row[6],
            promises_target=row[7],
            amount_target=row[8],
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.name, one.user_id))


@transaction.atomic
def set_target(
    *,
    user_id: int,
    from_date: date,
    today: date,
    actor: Actor,
    calls_a_day: int | None = None,
    promises_a_month: int | None = None,
    amount_a_month: Decimal | None = None,
    currency: str = "EUR",
) -> int:
    """Set what a collector aims at from a day on; without any figure there is no target any more.

    :raises TargetRefused: the day is past, or a figure is not positive
    """
    if from_date < today:
        raise TargetRefused(f"a target counts from {today} on, not from {from_date}")
    figures = (calls_a_day, promises_a_month, amount_a_month)
    if any(figure is not None and figure <= 0 for figure in figures):
        raise TargetRefused("a target is more than nothing; leave it empty to have none")
    target = CollectorTarget.objects.create(
        user_id=user_id,
        from_date=from_date,
        calls_a_day=calls_a_day,
        promises_a_month=promises_a_month,
        amount_a_month=amount_a_month,
        currency=currency,
        set_by_id=actor.user_id,
        set_at=clock.now(),
    )
    payload = {
        "name": names_of_people(user_ids=[user_id]).get(user_id, ""),
        "from_date": from_date.isoformat(),
        "calls_a_day": calls_a_day,
        "promises_a_month": promises_a_month,
        "amount_a_month": None if amount_a_month is None else str(amount_a_month),
        "currency": currency,
    }
    events.record(
        events.NewEvent(kind="target.set", actor=actor, subject_kind="person", subject_id=str(user_id), payload=payload)
    )
    return target.id
