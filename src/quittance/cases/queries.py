"""Read disputes, as of any day by their interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from quittance.cases.models import CorrectiveAction, Dispute
from quittance.foundation.expressions import days_since
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.queries import account_filter


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputedPart:
    """The part of an item that is disputed: positive, in the item's currency."""

    dispute_id: int
    item_id: int
    amount: Decimal
    reason_code: str
    opened_date: date


def reason_choices() -> list[tuple[str, Any]]:
    """Return code and name of each reason."""
    return list(Dispute.Reason.choices)


def outcome_choices() -> list[tuple[str, Any]]:
    """Return code and name of each outcome."""
    return list(Dispute.Outcome.choices)


def open_on(*, as_of: date) -> Q:
    """Return the condition of disputes that were open at the end of a day."""
    return Q(opened_date__lte=as_of) & (Q(closed_date__isnull=True) | Q(closed_date__gt=as_of))


def list_disputed_parts(*, as_of: date, account_ids: Iterable[int] | None = None) -> dict[int, DisputedPart]:
    """Return by item what was disputed at the end of a day, for these accounts or for all. One query."""
    found = Dispute.objects.filter(open_on(as_of=as_of)).order_by("id")
    if account_ids is not None:
        found = found.filter(account_id__in=list(account_ids))
    rows = found.values_list("id", "item_id", "amount_disputed", "reason_code", "opened_date")
    return {
        item_id: DisputedPart(
            dispute_id=id_, item_id=item_id, amount=amount, reason_code=reason, opened_date=opened_date
        )
        for id_, item_id, amount, reason, opened_date in rows
    }


def item_ids_disputed(*, as_of: date) -> QuerySet[Dispute, Any]:
    """Return the ids of the items disputed at the end of a day, to be used inside another query."""
    return Dispute.objects.filter(open_on(as_of=as_of)).values("item_id")


def list_disputes(*, as_of: date, scope: Scope = EVERYTHING, is_open: bool | None = None) -> QuerySet[Dispute, Any]:
    """Return disputes as `.values()` rows, those longest past their deadline first; filter and slice it. One query.

    `days_past_deadline` is positive once the deadline has passed, None for closed ones.
    """
    found = Dispute.objects.filter(account_filter(scope=scope, prefix="account__"))
    if is_open is not None:
        found = found.filter(open_on(as_of=as_of) if is_open else Q(closed_date__lte=as_of))
    return _rows(found, as_of).order_by("due_date", "id")


def list_disputes_of_customer(*, customer_id: int, as_of: date, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    """Return the disputes of a customer, open ones first, latest first. One query."""
    found = Dispute.objects.filter(account_filter(scope=scope, prefix="account__"), account__customer_id=customer_id)
    return list(_rows(found, as_of).order_by(F("closed_date").desc(nulls_first=True), "-id"))


def list_disputes_of_item(*, item_id: int, as_of: date) -> list[dict[str, Any]]:
    """Return the disputes of an item, latest first. One query."""
    return list(_rows(Dispute.objects.filter(item_id=item_id), as_of).order_by("-id"))


def find_dispute(*, dispute_id: int, as_of: date, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one dispute that the scope shows. One query."""
    found = Dispute.objects.filter(account_filter(scope=scope, prefix="account__"), id=dispute_id)
    return _rows(found, as_of).first()


def action_state_choices() -> list[tuple[str, Any]]:
    """Return code and name of each state of a corrective action."""
    return list(CorrectiveAction.State.choices)


def list_actions(*, as_of: date, scope: Scope = EVERYTHING) -> QuerySet[CorrectiveAction, Any]:
    """Return corrective actions of the companies of the scope, and those of all companies, as `.values()` rows.

    `days_past_due` is positive once the day has passed, None for closed ones. One query.
    """
    found = CorrectiveAction.objects.all()
    if scope.company_ids is not None:
        found = found.filter(Q(company__isnull=True) | Q(company_id__in=sorted(scope.company_ids)))
    return (
        found.annotate(
            days_past_due=Case(When(state="OPEN", then=days_since("due_date", as_of=as_of)), default=None),
            company_name=Coalesce("company__name", Value("")),
        )
        .values(
            "id",
            "title",
            "reason_code",
            "company_id",
            "company_name",
            "owner_id",
            "due_date",
            "state",
            "comment",
            "result",
            "opened_date",
            "closed_date",
            "days_past_due",
            owner_name=F("owner__name"),
        )
        .order_by("due_date", "id")
    )


def find_action(*, action_id: int, as_of: date, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one corrective action that the scope shows. One query."""
    return list_actions(as_of=as_of, scope=scope).filter(id=action_id).first()


def list_late_actions(
    *, as_of: date, scope: Scope = EVERYTHING, owner_id: int | None = None
) -> QuerySet[CorrectiveAction, Any]:
    """Return the open corrective actions whose day has passed, of one owner or of all, the longest late first."""
    found = list_actions(as_of=as_of, scope=scope).filter(state="OPEN", due_date__lt=as_of)
    return found if owner_id is None else found.filter(owner_id=owner_id)


def count_open_actions(*, scope: Scope = EVERYTHING) -> dict[str, int]:
    """Return how many corrective actions are open by reason of delay. One query."""
    found = CorrectiveAction.objects.filter(state="OPEN")
    if scope.company_ids is not None:
        found = found.filter(Q(company__isnull=True) | Q(company_id__in=sorted(scope.company_ids)))
    return dict(found.order_by().values("reason_code").annotate(n=Count("id")).values_list("reason_code", "n"))


def _rows(found: QuerySet[Dispute], as_of: date) -> QuerySet[Dispute, Any]:
    return found.annotate(
        days_past_deadline=Case(When(closed_date__isnull=True, then=days_since("due_date", as_of=as_of)), default=None),
    ).values(
        "id",
        "account_id",
        "item_id",
        "amount_disputed",
        "reason_code",
        "comment",
        "opened_date",
        "due_date",
        "closed_date",
        "outcome",
        "closing_comment",
        "opened_by_id",
        "closed_by_id",
        "owner_id",
        "days_past_deadline",
        owner_name=Coalesce("owner__name", Value("")),
        customer_id=F("account__customer_id"),
        customer_name=F("account__customer__name"),
        account_number=F("account__number"),
        document_number=F("item__document_number"),
        currency=F("item__currency"),
        amount_open=F("item__amount_open"),
        company_id=F("account__company_id"),
        department_name=F("account__department__name"),
    )
