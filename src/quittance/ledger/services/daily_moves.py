"""Keep the sums of the days few: see `DailyMove`."""

from __future__ import annotations

from django.db import connection

_KEY = "company_id, department_id, currency, is_factored, measure, day"

# One statement: a reader sees the rows before or the one row after, and two sessions at it never count a row twice,
# since each adds up only what it has taken out itself.
_FOLD = f"""
WITH doubled AS (
    SELECT {_KEY} FROM ledger_dailymove GROUP BY {_KEY} HAVING count(*) > 1 OR sum(amount) = 0
), taken AS (
    DELETE FROM ledger_dailymove k USING doubled d
    WHERE (k.company_id, k.department_id, k.currency, k.is_factored, k.measure, k.day)
        = (d.company_id, d.department_id, d.currency, d.is_factored, d.measure, d.day)
    RETURNING k.*
), folded AS (
    INSERT INTO ledger_dailymove ({_KEY}, amount)
    SELECT {_KEY}, sum(amount) FROM taken GROUP BY {_KEY} HAVING sum(amount) <> 0
)
SELECT count(*) FROM taken
"""


def fold_daily_moves() -> int:
    """Make one row of the rows of each key, whose sums stay as they are; return how many rows were taken up."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLD)
        return int(cursor.fetchone()[0])
