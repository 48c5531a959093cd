"""Find the collection of direct debits that one credit of the bank pays."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from quittance.cash.models import BankTransaction
from quittance.core.matching import ReferenceIndex, fold_iban, fold_name
from quittance.debits.queries import BulkRow, BulkSum, find_collection, find_settings, list_bulk_sums
from quittance.parties.payments import list_bank_accounts

CURRENCY: Final = "EUR"
# A bank that names the collection may pay it late; one that names nothing books it on its day, or after a week-end.
NAMED_DAYS_MAX: Final = 90
UNNAMED_DAYS_MAX: Final = 4
# After the name of a file this much more is the name of one debit.
_ONE_DEBIT: Final = re.compile(r"[\s/-]?\d{5}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCollections:
    """The debits that each line pays, and the lines that name a collection of another sum."""

    whole: Mapping[int, BulkRow]
    differing: frozenset[int]


def find_collections(*, company_id: int, lines: Sequence[BankTransaction]) -> FoundCollections:
    """Return what these receipts pay of our collections: by the name of file or group, else by sum and day.

    Without a name the sum must be that of one collection only, of several debits, and of one line only; and no payer
    may stand on it. A line that names a collection and pays another sum differs, unless a payer's account stands on it.
    One query when no collection is at the bank; else three more for each line found.
    """
    lines = [row for row in lines if row.currency == CURRENCY]
    nothing = FoundCollections(whole={}, differing=frozenset())
    if not lines:
        return nothing
    since = min(row.booking_date for row in lines) - timedelta(days=NAMED_DAYS_MAX)
    sums = list_bulk_sums(company_id=company_id, since=since)
    if not sums:
        return nothing
    named = _named(lines, sums)
    wanted = {row_id: found for row_id, found in named.items() if found is not None}
    wanted |= _by_sum(company_id, [row for row in lines if row.id not in named], sums)
    amounts = {row.id: row.amount for row in lines}
    whole: dict[int, BulkRow] = {}
    taken: set[int] = set()
    for row_id, one in sorted(wanted.items()):
        bulk = _read(company_id, one, amounts[row_id])
        ids = {debit.id for debit in bulk.instructions} if bulk else set()
        # Two credits that name one collection: the first has it.
        if bulk is not None and not ids & taken:
            taken |= ids
            whole[row_id] = bulk
    left = [row for row in lines if row.id in named and row.id not in whole]
    return FoundCollections(whole=whole, differing=_banks_own(company_id, left))


def _banks_own(company_id: int, lines: Sequence[BankTransaction]) -> frozenset[int]:
    """Return the lines on which no bank account of a payer stands: a customer may quote what we called our file."""
    ibans = {fold_iban(account.iban) for account in list_bank_accounts(company_ids=[company_id])} if lines else set()
    return frozenset(row.id for row in lines if not row.counterparty_iban or fold_iban(row.counterparty_iban) in ibans)


def _read(company_id: int, one: BulkSum, total: Decimal) -> BulkRow | None:
    name = {"payment_information_id": one.payment_information_id} if one.payment_information_id else {}
    return find_collection(company_id=company_id, total=total, message_id=one.message_id, **name)


def _named(lines: Iterable[BankTransaction], sums: Sequence[BulkSum]) -> dict[int, BulkSum | None]:
    """Return the collection that a line names; None where its sum is another."""
    names = [(one.payment_information_id or one.message_id, number) for number, one in enumerate(sums)]
    index = ReferenceIndex(names)
    found: dict[int, BulkSum | None] = {}
    for row in lines:
        hits = [hit for text in _texts(row) for hit in _hits(index, text)]
        if hits:
            found[row.id] = _of_amount([sums[number] for number in hits], sums, row.amount)
    return found


def _hits(index: ReferenceIndex, text: str) -> list[int]:
    """Return the numbers of the names in a text; the name of a file that begins the name of one debit is none."""
    hits = index.find_in_text(text)
    whole = [hit for hit in hits if hit.end is None or not _ONE_DEBIT.match(text, hit.end)]
    return [number for hit in whole for number in hit.item_ids]


def _of_amount(named: Sequence[BulkSum], sums: Sequence[BulkSum], amount: Decimal) -> BulkSum | None:
    """Return the one of this sum: what is named itself, else another group of the file, or the whole of it."""
    files = {one.message_id for one in named}
    for candidates in (named, [one for one in sums if one.message_id in files]):
        fitting = {one.message_id: one for one in candidates if one.amount == amount}
        if len(fitting) == 1:
            return next(iter(fitting.values()))
    return None


def _texts(row: BankTransaction) -> list[str]:
    return [
        row.text, row.additional_text, row.end_to_end_id, row.servicer_reference, row.entry_reference,
        row.batch_reference, *row.structured_references,
    ]  # fmt: skip


def _by_sum(company_id: int, lines: Sequence[BankTransaction], sums: Sequence[BulkSum]) -> dict[int, BulkSum]:
    """Return collections that are at the bank by their sum and day, where nothing else has it."""
    on_way: defaultdict[Decimal, list[BulkSum]] = defaultdict(list)
    for one in sums:
        if one.is_on_its_way and one.count > 1:
            on_way[one.amount].append(one)
    candidates = [row for row in lines if row.amount in on_way]
    if not candidates:
        return {}
    candidates = _from_nobody(company_id, candidates)
    found: dict[int, BulkSum] = {}
    for row in candidates:
        near = {one.message_id: one for one in on_way[row.amount] if _is_near(row, one)}
        rivals = [other for other in candidates if other.id != row.id and other.amount == row.amount]
        if len(near) == 1 and not any(_is_near(other, one) for other in rivals for one in near.values()):
            found[row.id] = next(iter(near.values()))
    return found


def _is_near(row: BankTransaction, one: BulkSum) -> bool:
    return one.collection_date <= row.booking_date <= one.collection_date + timedelta(days=UNNAMED_DAYS_MAX)


def _from_nobody(company_id: int, lines: Sequence[BankTransaction]) -> list[BankTransaction]:
    """Return the lines on the account of the collections on which nobody but ourselves stands as the payer."""
    settings = find_settings(company_id=company_id)
    own = list_bank_accounts(company_ids=[company_id])
    ibans = {fold_iban(account.iban) for account in own}
    names = {fold_name(account.company_name) for account in own}
    return [
        row
        for row in lines
        if settings is not None
        and row.bank_account_id == settings.bank_account_id
        and (not row.counterparty_iban or fold_iban(row.counterparty_iban) in ibans)
        and (not row.counterparty_name or fold_name(row.counterparty_name) in names)
        and not row.mandate_id
    ]
