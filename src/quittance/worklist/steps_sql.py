"""Which step of its policy each account has reached, and whether a run of the day would take the next one, as SQL.

The policy of an account is found as a run finds it (`dunning.statements.POLICY_CODES`), and so are its steps: each item
that nothing holds goes by its own last step, days count from the due date or from that step, a learnt delay shifts
them, and the highest step that is due gives the interval, the touches and the quiet days that count. Two things are
simpler than in a run: steps for a bounced message or a broken promise are passed over, those for want of an answer are
taken as met; and credit that covers a part of an account covers no item in particular.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection

from quittance.core.dunning import DunningLevel, StepClock, StepCondition
from quittance.core.dunning_steps import FORMAL
from quittance.dunning.policies import NoDefaultPolicy, Policy, PolicyBook, read_policies
from quittance.dunning.quiet_days import quiet_dates
from quittance.dunning.statements import COUNTED

_DEBITED = {"": "", "DIRECT_DEBIT": " D"}
_SATURDAY = 5
_RARE = (StepCondition.LAST_BOUNCED, StepCondition.PROMISE_BROKEN)

# Of each account in `base` with something that is not held: the step it stands at, whether the next one is due.
STEPS = f"""
step AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(steps)s::jsonb) AS s(key text, rank int, next_rank int, is_last boolean,
        is_from_previous boolean, days int, days_latest int, tolerance int, at_least numeric, interval_days int)
),
level AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(levels)s::jsonb) AS s(key text, rank int, interval_days int, is_quiet boolean,
        heeds_holidays boolean, touches_max int, touches_days int)
),
rule AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(rules)s::jsonb) AS s(key text, amount_min numeric, bank_days_max int)
),
moved AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(moved)s::jsonb) AS s(key text, policy_id bigint, rank int, rank_now int)
),
-- Nothing is decided on bank data that is too old: the oldest of the accounts that customers pay to.
bank AS (
    SELECT company_id, %(as_of)s - coalesce(min(last_statement_date) FILTER (WHERE is_shown_on_notices),
        max(last_statement_date)) AS days
    FROM parties_companybankaccount GROUP BY company_id
),
blocked AS (
    SELECT account_id, item_id FROM dunning_dunningblock
    WHERE from_date <= %(as_of)s AND (until_date IS NULL OR until_date >= %(as_of)s)
),
noticed AS (
    SELECT account_id, max(notice_date) FILTER (WHERE medium <> 'TASK') AS day,
        max(notice_date) FILTER (WHERE state IN ('QUEUED', 'SENT', 'UNCERTAIN')
            AND notice_date > %(as_of)s - %(notices)s) AS touch_day
    FROM dunning_dunningnotice WHERE state IN {COUNTED} AND {{touched_rows}} GROUP BY account_id
),
stepped AS (
    SELECT x.item_id, max({{rank}}) AS rank, max(n.notice_date) AS day,
        max({{rank}}) FILTER (WHERE n.state IN ('QUEUED', 'SENT', 'UNCERTAIN')) AS sent_rank,
        max(n.notice_date) FILTER (WHERE x.level_rank IS NOT NULL) AS step_day
    FROM dunning_dunningnotice n JOIN dunning_dunningnoticeitem x ON x.notice_id = n.id {{moved}}
    WHERE n.state IN {COUNTED} AND {{touched_rows}} GROUP BY x.item_id
),
-- Accounts whose items have to be looked at one by one; all others stand before the first step with their oldest item.
worked AS MATERIALIZED (
    SELECT account_id FROM noticed
    UNION SELECT account_id FROM held
    UNION SELECT account_id FROM blocked
    UNION SELECT account_id FROM ledger_openitem WHERE is_factored AND amount_open > 0 AND {{touched_rows}}
),
-- By the step its items stand at (none: -1) and their last notice, the oldest day that the next one may count from.
standing AS (
    SELECT i.account_id, coalesce(s.rank, -1) AS rank, min(i.due_date) AS due_date,
        min(greatest(s.step_day, i.due_date)) AS from_previous, s.day AS notice_day, max(s.sent_rank) AS sent_rank,
        sum(i.amount_company_open) AS amount
    FROM ledger_openitem i LEFT JOIN stepped s ON s.item_id = i.id
    WHERE i.amount_open > 0 AND i.due_date < %(as_of)s AND NOT i.is_factored AND {{touched_rows}}
      AND i.account_id IN (SELECT account_id FROM worked)
      AND i.id NOT IN (SELECT item_id FROM promised)
      AND i.id NOT IN (SELECT item_id FROM blocked WHERE item_id IS NOT NULL)
      AND i.id NOT IN (SELECT d.item_id FROM disputed d JOIN ledger_openitem o ON o.id = d.item_id
                       WHERE d.amount >= o.amount_open)
    GROUP BY i.account_id, coalesce(s.rank, -1), s.day
    UNION ALL
    SELECT id, -1, oldest_due_date, oldest_due_date, NULL, NULL, overdue FROM base
    WHERE id NOT IN (SELECT account_id FROM worked)
),
placed AS (
    SELECT z.account_id, max(z.sent_rank) AS level_rank,
        max(step.next_rank) FILTER (WHERE %(as_of)s >= CASE WHEN step.is_from_previous THEN z.from_previous
                ELSE z.due_date END
            + CASE WHEN step.days_latest IS NULL OR z.usual_delay_days IS NULL THEN step.days
                ELSE greatest(step.days, least(z.usual_delay_days + step.tolerance, step.days_latest)) END
            AND z.overdue >= step.at_least) AS due_rank,
        sum(z.amount) FILTER (WHERE step.is_last AND %(as_of)s - z.notice_day >= step.interval_days) AS amount_last
    FROM (SELECT standing.*, base.policy_key, base.usual_delay_days, base.overdue
          FROM standing JOIN base ON base.id = standing.account_id OFFSET 0) z
    JOIN step ON step.key = z.policy_key AND step.rank = z.rank
    GROUP BY z.account_id
),
turn AS (
    SELECT base.id AS account_id, noticed.touch_day, coalesce(p.level_rank, 0) AS level_rank, rule.amount_min,
        p.amount_last >= rule.amount_min AND p.due_rank IS NULL AND is_free AS is_last,
        is_free AND level.rank IS NOT NULL AND NOT level.is_quiet
            AND NOT (level.heeds_holidays AND base.country = ANY(%(holidays)s))
            AND (noticed.day IS NULL OR %(as_of)s - noticed.day >= level.interval_days)
            AND (level.touches_max IS NULL OR level.touches_max > (
                SELECT count(*) FROM dunning_dunningnotice n WHERE n.account_id = base.id AND n.state IN {COUNTED}
                  AND n.medium <> 'TASK' AND n.notice_date > %(as_of)s - level.touches_days
            ) + (
                SELECT count(*) FROM worklist_call k WHERE k.account_id = base.id
                  AND k.outcome NOT IN ('VOICEMAIL', 'WRONG_NUMBER')
                  AND (k.made_at AT TIME ZONE %(zone)s)::date > %(as_of)s - level.touches_days
            )) AS is_step_due
    FROM base
    LEFT JOIN noticed ON noticed.account_id = base.id
    LEFT JOIN placed p ON p.account_id = base.id
    LEFT JOIN rule ON rule.key = base.policy_key
    LEFT JOIN level ON level.key = base.policy_key AND level.rank = p.due_rank
    LEFT JOIN bank ON bank.company_id = base.company_id
    CROSS JOIN LATERAL (SELECT coalesce(bank.days <= rule.bank_days_max, true)
        AND base.id NOT IN (SELECT account_id FROM blocked WHERE item_id IS NULL) AS is_free) f
)"""

# Where steps of an older version of a policy stand elsewhere now, as `dunning.standing` says it.
_RANK_NOW = {
    "rank": "CASE WHEN moved.key IS NULL THEN x.level_rank ELSE moved.rank_now END",
    "moved": """LEFT JOIN dunning_dunninglevel l ON l.id = n.level_id
        LEFT JOIN base ON base.id = n.account_id
        LEFT JOIN moved ON moved.key = base.policy_key AND moved.policy_id = l.policy_id
            AND moved.rank = x.level_rank""",
}


def ranks(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return how `STEPS` reads the rank of a step; another way only while steps of older versions stand elsewhere."""
    return _RANK_NOW if parameters["moved"] != "[]" else {"rank": "x.level_rank", "moved": ""}


