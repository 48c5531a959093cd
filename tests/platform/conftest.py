"""What the tests of real processes share."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(**changes: str) -> dict[str, str]:
    """The environment of a child: ours, without what belongs to the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QUITTANCE_", "PYTEST_"))}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return kept | changes


@pytest.fixture
def cli() -> Cli:
    """Run `quittance` as a process of its own."""

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "quittance.cli.main", *arguments],
            env=environment(**changes), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder that the database's own user can reach (pytest's are closed to all others)."""
    with tempfile.TemporaryDirectory(prefix="quittance-test-") as folder:
        yield Path(folder)
