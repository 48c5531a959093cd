"""Write who is who: accounts, contacts, notes."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.parties.models import Company
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
    hold_accounts(account_ids=wanted)
    return get_accounts(account_ids=wanted)


def hold_accounts(*, account_ids: Iterable[int]) -> None:
    """Lock accounts as `lock_accounts` does, without their rows. One query. :raises AccountNotFound:"""
    wanted = sorted(set(account_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM parties_customeraccount WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [wanted]
        )
        missing = set(wanted) - {account_id for (account_id,) in cursor.fetchall()}
    if missing:
        raise AccountNotFound(missing)


class CompanyExists(ValueError):
    """A company has this code already."""


@transaction.atomic
def create_company(
    *,
    code: str,
    name: str,
    actor: Actor,
    currency: str = "EUR",
    country: str = "FR",
    language: str = "fr",
    legal_identifier: str = "",
    receivable_prefixes: Iterable[str] = ("411",),
) -> int:
    """Create a company of ours and return its id. :raises CompanyExists:"""
    if Company.objects.filter(code=code).exists():
        raise CompanyExists(f"there is a company {code} already")
    company = Company.objects.create(
        code=code,
        name=name,
        currency=currency,
        country=country,
        language=language,
        legal_identifier=legal_identifier,
        receivable_prefixes=list(receivable_prefixes),
    )
    events.record(
        events.NewEvent(
            kind="company.created",
            actor=actor,
            company_id=company.id,
            subject_kind="company",
            subject_id=str(company.id),
            payload={"code": code, "name": name},
        )
    )
    return company.id
