"""Rounding, splitting and converting of amounts: the only place where money is rounded.

An amount is a ``Decimal`` in major units of its currency (12.50 euro), signed: a debit is positive, a credit
negative. Matching works on integers of minor units (1250 cents).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, localcontext
from fractions import Fraction

from quittance.core.amount_text import (
    AmbiguousAmount,
    AmountProblem,
    DecimalMark,
    UnreadableAmount,
    guess_decimal_mark,
    parse_amount,
)
from quittance.core.currencies import UnknownCurrency, currency_exponent, is_known_currency

__all__ = [
    "AmbiguousAmount",
    "AmountProblem",
    "DecimalMark",
    "ExchangeRate",
    "InexactAmount",
    "MixedCurrencies",
    "UnknownCurrency",
    "UnreadableAmount",
    "convert",
    "currency_exponent",
    "exact_sum",
    "from_minor_units",
    "guess_decimal_mark",
    "is_known_currency",
    "parse_amount",
    "quantize",
    "quantize_fraction",
    "round_half_up",
    "single_currency",
    "split_exact",
    "to_minor_units",
]

# Wide enough for any product of two stored figures, so that an amount is rounded once, on purpose.
_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP, traps=[*_WIDE.traps, Inexact])


class InexactAmount(ValueError):
    """The amount has decimals that its currency does not have."""

    def __init__(self, amount: Decimal, currency: str) -> None:
        super().__init__(f"{amount} is not a whole number of minor units of {currency}")
        self.amount = amount
        self.currency = currency


class MixedCurrencies(ValueError):
    """Amounts of several currencies would be added without a dated rate."""

    def __init__(self, currencies: Iterable[str]) -> None:
        self.currencies = tuple(sorted(set(currencies)))
        super().__init__(f"amounts in {', '.join(self.currencies)} must be converted before they are added")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """Units of ``to_currency`` for one unit of ``from_currency`` on a day; always positive."""

    from_currency: str
    to_currency: str
    rate: Decimal
    rate_date: date

    def __post_init__(self) -> None:
        currency_exponent(self.from_currency)
        currency_exponent(self.to_currency)
        if not self.rate.is_finite() or self.rate <= 0:
            raise ValueError(f"an exchange rate is a positive number, not {self.rate}")


def round_half_up(value: Decimal, places: int) -> Decimal:
    """Round to a number of decimals, a half going away from zero.

    >>> round_half_up(Decimal("2.345"), 2), round_half_up(Decimal("-2.345"), 2)
    (Decimal('2.35'), Decimal('-2.35'))
    """
    return _without_negative_zero(value.quantize(Decimal(1).scaleb(-places), context=_WIDE))


def quantize(amount: Decimal, currency: str) -> Decimal:
    """Round an amount half up to the minor unit of its currency.

    >>> quantize(Decimal("12.345"), "EUR"), quantize(Decimal("12.5"), "JPY"), quantize(Decimal("1"), "TND")
    (Decimal('12.35'), Decimal('13'), Decimal('1.000'))

    :raises UnknownCurrency: when the code is not known.
    """
    return round_half_up(amount, currency_exponent(currency))


def quantize_fraction(value: Fraction, currency: str) -> Decimal:
    """Round an exact fraction half up to the minor unit of a currency.

    >>> quantize_fraction(Fraction(2, 3), "EUR"), quantize_fraction(Fraction(-1, 200), "EUR")
    (Decimal('0.67'), Decimal('-0.01'))
    """
    scaled = abs(value) * 10 ** currency_exponent(currency) + Fraction(1, 2)
    units = scaled.numerator // scaled.denominator
    return from_minor_units(-units if value < 0 else units, currency)


def to_minor_units(amount: Decimal, currency: str) -> int:
    """Return the amount as an integer of minor units, never rounding.

    >>> to_minor_units(Decimal("-12.50"), "EUR"), to_minor_units(Decimal("12"), "JPY")
    (-1250, 12)

    :raises InexactAmount: when the amount has more decimals than its currency.
    :raises UnknownCurrency: when the code is not known.
    """
    exponent = currency_exponent(currency)
    if not amount.is_finite():
        raise InexactAmount(amount, currency)
    scaled = amount.scaleb(exponent, context=_WIDE)
    units = int(scaled)
    if units != scaled:
        raise InexactAmount(amount, currency)
    return units


def from_minor_units(units: int, currency: str) -> Decimal:
    """Return an integer of minor units as an amount with the decimals of its currency.

    >>> from_minor_units(-1250, "EUR"), from_minor_units(7, "JPY")
    (Decimal('-12.50'), Decimal('7'))
    """
    return Decimal(units).scaleb(-currency_exponent(currency), context=_WIDE)


def split_exact(total: Decimal, weights: Sequence[Decimal | Fraction | int], currency: str) -> tuple[Decimal, ...]:
    """Split an amount by weights into parts that add up to it exactly (largest remainder).

    Each part is less than one minor unit away from its exact share; of equal remainders the earlier part gets
    the unit. A weight of zero gets nothing; a negative total is split like the positive one.

    >>> split_exact(Decimal("100.00"), [1, 1, 1], "EUR")
    (Decimal('33.34'), Decimal('33.33'), Decimal('33.33'))

    :raises InexactAmount: when the total is not a whole number of minor units.
    :raises ValueError: when a weight is negative or all are zero.
    """
    shares = [Fraction(weight) for weight in weights]
    weight_total = sum(shares, Fraction(0))
    if weight_total <= 0 or min(shares) < 0:
        raise ValueError("weights are zero or positive, and one at least is positive")
    units = to_minor_units(total, currency)
    exact = [abs(units) * share / weight_total for share in shares]
    parts = [int(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: (parts[index] - exact[index], index))
    for index in by_remainder[: abs(units) - sum(parts)]:
        parts[index] += 1
    sign = -1 if units < 0 else 1
    return tuple(from_minor_units(sign * part, currency) for part in parts)


def convert(amount: Decimal, rate: ExchangeRate) -> Decimal:
    """Convert an amount of ``rate.from_currency``, rounded once to the minor unit of ``rate.to_currency``.

    >>> usd = ExchangeRate(
    ...     from_currency="USD", to_currency="EUR", rate=Decimal("0.9"), rate_date=date(2026, 1, 2)
    ... )
    >>> convert(Decimal("10.05"), usd)
    Decimal('9.05')
    """
    with localcontext(_WIDE):
        return quantize(amount * rate.rate, rate.to_currency)


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts without ever rounding, whatever the context of the thread.

    >>> exact_sum([Decimal("0.10"), Decimal("-0.30")])
    Decimal('-0.20')
    """
    with localcontext(_EXACT):
        return sum(amounts, Decimal(0))


def single_currency(currencies: Iterable[str]) -> str | None:
    """Return the one currency of the amounts, None when there is no amount.

    :raises MixedCurrencies: when there are several.
    """
    found = set(currencies)
    if len(found) > 1:
        raise MixedCurrencies(found)
    return found.pop() if found else None


def _without_negative_zero(value: Decimal) -> Decimal:
    return value if value else value.copy_abs()
