"""All that a decision was taken from, so that it can be taken again and be the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quittance.core.matching.deciding import decide_line, leave_to_person
from quittance.core.matching.mentions import words_of
from quittance.core.matching.pool import CandidatePool
from quittance.core.matching.references import ReferenceHit, ReferenceIndex
from quittance.core.matching.values import BankLine, CandidateItem, FamilyRules, MatchDecision, PayerIdentity

_NO_RULES: Mapping[int, FamilyRules] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInputs:
    """A line, who may pay it, and what could be paid, as they were when it was decided.

    ``same_count`` of ``item_count`` open items of the company had the line's amount. ``closed`` are the words of the
    text that stood for paid documents. ``is_wanted_twice``: another line of the batch wanted an item of the best
    explanation.
    """

    line: BankLine
    payers: tuple[PayerIdentity, ...]
    items: tuple[CandidateItem, ...]
    hits: tuple[ReferenceHit, ...]
    rules: tuple[tuple[int, FamilyRules], ...] = ()
    same_count: int = 0
    item_count: int = 0
    closed: tuple[str, ...] = ()
    is_wanted_twice: bool = False


def gather_inputs(
    *,
    line: BankLine,
    payers: Sequence[PayerIdentity],
    pool: CandidatePool,
    rules: Mapping[int, FamilyRules] = _NO_RULES,
    is_wanted_twice: bool = False,
) -> DecisionInputs:
    """Pick out of a batch what the decision of one of its lines rests on."""
    hits = pool.find_references(line)
    found = {item_id: pool.find_item(item_id) for hit in hits for item_id in hit.item_ids}
    families = {payer.account_family for payer in payers}
    families |= {item.account_family for item in found.values() if item is not None}
    items = {item_id: item for item_id, item in found.items() if item is not None}
    for family_id in families:
        family = pool.family(account_family=family_id, currency=line.currency)
        items |= {item.item_id: item for item in (*family.items, *family.disputed)}
    if not hits:
        same = pool.list_of_amount(currency=line.currency, amount_minor=line.amount_minor)
        items |= {item.item_id: item for item in same}
    return DecisionInputs(
        line=line,
        payers=tuple(payers),
        items=tuple(items[item_id] for item_id in sorted(items)),
        hits=hits,
        rules=tuple(sorted((family_id, rules[family_id]) for family_id in families if family_id in rules)),
        same_count=pool.count_of_amount(currency=line.currency, amount_minor=line.amount_minor),
        item_count=pool.item_count,
        closed=tuple(sorted(pool.closed_references.intersection(words_of(text=line.text)))),
        is_wanted_twice=is_wanted_twice,
    )


def replay(*, inputs: DecisionInputs) -> MatchDecision:
    """Take a decision again from what it was taken from."""
    line = inputs.line
    pool = CandidatePool(
        inputs.items,
        index=ReferenceIndex(()),
        amount_counts={(line.currency, line.amount_minor): inputs.same_count},
        item_count=inputs.item_count,
        closed_references=inputs.closed,
        hits={line.id: inputs.hits},
    )
    decision = decide_line(line=line, payers=inputs.payers, pool=pool, rules=dict(inputs.rules))
    return leave_to_person(decision=decision) if inputs.is_wanted_twice and decision.proposal else decision
