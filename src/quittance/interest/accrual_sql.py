"""The one statement that accrues interest on many items: the same rules as `core.interest`, set-based.

Each late item is cut where its base changes (the day after a payment), where the law's or the agreed rate changes;
the pieces are added up exactly and rounded once. `tests/integration/interest` holds it against the core.
"""

from __future__ import annotations

ACCRUED = """
WITH every_law AS (
    SELECT * FROM unnest(%(law_country)s::text[], %(law_regime)s::text[], %(law_from)s::date[], %(law_rate)s::numeric[],
        %(law_floor)s::numeric[], %(law_indemnity)s::numeric[], %(law_currency)s::text[])
        AS law (country, regime, from_date, rate, floor, indemnity, currency)
),
digits AS (SELECT * FROM unnest(%(currencies)s::text[], %(digits)s::int[]) AS digits (currency, digits)),
asked AS (SELECT i.account_id, i.document_number FROM ledger_openitem i WHERE i.id = ANY(%(items)s)),
debtor AS (
    SELECT a.id, a.customer_id, CASE c.kind WHEN 'PUBLIC' THEN 'PUBLIC' ELSE 'BUSINESS' END AS regime,
        CASE WHEN c.kind = 'PUBLIC' AND c.country <> '' THEN c.country ELSE co.country END AS country
    FROM parties_customeraccount a
    JOIN parties_customer c ON c.id = a.customer_id AND c.kind IN ('COMPANY', 'SOLE_TRADER', 'PUBLIC')
    JOIN parties_company co ON co.id = a.company_id
    WHERE {accounts}
),
law AS MATERIALIZED (
    SELECT * FROM every_law WHERE (country, regime) IN (SELECT country, regime FROM debtor)
),
item AS (
    SELECT i.id, i.account_id, d.customer_id, i.document_number, i.due_date, i.currency, i.amount_original, d.regime,
        d.country, greatest(i.due_date, (
            SELECT max(k.last_date) FROM interest_interestclaim k
            WHERE k.item_id = i.id AND k.decided_date <= %(as_of)s
              AND (k.withdrawn_date IS NULL OR k.withdrawn_date > %(as_of)s)
        )) + 1 AS first_day
    FROM ledger_openitem i JOIN debtor d ON d.id = i.account_id
    WHERE i.kind = 'INVOICE' AND NOT i.is_factored AND i.amount_original > 0 AND i.due_date < %(as_of)s
      AND i.document_date <= %(as_of)s
      AND (i.amount_open > 0 OR EXISTS (
          SELECT FROM ledger_allocation l WHERE l.debit_item_id = i.id AND l.effective_date > i.due_date))
),
paid AS (
    SELECT l.debit_item_id AS item_id, l.effective_date AS day, sum(l.amount) AS amount
    FROM ledger_allocation l JOIN item ON item.id = l.debit_item_id
    WHERE l.effective_date <= %(as_of)s AND NOT EXISTS (
        SELECT FROM ledger_allocationreversal r WHERE r.allocation_id = l.id AND r.effective_date <= %(as_of)s)
    GROUP BY 1, 2
),
settled AS (
    SELECT item.id, sum(paid.amount) AS amount, sum(paid.amount) FILTER (WHERE paid.day <= item.due_date) AS in_time
    FROM paid JOIN item ON item.id = paid.item_id GROUP BY item.id
),
change AS (
    SELECT id, first_day AS day, 0::numeric AS paid FROM item WHERE first_day <= %(as_of)s
    UNION ALL SELECT item.id, greatest(paid.day + 1, item.first_day), paid.amount
        FROM paid JOIN item ON item.id = paid.item_id WHERE paid.day < %(as_of)s AND item.first_day <= %(as_of)s
    UNION ALL SELECT item.id, law.from_date, 0
        FROM item JOIN law ON law.country = item.country AND law.regime = item.regime
        WHERE law.from_date > item.first_day AND law.from_date <= %(as_of)s
    UNION ALL SELECT item.id, g.from_date, 0
        FROM item JOIN interest_agreedrate g ON g.account_id = item.account_id
        WHERE g.from_date > item.first_day AND g.from_date <= %(as_of)s
),
stretch AS (
    SELECT id, day, lead(day, 1, %(as_of)s::date + 1) OVER later - day AS days, sum(sum(paid)) OVER later AS paid
    FROM change GROUP BY id, day WINDOW later AS (PARTITION BY id ORDER BY day)
),
piece AS (
    SELECT cut.id, cut.days, item.amount_original - cut.paid AS owed,
        CASE WHEN agreed.rate_pct IS NULL THEN law.rate ELSE greatest(agreed.rate_pct, law.floor) END AS rate
    FROM stretch cut JOIN item ON item.id = cut.id AND item.amount_original > cut.paid
    LEFT JOIN LATERAL (
        SELECT l.rate, l.floor FROM law l
        WHERE l.country = item.country AND l.regime = item.regime AND l.from_date <= cut.day
        ORDER BY l.from_date DESC LIMIT 1
    ) law ON true
    LEFT JOIN LATERAL (
        SELECT g.rate_pct FROM interest_agreedrate g WHERE g.account_id = item.account_id AND g.from_date <= cut.day
        ORDER BY g.from_date DESC LIMIT 1
    ) agreed ON true
),
accrued AS (
    SELECT id, sum(days) AS late_days, sum(owed * rate * days) AS amount_days, bool_and(rate IS NOT NULL) AS has_rate
    FROM piece GROUP BY id
),
-- The indemnity is owed once a document: on the instalment that was late first, unless it was decided on before.
first_late AS (
    SELECT DISTINCT ON (item.account_id, item.document_number) item.id, item.due_date
    FROM item LEFT JOIN settled ON settled.id = item.id
    WHERE item.amount_original > coalesce(settled.in_time, 0)
      AND NOT EXISTS (
        SELECT FROM interest_interestclaim k
        WHERE k.account_id = item.account_id AND k.document_number = item.document_number AND k.indemnity > 0
          AND k.decided_date <= %(as_of)s AND (k.withdrawn_date IS NULL OR k.withdrawn_date > %(as_of)s))
    ORDER BY item.account_id, item.document_number, item.due_date, item.id
),
result AS (
    SELECT item.id AS item_id, item.account_id, item.customer_id, item.document_number, item.due_date, item.currency,
        item.amount_original - coalesce(settled.amount, 0) AS amount_open,
        item.first_day, accrued.late_days::int AS late_days, accrued.has_rate,
        CASE WHEN accrued.has_rate THEN round(accrued.amount_days / 36500, digits.digits) ELSE 0 END AS interest,
        coalesce(law.indemnity, 0) AS indemnity, coalesce(law.currency, item.currency) AS indemnity_currency
    FROM accrued JOIN item ON item.id = accrued.id
    LEFT JOIN settled ON settled.id = item.id
    JOIN digits ON digits.currency = item.currency
    LEFT JOIN first_late ON first_late.id = item.id
    LEFT JOIN LATERAL (
        SELECT l.indemnity, l.currency FROM law l
        WHERE first_late.id IS NOT NULL AND l.country = item.country AND l.regime = item.regime
          AND l.from_date <= item.due_date + 1
        ORDER BY l.from_date DESC LIMIT 1
    ) law ON true
)
"""

BY_ITEM = "SELECT * FROM result WHERE {wanted} ORDER BY account_id, due_date, item_id"

# Interest is in the item's currency, the indemnity in the law's: one row an owner and currency.
BY_OWNER = """
SELECT owner_id, currency, sum(interest) AS interest, sum(indemnity) AS indemnity,
    sum(items)::int AS item_count, sum(without)::int AS without_rate_count
FROM (
    SELECT {owner} AS owner_id, currency, sum(interest) AS interest, 0 AS indemnity, count(*) AS items,
        count(*) FILTER (WHERE NOT has_rate) AS without
    FROM result GROUP BY 1, 2
    UNION ALL
    SELECT {owner}, indemnity_currency, 0, sum(indemnity), 0, 0 FROM result WHERE indemnity > 0 GROUP BY 1, 2
) parts
GROUP BY owner_id, currency ORDER BY owner_id, currency
"""
