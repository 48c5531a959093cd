"""The queue: where a task is registered, which queues there are, what the worker of this process does.

Tasks live in each app's `tasks.py`, found by themselves::

    from quittance.foundation.jobs import Queue, app

    @app.task(name="delivery.send", queue=Queue.DELIVERY)
    def send(*, transmission_id: int) -> None: ...

A job deferred inside a transaction exists only if the transaction does. Arguments are ids; a job is safe to
run twice: a worker may die between its work and saying so, and `retry_stalled_jobs` then hands the job to
another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import procrastinate
from django.db import connection, connections
from procrastinate.contrib.django import app as _app
from procrastinate.contrib.django.db_cleanup import close_db_connections, close_db_connections_async
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector

app: procrastinate.App = _app

HEARTBEAT_SECONDS = 10.0
STALLED_AFTER_SECONDS = 30.0
STOP_SECONDS_MAX = 20.0
POOL_CONNECTIONS_OWN = 3  # of the worker itself: listening, heartbeat, periodic jobs


class Queue(StrEnum):
    """The queues; a site may give each its own workers (`quittance worker --queues delivery`)."""

    INTAKE = "intake"
    CASH = "cash"
    DUNNING = "dunning"
    DELIVERY = "delivery"
    INSIGHT = "insight"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """What the queue looks like now; times are aware, in UTC, None when there is none."""

    workers: int
    last_heartbeat_at: datetime | None
    waiting: int
    failed: int


def run_worker(*, concurrency: int, queues: Sequence[str] | None, wait: bool = True) -> None:
    """Run jobs until told to stop (SIGTERM, SIGINT); without `wait`, until none is left.

    `queues` None means all of them. Jobs still running 20 s after the signal are put back by
    `retry_stalled_jobs`.
    """

    async def work(worker_app: procrastinate.App) -> None:
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                concurrency=concurrency,
                queues=queues or None,  # type: ignore[arg-type]  # None is the documented default
                wait=wait,
                name="quittance",
                shutdown_graceful_timeout=STOP_SECONDS_MAX,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_AFTER_SECONDS,
                task_middleware=[close_db_connections, close_db_connections_async] if wait else [_hang_up],
            )

    size = concurrency + POOL_CONNECTIONS_OWN
    connector = PsycopgConnector(kwargs=connector_params(), min_size=size, max_size=size)
    with app.replace_connector(connector) as worker_app:
        asyncio.run(work(worker_app))


def _hang_up(call_next: Callable[[], Any], context: Any, worker: Any) -> Any:
    """Close the connection of the thread that ran a task: a worker that doesn't wait leaves no thread behind."""
    try:
        return call_next()
    finally:
        connections.close_all()


def run_waiting_jobs() -> None:
    """Run all jobs that are due now, in this process, then return; for tests and the command line."""
    run_worker(concurrency=1, queues=None, wait=False)


def get_queue_state() -> QueueState:
    """Return workers alive, jobs waiting and failed. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), max(last_heartbeat) FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => %s)",
            [STALLED_AFTER_SECONDS],
        )
        workers, last_heartbeat_at = cursor.fetchone() or (0, None)
        cursor.execute(
            "SELECT count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'failed')"
            " FROM procrastinate_jobs WHERE status IN ('todo', 'failed')"
        )
        waiting, failed = cursor.fetchone() or (0, 0)
    return QueueState(
        workers=workers,
        last_heartbeat_at=last_heartbeat_at,
        waiting=waiting,
        failed=failed,
    )
