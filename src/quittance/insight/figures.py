"""What the indicators of a day are made of: one set a company currency, two currencies never meet.

The sums come from the moves that the ledger keeps by day (`DailyMove`), so a day costs the same whatever its distance
and however many items there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from quittance.core.kpis.figures import ReceivableTotals, SalesDocument
from quittance.core.terms import add_months
from quittance.foundation.permissions import Scope

HISTORY_MONTHS: Final = 25
ZERO: Final = Decimal(0)
OPEN_MEASURES: Final = ("OWED", "CREDITS", "UNAPPLIED")

_SCOPE: Final = """
    (%(company_ids)s::bigint[] IS NULL OR m.company_id = ANY(%(company_ids)s::bigint[]))
    AND (%(department_id)s::bigint IS NULL OR m.department_id = %(department_id)s::bigint)
"""

_POSITIONS: Final = """
SELECT m.currency, m.is_factored, m.measure, width_bucket(m.day, %(after)s::date[]), sum(m.amount)
FROM ledger_dailymove m
WHERE m.measure <> 'SALES' AND m.day <= %(as_of)s AND {scope}
GROUP BY 1, 2, 3, 4
"""

_SALES: Final = """
SELECT m.currency, m.day, sum(m.amount)
FROM ledger_dailymove m
WHERE m.measure = 'SALES' AND NOT m.is_factored AND m.day > %(since)s AND m.day <= %(as_of)s AND {scope}
GROUP BY 1, 2 HAVING sum(m.amount) <> 0 ORDER BY 1, 2
"""

# Of the items disputed on the day only what was still open then: few items, each with its own allocations.
_DISPUTED: Final = """
SELECT i.company_currency, sum(round(c.amount_disputed * i.amount_company / i.amount_original, 2))
FROM cases_dispute c
JOIN ledger_openitem i ON i.id = c.item_id
JOIN parties_customeraccount m ON m.id = i.account_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.amount), 0) AS amount
    FROM ledger_allocation l LEFT JOIN ledger_allocationreversal r ON r.allocation_id = l.id
    WHERE (l.debit_item_id = i.id OR l.credit_item_id = i.id) AND l.effective_date <= %(as_of)s
        AND (r.id IS NULL OR r.effective_date > %(as_of)s)
) applied
WHERE c.opened_date <= %(as_of)s AND (c.closed_date IS NULL OR c.closed_date > %(as_of)s)
    AND i.document_date <= %(as_of)s AND NOT i.is_factored AND applied.amount <> abs(i.amount_original) AND {scope}
GROUP BY i.company_currency
"""


@dataclass(slots=True)
class Position:
    """What was open at the end of a day in one currency, by `DailyMove` measure; `sums` may be added up."""

    sums: dict[str, Decimal] = field(default_factory=dict)

    def __getitem__(self, measure: str) -> Decimal:
        return self.sums.get(measure, ZERO)

    def add(self, measure: str, amount: Decimal) -> None:
        """Move a measure."""
        self.sums[measure] = self[measure] + amount

    @property
    def is_open(self) -> bool:
        """Tell whether anything was open; late is a part of owed."""
        return any(self[measure] for measure in OPEN_MEASURES)

    @property
    def credits(self) -> Decimal:
        """All credits, unapplied cash among them."""
        return self["CREDITS"] + self["UNAPPLIED"]

    @property
    def total(self) -> Decimal:
        """What was owed less all credits."""
        return self["OWED"] + self.credits


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """The aged balance of one currency on a day; debits by days late, credits and unapplied cash negative."""

    currency: str
    not_due: Decimal
    due_1_30: Decimal
    due_31_60: Decimal
    due_61_90: Decimal
    due_91_120: Decimal
    due_over_120: Decimal
    credits: Decimal
    unapplied: Decimal


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


def list_positions(
    *, scope: Scope, days: Sequence[date], is_factored_in: bool = False
) -> dict[str, tuple[Position, ...]]:
    """Return what was open at the end of each of the days (ascending), by currency. One query of daily sums."""
    after = [day + timedelta(days=1) for day in days]
    rows = _fetch(_POSITIONS.format(scope=_SCOPE), {"after": after, "as_of": days[-1], **_scope_parameters(scope)})
    found: dict[str, tuple[Position, ...]] = {}
    for currency, is_factored, measure, place_from, amount in sorted(rows):
        if is_factored and not is_factored_in:
            continue
        if currency not in found:
            found[currency] = tuple(Position() for _ in days)
        for position in found[currency][place_from:]:
            position.add(measure, amount)
    return found


def list_totals(*, scope: Scope, as_of: date) -> list[ReceivableTotals]:
    """Return the open amounts of a day, one row a company currency; factored items are left out. Two queries."""
    disputed = dict(_fetch(_DISPUTED.format(scope=_SCOPE), {"as_of": as_of, **_scope_parameters(scope)}))
    return [
        ReceivableTotals(
            currency=currency, total=then.total, current=then["OWED"] - then["LATE_1"], overdue=then["LATE_1"],
            credits=then.credits, over_91_days=then["LATE_91"], disputed=disputed.get(currency, ZERO),
        )
        for currency, (then,) in list_positions(scope=scope, days=[as_of]).items()
        if then.is_open
    ]  # fmt: skip


def list_aged(*, scope: Scope, as_of: date) -> list[Aged]:
    """Return the aged balance of a day by company currency, factored items among it. One query."""
    found = list_positions(scope=scope, days=[as_of], is_factored_in=True)
    return [_aged(currency, then) for currency, (then,) in found.items() if then.is_open]


def _aged(currency: str, then: Position) -> Aged:
    since = [then[measure] for measure in ("OWED", "LATE_1", "LATE_31", "LATE_61", "LATE_91", "LATE_121")]
    steps = [first - later for first, later in zip(since, [*since[1:], ZERO], strict=True)]
    return Aged(
        currency=currency, not_due=steps[0], due_1_30=steps[1], due_31_60=steps[2], due_61_90=steps[3],
        due_91_120=steps[4], due_over_120=steps[5], credits=then["CREDITS"], unapplied=then["UNAPPLIED"],
    )  # fmt: skip


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
    return {
        currency: [
            Receivables(day=day, total=then.total, overdue=then["LATE_1"], credits=then.credits)
            for day, then in zip(days, positions, strict=True)
        ]
        for currency, positions in list_positions(scope=scope, days=days).items()
    }


def month_ends(*, as_of: date, months: int) -> list[date]:
    """Return the last day of each of the `months` months before the one of `as_of`, then `as_of` itself.

    >>> [day.isoformat() for day in month_ends(as_of=date(2026, 3, 10), months=2)]
    ['2026-01-31', '2026-02-28', '2026-03-10']
    """
    firsts = [add_months(as_of.replace(day=1), -back) for back in range(months - 1, -1, -1)]
    return [*(first - timedelta(days=1) for first in firsts), as_of]
