"""The ranking of `core.worklist` as SQL over a relation `facts`: a row an account, columns named as `AccountFacts`.

The core says what is right, one account at a time; a ledger is ranked by these statements, and a law in the tests
holds the two together. `facts` also has `weights_of`: the key of its row in the relation `weights`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields

from quittance.core.worklist import ActionReason, NextAction, RankReason, RankWeights

# The key of the weights of everybody whose team has none of its own.
EVERYBODY = 0
_NAMES = tuple(field.name for field in fields(RankWeights))

WEIGHTS = f"""
weights AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(weights)s::jsonb)
    AS w(key bigint, amount_full_quarters bigint, {", ".join(f"{name} bigint" for name in _NAMES)})
)"""


def weights_json(*, by_key: Mapping[int, RankWeights]) -> str:
    """Return the parameter `weights`; `by_key` holds `EVERYBODY` and the teams with weights of their own."""
    rows = [
        {
            "key": key,
            "amount_full_quarters": _quarters(int(weights.amount_full)),
            **{name: int(getattr(weights, name)) for name in _NAMES},
        }
        for key, weights in by_key.items()
    ]
    return json.dumps(rows)


def _quarters(number: int) -> int:
    """Return what the core means by it: about four times the logarithm of base 2."""
    bits = number.bit_length()
    return max(4 * bits + ((number << 2 >> (bits - 1)) & 3), 1) if number > 0 else 1


def _share(points: str, part: str, whole: str) -> str:
    return (
        f"CASE WHEN {part} <= 0 THEN 0 WHEN {part} >= {whole} THEN {points}"
        f" ELSE greatest({points} * ({part}) / ({whole}), least({points}, 1)) END"
    )


# In the order of the core's rules: action, reason, condition.
_WITH_CLAIM = (
    (NextAction.MATCH_CASH, ActionReason.CASH_WAITING, "amount_unapplied > 0"),
    (NextAction.ASK_CONTACT, ActionReason.NO_CONTACT, "NOT has_contact"),
    (NextAction.CALL, ActionReason.CALL_BACK, "is_call_back_due"),
    (NextAction.HAND_OVER, ActionReason.LAST_LEVEL_REACHED, "is_last_level_reached"),
    (
        NextAction.CALL,
        ActionReason.PROMISE_BROKEN,
        """promise_broken_days < w_promise_days_remembered
            AND (last_touch_days IS NULL OR last_touch_days >= promise_broken_days)""",
    ),
    (NextAction.FOLLOW_PROMISE, ActionReason.PROMISE_DUE, "amount_promise_due > 0"),
    (NextAction.WAIT, ActionReason.TOUCHED_RECENTLY, "last_touch_days <= w_touch_days_recent"),
    (NextAction.CALL, ActionReason.OVER_LIMIT, "amount_over_limit > 0"),
    (NextAction.CALL, ActionReason.HABIT_BROKEN, "excess_days >= w_habit_days_full / 2"),
    (NextAction.CALL, ActionReason.STRATEGIC, "is_strategic AND NOT is_within_habit"),
    (NextAction.CALL, ActionReason.REMINDERS_WITHOUT_EFFECT, "level_rank >= w_call_level_rank_min"),
    (NextAction.CALL, ActionReason.LARGE_AMOUNT, "amount_claimable >= w_call_amount_min AND NOT is_within_habit"),
    (NextAction.SEND_REMINDER, ActionReason.REMINDER_DUE, "is_reminder_due"),
    (NextAction.WAIT, ActionReason.WITHIN_HABIT, "is_within_habit"),
    (NextAction.WAIT, ActionReason.NEXT_REMINDER_LATER, "true"),
)
_WITHOUT_CLAIM = (
    (NextAction.RESOLVE_DISPUTE, ActionReason.DISPUTE_LATE, "dispute_late_days > 0"),
    (NextAction.MATCH_CASH, ActionReason.CASH_WAITING, "amount_unapplied > 0"),
    (NextAction.FOLLOW_PROMISE, ActionReason.PROMISE_DUE, "amount_promise_due > 0"),
    (NextAction.WAIT, ActionReason.PROMISE_RUNNING, "amount_promised > 0"),
    (NextAction.WAIT, ActionReason.IN_DISPUTE, "amount_disputed > 0"),
    (NextAction.WAIT, ActionReason.NOTHING_TO_CLAIM, "amount_overdue > 0"),
    (NextAction.WAIT, ActionReason.NOTHING_OVERDUE, "true"),
)


def _first_rule() -> str:
    """Return action and reason, with a blank between, of the first rule that holds."""

    def rules(table: tuple[tuple[NextAction, ActionReason, str], ...]) -> str:
        lines = (f"WHEN {condition} THEN '{action.value} {reason.value}'" for action, reason, condition in table)
        return f"CASE {' '.join(lines)} END"

    return f"CASE WHEN amount_claimable > 0 THEN {rules(_WITH_CLAIM)} ELSE {rules(_WITHOUT_CLAIM)} END"


_WEIGHED = ", ".join(f"w.{name} AS w_{name}" for name in _NAMES)
# `acted`: the facts, their weights, and the next action with its reason. OFFSET 0 keeps the planner from writing the
# expressions of one level out again wherever the next one names them.
ACTED = f"""
acted AS MATERIALIZED (
    SELECT n.*, split_part(rule, ' ', 1) AS action, split_part(rule, ' ', 2) AS reason
    FROM (SELECT h.*, {_first_rule()} AS rule FROM (
        SELECT e.*, coalesce(usual_delay_days > 0, false) AND excess_days = 0 AS is_within_habit
        FROM (
            SELECT f.*, {_WEIGHED}, w.amount_full_quarters,
                CASE WHEN f.usual_delay_days IS NULL OR f.amount_overdue <= 0 THEN 0
                    ELSE greatest(f.oldest_overdue_days - greatest(f.usual_delay_days, 0) - w.habit_days_tolerated, 0)
                END AS excess_days
            FROM facts f JOIN weights w ON w.key = f.weights_of OFFSET 0
        ) e OFFSET 0
    ) h OFFSET 0) n
)"""


def _bits(amount: str) -> str:
    """Return how many binary digits the whole part of an amount has, 0 for nothing."""
    whole = f"trunc({amount})::bigint"
    return f"CASE WHEN {whole} > 0 THEN 65 - position('1' IN {whole}::bit(64)::text) ELSE 0 END"


def _amount_share(points: str, amount: str, bits: str) -> str:
    quarters = f"4 * {bits} + ((trunc({amount})::bigint << 2 >> ({bits} - 1)) & 3)"
    return (
        f"CASE WHEN {bits} = 0 THEN 0 ELSE"
        f" {points} * least({quarters}, amount_full_quarters) / amount_full_quarters END"
    )


_POINTS: tuple[tuple[RankReason, str, str], ...] = (
    (
        RankReason.AMOUNT,
        _amount_share("w_amount", "amount_overdue", "bits_overdue"),
        "jsonb_build_object('amount', amount_overdue::text)",
    ),
    (
        RankReason.LATENESS,
        f"""CASE WHEN amount_overdue > 0
            THEN {_share("w_lateness", "oldest_overdue_days", "w_lateness_days_full")} ELSE 0 END""",
        "jsonb_build_object('days', oldest_overdue_days)",
    ),
    (
        RankReason.HABIT_BROKEN,
        _share("w_habit_broken", "excess_days", "w_habit_days_full"),
        "jsonb_build_object('days', oldest_overdue_days, 'usual_days', coalesce(usual_delay_days, 0))",
    ),
    (
        RankReason.OVER_LIMIT,
        _share("w_over_limit", "trunc(amount_over_limit)::bigint", "greatest(trunc(credit_limit)::bigint, 1)"),
        "jsonb_build_object('amount', amount_over_limit::text, 'limit', credit_limit::text)",
    ),
    (
        RankReason.PROMISE_BROKEN,
        "CASE WHEN promise_broken_days IS NULL THEN 0 ELSE "
        + _share("w_promise_broken", "w_promise_days_remembered - promise_broken_days", "w_promise_days_remembered")
        + " END",
        "jsonb_build_object('days', coalesce(promise_broken_days, 0), 'count', promises_broken)",
    ),
    (
        RankReason.PROMISE_DUE,
        "CASE WHEN amount_promise_due > 0 THEN w_promise_due ELSE 0 END",
        "jsonb_build_object('amount', amount_promise_due::text)",
    ),
    (
        RankReason.DISPUTE_LATE,
        _share("w_dispute_late", "dispute_late_days", "w_dispute_days_full"),
        "jsonb_build_object('days', dispute_late_days, 'amount', amount_disputed::text)",
    ),
    (RankReason.CALL_BACK, "CASE WHEN is_call_back_due THEN w_call_back ELSE 0 END", "'{}'::jsonb"),
    (
        RankReason.EFFECT,
        _amount_share("w_effect", "amount_claimable", "bits_claimable"),
        "jsonb_build_object('amount', amount_claimable::text)",
    ),
    (
        RankReason.STRATEGIC,
        "CASE WHEN is_strategic AND amount_overdue > 0 THEN w_strategic ELSE 0 END",
        "'{}'::jsonb",
    ),
    (
        RankReason.NOT_TOUCHED,
        f"""CASE WHEN amount_overdue <= 0 THEN 0 WHEN last_touch_days IS NULL THEN w_not_touched
            WHEN last_touch_days > w_touch_days_recent
            THEN {_share("w_not_touched", "last_touch_days", "w_touch_days_full")} ELSE 0 END""",
        "CASE WHEN last_touch_days IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('days', last_touch_days) END",
    ),
)
_SUM = " + ".join(f"p_{code.value.lower()}" for code, _sql, _params in _POINTS)
_VALUES = ", ".join(f"('{code.value}', p_{code.value.lower()}, {params})" for code, _sql, params in _POINTS)


def scored(*, where: str = "true") -> str:
    """Return the relation `scored`: the rows of `acted` that hold `where`, with `score` and `parts` (largest first)."""
    points = ", ".join(f"{sql} AS p_{code.value.lower()}" for code, sql, _params in _POINTS)
    return f"""
