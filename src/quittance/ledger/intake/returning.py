"""Know the lines that went to the ERP when a file brings them back: they are its voice, never posted twice.

Account, currency and amount are the same; what tells which line it is, is the ERP's own reference of the entry, our
number of the entry on its day, or the document number. The document number alone counts only where no document of
the ERP on that account has it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db import connection

from quittance.core.returned_lines import Likeness, pair_returned
from quittance.foundation.copying import copy_rows

_HAS_HANDED: Final = """
SELECT EXISTS (SELECT FROM ledger_handedline h WHERE h.company_id IN (SELECT company_id FROM intake_account))
"""

_FRESH: Final = """
DROP TABLE IF EXISTS intake_returning;
CREATE TEMP TABLE intake_returning (position bigint, handed_id bigint, is_first boolean) ON COMMIT DROP
"""

_KNOWN: Final = """
INSERT INTO intake_returning
SELECT l.position, h.id, false FROM intake_line l
JOIN ledger_handedline h ON h.source = %(source)s AND h.external_id = l.external_id AND h.company_id = l.company_id
WHERE l.outcome = 'NEW' AND l.problem = ''
"""

# A snapshot that leaves out the line by which the ERP spoke of one of ours may speak of it by another.
_LIKENESSES: Final = """
SELECT * FROM (
    SELECT CASE
            WHEN h.is_posting AND h.erp_reference <> ''
                AND h.erp_reference IN (l.entry_number, l.document_number, l.reference, l.external_id) THEN 1
            WHEN n.is_day AND n.is_number AND (h.is_posting OR n.is_document) THEN 2
            WHEN h.is_posting AND n.is_document AND n.is_day THEN 3
            WHEN h.is_posting AND n.is_document AND NOT EXISTS (
                SELECT FROM ledger_openitem o WHERE o.account_id = h.account_id
                    AND o.document_number = h.document_number AND o.source NOT IN ('BANK', 'QUITTANCE')) THEN 4
        END AS doubt, abs(l.posting_date - h.day) AS days_apart, l.position, h.id
    FROM intake_line l
    JOIN ledger_handedline h ON h.account_id = l.account_id AND h.currency = l.currency AND h.amount = l.amount
    CROSS JOIN LATERAL (
        SELECT h.day IN (l.posting_date, l.document_date) AS is_day,
            h.entry_number::text IN (l.entry_number, l.reference, l.external_id) AS is_number,
            ltrim(h.document_number, '''') IN (ltrim(l.document_number, ''''), ltrim(l.reference, '''')) AS is_document
    ) n
    WHERE l.outcome = 'NEW' AND l.problem = '' AND NOT h.is_refused
        AND NOT EXISTS (SELECT FROM intake_returning r WHERE r.position = l.position)
        AND (h.source = '' OR %(is_snapshot)s AND h.source = %(source)s
            AND NOT EXISTS (SELECT FROM intake_returning r WHERE r.handed_id = h.id))
) found WHERE doubt IS NOT NULL
"""

# What the ERP has now of one of ours, where it is not what it got.
_DIFFERS: Final = """
INSERT INTO foundation_rejectedline (batch_id, position, content, reason_code, reason_params, reason, is_warning)
SELECT %(batch_id)s, l.position,
    concat_ws(' | ', l.account_number, l.document_number, l.document_date, l.amount, l.currency),
    'OURS_DIFFERS', jsonb_build_object('document', h.document_number, 'account', a.number, 'currency', h.currency,
        'amount', round(h.amount, quittance_minor_digits(h.currency))::text,
        'found', round(l.amount, quittance_minor_digits(l.currency))::text, 'found_currency', l.currency,
        'found_account', l.account_number), '', true
FROM intake_returning r JOIN intake_line l ON l.position = r.position JOIN ledger_handedline h ON h.id = r.handed_id
JOIN parties_customeraccount a ON a.id = h.account_id
WHERE (l.account_id, l.currency, l.amount) IS DISTINCT FROM (h.account_id, h.currency, h.amount)
"""

_KEEP: Final = """
UPDATE ledger_handedline h
SET source = %(source)s, external_id = l.external_id, payload_hash = l.payload_hash, journal_code = l.journal_code,
    erp_entry_number = l.entry_number, erp_document_number = l.document_number,
    batch_id = CASE WHEN r.is_first THEN %(batch_id)s ELSE h.batch_id END,
    returned_at = CASE WHEN r.is_first THEN %(moment)s ELSE h.returned_at END
FROM intake_returning r JOIN intake_line l ON l.position = r.position
WHERE h.id = r.handed_id AND (r.is_first OR h.payload_hash <> l.payload_hash)
"""

_MARK: Final = """
UPDATE intake_line l SET outcome = 'OURS', item_id = h.item_id, letter_code_before = coalesce(i.letter_code, '')
FROM intake_returning r JOIN ledger_handedline h ON h.id = r.handed_id LEFT JOIN ledger_openitem i ON i.id = h.item_id
WHERE l.position = r.position
"""

_RETURNED: Final = """
SELECT i.id, i.account_id, a.customer_id, a.company_id, i.document_number, h.erp_entry_number, h.journal_code,
    h.erp_document_number
FROM intake_returning r JOIN ledger_handedline h ON h.id = r.handed_id JOIN ledger_openitem i ON i.id = h.item_id
JOIN parties_customeraccount a ON a.id = i.account_id
WHERE r.is_first ORDER BY i.id
"""


def find_returned(*, source: str, is_snapshot: bool, batch_id: int, moment: datetime) -> int:
    """Mark the lines of `intake_line` that are ours (outcome OURS, item of ours or none); keep what the ERP calls them.

    Return how many of them came back for the first time.
    """
    asked: dict[str, Any] = {"source": source, "is_snapshot": is_snapshot, "batch_id": batch_id, "moment": moment}
    with connection.cursor() as cursor:
        cursor.execute(_FRESH)
        cursor.execute(_HAS_HANDED)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_KNOWN, asked)
        cursor.execute(_LIKENESSES, asked)
        pairs = pair_returned(Likeness(*row) for row in cursor.fetchall())
    rows = [(position, handed_id, True) for position, handed_id in pairs.items()]
    copy_rows(table="intake_returning", columns=("position", "handed_id", "is_first"), rows=rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE intake_returning")
        cursor.execute(_DIFFERS, asked)
        cursor.execute(_KEEP, asked)
        cursor.execute(_MARK)
    return len(pairs)


def iter_returned() -> Iterator[tuple[Any, ...]]:
    """Yield the items of ours that came back for the first time, with what the ERP calls them, for their events."""
    with connection.cursor() as cursor:
        cursor.execute(_RETURNED)
        yield from cursor.fetchall()
