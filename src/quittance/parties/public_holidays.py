"""The public holidays of the countries of customers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import holidays

NONE: frozenset[date] = frozenset()


@lru_cache(maxsize=500)
def holidays_of_year(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a country (ISO 3166-1 alpha-2) in a year; none where nothing is known of it.

    Regional holidays do not count.

    >>> date(2026, 7, 14) in holidays_of_year("FR", 2026), holidays_of_year("XX", 2026)
    (True, frozenset())
    """
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return NONE


def holidays_of_years(*, country: str, years: Iterable[int]) -> frozenset[date]:
    """Return the public holidays of a country in some years."""
    return frozenset().union(*(holidays_of_year(country, year) for year in years))
