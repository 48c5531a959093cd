"""Explain a line that names nothing by who pays it and what the amounts of the open items say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from math import comb

from quittance.core.matching.allowances import Discount, discount_fact, discounts_of, find_allowance, small_most
from quittance.core.matching.explaining import CAP_DOUBTFUL, PAYER_SURE, Explanation, View, exact, explain
from quittance.core.matching.subsets import (
    ALL_SELECTIONS_ITEMS_MAX,
    ITEMS_MAX,
    SubsetAnswers,
    find_any_selections,
    find_selections,
)
from quittance.core.matching.values import (
    CandidateItem,
    Evidence,
    EvidenceKind,
    Strategy,
)
from quittance.core.matching.weighing import OLDEST_FIRST_SHARE, SIZES, SOMETHING_ELSE_UNNAMED, UNNAMED, share

ALTERNATIVES_MAX = 20
_UNNAMED_WAYS = {
    Strategy.REFERENCE_WITH_SMALL_DIFFERENCE: Strategy.AMOUNT_WITH_SMALL_DIFFERENCE,
    Strategy.REFERENCE_WITH_BANK_FEE: Strategy.AMOUNT_WITH_BANK_FEE,
    Strategy.REFERENCE_WITH_EXCHANGE: Strategy.AMOUNT_WITH_EXCHANGE,
}


def explain_by_amounts(view: View) -> list[Explanation]:
    """Return every way to explain the amount by the family's open items."""
    return [explanation for way in WAYS for explanation in way(view)]


def _share(view: View, strategy: Strategy) -> int:
    return share(strategy=strategy, table=UNNAMED, rules=view.rules)


def disputed_weight(view: View) -> int:
    """Return the weight of paying a disputed item of exactly this amount: never proposed, but a rival all the same."""
    same = sum(1 for item in view.family.disputed if item.amount_open_minor == view.line.amount_minor)
    ways = len(view.family.items) + len(view.family.disputed)
    return same * view.weigh(share=_share(view, Strategy.AMOUNT_WITH_PAYER), ways=ways)


def _single(view: View) -> Iterator[Explanation]:
    """One item has exactly this amount."""
    items = view.family.by_amount.get(view.line.amount_minor, [])
    count = len(items) + sum(1 for one in view.family.disputed if one.amount_open_minor == view.line.amount_minor)
    ways = len(view.family.items) + len(view.family.disputed)
    for item in items[:ALTERNATIVES_MAX]:
        evidence = [exact(view.line.amount_minor)]
        if count > 1:
            evidence.append(Evidence(kind=EvidenceKind.AMOUNT_NOT_UNIQUE, text=str(count)))
        yield explain(
            view=view,
            strategy=Strategy.AMOUNT_WITH_PAYER,
            items=[item],
            weight=view.weigh(share=_share(view, Strategy.AMOUNT_WITH_PAYER), ways=ways),
            evidence=evidence,
        )


def _single_with_discount(view: View) -> Iterator[Explanation]:
    """One item less the discount that its terms allow."""
    found = discounts_of(view=view, items=view.family.discounted)
    items = {item.item_id: item for item in view.family.discounted}
    for one in found:
        if items[one.item_id].amount_open_minor - one.amount_minor == view.line.amount_minor:
            yield _less_discount(view, items[one.item_id], one, len(found))


def _less_discount(view: View, item: CandidateItem, discount: Discount, ways: int) -> Explanation:
    return explain(
        view=view,
        strategy=Strategy.AMOUNT_WITH_DISCOUNT,
        items=[item],
        weight=view.weigh(share=_share(view, Strategy.AMOUNT_WITH_DISCOUNT), ways=ways),
        evidence=[discount_fact([discount])],
        differences=[discount.difference],
        cap=CAP_DOUBTFUL if discount.is_late else 999,
    )


def _single_with_allowed_difference(view: View) -> Iterator[Explanation]:
    """One item but for a rounding, or for a fee or an exchange that the line shows."""
    limits, small = view.line.limits, small_most(view=view)
    most = max(small, limits.fee_minor, limits.exchange_minor)
    if not most:
        return
    amount = view.line.amount_minor
    near = [item for item in view.family.items if 0 < abs(amount - item.amount_open_minor) <= most]
    for item in near[:ALTERNATIVES_MAX]:
        rest = amount - item.amount_open_minor
        allowance = find_allowance(view=view, items=[item], rest_minor=rest)
        if allowance is None:
            continue
        strategy = _UNNAMED_WAYS[allowance.strategy]
        is_small = strategy is Strategy.AMOUNT_WITH_SMALL_DIFFERENCE
        ways = len(view.family.items) * allowance.most_minor
        weight = view.weigh(share=_share(view, strategy), ways=ways)
        if not is_small and abs(rest) <= small:  # it would be small, were nothing shown
            part = _share(view, Strategy.AMOUNT_WITH_SMALL_DIFFERENCE)
            weight += view.weigh(share=part, ways=len(view.family.items) * small)
        yield explain(
            view=view,
            strategy=strategy,
            items=[item],
            weight=weight,
            evidence=allowance.evidence,
            differences=[allowance.difference],
            cap=999 if is_small or view.prior >= PAYER_SURE else CAP_DOUBTFUL,
        )


