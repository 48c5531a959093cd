"""Jobs of simulations."""

from __future__ import annotations

from quittance.foundation.jobs import Queue, app
from quittance.simulation import services


@app.task(name="simulation.run_simulation", queue=Queue.INSIGHT)
def run_simulation(*, simulation_id: int) -> None:
    """Try the policies of a simulation on the past; goes on where it was stopped."""
    services.run_simulation(simulation_id=simulation_id)
