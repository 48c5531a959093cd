"""Rank all accounts by two connections at once, since one statement keeps one core busy."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date

from django.db import connection, transaction

from quittance.core.worklist import RankWeights
from quittance.worklist.accounts_sql import Reminders, stage_accounts
from quittance.worklist.facts import Part
from quittance.worklist.staging_sql import open_stage

# With fewer accounts a second connection costs more than it brings.
ACCOUNTS_FOR_TWO = 10_000
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


def stage_in_halves(*, as_of: date, weights: Mapping[int, RankWeights]) -> dict[int, Reminders]:
    """Do for all accounts as `stage_accounts` does; half of the rows come over from another connection's stage."""
    with ThreadPoolExecutor(1, thread_name_prefix="worklist-rank") as pool:
        elsewhere = pool.submit(copy_context().run, _rank_elsewhere, as_of, weights)
        found = stage_accounts(as_of=as_of, account_ids=None, weights=weights, part=Part(0, 2))
        others, rows = elsewhere.result()
    with connection.cursor() as cursor, cursor.copy("COPY worklist_stage FROM STDIN (FORMAT binary)") as copy:
        copy.write(rows)
    for company_id, other in others.items():
        reminders = found.setdefault(company_id, Reminders(other.currency))
        reminders.count += other.count
        reminders.amount += other.amount
    return found


def _rank_elsewhere(as_of: date, weights: Mapping[int, RankWeights]) -> tuple[dict[int, Reminders], bytes]:
    """Rank the second half on a connection of this thread's own; return its reminders and its stage."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            open_stage()
            found = stage_accounts(as_of=as_of, account_ids=None, weights=weights, part=Part(1, 2))
            with cursor.copy("COPY worklist_stage TO STDOUT (FORMAT binary)") as copy:
                return found, b"".join(copy)
    finally:
        connection.close()
