"""The statements that make entries of what the ledger holds and the queue does not, and cancel what came to nothing.

One INSERT sees one state of the ledger: a payment is never queued without what stands before it.
"""

from __future__ import annotations

from typing import Final

# Items that Quittance posted itself. What takes one back is named after it.
_ITEMS: Final = """
SELECT i.recorded_at AS moment, 1 AS place, i.id AS source_id,
    CASE WHEN o.id IS NOT NULL THEN 'WITHDRAWAL' WHEN i.source = 'BANK' THEN 'PAYMENT' ELSE 'DIFFERENCE' END AS kind,
    i.id AS item_id, o.id AS origin_item_id, NULL::bigint AS allocation_id, i.account_id, i.document_date AS day,
    i.currency, i.amount_original AS amount, t.bank_account_id,
    CASE WHEN coalesce(o.source, i.source) = 'BANK' THEN 'BANK' ELSE coalesce(d.reason, 'OTHER') END AS reason,
    NULL::text AS letter_key, NULL::bigint AS letter_number
FROM ledger_openitem i
JOIN parties_customeraccount a ON a.id = i.account_id AND a.company_id = %(company_id)s
LEFT JOIN ledger_openitem o ON o.id = CASE
    WHEN i.source = 'QUITTANCE' AND i.external_id ~ '^withdrawn-[0-9]+$'
    THEN substring(i.external_id FROM 11)::bigint END
LEFT JOIN cash_banktransaction t ON t.id = CASE
    WHEN coalesce(o.source, i.source) = 'BANK' AND coalesce(o.external_id, i.external_id) ~ '^[0-9]+(/[0-9]+)?$'
    THEN split_part(coalesce(o.external_id, i.external_id), '/', 1)::bigint END
LEFT JOIN cash_cashdifference d ON d.posted_item_id = coalesce(o.id, i.id)
WHERE i.source IN ('BANK', 'QUITTANCE')
    AND NOT EXISTS (SELECT FROM writeback_writebackentry e WHERE e.item_id = i.id)
"""

# What was decided here: the ERP knows its own lettering. One letter for what one bank line pays.
_ALLOCATIONS: Final = """
SELECT l.posted_at, 2, l.id, 'ALLOCATION', NULL::bigint, NULL::bigint, l.id, i.account_id, l.effective_date,
    i.currency, l.amount, NULL::bigint, '', coalesce('B' || (l.evidence ->> 'bank_transaction_id'), 'A' || l.id),
    NULL::bigint
FROM ledger_allocation l
JOIN ledger_openitem i ON i.id = l.debit_item_id
JOIN parties_customeraccount a ON a.id = i.account_id AND a.company_id = %(company_id)s
WHERE l.origin <> 'ERP'
    AND NOT EXISTS (
        SELECT FROM writeback_writebackentry e WHERE e.allocation_id = l.id AND e.kind = 'ALLOCATION')
"""

# Also a lettering of the ERP that a person undid here, but not what the ERP itself took back by an import.
_REVERSALS: Final = """
SELECT r.posted_at, 3, r.id, 'REVERSAL', NULL::bigint, NULL::bigint, l.id, i.account_id, r.effective_date,
    i.currency, l.amount, NULL::bigint, '', NULL::text, e.letter_number
FROM ledger_allocationreversal r
JOIN ledger_allocation l ON l.id = r.allocation_id
JOIN ledger_openitem i ON i.id = l.debit_item_id
JOIN parties_customeraccount a ON a.id = i.account_id AND a.company_id = %(company_id)s
LEFT JOIN writeback_writebackentry e ON e.allocation_id = l.id AND e.kind = 'ALLOCATION'
WHERE (l.origin <> 'ERP' OR r.reason <> ALL(%(reasons_of_erp)s))
    AND NOT EXISTS (SELECT FROM writeback_writebackentry u WHERE u.allocation_id = l.id AND u.kind = 'REVERSAL')
"""

