"""Show a message to chosen accounts before it is prepared: on any account, in any language, measured when it is an SMS.

What a run of SMS takes and costs is added up from the very texts, before a person releases it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from quittance.core.dunning import DunningDecision, DunningMedium, DunningOutcome, DunningReason
from quittance.core.sms import Encoding, count_sms
from quittance.delivery import services as delivery
from quittance.delivery.services import MessageContent
from quittance.delivery.sms import SmsSubject
from quittance.dunning import message_pages
from quittance.dunning.chosen import FREE_TEXT, level_of_text
from quittance.dunning.facts import ContactChoice, gather
from quittance.dunning.message_pages import NothingToShow
from quittance.dunning.messages import NoticeContent, content_of, render, texts_of
from quittance.dunning.messages.free import (
    FreeTexts,
    in_own_words,
    language_for,
    sms_in_own_words,
)
from quittance.dunning.messages.letter import letter_of
from quittance.dunning.messages.rendering import long_day
from quittance.dunning.messages.sms import one_text, words_of_sms
from quittance.dunning.messages.texts import LANGUAGES, LevelTexts
from quittance.dunning.messages.writing import TextError, write_text
from quittance.dunning.models import DunningRun
from quittance.dunning.policies import read_policies
from quittance.dunning.sms_pages import SmsPreview, measured, preview_sms, sms_text_now
from quittance.letters.documents import Letter
from quittance.letters.rendering import render_letter, render_picture

# An SMS of each is written to add up what a run takes; of more than so many, of the first ones.
MESSAGES_MEASURED_MAX = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class MassPreview:
    """A message as an account would get it: one of an e-mail, an SMS, or a letter."""

    email: MessageContent | None = None
    sms: SmsPreview | None = None
    letter: Letter | None = None

    def letter_pdf(self) -> bytes:
        """Return the letter as PDF. :raises LetterNotWritten:"""
        assert self.letter is not None  # noqa: S101  (asked of a letter alone)
        return render_letter(self.letter)

    def letter_picture(self) -> bytes:
        """Return the first page of the letter as PNG. :raises LetterNotWritten:"""
        assert self.letter is not None  # noqa: S101  (asked of a letter alone)
        return render_picture(self.letter)


def preview_mass(
    *, account_id: int, message_code: str, medium: str, language: str, free_texts: FreeTexts, as_of: date
) -> MassPreview:
    """Return a message as the account would get it, whatever holds it today, whatever its address.

    Own words are shown in the language that a reader of `language` would get.

    :raises NothingToShow: :raises TextError:
    """
    if message_code == FREE_TEXT:
        if not free_texts:
            raise TextError("nothing is written")
        used = language_for(free_texts, language)
        content, level = in_own_words(content=_free_content(account_id, used, medium, as_of), texts=free_texts)
        if medium == "SMS":
            written = sms_in_own_words(content=content, body=free_texts[used]["body"])
            return MassPreview(sms=measured(written, language=used))
        return _shown(content, level, account_id, medium)
    if medium == "SMS":
        template = sms_text_now(message_code=message_code, language=language, day=as_of)[0]
        shown = preview_sms(
            account_id=account_id, message_code=message_code, language=language, text=template, as_of=as_of
        )
        return MassPreview(sms=shown)
    level = message_pages.text_now(message_code=message_code, language=language, medium=medium, day=as_of)[0]
    content = message_pages.preview_content(
        account_id=account_id, message_code=message_code, language=language, as_of=as_of
    )
    return _shown(content, level, account_id, medium)


def _shown(content: NoticeContent, level: LevelTexts, account_id: int, medium: str) -> MassPreview:
    if medium == "LETTER":
        return MassPreview(letter=letter_of(content=content, account_id=account_id, level=level))
    return MassPreview(email=render(content=content, level=level))


def _free_content(account_id: int, language: str, medium: str, as_of: date) -> NoticeContent:
    """Return what surrounds own words on an account, whether it owes anything or not."""
    found = gather(account_ids=[account_id], as_of=as_of, book=read_policies(as_of=as_of))
    if not found:
        raise NothingToShow(f"account {account_id} is not there")
    (account,) = found
    contact = account.contact or ContactChoice(name="", email="", language="", is_opted_out=False)
    account = replace(account, contact=replace(contact, language=language))
    level = level_of_text(message_code=FREE_TEXT, medium=DunningMedium(medium))
    decision = DunningDecision(
        account_id=account_id,
        outcome=DunningOutcome.SEND,
        reason=DunningReason.CHOSEN,
        level=level,
        items=(),
        amounts=(),
        medium=level.medium,
    )
    return content_of(account=account, decision=decision, as_of=as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsBill:
    """What the messages of a run of SMS take and cost; `amount` None when no price is set.

    `measured` of the `messages` were written to find it out; of a larger run the rest is reckoned like them.
    `long_count` of the measured ones travel in the long alphabet, `unsendable_count` have too many parts.
    """

    messages: int
    measured: int
    parts: int
    parts_max: int
    long_count: int
    unsendable_count: int
    amount: Decimal | None
    currency: str

    @property
    def is_reckoned(self) -> bool:
        """Say whether not every message was written."""
        return self.measured < self.messages


_SMS_MESSAGES = """
SELECT d.language, d.recipient_name, d.amounts, a.number, c.name, co.name, co.phone,
    i.numbers, i.due_date, i.overdue_days
