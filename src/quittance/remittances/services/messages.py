"""Remittances that come by mail: attachments first, else the words of the message, where they say that it is paid."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction

from quittance.core.ports.remittances import FileRefused, RemittanceFile
from quittance.core.remittance_text import says_payment
from quittance.foundation import clock
from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import SYSTEM
from quittance.remittances.models import Remittance
from quittance.remittances.remittance_files import is_machine_made, read_remittance_file
from quittance.remittances.services.importing import RemittanceImport, Sender, refuse, store_file


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFile:
    """A file that came with a message."""

    filename: str
    content: bytes


def take_message(
    *,
    inbound_message_id: int,
    subject: str,
    body_text: str,
    files: Sequence[MessageFile],
    company_id: int | None,
    sender: Sender,
) -> list[RemittanceImport]:
    """Keep what a message says of a payment; nothing is written of a message that says nothing of one.

    A file that says by its format that it is an advice and is broken leaves a refused import, so that somebody asks
    for it again. Any other file, and the words, count only where subject, words or file speak of a payment. Safe to
    run twice.
    """
    said = f"{subject}\n{body_text}"
    results = [
        result for file in files if (result := _take(file, said=said, company_id=company_id, sender=sender)) is not None
    ]
    if not any(result.remittance_ids or result.duplicates for result in results) and says_payment(said):
        body = MessageFile(filename=subject[:120] or "–", content=body_text.encode())
        found = _take(body, said=said, company_id=company_id, sender=sender)
        results += [found] if found is not None else []
    return results


def _take(file: MessageFile, *, said: str, company_id: int | None, sender: Sender) -> RemittanceImport | None:
    digest = sha256(file.content).hexdigest()
    if not file.content or _is_known(digest, sender):
        return None
    batch = ImportBatch(
        kind=ImportBatch.Kind.REMITTANCE,
        source="MAIL",
        filename=file.filename[-255:],
        company_id=company_id,
        size_bytes=len(file.content),
        sha256=digest,
        started_by_label=sender.email[:150] or SYSTEM.label,
        created_at=clock.now(),
        started_at=clock.now(),
    )
    try:
        read = read_remittance_file(stream=io.BytesIO(file.content))
    except FileRefused as refused:
        if is_machine_made(io.BytesIO(file.content)):
            return refuse(batch=batch, refused=refused, actor=SYSTEM)
        return None
    if not is_machine_made(io.BytesIO(file.content)) and not (says_payment(said) or _names_payment(read)):
        return None
    with transaction.atomic():
        return store_file(
            batch=batch,
            file=read,
            company_id=company_id,
            actor=SYSTEM,
            source=Remittance.Source.MAIL.value,
            sender=sender,
        )


def _names_payment(read: RemittanceFile) -> bool:
    """Say whether a file names a payment, which an invoice or a list of open items does not."""
    return all(each.payment_reference or each.payment_date for each in read.remittances)


def _is_known(digest: str, sender: Sender) -> bool:
    """Say whether this message's file was taken before: the job runs again after a crash."""
    if sender.inbound_message_id is None:
        return False
    known = ImportBatch.objects.filter(kind=ImportBatch.Kind.REMITTANCE, sha256=digest, source="MAIL")
    return known.exists()
