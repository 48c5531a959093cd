"""Gather what is known of each account: one statement for any number of accounts, read in chunks.

The worklist stands on top of all apps that do something to an account. It reads their tables by name, as the dunning
run does, because one pass over all accounts in one statement is what makes the refresh quick; asking each app
for its part would load the same accounts six times. No model of theirs is used.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from quittance.core.worklist import AccountFacts
from quittance.dunning.policies import NoDefaultPolicy, PolicyBook, read_policies
from quittance.worklist.candidates import Known

CHUNK_ROWS = 5000
PROMISE_DAYS_REMEMBERED = 60
NOTICE_DAYS_REMEMBERED = 400
ZERO = Decimal(0)

# Who stands in for whom on the day; who is away without an active deputy keeps the work.
STAND_IN = """
stand_in AS (
    SELECT DISTINCT ON (x.user_id) x.user_id, x.deputy_id
    FROM parties_absence x JOIN parties_user u ON u.id = x.deputy_id AND u.is_active
    WHERE %(as_of)s BETWEEN x.from_date AND x.until_date ORDER BY x.user_id, x.id
)"""

# What each customer owes in all its accounts, in the currency of its limit, where that is above the limit.
OVER_LIMIT = """
rate AS (
    SELECT DISTINCT ON (from_currency, to_currency) from_currency, to_currency, rate FROM ledger_exchangerate
    WHERE rate_date <= %(as_of)s ORDER BY from_currency, to_currency, rate_date DESC
),
over_limit AS (
    SELECT c.id AS customer_id, c.credit_limit, c.credit_limit_currency AS currency,
        sum(b.open_total * CASE WHEN b.currency = c.credit_limit_currency THEN 1 ELSE r.rate END) AS exposure,
        (array_agg(a.company_id ORDER BY b.open_total DESC, a.id))[1] AS company_id
    FROM parties_customer c
    JOIN parties_customeraccount a ON a.customer_id = c.id
    JOIN ledger_accountbalance b ON b.account_id = a.id
    LEFT JOIN rate r ON r.from_currency = b.currency AND r.to_currency = c.credit_limit_currency
    WHERE c.credit_limit IS NOT NULL AND {touched_customers}
    GROUP BY c.id
    HAVING sum(b.open_total * CASE WHEN b.currency = c.credit_limit_currency THEN 1 ELSE r.rate END) > c.credit_limit
)"""

_ACCOUNTS = f"""
WITH {STAND_IN}, {OVER_LIMIT},
base AS (
    SELECT a.id, a.customer_id, a.company_id, a.payment_method, b.currency, b.overdue, b.overdue_count, b.credits,
        b.unapplied, b.disputed, b.promised, b.oldest_due_date, b.usual_delay_days,
        coalesce(s.deputy_id, a.collector_id) AS owner_id
    FROM ledger_accountbalance b
    JOIN parties_customeraccount a ON a.id = b.account_id
    LEFT JOIN stand_in s ON s.user_id = a.collector_id
    WHERE b.overdue > 0 AND {{touched_accounts}}
),
disputed AS (
    SELECT item_id, sum(amount_disputed) AS amount FROM cases_dispute
    WHERE opened_date <= %(as_of)s AND (closed_date IS NULL OR closed_date > %(as_of)s) GROUP BY item_id
),
promised AS (
    SELECT t.item_id, sum(t.amount) AS amount,
        sum(t.amount) FILTER (WHERE p.promised_date <= %(as_of)s) AS amount_due
    FROM promises_promisetopay p JOIN promises_promiseditem t ON t.promise_id = p.id
    WHERE p.state = 'OPEN' AND p.promised_date + p.tolerance_days >= %(as_of)s GROUP BY t.item_id
),
-- Of what is overdue: what is disputed or promised cannot be claimed; what was promised for today is followed up.
held AS (
    SELECT i.account_id,
        sum(least(i.amount_open, coalesce(d.amount, 0) + coalesce(p.amount, 0)) * i.amount_company_open / i.amount_open)
            AS amount,
        sum(least(i.amount_open, coalesce(d.amount, 0)) * i.amount_company_open / i.amount_open) AS disputed,
        sum(least(i.amount_open, coalesce(p.amount, 0)) * i.amount_company_open / i.amount_open) AS promised,
        sum(least(i.amount_open, coalesce(p.amount_due, 0)) * i.amount_company_open / i.amount_open) AS promise_due
    FROM (SELECT item_id FROM disputed UNION SELECT item_id FROM promised) h
    JOIN ledger_openitem i ON i.id = h.item_id AND i.amount_open > 0 AND i.due_date < %(as_of)s
    LEFT JOIN disputed d ON d.item_id = i.id
    LEFT JOIN promised p ON p.item_id = i.id
    GROUP BY i.account_id
),
dispute_late AS (
    SELECT d.account_id, max(%(as_of)s - d.due_date) AS days FROM cases_dispute d
    WHERE d.opened_date <= %(as_of)s AND d.due_date < %(as_of)s AND (d.closed_date IS NULL OR d.closed_date > %(as_of)s)
    GROUP BY d.account_id
),
-- A broken promise counts as long as something of it is still owed.
broken AS (
    SELECT p.account_id, %(as_of)s - max(p.decided_date) AS days, count(*) AS number
    FROM promises_promisetopay p
    WHERE p.state = 'BROKEN' AND p.decided_date BETWEEN %(as_of)s - %(remembered)s AND %(as_of)s
      AND EXISTS (SELECT FROM promises_promiseditem t JOIN ledger_openitem i ON i.id = t.item_id
                  WHERE t.promise_id = p.id AND i.amount_open > 0)
    GROUP BY p.account_id
),
-- Nobody was reached by a message on the voicemail, a wrong number or a request to call later.
called AS (
    SELECT account_id, (max(made_at) AT TIME ZONE %(zone)s)::date AS day FROM worklist_call
    WHERE outcome NOT IN ('VOICEMAIL', 'WRONG_NUMBER', 'CALL_BACK') GROUP BY account_id
),
noticed AS (
    SELECT account_id, max(notice_date) AS day FROM dunning_dunningnotice
    WHERE state IN ('QUEUED', 'SENT', 'UNCERTAIN') AND notice_date > %(as_of)s - %(notices)s GROUP BY account_id
),
level AS (
    SELECT n.account_id, max(x.level_rank) AS rank
    FROM dunning_dunningnotice n JOIN dunning_dunningnoticeitem x ON x.notice_id = n.id
    JOIN ledger_openitem i ON i.id = x.item_id AND i.amount_open > 0
    WHERE n.state IN ('QUEUED', 'SENT', 'UNCERTAIN') AND n.notice_date > %(as_of)s - %(notices)s
    GROUP BY n.account_id
),
-- Receipts whose payer is known and that nobody has matched yet may cover what is late.
waiting AS (
    SELECT t.customer_id, t.account_id, k.company_id, t.currency, sum(t.amount) AS amount
    FROM cash_banktransaction t JOIN parties_companybankaccount k ON k.id = t.bank_account_id
    WHERE t.state = 'WAITING' AND t.amount > 0 AND t.customer_id IS NOT NULL
    GROUP BY t.customer_id, t.account_id, k.company_id, t.currency
)
SELECT base.id, base.customer_id, base.company_id, base.owner_id, base.currency, base.payment_method, q.policy_code,
    base.overdue, base.overdue_count, %(as_of)s - base.oldest_due_date, base.usual_delay_days,
    -(base.credits + base.unapplied), coalesce(w.amount, 0),
    coalesce(h.amount, 0), coalesce(h.disputed, 0), coalesce(h.promised, 0), coalesce(h.promise_due, 0),
    coalesce(l.days, 0), b.days, coalesce(b.number, 0), c.is_strategic,
    EXISTS (SELECT FROM parties_contact k
        WHERE k.customer_id = base.customer_id AND (k.account_id = base.id OR k.account_id IS NULL) AND k.is_active
          AND (k.email <> '' OR (k.phone <> '' AND NOT EXISTS (
            SELECT FROM worklist_call x
            WHERE x.contact_id = k.id AND x.outcome = 'WRONG_NUMBER' AND x.phone = k.phone)))),
    %(as_of)s - greatest(called.day, noticed.day), noticed.day, coalesce(level.rank, 0),
    coalesce((o.exposure - o.credit_limit) * CASE WHEN o.currency = base.currency THEN 1 ELSE back.rate END, 0),
    coalesce(o.credit_limit * CASE WHEN o.currency = base.currency THEN 1 ELSE back.rate END, 0),
    t.state, t.snoozed_until, t.due_date, t.measures
