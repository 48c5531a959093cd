"""Model fields that every app uses the same way."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Concat


class AmountField(models.DecimalField):  # type: ignore[type-arg]
    """A signed amount: debit positive, credit negative; four decimals hold every ISO 4217 minor unit."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(**kwargs)


class CurrencyField(models.CharField):  # type: ignore[type-arg]
    """An ISO 4217 code."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(**kwargs)


def folded(column: str) -> models.GeneratedField:
    """Return a stored column holding `column` without accents and in lower case, for search and A-Z order."""
    return models.GeneratedField(
        expression=Func(F(column), function="quittance_fold", output_field=TextField()),
        output_field=TextField(),
        db_persist=True,
    )


def folded_numbers(*columns: str) -> models.GeneratedField:
    """Return a stored column holding `columns`, folded, each after a space: one test finds what begins with a text."""
    parts = [part for column in columns for part in (Value(" "), F(column))]
    return models.GeneratedField(
        expression=Func(Concat(*parts, output_field=TextField()), function="quittance_fold", output_field=TextField()),
        output_field=TextField(),
        db_persist=True,
    )
