"""Money that is here and applied to nothing: by account and age, and piece by piece, a page at a time.

Payments stand on accounts; receipts on the desk, or kept aside, on none. What an account has unapplied is read where
the ledger keeps it, unless that says something else than its payments: in the currency of the company, whatever their
day. Those accounts are added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.ledger.queries.aged_pages import Narrowing

# Days of age, both included; None is open.
AGES: Final[tuple[tuple[int, int | None], ...]] = ((0, 7), (8, 30), (31, 60), (61, 90), (91, None))
SUSPENSE_COLUMNS: Final = (
    "id", "kind", "company_id", "customer_id", "account_id", "currency", "total", "customer_folded",
)  # fmt: skip
MONEY_COLUMNS: Final = (
    "id", "kind", "company_id", "customer_id", "account_id", "currency", "amount", "day", "age", "place",
    "customer_folded",
)  # fmt: skip
# Of receipts and payments; narrowed by alone.
TEXT_COLUMNS: Final = ("what", "text")
CUSTOMER_COLUMNS: Final = ("name_folded", "numbers_folded")
STREAM_ROWS: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspenseSum:
    """All money of one kind and currency; positive.

    `kind`: UNAPPLIED (on an account, applied to nothing), KNOWN (on the desk, payer known), UNIDENTIFIED (payer
    unknown, on the desk or kept aside).
    """

    kind: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which money: `where` over the columns of the list, `customers` over `CUSTOMER_COLUMNS`, None is all.

    `places` are ages in `AGES`, none is all: rows by account are those that have money of one of them.
    """

    as_of: date
    scope: Scope = EVERYTHING
    where: Narrowing = field(default_factory=Narrowing)
    customers: Narrowing | None = None
    places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyPage:
    """`rows` of a page, and how many there are in all, up to what was asked; unknown (0) when the page is empty."""

    rows: list[dict[str, Any]]
    row_count: int


_PLACE: Final = f"width_bucket(%(as_of)s::date - {{day}}, ARRAY{[first for first, _last in AGES[1:]]})"
_OPEN: Final = "i.kind = 'PAYMENT' AND i.amount_open < 0 AND i.document_date <= %(as_of)s"
_DESK: Final = "t.state IN ('WAITING', 'UNIDENTIFIED') AND t.amount > 0 AND t.booking_date <= %(as_of)s"
_DESK_KIND: Final = "CASE WHEN t.customer_id IS NULL THEN 'UNIDENTIFIED' ELSE 'KNOWN' END"

