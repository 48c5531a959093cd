"""Find open items that a person may pick for a payment: by number, reference, amount, or account."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields import BooleanField

from quittance.ledger.models import OpenItem
from quittance.ledger.queries.finding import read_amounts
from quittance.parties.queries import fold

# Disputes stand above the ledger, so their table is read by name, as the balances do.
_DISPUTED = (
    "EXISTS (SELECT 1 FROM cases_dispute d WHERE d.item_id = ledger_openitem.id"
    " AND d.opened_date <= %s AND (d.closed_date IS NULL OR d.closed_date > %s))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PickableItem:
    """An open item with whose it is; `amount_open` signed (credit notes negative)."""

    id: int
    kind: str
    document_number: str
    reference: str
    due_date: date
    currency: str
    amount_open: Decimal
    is_disputed: bool
    account_id: int
    account_number: str
    customer_id: int
    customer_name: str


def find_pickable(*, company_id: int, currency: str, text: str, limit: int = 30) -> list[int]:
    """Return the ids of open items whose number or reference begins with a text, or whose amount it is.

    Up to four queries, each by an index.
    """
    wanted = text.strip()
    if not wanted:
        return []
    searches = [Q(search_text__startswith=fold(wanted)), Q(reference__startswith=wanted) & ~Q(reference="")]
    if amounts := read_amounts(text=wanted):
        searches += [Q(amount_open__in=amounts) & ~Q(amount_open=0), Q(amount_original__in=amounts)]
    ids: dict[int, None] = {}
    for condition in searches:
        if len(ids) < limit:
            found = _pickable(company_id, currency).filter(condition).values_list("id", flat=True)
            ids.update(dict.fromkeys(found[:limit]))
    return list(ids)[:limit]


def list_pickable(
    *,
    company_id: int,
    currency: str,
    as_of: date,
    item_ids: Collection[int] = (),
    account_ids: Collection[int] = (),
    limit: int = 60,
) -> list[PickableItem]:
    """Return open items with these ids, then those of these accounts, the oldest due first. One query."""
    rows = (
        _pickable(company_id, currency)
        .filter(Q(id__in=list(item_ids)) | Q(account_id__in=list(account_ids)))
        .annotate(is_disputed=RawSQL(_DISPUTED, (as_of, as_of), output_field=BooleanField()))  # noqa: S611  (constant)
        .order_by("due_date", "id")
        .values(
            "id",
            "kind",
            "document_number",
            "reference",
            "due_date",
            "currency",
            "amount_open",
            "is_disputed",
            "account_id",
            account_number=F("account__number"),
            customer_id=F("account__customer_id"),
            customer_name=F("account__customer__name"),
        )
    )
    chosen = set(item_ids)
    found = [PickableItem(**row) for row in rows[: limit + len(chosen)]]
    return sorted(found, key=lambda item: item.id not in chosen)


def _pickable(company_id: int, currency: str) -> QuerySet[OpenItem]:
    found = OpenItem.objects.filter(account__company_id=company_id, currency=currency)
    return found.exclude(Q(amount_open=0) | Q(kind=OpenItem.Kind.PAYMENT))
