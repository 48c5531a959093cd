"""Say who paid and which items are meant, set-based; what two answer stays unanswered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection, transaction

from quittance.remittances import resolving_sql

FEW_LINES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """How many remittances got their customer and how many lines their item."""

    customers: int
    items: int


def resolve_remittances(*, company_id: int, remittance_ids: Collection[int] | None = None) -> Resolved:
    """Find customers and items of what is expected or joined; safe to run at any time. Five statements.

    Each run answers more as invoices come in; what was answered stays.
    """
    params = {"company": company_id, "ids": None if remittance_ids is None else list(remittance_ids)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(resolving_sql.COUNT_LINES, {**params, "most": FEW_LINES})
        is_bulk = cursor.fetchone()[0] == FEW_LINES
        counts = []
        for statement, is_joined_whole in (
            (resolving_sql.NAME_CUSTOMERS, is_bulk),
            (resolving_sql.FIND_ITEMS, True),
            (resolving_sql.CUSTOMERS_OF_ITEMS, is_bulk),
            (resolving_sql.FIND_BY_DIGITS, is_bulk),
        ):
            # The lines were just written: the planner takes them for a handful and would try each with each item.
            cursor.execute(f"SET LOCAL enable_nestloop = {'off' if is_joined_whole else 'on'}")
            cursor.execute(statement, params)
            counts.append(cursor.rowcount)
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
    named, found, owned, by_digits = counts
    return Resolved(customers=named + owned, items=found + by_digits)


def find_company_of_references(*, keys: Collection[str]) -> int | None:
    """Return the one company in which items with these folded references are open; None for none or several."""
    if not keys:
        return None
    with connection.cursor() as cursor:
        cursor.execute(resolving_sql.COMPANIES_OF_REFERENCES, {"keys": list(keys)})
        found = cursor.fetchall()
    return int(found[0][0]) if len(found) == 1 else None