FROM base
JOIN parties_customer c ON c.id = base.customer_id
LEFT JOIN dunning_accountpolicy q ON q.account_id = base.id
LEFT JOIN held h ON h.account_id = base.id
LEFT JOIN dispute_late l ON l.account_id = base.id
LEFT JOIN broken b ON b.account_id = base.id
LEFT JOIN called ON called.account_id = base.id
LEFT JOIN noticed ON noticed.account_id = base.id
LEFT JOIN level ON level.account_id = base.id
LEFT JOIN (
    SELECT y.id, sum(waiting.amount) AS amount FROM base y JOIN waiting ON waiting.customer_id = y.customer_id
      AND waiting.company_id = y.company_id AND waiting.currency = y.currency
      AND (waiting.account_id = y.id OR waiting.account_id IS NULL)
    GROUP BY y.id
) w ON w.id = base.id
LEFT JOIN over_limit o ON o.customer_id = base.customer_id
LEFT JOIN rate back ON back.from_currency = o.currency AND back.to_currency = base.currency
LEFT JOIN worklist_task t ON t.key = 'account:' || base.id
ORDER BY base.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredAccount:
    """An account with something overdue: its facts, who works on it, what is known of its task."""

    account_id: int
    customer_id: int
    company_id: int
    owner_id: int | None
    currency: str
    overdue_count: int
    facts: AccountFacts
    known: Known


