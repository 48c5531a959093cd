"""What files of every kind share on their way in: kept once, told apart by their digest, refused with a reason."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeVar, cast

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from quittance.core.ports.intake import FileRefused, LineRemark, RejectedLine
from quittance.core.reasons import ReasonCode, because
from quittance.foundation import clock, events
from quittance.foundation.models import ImportBatch
from quittance.foundation.models import RejectedLine as RejectedRow
from quittance.foundation.permissions import Actor

PREVIEW_BYTES_MAX: Final = 1 << 20
_CHUNK_BYTES: Final = 1 << 20
_PACKED: Final = (b"PK", b"\xd0\xcf")
Status = ImportBatch.Status
ReaderT = TypeVar("ReaderT")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportKind:
    """How imports of one kind of files are named and kept; `imported` and `refused` are kinds of events."""

    kind: ImportBatch.Kind
    source: str
    folder: str
    imported: str
    refused: str


def digest_and_size(*, stream: BinaryIO, bytes_max: int) -> tuple[str, int]:
    """Return the SHA-256 and the size; a file over the limit, which is refused, is not read for its digest."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size > bytes_max:
        return "", size
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)
    stream.seek(0)
    return digest.hexdigest(), size


def open_batch(
    *,
    of: ImportKind,
    batch_id: int | None,
    filename: str,
    actor: Actor,
    company_id: int | None,
    digest: str,
    size: int,
) -> ImportBatch:
    """Return the record of this import, new and unsaved or the one registered before."""
    known = None if batch_id is None else ImportBatch.objects.filter(pk=batch_id).first()
    batch = known or ImportBatch(
        kind=of.kind,
        source=of.source,
        filename=filename[-255:],
        company_id=company_id,
        started_by_id=actor.user_id,
        started_by_label=actor.label,
        created_at=clock.now(),
    )
    batch.sha256 = digest
    batch.size_bytes = size
    batch.started_at = clock.now()
    return batch


def register_file(*, of: ImportKind, file: BinaryIO, filename: str, actor: Actor, company_id: int | None) -> int:
    """Keep an uploaded file and return the id of its import, to be run by the worker."""
    stored = default_storage.save(f"{of.folder}/{clock.now():%Y/%m}/{filename[-100:]}", File(file))
    size = default_storage.size(stored)
    batch = open_batch(
        of=of, batch_id=None, filename=filename, actor=actor, company_id=company_id, digest="", size=size
    )
    batch.stored_path = stored
    batch.save()
    return batch.id


def refuse_batch(*, of: ImportKind, batch: ImportBatch, refused: FileRefused, actor: Actor) -> None:
    """Note why nothing of a file was kept."""
    batch.status = Status.REFUSED
    batch.tell(refused.reason, position=refused.position)
    batch.report = {"reason_code": refused.reason_code, "position": refused.position}
    batch.finished_at = clock.now()
    with transaction.atomic():
        batch.save()
        record_import(of=of, batch=batch, actor=actor, payload={"reason_code": refused.reason_code})


def record_import(*, of: ImportKind, batch: ImportBatch, actor: Actor, payload: dict[str, object]) -> None:
    """Write the event of a file that is in, or was refused."""
    events.record(
        events.NewEvent(
            kind=of.refused if batch.status == Status.REFUSED else of.imported,
            actor=actor,
            company_id=batch.company_id,
            subject_kind="import",
            subject_id=str(batch.id),
            payload={"filename": batch.filename, "format": batch.format, "status": batch.status, **payload},
        )
    )


def list_rejected(*, batch: ImportBatch, rejected: Iterable[RejectedLine], remarks: Iterable[LineRemark]) -> None:
    """List what was not taken in, and remarks on what was; a list from before is replaced."""
    RejectedRow.objects.filter(batch=batch).delete()
    RejectedRow.objects.bulk_create(
        [
            RejectedRow(
                batch=batch,
                position=line.position,
                content=line.content.replace("\x00", ""),
                reason_code=line.reason_code,
                reason_params=dict(line.reason.params),
                is_warning=is_warning,
            )
            for lines, is_warning in ((rejected, False), (remarks, True))
            for line in lines
        ],
        batch_size=1000,
    )


def find_waiting(*, of: ImportKind, batch_id: int, is_locked: bool = False) -> ImportBatch | None:
    """Return a registered file that nobody has started; locked, only one that waits for its columns."""
    states = [Status.NEEDS_MAPPING, *([] if is_locked else [Status.WAITING])]
    found = ImportBatch.objects.filter(pk=batch_id, kind=of.kind, status__in=states)
    return (found.select_for_update() if is_locked else found).first()


@contextmanager
def open_table(
    *, batch: ImportBatch, find_reader: Callable[[BinaryIO], ReaderT | None]
) -> Iterator[tuple[ReaderT, BinaryIO]]:
    """Open a registered file with the reader of tables. :raises FileRefused: FILE_GONE, or it is no table"""
    if not batch.stored_path or not default_storage.exists(batch.stored_path):
        raise FileRefused(because(ReasonCode.FILE_GONE))
    with default_storage.open(batch.stored_path, "rb") as stored:
        stream = cast(BinaryIO, stored)
        reader = find_reader(stream)
        if reader is None:
            raise FileRefused(because(ReasonCode.NOT_A_TABLE))
        yield reader, stream


def first_lines(*, stream: BinaryIO) -> tuple[BinaryIO, bool]:
    """Return the first megabyte of a text in whole lines, and whether that is all; a workbook is always whole."""
    head = stream.read(PREVIEW_BYTES_MAX + 1)
    is_whole = len(head) <= PREVIEW_BYTES_MAX or head.startswith(_PACKED)
    stream.seek(0)
    return (stream, True) if is_whole else (io.BytesIO(head[: head.rfind(b"\n") + 1] or head), False)