# The accounts whose kept sum is not the sum of their payments of today, currency by currency. They are few, which the
# planner takes an array to be.
_SPECIAL: Final = """
special AS MATERIALIZED (
    SELECT unnest(ARRAY(
        SELECT b.account_id FROM ledger_accountbalance b
        WHERE NOT (b.currencies = b.currency) AND NOT (b.currencies = '')
        UNION
        SELECT i.account_id FROM ledger_openitem i
        WHERE i.kind = 'PAYMENT' AND i.amount_open < 0 AND i.document_date > %(as_of)s
    )) AS account_id
)
"""
_KEPT: Final = """
SELECT 'UNAPPLIED-' || b.account_id || '-' || b.currency AS id, 'UNAPPLIED' AS kind, b.creditor_id AS company_id,
    b.debtor_id AS customer_id, b.account_id, b.currency, b.unapplied * -1 AS total, n.name_folded AS customer_folded
FROM ledger_accountbalance b {join} parties_customer n ON n.id = b.debtor_id
WHERE b.unapplied < 0 AND b.account_id NOT IN (SELECT account_id FROM special)
"""
_OF_AGE: Final = f"""
AND EXISTS (SELECT FROM ledger_openitem i WHERE i.account_id = b.account_id AND {_OPEN} AND ({{days}}))
"""
_COUNTED: Final = f"""
SELECT 'UNAPPLIED-' || s.account_id || '-' || s.currency AS id, 'UNAPPLIED' AS kind, a.company_id, a.customer_id,
    s.account_id, s.currency, s.total, n.name_folded AS customer_folded
FROM (
    SELECT i.account_id, i.currency, -sum(i.amount_open) AS total FROM ledger_openitem i
    WHERE i.account_id IN (SELECT account_id FROM special) AND {_OPEN} GROUP BY 1, 2
    HAVING cardinality(%(places)s::int[]) = 0 OR bool_or({_PLACE.format(day="i.document_date")} = ANY(%(places)s))
) s JOIN parties_customeraccount a ON a.id = s.account_id {{join}} parties_customer n ON n.id = a.customer_id
"""
_ON_DESK: Final = f"""
SELECT s.kind || '-' || s.company_id || '-' || coalesce(s.customer_id, 0) || '-' || s.currency AS id, s.kind,
    s.company_id, s.customer_id, NULL::bigint AS account_id, s.currency, s.total,
    coalesce(n.name_folded, '') AS customer_folded
FROM (
    SELECT {_DESK_KIND} AS kind, b.company_id, t.customer_id, t.currency, sum(t.amount) AS total
    FROM cash_banktransaction t JOIN parties_companybankaccount b ON b.id = t.bank_account_id
    WHERE {_DESK} GROUP BY 1, 2, 3, 4
    HAVING cardinality(%(places)s::int[]) = 0 OR bool_or({_PLACE.format(day="t.booking_date")} = ANY(%(places)s))
) s LEFT JOIN parties_customer n ON n.id = s.customer_id
"""
_SUMS: Final = ", ".join(
    f"coalesce(sum(m.amount) FILTER (WHERE m.place = {place}), 0) AS age_{place}" for place in range(len(AGES))
)
# Names and ages of the rows of a page alone.
_SUSPENSE: Final = f"""
SELECT p.*, o.name AS company_name, coalesce(c.name, '') AS customer_name, coalesce(a.number, '') AS account_number, s.*
FROM page p
JOIN parties_company o ON o.id = p.company_id
LEFT JOIN parties_customer c ON c.id = p.customer_id
LEFT JOIN parties_customeraccount a ON a.id = p.account_id
CROSS JOIN LATERAL (
    SELECT count(*) AS count, {_SUMS} FROM (
        SELECT -i.amount_open AS amount, {_PLACE.format(day="i.document_date")} AS place FROM ledger_openitem i
        WHERE i.account_id = p.account_id AND i.currency = p.currency AND {_OPEN}
        UNION ALL
        SELECT t.amount, {_PLACE.format(day="t.booking_date")}
        FROM cash_banktransaction t JOIN parties_companybankaccount b ON b.id = t.bank_account_id
        WHERE p.kind = 'KNOWN' AND t.customer_id = p.customer_id AND b.company_id = p.company_id
            AND t.currency = p.currency AND {_DESK}
        UNION ALL
        SELECT t.amount, {_PLACE.format(day="t.booking_date")}
        FROM cash_banktransaction t JOIN parties_companybankaccount b ON b.id = t.bank_account_id
        WHERE p.kind = 'UNIDENTIFIED' AND t.customer_id IS NULL AND b.company_id = p.company_id
            AND t.currency = p.currency AND {_DESK}
    ) m
) s
"""
_LINES: Final = f"""
SELECT -t.id AS id, {_DESK_KIND} AS kind, b.company_id, t.customer_id, NULL::bigint AS account_id, t.currency, t.amount,
    t.booking_date AS day, %(as_of)s::date - t.booking_date AS age, {_PLACE.format(day="t.booking_date")} AS place,
    coalesce(n.name_folded, '') AS customer_folded, t.counterparty_name AS what, t.text
FROM cash_banktransaction t
JOIN parties_companybankaccount b ON b.id = t.bank_account_id LEFT JOIN parties_customer n ON n.id = t.customer_id
WHERE {_DESK}
"""
_PAYMENTS: Final = f"""
SELECT i.id, 'UNAPPLIED' AS kind, a.company_id, a.customer_id, i.account_id, i.currency, -i.amount_open AS amount,
    i.document_date AS day, %(as_of)s::date - i.document_date AS age, {_PLACE.format(day="i.document_date")} AS place,
    n.name_folded AS customer_folded, i.document_number AS what, i.label AS text
FROM ledger_openitem i
{{join}} parties_customeraccount a ON a.id = i.account_id {{join}} parties_customer n ON n.id = a.customer_id
WHERE {_OPEN}
"""
_MONEY: Final = """
SELECT p.*, t.id AS line_id, i.id AS item_id, o.name AS company_name, coalesce(c.name, '') AS customer_name,
    coalesce(i.document_number, t.counterparty_name) AS what, coalesce(i.label, t.text) AS text
FROM page p
JOIN parties_company o ON o.id = p.company_id
LEFT JOIN parties_customer c ON c.id = p.customer_id
LEFT JOIN ledger_openitem i ON i.id = p.id
LEFT JOIN cash_banktransaction t ON t.id = -p.id
"""
# What the ledger has moved in all, less what it keeps of accounts that are added up.
_BY_KIND: Final = f"""
WITH {_SPECIAL}, money AS (
    SELECT 'UNAPPLIED' AS kind, company_id, currency, -amount AS amount FROM ledger_dailymove
    WHERE measure = 'UNAPPLIED'
    UNION ALL
    SELECT 'UNAPPLIED', b.creditor_id, b.currency, b.unapplied FROM ledger_accountbalance b
    WHERE b.account_id IN (SELECT account_id FROM special)
    UNION ALL
    SELECT 'UNAPPLIED', a.company_id, i.currency, -i.amount_open
    FROM ledger_openitem i JOIN parties_customeraccount a ON a.id = i.account_id
    WHERE i.account_id IN (SELECT account_id FROM special) AND {_OPEN}
    UNION ALL
    SELECT {_DESK_KIND}, b.company_id, t.currency, t.amount
    FROM cash_banktransaction t JOIN parties_companybankaccount b ON b.id = t.bank_account_id
    WHERE {_DESK}
)
SELECT kind, currency, sum(amount) FROM money
WHERE %(company_ids)s::bigint[] IS NULL OR company_id = ANY(%(company_ids)s::bigint[])
GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2
"""


