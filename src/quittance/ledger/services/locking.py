"""Take the locks under which what an account owes may change: accounts by id, then items by id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from quittance.ledger.errors import ItemNotFound
from quittance.ledger.models import OpenItem
from quittance.parties.queries import AccountRow
from quittance.parties.services import lock_accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedItem:
    """An item as it stands under lock; amounts signed, in `currency`."""

    id: int
    account: AccountRow
    kind: str
    document_number: str
    document_date: date
    due_date: date
    currency: str
    amount_original: Decimal
    amount_open: Decimal


def lock_items(*, item_ids: Iterable[int]) -> dict[int, LockedItem]:
    """Lock the accounts of the items, then the items, until the transaction ends; return the items by id.

    :raises ItemNotFound: when one does not exist
    """
    items, accounts = lock_item_rows(item_ids=item_ids)
    return {
        item.id: LockedItem(
            id=item.id,
            account=accounts[item.account_id],
            kind=item.kind,
            document_number=item.document_number,
            document_date=item.document_date,
            due_date=item.due_date,
            currency=item.currency,
            amount_original=item.amount_original,
            amount_open=item.amount_open,
        )
        for item in items.values()
    }


def lock_item_rows(*, item_ids: Iterable[int]) -> tuple[dict[int, OpenItem], dict[int, AccountRow]]:
    """Do the same for the ledger's own services: items and accounts by id. :raises ItemNotFound:"""
    wanted = set(item_ids)
    account_ids = dict(OpenItem.objects.filter(id__in=wanted).values_list("id", "account_id"))
    if missing := wanted - account_ids.keys():
        raise ItemNotFound(missing)
    accounts = lock_accounts(account_ids=account_ids.values())
    locked = OpenItem.objects.filter(id__in=wanted).order_by("id").select_for_update(no_key=True)
    return {item.id: item for item in locked}, accounts
