"""What a full snapshot says by leaving something out: an open item that vanished is settled, the ERP knows how.

The item stays; a counter item (kind ADJUSTMENT, source `ERP_CLOSURE`) takes what was open. When the item comes back
in a later file, that allocation is reversed, and the counter item is settled by a second one. What we posted ourselves
is closed so only when the ERP has spoken of it before: what it does not know yet it cannot have settled.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django.db import connection

CLOSURE_SOURCE: Final = "ERP_CLOSURE"

_VANISHED = """
CREATE TEMP TABLE intake_closed ON COMMIT DROP AS
SELECT i.id AS item_id, nextval(pg_get_serial_sequence('ledger_openitem', 'id')) AS counter_id
FROM ledger_openitem i JOIN parties_customeraccount a ON a.id = i.account_id
WHERE i.amount_open <> 0
  AND (i.source = %(source)s
       OR i.id IN (SELECT h.item_id FROM ledger_handedline h WHERE h.source = %(source)s AND h.item_id IS NOT NULL))
  AND a.company_id IN (SELECT company_id FROM intake_line WHERE problem = '')
  AND (%(department_id)s::bigint IS NULL OR a.department_id = %(department_id)s)
  AND NOT EXISTS (SELECT 1 FROM intake_line l WHERE l.item_id = i.id)
"""

# Items of the file that an earlier snapshot closed.
_RETURNED = """
CREATE TEMP TABLE intake_returned ON COMMIT DROP AS
SELECT DISTINCT ON (a.id) a.id AS allocation_id, l.item_id, c.id AS closure_id,
    nextval(pg_get_serial_sequence('ledger_openitem', 'id')) AS counter_id, a.amount
FROM intake_line l
JOIN ledger_allocation a ON l.item_id IN (a.debit_item_id, a.credit_item_id) AND a.strategy = 'ERP_CLOSURE'
JOIN ledger_openitem c ON c.id = CASE WHEN a.debit_item_id = l.item_id THEN a.credit_item_id ELSE a.debit_item_id END
WHERE l.outcome <> 'NEW' AND c.source = 'ERP_CLOSURE'
  AND NOT EXISTS (SELECT 1 FROM ledger_allocationreversal r WHERE r.allocation_id = a.id)
"""

_REOPEN = """
INSERT INTO ledger_allocationreversal (allocation_id, effective_date, posted_at, reason, posted_by_id)
SELECT a.id, greatest(a.effective_date, %(today)s), %(moment)s, 'The item is in the ERP again.', %(actor_id)s
FROM intake_returned r JOIN ledger_allocation a ON a.id = r.allocation_id;
"""


def _counter(table: str, of_item: str, external_id: str, label: str) -> str:
    """Return the statements that settle `of_item` of each row of `table` by a new counter item."""
    return f"""
    INSERT INTO ledger_openitem (id, account_id, kind, document_number, instalment, document_date, posting_date,
        due_date, currency, amount_original, amount_open, company_currency, amount_company, amount_company_open, label,
        reference, journal_code, entry_number, receivable_account, letter_code, delay_reason_code, is_factored, source,
        external_id, payload_hash, version, batch_id, recorded_at)
    SELECT t.counter_id, i.account_id, 'ADJUSTMENT', i.document_number, i.instalment, d.on_date, d.on_date, d.on_date,
        i.currency, -i.amount_open, -i.amount_open, i.company_currency, -i.amount_company_open, -i.amount_company_open,
        '{label}', '', '', '', i.receivable_account, '', '', i.is_factored, 'ERP_CLOSURE', {external_id}, '', 1,
        %(batch_id)s, %(moment)s
    FROM {table} t JOIN ledger_openitem i ON i.id = t.{of_item}
    CROSS JOIN LATERAL (SELECT greatest(%(today)s, i.document_date) AS on_date) d
    WHERE i.amount_open <> 0;
    INSERT INTO ledger_allocation (debit_item_id, credit_item_id, amount, amount_company_debit, amount_company_credit,
        effective_date, posted_at, origin, code, strategy, posted_by_id, evidence, batch_id)
    SELECT CASE WHEN i.amount_open > 0 THEN i.id ELSE c.id END, CASE WHEN i.amount_open > 0 THEN c.id ELSE i.id END,
        abs(i.amount_open), abs(i.amount_company_open), abs(i.amount_company_open), c.document_date,
        %(moment)s, 'ERP', '', 'ERP_CLOSURE', %(actor_id)s, '{{}}', %(batch_id)s
    FROM {table} t JOIN ledger_openitem i ON i.id = t.{of_item} JOIN ledger_openitem c ON c.id = t.counter_id;
    """


_CLOSE = _counter(
    "intake_closed", "item_id", "'CLOSED:' || i.id || ':' || %(batch_id)s", "Settled in the ERP (left the snapshot)"
)
_NEUTRALISE = _counter(
    "intake_returned", "closure_id", "'RETURNED:' || i.id || ':' || %(batch_id)s", "Back in the ERP: closure taken back"
)

_TOLD = """
SELECT i.id, i.account_id, a.customer_id, a.company_id, i.document_number, %(kind)s
FROM {table} t JOIN ledger_openitem i ON i.id = t.item_id JOIN parties_customeraccount a ON a.id = i.account_id
ORDER BY i.id
"""


def reopen_returned(*, batch_id: int, actor_id: int | None, today: date, moment: datetime) -> list[tuple[Any, ...]]:
    """Open again what an earlier snapshot closed and this file holds; return rows for the events."""
    return _work(
        "intake_returned",
        "item.reopened_by_erp",
        [_RETURNED, "ANALYZE intake_returned", _REOPEN, _NEUTRALISE],
        {"batch_id": batch_id, "actor_id": actor_id, "today": today, "moment": moment},
    )


def close_vanished(
    *,
    source: str,
    department_id: int | None,
    batch_id: int,
    actor_id: int | None,
    today: date,
    moment: datetime,
) -> list[tuple[Any, ...]]:
    """Settle the open items of this source that the snapshot leaves out, in its companies; return rows for events."""
    return _work(
        "intake_closed",
        "item.closed_by_erp",
        [_VANISHED, "ANALYZE intake_closed", _CLOSE],
        {
            "source": source,
            "department_id": department_id,
            "batch_id": batch_id,
            "actor_id": actor_id,
            "today": today,
            "moment": moment,
        },
    )


def _work(table: str, kind: str, statements: list[str], parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        for sql in statements:
            cursor.execute(sql, parameters)
        cursor.execute(_TOLD.format(table=table), {"kind": kind})
        return list(cursor.fetchall())
