"""Take one file of ledger lines in, inside one transaction: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from quittance.core.ports.intake import Reading, ReadingStats
from quittance.core.reasons import Reason, ReasonCode, because
from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.ledger.intake import closing, letters, posting, returning, staging
from quittance.ledger.intake.progress import Progress
from quittance.ledger.intake.tally import Tally, Totals, tally_lines
from quittance.ledger.services.balances import refresh_balances
from quittance.parties.intake import Resolution, drop_unused_accounts, resolve_staged_accounts

COMPANY_LOCK: Final = 7004
ANALYZE_LINES_MIN: Final = 20_000
ALL_ACCOUNTS_MIN: Final = 5_000

_TOUCHED_ACCOUNTS = """
SELECT account_id FROM intake_line WHERE problem = '' AND outcome <> 'UNCHANGED'
UNION SELECT account_id FROM intake_member
UNION SELECT i.account_id FROM intake_reversed r JOIN ledger_openitem i ON i.id IN (r.debit_item_id, r.credit_item_id)
UNION SELECT i.account_id FROM intake_returned r JOIN ledger_openitem i ON i.id = r.item_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOrder:
    """What to do with a file: whose it is, under which source, and whether it is a full snapshot."""

    batch_id: int
    source: str
    company_id: int | None
    department_id: int | None
    is_snapshot: bool
    may_create_companies: bool
    may_create_accounts: bool
    actor: Actor
    today: date
    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What came of a file.

    `receivable_by_currency` holds debit and credit of the lines that are in, both positive as in the file's own
    columns; `receivable` is (currency, debit, credit) when there is one currency, else in the company's, None when
    the companies of the file keep different ones. `lines_returned` went to the ERP from here and came back,
    `lines_returned_first` of them for the first time.
    """

    stats: ReadingStats
    lines_new: int
    lines_changed: int
    lines_unchanged: int
    lines_returned: int
    lines_returned_first: int
    lines_refused: int
    lines_closed: int
    lines_reopened: int
    receivable: tuple[str, Decimal, Decimal] | None
    receivable_by_currency: Totals
    letter_groups: int
    letter_groups_applied: int
    reversed_allocations: int
    closing_note: Reason | None
    created: Resolution

    @property
    def lines_accepted(self) -> int:
        """Lines that are in the ledger now."""
        return self.lines_new + self.lines_changed + self.lines_unchanged + self.lines_returned

    @property
    def lines_rejected(self) -> int:
        """Lines that are not: refused by the reader or against what is known."""
        return self.stats.lines_rejected + self.lines_refused

    @property
    def has_changed_anything(self) -> bool:
        """Tell whether the ledger is another than before."""
        return bool(
            self.lines_new
            or self.lines_changed
            or self.lines_returned_first
            or self.lines_closed
            or self.lines_reopened
            or self.reversed_allocations
            or self.created.account_count
        )


def load_ledger_lines(*, reading: Reading, order: LoadOrder, progress: Progress, bytes_total: int) -> LoadResult:
    """Read, resolve, post, letter and close, in the caller's transaction. :raises FileRefused:"""
    staging.create_tables()
    staging.copy_lines(
        outcomes=reading.rows(),
        batch_id=order.batch_id,
        report_progress=lambda: progress.tell("READING", done=reading.bytes_read, total=bytes_total),
    )
    stats = reading.stats
    progress.tell("CHECKING")
    staging.stage_accounts()
    _queue_behind_others(order.company_id)
    created = resolve_staged_accounts(
        company_id=order.company_id,
        department_id=order.department_id,
        moment=order.moment,
        may_create_companies=order.may_create_companies,
        may_create_accounts=order.may_create_accounts,
    )
    staging.stage_lines(source=order.source)
    returned_first = returning.find_returned(
        source=order.source, is_snapshot=order.is_snapshot, batch_id=order.batch_id, moment=order.moment
    )
    progress.tell("POSTING")
    reopened = closing.reopen_returned(
        batch_id=order.batch_id, actor_id=order.actor.user_id, today=order.today, moment=order.moment
    )
    letters.find_settled()
    posting.post_new_items(
        source=order.source, batch_id=order.batch_id, actor_id=order.actor.user_id, moment=order.moment
    )
    reversed_count = letters.undo_broken_letters(source=order.source, actor_id=order.actor.user_id, moment=order.moment)
    posting.change_items(batch_id=order.batch_id)
    progress.tell("LETTERING")
    letters.apply_letters(
        source=order.source, batch_id=order.batch_id, actor_id=order.actor.user_id, moment=order.moment
    )
    if staging.reject_problems(batch_id=order.batch_id):
        staging.mark_unused_accounts()
        created = drop_unused_accounts(created=created)
    tally = tally_lines()
    closed, closing_note = _close(order, stats, tally) if order.is_snapshot else ([], None)
    progress.tell("BALANCES")
    _refresh(order, [row[1] for row in closed])
    result = _result(stats, created, tally, len(closed), len(reopened), reversed_count, closing_note, returned_first)
    events.record_all(_item_events(order.actor, [*reopened, *closed]))
    return result


