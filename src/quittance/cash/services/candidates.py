"""What matching needs, loaded at once for all waiting lines of a company."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from quittance.cash.models import BankTransaction, PayerIdentity
from quittance.cash.rules import get_difference_rules
from quittance.cash.services.advices import join_advices
from quittance.cash.services.announcements import list_announced_sets
from quittance.cash.services.habits import list_family_rules
from quittance.core.matching import (
    BankLine,
    CandidateItem,
    CandidatePool,
    FamilyRules,
    PayerDirectory,
    ReferenceHit,
    ReferenceIndex,
    discount_minor,
    fold_iban,
    keys_to_find,
    limits_of_payment,
    words_like_references,
)
from quittance.core.matching import PayerIdentity as Payer
from quittance.core.money import from_minor_units, to_minor_units
from quittance.debits.queries import list_mandate_references
from quittance.ledger.queries.matching import (
    MatchableItem,
    count_amounts,
    list_closed_references,
    list_matchable_items,
    list_open_references,
)
from quittance.parties.agreements import Agreement, list_agreements
from quittance.parties.payments import list_payer_names
from quittance.parties.queries import find_company
from quittance.parties.virtual_ibans import list_virtual_ibans

# A document that was settled longer ago is hardly paid a second time by mistake.
CLOSED_DAYS_MAX = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Lines with who may have paid each, and the items that may be paid: at first those alone that some line names.

    `widen_workload` adds what the payers of some lines owe besides. `customers_by_trait` and `customers_by_group` lead
    from a payer found back to the customers themselves; `remittances` from a line to the advice that was found for it.
    """

    lines: dict[int, BankLine]
    payers: dict[int, tuple[Payer, ...]]
    pool: CandidatePool
    rules: dict[int, FamilyRules]
    items: dict[int, MatchableItem]
    customers_by_trait: dict[str, set[int]]
    customers_by_group: dict[int, set[int]]
    remittances: dict[int, int]
    references: _References

    def find_customer(self, *, line: BankLine) -> tuple[int | None, Payer | None]:
        """Return the one customer that pays the line, as far as it is certain, and what shows it.

        (None, payer) when the group is known and not which of its customers; (None, None) when nobody is.
        """
        payers = self.payers.get(line.id, ())
        if not payers or (len(payers) > 1 and payers[0].confidence == payers[1].confidence):
            return None, None
        payer = payers[0]
        customers = self.customers_by_group[payer.account_family]
        for trait in (line.credited_iban, line.mandate_id, line.payer_iban):
            if seen := self.customers_by_trait.get(fold_iban(trait), set()) & customers:
                customers = seen
                break
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
        mandate_id=transaction.mandate_id,
        credited_iban=transaction.credited_iban,
    )


def load_workload(*, company_id: int, transactions: Sequence[BankTransaction], as_of: date) -> Workload:
    """Load payers, references and named items for all these movements. Under twenty queries, whatever their number."""
    names = list_payer_names(company_id=company_id)
    group_of = {name.customer_id: name.group_id for name in names}
    by_group: defaultdict[int, set[int]] = defaultdict(set)
    for name in names:
        by_group[name.group_id].add(name.customer_id)
    plain = _bounded(company_id, [bank_line(transaction=transaction) for transaction in transactions], as_of)
    seen = _identities(plain, group_of)
    mandates = _mandates(company_id, plain, group_of)
    virtual = _virtual_ibans(company_id, plain, group_of)
    directory = PayerDirectory(
        ibans=[(value, group_of[customer]) for kind, value, customer in seen if kind == PayerIdentity.Kind.IBAN],
        names=[(name.name, name.group_id) for name in names]
        + [(value, group_of[customer]) for kind, value, customer in seen if kind == PayerIdentity.Kind.NAME],
        virtual_ibans=[(iban, group_of[customer]) for iban, customer in virtual],
        mandates=[(reference, group_of[customer]) for reference, customer in mandates],
    )
    payers = {line.id: directory.identify(line) for line in plain}
    lines, advice = join_advices(company_id=company_id, lines=plain, payers=payers, group_of=group_of)
    groups = {payer.account_family for found in payers.values() for payer in found}
    customers = {customer for group in groups for customer in by_group[group]}
    agreements = {one.account_id: one for one in list_agreements(company_id=company_id)}
    references = _find_references(company_id, lines, customers, group_of, agreements, as_of)
    named = _named_ids(references.hits, references.hits)
    items = references.load(item_ids=named, customer_ids=(), amounts=())
    by_trait: defaultdict[str, set[int]] = defaultdict(set)
    ibans = [(value, customer) for kind, value, customer in seen if kind == PayerIdentity.Kind.IBAN]
    for value, customer in [*ibans, *mandates, *virtual]:
        by_trait[fold_iban(value)].add(customer)
    return Workload(
        lines={line.id: line for line in lines},
        payers=payers,
        pool=references.pool(items),
        rules=list_family_rules(
            company_id=company_id,
            customer_ids=customers,
            group_of=group_of,
            customers_of_group=by_group,
            agreements=agreements,
        ),
        items={item.id: item for item in items},
        customers_by_trait=dict(by_trait),
        customers_by_group=dict(by_group),
        remittances=advice,
        references=references,
    )


