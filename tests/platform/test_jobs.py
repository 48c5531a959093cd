"""The queue: jobs of the transaction, jobs of dead workers."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from quittance.foundation import jobs

pytestmark = pytest.mark.django_db(transaction=True)


def defer() -> int:
    return jobs.app.configure_task("foundation.remove_finished_jobs").defer(timestamp=0)


def status_of(job_id: int) -> str:
    return str(ProcrastinateJob.objects.get(id=job_id).status)


def test_a_job_exists_only_if_its_transaction_does() -> None:
    with transaction.atomic():
        lost = defer()
        transaction.set_rollback(True)
    kept = defer()
    assert list(ProcrastinateJob.objects.values_list("id", flat=True)) == [kept]
    assert kept != lost


def test_a_worker_does_what_waits() -> None:
    job_id = defer()
    assert jobs.get_queue_state().waiting == 1
    jobs.run_waiting_jobs()
    assert status_of(job_id) == "succeeded"


def test_the_jobs_of_a_dead_worker_are_done_by_another() -> None:
    job_id = defer()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '10 minutes') RETURNING id"
        )
        (worker_id,) = cursor.fetchone()
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", [worker_id, job_id]
        )
    jobs.app.configure_task("foundation.retry_stalled_jobs").defer(timestamp=0)
    jobs.run_waiting_jobs()
    assert status_of(job_id) == "succeeded"
    assert jobs.get_queue_state().workers == 0


def test_every_task_names_one_of_our_queues() -> None:
    strays = {
        name: task.queue
        for name, task in jobs.app.tasks.items()
        if not name.startswith(("builtin", "procrastinate")) and task.queue not in set(jobs.Queue)
    }
    assert strays == {}
