"""Remember which lines went to the ERP, so that the intake knows them when they come back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db import connection

from quittance.ledger.models import HandedLine

_CHUNK_ROWS: Final = 2000
_NAMED: Final = ["company_id", "entry_number", "place"]
_NUMBER_MAX: Final = 60
_ANSWER: Final = """
UPDATE ledger_handedline h SET erp_reference = v.reference
FROM unnest(%s::bigint[], %s::text[]) AS v(number, reference)
WHERE h.company_id = %s AND h.entry_number = v.number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHandedLine:
    """One line of a customer account as a file tells it: amounts signed debit +, in the document's currency or the
    company's where the file has no other.

    `item_id` is the item of ours that it posts; None when it posts none (`is_posting` false: it only names a letter).
    """

    company_id: int
    entry_number: int
    place: int
    account_id: int
    item_id: int | None
    is_posting: bool
    document_number: str
    day: date
    currency: str
    amount: Decimal
    company_currency: str
    amount_company: Decimal


def hand_over(*, lines: Iterable[NewHandedLine]) -> None:
    """Keep lines that leave for the ERP, in the caller's transaction; those that left before wait for it again."""
    rows = [
        HandedLine(**{**asdict(line), "document_number": " ".join(line.document_number.split())[:_NUMBER_MAX]})
        for line in lines
    ]
    HandedLine.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=_NAMED, update_fields=["is_refused"], batch_size=_CHUNK_ROWS
    )


def note_answers(*, company_id: int, references: Mapping[int, str], refused: Collection[int]) -> None:
    """Note by entry number under which reference the ERP took lines, and which it refused: those cannot come back."""
    with connection.cursor() as cursor:
        cursor.execute(_ANSWER, [list(references), list(references.values()), company_id])
    if refused:
        sent = HandedLine.objects.filter(company_id=company_id, entry_number__in=list(refused))
        sent.update(is_refused=True)