def step_parameters(*, as_of: date, account_ids: Collection[int] | None) -> dict[str, Any]:
    """Return the parameters of `STEPS`. Three queries."""
    try:
        book = read_policies(as_of=as_of)
    except NoDefaultPolicy:
        book = None
    by_key = dict(_by_key(book)) if book else {}
    rank_max = max((level.rank for policy in by_key.values() for level in policy.levels), default=0)
    heeds = any(policy.rules.is_quiet_on_holidays for policy in by_key.values())
    return {
        "policies": sorted(book.by_code) if book else [],
        "steps": _rows(by_key, lambda policy: _steps(policy, rank_max)),
        "levels": _rows(by_key, lambda policy: _levels(policy, as_of)),
        "rules": _rows(by_key, lambda policy: [_rule(policy)]),
        "moved": _rows(by_key, _moved),
        "holidays": _countries_resting(as_of, account_ids) if heeds else [],
    }


def _by_key(book: PolicyBook) -> Iterator[tuple[str, Policy]]:
    for code in ("", *book.by_code):
        for method, suffix in _DEBITED.items():
            yield code + suffix, book.policy_for(code=code or None, payment_method=method)


def _rows(by_key: Mapping[str, Policy], rows: Callable[[Policy], Iterable[dict[str, Any]]]) -> str:
    found = [{"key": key, **row} for key, policy in by_key.items() for row in rows(policy)]
    return json.dumps(found, default=str)


