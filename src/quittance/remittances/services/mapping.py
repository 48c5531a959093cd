"""What a person does with a table of payments before it is read: look how it would be read, and say how it is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import transaction

from quittance.core.mapping.remittance_profile import RemittanceProfile
from quittance.core.ports.remittances import (
    FileRefused,
    RejectedLine,
    Remittance,
    RemittanceLine,
    RemittanceTablePreview,
)
from quittance.core.reasons import Reason
from quittance.foundation.import_batches import find_waiting, first_lines, open_table
from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import Actor
from quittance.remittances.errors import BatchNotFound
from quittance.remittances.remittance_files import confirmed_profile, find_table_reader, keep_profile
from quittance.remittances.services.importing import REMITTANCES

PREVIEW_LINES: Final = 12
Status = ImportBatch.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class TableProposal:
    """How a table would be read: the profile confirmed for its headings (`is_confirmed`), else the proposed one."""

    preview: RemittanceTablePreview
    profile: RemittanceProfile
    is_confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSample:
    """The first lines as they would be read; counts are of what was looked at, all of it when `is_whole`."""

    remittances: tuple[Remittance, ...]
    lines: tuple[RemittanceLine, ...]
    rejected: tuple[RejectedLine, ...]
    remarks: tuple[Reason, ...]
    line_count: int
    rejected_count: int
    is_whole: bool

    @property
    def lines_sum(self) -> Decimal:
        """Return what the lines pay together."""
        return sum((each.lines_sum for each in self.remittances), Decimal(0))


def hold_for_columns(*, batch_id: int, is_asked_again: bool = False) -> bool:
    """Let a file wait for a person when it is a table that nobody confirmed; return whether it waits.

    A file that is no table, or cannot be read as one, goes on to the worker, which says why.
    """
    batch = _waiting(batch_id)
    try:
        proposal = propose_table(batch_id=batch_id)
    except (BatchNotFound, FileRefused):
        return False
    if proposal.is_confirmed and not is_asked_again:
        return False
    batch.status = Status.NEEDS_MAPPING
    batch.save(update_fields=["status"])
    return True


def propose_table(*, batch_id: int) -> TableProposal:
    """Say how a registered table would be read. :raises BatchNotFound: :raises FileRefused:"""
    with open_table(batch=_waiting(batch_id), find_reader=find_table_reader) as (reader, stream):
        preview = reader.preview(stream)
    confirmed = confirmed_profile(preview.headings)
    return TableProposal(
        preview=preview, profile=confirmed or preview.proposal.profile, is_confirmed=confirmed is not None
    )


def preview_table(*, batch_id: int, profile: RemittanceProfile) -> TableSample:
    """Read the first megabyte of a registered table as it would be read; writes nothing.

    :raises BatchNotFound: :raises FileRefused:
    """
    with open_table(batch=_waiting(batch_id), find_reader=find_table_reader) as (reader, stream):
        part, is_whole = first_lines(stream=stream)
        file = reader.read_mapped(part, profile=profile)
    lines = sorted((line for each in file.remittances for line in each.lines), key=lambda line: line.position)
    return TableSample(
        remittances=file.remittances,
        lines=tuple(lines[:PREVIEW_LINES]),
        rejected=file.all_rejected[:PREVIEW_LINES],
        remarks=tuple(dict.fromkeys(remark.reason for remark in file.remarks))[:PREVIEW_LINES],
        line_count=len(lines),
        rejected_count=len(file.all_rejected),
        is_whole=is_whole,
    )


def confirm_table(*, batch_id: int, profile: RemittanceProfile, company_id: int | None, actor: Actor) -> None:
    """Say how a registered table is read, and keep it for the next one with the same headings.

    The caller sends the file to the worker. :raises BatchNotFound: when it was started before. :raises FileRefused:
    """
    headings = propose_table(batch_id=batch_id).preview.headings
    with transaction.atomic():
        batch = _waiting(batch_id, is_locked=True)
        batch.profile = {"table": profile.to_json()}
        batch.company_id = company_id or batch.company_id
        batch.status = Status.WAITING
        batch.save(update_fields=["profile", "company_id", "status"])
        keep_profile(headings=headings, profile=profile, actor=actor)


def _waiting(batch_id: int, *, is_locked: bool = False) -> ImportBatch:
    batch = find_waiting(of=REMITTANCES, batch_id=batch_id, is_locked=is_locked)
    if batch is None:
        raise BatchNotFound(f"no table of payments waits as import {batch_id}")
    return batch
