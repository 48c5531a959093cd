"""How well cash is applied, by the machine and by people: rates of a period, and money that stands in suspense.

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
# Days of age, both included; None is open.
AGES: Final[tuple[tuple[int, int | None], ...]] = ((0, 7), (8, 30), (31, 60), (61, 90), (91, None))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspenseRow:
    """Money of one company, currency and (unless it is nobody's) customer, by days of age as in `AGES`; positive.

    `kind`: UNAPPLIED (on an account, applied to nothing), KNOWN (on the desk, payer known), UNIDENTIFIED (payer
    unknown, on the desk or kept aside).
    """

    kind: str
    company_id: int
    company_name: str
    customer_id: int | None
    customer_name: str
    currency: str
    amounts: tuple[Decimal, ...]
    count: int

    @property
    def total(self) -> Decimal:
        """Return the sum of all ages."""
        return sum(self.amounts, Decimal(0))


_KEYS: Final = {
    "": ("''", "''"),
    "bank_account": ("b.id::text", "b.name"),
    "customer": ("coalesce(t.customer_id::text, '')", "coalesce(c.name, '')"),
    "strategy": ("coalesce(a.strategy, '')", "coalesce(a.strategy, '')"),
}

_RATES: Final = """
SELECT {key} AS id, {name} AS name, count(*),
    count(*) FILTER (WHERE a.is_automatic AND t.state = 'MATCHED' AND i.amount_open = 0),
    count(*) FILTER (WHERE a.is_automatic AND t.state = 'MATCHED'),
    coalesce(sum(l.items), 0)::bigint,
    coalesce(sum(l.items) FILTER (WHERE a.is_automatic), 0)::bigint,
    coalesce(sum(w.automatic), 0)::bigint, coalesce(sum(w.wrong), 0)::bigint,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM i.recorded_at - t.recorded_at) / 60)
        FILTER (WHERE i.id IS NOT NULL)
FROM cash_banktransaction t
JOIN parties_companybankaccount b ON b.id = t.bank_account_id
LEFT JOIN parties_customer c ON c.id = t.customer_id
LEFT JOIN ledger_openitem i ON i.id = t.payment_item_id
LEFT JOIN LATERAL (
    SELECT q.id, q.is_automatic, q.strategy FROM cash_matchproposal q
    WHERE q.transaction_id = t.id AND q.state = 'APPLIED' ORDER BY q.id DESC LIMIT 1
) a ON true
LEFT JOIN LATERAL (SELECT count(*) AS items FROM cash_matchproposalline n WHERE n.proposal_id = a.id) l ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS automatic,
        count(*) FILTER (WHERE q.state = 'UNDONE' AND q.decided_by_id IS NOT NULL AND t.state <> 'RETURNED') AS wrong
    FROM cash_matchproposal q WHERE q.transaction_id = t.id AND q.is_automatic AND q.state IN ('APPLIED', 'UNDONE')
) w ON true
WHERE t.amount > 0 AND t.booking_date >= %(since)s AND t.booking_date <= %(until)s
    AND t.state NOT IN ('SET_ASIDE', 'SPLIT')
    AND (%(company_ids)s::bigint[] IS NULL OR b.company_id = ANY(%(company_ids)s::bigint[]))
