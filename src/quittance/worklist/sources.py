"""Where tasks come from that are not an account to collect from: what else waits for a person."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from quittance.core.worklist import ActionReason, NextAction, TaskKind
from quittance.foundation.queries import CASH_KINDS
from quittance.worklist.accounts_sql import Reminders
from quittance.worklist.candidates import Candidate, make_task
from quittance.worklist.facts import HANDED, known_of, touched
from quittance.worklist.origins import told_candidates
from quittance.worklist.states import late_step

IMPORT_DAYS_REMEMBERED = 30
COPY_DAYS_REMEMBERED = 30
HELD_DAYS_REMEMBERED = 15

_KNOWN = "t.state, t.snoozed_until, t.wake_at, t.due_date, t.measures"

# What was handed over is chased by others; the dispute goes with it.
_DISPUTES_LATE = f"""
WITH {HANDED}
SELECT d.id, d.account_id, a.customer_id, a.company_id, coalesce(d.owner_id, a.collector_id),
    i.company_currency, least(d.amount_disputed, i.amount_open) * i.amount_company_open / i.amount_open, d.due_date,
    i.id, %(as_of)s - i.due_date, {_KNOWN}
FROM cases_dispute d
JOIN ledger_openitem i ON i.id = d.item_id AND i.amount_open > 0
JOIN parties_customeraccount a ON a.id = d.account_id
LEFT JOIN worklist_task t ON t.key = 'dispute:' || d.id
WHERE d.opened_date <= %(as_of)s AND (d.closed_date IS NULL OR d.closed_date > %(as_of)s) AND d.due_date < %(as_of)s
  AND d.item_id NOT IN (SELECT item_id FROM handed) AND {{touched_accounts}}
ORDER BY d.id
"""


def _dispute_late(row: tuple[Any, ...], as_of: date) -> Candidate:
    return make_task(
        kind=TaskKind.DISPUTE_LATE,
        amount=row[6].quantize(Decimal("0.0001")),
        deadline=row[7],
        as_of=as_of,
        measures={"late_step": late_step((as_of - row[7]).days)},
        key=f"dispute:{row[0]}",
        currency=row[5],
        action_code=NextAction.RESOLVE_DISPUTE.value,
        action_reason=ActionReason.DISPUTE_LATE.value,
        role="COLLECTOR",
        owner_id=row[4],
        company_id=row[3],
        account_id=row[1],
        customer_id=row[2],
        subject_kind="dispute",
        subject_id=str(row[0]),
        days_late=max(row[9], 0),
        item_count=1,
        known=known_of(row),
    )


_UNAPPLIED = f"""
SELECT a.id, a.customer_id, a.company_id, b.currency, -b.unapplied, b.open_count, b.last_payment_date, {_KNOWN}
FROM ledger_accountbalance b JOIN parties_customeraccount a ON a.id = b.account_id
LEFT JOIN worklist_task t ON t.key = 'unapplied:' || a.id
WHERE b.unapplied < 0 AND b.open_total - b.unapplied > 0 AND {{touched_accounts}}
ORDER BY a.id
"""


def _unapplied(row: tuple[Any, ...], as_of: date) -> Candidate:
    return make_task(
        kind=TaskKind.UNAPPLIED_CASH,
        amount=row[4],
        deadline=min(row[6] or as_of, as_of),
        as_of=as_of,
        measures={"amount": f"{row[4]:f}"},
        key=f"unapplied:{row[0]}",
        currency=row[3],
        action_code=TaskKind.UNAPPLIED_CASH.value,
        action_reason=ActionReason.CASH_WAITING.value,
        role="CASH_CLERK",
        company_id=row[2],
        account_id=row[0],
        customer_id=row[1],
        subject_kind="account",
        subject_id=str(row[0]),
        known=known_of(row),
    )


_UNMATCHED = f"""
SELECT k.id, k.company_id, k.currency, sum(abs(x.amount)), count(*), min(x.booking_date), max(x.id), {_KNOWN}
FROM cash_banktransaction x JOIN parties_companybankaccount k ON k.id = x.bank_account_id
LEFT JOIN worklist_task t ON t.key = 'bank:' || k.id
WHERE x.state = 'WAITING' AND (x.amount > 0 OR x.waiting_reason = 'RETURNED')
GROUP BY k.id, t.id ORDER BY k.id
"""


def _unmatched(row: tuple[Any, ...], as_of: date) -> Candidate:
    return make_task(
        kind=TaskKind.UNMATCHED_CASH,
        amount=row[3],
        deadline=min(row[5] + timedelta(days=1), as_of),
        as_of=as_of,
        measures={"latest": row[6]},
        key=f"bank:{row[0]}",
        currency=row[2],
        action_code=TaskKind.UNMATCHED_CASH.value,
        action_reason=ActionReason.CASH_WAITING.value,
        role="CASH_CLERK",
        company_id=row[1],
        subject_kind="bank_account",
        subject_id=str(row[0]),
        item_count=row[4],
        known=known_of(row),
    )


_RUNS = f"""
SELECT r.id, r.company_id, r.as_of, u.id, r.send_count, r.person_count,
    coalesce((SELECT sum(d.amount_company) FROM dunning_dunningdecision d
              WHERE d.run_id = r.id AND d.outcome = 'SEND' AND NOT d.is_excluded), 0),
    coalesce((SELECT min(d.company_currency) FROM dunning_dunningdecision d
              WHERE d.run_id = r.id AND d.outcome = 'SEND'), 'EUR'), {_KNOWN}
