"""What matching needs, loaded at once for all waiting lines of a company."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from quittance.cash.models import BankTransaction, PayerIdentity
from quittance.core.matching import (
    BankLine,
    CandidateItem,
    CandidatePool,
    PayerDirectory,
    ReferenceIndex,
    fold_iban,
)
from quittance.core.matching import PayerIdentity as Payer
from quittance.core.money import to_minor_units
from quittance.ledger.queries.matching import MatchableItem, iter_open_references, list_matchable_items
from quittance.parties.payments import list_payer_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Lines with who may have paid each, and the items that may be paid.

    `customers_by_iban` and `customers_by_group` lead from a payer found back to the customers themselves.
    """

    lines: dict[int, BankLine]
    payers: dict[int, tuple[Payer, ...]]
    pool: CandidatePool
    items: dict[int, MatchableItem]
    customers_by_iban: dict[str, set[int]]
    customers_by_group: dict[int, set[int]]

    def find_customer(self, *, line: BankLine) -> tuple[int | None, Payer | None]:
        """Return the one customer that pays the line, as far as it is certain, and what shows it.

        (None, payer) when the group is known and not which of its customers; (None, None) when nobody is.
        """
        payers = self.payers.get(line.id, ())
        if not payers or (len(payers) > 1 and payers[0].confidence == payers[1].confidence):
            return None, None
        payer = payers[0]
        seen = self.customers_by_iban.get(fold_iban(line.payer_iban), set()) if line.payer_iban else set()
        customers = (
            seen & self.customers_by_group[payer.account_family] or self.customers_by_group[payer.account_family]
        )
        return (next(iter(customers)) if len(customers) == 1 else None), payer


def bank_line(*, transaction: BankTransaction) -> BankLine:
    """Return a stored movement as matching sees it."""
    return BankLine(
        id=transaction.id,
        amount_minor=to_minor_units(transaction.amount, transaction.currency),
        currency=transaction.currency,
        booking_date=transaction.booking_date,
        payer_name=transaction.counterparty_name,
        payer_iban=transaction.counterparty_iban,
        text=transaction.text,
        structured_references=tuple(transaction.structured_references),
        end_to_end_id=transaction.end_to_end_id,
    )


def load_workload(*, company_id: int, transactions: Sequence[BankTransaction], as_of: date) -> Workload:
    """Load payers, references and candidate items for all these movements. Six queries, whatever their number."""
    lines = tuple(bank_line(transaction=transaction) for transaction in transactions)
    names = list_payer_names(company_id=company_id)
    group_of = {name.customer_id: name.group_id for name in names}
    by_group: defaultdict[int, set[int]] = defaultdict(set)
    for name in names:
        by_group[name.group_id].add(name.customer_id)
    seen = _identities(lines, group_of)
    directory = PayerDirectory(
        ibans=[(value, group_of[customer]) for kind, value, customer in seen if kind == PayerIdentity.Kind.IBAN],
        names=[(name.name, name.group_id) for name in names]
        + [(value, group_of[customer]) for kind, value, customer in seen if kind == PayerIdentity.Kind.NAME],
    )
    payers = {line.id: directory.identify(line) for line in lines}
    items, index = _items(company_id, lines, payers, by_group, as_of)
    by_iban: defaultdict[str, set[int]] = defaultdict(set)
    for kind, value, customer in seen:
        if kind == PayerIdentity.Kind.IBAN:
            by_iban[fold_iban(value)].add(customer)
    return Workload(
        lines={line.id: line for line in lines},
        payers=payers,
        pool=CandidatePool([_candidate(item, group_of) for item in items], index=index),
        items={item.id: item for item in items},
        customers_by_iban=dict(by_iban),
        customers_by_group=dict(by_group),
    )


def _identities(lines: Sequence[BankLine], group_of: dict[int, int]) -> list[tuple[str, str, int]]:
    """Return the learnt accounts and names that occur on these lines, of customers of this company."""
    values = {fold_iban(line.payer_iban) for line in lines} | {line.payer_name for line in lines}
    found = PayerIdentity.objects.filter(value__in=values - {""}).values_list("kind", "value", "customer_id")
    return [(kind, value, customer) for kind, value, customer in found if customer in group_of]


def _items(
    company_id: int,
    lines: Sequence[BankLine],
    payers: dict[int, tuple[Payer, ...]],
    by_group: dict[int, set[int]],
    as_of: date,
) -> tuple[list[MatchableItem], ReferenceIndex]:
    """Return the items that the lines name or their payers owe, with the index of all open references.

    Only what is named or owed by a payer is loaded, however much the company has open.
    """
    currencies = {line.currency for line in lines}
    index = ReferenceIndex(
        (reference, id_)
        for id_, number, other in iter_open_references(company_id=company_id, currencies=currencies)
        for reference in (number, other)
        if reference
    )
    probe = CandidatePool([], index=index)
    named = {id_ for line in lines for hit in probe.find_references(line) for id_ in hit.item_ids}
    groups = {payer.account_family for found in payers.values() for payer in found}
    customers = {customer for group in groups for customer in by_group[group]}
    items = list_matchable_items(
        company_id=company_id, currencies=currencies, item_ids=named, customer_ids=customers, as_of=as_of
    )
    return items, index


def _candidate(item: MatchableItem, group_of: dict[int, int]) -> CandidateItem:
    return CandidateItem(
        item_id=item.id,
        account_id=item.account_id,
        account_family=group_of[item.customer_id],
        amount_open_minor=to_minor_units(item.amount_open, item.currency),
        currency=item.currency,
        due_date=item.due_date,
        document_date=item.document_date,
        references=tuple(reference for reference in (item.document_number, item.reference) if reference),
        disputed=item.is_disputed,
    )
