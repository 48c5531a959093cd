"""Post what is new, change what has changed: two statements over `intake_line`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection

from quittance.ledger.intake.letters import INSERT_ALLOCATIONS

_INSERT = f"""
WITH applied AS ({INSERT_ALLOCATIONS} FROM intake_pair)
INSERT INTO ledger_openitem (id, account_id, kind, document_number, instalment, document_date, posting_date, due_date,
    currency, amount_original, amount_open, company_currency, amount_company, amount_company_open, label, reference,
    journal_code, entry_number, receivable_account, letter_code, letter_date, delay_reason_code, is_factored, source,
    external_id, payload_hash, version, batch_id, recorded_at, settled_date)
SELECT item_id, account_id, kind, document_number, instalment, document_date, posting_date, due_date,
    currency, amount, CASE WHEN s.item_id IS NULL THEN amount ELSE 0 END, company_currency, amount_company,
    CASE WHEN s.item_id IS NULL THEN amount_company ELSE 0 END, label, reference,
    journal_code, entry_number, receivable_account, letter_code, letter_date, '', false, %(source)s,
    external_id, payload_hash, 1, %(batch_id)s, %(moment)s, s.settled_date
FROM intake_line LEFT JOIN intake_settled s USING (item_id)
WHERE outcome = 'NEW' AND problem = '' ORDER BY item_id
"""

# The triggers then let the two come together, and check that they agree (migration 0012).
_SETTLED_TOO = "SELECT set_config('quittance.posts_settled', %(on)s, true)"

# What a person or a rule applied stays applied; a change that would leave less than that is refused.
_CONFLICTS = """
UPDATE intake_line l SET problem = 'CHANGE_CONFLICTS'
FROM ledger_openitem i
WHERE l.outcome = 'CHANGED' AND l.problem = '' AND i.id = l.item_id AND i.amount_open <> i.amount_original
  AND ((l.currency, l.account_id) IS DISTINCT FROM (i.currency, i.account_id)
       OR sign(l.amount) <> sign(i.amount_original) OR abs(l.amount) < abs(i.amount_original - i.amount_open))
"""

_CHANGE = """
UPDATE ledger_openitem i
SET account_id = l.account_id, kind = l.kind, document_number = l.document_number, instalment = l.instalment,
    document_date = l.document_date, posting_date = l.posting_date, due_date = l.due_date, currency = l.currency,
    amount_original = l.amount, company_currency = l.company_currency, amount_company = l.amount_company,
    label = l.label, reference = l.reference, journal_code = l.journal_code, entry_number = l.entry_number,
    receivable_account = l.receivable_account, payload_hash = l.payload_hash, batch_id = %(batch_id)s,
    version = i.version + 1
FROM intake_line l WHERE l.outcome = 'CHANGED' AND l.problem = '' AND i.id = l.item_id
"""

_CHANGED = """
SELECT i.id, i.account_id, a.customer_id, a.company_id, i.document_number, i.version, i.amount_original, i.currency,
    v.row ->> 'amount_original', i.due_date, v.row ->> 'due_date'
FROM intake_line l JOIN ledger_openitem i ON i.id = l.item_id
JOIN parties_customeraccount a ON a.id = i.account_id
JOIN ledger_openitemversion v ON v.item_id = i.id AND v.version = i.version - 1
WHERE l.outcome = 'CHANGED' AND l.problem = '' ORDER BY i.id
"""


def post_new_items(*, source: str, batch_id: int, actor_id: int | None, moment: datetime) -> int:
    """Insert the items of the new lines, those that the file settles with their allocations; return how many."""
    _run(_SETTLED_TOO, {"on": "on"})
    posted = _run(_INSERT, {"source": source, "batch_id": batch_id, "actor_id": actor_id, "moment": moment})
    _run(_SETTLED_TOO, {"on": "off"})
    return posted


def change_items(*, batch_id: int) -> int:
    """Give changed lines' items a new version, except where more is applied than would be left; return how many."""
    _run(_CONFLICTS)
    return _run(_CHANGE, {"batch_id": batch_id})


def iter_changed() -> Iterator[tuple[Any, ...]]:
    """Yield the changed items with what they were before, for their events."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED)
        yield from cursor.fetchall()


def _run(sql: str, parameters: dict[str, Any] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
