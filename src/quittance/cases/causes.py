"""What delays come from: late items by the reason that people gave, as amounts, counts and days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from quittance.foundation.permissions import EVERYTHING, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Late items of one reason ('' when nobody said why) in one company currency.

    `amount` is what is open on them; `days_mean` counts each item once, `days_weighted` by its amount; both are
    rounded to a tenth of a day. `share_pct` and `reached_pct` are of the amounts of this currency, in points: its own,
    and with all greater ones.
    """

    currency: str
    reason_code: str
    amount: Decimal
    item_count: int
    account_count: int
    days_mean: Decimal
    days_weighted: Decimal
    share_pct: Decimal
    reached_pct: Decimal


_CAUSES = """
SELECT currency, code, amount, items, accounts, round(days / items, 1), round(weighted / amount, 1),
    round(100 * amount / sum(amount) OVER (PARTITION BY currency), 1),
    round(100 * sum(amount) OVER (PARTITION BY currency ORDER BY amount DESC, code)
        / sum(amount) OVER (PARTITION BY currency), 1)
FROM (
    SELECT i.company_currency AS currency, i.delay_reason_code AS code, sum(i.amount_company_open) AS amount,
        count(*) AS items, count(DISTINCT i.account_id) AS accounts, sum(%(as_of)s::date - i.due_date)::numeric AS days,
        sum((%(as_of)s::date - i.due_date) * i.amount_company_open) AS weighted
    FROM ledger_openitem i JOIN parties_customeraccount a ON a.id = i.account_id
    WHERE i.amount_open <> 0 AND i.amount_original > 0 AND i.due_date < %(as_of)s AND {wanted}
    GROUP BY 1, 2
) late
WHERE amount > 0
ORDER BY currency, amount DESC, code
"""


def list_causes(
    *,
    as_of: date,
    scope: Scope = EVERYTHING,
    department_id: int | None = None,
    collector_id: int | None = None,
    due_from: date | None = None,
    due_to: date | None = None,
) -> list[Cause]:
    """Return what late items come from, by currency, the greatest amount first. One statement.

    What is open now counts, late on `as_of`; `due_from` and `due_to` (both included) narrow by the due date.
    """
    wanted = {
        "a.company_id = ANY(%(companies)s)": ("companies", _sorted(scope.company_ids)),
        "a.department_id = %(scope_department)s": ("scope_department", scope.department_id),
        "a.department_id = %(department)s": ("department", department_id),
        "a.collector_id = %(collector)s": ("collector", collector_id),
        "i.due_date >= %(due_from)s": ("due_from", due_from),
        "i.due_date <= %(due_to)s": ("due_to", due_to),
    }
    used = {sql: pair for sql, pair in wanted.items() if pair[1] is not None}
    parameters: dict[str, Any] = {"as_of": as_of, **dict(used.values())}
    with connection.cursor() as cursor:
        cursor.execute(_CAUSES.format(wanted=" AND ".join(["true", *used])), parameters)
        return [
            Cause(
                currency=currency,
                reason_code=code,
                amount=amount,
                item_count=items,
                account_count=accounts,
                days_mean=mean,
                days_weighted=weighted,
                share_pct=share,
                reached_pct=reached,
            )
            for currency, code, amount, items, accounts, mean, weighted, share, reached in cursor.fetchall()
        ]


def _sorted(ids: Iterable[int] | None) -> list[int] | None:
    return None if ids is None else sorted(ids)
