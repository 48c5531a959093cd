"""Sharing a payment among items: tables of cases, and the laws that no share breaks."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.payment_split import PaymentSplit, Pick, SplitReason, SplitRefused, split_payment

DUE = date(2026, 1, 5)


def pick(item_id: int, amount_open: str, amount: str | None = None, days: int = 0) -> Pick:
    return Pick(
        item_id=item_id,
        amount_open=Decimal(amount_open),
        due_date=DUE + timedelta(days=days),
        amount=None if amount is None else Decimal(amount),
    )


def test_the_oldest_is_paid_first_and_the_last_stays_short() -> None:
    split = split_payment(payment=Decimal(150), picks=[pick(1, "100", days=3), pick(2, "100")])
    assert split.shares == ((2, Decimal(100)), (1, Decimal(50)))
    assert split.shortfalls == ((1, Decimal(50)),)
    assert (split.left, split.missing) == (0, 50)


def test_an_amount_of_its_own_comes_first() -> None:
    split = split_payment(payment=Decimal(100), picks=[pick(1, "100"), pick(2, "100", "70", days=3)])
    assert dict(split.shares) == {1: 30, 2: 70}


def test_what_is_left_is_told() -> None:
    assert split_payment(payment=Decimal(130), picks=[pick(1, "100")]).left == 30


REFUSED = [
    ("nothing picked", "100", [], False, SplitReason.NOTHING_TO_PAY),
    ("credit notes alone", "100", [pick(1, "-20")], False, SplitReason.NOTHING_TO_PAY),
    ("more than open", "100", [pick(1, "50", "60")], False, SplitReason.MORE_THAN_OPEN),
    ("nothing of it", "100", [pick(1, "50", "0")], False, SplitReason.MORE_THAN_OPEN),
    ("more than paid", "100", [pick(1, "80", "80"), pick(2, "80", "80")], False, SplitReason.MORE_THAN_PAID),
    ("credit notes are more", "100", [pick(1, "10"), pick(2, "-50")], False, SplitReason.CREDITS_EXCEED_DEBITS),
    ("not reached", "100", [pick(1, "100"), pick(2, "5", days=1)], True, SplitReason.ITEM_NOT_REACHED),
    ("short and over", "100", [pick(1, "80", "50")], True, SplitReason.SHORT_AND_OVER),
]


@pytest.mark.parametrize(
    ("payment", "picks", "is_settled", "reason"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_what_cannot_be_paid_says_why(payment: str, picks: list[Pick], is_settled: bool, reason: SplitReason) -> None:
    with pytest.raises(SplitRefused) as refused:
        split_payment(payment=Decimal(payment), picks=picks, is_settled=is_settled)
    assert refused.value.reason is reason


cents = st.integers(1, 500_000).map(lambda units: Decimal(units) / 100)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Decimal, list[Pick]]:
    picks = []
    for item_id in range(1, draw(st.integers(1, 12)) + 1):
        amount_open = draw(cents) * draw(st.sampled_from([1, 1, 1, -1]))
        share = draw(st.one_of(st.none(), st.integers(1, 100)))
        amount = (
            None if share is None else max(Decimal("0.01"), (abs(amount_open) * share / 100).quantize(Decimal("0.01")))
        )
        picks.append(
            Pick(
                item_id=item_id,
                amount_open=amount_open,
                due_date=DUE + timedelta(days=draw(st.integers(0, 9))),
                amount=amount,
            )
        )
    return draw(cents), picks


def found(payment: Decimal, picks: list[Pick], *, is_settled: bool = False) -> PaymentSplit | SplitReason:
    try:
        return split_payment(payment=payment, picks=picks, is_settled=is_settled)
    except SplitRefused as refused:
        return refused.reason


@given(world=worlds(), is_settled=st.booleans())
def test_shares_and_rest_are_the_payment(world: tuple[Decimal, list[Pick]], is_settled: bool) -> None:
    payment, picks = world
    split = found(payment, picks, is_settled=is_settled)
    if isinstance(split, SplitReason):
        return
    by_id = {one.item_id: one for one in picks}
    assert sum(amount for _item, amount in split.shares) + split.left == payment
    assert 0 <= split.left <= payment
    taken = dict(split.shares)
    for item_id, amount in split.shares:
        assert amount != 0
        assert (amount > 0) == (by_id[item_id].amount_open > 0)
        assert abs(amount) <= abs(by_id[item_id].amount_open)
    debits = [one for one in picks if one.amount_open > 0]
    assert dict(split.shortfalls) == {
        one.item_id: one.amount_open - taken.get(one.item_id, 0)
        for one in debits
        if one.amount_open != taken.get(one.item_id, 0)
    }
    if is_settled:
        credits_ = sum((amount for amount in taken.values() if amount < 0), Decimal(0))
        assert sum(one.amount_open for one in debits) + credits_ == payment + split.missing - split.left
        assert not (split.missing and split.left)


@given(world=worlds(), shuffled=st.randoms(use_true_random=False))
def test_the_order_of_the_picks_does_not_matter(world: tuple[Decimal, list[Pick]], shuffled: object) -> None:
    payment, picks = world
    again = list(picks)
    shuffled.shuffle(again)  # type: ignore[attr-defined]
    one, other = found(payment, picks), found(payment, again)
    if isinstance(one, PaymentSplit) and isinstance(other, PaymentSplit):
        assert (sorted(one.shares), one.left) == (sorted(other.shares), other.left)
    else:
        assert one == other or {one, other} <= set(SplitReason)
