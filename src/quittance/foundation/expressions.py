"""Pieces of queries that several apps need."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateField, F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Cast


def days_since(field: str, *, as_of: date) -> Func:
    """Return the whole days from a date column to a day, as an integer: positive once the day is later."""
    return Func(
        Cast(Value(as_of), DateField()),
        F(field),
        template="(%(expressions)s)",
        arg_joiner=" - ",
        output_field=IntegerField(),
    )


def count_each(*found: QuerySet[Any, Any], count_max: int) -> list[int]:
    """Return how many rows each query has, `count_max` at most. One query for all of them."""
    selects = [_select_of(one.order_by().values("pk")[:count_max]) for one in found]
    if not selects:
        return []
    sql = ", ".join(f"(SELECT count(*) FROM ({select}) counted)" for select, _ in selects)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", [value for _, values in selects for value in values])
        return list(cursor.fetchone())


def _select_of(found: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    try:
        return found.query.sql_with_params()
    except EmptyResultSet:  # Django has seen that nothing can pass
        return "SELECT WHERE false", ()