def _whole_balance(view: View) -> Iterator[Explanation]:
    """All that the family has open."""
    if len(view.family.standing) > 1 and view.family.balance_minor == view.line.amount_minor:
        yield _sum(view, Strategy.WHOLE_BALANCE, view.family.standing, 1)


def _whole_month(view: View) -> Iterator[Explanation]:
    """The items of one month, by document date or by due date."""
    months = view.family.months
    for items in months:
        if sum(item.amount_open_minor for item in items) == view.line.amount_minor:
            yield _sum(view, Strategy.WHOLE_MONTH, items, len(months))


def _due_until(view: View) -> Iterator[Explanation]:
    """All that was due until some day."""
    days = view.family.due_dates
    for _, count, amount in days:
        if count > 1 and amount == view.line.amount_minor:
            yield _sum(view, Strategy.DUE_UNTIL, view.family.standing[:count], len(days))


def _consecutive(view: View) -> Iterator[Explanation]:
    """Items one after the other by document date: what one collective invoice run or one week brought."""
    items = view.family.in_document_order
    runs = len(items) * (len(items) - 1) // 2
    starts: defaultdict[int, list[int]] = defaultdict(list)
    total = 0
    for end, item in enumerate(items):
        starts[total].append(end)
        total += item.amount_open_minor
        for start in starts.get(total - view.line.amount_minor, ())[-ALTERNATIVES_MAX:]:
            if end + 1 - start > 1:
                yield _sum(view, Strategy.CONSECUTIVE_ITEMS, items[start : end + 1], runs)


def _some_items(view: View) -> Iterator[Explanation]:
    """Two, three or four items, all but one or two, and of few items any selection."""
    items = view.family.standing
    amounts = [item.amount_open_minor for item in items]
    part = _share(view, Strategy.SUM_OF_ITEMS)
    if not 2 < len(items) <= ITEMS_MAX:
        return
    # A way that is one of so many that "something else" outweighs it by far isn't searched: its answers prove nothing.
    enough = view.weigh(share=SOMETHING_ELSE_UNNAMED, chance=view.chance) // 3
    for size, of_thousand in SIZES.items():
        ways = comb(len(items), abs(size)) if size else 2 ** len(items)
        if view.weigh(share=part * of_thousand // 1000, ways=ways) < enough:
            continue
        answers, is_complement = _selections(amounts, view, size)
        for selection in answers.selections:
            chosen = (
                [item for position, item in enumerate(items) if position not in selection]
                if is_complement
                else [items[position] for position in selection]
            )
            if 1 < len(chosen) < len(items):
                yield _sum(view, Strategy.SUM_OF_ITEMS, chosen, answers.tried, part * of_thousand // 1000)


def _selections(amounts: Sequence[int], view: View, size: int) -> tuple[SubsetAnswers, bool]:
    """Return the selections of a size; negative sizes are what is left out, 0 is any size."""
    target = view.line.amount_minor
    if size == 0:
        if len(amounts) <= ALL_SELECTIONS_ITEMS_MAX:
            return find_any_selections(amounts=amounts, target=target), False
    elif size > 0:
        return find_selections(amounts=amounts, target=target, size=size), False
    elif view.family.balance_minor > target:
        return find_selections(amounts=amounts, target=view.family.balance_minor - target, size=-size), True
    return SubsetAnswers(selections=(), tried=0), False


def _sum(
    view: View, strategy: Strategy, items: Sequence[CandidateItem], ways: int, part: int | None = None
) -> Explanation:
    return explain(
        view=view,
        strategy=strategy,
        items=items,
        weight=view.weigh(share=_share(view, strategy) if part is None else part, ways=ways),
        evidence=[Evidence(kind=EvidenceKind.ADDS_UP, text=str(len(items)))],
    )


def explain_oldest_first(view: View) -> list[Explanation]:
    """Settle the oldest items as far as the money goes, where that was agreed."""
    if not view.rules.is_oldest_first or view.payer is None or not view.family.items:
        return []
    left = view.line.amount_minor
    lines: list[tuple[int, int]] = []
    for item in view.family.items:
        amount = min(item.amount_open_minor, left)
        if item.amount_open_minor > 0 and amount > 0:
            lines.append((item.item_id, amount))
            left -= amount
    if not lines:
        return []
    fact = Evidence(kind=EvidenceKind.OLDEST_FIRST_AGREED, text=str(len(lines)))
    return [
        Explanation(
            lines=tuple(sorted(lines)),
            strategy=Strategy.OLDEST_FIRST,
            weight=view.weigh(share=OLDEST_FIRST_SHARE, chance=view.chance),
            evidence=(fact, *view.payer.evidence),
            difference_minor=left,
        )
    ]


WAYS: tuple[Callable[[View], Iterator[Explanation]], ...] = (
    _single,
    _single_with_discount,
    _single_with_allowed_difference,
    _whole_balance,
    _whole_month,
    _due_until,
    _consecutive,
    _some_items,
)