def _rule(policy: Policy) -> dict[str, Any]:
    return {"amount_min": policy.amount_min, "bank_days_max": policy.bank_data_age_days_max}


def _moved(policy: Policy) -> Iterator[dict[str, Any]]:
    for policy_id, by_rank in policy.moved_ranks.items():
        for rank, now in by_rank.items():
            yield {"policy_id": policy_id, "rank": rank, "rank_now": now}


def _levels(policy: Policy, as_of: date) -> Iterator[dict[str, Any]]:
    rules = policy.rules
    for level in policy.levels:
        own = level.interval_days_min
        yield {
            "rank": level.rank,
            "interval_days": policy.interval_days_min if own is None else own,
            "is_quiet": rules.is_quiet_on_weekends and level.medium.is_touch and as_of.weekday() >= _SATURDAY,
            "heeds_holidays": rules.is_quiet_on_holidays and level.medium.is_touch,
            "touches_max": rules.touches_max if level.medium.is_touch else None,
            "touches_days": rules.touches_days,
        }


def _steps(policy: Policy, rank_max: int) -> Iterator[dict[str, Any]]:
    """Yield for each step that an item may stand at (-1: none) when the next one after the due date comes."""
    overdue = [level for level in policy.levels if not level.is_courtesy]
    for rank in range(-1, rank_max + 1):
        row: dict[str, Any] = {"rank": rank, "is_last": bool(overdue), "interval_days": policy.interval_days_min}
        carried, is_from_previous = 0, False
        for place, level in enumerate(overdue):
            if level.rank <= rank:
                continue
            follows = level.counted_from is StepClock.PREVIOUS_STEP
            if not follows:
                carried, is_from_previous = 0, False
            elif not carried:
                is_from_previous = True
            carried += level.offset_days
            if level.condition in _RARE:
                continue
            row |= {"next_rank": level.rank, "days": carried, "is_from_previous": is_from_previous, "is_last": False}
            row |= _learnt(policy, overdue, place)
            row["at_least"] = level.amount_min if level.condition is StepCondition.OVERDUE_AT_LEAST else 0
            break
        yield row


def _learnt(policy: Policy, overdue: Sequence[DunningLevel], place: int) -> dict[str, Any]:
    """Return by when a step comes at the latest while it waits for the usual delay of a payer; nothing if it does not.

    As `core.dunning_steps` has it.
    """
    level, timing = overdue[place], policy.timing
    if timing is None or level.tone == FORMAL or level.counted_from is StepClock.PREVIOUS_STEP:
        return {}
    latest = level.offset_days + timing.shift_days_max
    following = overdue[place + 1] if place + 1 < len(overdue) else None
    if following is not None and following.counted_from is StepClock.DUE_DATE:
        latest = min(latest, following.offset_days - 1)
    return {"days_latest": latest, "tolerance": timing.tolerance_days}


_COUNTRIES = """
SELECT DISTINCT country FROM parties_customer WHERE %(accounts)s::bigint[] IS NULL
   OR id IN (SELECT customer_id FROM parties_customeraccount WHERE id = ANY(%(accounts)s::bigint[]))
"""


def _countries_resting(as_of: date, account_ids: Collection[int] | None) -> list[str]:
    """Return the countries of customers in which the day is a public holiday. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTRIES, {"accounts": None if account_ids is None else list(account_ids)})
        return [country for (country,) in cursor.fetchall() if quiet_dates(country=country, day=as_of)]
