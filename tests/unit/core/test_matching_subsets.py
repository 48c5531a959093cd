"""Sums of items against brute force, and how many selections were tried."""

from __future__ import annotations

from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.matching.subsets import ALL_SELECTIONS_ITEMS_MAX, find_any_selections, find_selections

amounts = st.lists(st.integers(-5, 12).filter(bool), max_size=9)


@given(amounts=amounts, target=st.integers(-10, 30), size=st.integers(1, 4))
def test_law_selections_of_a_size_are_all_that_add_up(amounts: list[int], target: int, size: int) -> None:
    expected = [
        chosen for chosen in combinations(range(len(amounts)), size) if sum(amounts[one] for one in chosen) == target
    ]
    found = find_selections(amounts=amounts, target=target, size=size, answers_max=1000)
    assert list(found.selections) == expected
    assert (found.tried, found.is_complete) == (comb(len(amounts), size), True)


@given(amounts=amounts, target=st.integers(-10, 30))
def test_law_selections_of_any_size_are_all_that_add_up(amounts: list[int], target: int) -> None:
    positions = range(len(amounts))
    every = [chosen for size in range(1, len(amounts) + 1) for chosen in combinations(positions, size)]
    expected = sorted(chosen for chosen in every if sum(amounts[one] for one in chosen) == target)
    found = find_any_selections(amounts=amounts, target=target, answers_max=1000)
    assert list(found.selections) == expected
    assert found.tried == 2 ** len(amounts) - 1


def test_more_answers_than_wanted_are_said_to_be_more() -> None:
    found = find_selections(amounts=[5] * 20, target=10, size=2, answers_max=3)
    assert len(found.selections) == 3
    assert not found.is_complete


def test_sixty_items_are_searched_by_fours_and_refused_for_any_size() -> None:
    cents = [1_009 * (number + 3) ** 2 % 99_991 + 100 for number in range(60)]
    found = find_selections(amounts=cents, target=sum(cents[10:14]), size=4)
    assert (10, 11, 12, 13) in found.selections
    assert found.tried == 487_635
    with pytest.raises(ValueError, match="too many"):
        find_any_selections(amounts=cents, target=1)
    assert find_any_selections(amounts=cents[:ALL_SELECTIONS_ITEMS_MAX], target=0).selections == ()
