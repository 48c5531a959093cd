"""Keep the balance of each account beside its items, so that lists of 100,000 accounts stay fast."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection, transaction

from quittance.ledger.models import AccountBalance

# The second key is the day, so that two midnights never wait for each other.
_REFRESH_LOCK = 7003
_DELAY_MONTHS = 6

# Disputes and promises stand above the ledger, so their models cannot be imported here; the balance of an
# account is one row that lists read in one go, so their sums are read by table name.
_REFRESH = """
INSERT INTO ledger_accountbalance AS b (
    account_id, debtor_id, creditor_id, as_of, currency, open_total,
    not_due, due_1_30, due_31_60, due_61_90, due_91_120, due_over_120, overdue,
    credits, unapplied, disputed, promised, open_count, overdue_count, oldest_due_date, currencies,
    usual_delay_days, paid_count, last_payment_date)
SELECT a.id, a.customer_id, a.company_id, %(as_of)s, c.currency,
    coalesce(o.open_total, 0), coalesce(o.not_due, 0), coalesce(o.due_1_30, 0), coalesce(o.due_31_60, 0),
    coalesce(o.due_61_90, 0), coalesce(o.due_91_120, 0), coalesce(o.due_over_120, 0),
    coalesce(o.due_1_30 + o.due_31_60 + o.due_61_90 + o.due_91_120 + o.due_over_120, 0),
    coalesce(o.credits, 0), coalesce(o.unapplied, 0), coalesce(d.disputed, 0), coalesce(p.promised, 0),
    coalesce(o.open_count, 0), coalesce(o.overdue_count, 0), o.oldest_due_date, coalesce(o.currencies, ''),
    h.usual_delay_days, coalesce(h.paid_count, 0), h.last_payment_date
