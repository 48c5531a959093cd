"""Take a file of the bank in: once, whole, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO, Final, cast

from django.core.files.storage import default_storage
from django.db import transaction

from quittance.cash.errors import BatchNotFound
from quittance.cash.models import BankStatement
from quittance.cash.services.storing import StoredStatement, mark_gaps, store_statement
from quittance.cash.statement_files import FILE_BYTES_MAX, TableSettings, read_statement_file
from quittance.core.account_names import names_same_account
from quittance.core.mapping.bank_profile import BankProfile
from quittance.core.matching import fold_name
from quittance.core.ports.statements import (
    FileRefused,
    ParsedStatement,
    RejectedLine,
    StatementFile,
    StatementKind,
    StatementReader,
)
from quittance.core.reasons import Reason, ReasonCode, because
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
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.parties.payments import (
    BankAccountRow,
    add_bank_account,
    add_first_company,
    find_bank_account,
    list_bank_accounts,
    lock_bank_account,
    record_statement_date,
)
from quittance.parties.queries import company_ids_of_user, list_companies

STATEMENTS: Final = ImportKind(
    kind=ImportBatch.Kind.STATEMENT,
    source="BANK",
    folder="statements",
    imported="statement.imported",
    refused="statement.refused",
)
_IS_IN = (ImportBatch.Status.DONE, ImportBatch.Status.DONE_WITH_REJECTS, ImportBatch.Status.UNCHANGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementImport:
    """What came of one file; amounts as the bank wrote them (money in positive).

    `transactions_read` counts every movement read, booked or not; `transactions_new` those written. Opening and
    closing are of the first and last statement of one account, or totals over several accounts of one currency;
    None where the file does not say. `gap_count` counts statements that do not begin where the one before ended,
    `doubtful` the new movements that a file of another format may have brought already.
    """

    batch_id: int
    status: str
    format: str
    statement_ids: tuple[int, ...] = ()
    company_ids: tuple[int, ...] = ()
    transactions_read: int = 0
    transactions_new: int = 0
    duplicates: int = 0
    pending: int = 0
    rejected: int = 0
    opening: Decimal | None = None
    closing: Decimal | None = None
    sum: Decimal = Decimal(0)
    balanced: bool | None = None
    gap_count: int = 0
    doubtful: int = 0
    reason: Reason | None = None
    position: int | None = None
    rejected_lines: tuple[RejectedLine, ...] = field(default=())

    @property
    def is_refused(self) -> bool:
        """Say whether nothing of the file was kept."""
        return self.status == ImportBatch.Status.REFUSED


def import_statement(
    *,
    stream: BinaryIO,
    filename: str,
    actor: Actor,
    company_id: int | None = None,
    batch_id: int | None = None,
    readers: Sequence[StatementReader] | None = None,
    tables: TableSettings | None = None,
    scope: Scope = EVERYTHING,
) -> StatementImport:
    """Read a file and write it in one transaction; a refused file leaves only the record of its refusal.

    Importing the same movements again changes nothing and counts them as duplicates. A statement of an account
    that is not ours yet opens the account in `company_id`, else in the company its owner is named after, else in
    the only company; where none of these says which, the statement is rejected and the rest of the file is in.
    So is a statement of a company that is not in `scope`.
    """
    digest, size = digest_and_size(stream=stream, bytes_max=FILE_BYTES_MAX)
    batch = open_batch(
        of=STATEMENTS,
        batch_id=batch_id,
        filename=filename,
        actor=actor,
        company_id=company_id,
        digest=digest,
        size=size,
    )
    try:
        if size > FILE_BYTES_MAX:
            raise FileRefused(because(ReasonCode.STATEMENT_TOO_LARGE, most=FILE_BYTES_MAX))
        file = read_statement_file(stream=stream, readers=readers, tables=tables)
    except FileRefused as refused:
        return _refuse(batch, refused, actor)
    with transaction.atomic():
        return _store(batch, file, company_id=company_id, actor=actor, scope=scope)


def register_statement_file(*, file: BinaryIO, filename: str, actor: Actor, company_id: int | None = None) -> int:
    """Keep an uploaded file and return the id of its import, to be run by the worker."""
    return register_file(of=STATEMENTS, file=file, filename=filename, actor=actor, company_id=company_id)


def run_statement_import(*, batch_id: int) -> StatementImport:
    """Import a registered file; safe to run twice: what it brought the first time is told again.

    :raises BatchNotFound:
    """
    batch = ImportBatch.objects.filter(pk=batch_id, kind=ImportBatch.Kind.STATEMENT).first()
    if batch is None:
        raise BatchNotFound(f"no statement import {batch_id}")
    if batch.status in _IS_IN:
        return _result_of(batch)
    actor = Actor(label=batch.started_by_label, user_id=batch.started_by_id)
    with default_storage.open(batch.stored_path, "rb") as stream:
        return import_statement(
            stream=cast(BinaryIO, stream),
            filename=batch.filename,
            actor=actor,
            company_id=batch.company_id,
            batch_id=batch.id,
            tables=settings_of(batch=batch),
        )


def _result_of(batch: ImportBatch) -> StatementImport:
    """Return what a file brought that is in: its job was lost before it could say so."""
    statements = BankStatement.objects.filter(pk__in=batch.report.get("statement_ids", []))
    company_ids = set(statements.values_list("bank_account__company_id", flat=True))
    return StatementImport(
        batch_id=batch.id,
        status=batch.status,
        format=batch.format,
        statement_ids=tuple(batch.report.get("statement_ids", [])),
        company_ids=tuple(sorted(company_ids)),
        transactions_new=batch.lines_new,
        duplicates=batch.lines_unchanged,
        rejected=batch.lines_rejected,
    )


def settings_of(*, batch: ImportBatch) -> TableSettings:
    """Return what a person said of the table on the page of its columns; nothing for other files."""
    profile = batch.profile.get("table")
    return TableSettings(
        profile=BankProfile.from_json(profile) if profile else None, account_id=str(batch.profile.get("account_id", ""))
    )


def _refuse(batch: ImportBatch, refused: FileRefused, actor: Actor) -> StatementImport:
    refuse_batch(of=STATEMENTS, batch=batch, refused=refused, actor=actor)
    return StatementImport(
        batch_id=batch.id, status=batch.status, format="", reason=refused.reason, position=refused.position
    )


def _store(
    batch: ImportBatch, file: StatementFile, *, company_id: int | None, actor: Actor, scope: Scope = EVERYTHING
) -> StatementImport:
    batch.format = file.format[:60]
    batch.status = ImportBatch.Status.RUNNING
    batch.save()
    stored: list[StoredStatement] = []
    rejected = list(file.all_rejected)
    accounts: dict[str, BankAccountRow] = {}
    allowed = scope.company_ids if actor.user_id is None else company_ids_of_user(user_id=actor.user_id)
    for parsed in file.statements:
        account = accounts.get(parsed.account_id) or _bank_account_of(parsed, company_id=company_id, allowed=allowed)
        if account is None:
            rejected.append(_homeless(parsed))
            continue
        if parsed.account_id not in accounts:
            lock_bank_account(bank_account_id=account.id)
            accounts[parsed.account_id] = account
        stored.append(store_statement(parsed=parsed, bank_account=account, batch_id=batch.id, file_format=file.format))
        _note_freshness(parsed, account)
    remarks = [remark for statement in file.statements for remark in statement.remarks]
    remarks += [remark for one in stored for remark in one.remarks]
    list_rejected(batch=batch, rejected=rejected, remarks=remarks)
    result = _result(batch, file, stored, rejected, gap_count=_count_gaps(stored))
    _finish(batch, result, file, actor)
    return result


def _bank_account_of(
    parsed: ParsedStatement, *, company_id: int | None, allowed: frozenset[int] | None
) -> BankAccountRow | None:
    """Return our account that the statement is of, opened when it is new; None when nobody can say whose it is.

    `allowed` are the companies that who imports may see (None: all): the accounts of others are nobody's to them.
    """
    if not parsed.account_id:
        return None
    found = find_bank_account(account_id=parsed.account_id) or _find_by_other_name(parsed)
    if found is not None:
        return found if allowed is None or found.company_id in allowed else None
    owner = company_id or _company_of_owner(parsed)
    if owner is None or (allowed is not None and owner not in allowed):
        return None
    return add_bank_account(
        company_id=owner,
        account_id=parsed.account_id,
        name=parsed.account_owner or parsed.account_id,
        currency=parsed.currency or "EUR",
    )


def _find_by_other_name(parsed: ParsedStatement) -> BankAccountRow | None:
    """Return our one account that this statement calls by its IBAN and another did by its old number, or reversed."""
    found = [
        account
        for account in list_bank_accounts()
        if account.currency == (parsed.currency or account.currency)
        and names_same_account(account.iban, parsed.account_id)
    ]
    return found[0] if len(found) == 1 else None


def _company_of_owner(parsed: ParsedStatement) -> int | None:
    """Return the company named as the account's owner, else the only one; with none at all, the owner becomes it."""
    companies = list_companies()
    name = parsed.account_owner
    if not companies:
        return add_first_company(name=name, currency=parsed.currency or "EUR")
    named = [company.id for company in companies if name and fold_name(company.name) == fold_name(name)]
    if len(named) == 1:
        return named[0]
    return companies[0].id if len(companies) == 1 else None


