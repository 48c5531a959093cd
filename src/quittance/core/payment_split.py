"""Which part of a payment settles which item, what is missing of the items, and what of the payment is left.

Amounts are exact: the signed shares of the items and what is left add up to the payment, always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

ZERO: Final = Decimal(0)


class SplitReason(StrEnum):
    """Why picks cannot be paid as they are."""

    NOTHING_TO_PAY = "NOTHING_TO_PAY"
    MORE_THAN_OPEN = "MORE_THAN_OPEN"
    MORE_THAN_PAID = "MORE_THAN_PAID"
    CREDITS_EXCEED_DEBITS = "CREDITS_EXCEED_DEBITS"
    ITEM_NOT_REACHED = "ITEM_NOT_REACHED"
    SHORT_AND_OVER = "SHORT_AND_OVER"


class SplitRefused(ValueError):
    """The picks cannot be paid like this; `reason` says why, `item_id` where one item is the cause."""

    def __init__(self, reason: SplitReason, *, item_id: int | None = None) -> None:
        self.reason, self.item_id = reason, item_id
        super().__init__(reason.value if item_id is None else f"{reason.value}: item {item_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """An item that a payment is to settle; `amount_open` signed (credit notes negative).

    `amount` (positive) is how much of it; None takes a credit note whole, and of a debit as much as there is money for.
    """

    item_id: int
    amount_open: Decimal
    due_date: date
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSplit:
    """`shares`: item and signed amount; `shortfalls`: debit and what stays missing of it (+); `left` of the payment."""

    shares: tuple[tuple[int, Decimal], ...]
    shortfalls: tuple[tuple[int, Decimal], ...]
    left: Decimal

    @property
    def missing(self) -> Decimal:
        """Return what is missing of all debits together, zero or more."""
        return sum((amount for _item, amount in self.shortfalls), ZERO)


def split_payment(*, payment: Decimal, picks: Sequence[Pick], is_settled: bool = False) -> PaymentSplit:
    """Share a payment (positive) among the picks: credit notes add to it, then debits by due date and id.

    With `is_settled` the difference is to be posted, so it must be one: something missing or something left, not
    both, and no debit that the money does not reach at all.

    :raises SplitRefused: the reason is its `reason`

    >>> due = date(2026, 1, 5)
    >>> split = split_payment(payment=Decimal("95"), picks=[
    ...     Pick(item_id=1, amount_open=Decimal("120"), due_date=due),
    ...     Pick(item_id=2, amount_open=Decimal("-20"), due_date=due)])
    >>> split.shares
    ((2, Decimal('-20')), (1, Decimal('115')))
    >>> split.shortfalls, split.left
    (((1, Decimal('5')),), Decimal('0'))
    """
    for pick in picks:
        if pick.amount is not None and not ZERO < pick.amount <= abs(pick.amount_open):
            raise SplitRefused(SplitReason.MORE_THAN_OPEN, item_id=pick.item_id)
    credits_ = [
        (pick.item_id, pick.amount_open if pick.amount is None else -pick.amount)
        for pick in picks
        if pick.amount_open < 0
    ]
    debits = sorted((pick for pick in picks if pick.amount_open > 0), key=lambda pick: (pick.due_date, pick.item_id))
    available = payment - sum((amount for _item, amount in credits_), ZERO)
    taken = _take(debits, available)
    left = available - sum(taken.values(), ZERO)
    if not any(taken.values()):
        raise SplitRefused(SplitReason.NOTHING_TO_PAY)
    if left > payment:
        raise SplitRefused(SplitReason.CREDITS_EXCEED_DEBITS)
    shortfalls = tuple(
        (pick.item_id, pick.amount_open - taken[pick.item_id])
        for pick in debits
        if pick.amount_open > taken[pick.item_id]
    )
    if is_settled:
        _check_settled(debits, taken, shortfalls, left)
    shares = (*credits_, *((pick.item_id, taken[pick.item_id]) for pick in debits if taken[pick.item_id]))
    return PaymentSplit(shares=shares, shortfalls=shortfalls, left=left)


def _take(debits: Sequence[Pick], available: Decimal) -> dict[int, Decimal]:
    """Return what each debit gets: first those with an amount of their own, then the oldest."""
    taken = {pick.item_id: pick.amount or ZERO for pick in debits}
    rest = available - sum(taken.values(), ZERO)
    if rest < 0:
        raise SplitRefused(SplitReason.MORE_THAN_PAID)
    for pick in debits:
        if pick.amount is None:
            taken[pick.item_id] = min(pick.amount_open, rest)
            rest -= taken[pick.item_id]
    return taken


def _check_settled(
    debits: Sequence[Pick], taken: dict[int, Decimal], shortfalls: tuple[tuple[int, Decimal], ...], left: Decimal
) -> None:
    if shortfalls and left:
        raise SplitRefused(SplitReason.SHORT_AND_OVER)
    for pick in debits:
        if not taken[pick.item_id]:
            raise SplitRefused(SplitReason.ITEM_NOT_REACHED, item_id=pick.item_id)
