"""Terms of payment: when an invoice falls due, in how many instalments, of how much each.

Two ways of counting "45 days end of month" are in use (count the days and then go to the end of the month, or
the other way round); which one was agreed is part of the terms.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from quittance.core.money import split_exact

SATURDAY_AND_SUNDAY: Final = frozenset({5, 6})
_NO_HOLIDAYS: Final[frozenset[date]] = frozenset()


class EndOfMonth(StrEnum):
    """Whether and when the count goes to the end of a month."""

    NONE = "NONE"
    DAYS_THEN_EOM = "DAYS_THEN_EOM"
    EOM_THEN_DAYS = "EOM_THEN_DAYS"


class WorkingDayShift(StrEnum):
    """Where a due date goes that falls on a weekend or a holiday."""

    NONE = "NONE"
    NEXT = "NEXT"
    PREVIOUS = "PREVIOUS"
    NEXT_IN_MONTH = "NEXT_IN_MONTH"  # the next one, or the one before when that is in another month


class InvalidTerms(ValueError):
    """The terms contradict themselves; the message says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentShare:
    """A share of the total, in percent, and its own number of days from the invoice date."""

    percent: Decimal
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """What was agreed: days from the invoice date, end of month, fixed day of the month, instalments.

    ``day_of_month`` moves the date forward to that day ("45 days end of month the 10th"), or to the last day of
    a shorter month. With ``instalments`` each share has its own days, and ``days`` is not used.

    :raises InvalidTerms: for negative days, a day of month that is none, or shares that do not make 100 %.
    """

    days: int = 30
    end_of_month: EndOfMonth = EndOfMonth.NONE
    day_of_month: int | None = None
    instalments: tuple[InstalmentShare, ...] = ()
    shift: WorkingDayShift = WorkingDayShift.NONE
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY

    def __post_init__(self) -> None:
        if self.days < 0 or any(share.days < 0 for share in self.instalments):
            raise InvalidTerms("the number of days is not negative")
        if self.day_of_month is not None and not 1 <= self.day_of_month <= 31:
            raise InvalidTerms(f"there is no day {self.day_of_month} in a month")
        if any(share.percent <= 0 for share in self.instalments):
            raise InvalidTerms("each instalment is more than 0 %")
        total = sum((share.percent for share in self.instalments), Decimal(0))
        if self.instalments and total != 100:
            raise InvalidTerms(f"the instalments make {total} %, not 100 %")
        if self.weekend >= frozenset(range(7)):
            raise InvalidTerms("a week has one working day at least")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """A part of a document with its own due date; numbers start at 1, the amount has the total's sign."""

    number: int
    due_date: date
    amount: Decimal


def due_date(*, terms: PaymentTerms, document_date: date, holidays: frozenset[date] = _NO_HOLIDAYS) -> date:
    """Return the day on which all of a document is due, or its last instalment.

    >>> due_date(terms=PaymentTerms(days=30), document_date=date(2026, 1, 15))
    datetime.date(2026, 2, 14)
    >>> both_ways = [
    ...     PaymentTerms(days=45, end_of_month=mode)
    ...     for mode in (EndOfMonth.DAYS_THEN_EOM, EndOfMonth.EOM_THEN_DAYS)
    ... ]
    >>> [due_date(terms=terms, document_date=date(2026, 1, 10)).isoformat() for terms in both_ways]
    ['2026-02-28', '2026-03-17']
    """
    days = max((share.days for share in terms.instalments), default=terms.days)
    return _due_date(terms=terms, days=days, document_date=document_date, holidays=holidays)


