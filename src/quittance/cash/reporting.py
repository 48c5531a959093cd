"""How well cash is applied, by the machine and by people: the rates of a period.

A payment is a receipt booked in the period, a part of a split receipt standing for itself; what is set aside, or is no
customer's payment, is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from quittance.foundation.permissions import EVERYTHING, Scope

GROUPS: Final = ("bank_account", "customer", "strategy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The counts of one group of payments; rates are of them, in per cent, None of nothing.

    `hits`: matched by itself, all of the payment used, and not undone. `untouched`: applied without a person, in full
    or in part. `items` that payments settled, `items_hit` by matches made by themselves. `automatic`: matches made by
    themselves, also those undone since; `wrong`: those that a person undid. `minutes_to_post` is the median from the
    moment that the bank's file came in to the posting.
    """

    id: str
    name: str
    payments: int
    hits: int
    untouched: int
    items: int
    items_hit: int
    automatic: int
    wrong: int
    minutes_to_post: Decimal | None

    @property
    def hit_pct(self) -> Decimal | None:
        """Return hits over payments."""
        return _pct(self.hits, self.payments)

    @property
    def item_hit_pct(self) -> Decimal | None:
        """Return items settled by matches made by themselves over all items settled."""
        return _pct(self.items_hit, self.items)

    @property
    def untouched_pct(self) -> Decimal | None:
        """Return payments that no person touched over payments."""
        return _pct(self.untouched, self.payments)

    @property
    def wrong_pct(self) -> Decimal | None:
        """Return matches made by themselves that a person undid over all matches made by themselves."""
        return _pct(self.wrong, self.automatic)


_KEYS: Final = {
    "bank_account": ("b.id::text", "b.name"),
    "customer": ("coalesce(t.customer_id::text, '')", "coalesce(c.name, '')"),
    "strategy": ("coalesce(a.strategy, '')", "coalesce(a.strategy, '')"),
}

# Proposals and their items are added up once for all receipts of the period, not looked up for each.
_RATES: Final = """
WITH receipts AS MATERIALIZED (
    SELECT t.id, t.state, t.customer_id, t.payment_item_id, t.recorded_at, t.bank_account_id
    FROM cash_banktransaction t JOIN parties_companybankaccount b ON b.id = t.bank_account_id
    WHERE t.amount > 0 AND t.booking_date >= %(since)s AND t.booking_date <= %(until)s
        AND t.state NOT IN ('SET_ASIDE', 'SPLIT')
        AND (%(company_ids)s::bigint[] IS NULL OR b.company_id = ANY(%(company_ids)s::bigint[]))
), decided AS MATERIALIZED (
    SELECT q.transaction_id, max(q.id) FILTER (WHERE q.state = 'APPLIED') AS applied_id,
        count(*) FILTER (WHERE q.is_automatic) AS automatic,
        count(*) FILTER (WHERE q.is_automatic AND q.state = 'UNDONE' AND q.decided_by_id IS NOT NULL) AS undone
    FROM cash_matchproposal q JOIN receipts t ON t.id = q.transaction_id
    WHERE q.state IN ('APPLIED', 'UNDONE') GROUP BY 1
), taken AS (
    SELECT n.proposal_id, count(*) AS items
    FROM cash_matchproposalline n JOIN decided w ON w.applied_id = n.proposal_id GROUP BY 1
)
SELECT grouping({name}), {key} AS id, {name} AS name, count(*),
    count(*) FILTER (WHERE a.is_automatic AND t.state = 'MATCHED' AND i.amount_open = 0),
    count(*) FILTER (WHERE a.is_automatic AND t.state = 'MATCHED'),
    coalesce(sum(l.items), 0)::bigint,
    coalesce(sum(l.items) FILTER (WHERE a.is_automatic), 0)::bigint,
    coalesce(sum(w.automatic), 0)::bigint, coalesce(sum(w.undone) FILTER (WHERE t.state <> 'RETURNED'), 0)::bigint,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM i.recorded_at - t.recorded_at) / 60)
        FILTER (WHERE i.id IS NOT NULL)
FROM receipts t
JOIN parties_companybankaccount b ON b.id = t.bank_account_id
LEFT JOIN parties_customer c ON c.id = t.customer_id
LEFT JOIN ledger_openitem i ON i.id = t.payment_item_id
LEFT JOIN decided w ON w.transaction_id = t.id
LEFT JOIN cash_matchproposal a ON a.id = w.applied_id
LEFT JOIN taken l ON l.proposal_id = w.applied_id
GROUP BY GROUPING SETS (({key}, {name}), ()) ORDER BY 1, 4 DESC, 3, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """`groups` by number of payments, and the `whole`; None when there was no payment."""

    whole: Application | None
    groups: tuple[Application, ...]


def read_rates(*, since: date, until: date, group_by: str = "bank_account", scope: Scope = EVERYTHING) -> Rates:
    """Return the rates of the receipts booked in a period, both days included, in all and by group. One query."""
    key, name = _KEYS[group_by]
    with connection.cursor() as cursor:
        cursor.execute(
            _RATES.format(key=key, name=name),
            {"since": since, "until": until, "company_ids": _company_ids(scope)},
        )
        rows = cursor.fetchall()
    whole = next((_application(("", "", *row[3:])) for row in rows if row[0] and row[3]), None)
    return Rates(whole=whole, groups=tuple(_application(row[1:]) for row in rows if not row[0]))


def _application(row: tuple[Any, ...]) -> Application:
    return Application(
        id=row[0],
        name=row[1],
        payments=row[2],
        hits=row[3],
        untouched=row[4],
        items=row[5],
        items_hit=row[6],
        automatic=row[7],
        wrong=row[8],
        minutes_to_post=None if row[9] is None else max(Decimal(0), Decimal(row[9])).quantize(Decimal("0.1")),
    )


def _company_ids(scope: Scope) -> list[int] | None:
    return None if scope.company_ids is None else sorted(scope.company_ids)


def _pct(part: int, whole: int) -> Decimal | None:
    return round(Decimal(100 * part) / whole, 1) if whole else None
