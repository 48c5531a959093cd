"""Read promises to pay, as of any day by their interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from quittance.foundation.expressions import days_since
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.queries import account_filter
from quittance.promises.models import PromisedItem, PromiseToPay


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedPart:
    """The part of an item that is promised: positive, in the item's currency; reminders wait until `held_until`."""

    promise_id: int
    item_id: int
    amount: Decimal
    made_on: date
    promised_date: date
    held_until: date


def open_on(*, as_of: date, prefix: str = "") -> Q:
    """Return the condition of promises that had been made and not decided by the end of a day."""
    return Q(**{f"{prefix}made_on__lte": as_of}) & (
        Q(**{f"{prefix}decided_date__isnull": True}) | Q(**{f"{prefix}decided_date__gt": as_of})
    )


def list_promised_parts(*, as_of: date, account_ids: Iterable[int] | None = None) -> dict[int, PromisedPart]:
    """Return by item what is promised and still awaited on a day: its tolerance has not run out. One query."""
    found = PromisedItem.objects.filter(open_on(as_of=as_of, prefix="promise__")).order_by("promise_id", "id")
    if account_ids is not None:
        found = found.filter(promise__account_id__in=list(account_ids))
    rows = found.values_list(
        "promise_id", "item_id", "amount", "promise__made_on", "promise__promised_date", "promise__tolerance_days"
    )
    parts = (
        PromisedPart(
            promise_id=promise_id,
            item_id=item_id,
            amount=amount,
            made_on=made_on,
            promised_date=promised_date,
            held_until=promised_date + timedelta(days=tolerance_days),
        )
        for promise_id, item_id, amount, made_on, promised_date, tolerance_days in rows
    )
    return {part.item_id: part for part in parts if part.held_until >= as_of}


def item_ids_promised(*, as_of: date) -> QuerySet[PromisedItem, Any]:
    """Return the ids of the items with a promise awaited on a day, to be used inside another query."""
    held = days_since("promise__promised_date", as_of=as_of)
    found = PromisedItem.objects.filter(open_on(as_of=as_of, prefix="promise__")).alias(past=held)
    return found.filter(past__lte=F("promise__tolerance_days")).values("item_id")


def list_promises(
    *, as_of: date, scope: Scope = EVERYTHING, states: Iterable[str] | None = None
) -> QuerySet[PromiseToPay, Any]:
    """Return promises as `.values()` rows, those due first at the top; filter and slice it. One query.

    `days_past_date` is positive once the promised day has passed.
    """
    found = PromiseToPay.objects.filter(account_filter(scope=scope, prefix="account__"), made_on__lte=as_of)
    if states is not None:
        found = found.filter(state__in=list(states))
    return _rows(found, as_of).order_by("promised_date", "id")


def list_promises_of_customer(*, customer_id: int, as_of: date, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    """Return the promises of a customer, latest first. One query."""
    found = PromiseToPay.objects.filter(
        account_filter(scope=scope, prefix="account__"), account__customer_id=customer_id
    )
    return list(_rows(found, as_of).order_by("-promised_date", "-id"))


def list_promises_of_item(*, item_id: int, as_of: date) -> list[dict[str, Any]]:
    """Return the promises that speak of an item, latest first. One query."""
    found = PromiseToPay.objects.filter(id__in=PromisedItem.objects.filter(item_id=item_id).values("promise_id"))
    return list(_rows(found, as_of).order_by("-promised_date", "-id"))


def list_items_of_promise(*, promise_id: int) -> list[dict[str, Any]]:
    """Return the items a promise speaks of, those due first at the top. One query."""
    found = PromisedItem.objects.filter(promise_id=promise_id).order_by("item__due_date", "item_id")
    rows: QuerySet[PromisedItem, Any] = found.values(
        "item_id",
        "amount",
        document_number=F("item__document_number"),
        due_date=F("item__due_date"),
        currency=F("item__currency"),
        amount_open=F("item__amount_open"),
    )
    return list(rows)


def list_promised_sets(*, company_id: int, as_of: date) -> list[list[int]]:
    """Return the items of each open promise to a company that names some and has nothing paid of it. One query."""
    found = PromisedItem.objects.filter(
        open_on(as_of=as_of, prefix="promise__"), promise__account__company_id=company_id, promise__amount_kept=0
    )
    sets: dict[int, list[int]] = {}
    for promise_id, item_id in found.order_by("promise_id", "item_id").values_list("promise_id", "item_id"):
        sets.setdefault(promise_id, []).append(item_id)
    return list(sets.values())


def _rows(found: QuerySet[PromiseToPay], as_of: date) -> QuerySet[PromiseToPay, Any]:
    return found.annotate(item_count=Count("items"), days_past_date=days_since("promised_date", as_of=as_of)).values(
        "id",
        "account_id",
        "amount",
        "currency",
        "made_on",
        "promised_date",
        "tolerance_days",
        "state",
        "decided_date",
        "amount_kept",
        "made_by_contact",
        "comment",
        "taken_by_id",
        "item_count",
        "days_past_date",
        taken_by_name=Coalesce("taken_by__name", Value("")),
        customer_id=F("account__customer_id"),
        customer_name=F("account__customer__name"),
        account_number=F("account__number"),
        company_id=F("account__company_id"),
    )
