"""`quittance run` as a person uses it: start, look, stop, start again."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from quittance.foundation import postgres
from tests import databases
from tests.platform.conftest import Cli, environment

START_SECONDS_MAX = 240  # the first start makes all tables; the machine may be busy with other tests
STOP_SECONDS_MAX = 30
Runner = Callable[..., "Running"]


class Running:
    """One `quittance run --no-demo`, and what it printed."""

    def __init__(self, data_dir: Path, port: int, **changes: str) -> None:
        self.output = data_dir / f"output-{time.monotonic_ns()}.txt"
        self.port = port
        with self.output.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "quittance.cli.main", "run", "--no-demo", "--port", str(port)],
                env=environment(QUITTANCE_DATA_DIR=str(data_dir), PYTHONUNBUFFERED="1", **changes),
                stdout=file, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def printed(self) -> str:
        return self.output.read_text()

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while text not in self.printed():
            assert self.process.poll() is None, self.printed()
            assert time.monotonic() < deadline, self.printed()
            time.sleep(0.1)

    def descendants(self) -> list[int]:
        listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        parents = {int(pid): int(parent) for pid, parent in (line.split() for line in listing.splitlines())}
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return sorted(found - {self.process.pid})

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS_MAX)


@pytest.fixture
def start(data_dir: Path) -> Iterator[Runner]:
    started: list[Running] = []

    def begin(port: int, **changes: str) -> Running:
        started.append(Running(data_dir, port, **changes))
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            running.stop(signal.SIGTERM)
    postgres.stop(data_dir)


@pytest.fixture
def database_url(worker_id: str) -> Iterator[str]:
    """A database that has its tables already: making them is the slow part of a first start."""
    name = f"run_{worker_id}"
    yield databases.copy(source=databases.have(databases.TABLES), name=name)
    databases.drop(name)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


SIGN_IN = """
import django
django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_user("alice@arvor.example", "x", name="Alice", roles=["COLLECTOR"])
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(session.session_key)
"""


@contextlib.contextmanager
def open_stream(port: int, data_dir: Path) -> Iterator[http.client.HTTPResponse]:
    """Sign somebody in and open their stream of news."""
    key = subprocess.run(
        [sys.executable, "-c", SIGN_IN], check=True, capture_output=True, text=True,
        env=environment(QUITTANCE_DATA_DIR=str(data_dir), DJANGO_SETTINGS_MODULE="quittance.config.settings"),
    ).stdout.strip()  # fmt: skip
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/events?topic=import.7", headers={"Cookie": f"sessionid={key}"})
        with connection.getresponse() as stream:
            yield stream


def read_until(stream: http.client.HTTPResponse, text: str) -> None:
    while text not in (line := stream.readline().decode()):
        assert line, "the stream ended"


def get(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.slow
def test_a_day_with_run(start: Runner, data_dir: Path, free_port: int, cli: Cli) -> None:
    first = start(free_port)
    first.wait_for("Ctrl-C stops everything")
    assert f"http://127.0.0.1:{free_port}/" in first.printed()
    assert get(free_port, "/") == 200
    address = postgres.database_url(data_dir)
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    rival = cli("run", QUITTANCE_DATA_DIR=str(data_dir))
    assert rival.returncode == 2
    assert "already runs" in rival.stderr

    doctor = cli("doctor", QUITTANCE_DATA_DIR=str(data_dir))
    assert doctor.returncode == 0
    assert f"served at http://127.0.0.1:{free_port}/" in doctor.stdout
    assert "1 at work" in doctor.stdout

    with open_stream(free_port, data_dir) as stream:
        read_until(stream, "event: resync")
        with psycopg.connect(address) as connection:
            connection.execute('SELECT pg_notify(\'quittance\', \'{"topic": "import.7", "payload": {"done": 3}}\')')
        read_until(stream, 'data: {"done": 3}')

        children = first.descendants()
        assert len(children) >= 2
        asked = time.monotonic()
        assert first.stop(signal.SIGINT) == 0  # the open stream doesn't hold it up
        assert time.monotonic() - asked < 20
    assert [pid for pid in children if is_alive(pid)] == []
    assert not postgres.is_running(data_dir)
    assert "Traceback" not in first.printed()

    second = start(free_port)
    second.wait_for("Ctrl-C stops everything")
    assert "Preparing the tables" not in second.printed()
    with psycopg.connect(postgres.database_url(data_dir)) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert second.stop(signal.SIGTERM) == 0
    assert not postgres.is_running(data_dir)


@pytest.mark.slow
def test_what_dies_is_started_again_and_orphans_go(start: Runner, free_port: int, database_url: str) -> None:
    running = start(free_port, QUITTANCE_DATABASE_URL=database_url)
    running.wait_for("Ctrl-C stops everything")
    web = next(pid for pid in running.descendants() if "web" in Path(f"/proc/{pid}/cmdline").read_text())
    os.kill(web, signal.SIGKILL)
    running.wait_for("The web server ended by itself")
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        try:
            assert get(free_port, "/healthz") == 200
            break
        except OSError:
            time.sleep(0.2)
    children = running.descendants()
    running.process.kill()
    running.process.wait()
    deadline = time.monotonic() + STOP_SECONDS_MAX
    while any(map(is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert [pid for pid in children if is_alive(pid)] == []


@pytest.mark.slow
def test_a_taken_port_is_told(start: Runner, free_port: int, database_url: str) -> None:
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", free_port))
        stranger.listen()
        running = start(free_port, QUITTANCE_DATABASE_URL=database_url)
        running.wait_for("Ctrl-C stops everything")
    assert f"Port {free_port} is taken; using {free_port + 1}." in running.printed()
