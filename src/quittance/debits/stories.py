"""The events of debits, as all services here write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quittance.debits.models import DebitCollection, DebitInstruction, Mandate
from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.parties.queries import AccountRow


def of_mandate(
    kind: str, mandate: Mandate, account: AccountRow, actor: Actor, payload: Mapping[str, Any] | None = None
) -> events.NewEvent:
    """Return an event of a mandate, on the page of its customer."""
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account.id,
        subject_kind="mandate",
        subject_id=str(mandate.pk),
        payload={"reference": mandate.reference, "scheme": mandate.scheme, **(payload or {})},
    )


def of_collection(
    kind: str, collection: DebitCollection, actor: Actor, payload: Mapping[str, Any] | None = None
) -> events.NewEvent:
    """Return an event of a whole collection."""
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=collection.company_id,
        subject_kind="debit_collection",
        subject_id=str(collection.pk),
        payload={
            "number": collection.number,
            "collection_date": collection.collection_date.isoformat(),
            "amount": f"{collection.amount:.2f}",
            "currency": collection.currency,
            "count": collection.instruction_count,
            **(payload or {}),
        },
    )


def of_instruction(
    kind: str,
    instruction: DebitInstruction,
    account: AccountRow,
    actor: Actor,
    payload: Mapping[str, Any] | None = None,
    *,
    item_id: int | None = None,
) -> events.NewEvent:
    """Return an event of one debit, or of one of its items, on the page of its customer."""
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account.id,
        item_id=item_id,
        subject_kind="debit_instruction",
        subject_id=str(instruction.pk),
        payload={
            "amount": f"{instruction.amount:.2f}",
            "currency": "EUR",
            "end_to_end_id": instruction.end_to_end_id,
            **(payload or {}),
        },
    )
