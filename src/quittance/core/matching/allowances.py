"""What a payment may be short of or too much without a person: discounts, bank fees, exchange, small differences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from quittance.core.currencies import is_known_currency
from quittance.core.matching.explaining import PER_MILLE, View
from quittance.core.matching.values import (
    BankLine,
    CandidateItem,
    Difference,
    DifferenceKind,
    DifferenceLimits,
    Evidence,
    EvidenceKind,
    Strategy,
)

# French, English and Spanish words for what banks keep; SHA and BEN are the shares of charges that banks write.
_FEE: Final = re.compile(
    r"\b(?:frais|fees?|chgs?|(?<!et )charges?|commissions?|comisi(?:o|ó)n(?:es)?|gastos)\b|\b(?-i:SHA|BEN)\b",
    re.IGNORECASE,
)
_EXCHANGE: Final = re.compile(
    r"\b(?:taux\s+de\s+change|cours\s+de\s+change|exchange\s+rate|fx\s+rate|tipo\s+de\s+cambio)\b", re.IGNORECASE
)
# A currency beside an amount: USD 1,250.00 or 1250 USD.
_MONEY: Final = re.compile(r"\b(?:([A-Z]{3})\s?\d[\d.,' ]*\d|\d[\d.,']*\d\s?([A-Z]{3}))\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceRules:
    """What a house posts by rule; amounts in minor units of one currency, shares per mille of the payment.

    A small difference stays within both its amount and its share. 0 is not at all.
    """

    small_minor: int = 0
    small_per_mille: int = 0
    fee_minor: int = 0
    exchange_per_mille: int = 0


def limits_of_payment(*, rules: DifferenceRules, amount_minor: int) -> DifferenceLimits:
    """Return the limits that the rules give a payment of an amount; shares are rounded down.

    >>> rules = DifferenceRules(small_minor=100, small_per_mille=5, fee_minor=1_500, exchange_per_mille=10)
    >>> limits_of_payment(rules=rules, amount_minor=10_000)
    DifferenceLimits(small_minor=50, fee_minor=1500, exchange_minor=100)
    """
    paid = max(amount_minor, 0)
    return DifferenceLimits(
        small_minor=min(rules.small_minor, paid * rules.small_per_mille // PER_MILLE),
        fee_minor=rules.fee_minor,
        exchange_minor=paid * rules.exchange_per_mille // PER_MILLE,
    )


def discount_minor(*, amount_minor: int, per_mille: int) -> int:
    """Return the discount of an amount, half a minor unit rounded up; nothing of a credit note.

    >>> discount_minor(amount_minor=123_457, per_mille=20), discount_minor(amount_minor=-500, per_mille=20)
    (2469, 0)
    """
    return max((amount_minor * per_mille * 2 + PER_MILLE) // (2 * PER_MILLE), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A discount that the terms of an item give; ``is_late`` when its days were over on the day of the payment."""

    item_id: int
    amount_minor: int
    is_late: bool

    @property
    def difference(self) -> Difference:
        """Return what is posted for it."""
        return Difference(kind=DifferenceKind.DISCOUNT, item_id=self.item_id, amount_minor=self.amount_minor)


def discounts_of(*, view: View, items: Sequence[CandidateItem]) -> list[Discount]:
    """Return the discounts that the terms of these items give; days of grace are not late yet."""
    day = view.line.booking_date.toordinal() - view.rules.discount_grace_days
    return [
        Discount(
            item_id=item.item_id,
            amount_minor=item.discount_minor,
            is_late=day > item.discount_until.toordinal(),
        )
        for item in items
        if item.discount_minor and item.discount_until is not None
    ]


