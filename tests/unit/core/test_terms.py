"""Terms of payment: due dates counted as agreed, instalments that add up."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.terms import (
    EndOfMonth,
    InstalmentShare,
    InvalidTerms,
    PaymentTerms,
    WorkingDayShift,
    add_months,
    add_working_days,
    due_date,
    end_of_month,
    instalments,
    is_working_day,
    shift_to_working_day,
)

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
FRENCH_MAY = frozenset({date(2026, 5, 1), date(2026, 5, 8), date(2026, 5, 14), date(2026, 5, 25)})

TABLE = """
document   | days | end of month  | day | shift         | due
2026-01-15 | 30   | NONE          | -   | NONE          | 2026-02-14
2026-01-15 | 0    | NONE          | -   | NONE          | 2026-01-15
2026-01-10 | 45   | DAYS_THEN_EOM | -   | NONE          | 2026-02-28
2026-01-10 | 45   | EOM_THEN_DAYS | -   | NONE          | 2026-03-17
2026-01-31 | 45   | DAYS_THEN_EOM | -   | NONE          | 2026-03-31
2026-01-31 | 45   | EOM_THEN_DAYS | -   | NONE          | 2026-03-17
2024-01-31 | 29   | DAYS_THEN_EOM | -   | NONE          | 2024-02-29
2026-01-15 | 30   | DAYS_THEN_EOM | 10  | NONE          | 2026-03-10
2026-01-15 | 30   | NONE          | 14  | NONE          | 2026-02-14
2026-01-15 | 30   | NONE          | 13  | NONE          | 2026-03-13
2026-01-15 | 30   | NONE          | 31  | NONE          | 2026-02-28
2026-01-30 | 1    | NONE          | 30  | NONE          | 2026-02-28
2026-12-15 | 30   | DAYS_THEN_EOM | 10  | NONE          | 2027-02-10
2026-01-15 | 30   | NONE          | -   | NEXT          | 2026-02-16
2026-01-15 | 30   | NONE          | -   | PREVIOUS      | 2026-02-13
2026-01-15 | 29   | NONE          | -   | NEXT          | 2026-02-13
2026-04-01 | 30   | NONE          | -   | NEXT          | 2026-05-04
2026-05-01 | 30   | NONE          | -   | NEXT_IN_MONTH | 2026-05-29
2026-05-01 | 15   | NONE          | -   | NEXT_IN_MONTH | 2026-05-18
"""


def table_rows() -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()[1:]]


@pytest.mark.parametrize("row", table_rows(), ids=" ".join)
def test_due_date(row: list[str]) -> None:
    document, days, mode, day_of_month, shift, due = row
    terms = PaymentTerms(
        days=int(days),
        end_of_month=EndOfMonth(mode),
        day_of_month=None if day_of_month == "-" else int(day_of_month),
        shift=WorkingDayShift(shift),
    )
    found = due_date(terms=terms, document_date=date.fromisoformat(document), holidays=FRENCH_MAY)
    assert found.isoformat() == due


@given(DAYS, st.integers(0, 120), st.sampled_from(EndOfMonth), st.integers(1, 31), st.sampled_from(WorkingDayShift))
def test_never_due_before_the_document_but_by_a_shift_back(
    day: date, days: int, mode: EndOfMonth, day_of_month: int, shift: WorkingDayShift
) -> None:
    terms = PaymentTerms(days=days, end_of_month=mode, day_of_month=day_of_month, shift=shift)
    found = due_date(terms=terms, document_date=day)
    if shift in (WorkingDayShift.NONE, WorkingDayShift.NEXT):
        assert found >= day + timedelta(days=days)
    if shift is not WorkingDayShift.NONE:
        assert is_working_day(found)
    assert found <= day + timedelta(days=days + 66)


SHARES = st.lists(st.integers(1, 99), max_size=5, unique=True).map(
    lambda cuts: [high - low for low, high in zip([0, *sorted(cuts)], [*sorted(cuts), 100], strict=True)]
)


@given(st.decimals(-(10**9), 10**9, places=2), SHARES, st.lists(st.integers(0, 180), min_size=6, max_size=6), DAYS)
def test_instalments_add_up_in_order_of_due_date(
    total: Decimal, percents: list[int], days: list[int], day: date
) -> None:
    shares = tuple(
        InstalmentShare(percent=Decimal(percent), days=each) for percent, each in zip(percents, days, strict=False)
    )
    terms = PaymentTerms(instalments=shares)
    parts = instalments(terms=terms, document_date=day, total=total, currency="EUR")
    assert sum(part.amount for part in parts) == total
    assert [part.number for part in parts] == list(range(1, len(shares) + 1))
    assert [part.due_date for part in parts] == sorted(part.due_date for part in parts)
    assert parts[-1].due_date == due_date(terms=terms, document_date=day)


def test_without_shares_one_instalment_holds_all() -> None:
    (part,) = instalments(
        terms=PaymentTerms(days=60), document_date=date(2026, 1, 1), total=Decimal("-12.34"), currency="EUR"
    )
    assert (part.number, part.due_date, part.amount) == (1, date(2026, 3, 2), Decimal("-12.34"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"days": -1}, "not negative"),
        ({"day_of_month": 0}, "no day 0"),
        ({"day_of_month": 32}, "no day 32"),
        ({"instalments": (InstalmentShare(percent=Decimal(99), days=0),)}, "make 99 %"),
        ({"instalments": (InstalmentShare(percent=Decimal(100), days=-1),)}, "not negative"),
        (
            {
                "instalments": (
                    InstalmentShare(percent=Decimal(150), days=0),
                    InstalmentShare(percent=Decimal(-50), days=30),
                )
            },
            "more than 0 %",
        ),
        ({"weekend": frozenset(range(7))}, "working day"),
    ],
)
def test_terms_that_contradict_themselves(fields: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidTerms, match=words):
        PaymentTerms(**fields)  # type: ignore[arg-type]


def test_friday_and_saturday_can_be_the_weekend() -> None:
    terms = PaymentTerms(days=0, shift=WorkingDayShift.NEXT, weekend=frozenset({4, 5}))
    assert due_date(terms=terms, document_date=date(2026, 5, 15)) == date(2026, 5, 17)


@given(DAYS, st.integers(-30, 30))
def test_working_days_and_back(day: date, count: int) -> None:
    start = shift_to_working_day(day, WorkingDayShift.NEXT)
    moved = add_working_days(start, count)
    assert is_working_day(moved)
    assert add_working_days(moved, -count) == start


@given(DAYS, st.integers(-24, 24))
def test_months_keep_the_day_or_the_last_one(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or moved == end_of_month(moved)
