"""Read one customer whole: its accounts with what they owe, its group, people, notes and events."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum

from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.foundation.queries import list_events
from quittance.ledger.models import AccountBalance
from quittance.parties.queries import (
    AccountRow,
    account_filter,
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


def list_balances(*, account_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return the kept balance of accounts by account id. One query."""
    rows: QuerySet[AccountBalance, Any] = AccountBalance.objects.filter(account_id__in=account_ids).values()
    return {row["account_id"]: row for row in rows}


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
    rows: QuerySet[AccountBalance, Any] = (
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
