"""What the indicators of a day are made of, summed in SQL: one row a company currency, two currencies never meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from quittance.core.kpis.figures import ReceivableTotals, SalesDocument
from quittance.core.terms import add_months
from quittance.foundation.permissions import Scope
from quittance.ledger.queries import items_open_on

HISTORY_MONTHS: Final = 25
ZERO: Final = Decimal(0)

_SCOPE: Final = """
    (%(company_ids)s::bigint[] IS NULL OR a.company_id = ANY(%(company_ids)s::bigint[]))
    AND (%(department_id)s::bigint IS NULL OR a.department_id = %(department_id)s::bigint)
"""

_TOTALS: Final = """
SELECT co.currency, sum(s.total), sum(s.current), sum(s.overdue), sum(s.credits), sum(s.over_91), sum(s.disputed)
FROM (
    SELECT o.account_id,
        sum(o.amount_company_open) AS total,
        sum(o.amount_company_open) FILTER (WHERE o.amount_company_open > 0 AND o.due_date >= %(as_of)s) AS current,
        sum(o.amount_company_open) FILTER (WHERE o.amount_company_open > 0 AND o.due_date < %(as_of)s) AS overdue,
        sum(o.amount_company_open) FILTER (WHERE o.amount_company_open < 0) AS credits,
        sum(o.amount_company_open)
            FILTER (WHERE o.amount_company_open > 0 AND %(as_of)s - o.due_date >= 91) AS over_91,
        sum(d.amount) AS disputed
    FROM ({items}) o
    LEFT JOIN (
        SELECT c.item_id, round(c.amount_disputed * i.amount_company / i.amount_original, 2) AS amount
        FROM cases_dispute c JOIN ledger_openitem i ON i.id = c.item_id
        WHERE c.opened_date <= %(as_of)s AND (c.closed_date IS NULL OR c.closed_date > %(as_of)s)
    ) d ON d.item_id = o.id
    WHERE NOT EXISTS (SELECT 1 FROM ledger_openitem f WHERE f.id = o.id AND f.is_factored)
    GROUP BY o.account_id
) s
JOIN parties_customeraccount a ON a.id = s.account_id
JOIN parties_company co ON co.id = a.company_id
WHERE {scope}
GROUP BY co.currency ORDER BY co.currency
"""

_SALES: Final = """
SELECT i.company_currency, i.document_date, sum(i.amount_company)
FROM ledger_openitem i JOIN parties_customeraccount a ON a.id = i.account_id
WHERE i.kind IN ('INVOICE', 'CREDIT_NOTE') AND NOT i.is_factored
    AND i.document_date > %(since)s AND i.document_date <= %(as_of)s AND {scope}
GROUP BY i.company_currency, i.document_date ORDER BY i.company_currency, i.document_date
"""

# Each movement of what is owed lands in the first boundary that it comes before; sums run up from there. It moves
# the total from its own day, and what is late from the day after the item's due date; what moves a credit is never
# late, it stands beside.
_MONTHS: Final = """
WITH moves AS (
    SELECT i.account_id, i.company_currency, i.document_date AS day, i.due_date, i.amount_company AS amount,
        i.amount_original < 0 AS is_credit
    FROM ledger_openitem i WHERE NOT i.is_factored
    UNION ALL
    SELECT i.account_id, i.company_currency, greatest(m.day, i.document_date), i.due_date, m.amount,
        i.amount_original < 0
    FROM (
        SELECT debit_item_id AS item_id, effective_date AS day, -amount_company_debit AS amount FROM ledger_allocation
        UNION ALL
        SELECT credit_item_id, effective_date, amount_company_credit FROM ledger_allocation
        UNION ALL
        SELECT l.debit_item_id, r.effective_date, l.amount_company_debit
        FROM ledger_allocationreversal r JOIN ledger_allocation l ON l.id = r.allocation_id
        UNION ALL
        SELECT l.credit_item_id, r.effective_date, -l.amount_company_credit
        FROM ledger_allocationreversal r JOIN ledger_allocation l ON l.id = r.allocation_id
    ) m JOIN ledger_openitem i ON i.id = m.item_id
    WHERE NOT i.is_factored
), scoped AS (
    SELECT m.company_currency AS currency, m.amount, m.is_credit,
        width_bucket(m.day, %(after)s::date[]) AS total_from,
        width_bucket(greatest(m.day, m.due_date + 1), %(after)s::date[]) AS late_from
    FROM moves m JOIN parties_customeraccount a ON a.id = m.account_id
    WHERE m.day <= %(as_of)s AND {scope}
)
SELECT currency, is_credit, total_from, late_from, sum(amount) FROM scoped GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivables:
    """What was owed at the end of one day, in one currency: `total` is `current` plus `overdue` plus `credits`."""

    day: date
    total: Decimal
    overdue: Decimal
    credits: Decimal

    @property
    def current(self) -> Decimal:
        """What was not yet late, before credits."""
        return self.total - self.overdue - self.credits


