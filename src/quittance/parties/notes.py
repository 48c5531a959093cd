"""Write and read notes about customers; a deleted note can be put back by whoever still holds its text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.parties.models import Note


class NoteNotFound(LookupError):
    """No note has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    """A note as it was written."""

    id: int
    customer_id: int
    account_id: int | None
    author_id: int | None
    text: str
    is_pinned: bool
    created_at: datetime


def find_note(*, note_id: int) -> NoteRow | None:
    """Return a note, None when there is none. One query."""
    found = Note.objects.filter(id=note_id).values(*NoteRow.__dataclass_fields__).first()
    return NoteRow(**found) if found else None


@transaction.atomic
def add_note(*, customer_id: int, text: str, actor: Actor, account_id: int | None = None) -> int:
    """Write a note about a customer, or about one of its accounts, and return its id."""
    note = Note.objects.create(
        customer_id=customer_id,
        account_id=account_id,
        author_id=actor.user_id,
        text=text,
        created_at=clock.now(),
    )
    events.record(_event("note.added", note, actor, {"text": text[:300]}))
    return note.id


def pin_note(*, note_id: int, is_pinned: bool) -> None:
    """Keep a note at the top, or let it go down again. :raises NoteNotFound:"""
    if not Note.objects.filter(id=note_id).update(is_pinned=is_pinned):
        raise NoteNotFound(f"no note {note_id}")


@transaction.atomic
def delete_note(*, note_id: int, actor: Actor) -> NoteRow:
    """Delete a note and return it, so that it can be put back. :raises NoteNotFound:"""
    note = Note.objects.select_for_update().filter(id=note_id).first()
    if note is None:
        raise NoteNotFound(f"no note {note_id}")
    row = NoteRow(**{name: getattr(note, name) for name in NoteRow.__dataclass_fields__})
    events.record(_event("note.deleted", note, actor, {}))
    note.delete()
    return row


@transaction.atomic
def restore_note(*, note: NoteRow, actor: Actor) -> int:
    """Put a deleted note back as it was, under a new id, and return that."""
    found = Note.objects.create(
        customer_id=note.customer_id,
        account_id=note.account_id,
        author_id=note.author_id,
        text=note.text,
        is_pinned=note.is_pinned,
        created_at=note.created_at,
    )
    events.record(_event("note.restored", found, actor, {}))
    return found.id


def _event(kind: str, note: Note, actor: Actor, payload: dict[str, Any]) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        customer_id=note.customer_id,
        account_id=note.account_id,
        subject_kind="note",
        subject_id=str(note.id),
        payload=payload,
    )