def _count_gaps(stored: Sequence[StoredStatement]) -> int:
    """Mark the gaps of the accounts, and return how many of these statements have one before them."""
    gaps: set[int] = set()
    for bank_account_id, currency in {(one.bank_account.id, one.currency) for one in stored}:
        gaps |= mark_gaps(bank_account_id=bank_account_id, currency=currency)
    return sum(1 for one in stored if one.statement_id in gaps)


def _homeless(parsed: ParsedStatement) -> RejectedLine:
    return RejectedLine(
        position=parsed.position,
        content=f"{parsed.account_id} {parsed.account_owner} {parsed.statement_id}".strip()[:400],
        reason=because(ReasonCode.BANK_ACCOUNT_UNKNOWN, account=parsed.account_id or "–"),
    )


def _note_freshness(parsed: ParsedStatement, account: BankAccountRow) -> None:
    """Only a statement of a closed period says that nothing else came up to its last day."""
    day = (parsed.closing.balance_date if parsed.closing else None) or parsed.to_date
    if parsed.kind is StatementKind.STATEMENT and day is not None:
        record_statement_date(bank_account_id=account.id, statement_date=day)


def _result(
    batch: ImportBatch,
    file: StatementFile,
    stored: Sequence[StoredStatement],
    rejected: Sequence[RejectedLine],
    *,
    gap_count: int,
) -> StatementImport:
    opening, closing = opening_and_closing(statements=file.statements)
    checks = {statement.balanced for statement in file.statements}
    new = sum(one.new_count for one in stored)
    status = ImportBatch.Status.DONE_WITH_REJECTS if rejected else ImportBatch.Status.DONE
    if not new and not rejected and any(one.duplicate_count for one in stored):
        status = ImportBatch.Status.UNCHANGED
    return StatementImport(
        batch_id=batch.id,
        status=status.value,
        format=file.format,
        statement_ids=tuple(one.statement_id for one in stored),
        company_ids=tuple(sorted({one.bank_account.company_id for one in stored})),
        transactions_read=file.transactions_read,
        transactions_new=new,
        duplicates=sum(one.duplicate_count for one in stored),
        pending=sum(one.pending_count for one in stored),
        rejected=len(rejected),
        opening=opening,
        closing=closing,
        sum=sum((statement.transaction_sum for statement in file.statements), Decimal(0)),
        balanced=False if False in checks else None if None in checks or not checks else True,
        gap_count=gap_count,
        doubtful=sum(one.doubtful_count for one in stored),
        rejected_lines=tuple(rejected),
    )


