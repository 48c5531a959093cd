"""Imports: store a file, propose how to read it, start, run, and find those that died."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection, transaction
from django.utils.translation import gettext as _

from quittance.core.ports.intake import FileKind, FileRefused, Reading
from quittance.core.reasons import Reason, ReasonCode, because
from quittance.foundation import clock, events
from quittance.foundation.models import ImportBatch, RejectedLine
from quittance.foundation.permissions import Actor
from quittance.foundation.queries import CASH_KINDS
from quittance.foundation.registry import adapter
from quittance.ledger.intake.loading import LoadOrder, LoadResult, load_ledger_lines
from quittance.ledger.intake.parties_file import load_party_lines
from quittance.ledger.intake.progress import Progress
from quittance.ledger.intake.proposing import ImportProposal, UnknownProfile, propose, save_profile
from quittance.parties.intake import Resolution

logger = logging.getLogger(__name__)
BATCH_LOCK: Final = 7005
_BLOCK_BYTES: Final = 1 << 20
_FINISHED: Final = frozenset({"DONE", "DONE_WITH_REJECTS", "UNCHANGED"})
_KINDS: Final = {
    FileKind.OPEN_ITEMS: ImportBatch.Kind.LEDGER,
    FileKind.CUSTOMERS: ImportBatch.Kind.CUSTOMERS,
    FileKind.CONTACTS: ImportBatch.Kind.CONTACTS,
}


class ImportNotFound(LookupError):
    """No import has this id."""


class ImportRefused(ValueError):
    """The import cannot be started like this; the message says why."""


def store_upload(
    *,
    file: IO[bytes],
    filename: str,
    actor: Actor,
    company_id: int | None = None,
    source: str = "",
    is_snapshot: bool = False,
) -> int:
    """Keep an uploaded file and return the id of its import, which waits for its mapping to be confirmed."""
    digest, size = _digest(file)
    name = default_storage.save(f"imports/{clock.today():%Y/%m}/{Path(filename).name}", File(file))
    batch = _create_batch(filename=filename, actor=actor, company_id=company_id, source=source, is_snapshot=is_snapshot)
    batch.stored_path, batch.sha256, batch.size_bytes = name, digest, size
    batch.status = ImportBatch.Status.NEEDS_MAPPING
    batch.save()
    return batch.id


def propose_profile(*, batch_id: int, kind: str | None = None) -> ImportProposal:
    """Look at the file of an import and say how it would be read, with a preview; writes nothing.

    :raises ImportNotFound: :raises FileRefused: when no reader can make anything of it
    """
    batch = _get(batch_id)
    with _local_file(batch) as path:
        return propose(path=path, filename=batch.filename, company_id=batch.company_id, source=batch.source, kind=kind)


@transaction.atomic
def start_import(
    *,
    batch_id: int,
    reader: str,
    settings: Mapping[str, Any],
    actor: Actor,
    company_id: int | None = None,
    department_id: int | None = None,
    source: str = "",
    is_snapshot: bool | None = None,
    may_create_accounts: bool = True,
    save_profile_as: str = "",
) -> None:
    """Confirm how a stored file is read and hand it to the queue; the profile is kept under a name if one is given.

    :raises ImportNotFound: :raises ImportRefused: when it was started before
    """
    batch = ImportBatch.objects.select_for_update().filter(id=batch_id).first()
    if batch is None:
        raise ImportNotFound(f"no import {batch_id}")
    startable = {ImportBatch.Status.NEEDS_MAPPING, ImportBatch.Status.FAILED, ImportBatch.Status.REFUSED}
    if batch.status not in startable:
        raise ImportRefused(_("This import was started before."))
    batch.company_id = company_id or batch.company_id
    batch.source = source or batch.source
    batch.is_snapshot = batch.is_snapshot if is_snapshot is None else is_snapshot
    batch.profile = _profile(reader, settings, department_id=department_id, may_create_accounts=may_create_accounts)
    batch.status = ImportBatch.Status.WAITING
    batch.tell(None)
    batch.save()
    if save_profile_as:
        with _local_file(batch) as path:
            save_profile(name=save_profile_as, settings=settings, path=path, actor=actor)
    from quittance.ledger.tasks import run_import_job  # the task calls this module back

    run_import_job.defer(batch_id=batch_id)


def import_file(
    *,
    path: Path,
    actor: Actor,
    company_id: int | None = None,
    department_id: int | None = None,
    source: str = "",
    reader: str | None = None,
    kind: str | None = None,
    settings: Mapping[str, Any] | None = None,
    profile_name: str | None = None,
    is_snapshot: bool = False,
    may_create_companies: bool = False,
    may_create_accounts: bool = True,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> int:
    """Take a file in at once, without the queue, by the proposed profile unless one is given; return the import's id.

    What came of it is in the import's status, reason and report; a refused file raises nothing.
    """
    batch = _create_batch(
        filename=path.name, actor=actor, company_id=company_id, source=source, is_snapshot=is_snapshot
    )
    try:
        with path.open("rb") as file:
            batch.sha256, batch.size_bytes = _digest(file)
        found = propose(
            path=path,
            filename=path.name,
            company_id=company_id,
            source=source,
            reader=reader,
            kind=kind,
            settings=settings,
            profile_name=profile_name,
        )
    except FileRefused as refusal:
        _finish_refused(batch, refusal)
        return batch.id
    except UnknownProfile as error:
        _finish_refused(batch, FileRefused(because(ReasonCode.PROFILE_UNKNOWN, name=error)))
        return batch.id
    except ValueError as error:
        _finish_refused(batch, FileRefused(because(ReasonCode.WRONG_SETTINGS, detail=error)))
        return batch.id
    except OSError as error:
        _finish_refused(batch, FileRefused(because(ReasonCode.UNREADABLE_FILE, detail=error.strerror)))
        return batch.id
    batch.profile = _profile(
        found.reader,
        found.settings,
        department_id=department_id,
        may_create_accounts=may_create_accounts,
        may_create_companies=may_create_companies,
    )
    batch.source = source or found.source
    batch.save()
    run_import(batch_id=batch.id, path=path, on_progress=on_progress)
    return batch.id


def run_import(
    *, batch_id: int, path: Path | None = None, on_progress: Callable[[str, int, int], None] | None = None
) -> None:
    """Run a waiting import to its end; safe to call twice: the second call finds it running or done.

    Nothing of a file that cannot be read whole stays in the ledger. `path` serves a file that was not uploaded.
    """
    with _alive(batch_id) as is_mine:
        batch = _get(batch_id)
        if not is_mine or batch.status not in {ImportBatch.Status.WAITING, ImportBatch.Status.RUNNING}:
            return
        _mark_running(batch)
        progress = Progress(batch_id=batch_id, on_progress=on_progress)
        try:
            with _local_file(batch, path) as file:
                _take_in(batch, file, progress)
        except FileRefused as refusal:
            _finish_refused(batch, refusal)
        except Exception:
            logger.exception("import %s failed", batch_id)
            _finish_failed(batch, because(ReasonCode.SOFTWARE_ERROR))
        finally:
            progress.close()


def fail_dead_imports() -> int:
    """Mark imports that say RUNNING but whose process is gone; they can be started again. Return how many."""
    found = 0
    for batch in ImportBatch.objects.filter(status=ImportBatch.Status.RUNNING).exclude(kind__in=CASH_KINDS):
        with _alive(batch.id) as is_mine:
            if is_mine:
                _finish_failed(batch, because(ReasonCode.CUT_OFF))
                found += 1
    return found


def _take_in(batch: ImportBatch, path: Path, progress: Progress) -> None:
    """Read and post a file and finish its batch, in one transaction. :raises FileRefused:"""
    earlier = _same_file_before(batch)
    if earlier is not None:
        _finish_same(batch, earlier)
        return
    settings = dict(batch.profile.get("settings") or {})
    reading: Reading = adapter("quittance.erp", batch.profile["reader"])().open(path=path, settings=settings)
    batch.kind = _KINDS[reading.kind]
    with transaction.atomic():
        order = _order(batch)
        size = batch.size_bytes
        if reading.kind is FileKind.OPEN_ITEMS:
            result = load_ledger_lines(reading=reading, order=order, progress=progress, bytes_total=size)
        else:
            result = load_party_lines(reading=reading, order=order, progress=progress, bytes_total=size)
        _finish(batch, result, order.actor)


def _order(batch: ImportBatch) -> LoadOrder:
    return LoadOrder(
        batch_id=batch.id,
        source=batch.source,
        company_id=batch.company_id,
        department_id=batch.profile.get("department_id"),
        is_snapshot=batch.is_snapshot,
        may_create_companies=bool(batch.profile.get("may_create_companies")),
        may_create_accounts=bool(batch.profile.get("may_create_accounts", True)),
        actor=Actor(label=batch.started_by_label, user_id=batch.started_by_id),
        today=clock.today(),
        moment=clock.now(),
    )


def _same_file_before(batch: ImportBatch) -> ImportBatch | None:
    """Return the latest import of this source and company when it was of this very file, read in full the same way."""
    latest = (
        ImportBatch.objects.filter(source=batch.source, company_id=batch.company_id, status__in=_FINISHED)
        .exclude(id=batch.id)
        .exclude(kind__in=CASH_KINDS)
        .order_by("-finished_at", "-id")
        .first()
    )
    is_same = (
        latest is not None
        and latest.sha256 == batch.sha256 != ""
        and latest.lines_rejected == 0
        and latest.is_snapshot == batch.is_snapshot
        and latest.profile == batch.profile
    )
    return latest if is_same else None


def _finish_same(batch: ImportBatch, earlier: ImportBatch) -> None:
    batch.kind, batch.format, batch.report = earlier.kind, earlier.format, dict(earlier.report)
    batch.lines_read, batch.lines_accepted = earlier.lines_read, earlier.lines_accepted
    batch.lines_unchanged = earlier.lines_accepted
    batch.report["same_as_batch"] = earlier.id
    _finish_as(batch, ImportBatch.Status.UNCHANGED, because(ReasonCode.SAME_FILE, number=earlier.id))


def _finish(batch: ImportBatch, result: LoadResult, actor: Actor) -> None:
    batch.format = result.stats.layout[:60]
    for name in ("read", "accepted", "rejected", "new", "changed", "unchanged", "closed"):
        value = result.stats.lines_read if name == "read" else getattr(result, f"lines_{name}")
        setattr(batch, f"lines_{name}", value)
    batch.report = {
        **_receivable(result),
        "letter_groups": result.letter_groups,
        "letter_groups_applied": result.letter_groups_applied,
        "lines_other": result.stats.lines_other,
        "lines_reopened": result.lines_reopened,
        "lines_returned": result.lines_returned,
        "unbalanced_entries": result.stats.unbalanced_entries,
        "encoding": result.stats.encoding,
        "created": _created(result.created),
        "remarks": RejectedLine.objects.filter(batch=batch, is_warning=True).count(),
    }
    if result.lines_rejected:
        status = ImportBatch.Status.DONE_WITH_REJECTS
    elif result.has_changed_anything:
        status = ImportBatch.Status.DONE
    else:
        status = ImportBatch.Status.UNCHANGED
    is_unchanged = status == ImportBatch.Status.UNCHANGED
    nothing_new = because(ReasonCode.ALL_KNOWN) if result.lines_accepted else because(ReasonCode.NOTHING_OWED)
    _finish_as(batch, status, nothing_new if is_unchanged else result.closing_note)
    events.record(
        events.NewEvent(
            kind="import.finished",
            actor=actor,
            company_id=batch.company_id,
            subject_kind="import",
            subject_id=str(batch.id),
            payload={
                "filename": batch.filename,
                "source": batch.source,
                "sha256": batch.sha256,
                "new": result.lines_new,
                "changed": result.lines_changed,
                "unchanged": result.lines_unchanged,
                "rejected": result.lines_rejected,
                "closed": result.lines_closed,
                "returned": result.lines_returned,
            },
        )
    )


def _created(created: Resolution) -> dict[str, Any]:
    names = ("companies", "departments", "customer_count", "account_count")
    return {name: getattr(created, name) for name in names}


def _receivable(result: LoadResult) -> dict[str, Any]:
    """Return the totals of the lines that are in, as text; None for a sum over companies of different currencies."""
    currency, debit, credit = result.receivable or (None, None, None)
    return {
        "receivable_currency": currency,
        "receivable_debit": None if debit is None else f"{debit:f}",
        "receivable_credit": None if credit is None else f"{credit:f}",
        "totals_by_currency": [
            [code, f"{debit:f}", f"{credit:f}"] for code, (debit, credit) in result.receivable_by_currency.items()
        ],
    }


def _finish_refused(batch: ImportBatch, refusal: FileRefused) -> None:
    batch.report = {"reason_code": refusal.reason_code, "position": refusal.position}
    _finish_as(batch, ImportBatch.Status.REFUSED, refusal.reason, position=refusal.position)


def _finish_failed(batch: ImportBatch, reason: Reason) -> None:
    _finish_as(batch, ImportBatch.Status.FAILED, reason)


def _finish_as(batch: ImportBatch, status: str, reason: Reason | None, *, position: int | None = None) -> None:
    batch.status, batch.finished_at = status, clock.now()
    batch.tell(reason, position=position)
    batch.progress_stage = ""
    batch.save()


def _mark_running(batch: ImportBatch) -> None:
    batch.status, batch.started_at = ImportBatch.Status.RUNNING, clock.now()
    batch.tell(None)
    batch.progress_total = batch.size_bytes
    batch.save()


def _create_batch(
    *, filename: str, actor: Actor, company_id: int | None, source: str, is_snapshot: bool
) -> ImportBatch:
    return ImportBatch.objects.create(
        kind=ImportBatch.Kind.LEDGER,
        source=source[:60],
        company_id=company_id,
        filename=Path(filename).name[:255],
        is_snapshot=is_snapshot,
        started_by_id=actor.user_id,
        started_by_label=actor.label,
        created_at=clock.now(),
    )


def _profile(
    reader: str,
    settings: Mapping[str, Any],
    *,
    department_id: int | None,
    may_create_accounts: bool,
    may_create_companies: bool = False,
) -> dict[str, Any]:
    return {
        "reader": reader,
        "settings": dict(settings),
        "department_id": department_id,
        "may_create_accounts": may_create_accounts,
        "may_create_companies": may_create_companies,
    }


def _get(batch_id: int) -> ImportBatch:
    batch = ImportBatch.objects.filter(id=batch_id).first()
    if batch is None:
        raise ImportNotFound(f"no import {batch_id}")
    return batch


@contextmanager
def _alive(batch_id: int) -> Iterator[bool]:
    """Hold the lock that says the import's process lives; yield whether it could be had. A dead session loses it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [BATCH_LOCK, batch_id])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [BATCH_LOCK, batch_id])


@contextmanager
def _local_file(batch: ImportBatch, path: Path | None = None) -> Iterator[Path]:
    """Yield a path to the file: as given, as stored on disk, or a copy of what the storage holds elsewhere."""
    if path is not None:
        yield path
        return
    if isinstance(default_storage, FileSystemStorage):
        yield Path(default_storage.path(batch.stored_path))
        return
    with tempfile.TemporaryDirectory() as folder, default_storage.open(batch.stored_path) as stored:
        copy = Path(folder) / batch.filename
        with copy.open("wb") as target:
            shutil.copyfileobj(stored, target)
        yield copy


def _digest(file: IO[bytes]) -> tuple[str, int]:
    """Return the SHA-256 and the size of a file, and go back to its start."""
    digest, size = sha256(), 0
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
        size += len(block)
    file.seek(0)
    return digest.hexdigest(), size
