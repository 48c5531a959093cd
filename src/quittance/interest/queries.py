"""Read late-payment interest: what accrued on items, accounts and customers up to a day, and what was decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from quittance.core.currencies import KNOWN_EXPONENTS
from quittance.core.interest import LateInterest, LateRate, PartPayment, late_interest
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.interest.accrual_sql import ACCRUED, BY_ITEM, BY_OWNER
from quittance.interest.models import InterestClaim, InterestNotice
from quittance.interest.rates import AccountLaw, LawRow, get_account_law, list_law
from quittance.ledger.queries import list_settlements
from quittance.parties.queries import account_filter

_DIGITS: dict[str, Any] = {"currencies": list(KNOWN_EXPONENTS), "digits": list(KNOWN_EXPONENTS.values())}

NEVER, FORMAL, OVERDUE = (choice.value for choice in InterestNotice.ShownIn)


class Owner(StrEnum):
    """By whom accrued interest is added up."""

    ACCOUNT = "account_id"
    CUSTOMER = "customer_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccruedItem:
    """What nobody decided on yet: interest since `first_day` and the indemnity; without a rate the interest is 0."""

    item_id: int
    account_id: int
    customer_id: int
    document_number: str
    due_date: date
    currency: str
    amount_open: Decimal
    first_day: date
    late_days: int
    has_rate: bool
    interest: Decimal
    indemnity: Decimal
    indemnity_currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccruedSum:
    """The sums of an account or customer in one currency; items without a known rate are counted apart."""

    owner_id: int
    currency: str
    interest: Decimal
    indemnity: Decimal
    item_count: int
    without_rate_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemInterest:
    """The accrual of one item, stretch by stretch; `story` is None when a late day has no rate."""

    accrued: AccruedItem
    story: LateInterest | None


def list_accrued_items(
    *, as_of: date, item_ids: Collection[int] | None = None, account_ids: Collection[int] | None = None
) -> list[AccruedItem]:
    """Return what accrued and was not decided on, by item: these items, or all of these accounts. Three queries."""
    if item_ids is None and account_ids is None:
        raise ValueError("name items or accounts")
    wanted = "TRUE" if item_ids is None else "item_id = ANY(%(items)s)"
    accounts = "a.id = ANY(%(accounts)s)" if item_ids is None else "a.id IN (SELECT account_id FROM asked)"
    statement = ACCRUED.format(accounts=accounts) + BY_ITEM.format(wanted=wanted)
    if item_ids is not None:  # the other instalments of the documents asked for tell who carries the indemnity
        statement = statement.replace(
            "WHERE i.kind = 'INVOICE'",
            "WHERE (i.account_id, i.document_number) IN (SELECT * FROM asked) AND i.kind = 'INVOICE'",
        )
    rows = _rows(statement, {"items": list(item_ids or ()), "accounts": list(account_ids or ()), "as_of": as_of})
    return [AccruedItem(**row) for row in rows]


def sum_accrued(
    *, as_of: date, owner: Owner = Owner.ACCOUNT, account_ids: Collection[int] | None = None
) -> list[AccruedSum]:
    """Return the same added up by account or by customer, for these accounts or for all. Three queries."""
    accounts = "TRUE" if account_ids is None else "a.id = ANY(%(accounts)s)"
    statement = ACCRUED.format(accounts=accounts) + BY_OWNER.format(owner=owner.value)
    rows = _rows(statement, {"items": [], "accounts": list(account_ids or ()), "as_of": as_of})
    return [AccruedSum(**row) for row in rows]


def find_item_interest(*, item_id: int, as_of: date) -> ItemInterest | None:
    """Return what accrued on an item with its stretches; None when nothing did. Eight queries."""
    found = list_accrued_items(item_ids=[item_id], as_of=as_of)
    if not found:
        return None
    return explain(accrued=found, law=get_account_law(account_id=found[0].account_id), as_of=as_of)[0]


def explain(*, accrued: Collection[AccruedItem], law: AccountLaw, as_of: date) -> list[ItemInterest]:
    """Return the stretches of items of one account, computed by the core. Two queries."""
    ids = [row.item_id for row in accrued]
    settlements = list_settlements(item_ids=ids, as_of=as_of)
    return [
        ItemInterest(accrued=row, story=_story(row, settlements.get(row.item_id, []), law.rates, as_of))
        for row in accrued
    ]


def _story(
    row: AccruedItem, paid: Iterable[tuple[date, Decimal]], rates: tuple[LateRate, ...], as_of: date
) -> LateInterest | None:
    if not row.has_rate:
        return None
    payments = [PartPayment(paid_date=day, amount=amount) for day, amount in paid]
    return late_interest(
        amount=row.amount_open + sum((payment.amount for payment in payments), Decimal(0)),
        currency=row.currency,
        due_date=row.due_date,
        until=as_of,
        rates=rates,
        part_payments=payments,
        indemnity=row.indemnity,
        from_date=row.first_day,
    )


def list_claims(
    *,
    as_of: date,
    scope: Scope = EVERYTHING,
    account_ids: Collection[int] | None = None,
    item_id: int | None = None,
) -> list[dict[str, Any]]:
    """Return what was decided by a day, latest first, each with its state then. One query."""
    found = InterestClaim.objects.filter(account_filter(scope=scope, prefix="account__"), decided_date__lte=as_of)
    if account_ids is not None:
        found = found.filter(account_id__in=list(account_ids))
    if item_id is not None:
        found = found.filter(item_id=item_id)
    return [{**row, "state": _state_on(row, as_of)} for row in _claims(found)]


def find_claim(*, claim_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one claim, None when there is none in the scope. One query."""
    found = InterestClaim.objects.filter(account_filter(scope=scope, prefix="account__"), id=claim_id)
    return next(iter(_claims(found)), None)


