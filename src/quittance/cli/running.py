"""What runs on a data folder: `run.lock`, held by the one `quittance run` there, says where its parts listen."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import click


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One `quittance run`: its process, the address of its pages, and of its demo mailbox if it has one."""

    pid: int
    url: str = ""
    smtp_url: str = ""


class Claim:
    """The right to run on a data folder; `tell` says what became of it."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def tell(self, running: Running) -> None:
        self._file.seek(0)
        self._file.truncate()
        json.dump(asdict(running), self._file)
        self._file.flush()


@contextlib.contextmanager
def only_one(data_dir: Path) -> Iterator[Claim]:
    """Hold the data folder as long as the block lasts.

    :raises click.ClickException: when another process holds it.
    """
    with _open(data_dir) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            other = _read(file)
            where = f" at {other.url}" if other and other.url else ""
            process = f" (process {other.pid})" if other else ""
            raise click.ClickException(
                f"Quittance already runs on {data_dir}{where}{process}. Stop that one, or choose another folder with "
                "QUITTANCE_DATA_DIR."
            ) from error
        claim = Claim(file)
        claim.tell(Running(pid=os.getpid()))
        yield claim


def find_running(data_dir: Path) -> Running | None:
    """Return what runs on the data folder now, None when nothing does."""
    if not (data_dir / "run.lock").exists():
        return None
    with _open(data_dir) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(file)
    return None


def _open(data_dir: Path) -> IO[str]:
    return os.fdopen(os.open(data_dir / "run.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+")


def _read(file: IO[str]) -> Running | None:
    file.seek(0)
    try:
        return Running(**json.load(file))
    except (ValueError, TypeError):
        return None
