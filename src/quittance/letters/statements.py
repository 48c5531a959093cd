"""The statement of account as a letter: what was open on an account on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from quittance.core.epc_qr import InvalidReference, creditor_reference
from quittance.ledger.queries import list_items
from quittance.letters.documents import Letter, Letterhead, LetterKind, ListedItem
from quittance.letters.queries import get_letterheads
from quittance.letters.rendering import day_text
from quittance.letters.texts import language_of, texts_of


def statement_of(*, account_id: int, as_of: date, language: str = "") -> Letter:
    """Return the statement of an account on a day, in the customer's language or another. Two queries.

    Factored items are owed to the factor and are not in it.

    :raises LookupError: no such account
    """
    head = get_letterheads(account_ids=[account_id]).get(account_id)
    if head is None:
        raise LookupError(f"no account {account_id}")
    used = language_of(language or head.language)
    texts: dict[str, Any] = texts_of(used)["statement"]
    day = day_text(as_of, used)
    rows = list_items(as_of=as_of, account_id=account_id).filter(is_factored=False)
    items = tuple(_item(row) for row in rows)
    return Letter(
        kind=LetterKind.STATEMENT,
        head=head,
        language=used,
        letter_date=as_of,
        subject=texts["subject"].format(day=day),
        before=tuple(text.format(day=day) for text in (texts["before"] if items else [texts["nothing"]])),
        items=items,
        after=tuple(texts["after"]) if items else (),
        reference=account_reference(head),
    )


def account_reference(head: Letterhead) -> str:
    """Return the ISO 11649 reference of an account; a number too long for it is replaced by `Q` and its id."""
    try:
        return creditor_reference(head.account_number)
    except InvalidReference:
        return creditor_reference(f"Q{head.account_id}")


def _item(row: dict[str, Any]) -> ListedItem:
    return ListedItem(
        document_number=row["document_number"],
        document_date=row["document_date"],
        due_date=row["due_date"],
        days_late=row["days_late"],
        currency=row["currency"],
        amount=row["open_amount"],
        amount_whole=row["amount_original"],
        kind=row["kind"],
    )
