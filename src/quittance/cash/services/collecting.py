"""Take in the statements that were left in an inbox, each once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.db import transaction

from quittance.cash.services.importing import register_statement_file
from quittance.cash.services.mapping import hold_for_columns
from quittance.core.ports.inboxes import Inbox
from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import Actor

COLLECTOR = Actor(label="inbox")


def collect_statements(*, inbox: Inbox, queue_import: Callable[[int], None]) -> int:
    """Register every file of the inbox, queue its import, and settle it; return how many were new.

    A file is registered and queued in one transaction and settled after it. When that fails, because the worker was
    killed or the folder is read-only, the file is known again by its name and content. A table whose columns nobody
    has confirmed waits for a person.

    :raises InboxDown: what was registered before stays registered
    """
    count = 0
    for file in inbox.list_files():
        digest = _digest(inbox, file.name)
        if not _is_known(file.name, digest):
            _register(inbox, file.name, digest, queue_import)
            count += 1
        inbox.settle(name=file.name)
    return count


@transaction.atomic
def _register(inbox: Inbox, name: str, digest: str, queue_import: Callable[[int], None]) -> None:
    with inbox.open_file(name=name) as stream:
        batch_id = register_statement_file(file=stream, filename=name, actor=COLLECTOR)
    ImportBatch.objects.filter(pk=batch_id).update(sha256=digest)
    if not hold_for_columns(batch_id=batch_id):
        queue_import(batch_id)


def _is_known(name: str, digest: str) -> bool:
    known = ImportBatch.objects.filter(kind=ImportBatch.Kind.STATEMENT, started_by_label=COLLECTOR.label)
    return known.filter(filename=name[-255:], sha256=digest).exists()


def _digest(inbox: Inbox, name: str) -> str:
    digest = hashlib.sha256()
    with inbox.open_file(name=name) as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