COLLECT: Final = f"""
WITH fact AS ({_ITEMS} UNION ALL {_ALLOCATIONS} UNION ALL {_REVERSALS}),
lettered AS (
    SELECT kind, source_id, dense_rank() OVER (ORDER BY letter_key) AS letter_place
    FROM fact WHERE kind = 'ALLOCATION'
),
queued AS (
    INSERT INTO writeback_writebackentry (company_id, number, kind, state, day, account_id, item_id, origin_item_id,
        allocation_id, bank_account_id, reason, letter_number, currency, amount, queued_at, erp_reference, refusal,
        answered_by_name)
    SELECT %(company_id)s, %(last_number)s + row_number() OVER (ORDER BY f.moment, f.place, f.source_id), f.kind,
        'WAITING', f.day, f.account_id, f.item_id, f.origin_item_id, f.allocation_id, f.bank_account_id, f.reason,
        coalesce(%(last_letter)s + g.letter_place, f.letter_number), f.currency, f.amount, %(moment)s, '', '', ''
    FROM fact f LEFT JOIN lettered g ON g.kind = f.kind AND g.source_id = f.source_id
    RETURNING number, letter_number, kind
)
SELECT count(*), coalesce(max(number), %(last_number)s),
    greatest(coalesce(max(letter_number) FILTER (WHERE kind = 'ALLOCATION'), 0), %(last_letter)s)
FROM queued
"""

# An undo of what never got into the ERP's books: neither has to.
CANCEL_UNDONE: Final = """
UPDATE writeback_writebackentry e SET state = 'CANCELLED'
FROM (
    SELECT o.id AS done_id, u.id AS undo_id
    FROM writeback_writebackentry u
    JOIN writeback_writebackentry o ON o.allocation_id = u.allocation_id AND o.kind = 'ALLOCATION'
    WHERE u.company_id = %(company_id)s AND u.kind = 'REVERSAL' AND u.state = 'WAITING'
        AND o.state IN ('WAITING', 'REFUSED', 'CANCELLED')
) p
WHERE e.id IN (p.done_id, p.undo_id) AND e.state <> 'CANCELLED'
"""

# A payment or difference and what took it back settle each other wholly. The bank's own return is a movement of its
# account, which the ERP's books need.
_PAIRS: Final = """
SELECT o.id AS done_id, w.id AS undo_id, o.state AS done_state, w.state AS undo_state,
    EXISTS (
        SELECT FROM ledger_allocation l
        WHERE (l.debit_item_id, l.credit_item_id) IN ((w.item_id, o.item_id), (o.item_id, w.item_id))
            AND l.amount = abs(w.amount)
            AND NOT EXISTS (SELECT FROM ledger_allocationreversal r WHERE r.allocation_id = l.id)
    ) AS is_settled
FROM writeback_writebackentry w
JOIN writeback_writebackentry o ON o.item_id = w.origin_item_id
WHERE w.company_id = %(company_id)s AND w.kind = 'WITHDRAWAL' AND w.state IN ('WAITING', 'CANCELLED')
    AND o.state IN ('WAITING', 'REFUSED', 'CANCELLED')
    AND NOT EXISTS (SELECT FROM cash_banktransaction t WHERE t.payment_item_id = w.item_id)
"""

REVIVE_PAIRS: Final = f"""
UPDATE writeback_writebackentry e SET state = 'WAITING'
FROM ({_PAIRS}) p
WHERE e.id IN (p.done_id, p.undo_id) AND e.state = 'CANCELLED' AND NOT p.is_settled
"""

CANCEL_PAIRS: Final = f"""
UPDATE writeback_writebackentry e SET state = 'CANCELLED'
FROM ({_PAIRS}) p
WHERE e.id IN (p.done_id, p.undo_id) AND e.state <> 'CANCELLED' AND p.is_settled
"""

CANCEL_BETWEEN: Final = """
UPDATE writeback_writebackentry e SET state = 'CANCELLED'
FROM ledger_allocation l
JOIN writeback_writebackentry d ON d.item_id = l.debit_item_id AND d.state = 'CANCELLED'
JOIN writeback_writebackentry c ON c.item_id = l.credit_item_id AND c.state = 'CANCELLED'
WHERE e.company_id = %(company_id)s AND e.kind = 'ALLOCATION' AND e.state IN ('WAITING', 'REFUSED')
    AND l.id = e.allocation_id
"""
