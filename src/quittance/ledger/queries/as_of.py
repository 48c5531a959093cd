"""What was open on a day: the one piece of SQL that lists and aged balances of a past day stand on.

On a day D an item counts when its document date is D or earlier; an allocation when its effective date is, and
its reversal, if any, takes effect later than D. The columns `amount_open` of the items hold the present; a past
day is found from them by taking back what took effect since, which costs what happened since, not all history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A SELECT with its parameters: id, account_id, kind, currency, due_date, document_date, amount_open,
    amount_company_open of the items that were open."""

    sql: str
    parameters: dict[str, Any]


_NOW = """
SELECT id, account_id, kind, currency, due_date, document_date, amount_open, amount_company_open
FROM ledger_openitem WHERE amount_open <> 0
"""

# Allocations that hold now and did not on the day, and those that held on the day and were undone since.
TAKEN_BACK = """
SELECT item_id, sum(amount) AS amount, sum(amount_company) AS amount_company
FROM (
    SELECT a.id, a.debit_item_id AS item_id, a.amount, a.amount_company_debit AS amount_company
    FROM ledger_allocation a
    WHERE a.effective_date > %(as_of)s
      AND NOT EXISTS (SELECT 1 FROM ledger_allocationreversal r WHERE r.allocation_id = a.id)
    UNION ALL
    SELECT a.id, a.credit_item_id, -a.amount, -a.amount_company_credit
    FROM ledger_allocation a
    WHERE a.effective_date > %(as_of)s
      AND NOT EXISTS (SELECT 1 FROM ledger_allocationreversal r WHERE r.allocation_id = a.id)
    UNION ALL
    SELECT a.id, a.debit_item_id, -a.amount, -a.amount_company_debit
    FROM ledger_allocationreversal r JOIN ledger_allocation a ON a.id = r.allocation_id
    WHERE r.effective_date > %(as_of)s AND a.effective_date <= %(as_of)s
    UNION ALL
    SELECT a.id, a.credit_item_id, a.amount, a.amount_company_credit
    FROM ledger_allocationreversal r JOIN ledger_allocation a ON a.id = r.allocation_id
    WHERE r.effective_date > %(as_of)s AND a.effective_date <= %(as_of)s
) moves
GROUP BY item_id
"""

UNDONE_SINCE = """
SELECT a.debit_item_id FROM ledger_allocationreversal r JOIN ledger_allocation a ON a.id = r.allocation_id
WHERE r.effective_date > %(as_of)s
UNION ALL
SELECT a.credit_item_id FROM ledger_allocationreversal r JOIN ledger_allocation a ON a.id = r.allocation_id
WHERE r.effective_date > %(as_of)s
"""
# Every item that the day may see otherwise than today does; some of them it doesn't (applied and undone since).
TOUCHED_SINCE = f"""
SELECT debit_item_id FROM ledger_allocation WHERE effective_date > %(as_of)s
UNION ALL
SELECT credit_item_id FROM ledger_allocation WHERE effective_date > %(as_of)s
UNION ALL {UNDONE_SINCE}
"""

_THEN = f"""
SELECT * FROM (
    SELECT i.id, i.account_id, i.kind, i.currency, i.due_date, i.document_date,
        i.amount_open + coalesce(m.amount, 0) AS amount_open,
        i.amount_company_open + coalesce(m.amount_company, 0) AS amount_company_open
    FROM ledger_openitem i LEFT JOIN ({TAKEN_BACK}) m ON m.item_id = i.id
    WHERE i.document_date <= %(as_of)s AND (i.amount_open <> 0 OR m.item_id IS NOT NULL)
) i WHERE amount_open <> 0
"""

# With `known_at`: the books as they stood on the day, as far as they had been recorded by that moment. A changed
# item counts as its version of then (`OpenItemVersion` holds each row as it was before a change).
_KNOWN = """
SELECT * FROM (
    SELECT i.id, i.account_id, i.kind, i.currency, i.due_date, i.document_date,
        i.amount_original + coalesce(m.amount, 0) AS amount_open,
        i.amount_company + coalesce(m.amount_company, 0) AS amount_company_open
    FROM (
        SELECT i.id,
            coalesce((v.row ->> 'account_id')::bigint, i.account_id) AS account_id,
            coalesce(v.row ->> 'kind', i.kind) AS kind,
            coalesce(v.row ->> 'currency', i.currency) AS currency,
            coalesce((v.row ->> 'due_date')::date, i.due_date) AS due_date,
            coalesce((v.row ->> 'document_date')::date, i.document_date) AS document_date,
            coalesce((v.row ->> 'amount_original')::numeric, i.amount_original) AS amount_original,
            coalesce((v.row ->> 'amount_company')::numeric, i.amount_company) AS amount_company
        FROM ledger_openitem i
        LEFT JOIN (
            SELECT DISTINCT ON (item_id) item_id, row FROM ledger_openitemversion
            WHERE replaced_at > %(known_at)s ORDER BY item_id, version
        ) v ON v.item_id = i.id
        WHERE i.recorded_at <= %(known_at)s
    ) i
    LEFT JOIN (
        SELECT item_id, sum(amount) AS amount, sum(amount_company) AS amount_company
        FROM (
            SELECT a.id, s.item_id, s.amount, s.amount_company
            FROM ledger_allocation a
            LEFT JOIN ledger_allocationreversal r ON r.allocation_id = a.id AND r.posted_at <= %(known_at)s
            CROSS JOIN LATERAL (VALUES
                (a.debit_item_id, -a.amount, -a.amount_company_debit),
                (a.credit_item_id, a.amount, a.amount_company_credit)
            ) s (item_id, amount, amount_company)
            WHERE a.effective_date <= %(as_of)s AND a.posted_at <= %(known_at)s
              AND (r.id IS NULL OR r.effective_date > %(as_of)s)
        ) moves
        GROUP BY item_id
    ) m ON m.item_id = i.id
    WHERE i.document_date <= %(as_of)s
) i WHERE amount_open <> 0
"""

_LATEST_FACT = """
SELECT greatest((SELECT max(document_date) FROM ledger_openitem), (SELECT max(effective_date) FROM ledger_allocation),
    (SELECT max(effective_date) FROM ledger_allocationreversal))
"""


def items_open_on(*, as_of: date, known_at: datetime | None = None) -> Relation:
    """Return the relation of the items that were open at the end of a day.

    `known_at` leaves out what was recorded later: the answer as it would have been given then. One query of three
    index look-ups, to see whether the present columns answer already.
    """
    if known_at is not None:
        return Relation(sql=_KNOWN, parameters={"as_of": as_of, "known_at": known_at})
    if is_present(as_of=as_of):
        return Relation(sql=_NOW, parameters={"as_of": as_of})
    return Relation(sql=_THEN, parameters={"as_of": as_of})


def is_present(*, as_of: date) -> bool:
    """Tell whether no document, allocation or reversal is dated after the day, so that the columns hold. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST_FACT)
        latest = cursor.fetchone()[0]
    return latest is None or latest <= as_of
