"""Write a notice as a letter: the words of the e-mail, adapted to paper, around the same list and sums."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from quittance.delivery.services import MessageContent
from quittance.dunning.messages.content import Line, NoticeContent
from quittance.dunning.messages.rendering import values_of
from quittance.dunning.messages.texts import LevelTexts, Texts, fill, texts_of
from quittance.dunning.messages.writing import TextError
from quittance.letters.documents import Letter, LetterKind, ListedItem, SumLine
from quittance.letters.queries import get_letterheads
from quittance.letters.sending import NoPostalAddress
from quittance.letters.sending import content_of as message_of
from quittance.letters.typesetting import LetterNotWritten


def render_as_letter(*, content: NoticeContent, account_id: int, level: LevelTexts | None = None) -> MessageContent:
    """Write and typeset the letter. One query.

    :raises TextError: a text is wrong, there is no address, or the letter cannot be typeset.
    """
    try:
        return message_of(letter=letter_of(content=content, account_id=account_id, level=level))
    except (NoPostalAddress, LetterNotWritten) as error:
        raise TextError(f"letter: {error}") from error


def letter_of(*, content: NoticeContent, account_id: int, level: LevelTexts | None = None) -> Letter:
    """Return the letter that says what a notice says, by the texts given, else the shipped ones. One query."""
    head = get_letterheads(account_ids=[account_id])[account_id]
    texts = texts_of(content.language)
    level = level or texts.of_level(content.level)
    values = values_of(content, texts)
    is_formal = content.level.tone == "FORMAL"

    def written(text: str) -> str:
        return on_paper(fill(text, values, language=texts.language), texts.language)

    return Letter(
        kind=LetterKind.FORMAL_NOTICE if is_formal else LetterKind.REMINDER,
        head=head,
        language=texts.language,
        letter_date=content.today,
        subject=_subject(written(level.subject), content.sender.name),
        before=(written(texts.words["greeting"]), *(written(text) for text in level.before)),
        items=tuple(_item(line, texts) for line in content.lines),
        after=(
            *((written(texts.words["copies"]),) if content.copies else ()),
            *(written(text) for text in level.after),
        ),
        beside=tuple(
            SumLine(label=written(texts.words[word]), currency=one.currency, amount=amount)
            for one in content.beside
            for word, amount in (("interest_beside", one.interest), ("indemnity_beside", one.indemnity))
            if amount
        ),
        beside_note=texts.words["beside_note"],
        reference=content.reference,
        asked=content.totals,
        is_courtesy=content.level.is_courtesy,
        is_registered=content.level.is_registered,
    )


def on_paper(text: str, language: str) -> str:
    """Return a text as a letter says it.

    >>> on_paper("Please reply to this message.", "en")
    'Please write to us or call us.'
    """
    for mail, paper in _wordings()[language].items():
        text = text.replace(mail, paper)
    return text


@cache
def _wordings() -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files(__package__).joinpath("letters.toml").read_text(encoding="utf-8"))


def _subject(subject: str, company: str) -> str:
    """Leave out the company before the subject: the letter has its head."""
    shorter = re.sub(rf"^{re.escape(company)}\s*:\s*", "", subject)
    return shorter[:1].upper() + shorter[1:]


def _item(line: Line, texts: Texts) -> ListedItem:
    return ListedItem(
        document_number=line.document_number,
        document_date=line.document_date,
        due_date=line.due_date,
        days_late=line.overdue_days,
        currency=line.currency,
        amount=line.amount,
        amount_whole=line.amount_open,
        note=texts.words[line.held_code] if line.held_code else "",
    )
