"""A rule as SQL: one statement over all accounts, and the facts that it judges.

`core.segments.evaluate` says what a rule means; a law of the test-suite holds these statements against it. Tables of
the apps below and beside are read by name; every value is a parameter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from quittance.core import behaviour
from quittance.core.segments import (
    FIELDS,
    Condition,
    Fact,
    FieldType,
    Group,
    Joint,
    Operator,
    Rule,
    list_conditions,
)
from quittance.foundation.permissions import EVERYTHING, Scope

PROMISE_MONTHS: Final = 12
_RECENT = f"(%(as_of)s::date - make_interval(months => {PROMISE_MONTHS}))::date"

# Joined only when a rule speaks of what they hold, in this order. Sums are looked up by index for each account: a
# grouped subquery would be worked out again and again wherever few accounts are expected to pass what stands before.
_JOINS: Final[Mapping[str, str]] = {
    "department": "JOIN parties_department d ON d.id = a.department_id",
    "collector": "LEFT JOIN parties_user u ON u.id = a.collector_id",
    "terms": "LEFT JOIN parties_paymentterms t ON t.id = a.payment_terms_id",
    "balance": "LEFT JOIN ledger_accountbalance b ON b.account_id = a.id",
    "promises": f"""LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'KEPT') AS kept, nullif(count(*), 0) AS decided,
            count(*) FILTER (WHERE state = 'BROKEN') AS broken
        FROM promises_promisetopay q
        WHERE q.account_id = a.id AND q.state IN ('KEPT', 'PART_KEPT', 'BROKEN')
          AND q.decided_date > {_RECENT} AND q.decided_date <= %(as_of)s
    ) p ON true""",
    "limit": """LEFT JOIN LATERAL (
        SELECT sum(s.open_total) FILTER (WHERE s.currency = c.credit_limit_currency) AS used,
            coalesce(bool_or(s.currency <> c.credit_limit_currency AND s.open_total <> 0), false) AS is_mixed
        FROM ledger_customerbalance s WHERE s.debtor_id = c.id
    ) l ON c.credit_limit > 0""",
}
_PAYER_CLASS = f"""CASE WHEN b.usual_delay_days IS NULL OR b.paid_count < {behaviour.COUNT_MIN} THEN NULL
    WHEN b.usual_delay_days <= -{behaviour.EARLY_DAYS_MIN} THEN 'EARLY'
    WHEN b.usual_delay_days <= {behaviour.ON_TIME_DAYS_MAX} THEN 'ON_TIME'
    WHEN b.usual_delay_days >= {behaviour.VERY_LATE_DAYS_MIN} THEN 'VERY_LATE' ELSE 'LATE' END"""
# What a field is, and the join that it needs; NULL is not known.
_EXPRESSIONS: Final[Mapping[str, tuple[str, str]]] = {
    "country": ("nullif(c.country, '')", ""),
    "town": ("nullif(c.town, '')", ""),
    "kind": ("c.kind", ""),
    "industry": ("nullif(c.industry, '')", ""),
    "tags": ("c.tags::text[]", ""),
    "is_strategic": ("c.is_strategic", ""),
    "is_in_group": (
        "(c.parent_id IS NOT NULL OR EXISTS (SELECT FROM parties_customer g WHERE g.parent_id = c.id))",
        "",
    ),
    "company": ("co.code", ""),
    "department": ("co.code || '/' || d.code", "department"),
    "collector": ("u.email", "collector"),
    "payment_terms": ("t.code", "terms"),
    "payment_method": ("a.payment_method", ""),
    "delivery_preference": ("a.delivery_preference", ""),
    "language": ("a.language", ""),
    "payer_class": (_PAYER_CLASS, "balance"),
    "mean_delay_days": ("b.usual_delay_days", "balance"),
    "paid_count": ("coalesce(b.paid_count, 0)", "balance"),
    "promises_kept_pct": ("(200 * p.kept + p.decided) / (2 * p.decided)", "promises"),
    "promises_broken_count": ("coalesce(p.broken, 0)", "promises"),
    "open_total": ("coalesce(b.open_total, 0)", "balance"),
    "overdue": ("coalesce(b.overdue, 0)", "balance"),
    "disputed": ("coalesce(b.disputed, 0)", "balance"),
    "oldest_days_late": ("coalesce(greatest(%(as_of)s::date - b.oldest_due_date, 0), 0)", "balance"),
    "open_count": ("coalesce(b.open_count, 0)", "balance"),
    "overdue_count": ("coalesce(b.overdue_count, 0)", "balance"),
    "credit_limit_use_pct": (
        "CASE WHEN NOT l.is_mixed THEN round(100 * greatest(coalesce(l.used, 0), 0) / c.credit_limit)::int END",
        "limit",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL with named parameters; `source` is FROM and WHERE of the accounts `a` with customer `c`, company `co`."""

    source: str
    parameters: Mapping[str, Any]


