"""What an indicator returns: a value, or the reason why there is none. Never zero for "unknown"."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from enum import StrEnum
from typing import Final

from quittance.core.money import round_half_up

# Indicators are ratios, not money: they keep 34 digits and are rounded where they are shown.
_RATIO: Final = Context(prec=34)


class KpiReason(StrEnum):
    """Why an indicator has no value."""

    NO_SALES = "NO_SALES"
    HISTORY_TOO_SHORT = "HISTORY_TOO_SHORT"
    CREDIT_BALANCE = "CREDIT_BALANCE"
    NO_RECEIVABLES = "NO_RECEIVABLES"
    NOTHING_TO_COLLECT = "NOTHING_TO_COLLECT"
    NO_DATA = "NO_DATA"


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiResult:
    """An indicator: exactly one of ``value`` and ``reason`` is set.

    ``at_least`` says that the known history ended first: the true value is this one or more.
    """

    value: Decimal | None = None
    reason: KpiReason | None = None
    at_least: bool = False

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None) or (self.at_least and self.value is None):
            raise ValueError("an indicator has a value or a reason, and only a value can be a lower bound")

    def rounded(self, places: int) -> Decimal | None:
        """Return the value rounded half up to a number of decimals, None when there is none."""
        return None if self.value is None else round_half_up(self.value, places)


def known(value: Decimal, *, at_least: bool = False) -> KpiResult:
    """Return a result that has a value."""
    return KpiResult(value=value, at_least=at_least)


def unknown(reason: KpiReason) -> KpiResult:
    """Return a result that has none, and why."""
    return KpiResult(reason=reason)


def divide(numerator: Decimal | int, denominator: Decimal | int) -> Decimal:
    """Return the quotient to 34 digits, whatever the context of the thread."""
    with localcontext(_RATIO):
        return Decimal(numerator) / Decimal(denominator)


def product(*factors: Decimal | int) -> Decimal:
    """Return the product to 34 digits, whatever the context of the thread."""
    with localcontext(_RATIO):
        found = Decimal(1)
        for factor in factors:
            found *= factor
        return found


def total(*terms: Decimal | int) -> Decimal:
    """Return the sum to 34 digits, whatever the context of the thread."""
    with localcontext(_RATIO):
        return sum((Decimal(term) for term in terms), Decimal(0))


def count_share_pct(part: int, whole: int) -> KpiResult:
    """Return how many percent of a number of things a part of them is.

    >>> count_share_pct(3, 4).value
    Decimal('75')

    :raises ValueError: when the part is negative or more than the whole.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is not a share")
    if whole == 0:
        return unknown(KpiReason.NO_DATA)
    return known(divide(100 * part, whole))
