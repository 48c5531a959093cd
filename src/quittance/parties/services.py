"""Write who is who: accounts, contacts, notes."""

from __future__ import annotations

from collections.abc import Iterable

from quittance.parties.models import CustomerAccount
from quittance.parties.queries import AccountRow, get_accounts


class AccountNotFound(LookupError):
    """No customer account has this id (or the reader may not see it)."""

    def __init__(self, account_ids: Iterable[int]) -> None:
        self.account_ids = tuple(sorted(account_ids))
        super().__init__(f"no customer account {', '.join(map(str, self.account_ids))}")


def lock_accounts(*, account_ids: Iterable[int]) -> dict[int, AccountRow]:
    """Lock accounts in the order of their ids until the transaction ends and return their rows.

    Everything that changes what an account owes takes this lock first, then its items by id.

    :raises AccountNotFound: when one does not exist.
    """
    wanted = sorted(set(account_ids))
    locked = CustomerAccount.objects.filter(id__in=wanted).order_by("id").select_for_update(no_key=True)
    missing = set(wanted) - set(locked.values_list("id", flat=True))
    if missing:
        raise AccountNotFound(missing)
    return get_accounts(account_ids=wanted)
