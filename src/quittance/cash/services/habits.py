"""How customers pay: what people confirmed, and what was agreed with their accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from quittance.cash.models import HabitDecision, MatchProposal
from quittance.core.matching import EvidenceKind, FamilyRules, Strategy
from quittance.parties.agreements import Agreement, list_accounts_in_use

_KNOWN = frozenset(strategy.value for strategy in Strategy)
# Ways to write a reference other than whole, of which what people confirm teaches something.
READINGS: Final = (
    EvidenceKind.REFERENCE_PART,
    EvidenceKind.REFERENCE_RANGE,
    EvidenceKind.REFERENCE_CUT,
    EvidenceKind.REFERENCE_MISTYPED,
    EvidenceKind.REFERENCE_OWN_NUMBER,
)
# That credit notes are deducted counts, once agreed, like so many payments that people confirmed to do it.
AGREED_COUNT: Final = 10


def list_family_rules(
    *,
    company_id: int,
    customer_ids: Collection[int],
    group_of: Mapping[int, int],
    customers_of_group: Mapping[int, Collection[int]],
    agreements: Mapping[int, Agreement],
) -> dict[int, FamilyRules]:
    """Return the rules of the groups of which people confirmed explanations or with which something was agreed.

    What was applied by itself teaches nothing: a mistake would confirm itself. What was agreed holds for a group when
    it holds for all of its accounts with the company; where one of them asks for more certainty, all get it. Two
    queries, and one where anything was agreed.
    """
    habits, readings = _confirmed(customer_ids, group_of), _read(customer_ids, group_of)
    rules = {
        group: FamilyRules(
            habits=tuple(sorted(habits.get(group, {}).items())), readings=tuple(sorted(readings.get(group, {}).items()))
        )
        for group in habits.keys() | readings.keys()
    }
    groups = {group_of[one.customer_id] for one in agreements.values()}
    members = {customer_id for group in groups for customer_id in customers_of_group[group]}
    found: defaultdict[int, list[Agreement | None]] = defaultdict(list)
    for account_id, customer_id in list_accounts_in_use(company_id=company_id, customer_ids=members):
        found[group_of[customer_id]].append(agreements.get(account_id))
    return rules | {group: _agreed(rules.get(group, FamilyRules()), of_all) for group, of_all in found.items()}


def _agreed(rules: FamilyRules, agreements: Collection[Agreement | None]) -> FamilyRules:
    """Return rules with what all accounts of a group agree on; None is an account with which nothing was agreed."""
    known = [one for one in agreements if one is not None]
    is_of_all = len(known) == len(agreements)
    thresholds = [one.matching_threshold for one in known if one.matching_threshold is not None]
    if len(thresholds) < len(agreements):
        thresholds.append(rules.threshold)
    habits = dict(rules.habits)
    if is_of_all and all(one.nets_credit_notes for one in known):
        way = Strategy.REFERENCE_WITH_CREDIT_NOTES
        habits[way] = habits.get(way, 0) + AGREED_COUNT
    return replace(
        rules,
        threshold=max(thresholds),
        is_oldest_first=is_of_all and all(one.is_oldest_first for one in known),
        habits=tuple(sorted(habits.items())),
    )


def _put_aside() -> QuerySet[HabitDecision]:
    """Return what a person said against using a confirmed explanation: the habit is off, or forgotten since."""
    return HabitDecision.objects.filter(
        Q(is_off=True) | Q(forgotten_at__gte=OuterRef("decided_at")),
        customer_id=OuterRef("account__customer_id"),
        strategy=OuterRef("strategy"),
    )


def _confirmed(customer_ids: Collection[int], group_of: Mapping[int, int]) -> dict[int, dict[Strategy, int]]:
    rows = (
        MatchProposal.objects.filter(
            state=MatchProposal.State.APPLIED,
            is_automatic=False,
            strategy__in=_KNOWN,
            account__customer_id__in=list(customer_ids),
        )
        .exclude(Exists(_put_aside()))
        .order_by()
        .values("account__customer_id", "strategy")
        .annotate(count=Count("id"))
    )
    habits: defaultdict[int, dict[Strategy, int]] = defaultdict(dict)
    for row in rows:
        mine = habits[group_of[row["account__customer_id"]]]
        strategy = Strategy(row["strategy"])
        mine[strategy] = mine.get(strategy, 0) + row["count"]
    return habits


_READ = """
SELECT a.customer_id, e.kind, count(*)
FROM cash_matchproposal p
JOIN parties_customeraccount a ON a.id = p.account_id
CROSS JOIN LATERAL (
    SELECT DISTINCT one ->> 'kind' AS kind FROM jsonb_array_elements(p.evidence) one
    WHERE one ->> 'kind' = ANY(%(kinds)s)
) e
LEFT JOIN cash_habitdecision d ON d.customer_id = a.customer_id AND d.strategy = e.kind
WHERE p.state = 'APPLIED' AND NOT p.is_automatic AND a.customer_id = ANY(%(customers)s)
    AND NOT coalesce(d.is_off, false) AND (d.forgotten_at IS NULL OR p.decided_at > d.forgotten_at)
GROUP BY a.customer_id, e.kind
"""


def _read(customer_ids: Collection[int], group_of: Mapping[int, int]) -> dict[int, dict[EvidenceKind, int]]:
    """Return how references were read in what people confirmed, where they were not written whole. One query."""
    found: defaultdict[int, dict[EvidenceKind, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"kinds": [kind.value for kind in READINGS], "customers": list(customer_ids)})
        for customer_id, kind, count in cursor.fetchall():
            mine = found[group_of[customer_id]]
            mine[EvidenceKind(kind)] = mine.get(EvidenceKind(kind), 0) + count
    return found
