"""The ways to explain a bank line, each a function in one table.

A strategy sees one line with what was found about it and returns proposals; it neither applies nor compares
them. To add one (several lines to several items, subset sums, remittances, learnt weights) write a function of
the same shape and enter it in ``STRATEGIES``.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from quittance.core.matching.pool import CandidatePool, by_age
from quittance.core.matching.references import ReferenceHit
from quittance.core.matching.values import (
    BankLine,
    CandidateItem,
    Evidence,
    EvidenceKind,
    MatchProposal,
    PayerIdentity,
    Strategy,
)

COMBINATIONS_MAX = 4096
AMOUNT_ALTERNATIVES_MAX = 20

BASE_REFERENCE = 990
BASE_DIFFERENCE = 700
PAYER_STEP = 20
AMBIGUOUS_AMOUNT = 600
PENALTY_OTHER_PAYER = 150
OTHER_PAYER_MIN = 800
PENALTY_LEFT_OUT = 100
PENALTY_AFTER_PAYMENT = 120
PENALTY_OTHER_REFERENCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LineContext:
    """One line with the references found on it and the families that may have paid it, best first."""

    line: BankLine
    hits: tuple[ReferenceHit, ...]
    payers: tuple[PayerIdentity, ...]
    pool: CandidatePool

    def payer(self, account_family: int) -> PayerIdentity | None:
        """Return what identifies the family as the payer, if anything does."""
        return next((one for one in self.payers if one.account_family == account_family), None)


def propose_by_reference(context: LineContext) -> list[MatchProposal]:
    """Explain the line by the references on it: items of one family whose open amounts add up to the payment.

    A reference may stand for several items (instalments): all of them, the oldest ones, or one of them. When
    only some of the references add up the proposal says which were left out. When nothing adds up, all that
    was referenced is proposed with the difference, for a person to judge.
    """
    proposals: list[MatchProposal] = []
    for family, groups in _groups_by_family(context).items():
        found = [_reference_proposal(context, family, groups, chosen) for chosen in _exact_choices(context, groups)]
        proposals += found or _with_difference(context, family, groups)
    return proposals


def propose_by_amount_with_payer(context: LineContext) -> list[MatchProposal]:
    """Explain the line by who pays it and the one open item of exactly that amount.

    Several such items are all proposed, with little confidence: which one is meant is a person's choice.
    A disputed item of the same amount is not proposed but makes the others uncertain all the same.
    """
    line, proposals = context.line, []
    known = [hit for hit in context.hits if any(map(context.pool.find_item, hit.item_ids))]
    for payer in context.payers:
        items = context.pool.list_by_amount(
            account_family=payer.account_family, currency=line.currency, amount_minor=line.amount_minor
        )
        for item in [item for item in items if not item.disputed][:AMOUNT_ALTERNATIVES_MAX]:
            confidence = payer.confidence - PAYER_STEP
            evidence = [*payer.evidence, Evidence(kind=EvidenceKind.AMOUNT_EQUAL, text=str(line.amount_minor))]
            if len(items) > 1:
                confidence = min(confidence, AMBIGUOUS_AMOUNT)
                evidence.append(Evidence(kind=EvidenceKind.AMOUNT_NOT_UNIQUE, text=str(len(items))))
            if others := [hit for hit in known if item.item_id not in hit.item_ids]:
                confidence -= PENALTY_OTHER_REFERENCE
                evidence += [_left_out(hit) for hit in others]
            confidence -= _penalty_after_payment(line, [item], evidence)
            proposals.append(
                MatchProposal(
                    line_id=line.id,
                    lines=((item.item_id, item.amount_open_minor),),
                    strategy=Strategy.AMOUNT_WITH_PAYER,
                    confidence=max(confidence, 0),
                    evidence=tuple(evidence),
                )
            )
    return proposals


STRATEGIES: Mapping[Strategy, Callable[[LineContext], list[MatchProposal]]] = {
    Strategy.EXACT_REFERENCE: propose_by_reference,
    Strategy.AMOUNT_WITH_PAYER: propose_by_amount_with_payer,
}

_Groups = dict[str, list[CandidateItem]]
_Chosen = tuple[tuple[CandidateItem, ...], ...]


def _groups_by_family(context: LineContext) -> dict[int, _Groups]:
    """Return by family the undisputed items of each reference found, oldest first; an item counts once."""
    families: defaultdict[int, _Groups] = defaultdict(dict)
    taken: set[int] = set()
    for hit in sorted(context.hits, key=lambda hit: (-len(hit.key), hit.key)):
        for item_id in hit.item_ids:
            item = context.pool.find_item(item_id)
            if item is None or item_id in taken or item.disputed or not item.amount_open_minor:
                continue
            if item.currency == context.line.currency:
                taken.add(item_id)
                families[item.account_family].setdefault(hit.key, []).append(item)
    return {
        family: {key: sorted(groups[key], key=by_age) for key in sorted(groups)}
        for family, groups in sorted(families.items())
    }


def _options(items: Sequence[CandidateItem]) -> list[tuple[CandidateItem, ...]]:
    """Return what one reference can stand for: all its items, its oldest ones, one of them, or nothing.

    Of equal amounts only the oldest is an option of its own: instalments are paid in their order.
    """
    options = [tuple(items[:count]) for count in range(len(items), 0, -1)]
    amounts = {items[0].amount_open_minor}
    for item in items[1:]:
        if item.amount_open_minor not in amounts:
            amounts.add(item.amount_open_minor)
            options.append((item,))
    return [*options, ()]


def _exact_choices(context: LineContext, groups: _Groups) -> list[_Chosen]:
    """Return the choices that add up to the payment; those that leave a reference out only if none else does."""
    options = [_options(items) for items in groups.values()]
    if math.prod(len(one) for one in options) > COMBINATIONS_MAX:
        options = [[tuple(items)] for items in groups.values()]
    exact = [
        chosen
        for chosen in itertools.product(*options)
        if sum(item.amount_open_minor for part in chosen for item in part) == context.line.amount_minor
    ]
    complete = [chosen for chosen in exact if all(chosen)]
    return complete or exact


def _reference_proposal(context: LineContext, family: int, groups: _Groups, chosen: _Chosen) -> MatchProposal:
    line = context.line
    items = [item for part in chosen for item in part]
    used = {key for key, part in zip(groups, chosen, strict=True) if part}
    hits = [hit for hit in context.hits if hit.key in used]
    left_out = [hit for hit in context.hits if hit.key in groups and hit.key not in used]
    evidence = [_found(hit) for hit in hits]
    evidence.append(Evidence(kind=EvidenceKind.AMOUNT_EQUAL, text=str(line.amount_minor)))
    confidence = BASE_REFERENCE - (1000 - min(hit.strength for hit in hits)) // 2
    if left_out:
        confidence -= PENALTY_LEFT_OUT
        evidence += [_left_out(hit) for hit in left_out]
    confidence -= _penalty_other_payer(context, family, evidence)
    confidence -= _penalty_after_payment(line, items, evidence)
    return MatchProposal(
        line_id=line.id,
        lines=tuple(sorted((item.item_id, item.amount_open_minor) for item in items)),
        strategy=Strategy.EXACT_REFERENCE,
        confidence=max(confidence, 0),
        evidence=tuple(evidence),
    )


def _with_difference(context: LineContext, family: int, groups: _Groups) -> list[MatchProposal]:
    """Propose everything referenced, the payment going to credits first, then to the oldest debits."""
    line = context.line
    items = sorted((item for part in groups.values() for item in part), key=by_age)
    total = sum(item.amount_open_minor for item in items)
    if total <= 0:
        return []
    left = line.amount_minor - sum(min(item.amount_open_minor, 0) for item in items)
    lines = [(item.item_id, item.amount_open_minor) for item in items if item.amount_open_minor < 0]
    for item in items:
        amount = min(max(item.amount_open_minor, 0), left)
        left -= amount
        if amount:
            lines.append((item.item_id, amount))
    difference = line.amount_minor - total
    evidence = [_found(hit) for hit in context.hits if hit.key in groups]
    evidence.append(Evidence(kind=EvidenceKind.AMOUNT_DIFFERS, text=str(difference)))
    confidence = BASE_DIFFERENCE - _penalty_other_payer(context, family, evidence)
    return [
        MatchProposal(
            line_id=line.id,
            lines=tuple(sorted(lines)),
            strategy=Strategy.REFERENCE_WITH_DIFFERENCE,
            confidence=confidence,
            evidence=tuple(evidence),
            difference_minor=difference,
        )
    ]


def _found(hit: ReferenceHit) -> Evidence:
    return Evidence(kind=hit.kind, text=hit.text, start=hit.start, end=hit.end)


def _left_out(hit: ReferenceHit) -> Evidence:
    return Evidence(kind=EvidenceKind.REFERENCE_LEFT_OUT, text=hit.text, start=hit.start, end=hit.end)


def _penalty_other_payer(context: LineContext, family: int, evidence: list[Evidence]) -> int:
    """Add the payer to the evidence; cost something when somebody else is known to pay from there."""
    payer = context.payer(family)
    if payer is not None:
        evidence += payer.evidence
        return 0
    if not context.payers or context.payers[0].confidence < OTHER_PAYER_MIN:
        return 0
    evidence.append(Evidence(kind=EvidenceKind.PAYER_IS_ANOTHER, text=context.line.payer_name))
    return PENALTY_OTHER_PAYER


def _penalty_after_payment(line: BankLine, items: Sequence[CandidateItem], evidence: list[Evidence]) -> int:
    """Doubt a payment that was booked before the document it would pay existed."""
    later = [item for item in items if item.document_date > line.booking_date]
    if not later:
        return 0
    day = max(item.document_date for item in later)
    evidence.append(Evidence(kind=EvidenceKind.ITEM_AFTER_PAYMENT, text=day.isoformat()))
    return PENALTY_AFTER_PAYMENT