def _bounded(company_id: int, lines: Sequence[BankLine], as_of: date) -> list[BankLine]:
    """Say of each line up to how much the company posts a difference by rule. Two or three queries a currency."""
    company = find_company(company_id=company_id)
    ours = company.currency if company else ""
    rules = {
        currency: get_difference_rules(company_id=company_id, company_currency=ours, currency=currency, on=as_of)
        for currency in {line.currency for line in lines}
    }
    return [
        replace(
            line,
            limits=limits_of_payment(rules=rules[line.currency], amount_minor=line.amount_minor),
            is_foreign=line.currency != ours,
        )
        for line in lines
    ]


def widen_workload(*, workload: Workload, line_ids: Collection[int]) -> Workload:
    """Return the workload with all that the payers of these lines owe, and what has the amount of a line of a stranger.

    One query. Only these are loaded, however much the company has open.
    """
    references = workload.references
    groups = {payer.account_family for id_ in line_ids for payer in workload.payers[id_]}
    strange = [id_ for id_ in line_ids if not references.hits[id_] and not workload.payers[id_]]
    items = references.load(
        item_ids=_named_ids(references.hits, line_ids),
        customer_ids={customer for group in groups for customer in workload.customers_by_group[group]},
        amounts={references.amounts[id_] for id_ in strange},
    )
    known = workload.items | {item.id: item for item in items}
    return replace(workload, items=known, pool=references.pool(items))


def _identities(lines: Sequence[BankLine], group_of: dict[int, int]) -> list[tuple[str, str, int]]:
    """Return the learnt accounts and names that occur on these lines, of customers of this company.

    Names that a person gave are compared however the bank writes them, so all of them are returned. Two queries.
    """
    values = {fold_iban(line.payer_iban) for line in lines} | {line.payer_name for line in lines}
    known = PayerIdentity.objects.filter(value__any=values - {""}, is_active=True)
    given = PayerIdentity.objects.filter(kind=PayerIdentity.Kind.NAME, is_given=True, is_active=True)
    found = {row for rows in (known, given) for row in rows.values_list("kind", "value", "customer_id")}
    return sorted((kind, value, customer) for kind, value, customer in found if customer in group_of)


def _mandates(company_id: int, lines: Sequence[BankLine], group_of: dict[int, int]) -> list[tuple[str, int]]:
    """Return the mandates that the lines name, with the customer that signed each. One query at most."""
    named = {name for line in lines for name in (line.mandate_id, "".join(line.mandate_id.split())) if name}
    if not named:
        return []
    found = list_mandate_references(company_id=company_id, references=named)
    return [(reference, customer) for reference, customer in found if customer in group_of]


def _virtual_ibans(company_id: int, lines: Sequence[BankLine], group_of: dict[int, int]) -> list[tuple[str, int]]:
    """Return the virtual accounts that lines were paid to, with the customer of each. One query at most."""
    credited = {fold_iban(line.credited_iban) for line in lines if line.credited_iban}
    if not credited:
        return []
    found = list_virtual_ibans(company_id=company_id, ibans=credited)
    return [(iban, customer) for iban, customer in found if customer in group_of]


