"""Jobs of the ledger: imports, balances at midnight, the sums of the days."""

from __future__ import annotations

from datetime import date

from quittance.foundation import clock
from quittance.foundation.jobs import Queue, app
from quittance.ledger.services.balances import ensure_balances_fresh
from quittance.ledger.services.daily_moves import fold_daily_moves
from quittance.ledger.services.imports import fail_dead_imports, run_import
from quittance.ledger.services.past_days import prepare_past_day, tidy_past_days


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


@app.periodic(cron="*/10 * * * *")
@app.task(name="ledger.fold_daily_moves", queue=Queue.MAINTENANCE, queueing_lock="fold-daily-moves")
def fold_daily_moves_job(timestamp: int) -> None:  # noqa: ARG001  (the queue passes when it was due)
    """Make one row of what a day moved; what nobody moved since costs one look."""
    fold_daily_moves()


@app.task(name="ledger.prepare_past_day", queue=Queue.MAINTENANCE)
def prepare_past_day_job(*, as_of: str) -> None:
    """Work out the sums of a past day that somebody looks at."""
    prepare_past_day(as_of=date.fromisoformat(as_of))


@app.periodic(cron="37 2 * * *")
@app.task(name="ledger.tidy_past_days", queue=Queue.MAINTENANCE, queueing_lock="tidy-past-days")
def tidy_past_days_job(timestamp: int) -> None:  # noqa: ARG001  (the queue passes when it was due)
    """Prepare the days that are often looked at, forget the others."""
    tidy_past_days()
