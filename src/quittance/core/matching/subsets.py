"""Find the items whose amounts add up to a payment, and count how many ways were tried.

Exact sums of cents are ambiguous: of thirty items some dozens of selections hit the same amount by chance. So each
search says how many selections it looked at; whoever weighs the answers needs that number as much as the answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import comb

ITEMS_MAX = 160
ALL_SELECTIONS_ITEMS_MAX = 16
ANSWERS_MAX = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetAnswers:
    """Selections that add up, as ascending positions, of ``tried`` selections of their kind.

    ``is_complete`` is False when there are more answers than were wanted.
    """

    selections: tuple[tuple[int, ...], ...]
    tried: int
    is_complete: bool = True


def find_selections(*, amounts: Sequence[int], target: int, size: int, answers_max: int = ANSWERS_MAX) -> SubsetAnswers:
    """Return the selections of one to four amounts that add up to the target, in the order of their positions.

    Time grows with the square of the number of amounts, whatever the size. Amounts are whole minor units.

    >>> find_selections(amounts=[100, 250, 300, -50], target=300, size=3)
    SubsetAnswers(selections=((0, 1, 3),), tried=4, is_complete=True)

    :raises ValueError: for another size
    """
    if size not in _FINDERS:
        raise ValueError(f"selections of {size} are not searched")
    found = list(islice(_FINDERS[size](amounts, target), answers_max + 1))
    return SubsetAnswers(
        selections=tuple(sorted(found[:answers_max])),
        tried=comb(len(amounts), size),
        is_complete=len(found) <= answers_max,
    )


def find_any_selections(*, amounts: Sequence[int], target: int, answers_max: int = ANSWERS_MAX) -> SubsetAnswers:
    """Return the selections of any size of few amounts that add up to the target, by meeting in the middle.

    >>> find_any_selections(amounts=[1, 2, 4, 8, 16], target=31).selections
    ((0, 1, 2, 3, 4),)

    :raises ValueError: for more than ``ALL_SELECTIONS_ITEMS_MAX`` amounts
    """
    if len(amounts) > ALL_SELECTIONS_ITEMS_MAX:
        raise ValueError(f"all selections of {len(amounts)} amounts are too many")
    half = len(amounts) // 2
    left, right = _sums(amounts[:half]), _sums(amounts[half:])
    by_sum: defaultdict[int, list[int]] = defaultdict(list)
    for mask, total in enumerate(left):
        by_sum[total].append(mask)
    masks = (
        first | second << half
        for second, total in enumerate(right)
        for first in by_sum.get(target - total, ())
        if first or second
    )
    found = [_positions(mask) for mask in islice(masks, answers_max + 1)]
    return SubsetAnswers(
        selections=tuple(sorted(found[:answers_max])),
        tried=2 ** len(amounts) - 1,
        is_complete=len(found) <= answers_max,
    )


def _sums(amounts: Sequence[int]) -> list[int]:
    """Return the sum of each selection, by its bit mask."""
    sums = [0]
    for amount in amounts:
        sums += [total + amount for total in sums]
    return sums


def _positions(mask: int) -> tuple[int, ...]:
    return tuple(position for position in range(mask.bit_length()) if mask >> position & 1)


def _by_amount(amounts: Sequence[int]) -> dict[int, list[int]]:
    positions: defaultdict[int, list[int]] = defaultdict(list)
    for position, amount in enumerate(amounts):
        positions[amount].append(position)
    return dict(positions)


def _ones(amounts: Sequence[int], target: int) -> Iterator[tuple[int, ...]]:
    for position, amount in enumerate(amounts):
        if amount == target:
            yield (position,)


def _twos(amounts: Sequence[int], target: int) -> Iterator[tuple[int, ...]]:
    where = _by_amount(amounts)
    for first, amount in enumerate(amounts):
        for second in where.get(target - amount, ()):
            if second > first:
                yield first, second


def _threes(amounts: Sequence[int], target: int) -> Iterator[tuple[int, ...]]:
    where = _by_amount(amounts)
    for first, amount in enumerate(amounts):
        left = target - amount
        for second in range(first + 1, len(amounts)):
            for third in where.get(left - amounts[second], ()):
                if third > second:
                    yield first, second, third


def _fours(amounts: Sequence[int], target: int) -> Iterator[tuple[int, ...]]:
    pairs: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for second in range(len(amounts)):
        # Pairs that end before the third position are known by then; each selection comes up once.
        for fourth in range(second + 1, len(amounts)):
            for pair in pairs.get(target - amounts[second] - amounts[fourth], ()):
                yield (*pair, second, fourth)
        for first in range(second):
            pairs[amounts[first] + amounts[second]].append((first, second))


_FINDERS = {1: _ones, 2: _twos, 3: _threes, 4: _fours}
