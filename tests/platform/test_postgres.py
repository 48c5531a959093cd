"""The embedded PostgreSQL: found again, shared, moved, repaired."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from quittance.foundation import postgres
from quittance.foundation.postgres import server
from tests.platform.conftest import environment

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder directly under the system's temporary folder, stopped and removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="quittance-test-"))
    yield path
    postgres.stop(path)
    record = server._read_record(path)
    if record:
        shutil.rmtree(server._home(path, record), ignore_errors=True)
    shutil.rmtree(path)


def query(address: str, text: str) -> object:
    with psycopg.connect(address) as connection:
        row = connection.execute(text).fetchone()
    return row[0] if row else None


def postmaster(folder: Path) -> int:
    record = server._read_record(folder)
    return int((server._home(folder, record) / "cluster" / "postmaster.pid").read_text().split()[0])


def test_address_before_the_first_start_leads_nowhere(folder: Path) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.database_url(folder), connect_timeout=3)
    assert not postgres.is_running(folder)


def test_data_is_found_again_at_the_same_address(folder: Path) -> None:
    address = postgres.start(folder, durable=False)
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    postgres.stop(folder)
    assert not postgres.is_running(folder)
    assert postgres.start(folder, durable=False) == address == postgres.database_url(folder)
    assert query(address, "SELECT answer FROM kept") == 42


def test_starting_twice_starts_once(folder: Path) -> None:
    addresses: list[str] = []
    threads = [
        threading.Thread(target=lambda: addresses.append(postgres.start(folder, durable=False))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(addresses) == 3
    assert len(set(addresses)) == 1


def test_text_is_utf8_and_sorted_by_code_point(folder: Path) -> None:
    address = postgres.start(folder, durable=False)
    assert query(address, "SHOW server_encoding") == "UTF8"
    assert query(address, "SELECT lower('ÉTÉ')") == "été"
    assert query(address, "SHOW listen_addresses") == "127.0.0.1"


def test_password_is_needed_and_kept_private(folder: Path) -> None:
    address = postgres.start(folder, durable=False)
    record = server._read_record(folder)
    assert record is not None
    assert stat.S_IMODE((folder / "postgres.json").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address.replace(record.password, "guessed"))


def test_a_port_taken_by_somebody_else_is_left_to_them(folder: Path) -> None:
    first = postgres.start(folder, durable=False)
    postgres.stop(folder)
    record = server._read_record(folder)
    assert record is not None
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", record.port))
        stranger.listen()
        second = postgres.start(folder, durable=False)
    assert second != first
    assert query(second, "SELECT 1") == 1


def test_it_starts_again_after_a_hard_kill(folder: Path) -> None:
    address = postgres.start(folder)
    os.kill(postmaster(folder), signal.SIGKILL)
    assert query(postgres.start(folder), "SELECT 1") == 1
    assert postgres.database_url(folder) == address or postgres.is_running(folder)


def test_the_last_process_to_leave_stops_it(folder: Path) -> None:
    with postgres.in_use(folder):
        other = subprocess.run(
            [sys.executable, "-c", "from quittance.foundation import postgres\nwith postgres.in_use(): pass"],
            env=environment(QUITTANCE_DATA_DIR=str(folder)), check=False,
        )  # fmt: skip
        assert other.returncode == 0
        assert postgres.is_running(folder)
    assert not postgres.is_running(folder)


def test_a_temporary_server_goes_with_its_process() -> None:
    program = (
        "import time\nfrom quittance.foundation import postgres\n"
        "with postgres.temporary_server() as address:\n    print(address, flush=True)\n    time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], env=environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert query(address, "SELECT 1") == 1
    process.kill()
    process.communicate()
    for _ in range(100):
        try:
            psycopg.connect(address, connect_timeout=1).close()
        except psycopg.OperationalError:
            return
        time.sleep(0.1)
    pytest.fail("the server outlived its process")


@as_root
def test_root_steps_down(folder: Path) -> None:
    postgres.start(folder, durable=False)
    assert Path(f"/proc/{postmaster(folder)}").stat().st_uid != 0


@as_root
def test_a_closed_parent_folder_stays_closed(folder: Path) -> None:
    closed = folder / "closed"
    inner = closed / "data"
    inner.mkdir(parents=True)
    closed.chmod(0o700)
    try:
        assert query(postgres.start(inner, durable=False), "SELECT 1") == 1
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        postgres.stop(inner)
        record = server._read_record(inner)
        assert record is not None
        assert not server._home(inner, record).is_relative_to(folder)
        shutil.rmtree(server._home(inner, record))


def test_a_vanished_cluster_is_told_not_replaced(folder: Path) -> None:
    postgres.start(folder, durable=False)
    postgres.stop(folder)
    shutil.rmtree(folder / "postgres")
    with pytest.raises(postgres.EmbeddedDatabaseError, match="is gone"):
        postgres.start(folder, durable=False)
    (folder / "postgres.json").unlink()
