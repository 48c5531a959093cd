"""Where an item stands in the policy of today when its last step was one of an older version.

A step is found again by its code. One that is no longer there counts as the last step of today whose day is not after
the day it had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import connection

from quittance.dunning import statements

if TYPE_CHECKING:
    from quittance.dunning.policies import Policy

# By the id of each older version: its ranks that mean another one now (None: no step that is past).
MovedRanks = Mapping[int, Mapping[int, int | None]]

LAST_RANKS = """
SELECT n.account_id, x.item_id, l.policy_id, max(x.level_rank)
FROM dunning_dunningnotice n
JOIN dunning_dunningnoticeitem x ON x.notice_id = n.id AND x.level_rank IS NOT NULL
JOIN dunning_dunninglevel l ON l.id = n.level_id
WHERE n.account_id = ANY(%(accounts)s::bigint[]) AND n.state IN ('QUEUED', 'SENT', 'UNCERTAIN', 'TASK_OPEN', 'DONE')
  AND (NOT %(back)s OR n.notice_date <= %(as_of)s)
GROUP BY n.account_id, x.item_id, l.policy_id
"""


def rank_now(*, before: Policy, rank: int, now: Policy) -> int | None:
    """Return the rank in a policy of a step of its older version; None when no step of it is past."""
    level = before.level_of_rank(rank)
    if level is None:
        return rank
    same = next((one.rank for one in now.levels if one.code == level.code), None)
    if same is not None:
        return same
    day = before.days_by_rank()[rank]
    return max((one for one, own_day in now.days_by_rank().items() if own_day <= day), default=None)


def moved_ranks(*, before: Policy, now: Policy) -> dict[int, int | None]:
    """Return the ranks of an older version that mean another rank now."""
    ranks = {level.rank: rank_now(before=before, rank=level.rank, now=now) for level in before.levels}
    return {rank: found for rank, found in ranks.items() if found != rank}


def last_ranks(*, moved: Mapping[int, MovedRanks], parameters: Mapping[str, Any]) -> dict[int, int | None]:
    """Return the last step of the items of some accounts as their policies of today rank it, by item.

    `moved` are the moved ranks of the policy of each account. One query, none without such accounts.
    """
    if not moved:
        return {}
    taken: dict[int, int | None] = {}
    with connection.cursor() as cursor:
        cursor.execute(LAST_RANKS, {**parameters, "accounts": statements.ids_text(sorted(moved))})
        for account_id, item_id, policy_id, rank in cursor.fetchall():
            now = moved[account_id].get(policy_id, {}).get(rank, rank)
            before = taken.get(item_id)
            taken[item_id] = now if before is None else before if now is None else max(before, now)
    return taken
