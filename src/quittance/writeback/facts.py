"""Read entries with the lines of the books that they are about, some thousands at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from quittance.core.writeback import EntryFact, EntryKind, ItemSide, letter_code

CHUNK_ENTRIES: Final = 5000
OWN_SOURCES: Final = ("BANK", "QUITTANCE")

_FACTS: Final = """
SELECT e.number, e.kind, e.day, e.currency, d.company_currency, e.reason, e.bank_account_id, e.letter_number, l.code,
    l.effective_date, l.amount, l.amount_company_debit, l.amount_company_credit,
    coalesce(o.amount_original, d.amount_original) > 0, d.label,
    d.source, d.external_id, d.receivable_account, da.number, dc.name, d.document_number, d.document_date,
    d.amount_original, d.amount_company,
    c.source, c.external_id, c.receivable_account, ca.number, cc.name, c.document_number, c.document_date,
    e.item_id, da.id, ca.id
FROM writeback_writebackentry e
LEFT JOIN ledger_allocation l ON l.id = e.allocation_id
JOIN ledger_openitem d ON d.id = coalesce(e.item_id, l.debit_item_id)
JOIN parties_customeraccount da ON da.id = d.account_id
JOIN parties_customer dc ON dc.id = da.customer_id
LEFT JOIN ledger_openitem c ON c.id = l.credit_item_id
LEFT JOIN parties_customeraccount ca ON ca.id = c.account_id
LEFT JOIN parties_customer cc ON cc.id = ca.customer_id
LEFT JOIN ledger_openitem o ON o.id = e.origin_item_id
WHERE e.company_id = %s AND e.number = ANY(%s)
ORDER BY e.number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEntry:
    """An entry as its lines need it, the text of its item, the item that it posts and the accounts by their numbers."""

    fact: EntryFact
    label: str
    item_id: int | None
    account_ids: Mapping[str, int]


def read_facts(*, company_id: int, numbers: Sequence[int]) -> Iterator[FoundEntry]:
    """Go through entries of a company by number. One query for some thousands."""
    for start in range(0, len(numbers), CHUNK_ENTRIES):
        with connection.cursor() as cursor:
            cursor.execute(_FACTS, [company_id, list(numbers[start : start + CHUNK_ENTRIES])])
            rows = cursor.fetchall()
        yield from map(_found, rows)


def entry_words(*, found: FoundEntry, language: str) -> str:
    """Return what an entry says of itself in a language."""
    fact = found.fact
    document = fact.items[0].document_number
    with translation.override(language):
        if fact.kind == EntryKind.ALLOCATION:
            return _("Lettering %(letter)s") % {"letter": fact.letter}
        if fact.kind == EntryKind.REVERSAL:
            return _("Lettering %(letter)s undone") % {"letter": fact.letter}
        if fact.kind == EntryKind.WITHDRAWAL:
            return _("%(document)s taken back") % {"document": document}
        return found.label or document


def _found(row: tuple[Any, ...]) -> FoundEntry:
    (number, kind, day, currency, company_currency, reason, bank_account_id, letter_number, code) = row[:9]
    (effective_date, amount, company_debit, company_credit, is_gain, label) = row[9:15]
    debit, credit = row[15:22], row[24:31]
    if amount is None:
        items: tuple[ItemSide, ...] = (_side(debit, row[22], row[23]),)
    else:
        items = (_side(debit, amount, company_debit), _side(credit, amount, company_credit))
    fact = EntryFact(
        number=number,
        kind=EntryKind(kind),
        day=day,
        currency=currency,
        company_currency=company_currency,
        items=items,
        letter=letter_code(letter_number) if letter_number else code or "",
        letter_date=effective_date,
        reason=reason,
        is_gain=bool(is_gain),
        bank_account_id=bank_account_id,
    )
    item_id, debit_account_id, credit_account_id = row[31:34]
    account_ids = (
        {debit[3]: debit_account_id} if amount is None else {debit[3]: debit_account_id, credit[3]: credit_account_id}
    )
    return FoundEntry(fact=fact, label=label, item_id=item_id, account_ids=account_ids)


def _side(row: Sequence[Any], amount: Decimal, amount_company: Decimal) -> ItemSide:
    source, external_id, receivable_account, account_number, customer_name, document_number, document_date = row
    return ItemSide(
        erp_key="" if source in OWN_SOURCES else external_id,
        receivable_account=receivable_account,
        account_number=account_number,
        customer_name=customer_name,
        document_number=document_number,
        document_date=document_date,
        amount=amount,
        amount_company=amount_company,
    )