def list_sums(*, as_of: date, scope: Scope = EVERYTHING) -> list[SuspenseSum]:
    """Return all money that stands in suspense, by kind and currency. One query.

    Receipts booked and payments dated after `as_of` are left out.
    """
    company_ids = None if scope.company_ids is None else sorted(scope.company_ids)
    with connection.cursor() as cursor:
        cursor.execute(_BY_KIND, {"as_of": as_of, "company_ids": company_ids})
        return [
            SuspenseSum(kind=kind, currency=currency, amount=amount) for kind, currency, amount in cursor.fetchall()
        ]


def read_suspense(
    *, asked: Asked, order_sql: str, limit: int, count_max: int, beyond: Narrowing | None = None
) -> MoneyPage:
    """Read up to `limit` rows, one an account (one a customer on the desk) and currency. One query.

    `total` is positive, `age_0` and so on are its parts by `AGES`; the rest are `SUSPENSE_COLUMNS`, names and numbers.
    """
    parts = _suspense_parts(asked)
    return _read(parts, SUSPENSE_COLUMNS, _SUSPENSE, asked, order_sql, limit, count_max, beyond or Narrowing())


def iter_suspense(*, asked: Asked, order_sql: str) -> Iterator[dict[str, Any]]:
    """Yield all rows of `read_suspense`, through a cursor of the server."""
    return _stream(_suspense_parts(asked), SUSPENSE_COLUMNS, _SUSPENSE, asked, order_sql)


def read_money(
    *, asked: Asked, order_sql: str, limit: int, count_max: int, beyond: Narrowing | None = None
) -> MoneyPage:
    """Read up to `limit` receipts and payments. One query.

    A receipt has `line_id` and a negative `id`, a payment on an account `item_id`.
    """
    parts = (_LINES, _PAYMENTS)
    return _read(parts, MONEY_COLUMNS, _MONEY, asked, order_sql, limit, count_max, beyond or Narrowing())