def instalments(
    *,
    terms: PaymentTerms,
    document_date: date,
    total: Decimal,
    currency: str,
    holidays: frozenset[date] = _NO_HOLIDAYS,
) -> tuple[Instalment, ...]:
    """Split a document into its instalments, by due date; the amounts add up to the total exactly.

    >>> thirds = PaymentTerms(
    ...     instalments=(
    ...         InstalmentShare(percent=Decimal("33.34"), days=0),
    ...         InstalmentShare(percent=Decimal("33.33"), days=30),
    ...         InstalmentShare(percent=Decimal("33.33"), days=60),
    ...     )
    ... )
    >>> for part in instalments(
    ...     terms=thirds, document_date=date(2026, 1, 1), total=Decimal("100.01"), currency="EUR"
    ... ):
    ...     print(part.number, part.due_date, part.amount)
    1 2026-01-01 33.35
    2 2026-01-31 33.33
    3 2026-03-02 33.33

    :raises InexactAmount: when the total has more decimals than its currency.
    """
    shares = sorted(
        terms.instalments or (InstalmentShare(percent=Decimal(100), days=terms.days),),
        key=lambda share: share.days,
    )
    amounts = split_exact(total, [share.percent for share in shares], currency)
    return tuple(
        Instalment(
            number=number,
            due_date=_due_date(terms=terms, days=share.days, document_date=document_date, holidays=holidays),
            amount=amount,
        )
        for number, (share, amount) in enumerate(zip(shares, amounts, strict=True), 1)
    )


def is_working_day(
    day: date, *, holidays: frozenset[date] = _NO_HOLIDAYS, weekend: frozenset[int] = SATURDAY_AND_SUNDAY
) -> bool:
    """Tell whether the day is neither in the weekend (Monday is 0) nor a holiday."""
    return day.weekday() not in weekend and day not in holidays


def add_working_days(
    day: date,
    count: int,
    *,
    holidays: frozenset[date] = _NO_HOLIDAYS,
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY,
) -> date:
    """Return the day that is a number of working days later, or earlier when the number is negative.

    >>> add_working_days(date(2026, 4, 30), 1, holidays=frozenset({date(2026, 5, 1)}))
    datetime.date(2026, 5, 4)
    """
    step = timedelta(days=1 if count >= 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(day, holidays=holidays, weekend=weekend)
    return day


def shift_to_working_day(
    day: date,
    shift: WorkingDayShift,
    *,
    holidays: frozenset[date] = _NO_HOLIDAYS,
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY,
) -> date:
    """Return the day itself when it is a working day, else the one that the shift names.

    >>> shift_to_working_day(date(2026, 5, 31), WorkingDayShift.NEXT)
    datetime.date(2026, 6, 1)
    >>> shift_to_working_day(date(2026, 5, 31), WorkingDayShift.NEXT_IN_MONTH)
    datetime.date(2026, 5, 29)
    """
    if shift is WorkingDayShift.NONE or is_working_day(day, holidays=holidays, weekend=weekend):
        return day
    before = add_working_days(day, -1, holidays=holidays, weekend=weekend)
    after = add_working_days(day, 1, holidays=holidays, weekend=weekend)
    if shift is WorkingDayShift.PREVIOUS:
        return before
    if shift is WorkingDayShift.NEXT_IN_MONTH and (after.year, after.month) != (day.year, day.month):
        return before
    return after


def end_of_month(day: date) -> date:
    """Return the last day of the day's month.

    >>> end_of_month(date(2024, 2, 10))
    datetime.date(2024, 2, 29)
    """
    return day.replace(day=monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """Return the same day some months later or earlier, or the last day of a shorter month.

    >>> add_months(date(2026, 1, 31), 1), add_months(date(2026, 3, 31), -6)
    (datetime.date(2026, 2, 28), datetime.date(2025, 9, 30))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _due_date(*, terms: PaymentTerms, days: int, document_date: date, holidays: frozenset[date]) -> date:
    day = document_date
    if terms.end_of_month is EndOfMonth.EOM_THEN_DAYS:
        day = end_of_month(day)
    day += timedelta(days=days)
    if terms.end_of_month is EndOfMonth.DAYS_THEN_EOM:
        day = end_of_month(day)
    if terms.day_of_month is not None:
        day = _next_day_of_month(day, terms.day_of_month)
    return shift_to_working_day(day, terms.shift, holidays=holidays, weekend=terms.weekend)


def _next_day_of_month(day: date, day_of_month: int) -> date:
    last = end_of_month(day)
    candidate = day.replace(day=min(day_of_month, last.day))
    if candidate < day:
        following = end_of_month(last + timedelta(days=1))
        candidate = following.replace(day=min(day_of_month, following.day))
    return candidate
