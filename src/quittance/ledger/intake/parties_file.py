"""Take a customer master or a contact file in; the rows themselves are the parties' business."""

from __future__ import annotations

from collections.abc import Iterator

from quittance.core.ports.intake import (
    ContactLine,
    FileKind,
    LedgerLine,
    LineRemark,
    MasterLine,
    Reading,
    RejectedLine,
)
from quittance.ledger.intake import staging
from quittance.ledger.intake.loading import LoadOrder, LoadResult
from quittance.ledger.intake.progress import Progress
from quittance.parties.party_files import take_contacts, take_masters


def load_party_lines(*, reading: Reading, order: LoadOrder, progress: Progress, bytes_total: int) -> LoadResult:
    """Read and take in customers or contacts, in the caller's transaction. :raises FileRefused:"""
    told: list[RejectedLine | LineRemark] = []
    lines = list(_good_lines(reading, told, progress, bytes_total))
    progress.tell("POSTING")
    take = take_masters if reading.kind is FileKind.CUSTOMERS else take_contacts
    taken = take(
        lines=lines,  # type: ignore[arg-type]  # the kind of the file says which they are
        company_id=order.company_id,
        department_id=order.department_id,
        may_create_companies=order.may_create_companies,
        moment=order.moment,
        actor=order.actor,
    )
    staging.store_rejected(batch_id=order.batch_id, lines=[*told, *taken.rejected, *taken.remarks])
    return LoadResult(
        stats=reading.stats,
        lines_new=taken.new_count,
        lines_changed=taken.changed_count,
        lines_unchanged=taken.unchanged_count,
        lines_returned=0,
        lines_returned_first=0,
        lines_refused=len(taken.rejected),
        lines_closed=0,
        lines_reopened=0,
        receivable=None,
        receivable_by_currency={},
        letter_groups=0,
        letter_groups_applied=0,
        reversed_allocations=0,
        closing_note=None,
        created=taken.created,
    )


def _good_lines(
    reading: Reading, told: list[RejectedLine | LineRemark], progress: Progress, bytes_total: int
) -> Iterator[MasterLine | ContactLine]:
    for record in reading.records():
        if isinstance(record, RejectedLine | LineRemark):
            told.append(record)
        elif not isinstance(record, LedgerLine):
            progress.tell("READING", done=reading.bytes_read, total=bytes_total)
            yield record
