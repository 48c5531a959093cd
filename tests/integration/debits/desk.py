"""A company that collects, a customer that pays by debit, and a clerk."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from quittance.debits import services
from quittance.debits.models import DebitCollection, DebitInstruction
from quittance.debits.services import CollectionFile, NewMandate, StatusImport
from quittance.foundation.permissions import Actor
from quittance.parties.models import CustomerAccount
from tests.adapters.payments.samples import answer, debit
from tests.cast import Cast, make_account

CLARA = Actor(label="Clara")
TODAY = date(2026, 3, 2)
COLLECTED_ON = date(2026, 3, 16)
CREDITOR = "FR72ZZZ123456"
IBAN = "FR7630006000011234567890189"
IBAN_ELSEWHERE = "DE89370400440532013000"


def settle_how(cast: Cast, *, notice_days: int = 14, lead_days: int = 2) -> None:
    """Say how the cast's company collects."""
    services.change_settings(
        company_id=cast.company.pk,
        creditor_identifier=CREDITOR,
        bank_account_id=cast.bank_account.pk,
        lead_days=lead_days,
        notice_days=notice_days,
        actor=CLARA,
    )


def sign(account: CustomerAccount, **more: Any) -> int:
    """Keep a mandate for an account; it pays by debit from then on."""
    values: dict[str, Any] = {
        "account_id": account.pk,
        "scheme": "CORE",
        "signed_on": date(2025, 6, 1),
        "debtor_name": "Durand et Fils",
        "iban": IBAN,
        "street": "1 place Bellecour",
        "postcode": "69002",
        "town": "Lyon",
        "country": "FR",
    }
    return services.record_mandate(mandate=NewMandate(**{**values, **more}), actor=CLARA)


def another_account(cast: Cast, number: str = "411MARTIN", **more: Any) -> CustomerAccount:
    """Write one more customer with an account."""
    from quittance.parties.models import Customer

    customer = Customer.objects.create(
        number=number, name=number.title(), country="FR", town="Nantes", street="2 rue Crébillon", **more
    )
    return make_account(customer, cast.company, cast.department, number=number)


def propose(cast: Cast, *, wanted: date = COLLECTED_ON, as_of: date = TODAY, **more: Any) -> DebitCollection:
    """Propose a collection and return it."""
    collection_id = services.propose_collection(
        company_id=cast.company.pk, wanted_date=wanted, as_of=as_of, actor=CLARA, **more
    )
    return DebitCollection.objects.get(pk=collection_id)


def announce(collection: DebitCollection, *, as_of: date = TODAY) -> None:
    """Tell the customers, as the job does."""
    services.announce_collection(collection_id=collection.pk, as_of=as_of, actor=CLARA)
    services.send_notices(collection_id=collection.pk, as_of=as_of)


def export(collection: DebitCollection, *, as_of: date = TODAY) -> CollectionFile:
    """Write the file."""
    return services.export_collection(collection_id=collection.pk, as_of=as_of, actor=CLARA)


def left_for_the_bank(cast: Cast) -> DebitCollection:
    """Propose, tell and export."""
    collection = propose(cast)
    announce(collection)
    export(collection)
    collection.refresh_from_db()
    return collection


def debits(collection: DebitCollection) -> list[DebitInstruction]:
    """Return the debits in the order of the file."""
    return list(collection.instructions.order_by("position"))


def reject(collection: DebitCollection, *positions: int, reason: str = "AM04", **more: Any) -> StatusImport:
    """Take an answer in that rejects some debits."""
    names = [one.end_to_end_id for one in debits(collection) if one.position in positions]
    content = answer([debit(name, reason=reason) for name in names], message_id=collection.message_id, **more)
    return services.import_status(stream=io.BytesIO(content), filename="pain002.xml", actor=CLARA)
