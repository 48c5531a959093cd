"""Find what an address names, inside what the person may see; anything else answers 404."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest

from quittance.cases import queries as cases
from quittance.ledger import queries as ledger
from quittance.parties import queries as parties
from quittance.parties.queries import AccountRow
from quittance.promises import queries as promises
from quittance.web.access import desk_of


def get_item_or_404(request: HttpRequest, item_id: int) -> ledger.ItemDetail:
    """Return an item with its story."""
    desk = desk_of(request)
    found = ledger.find_item(item_id=item_id, as_of=desk.as_of, scope=desk.scope)
    if found is None:
        raise Http404
    return found


def get_account_or_404(request: HttpRequest, account_id: int) -> AccountRow:
    """Return an account."""
    found = parties.find_account(account_id=account_id, scope=desk_of(request).scope)
    if found is None:
        raise Http404
    return found


def get_accounts_or_404(request: HttpRequest, customer_id: int) -> list[AccountRow]:
    """Return the accounts of a customer that the person may see; a customer without any does not exist for them."""
    found = parties.list_accounts(customer_id=customer_id, scope=desk_of(request).scope)
    if not found:
        raise Http404
    return found


def get_dispute_or_404(request: HttpRequest, dispute_id: int) -> dict[str, Any]:
    """Return a dispute."""
    desk = desk_of(request)
    found = cases.find_dispute(dispute_id=dispute_id, as_of=desk.as_of, scope=desk.scope)
    if found is None:
        raise Http404
    return found


def get_promise_or_404(request: HttpRequest, promise_id: int) -> dict[str, Any]:
    """Return a promise to pay."""
    desk = desk_of(request)
    found = promises.list_promises(as_of=desk.today, scope=desk.scope).filter(id=promise_id).first()
    if found is None:
        raise Http404
    return dict(found)


def selected_items(request: HttpRequest, item_ids: list[int]) -> list[dict[str, Any]]:
    """Return those of the items that the person may see and that are open today, those due first at the top."""
    desk = desk_of(request)
    return list(ledger.list_items(as_of=desk.today, scope=desk.scope).filter(id__in=item_ids))
