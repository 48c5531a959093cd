"""Read what was learnt of payers: bank accounts and names under which customers pay, and their ways to pay."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from quittance.cash.models import LearntThing, PayerIdentity
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.queries import account_filter, customers

_END_LENGTH = 4


def learnt_things(*, scope: Scope = EVERYTHING) -> QuerySet[LearntThing, dict[str, Any]]:
    """Return all that was learnt of the customers that the scope shows, for a table."""
    visible = customers().filter(account_filter(scope=scope, prefix="accounts__"), accounts__isnull=False)
    found = LearntThing.objects.filter(customer_id__in=visible.order_by().values("id"))
    rows: QuerySet[LearntThing, Any] = found.values(
        "id",
        "kind",
        "customer_id",
        "value",
        "seen_count",
        "confirmed_count",
        "last_seen_date",
        "is_active",
        "is_given",
        customer_name=F("customer__name"),
        customer_number=F("customer__number"),
    )
    return rows


def list_learnt(*, customer_id: int, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    """Return what was learnt of a customer: habits first, then bank accounts and names, the latest first. One query."""
    found = learnt_things(scope=scope).filter(customer_id=customer_id)
    return list(found.order_by("kind", F("last_seen_date").desc(nulls_last=True), "id"))


def find_learnt(*, thing_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one thing that was learnt, None when the scope does not show it. One query."""
    return learnt_things(scope=scope).filter(id=thing_id).first()


def find_habit(*, customer_id: int, strategy: str, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return a way to pay that was learnt of a customer, None when the scope does not show it. One query."""
    found = learnt_things(scope=scope).filter(kind=LearntThing.HABIT, customer_id=customer_id, value=strategy)
    return found.first()


def hidden_value(*, kind: str, value: str) -> str:
    """Return a name as it is, and of a bank account only its ends.

    >>> hidden_value(kind="IBAN", value="FR7630001007941234567890185")
    'FR76…0185'
    """
    if kind != PayerIdentity.Kind.IBAN:
        return value
    return f"{value[:_END_LENGTH]}…{value[-_END_LENGTH:]}"
