"""The ranking of `core.worklist` as SQL over a relation `facts`: a row an account, columns named as `AccountFacts`.

The core says what is right, one account at a time; a ledger is ranked by these statements, and a law in the tests
holds the two together. `facts` also has `weights_of`: the key of its row in the relation `weights`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields

from quittance.core.worklist import DEFAULT_WEIGHTS, WEIGHT_NAMES, ActionReason, NextAction, RankReason, RankWeights

# The key of the weights of everybody whose team has none of its own.
EVERYBODY = 0

WEIGHTS = f"""
weights AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(weights)s::jsonb)
    AS w(key int, {", ".join(f"{name} int" for name in WEIGHT_NAMES)})
)"""


def weights_json(*, by_key: Mapping[int, RankWeights]) -> str:
    """Return the parameter `weights`; `by_key` holds `EVERYBODY` and the teams with weights of their own."""
    return json.dumps([
        {"key": key, **{name: getattr(weights, name) for name in WEIGHT_NAMES}} for key, weights in by_key.items()
    ])  # fmt: skip


def _quarters(number: int) -> int:
    """Return what the core means by it: about four times the logarithm of base 2."""
    bits = number.bit_length()
    return max(4 * bits + ((number << 2 >> (bits - 1)) & 3), 1) if number > 0 else 1


_FULL_QUARTERS = _quarters(int(DEFAULT_WEIGHTS.amount_full))

# What no team changes is written into the statement: a column less for every account to carry.
_FIXED = {
    **{
        f"w_{field.name}": str(int(getattr(DEFAULT_WEIGHTS, field.name)))
        for field in fields(RankWeights)
        if field.name not in WEIGHT_NAMES
    },
}


def fixed(sql: str) -> str:
    """Return SQL with the figures of the weights that no team changes in the place of their names."""
    return re.sub(r"\bw_\w+\b", lambda found: _FIXED.get(found[0], found[0]), sql)


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


_WEIGHED = ", ".join(f"w.{name} AS w_{name}" for name in WEIGHT_NAMES)
# `acted`: the facts, their weights, and the next action with its reason. OFFSET 0 keeps the planner from writing the
# expressions of one level out again wherever the next one names them.
ACTED_QUERY = fixed(f"""
    SELECT n.*, split_part(rule, ' ', 1) AS action, split_part(rule, ' ', 2) AS reason
    FROM (SELECT h.*, {_first_rule()} AS rule FROM (
        SELECT e.*, coalesce(usual_delay_days > 0, false) AND excess_days = 0 AS is_within_habit
        FROM (
            SELECT f.*, {_WEIGHED},
                CASE WHEN f.usual_delay_days IS NULL OR f.amount_overdue <= 0 THEN 0
                    ELSE greatest(f.oldest_overdue_days - greatest(f.usual_delay_days, 0) - w_habit_days_tolerated, 0)
                END AS excess_days
            FROM facts f JOIN weights w ON w.key = f.weights_of OFFSET 0
        ) e OFFSET 0
    ) h OFFSET 0) n
