"""Take the locks under which what an account owes may change: accounts by id, then items by id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

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


@dataclass(slots=True)
class ItemState:
    """What services of the ledger read of a locked item; the amounts are taken off as they apply to it."""

    id: int
    account_id: int
    kind: str
    document_number: str
    document_date: date
    due_date: date
    currency: str
    amount_original: Decimal
    amount_open: Decimal
    company_currency: str
    amount_company_open: Decimal
    delay_reason_code: str = ""


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


_LOCK = """
SELECT id, account_id, kind, document_number, document_date, due_date, currency, amount_original, amount_open,
    company_currency, amount_company_open, delay_reason_code
FROM ledger_openitem WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""


def lock_item_rows(
    *, item_ids: Iterable[int], account_ids: Iterable[int] = ()
) -> tuple[dict[int, ItemState], dict[int, AccountRow]]:
    """Do the same for the ledger's own services: items and accounts by id; more accounts may be locked with them.

    :raises ItemNotFound: when an item does not exist
    """
    wanted = set(item_ids)
    owners = dict(OpenItem.objects.filter(id__any=wanted).values_list("id", "account_id"))
    if missing := wanted - owners.keys():
        raise ItemNotFound(missing)
    accounts = lock_accounts(account_ids={*owners.values(), *account_ids})
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [sorted(wanted)])
        items = [ItemState(*row) for row in cursor.fetchall()]
    return {item.id: item for item in items}, accounts