def touched(account_ids: Collection[int] | None) -> dict[str, str]:
    """Return the conditions that narrow a statement to some accounts and their customers; None is everything."""
    if account_ids is None:
        return {"touched_accounts": "true", "touched_customers": "true"}
    of_accounts = "SELECT customer_id FROM parties_customeraccount WHERE id = ANY(%(accounts)s)"
    return {"touched_accounts": "a.id = ANY(%(accounts)s)", "touched_customers": f"c.id IN ({of_accounts})"}


def gather_accounts(*, as_of: date, account_ids: Collection[int] | None) -> Iterator[GatheredAccount]:
    """Yield every account with something overdue, by id; one statement, and two for the policies."""
    book = _policies(as_of)
    parameters = {
        "as_of": as_of,
        "accounts": None if account_ids is None else sorted(account_ids),
        "remembered": PROMISE_DAYS_REMEMBERED,
        "notices": NOTICE_DAYS_REMEMBERED,
        "zone": settings.TIME_ZONE,
    }
    with connection.cursor() as cursor:
        # All rows are read: the plan must not be made for a quick first one, as it is for cursors of the server.
        cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
    with connection.chunked_cursor() as cursor:
        cursor.execute(_ACCOUNTS.format(**touched(account_ids)), parameters)
        while rows := cursor.fetchmany(CHUNK_ROWS):
            for row in rows:
                yield _gathered(row, book, as_of)


def known_of(row: tuple[Any, ...]) -> Known:
    """Read the last four columns of a statement: state, snoozed_until, due_date, measures of the task."""
    if row[-4] is None:
        return Known()
    return Known(state=row[-4], snoozed_until=row[-3], due_date=row[-2], measures=json.loads(row[-1]))


def _policies(as_of: date) -> PolicyBook | None:
    try:
        return read_policies(as_of=as_of)
    except NoDefaultPolicy:
        return None


def _gathered(row: tuple[Any, ...], book: PolicyBook | None, as_of: date) -> GatheredAccount:
    overdue, cover, held = row[7], row[11] + row[12], row[13]
    claimable = max(overdue - held - cover, ZERO)
    is_last, is_due = _level_facts(book, row, as_of)
    facts = AccountFacts(
        amount_overdue=overdue,
        amount_claimable=claimable,
        oldest_overdue_days=row[9],
        usual_delay_days=row[10],
        amount_over_limit=row[25],
        credit_limit=row[26],
        promise_broken_days=row[18],
        promises_broken=row[19],
        amount_promise_due=row[16],
        amount_promised=row[15],
        amount_disputed=row[14],
        dispute_late_days=row[17],
        # Cash that covers only a part leaves a rest that is owed however it is matched: that rest is claimed.
        amount_unapplied=cover if claimable == 0 else ZERO,
        is_strategic=row[20],
        has_contact=row[21],
        last_touch_days=row[22],
        level_rank=row[24],
        is_last_level_reached=is_last,
        is_reminder_due=is_due,
    )
    return GatheredAccount(
        account_id=row[0],
        customer_id=row[1],
        company_id=row[2],
        owner_id=row[3],
        currency=row[4],
        overdue_count=row[8],
        facts=facts,
        known=known_of(row),
    )


def _level_facts(book: PolicyBook | None, row: tuple[Any, ...], as_of: date) -> tuple[bool, bool]:
    """Say whether the last level was reached and has had its time, and whether the next one is due by its days."""
    if book is None:
        return False, False
    policy = book.policy_for(code=row[6], payment_method=row[5])
    noticed, rank, days = row[23], row[24], row[9]
    is_quiet = noticed is None or (as_of - noticed).days >= policy.interval_days_min
    rank_last = max((level.rank for level in policy.levels), default=0)
    is_due = any(level.rank > rank and 0 < level.offset_days <= days for level in policy.levels)
    return is_quiet and rank_last > 0 and rank >= rank_last, is_quiet and is_due
