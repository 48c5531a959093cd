"""What is known of each account, as one relation of SQL for any number of accounts.

The worklist stands on top of all apps that do something to an account. It reads their tables by name, as the dunning
run does, because one pass over all accounts in one statement is what makes the refresh quick; asking each app
for its part would load the same accounts six times. No model of theirs is used.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings

from quittance.core.worklist import RankWeights
from quittance.debits.holding import held_by_debit
from quittance.dunning.statements import POLICY_CODES
from quittance.foundation import clock
from quittance.worklist.candidates import Known
from quittance.worklist.ranking_sql import EVERYBODY, weights_json
from quittance.worklist.steps_sql import STEPS, step_parameters

PROMISE_DAYS_REMEMBERED = 60
NOTICE_DAYS_REMEMBERED = 400
PLAN_DAYS_REMEMBERED = 60

_EXPOSURE = "sum(CASE WHEN b.currency = c.credit_limit_currency THEN b.open_total ELSE b.open_total * r.rate END)"
# What each customer owes in all its accounts, in the currency of its limit, where that is above the limit.
OVER_LIMIT = f"""
rate AS (
    SELECT DISTINCT ON (from_currency, to_currency) from_currency, to_currency, rate FROM ledger_exchangerate
    WHERE rate_date <= %(as_of)s ORDER BY from_currency, to_currency, rate_date DESC
),
over_limit AS (
    SELECT c.id AS customer_id, c.credit_limit, c.credit_limit_currency AS currency,
        {_EXPOSURE} AS exposure,
        (array_agg(a.company_id ORDER BY b.open_total DESC, a.id))[1] AS company_id
    FROM parties_customer c
    JOIN parties_customeraccount a ON a.customer_id = c.id
    JOIN ledger_accountbalance b ON b.account_id = a.id
    -- Nothing is looked up for one's own currency.
    LEFT JOIN rate r ON r.from_currency = nullif(b.currency, c.credit_limit_currency)
        AND r.to_currency = c.credit_limit_currency
    WHERE c.credit_limit IS NOT NULL AND {{touched_customers}}
    GROUP BY c.id
    HAVING {_EXPOSURE} > c.credit_limit
)"""

# What an agency, a lawyer or a court has in hand: others chase it.
HANDED = """
handed AS (
    SELECT t.item_id FROM litigation_handover h
    JOIN litigation_handoveritem t ON t.handover_id = h.id AND t.is_live
    WHERE h.state = 'HANDED_OVER' AND h.handed_over_on <= %(as_of)s
)"""

# What we debit ourselves: nobody chases it.
DEBITED = held_by_debit(items="(SELECT * FROM ledger_openitem WHERE amount_open > 0 AND {touched_rows})")

# `facts` for `ranking_sql`, one row for each account with something overdue, with who works on it.
FACTS = f"""
{OVER_LIMIT},
{HANDED},
policy AS (SELECT * FROM ({POLICY_CODES}) p WHERE {{touched_rows}}),
base AS (
    SELECT a.id, a.customer_id, a.company_id, b.currency, b.overdue, b.overdue_count, b.credits, b.unapplied,
        b.oldest_due_date, b.usual_delay_days, a.collector_id AS owner_id, c.is_strategic, c.country,
        CASE WHEN policy.code = ANY(%(policies)s) THEN policy.code ELSE '' END
            || CASE WHEN a.payment_method = 'DIRECT_DEBIT' THEN ' D' ELSE '' END AS policy_key
    FROM ledger_accountbalance b
    JOIN parties_customeraccount a ON a.id = b.account_id
    JOIN parties_customer c ON c.id = a.customer_id
    LEFT JOIN policy ON policy.account_id = a.id
    WHERE b.overdue > 0 AND {{touched_accounts}}
),
disputed AS (
    SELECT item_id, sum(amount_disputed) AS amount FROM cases_dispute
    WHERE opened_date <= %(as_of)s AND (closed_date IS NULL OR closed_date > %(as_of)s) AND {{touched_rows}}
    GROUP BY item_id
),
-- Promised, announced as paid, debited, or to be paid in the instalments of a plan that runs; others chase what was
-- handed over.
promised AS (
    SELECT item_id, sum(amount) AS amount, sum(amount_due) AS amount_due FROM (
        SELECT t.item_id, t.amount, CASE WHEN p.promised_date <= %(as_of)s THEN t.amount ELSE 0 END AS amount_due
        FROM promises_promisetopay p JOIN promises_promiseditem t ON t.promise_id = p.id
        WHERE p.state = 'OPEN' AND p.promised_date + p.tolerance_days >= %(as_of)s AND {{touched_rows}}
        UNION ALL
        SELECT t.item_id, t.amount, 0 FROM promises_paymentplan p JOIN promises_planneditem t ON t.plan_id = p.id
        WHERE p.state = 'ACTIVE' AND p.accepted_on <= %(as_of)s AND {{touched_rows}}
        UNION ALL
        SELECT i.id, i.amount_open, 0 FROM handed JOIN ledger_openitem i ON i.id = handed.item_id AND {{touched_rows}}
        UNION ALL
        SELECT i.id, i.amount_open, 0 FROM ({DEBITED}) debited
        JOIN ledger_openitem i ON i.id = debited.item_id AND {{touched_rows}}
        UNION ALL
        -- Word that names no item speaks of everything that was due by its day.
        SELECT i.id, i.amount_open, 0
        FROM (SELECT * FROM dunning_paymentannouncement WHERE {{touched_rows}}) n JOIN ledger_openitem i
            ON i.account_id = n.account_id AND i.amount_open > 0
            AND (i.id = n.item_id OR (n.item_id IS NULL AND i.due_date <= n.announced_on))
        WHERE n.announced_on <= %(as_of)s AND n.until_date >= %(as_of)s
    ) together
    GROUP BY item_id
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
    SELECT account_id, max(%(as_of)s - due_date) AS days FROM cases_dispute
    WHERE opened_date <= %(as_of)s AND due_date < %(as_of)s AND (closed_date IS NULL OR closed_date > %(as_of)s)
      AND item_id NOT IN (SELECT item_id FROM handed) AND {{touched_rows}}
    GROUP BY account_id
),
-- A broken promise counts as long as something of it is still owed; one that a plan took
-- the place of is the plan's.
broken AS (
    SELECT p.account_id, %(as_of)s - max(p.decided_date) AS days, count(*) AS number
    FROM promises_promisetopay p
    WHERE p.state = 'BROKEN' AND p.decided_date BETWEEN %(as_of)s - %(remembered)s AND %(as_of)s AND {{touched_rows}}
      AND EXISTS (SELECT FROM promises_promiseditem t JOIN ledger_openitem i ON i.id = t.item_id
                  WHERE t.promise_id = p.id AND i.amount_open > 0
                    AND NOT EXISTS (SELECT FROM promises_planneditem x JOIN promises_paymentplan l ON l.id = x.plan_id
                                    WHERE x.item_id = i.id AND l.accepted_on >= p.made_on))
    GROUP BY p.account_id
),
-- What is owed of broken plans that somebody still has to decide on: a task of its own.
broken_plan AS (
    SELECT p.account_id, sum(least(x.amount, i.amount_open) * i.amount_company_open / i.amount_open) AS amount
    FROM promises_paymentplan p JOIN promises_planneditem x ON x.plan_id = p.id
    JOIN ledger_openitem i ON i.id = x.item_id AND i.amount_open > 0
    WHERE p.state = 'BROKEN' AND p.decided_date BETWEEN %(as_of)s - %(plans)s AND %(as_of)s
      AND NOT EXISTS (SELECT FROM worklist_task t WHERE t.key = 'plan:' || p.id AND t.state = 'DONE')
    GROUP BY p.account_id
),
-- Nobody was reached by a message on the voicemail, a wrong number or a request to call later.
called AS (
    SELECT account_id, max(made_at) AS at FROM worklist_call
    WHERE outcome NOT IN ('VOICEMAIL', 'WRONG_NUMBER', 'CALL_BACK') AND {{touched_rows}} GROUP BY account_id
),
tried AS (
    SELECT c.account_id, count(*) AS number FROM worklist_call c LEFT JOIN called USING (account_id)
    WHERE c.outcome = 'VOICEMAIL' AND (called.at IS NULL OR c.made_at > called.at) AND {{touched_rows}}
    GROUP BY c.account_id
),
-- The moment agreed for the next call, where no other call was made since.
call_back AS (
    SELECT account_id FROM (
        SELECT DISTINCT ON (account_id) account_id, outcome, call_back_at, call_back_date
        FROM worklist_call WHERE {{touched_rows}} ORDER BY account_id, made_at DESC, id DESC
    ) last_call
    WHERE outcome = 'CALL_BACK' AND CASE WHEN call_back_at IS NULL THEN call_back_date <= %(as_of)s
        ELSE call_back_at <= %(now)s END
),
{STEPS},
-- Receipts whose payer is known and that nobody has matched yet may cover what is late.
waiting AS (
    SELECT t.customer_id, t.account_id, k.company_id, t.currency, sum(t.amount) AS amount
    FROM cash_banktransaction t JOIN parties_companybankaccount k ON k.id = t.bank_account_id
    WHERE t.state = 'WAITING' AND t.amount > 0 AND t.customer_id IS NOT NULL
    GROUP BY t.customer_id, t.account_id, k.company_id, t.currency
),
-- So may cash that lies unapplied on another account of the customer with the same company of ours.
sister AS (
    SELECT a.customer_id, a.company_id, b.account_id, b.currency, -b.unapplied AS amount
    FROM ledger_accountbalance b JOIN parties_customeraccount a ON a.id = b.account_id WHERE b.unapplied < 0
),
beside AS (
    SELECT id, sum(amount) AS amount FROM (
        SELECT y.id, waiting.amount FROM base y JOIN waiting ON waiting.customer_id = y.customer_id
          AND waiting.company_id = y.company_id AND waiting.currency = y.currency
          AND (waiting.account_id = y.id OR waiting.account_id IS NULL)
        UNION ALL
        SELECT y.id, sister.amount FROM base y JOIN sister ON sister.customer_id = y.customer_id
          AND sister.company_id = y.company_id AND sister.currency = y.currency AND sister.account_id <> y.id
    ) cash GROUP BY id
),
reachable AS (
    SELECT customer_id, account_id FROM parties_contact k
    WHERE is_active AND {{touched_customer_rows}} AND (email <> '' OR (phone <> '' AND NOT EXISTS (
        SELECT FROM worklist_call x WHERE x.contact_id = k.id AND x.outcome = 'WRONG_NUMBER' AND x.phone = k.phone)))
),
held_facts AS (
    SELECT base.id AS account_id, base.customer_id, base.company_id, base.owner_id, base.currency,
        base.overdue AS amount_overdue, base.overdue_count AS item_count,
        %(as_of)s - base.oldest_due_date AS oldest_overdue_days, base.usual_delay_days,
        coalesce(w.amount, 0) - base.credits - base.unapplied AS cover,
        coalesce(h.amount, 0) AS held, coalesce(h.disputed, 0) AS amount_disputed,
        coalesce(h.promised, 0) AS amount_promised, coalesce(h.promise_due, 0) AS amount_promise_due,
        coalesce(l.days, 0) AS dispute_late_days, b.days AS promise_broken_days,
        coalesce(b.number, 0) AS promises_broken, base.is_strategic,
        base.customer_id IN (SELECT customer_id FROM reachable WHERE account_id IS NULL)
            OR base.id IN (SELECT account_id FROM reachable WHERE account_id IS NOT NULL) AS has_contact,
        %(as_of)s - greatest((called.at AT TIME ZONE %(zone)s)::date, turn.touch_day) AS last_touch_days,
        coalesce(turn.level_rank, 0) AS level_rank,
        turn.is_last, turn.is_step_due, turn.amount_min, coalesce(bp.amount, 0) AS amount_in_broken_plan,
        coalesce((o.exposure - o.credit_limit) * CASE WHEN o.currency = base.currency THEN 1 ELSE back.rate END, 0)
            AS amount_over_limit,
        coalesce(o.credit_limit * CASE WHEN o.currency = base.currency THEN 1 ELSE back.rate END, 0) AS credit_limit,
        call_back.account_id IS NOT NULL AS is_call_back_due, coalesce(tried.number, 0) AS unreached_calls,
        CASE WHEN owner.team_id = ANY(%(teams)s) THEN owner.team_id ELSE 0 END AS weights_of
    FROM base
    LEFT JOIN parties_user owner ON owner.id = base.owner_id
    LEFT JOIN held h ON h.account_id = base.id
    LEFT JOIN dispute_late l ON l.account_id = base.id
    LEFT JOIN broken b ON b.account_id = base.id
    LEFT JOIN broken_plan bp ON bp.account_id = base.id
    LEFT JOIN called ON called.account_id = base.id
    LEFT JOIN tried ON tried.account_id = base.id
    LEFT JOIN call_back ON call_back.account_id = base.id
    LEFT JOIN turn ON turn.account_id = base.id
    LEFT JOIN beside w ON w.id = base.id
    LEFT JOIN over_limit o ON o.customer_id = base.customer_id
    LEFT JOIN rate back ON back.from_currency = nullif(o.currency, base.currency) AND back.to_currency = base.currency
    OFFSET 0
),
facts AS (
    SELECT x.*, round(greatest(amount_overdue - held - cover, 0), 4) AS amount_claimable,
        -- Cash that covers only a part leaves a rest that is owed however it is matched: that rest is claimed.
        CASE WHEN amount_overdue - held - cover <= 0 THEN cover ELSE 0 END AS amount_unapplied,
        coalesce(is_last AND amount_overdue - held - cover >= amount_min, false) AS is_last_level_reached,
        coalesce(is_step_due AND amount_overdue - held - cover >= amount_min, false) AS is_reminder_due
    FROM held_facts x OFFSET 0
)"""


@dataclass(frozen=True, slots=True)
class Part:
    """One of `count` parts of all accounts, by the rest of their ids: 0 to `count` - 1."""

    number: int
    count: int

    def holds(self, column: str) -> str:
        """Return the condition that a row is of this part, by the id in `column`."""
        return f"mod({column}, {self.count}) = {self.number}"


def touched(account_ids: Collection[int] | None, part: Part | None = None) -> dict[str, str]:
    """Return the conditions that narrow a statement to some accounts and their customers, or to a part of all.

    None is everything. Of a part all customers are looked at: a limit is one for all accounts.
    """
    if account_ids is None:
        everything = dict.fromkeys(
            ("touched_accounts", "touched_customers", "touched_rows", "touched_customer_rows"), "true"
        )
        narrowed = {"touched_accounts": part.holds("a.id"), "touched_rows": part.holds("account_id")} if part else {}
        return everything | narrowed
    of_accounts = "SELECT customer_id FROM parties_customeraccount WHERE id = ANY(%(accounts)s)"
    return {
        "touched_accounts": "a.id = ANY(%(accounts)s)",
        "touched_customers": f"c.id IN ({of_accounts})",
        "touched_rows": "account_id = ANY(%(accounts)s)",
        "touched_customer_rows": f"customer_id IN ({of_accounts})",
    }


def fact_parameters(
    *, as_of: date, account_ids: Collection[int] | None, weights: Mapping[int, RankWeights]
) -> dict[str, Any]:
    """Return the parameters of `FACTS` and of the ranking on it; `weights` as for `weights_json`. Three queries."""
    return {
        "as_of": as_of,
        "now": clock.now(),
        "accounts": None if account_ids is None else sorted(account_ids),
        "remembered": PROMISE_DAYS_REMEMBERED,
        "notices": NOTICE_DAYS_REMEMBERED,
        "plans": PLAN_DAYS_REMEMBERED,
        "zone": settings.TIME_ZONE,
        **step_parameters(as_of=as_of, account_ids=account_ids),
        "weights": weights_json(by_key=weights),
        "teams": sorted(set(weights) - {EVERYBODY}),
    }


def known_of(row: tuple[Any, ...]) -> Known:
    """Read the last five columns of a statement: state, snoozed_until, wake_at, due_date, measures of the task."""
    if row[-5] is None:
        return Known()
    return Known(state=row[-5], snoozed_until=row[-4], wake_at=row[-3], due_date=row[-2], measures=json.loads(row[-1]))
