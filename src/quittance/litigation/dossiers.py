"""The file of evidence of a hand-over: asked for, written by a job, read by who may see its account."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.core.files.base import File
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from quittance.foundation import clock, events, jobs, notify
from quittance.foundation.permissions import Actor
from quittance.letters.typesetting import LetterNotWritten
from quittance.litigation.dossier_parts import Part, Subject, list_parts, safe_name
from quittance.litigation.dossier_summary import summary_pdf
from quittance.litigation.limitation import list_clocks
from quittance.litigation.models import Dossier, Handover
from quittance.litigation.queries import find_handover, list_items_of_handover
from quittance.litigation.services import HandoverNotFound
from quittance.parties.attachments import AttachmentNotFound
from quittance.parties.queries import find_account

WRITE_TASK: Final = "litigation.write_dossier"
MEMORY_BYTES_MAX: Final = 16 * 1024 * 1024
State = Dossier.State


class DossierNotFound(LookupError):
    """No dossier has this id, or its file is gone."""


@transaction.atomic
def request_dossier(*, handover_id: int, language: str, actor: Actor) -> int:
    """Ask for a dossier of a hand-over as it stands; a job writes it. Return its id. :raises HandoverNotFound:"""
    if not Handover.objects.filter(id=handover_id).exists():
        raise HandoverNotFound(f"no hand-over {handover_id}")
    row = Dossier.objects.create(
        handover_id=handover_id,
        language=language,
        requested_by_id=actor.user_id,
        requested_by_name=actor.label[:150],
        requested_at=clock.now(),
    )
    jobs.app.configure_task(WRITE_TASK).defer(dossier_id=row.id)
    return row.id


def write_dossier(*, dossier_id: int) -> None:
    """Write a dossier that was asked for; run again it writes it anew, unless it is ready.

    What cannot be written fails the dossier with the reason on it, and nothing else.
    """
    row = Dossier.objects.filter(id=dossier_id).exclude(state=State.READY).first()
    if row is None:
        return
    today = clock.today()
    try:
        with translation.override(row.language):
            _write(row, today)
    except (LetterNotWritten, AttachmentNotFound, OSError) as error:
        Dossier.objects.filter(id=dossier_id).update(
            state=State.FAILED, failure=str(error) or type(error).__name__, finished_at=clock.now()
        )
        notify.publish(_topic(row.handover_id))


def open_dossier(*, dossier_id: int) -> File[Any]:
    """Return the stored archive, open for reading; the caller closes it. :raises DossierNotFound:"""
    row = Dossier.objects.filter(id=dossier_id, state=State.READY).first()
    if row is None or not row.file.storage.exists(row.file.name or ""):
        raise DossierNotFound(f"no dossier {dossier_id}")
    opened: File[Any] = row.file.open("rb")
    return opened


def _write(row: Dossier, today: date) -> None:
    subject = _subject(row.handover_id, today)
    parts = list_parts(subject)
    Dossier.objects.filter(id=row.id).update(state=State.WRITING, progress_done=0, progress_total=len(parts) + 2)
    with tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES_MAX) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            listed = [_add(archive, part, row, done) for done, part in enumerate(parts, 1)]
            listed.insert(0, _add(archive, _summary(subject, listed, today), row, len(parts) + 1))
            archive.writestr("manifest.json", _manifest(subject, listed))
        _keep(row, file, _filename(subject, today))


def _subject(handover_id: int, today: date) -> Subject:
    handover = find_handover(handover_id=handover_id, as_of=today)
    if handover is None:
        raise HandoverNotFound(f"no hand-over {handover_id}")
    items = list_items_of_handover(handover_id=handover_id)
    clocks = list_clocks(item_ids=[row["item_id"] for row in items], as_of=today)
    return Subject(handover=handover, items=items, clocks=clocks, as_of=today)


def _summary(subject: Subject, listed: Sequence[dict[str, Any]], today: date) -> Part:
    content = summary_pdf(subject=subject, listed=listed, on_date=today)
    return Part(path="summary.pdf", kind="SUMMARY", title=_("Summary"), read=lambda: content)


def _add(archive: zipfile.ZipFile, part: Part, row: Dossier, done: int) -> dict[str, Any]:
    content = part.read()
    archive.writestr(part.path, content)
    Dossier.objects.filter(id=row.id).update(progress_done=done)
    notify.publish(_topic(row.handover_id))
    return {
        "path": part.path,
        "kind": part.kind,
        "title": part.title,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _manifest(subject: Subject, listed: Sequence[dict[str, Any]]) -> str:
    handover = subject.handover
    facts = {
        "handover": handover["id"],
        "creditor": handover["company_name"],
        "debtor": handover["customer_name"],
        "account": handover["account_number"],
        "to": handover["to_name"],
        "as_of": subject.as_of.isoformat(),
        "written_at": clock.now().isoformat(timespec="seconds"),
        "parts": listed,
    }
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def _filename(subject: Subject, today: date) -> str:
    name = safe_name(subject.handover["customer_name"])
    return f"dossier-{subject.handover['id']}-{name}-{today:%Y-%m-%d}.zip"


@transaction.atomic
def _keep(row: Dossier, file: Any, filename: str) -> None:
    """Store the archive; a job that ran twice keeps the first one."""
    locked = Dossier.objects.select_for_update().get(id=row.id)
    if locked.state == State.READY:
        return
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    locked.file.save(digest[:32] + ".zip", File(file), save=False)
    locked.size_bytes, locked.sha256, locked.filename = locked.file.size, digest, filename
    locked.state, locked.finished_at, locked.failure = State.READY, clock.now(), ""
    locked.progress_done = locked.progress_total
    locked.save()
    notify.publish(_topic(locked.handover_id))
    _record(locked)


def _record(row: Dossier) -> None:
    account = find_account(account_id=row.handover.account_id)
    events.record(
        events.NewEvent(
            kind="handover.dossier_written",
            actor=Actor(label=row.requested_by_name, user_id=row.requested_by_id),
            company_id=account.company_id if account else None,
            customer_id=account.customer_id if account else None,
            account_id=row.handover.account_id,
            subject_kind="handover",
            subject_id=str(row.handover_id),
            payload={"filename": row.filename, "size_bytes": row.size_bytes, "sha256": row.sha256},
        )
    )


def _topic(handover_id: int) -> str:
    return f"handover.{handover_id}"
