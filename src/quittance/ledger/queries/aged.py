"""The aged balance on any day, by whatever one wants to see it by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from django.db import connection

from quittance.core.ageing import AgeingBasis
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.ledger.queries.as_of import items_open_on
from quittance.ledger.queries.kept import find_kept

ZERO: Final = Decimal(0)
BUCKETS: Final = ("not_due", "due_1_30", "due_31_60", "due_61_90", "due_91_120", "due_over_120")
_AMOUNTS: Final = (*BUCKETS, "credits", "unapplied", "total")


class GroupBy(StrEnum):
    """What one row of an aged balance stands for."""

    ACCOUNT = "ACCOUNT"
    CUSTOMER = "CUSTOMER"
    GROUP = "GROUP"
    DEPARTMENT = "DEPARTMENT"
    COMPANY = "COMPANY"
    CURRENCY = "CURRENCY"
    COMPANY_CURRENCY = "COMPANY_CURRENCY"


class AgedBalanceRow(NamedTuple):
    """Open amounts of one key in one currency; debits by bucket, `credits` and `unapplied` negative.

    `key` is the id of the account, customer, department or company (the currency itself when grouped by that).
    The buckets, credits and unapplied cash add up to `total`. A tuple, since a report has a hundred thousand of them.
    """

    key: str
    code: str
    name: str
    currency: str
    not_due: Decimal
    due_1_30: Decimal
    due_31_60: Decimal
    due_61_90: Decimal
    due_91_120: Decimal
    due_over_120: Decimal
    credits: Decimal
    unapplied: Decimal
    total: Decimal
    item_count: int

    @property
    def overdue(self) -> Decimal:
        """All debits past due."""
        return self.due_1_30 + self.due_31_60 + self.due_61_90 + self.due_91_120 + self.due_over_120


_FIRST_AMOUNT: Final = AgedBalanceRow._fields.index("not_due")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedBalanceReport:
    """Rows by name, and one row of totals for each currency."""

    as_of: date
    group_by: GroupBy
    basis: AgeingBasis
    rows: tuple[AgedBalanceRow, ...]
    totals: tuple[AgedBalanceRow, ...]


@dataclass(frozen=True, slots=True)
class _Key:
    """What rows are grouped by: its expression over an account (`a`), its code and name, and where these are found."""

    sql: str
    code: str
    name: str
    names: str = ""


_CUSTOMERS: Final = "JOIN parties_customer n ON n.id = s.key"
_KEYS: Final = {
    GroupBy.ACCOUNT: _Key("a.id", "a.number", "n.name"),
    GroupBy.CUSTOMER: _Key("a.customer_id", "n.number", "n.name", _CUSTOMERS),
    GroupBy.GROUP: _Key("coalesce(roots.root_id, a.customer_id)", "n.number", "n.name", _CUSTOMERS),
    GroupBy.DEPARTMENT: _Key(
        "a.department_id",
        "n.code",
        "c.name || ' / ' || n.name",
        "JOIN parties_department n ON n.id = s.key JOIN parties_company c ON c.id = n.company_id",
    ),
    GroupBy.COMPANY: _Key("a.company_id", "n.code", "n.name", "JOIN parties_company n ON n.id = s.key"),
    GroupBy.COMPANY_CURRENCY: _Key("co.currency", "s.key", "s.key"),
}
_ROOTS: Final = """
WITH RECURSIVE roots (id, root_id) AS (
    SELECT id, id FROM parties_customer WHERE parent_id IS NULL
    UNION ALL
    SELECT c.id, roots.root_id FROM roots JOIN parties_customer c ON c.parent_id = roots.id
)
"""


def _bucket_sums(amount: str) -> str:
    """Return the sums of one account's items in `amount`, each under its column's name."""
    late = ("<= 0", "BETWEEN 1 AND 30", "BETWEEN 31 AND 60", "BETWEEN 61 AND 90", "BETWEEN 91 AND 120", "> 120")
    conditions = {
        **{name: f"amount_open > 0 AND late {days}" for name, days in zip(BUCKETS, late, strict=True)},
        "credits": "amount_open < 0 AND kind <> 'PAYMENT'",
        "unapplied": "amount_open < 0 AND kind = 'PAYMENT'",
    }
    sums = [f"sum({amount}) FILTER (WHERE {condition}) AS {name}" for name, condition in conditions.items()]
    return ",\n        ".join([*sums, f"sum({amount}) AS total", "count(*) AS item_count"])


def aged_balance(
    *,
    as_of: date,
    scope: Scope = EVERYTHING,
    group_by: GroupBy = GroupBy.ACCOUNT,
    basis: AgeingBasis = AgeingBasis.DUE_DATE,
    known_at: datetime | None = None,
    account_id: int | None = None,
    customer_id: int | None = None,
) -> AgedBalanceReport:
    """Return what was open at the end of a day, aged on that day, by key and currency.

    Amounts are in company currency (grouped by CURRENCY: in the documents' currency). `known_at` gives the answer
    as it would have been at that moment. Two queries, one with `known_at`.
    """
    sql, parameters = aged_select(
        as_of=as_of,
        scope=scope,
        group_by=group_by,
        basis=basis,
        known_at=known_at,
        account_id=account_id,
        customer_id=customer_id,
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY name, 1, 4", parameters)
        rows = tuple(map(_row, cursor.fetchall()))
    return AgedBalanceReport(as_of=as_of, group_by=group_by, basis=basis, rows=rows, totals=_totals(rows))


def aged_select(
    *,
    as_of: date,
    scope: Scope = EVERYTHING,
    group_by: GroupBy = GroupBy.ACCOUNT,
    basis: AgeingBasis = AgeingBasis.DUE_DATE,
    known_at: datetime | None = None,
    account_id: int | None = None,
    customer_id: int | None = None,
) -> tuple[str, dict[str, Any]]:
    """Return the SELECT of the rows, in no order, with its parameters; an empty bucket is NULL. One query at most."""
    conditions, parameters = _conditions(scope, account_id, customer_id)
    narrow = _narrow(account_id, customer_id)
    is_kept = not narrow and known_at is None and basis is AgeingBasis.DUE_DATE and group_by is not GroupBy.CURRENCY
    if is_kept and (kept := find_kept(as_of=as_of)) is not None:
        sql = _by_key(kept.sql, group_by=group_by, conditions=conditions)
        return sql, {**kept.parameters, **parameters}
    relation = items_open_on(as_of=as_of, known_at=known_at)
    if group_by is GroupBy.CURRENCY:
        sql = _by_document_currency(relation.sql, basis=basis, conditions=conditions)
    else:
        sql = _by_key(account_sums(relation.sql, basis=basis, narrow=narrow), group_by=group_by, conditions=conditions)
    return sql, {**relation.parameters, **parameters}


def _narrow(account_id: int | None, customer_id: int | None) -> str:
    """Return the condition on the items of one account or customer: given inside, so that only those are read."""
    if account_id is not None:
        return "WHERE account_id = %(account_id)s"
    if customer_id is not None:
        return "WHERE account_id IN (SELECT id FROM parties_customeraccount WHERE customer_id = %(customer_id)s)"
    return ""


def account_sums(items: str, *, basis: AgeingBasis, narrow: str = "") -> str:
    """Return the SELECT of one row an account: its items added up by bucket, in company currency."""
    return f"""
        SELECT account_id, {_bucket_sums("amount_company_open")}
        FROM {_aged_items(items, basis, narrow)}
        GROUP BY account_id
    """


def _aged_items(items: str, basis: AgeingBasis, narrow: str = "") -> str:
    start = "due_date" if basis is AgeingBasis.DUE_DATE else "document_date"
    return f"(SELECT *, %(as_of)s - {start} AS late FROM ({items}) o {narrow}) i"


def _by_document_currency(items: str, *, basis: AgeingBasis, conditions: str) -> str:
    """Return the SELECT of one row a currency of documents; accounts are looked up only for who may not see all."""
    accounts = "" if conditions == "true" else "JOIN parties_customeraccount a ON a.id = i.account_id"
    return f"""
    SELECT currency AS key, currency, currency AS name, currency, {_bucket_sums("amount_open")}
    FROM (SELECT i.kind, i.currency, i.amount_open, i.late FROM {_aged_items(items, basis)} {accounts}
          WHERE {conditions}) i
    GROUP BY currency
    """


def _by_key(account_sums: str, *, group_by: GroupBy, conditions: str) -> str:
    """Return the SELECT of the rows: sums by account, added up by key. Names are looked up last, once a row."""
    key = _KEYS[group_by]
    accounts = f"""
    FROM ({account_sums}) s
    JOIN parties_customeraccount a ON a.id = s.account_id
    JOIN parties_company co ON co.id = a.company_id
    """
    if group_by is GroupBy.ACCOUNT:
        columns = ", ".join(f"s.{column}" for column in (*_AMOUNTS, "item_count"))
        return f"""
        SELECT a.id::text AS key, {key.code}, {key.name} AS name, co.currency, {columns}
        {accounts} JOIN parties_customer n ON n.id = a.customer_id WHERE {conditions}
        """
    sums = ", ".join(f"sum(s.{column}) AS {column}" for column in (*_AMOUNTS, "item_count"))
    roots = "LEFT JOIN roots ON roots.id = a.customer_id" if group_by is GroupBy.GROUP else ""
    columns = ", ".join(f"s.{column}" for column in (*_AMOUNTS, "item_count"))
    return f"""
    {_ROOTS if group_by is GroupBy.GROUP else ""}
    SELECT s.key::text AS key, {key.code}, {key.name} AS name, s.currency, {columns}
    FROM (
        SELECT {key.sql} AS key, co.currency, {sums}
        {accounts} {roots} WHERE {conditions} GROUP BY 1, 2
    ) s
    {key.names}
    """


def _row(values: tuple[Any, ...]) -> AgedBalanceRow:
    """Return a row as read: an empty bucket comes as None, since most are empty and a Decimal costs the most."""
    return AgedBalanceRow._make([ZERO if value is None else value for value in values])


def _conditions(scope: Scope, account_id: int | None, customer_id: int | None) -> tuple[str, dict[str, Any]]:
    wanted = {
        "a.company_id = ANY(%(company_ids)s)": (
            "company_ids",
            None if scope.company_ids is None else sorted(scope.company_ids),
        ),
        "a.department_id = %(department_id)s": ("department_id", scope.department_id),
        "a.id = %(account_id)s": ("account_id", account_id),
        "a.customer_id = %(customer_id)s": ("customer_id", customer_id),
    }
    given = {sql: pair for sql, pair in wanted.items() if pair[1] is not None}
    return " AND ".join(given) or "true", dict(given.values())


def _totals(rows: tuple[AgedBalanceRow, ...]) -> tuple[AgedBalanceRow, ...]:
    by_currency: dict[str, list[AgedBalanceRow]] = {}
    for row in rows:
        by_currency.setdefault(row.currency, []).append(row)
    return tuple(_total(currency, found) for currency, found in sorted(by_currency.items()))


def _total(currency: str, rows: list[AgedBalanceRow]) -> AgedBalanceRow:
    """Add up column by column."""
    amounts = list(zip(*rows, strict=True))[_FIRST_AMOUNT:]
    return AgedBalanceRow._make([currency, currency, "", currency, *(sum(column) for column in amounts)])
