"""The database of the tests: one fast PostgreSQL per run, shared by the parallel workers.

It must be there before Django's settings are read, so this file names the settings module itself (the
option of pytest-django would read them earlier). It also sets Django up, so that other conftest files may
import models. QUITTANCE_TEST_DATABASE_URL names another server to use; with `--reuse-db` its test database
stays between runs.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings as django_settings
from django.core.management.commands import flush
from django.db import connection
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from quittance.foundation import postgres
from tests import databases
from tests.chromium import MISSING, find_chromium

hypothesis_settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis_settings.register_profile("dev", deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "dev")

_resources = contextlib.ExitStack()
atexit.register(_resources.close)

if "PYTEST_XDIST_WORKER" not in os.environ:  # the workers inherit what the main process sets here
    os.environ["QUITTANCE_DATA_DIR"] = _resources.enter_context(tempfile.TemporaryDirectory(prefix="quittance-tests-"))
    os.environ["QUITTANCE_DATABASE_URL"] = os.environ.get("QUITTANCE_TEST_DATABASE_URL") or _resources.enter_context(
        postgres.temporary_server()
    )
    os.environ["QUITTANCE_TEST_RUN"] = uuid.uuid4().hex
os.environ["DJANGO_SETTINGS_MODULE"] = "quittance.config.settings"
django.setup()
# The cast has many passwords; slow hashes would be most of the time of every test.
django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


# What Django itself writes into these two is the same for all tests: it stays, and is not written again.
_KEPT = {"django_content_type", "auth_permission"}
_TABLE_BYTES_MAX = 2_000_000
flush.emit_post_migrate_signal = lambda *_, **__: None  # type: ignore[attr-defined]


def _sql_flush(operations: Any, style: Any, tables: list[str], **_: Any) -> list[str]:
    """Empty the append-only tables too, whose triggers refuse it to everybody else, and the queue.

    Rows are deleted where they are few: TRUNCATE writes new files for all tables and their indexes, a thousand of them.
    Like TRUNCATE it waits for whoever is still at work in a table.
    """
    with operations.connection.cursor() as cursor:
        cursor.execute("SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        is_small = cursor.fetchone()[0] < _TABLE_BYTES_MAX
    names = [operations.quote_name(name) for name in sorted({*tables} - _KEPT)]
    together = ", ".join(names)
    delete = [f"LOCK TABLE {together} IN ACCESS EXCLUSIVE MODE", *(f"DELETE FROM {name}" for name in names)]
    return [
        "SET LOCAL session_replication_role = replica",
        *(delete if is_small else [f"TRUNCATE {together}"]),
        "TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE",
    ]


type(connection.ops).sql_flush = _sql_flush  # type: ignore[method-assign,assignment]


def pytest_unconfigure() -> None:
    """Stop what was started above."""
    _resources.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_keepdb: bool) -> None:
    """Let each process's database be a copy of the one whose tables are made once."""
    if not django_db_keepdb:
        connection.settings_dict["TEST"]["TEMPLATE"] = databases.have(databases.TABLES)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Have the demo made while other tests run, by the one process of several that begins it."""
    is_first = os.environ.get("PYTEST_XDIST_WORKER") == "gw0"
    if is_first and any(item.get_closest_marker("browser") for item in session.items):
        command = [sys.executable, "-m", "tests.databases", databases.DEMO]
        maker = subprocess.Popen(command, cwd=session.config.rootpath, start_new_session=True)  # noqa: S603
        _resources.callback(_end, maker)


def _end(maker: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(maker.pid, signal.SIGTERM)
    maker.wait()


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """Forget the language that a request of the test before left behind in this thread."""
    translation.deactivate()


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of real files (not part of the project); without it the tests that need it are skipped."""
    default = Path(__file__).resolve().parent.parent / "shared" / "data"
    folder = Path(os.environ.get("QUITTANCE_REFERENCE_DATA") or default)
    if not folder.is_dir():
        pytest.skip("no reference data")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say it plainly when the browser tests were left out."""
    if find_chromium() is None:
        terminalreporter.write_line(MISSING, yellow=True)
