"""Apply a payout that somebody collected from several of our customers, by the advice that says what of each.

A factor, an agency or a payment provider pays in one sum. Its advice names a document in every line; the line of the
bank is split in a part per group of customers. What the payer is teaches nothing about these customers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db import transaction as db_transaction

from quittance.cash.models import BankTransaction, MatchProposal, MatchProposalLine
from quittance.cash.services.advices import find_payouts
from quittance.cash.services.applying import Part, apply_parts, main_account, save_decision
from quittance.cash.services.parts import mark_split, part_of_line
from quittance.core.matching import EvidenceKind, Strategy
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger.queries.matching import MatchableItem, list_matchable_items
from quittance.ledger.services import LedgerError, lock_items
from quittance.parties.payments import list_group_roots
from quittance.remittances.queries import ExpectedRemittance
from quittance.remittances.services import RemittanceError, close_remittances, join_remittance

CONFIDENCE: Final = 995
State = BankTransaction.State


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """What a payout pays of the items of one group of customers."""

    parts: tuple[Part, ...]
    customer_id: int

    @property
    def amount(self) -> Decimal:
        return sum((part.amount for part in self.parts), Decimal(0))


def apply_payouts(*, company_id: int, lines: Sequence[BankTransaction], as_of: date, actor: Actor) -> set[int]:
    """Apply the receipts that an advice shares among several groups of customers, each whole or not; return their ids.

    Every line of the advice must be one open, undisputed item of ours with at least so much open, and all add up to
    the receipt. Anything else is left to the matching of single payers and to people. One query when nothing is
    expected.
    """
    found = find_payouts(company_id=company_id, transactions=lines)
    applied = set()
    for row, advice in found:
        shares = _shares(company_id, advice, as_of)
        if (
            len(shares) > 1
            and sum(share.amount for share in shares) == row.amount
            and _apply(row, advice, shares, actor)
        ):
            applied.add(row.id)
    return applied


def _shares(company_id: int, advice: ExpectedRemittance, as_of: date) -> list[_Share]:
    """Return what the advice pays of each group of customers, by its first item; nothing when a line does not fit."""
    wanted: defaultdict[int, Decimal] = defaultdict(Decimal)
    for line in advice.lines:
        wanted[line.item_id or 0] += line.amount
    items = {
        item.id: item
        for item in list_matchable_items(
            company_id=company_id, currencies=[advice.currency], item_ids=wanted, customer_ids=[], as_of=as_of
        )
    }
    if items.keys() != wanted.keys() or not all(_fits(items[id_], amount) for id_, amount in wanted.items()):
        return []
    roots = list_group_roots(customer_ids={item.customer_id for item in items.values()})
    by_group: defaultdict[int, list[MatchableItem]] = defaultdict(list)
    for item in items.values():
        by_group[roots[item.customer_id]].append(item)
    shares = [_share(found, wanted) for _, found in sorted(by_group.items())]
    return shares if all(share.amount > 0 for share in shares) else []


def _fits(item: MatchableItem, amount: Decimal) -> bool:
    is_within = 0 < amount <= item.amount_open or item.amount_open <= amount < 0
    return is_within and not item.is_disputed


def _share(items: Sequence[MatchableItem], wanted: Mapping[int, Decimal]) -> _Share:
    parts = tuple(Part(item_id=item.id, account_id=item.account_id, amount=wanted[item.id]) for item in items)
    account_id = main_account(parts=parts)
    return _Share(parts=parts, customer_id=next(item.customer_id for item in items if item.account_id == account_id))


def _apply(line: BankTransaction, advice: ExpectedRemittance, shares: Sequence[_Share], actor: Actor) -> bool:
    """Split a line by an advice and apply the parts; nothing is written when one of them cannot be."""
    try:
        with db_transaction.atomic():
            row = (
                BankTransaction.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
                .select_related("statement", "bank_account")
                .filter(pk=line.id, state=State.WAITING)
                .first()
            )
            if row is None:
                return False
            lock_items(item_ids={part.item_id for share in shares for part in share.parts})
            parts = BankTransaction.objects.bulk_create(
                part_of_line(row=row, number=number, amount=share.amount)
                for number, share in enumerate(shares, start=1)
            )
            for part, share in zip(parts, shares, strict=True):
                _apply_share(part, share, advice, actor)
            join_remittance(remittance_id=advice.id, bank_transaction_id=row.id, actor=actor)
            close_remittances(bank_transaction_ids=[row.id], actor=actor)
            mark_split(row=row, actor=actor, payload={"count": len(parts), "remittance_id": advice.id})
    except (LedgerError, RemittanceError):
        return False
    return True


def _apply_share(part: BankTransaction, share: _Share, advice: ExpectedRemittance, actor: Actor) -> None:
    named = advice.payment_reference or advice.end_to_end_id or advice.payer_name
    evidence = [{"kind": EvidenceKind.PAYOUT_OF_ADVICE.value, "text": named, "start": None, "end": None}]
    account_id = main_account(parts=share.parts)
    allocation_ids = apply_parts(
        transaction=part,
        account_id=account_id,
        parts=share.parts,
        strategy=Strategy.REMITTANCE.value,
        evidence={"confidence": CONFIDENCE, "facts": evidence},
        is_automatic=True,
        actor=actor,
    )
    part.customer_id, part.payer_confidence, part.payer_evidence = share.customer_id, CONFIDENCE, evidence
    save_decision(transaction=part)
    proposal = MatchProposal.objects.create(
        transaction=part,
        account_id=account_id,
        strategy=Strategy.REMITTANCE.value,
        confidence=CONFIDENCE,
        evidence=evidence,
        state=MatchProposal.State.APPLIED,
        is_automatic=True,
        allocation_ids=allocation_ids,
        created_at=clock.now(),
        decided_at=clock.now(),
        decided_by_id=actor.user_id,
    )
    MatchProposalLine.objects.bulk_create(
        MatchProposalLine(proposal=proposal, item_id=one.item_id, amount=abs(one.amount)) for one in share.parts
    )
