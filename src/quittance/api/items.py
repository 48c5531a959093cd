"""Open items out."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import F, QuerySet
from django.http import HttpRequest
from ninja import Query, Router

from quittance.api.access import Bearer, company_of, token_of
from quittance.api.paging import next_address
from quittance.api.schemas import ItemsOut
from quittance.foundation import clock
from quittance.foundation.api_tokens import ApiScope
from quittance.foundation.permissions import Scope
from quittance.ledger.queries import list_items

router = Router(tags=["Items"])


@router.get("/items", auth=Bearer(ApiScope.ITEMS_READ), response=ItemsOut, summary="List what is open")
def open_items(
    request: HttpRequest,
    company: Annotated[str, Query(max_length=40)] = "",
    cursor: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> dict[str, Any]:
    """Return the items that are open today, in the order in which they came in."""
    scope = token_of(request).scope
    if company:
        scope = Scope(company_ids=frozenset({company_of(request, company).id}))
    everything: QuerySet[Any, Any] = list_items(as_of=clock.today(), scope=scope)
    found = everything.order_by("id").values(
        "id", "account_number", "customer_name", "customer_number", "kind", "document_number", "document_date",
        "due_date", "currency", "amount_original", "open_amount", "days_late", "state", "source", "external_id",
        company_code=F("account__company__code"),
    )  # fmt: skip
    if cursor is not None:
        found = found.filter(id__gt=cursor)
    rows = [_item(row) for row in found[: limit + 1]]
    following = next_address(request, rows, limit)
    return {"items": rows, "next": following}


def _item(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"], "company": row["company_code"], "account": row["account_number"],
        "customer": row["customer_name"], "customer_number": row["customer_number"], "kind": row["kind"],
        "document": row["document_number"], "document_date": row["document_date"], "due_date": row["due_date"],
        "currency": row["currency"], "amount": f"{row['amount_original']:f}", "open": f"{row['open_amount']:f}",
        "days_late": row["days_late"], "state": row["state"], "source": row["source"],
        "erp_key": row["external_id"],
    }  # fmt: skip
