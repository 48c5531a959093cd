"""Late-payment interest as European law has it: simple, by the day, from the day after the due date.

Source: directive 2011/7/EU, articles 2 and 3; French Code de commerce L441-10 II and D441-5 (a fixed
indemnity per late invoice). Rates, margins and indemnities change by decree or half-year: they are arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from quittance.core.money import exact_sum, from_minor_units, quantize, quantize_fraction, split_exact

DAYS_IN_YEAR: Final = 365
ONE_DAY: Final = timedelta(days=1)


class InterestReason(StrEnum):
    """Why there is interest, or none."""

    LATE = "LATE"
    NOT_LATE = "NOT_LATE"
    NOTHING_OWED = "NOTHING_OWED"


class NoRateInForce(LookupError):
    """No rate was given for a day of the delay."""

    def __init__(self, day: date) -> None:
        super().__init__(f"no late-payment rate is known for {day.isoformat()}")
        self.day = day


@dataclass(frozen=True, slots=True, kw_only=True)
class LateRate:
    """A yearly rate in percent (12.15 is 12.15 %), in force from a day on until the next one."""

    from_date: date
    rate_pct: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPayment:
    """A positive amount paid on a day; that day still bears interest on it."""

    paid_date: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestPeriod:
    """Days with one rate and one amount owed, both ends included."""

    first_date: date
    last_date: date
    days: int
    amount_owed: Decimal
    rate_pct: Decimal
    interest: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LateInterest:
    """The interest of one item: the periods add up to ``interest`` exactly; the indemnity is beside it."""

    reason: InterestReason
    late_days: int
    interest: Decimal
    indemnity: Decimal
    periods: tuple[InterestPeriod, ...]

    @property
    def total(self) -> Decimal:
        """Interest and indemnity."""
        return exact_sum((self.interest, self.indemnity))


def rates_from_reference(*, reference_rates: Iterable[LateRate], margin_points: Decimal) -> tuple[LateRate, ...]:
    """Return the late-payment rates that stand a number of points above the reference rates.

    >>> main_refinancing = [LateRate(from_date=date(2026, 1, 1), rate_pct=Decimal("2.15"))]
    >>> rates_from_reference(reference_rates=main_refinancing, margin_points=Decimal(10))[0].rate_pct
    Decimal('12.15')
    """
    return tuple(LateRate(from_date=rate.from_date, rate_pct=rate.rate_pct + margin_points) for rate in reference_rates)


def late_interest(
    *,
    amount: Decimal,
    currency: str,
    due_date: date,
    until: date,
    rates: Sequence[LateRate],
    part_payments: Sequence[PartPayment] = (),
    indemnity: Decimal = Decimal(0),
    days_in_year: int = DAYS_IN_YEAR,
    from_date: date | None = None,
) -> LateInterest:
    """Return the interest from the day after the due date until a day, that day included.

    A later ``from_date`` leaves out the days before it, for which interest was asked for already.

    Amount owed x rate x days / 365, in pieces where the rate changes or a part is paid, rounded once: the
    periods' interest is split so that it adds up. The indemnity is due as soon as one day is late.

    >>> claim = late_interest(
    ...     amount=Decimal("10000.00"),
    ...     currency="EUR",
    ...     due_date=date(2026, 5, 31),
    ...     until=date(2026, 7, 30),
    ...     rates=[
    ...         LateRate(from_date=date(2026, 1, 1), rate_pct=Decimal("12.15")),
    ...         LateRate(from_date=date(2026, 7, 1), rate_pct=Decimal("12.40")),
    ...     ],
    ...     indemnity=Decimal(40),
    ... )
    >>> claim.late_days, [str(period.interest) for period in claim.periods], str(claim.interest)
    (60, ['99.86', '101.92'], '201.78')
    >>> str(claim.total)
    '241.78'

    :raises NoRateInForce: when a late day has no rate.
    :raises ValueError: when two rates begin on one day, or a part payment is not positive.
    :raises UnknownCurrency: when the code is not known.
    """
    periods: tuple[InterestPeriod, ...] = ()
    reason = InterestReason.NOT_LATE
    if amount <= 0:
        reason = InterestReason.NOTHING_OWED
    elif until >= (first := max(due_date + ONE_DAY, from_date or due_date)):
        pieces = _pieces(amount, first, until, _checked_rates(rates), _checked_payments(part_payments))
        periods = _with_interest(pieces, currency, days_in_year)
        reason = InterestReason.LATE if periods else InterestReason.NOTHING_OWED
    return LateInterest(
        reason=reason,
        late_days=sum(period.days for period in periods),
        interest=exact_sum((from_minor_units(0, currency), *(period.interest for period in periods))),
        indemnity=quantize(indemnity if periods else Decimal(0), currency),
        periods=periods,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    first_date: date
    days: int
    amount_owed: Decimal
    rate_pct: Decimal


def _checked_rates(rates: Sequence[LateRate]) -> tuple[LateRate, ...]:
    by_date = {rate.from_date: rate for rate in rates}
    if len(by_date) != len(rates):
        raise ValueError("two late-payment rates begin on one day")
    if any(rate.rate_pct < 0 for rate in rates):
        raise ValueError("a late-payment rate is not negative")
    return tuple(by_date[day] for day in sorted(by_date))


def _checked_payments(part_payments: Sequence[PartPayment]) -> Sequence[PartPayment]:
    if any(payment.amount <= 0 for payment in part_payments):
        raise ValueError("a part payment is positive")
    return part_payments


def _pieces(
    amount: Decimal,
    first: date,
    until: date,
    rates: Sequence[LateRate],
    part_payments: Sequence[PartPayment],
) -> list[_Piece]:
    """Cut the delay where the rate or the amount owed changes; pieces without anything owed are left out."""
    changes = {rate.from_date for rate in rates} | {each.paid_date + ONE_DAY for each in part_payments}
    starts = sorted({first} | {day for day in changes if first < day <= until})
    pieces = []
    for start, following in zip(starts, [*starts[1:], until + ONE_DAY], strict=True):
        paid = exact_sum(each.amount for each in part_payments if each.paid_date < start)
        owed = exact_sum((amount, paid.copy_negate()))
        if owed > 0:
            rate_pct = _rate_on(start, rates)
            days = (following - start).days
            pieces.append(_Piece(first_date=start, days=days, amount_owed=owed, rate_pct=rate_pct))
    return pieces


def _rate_on(day: date, rates: Sequence[LateRate]) -> Decimal:
    in_force = [rate.rate_pct for rate in rates if rate.from_date <= day]
    if not in_force:
        raise NoRateInForce(day)
    return in_force[-1]


def _with_interest(pieces: Sequence[_Piece], currency: str, days_in_year: int) -> tuple[InterestPeriod, ...]:
    """Round the sum once and share it out, so that what is listed adds up to what is claimed."""
    exact = [
        Fraction(piece.amount_owed) * Fraction(piece.rate_pct) * piece.days / (100 * days_in_year) for piece in pieces
    ]
    total = quantize_fraction(sum(exact, Fraction(0)), currency)
    shares = split_exact(total, exact, currency) if any(exact) else [total] * len(exact)
    return tuple(
        InterestPeriod(
            first_date=piece.first_date,
            last_date=piece.first_date + ONE_DAY * (piece.days - 1),
            days=piece.days,
            amount_owed=piece.amount_owed,
            rate_pct=piece.rate_pct,
            interest=interest,
        )
        for piece, interest in zip(pieces, shares, strict=True)
    )
