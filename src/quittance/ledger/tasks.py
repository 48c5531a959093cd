"""Jobs of the ledger: imports, and balances at midnight."""

from __future__ import annotations

from quittance.foundation import clock
from quittance.foundation.jobs import Queue, app
from quittance.ledger.services.balances import ensure_balances_fresh
from quittance.ledger.services.imports import fail_dead_imports, run_import


@app.task(name="ledger.run_import", queue=Queue.INTAKE)
def run_import_job(*, batch_id: int) -> None:
    """Run one import that waits."""
    run_import(batch_id=batch_id)


@app.periodic(cron="*/5 * * * *")
@app.task(name="ledger.fail_dead_imports", queue=Queue.MAINTENANCE, queueing_lock="fail-dead-imports")
def fail_dead_imports_job(timestamp: int) -> None:  # noqa: ARG001  (the queue passes when it was due)
    """Mark imports whose process is gone."""
    fail_dead_imports()


@app.periodic(cron="2 * * * *")
@app.task(name="ledger.refresh_balances", queue=Queue.MAINTENANCE, queueing_lock="refresh-balances")
def refresh_balances_job(timestamp: int) -> None:  # noqa: ARG001  (the queue passes when it was due)
    """Age all balances on the new day; each hour, so that midnight in any time zone is soon followed."""
    ensure_balances_fresh(today=clock.today())