FROM parties_customeraccount a
JOIN parties_company c ON c.id = a.company_id
LEFT JOIN (
    SELECT account_id,
        sum(amount_company_open) AS open_total,
        coalesce(sum(amount_company_open) FILTER (WHERE amount_open > 0 AND late <= 0), 0) AS not_due,
        coalesce(sum(amount_company_open) FILTER (WHERE amount_open > 0 AND late BETWEEN 1 AND 30), 0) AS due_1_30,
        coalesce(sum(amount_company_open) FILTER (WHERE amount_open > 0 AND late BETWEEN 31 AND 60), 0) AS due_31_60,
        coalesce(sum(amount_company_open) FILTER (WHERE amount_open > 0 AND late BETWEEN 61 AND 90), 0) AS due_61_90,
        coalesce(sum(amount_company_open) FILTER (WHERE amount_open > 0 AND late BETWEEN 91 AND 120), 0) AS due_91_120,
        coalesce(sum(amount_company_open) FILTER (WHERE amount_open > 0 AND late > 120), 0) AS due_over_120,
        coalesce(sum(amount_company_open) FILTER (WHERE amount_open < 0 AND kind <> 'PAYMENT'), 0) AS credits,
        coalesce(sum(amount_company_open) FILTER (WHERE amount_open < 0 AND kind = 'PAYMENT'), 0) AS unapplied,
        count(*) AS open_count,
        count(*) FILTER (WHERE amount_open > 0 AND late > 0) AS overdue_count,
        min(due_date) FILTER (WHERE amount_open > 0) AS oldest_due_date,
        left(CASE WHEN min(currency) = max(currency) THEN min(currency)
             ELSE string_agg(DISTINCT currency, ' ') END, 60) AS currencies
    FROM (
        SELECT account_id, kind, currency, due_date, amount_open, amount_company_open, %(as_of)s - due_date AS late
        FROM ledger_openitem WHERE amount_open <> 0 AND {touched_items}
    ) i
    GROUP BY account_id
) o ON o.account_id = a.id
LEFT JOIN (
    SELECT d.account_id,
        sum(least(d.amount_disputed, i.amount_open) * i.amount_company_open / i.amount_open) AS disputed
    FROM cases_dispute d JOIN ledger_openitem i ON i.id = d.item_id
    WHERE d.opened_date <= %(as_of)s AND (d.closed_date IS NULL OR d.closed_date > %(as_of)s) AND i.amount_open > 0
    GROUP BY d.account_id
) d ON d.account_id = a.id
LEFT JOIN (
    SELECT p.account_id, sum(least(t.amount, i.amount_open) * i.amount_company_open / i.amount_open) AS promised
    FROM promises_promisetopay p
    JOIN promises_promiseditem t ON t.promise_id = p.id
    JOIN ledger_openitem i ON i.id = t.item_id
    WHERE p.state = 'OPEN' AND p.made_on <= %(as_of)s AND p.promised_date + p.tolerance_days >= %(as_of)s
      AND i.amount_open > 0
    GROUP BY p.account_id
) p ON p.account_id = a.id
LEFT JOIN (
    SELECT account_id,
        round(sum((settled_date - due_date) * amount_company) FILTER (WHERE is_paid)
            / nullif(sum(amount_company) FILTER (WHERE is_paid), 0)) AS usual_delay_days,
        count(*) FILTER (WHERE is_paid) AS paid_count,
        max(document_date) FILTER (WHERE kind = 'PAYMENT') AS last_payment_date
    FROM (
        SELECT account_id, kind, settled_date, due_date, document_date, amount_company,
            kind = 'INVOICE' AND amount_company > 0 AND settled_date <= %(as_of)s
            AND settled_date > (%(as_of)s - make_interval(months => %(months)s))::date AS is_paid
        FROM ledger_openitem
        WHERE (kind = 'PAYMENT' OR (kind = 'INVOICE' AND settled_date IS NOT NULL)) AND {touched_items}
    ) i
    GROUP BY account_id
) h ON h.account_id = a.id
WHERE {touched_accounts}
ORDER BY a.id
ON CONFLICT (account_id) DO UPDATE SET {assignments}
WHERE ({current}) IS DISTINCT FROM ({proposed})
"""
_COLUMNS = [
    "debtor_id",
    "creditor_id",
    "as_of",
    "currency",
    "open_total",
    "not_due",
    "due_1_30",
    "due_31_60",
    "due_61_90",
    "due_91_120",
    "due_over_120",
    "overdue",
    "credits",
    "unapplied",
    "disputed",
    "promised",
    "open_count",
    "overdue_count",
    "oldest_due_date",
    "currencies",
    "usual_delay_days",
    "paid_count",
    "last_payment_date",
]


def refresh_balances(*, account_ids: Iterable[int] | None, as_of: date) -> int:
    """Work out the balances of these accounts (None: all) as of a day from the items; return how many changed.

    One statement. All that is posted counts, whatever its date: a balance says what the books say now, aged on
    `as_of`. `usual_delay_days` is the mean delay of the invoices settled in the last six months, weighted by
    amount; `paid_count` is their number.
    """
    wanted = None if account_ids is None else sorted(set(account_ids))
    if wanted == []:
        return 0
    parameters: dict[str, Any] = {"as_of": as_of, "months": _DELAY_MONTHS, "accounts": wanted}
    is_all = wanted is None
    sql = _REFRESH.format(
        touched_items="true" if is_all else "account_id = ANY(%(accounts)s)",
        touched_accounts="true" if is_all else "a.id = ANY(%(accounts)s)",
        assignments=", ".join(f"{name} = excluded.{name}" for name in _COLUMNS),
        current=", ".join(f"b.{name}" for name in _COLUMNS),
        proposed=", ".join(f"excluded.{name}" for name in _COLUMNS),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def ensure_balances_fresh(*, today: date) -> bool:
    """Refresh all balances when some are of an earlier day; return whether that was done here.

    Cheap when all is fresh (one index look-up). When another session is at it already, its result is waited
    for, not made twice.
    """
    if not _is_stale(today):
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_REFRESH_LOCK, today.toordinal()])
        if not _is_stale(today):
            return False
        refresh_balances(account_ids=None, as_of=today)
    return True


def _is_stale(today: date) -> bool:
    return AccountBalance.objects.filter(as_of__lt=today).exists()
