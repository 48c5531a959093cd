"""Up to how much one person may post as the difference of a bank line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import transaction

from quittance.cash.errors import LimitRefused
from quittance.cash.models import WriteOffLimit
from quittance.foundation import events
from quittance.foundation.permissions import PERMISSIONS_BY_ROLE, Actor, Permission, Scope
from quittance.parties.people import list_people, list_people_with_role, roles_of_person

# What holds until somebody sets another; company currency.
LIMITS_SHIPPED: Final[Mapping[str, Decimal]] = {
    "CASH_CLERK": Decimal(10),
    "CREDIT_MANAGER": Decimal(500),
    "ADMINISTRATOR": Decimal(500),
}
ROLES: Final = tuple(role for role in LIMITS_SHIPPED if Permission.MATCH_CASH in PERMISSIONS_BY_ROLE[role])


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """A limit of a role (`role`), or of a person (`user_id`, `name`); `is_shipped` when nobody has set it."""

    role: str
    user_id: int | None
    name: str
    amount: Decimal
    is_shipped: bool


def get_limit(*, user_id: int, company_id: int) -> Decimal:
    """Return a person's limit with a company: their own, else the highest of their roles. Two queries."""
    return _limit_of(roles_of_person(user_id=user_id), user_id, _stored(company_id))


def list_limits(*, company_id: int) -> list[LimitRow]:
    """Return the limits of a company: each role, then people with one of their own by name. Three queries."""
    stored = _stored(company_id)
    roles = [
        LimitRow(
            role=role,
            user_id=None,
            name="",
            amount=stored.get((role, None), LIMITS_SHIPPED[role]),
            is_shipped=(role, None) not in stored,
        )
        for role in ROLES
    ]
    names = dict(list_people(scope=Scope(company_ids=frozenset({company_id}))))
    people = [
        LimitRow(role="", user_id=user_id, name=names[user_id], amount=amount, is_shipped=False)
        for (_role, user_id), amount in stored.items()
        if user_id in names
    ]
    return [*roles, *sorted(people, key=lambda row: (row.name, row.user_id))]


def list_deciders(*, company_id: int, amount_company: Decimal, but: int) -> list[tuple[int, str]]:
    """Return id and name of who may decide a difference of this amount, except one person. Some queries, by role."""
    scope = Scope(company_ids=frozenset({company_id}))
    people = {found for role in ROLES for found in list_people_with_role(role=role, scope=scope)}
    found = [
        one for one in people if one[0] != but and get_limit(user_id=one[0], company_id=company_id) >= amount_company
    ]
    return sorted(found, key=lambda one: (one[1], one[0]))


@transaction.atomic
def set_limit(
    *, company_id: int, actor: Actor, amount: Decimal | None, role: str = "", user_id: int | None = None
) -> None:
    """Set the limit of a role or of a person in company currency; None goes back to what is shipped, or to the roles'.

    :raises LimitRefused: neither or both, an unknown role, a stranger to the company, or a negative amount
    """
    people = dict(list_people(scope=Scope(company_ids=frozenset({company_id}))))
    if (role in ROLES) == (user_id is not None) or (user_id is not None and user_id not in people):
        raise LimitRefused("a limit is of a role that matches cash, or of a person of the company")
    if amount is not None and amount < 0:
        raise LimitRefused("a limit is not negative")
    mine = WriteOffLimit.objects.filter(company_id=company_id, role=role)
    mine = mine.filter(user__isnull=True) if user_id is None else mine.filter(user_id=user_id)
    before = mine.values_list("amount", flat=True).first()
    if before == amount:
        return
    mine.delete()
    if amount is not None:
        WriteOffLimit.objects.create(company_id=company_id, role=role, user_id=user_id, amount=amount)
    events.record(
        events.NewEvent(
            kind="write_off_limit.set",
            actor=actor,
            company_id=company_id,
            subject_kind="company",
            subject_id=str(company_id),
            payload={
                "role": role,
                "person": people.get(user_id or 0, ""),
                "before": "" if before is None else f"{before:f}",
                "after": "" if amount is None else f"{amount:f}",
            },
        )
    )


def _stored(company_id: int) -> dict[tuple[str, int | None], Decimal]:
    found = WriteOffLimit.objects.filter(company_id=company_id).order_by("id")
    return {(role, user_id): amount for role, user_id, amount in found.values_list("role", "user_id", "amount")}


def _limit_of(roles: tuple[str, ...], user_id: int, stored: Mapping[tuple[str, int | None], Decimal]) -> Decimal:
    if ("", user_id) in stored:
        return stored["", user_id]
    return max((stored.get((role, None), LIMITS_SHIPPED[role]) for role in roles if role in ROLES), default=Decimal(0))
