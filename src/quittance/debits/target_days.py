"""The days on which TARGET is closed, by the library of holidays."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays


@lru_cache(maxsize=100)
def _closed_days_of(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("ECB", years=year))


def closed_days(*, around: date) -> frozenset[date]:
    """Return the closing days of TARGET of the year before, the year itself and the year after, weekends aside.

    >>> found = closed_days(around=date(2026, 11, 22))
    >>> date(2026, 4, 3) in found, date(2026, 7, 14) in found
    (True, False)
    """
    return frozenset().union(*(_closed_days_of(year) for year in (around.year - 1, around.year, around.year + 1)))
