"""What is debited of an account and why not, when, and in which state that leaves a collection."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.debits import (
    AMOUNT_MAX,
    CollectionState,
    DayReason,
    DebitItemFact,
    DebitReason,
    InstructionState,
    MandateFact,
    SequenceType,
    can_move_collection,
    can_move_instruction,
    choose_collection_date,
    decide_debit,
    earliest_collection_date,
    expires_on,
    is_open_day,
    last_export_date,
    next_sequence,
    state_after_answer,
)

DAY = date(2026, 3, 2)
SIGNED = date(2025, 6, 1)
ACTIVE = MandateFact(is_active=True, signed_on=SIGNED)
CLOSED = frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 12, 25), date(2027, 1, 1)})

TABLE = """
amount | due_in | disputed | flag           | mandate   | reason              | taken
100    | 0      | 0        | -              | active    | DEBITED             | 100
100    | -40    | 0        | -              | active    | DEBITED             | 100
100    | 1      | 0        | -              | active    | NOT_DUE             | 0
100    | 0      | 30       | -              | active    | DEBITED             | 70
100    | 0      | 100      | -              | active    | DISPUTED            | 0
100    | 0      | 0        | is_promised    | active    | PROMISED            | 0
100    | 0      | 0        | in_payment_plan | active   | IN_PAYMENT_PLAN     | 0
100    | 0      | 0        | is_handed_over | active    | HANDED_OVER         | 0
100    | 0      | 0        | is_factored    | active    | FACTORED            | 0
100    | 0      | 0        | is_in_collection | active  | IN_OTHER_COLLECTION | 0
100    | 0      | 0        | is_returned    | active    | RETURNED_BEFORE     | 0
100    | 0      | 0        | -              | none      | NO_MANDATE          | 0
100    | 0      | 0        | -              | waiting   | MANDATE_NOT_ACTIVE  | 0
100    | 0      | 0        | -              | too_old   | MANDATE_EXPIRED     | 0
100    | 0      | 0        | -              | used_once | MANDATE_EXPIRED     | 0
100    | 0      | 0        | -              | to_come   | NOT_SIGNED_YET      | 0
100    | 0      | 0        | -              | untold    | NO_CONTACT          | 0
100    | 1      | 0        | -              | none      | NOT_DUE             | 0
"""
MANDATES = {
    "active": ACTIVE,
    "untold": ACTIVE,
    "none": None,
    "waiting": MandateFact(is_active=False, signed_on=SIGNED),
    "too_old": MandateFact(is_active=True, signed_on=date(2020, 1, 1), last_used_on=date(2023, 3, 1)),
    "used_once": MandateFact(is_active=True, signed_on=SIGNED, last_used_on=SIGNED, is_one_off=True),
    "to_come": MandateFact(is_active=True, signed_on=DAY + timedelta(days=1)),
}
ROWS = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()[1:]]


def item(amount: str | Decimal, *, item_id: int = 1, due: date = DAY, **more: object) -> DebitItemFact:
    return DebitItemFact(item_id=item_id, due_date=due, amount_open=Decimal(amount), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("amount", "due_in", "disputed", "flag", "mandate", "reason", "taken"), ROWS)
def test_an_item(amount: str, due_in: str, disputed: str, flag: str, mandate: str, reason: str, taken: str) -> None:
    flags = {} if flag == "-" else {flag: True}
    found = decide_debit(
        items=[item(amount, due=DAY + timedelta(days=int(due_in)), disputed_amount=Decimal(disputed), **flags)],
        mandate=MANDATES[mandate], collection_date=DAY, due_until=DAY, can_be_told=mandate != "untold",
    )  # fmt: skip
    assert [(one.reason.value, one.amount) for one in found.items] == [(reason, Decimal(taken))]
    assert found.amount == Decimal(taken)
    assert (found.sequence_type is None) == (found.amount == 0)


def decide(*items: DebitItemFact, mandate: MandateFact | None = ACTIVE) -> tuple[Decimal, list[str]]:
    found = decide_debit(items=items, mandate=mandate, collection_date=DAY, due_until=DAY)
    return found.amount, [one.reason.value for one in found.items]


def test_credit_is_netted_or_covers_all_or_is_left_alone() -> None:
    invoice, late = item("100"), item("50", item_id=2, due=DAY - timedelta(days=9))
    assert decide(invoice, late, item("-30", item_id=3)) == (Decimal(120), ["DEBITED", "DEBITED", "NETTED"])
    assert decide(invoice, item("-100", item_id=3)) == (0, ["COVERED_BY_CREDIT"])
    assert decide(invoice, item("-30", item_id=3, currency="USD")) == (Decimal(100), ["DEBITED"])
    assert decide(invoice, item("-30", item_id=3, is_in_collection=True)) == (Decimal(100), ["DEBITED"])
    assert decide(item("-30", item_id=3)) == (0, [])
    assert decide(item("100", currency="USD")) == (0, ["OTHER_CURRENCY"])
    assert decide(item(AMOUNT_MAX), item("1", item_id=2)) == (0, ["TOO_LARGE", "TOO_LARGE"])


amounts = st.decimals(min_value=-5000, max_value=5000, places=2).filter(bool)
facts = st.lists(
    st.builds(
        lambda amount, days, disputed, flags: (amount, days, disputed, flags),
        amounts, st.integers(-60, 10), st.integers(0, 100), st.tuples(*[st.booleans()] * 6),
    ),
    max_size=8,
)  # fmt: skip
FLAGS = ("is_promised", "in_payment_plan", "is_handed_over", "is_factored", "is_in_collection", "is_returned")


@given(rows=facts, mandate=st.sampled_from(sorted(MANDATES)))
def test_a_debit_never_takes_more_than_is_owed(
    rows: list[tuple[Decimal, int, int, tuple[bool, ...]]], mandate: str
) -> None:
    items = [
        item(
            amount, item_id=number, due=DAY + timedelta(days=days),
            disputed_amount=max(amount, Decimal(0)) * disputed / 100,
            **{name: flag and number % 2 == 0 for name, flag in zip(FLAGS, flags, strict=True)},
        )
        for number, (amount, days, disputed, flags) in enumerate(rows)
    ]  # fmt: skip
    found = decide_debit(items=items, mandate=MANDATES[mandate], collection_date=DAY, due_until=DAY)
    by_id = {one.item_id: one for one in items}
    assert found.amount >= 0
    assert all(abs(one.amount) <= abs(by_id[one.item_id].amount_open) for one in found.items)
    if found.amount:
        assert MANDATES[mandate] is ACTIVE
        assert found.amount == sum(one.amount for one in found.items)
        for one in found.items:
            if one.reason is DebitReason.DEBITED:
                fact = by_id[one.item_id]
                assert one.amount == fact.amount_open - fact.disputed_amount > 0
                assert not any(getattr(fact, name) for name in FLAGS)
    else:
        assert not any(one.amount > 0 for one in found.items)
    debits = {one.item_id for one in items if one.amount_open > 0}
    assert debits <= {one.item_id for one in found.items}, "every debit has its reason"


def test_which_collection_of_its_mandate() -> None:
    used = MandateFact(is_active=True, signed_on=SIGNED, last_used_on=DAY)
    last = MandateFact(is_active=True, signed_on=SIGNED, last_used_on=DAY, is_next_last=True)
    once = MandateFact(is_active=True, signed_on=SIGNED, is_one_off=True)
    assert [next_sequence(mandate=one) for one in (ACTIVE, used, last, once)] == [
        SequenceType.FIRST, SequenceType.RECURRENT, SequenceType.FINAL, SequenceType.ONE_OFF,
    ]  # fmt: skip


def test_a_mandate_lasts_36_months_from_its_last_use() -> None:
    leap = MandateFact(is_active=True, signed_on=date(2024, 2, 29))
    assert expires_on(mandate=leap) == date(2027, 2, 28)
    assert expires_on(mandate=MandateFact(is_active=True, signed_on=SIGNED, last_used_on=DAY)) == date(2029, 3, 2)


@given(
    as_of=st.dates(date(2026, 1, 1), date(2026, 12, 20)),
    lead_days=st.integers(1, 10), notice_days=st.integers(0, 30), wanted=st.integers(-5, 60),
)  # fmt: skip
def test_a_collection_day_is_open_and_leaves_everybody_their_days(
    as_of: date, lead_days: int, notice_days: int, wanted: int
) -> None:
    terms = {"as_of": as_of, "lead_days": lead_days, "notice_days": notice_days, "closed_days": CLOSED}
    earliest = earliest_collection_date(**terms)  # type: ignore[arg-type]
    found = choose_collection_date(wanted=as_of + timedelta(days=wanted), **terms)  # type: ignore[arg-type]
    assert is_open_day(day=found.day, closed_days=CLOSED)
    assert found.day >= max(earliest, as_of + timedelta(days=wanted))
    assert (found.day - as_of).days >= notice_days
    open_between = sum(
        is_open_day(day=as_of + timedelta(days=n), closed_days=CLOSED) for n in range(1, (found.day - as_of).days + 1)
    )
    assert open_between >= lead_days
    latest = last_export_date(collection_date=found.day, lead_days=lead_days, closed_days=CLOSED)
    assert latest >= as_of, "a collection proposed today can be given to the bank today"
    assert (found.reason is DayReason.AS_ASKED) == (found.day == as_of + timedelta(days=wanted))


def test_negative_days_are_refused() -> None:
    with pytest.raises(ValueError, match="never negative"):
        earliest_collection_date(as_of=DAY, lead_days=-1, notice_days=0, closed_days=())


def test_states() -> None:
    C, I = CollectionState, InstructionState  # noqa: N806, E741  (classes)
    assert not any(can_move_collection(old=old, new=C.DRAFT) for old in C)
    assert not any(can_move_collection(old=old, new=new) for old in (C.SETTLED, C.REJECTED, C.CANCELLED) for new in C)
    assert can_move_instruction(old=I.SETTLED, new=I.RETURNED)
    assert not can_move_instruction(old=I.REJECTED, new=I.SENT)
    assert state_after_answer(states=[I.SENT, I.SENT]) is C.ACCEPTED
    assert state_after_answer(states=[I.REJECTED, I.CANCELLED]) is C.REJECTED
    assert state_after_answer(states=[I.SETTLED, I.REJECTED, I.RETURNED]) is C.SETTLED
    for states in product((I.SENT, I.SETTLED, I.REJECTED), repeat=3):
        assert (state_after_answer(states=states) is C.SETTLED) == (
            I.SENT not in states and set(states) != {I.REJECTED}
        )
