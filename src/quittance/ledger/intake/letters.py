"""Apply the ERP's letter groups (lettrage): exactly, or not at all.

A letter group is what one code holds together on one account in one currency. Only what this import touches is
looked at: new lines, lines that changed, lines whose code changed. With them come the items that a reversed
allocation had paired, and unsettled items under the same code from earlier files (a delta may bring the second
half of a group). Codes come again year after year, so settled items of earlier groups are left alone.

Lines of ours that came back count in their group: one that is settled here as the ERP says adds nothing, one that is
settled with something else is told. A transfer or exchange difference of ours, which is no item here, only balances.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

# Old lettering that no longer holds: the ERP says it never did, so the reversal takes effect on the day of the
# allocation; what was known before stays in `posted_at`.
_TOUCHED = """
CREATE TEMP TABLE intake_touched ON COMMIT DROP AS
SELECT item_id, letter_code_before <> letter_code OR outcome = 'CHANGED' AS is_broken
FROM intake_line
WHERE problem = '' AND item_id NOT IN (SELECT item_id FROM intake_settled)
  AND ((outcome = 'NEW' AND letter_code <> '') OR (outcome <> 'NEW' AND letter_code_before <> letter_code)
       OR (outcome = 'CHANGED' AND (letter_code <> '' OR letter_code_before <> '')));
CREATE INDEX ON intake_touched (item_id);
ANALYZE intake_touched;

CREATE TEMP TABLE intake_reversed ON COMMIT DROP AS
SELECT DISTINCT a.id, a.debit_item_id, a.credit_item_id, a.code FROM ledger_allocation a
JOIN (SELECT item_id FROM intake_touched WHERE is_broken) t ON t.item_id IN (a.debit_item_id, a.credit_item_id)
WHERE a.origin = 'ERP' AND a.code <> ''
  AND NOT EXISTS (SELECT 1 FROM ledger_allocationreversal r WHERE r.allocation_id = a.id);
INSERT INTO ledger_allocationreversal (allocation_id, effective_date, posted_at, reason, posted_by_id)
SELECT a.id, a.effective_date, %(moment)s, 'The ERP changed its lettering.', %(actor_id)s
FROM intake_reversed v JOIN ledger_allocation a ON a.id = v.id;
UPDATE ledger_lettergroup g SET status = 'SUPERSEDED'
FROM (
    SELECT DISTINCT i.account_id, v.code FROM intake_reversed v JOIN ledger_openitem i ON i.id = v.debit_item_id
) s
WHERE g.status <> 'SUPERSEDED' AND g.source = %(source)s AND g.account_id = s.account_id AND g.code = s.code;
"""

_RELETTER = """
UPDATE ledger_openitem i SET letter_code = l.letter_code, letter_date = l.letter_date
FROM intake_line l
WHERE i.id = l.item_id AND l.outcome <> 'NEW' AND l.problem = ''
  AND (i.letter_code, i.letter_date) IS DISTINCT FROM (l.letter_code, l.letter_date)
"""

_MEMBERS = """
CREATE TEMP TABLE intake_member ON COMMIT DROP AS
WITH core_items AS (
    SELECT item_id FROM intake_touched
    UNION SELECT debit_item_id FROM intake_reversed
    UNION SELECT credit_item_id FROM intake_reversed
),
keys AS (
    SELECT DISTINCT i.account_id, i.letter_code, i.currency
    FROM core_items c JOIN ledger_openitem i ON i.id = c.item_id WHERE i.letter_code <> ''
)
SELECT i.id AS item_id, i.account_id, i.letter_code, i.currency, i.amount_original, i.amount_open,
    i.amount_company_open, i.company_currency, i.document_date, i.letter_date, c.item_id IS NOT NULL AS is_core
FROM keys k
JOIN ledger_openitem i ON i.account_id = k.account_id AND i.letter_code = k.letter_code AND i.currency = k.currency
    AND (i.source = %(source)s
        OR i.id IN (SELECT h.item_id FROM ledger_handedline h WHERE h.source = %(source)s AND h.item_id IS NOT NULL))