def discount_fact(discounts: Sequence[Discount]) -> Evidence:
    """Say that discounts were deducted, or that one of them came too late."""
    kind = EvidenceKind.DISCOUNT_LATE if any(one.is_late for one in discounts) else EvidenceKind.DISCOUNT_TAKEN
    return Evidence(kind=kind, text=str(sum(one.amount_minor for one in discounts)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How a rest is posted by rule: as what, up to how much, and what shows it."""

    strategy: Strategy
    difference: Difference
    most_minor: int
    evidence: tuple[Evidence, ...]


def small_most(*, view: View) -> int:
    """Return up to how much a rest is small."""
    return max(view.rules.small_difference_minor, view.line.limits.small_minor)


def find_allowance(*, view: View, items: Sequence[CandidateItem], rest_minor: int) -> Allowance | None:
    """Return what the rules post a rest as (payment - what the items have open); None when they don't.

    What the text shows comes first: a fee, then an exchange, then a difference that is only small.
    """
    limits = view.line.limits
    short, size = rest_minor < 0, abs(rest_minor)
    small = Evidence(kind=EvidenceKind.SMALL_DIFFERENCE, text=str(rest_minor))
    if short and size <= limits.fee_minor and (facts := fee_facts(view.line)):
        strategy, kind, most = Strategy.REFERENCE_WITH_BANK_FEE, DifferenceKind.BANK_FEE, limits.fee_minor
    elif size <= limits.exchange_minor and (facts := exchange_facts(view.line)):
        strategy, kind, most = Strategy.REFERENCE_WITH_EXCHANGE, DifferenceKind.EXCHANGE, limits.exchange_minor
    elif size <= small_most(view=view):
        strategy, kind, most = (
            Strategy.REFERENCE_WITH_SMALL_DIFFERENCE,
            DifferenceKind.SMALL_DIFFERENCE,
            small_most(view=view),
        )
        facts = (small,)
    else:
        return None
    difference = difference_of(kind=kind, items=items, rest_minor=rest_minor)
    if difference is None:
        return None
    return Allowance(strategy=strategy, difference=difference, most_minor=most, evidence=facts)


def difference_of(*, kind: DifferenceKind, items: Sequence[CandidateItem], rest_minor: int) -> Difference | None:
    """Return the difference that a rest is, on the largest item; None when no item is large enough for it.

    What was paid too much belongs to no item.
    """
    if rest_minor > 0:
        return Difference(kind=kind, item_id=0, amount_minor=-rest_minor)
    largest = max(items, key=lambda item: (item.amount_open_minor, -item.item_id))
    if largest.amount_open_minor <= -rest_minor:
        return None
    return Difference(kind=kind, item_id=largest.item_id, amount_minor=-rest_minor)


def fee_facts(line: BankLine) -> tuple[Evidence, ...]:
    """Return what shows that a bank kept a fee: a word in the text, or a currency that isn't the company's."""
    found = _FEE.search(line.text)
    if found is not None:
        return (Evidence(kind=EvidenceKind.FEE_SHOWN, text=found[0], start=found.start(), end=found.end()),)
    currency = _foreign_currency(line)
    return (replace(currency, kind=EvidenceKind.FEE_SHOWN),) if currency else ()


def exchange_facts(line: BankLine) -> tuple[Evidence, ...]:
    """Return what shows that money was changed: words in the text, another currency in it, or that of the payment."""
    found = _EXCHANGE.search(line.text)
    if found is not None:
        return (Evidence(kind=EvidenceKind.EXCHANGE_SHOWN, text=found[0], start=found.start(), end=found.end()),)
    currency = _foreign_currency(line)
    return (currency,) if currency else ()


def _foreign_currency(line: BankLine) -> Evidence | None:
    for found in _MONEY.finditer(line.text):
        group = 1 if found[1] else 2
        if found[group] != line.currency and is_known_currency(found[group]):
            start, end = found.span(group)
            return Evidence(kind=EvidenceKind.EXCHANGE_SHOWN, text=found[group], start=start, end=end)
    return Evidence(kind=EvidenceKind.EXCHANGE_SHOWN, text=line.currency) if line.is_foreign else None
