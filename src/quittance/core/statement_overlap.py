"""Whether a statement of a bank tells again what another one told, though in other words or another format.

An account has one balance at a time. Where two statements start a day from the same balance and book the same amounts
on it, they tell of the same money, whatever texts they give it. Amounts are signed: money in is positive. Entries are
the bank's bookings: a batch booked in one sum is one entry, even where a statement lists its payments.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedEntry:
    """One booking of a bank: its day, its amount, and the numbers of the movements that make it up."""

    day: date
    amount: Decimal
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStatement:
    """One statement; the balances are None where it has none, or where its entries do not lead from one to the other.

    `entries` are those that it told first. `bookings` are all that lead from one balance to the other, where an earlier
    statement had told some of them; None where the entries do. `is_foreign`: it is of another format than the one it is
    compared with.
    """

    id: int = 0
    opening: Decimal | None = None
    closing: Decimal | None = None
    closing_date: date | None = None
    entries: Sequence[BookedEntry] = ()
    bookings: Sequence[BookedEntry] | None = None
    is_foreign: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What of a statement is told already: `known` lines for certain, `doubtful` ones perhaps.

    Each line stands with the statement that tells it too.
    """

    known: Mapping[int, int] = field(default_factory=dict)
    doubtful: Mapping[int, int] = field(default_factory=dict)


def find_overlap(*, statement: ToldStatement, others: Sequence[ToldStatement]) -> Overlap:
    """Compare a statement with those that are in already, of the same account and currency.

    Certain is what balances, day and amounts prove: both start the day from the same balance, and book the same, or,
    of two formats, one of them books all that the other does. A day whose entries add up to nothing proves nothing,
    since the same balance comes back. Doubtful is what another format books on the day with the same amount, without
    that proof.

    >>> day = date(2026, 1, 5)
    >>> def told(opening, *amounts, start=0, id=0):
    ...     entries = [BookedEntry(day=day, amount=Decimal(a), lines=(start + n,)) for n, a in enumerate(amounts)]
    ...     total = sum((entry.amount for entry in entries), Decimal(0))
    ...     return ToldStatement(id=id, opening=opening, closing=None if opening is None else opening + total,
    ...                          closing_date=day, entries=entries)
    >>> one = told(Decimal(100), "10", "20", start=70, id=7)
    >>> dict(find_overlap(statement=told(Decimal(100), "20", "10"), others=[one]).known)
    {0: 7, 1: 7}
    >>> dict(find_overlap(statement=told(None, "20", "5"), others=[one]).doubtful)
    {0: 7}
    >>> find_overlap(statement=told(Decimal(130), "20", "10"), others=[one]).known
    {}
    """
    same = _find_same(statement, others)
    if same is not None:
        return Overlap(known={line: same.id for entry in statement.entries for line in entry.lines})
    known: dict[int, int] = {}
    doubtful: dict[int, int] = {}
    balance = statement.opening
    for day, entries in _by_day(statement.entries):
        told = [(other, [entry for entry in other.entries if entry.day == day]) for other in others]
        told = [(other, theirs) for other, theirs in told if theirs]
        if told:
            anchor = _anchor(balance, day, told)
            _compare_day(entries, told, anchor, known, doubtful)
        if balance is not None:
            balance += _total(entries)
    return Overlap(known=known, doubtful=doubtful)


def _find_same(statement: ToldStatement, others: Sequence[ToldStatement]) -> ToldStatement | None:
    """Return the statement with the same balances, last day and amounts, on whatever days it books them."""
    if statement.opening is None or statement.opening == statement.closing:
        return None
    amounts = _amounts(statement.entries)
    for other in others:
        balances = (other.opening, other.closing, other.closing_date)
        wanted = (statement.opening, statement.closing, statement.closing_date)
        if balances == wanted and _amounts(_bookings(other)) == amounts:
            return other
    return None


