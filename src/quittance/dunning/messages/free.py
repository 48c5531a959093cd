"""A message in a person's own words: by e-mail, as a letter or an SMS, in the language of who reads it where it can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from quittance.core.dunning import DunningDecision, DunningMedium
from quittance.delivery.services import MessageContent
from quittance.dunning.facts import GatheredAccount
from quittance.dunning.messages.content import NoticeContent, content_of
from quittance.dunning.messages.letter import render_as_letter
from quittance.dunning.messages.own import TextProblem, check_own_words, texts_of_row
from quittance.dunning.messages.rendering import long_day, render
from quittance.dunning.messages.sms import one_text
from quittance.dunning.messages.texts import FALLBACK_LANGUAGE, LANGUAGES, LevelTexts
from quittance.dunning.messages.writing import TextError, write_text

FILE = "own words"
FreeTexts = Mapping[str, Mapping[str, str]]


class NoWords(Exception):
    """Nothing was written in any language."""


def check_free_texts(texts: FreeTexts, *, medium: str) -> dict[str, list[TextProblem]]:
    """Return what is wrong with the words, by language; {} when they can be sent. `NoWords` when there are none."""
    written = written_in(texts)
    if not written:
        raise NoWords("write the message in one language at least")
    found = {
        language: check_own_words(subject=text["subject"], body=text["body"], is_sms=medium == "SMS")
        for language, text in written.items()
    }
    return {language: problems for language, problems in found.items() if problems}


def written_in(texts: FreeTexts) -> dict[str, dict[str, str]]:
    """Return the languages in which something is written, line ends as they are kept."""
    plain = {
        language: {name: texts[language].get(name, "").replace("\r\n", "\n").strip() for name in ("subject", "body")}
        for language in LANGUAGES
        if language in texts
    }
    return {language: text for language, text in plain.items() if any(text.values())}


def language_for(texts: FreeTexts, language: str) -> str:
    """Return the language that a reader gets: their own, else English, else the first that was written.

    >>> language_for({"fr": {}, "es": {}}, "fr"), language_for({"fr": {}, "es": {}}, "de")
    ('fr', 'es')
    """
    if language in texts:
        return language
    return FALLBACK_LANGUAGE if FALLBACK_LANGUAGE in texts else min(texts)


def render_free(
    *, account: GatheredAccount, decision: DunningDecision, texts: FreeTexts, as_of: date
) -> MessageContent:
    """Return the message as it would leave on a day. Two queries, three for a letter.

    :raises TextError: a text is wrong, or it cannot go so.
    """
    if not texts:
        raise TextError(f"{FILE}: nothing is written")
    content, level = in_own_words(content=content_of(account=account, decision=decision, as_of=as_of), texts=texts)
    if decision.medium is DunningMedium.SMS:
        number = account.addressed_to(decision).address_for(decision.medium)
        if not number:
            raise TextError("sms: the contact has no number that takes text messages")
        return MessageContent(
            recipient=number,
            recipient_name=content.contact_name,
            language=content.language,
            subject="",
            body_text=sms_in_own_words(content=content, body=texts[content.language]["body"]),
            medium="SMS",
        )
    if decision.medium is DunningMedium.LETTER:
        return render_as_letter(content=content, account_id=account.account_id, level=level)
    return render(content=content, level=level)


def in_own_words(*, content: NoticeContent, texts: FreeTexts) -> tuple[NoticeContent, LevelTexts]:
    """Return a message in the language it is written in for its reader, and its words as paragraphs."""
    language = language_for(texts, content.language)
    text = texts[language]
    level = texts_of_row(subject=text["subject"], before=text["body"], after="")
    return replace(content, language=language), level


def sms_in_own_words(*, content: NoticeContent, body: str) -> str:
    """Return the text of an SMS, in the short alphabet where it can be. :raises TextError:"""
    values: dict[str, object] = {
        "company": content.sender.name,
        "customer": content.customer_name,
        "contact": content.contact_name,
        "account": content.account_number,
        "phone": content.sender.phone,
        "today": long_day(content.today, content.language),
    }
    return one_text(write_text(body, values, file=FILE, first_line=1))
