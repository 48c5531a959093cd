"""Jobs that keep the queue itself in order."""

from __future__ import annotations

from datetime import timedelta

from procrastinate import JobContext

from quittance.foundation import api_tokens, clock
from quittance.foundation.jobs import STALLED_AFTER_SECONDS, Queue, app

FINISHED_JOBS_HOURS_MAX = 24 * 7


@app.periodic(cron="* * * * *")
@app.task(
    name="foundation.retry_stalled_jobs",
    queue=Queue.MAINTENANCE,
    queueing_lock="retry-stalled-jobs",
    pass_context=True,
)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Hand the jobs of workers that died to others; a dead worker is one without a heartbeat for 30 s."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        await manager.retry_job(job)
    await manager.prune_stalled_workers(STALLED_AFTER_SECONDS)


@app.periodic(cron="17 3 * * *")
@app.task(
    name="foundation.remove_finished_jobs",
    queue=Queue.MAINTENANCE,
    queueing_lock="remove-finished-jobs",
    pass_context=True,
)
async def remove_finished_jobs(context: JobContext, timestamp: int) -> None:
    """Forget jobs that succeeded more than a week ago; failed ones stay until a person has looked."""
    await context.app.job_manager.delete_old_jobs(nb_hours=FINISHED_JOBS_HOURS_MAX)


@app.periodic(cron="37 3 * * *")
@app.task(name="foundation.forget_answers", queue=Queue.MAINTENANCE, queueing_lock="forget-answers")
def forget_answers(timestamp: int) -> None:
    """Forget what the API answered under idempotency keys a week ago."""
    api_tokens.forget_answers(before=clock.now() - timedelta(days=api_tokens.ANSWER_DAYS))
