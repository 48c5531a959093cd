"""Write the file of a collection for the bank, once; what changed since it was proposed is left out of it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from quittance.core.debits import (
    CollectionState,
    DebitItemFact,
    DebitReason,
    SequenceType,
    decide_debit,
    last_export_date,
)
from quittance.core.ports.payments import Amendment, DebitGroup, DebitLine, DebitOrder, OrderRefused, Party
from quittance.debits import stories
from quittance.debits.errors import DebitRefused
from quittance.debits.gathering import item_facts
from quittance.debits.models import DebitCollection, DebitedItem, DebitInstruction, DebitSettings, Mandate
from quittance.debits.services.proposing import count_again, drop, lock_collection
from quittance.debits.target_days import closed_days
from quittance.foundation import clock, events, registry
from quittance.foundation.permissions import Actor, Scope
from quittance.ledger.queries import list_items
from quittance.ledger.services import lock_items
from quittance.letters.queries import get_letterheads

GROUP = "quittance.payments"
WRITER = "pain008"
CHANGED = "CHANGED"
_IS_IN = frozenset({DebitReason.DEBITED, DebitReason.NETTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionFile:
    """The file as it left; `taken_out` debits had changed since they were proposed and are not in it."""

    filename: str
    content: bytes
    sha256: str
    taken_out: int = 0


class FileDamaged(Exception):
    """The kept file is gone, or is not what left."""


@transaction.atomic
def export_collection(*, collection_id: int, as_of: date, actor: Actor) -> CollectionFile:
    """Write the file of a collection; a second time return the very same bytes.

    Items that were paid, disputed or promised since, and mandates that ended, take their debit out of it.

    :raises CollectionNotFound: :raises FileDamaged: :raises DebitRefused: not announced, too late, nothing left in it
    """
    collection = lock_collection(collection_id=collection_id)
    if collection.sha256:
        return read_file(collection=collection)
    settings = DebitSettings.objects.select_related("bank_account").get(company_id=collection.company_id)
    _check(collection, settings, as_of)
    taken_out = _drop_changed(collection, as_of, actor)
    instructions = list(
        collection.instructions.select_for_update(of=("self",), no_key=True)
        .filter(state=DebitInstruction.State.PLANNED)
        .select_related("mandate")
        .order_by("position")
    )
    if not instructions:
        raise DebitRefused(_("Nothing is left to debit: it was paid, disputed or promised since. Give it up."))
    moment = clock.now()
    try:
        content = registry.adapter(GROUP, WRITER)().write(_order(collection, settings, instructions, moment))
    except OrderRefused as error:
        raise DebitRefused(_("The bank would not take it: %(why)s") % {"why": error}) from error
    collection.filename = f"{collection.message_id}.xml"
    collection.sha256 = hashlib.sha256(content).hexdigest()
    collection.state, collection.exported_at = DebitCollection.State.EXPORTED, moment
    collection.exported_by_name = actor.label[:150]
    collection.file.save(collection.filename, ContentFile(content), save=False)
    collection.save()
    _mark_sent(instructions, collection.collection_date)
    payload = {"filename": collection.filename, "sha256": collection.sha256, "taken_out": taken_out}
    events.record(stories.of_collection("debit_collection.exported", collection, actor, payload))
    return CollectionFile(filename=collection.filename, content=content, sha256=collection.sha256, taken_out=taken_out)


def read_file(*, collection: DebitCollection) -> CollectionFile:
    """Return the kept file. :raises FileDamaged:"""
    try:
        with collection.file.open("rb") as stream:
            content = stream.read()
    except (OSError, ValueError) as error:
        raise FileDamaged(f"the file of collection {collection.pk} is gone") from error
    if hashlib.sha256(content).hexdigest() != collection.sha256:
        raise FileDamaged(f"the file of collection {collection.pk} is not what left")
    return CollectionFile(filename=collection.filename, content=content, sha256=collection.sha256)


def _check(collection: DebitCollection, settings: DebitSettings, as_of: date) -> None:
    State = DebitCollection.State  # noqa: N806  (a class)
    is_ready = collection.state == State.ANNOUNCED or (collection.state == State.DRAFT and settings.notice_days == 0)
    if not is_ready:
        raise DebitRefused(
            _("Tell the customers first.")
            if collection.state == CollectionState.DRAFT
            else _("This collection is over.")
        )
    waiting = collection.instructions.filter(state=DebitInstruction.State.PLANNED, transmission__isnull=True)
    if collection.state == State.ANNOUNCED and waiting.exists():
        raise DebitRefused(_("The messages to the customers are being written: wait a moment."))
    latest = last_export_date(
        collection_date=collection.collection_date,
        lead_days=settings.lead_days,
        closed_days=closed_days(around=collection.collection_date),
    )
    if as_of > latest:
        raise DebitRefused(
            _("The bank needed the file by %(day)s: give it up and propose a later day.")
            % {"day": date_format(latest, "SHORT_DATE_FORMAT")}
        )


def _drop_changed(collection: DebitCollection, as_of: date, actor: Actor) -> int:
    """Take out the debits of which something is no longer as it was proposed; return how many."""
    live = list(
        collection.instructions.filter(state=DebitInstruction.State.PLANNED).select_related("mandate").order_by("pk")
    )
    items: defaultdict[int, dict[int, DebitedItem]] = defaultdict(dict)
    for item in DebitedItem.objects.filter(instruction__in=live).order_by("id"):
        items[item.instruction_id][item.item_id] = item
    item_ids = [item_id for found in items.values() for item_id in found]
    lock_items(item_ids=item_ids)
    scope = Scope(company_ids=frozenset({collection.company_id}))
    rows = list(list_items(as_of=as_of, scope=scope).filter(id__in=item_ids))
    facts = item_facts(items=rows, as_of=as_of, heeds_live=False)
    changed = [one for one in live if _has_changed(one, items[one.pk], facts, collection)]
    if changed:
        drop(instructions=changed, reason_code=CHANGED, text="", on_date=as_of, actor=actor)
        count_again(collection=collection)
    return len(changed)


def _has_changed(
    instruction: DebitInstruction,
    items: dict[int, DebitedItem],
    facts: dict[int, DebitItemFact],
    collection: DebitCollection,
) -> bool:
    """Decide anew on the items of a debit alone: each must still be good for what it was to give."""
    decision = decide_debit(
        items=[facts[item_id] for item_id in items if item_id in facts],
        mandate=instruction.mandate.fact,
        collection_date=collection.collection_date,
        due_until=collection.due_until,
    )
    now = {one.item_id: one for one in decision.items if one.reason in _IS_IN}
    return now.keys() != items.keys() or any(abs(now[key].amount) < abs(items[key].amount) for key in items)


def _order(
    collection: DebitCollection, settings: DebitSettings, instructions: list[DebitInstruction], moment: Any
) -> DebitOrder:
    sender = get_letterheads(account_ids=[instructions[0].account_id])[instructions[0].account_id].sender
    groups: dict[str, list[DebitInstruction]] = {}
    numbers = _documents(instructions)
    for instruction in instructions:
        groups.setdefault(instruction.payment_information_id, []).append(instruction)
    return DebitOrder(
        message_id=collection.message_id,
        created_at=moment,
        creditor=Party(
            name=sender.name, street=sender.street, postcode=sender.postcode, town=sender.town, country=sender.country
        ),
        creditor_identifier=settings.creditor_identifier,
        iban=settings.bank_account.iban,
        bic=settings.bank_account.bic,
        groups=tuple(
            DebitGroup(
                payment_information_id=name,
                scheme=rows[0].mandate.scheme,
                sequence_type=rows[0].sequence_type,
                collection_date=collection.collection_date,
                lines=tuple(_line(row, numbers[row.pk]) for row in rows),
            )
            for name, rows in groups.items()
        ),
    )


def _documents(instructions: list[DebitInstruction]) -> defaultdict[int, list[str]]:
    """Return the documents of each debit, those due first at the front. One query."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    rows = DebitedItem.objects.filter(instruction__in=instructions).order_by("item__due_date", "item_id")
    for instruction_id, number in rows.values_list("instruction_id", "item__document_number"):
        found[instruction_id].append(number)
    return found


