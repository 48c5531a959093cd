"""Keep files with customers, through Django's storage: one folder here, object storage in a group."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.parties.models import Attachment


class AttachmentNotFound(LookupError):
    """No attachment has this id."""


@transaction.atomic
def add_attachment(
    *,
    customer_id: int,
    file: File[Any],
    filename: str,
    content_type: str,
    actor: Actor,
    account_id: int | None = None,
    item_id: int | None = None,
) -> int:
    """Store a file with a customer and return its id; the name under which it is stored is not the sender's."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    row = Attachment(
        customer_id=customer_id,
        account_id=account_id,
        item_id=item_id,
        filename=filename[:255],
        content_type=content_type[:100],
        size_bytes=file.size,
        sha256=digest.hexdigest(),
        uploaded_by_id=actor.user_id,
        created_at=clock.now(),
    )
    row.file.save(digest.hexdigest()[:32], file, save=False)
    row.save()
    events.record(_event("attachment.added", row, actor))
    return row.id


def list_attachments(*, customer_id: int) -> list[dict[str, Any]]:
    """Return the files of a customer, latest first. One query."""
    found = Attachment.objects.filter(customer_id=customer_id).order_by("-created_at", "-id")
    rows = found.values(
        "id",
        "account_id",
        "item_id",
        "filename",
        "size_bytes",
        "created_at",
        uploaded_by_name=Coalesce("uploaded_by__name", Value("")),
    )
    return [dict(row) for row in rows]


def list_files_of_accounts(*, account_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """Return by account the files of its customer that are not kept with another account, latest first. One query."""
    found: dict[int, list[dict[str, Any]]] = {account_id: [] for account_id in account_ids}
    rows = Attachment.objects.filter(customer__accounts__in=[*found])
    rows = rows.filter(Q(account_id=None) | Q(account_id=F("customer__accounts"))).order_by("-created_at", "-id")
    for row in rows.values("id", "item_id", "filename", "size_bytes", for_account=F("customer__accounts")):
        account_id = row["for_account"]
        found[account_id].append({name: value for name, value in row.items() if name != "for_account"})
    return found


def find_attachment(*, attachment_id: int) -> dict[str, Any] | None:
    """Return the facts of a file, None when there is none. One query."""
    found = Attachment.objects.filter(id=attachment_id)
    row = found.values("id", "customer_id", "account_id", "filename", "content_type", "size_bytes").first()
    return dict(row) if row else None


def open_attachment(*, attachment_id: int) -> File[Any]:
    """Return the stored file, open for reading; the caller closes it. :raises AttachmentNotFound:"""
    row = Attachment.objects.filter(id=attachment_id).first()
    if row is None or not row.file.storage.exists(row.file.name or ""):
        raise AttachmentNotFound(f"no file {attachment_id}")
    opened: File[Any] = row.file.open("rb")
    return opened


@transaction.atomic
def delete_attachment(*, attachment_id: int, actor: Actor) -> None:
    """Delete a file; its story stays. The stored bytes go once the transaction holds. :raises AttachmentNotFound:"""
    row = Attachment.objects.select_for_update().filter(id=attachment_id).first()
    if row is None:
        raise AttachmentNotFound(f"no file {attachment_id}")
    storage, name = row.file.storage, row.file.name or ""
    events.record(_event("attachment.deleted", row, actor))
    row.delete()
    transaction.on_commit(lambda: storage.delete(name))


def _event(kind: str, row: Attachment, actor: Actor) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        customer_id=row.customer_id,
        account_id=row.account_id,
        item_id=row.item_id,
        subject_kind="attachment",
        subject_id=str(row.id or ""),
        payload={"filename": row.filename, "size_bytes": row.size_bytes, "sha256": row.sha256},
    )
