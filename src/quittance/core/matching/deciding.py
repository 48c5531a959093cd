"""Compare the explanations of a bank line and say what is done with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from quittance.core.matching.pool import CandidatePool
from quittance.core.matching.strategies import STRATEGIES, LineContext
from quittance.core.matching.values import (
    BankLine,
    MatchDecision,
    MatchOutcome,
    MatchProposal,
    MatchReason,
    PayerIdentity,
    Strategy,
)

THRESHOLD = 900
MARGIN = 100
AGREEMENT_BONUS = 5
CONFIDENCE_MAX = 999

_STRATEGY_ORDER = {strategy: number for number, strategy in enumerate(Strategy)}


def propose_line(*, line: BankLine, payers: Sequence[PayerIdentity], pool: CandidatePool) -> tuple[MatchProposal, ...]:
    """Return every explanation of one line, best first; one per set of item amounts."""
    return _propose(_context(line, payers, pool))


def decide_line(
    *,
    line: BankLine,
    payers: Sequence[PayerIdentity],
    pool: CandidatePool,
    threshold: int = THRESHOLD,
    margin: int = MARGIN,
) -> MatchDecision:
    """Decide one line by itself: apply, ask a person, or wait; never a guess.

    It is applied only when the amounts agree exactly, the confidence reaches ``threshold`` and no other
    explanation comes within ``margin`` (both per mille). A line that names a disputed item is never applied.
    """
    if line.amount_minor <= 0:
        return MatchDecision(line_id=line.id, outcome=MatchOutcome.WAIT, reason=MatchReason.NOT_A_RECEIPT)
    context = _context(line, payers, pool)
    proposals = _propose(context)
    disputed = tuple(sorted(_disputed_item_ids(context)))
    reason = _judge(proposals, disputed, threshold, margin)
    if reason is MatchReason.CONFIDENT:
        return MatchDecision(
            line_id=line.id,
            outcome=MatchOutcome.APPLY,
            reason=reason,
            proposal=proposals[0],
            alternatives=proposals[1:],
        )
    return MatchDecision(
        line_id=line.id,
        outcome=MatchOutcome.WAIT if reason is MatchReason.NO_EXPLANATION else MatchOutcome.ASK,
        reason=reason,
        alternatives=proposals,
        disputed_item_ids=disputed,
    )


def decide_lines(
    *,
    lines: Iterable[BankLine],
    payers: Mapping[int, Sequence[PayerIdentity]],
    pool: CandidatePool,
    threshold: int = THRESHOLD,
    margin: int = MARGIN,
) -> tuple[MatchDecision, ...]:
    """Decide a batch; ``payers`` by line id. The result is ordered by line id, whatever the order of the lines.

    Two lines that want the same item are both left to a person: which of them pays it is not ours to guess.
    """
    decisions = [
        decide_line(line=line, payers=payers.get(line.id, ()), pool=pool, threshold=threshold, margin=margin)
        for line in sorted(lines, key=lambda line: line.id)
    ]
    wanted: defaultdict[int, int] = defaultdict(int)
    for decision in decisions:
        for item_id, _ in decision.proposal.lines if decision.proposal else ():
            wanted[item_id] += 1
    return tuple(
        _ask(decision)
        if decision.proposal and any(wanted[item_id] > 1 for item_id, _ in decision.proposal.lines)
        else decision
        for decision in decisions
    )


def _context(line: BankLine, payers: Sequence[PayerIdentity], pool: CandidatePool) -> LineContext:
    ordered = tuple(sorted(payers, key=lambda one: (-one.confidence, one.account_family)))
    return LineContext(line=line, hits=pool.find_references(line), payers=ordered, pool=pool)


def _propose(context: LineContext) -> tuple[MatchProposal, ...]:
    if context.line.amount_minor <= 0:
        return ()
    merged: dict[tuple[tuple[int, int], ...], MatchProposal] = {}
    found = [proposal for strategy in STRATEGIES.values() for proposal in strategy(context)]
    for proposal in sorted(found, key=_rank):
        known = merged.setdefault(proposal.lines, proposal)
        if known is not proposal:
            merged[proposal.lines] = _agree(known, proposal)
    return tuple(sorted(merged.values(), key=_rank))


def _rank(proposal: MatchProposal) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    return -proposal.confidence, _STRATEGY_ORDER[proposal.strategy], proposal.lines


def _agree(better: MatchProposal, other: MatchProposal) -> MatchProposal:
    """Join two ways to the same explanation; the evidence of both is kept, each piece once."""
    evidence = tuple(dict.fromkeys((*better.evidence, *other.evidence)))
    confidence = max(better.confidence, min(better.confidence + AGREEMENT_BONUS, CONFIDENCE_MAX))
    return replace(better, evidence=evidence, confidence=confidence)


def _disputed_item_ids(context: LineContext) -> set[int]:
    ids = {item_id for hit in context.hits for item_id in hit.item_ids}
    items = (context.pool.find_item(item_id) for item_id in ids)
    return {item.item_id for item in items if item is not None and item.disputed}


def _judge(proposals: Sequence[MatchProposal], disputed: Sequence[int], threshold: int, margin: int) -> MatchReason:
    if disputed:
        return MatchReason.DISPUTED_ITEM_REFERENCED
    if not proposals:
        return MatchReason.NO_EXPLANATION
    best = proposals[0]
    if len(proposals) > 1 and proposals[1].confidence >= best.confidence - margin:
        return MatchReason.AMBIGUOUS
    if best.difference_minor:
        return MatchReason.AMOUNT_DIFFERS
    return MatchReason.CONFIDENT if best.confidence >= threshold else MatchReason.BELOW_THRESHOLD


def _ask(decision: MatchDecision) -> MatchDecision:
    proposal = decision.proposal
    return replace(
        decision,
        outcome=MatchOutcome.ASK,
        reason=MatchReason.ITEM_WANTED_TWICE,
        proposal=None,
        alternatives=((proposal,) if proposal else ()) + decision.alternatives,
    )
