"""Real worker processes for the tests, and the time that passes after one was killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.db import connection
from procrastinate.exceptions import AlreadyEnqueued

from quittance.delivery import services as delivery
from quittance.dunning import services
from quittance.foundation import clock, jobs
from tests.platform.conftest import environment

KILLED = -9


@dataclass
class Workers:
    """Starts workers and waits for their end."""

    factory: subprocess.Popen[str]
    smtp_port: int = 0
    ended: dict[int, int] = field(default_factory=dict)

    def start(self, die: str = "", at: int = 1) -> int:
        """Start a worker that dies after a step (never without one); return its process id."""
        assert self.factory.stdin is not None
        print(json.dumps({"smtp_port": self.smtp_port, "die": die, "at": at}), file=self.factory.stdin, flush=True)
        while True:
            words = self._read()
            if words[0] == "started":
                return int(words[1])

    def wait(self, pid: int) -> int:
        """Return its exit code, negative when a signal ended it."""
        while pid not in self.ended:
            self._read()
        return self.ended[pid]

    def run(self, die: str = "", at: int = 1) -> int:
        """Start a worker and wait for its end."""
        return self.wait(self.start(die, at))

    def _read(self) -> list[str]:
        assert self.factory.stdout is not None
        line = self.factory.stdout.readline()
        assert line, "the worker factory is gone"
        words = line.split()
        if words[0] == "ended":
            self.ended[int(words[1])] = int(words[2])
        return words


def database_address() -> str:
    """The address of the database of the tests, for another process."""
    told = connection.settings_dict
    return f"postgres://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


def worker_environment(smtp_port: int, folder: str) -> dict[str, str]:
    """The environment of a worker of the tests' database that mails to a port."""
    return environment(
        QUITTANCE_DATABASE_URL=database_address(), QUITTANCE_SMTP_URL=f"smtp://127.0.0.1:{smtp_port}",
        QUITTANCE_DATA_DIR=folder, DJANGO_SETTINGS_MODULE="quittance.config.settings",
    )  # fmt: skip


@contextlib.contextmanager
def making_workers() -> Iterator[Workers]:
    """Give workers that mail to `smtp_port` of this machine."""
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(
        [sys.executable, "-m", "tests.integration.delivery.worker_factory"],
        cwd=Path(__file__).resolve().parents[3], env=worker_environment(0, folder),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    ) as factory:  # fmt: skip
        yield Workers(factory)
        assert factory.stdin is not None
        factory.stdin.close()


def hand_over_jobs_of_the_dead() -> None:
    """Let half a minute pass without a sign of life, and the periodic job wait that hands their jobs to others."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    with contextlib.suppress(AlreadyEnqueued):
        jobs.app.configure_task("foundation.retry_stalled_jobs", priority=1).defer(timestamp=0)


def let_retries_be_due() -> None:
    """Let the time pass that put-off messages wait."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE delivery_transmission SET not_before = now() WHERE not_before IS NOT NULL")
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")


def let_leases_end() -> None:
    """Let the leases of dead workers end and the periodic job settle what they left."""
    with clock.frozen(clock.now() + delivery.LEASE + timedelta(seconds=1)):
        services.settle_interrupted()


def kill_and_wait(pid: int) -> None:
    """End a process with SIGKILL and come back when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.001)