LEFT JOIN core_items c ON c.item_id = i.id
WHERE c.item_id IS NOT NULL OR i.amount_open <> 0
UNION ALL
SELECT NULL, l.account_id, l.letter_code, l.currency, l.amount, 0, 0, l.company_currency, l.document_date,
    l.letter_date, true
FROM keys k
JOIN intake_line l ON l.account_id = k.account_id AND l.letter_code = k.letter_code AND l.currency = k.currency
WHERE l.outcome = 'OURS' AND l.item_id IS NULL AND l.problem = '';

CREATE TEMP TABLE intake_group ON COMMIT DROP AS
SELECT account_id, letter_code, currency,
    count(*) AS line_count, count(*) FILTER (WHERE is_core) AS core_count,
    sum(amount_original) AS total, sum(amount_open) AS open_total,
    coalesce(sum(amount_original) FILTER (WHERE is_core), 0) AS core_total,
    coalesce(sum(amount_open) FILTER (WHERE is_core), 0) AS core_open_total,
    sum(amount_original) FILTER (WHERE amount_original > 0) AS debit,
    -sum(amount_original) FILTER (WHERE amount_original < 0) AS credit,
    max(letter_date) AS letter_date, max(document_date) AS document_date, ''::text AS outcome
FROM intake_member GROUP BY 1, 2, 3;
UPDATE intake_group SET outcome = CASE
    WHEN total = 0 AND open_total = 0 AND line_count > 1 THEN 'ALL'
    WHEN core_total = 0 AND core_open_total = 0 AND core_count > 1 THEN 'CORE'
    WHEN total = 0 AND line_count > 1 THEN 'APPLIED_OTHERWISE'
    ELSE 'UNBALANCED' END;
WITH settled AS MATERIALIZED (
    SELECT item_id, account_id, letter_code, currency FROM intake_member
    WHERE is_core AND amount_open = 0 AND item_id IS NOT NULL
),
joined AS (
    SELECT s.*, a.id AS allocation_id, a.credit_item_id AS other_id
    FROM settled s JOIN ledger_allocation a ON a.debit_item_id = s.item_id AND a.origin <> 'ERP'
    UNION ALL
    SELECT s.*, a.id, a.debit_item_id
    FROM settled s JOIN ledger_allocation a ON a.credit_item_id = s.item_id AND a.origin <> 'ERP'
)
UPDATE intake_group g SET outcome = 'APPLIED_OTHERWISE'
FROM joined j JOIN ledger_openitem o ON o.id = j.other_id
WHERE (j.account_id, j.letter_code, j.currency) = (g.account_id, g.letter_code, g.currency)
    AND g.outcome IN ('ALL', 'CORE') AND o.letter_code <> j.letter_code
    AND NOT EXISTS (SELECT FROM ledger_allocationreversal r WHERE r.allocation_id = j.allocation_id);
DELETE FROM intake_member m USING intake_group g
WHERE (g.account_id, g.letter_code, g.currency) = (m.account_id, m.letter_code, m.currency)
  AND (g.outcome NOT IN ('ALL', 'CORE') OR (g.outcome = 'CORE' AND NOT m.is_core) OR m.amount_open = 0);
ANALYZE intake_member;
"""

# Debits and credits of a group stand on one line from 0 to its total, by date; where a debit's stretch and a
# credit's overlap, that much of the credit is applied to the debit. Company amounts follow by the same stretch,
# rounded at its ends, so that the parts of an item add up to the whole of it.
_PAIRS = """
SELECT d.item_id AS debit_item_id, c.item_id AS credit_item_id, o.to_at - o.from_at AS amount,
    round(d.company * (o.to_at - d.from_at) / d.amount, d.digits)
        - round(d.company * (o.from_at - d.from_at) / d.amount, d.digits) AS amount_company_debit,
    round(c.company * (o.to_at - c.from_at) / c.amount, c.digits)
        - round(c.company * (o.from_at - c.from_at) / c.amount, c.digits) AS amount_company_credit,
    greatest(coalesce(g.letter_date, g.document_date), d.document_date, c.document_date) AS effective_date,
    d.letter_code AS code
