"""Jobs of litigation: write dossiers."""

from __future__ import annotations

from quittance.foundation.jobs import Queue, app
from quittance.litigation import dossiers


@app.task(name=dossiers.WRITE_TASK, queue=Queue.MAINTENANCE)
def write_dossier(*, dossier_id: int) -> None:
    """Write a dossier that was asked for."""
    dossiers.write_dossier(dossier_id=dossier_id)
