"""Read customers with what they owe: lists, and one customer whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from quittance.foundation.expressions import days_since
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.foundation.queries import list_events
from quittance.ledger.models import AccountBalance
from quittance.parties.queries import (
    AccountRow,
    account_filter,
    customers,
    find_customer,
    list_accounts,
    list_contacts,
    list_group,
    list_notes,
)

ZERO = Decimal(0)
AMOUNTS = (
    "open_total",
    "not_due",
    "due_1_30",
    "due_31_60",
    "due_61_90",
    "due_91_120",
    "due_over_120",
    "overdue",
    "credits",
    "unapplied",
    "disputed",
    "promised",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWithBalance:
    """An account beside what it owes (None: nothing was ever posted on it)."""

    account: AccountRow
    balance: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer360:
    """Everything about one customer that its page shows first.

    `totals` holds one row of `AMOUNTS` by currency; `differing` names the fields in which its accounts differ.
    """

    customer: dict[str, Any]
    accounts: list[AccountWithBalance]
    differing: frozenset[str]
    totals: list[dict[str, Any]]
    group: list[dict[str, Any]]
    contacts: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    events: list[dict[str, Any]]


def list_customers(
    *, as_of: date, scope: Scope = EVERYTHING, currency: str | None = None
) -> QuerySet[Any, dict[str, Any]]:
    """Return customers that have an account in the scope as `.values()` rows by name, with their sums.

    Sums add the balances in `currency` (the scope's most used one when None): amounts of two currencies are never
    added; `other_currency_count` tells how many accounts are left out. `days_late` is that of the oldest debit.
    One or two queries.
    """
    unit = currency or main_currency(scope=scope)
    within = account_filter(scope=scope, prefix="accounts__")
    counted = within & Q(accounts__balance__currency=unit)
    sums = {name: Coalesce(Sum(f"accounts__balance__{name}", filter=counted), Value(ZERO)) for name in AMOUNTS}
    found = customers().filter(within) if within else customers().filter(accounts__isnull=False)
    return (
        found.annotate(
            currency=Value(unit),
            account_count=Count("accounts", filter=within) if within else Count("accounts"),
            other_currency_count=Count("accounts", filter=within & ~Q(accounts__balance__currency=unit)),
            open_count=Coalesce(Sum("accounts__balance__open_count", filter=within), Value(0)),
            overdue_count=Coalesce(Sum("accounts__balance__overdue_count", filter=within), Value(0)),
            oldest_due_date=Min("accounts__balance__oldest_due_date", filter=within),
            last_payment_date=Max("accounts__balance__last_payment_date", filter=within),
            usual_delay_days=Max("accounts__balance__usual_delay_days", filter=within),
            collector_name=Coalesce(Min("accounts__collector__name", filter=within), Value("")),
            collector_id=Min("accounts__collector_id", filter=within),
            parent_name=Coalesce("parent__name", Value("")),
            **sums,
        )
        .annotate(days_late=days_since("oldest_due_date", as_of=as_of))
        .order_by("name_folded", "id")
        .values(
            "id",
            "number",
            "name",
            "name_folded",
            "country",
            "town",
            "is_strategic",
            "tags",
            "parent_id",
            "parent_name",
            "credit_limit",
            "currency",
            "account_count",
            "other_currency_count",
            "open_count",
            "overdue_count",
            "oldest_due_date",
            "days_late",
            "last_payment_date",
            "usual_delay_days",
            "collector_id",
            "collector_name",
            *AMOUNTS,
        )
    )


def main_currency(*, scope: Scope = EVERYTHING) -> str:
    """Return the company currency of most accounts in the scope, EUR when there is none. One query."""
    found = (
        AccountBalance.objects.filter(account_filter(scope=scope, prefix="account__"))
        .values("currency")
        .annotate(count=Count("*"))
        .order_by("-count", "currency")
        .values_list("currency", flat=True)
        .first()
    )
    return found or "EUR"


def list_balances(*, account_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return the kept balance of accounts by account id. One query."""
    return {row["account_id"]: row for row in AccountBalance.objects.filter(account_id__in=account_ids).values()}


def list_account_balances(*, scope: Scope = EVERYTHING) -> QuerySet[AccountBalance, dict[str, Any]]:
    """Return accounts with their kept balances as `.values()` rows, those most overdue first. One query."""
    return (
        AccountBalance.objects.filter(account_filter(scope=scope, prefix="account__"))
        .order_by("-overdue", "account_id")
        .values(
            "account_id",
            "as_of",
            "currency",
            *AMOUNTS,
            "open_count",
            "overdue_count",
            "oldest_due_date",
            "currencies",
            "usual_delay_days",
            "paid_count",
            "last_payment_date",
            id=F("account_id"),
            number=F("account__number"),
            customer_id=F("account__customer_id"),
            customer_name=F("account__customer__name"),
            company_id=F("account__company_id"),
            company_name=F("account__company__name"),
            department_name=F("account__department__name"),
            collector_id=F("account__collector_id"),
            collector_name=Coalesce("account__collector__name", Value("")),
        )
    )


def get_customer_360(*, customer_id: int, scope: Scope = EVERYTHING) -> Customer360 | None:
    """Return everything about a customer with an account in the scope, None when there is none. Eight queries."""
    customer = find_customer(customer_id=customer_id)
    accounts = list_accounts(customer_id=customer_id, scope=scope)
    if customer is None or not accounts:
        return None
    balances = list_balances(account_ids=[account.id for account in accounts])
    group = list_group(customer_id=customer_id)
    open_by_customer = _open_by_customer([row["id"] for row in group], scope)
    return Customer360(
        customer=customer,
        accounts=[AccountWithBalance(account=account, balance=balances.get(account.id)) for account in accounts],
        differing=_differing(accounts),
        totals=_totals(list(balances.values())),
        group=[{**row, "balances": open_by_customer.get(row["id"], [])} for row in group],
        contacts=list_contacts(customer_id=customer_id),
        notes=list_notes(customer_id=customer_id),
        events=list_events(customer_id=customer_id, scope=scope),
    )


_COMPARED = (
    "currency",
    "language",
    "payment_method",
    "delivery_preference",
    "payment_terms_id",
    "collector_id",
)


def _differing(accounts: list[AccountRow]) -> frozenset[str]:
    return frozenset(name for name in _COMPARED if len({getattr(account, name) for account in accounts}) > 1)


def _totals(balances: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "currency": currency,
            **{name: sum((row[name] for row in balances if row["currency"] == currency), ZERO) for name in AMOUNTS},
        }
        for currency in sorted({row["currency"] for row in balances})
    ]


def _open_by_customer(customer_ids: list[int], scope: Scope) -> dict[int, list[dict[str, Any]]]:
    rows = (
        AccountBalance.objects.filter(account_filter(scope=scope, prefix="account__"))
        .filter(account__customer_id__in=customer_ids)
        .values("currency", customer_id=F("account__customer_id"))
        .annotate(total=Sum("open_total"), late=Sum("overdue"))
        .order_by("customer_id", "currency")
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["customer_id"], []).append(row)
    return found
