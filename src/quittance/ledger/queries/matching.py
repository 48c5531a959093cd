"""The open items that a bank line may pay, loaded for many lines at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.db.models.expressions import RawSQL
from django.db.models.fields import BooleanField

from quittance.ledger.models import OpenItem


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchableItem:
    """An open item; `amount_open` is signed (debit +, credit note -)."""

    id: int
    account_id: int
    customer_id: int
    company_id: int
    document_number: str
    reference: str
    document_date: date
    due_date: date
    currency: str
    amount_open: Decimal
    is_disputed: bool


# Disputes stand above the ledger, so their table is read by name, as the balances do.
_DISPUTED = (
    "EXISTS (SELECT 1 FROM cases_dispute d WHERE d.item_id = ledger_openitem.id"
    " AND d.opened_date <= %s AND (d.closed_date IS NULL OR d.closed_date > %s))"
)


# Written once for each of the two fields: a disjunction could not be answered by a hash join.
_NAMED = """
SELECT i.id, i.{field} FROM ledger_openitem i
JOIN parties_customeraccount a ON a.id = i.account_id
JOIN unnest(%(keys)s::text[]) wanted (key) ON wanted.key = quittance_reference_key(i.{field})
WHERE a.company_id = %(company)s AND i.currency = ANY(%(currencies)s) AND i.amount_open <> 0 AND i.kind <> 'PAYMENT'
"""
_REFERENCES = f"""{_NAMED.format(field="document_number")}
UNION ALL {_NAMED.format(field="reference")} AND i.reference <> ''"""


def list_open_references(
    *, company_id: int, currencies: Collection[str], keys: Collection[str]
) -> list[tuple[int, str]]:
    """Return (item id, document number or reference) of what a payment may be for, where it folds to one of the keys.

    `keys` are folded as `core.matching.fold_reference` does. One query, over all that is open.
    """
    if not keys:
        return []
    values: dict[str, Any] = {"company": company_id, "currencies": sorted(currencies), "keys": list(keys)}
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCES, values)
        return [(id_, reference) for id_, reference in cursor.fetchall()]


def list_matchable_items(
    *,
    company_id: int,
    currencies: Collection[str],
    item_ids: Collection[int],
    customer_ids: Collection[int],
    as_of: date,
    amounts: Collection[Decimal] = (),
) -> list[MatchableItem]:
    """Return the open items with these ids, of these customers, or of these open amounts, by id. One query."""
    wanted = Q(id__any=item_ids) | Q(account__customer_id__any=customer_ids)
    if amounts:
        wanted |= Q(amount_open__any=amounts)
    found = (
        _payable(company_id, currencies)
        .filter(wanted)
        .annotate(is_disputed=RawSQL(_DISPUTED, (as_of, as_of), output_field=BooleanField()))  # noqa: S611  (constant)
        .order_by("id")
        .values_list(
            "id",
            "account_id",
            "account__customer_id",
            "document_number",
            "reference",
            "document_date",
            "due_date",
            "currency",
            "amount_open",
            "is_disputed",
        )
    )
    return [
        MatchableItem(
            id=id_,
            account_id=account_id,
            customer_id=customer_id,
            company_id=company_id,
            document_number=number,
            reference=reference,
            document_date=document_date,
            due_date=due_date,
            currency=currency,
            amount_open=amount_open,
            is_disputed=is_disputed,
        )
        for id_, account_id, customer_id, number, reference, document_date, due_date, currency, amount_open, is_disputed
        in found.iterator(chunk_size=20_000)
    ]  # fmt: skip


def list_references(*, item_ids: Collection[int]) -> list[tuple[str, str]]:
    """Return our document number of each item and the customer's own, "" for none, by id. One query."""
    found = OpenItem.objects.filter(id__any=list(item_ids)).order_by("id")
    return list(found.values_list("document_number", "reference"))


def count_amounts(
    *, company_id: int, currencies: Collection[str], amounts: Collection[Decimal]
) -> tuple[dict[tuple[str, Decimal], int], int]:
    """Return how many open items have each of these amounts, by currency and amount, and how many there are in all.

    Two queries.
    """
    open_items = _payable(company_id, currencies).order_by()
    rows = open_items.filter(amount_open__any=amounts).values("currency", "amount_open").annotate(n=Count("id"))
    return {(row["currency"], row["amount_open"]): row["n"] for row in rows}, open_items.count()


def list_closed_references(*, company_id: int, customer_ids: Collection[int], since: date) -> list[str]:
    """Return the numbers of the invoices of these customers that were settled since a day. One query."""
    found = OpenItem.objects.filter(
        account__company_id=company_id,
        account__customer_id__any=customer_ids,
        amount_open=0,
        settled_date__gte=since,
        kind=OpenItem.Kind.INVOICE,
    )
    return [number for number in found.order_by().values_list("document_number", flat=True).distinct() if number]


def _payable(company_id: int, currencies: Collection[str]):  # type: ignore[no-untyped-def]  # (a queryset)
    return OpenItem.objects.filter(account__company_id=company_id, currency__in=list(currencies)).exclude(
        Q(amount_open=0) | Q(kind=OpenItem.Kind.PAYMENT)
    )