""")
ACTED = f"acted AS MATERIALIZED ({ACTED_QUERY})"


# From which whole amount on each further quarter counts: 1, 2, 2, 2, 2, 3, 3, 4, 4, 5, ...
_BORDERS = ",".join(str(-(-(2 ** (step // 4)) * (4 + step % 4) // 4)) for step in range(_FULL_QUARTERS - 3))


def amount_share(points: str, amount: str) -> str:
    """Return SQL of the points for an amount, as the core has it."""
    quarters = f"3 + width_bucket(trunc({amount})::bigint, '{{{_BORDERS}}}'::bigint[])"
    return f"CASE WHEN {amount} < 1 THEN 0 ELSE {points} * ({quarters}) / {_FULL_QUARTERS} END"


def part_text(code: str, points: str, **params: str) -> str:
    """Return the JSON of one part as text: putting texts together costs a tenth of building JSON."""
    inner = ", ".join(f"\"{name}\": ' || {sql} || '" for name, sql in params.items())
    return f"""'{{"code": "{code}", "points": ' || {points} || ', "params": {{{inner}}}}}'"""


def quoted(amount: str) -> str:
    """Return SQL of an amount as a text of JSON."""
    return f"'\"' || {amount} || '\"'"


_POINTS: tuple[tuple[RankReason, str, dict[str, str]], ...] = (
    (
        RankReason.AMOUNT,
        amount_share("w_amount", "amount_overdue"),
        {"amount": quoted("amount_overdue")},
    ),
    (
        RankReason.LATENESS,
        f"""CASE WHEN amount_overdue > 0
            THEN {_share("w_lateness", "oldest_overdue_days", "w_lateness_days_full")} ELSE 0 END""",
        {"days": "oldest_overdue_days"},
    ),
    (
        RankReason.HABIT_BROKEN,
        _share("w_habit_broken", "excess_days", "w_habit_days_full"),
        {"days": "oldest_overdue_days", "usual_days": "coalesce(usual_delay_days, 0)"},
    ),
    (
        RankReason.OVER_LIMIT,
        _share("w_over_limit", "trunc(amount_over_limit)::bigint", "greatest(trunc(credit_limit)::bigint, 1)"),
        {"amount": quoted("amount_over_limit"), "limit": quoted("credit_limit")},
    ),
    (
        RankReason.PROMISE_BROKEN,
        "CASE WHEN promise_broken_days IS NULL THEN 0 ELSE "
        + _share("w_promise_broken", "w_promise_days_remembered - promise_broken_days", "w_promise_days_remembered")
        + " END",
        {"days": "coalesce(promise_broken_days, 0)", "count": "promises_broken"},
    ),
    (
        RankReason.PROMISE_DUE,
        "CASE WHEN amount_promise_due > 0 THEN w_promise_due ELSE 0 END",
        {"amount": quoted("amount_promise_due")},
    ),
    (
        RankReason.DISPUTE_LATE,
        _share("w_dispute_late", "dispute_late_days", "w_dispute_days_full"),
        {"days": "dispute_late_days", "amount": quoted("amount_disputed")},
    ),
    (RankReason.CALL_BACK, "CASE WHEN is_call_back_due THEN w_call_back ELSE 0 END", {}),
    (
        RankReason.EFFECT,
        amount_share("w_effect", "amount_claimable"),
        {"amount": quoted("amount_claimable")},
    ),
    (RankReason.STRATEGIC, "CASE WHEN is_strategic AND amount_overdue > 0 THEN w_strategic ELSE 0 END", {}),
    (
        RankReason.NOT_TOUCHED,
        f"""CASE WHEN amount_overdue <= 0 THEN 0 WHEN last_touch_days IS NULL THEN w_not_touched
            WHEN last_touch_days > w_touch_days_recent
            THEN {_share("w_not_touched", "last_touch_days", "w_touch_days_full")} ELSE 0 END""",
        {"days": "last_touch_days"},
    ),
)
_SUM = " + ".join(f"p_{code.value.lower()}" for code, _sql, _params in _POINTS)


def _parts() -> str:
    """Return the JSON of all parts that count, as text; whoever shows them puts the largest first."""
    parts = [
        f"CASE WHEN p_{code.value.lower()} <> 0 THEN {part_text(code.value, f'p_{code.value.lower()}', **params)} END"
        for code, _sql, params in _POINTS[:-1]
    ]
    untouched = part_text("NOT_TOUCHED", "p_not_touched")
    touched = part_text("NOT_TOUCHED", "p_not_touched", **_POINTS[-1][2])
    parts += [
        f"CASE WHEN p_not_touched <> 0 THEN coalesce({touched}, {untouched}) END",
        f"CASE WHEN cut <> 0 THEN {part_text('UNREACHED', '-cut', count='unreached_calls')} END",
        f"CASE WHEN halved <> 0 THEN {part_text('TOUCHED_RECENTLY', '-halved', days='last_touch_days')} END",
    ]
    return f"'[' || concat_ws(', ', {', '.join(parts)}) || ']'"


def scored(*, rows: str = "acted") -> str:
    """Return the relation `scored`: the rows of `acted` or of another relation, with `score` and `parts` (unordered).

    `parts` is the text of a JSON.
    """
    points = ", ".join(f"{sql} AS p_{code.value.lower()}" for code, sql, _params in _POINTS)
    return fixed(f"""
scored AS (
    SELECT r.*, gained - cut - halved AS score, {_parts()} AS parts
    FROM (
        SELECT c.*, CASE WHEN last_touch_days <= w_touch_days_recent THEN (gained - cut) / 2 ELSE 0 END AS halved
        FROM (
            SELECT g.*, CASE WHEN unreached_calls > 0 THEN least(w_unreached * unreached_calls, gained / 2) ELSE 0 END
                AS cut
            FROM (
                SELECT p.*, {_SUM} AS gained
                FROM (SELECT b.*, {points} FROM {rows} b OFFSET 0) p OFFSET 0
            ) g OFFSET 0
        ) c OFFSET 0
    ) r
)""")
