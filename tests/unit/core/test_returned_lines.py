"""Lines of ours that come back: one line each, as many as can be, the surest first."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from quittance.core.returned_lines import Likeness, pair_returned

LIKENESSES = st.lists(
    st.builds(
        Likeness,
        doubt=st.integers(1, 4),
        days_apart=st.integers(0, 2),
        position=st.integers(1, 5),
        handed_id=st.integers(101, 105),
    ),
    max_size=14,
)


def most(likenesses: list[Likeness]) -> int:
    """Count by trying every way."""
    edges = {(one.position, one.handed_id) for one in likenesses}
    ways = permutations(range(101, 106))
    return max(sum((position, way[position - 1]) in edges for position in range(1, 6)) for way in ways)


@given(LIKENESSES)
def test_as_many_come_back_as_can_and_none_twice(likenesses: list[Likeness]) -> None:
    found = pair_returned(likenesses)
    edges = {(one.position, one.handed_id) for one in likenesses}
    assert set(found.items()) <= edges
    assert len(set(found.values())) == len(found) == most(likenesses)


@given(LIKENESSES, st.randoms())
def test_the_order_in_which_they_are_found_does_not_matter(likenesses: list[Likeness], random: object) -> None:
    shuffled = list(likenesses)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert pair_returned(shuffled) == pair_returned(likenesses)


def test_the_surest_is_taken_where_both_would_do() -> None:
    by_reference, by_document = Likeness(1, 9, 2, 101), Likeness(4, 0, 1, 101)
    assert pair_returned([by_document, by_reference]) == {2: 101}
