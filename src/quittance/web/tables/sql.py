"""Conditions of a table as SQL, for rows that no model holds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, assert_never

from quittance.web.tables.conditions import AllOf, AnyOf, Condition, Raw, Where
from quittance.web.tables.sources import Order

_OPERATORS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def condition_sql(
    condition: Condition, *, columns: Collection[str], prefix: str = "where"
) -> tuple[str, dict[str, Any]]:
    """Return a condition as SQL with named parameters (`prefix` begins their names).

    :raises ValueError: a column or a test that is not known: neither ever comes from an address unchecked
    """
    parameters: dict[str, Any] = {}
    return _sql(condition, frozenset(columns), prefix, parameters), parameters


def order_sql(order: Order, *, columns: Collection[str], is_backward: bool = False) -> str:
    """Return the order of rows, without NULLs among them. :raises ValueError: an unknown column"""
    word = "DESC" if order.is_descending is not is_backward else "ASC"
    names = dict.fromkeys(_known(name, columns) for name in (order.field, order.id_field))
    return ", ".join(f"{name} {word}" for name in names)


def _known(name: str, columns: Collection[str]) -> str:
    if name not in columns:
        raise ValueError(f"no column {name!r}")
    return name


def _sql(condition: Condition, columns: frozenset[str], prefix: str, parameters: dict[str, Any]) -> str:
    match condition:
        case Where():
            return _where(condition, columns, prefix, parameters)
        case AnyOf():
            parts = [_sql(one, columns, prefix, parameters) for one in condition.conditions]
            return f"({' OR '.join(parts)})" if parts else "false"
        case AllOf():
            parts = [_sql(one, columns, prefix, parameters) for one in condition.conditions]
            return f"({' AND '.join(parts)})" if parts else "true"
        case Raw():
            raise ValueError("a Raw condition needs a QuerySet")
        case _:
            assert_never(condition)


def _where(condition: Where, columns: frozenset[str], prefix: str, parameters: dict[str, Any]) -> str:
    column, value = _known(condition.field, columns), condition.value
    if condition.test == "isnull":
        return f"{column} IS {'' if value else 'NOT '}NULL"
    name = f"{prefix}_{len(parameters)}"
    match condition.test:
        case "in":
            parameters[name] = list(value)  # type: ignore[call-overload]
            return f"{column} = ANY(%({name})s)"
        case "contains" | "icontains" | "startswith" | "istartswith":
            text = str(value).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
            parameters[name] = ("" if condition.test.endswith("startswith") else "%") + text + "%"
            return f"{column} {'ILIKE' if condition.test.startswith('i') else 'LIKE'} %({name})s"
        case test if test in _OPERATORS:
            parameters[name] = value
            return f"{column} {_OPERATORS[test]} %({name})s"
        case test:
            raise ValueError(f"no test {test!r}")
