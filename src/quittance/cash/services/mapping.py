"""What a person does with a table of a bank before it is read: look how it would be read, and say how it is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import transaction

from quittance.cash.errors import BatchNotFound
from quittance.cash.services.importing import STATEMENTS, settings_of
from quittance.cash.statement_files import confirmed_profile, find_table_reader
from quittance.core.mapping.bank_profile import BankProfile
from quittance.core.ports.statement_tables import StatementTablePreview
from quittance.core.ports.statements import FileRefused, ParsedStatement, ParsedTransaction, RejectedLine
from quittance.core.reasons import Reason
from quittance.foundation.import_batches import find_waiting, first_lines, open_table
from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import Actor
from quittance.ledger.intake.statement_profiles import save_statement_profile

PREVIEW_LINES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class TableProposal:
    """How a table would be read: the profile confirmed for its headings (`is_confirmed`), else the proposed one."""

    preview: StatementTablePreview
    profile: BankProfile
    is_confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSample:
    """The first movements as they would be read; counts are of what was looked at, all of it when `is_whole`.

    Of a part nobody can say whether it balances.
    """

    statements: tuple[ParsedStatement, ...]
    transactions: tuple[ParsedTransaction, ...]
    rejected: tuple[RejectedLine, ...]
    remarks: tuple[Reason, ...]
    transaction_count: int
    rejected_count: int
    is_whole: bool

    @property
    def sum(self) -> Decimal:
        """Return the sum of the movements of one currency; of several, it is not to be shown."""
        return sum((statement.transaction_sum for statement in self.statements), Decimal(0))


def hold_for_columns(*, batch_id: int, is_asked_again: bool = False) -> bool:
    """Let a file wait for a person when it is a table that nobody confirmed, or whose account nobody can say.

    Returns whether it waits. A file that is no table, or cannot be read as one, goes on to the worker, which says why.
    """
    batch = _waiting(batch_id)
    try:
        proposal = propose_table(batch_id=batch_id)
    except (BatchNotFound, FileRefused):
        return False
    names_account = bool(
        proposal.preview.account_id or proposal.profile.account_id or proposal.profile.heading("own_account")
    )
    if proposal.is_confirmed and names_account and not is_asked_again:
        return False
    batch.status = ImportBatch.Status.NEEDS_MAPPING
    batch.save(update_fields=["status"])
    return True


def propose_table(*, batch_id: int) -> TableProposal:
    """Say how a registered table would be read. :raises BatchNotFound: :raises FileRefused:"""
    batch = _waiting(batch_id)
    with open_table(batch=batch, find_reader=find_table_reader) as (reader, stream):
        preview = reader.preview(stream)
    confirmed = settings_of(batch=batch).profile or confirmed_profile(preview.headings)
    return TableProposal(
        preview=preview, profile=confirmed or preview.proposal.profile, is_confirmed=confirmed is not None
    )


def preview_table(*, batch_id: int, profile: BankProfile, account_id: str = "") -> TableSample:
    """Read the first megabyte of a registered table as it would be read; writes nothing.

    :raises BatchNotFound: :raises FileRefused:
    """
    batch = _waiting(batch_id)
    with open_table(batch=batch, find_reader=find_table_reader) as (reader, stream):
        part, is_whole = first_lines(stream=stream)
        file = reader.read_mapped(part, profile=profile, account_id=account_id)
    rejected = file.all_rejected
    found = [transaction for statement in file.statements for transaction in statement.transactions]
    found.sort(key=lambda transaction: transaction.position)
    return TableSample(
        statements=file.statements,
        transactions=tuple(found[:PREVIEW_LINES]),
        rejected=rejected[:PREVIEW_LINES],
        remarks=tuple(dict.fromkeys(remark.reason for each in file.statements for remark in each.remarks))[
            :PREVIEW_LINES
        ],
        transaction_count=len(found),
        rejected_count=len(rejected),
        is_whole=is_whole,
    )


def confirm_table(
    *, batch_id: int, profile: BankProfile, account_id: str, company_id: int | None, actor: Actor
) -> None:
    """Say how a registered table is read, and keep it for the next one with the same headings.

    The caller sends the file to the worker. :raises BatchNotFound: when it was started before. :raises FileRefused:
    """
    headings = propose_table(batch_id=batch_id).preview.headings
    with transaction.atomic():
        batch = _waiting(batch_id, is_locked=True)
        batch.profile = {**batch.profile, "table": profile.to_json(), "account_id": account_id}
        batch.company_id = company_id or batch.company_id
        batch.status = ImportBatch.Status.WAITING
        batch.save(update_fields=["profile", "company_id", "status"])
        save_statement_profile(headings=headings, profile=profile, actor=actor)


def _waiting(batch_id: int, *, is_locked: bool = False) -> ImportBatch:
    batch = find_waiting(of=STATEMENTS, batch_id=batch_id, is_locked=is_locked)
    if batch is None:
        raise BatchNotFound(f"no table of a bank waits as import {batch_id}")
    return batch
