"""Tell the customers of a collection before it is sent: each once, whatever is tried again."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from quittance.core.debits import CollectionState, can_move_collection
from quittance.debits import stories
from quittance.debits.errors import DebitRefused
from quittance.debits.models import DebitCollection, DebitInstruction, DebitSettings
from quittance.debits.notices import NobodyToTell, write_notice
from quittance.debits.services.proposing import count_again, drop, lock_collection
from quittance.delivery import services as delivery
from quittance.foundation import events, jobs
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.letters.typesetting import LetterNotWritten
from quittance.parties.queries import get_accounts

NOTICE_TASK = "debits.send_notices"
NOT_TOLD = "NOT_TOLD"


@transaction.atomic
def announce_collection(*, collection_id: int, as_of: date, actor: Actor) -> None:
    """Tell every customer of a proposed collection, in a job.

    :raises CollectionNotFound: :raises DebitRefused: told before, nothing in it, too late for its day
    """
    collection = lock_collection(collection_id=collection_id)
    settings = DebitSettings.objects.get(company_id=collection.company_id)
    if not can_move_collection(old=CollectionState(collection.state), new=CollectionState.ANNOUNCED):
        raise DebitRefused(_("Somebody changed this collection meanwhile. Nothing changed."))
    if not collection.instruction_count:
        raise DebitRefused(_("There is no debit in it."))
    if collection.collection_date - timedelta(days=settings.notice_days) < as_of:
        raise DebitRefused(
            _("Customers must know %(days)s days before: give it up and propose a later day.")
            % {"days": settings.notice_days}
        )
    collection.state, collection.announced_on = DebitCollection.State.ANNOUNCED, as_of
    collection.save(update_fields=["state", "announced_on"])
    jobs.app.configure_task(NOTICE_TASK).defer(collection_id=collection.pk)
    events.record(stories.of_collection("debit_collection.announced", collection, actor))


def send_notices(*, collection_id: int, as_of: date) -> int:
    """Write and queue the messages of an announced collection that are not yet; return how many. Safe to run twice.

    Whom nobody can tell is taken out.
    """
    ids = DebitInstruction.objects.filter(
        collection_id=collection_id, state=DebitInstruction.State.PLANNED, transmission__isnull=True
    ).order_by("position")
    return sum(_send_notice(instruction_id, as_of) for instruction_id in list(ids.values_list("pk", flat=True)))


@transaction.atomic
def _send_notice(instruction_id: int, as_of: date) -> bool:
    collection_id = DebitInstruction.objects.values_list("collection_id", flat=True).get(pk=instruction_id)
    collection = lock_collection(collection_id=collection_id)
    instruction = (
        DebitInstruction.objects.select_for_update(of=("self",), no_key=True)
        .select_related("mandate", "collection")
        .get(pk=instruction_id)
    )
    is_waiting = instruction.state == DebitInstruction.State.PLANNED and instruction.transmission_id is None
    if collection.state != DebitCollection.State.ANNOUNCED or not is_waiting:
        return False
    settings = DebitSettings.objects.get(company_id=collection.company_id)
    try:
        draft, content = write_notice(
            instruction=instruction, creditor_identifier=settings.creditor_identifier, today=as_of
        )
    except (NobodyToTell, LetterNotWritten) as error:
        drop(instructions=[instruction], reason_code=NOT_TOLD, text=str(error)[:200], on_date=as_of, actor=SYSTEM)
        count_again(collection=collection)
        return False
    instruction.transmission_id = delivery.send_written(draft=draft, content=content)
    instruction.save(update_fields=["transmission"])
    account = get_accounts(account_ids=[instruction.account_id])[instruction.account_id]
    payload = {"collection_date": collection.collection_date.isoformat(), "recipient": draft.recipient}
    events.record(stories.of_instruction("debit.announced", instruction, account, SYSTEM, payload))
    return True
