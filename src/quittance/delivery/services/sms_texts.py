"""Texts of the company's own for SMS: kept by day, read on a day. What may stand in one is for the writer to check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from quittance.delivery.models import SmsText
from quittance.foundation import clock
from quittance.foundation.permissions import Actor


class SmsTextNotFound(LookupError):
    """No text has this id."""


class SmsTextInForce(Exception):
    """A text that has begun is never taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsTextRow:
    """A text as it was kept; `is_shipped` went back to the shipped one."""

    id: int
    message_code: str
    language: str
    from_date: date
    is_shipped: bool
    text: str
    created_at: datetime
    created_by_label: str


def list_sms_texts(*, message_code: str = "", language: str = "") -> list[SmsTextRow]:
    """Return the own texts, those that begin last first; of all messages or of one. One query."""
    wanted = {"message_code": message_code, "language": language}
    found = SmsText.objects.filter(**{name: value for name, value in wanted.items() if value})
    rows = found.order_by("-from_date", "-id").values(*SmsTextRow.__dataclass_fields__)
    return [SmsTextRow(**row) for row in rows]


def find_sms_text(*, message_code: str, language: str, day: date) -> str | None:
    """Return the own text of a message on a day, None where the shipped one counts. One query."""
    found = SmsText.objects.filter(message_code=message_code, language=language, from_date__lte=day)
    row = found.order_by("-from_date", "-id").values_list("is_shipped", "text").first()
    return None if row is None or row[0] else str(row[1])


def keep_sms_text(*, message_code: str, language: str, text: str, from_date: date, actor: Actor) -> int:
    """Keep a text from a day on, '' for the shipped one; return its id."""
    row = SmsText(
        message_code=message_code,
        language=language,
        text=text,
        is_shipped=not text,
        from_date=from_date,
        created_at=clock.now(),
        created_by_id=actor.user_id,
        created_by_label=actor.label[:150],
    )
    row.save(force_insert=True)
    return row.pk


@transaction.atomic
def withdraw_sms_text(*, text_id: int) -> SmsTextRow:
    """Take back a text that has not begun; return it. :raises SmsTextNotFound: :raises SmsTextInForce:"""
    row = SmsText.objects.select_for_update().filter(pk=text_id).first()
    if row is None:
        raise SmsTextNotFound(f"no text {text_id}")
    if row.from_date <= clock.today():
        raise SmsTextInForce(f"text {text_id} has begun")
    taken = SmsTextRow(**{name: getattr(row, name) for name in SmsTextRow.__dataclass_fields__})
    row.delete()
    return taken