@dataclass(frozen=True, slots=True, kw_only=True)
class _References:
    """What the lines name in an index of all that is open, and how common their amounts are."""

    company_id: int
    as_of: date
    group_of: dict[int, int]
    agreements: Mapping[int, Agreement]
    currencies: set[str]
    index: ReferenceIndex
    hits: dict[int, tuple[ReferenceHit, ...]]
    amounts: dict[int, Decimal]
    amount_counts: dict[tuple[str, int], int]
    item_count: int
    closed: list[str]
    announced: list[frozenset[int]]

    def load(
        self, *, item_ids: Collection[int], customer_ids: Collection[int], amounts: Collection[Decimal]
    ) -> list[MatchableItem]:
        """Return the open items with these ids, of these customers, or of these amounts. One query."""
        return list_matchable_items(
            company_id=self.company_id,
            currencies=self.currencies,
            item_ids=item_ids,
            customer_ids=customer_ids,
            as_of=self.as_of,
            amounts=amounts,
        )

    def pool(self, items: Sequence[MatchableItem]) -> CandidatePool:
        """Arrange items for the core."""
        return CandidatePool(
            [_candidate(item, self.group_of, self.agreements.get(item.account_id)) for item in items],
            index=self.index,
            amount_counts=self.amount_counts,
            item_count=self.item_count,
            closed_references=self.closed,
            announced=self.announced,
            hits=self.hits,
        )


def _find_references(
    company_id: int,
    lines: Sequence[BankLine],
    customers: set[int],
    group_of: dict[int, int],
    agreements: Mapping[int, Agreement],
    as_of: date,
) -> _References:
    """Find what the lines name among the references of everything that is open. Four queries.

    Only what some line may name is indexed, so a few lines cost little however much is open.
    """
    currencies = {line.currency for line in lines}
    keys = {key for line in lines for key in keys_to_find(line=line)}
    found = list_open_references(company_id=company_id, currencies=currencies, keys=keys)
    index = ReferenceIndex((reference, item_id) for item_id, reference in found)
    probe = CandidatePool([], index=index)
    amounts = {line.id: from_minor_units(line.amount_minor, line.currency) for line in lines}
    counts, item_count = count_amounts(company_id=company_id, currencies=currencies, amounts=set(amounts.values()))
    return _References(
        company_id=company_id,
        as_of=as_of,
        group_of=group_of,
        agreements=agreements,
        currencies=currencies,
        index=index,
        hits={line.id: probe.find_references(line) for line in lines},
        amounts=amounts,
        amount_counts={(currency, to_minor_units(value, currency)): n for (currency, value), n in counts.items()},
        item_count=item_count,
        closed=_closed(company_id, lines, index, customers, as_of),
        announced=list_announced_sets(company_id=company_id, as_of=as_of),
    )


def _named_ids(hits: Mapping[int, tuple[ReferenceHit, ...]], line_ids: Iterable[int]) -> set[int]:
    return {item_id for line_id in line_ids for hit in hits[line_id] for item_id in hit.item_ids}


def _closed(
    company_id: int, lines: Sequence[BankLine], index: ReferenceIndex, customers: set[int], as_of: date
) -> list[str]:
    """Return the numbers of paid documents, where some line names what is not open. One query at most."""
    words = {word for line in lines for word in words_like_references(text=line.text)}
    if not any(not index.item_ids(word) for word in words):
        return []
    since = as_of - timedelta(days=CLOSED_DAYS_MAX)
    return list_closed_references(company_id=company_id, customer_ids=customers, since=since)


def _candidate(item: MatchableItem, group_of: dict[int, int], agreed: Agreement | None) -> CandidateItem:
    amount_open = to_minor_units(item.amount_open, item.currency)
    discount, until = 0, None
    if agreed is not None and agreed.discount_per_mille:
        discount = discount_minor(amount_minor=amount_open, per_mille=agreed.discount_per_mille)
        until = item.document_date + timedelta(days=agreed.discount_days)
    return CandidateItem(
        item_id=item.id,
        account_id=item.account_id,
        account_family=group_of[item.customer_id],
        amount_open_minor=amount_open,
        currency=item.currency,
        due_date=item.due_date,
        document_date=item.document_date,
        references=tuple(reference for reference in (item.document_number, item.reference) if reference),
        disputed=item.is_disputed,
        discount_minor=discount,
        discount_until=until,
    )
