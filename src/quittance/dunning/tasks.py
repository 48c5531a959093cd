"""Jobs of dunning: fill a run, send its messages, settle what a dead worker left."""

from __future__ import annotations

from contextlib import nullcontext

from quittance.delivery.services import open_channel
from quittance.dunning import services
from quittance.foundation.jobs import Queue, app


@app.task(name="dunning.fill_run", queue=Queue.DUNNING)
def fill_run(*, run_id: int) -> None:
    """Decide for every account of a run, and queue what nobody needs to look at; goes on where it was stopped."""
    services.fill_run(run_id=run_id)
    services.release_unattended(run_id=run_id)


@app.task(name="dunning.send_notices", queue=Queue.DELIVERY)
def send_notices(*, notice_ids: list[int]) -> None:
    """Send some notices, each by its channel; those that met a temporary failure are tried again in their time.

    A channel that fails in a way of its own does not keep the others from sending.
    """
    errors: list[Exception] = []
    for identifier, ids in services.list_by_channel(notice_ids=notice_ids).items():
        try:
            with open_channel(identifier=identifier) if identifier else nullcontext() as channel:
                services.send_notices(notice_ids=ids, channel=channel)
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]


@app.periodic(cron="* * * * *")
@app.task(name="dunning.settle_interrupted", queue=Queue.MAINTENANCE, queueing_lock="dunning-settle-interrupted")
def settle_interrupted(timestamp: int) -> None:
    """Write on notices what became of messages whose worker died or that came back; queue what no job would send."""
    services.settle_interrupted()
