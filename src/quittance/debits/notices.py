"""The pre-notification of a debit: an e-mail, or a letter where there is no address of e-mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from email.utils import formataddr
from html import escape
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from quittance.debits.gathering import find_recipient
from quittance.debits.identifiers import hidden_iban
from quittance.debits.models import DebitedItem, DebitInstruction
from quittance.debits.texts import texts_of
from quittance.delivery.services import MessageContent, NewTransmission
from quittance.letters.documents import Letter, Letterhead, LetterKind, ListedItem
from quittance.letters.queries import get_letterheads
from quittance.letters.rendering import day_text, money
from quittance.letters.sending import content_of, draft_of
from quittance.letters.texts import language_of
from quittance.parties.queries import get_accounts

PURPOSE = "DEBIT_NOTICE"


class NobodyToTell(ValueError):
    """The account has neither an address of e-mail nor one of the post."""


def write_notice(
    *, instruction: DebitInstruction, creditor_identifier: str, today: date
) -> tuple[NewTransmission, MessageContent]:
    """Return the message that tells of a debit. Five queries. :raises NobodyToTell: :raises LetterNotWritten:"""
    account = get_accounts(account_ids=[instruction.account_id])[instruction.account_id]
    head = get_letterheads(account_ids=[account.id])[account.id]
    contact = find_recipient(customer_id=account.customer_id, account_id=account.id)
    language = language_of((contact["language"] if contact else "") or head.language)
    items = _items(instruction)
    values = {
        "amount": money(instruction.amount, "EUR", language),
        "day": day_text(instruction.collection.collection_date, language),
        "iban": hidden_iban(instruction.mandate.iban),
        "mandate": instruction.mandate.reference,
        "creditor": creditor_identifier,
    }
    if contact is not None:
        return _email(head, contact, items, values, language)
    if not head.is_complete:
        raise NobodyToTell(f"account {account.number} has no address")
    letter = _letter(head, items, values, language, today)
    return draft_of(head=head, purpose=PURPOSE, language=language), content_of(letter=letter)


def _items(instruction: DebitInstruction) -> list[dict[str, Any]]:
    rows: QuerySet[DebitedItem, Any] = instruction.items.order_by("item__due_date", "item_id").values(
        "amount", "amount_open_then", "item__document_number", "item__document_date", "item__due_date"
    )
    return list(rows)


def _email(
    head: Letterhead, contact: dict[str, Any], items: list[dict[str, Any]], values: dict[str, str], language: str
) -> tuple[NewTransmission, MessageContent]:
    texts = texts_of(language)
    lines = [
        texts["line"].format(
            document=item["item__document_number"],
            date=day_text(item["item__document_date"], language),
            due=day_text(item["item__due_date"], language),
            amount=money(item["amount"], "EUR", language),
        )
        for item in items
    ]
    before = [text.format(**values) for text in texts["before"]]
    after = [texts["total"].format(**values), *(text.format(**values) for text in texts["after"])]
    end = [texts["closing"], head.signatory, head.sender.name]
    text = "\n\n".join(
        [texts["greeting"], *before, "\n".join(f"- {line}" for line in lines), *after, "\n".join(filter(None, end))]
    )
    html = "".join(
        [
            f'<!doctype html><html lang="{language}"><body style="font-family: sans-serif">',
            *(f"<p>{escape(part)}</p>" for part in [texts["greeting"], *before]),
            "<ul>",
            *(f"<li>{escape(line)}</li>" for line in lines),
            "</ul>",
            *(f"<p>{escape(part)}</p>" for part in after),
            f"<p>{'<br>'.join(escape(part) for part in end if part)}</p></body></html>",
        ]
    )
    address = head.sender.email or settings.DEFAULT_FROM_EMAIL
    draft = NewTransmission(
        account_id=head.account_id,
        purpose=PURPOSE,
        sender=formataddr((head.sender.name, address)),
        recipient=contact["email"],
        recipient_name=contact["name"],
        language=language,
    )
    content = MessageContent(
        recipient=contact["email"],
        recipient_name=contact["name"],
        language=language,
        subject=texts["subject"].format(**values)[:250],
        body_text=text,
        body_html=html,
    )
    return draft, content


def _letter(
    head: Letterhead, items: list[dict[str, Any]], values: dict[str, str], language: str, today: date
) -> Letter:
    """Return the letter; without our bank account, since nothing is to be transferred."""
    texts = texts_of(language)
    return Letter(
        kind=LetterKind.REMINDER,
        head=replace(head, bank_account=None),
        language=language,
        letter_date=today,
        subject=texts["subject"].format(**values),
        before=(texts["greeting"], *(text.format(**values) for text in texts["before"])),
        items=tuple(
            ListedItem(
                document_number=item["item__document_number"],
                document_date=item["item__document_date"],
                due_date=item["item__due_date"],
                days_late=None,
                currency="EUR",
                amount=item["amount"],
                amount_whole=item["amount"],
            )
            for item in items
        ),
        after=(*(text.format(**values) for text in texts["after"]), texts["closing"]),
        is_courtesy=True,
    )