FROM dunning_dunningdecision d
JOIN parties_customeraccount a ON a.id = d.account_id
JOIN parties_customer c ON c.id = a.customer_id
JOIN parties_company co ON co.id = a.company_id
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT o.document_number) AS numbers, min(o.due_date) AS due_date,
        max(x.overdue_days) AS overdue_days
    FROM dunning_dunningdecisionitem x JOIN ledger_openitem o ON o.id = x.item_id
    WHERE x.decision_id = d.id AND x.is_included
) i ON true
WHERE d.run_id = %s AND d.outcome = 'SEND' AND NOT d.is_excluded ORDER BY d.id LIMIT %s
"""
_SMS_COUNT = "SELECT count(*) FROM dunning_dunningdecision WHERE run_id = %s AND outcome = 'SEND' AND NOT is_excluded"


def find_sms_bill(*, run_id: int, as_of: date) -> SmsBill | None:
    """Return what the SMS of a run would take and cost today; None for a run of none. Eight queries at most."""
    run = DunningRun.objects.filter(pk=run_id, origin=DunningRun.Origin.MASS, medium="SMS").first()
    if run is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_SMS_COUNT, [run_id])
        messages = cursor.fetchone()[0]
        cursor.execute(_SMS_MESSAGES, [run_id, MESSAGES_MEASURED_MAX])
        rows = cursor.fetchall()
    counts = [count_sms(text=text) for text in _sms_texts(run, rows, as_of)]
    parts = sum(count.segments for count in counts)
    if counts and messages > len(counts):
        parts = round(parts * messages / len(counts))
    price = delivery.price_of_sms(segments=parts)
    return SmsBill(
        messages=messages,
        measured=len(counts),
        parts=parts,
        parts_max=max((count.segments for count in counts), default=0),
        long_count=sum(count.encoding is Encoding.UCS_2 for count in counts),
        unsendable_count=sum(not 0 < count.segments <= delivery.SMS_SEGMENTS_MAX for count in counts),
        amount=price.amount,
        currency=price.currency,
    )


def _sms_texts(run: DunningRun, rows: list[tuple[Any, ...]], as_of: date) -> list[str]:
    level = level_of_text(message_code=run.message_code, medium=DunningMedium.SMS)
    own = {
        language: delivery.find_sms_text(message_code=run.message_code, language=language, day=as_of)
        for language in LANGUAGES
        if run.message_code != FREE_TEXT
    }
    found = []
    for language, contact, amounts, account, customer, company, phone, numbers, due_date, overdue_days in rows:
        names = {"customer": customer, "contact": contact, "account": account}
        if run.message_code == FREE_TEXT:
            used = language_for(run.free_texts, language)
            values = {**names, "company": company, "phone": phone, "today": long_day(as_of, used)}
            found.append(one_text(write_text(run.free_texts[used]["body"], values, file="own words")))
            continue
        used = texts_of(language).language
        subject = SmsSubject(
            company=company,
            totals=tuple((currency, Decimal(amount)) for currency, amount in json.loads(amounts)),
            document_numbers=tuple(numbers),
            due_date=due_date,
            overdue_days=overdue_days,
            phone=phone,
        )
        found.append(words_of_sms(subject=subject, level=level, language=used, names=names, template=own[used]))
    return found
