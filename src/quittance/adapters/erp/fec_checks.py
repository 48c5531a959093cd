"""What is watched over the whole of a FEC: entries that do not balance, letter groups, line numbers in an entry.

Everything is kept in small integers (64-bit digests of the keys) so that a file of millions of lines fits.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

ENTRIES_OPEN_MAX: Final = 200_000


def digest(text: str) -> int:
    """Shrink a key to 64 bits."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


class EntryBalances:
    """Debit minus credit per entry (journal, number, date), also when its lines are not together.

    An entry leaves the memory as soon as it balances, so only those that do not are held.
    """

    def __init__(self) -> None:
        self._open: dict[tuple[str, str, str], tuple[int, int]] = {}
        self._key: tuple[str, str, str] | None = None
        self._sum = 0
        self._position = 0
        self.is_complete = True

    def add(self, key: tuple[str, str, str], units: int, position: int) -> None:
        """Add a line of an entry."""
        if key == self._key:
            self._sum += units
            return
        self._close()
        self._key, self._sum, self._position = key, units, position

    def _close(self) -> None:
        if self._key is None:
            return
        total, position = self._open.pop(self._key, (0, self._position))
        total += self._sum
        if not total:
            return
        if len(self._open) < ENTRIES_OPEN_MAX:
            self._open[self._key] = (total, position)
        else:
            self.is_complete = False

    def unbalanced(self) -> list[tuple[int, tuple[str, str, str], int]]:
        """Position of the first line, key and difference of each entry that does not balance, in file order."""
        self._close()
        self._key = None
        return sorted((position, key, total) for key, (total, position) in self._open.items())


class LetterGroups:
    """Sum per letter code on one account."""

    def __init__(self) -> None:
        self._sums: dict[int, int] = {}

    def add(self, *, account: str, code: str, units: int) -> None:
        """Add a lettered line."""
        key = digest(f"{account}|{code}")
        self._sums[key] = self._sums.get(key, 0) + units

    def count(self) -> int:
        """Count the groups."""
        return len(self._sums)

    def count_balanced(self) -> int:
        """Count the groups that come to zero."""
        return sum(1 for units in self._sums.values() if not units)


class LineOrdinals:
    """Number the lines that share one key, 1, 2, 3 ... in file order."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def next(self, key: str) -> int:
        """Return the number of this line among those of its key."""
        shrunk = digest(key)
        number = self._counts.get(shrunk, 0) + 1
        self._counts[shrunk] = number
        return number
