"""Statements that the server plans once a connection: for one small question asked thousands of times in a row.

A long statement about one account can cost the server ten times more to plan than to answer. Here it is prepared with
its parameters open, and its plan kept whatever they are. Ask about many rows at once by an ordinary cursor, which
plans by what is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.db import connection
from django.db.transaction import TransactionManagementError
from psycopg import Cursor


class _PreparedCursor(Cursor[tuple[Any, ...]]):
    """A cursor whose parameters stay with the server; Django's own writes them into the statement."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> _PreparedCursor:
        """Execute a statement, prepared at its first time."""
        return super().execute(query, params, prepare=True, **options)


def fetch_planned_once(statement: str, parameters: Mapping[str, Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the names of the columns and the rows of a statement that is planned once a connection.

    From here to the end of the transaction kept plans are taken as they are.

    :raises TransactionManagementError: outside a transaction
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("the choice of kept plans ends with its transaction, and there is none")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    own = connection.connection
    if own.prepare_threshold is None:  # Django's default, for poolers between; a worker has its connection to itself
        own.prepare_threshold = 0
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(cast(Any, _PreparedCursor(own))) as cursor:
        cursor.execute(statement, parameters)
        return [column.name for column in cursor.description or ()], list(cursor.fetchall())