def compile_rule(*, rule: Rule, as_of: date, scope: Scope = EVERYTHING, needs: Collection[str] = ()) -> Statement:
    """Return the statement of the accounts that belong on a day: active ones that meet the rule.

    `needs` names more joins to make, for columns that the caller adds.
    """
    parameters: dict[str, Any] = {"as_of": as_of}
    joins = {_EXPRESSIONS[condition.field][1] for _path, condition in list_conditions(rule)} | set(needs)
    condition = _part_sql(rule, parameters)
    limits = ["a.is_active"]
    if scope.company_ids is not None:
        parameters["companies"] = sorted(scope.company_ids)
        limits.append("a.company_id = ANY(%(companies)s)")
    if scope.department_id is not None:
        parameters["department"] = scope.department_id
        limits.append("a.department_id = %(department)s")
    return Statement(source=f"{_from(joins)} WHERE {' AND '.join([*limits, condition])}", parameters=parameters)


def read_facts(
    *, account_ids: Iterable[int], as_of: date, fields: Collection[str] = tuple(FIELDS)
) -> dict[int, dict[str, Fact]]:
    """Return what is known of accounts on a day, by field. One query."""
    names = [name for name in FIELDS if name in fields]
    joins = {_EXPRESSIONS[name][1] for name in names}
    columns = ", ".join(["a.id", *(_EXPRESSIONS[name][0] for name in names)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} {_from(joins)} WHERE a.id = ANY(%(accounts)s)",
            {"as_of": as_of, "accounts": list(account_ids)},
        )
        return {
            account_id: {name: _fact(name, value) for name, value in zip(names, values, strict=True)}
            for account_id, *values in cursor.fetchall()
        }


def _fact(name: str, value: Any) -> Fact:
    if value is None:
        return None
    match FIELDS[name].type:
        case FieldType.NUMBER:
            return int(value)
        case FieldType.AMOUNT:
            return Decimal(value)
        case FieldType.TAGS:
            return tuple(value)
    return value  # type: ignore[no-any-return]


def _from(joins: Collection[str]) -> str:
    wanted = [sql for name, sql in _JOINS.items() if name in joins]
    base = (
        "FROM parties_customeraccount a JOIN parties_customer c ON c.id = a.customer_id"
        " JOIN parties_company co ON co.id = a.company_id"
    )
    return " ".join([base, *wanted])


def _part_sql(part: Condition | Group, parameters: dict[str, Any]) -> str:
    if isinstance(part, Condition):
        return _condition_sql(part, parameters)
    word = " AND " if part.joint is Joint.ALL else " OR "
    return f"({word.join(_part_sql(one, parameters) for one in part.parts)})"


def _condition_sql(condition: Condition, parameters: dict[str, Any]) -> str:
    kind = FIELDS[condition.field].type
    expression = _EXPRESSIONS[condition.field][0]
    if condition.operator in (Operator.IS_KNOWN, Operator.IS_UNKNOWN):
        return f"({expression}) IS {'NOT ' if condition.operator is Operator.IS_KNOWN else ''}NULL"
    if kind is FieldType.TEXT:
        expression = f"quittance_fold({expression})"
    if kind is FieldType.TAGS:
        return _tags_sql(expression, condition, parameters)
    match condition.operator:
        case Operator.ONE_OF:
            return f"({expression}) = ANY({_value(_list(condition), parameters)}::text[])"
        case Operator.NONE_OF:
            return f"({expression}) <> ALL({_value(_list(condition), parameters)}::text[])"
        case Operator.CONTAINS:
            return f"strpos({expression}, {_value(condition.value, parameters)}) > 0"
        case Operator.STARTS_WITH:
            return f"starts_with({expression}, {_value(condition.value, parameters)})"
        case Operator.IS:
            return f"({expression}) = {_value(condition.value, parameters)}"
        case Operator.AT_LEAST:
            return f"({expression}) >= {_value(condition.value, parameters)}"
        case Operator.AT_MOST:
            return f"({expression}) <= {_value(condition.value, parameters)}"
        case _:
            low, high = _list(condition)
            return f"({expression}) BETWEEN {_value(low, parameters)} AND {_value(high, parameters)}"


def _tags_sql(expression: str, condition: Condition, parameters: dict[str, Any]) -> str:
    word = "" if condition.operator is Operator.ONE_OF else "NOT "
    wanted = _value(_list(condition), parameters)
    return f"{word}EXISTS (SELECT FROM unnest({expression}) tag WHERE quittance_fold(tag) = ANY({wanted}::text[]))"


def _list(condition: Condition) -> list[Any]:
    return list(condition.value) if isinstance(condition.value, tuple) else []


def _value(value: Any, parameters: dict[str, Any]) -> str:
    name = f"value_{len(parameters)}"
    parameters[name] = value
    return f"%({name})s"
