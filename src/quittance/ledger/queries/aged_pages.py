"""A page of the aged balance: some rows, with the totals and the number of all, from one pass over the items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db import connection

from quittance.core.ageing import AgeingBasis
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.ledger.queries.aged import AgedBalanceRow, GroupBy, aged_select

_LATE: Final = ("due_1_30", "due_31_60", "due_61_90", "due_91_120", "due_over_120")
_SUMMED: Final = ("not_due", *_LATE, "overdue", "credits", "unapplied", "total", "item_count")
COLUMNS: Final = ("id", "key", "code", "name", "currency", *_SUMMED)
"""What a row has, and may be sorted and narrowed by; `id` is the key with the currency."""
STREAM_ROWS: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedPage:
    """`rows` of a page, `totals` by currency and `row_count` of all rows that pass; rows are dicts of `COLUMNS`."""

    rows: list[dict[str, Any]]
    totals: list[dict[str, Any]]
    row_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """A condition over `COLUMNS` in SQL, with its named parameters; made of known column names alone."""

    sql: str = "true"
    parameters: Mapping[str, Any] = field(default_factory=dict)


def read_aged_page(
    *,
    as_of: date,
    order_sql: str,
    limit: int,
    scope: Scope = EVERYTHING,
    group_by: GroupBy = GroupBy.ACCOUNT,
    basis: AgeingBasis = AgeingBasis.DUE_DATE,
    where: Narrowing | None = None,
    beyond: Narrowing | None = None,
) -> AgedPage:
    """Read up to `limit` rows in an order; `where` narrows everything, `beyond` the page alone. Two queries."""
    where, beyond = where or Narrowing(), beyond or Narrowing()
    found, parameters = _found(as_of, scope, group_by, basis, where)
    sums = ", ".join(f"sum({name})" for name in _SUMMED)
    sql = f"""
    WITH found AS MATERIALIZED ({found}),
    page AS (SELECT {", ".join(COLUMNS)} FROM found WHERE {beyond.sql} ORDER BY {order_sql} LIMIT %(limit)s)
    SELECT 0 AS rows_added_up, page.* FROM page
    UNION ALL
    SELECT count(*), '', currency, '', '', currency, {sums} FROM found GROUP BY currency
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, **beyond.parameters, "limit": limit})
        read = cursor.fetchall()
    rows: list[dict[str, Any]] = []
    totals: list[dict[str, Any]] = []
    count = 0
    for rows_added_up, *values in read:
        (totals if rows_added_up else rows).append(dict(zip(COLUMNS, values, strict=True)))
        count += rows_added_up
    return AgedPage(rows=rows, totals=sorted(totals, key=lambda row: str(row["currency"])), row_count=count)


def iter_aged_rows(
    *,
    as_of: date,
    order_sql: str,
    scope: Scope = EVERYTHING,
    group_by: GroupBy = GroupBy.ACCOUNT,
    basis: AgeingBasis = AgeingBasis.DUE_DATE,
    where: Narrowing | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield all rows that pass, through a cursor of the server: memory does not grow with them."""
    found, parameters = _found(as_of, scope, group_by, basis, where or Narrowing())
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM ({found}) found ORDER BY {order_sql}", parameters)
        while rows := cursor.fetchmany(STREAM_ROWS):
            for values in rows:
                yield dict(zip(COLUMNS, values, strict=True))


def _found(
    as_of: date, scope: Scope, group_by: GroupBy, basis: AgeingBasis, where: Narrowing
) -> tuple[str, dict[str, Any]]:
    select, parameters = aged_select(as_of=as_of, scope=scope, group_by=group_by, basis=basis)
    filled = ", ".join(f"coalesce({name}, 0) AS {name}" for name in (*_LATE, "not_due", "credits", "unapplied"))
    sql = f"""
    SELECT key || ' ' || currency AS id, {", ".join(COLUMNS[1:])} FROM (
        SELECT key, code, name, currency, total, item_count, {filled},
            {" + ".join(f"coalesce({name}, 0)" for name in _LATE)} AS overdue
        FROM ({select}) s ({", ".join(AgedBalanceRow._fields)})
    ) f
    WHERE {where.sql}
    """
    return sql, {**parameters, **where.parameters}
