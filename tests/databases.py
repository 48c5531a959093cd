"""Databases made once a run and copied from then on: a copy takes less than a second, making one up to a minute.

The processes of a run wait for each other by a lock of the server. Nobody connects to what is copied.
Run with `python -m tests.databases NAME` a database is made ahead, with what nobody else needs of the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg

from tests.platform.conftest import environment

TABLES, DEMO = "tests_tables", "tests_demo"
DEMO_SCALE = "0.08"
MAKE_SECONDS_MAX = 300
_LOCK = 20260901


def server_of_tests() -> str:
    """Return the address of the PostgreSQL server of the tests, without a database."""
    return os.environ["QUITTANCE_DATABASE_URL"].rpartition("/")[0]


def have(name: str) -> str:
    """Have one of the databases made in this run, all tables or also the demo; return its name."""
    run_id = os.environ["QUITTANCE_TEST_RUN"]
    with psycopg.connect(f"{server_of_tests()}/postgres", autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [_LOCK, name])
        found = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if found is None or found[0] != run_id:
            _make(name)
            connection.execute(f"COMMENT ON DATABASE {name} IS '{run_id}'")
    return name


def _make(name: str) -> None:
    if name == TABLES:
        _quittance(copy(source="template1", name=name), "migrate", data_dir=_data_dir(name))
    else:
        shutil.rmtree(_data_dir(name), ignore_errors=True)
        address = copy(source=have(TABLES), name=name)
        _quittance(address, "demo", "--scale", DEMO_SCALE, data_dir=_data_dir(name))


def copy(*, source: str, name: str) -> str:
    """Make a database anew, as a copy of one that nobody is connected to; return its address."""
    with psycopg.connect(f"{server_of_tests()}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
    return f"{server_of_tests()}/{name}"


def copy_demo(*, name: str, data_dir: Path) -> str:
    """Make a database anew with the demo, and a data folder with its files; return the address."""
    address = copy(source=have(DEMO), name=name)
    shutil.copytree(_data_dir(DEMO), data_dir, dirs_exist_ok=True)
    return address


def drop(name: str) -> None:
    """Remove a database and whoever is still connected to it."""
    with psycopg.connect(f"{server_of_tests()}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _data_dir(name: str) -> Path:
    return Path(os.environ["QUITTANCE_DATA_DIR"]) / name


def _quittance(address: str, *arguments: str, data_dir: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "quittance.cli.main", "--debug", *arguments],
        env=environment(QUITTANCE_DATABASE_URL=address, QUITTANCE_DATA_DIR=str(data_dir), QUITTANCE_DEMO="1"),
        capture_output=True, text=True, check=False, timeout=MAKE_SECONDS_MAX,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    os.nice(10)
    have(sys.argv[1])