FROM dunning_dunningrun r
LEFT JOIN parties_user u ON u.id = r.created_by_id AND u.is_active
LEFT JOIN worklist_task t ON t.key = 'run:' || r.id
WHERE r.state = 'READY' AND coalesce((
    -- What is all left to the credit manager is nobody else's to release.
    SELECT bool_or(d.validated_by <> 'MANAGER') FROM dunning_dunningdecision d
    WHERE d.run_id = r.id AND d.outcome = 'SEND' AND NOT d.is_excluded), true)
ORDER BY r.id
"""


def _run(row: tuple[Any, ...], as_of: date) -> Candidate:
    return make_task(
        kind=TaskKind.RUN_TO_RELEASE,
        amount=row[6],
        deadline=row[2],
        as_of=as_of,
        measures={"messages": row[4]},
        key=f"run:{row[0]}",
        currency=row[7],
        action_code=TaskKind.RUN_TO_RELEASE.value,
        action_reason="RUN_READY",
        role="COLLECTOR",
        owner_id=row[3],
        company_id=row[1],
        subject_kind="dunning_run",
        subject_id=str(row[0]),
        item_count=row[4],
        known=known_of(row),
    )


# What a policy leaves to the credit manager: in a run that waits for review, or held by a run that somebody else sent
# and not written about since. A run of all companies is one task for each.
_VALIDATIONS = f"""
WITH reserved AS (
    SELECT d.id, d.account_id, d.amount_company, d.company_currency, a.company_id, r.as_of,
        CASE WHEN r.state = 'READY' THEN r.id END AS run_id
    FROM dunning_dunningdecision d
    JOIN dunning_dunningrun r ON r.id = d.run_id
    JOIN parties_customeraccount a ON a.id = d.account_id
    WHERE d.validated_by = 'MANAGER' AND NOT d.is_excluded AND r.as_of > %(held_since)s
      AND (r.state = 'READY' AND d.outcome = 'SEND'
           OR r.state IN ('RELEASED', 'DONE') AND d.reason_code = 'AWAITS_MANAGER')
      AND NOT EXISTS (SELECT FROM dunning_dunningnotice n WHERE n.decision_id = d.id)
), latest AS (
    SELECT DISTINCT ON (account_id) * FROM reserved
    WHERE run_id IS NOT NULL OR NOT EXISTS (
        SELECT FROM dunning_dunningdecision x WHERE x.account_id = reserved.account_id AND x.id > reserved.id)
    ORDER BY account_id, id DESC
), counted AS (
    SELECT run_id, company_id, max(as_of) AS as_of, sum(amount_company) AS amount, min(company_currency) AS currency,
        count(*) AS number FROM latest GROUP BY run_id, company_id
)
SELECT x.run_id, x.company_id, x.as_of, x.amount, x.currency, x.number, {_KNOWN}
FROM counted x
LEFT JOIN worklist_task t ON t.key = 'validate:' || coalesce(x.run_id::text, '') || ':' || x.company_id
ORDER BY x.run_id, x.company_id
"""


def _validation(row: tuple[Any, ...], as_of: date) -> Candidate:
    run_id = row[0]
    return make_task(
        kind=TaskKind.TO_VALIDATE,
        amount=row[3],
        deadline=min(row[2], as_of),
        as_of=as_of,
        measures={"messages": row[5], "day": row[2].toordinal()},
        key=f"validate:{run_id or ''}:{row[1]}",
        currency=row[4],
        action_code=TaskKind.TO_VALIDATE.value if run_id else "VALIDATE_ANEW",
        action_reason="VALIDATED_BY_MANAGER",
        role="CREDIT_MANAGER",
        company_id=row[1],
        subject_kind="dunning_run" if run_id else "company",
        subject_id=str(run_id or row[1]),
        item_count=row[5],
        known=known_of(row),
    )


# A later file of the same source that came in whole takes the matter off the list.
_IMPORTS = f"""
SELECT b.id, b.company_id, (b.created_at AT TIME ZONE 'UTC')::date, u.id, b.lines_rejected, b.kind, {_KNOWN}
FROM foundation_importbatch b
LEFT JOIN parties_user u ON u.id = b.started_by_id AND u.is_active
LEFT JOIN worklist_task t ON t.key = 'import:' || b.id
WHERE b.status IN ('DONE_WITH_REJECTS', 'FAILED', 'REFUSED', 'NEEDS_MAPPING') AND b.created_at > %(imports_since)s
  AND NOT EXISTS (SELECT FROM foundation_importbatch n WHERE n.kind = b.kind AND n.source = b.source AND n.id > b.id
                  AND n.company_id IS NOT DISTINCT FROM b.company_id AND n.status IN ('DONE', 'UNCHANGED'))