def _scope_parameters(scope: Scope) -> dict[str, Any]:
    return {
        "company_ids": None if scope.company_ids is None else sorted(scope.company_ids),
        "department_id": scope.department_id,
    }


def _fetch(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def list_totals(*, scope: Scope, as_of: date) -> list[ReceivableTotals]:
    """Return the open amounts of a day, one row a company currency; factored items are left out. Two queries."""
    relation = items_open_on(as_of=as_of)
    sql = _TOTALS.format(items=relation.sql, scope=_SCOPE)
    rows = _fetch(sql, {**relation.parameters, "as_of": as_of, **_scope_parameters(scope)})
    return [
        ReceivableTotals(
            currency=currency, total=total or ZERO, current=current or ZERO, overdue=overdue or ZERO,
            credits=credited or ZERO, over_91_days=over_91 or ZERO, disputed=disputed or ZERO,
        )
        for currency, total, current, overdue, credited, over_91, disputed in rows
    ]  # fmt: skip


def list_sales(*, scope: Scope, as_of: date, months: int = HISTORY_MONTHS) -> dict[str, list[SalesDocument]]:
    """Return net sales of each day of the last months by company currency, tax included. One query.

    A day's sum stands as one `SalesDocument`: the indicators only add documents up by day or month.
    """
    parameters = {"as_of": as_of, "since": add_months(as_of.replace(day=1), -months), **_scope_parameters(scope)}
    found: dict[str, list[SalesDocument]] = defaultdict(list)
    for currency, day, amount in _fetch(_SALES.format(scope=_SCOPE), parameters):
        found[currency].append(SalesDocument(currency=currency, amount=amount, document_date=day))
    return dict(found)


def list_receivables(*, scope: Scope, days: Sequence[date]) -> dict[str, list[Receivables]]:
    """Return what was owed and what was late at the end of each of the days (ascending), by currency. One query."""
    after = [day + timedelta(days=1) for day in days]
    rows = _fetch(_MONTHS.format(scope=_SCOPE), {"after": after, "as_of": days[-1], **_scope_parameters(scope)})
    totals: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO] * len(days))
    late: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO] * len(days))
    credited: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO] * len(days))
    for currency, is_credit, total_from, late_from, amount in rows:
        for place in range(total_from, len(days)):
            totals[currency][place] += amount
        beside, since = (credited, total_from) if is_credit else (late, late_from)
        for place in range(since, len(days)):
            beside[currency][place] += amount
    return {
        currency: [
            Receivables(
                day=day, total=totals[currency][place], overdue=late[currency][place], credits=credited[currency][place]
            )
            for place, day in enumerate(days)
        ]
        for currency in sorted(totals)
    }


def month_ends(*, as_of: date, months: int) -> list[date]:
    """Return the last day of each of the `months` months before the one of `as_of`, then `as_of` itself.

    >>> [day.isoformat() for day in month_ends(as_of=date(2026, 3, 10), months=2)]
    ['2026-01-31', '2026-02-28', '2026-03-10']
    """
    firsts = [add_months(as_of.replace(day=1), -back) for back in range(months - 1, -1, -1)]
    return [*(first - timedelta(days=1) for first in firsts), as_of]
