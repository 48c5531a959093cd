"""What changes simulations and trials."""

from quittance.simulation.services.simulating import (
    SimulationNotRunning,
    SimulationRefused,
    cancel_simulation,
    run_simulation,
    start_simulation,
)
from quittance.simulation.services.trying import TrialRefused, start_trial, stop_trial

__all__ = [
    "SimulationNotRunning",
    "SimulationRefused",
    "TrialRefused",
    "cancel_simulation",
    "run_simulation",
    "start_simulation",
    "start_trial",
    "stop_trial",
]
