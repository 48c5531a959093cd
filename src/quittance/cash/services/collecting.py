"""Take in the statements that were left in an inbox, each once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from typing import BinaryIO, Final

from django.db import transaction
from django.db.models import QuerySet

from quittance.cash.services.importing import register_statement_file
from quittance.cash.services.mapping import hold_for_columns
from quittance.core.ports.inboxes import Inbox, InboxFile, InboxFileBusy
from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import Actor

COLLECTOR: Final = Actor(label="inbox")
INBOX: Final = "inbox"


def collect_statements(*, inbox: Inbox, queue_import: Callable[[int], None]) -> int:
    """Register every file of the inbox, queue its import, and settle it; return how many were new.

    A file is registered and queued in one transaction and settled after it. When that fails, because the worker was
    killed or the folder is read-only, the file is known again by its name and content, or, where files stay, by its
    stamp. A table whose columns nobody has confirmed waits for a person. A file that is still written to is left for
    the next time.

    :raises InboxDown: what was registered before stays registered
    """
    try:
        files = inbox.list_files()
        stamps = _known_stamps(inbox, [file.name for file in files if file.stamp])
        return sum(_collect(inbox, file, queue_import) for file in files if (file.name, file.stamp) not in stamps)
    finally:
        inbox.close()


def _collect(inbox: Inbox, file: InboxFile, queue_import: Callable[[int], None]) -> bool:
    """Take one file; say whether it was new."""
    try:
        with inbox.open_file(name=file.name) as stream:
            digest = _digest(stream)
            known = _find_batch(file.name, digest)
            if known is None:
                _register(inbox, file, stream, digest, queue_import)
            elif file.stamp:
                _keep_stamp(known, inbox, file)
    except InboxFileBusy:
        return False
    inbox.settle(name=file.name)
    return known is None


@transaction.atomic
def _register(
    inbox: Inbox, file: InboxFile, stream: BinaryIO, digest: str, queue_import: Callable[[int], None]
) -> None:
    stream.seek(0)
    batch_id = register_statement_file(file=stream, filename=file.name, actor=COLLECTOR)
    batch = ImportBatch.objects.get(pk=batch_id)
    batch.sha256 = digest
    batch.save(update_fields=["sha256"])
    _keep_stamp(batch, inbox, file)
    if not hold_for_columns(batch_id=batch_id):
        queue_import(batch_id)


def _keep_stamp(batch: ImportBatch, inbox: Inbox, file: InboxFile) -> None:
    """Remember what tells this very file in this inbox without reading it."""
    batch.profile = {**batch.profile, INBOX: {"name": inbox.name, "stamp": file.stamp}}
    batch.save(update_fields=["profile"])


def _known_stamps(inbox: Inbox, names: Collection[str]) -> set[tuple[str, str]]:
    """Return name and stamp of the files of an inbox that were taken before. One query."""
    found = _collected().filter(filename__in=names, **{f"profile__{INBOX}__name": inbox.name})
    return set(found.values_list("filename", f"profile__{INBOX}__stamp"))


def _find_batch(name: str, digest: str) -> ImportBatch | None:
    return _collected().filter(filename=name[-255:], sha256=digest).first()


def _collected() -> QuerySet[ImportBatch]:
    return ImportBatch.objects.filter(kind=ImportBatch.Kind.STATEMENT, started_by_label=COLLECTOR.label)


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
