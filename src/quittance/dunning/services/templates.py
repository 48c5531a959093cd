"""Keep the company's own texts: each change is a row from a day on; what was sent keeps what it said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from quittance.dunning import events
from quittance.dunning.messages.own import TextProblem, check_text
from quittance.dunning.messages.texts import LANGUAGES, LEVELS
from quittance.dunning.models import MessageText
from quittance.foundation import clock
from quittance.foundation.events import NewEvent, record
from quittance.foundation.permissions import Actor


class TextRefused(Exception):
    """The text can't be kept; `problems` say where and why."""

    def __init__(self, problems: Sequence[TextProblem]) -> None:
        super().__init__(", ".join(f"{one.field} {one.line}: {one.code} {one.detail}" for one in problems))
        self.problems = tuple(problems)


class UnknownText(Exception):
    """There is no message of that code, language and medium, or no such row."""


class TextInForce(Exception):
    """A text that has begun is never taken back."""


def keep_text(
    *,
    message_code: str,
    language: str,
    medium: str,
    subject: str,
    before: str,
    after: str,
    from_date: date,
    actor: Actor,
) -> int:
    """Keep a text of the company's own from a day on; return its id.

    :raises UnknownText: :raises TextRefused: also when it begins before today.
    """
    problems = check_text(subject=subject, before=before, after=after)
    if from_date < clock.today():
        problems.append(TextProblem(field="from_date", code="IN_THE_PAST"))
    if problems:
        raise TextRefused(problems)
    return _write(
        MessageText(
            message_code=message_code,
            language=language,
            medium=medium,
            from_date=from_date,
            subject=_lines(subject),
            before=_lines(before),
            after=_lines(after),
        ),
        actor,
    )


def use_shipped(*, message_code: str, language: str, medium: str, from_date: date, actor: Actor) -> int:
    """Go back to the shipped text from a day on; return the row that says so.

    :raises UnknownText: :raises TextRefused: when it begins before today.
    """
    if from_date < clock.today():
        raise TextRefused([TextProblem(field="from_date", code="IN_THE_PAST")])
    row = MessageText(message_code=message_code, language=language, medium=medium, from_date=from_date, is_shipped=True)
    return _write(row, actor)


def withdraw_text(*, text_id: int, actor: Actor) -> None:
    """Take back a text that has not begun.

    :raises UnknownText: :raises TextInForce:
    """
    with transaction.atomic():
        row = MessageText.objects.select_for_update().filter(pk=text_id).first()
        if row is None:
            raise UnknownText(f"no text {text_id}")
        if row.from_date <= clock.today():
            raise TextInForce(f"text {text_id} has begun")
        record(_event(row, actor, is_withdrawn=True))
        row.delete()


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _write(row: MessageText, actor: Actor) -> int:
    if row.message_code not in LEVELS or row.language not in LANGUAGES or row.medium not in MessageText.Medium:
        raise UnknownText(f"no message {row.message_code} in {row.language} by {row.medium}")
    with transaction.atomic():
        row.created_at, row.created_by_id, row.created_by_label = clock.now(), actor.user_id, actor.label
        row.save(force_insert=True)
        record(_event(row, actor))
    return row.pk


def _event(row: MessageText, actor: Actor, *, is_withdrawn: bool = False) -> NewEvent:
    kind = events.TEXT_WITHDRAWN if is_withdrawn else events.TEXT_CHANGED
    return NewEvent(
        kind=kind,
        actor=actor,
        subject_kind="message_text",
        subject_id=str(row.pk),
        payload={
            "message": row.message_code,
            "language": row.language,
            "medium": row.medium,
            "valid_from": row.from_date.isoformat(),
            "is_shipped": row.is_shipped,
        },
    )
