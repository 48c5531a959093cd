"""Which customer paid, and which open items are meant: three statements for all lines of a company.

A reference answers when one open item of the company has it, by letters and digits, in the line's currency and on
its side of the account. Where several have it, those of the payer count, then those of the very amount; two that are
left are no answer.
"""

from __future__ import annotations

from typing import Final

_TODO: Final = """
    SELECT l.id, l.reference_key AS key, l.amount_paid, coalesce(l.amount_gross, l.amount_paid) AS amount_gross,
           r.customer_id, r.currency
    FROM remittances_remittanceline l JOIN remittances_remittance r ON r.id = l.remittance_id
    WHERE l.item_id IS NULL AND l.reference_key <> '' AND r.company_id = %(company)s
      AND r.state IN ('EXPECTED', 'JOINED') AND (%(ids)s::bigint[] IS NULL OR r.id = ANY(%(ids)s::bigint[]))
"""
_FOLD: Final = "upper(regexp_replace(quittance_fold({column}), '[^a-z0-9]', '', 'g'))"
_NUMBER_KEY: Final = _FOLD.format(column="i.document_number")
_REFERENCE_KEY: Final = _FOLD.format(column="i.reference")

COUNT_LINES: Final = f"SELECT count(*) FROM (SELECT FROM ({_TODO}) todo LIMIT %(most)s) few"

NAME_CUSTOMERS: Final = """
UPDATE remittances_remittance r SET customer_id = n.customer_id
FROM (
    SELECT r.id, min(c.id) AS customer_id
    FROM remittances_remittance r
    JOIN parties_customer c ON c.name_folded = r.payer_name_folded
    WHERE r.company_id = %(company)s AND r.customer_id IS NULL AND r.payer_name <> ''
      AND r.state IN ('EXPECTED', 'JOINED') AND (%(ids)s::bigint[] IS NULL OR r.id = ANY(%(ids)s::bigint[]))
      AND EXISTS (SELECT 1 FROM parties_customeraccount a WHERE a.customer_id = c.id AND a.company_id = r.company_id)
    GROUP BY r.id HAVING count(*) = 1
) n WHERE n.id = r.id
"""

FIND_ITEMS: Final = f"""
WITH todo AS MATERIALIZED ({_TODO}),
keys AS MATERIALIZED (SELECT DISTINCT key AS wanted FROM todo),
items AS MATERIALIZED (
    SELECT i.id, a.customer_id, i.currency, i.amount_open, {_NUMBER_KEY} AS key, {_REFERENCE_KEY} AS other
    FROM ledger_openitem i JOIN parties_customeraccount a ON a.id = i.account_id
    WHERE i.amount_open <> 0 AND a.company_id = %(company)s AND EXISTS (SELECT 1 FROM keys)
),
named AS (
    SELECT id, customer_id, currency, amount_open, key FROM items JOIN keys ON wanted = key
    UNION ALL
    SELECT id, customer_id, currency, amount_open, other FROM items JOIN keys ON wanted = other
    WHERE other <> key AND other <> ''
),
fits AS (
    SELECT t.id AS line_id, n.id AS item_id, n.customer_id = t.customer_id AS is_own,
           n.amount_open IN (t.amount_gross, t.amount_paid) AS is_equal, length(t.key) AS key_length
    FROM todo t JOIN named n ON n.key = t.key AND n.currency = t.currency
        AND (t.amount_paid = 0 OR sign(n.amount_open) = sign(t.amount_paid))
),
counted AS (
    SELECT line_id, item_id, coalesce(is_own, false) AS is_own, is_equal, key_length,
           count(*) OVER w AS all_count,
           count(*) FILTER (WHERE is_equal) OVER w AS equal_count,
           count(*) FILTER (WHERE is_own) OVER w AS own_count,
           count(*) FILTER (WHERE is_own AND is_equal) OVER w AS own_equal_count
    FROM fits WINDOW w AS (PARTITION BY line_id)
),
chosen AS (
    SELECT line_id, item_id FROM counted
    WHERE (is_own OR is_equal OR key_length >= 6) AND CASE
        WHEN own_count > 0 THEN is_own AND (own_count = 1 OR (is_equal AND own_equal_count = 1))
        ELSE all_count = 1 OR (is_equal AND equal_count = 1) END
)
UPDATE remittances_remittanceline l SET item_id = chosen.item_id FROM chosen WHERE chosen.line_id = l.id
"""

CUSTOMERS_OF_ITEMS: Final = """
UPDATE remittances_remittance r SET customer_id = n.customer_id
FROM (
    SELECT r.id, min(a.customer_id) AS customer_id
    FROM remittances_remittance r
    JOIN remittances_remittanceline l ON l.remittance_id = r.id
    JOIN ledger_openitem i ON i.id = l.item_id
    JOIN parties_customeraccount a ON a.id = i.account_id
    WHERE r.company_id = %(company)s AND r.customer_id IS NULL AND r.state IN ('EXPECTED', 'JOINED')
      AND (%(ids)s::bigint[] IS NULL OR r.id = ANY(%(ids)s::bigint[]))
    GROUP BY r.id HAVING min(a.customer_id) = max(a.customer_id)
) n WHERE n.id = r.id
"""

# A payer leaves out prefixes and zeros ("123" for FA-000123). Only among its own items, and only of the very amount.
FIND_BY_DIGITS: Final = f"""
WITH todo AS MATERIALIZED (
    SELECT todo.*, ltrim(regexp_replace(key, '[^0-9]', '', 'g'), '0') AS digits FROM ({_TODO}) todo
    WHERE customer_id IS NOT NULL
),
payers AS MATERIALIZED (SELECT DISTINCT customer_id FROM todo WHERE length(digits) >= 3),
items AS MATERIALIZED (
    SELECT i.id, a.customer_id, i.currency, i.amount_open,
           regexp_replace(i.document_number, '[^0-9]', '', 'g') AS digits
    FROM payers JOIN parties_customeraccount a ON a.customer_id = payers.customer_id AND a.company_id = %(company)s
    JOIN ledger_openitem i ON i.account_id = a.id WHERE i.amount_open <> 0
),
fits AS (
    SELECT t.id AS line_id, i.id AS item_id, count(*) OVER (PARTITION BY t.id) AS all_count
    FROM todo t JOIN items i ON i.customer_id = t.customer_id AND i.currency = t.currency
        AND right(i.digits, 3) = right(t.digits, 3)
        AND i.amount_open IN (t.amount_gross, t.amount_paid) AND length(t.digits) >= 3
        AND (ltrim(i.digits, '0') = t.digits OR (length(i.digits) > length(t.digits)
             AND right(i.digits, length(t.digits)) = t.digits))
)
UPDATE remittances_remittanceline l SET item_id = fits.item_id FROM fits
WHERE fits.line_id = l.id AND fits.all_count = 1
"""

COMPANIES_OF_REFERENCES: Final = f"""
SELECT DISTINCT a.company_id
FROM ledger_openitem i JOIN parties_customeraccount a ON a.id = i.account_id
WHERE i.amount_open <> 0 AND ({_NUMBER_KEY} = ANY(%(keys)s) OR {_REFERENCE_KEY} = ANY(%(keys)s))
LIMIT 2
"""
