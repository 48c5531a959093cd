"""Match many receipts by several processes: an interpreter keeps one core busy, and so does a connection.

Each part is decided by a process of its own. Before anything is applied they tell which items their lines want, and
hear which lines want the same as a line of another part: those are left to a person, as in one run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from typing import IO, Any, Final, cast

from django.db import connection
from psycopg.conninfo import make_conninfo

from quittance.core import matching as core
from quittance.foundation import clock
from quittance.foundation.permissions import Actor

# With fewer a second process costs more than it brings.
RECEIPTS_FOR_PROCESSES = 20_000
PROCESSES: Final = 2
_MODULE: Final = "quittance.cash.matching_part"


class PartFailed(RuntimeError):
    """A process that matched a part ended before it was done; what it had applied stands, the rest still waits."""


def is_worth_dividing(*, count: int) -> bool:
    """Say whether so many receipts are matched by several processes: not where they would not see what is written."""
    return count >= RECEIPTS_FOR_PROCESSES and not connection.in_atomic_block and (os.cpu_count() or 1) >= PROCESSES


def match_divided(*, company_id: int, as_of: date, actor: Actor, may_apply: bool, ids: Sequence[int]) -> dict[str, int]:
    """Decide and apply receipts as one run would; return the counts of `MatchRun`.

    :raises PartFailed:
    """
    order = {
        "company_id": company_id, "as_of": as_of.isoformat(), "actor": [actor.label, actor.user_id],
        "may_apply": may_apply, "moment": clock.now().isoformat() if clock.is_frozen() else "",
    }  # fmt: skip
    with ExitStack() as stack:
        parts = [stack.enter_context(_Part()) for _ in range(PROCESSES)]
        for place, part in enumerate(parts):
            # Payer by payer, so that two processes seldom want the same account.
            part.send({**order, "ids": ids[place * len(ids) // PROCESSES : (place + 1) * len(ids) // PROCESSES]})
        wanted = [(line_id, items) for part in parts for line_id, items in part.receive()]
        rivals = sorted(core.rival_lines(wanted=wanted))
        for part in parts:
            part.send(rivals)
        counts = [cast("dict[str, int]", part.receive()) for part in parts]
    return {name: sum(one[name] for one in counts) for name in counts[0]}


class _Part:
    """One child; it talks in lines of JSON, and ends when it hears nothing more."""

    def __enter__(self) -> _Part:
        self._child = subprocess.Popen(  # noqa: S603  (our own module, fixed arguments)
            [sys.executable, "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "QUITTANCE_DATABASE_URL": _address()},
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
        self._child.wait()

    def send(self, value: Any) -> None:
        into = cast("IO[str]", self._child.stdin)
        try:
            into.write(json.dumps(value) + "\n")
            into.flush()
        except BrokenPipeError as error:
            raise PartFailed("a process that matches ended too early") from error

    def receive(self) -> Any:
        told = cast("IO[str]", self._child.stdout).readline()
        if not told.endswith("\n"):
            raise PartFailed("a process that matches ended before it was done")
        return json.loads(told)


def _address() -> str:
    """Return the database of this connection, which need not be the one that the environment names."""
    kept = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey")
    known = connection.get_connection_params()
    return make_conninfo(**{name: known[name] for name in kept if known.get(name)})
