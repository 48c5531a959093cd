"""Which copies of invoices the messages of a run ask for and would not find."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db import connection

from quittance.core.invoice_copies import choose_copies
from quittance.delivery.services import COPIES_BYTES_MAX, COPIES_MAX
from quittance.dunning.messages.copies import ABSENT, TOO_LARGE, kept_files
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.attachments import list_files_of_accounts

_ASKED = """
SELECT d.id, d.account_id, c.name, o.document_number, o.id
FROM dunning_dunningdecision d
JOIN dunning_dunninglevel l ON l.id = d.level_id
JOIN dunning_dunningdecisionitem i ON i.decision_id = d.id AND i.is_included
JOIN ledger_openitem o ON o.id = i.item_id
JOIN parties_customeraccount a ON a.id = d.account_id
JOIN parties_customer c ON c.id = a.customer_id
LEFT JOIN delivery_copywish w ON w.account_id = a.id
LEFT JOIN delivery_senderidentity s ON s.company_id = a.company_id
WHERE d.run_id = %(run)s AND d.outcome = 'SEND' AND NOT d.is_excluded AND d.medium IN ('EMAIL', 'LETTER')
AND (%(companies)s::bigint[] IS NULL OR a.company_id = ANY(%(companies)s))
AND COALESCE(w.is_wanted, CASE WHEN l.offset_days <= 0 AND l.counted_from = 'DUE_DATE' THEN s.copies = 'ALWAYS'
    ELSE s.copies IN ('LATE', 'ALWAYS') OR (s.copies = 'FORMAL' AND l.tone = 'FORMAL') END, FALSE)
ORDER BY d.amount_company DESC, d.id, o.due_date, o.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingCopy:
    """A copy that a message of a run will lack, and why (ABSENT, TOO_LARGE)."""

    decision_id: int
    customer_name: str
    document_number: str
    why: str


def list_missing_copies(*, run_id: int, scope: Scope = EVERYTHING) -> list[MissingCopy]:
    """Return what the messages of a run will lack, the largest messages first. Two queries."""
    companies = None if scope.company_ids is None else sorted(scope.company_ids)
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, {"run": run_id, "companies": companies})
        rows = cursor.fetchall()
    documents: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for decision_id, _account_id, _name, number, item_id in rows:
        documents[decision_id].append((number, item_id))
    owners = {row[0]: (row[1], row[2]) for row in rows}
    files = list_files_of_accounts(account_ids={account_id for account_id, _name in owners.values()})
    found: list[MissingCopy] = []
    for decision_id, (account_id, name) in owners.items():
        choice = choose_copies(
            documents=documents[decision_id],
            files=kept_files(files[account_id]),
            bytes_max=COPIES_BYTES_MAX,
            files_max=COPIES_MAX,
        )
        found += [
            MissingCopy(decision_id=decision_id, customer_name=name, document_number=number, why=why)
            for numbers, why in ((choice.absent, ABSENT), (choice.too_large, TOO_LARGE))
            for number in numbers
        ]
    return found
