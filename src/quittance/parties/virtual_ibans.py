"""Virtual accounts: IBANs of ours that one customer alone is told, so that its payments tell who paid."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from stdnum import iban as iban_rules
from stdnum.exceptions import ValidationError

from quittance.foundation import clock, events
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.parties.models import CompanyBankAccount, CustomerAccount, VirtualIban


class VirtualIbanRefused(ValueError):
    """It cannot be given: WRONG (no IBAN), OURS (the company's own account), TAKEN (another customer has it)."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def list_virtual_ibans(*, company_id: int, ibans: Collection[str]) -> list[tuple[str, int]]:
    """Return (IBAN, customer) of those of a company that are among these. One query."""
    found = VirtualIban.objects.filter(company_id=company_id, iban__in=list(ibans)).order_by("id")
    return list(found.values_list("iban", "customer_id"))


def list_of_customer(*, customer_id: int, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
    """Return the virtual accounts of a customer, by company. One query."""
    found = VirtualIban.objects.filter(customer_id=customer_id)
    if scope.company_ids is not None:
        found = found.filter(company_id__in=scope.company_ids)
    rows: QuerySet[VirtualIban, Any] = found.order_by("company__name", "id").values(
        "id", "iban", "company_id", "given_at", company_name=F("company__name")
    )
    return list(rows)


def find_virtual_iban(*, customer_id: int, company_id: int) -> str | None:
    """Return the IBAN that a customer is told to pay a company to, the latest given of several. One query."""
    found = VirtualIban.objects.filter(customer_id=customer_id, company_id=company_id)
    return found.order_by("-given_at", "-id").values_list("iban", flat=True).first()


def bic_of(*, virtual_iban: str, iban: str, bic: str) -> str:
    """Return the BIC of our account where the virtual one is with the same bank, else blank: an IBAN is enough.

    Country and bank stand at the head of an IBAN.

    >>> bic_of(virtual_iban="FR0930006111110000000000187", iban="FR7630006000011234567890189", bic="AGRIFRPP")
    'AGRIFRPP'
    >>> bic_of(virtual_iban="DE75512108001245126199", iban="FR7630006000011234567890189", bic="AGRIFRPP")
    ''
    """
    return bic if (virtual_iban[:2], virtual_iban[4:8]) == (iban[:2], iban[4:8]) else ""


@transaction.atomic
def give_virtual_iban(*, customer_id: int, company_id: int, iban: str, actor: Actor) -> int:
    """Keep an IBAN of ours as the one that a customer pays a company to; return its id.

    Giving it again to the same customer changes nothing.

    :raises VirtualIbanRefused:
    """
    try:
        value = str(iban_rules.validate(iban)).upper()
    except ValidationError as error:
        raise VirtualIbanRefused("WRONG") from error
    if CompanyBankAccount.objects.filter(iban=value).exists():
        raise VirtualIbanRefused("OURS")
    if not CustomerAccount.objects.filter(customer_id=customer_id, company_id=company_id).exists():
        raise VirtualIbanRefused("UNKNOWN")
    known = VirtualIban.objects.filter(iban=value).first()
    if known is not None:
        if (known.customer_id, known.company_id) != (customer_id, company_id):
            raise VirtualIbanRefused("TAKEN")
        return known.pk
    try:
        with transaction.atomic():
            row = VirtualIban.objects.create(
                customer_id=customer_id, company_id=company_id, iban=value, given_at=clock.now()
            )
    except IntegrityError as error:
        raise VirtualIbanRefused("TAKEN") from error
    events.record(_event("virtual_iban.given", row, actor))
    return row.pk


@transaction.atomic
def take_virtual_iban_back(*, virtual_iban_id: int, actor: Actor) -> None:
    """Forget a virtual account: what comes in on it tells nothing any more. Nothing happens when it is gone."""
    row = VirtualIban.objects.select_for_update().filter(pk=virtual_iban_id).first()
    if row is None:
        return
    event = _event("virtual_iban.taken_back", row, actor)
    row.delete()
    events.record(event)


def _event(kind: str, row: VirtualIban, actor: Actor) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=row.company_id,
        customer_id=row.customer_id,
        subject_kind="virtual_iban",
        subject_id=str(row.pk),
        payload={"iban": row.iban},
    )
