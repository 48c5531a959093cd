"""The ranking as SQL says what the core says, whatever is known of an account and whatever it is weighed by."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quittance.core.worklist import (
    WEIGHT_MAX,
    WEIGHT_NAMES,
    AccountFacts,
    RankWeights,
    adjust_weights,
    rank_account,
)
from quittance.worklist.candidates import strongest_first
from quittance.worklist.ranking_sql import ACTED, WEIGHTS, scored, weights_json

pytestmark = pytest.mark.django_db

TYPES = {"Decimal": "numeric", "int": "bigint", "int | None": "bigint", "bool": "boolean"}
COLUMNS = ", ".join(f"{field.name} {TYPES[str(field.type)]}" for field in fields(AccountFacts))
RANK = f"""
WITH {WEIGHTS},
facts AS (SELECT * FROM jsonb_to_recordset(%(facts)s::jsonb) AS f(id bigint, weights_of bigint, {COLUMNS})),
{ACTED}, {scored()}
SELECT id, score, parts, action, reason FROM scored ORDER BY id
"""

amounts = st.one_of(
    st.just(Decimal(0)),
    st.integers(0, 3000).map(lambda cents: Decimal(cents) / 100),
    st.decimals(0, 10**12, places=4, allow_nan=False),
)
days = st.integers(0, 400)
maybe_days = st.one_of(st.none(), st.integers(0, 5), days)
account_facts = st.builds(
    AccountFacts,
    amount_overdue=amounts,
    amount_claimable=amounts,
    oldest_overdue_days=days,
    usual_delay_days=st.one_of(st.none(), st.integers(-30, 90)),
    amount_over_limit=amounts,
    credit_limit=amounts,
    promise_broken_days=maybe_days,
    promises_broken=st.integers(0, 4),
    amount_promise_due=amounts,
    amount_promised=amounts,
    amount_disputed=amounts,
    dispute_late_days=days,
    amount_unapplied=amounts,
    is_strategic=st.booleans(),
    has_contact=st.sampled_from([True, True, False]),
    last_touch_days=maybe_days,
    level_rank=st.integers(0, 4),
    is_last_level_reached=st.booleans(),
    is_reminder_due=st.booleans(),
    is_call_back_due=st.booleans(),
    unreached_calls=st.integers(0, 12),
)
changed_weights = st.dictionaries(st.sampled_from(WEIGHT_NAMES), st.integers(0, WEIGHT_MAX)).map(
    lambda changes: adjust_weights(changes=changes)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(known=st.lists(st.tuples(account_facts, st.integers(0, 1)), min_size=1, max_size=30), own=changed_weights)
def test_law_sql_ranks_as_the_core_does(known: list[tuple[AccountFacts, int]], own: RankWeights) -> None:
    by_key = {0: RankWeights(), 1: own}
    rows = [{"id": n, "weights_of": key, **asdict(facts)} for n, (facts, key) in enumerate(known)]
    with connection.cursor() as cursor:
        cursor.execute(RANK, {"facts": json.dumps(rows, default=str), "weights": weights_json(by_key=by_key)})
        found = cursor.fetchall()
    assert len(found) == len(known)
    for (facts, key), (_id, score, parts, action, reason) in zip(known, found, strict=True):
        ranking = rank_account(facts=facts, weights=by_key[key])
        expected = [(part.code.value, part.points, _plain(dict(part.params))) for part in ranking.parts]
        # The statement leaves the order to whoever shows them.
        told = [(part["code"], part["points"], _plain(part["params"])) for part in strongest_first(json.loads(parts))]
        assert (score, told, action, reason) == (
            ranking.score, expected, ranking.proposed_action.value, ranking.action_reason.value,
        )  # fmt: skip


def _plain(params: dict[str, Any]) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in params.items()}