GROUP BY 1, 2 ORDER BY 3 DESC, 2, 1
"""

_MONEY: Final = """
WITH money AS (
    SELECT t.id AS line_id, NULL::bigint AS item_id, t.booking_date AS day, t.counterparty_name AS what, t.text,
        CASE WHEN t.customer_id IS NULL THEN 'UNIDENTIFIED' ELSE 'KNOWN' END AS kind, b.company_id,
        t.customer_id, t.currency, t.amount, %(as_of)s::date - t.booking_date AS age
    FROM cash_banktransaction t JOIN parties_companybankaccount b ON b.id = t.bank_account_id
    WHERE t.state IN ('WAITING', 'UNIDENTIFIED') AND t.amount > 0 AND t.booking_date <= %(as_of)s
    UNION ALL
    SELECT NULL, i.id, i.document_date, i.document_number, i.label,
        'UNAPPLIED', a.company_id, a.customer_id, i.currency, -i.amount_open, %(as_of)s::date - i.document_date
    FROM ledger_openitem i JOIN parties_customeraccount a ON a.id = i.account_id
    WHERE i.kind = 'PAYMENT' AND i.amount_open < 0 AND i.document_date <= %(as_of)s
)
"""
_SUSPENSE: Final = """
SELECT m.kind, m.company_id, o.name, m.customer_id, coalesce(c.name, ''), m.currency, count(*), {sums}
FROM money m JOIN parties_company o ON o.id = m.company_id LEFT JOIN parties_customer c ON c.id = m.customer_id
WHERE %(company_ids)s::bigint[] IS NULL OR m.company_id = ANY(%(company_ids)s::bigint[])
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 3, 1, sum(m.amount) DESC, 5, 4
"""


_PIECES: Final = """
SELECT m.line_id, m.item_id, m.day, m.what, m.text, coalesce(c.name, '') AS customer_name, m.currency, m.amount, m.age
FROM money m LEFT JOIN parties_customer c ON c.id = m.customer_id
WHERE (%(company_ids)s::bigint[] IS NULL OR m.company_id = ANY(%(company_ids)s::bigint[]))
    AND (%(kind)s = '' OR m.kind = %(kind)s) AND (%(currency)s = '' OR m.currency = %(currency)s)
    AND (%(company)s::bigint IS NULL OR m.company_id = %(company)s::bigint)
    AND (%(customer)s::bigint IS NULL OR m.customer_id = %(customer)s::bigint) AND m.age {between}
ORDER BY m.day, m.line_id, m.item_id LIMIT %(limit)s
"""
PIECES_MAX: Final = 5000


def list_application(*, since: date, until: date, group_by: str = "", scope: Scope = EVERYTHING) -> list[Application]:
    """Return the rates of the receipts booked in a period, both days included, by group; blank is all. One query."""
    key, name = _KEYS[group_by]
    with connection.cursor() as cursor:
        cursor.execute(
            _RATES.format(key=key, name=name),
            {"since": since, "until": until, "company_ids": _company_ids(scope)},
        )
        return [_application(row) for row in cursor.fetchall()]


def list_suspense(*, as_of: date, scope: Scope = EVERYTHING) -> list[SuspenseRow]:
    """Return the money that is here and applied to nothing, by age, as it stands now. One query.

    Receipts booked and payments dated after `as_of` are left out.
    """
    sums = ", ".join(f"coalesce(sum(m.amount) FILTER (WHERE m.age {_between(place)}), 0)" for place in range(len(AGES)))
    with connection.cursor() as cursor:
        cursor.execute((_MONEY + _SUSPENSE).format(sums=sums), {"as_of": as_of, "company_ids": _company_ids(scope)})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [
        SuspenseRow(
            kind=row[0],
            company_id=row[1],
            company_name=row[2],
            customer_id=row[3],
            customer_name=row[4],
            currency=row[5],
            count=row[6],
            amounts=tuple(row[7:]),
        )
        for row in rows
    ]


def list_suspense_money(
    *,
    as_of: date,
    kind: str = "",
    company_id: int | None = None,
    customer_id: int | None = None,
    currency: str = "",
    place: int | None = None,
    scope: Scope = EVERYTHING,
) -> list[dict[str, Any]]:
    """Return the receipts and payments behind a figure of the suspense, the oldest first; `place` is in `AGES`.

    A receipt has `line_id`, a payment on an account `item_id`. One query, `PIECES_MAX` rows at most.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _MONEY + _PIECES.format(between=">= 0" if place is None else _between(place)),
            {
                "as_of": as_of, "kind": kind, "company": company_id, "customer": customer_id, "currency": currency,
                "company_ids": _company_ids(scope), "limit": PIECES_MAX,
            },
        )  # fmt: skip
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _between(place: int) -> str:
    first, last = AGES[place]
    return f">= {first}" if last is None else f"BETWEEN {first} AND {last}"


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
