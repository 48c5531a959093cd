"""Direct debits: what is to be debited of an account and why not, when, and by which kind of collection.

SEPA rules as of November 2026: collections are in euro, on days on which TARGET is open, at least one of them after the
file (EPC130-08 and EPC222-07, both schemes), and the debtor is told 14 calendar days before unless agreed otherwise. A
mandate that nobody used for 36 months has expired.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

CURRENCY: Final = "EUR"
AMOUNT_MAX: Final = Decimal("999999999.99")
UNUSED_MONTHS_MAX: Final = 36
NOTICE_DAYS_DEFAULT: Final = 14
LEAD_DAYS_DEFAULT: Final = 2
_ZERO = Decimal(0)
_FRIDAY = 4


class SequenceType(StrEnum):
    """Which of its collections a mandate has come to; code of the file."""

    FIRST = "FRST"
    RECURRENT = "RCUR"
    FINAL = "FNAL"
    ONE_OFF = "OOFF"


class DebitReason(StrEnum):
    """Why an item is in or out of a collection."""

    DEBITED = "DEBITED"
    NETTED = "NETTED"
    NOT_DUE = "NOT_DUE"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    NO_MANDATE = "NO_MANDATE"
    MANDATE_NOT_ACTIVE = "MANDATE_NOT_ACTIVE"
    MANDATE_EXPIRED = "MANDATE_EXPIRED"
    NOT_SIGNED_YET = "NOT_SIGNED_YET"
    NO_CONTACT = "NO_CONTACT"
    FACTORED = "FACTORED"
    HANDED_OVER = "HANDED_OVER"
    IN_OTHER_COLLECTION = "IN_OTHER_COLLECTION"
    RETURNED_BEFORE = "RETURNED_BEFORE"
    DISPUTED = "DISPUTED"
    IN_PAYMENT_PLAN = "IN_PAYMENT_PLAN"
    PROMISED = "PROMISED"
    COVERED_BY_CREDIT = "COVERED_BY_CREDIT"
    TOO_LARGE = "TOO_LARGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateFact:
    """What is known of the mandate of an account; `last_used_on` is the day of its last collection."""

    is_active: bool
    signed_on: date
    last_used_on: date | None = None
    is_one_off: bool = False
    is_next_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitItemFact:
    """What is known of an open item; `amount_open` signed (debit +, credit -), `disputed_amount` never negative.

    `is_returned`: it was debited, came back, and nobody has said that it may be debited again.
    """

    item_id: int
    due_date: date
    amount_open: Decimal
    currency: str = CURRENCY
    disputed_amount: Decimal = _ZERO
    is_promised: bool = False
    in_payment_plan: bool = False
    is_handed_over: bool = False
    is_factored: bool = False
    is_in_collection: bool = False
    is_returned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDebit:
    """What is taken of an item (signed as the item is, 0 when it is left out), and why."""

    item_id: int
    amount: Decimal
    reason: DebitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDebit:
    """What is debited of an account at once: the sum of its items, 0 for nothing; `sequence_type` when it is not."""

    amount: Decimal
    sequence_type: SequenceType | None
    items: tuple[ItemDebit, ...]


def decide_debit(
    *,
    items: Iterable[DebitItemFact],
    mandate: MandateFact | None,
    collection_date: date,
    due_until: date,
    can_be_told: bool = True,
) -> AccountDebit:
    """Decide what an account is debited on a day: items due by `due_until`, less all its credit.

    Of a disputed item the rest is debited. When credit covers it all, nothing is; items and credit then stay as they
    are. Credit that is not netted is not in the answer.

    >>> active = MandateFact(is_active=True, signed_on=date(2026, 1, 5))
    >>> invoice = DebitItemFact(item_id=1, due_date=date(2026, 3, 1), amount_open=Decimal("120.00"))
    >>> credit = DebitItemFact(item_id=2, due_date=date(2026, 3, 9), amount_open=Decimal("-20.00"))
    >>> found = decide_debit(
    ...     items=[invoice, credit], mandate=active, collection_date=date(2026, 3, 2), due_until=date(2026, 3, 2)
    ... )
    >>> found.amount, found.sequence_type.value, [one.reason.value for one in found.items]
    (Decimal('100.00'), 'FRST', ['DEBITED', 'NETTED'])
    """
    facts = sorted(items, key=lambda item: (item.due_date, item.item_id))
    whole = _hold_of_account(mandate, collection_date=collection_date, can_be_told=can_be_told)
    decided = [_judge(fact, whole, due_until) for fact in facts if fact.amount_open > 0]
    credit = [
        ItemDebit(item_id=fact.item_id, amount=fact.amount_open, reason=DebitReason.NETTED)
        for fact in facts
        if fact.amount_open < 0 and fact.currency == CURRENCY and not (fact.is_factored or fact.is_in_collection)
    ]
    gross = sum((one.amount for one in decided), _ZERO)
    net = gross + sum((one.amount for one in credit), _ZERO)
    if gross > 0 and net <= 0:
        return _nothing(decided, DebitReason.COVERED_BY_CREDIT)
    if net > AMOUNT_MAX:
        return _nothing(decided, DebitReason.TOO_LARGE)
    if mandate is None or gross <= 0:
        return AccountDebit(amount=_ZERO, sequence_type=None, items=tuple(decided))
    return AccountDebit(amount=net, sequence_type=next_sequence(mandate=mandate), items=(*decided, *credit))


def _nothing(decided: Sequence[ItemDebit], reason: DebitReason) -> AccountDebit:
    left = tuple(
        ItemDebit(item_id=one.item_id, amount=_ZERO, reason=reason if one.amount else one.reason) for one in decided
    )
    return AccountDebit(amount=_ZERO, sequence_type=None, items=left)


def _hold_of_account(mandate: MandateFact | None, *, collection_date: date, can_be_told: bool) -> DebitReason | None:
    if mandate is None:
        return DebitReason.NO_MANDATE
    if not mandate.is_active:
        return DebitReason.MANDATE_NOT_ACTIVE
    if mandate.signed_on > collection_date:
        return DebitReason.NOT_SIGNED_YET
    if has_expired(mandate=mandate, day=collection_date):
        return DebitReason.MANDATE_EXPIRED
    return None if can_be_told else DebitReason.NO_CONTACT


def _judge(fact: DebitItemFact, whole: DebitReason | None, due_until: date) -> ItemDebit:
    reason = _own_hold(fact, due_until) or whole
    if reason is not None:
        return ItemDebit(item_id=fact.item_id, amount=_ZERO, reason=reason)
    return ItemDebit(item_id=fact.item_id, amount=fact.amount_open - fact.disputed_amount, reason=DebitReason.DEBITED)


def _own_hold(fact: DebitItemFact, due_until: date) -> DebitReason | None:
    """Return the first reason that keeps the item out whatever the mandate says."""
    holds = (
        (fact.due_date > due_until, DebitReason.NOT_DUE),
        (fact.currency != CURRENCY, DebitReason.OTHER_CURRENCY),
        (fact.is_factored, DebitReason.FACTORED),
        (fact.is_handed_over, DebitReason.HANDED_OVER),
        (fact.is_in_collection, DebitReason.IN_OTHER_COLLECTION),
        (fact.is_returned, DebitReason.RETURNED_BEFORE),
        (fact.disputed_amount >= fact.amount_open, DebitReason.DISPUTED),
        (fact.in_payment_plan, DebitReason.IN_PAYMENT_PLAN),
        (fact.is_promised, DebitReason.PROMISED),
    )
    return next((reason for is_so, reason in holds if is_so), None)


def next_sequence(*, mandate: MandateFact) -> SequenceType:
    """Return which collection the next one of a mandate is.

    >>> next_sequence(mandate=MandateFact(is_active=True, signed_on=date(2026, 1, 5))).value
    'FRST'
    """
    if mandate.is_one_off:
        return SequenceType.ONE_OFF
    if mandate.is_next_last:
        return SequenceType.FINAL
    return SequenceType.FIRST if mandate.last_used_on is None else SequenceType.RECURRENT


def expires_on(*, mandate: MandateFact) -> date:
    """Return the last day on which a mandate can be used: 36 months after its last collection, else its signature.

    >>> expires_on(mandate=MandateFact(is_active=True, signed_on=date(2023, 2, 28))).isoformat()
    '2026-02-28'
    """
    start = mandate.last_used_on or mandate.signed_on
    month = start.year * 12 + start.month - 1 + UNUSED_MONTHS_MAX
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def has_expired(*, mandate: MandateFact, day: date) -> bool:
    """Say whether a mandate can no longer be used on a day; one for a single collection is used up by it."""
    if mandate.is_one_off and mandate.last_used_on is not None:
        return True
    return day > expires_on(mandate=mandate)


class DayReason(StrEnum):
    """Why a collection is on its day."""

    AS_ASKED = "AS_ASKED"
    CLOSED_DAY = "CLOSED_DAY"
    TOO_EARLY = "TOO_EARLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionDay:
    """The day of a collection, and why it is not the one asked for."""

    day: date
    reason: DayReason


def is_open_day(*, day: date, closed_days: Collection[date]) -> bool:
    """Say whether the banks of the scheme settle on a day: Monday to Friday but for the closing days of TARGET."""
    return day.weekday() <= _FRIDAY and day not in closed_days


def earliest_collection_date(*, as_of: date, lead_days: int, notice_days: int, closed_days: Collection[date]) -> date:
    """Return the first day that leaves `notice_days` calendar days to tell and `lead_days` open days to the bank.

    A file that is given on a closed day is read on the next open one.

    >>> christmas = {date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)}
    >>> earliest_collection_date(as_of=date(2026, 12, 23), lead_days=2, notice_days=0, closed_days=christmas)
    datetime.date(2026, 12, 28)
    >>> earliest_collection_date(as_of=date(2026, 12, 18), lead_days=2, notice_days=14, closed_days=christmas)
    datetime.date(2027, 1, 4)

    :raises ValueError: negative days
    """
    if lead_days < 0 or notice_days < 0:
        raise ValueError(f"days are never negative: {lead_days}, {notice_days}")
    by_bank = _next_open(as_of, closed_days)
    for _step in range(lead_days):
        by_bank = _next_open(by_bank + timedelta(days=1), closed_days)
    return _next_open(max(by_bank, as_of + timedelta(days=notice_days)), closed_days)


def choose_collection_date(
    *, wanted: date, as_of: date, lead_days: int, notice_days: int, closed_days: Collection[date]
) -> CollectionDay:
    """Return the day asked for, or the next that is possible, and why."""
    earliest = earliest_collection_date(
        as_of=as_of, lead_days=lead_days, notice_days=notice_days, closed_days=closed_days
    )
    if wanted < earliest:
        return CollectionDay(day=earliest, reason=DayReason.TOO_EARLY)
    day = _next_open(wanted, closed_days)
    return CollectionDay(day=day, reason=DayReason.AS_ASKED if day == wanted else DayReason.CLOSED_DAY)


def last_export_date(*, collection_date: date, lead_days: int, closed_days: Collection[date]) -> date:
    """Return the last day on which the file leaves the bank its `lead_days` open days.

    >>> last_export_date(collection_date=date(2026, 12, 28), lead_days=2, closed_days={date(2026, 12, 25)})
    datetime.date(2026, 12, 23)
    """
    day = collection_date
    for _step in range(lead_days):
        day -= timedelta(days=1)
        while not is_open_day(day=day, closed_days=closed_days):
            day -= timedelta(days=1)
    return day


def _next_open(day: date, closed_days: Collection[date]) -> date:
    while not is_open_day(day=day, closed_days=closed_days):
        day += timedelta(days=1)
    return day


class CollectionState(StrEnum):
    """How far a collection is."""

    DRAFT = "DRAFT"
    ANNOUNCED = "ANNOUNCED"
    EXPORTED = "EXPORTED"
    ACCEPTED = "ACCEPTED"
    PART_REJECTED = "PART_REJECTED"
    REJECTED = "REJECTED"
    SETTLED = "SETTLED"
    CANCELLED = "CANCELLED"


class InstructionState(StrEnum):
    """What became of one debit."""

    PLANNED = "PLANNED"
    SENT = "SENT"
    REJECTED = "REJECTED"
    SETTLED = "SETTLED"
    RETURNED = "RETURNED"
    CANCELLED = "CANCELLED"


_C, _I = CollectionState, InstructionState
_COLLECTION_STEPS: Mapping[CollectionState, frozenset[CollectionState]] = {
    _C.DRAFT: frozenset({_C.ANNOUNCED, _C.EXPORTED, _C.CANCELLED}),
    _C.ANNOUNCED: frozenset({_C.EXPORTED, _C.CANCELLED}),
    _C.EXPORTED: frozenset({_C.ACCEPTED, _C.PART_REJECTED, _C.REJECTED, _C.SETTLED, _C.CANCELLED}),
    _C.ACCEPTED: frozenset({_C.PART_REJECTED, _C.REJECTED, _C.SETTLED}),
    _C.PART_REJECTED: frozenset({_C.REJECTED, _C.SETTLED}),
    _C.REJECTED: frozenset(),
    _C.SETTLED: frozenset(),
    _C.CANCELLED: frozenset(),
}
_INSTRUCTION_STEPS: Mapping[InstructionState, frozenset[InstructionState]] = {
    _I.PLANNED: frozenset({_I.SENT, _I.CANCELLED}),
    _I.SENT: frozenset({_I.REJECTED, _I.SETTLED, _I.RETURNED, _I.CANCELLED}),
    _I.SETTLED: frozenset({_I.RETURNED, _I.SENT}),
    _I.RETURNED: frozenset({_I.SETTLED, _I.SENT}),
    _I.REJECTED: frozenset(),
    _I.CANCELLED: frozenset(),
}


def can_move_collection(*, old: CollectionState, new: CollectionState) -> bool:
    """Say whether a collection can go from one state to another."""
    return new in _COLLECTION_STEPS[old]


def can_move_instruction(*, old: InstructionState, new: InstructionState) -> bool:
    """Say whether a debit can go from one state to another; what was settled or came back can be taken back."""
    return new in _INSTRUCTION_STEPS[old]


def state_after_answer(*, states: Collection[InstructionState]) -> CollectionState:
    """Return the state of an exported collection from those of its debits; those taken out before do not count.

    >>> state_after_answer(states=[InstructionState.SENT, InstructionState.REJECTED]).value
    'PART_REJECTED'
    """
    sent = [state for state in states if state not in (_I.PLANNED, _I.CANCELLED)]
    rejected = sum(state is _I.REJECTED for state in sent)
    if sent and rejected == len(sent):
        return _C.REJECTED
    if sent and not any(state is _I.SENT for state in sent):
        return _C.SETTLED
    return _C.PART_REJECTED if rejected else _C.ACCEPTED


# After these the mandate or its account no longer serves: it waits until somebody has asked the customer.
MANDATE_BREAKERS: Final = frozenset(
    {"AC01", "AC04", "AC06", "AC13", "AG01", "MD01", "MD02", "MD07", "RC01", "SL01", "SL11", "SL12", "SL13", "SL14"}
)


def breaks_mandate(*, reason_code: str) -> bool:
    """Say whether a reason of the bank (ISO 20022) speaks against the mandate itself, not against one debit.

    >>> breaks_mandate(reason_code="AC04"), breaks_mandate(reason_code="AM04")
    (True, False)
    """
    return reason_code.upper() in MANDATE_BREAKERS
