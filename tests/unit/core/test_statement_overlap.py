"""Two tellings of one account's days: nothing is taken for known that is not told twice."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from quittance.core.statement_overlap import BookedEntry, ChainLink, ToldStatement, find_gaps, find_overlap

START = date(2026, 1, 5)
amounts = st.integers(-300, 300).filter(bool).map(lambda cents: Decimal(cents) / 100)
books = st.lists(st.tuples(st.integers(0, 4), amounts), min_size=1, max_size=12).map(sorted)


def told(
    book: list[tuple[int, Decimal]], *, opening: Decimal | None, number: int = 0, is_foreign: bool = True
) -> ToldStatement:
    """Return a statement of a book of (day, amount); lines are numbered by their place."""
    entries = [
        BookedEntry(day=START + timedelta(days=day), amount=amount, lines=(line,))
        for line, (day, amount) in enumerate(book)
    ]
    total = sum((amount for _, amount in book), Decimal(0))
    return ToldStatement(
        id=number, opening=opening, closing=None if opening is None else opening + total,
        closing_date=START + timedelta(days=max(day for day, _ in book)), entries=entries, is_foreign=is_foreign,
    )  # fmt: skip


@given(book=books, opening=amounts)
def test_a_book_told_twice_is_never_taken_for_new_money_by_itself(
    book: list[tuple[int, Decimal]], opening: Decimal
) -> None:
    overlap = find_overlap(statement=told(book, opening=opening), others=[told(book, opening=opening, number=7)])
    assert set(overlap.known) | set(overlap.doubtful) == set(range(len(book)))


@given(book=books, opening=amounts, shift=amounts)
def test_from_another_balance_nothing_is_certain(
    book: list[tuple[int, Decimal]], opening: Decimal, shift: Decimal
) -> None:
    other = told(book, opening=opening + shift, number=7)
    assert not find_overlap(statement=told(book, opening=opening), others=[other]).known


@given(book=books, other=books, opening=amounts)
def test_of_each_amount_no_more_is_known_than_the_other_tells(
    book: list[tuple[int, Decimal]], other: list[tuple[int, Decimal]], opening: Decimal
) -> None:
    overlap = find_overlap(statement=told(book, opening=opening), others=[told(other, opening=opening, number=7)])
    known = Counter(book[line][1] for line in overlap.known)
    assert known <= Counter(amount for _, amount in other)
    assert not set(overlap.known) & set(overlap.doubtful)


@given(book=books, other=books, opening=amounts)
def test_what_no_other_format_tells_is_not_doubtful(
    book: list[tuple[int, Decimal]], other: list[tuple[int, Decimal]], opening: Decimal
) -> None:
    overlap = find_overlap(
        statement=told(book, opening=None), others=[told(other, opening=opening, number=7, is_foreign=False)]
    )
    assert (dict(overlap.known), dict(overlap.doubtful)) == ({}, {})


@given(st.lists(amounts, min_size=2, max_size=12), st.randoms())
def test_a_whole_chain_has_no_gap_in_whatever_order_it_came(steps: list[Decimal], random: object) -> None:
    balance = Decimal(100)
    links = []
    for number, step in enumerate(steps):
        day = START + timedelta(days=number)
        links.append(ChainLink(id=number, opening=balance, closing=balance + step, closing_date=day))
        balance += step
    random.shuffle(links)  # type: ignore[attr-defined]
    assert find_gaps(links=links) == frozenset()


def test_a_missing_link_is_told_where_it_is_missed() -> None:
    def link(day: int, opening: int, closing: int) -> ChainLink:
        return ChainLink(id=day, opening=Decimal(opening), closing=Decimal(closing), closing_date=date(2026, 1, day))

    chain = [link(1, 0, 10), link(2, 10, 30), link(4, 60, 100), link(5, 100, 150)]
    assert find_gaps(links=chain) == {4}
    empty = [*chain, ChainLink(id=6, opening=Decimal(160), closing=Decimal(160), closing_date=date(2026, 1, 6))]
    assert find_gaps(links=empty) == {4, 6}