def iter_money(*, asked: Asked, order_sql: str) -> Iterator[dict[str, Any]]:
    """Yield all rows of `read_money`, through a cursor of the server."""
    return _stream((_LINES, _PAYMENTS), MONEY_COLUMNS, _MONEY, asked, order_sql)


def _suspense_parts(asked: Asked) -> Sequence[str]:
    # As days, which the index has.
    days = " OR ".join(_days(place) for place in asked.places)
    return (_KEPT + (_OF_AGE.format(days=days) if days else ""), _COUNTED, _ON_DESK)


def _days(place: int) -> str:
    first, last = AGES[place]
    until = f"i.document_date <= %(as_of)s::date - {first}"
    return until if last is None else f"({until} AND i.document_date >= %(as_of)s::date - {last})"


def _read(
    parts: Sequence[str], columns: Sequence[str], drawn: str, asked: Asked, order: str, limit: int, count_max: int,
    beyond: Narrowing,
) -> MoneyPage:  # fmt: skip
    condition, parameters = _condition(asked)
    names = ", ".join(columns)
    # Read in the order of customers, items are found by customer; otherwise customers are not looked at.
    join = "JOIN" if "customer_folded" in order else "LEFT JOIN"
    # Each part gives a page of its own, by its own index.
    pages = " UNION ALL ".join(
        f"(SELECT {names} FROM ({part.format(join=join)}) p WHERE {condition} AND {beyond.sql}"
        f" ORDER BY {order} LIMIT %(limit)s)"
        for part in parts
    )
    counted = " UNION ALL ".join(
        f"(SELECT FROM ({part.format(join='LEFT JOIN')}) p WHERE {condition} LIMIT %(count_max)s)" for part in parts
    )
    sql = f"""
    WITH {_before(asked)}, page AS MATERIALIZED (SELECT {names} FROM ({pages}) u ORDER BY {order} LIMIT %(limit)s)
    SELECT (SELECT count(*) FROM (SELECT FROM ({counted}) u LIMIT %(count_max)s) n) AS row_count, d.*
    FROM ({drawn}) d ORDER BY {order}
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, **beyond.parameters, "limit": limit, "count_max": count_max})
        found = [column.name for column in cursor.description or ()]
        rows = [dict(zip(found, row, strict=True)) for row in cursor.fetchall()]
    count = max((row.pop("row_count") for row in rows), default=0)
    return MoneyPage(rows=rows, row_count=count)


def _stream(
    parts: Sequence[str], columns: Sequence[str], drawn: str, asked: Asked, order: str
) -> Iterator[dict[str, Any]]:
    condition, parameters = _condition(asked)
    names = ", ".join(columns)
    whole = " UNION ALL ".join(
        f"SELECT {names} FROM ({part.format(join='JOIN')}) p WHERE {condition}" for part in parts
    )
    sql = f"WITH {_before(asked)}, page AS ({whole}) SELECT * FROM ({drawn}) d ORDER BY {order}"
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(STREAM_ROWS):
            found = [column.name for column in cursor.description or ()]
            for row in rows:
                yield dict(zip(found, row, strict=True))


def _before(asked: Asked) -> str:
    """Return what is found once for all parts: the accounts that are added up, and the customers asked for."""
    if asked.customers is None:
        return _SPECIAL
    return f"{_SPECIAL}, customers AS MATERIALIZED (SELECT id FROM parties_customer WHERE {asked.customers.sql})"


def _condition(asked: Asked) -> tuple[str, dict[str, Any]]:
    """Return the condition on the rows of every part, and the parameters of all."""
    parameters: dict[str, Any] = {"as_of": asked.as_of, "places": list(asked.places), **asked.where.parameters}
    conditions = [asked.where.sql]
    if asked.scope.company_ids is not None:
        conditions.append("company_id = ANY(%(company_ids)s)")
        parameters["company_ids"] = sorted(asked.scope.company_ids)
    if asked.customers is not None:
        conditions.append("customer_id IN (SELECT id FROM customers)")
        parameters |= asked.customers.parameters
    return " AND ".join(conditions), parameters
