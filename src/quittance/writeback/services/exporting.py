"""Let all that waits of a company leave as one numbered batch, and give its files again as they left."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import Any, Final

from django.core.files import File
from django.db import transaction

from quittance.core.writeback import JournalLine, Purpose, journal_lines
from quittance.foundation import clock, events
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.ledger.services import NewHandedLine, hand_over
from quittance.parties.company_settings import get_company_settings
from quittance.writeback.accounts import journal_plan
from quittance.writeback.errors import BatchNotFound, FileDamaged, NothingWaits
from quittance.writeback.facts import CHUNK_ENTRIES, FoundEntry, entry_words, read_facts
from quittance.writeback.files import WRITERS, BatchHead, Writer, WrittenEntry
from quittance.writeback.models import WriteBackBatch, WriteBackEntry, WriteBackFile
from quittance.writeback.services.collecting import collect_entries, lock_queue

IN_MEMORY_BYTES_MAX: Final = 4 * 1024 * 1024
State = WriteBackEntry.State


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFile:
    """A file as it left."""

    filename: str
    content_type: str
    content: bytes
    sha256: str


@dataclass(slots=True, kw_only=True)
class _Sums:
    entries: int = 0
    lines: int = 0
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)


@transaction.atomic
def export_batch(*, company_id: int, as_of: date, actor: Actor) -> int:
    """Queue what is new, let all that waits leave as one batch, write its files, and return the batch's id.

    :raises NothingWaits: nothing is written then
    """
    collect_entries(company_id=company_id)
    queue = lock_queue(company_id=company_id)
    waiting = WriteBackEntry.objects.filter(company_id=company_id, state=State.WAITING)
    if not waiting.exists():
        raise NothingWaits(f"nothing waits of company {company_id}")
    company = get_company_settings(company_id=company_id, today=as_of)
    queue.last_batch += 1
    queue.save(update_fields=["last_batch"])
    numbers = list(waiting.order_by("number").values_list("number", flat=True))
    head = BatchHead(
        company_code=company.code,
        company_name=company.name,
        batch_number=queue.last_batch,
        exported_on=as_of,
        currency=company.currency,
    )
    with ExitStack() as stack:
        written, sums = _write(stack, company_id, numbers, head, company.language)
        batch = WriteBackBatch.objects.create(
            company_id=company_id,
            number=queue.last_batch,
            exported_on=as_of,
            exported_at=clock.now(),
            exported_by_name=actor.label[:150],
            entry_count=sums.entries,
            line_count=sums.lines,
            currency=company.currency,
            debit_total=sums.debit,
            credit_total=sums.credit,
        )
        digests = _keep(batch, head, written)
    waiting.filter(number__in=numbers).update(state=State.EXPORTED, batch=batch, erp_reference="", refusal="")
    _tell(batch, digests, actor)
    return batch.pk


def read_batch_file(*, batch_id: int, format: str, scope: Scope = EVERYTHING) -> BatchFile:  # noqa: A002  (its name)
    """Return the file of a batch, the very bytes that left.

    :raises BatchNotFound: :raises FileDamaged:
    """
    found = WriteBackFile.objects.select_related("batch").filter(batch_id=batch_id, format=format).first()
    if found is None or not scope.allows_company(found.batch.company_id):
        raise BatchNotFound(f"no batch {batch_id} in format {format}")
    try:
        with found.file.open("rb") as stream:
            content = stream.read()
    except (OSError, ValueError) as error:
        raise FileDamaged(f"the file {found.filename} is gone") from error
    if hashlib.sha256(content).hexdigest() != found.sha256:
        raise FileDamaged(f"the file {found.filename} is not what left")
    return BatchFile(filename=found.filename, content_type=WRITERS[format][2], content=content, sha256=found.sha256)


def _write(
    stack: ExitStack, company_id: int, numbers: list[int], head: BatchHead, language: str
) -> tuple[dict[str, SpooledTemporaryFile[bytes]], _Sums]:
    """Write all formats in one pass; return the open files and what is in them."""
    plan = journal_plan(company_id=company_id, language=language)
    writers: dict[str, Writer] = {name: kind(batch=head, plan=plan) for name, (kind, _, _) in WRITERS.items()}
    targets = {
        name: stack.enter_context(SpooledTemporaryFile(IN_MEMORY_BYTES_MAX, "w+b"))  # noqa: SIM115  (the stack closes)
        for name in writers
    }
    sums = _Sums()

    def put(name: str, text: str) -> None:
        targets[name].write(text.encode())

    for name, writer in writers.items():
        put(name, writer.head())
    for one in _entries(company_id, numbers, plan, language):
        sums.entries += 1
        sums.lines += len(one.lines)
        sums.debit += sum(line.debit for line in one.lines)
        sums.credit += sum(line.credit for line in one.lines)
        for name, writer in writers.items():
            put(name, writer.entry(one))
    for name, writer in writers.items():
        put(name, writer.foot())
    return targets, sums


def _entries(company_id: int, numbers: list[int], plan: Any, language: str) -> Iterator[WrittenEntry]:
    """Go through the entries of a batch; what they say of customers' accounts is kept, to be known when it is back."""
    handed: list[NewHandedLine] = []
    for found in read_facts(company_id=company_id, numbers=numbers):
        lines = journal_lines(found.fact, plan)
        handed += handed_lines(company_id=company_id, found=found, lines=lines)
        if len(handed) >= CHUNK_ENTRIES:
            hand_over(lines=handed)
            handed = []
        yield WrittenEntry(fact=found.fact, lines=lines, words=entry_words(found=found, language=language))
    hand_over(lines=handed)


def handed_lines(*, company_id: int, found: FoundEntry, lines: Iterable[JournalLine]) -> Iterator[NewHandedLine]:
    """Go through the lines of an entry that stand on a customer's account, as a file of the ERP will repeat them."""
    for place, line in enumerate(lines):
        if line.auxiliary:
            value = line.debit - line.credit
            yield NewHandedLine(
                company_id=company_id,
                entry_number=line.number,
                place=place,
                account_id=found.account_ids[line.auxiliary],
                item_id=found.item_id,
                is_posting=line.purpose == Purpose.POST,
                document_number=line.document_number,
                day=line.day,
                currency=line.currency or found.fact.company_currency,
                amount=line.amount if line.currency else value,
                company_currency=found.fact.company_currency,
                amount_company=value,
            )


def _keep(batch: WriteBackBatch, head: BatchHead, written: dict[str, SpooledTemporaryFile[bytes]]) -> dict[str, str]:
    """Keep the files of a batch; return their digests by format."""
    digests = {}
    for name, stream in written.items():
        stream.seek(0)
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        filename = f"{head.company_code}-{head.batch_number:06d}-{head.exported_on:%Y%m%d}.{WRITERS[name][1]}"
        row = WriteBackFile(batch=batch, format=name, filename=filename, size_bytes=stream.tell(), sha256=digest)
        stream.seek(0)
        row.file.save(filename, File(stream), save=False)
        row.save()
        digests[name] = digest
    return digests


def _tell(batch: WriteBackBatch, digests: dict[str, str], actor: Actor) -> None:
    events.record(
        events.NewEvent(
            kind="writeback.exported",
            actor=actor,
            company_id=batch.company_id,
            subject_kind="writeback_batch",
            subject_id=str(batch.pk),
            payload={
                "number": batch.number,
                "entries": batch.entry_count,
                "lines": batch.line_count,
                "total": f"{batch.debit_total:f}",
                "currency": batch.currency,
                "sha256": digests,
            },
        )
    )
