"""Rank all accounts by two connections at once, since one statement keeps one core busy."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import date
from typing import Final

from django.db import connection, transaction

from quittance.foundation import clock
from quittance.worklist.accounts_sql import Reminders, stage_accounts
from quittance.worklist.facts import Part
from quittance.worklist.staging_sql import open_stage
from quittance.worklist.weights import weights_on
from quittance.worklist.writing_sql import of_part, write_stage

# With fewer accounts a second connection costs more than it brings.
ACCOUNTS_FOR_TWO = 10_000
OURS: Final = Part(0, 2)
THEIRS: Final = Part(1, 2)
_SIZE = "SELECT reltuples FROM pg_class WHERE oid = 'ledger_accountbalance'::regclass"


def is_worth_halving() -> bool:
    """Say whether there are so many accounts, and whether another connection would see them: not what is uncommitted.

    Asked before a transaction is begun. One query at most.
    """
    if connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_SIZE)
        return bool(cursor.fetchone()[0] >= ACCOUNTS_FOR_TWO)


class OtherHalf:
    """Every other account, with every other customer's limit, ranked, written and committed by a thread of its own."""

    def __init__(self, *, as_of: date) -> None:
        self._as_of = as_of
        self._staged: Future[dict[int, Reminders]] = Future()
        self._written: Future[int] | None = None

    def __enter__(self) -> OtherHalf:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="worklist-rank")
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def start(self) -> None:
        """Begin; the clock is that of the caller."""
        self._written = self._pool.submit(copy_context().run, self._work)

    def reminders(self) -> dict[int, Reminders]:
        """Wait until it has ranked its accounts; return those on which only a reminder is due, by company."""
        return self._staged.result()

    def finish(self) -> int:
        """Wait until all is committed; return how many rows changed."""
        return self._written.result() if self._written else 0

    def _work(self) -> int:
        try:
            with transaction.atomic():
                open_stage()
                weights = weights_on(day=self._as_of)
                found = stage_accounts(as_of=self._as_of, account_ids=None, weights=weights, part=THEIRS)
                self._staged.set_result(found)
                return write_stage(parameters={"now": clock.now()}, of=of_part(THEIRS))
        except BaseException as error:
            if not self._staged.done():
                self._staged.set_exception(error)
            raise
        finally:
            connection.close()


def add_reminders(*, ours: Mapping[int, Reminders], theirs: Mapping[int, Reminders]) -> dict[int, Reminders]:
    """Return the reminders of both halves by company."""
    found = dict(ours)
    for company_id, other in theirs.items():
        mine = found.get(company_id, Reminders(other.currency))
        found[company_id] = Reminders(mine.currency, mine.count + other.count, mine.amount + other.amount)
    return found
