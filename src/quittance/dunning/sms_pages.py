"""Read the texts of SMS for their pages: which counts on a day, and how one reads, measures and costs on an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from quittance.core.sms import SmsCount, count_sms, list_odd_signs
from quittance.delivery import services as delivery
from quittance.delivery.services import Cost, MessageContent
from quittance.delivery.sms import shipped_template
from quittance.dunning.message_pages import preview_content
from quittance.dunning.messages.sms import sms_text

_TONES = {"COURTESY": "COURTESY", "SECOND_REMINDER": "FIRM", "PUBLIC_SECOND_REMINDER": "FIRM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsPreview:
    """An SMS as an account would get it; `odd_signs` are those that make it travel in the long way."""

    text: str
    count: SmsCount
    cost: Cost
    odd_signs: tuple[str, ...]


def sms_text_now(*, message_code: str, language: str, day: date) -> tuple[str, bool]:
    """Return the text that counts on a day, as it is written in the editor, and whether it is one's own. One query."""
    own = delivery.find_sms_text(message_code=message_code, language=language, day=day)
    return (own, True) if own is not None else (shipped_sms(message_code=message_code, language=language), False)


def shipped_sms(*, message_code: str, language: str) -> str:
    """Return the shipped text of a message as it is written in the editor."""
    tone = "FORMAL" if message_code.endswith("FORMAL_NOTICE") else _TONES.get(message_code, "FRIENDLY")
    return shipped_template(tone=tone, language=language)


def preview_sms(*, account_id: int, message_code: str, language: str, text: str, as_of: date) -> SmsPreview:
    """Return the SMS with this text as the account would get it, whatever holds it today, whatever its number.

    :raises NothingToShow: :raises TextError:
    """
    content = preview_content(account_id=account_id, message_code=message_code, language=language, as_of=as_of)
    return measured(sms_text(content=content, template=text), language=language)


def measured(text: str, *, language: str) -> SmsPreview:
    """Return a text with what it takes and costs today. One query."""
    message = MessageContent(
        recipient="", recipient_name="", language=language, subject="", body_text=text, medium="SMS"
    )
    return SmsPreview(
        text=text,
        count=count_sms(text=text),
        cost=delivery.estimate_cost(content=message),
        odd_signs=list_odd_signs(text=text),
    )
