"""Take the decision on a bank line again from what was kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from quittance.cash.models import MatchInputs
from quittance.cash.services.remembering import DECISION, INPUTS
from quittance.core.matching import DecisionInputs, MatchDecision, replay


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What was decided and when, what it was decided from, and what comes of that now."""

    decided_at: datetime
    inputs: DecisionInputs
    decision: MatchDecision
    again: MatchDecision

    @property
    def is_same(self) -> bool:
        """Say whether the same came out."""
        return self.decision == self.again


def find_replay(*, transaction_id: int) -> Replayed | None:
    """Return the latest decision of matching on a line, taken again; None where it never decided on it. One query."""
    kept = MatchInputs.objects.filter(transaction_id=transaction_id).first()
    if kept is None:
        return None
    inputs = INPUTS.validate_python(kept.inputs)
    return Replayed(
        decided_at=kept.decided_at,
        inputs=inputs,
        decision=DECISION.validate_python(kept.decision),
        again=replay(inputs=inputs),
    )