def _claims(found: QuerySet[InterestClaim]) -> list[dict[str, Any]]:
    rows: QuerySet[InterestClaim, Any] = found.order_by("-decided_date", "-id").values(
        "id", "account_id", "item_id", "document_number", "first_date", "last_date", "currency", "interest",
        "indemnity", "indemnity_currency", "state", "decided_date", "settled_date", "withdrawn_date", "reason",
        "decided_by_name", "stretches", customer_id=F("account__customer_id"),
    )  # fmt: skip
    return [{**row, "last_late_date": _last_late_date(row)} for row in rows]


def _last_late_date(row: Mapping[str, Any]) -> date:
    """Return the last day that bore interest: a decision covers the days after a late payment too."""
    stretches = row["stretches"]
    return date.fromisoformat(stretches[-1]["last_date"]) if stretches else row["last_date"]


def _state_on(row: Mapping[str, Any], day: date) -> str:
    """Return the state of a claim on a day from its dates: what was settled or taken back later was claimed then."""
    if row["withdrawn_date"] is not None:
        return str(row["state"] if row["withdrawn_date"] <= day else InterestClaim.State.CLAIMED)
    if row["settled_date"] is not None and row["settled_date"] > day:
        return InterestClaim.State.CLAIMED.value
    return str(row["state"])


def sum_claimed(*, account_ids: Collection[int], as_of: date) -> dict[int, dict[str, Decimal]]:
    """Return by account and currency what was claimed, indemnities included, and neither paid nor waived. One query."""
    found: defaultdict[int, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in list_claims(account_ids=account_ids, as_of=as_of):
        if row["state"] == InterestClaim.State.CLAIMED:
            found[row["account_id"]][row["currency"]] += row["interest"]
            if row["indemnity"]:
                found[row["account_id"]][row["indemnity_currency"]] += row["indemnity"]
    return {account_id: dict(amounts) for account_id, amounts in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedBeside:
    """What is owed beside the principal of some items in one currency: accrued or claimed, not paid, not waived."""

    currency: str
    interest: Decimal
    indemnity: Decimal


def list_owed_beside(*, item_ids: Collection[int], as_of: date) -> list[OwedBeside]:
    """Return interest and indemnities of items by currency, zero sums left out. Four queries."""
    interest: defaultdict[str, Decimal] = defaultdict(Decimal)
    indemnity: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in list_accrued_items(item_ids=item_ids, as_of=as_of):
        interest[row.currency] += row.interest
        indemnity[row.indemnity_currency] += row.indemnity
    claims = InterestClaim.objects.filter(
        item_id__in=list(item_ids), state=InterestClaim.State.CLAIMED, decided_date__lte=as_of
    )
    for claim in claims.order_by("id"):
        interest[claim.currency] += claim.interest
        indemnity[claim.indemnity_currency] += claim.indemnity
    return [
        OwedBeside(currency=currency, interest=interest[currency], indemnity=indemnity[currency])
        for currency in sorted(interest.keys() | indemnity.keys())
        if interest[currency] or indemnity[currency]
    ]


def shown_in_notices(*, company_id: int) -> str:
    """Return in which reminders a company shows interest: NEVER, FORMAL (the default) or OVERDUE. One query."""
    found = InterestNotice.objects.filter(company_id=company_id).values_list("shown_in", flat=True).first()
    return found or FORMAL


def list_shown_in(*, company_ids: Collection[int]) -> dict[int, str]:
    """Return the same for many companies. One query."""
    chosen = dict(InterestNotice.objects.filter(company_id__in=company_ids).values_list("company_id", "shown_in"))
    return {company_id: chosen.get(company_id, FORMAL) for company_id in company_ids}


def _rows(statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**parameters, **_law_arrays(list_law()), **_DIGITS})
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _law_arrays(law: Collection[LawRow]) -> dict[str, list[Any]]:
    return {
        "law_country": [row.country for row in law],
        "law_regime": [row.regime for row in law],
        "law_from": [row.from_date for row in law],
        "law_rate": [row.rate_pct for row in law],
        "law_floor": [row.floor_pct for row in law],
        "law_indemnity": [row.indemnity for row in law],
        "law_currency": [row.indemnity_currency for row in law],
    }
