"""Which lines of a file are lines of ours that come back: each line is one of ours at most, each of ours one line."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Likeness:
    """That the line at a `position` of a file may be the line of ours with this id; the surer, the smaller."""

    doubt: int
    days_apart: int
    position: int
    handed_id: int


def pair_returned(likenesses: Iterable[Likeness]) -> dict[int, int]:
    """Return the id of ours for each position, for as many positions as can be: what is left over is posted anew.

    The surest come first. One that another took is given up only where the other can be told of a different one.

    >>> sure, doubtful = Likeness(1, 0, 7, 100), Likeness(3, 0, 8, 100)
    >>> pair_returned([doubtful, sure])
    {7: 100}
    >>> pair_returned([doubtful, sure, Likeness(4, 2, 7, 101)])
    {7: 101, 8: 100}
    """
    wanted: dict[int, list[int]] = {}
    of_handed: dict[int, int] = {}
    of_position: dict[int, int] = {}
    for one in sorted(set(likenesses)):
        choices = wanted.setdefault(one.position, [])
        if one.handed_id not in choices:
            choices.append(one.handed_id)
        if one.position not in of_position and one.handed_id not in of_handed:
            of_position[one.position], of_handed[one.handed_id] = one.handed_id, one.position
    for position in sorted(wanted):
        if position not in of_position:
            _make_room(position, wanted, of_position, of_handed)
    return dict(sorted(of_position.items()))


def _make_room(
    position: int, wanted: dict[int, list[int]], of_position: dict[int, int], of_handed: dict[int, int]
) -> None:
    """Give a position one of its choices by moving others on, where that is possible."""
    asked_by: dict[int, int] = {}
    waiting = deque([position])
    while waiting:
        asking = waiting.popleft()
        for handed_id in wanted[asking]:
            if handed_id in asked_by:
                continue
            asked_by[handed_id] = asking
            if handed_id in of_handed:
                waiting.append(of_handed[handed_id])
                continue
            free: int | None = handed_id
            while free is not None:
                taker = asked_by[free]
                given_up = of_position.get(taker)
                of_position[taker], of_handed[free] = free, taker
                free = given_up
            return