FROM ({debits}) d
JOIN ({credits}) c
    ON c.account_id = d.account_id AND c.letter_code = d.letter_code AND c.currency = d.currency
    AND c.from_at < d.to_at AND d.from_at < c.to_at
JOIN {groups} g ON g.account_id = d.account_id AND g.letter_code = d.letter_code AND g.currency = d.currency
CROSS JOIN LATERAL (SELECT greatest(d.from_at, c.from_at) AS from_at, least(d.to_at, c.to_at) AS to_at) o
"""
_SIDES = """
    SELECT item_id, account_id, letter_code, currency, document_date, abs(amount_open) AS amount,
        abs(amount_company_open) AS company, quittance_minor_digits(company_currency) AS digits,
        sum(abs(amount_open)) OVER w - abs(amount_open) AS from_at, sum(abs(amount_open)) OVER w AS to_at
    FROM {members}
    WHERE amount_open {side}
    WINDOW w AS (PARTITION BY account_id, letter_code, currency ORDER BY document_date, item_id)
"""


def _pairs(*, members: str, groups: str) -> str:
    debits, credits_ = (_SIDES.format(members=members, side=side) for side in ("> 0", "< 0"))
    return _PAIRS.format(debits=debits, credits=credits_, groups=groups)


INSERT_ALLOCATIONS = """
INSERT INTO ledger_allocation (debit_item_id, credit_item_id, amount, amount_company_debit, amount_company_credit,
    effective_date, posted_at, origin, code, strategy, posted_by_id, evidence, batch_id)
SELECT debit_item_id, credit_item_id, amount, amount_company_debit, amount_company_credit, effective_date,
    %(moment)s, 'ERP', code, 'LETTERING', %(actor_id)s, '{}', %(batch_id)s
"""
_ALLOCATE = f"{INSERT_ALLOCATIONS} FROM ({_pairs(members='intake_member', groups='intake_group')}) p"

# Groups that are wholly in this file, new and balanced: their items are posted as settled, with their allocations, in
# one statement. Whatever meets a code that the ledger knows on the account goes the long way.
_FRESH = f"""
DROP TABLE IF EXISTS intake_fresh_group, intake_fresh, intake_pair, intake_settled;
CREATE TEMP TABLE intake_fresh_group ON COMMIT DROP AS
SELECT l.account_id, l.letter_code, l.currency, count(*) AS line_count, count(*) AS core_count,
    sum(l.amount) AS total, sum(l.amount) AS open_total, sum(l.amount) AS core_total, sum(l.amount) AS core_open_total,
    sum(l.amount) FILTER (WHERE l.amount > 0) AS debit, -sum(l.amount) FILTER (WHERE l.amount < 0) AS credit,
    max(l.letter_date) AS letter_date, max(l.document_date) AS document_date, 'ALL'::text AS outcome
FROM intake_line l
WHERE l.problem = '' AND l.letter_code <> ''
GROUP BY 1, 2, 3
HAVING sum(l.amount) = 0 AND count(*) > 1 AND bool_and(l.outcome = 'NEW');
DELETE FROM intake_fresh_group g USING ledger_openitem i
WHERE i.account_id = g.account_id AND i.letter_code = g.letter_code AND i.currency = g.currency;
CREATE TEMP TABLE intake_fresh ON COMMIT DROP AS
SELECT l.item_id, l.account_id, l.letter_code, l.currency, l.amount AS amount_open,
    l.amount_company AS amount_company_open, l.company_currency, l.document_date
FROM intake_line l JOIN intake_fresh_group g USING (account_id, letter_code, currency)
WHERE l.problem = '';
ANALYZE intake_fresh_group, intake_fresh;
CREATE TEMP TABLE intake_pair ON COMMIT DROP AS
{_pairs(members="intake_fresh", groups="intake_fresh_group")};
CREATE TEMP TABLE intake_settled ON COMMIT DROP AS
SELECT item_id, max(effective_date) AS settled_date
FROM intake_pair CROSS JOIN LATERAL (VALUES (debit_item_id), (credit_item_id)) side (item_id) GROUP BY 1;
ANALYZE intake_pair, intake_settled;
"""

_GROUPS = """
UPDATE ledger_lettergroup l SET status = 'SUPERSEDED'
FROM intake_group g
WHERE l.status = 'UNBALANCED' AND l.source = %(source)s AND l.account_id = g.account_id AND l.code = g.letter_code
  AND l.currency = g.currency;
