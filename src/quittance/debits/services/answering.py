"""Take in what banks say of a collection: answers to its file, its money, and what came back."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, Final

from django.db import transaction
from django.utils.translation import gettext as _

from quittance.core.debits import (
    CollectionState,
    InstructionState,
    breaks_mandate,
    can_move_collection,
    can_move_instruction,
    state_after_answer,
)
from quittance.core.ports.payments import AnsweredDebit, FileRefused, Status, StatusReport
from quittance.core.reasons import Reason, ReasonCode, because
from quittance.debits import stories
from quittance.debits.errors import DebitRefused, InstructionNotFound
from quittance.debits.models import DebitCollection, DebitedItem, DebitInstruction, StatusFile
from quittance.debits.services.mandates import suspend_mandate
from quittance.debits.services.proposing import forget_use, free_items, lock_collection
from quittance.foundation import clock, events, registry
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.parties.queries import get_accounts
from quittance.parties.services import hold_accounts

READER: Final = "pain002"
GROUP: Final = "quittance.payments"
FILE_BYTES_MAX: Final = 1 << 26
_HEAD_BYTES: Final = 1 << 14
State = DebitInstruction.State


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusImport:
    """What came of an answer of a bank; `reason` when nothing was taken in. `unknown` names debits that are not ours.

    `status` is IMPORTED, KNOWN (the same file before), NOT_OURS or REFUSED.
    """

    status: str
    format: str = ""
    collection_id: int | None = None
    collection_number: int | None = None
    accepted: int = 0
    rejected: int = 0
    amount_rejected: Decimal = Decimal(0)
    unknown: tuple[str, ...] = ()
    unread: tuple[dict[str, Any], ...] = ()
    reason: Reason | None = None
    reject_codes: dict[str, int] = field(default_factory=dict)


def import_status(*, stream: BinaryIO, filename: str, actor: Actor, scope: Scope = EVERYTHING) -> StatusImport:
    """Take an answer of a bank in (pain.002): what it rejects is owed again. The same file twice changes nothing.

    Never raises for what is in the file.
    """
    content = stream.read(FILE_BYTES_MAX + 1)
    try:
        report = _read(content)
    except FileRefused as refused:
        return StatusImport(status="REFUSED", reason=refused.reason)
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        collection = _find_collection(report, scope)
        if collection is None:
            return StatusImport(
                status="NOT_OURS", format=report.format, unknown=tuple(one.end_to_end_id for one in report.debits)
            )
        if StatusFile.objects.filter(sha256=digest).exists():
            return StatusImport(
                status="KNOWN",
                format=report.format,
                collection_id=collection.pk,
                collection_number=collection.number,
            )
        return _take_in(collection, report, digest, filename, actor)


def _read(content: bytes) -> StatusReport:
    if not content:
        raise FileRefused(because(ReasonCode.EMPTY))
    if len(content) > FILE_BYTES_MAX:
        raise FileRefused(because(ReasonCode.STATEMENT_TOO_LARGE, most=FILE_BYTES_MAX))
    reader = registry.adapter(GROUP, READER)()
    if not reader.supports(content[:_HEAD_BYTES]):
        raise FileRefused(because(ReasonCode.NOT_A_STATUS_REPORT))
    report: StatusReport = reader.read(io.BytesIO(content))
    return report


def _find_collection(report: StatusReport, scope: Scope) -> DebitCollection | None:
    """Return the collection that an answer is about, locked: by the file's name, else by one of its debits."""
    found = DebitCollection.objects.exclude(sha256="")
    named = found.filter(message_id=report.original_message_id).values_list("pk", "company_id").first()
    if named is None:
        ids = [one.end_to_end_id for one in report.debits]
        named = found.filter(instructions__end_to_end_id__in=ids).order_by("pk").values_list("pk", "company_id").first()
    if named is None or not scope.allows_company(named[1]):
        return None
    return lock_collection(collection_id=named[0])


