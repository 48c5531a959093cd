"""The events of simulations and trials."""

from __future__ import annotations

from typing import Any

from quittance.foundation.events import NewEvent
from quittance.foundation.permissions import Actor

SIMULATION_STARTED = "simulation.started"
SIMULATION_CANCELLED = "simulation.cancelled"
TRIAL_STARTED = "trial.started"
TRIAL_STOPPED = "trial.stopped"


def event(
    *, kind: str, actor: Actor, subject_kind: str, subject_id: int, company_id: int | None, payload: dict[str, Any]
) -> NewEvent:
    """Return an event about a simulation or a trial."""
    return NewEvent(
        kind=kind,
        actor=actor,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        company_id=company_id,
        payload=payload,
    )
