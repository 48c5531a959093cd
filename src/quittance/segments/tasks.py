"""Jobs of segments: who belongs, once a day."""

from __future__ import annotations

from quittance.foundation import clock
from quittance.foundation.jobs import Queue, app
from quittance.ledger.services import ensure_balances_fresh
from quittance.segments.services import ensure_memberships_fresh


@app.periodic(cron="12 * * * *")
@app.task(name="segments.refresh_memberships", queue=Queue.MAINTENANCE, queueing_lock="refresh-memberships")
def refresh_memberships_job(timestamp: int) -> None:  # noqa: ARG001  (the queue passes when it was due)
    """Work out who belongs on the new day; each hour, so that midnight in any time zone is soon followed."""
    today = clock.today()
    ensure_balances_fresh(today=today)
    ensure_memberships_fresh(today=today)
