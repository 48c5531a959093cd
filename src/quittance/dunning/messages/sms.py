"""Say a notice in a text message: one document or how many, what is asked for, since when."""

from __future__ import annotations

from quittance.delivery.services import MessageContent
from quittance.delivery.sms import SmsSubject, write
from quittance.dunning.messages.content import NoticeContent
from quittance.dunning.messages.writing import TextError

COURTESY = "COURTESY"


def render_as_sms(*, content: NoticeContent, number: str) -> MessageContent:
    """Write the text message to a number in E.164. No query.

    :raises TextError: when the number takes no text messages.
    """
    if not number:
        raise TextError("sms: the contact has no number that takes text messages")
    level = content.level
    subject = SmsSubject(
        company=content.sender.name,
        totals=content.totals,
        document_numbers=tuple(dict.fromkeys(line.document_number for line in content.lines)),
        due_date=min(line.due_date for line in content.lines),
        overdue_days=max(line.overdue_days for line in content.lines),
        phone=content.sender.phone,
    )
    text = write(tone=COURTESY if level.is_courtesy else level.tone, language=content.language, subject=subject)
    return MessageContent(
        recipient=number,
        recipient_name=content.contact_name,
        language=content.language,
        subject="",
        body_text=text,
        is_courtesy=level.is_courtesy,
        medium="SMS",
    )
