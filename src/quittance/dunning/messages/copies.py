"""Copies of the invoices that a reminder asks for: those kept go with it, those that do not are named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from quittance.core.dunning import DunningDecision
from quittance.core.invoice_copies import KeptFile, choose_copies
from quittance.core.ports.channels import OutgoingAttachment
from quittance.delivery.services import COPIES_BYTES_MAX, COPIES_MAX, MessageContent
from quittance.dunning.facts import GatheredAccount
from quittance.dunning.messages.content import NoticeContent
from quittance.dunning.messages.rendering import render
from quittance.dunning.messages.texts import LevelTexts
from quittance.parties.attachments import AttachmentNotFound, list_files_of_accounts, open_attachment

ABSENT, TOO_LARGE = "ABSENT", "TOO_LARGE"


def render_with_copies(
    *, content: NoticeContent, account: GatheredAccount, decision: DunningDecision, level: LevelTexts | None
) -> MessageContent:
    """Write the message with the copies of what it asks for. One query, and one for each file.

    A file that is gone from the store counts as absent.
    """
    documents = [(account.items[one.item_id].document_number, one.item_id) for one in decision.items_included]
    files = kept_files(list_files_of_accounts(account_ids=[account.account_id])[account.account_id])
    choice = choose_copies(documents=documents, files=files, bytes_max=COPIES_BYTES_MAX, files_max=COPIES_MAX)
    read = [(number, _read(file)) for number, file in choice.chosen]
    attached = tuple((number, found) for number, found in read if found is not None)
    absent = (*choice.absent, *(number for number, found in read if found is None))
    message = render(content=replace(content, copies=tuple(number for number, _file in attached)), level=level)
    return replace(
        message,
        attachments=tuple(file for _number, file in attached),
        missing_copies=(*((one, ABSENT) for one in absent), *((one, TOO_LARGE) for one in choice.too_large)),
    )


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
