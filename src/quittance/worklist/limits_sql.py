"""The tasks of customers over their limit: there may be as many as accounts, so they are ranked and staged as SQL too.

They go with the statement of the accounts, which needs to know who is over its limit as well. The points are those of
`core.worklist_tasks.rank_task`; a test holds the two together.
"""

from __future__ import annotations

from quittance.core.worklist import ActionReason, RankWeights, TaskKind
from quittance.core.worklist_tasks import DEADLINE_POINTS_MAX, kind_points
from quittance.worklist.ranking_sql import amount_share, fixed, part_text, quoted
from quittance.worklist.staging_sql import known, staged

_KIND = TaskKind.OVER_LIMIT.value
_POINTS = "%(limit_points)s::int"
_AMOUNT_POINTS = fixed(amount_share("%(limit_w_amount)s::int", "amount"))
_PARTS = ", ".join(
    (
        f"CASE WHEN {_POINTS} <> 0 THEN {part_text('KIND', _POINTS, kind=quoted(repr(_KIND)))} END",
        f"CASE WHEN p_amount <> 0 THEN {part_text('AMOUNT', 'p_amount', amount=quoted('amount'))} END",
        f"CASE WHEN days >= 0 THEN {part_text('DEADLINE', 'p_deadline', days='days')} END",
    )
)
_ROWS = f"""
SELECT key, '{_KIND}' AS kind, 'CREDIT_MANAGER' AS role, NULL::bigint AS owner_id, company_id,
    NULL::bigint AS account_id, customer_id, 'customer' AS subject_kind, customer_id::text AS subject_id, amount,
    currency, 0 AS days_late, 0 AS item_count, {_POINTS} + p_amount + p_deadline AS score,
    '[' || concat_ws(', ', {_PARTS}) || ']' AS score_parts, '{_KIND}' AS action_code,
    '{ActionReason.OVER_LIMIT.value}' AS action_reason, coalesce(t_due_date, %(as_of)s) AS due_date,
    '{{"action": "{_KIND}", "tenths": ' || CASE WHEN credit_limit = 0 THEN 10
        ELSE trunc(10 * amount / credit_limit)::bigint END || '}}' AS measures,
    t_id, t_state, t_snoozed_until, t_wake_at, t_measures, t_fingerprint, t_is_owned
FROM limit_ranked OFFSET 0"""


def stage_over_limit(*, narrowed: str = "true") -> str:
    """Return the relations that put one task into the stage for each customer over its limit (`over_limit`).

    What a customer owes in all its accounts counts. `narrowed` is a condition on those customers, named `o`.
    """
    return f"""
limit_known AS (
    SELECT o.*, 'limit:' || o.customer_id AS key, round(o.exposure - o.credit_limit, 4) AS amount,
        {known(owner="NULL::bigint")}
    FROM over_limit o LEFT JOIN worklist_task t ON t.customer_id = o.customer_id AND t.key LIKE 'limit:%%'
    WHERE {narrowed}
),
limit_counted AS (
    SELECT limit_known.*, %(as_of)s - coalesce(t_due_date, %(as_of)s) AS days
    FROM limit_known OFFSET 0
),
limit_ranked AS (
    SELECT limit_counted.*, {_AMOUNT_POINTS} AS p_amount,
        CASE WHEN days >= 0 THEN least(10 + days, {DEADLINE_POINTS_MAX}) ELSE 0 END AS p_deadline
    FROM limit_counted OFFSET 0
),{staged(name="limit_staged", rows=_ROWS)}"""


def limit_parameters(*, weights: RankWeights) -> dict[str, int]:
    """Return the parameters of `stage_over_limit`; `as_of` and `now` are those of the facts."""
    return {
        "limit_points": kind_points(kind=TaskKind.OVER_LIMIT, weights=weights),
        "limit_w_amount": weights.amount,
    }
