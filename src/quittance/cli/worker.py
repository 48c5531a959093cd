"""`quittance worker`."""

from __future__ import annotations

import click
from django.db import connection

from quittance.cli.web import stop_with_parent
from quittance.foundation import jobs


@click.command()
@click.option("--concurrency", default=2, show_default=True, type=click.IntRange(1, 32), help="Jobs at once.")
@click.option("--queues", default="", help="Only these, separated by commas: " + ", ".join(jobs.Queue) + ".")
@click.option("--once", is_flag=True, help="Run what waits, then end.")
def command(concurrency: int, queues: str, once: bool) -> None:
    """Run jobs until stopped; as many workers as wanted, on any machine that reaches the database."""
    names = [name.strip() for name in queues.split(",") if name.strip()]
    unknown = sorted(set(names) - set(jobs.Queue))
    if unknown:
        raise click.BadParameter(f"unknown: {', '.join(unknown)}", param_hint="--queues")
    stop_with_parent()
    connection.ensure_connection()  # says at once what is wrong; the queue's own pool would try for long
    connection.close()
    jobs.run_worker(concurrency=concurrency, queues=names or None, wait=not once)
