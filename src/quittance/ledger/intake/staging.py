"""Bring the lines of a file into temporary tables: COPY as they stand, then resolved against what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from django.db import DataError, OperationalError, ProgrammingError, connection, transaction

from quittance.core.ports.intake import LEDGER_ROW_COLUMNS, LedgerRow, LineRemark, RejectedLine
from quittance.foundation.models import RejectedLine as RejectedLineRow
from quittance.parties.intake import ACCOUNT_TABLE

CHUNK_LINES: Final = 20_000
REMARKS_STORED_MAX: Final = 5_000
_TYPES: Final = {
    "position": "bigint",
    "instalment": "int",
    "document_date": "date",
    "posting_date": "date",
    "due_date": "date",
    "letter_date": "date",
    "amount": "numeric(20,4)",
    "amount_company": "numeric(20,4)",
}

_STAGING = (
    "CREATE TEMP TABLE intake_staging ("
    + ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in LEDGER_ROW_COLUMNS)
    + ") ON COMMIT DROP"
)

_ACCOUNTS = """
INSERT INTO intake_account (company_code, department_code, account_number, customer_name, currency, terms_code,
    position)
SELECT coalesce(company_code, ''), coalesce(department_code, ''), account_number, coalesce(max(customer_name), ''),
    CASE WHEN min(currency) = max(currency) THEN min(currency) END, coalesce(max(terms_code), ''), min(position)
FROM intake_staging GROUP BY 1, 2, 3
"""

_FACTS = ", ".join(
    f"coalesce({name}::text, '')"
    for name in (
        "account_number",
        "kind",
        "document_number",
        "instalment",
        "document_date",
        "posting_date",
        "due_date",
        "amount",
        "currency",
        "amount_company",
        "label",
        "reference",
        "journal_code",
        "entry_number",
        "receivable_account",
        "department_code",
        "terms_code",
    )
)

# An id longer than its column keeps its beginning and a digest of the whole. Own terms of a line come first, then
# those of its account, then those of its company, then thirty days; only what is owed by the customer has a term.
_LINES = f"""
CREATE TEMP TABLE intake_line ON COMMIT DROP AS
SELECT s.position, s.id_kept AS external_id, s.hash AS payload_hash,
    coalesce(e.id, nextval(%(sequence)s::regclass)) AS item_id,
    CASE WHEN e.id IS NULL THEN 'NEW' WHEN e.payload_hash = s.hash THEN 'UNCHANGED' ELSE 'CHANGED' END AS outcome,
    coalesce(nullif(a.problem, ''), CASE
        WHEN s.amount = 0 THEN 'ZERO_AMOUNT'
        WHEN s.amount_company IS NULL AND s.currency <> co.currency AND r.rate IS NULL THEN 'RATE_MISSING'
        WHEN ea.company_id <> a.company_id THEN 'ID_OF_OTHER_COMPANY'
        ELSE '' END) AS problem,
    a.account_id, a.company_id, a.account_number, coalesce(s.company_code, '') AS company_code, s.kind,
    left(s.document_number, 60) AS document_number, s.instalment, s.document_date, s.posting_date,
    coalesce(s.due_date, CASE WHEN s.amount > 0 THEN
        quittance_due_date(s.document_date, coalesce(t.days, 30)::int, coalesce(t.end_of_month, 'NONE'),
            t.day_of_month::int)
        ELSE s.document_date END) AS due_date,
    s.currency, s.amount, co.currency AS company_currency,
    coalesce(s.amount_company, CASE WHEN s.currency = co.currency THEN s.amount
        ELSE round(s.amount * r.rate, quittance_minor_digits(co.currency)) END) AS amount_company,
    left(s.label, 255) AS label, left(s.reference, 80) AS reference, left(s.journal_code, 20) AS journal_code,
    left(s.entry_number, 60) AS entry_number, left(s.receivable_account, 20) AS receivable_account,
    CASE WHEN length(s.letter_code) > 40 THEN md5(s.letter_code) ELSE coalesce(s.letter_code, '') END AS letter_code,
    s.letter_date,
    coalesce(e.letter_code, '') AS letter_code_before
FROM (
    SELECT *, md5(concat_ws('|', {_FACTS})) AS hash,
        CASE WHEN length(external_id) > 160 THEN left(external_id, 127) || '#' || md5(external_id) ELSE external_id END
            AS id_kept
    FROM intake_staging
) s
JOIN intake_account a ON a.company_code = coalesce(s.company_code, '')
    AND a.department_code = coalesce(s.department_code, '') AND a.account_number = s.account_number
