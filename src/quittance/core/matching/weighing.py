"""How much each way to explain a payment is worth, as whole numbers.

Every way has a share of the payments that are explained so (``PRIOR``, per million). A way that can be gone in N
manners (which of N items? which pair of them?) divides its share by N: that one of half a million selections adds up
proves nothing. What fits to the cent keeps its share; what would fit any amount only gets the chance that just this
amount came up. The confidence of an explanation is its weight out of all weights, those of "something else" included.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from quittance.core.matching.values import EvidenceKind, FamilyRules, Strategy

ONE: Final = 10**15
MILLION: Final = 10**6

# Shares of payments whose text names nothing, by what explains them; what is left to a million is something else.
UNNAMED: Final[Mapping[Strategy, int]] = {
    Strategy.AMOUNT_WITH_PAYER: 480_000,
    Strategy.AMOUNT_WITH_DISCOUNT: 40_000,
    Strategy.AMOUNT_WITH_SMALL_DIFFERENCE: 15_000,
    # Of those alone whose text or currency shows a fee or an exchange.
    Strategy.AMOUNT_WITH_BANK_FEE: 60_000,
    Strategy.AMOUNT_WITH_EXCHANGE: 60_000,
    Strategy.WHOLE_BALANCE: 90_000,
    Strategy.WHOLE_MONTH: 60_000,
    Strategy.DUE_UNTIL: 60_000,
    Strategy.CONSECUTIVE_ITEMS: 60_000,
    Strategy.SUM_OF_ITEMS: 60_000,
}
# Shares of payments whose text names items.
NAMED: Final[Mapping[Strategy, int]] = {
    Strategy.EXACT_REFERENCE: 760_000,
    Strategy.REFERENCE_WITH_CREDIT_NOTES: 60_000,
    Strategy.REFERENCE_WITH_DISCOUNT: 60_000,
    Strategy.REFERENCE_WITH_SMALL_DIFFERENCE: 20_000,
    Strategy.REFERENCE_WITH_BANK_FEE: 10_000,
    Strategy.REFERENCE_WITH_EXCHANGE: 5_000,
    Strategy.REFERENCE_WITH_OTHERS: 20_000,
    Strategy.REFERENCE_WITH_DIFFERENCE: 60_000,
}
REMITTANCE_SHARE: Final = 950_000
OLDEST_FIRST_SHARE: Final = 995_000
# Who has announced items pays just those every second time: as much as all other ways together.
ANNOUNCED_SHARE: Final = 1_000_000
SOMETHING_ELSE_UNNAMED: Final = 135_000
SOMETHING_ELSE_NAMED: Final = 400
# Whose text names a document that is paid mostly pays it again.
PAID_AGAIN: Final = 500_000
# Of the sums of items: how many are of so many items; -1 and -2: all but so many. 0: any selection.
SIZES: Final[Mapping[int, int]] = {2: 450, 3: 200, 4: 80, -1: 120, -2: 50, 0: 100}
# A payer whose text names an item pays another one, per million.
WRONG_REFERENCE: Final = 1_500
# Somebody who is known to pay for one family pays for another, per mille.
OTHER_FAMILY_MIN: Final = 5
HABIT_STRENGTH: Final = 10
# Among few items two of one amount say little about the amounts of others.
FEW_ITEMS: Final = 100


def share(*, strategy: Strategy, table: Mapping[Strategy, int], rules: FamilyRules) -> int:
    """Return the share of a way to pay, per million, bent towards what people have confirmed of this payer.

    >>> share(strategy=Strategy.WHOLE_MONTH, table=UNNAMED, rules=FamilyRules())
    60000
    >>> share(strategy=Strategy.WHOLE_MONTH, table=UNNAMED, rules=FamilyRules(habits=((Strategy.WHOLE_MONTH, 10),)))
    530000
    """
    seen = [(one, count) for one, count in rules.habits if one in table]
    total = sum(count for _, count in seen)
    own = sum(count for one, count in seen if one is strategy)
    return (table[strategy] * HABIT_STRENGTH + MILLION * own) // (HABIT_STRENGTH + total)


def doubt_of_reading(*, doubt: int, kind: EvidenceKind, rules: FamilyRules) -> int:
    """Return the chance per million that a reference is read wrongly, less where people confirmed such readings.

    >>> habits = FamilyRules(readings=((EvidenceKind.REFERENCE_PART, 30),))
    >>> doubt_of_reading(doubt=40_000, kind=EvidenceKind.REFERENCE_PART, rules=habits)
    10000
    """
    return doubt * HABIT_STRENGTH // (HABIT_STRENGTH + sum(count for one, count in rules.readings if one is kind))


def chance_of_amount(*, amount_minor: int, same_count: int, item_count: int) -> int:
    """Return how likely it is, out of ``ONE``, that a payment of something else has just this amount.

    Round amounts come up more often, and so do amounts that many other open items have (a subscription):
    ``same_count`` of ``item_count``.

    >>> ONE // chance_of_amount(amount_minor=123_457, same_count=0, item_count=0)
    123457
    >>> chance_of_amount(amount_minor=9_900, same_count=300, item_count=900) * 10 // ONE
    3
    """
    spread = max(amount_minor, 20_000)
    chance = ONE * _roundness(amount_minor) // spread
    if item_count:
        chance = max(chance, ONE * same_count // (item_count + FEW_ITEMS))
    return min(chance, ONE)


def _roundness(amount_minor: int) -> int:
    """Return how much more often people pay an amount like this than the ones beside it."""
    for step, factor in ((100_000, 200), (10_000, 60), (1_000, 12), (100, 3)):
        if amount_minor % step == 0:
            return factor
    return 1
