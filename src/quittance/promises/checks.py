"""What promises and payment plans ask of the items they speak of."""

from __future__ import annotations

from collections.abc import Sequence

from quittance.ledger.services import LockedItem


class ItemsRefused(ValueError):
    """The items cannot be spoken of together; the message says why."""


def currency_of(*, items: Sequence[LockedItem], account_id: int) -> str:
    """Return the one currency of items on which something is owed.

    :raises ItemsRefused: no item, one of another account, one on which nothing is owed, several currencies
    """
    if not items:
        raise ItemsRefused("speak of one item at least")
    for item in items:
        if item.account.id != account_id:
            raise ItemsRefused(f"item {item.id} is not on account {account_id}")
        if item.amount_open <= 0:
            raise ItemsRefused(f"nothing is owed on item {item.id}")
    currencies = {item.currency for item in items}
    if len(currencies) > 1:
        raise ItemsRefused(f"speak of one currency, not {', '.join(sorted(currencies))}")
    return currencies.pop()
