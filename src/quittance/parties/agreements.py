"""What was agreed with an account about its payments: discount, oldest first, credit notes, certainty of a match."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Q

from quittance.foundation.permissions import Actor
from quittance.parties.editing import EditRefused, change_account
from quittance.parties.models import CustomerAccount

DISCOUNT_PER_MILLE_MAX: Final = 500
DISCOUNT_DAYS_MAX: Final = 365
THRESHOLD_MIN: Final = 900
THRESHOLD_MAX: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What holds for payments of an account.

    A discount of `discount_per_mille` may be taken until `discount_days` after the date of the document; 0 is none.
    `matching_threshold` is the confidence per mille from which a payment is applied by itself, None as in the house.
    """

    account_id: int
    customer_id: int
    discount_per_mille: int = 0
    discount_days: int = 0
    is_oldest_first: bool = False
    nets_credit_notes: bool = False
    matching_threshold: int | None = None


_FIELDS = (
    "customer_id",
    "discount_per_mille",
    "discount_days",
    "is_oldest_first",
    "nets_credit_notes",
    "matching_threshold",
)
SOMETHING_AGREED = (
    Q(discount_per_mille__gt=0)
    | Q(is_oldest_first=True)
    | Q(nets_credit_notes=True)
    | Q(matching_threshold__isnull=False)
)


def list_agreements(*, company_id: int) -> list[Agreement]:
    """Return what was agreed with the accounts of a company, of those with which anything was. One query."""
    found = CustomerAccount.objects.filter(SOMETHING_AGREED, company_id=company_id).order_by("id")
    return [Agreement(account_id=row.pop("id"), **row) for row in found.values("id", *_FIELDS)]


def list_accounts_in_use(*, company_id: int, customer_ids: Collection[int]) -> list[tuple[int, int]]:
    """Return account and customer of the active accounts that customers have with a company. One query, or none."""
    if not customer_ids:
        return []
    found = CustomerAccount.objects.filter(company_id=company_id, customer_id__in=list(customer_ids), is_active=True)
    return list(found.order_by("id").values_list("id", "customer_id"))


@transaction.atomic
def edit_agreement(
    *,
    account_id: int,
    discount_per_mille: int,
    discount_days: int,
    is_oldest_first: bool,
    nets_credit_notes: bool,
    matching_threshold: int | None,
    actor: Actor,
) -> bool:
    """Change what was agreed with an account; return whether anything changed. Payments to come are matched by it.

    :raises EditRefused: a number out of its range (RANGE), or days without a discount (ALONE)
    """
    if not 0 <= discount_per_mille <= DISCOUNT_PER_MILLE_MAX:
        raise EditRefused("discount_per_mille", "RANGE")
    if not 0 <= discount_days <= DISCOUNT_DAYS_MAX:
        raise EditRefused("discount_days", "RANGE")
    if discount_days and not discount_per_mille:
        raise EditRefused("discount_days", "ALONE")
    if matching_threshold is not None and not THRESHOLD_MIN <= matching_threshold <= THRESHOLD_MAX:
        raise EditRefused("matching_threshold", "RANGE")
    return change_account(
        account_id=account_id,
        values={
            "discount_per_mille": discount_per_mille,
            "discount_days": discount_days,
            "is_oldest_first": is_oldest_first,
            "nets_credit_notes": nets_credit_notes,
            "matching_threshold": matching_threshold,
        },
        actor=actor,
    )
