"""Ask for many values at once: `filter(id__any=ids)` is `id = ANY(%s)`, one parameter however many they are.

`__in` writes a placeholder for each value. For some thousands, building and parsing that text takes longer than the
query itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignObject, Lookup
from django.db.models.sql.compiler import SQLCompiler


class AnyOf(Lookup):
    """The column has one of the values of a collection; none of an empty one."""

    lookup_name = "any"
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: Iterable[Any]) -> None:
        super().__init__(lhs, sorted(set(rhs)))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Compare with the collection as one array of the column's type; without its length, a cast cuts nothing."""
        column, params = self.process_lhs(compiler, connection)
        kind = self.lhs.output_field.rel_db_type(connection).partition("(")[0]
        return f"{column} = ANY(%s::{kind}[])", (*params, self.rhs)


def register() -> None:
    """Make the lookup known to all fields, keys of other tables too."""
    Field.register_lookup(AnyOf)
    ForeignObject.register_lookup(AnyOf)
