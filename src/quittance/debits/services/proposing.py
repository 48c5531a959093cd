"""Propose a collection of what is due by a day; take one of its debits out; give it up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from quittance.core.debits import (
    AccountDebit,
    CollectionState,
    DebitReason,
    InstructionState,
    ItemDebit,
    can_move_collection,
    choose_collection_date,
)
from quittance.debits import stories
from quittance.debits.errors import CollectionNotFound, DebitRefused, InstructionNotFound, NothingToDebit
from quittance.debits.gathering import GatheredDebit, gather_debits
from quittance.debits.models import DebitCollection, DebitedItem, DebitInstruction, DebitSettings, LeftOutItem, Mandate
from quittance.debits.target_days import closed_days
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.ledger.services import lock_items
from quittance.parties.queries import get_accounts

TAKEN_OUT = "TAKEN_OUT"
GIVEN_UP = "GIVEN_UP"
_LEFT_UNSAID = frozenset({DebitReason.DEBITED, DebitReason.NETTED, DebitReason.NOT_DUE})


@transaction.atomic
def propose_collection(
    *, company_id: int, wanted_date: date, as_of: date, actor: Actor, due_until: date | None = None
) -> int:
    """Propose to debit what is due by a day (that of the collection unless said) and return the collection's id.

    The day is the next on which the banks are open, and which leaves the days that bank and customer must have. What
    is due and left out is kept with its reason.

    :raises DebitRefused: the company has not said how it collects; NothingToDebit
    """
    settings = DebitSettings.objects.select_for_update().filter(company_id=company_id).first()
    if settings is None:
        raise DebitRefused(_("Say first how this company collects: creditor identifier and bank account."))
    chosen = choose_collection_date(
        wanted=wanted_date,
        as_of=as_of,
        lead_days=settings.lead_days,
        notice_days=settings.notice_days,
        closed_days=closed_days(around=max(wanted_date, as_of)),
    )
    until = due_until or chosen.day
    gathered = gather_debits(
        company_id=company_id,
        as_of=as_of,
        collection_date=chosen.day,
        due_until=until,
        needs_notice=settings.notice_days > 0,
    )
    debits = [one for one in gathered if one.decision.amount > 0]
    if not debits:
        raise NothingToDebit(_("Nothing that is due by then can be debited."), reasons=_count_reasons(gathered))
    lock_items(item_ids=[item.item_id for one in debits for item in one.decision.items if item.amount])
    collection = _write_collection(company_id, chosen.day, until, as_of, debits, actor)
    try:
        with transaction.atomic():
            _write_debits(collection, debits, as_of)
    except IntegrityError as error:
        raise DebitRefused(_("An item was paid or debited meanwhile. Propose it again.")) from error
    _write_left_out(collection, gathered)
    events.record(stories.of_collection("debit_collection.proposed", collection, actor))
    return collection.pk


def _count_reasons(gathered: Iterable[GatheredDebit]) -> Counter[str]:
    return Counter(
        item.reason.value for one in gathered for item in one.decision.items if item.reason not in _LEFT_UNSAID
    )


def _write_collection(
    company_id: int, day: date, until: date, as_of: date, debits: Sequence[GatheredDebit], actor: Actor
) -> DebitCollection:
    last = DebitCollection.objects.filter(company_id=company_id).aggregate(last=Max("number"))["last"] or 0
    return DebitCollection.objects.create(
        company_id=company_id,
        number=last + 1,
        message_id=f"QTC-{company_id}-{last + 1:06d}",
        collection_date=day,
        due_until=until,
        amount=sum(one.decision.amount for one in debits),
        instruction_count=len(debits),
        proposed_on=as_of,
        proposed_by_name=actor.label[:150],
        recorded_at=clock.now(),
    )


def _group_key(one: GatheredDebit) -> tuple[str, str]:
    sequence_type = one.decision.sequence_type
    if one.mandate is None or sequence_type is None:
        raise ValueError(f"account {one.account_id} is not debited")
    return one.mandate.scheme, sequence_type.value


def _write_debits(collection: DebitCollection, debits: Sequence[GatheredDebit], as_of: date) -> None:
    """Write one debit for each account, grouped as the bank books them: by scheme and kind."""
    keys = {key: place for place, key in enumerate(sorted({_group_key(one) for one in debits}), start=1)}
    ordered = sorted(debits, key=lambda one: (_group_key(one), one.account_id))
    instructions = [
        DebitInstruction(
            collection=collection,
            mandate=one.mandate,
            account_id=one.account_id,
            position=position,
            sequence_type=_group_key(one)[1],
            payment_information_id=f"{collection.message_id}-{keys[_group_key(one)]}",
            end_to_end_id=f"{collection.message_id}-{position:05d}",
            amount=one.decision.amount,
        )
        for position, one in enumerate(ordered, start=1)
    ]
    DebitInstruction.objects.bulk_create(instructions, batch_size=1000)
    DebitedItem.objects.bulk_create(
        (
            DebitedItem(
                instruction=instruction,
                item_id=item.item_id,
                amount=item.amount,
                amount_open_then=one.items[item.item_id]["open_amount"],
                from_date=as_of,
            )
            for instruction, one in zip(instructions, ordered, strict=True)
            for item in _taken(one.decision)
        ),
        batch_size=1000,
    )


def _taken(decision: AccountDebit) -> list[ItemDebit]:
    return [item for item in decision.items if item.amount]


def _write_left_out(collection: DebitCollection, gathered: Iterable[GatheredDebit]) -> None:
    LeftOutItem.objects.bulk_create(
        (
            LeftOutItem(
                collection=collection,
                account_id=one.account_id,
                item_id=item.item_id,
                amount_open=one.items[item.item_id]["open_amount"],
                currency=one.items[item.item_id]["currency"],
                reason=item.reason.value,
            )
            for one in gathered
            for item in one.decision.items
            if item.reason not in _LEFT_UNSAID
        ),
        batch_size=1000,
    )


@transaction.atomic
def take_out(*, instruction_id: int, reason: str, on_date: date, actor: Actor) -> None:
    """Take a debit out of a collection that has not left: its items are free again.

    :raises InstructionNotFound: :raises DebitRefused: it has left, no reason
    """
    found = DebitInstruction.objects.filter(pk=instruction_id).values_list("collection_id", flat=True).first()
    if found is None:
        raise InstructionNotFound(f"no debit {instruction_id}")
    collection = lock_collection(collection_id=found)
    instruction = DebitInstruction.objects.select_for_update(no_key=True).get(pk=instruction_id)
    why = " ".join(reason.split())[:200]
    if collection.state not in (CollectionState.DRAFT, CollectionState.ANNOUNCED):
        raise DebitRefused(_("The file has left for the bank: it cannot be taken out here any more."))
    if instruction.state != InstructionState.PLANNED:
        raise DebitRefused(_("It was taken out before."))
    if not why:
        raise DebitRefused(_("Say why."))
    drop(instructions=[instruction], reason_code=TAKEN_OUT, text=why, on_date=on_date, actor=actor)
    count_again(collection=collection)


def drop(*, instructions: Sequence[DebitInstruction], reason_code: str, text: str, on_date: date, actor: Actor) -> None:
    """End debits that never left, inside a transaction that holds their collection: their items are free again."""
    for instruction in instructions:
        instruction.state, instruction.ended_on = DebitInstruction.State.CANCELLED, on_date
        instruction.reason_code, instruction.reason_text = reason_code, text
    DebitInstruction.objects.bulk_update(
        instructions, ["state", "ended_on", "reason_code", "reason_text"], batch_size=1000
    )
    free_items(instruction_ids=[one.pk for one in instructions], on_date=on_date)
    accounts = get_accounts(account_ids={one.account_id for one in instructions})
    events.record_all(
        stories.of_instruction(
            "debit.taken_out", one, accounts[one.account_id], actor, {"reason_code": reason_code, "text": text}
        )
        for one in instructions
    )


def forget_use(*, instructions: Iterable[DebitInstruction]) -> None:
    """Let mandates be as they were before debits that were sent and came to nothing."""
    for instruction in instructions:
        if instruction.state != DebitInstruction.State.SENT:
            continue
        mandate = Mandate.objects.select_for_update(no_key=True).get(pk=instruction.mandate_id)
        if mandate.last_used_on != instruction.collection.collection_date:
            continue
        mandate.last_used_on = instruction.used_before
        mandate.amended_from = {**instruction.amended_from, **mandate.amended_from}
        if mandate.state == Mandate.State.EXPIRED and (mandate.is_one_off or mandate.is_next_last):
            mandate.state, mandate.ended_on = Mandate.State.ACTIVE, None
        mandate.save(update_fields=["last_used_on", "amended_from", "state", "ended_on"])


def free_items(*, instruction_ids: Iterable[int], on_date: date) -> None:
    """Let the items of debits that are over be debited or chased again."""
    DebitedItem.objects.filter(instruction_id__in=list(instruction_ids), until_date__isnull=True).update(
        until_date=on_date
    )


def count_again(*, collection: DebitCollection) -> None:
    """Write the sum and number of the debits that are in."""
    rows = collection.instructions.exclude(state=DebitInstruction.State.CANCELLED)
    amounts = list(rows.values_list("amount", flat=True))
    collection.amount, collection.instruction_count = sum(amounts), len(amounts)
    collection.save(update_fields=["amount", "instruction_count"])


@transaction.atomic
def cancel_collection(*, collection_id: int, reason: str, on_date: date, actor: Actor) -> None:
    """Give a collection up: nothing of it is debited. A file at the bank must have been withdrawn there.

    :raises CollectionNotFound: :raises DebitRefused: answered or paid, no reason
    """
    collection = lock_collection(collection_id=collection_id)
    why = " ".join(reason.split())[:200]
    if not can_move_collection(old=CollectionState(collection.state), new=CollectionState.CANCELLED):
        raise DebitRefused(_("The bank has answered: it cannot be given up any more."))
    if not why:
        raise DebitRefused(_("Say why."))
    live = list(
        collection.instructions.select_for_update(no_key=True).filter(
            state__in=[DebitInstruction.State.PLANNED, DebitInstruction.State.SENT]
        )
    )
    forget_use(instructions=live)
    drop(instructions=live, reason_code=GIVEN_UP, text=why, on_date=on_date, actor=actor)
    collection.state, collection.ended_on = DebitCollection.State.CANCELLED, on_date
    collection.save(update_fields=["state", "ended_on"])
    events.record(stories.of_collection("debit_collection.cancelled", collection, actor, {"text": why}))


def lock_collection(*, collection_id: int) -> DebitCollection:
    """Return a collection, locked until the transaction ends. :raises CollectionNotFound:"""
    found = DebitCollection.objects.select_for_update(no_key=True).filter(pk=collection_id).first()
    if found is None:
        raise CollectionNotFound(f"no collection {collection_id}")
    return found
