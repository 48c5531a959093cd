"""Cash that is expected: what customers announced and promised, advices whose money was not seen, debits at the bank.

Each source speaks for itself: one item may be announced and promised, so that the sources are never added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.db import connection

from quittance.foundation.permissions import EVERYTHING, Scope

PIECES_MAX: Final = 5000
# A word older than this is no expectation any more; neither is an advice, or a collection of long ago.
LATE_DAYS_MAX: Final = 60
# Days that are told one by one; what comes later is one figure.
DAYS_AHEAD: Final = 14


class Origin(StrEnum):
    """Where an expectation comes from."""

    ANNOUNCEMENT = "ANNOUNCEMENT"
    REMITTANCE = "REMITTANCE"
    PROMISE = "PROMISE"
    INSTALMENT = "INSTALMENT"
    COLLECTION = "COLLECTION"


class When(StrEnum):
    """How an expected day lies to today."""

    LATE = "LATE"
    TODAY = "TODAY"
    SOON = "SOON"
    LATER = "LATER"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSum:
    """What one origin lets us expect on a day in a currency; `day` is None for all that is late, or comes later."""

    origin: Origin
    when: When
    day: date | None
    currency: str
    amount: Decimal
    count: int


# An item is announced once, by the last word about it. `line_id` is the waiting bank line that is proposed for it.
_EXPECTED: Final = """
WITH proposed AS (
    SELECT l.item_id, min(t.id) AS line_id
    FROM cash_banktransaction t
    JOIN cash_matchproposal p ON p.transaction_id = t.id AND p.state = 'PROPOSED'
    JOIN cash_matchproposalline l ON l.proposal_id = p.id
    WHERE t.state = 'WAITING' AND t.amount > 0
    GROUP BY l.item_id
), word AS (
    SELECT DISTINCT ON (o.id) n.id, o.id AS item_id, n.until_date, n.account_id, o.document_number, o.amount_open,
        o.currency, n.said
    FROM (
        SELECT id, item_id, until_date, account_id, said, announced_on FROM dunning_paymentannouncement
        WHERE item_id IS NOT NULL
        UNION ALL
        SELECT a.id, i.id, a.until_date, a.account_id, a.said, a.announced_on FROM dunning_paymentannouncement a
        JOIN ledger_openitem i ON i.account_id = a.account_id AND i.due_date <= a.announced_on AND i.amount_open > 0
        WHERE a.item_id IS NULL
    ) n
    JOIN ledger_openitem o ON o.id = n.item_id
    WHERE o.amount_open > 0 AND n.announced_on <= %(as_of)s AND n.until_date >= %(since)s
    ORDER BY o.id, n.until_date DESC, n.id DESC
), expected AS (
    SELECT 'ANNOUNCEMENT' AS origin, w.item_id AS piece_id, w.until_date AS day, a.company_id, a.department_id,
        a.customer_id, w.document_number AS what, w.said AS note, w.amount_open AS amount, w.currency,
        (SELECT line_id FROM proposed WHERE item_id = w.item_id) AS line_id
    FROM word w JOIN parties_customeraccount a ON a.id = w.account_id
    UNION ALL
    SELECT 'REMITTANCE', r.id, coalesce(r.payment_date, (r.received_at AT TIME ZONE %(zone)s)::date), r.company_id,
        NULL, r.customer_id, coalesce(nullif(r.payment_reference, ''), nullif(b.filename, ''), r.payer_name), '',
        coalesce(r.total_announced, r.lines_sum), r.currency,
        (SELECT min(q.line_id) FROM remittances_remittanceline l JOIN proposed q ON q.item_id = l.item_id
         WHERE l.remittance_id = r.id)
    FROM remittances_remittance r JOIN foundation_importbatch b ON b.id = r.batch_id
    WHERE r.state = 'EXPECTED' AND coalesce(r.payment_date, (r.received_at AT TIME ZONE %(zone)s)::date) >= %(since)s
    UNION ALL
    SELECT 'PROMISE', m.id, m.promised_date, a.company_id, a.department_id, a.customer_id, '', m.comment,
        m.amount - m.amount_kept, m.currency,
        (SELECT min(q.line_id) FROM promises_promiseditem i JOIN proposed q ON q.item_id = i.item_id
         WHERE i.promise_id = m.id)
    FROM promises_promisetopay m JOIN parties_customeraccount a ON a.id = m.account_id
    WHERE m.state = 'OPEN' AND m.made_on <= %(as_of)s AND m.amount > m.amount_kept
    UNION ALL
    SELECT 'INSTALMENT', s.id, s.due_date, a.company_id, a.department_id, a.customer_id, s.position::text, '', s.amount,
        g.currency, NULL
    FROM promises_plannedinstalment s
    JOIN promises_paymentplan g ON g.id = s.plan_id AND g.state = 'ACTIVE'
    JOIN parties_customeraccount a ON a.id = g.account_id
    WHERE s.state IN ('WAITING', 'LATE')
    UNION ALL
    SELECT 'COLLECTION', c.id, c.collection_date, c.company_id, NULL, NULL, c.message_id, '', sum(n.amount), c.currency,
        NULL
    FROM debits_debitcollection c JOIN debits_debitinstruction n ON n.collection_id = c.id AND n.state = 'SENT'
    WHERE c.collection_date >= %(since)s
    GROUP BY c.id
), seen AS (
    SELECT e.*, CASE WHEN e.day < %(as_of)s THEN 'LATE' WHEN e.day = %(as_of)s THEN 'TODAY'
        WHEN e.day <= %(ahead)s THEN 'SOON' ELSE 'LATER' END AS when_due
    FROM expected e
    WHERE (%(company_ids)s::bigint[] IS NULL OR e.company_id = ANY(%(company_ids)s::bigint[]))
      AND (%(department_id)s::bigint IS NULL OR e.department_id = %(department_id)s::bigint)
)
"""
_SUMS: Final = """
SELECT origin, when_due, CASE WHEN when_due IN ('TODAY', 'SOON') THEN day END, currency, sum(amount), count(*)
FROM seen GROUP BY 1, 2, 3, 4 ORDER BY 3 NULLS FIRST, 2, 4, 1
"""
_PIECES: Final = """
SELECT s.origin, s.piece_id, s.day, s.company_id, o.name AS company_name, s.customer_id,
    coalesce(c.name, '') AS customer_name, s.what, s.note, s.amount, s.currency, s.line_id, s.when_due,
    greatest(%(as_of)s::date - s.day, 0) AS days_late, p.plan_id
