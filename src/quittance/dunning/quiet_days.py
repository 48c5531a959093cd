"""The public holidays of a country, on which a customer is left in peace."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from quittance.parties.public_holidays import holidays_of_year

NONE: frozenset[date] = frozenset()


@lru_cache(maxsize=2000)
def quiet_dates(*, country: str, day: date) -> frozenset[date]:
    """Return the day in a set when it is a public holiday of a country (ISO 3166-1 alpha-2), else an empty set.

    A country that nothing is known of has none. Regional holidays do not count.

    >>> quiet_dates(country="FR", day=date(2026, 7, 14)) == {date(2026, 7, 14)}
    True
    >>> quiet_dates(country="XX", day=date(2026, 7, 14))
    frozenset()
    """
    return frozenset({day}) if day in holidays_of_year(country, day.year) else NONE