def _take_in(
    collection: DebitCollection, report: StatusReport, digest: str, filename: str, actor: Actor
) -> StatusImport:
    instructions = _locked(collection.instructions.exclude(state=State.CANCELLED))
    verdicts, unknown = _verdicts(report, instructions)
    day = clock.today()
    rejected = [one for one in instructions if one.end_to_end_id in verdicts and _is_open(one)]
    amount = sum((one.amount for one in rejected), Decimal(0))
    codes: dict[str, int] = {}
    for one in rejected:
        code, text = verdicts[one.end_to_end_id]
        codes[code] = codes.get(code, 0) + 1
        _reject(one, code, text, day)
    _write_rejected(rejected, day, actor)
    accepted = 0 if report.status in (Status.PENDING, Status.REJECTED) else len(instructions) - len(verdicts)
    if report.status is not Status.PENDING or rejected:
        _move_on(collection, instructions)
    StatusFile.objects.create(
        collection=collection,
        sha256=digest,
        filename=filename[:255],
        format=report.format[:40],
        message_id=report.message_id[:80],
        original_message_id=report.original_message_id[:80],
        status=report.status.value,
        accepted_count=accepted,
        rejected_count=len(rejected),
        amount_rejected=amount,
        lines=[{"end_to_end_id": one, "reason": "UNKNOWN"} for one in unknown]
        + [{"position": one.position, "reason": one.reason_code, "content": one.content} for one in report.rejected],
        received_by_name=actor.label[:150],
        received_at=clock.now(),
    )
    payload = {"filename": filename[:255], "rejected": len(rejected), "amount_rejected": f"{amount:.2f}"}
    events.record(stories.of_collection("debit_collection.answered", collection, actor, payload))
    return StatusImport(
        status="IMPORTED",
        format=report.format,
        collection_id=collection.pk,
        collection_number=collection.number,
        accepted=accepted,
        rejected=len(rejected),
        amount_rejected=amount,
        unknown=tuple(unknown),
        unread=tuple({"position": one.position, "reason": one.reason} for one in report.rejected),
        reject_codes=codes,
    )


def _locked(found: Any) -> list[DebitInstruction]:
    """Lock the accounts of debits, then the debits; return them in the order of the file."""
    hold_accounts(account_ids=set(found.values_list("account_id", flat=True)))
    return list(
        found.select_for_update(of=("self",), no_key=True).select_related("mandate", "collection").order_by("position")
    )


