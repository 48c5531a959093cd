"""What a person does with an uploaded file before it is read: look at it, say whose it is, let it go."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.core.files.storage import default_storage
from django.db import transaction

from quittance.core.ports.intake import FileRefused, IntakeRecord, LedgerLine, LineRemark, Reading, RejectedLine
from quittance.core.reasons import Reason, ReasonCode, because
from quittance.foundation import clock
from quittance.foundation.models import ImportBatch
from quittance.foundation.queries import CASH_KINDS
from quittance.foundation.registry import adapter

SAMPLE_LINES_MAX: Final = 20_000
_OPEN: Final = frozenset({"NEEDS_MAPPING", "FAILED", "REFUSED"})


class UploadNotFound(LookupError):
    """No uploaded file that waits has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLine:
    """One line as it would be read: its values by field, or why it would not be taken."""

    position: int
    values: Mapping[str, str | date | Decimal | int | bool | None]
    content: str = ""
    reason: Reason | None = None

    @property
    def is_rejected(self) -> bool:
        """Tell whether the line would be rejected."""
        return self.reason is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How the first lines of a file would be read.

    Counts are of the lines looked at, and so are `first_days`, the earliest posting day of each currency whose lines
    bring no amount in the company's, and `company_codes`, the companies they name. `lines_total` is of the whole
    file, worked out from its size when not all of it was looked at (`is_whole` False), None when it cannot be told.
    """

    lines: tuple[PreviewLine, ...]
    rejected: tuple[PreviewLine, ...]
    remarks: tuple[Reason, ...]
    lines_accepted: int
    lines_rejected: int
    lines_other: int
    is_whole: bool
    lines_total: int | None
    first_days: Mapping[str, date]
    company_codes: frozenset[str]


def preview_import(*, batch_id: int, reader: str, settings: Mapping[str, Any], lines_max: int = 12) -> Preview:
    """Read up to 20,000 lines of an uploaded file as they would be read; writes nothing.

    :raises UploadNotFound: :raises FileRefused: :raises ValueError: for settings the reader does not know
    """
    batch = _waiting(batch_id)
    with _stored(batch) as path:
        reading: Reading = adapter("quittance.erp", reader)().open(path=path, settings=dict(settings))
        return _preview(reading, size=batch.size_bytes, lines_max=lines_max)


def place_upload(*, batch_id: int, company_id: int | None, source: str, is_snapshot: bool) -> None:
    """Say whose an uploaded file is, under which source, and whether it is a full snapshot. :raises UploadNotFound:"""
    with transaction.atomic():
        batch = _waiting(batch_id, is_locked=True)
        batch.company_id, batch.source, batch.is_snapshot = company_id, source[:60], is_snapshot
        batch.save(update_fields=["company_id", "source", "is_snapshot"])


def refuse_upload(*, batch_id: int, refusal: FileRefused) -> None:
    """Mark an uploaded file that no reader can make anything of; its reason stays with it. :raises UploadNotFound:"""
    with transaction.atomic():
        batch = _waiting(batch_id, is_locked=True)
        batch.status, batch.finished_at = ImportBatch.Status.REFUSED, clock.now()
        batch.tell(refusal.reason, position=refusal.position)
        batch.report = {"reason_code": refusal.reason_code, "position": refusal.position}
        batch.save(update_fields=["status", "finished_at", "reason_code", "reason_params", "message", "report"])


def discard_upload(*, batch_id: int) -> str:
    """Forget an uploaded file of which nothing was read, and delete it; return its name. :raises UploadNotFound:"""
    with transaction.atomic():
        batch = _waiting(batch_id, is_locked=True)
        stored, name = batch.stored_path, batch.filename
        batch.delete()
        if stored:
            transaction.on_commit(lambda: default_storage.delete(stored))
    return name


def _waiting(batch_id: int, *, is_locked: bool = False) -> ImportBatch:
    found = ImportBatch.objects.filter(id=batch_id, status__in=_OPEN).exclude(kind__in=CASH_KINDS)
    batch = (found.select_for_update() if is_locked else found).first()
    if batch is None:
        raise UploadNotFound(f"no file waits as import {batch_id}")
    return batch


@contextmanager
def _stored(batch: ImportBatch) -> Iterator[Path]:
    """Yield a path to the stored file, a copy of it when the storage is not a disk. :raises FileRefused: it is gone"""
    if not batch.stored_path or not default_storage.exists(batch.stored_path):
        raise FileRefused(because(ReasonCode.FILE_GONE))
    try:
        yield Path(default_storage.path(batch.stored_path))
    except NotImplementedError:
        with tempfile.TemporaryDirectory() as folder, default_storage.open(batch.stored_path) as stored:
            copy = Path(folder) / batch.filename
            with copy.open("wb") as target:
                shutil.copyfileobj(stored, target)
            yield copy


def _preview(reading: Reading, *, size: int, lines_max: int) -> Preview:
    taken: list[PreviewLine] = []
    rejected: list[PreviewLine] = []
    remarks: list[Reason] = []
    first_days: dict[str, date] = {}
    company_codes: set[str] = set()
    accepted_count = rejected_count = 0
    is_whole = True
    for record in reading.records():
        if isinstance(record, LineRemark):
            remarks.append(record.reason)
            continue
        if isinstance(record, RejectedLine):
            rejected_count += 1
            if len(rejected) < lines_max:
                rejected.append(
                    PreviewLine(position=record.position, values={}, content=record.content, reason=record.reason)
                )
        else:
            accepted_count += 1
            company_codes.add(getattr(record, "company_code", None) or "")
            if isinstance(record, LedgerLine) and record.amount_company is None:
                known = first_days.get(record.currency, record.posting_date)
                first_days[record.currency] = min(known, record.posting_date)
            if len(taken) < lines_max:
                taken.append(PreviewLine(position=record.position, values=_values(record)))
        if accepted_count + rejected_count >= SAMPLE_LINES_MAX:
            is_whole = False
            break
    stats = reading.stats
    total: int | None = stats.lines_read
    if not is_whole:
        total = stats.lines_read * size // reading.bytes_read if reading.bytes_read else None
    return Preview(
        lines=tuple(taken),
        rejected=tuple(rejected),
        remarks=tuple(dict.fromkeys(remarks))[:20],
        lines_accepted=accepted_count,
        lines_rejected=rejected_count,
        lines_other=stats.lines_other,
        is_whole=is_whole,
        lines_total=total,
        first_days=first_days,
        company_codes=frozenset(company_codes - {""}),
    )


def _values(record: IntakeRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__ if name not in {"position", "extra"}}