def _queue_behind_others(company_id: int | None) -> None:
    """Wait until no other import of the same companies runs; two at once would each see half of the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM parties_company WHERE id = %s OR code IN (SELECT company_code FROM intake_account)"
            " ORDER BY id",
            [company_id],
        )
        for (found_id,) in cursor.fetchall():
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [COMPANY_LOCK, found_id])


def _close(order: LoadOrder, stats: ReadingStats, tally: Tally) -> tuple[list[tuple[Any, ...]], Reason | None]:
    """Close what vanished, unless the file has rejected lines: what they spoke of would seem to have vanished too."""
    if stats.lines_rejected or tally.refused:
        return [], because(ReasonCode.SNAPSHOT_REJECTED)
    if not tally.accepted:
        return [], because(ReasonCode.SNAPSHOT_EMPTY)
    closed = closing.close_vanished(
        source=order.source,
        department_id=order.department_id,
        batch_id=order.batch_id,
        actor_id=order.actor.user_id,
        today=order.today,
        moment=order.moment,
    )
    return closed, None


def _refresh(order: LoadOrder, closed_account_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM intake_line WHERE outcome = 'NEW' AND problem = ''")
        if cursor.fetchone()[0] >= ANALYZE_LINES_MIN:
            cursor.execute("ANALYZE ledger_openitem, ledger_allocation, parties_customeraccount, parties_customer")
        cursor.execute(_TOUCHED_ACCOUNTS)
        touched = {row[0] for row in cursor.fetchall()} | set(closed_account_ids)
    refresh_balances(account_ids=None if len(touched) >= ALL_ACCOUNTS_MIN else touched, as_of=order.today)


def _result(
    stats: ReadingStats,
    created: Resolution,
    tally: Tally,
    closed_count: int,
    reopened_count: int,
    reversed_count: int,
    closing_note: Reason | None,
    returned_first: int,
) -> LoadResult:
    groups, applied = letters.count_letter_groups()
    by_currency = tally.by_currency(stats)
    return LoadResult(
        stats=stats,
        lines_new=tally.new,
        lines_changed=tally.changed,
        lines_unchanged=tally.unchanged,
        lines_returned=tally.returned,
        lines_returned_first=returned_first,
        lines_refused=tally.refused,
        lines_closed=closed_count,
        lines_reopened=reopened_count,
        receivable=tally.in_one_currency(by_currency),
        receivable_by_currency=by_currency,
        letter_groups=groups,
        letter_groups_applied=applied,
        reversed_allocations=reversed_count,
        closing_note=closing_note,
        created=created,
    )


def _item_events(actor: Actor, moved: list[tuple[Any, ...]]) -> Iterator[events.NewEvent]:
    for *ids, document_number, version, amount, currency, amount_before, due_date, due_before in posting.iter_changed():
        told = {
            "document": document_number,
            "version": version,
            "currency": currency,
            "amount": f"{amount:f}",
            "amount_before": amount_before,
            "due_date": due_date.isoformat(),
            "due_date_before": due_before,
        }
        yield _item_event("item.changed_by_erp", actor, ids, told)
    for *ids, document_number, kind in moved:
        yield _item_event(kind, actor, ids, {"document": document_number})
    for *ids, document_number, entry, journal, erp_document in returning.iter_returned():
        told = {"document": document_number, "entry": entry, "journal": journal, "erp_document": erp_document}
        yield _item_event("item.returned_by_erp", actor, ids, told)


def _item_event(kind: str, actor: Actor, ids: Sequence[int], payload: dict[str, Any]) -> events.NewEvent:
    item_id, account_id, customer_id, company_id = ids
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=company_id,
        customer_id=customer_id,
        account_id=account_id,
        item_id=item_id,
        subject_kind="item",
        subject_id=str(item_id),
        payload=payload,
    )