def _verdicts(
    report: StatusReport, instructions: Iterable[DebitInstruction]
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Return code and words of each rejected debit by its reference, and the references that are not ours.

    A rejected file or group rejects all that is in it; what is said of one debit counts before that.
    """
    rows = list(instructions)
    groups = {group.payment_information_id: group for group in report.groups}
    verdicts: dict[str, tuple[str, str]] = {}
    told = {one.end_to_end_id: one for one in report.debits}
    for row in rows:
        answer: AnsweredDebit | None = told.get(row.end_to_end_id)
        group = groups.get(row.payment_information_id)
        if answer is not None and answer.status is not Status.NOT_TOLD:
            if answer.status is Status.REJECTED:
                verdicts[row.end_to_end_id] = (answer.reason_code, answer.reason_text)
        elif group is not None and group.status is Status.REJECTED:
            verdicts[row.end_to_end_id] = (group.reason_code, group.reason_text)
        elif report.status is Status.REJECTED:
            verdicts[row.end_to_end_id] = (report.reason_code, report.reason_text)
    known = {row.end_to_end_id for row in rows}
    return verdicts, [name for name in told if name not in known]


def _is_open(instruction: DebitInstruction) -> bool:
    """Say whether a rejection still says something: not when it was rejected or came back before."""
    return instruction.state in (State.SENT, State.SETTLED)


def _reject(instruction: DebitInstruction, code: str, text: str, day: date) -> None:
    """Write on a debit that the bank did not take it; of one that was paid already, that it came back."""
    new = State.REJECTED if instruction.state == State.SENT else State.RETURNED
    if new == State.REJECTED:
        forget_use(instructions=[instruction])
    instruction.state, instruction.ended_on = new, day
    instruction.reason_code, instruction.reason_text = code[:35], text[:200]


def _write_rejected(rejected: list[DebitInstruction], day: date, actor: Actor) -> None:
    DebitInstruction.objects.bulk_update(rejected, ["state", "ended_on", "reason_code", "reason_text"], batch_size=1000)
    free_items(instruction_ids=[one.pk for one in rejected], on_date=day)
    for one in rejected:
        if breaks_mandate(reason_code=one.reason_code):
            one.mandate.refresh_from_db()
            suspend_mandate(mandate=one.mandate, reason_code=one.reason_code, actor=actor)
    _tell_items("debit.rejected", rejected, actor)


def _tell_items(kind: str, instructions: Collection[DebitInstruction], actor: Actor) -> None:
    """Tell it on each item that is owed again."""
    accounts = get_accounts(account_ids={one.account_id for one in instructions})
    by_id = {one.pk: one for one in instructions}
    rows = DebitedItem.objects.filter(instruction_id__in=list(by_id), amount__gt=0).order_by("instruction_id", "id")
    events.record_all(
        stories.of_instruction(
            kind,
            by_id[row["instruction_id"]],
            accounts[by_id[row["instruction_id"]].account_id],
            actor,
            {
                "document": row["item__document_number"],
                "amount": f"{row['amount']:.2f}",
                "reason_code": by_id[row["instruction_id"]].reason_code,
                "text": by_id[row["instruction_id"]].reason_text,
            },
            item_id=row["item_id"],
        )
        for row in rows.values("instruction_id", "item_id", "amount", "item__document_number")
    )


def _move_on(collection: DebitCollection, instructions: Iterable[DebitInstruction]) -> None:
    """Write the state of a collection as its debits say."""
    new = state_after_answer(states=[InstructionState(one.state) for one in instructions])
    if new == collection.state or not can_move_collection(old=CollectionState(collection.state), new=new):
        return
    collection.state = new.value
    if new is CollectionState.SETTLED:
        collection.settled_on = max(
            (one.ended_on for one in instructions if one.state == State.SETTLED and one.ended_on),
            default=clock.today(),
        )
    if new in (CollectionState.SETTLED, CollectionState.REJECTED):
        collection.ended_on = collection.settled_on or clock.today()
    collection.save(update_fields=["state", "settled_on", "ended_on"])


@transaction.atomic
def settle_instructions(*, end_to_end_ids: Collection[str], settled_on: date, actor: Actor) -> int:
    """Write that the money of debits came in; return how many that changes. Safe to run twice."""
    found = DebitInstruction.objects.filter(end_to_end_id__in=list(end_to_end_ids), state=State.SENT)
    collection_ids = sorted(set(found.values_list("collection_id", flat=True)))
    return sum(_settle(collection_id, set(end_to_end_ids), settled_on, actor) for collection_id in collection_ids)


@transaction.atomic
def settle_collection(*, collection_id: int, settled_on: date, actor: Actor) -> int:
    """Write that the money of all debits on their way came in; return how many.

    :raises CollectionNotFound: :raises DebitRefused: it has not left, or nothing is on its way
    """
    collection = lock_collection(collection_id=collection_id)
    if not can_move_collection(old=CollectionState(collection.state), new=CollectionState.SETTLED):
        raise DebitRefused(_("Nothing of it is on its way."))
    if collection.exported_at is not None and settled_on < collection.proposed_on:
        raise DebitRefused(_("That day lies before the collection."), field="settled_on")
    names = set(collection.instructions.filter(state=State.SENT).values_list("end_to_end_id", flat=True))
    return _settle(collection_id, names, settled_on, actor)


def _settle(collection_id: int, names: set[str], settled_on: date, actor: Actor) -> int:
    collection = lock_collection(collection_id=collection_id)
    instructions = _locked(collection.instructions.exclude(state=State.CANCELLED))
    paid = [one for one in instructions if one.end_to_end_id in names and one.state == State.SENT]
    for one in paid:
        one.state, one.ended_on = State.SETTLED, settled_on
    DebitInstruction.objects.filter(pk__in=[one.pk for one in paid]).update(state=State.SETTLED, ended_on=settled_on)
    free_items(instruction_ids=[one.pk for one in paid], on_date=settled_on)
    _move_on(collection, instructions)
    if paid:
        payload = {"paid": len(paid), "amount_paid": f"{sum(one.amount for one in paid):.2f}"}
        events.record(stories.of_collection("debit_collection.settled", collection, actor, payload))
    return len(paid)


@transaction.atomic
def note_return(
    *, end_to_end_ids: Collection[str], company_id: int, reason_code: str, returned_on: date, actor: Actor
) -> int:
    """Write that a bank line took debits of a company back; return how many of ours that were.

    For cash, which tells it on each item itself. Call it before items are locked.
    """
    names = _names(end_to_end_ids, company_id, (State.SENT, State.SETTLED))
    for name in names:
        return_instruction(
            end_to_end_id=name, reason_code=reason_code, returned_on=returned_on, actor=actor, is_told=True
        )
    return len(names)


@transaction.atomic
def note_return_undone(*, end_to_end_ids: Collection[str], company_id: int, on_date: date, actor: Actor) -> int:
    """Write that a bank line did not take debits of a company back after all; return how many of ours that were."""
    names = _names(end_to_end_ids, company_id, (State.RETURNED,))
    for name in names:
        undo_return(end_to_end_id=name, on_date=on_date, actor=actor)
    return len(names)


def _names(end_to_end_ids: Collection[str], company_id: int, states: tuple[str, ...]) -> list[str]:
    found = DebitInstruction.objects.filter(
        end_to_end_id__in=[name for name in end_to_end_ids if name],
        collection__company_id=company_id,
        state__in=states,
    )
    return list(found.order_by("pk").values_list("end_to_end_id", flat=True))


@transaction.atomic
def return_instruction(
    *,
    end_to_end_id: str,
    reason_code: str,
    returned_on: date,
    actor: Actor,
    reason_text: str = "",
    is_told: bool = False,
) -> int:
    """Write that the bank took a debit back (camt return): its items are owed again; return the debit's id.

    It is told on each item, unless somebody else tells it (`is_told`).

    :raises InstructionNotFound: no debit of ours has this reference :raises DebitRefused: it never left, or came back
    """
    instruction, collection = _locked_one(end_to_end_id)
    if not can_move_instruction(old=InstructionState(instruction.state), new=InstructionState.RETURNED):
        raise DebitRefused(_("This debit is not on its way and not paid."))
    instruction.state, instruction.ended_on = State.RETURNED, returned_on
    instruction.reason_code, instruction.reason_text = reason_code[:35], reason_text[:200]
    instruction.save(update_fields=["state", "ended_on", "reason_code", "reason_text"])
    free_items(instruction_ids=[instruction.pk], on_date=returned_on)
    if breaks_mandate(reason_code=reason_code):
        suspend_mandate(mandate=instruction.mandate, reason_code=reason_code, actor=actor)
    _move_on(collection, list(collection.instructions.exclude(state=State.CANCELLED)))
    if not is_told:
        _tell_items("debit.returned", [instruction], actor)
    return instruction.pk


@transaction.atomic
def undo_return(*, end_to_end_id: str, on_date: date, actor: Actor) -> None:
    """Take back that a debit came back: it is paid after all. :raises InstructionNotFound: :raises DebitRefused:"""
    instruction, _collection = _locked_one(end_to_end_id)
    if instruction.state != State.RETURNED:
        raise DebitRefused(_("This debit has not come back."))
    instruction.state, instruction.ended_on = State.SETTLED, on_date
    instruction.reason_code = instruction.reason_text = ""
    instruction.save(update_fields=["state", "ended_on", "reason_code", "reason_text"])
    _tell_items("debit.return_undone", [instruction], actor)


@transaction.atomic
def allow_again(*, instruction_id: int, actor: Actor) -> None:
    """Let the items of a debit that was rejected or came back be debited with the next collection.

    :raises InstructionNotFound: :raises DebitRefused: it is neither
    """
    name = DebitInstruction.objects.filter(pk=instruction_id).values_list("end_to_end_id", flat=True).first()
    if name is None:
        raise InstructionNotFound(f"no debit {instruction_id}")
    instruction, _collection = _locked_one(name)
    if instruction.state not in (State.REJECTED, State.RETURNED) or instruction.may_repeat:
        raise DebitRefused(_("Nothing of it waits to be debited again."))
    instruction.may_repeat = True
    instruction.save(update_fields=["may_repeat"])
    account = get_accounts(account_ids=[instruction.account_id])[instruction.account_id]
    events.record(stories.of_instruction("debit.allowed_again", instruction, account, actor))


def _locked_one(end_to_end_id: str) -> tuple[DebitInstruction, DebitCollection]:
    """Lock the collection of a debit, its account and it. :raises InstructionNotFound:"""
    row = DebitInstruction.objects.filter(end_to_end_id=end_to_end_id).values_list("pk", "collection_id").first()
    if row is None:
        raise InstructionNotFound(f"no debit {end_to_end_id}")
    collection = lock_collection(collection_id=row[1])
    (instruction,) = _locked(DebitInstruction.objects.filter(pk=row[0]))
    return instruction, collection
