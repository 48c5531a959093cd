"""Gather what the core needs to decide: set-based, a fixed number of statements for any number of accounts.

The statements read the tables of the apps below; none of their models is used. `looks_back` gives the state as it was
on a past day (for a dry run); otherwise everything known now counts, so that nobody who has paid since is chased.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from quittance.core.dunning import DunningAccountFacts, DunningItemFact
from quittance.dunning.policies import Policy, PolicyBook

FACTORED = "FACTORED"
EXCLUDED_KINDS = frozenset({FACTORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChoice:
    """Whom a reminder is written to; `language` is the contact's, else the account's."""

    name: str
    email: str
    language: str
    is_opted_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredItem:
    """An open item as the message and the sums need it, beside its fact for the decision."""

    fact: DunningItemFact
    document_number: str
    document_date: date
    reference: str
    amount_company_open: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredAccount:
    """Everything known of one account: who it is, its policy, the contact, the facts."""

    account_id: int
    account_number: str
    customer_id: int
    customer_name: str
    customer_kind: str
    customer_country: str
    company_id: int
    company_currency: str
    language: str
    collector_name: str
    collector_email: str
    policy: Policy
    contact: ContactChoice | None
    facts: DunningAccountFacts
    items: dict[int, GatheredItem]

    @property
    def message_language(self) -> str:
        """Return the language to write in."""
        return (self.contact.language if self.contact else "") or self.language


# An account is looked at when it has a debit due by the horizon; all others have nothing to be told.
_CANDIDATES = """
SELECT DISTINCT i.account_id FROM ledger_openitem i JOIN parties_customeraccount a ON a.id = i.account_id
WHERE i.amount_open > 0 AND i.due_date <= %(horizon)s AND (%(company)s::bigint IS NULL OR a.company_id = %(company)s)
  AND i.account_id > %(after)s
ORDER BY i.account_id
"""
_CANDIDATES_BACK = """
SELECT DISTINCT i.account_id FROM ledger_openitem i JOIN parties_customeraccount a ON a.id = i.account_id
WHERE i.amount_original > 0 AND i.due_date <= %(horizon)s AND i.document_date <= %(as_of)s
  AND (%(company)s::bigint IS NULL OR a.company_id = %(company)s) AND i.account_id > %(after)s
ORDER BY i.account_id
"""

_ACCOUNTS = """
SELECT a.id AS account_id, a.number AS account_number, a.language, a.payment_method, c.id AS customer_id,
    c.name AS customer_name, c.kind AS customer_kind, c.country AS customer_country, co.id AS company_id,
    co.currency AS company_currency, p.policy_code,
    coalesce(u.name, '') AS collector_name, coalesce(u.email, '') AS collector_email,
    -- The oldest of the accounts that customers pay to: a payment may hide on any of them.
    coalesce(b.shown_date, b.other_date) AS statement_date,
    k.name AS contact_name, k.email AS contact_email, k.language AS contact_language, k.is_opted_out,
    (SELECT max(n.notice_date) FROM dunning_dunningnotice n
     WHERE n.account_id = a.id AND n.state IN ('QUEUED', 'SENT', 'UNCERTAIN')
       AND (NOT %(back)s OR n.notice_date <= %(as_of)s)) AS notice_date,
    EXISTS (SELECT FROM dunning_dunningblock d WHERE d.account_id = a.id AND d.item_id IS NULL
            AND d.from_date <= %(as_of)s AND (d.until_date IS NULL OR d.until_date >= %(as_of)s)) AS is_blocked
FROM parties_customeraccount a
JOIN parties_customer c ON c.id = a.customer_id
JOIN parties_company co ON co.id = a.company_id
LEFT JOIN dunning_accountpolicy p ON p.account_id = a.id
LEFT JOIN parties_user u ON u.id = a.collector_id AND u.is_active
LEFT JOIN LATERAL (
    SELECT min(last_statement_date) FILTER (WHERE is_shown_on_notices) AS shown_date,
           max(last_statement_date) AS other_date
    FROM parties_companybankaccount WHERE company_id = co.id
) b ON true
LEFT JOIN LATERAL (
    SELECT name, email, language, is_opted_out FROM parties_contact k
    WHERE k.customer_id = a.customer_id AND (k.account_id = a.id OR k.account_id IS NULL)
      AND k.is_active AND k.email <> '' AND k.role IN ('ACCOUNTS_PAYABLE', 'FINANCE', 'MANAGEMENT')
      -- An address that refused for good is not written to again; correcting it makes it another one.
      AND NOT EXISTS (SELECT FROM delivery_transmission t WHERE t.account_id = a.id AND t.recipient = k.email
                      AND t.state IN ('REFUSED', 'BOUNCED') AND t.is_failure_permanent)
    ORDER BY k.role, k.is_opted_out, k.account_id IS NULL, k.id LIMIT 1
) k ON true
WHERE a.id = ANY(%(accounts)s)
ORDER BY a.id
"""

_OPEN_NOW = """
SELECT i.id, i.account_id, i.kind, i.document_number, i.document_date, i.due_date, i.currency, i.amount_open,
    i.amount_company_open, i.reference, i.is_factored
