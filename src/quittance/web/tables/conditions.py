"""What a table asks of its rows, independent of where they come from."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, wanted: value in wanted,
    "contains": lambda value, wanted: str(wanted) in str(value),
    "startswith": lambda value, wanted: str(value).startswith(str(wanted)),
    "icontains": lambda value, wanted: str(wanted).casefold() in str(value).casefold(),
    "istartswith": lambda value, wanted: str(value).casefold().startswith(str(wanted).casefold()),
}


@dataclass(frozen=True, slots=True)
class Where:
    """One comparison: field, test (a lookup name), value. NULL passes no test but ``isnull``."""

    field: str
    test: str
    value: object

    def q(self) -> Q:
        """Return it for the ORM."""
        name = self.field if self.test == "exact" else f"{self.field}__{self.test}"
        return Q(**{name: self.value})

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Say whether a row passes."""
        value = row[self.field]
        if self.test == "isnull":
            return (value is None) is bool(self.value)
        return value is not None and _TESTS[self.test](value, self.value)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds."""

    conditions: Sequence[Condition]

    def q(self) -> Q:
        """Return it for the ORM."""
        found = Q(pk__in=[])
        for condition in self.conditions:
            found = condition.q() if found == Q(pk__in=[]) else found | condition.q()
        return found

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Say whether a row passes."""
        return any(condition.holds(row) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every condition holds; none at all holds always."""

    conditions: Sequence[Condition]

    def q(self) -> Q:
        """Return it for the ORM."""
        found = Q()
        for condition in self.conditions:
            found &= condition.q()
        return found

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Say whether a row passes."""
        return all(condition.holds(row) for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Raw:
    """A condition only the database can judge (a ``Q``); refused by sources in memory."""

    condition: Q

    def q(self) -> Q:
        """Return it for the ORM."""
        return self.condition

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Refuse: rows in memory have no database."""
        raise TypeError("a Raw condition needs a QuerySet source")


Condition = Where | AnyOf | AllOf | Raw
