"""Say a notice in a text message: one document or how many, what is asked for, since when."""

from __future__ import annotations

from collections.abc import Mapping

from quittance.core.dunning import DunningLevel
from quittance.core.sms import simplify
from quittance.delivery.services import MessageContent
from quittance.delivery.sms import SmsSubject, values_of, write
from quittance.dunning.messages.content import NoticeContent
from quittance.dunning.messages.writing import TextError, write_text

COURTESY = "COURTESY"
OWN_TEXT = "SMS"


def render_as_sms(*, content: NoticeContent, number: str, template: str | None = None) -> MessageContent:
    """Write the text message to a number in E.164, by the template given, else the shipped text. No query.

    :raises TextError: when the number takes no text messages, or the template is wrong.
    """
    if not number:
        raise TextError("sms: the contact has no number that takes text messages")
    return MessageContent(
        recipient=number,
        recipient_name=content.contact_name,
        language=content.language,
        subject="",
        body_text=sms_text(content=content, template=template),
        is_courtesy=content.level.is_courtesy,
        medium="SMS",
    )


def sms_text(*, content: NoticeContent, template: str | None) -> str:
    """Return the text alone, in the short alphabet where it can be.

    :raises TextError: when the template is wrong.
    """
    asked = content.asked  # a statement of account lists more, which no SMS has room for
    subject = SmsSubject(
        company=content.sender.name,
        totals=content.totals,
        document_numbers=tuple(dict.fromkeys(line.document_number for line in asked)),
        due_date=min(line.due_date for line in asked),
        overdue_days=max(line.overdue_days for line in asked),
        phone=content.sender.phone,
    )
    names = {"customer": content.customer_name, "contact": content.contact_name, "account": content.account_number}
    return words_of_sms(subject=subject, level=content.level, language=content.language, names=names, template=template)


def words_of_sms(
    *, subject: SmsSubject, level: DunningLevel, language: str, names: Mapping[str, str], template: str | None
) -> str:
    """Write what an SMS says of a subject; `names` are the customer, the contact and the account.

    :raises TextError: when the template is wrong.
    """
    if template is None:
        return write(tone=COURTESY if level.is_courtesy else level.tone, language=language, subject=subject)
    return one_text(
        write_text(template, {**values_of(subject=subject, language=language), **names}, file=OWN_TEXT, first_line=1)
    )


def one_text(written: str) -> str:
    """Return a text as it is sent: in the short alphabet where it can be, no blanks beside each other."""
    lines = (" ".join(line.split()) for line in simplify(text=written).splitlines())
    return "\n".join(lines).strip()
