"""Which rate and which indemnity a late item bears, and what may become of a claim for them.

The law of a country sets a rate by half-year, an indemnity, and for contracts a floor; the seller's contract may set
another rate, never one below the floor. Sources: directive 2011/7/EU articles 3, 4 and 6; French Code de commerce
L441-10 II (three times the legal rate is the floor); Code de la commande publique R2192-31. All figures are arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from quittance.core.interest import LateRate


class Regime(StrEnum):
    """Who owes: a business, or a public body with rules of its own."""

    BUSINESS = "BUSINESS"
    PUBLIC = "PUBLIC"


# Kinds of customers that the law of trade debts speaks of; anyone else (a consumer) owes none of this by right.
_REGIMES: Final = {"COMPANY": Regime.BUSINESS, "SOLE_TRADER": Regime.BUSINESS, "PUBLIC": Regime.PUBLIC}


def regime_of(*, customer_kind: str) -> Regime | None:
    """Return the regime of a kind of customer, None for whom the law of trade debts does not speak of.

    >>> regime_of(customer_kind="SOLE_TRADER"), regime_of(customer_kind="CONSUMER")
    (<Regime.BUSINESS: 'BUSINESS'>, None)
    """
    return _REGIMES.get(customer_kind)


def law_country(*, regime: Regime, company_country: str, customer_country: str) -> str:
    """Return the country whose rates count: the seller's, and a public body's own.

    >>> law_country(regime=Regime.BUSINESS, company_country="FR", customer_country="DE")
    'FR'
    >>> law_country(regime=Regime.PUBLIC, company_country="FR", customer_country="DE")
    'DE'
    """
    return customer_country or company_country if regime is Regime.PUBLIC else company_country


@dataclass(frozen=True, slots=True, kw_only=True)
class StatutoryRate:
    """What the law says from a day on: a yearly rate in percent, and the floor of an agreed one when it is known."""

    from_date: date
    rate_pct: Decimal
    floor_pct: Decimal | None = None


def applicable_rates(*, statutory: Sequence[StatutoryRate], agreed: Sequence[LateRate] = ()) -> tuple[LateRate, ...]:
    """Return the rates that count: the agreed one once there is one, raised to the floor; else the law's.

    >>> law = [StatutoryRate(from_date=date(2026, 1, 1), rate_pct=Decimal("12.15"), floor_pct=Decimal("7.86"))]
    >>> contract = [LateRate(from_date=date(2026, 3, 1), rate_pct=Decimal("5"))]
    >>> [str(rate.rate_pct) for rate in applicable_rates(statutory=law, agreed=contract)]
    ['12.15', '7.86']
    """
    days = sorted({rate.from_date for rate in statutory} | {rate.from_date for rate in agreed})
    return tuple(LateRate(from_date=day, rate_pct=_rate_on(day, statutory, agreed)) for day in days)


def _rate_on(day: date, statutory: Sequence[StatutoryRate], agreed: Sequence[LateRate]) -> Decimal:
    law = max((rate for rate in statutory if rate.from_date <= day), key=lambda rate: rate.from_date, default=None)
    own = max((rate for rate in agreed if rate.from_date <= day), key=lambda rate: rate.from_date, default=None)
    if own is None:
        if law is None:  # days are those of the rates: one of both has begun
            raise ValueError("a day without any rate")
        return law.rate_pct
    floor = law.floor_pct if law is not None else None
    return own.rate_pct if floor is None else max(own.rate_pct, floor)


class FloorReason(StrEnum):
    """How an agreed rate stands to the floor of the day."""

    ALLOWED = "ALLOWED"
    BELOW_FLOOR = "BELOW_FLOOR"
    FLOOR_UNKNOWN = "FLOOR_UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorDecision:
    """Whether a rate may be agreed from a day on; ``floor_pct`` is None when it is not known."""

    reason: FloorReason
    floor_pct: Decimal | None


def check_floor(*, rate_pct: Decimal, from_date: date, statutory: Sequence[StatutoryRate]) -> FloorDecision:
    """Return how an agreed rate stands to the floor in force on its first day.

    >>> law = [StatutoryRate(from_date=date(2026, 1, 1), rate_pct=Decimal("12.15"), floor_pct=Decimal("7.86"))]
    >>> check_floor(rate_pct=Decimal("7.85"), from_date=date(2026, 2, 1), statutory=law).reason.value
    'BELOW_FLOOR'
    >>> check_floor(rate_pct=Decimal("7.86"), from_date=date(2026, 2, 1), statutory=law).reason.value
    'ALLOWED'
    >>> check_floor(rate_pct=Decimal("1"), from_date=date(2025, 12, 31), statutory=law).reason.value
    'FLOOR_UNKNOWN'
    """
    begun = [rate for rate in statutory if rate.from_date <= from_date]
    floor = max(begun, key=lambda rate: rate.from_date).floor_pct if begun else None
    if floor is None:
        return FloorDecision(reason=FloorReason.FLOOR_UNKNOWN, floor_pct=None)
    reason = FloorReason.BELOW_FLOOR if rate_pct < floor else FloorReason.ALLOWED
    return FloorDecision(reason=reason, floor_pct=floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateInstalment:
    """A late item of a document, for deciding which of its instalments carries the indemnity."""

    item_id: int
    due_date: date


def indemnity_bearer(*, late: Collection[LateInstalment]) -> int | None:
    """Return the item that carries the indemnity of a document: once an invoice, on what was late first.

    >>> first = LateInstalment(item_id=7, due_date=date(2026, 1, 1))
    >>> indemnity_bearer(late=[LateInstalment(item_id=3, due_date=date(2026, 3, 1)), first])
    7
    """
    found = min(late, key=lambda item: (item.due_date, item.item_id), default=None)
    return None if found is None else found.item_id


class ClaimState(StrEnum):
    """What a person decided about accrued interest; what nobody decided on yet is proposed and has no claim."""

    CLAIMED = "CLAIMED"
    PAID = "PAID"
    WAIVED = "WAIVED"
    WITHDRAWN = "WITHDRAWN"


# What is taken back leaves its days to be proposed again; a payment noted wrongly is claimed again.
TRANSITIONS: Final[dict[ClaimState, frozenset[ClaimState]]] = {
    ClaimState.CLAIMED: frozenset({ClaimState.PAID, ClaimState.WAIVED, ClaimState.WITHDRAWN}),
    ClaimState.PAID: frozenset({ClaimState.CLAIMED}),
    ClaimState.WAIVED: frozenset({ClaimState.WITHDRAWN}),
    ClaimState.WITHDRAWN: frozenset(),
}


def can_change(*, old: ClaimState, new: ClaimState) -> bool:
    """Tell whether a claim may go from one state to another.

    >>> can_change(old=ClaimState.CLAIMED, new=ClaimState.PAID), can_change(old=ClaimState.WAIVED, new=ClaimState.PAID)
    (True, False)
    """
    return new in TRANSITIONS[old]
