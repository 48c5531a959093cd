"""The aged balance: open amounts by days past due on a day, credits and unapplied cash in columns of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from quittance.core.money import exact_sum


class AgeingBasis(StrEnum):
    """The date from which days are counted."""

    DUE_DATE = "DUE_DATE"
    DOCUMENT_DATE = "DOCUMENT_DATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingBucket:
    """A range of days past due, both ends included; None is an open end."""

    code: str
    days_min: int | None
    days_max: int | None

    def holds(self, days: int) -> bool:
        """Tell whether an item so many days past due belongs here."""
        return (self.days_min is None or self.days_min <= days) and (self.days_max is None or days <= self.days_max)


NOT_DUE: Final = AgeingBucket(code="NOT_DUE", days_min=None, days_max=0)


def buckets_from_edges(edges: Sequence[int]) -> tuple[AgeingBucket, ...]:
    """Return "not due", one bucket up to each edge, and the open-ended last one.

    >>> [bucket.code for bucket in buckets_from_edges([30, 60, 90, 120])]
    ['NOT_DUE', 'D1_30', 'D31_60', 'D61_90', 'D91_120', 'OVER_120']

    :raises ValueError: when the edges are not positive and rising.
    """
    if not edges or any(low >= high for low, high in zip([0, *edges], edges, strict=False)):
        raise ValueError("the edges are positive days, each above the one before")
    starts = [1, *(edge + 1 for edge in edges)]
    closed = [
        AgeingBucket(code=f"D{start}_{edge}", days_min=start, days_max=edge)
        for start, edge in zip(starts, edges, strict=False)
    ]
    last = AgeingBucket(code=f"OVER_{edges[-1]}", days_min=starts[-1], days_max=None)
    return (NOT_DUE, *closed, last)


STANDARD_BUCKETS: Final = buckets_from_edges([30, 60, 90, 120])


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingItem:
    """An open item: amount signed (debit positive), in its currency.

    ``is_unapplied_cash`` marks money received that is not allocated yet; other negative items are credits.
    """

    currency: str
    amount_open: Decimal
    due_date: date
    document_date: date | None = None
    is_unapplied_cash: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedAmount:
    """The debits of one bucket."""

    bucket: AgeingBucket
    amount: Decimal
    item_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedBalance:
    """One currency's aged balance; ``credits`` and ``unapplied_cash`` are negative or zero.

    Invariant: the buckets, the credits and the unapplied cash add up to ``balance``.
    """

    currency: str
    buckets: tuple[AgedAmount, ...]
    credits: Decimal
    unapplied_cash: Decimal

    @property
    def debits(self) -> Decimal:
        """All debits, due or not."""
        return exact_sum(aged.amount for aged in self.buckets)

    @property
    def overdue(self) -> Decimal:
        """The debits that are past due."""
        return exact_sum(aged.amount for aged in self.buckets if aged.bucket != NOT_DUE)

    @property
    def balance(self) -> Decimal:
        """Debits less credits and unapplied cash."""
        return exact_sum((self.debits, self.credits, self.unapplied_cash))

    def amount(self, code: str) -> Decimal:
        """Return the amount of the bucket with this code; KeyError when there is none."""
        return {aged.bucket.code: aged.amount for aged in self.buckets}[code]


def overdue_days(due_date: date, as_of: date) -> int:
    """Return the days past due on a day: 0 on the due date itself, negative before it.

    >>> overdue_days(date(2026, 1, 31), date(2026, 2, 1)), overdue_days(date(2026, 2, 3), date(2026, 2, 1))
    (1, -2)
    """
    return (as_of - due_date).days


def bucket_for(days: int, buckets: Sequence[AgeingBucket] = STANDARD_BUCKETS) -> AgeingBucket:
    """Return the bucket of an item so many days past due.

    >>> [bucket_for(days).code for days in (0, 1, 30, 31, 120, 121)]
    ['NOT_DUE', 'D1_30', 'D1_30', 'D31_60', 'D91_120', 'OVER_120']

    :raises LookupError: when the buckets leave a gap there.
    """
    for bucket in buckets:
        if bucket.holds(days):
            return bucket
    raise LookupError(f"no bucket holds {days} days")


def age(
    items: Iterable[AgeingItem],
    as_of: date,
    *,
    buckets: Sequence[AgeingBucket] = STANDARD_BUCKETS,
    basis: AgeingBasis = AgeingBasis.DUE_DATE,
) -> dict[str, AgedBalance]:
    """Return the aged balance of each currency among the items, in the order of their codes.

    Debits go to the bucket of their days on ``as_of``; credits and unapplied cash do not reduce a bucket, since
    nobody has said yet what they pay. Counted from the document date, an item without one counts from its due
    date.
    """
    by_currency: dict[str, list[AgeingItem]] = defaultdict(list)
    for item in items:
        by_currency[item.currency].append(item)
    return {
        currency: _age_one_currency(currency, by_currency[currency], as_of, buckets, basis)
        for currency in sorted(by_currency)
    }


def _age_one_currency(
    currency: str,
    items: Sequence[AgeingItem],
    as_of: date,
    buckets: Sequence[AgeingBucket],
    basis: AgeingBasis,
) -> AgedBalance:
    debits: dict[str, list[Decimal]] = defaultdict(list)
    credit_amounts: list[Decimal] = []
    unapplied: list[Decimal] = []
    for item in items:
        if item.is_unapplied_cash:
            unapplied.append(item.amount_open)
        elif item.amount_open < 0:
            credit_amounts.append(item.amount_open)
        elif item.amount_open > 0:
            days = overdue_days(_start_date(item, basis), as_of)
            debits[bucket_for(days, buckets).code].append(item.amount_open)
    return AgedBalance(
        currency=currency,
        buckets=tuple(
            AgedAmount(bucket=bucket, amount=exact_sum(debits[bucket.code]), item_count=len(debits[bucket.code]))
            for bucket in buckets
        ),
        credits=exact_sum(credit_amounts),
        unapplied_cash=exact_sum(unapplied),
    )


def _start_date(item: AgeingItem, basis: AgeingBasis) -> date:
    if basis is AgeingBasis.DOCUMENT_DATE and item.document_date is not None:
        return item.document_date
    return item.due_date
