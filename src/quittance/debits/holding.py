"""Which open items nobody chases because they are debited: one statement, for dunning, the worklist and collections.

An item is COLLECTED while a debit of it is planned or on its way, and after that as long as the money that the bank has
paid is not applied to it. It is PLANNED when its account pays by debit under a mandate in force, whether it is in a
collection yet or not. What was rejected or came back is neither, until a person lets it be debited again.
"""

from __future__ import annotations

from quittance.core.debits import CURRENCY, UNUSED_MONTHS_MAX

COLLECTED = "COLLECTED"
PLANNED = "PLANNED"


def held_by_debit(*, items: str) -> str:
    """Return a query of `item_id` and `debit`, each item once; `%(as_of)s` is the day.

    `items` is a relation of open items with `id`, `account_id`, `amount_open`, `currency` and `is_factored`.
    """
    return f"""
SELECT DISTINCT ON (item_id) item_id, debit FROM (
    SELECT o.id AS item_id, '{COLLECTED}' AS debit
    FROM debits_debiteditem x JOIN debits_debitinstruction n ON n.id = x.instruction_id
    JOIN {items} o ON o.id = x.item_id
    WHERE o.amount_open > 0 AND x.from_date <= %(as_of)s AND (x.until_date IS NULL OR x.until_date > %(as_of)s
        OR (n.state = 'SETTLED' AND o.amount_open > x.amount_open_then - x.amount))
    UNION ALL
    SELECT o.id, '{PLANNED}'
    FROM debits_mandate m
    JOIN parties_customeraccount a ON a.id = m.account_id AND a.payment_method = 'DIRECT_DEBIT'
    JOIN {items} o ON o.account_id = m.account_id
    WHERE o.amount_open > 0 AND o.currency = '{CURRENCY}' AND NOT o.is_factored
      AND m.signed_on <= %(as_of)s AND (m.state = 'ACTIVE' OR m.ended_on > %(as_of)s)
      AND NOT (m.is_one_off AND m.last_used_on IS NOT NULL)
      AND coalesce(m.last_used_on, m.signed_on) + interval '{UNUSED_MONTHS_MAX} months' >= %(as_of)s::date
      AND NOT EXISTS (
        SELECT FROM debits_debiteditem x JOIN debits_debitinstruction n ON n.id = x.instruction_id
        WHERE x.item_id = o.id AND n.state IN ('REJECTED', 'RETURNED') AND NOT n.may_repeat
          AND n.ended_on <= %(as_of)s)
) held ORDER BY item_id, debit"""
