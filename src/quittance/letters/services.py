"""Gather letters in print batches and follow them until they are posted: the only writer of batches."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from quittance.delivery import services as delivery
from quittance.foundation import clock, events
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.letters.models import BatchLetter, PrintBatch
from quittance.parties.queries import AccountRow, get_accounts

LETTERS_PER_BATCH_MAX = 500
REASON_LENGTH_MAX = 200
TRACKING_LENGTH_MAX = 40
State = PrintBatch.State


class BatchNotFound(LookupError):
    """No batch has this id."""


class LetterNotFound(LookupError):
    """No letter has this id."""


class BatchRefused(ValueError):
    """The step cannot be taken; the message says why."""


class NotALetter(ValueError):
    """What was handed over is no PDF that can be printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """A letter to be printed: its PDF and where it goes."""

    account_id: int
    message_id: str
    recipient_name: str
    postal_lines: Sequence[str]
    subject: str
    language: str
    pdf: bytes
    is_registered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPlace:
    """Where a letter lies: in which batch, at which position."""

    letter_id: int
    batch_id: int
    position: int


def count_pages(*, pdf: bytes) -> int:
    """Return the number of pages. :raises NotALetter: it is no PDF, or has none"""
    try:
        count = len(PdfReader(io.BytesIO(pdf), strict=False).pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotALetter("the file is no PDF that can be read") from error
    if count == 0:
        raise NotALetter("the PDF has no page")
    return count


@transaction.atomic
def add_letter(*, letter: NewLetter) -> LetterPlace:
    """Put a letter into the open batch of its company, a new one when there is none; the same letter only once.

    :raises NotALetter: :raises BatchRefused: no such account
    """
    pages = count_pages(pdf=letter.pdf)
    account = get_accounts(account_ids=[letter.account_id]).get(letter.account_id)
    if account is None:
        raise BatchRefused(_("There is no such account."))
    batch = _open_batch(account.company_id)
    known = BatchLetter.objects.filter(message_id=letter.message_id).first()
    if known is not None:
        return LetterPlace(letter_id=known.pk, batch_id=known.batch_id, position=known.position)
    position = _last_position(batch.pk) + 1
    row = BatchLetter(
        batch=batch,
        position=position,
        account_id=account.id,
        message_id=letter.message_id,
        recipient_name=letter.recipient_name[:200],
        postal_lines=list(letter.postal_lines),
        subject=" ".join(letter.subject.split())[:250],
        language=letter.language,
        page_count=pages,
        is_registered=letter.is_registered,
        size_bytes=len(letter.pdf),
        sha256=hashlib.sha256(letter.pdf).hexdigest(),
        added_at=clock.now(),
    )
    row.file.save(f"{batch.company_id}-{batch.number}-{position}.pdf", ContentFile(letter.pdf), save=False)
    row.save(force_insert=True)
    if position >= LETTERS_PER_BATCH_MAX:
        _move(batch, State.CLOSED, SYSTEM)
    events.record(_letter_event("letter.batched", row, batch, account, SYSTEM))
    return LetterPlace(letter_id=row.pk, batch_id=batch.pk, position=position)


def _open_batch(company_id: int) -> PrintBatch:
    """Return the open batch, locked until the transaction ends, so that positions are given one after another."""
    open_ones = PrintBatch.objects.select_for_update().filter(company_id=company_id, state=State.OPEN)
    found = open_ones.first()
    if found is not None:
        return found
    last = PrintBatch.objects.filter(company_id=company_id).aggregate(last=Max("number"))["last"] or 0
    fresh = PrintBatch(company_id=company_id, number=last + 1, state=State.OPEN, opened_at=clock.now())
    PrintBatch.objects.bulk_create([fresh], ignore_conflicts=True)  # another worker may open it in this very moment
    return open_ones.get()


def _last_position(batch_id: int) -> int:
    return BatchLetter.objects.filter(batch_id=batch_id).aggregate(last=Max("position"))["last"] or 0


@transaction.atomic
def close_batch(*, batch_id: int, actor: Actor) -> None:
    """Let no more letters in: it can be printed. :raises BatchNotFound: :raises BatchRefused: empty, or not open"""
    batch = _locked(batch_id)
    _expect(batch, State.OPEN)
    if not _letters_in(batch).exists():
        raise BatchRefused(_("There is no letter in it."))
    _move(batch, State.CLOSED, actor)


@transaction.atomic
def mark_printed(*, batch_id: int, actor: Actor) -> None:
    """Note that a person printed it. :raises BatchNotFound: :raises BatchRefused: open still, empty, or printed"""
    batch = _locked(batch_id)
    _expect(batch, State.CLOSED)
    if not _letters_in(batch).exists():
        raise BatchRefused(_("There is no letter in it."))
    _move(batch, State.PRINTED, actor)


@transaction.atomic
def mark_posted(*, batch_id: int, actor: Actor) -> None:
    """Note that its letters were handed to the post: from now on nothing is undone.

    :raises BatchNotFound: :raises BatchRefused: not printed yet
    """
    batch = _locked(batch_id)
    _expect(batch, State.PRINTED)
    _move(batch, State.POSTED, actor)
    letters = list(_letters_in(batch))
    accounts = get_accounts(account_ids=[letter.account_id for letter in letters])
    events.record_all(
        _letter_event("letter.posted", letter, batch, accounts[letter.account_id], actor) for letter in letters
    )


@transaction.atomic
def undo_step(*, batch_id: int, actor: Actor) -> str:
    """Take the last step back (printed, closed) and return the state it has now; posted letters are gone.

    :raises BatchNotFound: :raises BatchRefused: open or posted; another batch of the company is open meanwhile
    """
    batch = _locked(batch_id)
    if batch.state == State.PRINTED:
        _move(batch, State.CLOSED, actor, is_undone=True)
    elif batch.state == State.CLOSED:
        if PrintBatch.objects.filter(company_id=batch.company_id, state=State.OPEN).exists():
            raise BatchRefused(_("A newer batch of this company is open: letters go there."))
        if _last_position(batch.pk) >= LETTERS_PER_BATCH_MAX:
            raise BatchRefused(_("This batch is full: it holds as many letters as a batch can."))
        _move(batch, State.OPEN, actor, is_undone=True)
    else:
        raise BatchRefused(_("Nothing can be undone here."))
    return batch.state


@transaction.atomic
def set_tracking_number(*, letter_id: int, tracking_number: str, actor: Actor) -> None:
    """Keep the post's number of a registered letter; '' forgets it.

    :raises LetterNotFound: :raises BatchRefused: not registered, taken out, or no number of the post
    """
    letter, batch = _locked_letter(letter_id)
    number = "".join(tracking_number.split()).upper()
    if not letter.is_registered or letter.taken_out_at is not None:
        raise BatchRefused(_("This is no registered letter of the batch."))
    if len(number) > TRACKING_LENGTH_MAX or not ((number.isalnum() and number.isascii()) or not number):
        raise BatchRefused(_("A tracking number has up to 40 letters and digits."))
    if number == letter.tracking_number:
        return
    before, letter.tracking_number = letter.tracking_number, number
    letter.save(update_fields=["tracking_number"])
    account = get_accounts(account_ids=[letter.account_id])[letter.account_id]
    events.record(_letter_event("letter.tracked", letter, batch, account, actor, {"before": before, "after": number}))


@transaction.atomic
def take_out(*, letter_id: int, reason: str, actor: Actor) -> None:
    """Leave a letter out of its batch: it is not printed with it, and its transmission is cancelled.

    :raises LetterNotFound: :raises BatchRefused: no reason, out already, or its batch is printed
    """
    letter, batch = _locked_letter(letter_id)
    why = " ".join(reason.split())[:REASON_LENGTH_MAX]
    if not why:
        raise BatchRefused(_("Say why."))
    if batch.state not in (State.OPEN, State.CLOSED):
        raise BatchRefused(_("The batch is printed: take that back first."))
    if letter.taken_out_at is not None:
        raise BatchRefused(_("It was taken out before."))
    letter.taken_out_at, letter.taken_out_by_name, letter.taken_out_reason = clock.now(), actor.label[:150], why
    letter.save(update_fields=["taken_out_at", "taken_out_by_name", "taken_out_reason"])
    delivery.take_back(message_id=letter.message_id)
    account = get_accounts(account_ids=[letter.account_id])[letter.account_id]
    events.record(_letter_event("letter.taken_out", letter, batch, account, actor, {"text": why}))


@transaction.atomic
def put_back(*, letter_id: int, actor: Actor) -> None:
    """Put a letter back that was taken out, while its batch is not printed.

    :raises LetterNotFound: :raises BatchRefused: it is in, or its batch is printed
    """
    letter, batch = _locked_letter(letter_id)
    if letter.taken_out_at is None or batch.state not in (State.OPEN, State.CLOSED):
        raise BatchRefused(_("Nothing can be undone here."))
    letter.taken_out_at, letter.taken_out_by_name, letter.taken_out_reason = None, "", ""
    letter.save(update_fields=["taken_out_at", "taken_out_by_name", "taken_out_reason"])
    delivery.hand_over_again(message_id=letter.message_id)
    account = get_accounts(account_ids=[letter.account_id])[letter.account_id]
    events.record(_letter_event("letter.put_back", letter, batch, account, actor))


def _locked(batch_id: int) -> PrintBatch:
    batch = PrintBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise BatchNotFound(f"no print batch {batch_id}")
    return batch


def _locked_letter(letter_id: int) -> tuple[BatchLetter, PrintBatch]:
    """Lock the batch, then its letter."""
    batch_id = BatchLetter.objects.filter(pk=letter_id).values_list("batch_id", flat=True).first()
    if batch_id is None:
        raise LetterNotFound(f"no letter {letter_id}")
    batch = _locked(batch_id)
    return BatchLetter.objects.select_for_update().get(pk=letter_id), batch


def _letters_in(batch: PrintBatch) -> Any:
    return BatchLetter.objects.filter(batch=batch, taken_out_at=None).order_by("position", "id")


def _expect(batch: PrintBatch, state: str) -> None:
    if batch.state != state:
        raise BatchRefused(_("Somebody changed this batch meanwhile. Nothing changed."))


_STEPS = {State.CLOSED: "closed", State.PRINTED: "printed", State.POSTED: "posted"}


def _move(batch: PrintBatch, state: str, actor: Actor, *, is_undone: bool = False) -> None:
    """Write the new state with its moment and person, or forget those of the step that is undone; tell the story."""
    step = _STEPS[State(batch.state if is_undone else state)]
    moment: datetime | None = None if is_undone else clock.now()
    setattr(batch, f"{step}_at", moment)
    setattr(batch, f"{step}_by_name", "" if is_undone else actor.label[:150])
    batch.state = state
    batch.save(update_fields=["state", f"{step}_at", f"{step}_by_name"])
    events.record(
        events.NewEvent(
            kind="print_batch.step_undone" if is_undone else f"print_batch.{step}",
            actor=actor,
            company_id=batch.company_id,
            subject_kind="print_batch",
            subject_id=str(batch.pk),
            payload={"number": batch.number, "letters": _letters_in(batch).count(), "state": state},
        )
    )


def _letter_event(
    kind: str,
    letter: BatchLetter,
    batch: PrintBatch,
    account: AccountRow,
    actor: Actor,
    more: dict[str, Any] | None = None,
) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account.id,
        subject_kind="letter",
        subject_id=str(letter.pk),
        payload={"subject": letter.subject, "batch": batch.number, "sha256": letter.sha256, **(more or {})},
    )
