"""The server under test: its own database, its own processes (pages, worker, mailbox), the demo at a small scale."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.platform.conftest import environment

START_SECONDS_MAX = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The server under test: its address, its database, its data folder."""

    url: str
    database_url: str
    data_dir: Path

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database, so that a test may know what the demo holds."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement, values).fetchall()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(*, database_url: str, data_dir: Path) -> Iterator[Site]:
    """Run pages, worker and mailbox until the end of the block."""
    port, mail_port = free_port(), free_port()
    values = environment(
        QUITTANCE_DATABASE_URL=database_url, QUITTANCE_DATA_DIR=str(data_dir), QUITTANCE_DEMO="1",
        QUITTANCE_SMTP_URL=f"smtp://127.0.0.1:{mail_port}",
    )  # fmt: skip
    commands = (["web", "--port", str(port)], ["worker"], ["demo-mail", "--port", str(mail_port)])
    with contextlib.ExitStack() as stack:
        children = [stack.enter_context(_child(command, values)) for command in commands]
        url = f"http://127.0.0.1:{port}"
        _wait_until_served(children[0], url)
        yield Site(url=url, database_url=database_url, data_dir=data_dir)


@contextlib.contextmanager
def _child(command: list[str], values: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-m", "quittance.cli.main", *command], env=values)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(30)


def _wait_until_served(web: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        assert web.poll() is None, "the web server ended by itself"
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the web server doesn't answer")