def _anchor(
    balance: Decimal | None, day: date, told: Sequence[tuple[ToldStatement, Sequence[BookedEntry]]]
) -> ToldStatement | None:
    """Return a statement that starts the day from the same balance, None when none is known to."""
    if balance is None:
        return None
    for other, _ in told:
        if other.opening is not None:
            before = [entry for entry in _bookings(other) if entry.day < day]
            if other.opening + _total(before) == balance:
                return other
    return None


def _compare_day(
    entries: Sequence[BookedEntry],
    told: Sequence[tuple[ToldStatement, Sequence[BookedEntry]]],
    anchor: ToldStatement | None,
    known: dict[int, int],
    doubtful: dict[int, int],
) -> None:
    """Sort the entries of one day into known, doubtful and (left out) new ones."""
    mine = _amounts(entries)
    theirs = _amounts(entry for _, some in told for entry in some)
    foreign = _amounts(entry for other, some in told if other.is_foreign for entry in some)
    holders = {entry.amount: other.id for other, some in told if other.is_foreign for entry in some}
    is_proven = anchor is not None and _total(entries) != 0
    is_contained = foreign == theirs and (mine <= theirs or theirs <= mine)
    if anchor is not None and is_proven and (mine == theirs or is_contained):
        sure = {amount for amount, count in mine.items() if 0 < theirs[amount] >= count}
        _note(known, [entry for entry in entries if entry.amount in sure], dict.fromkeys(sure, anchor.id))
        entries = [entry for entry in entries if entry.amount not in sure]
    _note(doubtful, [entry for entry in entries if foreign[entry.amount]], holders)


def _note(found: dict[int, int], entries: Iterable[BookedEntry], holders: Mapping[Decimal, int]) -> None:
    found.update((line, holders[entry.amount]) for entry in entries for line in entry.lines)


def _bookings(statement: ToldStatement) -> Sequence[BookedEntry]:
    return statement.entries if statement.bookings is None else statement.bookings


def _by_day(entries: Iterable[BookedEntry]) -> list[tuple[date, list[BookedEntry]]]:
    days: defaultdict[date, list[BookedEntry]] = defaultdict(list)
    for entry in entries:
        days[entry.day].append(entry)
    return sorted(days.items())


def _amounts(entries: Iterable[BookedEntry]) -> Counter[Decimal]:
    return Counter(entry.amount for entry in entries)


def _total(entries: Iterable[BookedEntry]) -> Decimal:
    return sum((entry.amount for entry in entries), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    """A statement among those of its account, in their order; balances as the bank wrote them."""

    id: int
    opening: Decimal
    closing: Decimal
    closing_date: date


def find_gaps(*, links: Sequence[ChainLink]) -> frozenset[int]:
    """Return the statements that begin with a balance with which none up to their last day ended: one is missing.

    The first one begins the chain. One that begins where an earlier one began tells the same days again, and is no
    gap of its own.

    >>> def link(id, opening, closing, day):
    ...     return ChainLink(id=id, opening=Decimal(opening), closing=Decimal(closing), closing_date=date(2026, 1, day))
    >>> chain = [link(1, 0, 10, 5), link(2, 10, 20, 6), link(4, 30, 40, 8)]
    >>> find_gaps(links=chain), find_gaps(links=[*chain, link(3, 20, 30, 7)])
    (frozenset({4}), frozenset())
    >>> find_gaps(links=[*chain[:2], link(5, 0, 20, 6)])
    frozenset()
    """
    ordered = sorted(links, key=lambda link: link.closing_date)
    ends: defaultdict[Decimal, list[ChainLink]] = defaultdict(list)
    for link in ordered:
        if len(ends[link.closing]) < 2:
            ends[link.closing].append(link)
    begun: set[Decimal] = set()
    gaps = set()
    for number, link in enumerate(ordered):
        before = (one for one in ends[link.opening] if one.id != link.id and one.closing_date <= link.closing_date)
        if number and link.opening not in begun and not any(before):
            gaps.add(link.id)
        begun.add(link.opening)
    return frozenset(gaps)
