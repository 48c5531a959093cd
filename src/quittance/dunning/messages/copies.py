"""Copies of the invoices that a reminder asks for: those kept go with it, those that do not are named.

With an e-mail they are attached; of a letter they are its last pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from quittance.core.dunning import DunningDecision
from quittance.core.invoice_copies import KeptFile, choose_copies
from quittance.core.ports.channels import OutgoingAttachment
from quittance.delivery import services as delivery
from quittance.delivery.services import COPIES_BYTES_MAX, COPIES_MAX, MessageContent
from quittance.dunning.facts import GatheredAccount
from quittance.dunning.messages.content import NoticeContent
from quittance.dunning.messages.letter import letter_of, render_as_letter
from quittance.dunning.messages.rendering import render
from quittance.dunning.messages.texts import LevelTexts
from quittance.letters.appending import COPIES_PAGES_MAX, PdfNotReadable, append_pages, count_pages
from quittance.letters.rendering import render_letter
from quittance.parties.attachments import AttachmentNotFound, list_files_of_accounts, open_attachment

ABSENT, TOO_LARGE, UNREADABLE = "ABSENT", "TOO_LARGE", "UNREADABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """The files that go with a message, by document, and the documents whose copy does not, each with why."""

    attached: tuple[tuple[str, OutgoingAttachment], ...] = ()
    missing: tuple[tuple[str, str], ...] = ()

    @property
    def documents(self) -> tuple[str, ...]:
        """Return the numbers of the documents whose copy goes with the message."""
        return tuple(number for number, _file in self.attached)

    @property
    def files(self) -> tuple[OutgoingAttachment, ...]:
        """Return the files that go with the message."""
        return tuple(file for _number, file in self.attached)


def copies_asked(*, account: GatheredAccount, decision: DunningDecision) -> Copies:
    """Return the copies that go with a message where the account or its company asks for them.

    One query, one more where they are asked for, and one for each file. A file that is gone from the store counts as
    absent.
    """
    level = decision.level
    if level is None or not delivery.asks_for_copies(
        account_id=account.account_id, tone=level.tone, is_courtesy=level.is_courtesy
    ):
        return Copies()
    documents = [(account.items[one.item_id].document_number, one.item_id) for one in decision.items_included]
    files = kept_files(list_files_of_accounts(account_ids=[account.account_id])[account.account_id])
    choice = choose_copies(documents=documents, files=files, bytes_max=COPIES_BYTES_MAX, files_max=COPIES_MAX)
    read = [(number, _read(file)) for number, file in choice.chosen]
    absent = (*choice.absent, *(number for number, found in read if found is None))
    return Copies(
        attached=tuple((number, found) for number, found in read if found is not None),
        missing=(*((one, ABSENT) for one in absent), *((one, TOO_LARGE) for one in choice.too_large)),
    )


def on_pages(copies: Copies, *, pages_max: int = COPIES_PAGES_MAX) -> Copies:
    """Return the copies that can be printed behind a letter, in their order until no room is left."""
    attached: list[tuple[str, OutgoingAttachment]] = []
    missing = list(copies.missing)
    room = pages_max
    for number, file in copies.attached:
        try:
            pages = count_pages(file.content)
        except PdfNotReadable:
            missing.append((number, UNREADABLE))
            continue
        if pages > room:
            missing.append((number, TOO_LARGE))
            continue
        attached.append((number, file))
        room -= pages
    return Copies(attached=tuple(attached), missing=tuple(missing))


def render_email(
    *, content: NoticeContent, account: GatheredAccount, decision: DunningDecision, level: LevelTexts | None
) -> MessageContent:
    """Write the e-mail, with the copies of what it asks for where they are asked for."""
    copies = copies_asked(account=account, decision=decision)
    message = render(content=replace(content, copies=copies.documents), level=level)
    return replace(message, attachments=copies.files, missing_copies=copies.missing)


def render_post(
    *, content: NoticeContent, account: GatheredAccount, decision: DunningDecision, level: LevelTexts | None
) -> MessageContent:
    """Write the letter, the copies of what it asks for as its last pages where they are asked for.

    :raises TextError: a text is wrong, there is no address, or the letter cannot be typeset.
    """
    copies = on_pages(copies_asked(account=account, decision=decision))
    message = render_as_letter(
        content=replace(content, copies=copies.documents), account_id=account.account_id, level=level
    )
    letter = message.attachments[0]
    pages = append_pages(letter=letter.content, files=[file.content for file in copies.files])
    return replace(message, attachments=(replace(letter, content=pages),), missing_copies=copies.missing)


def letter_pdf(
    *, content: NoticeContent, account: GatheredAccount, decision: DunningDecision, level: LevelTexts | None
) -> bytes:
    """Return the letter as it would be printed, also for a customer without an address.

    :raises LetterNotWritten: :raises TextError:
    """
    copies = on_pages(copies_asked(account=account, decision=decision))
    letter = letter_of(content=replace(content, copies=copies.documents), account_id=account.account_id, level=level)
    return append_pages(letter=render_letter(letter), files=[file.content for file in copies.files])


def kept_files(rows: Iterable[Mapping[str, Any]]) -> list[KeptFile]:
    """Return files as the choice of copies takes them."""
    return [
        KeptFile(file_id=row["id"], filename=row["filename"], size_bytes=row["size_bytes"], item_id=row["item_id"])
        for row in rows
    ]


def _read(file: KeptFile) -> OutgoingAttachment | None:
    try:
        with open_attachment(attachment_id=file.file_id) as opened:
            content = opened.read()
    except (AttachmentNotFound, OSError):
        return None
    return OutgoingAttachment(filename=file.filename, media_type="application/pdf", content=content)