def _line(instruction: DebitInstruction, numbers: list[str]) -> DebitLine:
    mandate = instruction.mandate
    amended = mandate.amended_from
    return DebitLine(
        end_to_end_id=instruction.end_to_end_id,
        amount=instruction.amount,
        mandate_reference=mandate.reference,
        signed_on=mandate.signed_on,
        debtor=Party(
            name=mandate.debtor_name,
            street=mandate.street,
            postcode=mandate.postcode,
            town=mandate.town,
            country=mandate.country,
        ),
        iban=mandate.iban,
        bic=mandate.bic,
        text=" ".join(dict.fromkeys(numbers)),
        amendment=Amendment(
            original_iban=amended.get("iban", ""), is_bank_changed=bool(amended.get("is_bank_changed", False))
        ),
    )


def _mark_sent(instructions: list[DebitInstruction], collection_date: date) -> None:
    """Write that debits left, and on their mandates that they are used; one that was the last ends."""
    for instruction in instructions:
        instruction.state = DebitInstruction.State.SENT
        mandate = instruction.mandate
        instruction.used_before, instruction.amended_from = mandate.last_used_on, mandate.amended_from
        mandate.last_used_on, mandate.amended_from = collection_date, {}
        if instruction.sequence_type in (SequenceType.FINAL, SequenceType.ONE_OFF):
            mandate.state, mandate.ended_on = Mandate.State.EXPIRED, collection_date
    DebitInstruction.objects.bulk_update(instructions, ["state", "used_before", "amended_from"], batch_size=1000)
    Mandate.objects.bulk_update(
        [one.mandate for one in instructions], ["last_used_on", "amended_from", "state", "ended_on"], batch_size=1000
    )