def opening_and_closing(*, statements: Sequence[ParsedStatement]) -> tuple[Decimal | None, Decimal | None]:
    """Return the balances before and after all statements of a file, so that opening + sum = closing.

    Per account and currency the first opening and the last closing; over several accounts their totals. None when
    one is missing or currencies differ.
    """
    opening: dict[tuple[str, str], Decimal | None] = {}
    closing: dict[tuple[str, str], Decimal | None] = {}
    for statement in statements:
        key = (statement.account_id, statement.currency)
        opening.setdefault(key, statement.opening.amount if statement.opening else None)
        closing[key] = statement.closing.amount if statement.closing else None
    if len({currency for _, currency in opening}) > 1:
        return None, None
    return _total(list(opening.values())), _total(list(closing.values()))


def _total(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(amounts) else None


def _finish(batch: ImportBatch, result: StatementImport, file: StatementFile, actor: Actor) -> None:
    batch.status = result.status
    batch.company_id = result.company_ids[0] if len(result.company_ids) == 1 else batch.company_id
    batch.lines_read = result.transactions_read + len(file.all_rejected)
    batch.lines_accepted = result.transactions_read
    batch.lines_rejected = result.rejected
    batch.lines_new = result.transactions_new
    batch.lines_unchanged = result.duplicates
    batch.finished_at = clock.now()
    batch.report = {
        "opening": _text(result.opening),
        "closing": _text(result.closing),
        "sum": _text(result.sum),
        "balanced": result.balanced,
        "pending": result.pending,
        "gaps": result.gap_count,
        "doubtful": result.doubtful,
        "statement_ids": list(result.statement_ids),
    }
    batch.save()
    payload: dict[str, object] = {"new": result.transactions_new, "duplicates": result.duplicates}
    record_import(of=STATEMENTS, batch=batch, actor=actor, payload=payload)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
