"""Keep texts of the company's own for SMS: checked, from a day on, each change told."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from quittance.delivery import services as delivery
from quittance.dunning import events
from quittance.dunning.messages.own import TextProblem, check_sms
from quittance.dunning.messages.texts import LANGUAGES, LEVELS
from quittance.dunning.services.templates import TextInForce, TextRefused, UnknownText
from quittance.foundation import clock
from quittance.foundation.events import NewEvent, record
from quittance.foundation.permissions import Actor


def keep_sms_text(*, message_code: str, language: str, text: str, from_date: date, actor: Actor) -> int:
    """Keep the text of an SMS from a day on; return its id.

    :raises UnknownText: :raises TextRefused: also when it begins before today.
    """
    problems = check_sms(text=text)
    if from_date < clock.today():
        problems.append(TextProblem(field="from_date", code="IN_THE_PAST"))
    if problems:
        raise TextRefused(problems)
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return _write(message_code, language, plain, from_date, actor)


def use_shipped_sms(*, message_code: str, language: str, from_date: date, actor: Actor) -> int:
    """Go back to the shipped text from a day on; return the row that says so.

    :raises UnknownText: :raises TextRefused: when it begins before today.
    """
    if from_date < clock.today():
        raise TextRefused([TextProblem(field="from_date", code="IN_THE_PAST")])
    return _write(message_code, language, "", from_date, actor)


def withdraw_sms_text(*, text_id: int, actor: Actor) -> None:
    """Take back a text that has not begun. :raises UnknownText: :raises TextInForce:"""
    with transaction.atomic():
        try:
            taken = delivery.withdraw_sms_text(text_id=text_id)
        except delivery.SmsTextNotFound as error:
            raise UnknownText(str(error)) from error
        except delivery.SmsTextInForce as error:
            raise TextInForce(str(error)) from error
        _tell(events.TEXT_WITHDRAWN, text_id, taken.message_code, taken.language, taken.from_date, taken.text, actor)


def _write(message_code: str, language: str, text: str, from_date: date, actor: Actor) -> int:
    if message_code not in LEVELS or language not in LANGUAGES:
        raise UnknownText(f"no message {message_code} in {language} by SMS")
    with transaction.atomic():
        text_id = delivery.keep_sms_text(
            message_code=message_code, language=language, text=text, from_date=from_date, actor=actor
        )
        _tell(events.TEXT_CHANGED, text_id, message_code, language, from_date, text, actor)
    return text_id


def _tell(kind: str, text_id: int, code: str, language: str, from_date: date, text: str, actor: Actor) -> None:
    payload = {
        "message": code,
        "language": language,
        "medium": "SMS",
        "valid_from": from_date.isoformat(),
        "is_shipped": not text,
    }
    record(NewEvent(kind=kind, actor=actor, subject_kind="sms_text", subject_id=str(text_id), payload=payload))