FROM seen s JOIN parties_company o ON o.id = s.company_id LEFT JOIN parties_customer c ON c.id = s.customer_id
LEFT JOIN promises_plannedinstalment p ON s.origin = 'INSTALMENT' AND p.id = s.piece_id
ORDER BY s.day, s.origin, s.piece_id LIMIT %(limit)s
"""


def list_expected_sums(*, as_of: date, scope: Scope = EVERYTHING) -> list[ExpectedSum]:
    """Return what is expected by origin, day and currency, as it stands now: late first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPECTED + _SUMS, _values(as_of, scope))
        return [
            ExpectedSum(origin=Origin(origin), when=When(when), day=day, currency=currency, amount=amount, count=count)
            for origin, when, day, currency, amount, count in cursor.fetchall()
        ]


def list_expected_cash(*, as_of: date, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    """Return each expectation, the earliest day first; `PIECES_MAX` at most. One query.

    `piece_id` is an item (ANNOUNCEMENT), else a remittance, promise, instalment (with `plan_id`) or collection.
    `line_id` is a bank line that waits and may bring it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EXPECTED + _PIECES, {**_values(as_of, scope), "limit": PIECES_MAX})
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _values(as_of: date, scope: Scope) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "zone": settings.TIME_ZONE,
        "since": as_of - timedelta(days=LATE_DAYS_MAX),
        "ahead": as_of + timedelta(days=DAYS_AHEAD),
        "company_ids": None if scope.company_ids is None else sorted(scope.company_ids),
        "department_id": scope.department_id,
    }