ORDER BY b.id
"""


def _import(row: tuple[Any, ...], as_of: date) -> Candidate:
    return make_task(
        kind=TaskKind.IMPORT_REJECTED,
        amount=Decimal(0),
        deadline=min(row[2], as_of),
        as_of=as_of,
        measures={"lines": row[4]},
        key=f"import:{row[0]}",
        currency="EUR",
        action_code=TaskKind.IMPORT_REJECTED.value,
        action_reason="LINES_REJECTED",
        role="CASH_CLERK" if row[5] in CASH_KINDS else "CREDIT_MANAGER",
        owner_id=row[3],
        company_id=row[1],
        subject_kind="import",
        subject_id=str(row[0]),
        item_count=row[4],
        known=known_of(row),
    )


# The customer asked for a copy on the phone; sending it is done by hand and ticked off.
_COPIES = f"""
SELECT c.id, c.account_id, a.customer_id, a.company_id, coalesce(a.collector_id, c.made_by_id), a.currency,
    (c.made_at AT TIME ZONE %(zone)s)::date, {_KNOWN}
FROM worklist_call c JOIN parties_customeraccount a ON a.id = c.account_id
LEFT JOIN worklist_task t ON t.key = 'copy:' || c.id
WHERE c.outcome = 'COPY_WANTED' AND (c.made_at AT TIME ZONE %(zone)s)::date > %(copies_since)s AND {{touched_accounts}}
ORDER BY c.id
"""


def _copy(row: tuple[Any, ...], as_of: date) -> Candidate:
    return make_task(
        kind=TaskKind.COPY_WANTED,
        amount=Decimal(0),
        deadline=min(row[6], as_of),
        as_of=as_of,
        measures={"asked": 1},
        key=f"copy:{row[0]}",
        currency=row[5],
        action_code=TaskKind.COPY_WANTED.value,
        action_reason=TaskKind.COPY_WANTED.value,
        role="COLLECTOR",
        owner_id=row[4],
        company_id=row[3],
        account_id=row[1],
        customer_id=row[2],
        subject_kind="call",
        subject_id=str(row[0]),
        known=known_of(row),
    )


_KNOWN_REMINDERS = f"""
SELECT c.id, EXISTS (SELECT FROM dunning_dunningrun r WHERE r.as_of >= %(as_of)s
    AND r.origin = 'POLICY' AND r.state NOT IN ('CANCELLED', 'FAILED')
    AND (r.company_id IS NULL OR r.company_id = c.id)), {_KNOWN}
