"""Keep the worklist fresh without anybody looking at it."""

from __future__ import annotations

from quittance.foundation import clock
from quittance.foundation.jobs import Queue, app
from quittance.worklist import services


@app.periodic(cron="* * * * *")
@app.task(name="worklist.follow", queue=Queue.MAINTENANCE, queueing_lock="worklist-follow")
def follow(timestamp: int) -> None:  # noqa: ARG001  (the queue passes when it was due)
    """Rank again what something happened to in the last minute, and what was to come back by now."""
    services.ensure_tasks_fresh(today=clock.today())


@app.periodic(cron="40 2 * * *")
@app.task(name="worklist.refresh", queue=Queue.MAINTENANCE, queueing_lock="worklist-refresh")
def refresh(timestamp: int) -> None:  # noqa: ARG001
    """Rank everything for the new day, after the night's judgement of promises."""
    services.refresh_tasks(as_of=clock.today())
