"""How customers pay, learnt from the explanations that people confirmed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import Count

from quittance.cash.models import MatchProposal
from quittance.core.matching import FamilyRules, Strategy

_KNOWN = frozenset(strategy.value for strategy in Strategy)


def list_family_rules(*, customer_ids: Collection[int], group_of: Mapping[int, int]) -> dict[int, FamilyRules]:
    """Return the rules of the groups of these customers of which people have confirmed explanations. One query.

    What was applied by itself teaches nothing: a mistake would confirm itself.
    """
    rows = (
        MatchProposal.objects.filter(
            state=MatchProposal.State.APPLIED,
            is_automatic=False,
            strategy__in=_KNOWN,
            account__customer_id__in=list(customer_ids),
        )
        .order_by()
        .values("account__customer_id", "strategy")
        .annotate(count=Count("id"))
    )
    habits: defaultdict[int, dict[Strategy, int]] = defaultdict(dict)
    for row in rows:
        mine = habits[group_of[row["account__customer_id"]]]
        strategy = Strategy(row["strategy"])
        mine[strategy] = mine.get(strategy, 0) + row["count"]
    return {group: FamilyRules(habits=tuple(sorted(found.items()))) for group, found in habits.items()}