FROM parties_company c LEFT JOIN worklist_task t ON t.key = 'reminders:' || c.id
WHERE c.id = ANY(%(companies)s) ORDER BY c.id
"""


def reminder_candidates(*, as_of: date, reminders: Mapping[int, Reminders]) -> Iterator[Candidate]:
    """Yield one task for each company on whose accounts reminders are due and that has no run of the day yet.

    One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_REMINDERS, {"as_of": as_of, "companies": sorted(reminders)})
        rows = cursor.fetchall()
    for row in rows:
        found = reminders[row[0]]
        if not row[1]:
            yield make_task(
                kind=TaskKind.RUN_TO_RELEASE,
                amount=found.amount,
                deadline=as_of,
                as_of=as_of,
                measures={"day": as_of.toordinal()},
                key=f"reminders:{row[0]}",
                currency=found.currency,
                action_code=NextAction.SEND_REMINDER.value,
                action_reason=ActionReason.REMINDER_DUE.value,
                role="COLLECTOR",
                company_id=row[0],
                subject_kind="company",
                subject_id=str(row[0]),
                item_count=found.count,
                known=known_of(row),
            )


_Source = tuple[str, Callable[[tuple[Any, ...], date], Candidate]]
_OF_ACCOUNTS: tuple[_Source, ...] = (
    (_DISPUTES_LATE, _dispute_late),
    (_UNAPPLIED, _unapplied),
    (_COPIES, _copy),
)
_OF_ALL: tuple[_Source, ...] = (
    (_UNMATCHED, _unmatched),
    (_RUNS, _run),
    (_VALIDATIONS, _validation),
    (_IMPORTS, _import),
)


def other_candidates(*, as_of: date, account_ids: Collection[int] | None) -> Iterator[Candidate]:
    """Yield every other task that has its reason on the day: of these accounts, and of no account.

    Customers over their limit are not among them (see `limits_sql`). Seven queries, and those of `origins`.
    """
    parameters = {
        "as_of": as_of,
        "accounts": None if account_ids is None else sorted(account_ids),
        "imports_since": as_of - timedelta(days=IMPORT_DAYS_REMEMBERED),
        "held_since": as_of - timedelta(days=HELD_DAYS_REMEMBERED),
        "copies_since": as_of - timedelta(days=COPY_DAYS_REMEMBERED),
        "zone": settings.TIME_ZONE,
    }
    for statement, make in (*_OF_ACCOUNTS, *_OF_ALL):
        with connection.cursor() as cursor:
            cursor.execute(statement.format(**touched(account_ids)), parameters)
            rows = cursor.fetchall()
        for row in rows:
            yield make(row, as_of)
    yield from told_candidates(as_of=as_of, account_ids=account_ids)
