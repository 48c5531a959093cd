"""Money that is here and not yet matched, told to dunning: nobody is chased for what lies on our bank account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import connection

# A line whose payer is known but not the account counts for each account of the payer with the company that was paid:
# better one reminder too few.
_WAITING = """
SELECT a.id, t.currency, sum(t.amount)
FROM parties_customeraccount a
JOIN cash_banktransaction t ON t.customer_id = a.customer_id AND (t.account_id IS NULL OR t.account_id = a.id)
JOIN parties_companybankaccount b ON b.id = t.bank_account_id AND b.company_id = a.company_id
WHERE a.id = ANY(%s) AND t.state = 'WAITING' AND t.amount > 0 AND t.booking_date <= %s
GROUP BY a.id, t.currency ORDER BY a.id, t.currency
"""


def list_waiting_credits(*, account_ids: Sequence[int], as_of: date) -> list[tuple[int, str, Decimal]]:
    """Return account, currency and amount of bank lines of a known payer that still wait. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [list(account_ids), as_of])
        return list(cursor.fetchall())