FROM ledger_openitem i WHERE {which} AND i.amount_open <> 0
"""
_OPEN_BACK = """
SELECT i.id, i.account_id, i.kind, i.document_number, i.document_date, i.due_date, i.currency,
    i.amount_original - coalesce(s.amount, 0) AS amount_open,
    i.amount_company - coalesce(s.amount_company, 0) AS amount_company_open, i.reference, i.is_factored
FROM ledger_openitem i
LEFT JOIN LATERAL (
    SELECT sum(CASE WHEN al.debit_item_id = i.id THEN al.amount ELSE -al.amount END) AS amount,
        sum(CASE WHEN al.debit_item_id = i.id THEN al.amount_company_debit ELSE -al.amount_company_credit END)
            AS amount_company
    FROM ledger_allocation al LEFT JOIN ledger_allocationreversal r ON r.allocation_id = al.id
    WHERE (al.debit_item_id = i.id OR al.credit_item_id = i.id) AND al.effective_date <= %(as_of)s
      AND (r.id IS NULL OR r.effective_date > %(as_of)s)
) s ON true
WHERE {which} AND i.document_date <= %(as_of)s
  AND i.amount_original <> coalesce(s.amount, 0)
"""

_ITEMS = """
WITH open AS ({open}),
disputed AS (
    SELECT d.item_id, sum(d.amount_disputed) AS amount FROM cases_dispute d JOIN open o ON o.id = d.item_id
    WHERE (d.opened_date <= %(as_of)s OR NOT %(back)s) AND (d.closed_date IS NULL OR d.closed_date > %(as_of)s)
    GROUP BY d.item_id
),
promised AS (
    SELECT x.item_id, max(p.promised_date + p.tolerance_days) AS until
    FROM promises_promisetopay p JOIN promises_promiseditem x ON x.promise_id = p.id JOIN open o ON o.id = x.item_id
    WHERE (p.made_on <= %(as_of)s OR NOT %(back)s) AND (p.state = 'OPEN' OR p.decided_date > %(as_of)s)
    GROUP BY x.item_id
),
-- A promise that names no item speaks of everything that was due by its day.
promised_all AS (
    SELECT p.account_id, p.promised_date, p.promised_date + p.tolerance_days AS until FROM promises_promisetopay p
    WHERE p.account_id = ANY(%(accounts)s) AND (p.made_on <= %(as_of)s OR NOT %(back)s)
      AND (p.state = 'OPEN' OR p.decided_date > %(as_of)s)
      AND NOT EXISTS (SELECT FROM promises_promiseditem x WHERE x.promise_id = p.id)
),
noticed AS (
    SELECT x.item_id, max(x.level_rank) AS level_rank, max(n.notice_date) AS notice_date
    FROM dunning_dunningnoticeitem x JOIN dunning_dunningnotice n ON n.id = x.notice_id JOIN open o ON o.id = x.item_id
    WHERE n.state IN ('QUEUED', 'SENT', 'UNCERTAIN') AND (NOT %(back)s OR n.notice_date <= %(as_of)s)
    GROUP BY x.item_id
),
blocked AS (
    SELECT DISTINCT ON (b.item_id) b.item_id, b.reason FROM dunning_dunningblock b JOIN open o ON o.id = b.item_id
    WHERE b.from_date <= %(as_of)s AND (b.until_date IS NULL OR b.until_date >= %(as_of)s)
    ORDER BY b.item_id, b.id
)
SELECT o.id, o.account_id, o.kind, o.document_number, o.document_date, o.due_date, o.currency, o.amount_open,
    o.amount_company_open, o.reference, o.is_factored, noticed.level_rank, noticed.notice_date, disputed.amount,
    greatest(promised.until, (SELECT max(a.until) FROM promised_all a
                              WHERE a.account_id = o.account_id AND o.due_date <= a.promised_date)),
    blocked.reason
