"""Read what an import brought: items it changed, letter groups that do not balance."""

from __future__ import annotations

from typing import Any

from django.db.models import DateField, DecimalField, F, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.ledger.models import LetterGroup, MappingProfile, OpenItemVersion
from quittance.parties.queries import account_filter

_AMOUNT = DecimalField(max_digits=20, decimal_places=4)


def list_changed_items(*, batch_id: int, scope: Scope = EVERYTHING) -> QuerySet[Any, Any]:
    """Return the items whose present version came with this import, as `.values()` rows with what they were before.

    An item that a later import changed again is listed there. One query.
    """
    found = OpenItemVersion.objects.filter(
        account_filter(scope=scope, prefix="item__account__"), item__batch_id=batch_id, version=F("item__version") - 1
    ).annotate(
        amount_before=Cast(KeyTextTransform("amount_original", "row"), _AMOUNT),
        due_date_before=Cast(KeyTextTransform("due_date", "row"), DateField()),
    )
    return found.order_by("id").values(
        "id",
        "item_id",
        "version",
        "amount_before",
        "due_date_before",
        document_number=F("item__document_number"),
        customer_id=F("item__account__customer_id"),
        customer_name=F("item__account__customer__name"),
        currency=F("item__currency"),
        amount=F("item__amount_original"),
        due_date=F("item__due_date"),
    )


def list_unbalanced_letter_groups(*, batch_id: int, scope: Scope = EVERYTHING) -> QuerySet[Any, Any]:
    """Return the letter groups of an import that are kept and not applied, as `.values()` rows. One query."""
    found = LetterGroup.objects.filter(
        account_filter(scope=scope, prefix="account__"), batch_id=batch_id, status=LetterGroup.Status.UNBALANCED
    ).annotate(difference=F("debit") - F("credit"))
    return found.order_by("id").values(
        "id",
        "code",
        "letter_date",
        "currency",
        "debit",
        "credit",
        "difference",
        "line_count",
        account_number=F("account__number"),
        customer_id=F("account__customer_id"),
        customer_name=F("account__customer__name"),
    )


def list_profile_names() -> list[str]:
    """Return the names of the saved mapping profiles. One query."""
    return list(MappingProfile.objects.order_by("name").values_list("name", flat=True))
