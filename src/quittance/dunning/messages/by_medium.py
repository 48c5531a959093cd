"""The message of a decision by its medium: an e-mail, a letter, or a text message."""

from __future__ import annotations

from datetime import date

from quittance.core.dunning import DunningDecision, DunningMedium
from quittance.delivery import services as delivery
from quittance.delivery.services import MessageContent
from quittance.dunning.chosen import is_free
from quittance.dunning.facts import GatheredAccount
from quittance.dunning.messages.content import content_of
from quittance.dunning.messages.copies import render_email, render_post
from quittance.dunning.messages.free import FreeTexts, render_free
from quittance.dunning.messages.own import own_texts
from quittance.dunning.messages.sms import render_as_sms
from quittance.dunning.messages.texts import texts_of


def render_message(
    *, account: GatheredAccount, decision: DunningDecision, as_of: date, free_texts: FreeTexts | None = None
) -> MessageContent:
    """Return the message of a SEND decision as it would leave on a day. Four queries, six for a letter.

    One that brings copies of the invoices takes one more, and one for each file. `free_texts` are the words of
    a message that a person wrote, by language.
    """
    if is_free(decision):
        return render_free(account=account, decision=decision, texts=free_texts or {}, as_of=as_of)
    content = content_of(account=account, decision=decision, as_of=as_of)
    if decision.medium is DunningMedium.SMS:
        number = account.addressed_to(decision).address_for(decision.medium)
        texts = texts_of(content.language)
        own = delivery.find_sms_text(message_code=texts.code_of(content.level), language=texts.language, day=as_of)
        return render_as_sms(content=content, number=number, template=own)
    medium = "LETTER" if decision.medium is DunningMedium.LETTER else "EMAIL"
    level = own_texts(level=content.level, language=content.language, medium=medium, day=as_of)
    if decision.medium is DunningMedium.LETTER:
        return render_post(content=content, account=account, decision=decision, level=level)
    return render_email(content=content, account=account, decision=decision, level=level)
