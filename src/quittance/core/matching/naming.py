"""Explain a line by what its text, its fields or its remittance advice name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from quittance.core.matching.allowances import (
    difference_of,
    discount_fact,
    discounts_of,
    find_allowance,
    small_most,
)
from quittance.core.matching.explaining import CAP_DOUBTFUL, PAYER_SURE, Explanation, View, exact, explain
from quittance.core.matching.families import by_age
from quittance.core.matching.mentions import TEXT_LENGTH_THAT_IS_CUT, Mention
from quittance.core.matching.references import fold_reference
from quittance.core.matching.subsets import ITEMS_MAX, find_selections
from quittance.core.matching.values import CandidateItem, DifferenceKind, Evidence, EvidenceKind, Strategy
from quittance.core.matching.weighing import MILLION, NAMED, ONE, share

COMBINATIONS_MAX = 4096
# Of the payments that name items and pay exactly what some reading of them has open: the likeliest reading, another
# reading of the same references, some of the references only. Per mille.
READINGS = (900, 90, 10)


def explain_by_names(view: View) -> list[Explanation]:
    """Return every way to explain the line by the items it names; exact ones, then with what may differ."""
    if not view.mentions:
        return []
    found = list(_exact_readings(view))
    items = sorted((item for mention in view.mentions for item in mention.items), key=by_age)
    items = list({item.item_id: item for item in items}.values())
    rest = view.line.amount_minor - sum(item.amount_open_minor for item in items)
    if rest:
        found += _with_credit_notes(view, items, rest)
        discounted = list(_with_discount(view, items, rest)) or list(_with_discount_and_rounding(view, items, rest))
        found += discounted
        found += _with_others(view, items, rest)
        if any(one.cap == CAP_DOUBTFUL for one in discounted):
            return found  # whoever takes a discount too late pays short on purpose: that isn't left open unasked
        # What the rules post by themselves isn't left open.
        is_rounded = any(len({part.kind for part in one.differences}) > 1 for one in discounted)
        allowed = list(_with_allowed_difference(view, items, rest))
        found += allowed if allowed or is_rounded else list(_with_difference(view, items, rest))
    return found


def total_doubt(mentions: Sequence[Mention]) -> int:
    """Return the chance per million that one of the mentions at least is read wrongly."""
    sure = MILLION
    for mention in mentions:
        sure = sure * (MILLION - mention.doubt) // MILLION
    return MILLION - sure


def adds_up(view: View) -> bool:
    """Say whether all that is named, each item once, is exactly what was paid."""
    named = [item for mention in view.mentions for item in mention.items]
    is_plain = len({item.item_id for item in named}) == len(named)
    return is_plain and sum(item.amount_open_minor for item in named) == view.line.amount_minor


def _share(view: View, strategy: Strategy) -> int:
    return share(strategy=strategy, table=NAMED, rules=view.rules)


def _evidence(view: View) -> list[Evidence]:
    return [mention.evidence for mention in view.mentions]


def _exact_readings(view: View) -> Iterator[Explanation]:
    """Return the readings of the references that add up to the payment.

    Where the likeliest one does, no other is looked for: none could come near it.
    """
    if adds_up(view):
        yield _reading(view, 0, 1, [item for mention in view.mentions for item in mention.items], ())
        return
    options: list[tuple[tuple[CandidateItem, ...], ...]] = [(*mention.options, ()) for mention in view.mentions]
    if math.prod(map(len, options)) > COMBINATIONS_MAX:
        options = [(mention.items,) for mention in view.mentions]
    ways = [1, 0, 0]
    found: list[tuple[int, list[CandidateItem], list[Mention]]] = []
    for chosen in itertools.product(*options):
        left_out = [mention for mention, part in zip(view.mentions, chosen, strict=True) if not part]
        kind = 2 if left_out else int(any(c is not m.items for c, m in zip(chosen, view.mentions, strict=True)))
        ways[kind] += kind > 0
        items = [item for part in chosen for item in part]
        is_exact = sum(item.amount_open_minor for item in items) == view.line.amount_minor
        if items and is_exact and len({item.item_id for item in items}) == len(items):
            found.append((kind, items, left_out))
    if any(kind < 2 for kind, _, _ in found):  # what leaves a reference out is no rival of what uses all
        found = [one for one in found if one[0] < 2]
    for kind, items, left_out in found:
        yield _reading(view, kind, ways[kind], items, left_out)


def _reading(
    view: View, kind: int, ways: int, items: Sequence[CandidateItem], left_out: Sequence[Mention]
) -> Explanation:
    used = [mention for mention in view.mentions if mention not in left_out] if left_out else view.mentions
    # Once the amount agrees to the cent it vouches for what was read; the doubt was whether anything was named at all.
    weight = view.weigh(share=_share(view, Strategy.EXACT_REFERENCE) * READINGS[kind] // 1000, ways=ways)
    evidence = [mention.evidence for mention in used] + [exact(view.line.amount_minor)]
    evidence += [_against(mention, EvidenceKind.REFERENCE_LEFT_OUT) for mention in left_out]
    return explain(
        view=view,
        strategy=Strategy.EXACT_REFERENCE,
        items=items,
        weight=weight * (MILLION - total_doubt(used)) // MILLION,
        evidence=evidence,
        cap=CAP_DOUBTFUL if left_out else 999,
    )


def _against(mention: Mention, kind: EvidenceKind) -> Evidence:
    one = mention.evidence
    return Evidence(kind=kind, text=one.text, start=one.start, end=one.end)


def _with_credit_notes(view: View, items: Sequence[CandidateItem], rest: int) -> Iterator[Explanation]:
    """Credit notes that nobody named make up for what is missing."""
    named = {item.item_id for item in items}
    notes = [item for item in view.family.credits if item.item_id not in named]
    if rest > 0 or not notes:
        return
    part = _share(view, Strategy.REFERENCE_WITH_CREDIT_NOTES)
    doubt = total_doubt(view.mentions)
    seen: set[tuple[int, ...]] = set()
    for size in range(1, min(4, len(notes)) + 1):
        answers = find_selections(amounts=[item.amount_open_minor for item in notes], target=rest, size=size)
        for selection in answers.selections:
            seen.add(selection)
            chosen = [notes[position] for position in selection]
            weight = view.weigh(share=part // 2**size, ways=answers.tried, doubt=doubt)
            yield _netted(view, items, chosen, weight)
    if tuple(range(len(notes))) not in seen and sum(item.amount_open_minor for item in notes) == rest:
        yield _netted(view, items, notes, view.weigh(share=part // 4, doubt=doubt))


def _netted(view: View, items: Sequence[CandidateItem], notes: Sequence[CandidateItem], weight: int) -> Explanation:
    used = Evidence(kind=EvidenceKind.CREDIT_NOTES_USED, text=", ".join(_names(notes)))
    return explain(
        view=view,
        strategy=Strategy.REFERENCE_WITH_CREDIT_NOTES,
        items=[*items, *notes],
        weight=weight,
        evidence=[*_evidence(view), used, exact(view.line.amount_minor)],
    )


def _names(items: Sequence[CandidateItem]) -> list[str]:
    return [item.references[0] if item.references else str(item.item_id) for item in items]


def _with_discount(view: View, items: Sequence[CandidateItem], rest: int) -> Iterator[Explanation]:
    """The discount of the terms was deducted of all items, or of one of them; after its days a person decides."""
    discounts = discounts_of(view=view, items=items)
    if not discounts or rest > 0:
        return
    whole = sum(one.amount_minor for one in discounts) == -rest
    chosen = [discounts] if whole else [[one] for one in discounts if one.amount_minor == -rest]
    for taken in chosen:
        part = _share(view, Strategy.REFERENCE_WITH_DISCOUNT)
        weight = view.weigh(share=part, ways=1 if whole else len(discounts), doubt=total_doubt(view.mentions))
        yield explain(
            view=view,
            strategy=Strategy.REFERENCE_WITH_DISCOUNT,
            items=items,
            weight=weight,
            evidence=[*_evidence(view), discount_fact(taken)],
            differences=[one.difference for one in taken],
            cap=CAP_DOUBTFUL if any(one.is_late for one in taken) else 999,
        )


def _with_discount_and_rounding(view: View, items: Sequence[CandidateItem], rest: int) -> Iterator[Explanation]:
    """The discount of all items was deducted, and the payment is off by a small difference besides."""
    discounts, most = discounts_of(view=view, items=items), small_most(view=view)
    off = rest + sum(one.amount_minor for one in discounts)
    if not discounts or rest >= 0 or not 0 < abs(off) <= most:
        return
    less = {one.item_id: one.amount_minor for one in discounts}
    left = [replace(item, amount_open_minor=item.amount_open_minor - less.get(item.item_id, 0)) for item in items]
    rounding = difference_of(kind=DifferenceKind.SMALL_DIFFERENCE, items=left, rest_minor=off)
    if rounding is None:
        return
    doubt = total_doubt(view.mentions)
    small = _share(view, Strategy.REFERENCE_WITH_SMALL_DIFFERENCE)
    part = _share(view, Strategy.REFERENCE_WITH_DISCOUNT) * small // MILLION
    weight = view.weigh(share=part, ways=most, doubt=doubt)
    part = _share(view, Strategy.REFERENCE_WITH_DIFFERENCE)
    weight += view.weigh(share=part, chance=min(view.chance * 2, ONE), doubt=doubt)
    yield explain(
        view=view,
        strategy=Strategy.REFERENCE_WITH_DISCOUNT,
        items=items,
        weight=weight,
        evidence=[
            *_evidence(view),
            discount_fact(discounts),
            Evidence(kind=EvidenceKind.SMALL_DIFFERENCE, text=str(off)),
        ],
        differences=[*(one.difference for one in discounts), rounding],
        cap=CAP_DOUBTFUL if any(one.is_late for one in discounts) else 999,
    )


def _with_allowed_difference(view: View, items: Sequence[CandidateItem], rest: int) -> Iterator[Explanation]:
    """A fee, an exchange or a rounding makes the difference, within what the rules post by themselves."""
    allowance = find_allowance(view=view, items=items, rest_minor=rest)
    if allowance is None or view.line.amount_minor <= 0:
        return
    doubt = total_doubt(view.mentions)
    weight = view.weigh(share=_share(view, allowance.strategy), ways=allowance.most_minor, doubt=doubt)
    part = _share(view, Strategy.REFERENCE_WITH_DIFFERENCE)
    weight += view.weigh(share=part, chance=min(view.chance * 2, ONE), doubt=doubt)
    is_small = allowance.strategy is Strategy.REFERENCE_WITH_SMALL_DIFFERENCE
    is_shown = _is_sure(view) and not view.line.announced
    yield explain(
        view=view,
        strategy=allowance.strategy,
        items=items,
        weight=weight,
        evidence=[*_evidence(view), *allowance.evidence],
        differences=[allowance.difference],
        cap=999 if is_small or is_shown else CAP_DOUBTFUL,
    )


def _with_others(view: View, items: Sequence[CandidateItem], rest: int) -> Iterator[Explanation]:
    """Items that the text had no more room for make up the rest."""
    named = {item.item_id for item in items}
    others = [item for item in view.family.items if item.item_id not in named]
    if rest <= 0 or not others or len(others) > ITEMS_MAX:
        return
    part = _share(view, Strategy.REFERENCE_WITH_OTHERS)
    if len(view.line.text) >= TEXT_LENGTH_THAT_IS_CUT:
        part *= 10
    for size in (1, 2, 3):
        answers = find_selections(amounts=[item.amount_open_minor for item in others], target=rest, size=size)
        for selection in answers.selections:
            chosen = [others[position] for position in selection]
            weight = view.weigh(share=part // 2**size, ways=answers.tried, doubt=total_doubt(view.mentions))
            fact = Evidence(kind=EvidenceKind.ADDS_UP, text=str(len(items) + size))
            yield explain(
                view=view,
                strategy=Strategy.REFERENCE_WITH_OTHERS,
                items=[*items, *chosen],
                weight=weight,
                evidence=[*_evidence(view), fact],
            )


def _with_difference(view: View, items: Sequence[CandidateItem], rest: int) -> Iterator[Explanation]:
    """Too much or too little was paid: credits are used first, then the oldest debits; the rest stays open."""
    if sum(item.amount_open_minor for item in items) <= 0:
        return
    left = view.line.amount_minor - sum(min(item.amount_open_minor, 0) for item in items)
    lines = [(item.item_id, item.amount_open_minor) for item in items if item.amount_open_minor < 0]
    for item in items:
        amount = min(max(item.amount_open_minor, 0), left)
        left -= amount
        if amount:
            lines.append((item.item_id, amount))
    kind = EvidenceKind.PAID_OVER if rest > 0 else EvidenceKind.PAID_SHORT
    weight = view.weigh(
        share=_share(view, Strategy.REFERENCE_WITH_DIFFERENCE),
        chance=min(view.chance * 2, ONE),
        doubt=total_doubt(view.mentions),
    )
    if sum(amount for _, amount in lines) <= 0:
        return
    yield Explanation(
        lines=tuple(sorted(lines)),
        strategy=Strategy.REFERENCE_WITH_DIFFERENCE,
        weight=weight,
        evidence=(
            *_evidence(view),
            Evidence(kind=kind, text=str(abs(rest))),
            *(view.payer.evidence if view.payer else ()),
        ),
        difference_minor=rest,
        cap=999 if _may_differ(view, items, rest) else CAP_DOUBTFUL,
    )


def _may_differ(view: View, items: Sequence[CandidateItem], rest: int) -> bool:
    """Say whether a wrong amount can be posted without a person: nobody has to guess which item is short."""
    is_early = all(item.document_date <= view.line.booking_date for item in items)
    # What an advice announces and cannot be read in part may be what makes the difference.
    is_plain = not view.line.announced and (rest > 0 or len(items) == 1)
    return _is_sure(view) and is_early and is_plain and view.rules.applies_short_and_over


def _is_sure(view: View) -> bool:
    return view.payer is not None and view.payer.confidence >= PAYER_SURE


def explain_by_remittance(view: View) -> list[Explanation]:
    """Explain the line by the remittance advice that belongs to it, where each of its lines is one item."""
    announced = view.line.announced
    if not announced or sum(one.amount_minor for one in announced) != view.line.amount_minor:
        return []
    by_key = {fold_reference(mention.evidence.text): mention for mention in view.mentions}
    items: list[CandidateItem] = []
    lines: list[tuple[int, int]] = []
    for one in announced:
        mention = by_key.get(fold_reference(one.reference))
        if mention is None or len(mention.items) != 1 or mention.items[0] in items:
            return []
        item = mention.items[0]
        is_within = 0 < one.amount_minor <= item.amount_open_minor or item.amount_open_minor <= one.amount_minor < 0
        if not is_within:
            return []
        items.append(item)
        lines.append((item.item_id, one.amount_minor))
    total = sum(item.amount_open_minor for item in items)
    return [
        Explanation(
            lines=tuple(sorted(lines)),
            strategy=Strategy.REMITTANCE,
            weight=view.weigh(share=MILLION),
            evidence=(*_evidence(view), *_kept_back(view), *(view.payer.evidence if view.payer else ())),
            difference_minor=view.line.amount_minor - total,
        )
    ]


def _kept_back(view: View) -> list[Evidence]:
    total = sum(one.deduction_minor for one in view.line.announced)
    return [Evidence(kind=EvidenceKind.PAID_SHORT, text=str(total))] if total else []
