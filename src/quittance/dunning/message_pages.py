"""Read messages for their pages: which texts are the company's own, their versions, a preview on a real account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from quittance.core.dunning import DunningDecision, DunningOutcome, DunningReason, ItemDecision
from quittance.core.dunning_facts import totals_by_currency
from quittance.delivery.services import MessageContent
from quittance.dunning.chosen import level_of_text, saying
from quittance.dunning.facts import ContactChoice, GatheredAccount, gather, list_candidates
from quittance.dunning.messages import NoticeContent, content_of, render
from quittance.dunning.messages.letter import letter_of
from quittance.dunning.messages.own import in_force, texts_of_row
from quittance.dunning.messages.texts import LevelTexts, texts_of
from quittance.dunning.models import MessageText
from quittance.dunning.policies import read_policies
from quittance.letters.rendering import render_letter

ITEMS_MAX = 12
MEDIA: dict[str, Any] = dict(MessageText.Medium.choices)


class NothingToShow(Exception):
    """The account has nothing open that a message could list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """A text of the company's own as it was kept; `is_shipped` went back to the shipped one."""

    id: int
    message_code: str
    language: str
    medium: str
    from_date: date
    is_shipped: bool
    subject: str
    before: str
    after: str
    created_at: datetime
    created_by_label: str


def list_texts(*, message_code: str = "", language: str = "", medium: str = "") -> list[TextRow]:
    """Return the own texts, those that begin last first; of all messages or of one. One query."""
    wanted = {"message_code": message_code, "language": language, "medium": medium}
    found = MessageText.objects.filter(**{name: value for name, value in wanted.items() if value})
    return [
        TextRow(
            id=row.pk,
            message_code=row.message_code,
            language=row.language,
            medium=row.medium,
            from_date=row.from_date,
            is_shipped=row.is_shipped,
            subject=row.subject,
            before=row.before,
            after=row.after,
            created_at=row.created_at,
            created_by_label=row.created_by_label,
        )
        for row in found.order_by("-from_date", "-id")
    ]


def text_now(*, message_code: str, language: str, medium: str, day: date) -> tuple[LevelTexts, bool]:
    """Return the text that counts on a day and whether it is the company's own. Two queries at most."""
    for one in ("LETTER", "EMAIL") if medium == "LETTER" else (medium,):
        row = in_force(code=message_code, language=language, medium=one, day=day)
        if row is not None:
            return texts_of_row(subject=row.subject, before=row.before, after=row.after), one == medium
    return texts_of(language).levels[message_code], False


def joined(paragraphs: tuple[str, ...]) -> str:
    """Return paragraphs as they are written in the editor."""
    return "\n\n".join(paragraphs)


def find_example(*, as_of: date, company_ids: frozenset[int] | None) -> int | None:
    """Return an account that owes something late, to show a message on; None when nobody does."""
    for company_id in sorted(company_ids) if company_ids is not None else (None,):
        found = list_candidates(as_of=as_of, horizon=as_of, company_id=company_id)
        if found:
            return found[0]
    return None


def preview_email(
    *, account_id: int, message_code: str, language: str, level: LevelTexts, as_of: date
) -> MessageContent:
    """Return the e-mail with these texts as the account would get it, whatever holds it today.

    :raises NothingToShow: :raises TextError:
    """
    account, decision = _pretend(account_id, message_code, language, as_of)
    return render(content=content_of(account=account, decision=decision, as_of=as_of), level=level)


def preview_content(*, account_id: int, message_code: str, language: str, as_of: date) -> NoticeContent:
    """Return what a message would say to the account in a language, whatever holds it today.

    :raises NothingToShow:
    """
    account, decision = _pretend(account_id, message_code, language, as_of)
    return content_of(account=account, decision=decision, as_of=as_of)


def preview_letter(*, account_id: int, message_code: str, language: str, level: LevelTexts, as_of: date) -> bytes:
    """Return the letter with these texts as a PDF.

    :raises NothingToShow: :raises TextError: :raises LetterNotWritten:
    """
    account, decision = _pretend(account_id, message_code, language, as_of)
    content = content_of(account=account, decision=decision, as_of=as_of)
    return render_letter(letter_of(content=content, account_id=account_id, level=level))


def _pretend(account_id: int, code: str, language: str, as_of: date) -> tuple[GatheredAccount, DunningDecision]:
    """Return the account, and a decision to send it the message about what is late, else about what is open."""
    found = gather(account_ids=[account_id], as_of=as_of, book=read_policies(as_of=as_of))
    if not found:
        raise NothingToShow(f"account {account_id} is not there")
    (account,) = found
    contact = account.contact or ContactChoice(name="", email="", language="", is_opted_out=False)
    account = replace(account, contact=replace(contact, language=language))
    level = level_of_text(message_code=code)
    owed = [item for item in account.items.values() if item.fact.amount_open > 0]
    late = [item for item in owed if (item.fact.due_date < as_of) is not level.is_courtesy]
    items = tuple(
        ItemDecision(
            item_id=item.fact.item_id,
            currency=item.fact.currency,
            overdue_days=(as_of - item.fact.due_date).days,
            included=True,
            reason=DunningReason.LEVEL_REACHED,
            amount=item.fact.amount_open,
            amount_held=Decimal(0),
            level=level,
        )
        for item in (late or owed)[:ITEMS_MAX]
    )
    if not items:
        raise NothingToShow(f"account {account_id} owes nothing")
    decision = DunningDecision(
        account_id=account_id,
        outcome=DunningOutcome.SEND,
        reason=DunningReason.LEVEL_REACHED,
        level=level,
        items=items,
        amounts=totals_by_currency((item.currency, item.amount) for item in items),
    )
    return saying(account, level), decision
