"""Compare the explanations of a bank line and say what is done with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from quittance.core.matching.amounts import disputed_weight, explain_by_amounts, explain_oldest_first
from quittance.core.matching.announcing import explain_by_announcement
from quittance.core.matching.explaining import CAP_DOUBTFUL, PAYER_SURE, PER_MILLE, Explanation, View, exact
from quittance.core.matching.mentions import (
    Mention,
    closed_words,
    loose_mentions,
    range_mention,
    whole_mentions,
)
from quittance.core.matching.naming import adds_up, explain_by_names, explain_by_remittance, total_doubt
from quittance.core.matching.own_numbers import reads_own_numbers
from quittance.core.matching.pool import CandidatePool
from quittance.core.matching.references import ReferenceHit
from quittance.core.matching.values import (
    BankLine,
    Evidence,
    FamilyRules,
    MatchDecision,
    MatchOutcome,
    MatchProposal,
    MatchReason,
    PayerIdentity,
    Strategy,
)
from quittance.core.matching.weighing import (
    MILLION,
    ONE,
    OTHER_FAMILY_MIN,
    PAID_AGAIN,
    SOMETHING_ELSE_NAMED,
    SOMETHING_ELSE_UNNAMED,
    UNNAMED,
    WRONG_REFERENCE,
    chance_of_amount,
    doubt_of_reading,
)

CONFIDENCE_MAX = 999
RIVAL_FACTOR = 3
PROPOSALS_MAX = 12
AMOUNT_ALONE_MAX = 5
_NO_RULES: Mapping[int, FamilyRules] = {}
_STANDARD = FamilyRules()
_STRATEGY_ORDER = {strategy: number for number, strategy in enumerate(Strategy)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """All explanations of a line by the items that they settle, and the weight of everything else."""

    explanations: tuple[Explanation, ...]
    total: int
    hits: tuple[ReferenceHit, ...]
    payers: tuple[PayerIdentity, ...]
    closed: tuple[Evidence, ...] = ()
    is_by_names_alone: bool = False


def propose_line(
    *,
    line: BankLine,
    payers: Sequence[PayerIdentity],
    pool: CandidatePool,
    rules: Mapping[int, FamilyRules] = _NO_RULES,
) -> tuple[MatchProposal, ...]:
    """Return every explanation of one line, best first; one per set of item amounts."""
    return _proposals(line, _weigh(line, payers, pool, rules))


def decide_line(
    *,
    line: BankLine,
    payers: Sequence[PayerIdentity],
    pool: CandidatePool,
    rules: Mapping[int, FamilyRules] = _NO_RULES,
) -> MatchDecision:
    """Decide one line by itself: apply, ask a person, or wait; never a guess.

    ``rules`` are those of each account family, the standard ones where it has none. A line is applied only when the
    confidence of its best explanation reaches the family's threshold and no other has a third of its weight. A line
    that names a disputed item, or a document that is paid, is never applied.
    """
    return _decide(line, _weigh(line, payers, pool, rules), pool, rules)


def decide_named_line(
    *,
    line: BankLine,
    payers: Sequence[PayerIdentity],
    pool: CandidatePool,
    rules: Mapping[int, FamilyRules] = _NO_RULES,
) -> MatchDecision | None:
    """Decide as `decide_line` does, by a pool that holds only what lines name; None where that is not enough.

    Whatever else the payer owes changes nothing where the named items, whole, add up to the payment: so most lines
    need no more of the ledger than what they name.
    """
    weighed = _weigh(line, payers, pool, rules)
    return _decide(line, weighed, pool, rules) if weighed.is_by_names_alone else None


def _decide(line: BankLine, weighed: _Weighed, pool: CandidatePool, rules: Mapping[int, FamilyRules]) -> MatchDecision:
    if line.amount_minor <= 0:
        return MatchDecision(line_id=line.id, outcome=MatchOutcome.WAIT, reason=MatchReason.NOT_A_RECEIPT)
    proposals = _proposals(line, weighed)
    disputed = tuple(sorted(_disputed_item_ids(weighed.hits, pool)))
    reason = _judge(proposals, disputed, weighed, pool, rules)
    if reason is MatchReason.CONFIDENT:
        chosen = _agreed(proposals, weighed, pool, rules) or proposals[0]
        others = tuple(one for one in proposals if one is not chosen)
        return MatchDecision(
            line_id=line.id, outcome=MatchOutcome.APPLY, reason=reason, proposal=chosen, alternatives=others
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
    rules: Mapping[int, FamilyRules] = _NO_RULES,
) -> tuple[MatchDecision, ...]:
    """Decide a batch; ``payers`` by line id. The result is ordered by line id, whatever the order of the lines.

    Two lines that want the same item are both left to a person: which of them pays it is not ours to guess.
    """
    return leave_rivals(
        decisions=[decide_line(line=line, payers=payers.get(line.id, ()), pool=pool, rules=rules) for line in lines]
    )


def leave_rivals(*, decisions: Iterable[MatchDecision], rivals: Collection[int] = ()) -> tuple[MatchDecision, ...]:
    """Return the decisions of a batch by line id, those that want one item all left to a person.

    ``rivals`` are lines that want an item of a line outside of the batch.
    """
    ordered = sorted(decisions, key=lambda one: one.line_id)
    left = {*rivals, *rival_lines(wanted=map(items_wanted, ordered))}
    return tuple(
        leave_to_person(decision=decision) if decision.proposal and decision.line_id in left else decision
        for decision in ordered
    )


def items_wanted(decision: MatchDecision) -> tuple[int, tuple[int, ...]]:
    """Return the line of a decision and the items that would be settled by it."""
    return decision.line_id, tuple(item_id for item_id, _ in decision.proposal.lines) if decision.proposal else ()


def rival_lines(*, wanted: Iterable[tuple[int, Sequence[int]]]) -> set[int]:
    """Return the lines of which another one wants the same item, of pairs of a line and its items.

    >>> rival_lines(wanted=[(1, [7, 8]), (2, [8]), (3, [9])])
    {1, 2}
    """
    lines_of: defaultdict[int, list[int]] = defaultdict(list)
    for line_id, item_ids in wanted:
        for item_id in item_ids:
            lines_of[item_id].append(line_id)
    return {line_id for lines in lines_of.values() if len(lines) > 1 for line_id in lines}


def leave_to_person(*, decision: MatchDecision) -> MatchDecision:
    """Return a decision whose item another line wants as well: what would have been applied is only proposed."""
    proposal = decision.proposal
    return replace(
        decision,
        outcome=MatchOutcome.ASK,
        reason=MatchReason.ITEM_WANTED_TWICE,
        proposal=None,
        alternatives=((proposal,) if proposal else ()) + decision.alternatives,
    )


def _weigh(
    line: BankLine, payers: Sequence[PayerIdentity], pool: CandidatePool, rules: Mapping[int, FamilyRules]
) -> _Weighed:
    """Explain the line against every family that may pay it or is named, and weigh "something else" beside."""
    hits = pool.find_references(line)
    if line.amount_minor <= 0:
        return _Weighed(explanations=(), total=0, hits=hits, payers=(), is_by_names_alone=True)
    ordered = tuple(sorted(payers, key=lambda one: (-one.confidence, one.account_family)))
    known = {one.account_family: one for one in ordered}
    unknown = max(PER_MILLE - sum(one.confidence for one in ordered), 0)
    closed = tuple(closed_words(text=line.text, closed=pool.closed_references))
    chance = chance_of_amount(
        amount_minor=line.amount_minor,
        same_count=max(pool.count_of_amount(currency=line.currency, amount_minor=line.amount_minor) - 1, 0),
        item_count=pool.item_count,
    )
    found: list[Explanation] = []
    total = 0
    named = _named_families(hits, pool, line.currency)
    families = sorted(known.keys() | named)
    is_by_names_alone = bool(named)
    for family_id in families:
        payer = known.get(family_id)
        prior = payer.confidence if payer else max(OTHER_FAMILY_MIN, unknown // 4)
        family = pool.family(account_family=family_id, currency=line.currency)
        view = View(
            line=line,
            family=family,
            rules=rules.get(family_id, _STANDARD),
            prior=prior,
            payer=payer,
            mentions=tuple(whole_mentions(hits=hits, family=family)),
            chance=chance,
            announced=pool.announced_of(account_family=family_id, currency=line.currency),
        )
        explanations, other, is_alone = _explain_family(
            view, named_elsewhere=named - {family_id}, is_closed=bool(closed)
        )
        found += explanations
        total += other
        is_by_names_alone &= is_alone
    found += _amount_alone(line, pool, known, unknown, is_named=bool(hits or closed))
    unnamed = WRONG_REFERENCE if named else MILLION  # whoever names a document of ours pays it, hardly anything else
    total += unknown * SOMETHING_ELSE_UNNAMED * chance // (PER_MILLE * MILLION) * unnamed // MILLION
    merged = _merge(found)
    return _Weighed(
        explanations=merged,
        total=total + sum(one.weight for one in merged),
        hits=hits,
        payers=ordered,
        closed=closed,
        is_by_names_alone=is_by_names_alone,
    )


def _named_families(hits: Sequence[ReferenceHit], pool: CandidatePool, currency: str) -> set[int]:
    items = (pool.find_item(item_id) for hit in hits for item_id in hit.item_ids)
    return {item.account_family for item in items if item is not None and item.currency == currency}


def _explain_family(
    view: View, *, named_elsewhere: Collection[int], is_closed: bool
) -> tuple[list[Explanation], int, bool]:
    """Return the explanations by one family, the weight of what else it may have paid, and if names alone told."""
    is_payer = view.payer is not None
    named, mentions = _explain_named(view, is_payer=is_payer)
    if any(one.strategy is Strategy.REMITTANCE for one in named):
        return named, 0, True
    is_exact = any(one.strategy is Strategy.EXACT_REFERENCE and one.cap == CONFIDENCE_MAX for one in named)
    is_alone = is_exact and adds_up(view)
    if not is_payer:
        return named, view.weigh(share=SOMETHING_ELSE_NAMED, chance=view.chance), is_alone
    # What the text names is paid; unless it was read wrongly, or the payer wrote another number than it pays.
    unnamed = MILLION
    if mentions:
        unnamed = min(total_doubt(mentions) + WRONG_REFERENCE, MILLION)
    elif named_elsewhere:
        unnamed = MILLION // 100
    elif is_closed:
        unnamed = MILLION // 20
    other = view.weigh(share=SOMETHING_ELSE_UNNAMED, chance=view.chance) * unnamed // MILLION
    other += view.weigh(share=SOMETHING_ELSE_NAMED, chance=view.chance) if mentions else 0
    other += view.weigh(share=PAID_AGAIN) if is_closed else 0
    if is_exact and unnamed <= 2 * WRONG_REFERENCE:
        return named, other, is_alone  # no sum of amounts outweighs references that agree to the cent
    is_doubtful = bool(view.mentions or named_elsewhere)
    by_amount = [
        _unnamed(one, unnamed, is_doubtful=is_doubtful)
        for one in [*explain_by_announcement(view), *explain_by_amounts(view)]
    ]
    oldest = [_unnamed(one, unnamed, is_doubtful=is_doubtful) for one in explain_oldest_first(view)]
    return named + by_amount + oldest, other + disputed_weight(view) * unnamed // MILLION, False


def _explain_named(view: View, *, is_payer: bool) -> tuple[list[Explanation], tuple[Mention, ...]]:
    """Explain by whole references; where they do not add up, also by what else the text may name."""
    found = explain_by_remittance(view)
    if found:
        return found, view.mentions
    found = explain_by_names(view)
    if any(one.strategy is Strategy.EXACT_REFERENCE and one.cap == CONFIDENCE_MAX for one in found):
        return found, view.mentions
    mentions = view.mentions
    loose: list[Mention] = []
    if is_payer or mentions:
        reads_own = is_payer and reads_own_numbers(rules=view.rules)
        loose = loose_mentions(text=view.line.text, family=view.family, whole=mentions, reads_own=reads_own)
    if loose:
        mentions = (*mentions, *(_as_learnt(one, view.rules) for one in loose))
        found = explain_by_names(replace(view, mentions=mentions))
    if spread := range_mention(text=view.line.text, family=view.family, mentions=mentions):
        found += explain_by_names(replace(view, mentions=(_as_learnt(spread[0], view.rules), *spread[1])))
    return found, mentions


def _as_learnt(mention: Mention, rules: FamilyRules) -> Mention:
    """Doubt a reading less where this payer is known to write so."""
    return replace(mention, doubt=doubt_of_reading(doubt=mention.doubt, kind=mention.evidence.kind, rules=rules))


def _unnamed(explanation: Explanation, per_million: int, *, is_doubtful: bool) -> Explanation:
    """Weigh an explanation by amounts less where the text names something, and never apply it against a reference."""
    if per_million == MILLION and not is_doubtful:
        return explanation
    return replace(
        explanation,
        weight=explanation.weight * per_million // MILLION,
        cap=min(explanation.cap, CAP_DOUBTFUL) if is_doubtful else explanation.cap,
    )


def _amount_alone(
    line: BankLine, pool: CandidatePool, known: Mapping[int, PayerIdentity], unknown: int, *, is_named: bool
) -> list[Explanation]:
    """Return the items of anybody else that have exactly this amount."""
    if not unknown or is_named:
        return []
    items = [
        item
        for item in pool.list_of_amount(currency=line.currency, amount_minor=line.amount_minor)
        if item.account_family not in known and not item.disputed
    ]
    if not 0 < len(items) <= AMOUNT_ALONE_MAX:
        return []
    share = UNNAMED[Strategy.AMOUNT_WITH_PAYER] * unknown * ONE // (PER_MILLE * MILLION * max(pool.item_count, 1))
    return [
        Explanation(
            lines=((item.item_id, item.amount_open_minor),),
            strategy=Strategy.AMOUNT_ALONE,
            weight=share,
            evidence=(exact(line.amount_minor),),
            cap=500,
        )
        for item in items
    ]


def _merge(found: Sequence[Explanation]) -> tuple[Explanation, ...]:
    """Join the ways that lead to the same items: weights add up, the evidence of all is kept, each piece once.

    What becomes of a difference is what the likeliest of them says.
    """
    merged: dict[tuple[tuple[int, int], ...], Explanation] = {}
    for one in sorted(found, key=_rank):
        known = merged.get(one.lines)
        if known is None:
            merged[one.lines] = one
        else:
            merged[one.lines] = replace(
                known,
                weight=known.weight + one.weight,
                evidence=tuple(dict.fromkeys((*known.evidence, *one.evidence))),
                # Ways that post different things vouch for the items, not for what is posted.
                cap=max(known.cap, one.cap) if known.differences == one.differences else known.cap,
            )
    return tuple(sorted(merged.values(), key=_rank))


def _rank(one: Explanation) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    return -one.weight, _STRATEGY_ORDER[one.strategy], one.lines


def _proposals(line: BankLine, weighed: _Weighed) -> tuple[MatchProposal, ...]:
    proposals = []
    for one in weighed.explanations[:PROPOSALS_MAX]:
        confidence = min(PER_MILLE * one.weight // max(weighed.total, 1), one.cap, CONFIDENCE_MAX)
        if confidence or one.strategy in (Strategy.REFERENCE_WITH_DIFFERENCE, Strategy.OLDEST_FIRST):
            proposals.append(
                MatchProposal(
                    line_id=line.id,
                    lines=one.lines,
                    strategy=one.strategy,
                    confidence=confidence,
                    evidence=(*one.evidence, *weighed.closed),
                    difference_minor=one.difference_minor,
                    differences=one.differences,
                )
            )
    return tuple(sorted(proposals, key=lambda one: (-one.confidence, _STRATEGY_ORDER[one.strategy], one.lines)))


def _disputed_item_ids(hits: Sequence[ReferenceHit], pool: CandidatePool) -> set[int]:
    ids = {item_id for hit in hits for item_id in hit.item_ids}
    items = (pool.find_item(item_id) for item_id in ids)
    return {item.item_id for item in items if item is not None and item.disputed}


def _rules_of(proposal: MatchProposal, pool: CandidatePool, rules: Mapping[int, FamilyRules]) -> FamilyRules:
    item = pool.find_item(proposal.lines[0][0])
    return rules.get(item.account_family, _STANDARD) if item is not None else _STANDARD


def _agreed(
    proposals: Sequence[MatchProposal], weighed: _Weighed, pool: CandidatePool, rules: Mapping[int, FamilyRules]
) -> MatchProposal | None:
    """Return the oldest items where that is agreed with a sure payer, nothing is named and nothing fits for sure."""
    oldest = next((one for one in proposals if one.strategy is Strategy.OLDEST_FIRST), None)
    if oldest is not None and _rules_of(oldest, pool, rules).threshold > CONFIDENCE_MAX:
        return None
    if oldest is None or weighed.hits or weighed.closed or weighed.payers[0].confidence < PAYER_SURE:
        return None
    best = proposals[0]
    is_sure = best.confidence >= _rules_of(best, pool, rules).threshold and not _has_rival(proposals)
    return None if is_sure else replace(oldest, confidence=weighed.payers[0].confidence)


def _has_rival(proposals: Sequence[MatchProposal]) -> bool:
    return len(proposals) > 1 and proposals[1].confidence * RIVAL_FACTOR >= proposals[0].confidence


def _judge(
    proposals: Sequence[MatchProposal],
    disputed: Sequence[int],
    weighed: _Weighed,
    pool: CandidatePool,
    rules: Mapping[int, FamilyRules],
) -> MatchReason:
    if disputed:
        return MatchReason.DISPUTED_ITEM_REFERENCED
    if not proposals:
        return MatchReason.NO_EXPLANATION
    if weighed.closed:
        return MatchReason.DOCUMENT_NOT_OPEN
    if _agreed(proposals, weighed, pool, rules):
        return MatchReason.CONFIDENT
    best = proposals[0]
    if _has_rival(proposals):
        return MatchReason.AMBIGUOUS
    if best.confidence >= _rules_of(best, pool, rules).threshold:
        return MatchReason.CONFIDENT
    is_off = best.strategy is Strategy.REFERENCE_WITH_DIFFERENCE
    return MatchReason.AMOUNT_DIFFERS if is_off else MatchReason.BELOW_THRESHOLD