FROM open o
LEFT JOIN noticed ON noticed.item_id = o.id
LEFT JOIN disputed ON disputed.item_id = o.id
LEFT JOIN promised ON promised.item_id = o.id
LEFT JOIN blocked ON blocked.item_id = o.id
ORDER BY o.account_id, o.due_date, o.id
"""

# Cash of the customer that lies unapplied on another of its accounts with the same company of ours.
_SISTER_CASH = """
WITH sister AS (
    SELECT a.id AS account_id, s.id AS sister_id
    FROM parties_customeraccount a
    JOIN parties_customeraccount s ON s.customer_id = a.customer_id AND s.company_id = a.company_id AND s.id <> a.id
    WHERE a.id = ANY(%(accounts)s)
), open AS ({open})
SELECT sister.account_id, open.currency, -sum(open.amount_open)
FROM sister JOIN open ON open.account_id = sister.sister_id
GROUP BY sister.account_id, open.currency ORDER BY sister.account_id, open.currency
"""
_OWN = "i.account_id = ANY(%(accounts)s)"
_SISTERS = "i.account_id IN (SELECT sister_id FROM sister) AND i.kind = 'PAYMENT' AND i.amount_original < 0"


def list_candidates(
    *, as_of: date, horizon: date, company_id: int | None, looks_back: bool = False, after_id: int = 0
) -> list[int]:
    """Return the accounts that have something due by `horizon`, by id, from after `after_id` on. One query."""
    statement = _CANDIDATES_BACK if looks_back else _CANDIDATES
    with connection.cursor() as cursor:
        cursor.execute(statement, {"as_of": as_of, "horizon": horizon, "company": company_id, "after": after_id})
        return [row[0] for row in cursor.fetchall()]


def gather(
    *, account_ids: Sequence[int], as_of: date, book: PolicyBook, looks_back: bool = False
) -> list[GatheredAccount]:
    """Return the facts of each account, by id; three queries, and one for each further source of credit."""
    parameters: dict[str, Any] = {"accounts": list(account_ids), "as_of": as_of, "back": looks_back}
    items = _items_by_account(parameters)
    further = _further_credits(parameters)
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, parameters)
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [
        _account(row, items.get(row["account_id"], []), further.get(row["account_id"], {}), book, as_of) for row in rows
    ]


def _items_by_account(parameters: dict[str, Any]) -> dict[int, list[GatheredItem]]:
    found: defaultdict[int, list[GatheredItem]] = defaultdict(list)
    for row in _all(_ITEMS.format(open=_open(parameters, _OWN)), parameters):
        found[row[1]].append(_item(row))
    return found


def _open(parameters: dict[str, Any], which: str) -> str:
    return (_OPEN_BACK if parameters["back"] else _OPEN_NOW).format(which=which)


def _all(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _item(row: tuple[Any, ...]) -> GatheredItem:
    fact = DunningItemFact(
        item_id=row[0],
        due_date=row[5],
        amount_open=row[7],
        currency=row[6],
        kind=FACTORED if row[10] else row[2],
        last_level_sent=row[11],
        last_notice_date=row[12],
        disputed_amount=row[13] or Decimal(0),
        promised_until=row[14],
        is_blocked=row[15] is not None,
        block_reason=row[15] or "",
    )
    return GatheredItem(
        fact=fact, document_number=row[3], document_date=row[4], reference=row[9], amount_company_open=row[8]
    )


def _further_credits(parameters: dict[str, Any]) -> dict[int, dict[str, Decimal]]:
    """Return credit that is no item of the account: the customer's cash elsewhere, and what other apps know of.

    `QUITTANCE_CREDIT_SOURCES` names functions `(account_ids=..., as_of=...)` that return rows of account id, currency
    and a positive amount; that is how the cash desk tells of bank lines that are identified and not yet matched.
    """
    found: defaultdict[int, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    sisters = _SISTER_CASH.format(open=_open(parameters, _SISTERS))
    rows: list[Iterable[tuple[Any, ...]]] = [_all(sisters, parameters)]
    for name in getattr(settings, "QUITTANCE_CREDIT_SOURCES", ()):
        rows.append(import_string(name)(account_ids=parameters["accounts"], as_of=parameters["as_of"]))
    for source in rows:
        for account_id, currency, amount in source:
            found[account_id][currency] += amount
    return {account_id: dict(amounts) for account_id, amounts in found.items()}


_PLAIN = (
    "account_id", "account_number", "customer_id", "customer_name", "customer_kind", "customer_country", "company_id",
    "company_currency", "language", "collector_name", "collector_email",
)  # fmt: skip


def _account(
    row: dict[str, Any], items: list[GatheredItem], further: dict[str, Decimal], book: PolicyBook, as_of: date
) -> GatheredAccount:
    contact = None
    if row["contact_email"]:
        contact = ContactChoice(
            name=row["contact_name"],
            email=row["contact_email"],
            language=row["contact_language"],
            is_opted_out=row["is_opted_out"],
        )
    statement_date = row["statement_date"]
    facts = DunningAccountFacts(
        account_id=row["account_id"],
        items=tuple(item.fact for item in items),
        unapplied_credits=tuple(sorted(further.items())),
        has_contact=contact is not None,
        opted_out=contact is not None and contact.is_opted_out,
        last_notice_date=row["notice_date"],
        is_blocked=row["is_blocked"],
        bank_data_age_days=None if statement_date is None else (as_of - statement_date).days,
        excluded_kinds=EXCLUDED_KINDS,
    )
    return GatheredAccount(
        **{name: row[name] for name in _PLAIN},
        policy=book.policy_for(code=row["policy_code"], payment_method=row["payment_method"]),
        contact=contact,
        facts=facts,
        items={item.fact.item_id: item for item in items},
    )
