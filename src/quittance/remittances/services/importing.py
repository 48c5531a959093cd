"""Take a file of a payer in: once, whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO, Final, cast

from django.core.files.storage import default_storage
from django.db import transaction

from quittance.core.mapping.remittance_profile import RemittanceProfile
from quittance.core.matching import fold_reference
from quittance.core.ports.remittances import FileRefused, RejectedLine, RemittanceFile
from quittance.core.reasons import Reason, ReasonCode, because
from quittance.core.remittances import Remittance as Parsed
from quittance.foundation import clock
from quittance.foundation.import_batches import (
    ImportKind,
    digest_and_size,
    list_rejected,
    open_batch,
    record_import,
    refuse_batch,
    register_file,
)
from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import Actor
from quittance.parties.queries import CompanyRow, company_ids_of_user, list_companies
from quittance.remittances.errors import BatchNotFound
from quittance.remittances.models import Remittance
from quittance.remittances.remittance_files import FILE_BYTES_MAX, read_remittance_file
from quittance.remittances.services.resolving import find_company_of_references, resolve_remittances
from quittance.remittances.services.storing import Origin, store_remittance

REMITTANCES: Final = ImportKind(
    kind=ImportBatch.Kind.REMITTANCE,
    source="PAYER",
    folder="remittances",
    imported="remittance.imported",
    refused="remittance.refused",
)
Source = Remittance.Source
_KEYS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceImport:
    """What came of one file; amounts as in `core.remittances`.

    `duplicates` counts remittances that came before. `total` adds the announced totals, None when one tells none.
    """

    batch_id: int
    status: str
    format: str = ""
    remittance_ids: tuple[int, ...] = ()
    company_ids: tuple[int, ...] = ()
    remittances_read: int = 0
    duplicates: int = 0
    lines_read: int = 0
    rejected: int = 0
    total: Decimal | None = None
    lines_sum: Decimal = Decimal(0)
    is_adding_up: bool | None = None
    same_as_batch_id: int | None = None
    reason: Reason | None = None
    position: int | None = None
    rejected_lines: tuple[RejectedLine, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Say whether nothing of the file was kept."""
        return self.status == ImportBatch.Status.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sent a message, for remittances that came with it."""

    email: str = ""
    customer_id: int | None = None
    inbound_message_id: int | None = None


def import_remittance(
    *,
    stream: BinaryIO,
    filename: str,
    actor: Actor,
    company_id: int | None = None,
    batch_id: int | None = None,
    profile: RemittanceProfile | None = None,
    source: str = Source.FILE.value,
) -> RemittanceImport:
    """Read a file and write it in one transaction; a refused file leaves only the record of its refusal.

    The same file again changes nothing; the same advice in another file is counted as known. Without `company_id` a
    remittance is of the one company in which its references are open, else of the only company; where none of these
    says which, it is rejected and the rest of the file is in.
    """
    digest, size = digest_and_size(stream=stream, bytes_max=FILE_BYTES_MAX)
    batch = open_batch(
        of=REMITTANCES,
        batch_id=batch_id,
        filename=filename,
        actor=actor,
        company_id=company_id,
        digest=digest,
        size=size,
    )
    same = ImportBatch.objects.filter(
        kind=ImportBatch.Kind.REMITTANCE, sha256=digest, status__in=["DONE", "DONE_WITH_REJECTS"]
    ).exclude(pk=batch.pk)
    known = same.order_by("id").first() if digest else None
    if known is not None and (company_id is None or known.company_id == company_id):
        return _say_known(batch, known, actor)
    try:
        if size > FILE_BYTES_MAX:
            raise FileRefused(because(ReasonCode.REMITTANCE_TOO_LARGE, most=FILE_BYTES_MAX))
        file = read_remittance_file(stream=stream, profile=profile)
    except FileRefused as refused:
        return refuse(batch=batch, refused=refused, actor=actor)
    with transaction.atomic():
        return store_file(batch=batch, file=file, company_id=company_id, actor=actor, source=source)


def register_remittance_file(*, file: BinaryIO, filename: str, actor: Actor, company_id: int | None = None) -> int:
    """Keep an uploaded file and return the id of its import, to be run by the worker."""
    return register_file(of=REMITTANCES, file=file, filename=filename, actor=actor, company_id=company_id)


def run_remittance_import(*, batch_id: int) -> RemittanceImport:
    """Import a registered file; safe to run twice. :raises BatchNotFound:"""
    batch = ImportBatch.objects.filter(pk=batch_id, kind=ImportBatch.Kind.REMITTANCE).first()
    if batch is None:
        raise BatchNotFound(f"no import {batch_id} of a remittance")
    table = batch.profile.get("table")
    with default_storage.open(batch.stored_path, "rb") as stream:
        return import_remittance(
            stream=cast(BinaryIO, stream),
            filename=batch.filename,
            actor=Actor(label=batch.started_by_label, user_id=batch.started_by_id),
            company_id=batch.company_id,
            batch_id=batch.id,
            profile=RemittanceProfile.from_json(table) if table else None,
        )


def store_file(
    *,
    batch: ImportBatch,
    file: RemittanceFile,
    company_id: int | None,
    actor: Actor,
    source: str = Source.FILE.value,
    sender: Sender | None = None,
) -> RemittanceImport:
    """Write what a file said, find customers and items, and say what came of it; the caller is in a transaction."""
    batch.format = file.format[:60]
    batch.status = ImportBatch.Status.RUNNING
    batch.save()
    sender = sender or Sender()
    companies = {company.id: company for company in list_companies()}
    allowed = None if actor.user_id is None else company_ids_of_user(user_id=actor.user_id)
    origin = Origin(
        batch_id=batch.id,
        format=file.format,
        source=source,
        payer_email=sender.email,
        customer_id=sender.customer_id,
        inbound_message_id=sender.inbound_message_id,
    )
    stored: dict[int, list[int]] = {}
    homeless: list[RejectedLine] = []
    duplicates = 0
    for parsed in file.remittances:
        owner = _company_of(parsed, company_id=company_id, companies=companies.values(), allowed=allowed)
        if owner is None:
            homeless.append(_homeless(parsed))
            continue
        found = store_remittance(
            parsed=parsed,
            company_id=owner,
            currency=companies[owner].currency,
            origin=origin,
        )
        if found is None:
            duplicates += 1
        else:
            stored.setdefault(owner, []).append(found)
    for owner, ids in stored.items():
        resolve_remittances(company_id=owner, remittance_ids=ids)
    result = _result(batch, file, stored, homeless, duplicates)
    list_rejected(batch=batch, rejected=result.rejected_lines, remarks=file.remarks)
    _finish(batch, result, actor)
    return result


def _company_of(
    parsed: Parsed, *, company_id: int | None, companies: Iterable[CompanyRow], allowed: frozenset[int] | None
) -> int | None:
    """Return the company that is paid; None when nobody can say, or who imports may not see it."""
    ids = [company.id for company in companies]
    owner = company_id or (ids[0] if len(ids) == 1 else None)
    if owner is None:
        keys = {fold_reference(line.reference) for line in parsed.lines if line.reference}
        owner = find_company_of_references(keys=sorted(keys)[:_KEYS_MAX])
    return owner if owner in ids and (allowed is None or owner in allowed) else None


def _homeless(parsed: Parsed) -> RejectedLine:
    references = ", ".join(line.reference for line in parsed.lines if line.reference)
    return RejectedLine(
        position=parsed.position,
        content=f"{parsed.payer_name} {parsed.payment_reference} {references}".strip()[:400] or "–",
        reason=because(ReasonCode.REMITTANCE_COMPANY_UNKNOWN),
    )


def _result(
    batch: ImportBatch,
    file: RemittanceFile,
    stored: dict[int, list[int]],
    homeless: Sequence[RejectedLine],
    duplicates: int,
) -> RemittanceImport:
    rejected = (*file.all_rejected, *homeless)
    ids = tuple(id_ for found in stored.values() for id_ in found)
    status = ImportBatch.Status.DONE_WITH_REJECTS if rejected else ImportBatch.Status.DONE
    if not ids and not rejected:
        status = ImportBatch.Status.UNCHANGED
    totals = [each.total for each in file.remittances]
    checks = {each.is_adding_up for each in file.remittances}
    return RemittanceImport(
        batch_id=batch.id,
        status=status.value,
        format=file.format,
        remittance_ids=ids,
        company_ids=tuple(sorted(stored)),
        remittances_read=len(file.remittances),
        duplicates=duplicates,
        lines_read=file.lines_read,
        rejected=len(rejected),
        total=None if None in totals else sum((total for total in totals if total is not None), Decimal(0)),
        lines_sum=sum((each.lines_sum for each in file.remittances), Decimal(0)),
        is_adding_up=False if False in checks else None if None in checks or not checks else True,
        rejected_lines=rejected,
        reason=because(ReasonCode.REMITTANCE_KNOWN) if status is ImportBatch.Status.UNCHANGED else None,
    )


def _finish(batch: ImportBatch, result: RemittanceImport, actor: Actor) -> None:
    batch.status = result.status
    batch.tell(result.reason)
    batch.company_id = result.company_ids[0] if len(result.company_ids) == 1 else batch.company_id
    batch.lines_read = result.lines_read + result.rejected
    batch.lines_accepted = result.lines_read
    batch.lines_rejected = result.rejected
    batch.lines_new = result.lines_read if result.remittance_ids else 0
    batch.lines_unchanged = 0 if result.remittance_ids else result.lines_read
    batch.finished_at = clock.now()
    batch.report = {
        "remittance_ids": list(result.remittance_ids),
        "total": None if result.total is None else f"{result.total:f}",
        "lines_sum": f"{result.lines_sum:f}",
        "balanced": result.is_adding_up,
        "duplicates": result.duplicates,
    }
    batch.save()
    payload: dict[str, object] = {"new": len(result.remittance_ids), "duplicates": result.duplicates}
    record_import(of=REMITTANCES, batch=batch, actor=actor, payload=payload)


def _say_known(batch: ImportBatch, known: ImportBatch, actor: Actor) -> RemittanceImport:
    """Note that the very same file came before."""
    batch.status = ImportBatch.Status.UNCHANGED
    batch.format = known.format
    reason = because(ReasonCode.SAME_FILE, number=known.id)
    batch.tell(reason)
    batch.report = {"same_as_batch": known.id}
    batch.finished_at = clock.now()
    with transaction.atomic():
        batch.save()
        record_import(of=REMITTANCES, batch=batch, actor=actor, payload={"new": 0, "duplicates": 1})
    return RemittanceImport(
        batch_id=batch.id, status=batch.status, format=known.format, same_as_batch_id=known.id, reason=reason
    )


def refuse(*, batch: ImportBatch, refused: FileRefused, actor: Actor) -> RemittanceImport:
    """Note why nothing of a file was kept."""
    refuse_batch(of=REMITTANCES, batch=batch, refused=refused, actor=actor)
    return RemittanceImport(batch_id=batch.id, status=batch.status, reason=refused.reason, position=refused.position)
