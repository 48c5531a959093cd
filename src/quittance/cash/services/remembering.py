"""Keep what each bank line was decided from, so that the decision can be taken again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.db import connection, transaction
from pydantic import TypeAdapter

from quittance.cash.services.candidates import Workload
from quittance.core.matching import DecisionInputs, MatchDecision, MatchReason, gather_inputs
from quittance.foundation import clock
from quittance.foundation.copying import copy_rows

CHUNK: Final = 5000
INPUTS: Final = TypeAdapter(DecisionInputs)
DECISION: Final = TypeAdapter(MatchDecision)
_STAGE = """
CREATE TEMP TABLE IF NOT EXISTS cash_decision_stage (transaction_id bigint, inputs jsonb, decision jsonb) ON COMMIT DROP
"""
_KEEP = """
INSERT INTO cash_matchinputs AS kept (transaction_id, decided_at, inputs, decision)
SELECT transaction_id, %s, inputs, decision FROM cash_decision_stage ORDER BY transaction_id
ON CONFLICT (transaction_id) DO UPDATE
SET decided_at = excluded.decided_at, inputs = excluded.inputs, decision = excluded.decision
WHERE (kept.inputs, kept.decision) IS DISTINCT FROM (excluded.inputs, excluded.decision)
"""


def keep_inputs(*, decisions: Sequence[MatchDecision], workload: Workload) -> None:
    """Keep the latest decision of each line with what it was taken from; some thousands a transaction.

    What comes out as before stays as it stands, with the moment it was decided first.
    """
    for start in range(0, len(decisions), CHUNK):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_STAGE)
            cursor.execute("DELETE FROM cash_decision_stage")
            copy_rows(
                table="cash_decision_stage",
                columns=("transaction_id", "inputs", "decision"),
                rows=_rows(decisions[start : start + CHUNK], workload),
            )
            cursor.execute(_KEEP, [clock.now()])


def _rows(decisions: Iterable[MatchDecision], workload: Workload) -> Iterable[tuple[int, str, str]]:
    for decision in decisions:
        inputs = gather_inputs(
            line=workload.lines[decision.line_id],
            payers=workload.payers[decision.line_id],
            pool=workload.pool,
            rules=workload.rules,
            is_wanted_twice=decision.reason is MatchReason.ITEM_WANTED_TWICE,
        )
        yield decision.line_id, INPUTS.dump_json(inputs).decode(), DECISION.dump_json(decision).decode()
