"""Pieces of queries that several apps need."""

from __future__ import annotations

from datetime import date

from django.db.models import DateField, F, Func, IntegerField, Value
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