INSERT INTO ledger_lettergroup (account_id, batch_id, source, code, letter_date, currency, debit, credit, line_count,
    status)
SELECT account_id, %(batch_id)s, %(source)s, letter_code, letter_date, currency, coalesce(debit, 0),
    coalesce(credit, 0), line_count, CASE WHEN outcome IN ('ALL', 'CORE') THEN 'APPLIED' ELSE 'UNBALANCED' END
FROM intake_group ORDER BY account_id, letter_code;
INSERT INTO foundation_rejectedline (batch_id, position, content, reason_code, reason_params, reason, is_warning)
SELECT %(batch_id)s, coalesce(p.position, 0), concat_ws(' | ', a.number, g.letter_code),
    CASE WHEN g.outcome = 'UNBALANCED' THEN 'LETTERS_NOT_BALANCED' ELSE 'LETTERS_APPLIED_OTHERWISE' END,
    jsonb_build_object('letter', g.letter_code, 'account', a.number, 'currency', g.currency,
        'debit', round(coalesce(g.debit, 0), 2)::text, 'credit', round(coalesce(g.credit, 0), 2)::text,
        'lines', g.line_count::text), '', true
FROM intake_group g JOIN parties_customeraccount a ON a.id = g.account_id
LEFT JOIN (
    SELECT account_id, letter_code, currency, min(position) AS position FROM intake_line GROUP BY 1, 2, 3
) p ON (p.account_id, p.letter_code, p.currency) = (g.account_id, g.letter_code, g.currency)
WHERE g.outcome NOT IN ('ALL', 'CORE');
"""

# Of all groups of the file, also those that an earlier import applied.
_COUNTS = """
SELECT count(*), count(*) FILTER (WHERE is_applied) FROM (
    SELECT sum(l.amount) = 0 AND bool_and(coalesce(i.amount_open, 0) = 0) AS is_applied
    FROM intake_line l LEFT JOIN ledger_openitem i ON i.id = l.item_id
    WHERE l.problem = '' AND l.letter_code <> ''
    GROUP BY l.account_id, l.letter_code, l.currency
    HAVING bool_or(i.id IS NOT NULL)
) g
"""


def find_settled() -> None:
    """Find the groups that are wholly new and balance: tables `intake_pair` and `intake_settled`, for the posting."""
    with connection.cursor() as cursor:
        cursor.execute(_FRESH)


def undo_broken_letters(*, source: str, actor_id: int | None, moment: datetime) -> int:
    """Find what the file touches and reverse the lettering that no longer holds; return how many reversals."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS intake_touched, intake_reversed, intake_member, intake_group")
        cursor.execute(_TOUCHED, {"source": source, "actor_id": actor_id, "moment": moment})
        cursor.execute("SELECT count(*) FROM intake_reversed")
        return int(cursor.fetchone()[0])


def apply_letters(*, source: str, batch_id: int, actor_id: int | None, moment: datetime) -> None:
    """Apply each touched group that balances, and keep and report each that does not."""
    parameters: dict[str, Any] = {"source": source, "batch_id": batch_id, "actor_id": actor_id, "moment": moment}
    with connection.cursor() as cursor:
        cursor.execute(_RELETTER)
        cursor.execute(_MEMBERS, parameters)
        cursor.execute(_ALLOCATE, parameters)
        cursor.execute("INSERT INTO intake_group SELECT * FROM intake_fresh_group")
        cursor.execute(_GROUPS, parameters)


def count_letter_groups() -> tuple[int, int]:
    """Return how many letter groups the file holds and how many of them are applied in full."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        groups, applied = cursor.fetchone()
    return int(groups), int(applied)