scored AS (
    SELECT r.*, r.gained - r.cut - r.halved AS score, parts.list AS parts
    FROM (
        SELECT c.*, CASE WHEN last_touch_days <= w_touch_days_recent THEN (gained - cut) / 2 ELSE 0 END AS halved
        FROM (
            SELECT g.*, CASE WHEN unreached_calls > 0 THEN least(w_unreached * unreached_calls, gained / 2) ELSE 0 END
                AS cut
            FROM (
                SELECT p.*, {_SUM} AS gained
                FROM (SELECT b.*, {points} FROM (SELECT acted.*, {_bits("amount_overdue")} AS bits_overdue,
                    {_bits("amount_claimable")} AS bits_claimable FROM acted
                    WHERE {where} OFFSET 0) b OFFSET 0) p OFFSET 0
            ) g OFFSET 0
        ) c OFFSET 0
    ) r
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_agg(jsonb_build_object('code', v.code, 'points', v.points, 'params', v.params)
            ORDER BY v.points DESC, v.code COLLATE "C"), '[]'::jsonb) AS list
        FROM (VALUES {_VALUES},
            ('UNREACHED', -cut, jsonb_build_object('count', unreached_calls)),
            ('TOUCHED_RECENTLY', -halved, jsonb_build_object('days', last_touch_days))
        ) v(code, points, params) WHERE v.points <> 0
    ) parts
)"""
