"""What the ERP says of what left: taken under its reference, or refused; what was refused may leave again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection, transaction

from quittance.foundation import clock, events
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.ledger.services import note_answers
from quittance.writeback.errors import AnswerRefused, BatchNotFound
from quittance.writeback.models import WriteBackBatch, WriteBackEntry
from quittance.writeback.services.collecting import collect_entries, lock_queue

State = WriteBackEntry.State
TEXT_MAX: Final = 200
REFERENCE_MAX: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the ERP says of one entry: its own `reference`, or why it refuses it."""

    number: int
    reference: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerResult:
    """How many entries were taken and refused by this, how many were so before; and which could not be answered."""

    acknowledged: int = 0
    refused: int = 0
    unchanged: int = 0
    unfit: tuple[int, ...] = field(default=())


@transaction.atomic
def acknowledge_batch(
    *, batch_id: int, reference: str, actor: Actor, but: Sequence[Answer] = (), scope: Scope = EVERYTHING
) -> AnswerResult:
    """Note that the ERP took all of a batch under its reference, but for what `but` says otherwise.

    A second time the same changes nothing. Entries that were answered before stay as they are.

    :raises BatchNotFound: :raises AnswerRefused: see `answer_entries`
    """
    batch = _lock(batch_id, scope)
    special = {answer.number for answer in but}
    numbers = batch.entries.filter(state=State.EXPORTED).order_by("number").values_list("number", flat=True)
    rest = [Answer(number=number, reference=reference) for number in numbers if number not in special]
    return _answer(batch, [*but, *rest], actor)


@transaction.atomic
def answer_entries(
    *, batch_id: int, answers: Sequence[Answer], actor: Actor, scope: Scope = EVERYTHING
) -> AnswerResult:
    """Note what the ERP says of some entries of a batch; an answer that was given before changes nothing.

    What is not in the batch, or was answered otherwise, is `unfit`: the rest is noted.

    :raises BatchNotFound: :raises AnswerRefused: an entry twice, or a text that is too long
    """
    return _answer(_lock(batch_id, scope), answers, actor)


@transaction.atomic
def queue_again(*, company_id: int, numbers: Collection[int], actor: Actor) -> int:
    """Let refused entries leave with the next batch, under their numbers; return how many.

    What was undone meanwhile is cancelled instead. Others are passed over.
    """
    lock_queue(company_id=company_id)
    refused = WriteBackEntry.objects.filter(company_id=company_id, state=State.REFUSED, number__in=list(numbers))
    found = list(refused.order_by("number").values_list("number", flat=True))
    refused.update(state=State.WAITING, refusal="", erp_reference="", answered_at=None, answered_by_name="")
    collect_entries(company_id=company_id)
    if found:
        _tell("writeback.queued_again", company_id, "company", company_id, actor, {"entries": _few(found)})
    return len(found)


def _lock(batch_id: int, scope: Scope) -> WriteBackBatch:
    batch = WriteBackBatch.objects.filter(pk=batch_id).first()
    if batch is None or not scope.allows_company(batch.company_id):
        raise BatchNotFound(f"no batch {batch_id}")
    lock_queue(company_id=batch.company_id)
    return batch


_ANSWER = """
UPDATE writeback_writebackentry e
SET state = CASE WHEN v.refusal = '' THEN 'ACKNOWLEDGED' ELSE 'REFUSED' END, erp_reference = v.reference,
    refusal = v.refusal, answered_at = %(moment)s, answered_by_name = %(name)s
FROM unnest(%(numbers)s::bigint[], %(references)s::text[], %(refusals)s::text[]) AS v (number, reference, refusal)
WHERE e.batch_id = %(batch_id)s AND e.number = v.number AND e.state = 'EXPORTED'
RETURNING e.number, e.state
"""


def _answer(batch: WriteBackBatch, answers: Sequence[Answer], actor: Actor) -> AnswerResult:
    _check(answers)
    with connection.cursor() as cursor:
        cursor.execute(
            _ANSWER,
            {
                "batch_id": batch.pk,
                "moment": clock.now(),
                "name": actor.label[:150],
                "numbers": [one.number for one in answers],
                "references": [one.reference for one in answers],
                "refusals": [one.refusal for one in answers],
            },
        )
        changed: dict[int, str] = dict(cursor.fetchall())
    _note_in_ledger(batch, answers, changed)
    left = [one for one in answers if one.number not in changed]
    unfit = _unfit(batch, left)
    refused = sorted(number for number, state in changed.items() if state == State.REFUSED)
    result = AnswerResult(
        acknowledged=len(changed) - len(refused),
        refused=len(refused),
        unchanged=len(left) - len(unfit),
        unfit=tuple(unfit),
    )
    if refused:
        collect_entries(company_id=batch.company_id)  # what was undone since need not leave at all
    _tell_answers(batch, answers, result, refused, actor)
    return result


def _note_in_ledger(batch: WriteBackBatch, answers: Sequence[Answer], changed: Mapping[int, str]) -> None:
    """Let the intake know under which reference lines will come back, and which never will."""
    taken = {one.number: one.reference for one in answers if changed.get(one.number) == State.ACKNOWLEDGED}
    refused = [number for number, state in changed.items() if state == State.REFUSED]
    note_answers(company_id=batch.company_id, references=taken, refused=refused)


def _check(answers: Sequence[Answer]) -> None:
    seen: set[int] = set()
    for one in answers:
        if one.number in seen:
            raise AnswerRefused(f"entry {one.number} is answered twice")
        if len(one.reference) > REFERENCE_MAX or len(one.refusal) > TEXT_MAX:
            raise AnswerRefused(f"the answer to entry {one.number} is too long")
        seen.add(one.number)


def _unfit(batch: WriteBackBatch, answers: Sequence[Answer]) -> list[int]:
    """Return what could not be answered: not in the batch, or answered otherwise before."""
    numbers = [one.number for one in answers]
    rows = batch.entries.filter(number__in=numbers).values_list("number", "state", "erp_reference")
    known = {number: (state, reference) for number, state, reference in rows}
    return sorted(
        one.number
        for one in answers
        if known.get(one.number)
        not in ([(State.REFUSED, one.reference)] if one.refusal else [(State.ACKNOWLEDGED, one.reference)])
    )


def _tell_answers(
    batch: WriteBackBatch, answers: Sequence[Answer], result: AnswerResult, refused: list[int], actor: Actor
) -> None:
    references = sorted({one.reference for one in answers if one.reference and not one.refusal})
    told: dict[str, Any] = {"number": batch.number}
    if result.acknowledged:
        payload = {**told, "entries": result.acknowledged, "reference": ", ".join(references[:3])}
        _tell("writeback.acknowledged", batch.company_id, "writeback_batch", batch.pk, actor, payload)
    if refused:
        reasons = sorted({one.refusal for one in answers if one.refusal})
        payload = {**told, "entries": _few(refused), "text": "; ".join(reasons[:3])}
        _tell("writeback.refused", batch.company_id, "writeback_batch", batch.pk, actor, payload)


def _few(numbers: Sequence[int]) -> str:
    """Return numbers as a text that stays short."""
    more = len(numbers) - 20
    return ", ".join(map(str, numbers[:20])) + (f" (+{more})" if more > 0 else "")


def _tell(
    kind: str, company_id: int, subject_kind: str, subject_id: int, actor: Actor, payload: Mapping[str, Any]
) -> None:
    events.record(
        events.NewEvent(
            kind=kind,
            actor=actor,
            company_id=company_id,
            subject_kind=subject_kind,
            subject_id=str(subject_id),
            payload=payload,
        )
    )