LEFT JOIN parties_company co ON co.id = a.company_id
LEFT JOIN parties_customeraccount ca ON ca.id = a.account_id
LEFT JOIN parties_paymentterms lt ON lt.code = s.terms_code
LEFT JOIN parties_paymentterms t ON t.id = coalesce(lt.id, ca.payment_terms_id, co.payment_terms_id)
LEFT JOIN ledger_openitem e ON e.source = %(source)s AND e.external_id = s.id_kept
LEFT JOIN parties_customeraccount ea ON ea.id = e.account_id
LEFT JOIN LATERAL (
    SELECT rate FROM ledger_exchangerate x
    WHERE x.from_currency = s.currency AND x.to_currency = co.currency AND x.rate_date <= s.posting_date
    ORDER BY rate_date DESC LIMIT 1
) r ON s.amount_company IS NULL AND s.currency <> co.currency
"""

# The readers see to it that an id stands once in a file; one that does not is caught here, never posted twice.
_DUPLICATES = """
UPDATE intake_line l SET problem = 'DUPLICATE_ID'
FROM (SELECT external_id, min(position) AS first_position FROM intake_line GROUP BY 1 HAVING count(*) > 1) d
WHERE d.external_id = l.external_id AND l.position > d.first_position AND l.problem = ''
"""

PROBLEM_PARAMS: Final = ("account", "company", "currency", "day", "value", "first")
_REJECT = """
INSERT INTO foundation_rejectedline (batch_id, position, content, reason_code, reason_params, reason, is_warning)
SELECT %(batch_id)s, l.position,
    concat_ws(' | ', nullif(l.company_code, ''), l.account_number, l.document_number, l.document_date, l.amount,
        l.currency),
    l.problem, jsonb_build_object('account', l.account_number, 'company', coalesce(nullif(l.company_code, ''), '–'),
        'currency', l.currency, 'day', to_char(l.posting_date, 'YYYY-MM-DD'), 'value', left(l.external_id, 80),
        'first', CASE WHEN l.problem = 'DUPLICATE_ID' THEN (
            SELECT min(o.position)::text FROM intake_line o WHERE o.external_id = l.external_id) ELSE '' END), '', false
FROM intake_line l WHERE l.problem <> ''
"""


def create_tables() -> None:
    """Create the temporary tables; they vanish with the transaction, as everything of a failed import does."""
    with connection.cursor() as cursor:
        # A file is worth some memory: sorts and hashes of a million lines stay off the disk.
        cursor.execute("SET LOCAL work_mem = '96MB'")
        # Only a session that has not touched a temporary table may still set this.
        with suppress(DataError, OperationalError, ProgrammingError), transaction.atomic():
            cursor.execute("SET temp_buffers = '64MB'")
        cursor.execute("DROP TABLE IF EXISTS intake_staging, intake_account, intake_line, intake_customer")
        cursor.execute(_STAGING)
        cursor.execute(ACCOUNT_TABLE)


def copy_lines(
    *,
    outcomes: Iterator[LedgerRow | RejectedLine | LineRemark],
    batch_id: int,
    report_progress: Callable[[], None],
) -> None:
    """Copy ledger rows into `intake_staging`; store rejected lines and remarks (at most 5,000 remarks).

    A COPY holds the connection, so it pauses every 20,000 lines to store what was rejected and to tell how far
    it is; memory does not grow with the file.
    """
    remarks = 0
    while True:
        told: list[RejectedLine | LineRemark] = []
        if not _copy_chunk(islice(outcomes, CHUNK_LINES), told):
            return
        kept = [line for line in told if isinstance(line, RejectedLine)]
        noted = [line for line in told if isinstance(line, LineRemark)][: REMARKS_STORED_MAX - remarks]
        remarks += len(noted)
        store_rejected(batch_id=batch_id, lines=[*kept, *noted])
        report_progress()


def _copy_chunk(chunk: Iterable[LedgerRow | RejectedLine | LineRemark], told: list[RejectedLine | LineRemark]) -> bool:
    """Copy a chunk; tell whether it held anything."""
    is_empty = True
    with connection.cursor() as cursor, cursor.copy("COPY intake_staging FROM STDIN") as copy:
        for outcome in chunk:
            is_empty = False
            if isinstance(outcome, tuple):
                copy.write_row(outcome)
            else:
                told.append(outcome)
    return not is_empty


def store_rejected(*, batch_id: int, lines: Iterable[RejectedLine | LineRemark]) -> None:
    """Store rejected lines and remarks of a batch."""
    RejectedLineRow.objects.bulk_create(
        (
            RejectedLineRow(
                batch_id=batch_id,
                position=line.position,
                content=line.content[:4000],
                reason_code=line.reason_code,
                reason_params=dict(line.reason.params),
                is_warning=isinstance(line, LineRemark),
            )
            for line in lines
        ),
        batch_size=2000,
    )


def stage_accounts() -> None:
    """Fill `intake_account` from the copied lines."""
    _run("ANALYZE intake_staging")
    _run(_ACCOUNTS)


def stage_lines(*, source: str) -> None:
    """Work out for each line what it is (NEW, CHANGED, UNCHANGED) or what is wrong with it: table `intake_line`."""
    _run(_LINES, {"source": source, "sequence": item_sequence()})
    _run(_DUPLICATES)
    _run("ANALYZE intake_line")


def item_sequence() -> str:
    """Return the name of the sequence of item ids; looked up once, not for each line."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence('ledger_openitem', 'id')")
        return str(cursor.fetchone()[0])


def reject_problems(*, batch_id: int) -> int:
    """Store each line with a problem as rejected; return how many there are."""
    return _run(_REJECT, {"batch_id": batch_id})


def mark_unused_accounts() -> None:
    """Mark the new accounts of which no line is in, in `intake_account`."""
    _run(
        "UPDATE intake_account a SET is_used = false WHERE a.is_new AND NOT EXISTS ("
        "SELECT 1 FROM intake_line l WHERE l.account_id = a.account_id AND l.problem = '')"
    )


def _run(sql: str, parameters: dict[str, Any] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
