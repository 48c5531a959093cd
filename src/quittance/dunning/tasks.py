"""Jobs of dunning: fill a run, send its messages, settle what a dead worker left."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from quittance.delivery.services import open_channel
from quittance.dunning import services
from quittance.foundation.jobs import Queue, app


@app.task(name="dunning.fill_run", queue=Queue.DUNNING)
def fill_run(*, run_id: int) -> None:
    """Decide for every account of a run; goes on where it was stopped."""
    services.fill_run(run_id=run_id)


@app.task(name="dunning.send_notices", queue=Queue.DELIVERY)
def send_notices(*, notice_ids: list[int]) -> None:
    """Send some notices; those that met a temporary failure are tried again when their time has come."""
    with open_channel() as channel:
        results = services.send_notices(notice_ids=notice_ids, channel=channel)
    again: defaultdict[datetime, list[int]] = defaultdict(list)
    for notice_id, result in results.items():
        if result.retry_at is not None:
            minute_after = result.retry_at.replace(second=0, microsecond=0) + timedelta(minutes=1)
            again[minute_after].append(notice_id)
    for moment, ids in again.items():
        send_notices.configure(schedule_at=moment).defer(notice_ids=[*ids])


@app.periodic(cron="*/5 * * * *")
@app.task(name="dunning.settle_interrupted", queue=Queue.MAINTENANCE, queueing_lock="dunning-settle-interrupted")
def settle_interrupted(timestamp: int) -> None:
    """Write on the notices what became of messages whose worker died."""
    services.settle_interrupted()
