"""How much of the cash finds its items by itself.

Rates by payment and by item are both given, since the rate by payment alone flatters: a remittance of 200 items
with one left over counts as one payment that a person had to touch, or as 199 hits out of 200.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from quittance.core.kpis.result import (
    KpiReason,
    KpiResult,
    count_share_pct,
    divide,
    known,
    product,
    unknown,
)


def payment_hit_pct(*, payments_matched_untouched: int, payments: int) -> KpiResult:
    """Return how many percent of the payments were matched in full without a person.

    >>> payment_hit_pct(payments_matched_untouched=412, payments=436).rounded(1)
    Decimal('94.5')
    """
    return count_share_pct(payments_matched_untouched, payments)


def item_hit_pct(*, items_matched_untouched: int, items: int) -> KpiResult:
    """Return how many percent of the items paid were matched without a person (line-level hit rate).

    >>> item_hit_pct(items_matched_untouched=199, items=200).value
    Decimal('99.5')
    """
    return count_share_pct(items_matched_untouched, items)


def straight_through_pct(*, transactions_untouched: int, transactions: int) -> KpiResult:
    """Return how many percent of the bank lines went from the statement to the books without a person.

    >>> straight_through_pct(transactions_untouched=9, transactions=12).value
    Decimal('75')
    """
    return count_share_pct(transactions_untouched, transactions)


def wrong_match_pct(*, matches_reversed_as_wrong: int, matches: int) -> KpiResult:
    """Return how many percent of the matches made by the machine were undone as wrong.

    >>> wrong_match_pct(matches_reversed_as_wrong=1, matches=500).value
    Decimal('0.2')
    """
    return count_share_pct(matches_reversed_as_wrong, matches)


def unapplied_cash_pct(*, unapplied_cash: Decimal, cash_received: Decimal) -> KpiResult:
    """Return how many percent of the cash received are not applied; both amounts are positive.

    >>> unapplied_cash_pct(unapplied_cash=Decimal(50), cash_received=Decimal(1_000)).value
    Decimal('5')
    """
    if cash_received <= 0:
        return unknown(KpiReason.NO_DATA)
    return known(divide(product(unapplied_cash, 100), cash_received))


def hours_to_post(*, postings: Iterable[tuple[datetime, datetime]]) -> KpiResult:
    """Return the mean of the hours from the receipt of a bank line to its posting.

    >>> received = datetime.fromisoformat("2026-01-05T06:00:00+00:00")
    >>> posted = datetime.fromisoformat("2026-01-05T08:30:00+00:00")
    >>> hours_to_post(postings=[(received, posted), (received, received)]).value
    Decimal('1.25')
    """
    spans = [posted - received for received, posted in postings]
    if not spans:
        return unknown(KpiReason.NO_DATA)
    microseconds = sum(spans, timedelta()) // timedelta(microseconds=1)
    return known(divide(microseconds, 3_600_000_000 * len(spans)))
