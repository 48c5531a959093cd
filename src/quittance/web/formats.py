"""How figures and dates are written on screen: by locale, true minus, zero as a dash.

Pure functions over values and a locale name; the template tags and the table component call them.
Money comes in signed (debit +, credit -), in units of its currency, as ``Decimal``.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_currency, format_decimal, get_currency_precision
from django.utils import timezone, translation
from django.utils.translation import ngettext

MINUS = "\u2212"
DASH = "\u2013"
# A currency without a sign is written by its code, which must not touch the figure.
_CODE_BEFORE_FIGURE = re.compile(r"^([^\W\d_]+)(?=\d)")


@lru_cache(maxsize=32)
def locale_of(language: str) -> Locale:
    """Return the Babel locale of a Django language code; English, when it is unknown, as written in Europe.

    >>> str(locale_of("fr"))
    'fr'
    >>> str(locale_of("en")), str(locale_of("xx"))
    ('en_GB', 'en_GB')
    """
    try:
        return Locale.parse("en_GB" if language == "en" else language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def current_locale() -> Locale:
    """Return the locale of the language now active."""
    return locale_of(translation.get_language() or "en")


@lru_cache(maxsize=64)
def minor_digits(currency: str) -> int:
    """Return the number of decimals of a currency (ISO 4217), 2 when none is named.

    >>> minor_digits("EUR"), minor_digits("JPY"), minor_digits("")
    (2, 0, 2)
    """
    return get_currency_precision(currency) if currency else 2


def _size(value: Decimal | int | float) -> Decimal | int | float:
    """Return the value without its sign."""
    return -value if value < 0 else value


def amount_text(amount: Decimal | int | None, currency: str = "", *, locale: Locale | None = None) -> str:
    """Write an amount without its currency: for columns, where the heading names the currency once.

    >>> amount_text(Decimal("-1234.5"), "EUR", locale=locale_of("en"))
    '−1,234.50'
    >>> amount_text(Decimal("0"), "EUR"), amount_text(None)
    ('–', '')
    """
    if amount is None:
        return ""
    if amount == 0:
        return DASH
    digits = minor_digits(currency)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    text = format_decimal(_size(amount), format=pattern, locale=locale or current_locale())
    return MINUS + text if amount < 0 else text


def money_text(
    amount: Decimal | int | None, currency: str, *, whole: bool = False, locale: Locale | None = None
) -> str:
    """Write an amount with its currency sign: for figures that stand alone.

    ``whole`` leaves the decimals out (headline figures only).

    >>> money_text(Decimal("-48210"), "EUR", whole=True, locale=locale_of("en"))
    '−€48,210'
    >>> money_text(Decimal("12.5"), "EUR", locale=locale_of("fr"))
    '12,50\\xa0€'
    """
    if amount is None:
        return ""
    if amount == 0:
        return DASH
    used = locale or current_locale()
    if whole:
        pattern = used.currency_formats["standard"].pattern.split(";")[0].replace(".00", "")
        text = format_currency(_size(amount), currency, pattern, locale=used, currency_digits=False)
    else:
        text = format_currency(_size(amount), currency, locale=used)
    text = _CODE_BEFORE_FIGURE.sub("\\1\xa0", text)
    return MINUS + text if amount < 0 else text


def number_text(value: Decimal | int | float | None, digits: int | None = None) -> str:
    """Write a plain number; ``digits`` fixes the decimals; zero is a dash only for counts (no digits)."""
    if value is None:
        return ""
    if value == 0 and not digits:
        return DASH
    pattern = "#,##0" if not digits else "#,##0." + "0" * digits
    text = format_decimal(_size(value), format=pattern, locale=current_locale())
    return MINUS + text if value < 0 else text


def figure_text(value: Decimal | int | float | None) -> str:
    """Write a plain number with zero as 0: in a sentence or beside what it is a part of, where a dash says nothing."""
    return number_text(value) if value or value is None else "0"


def capped_text(value: int, limit: int) -> str:
    """Write a count that was not counted beyond `limit`: '10,000+'."""
    return number_text(limit) + "+" if value > limit else number_text(value) if value else "0"


def percent_text(value: Decimal | float | None, digits: int = 1) -> str:
    """Write a percentage given in points (94.5 is 94.5 %)."""
    if value is None:
        return ""
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    text = format_decimal(_size(value), format=pattern, locale=current_locale())
    return f"{MINUS if value < 0 else ''}{text}\u202f%"


def short_date_text(day: date | None, *, locale: Locale | None = None) -> str:
    """Write a date short and local.

    >>> short_date_text(date(2026, 11, 5), locale=locale_of("fr"))
    '05/11/2026'
    """
    if day is None:
        return ""
    used = locale or current_locale()
    return format_date(day, format="dd/MM/yyyy" if used.language == "fr" else "d MMM y", locale=used)


def long_date_text(day: date, *, locale: Locale | None = None) -> str:
    """Write a date with its weekday, for the text shown on hover."""
    return format_date(day, format="full", locale=locale or current_locale())


def moment_text(moment: datetime | None, *, locale: Locale | None = None) -> str:
    """Write a moment (stored in UTC) in the local time zone, to the minute; the day as `short_date_text` writes it.

    >>> moment_text(datetime(2026, 11, 5, 9, 30), locale=locale_of("en"))
    '5 Nov 2026, 09:30'
    >>> moment_text(datetime(2026, 11, 5, 9, 30), locale=locale_of("fr"))
    '05/11/2026 09:30'
    """
    if moment is None:
        return ""
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    used = locale or current_locale()
    day, clock_time = short_date_text(local.date(), locale=used), format_time(local.time(), format="HH:mm", locale=used)
    return str(get_datetime_format("short", locale=used)).replace("{0}", clock_time).replace("{1}", day)


def relative_days_text(day: date, today: date) -> str:
    """Write how far a day is from today: '12 days ago', 'in 3 days', 'today'."""
    distance = (day - today).days
    if distance == 0:
        return translation.gettext("today")
    if distance < 0:
        return ngettext("%(count)d day ago", "%(count)d days ago", -distance) % {"count": -distance}
    return ngettext("in %(count)d day", "in %(count)d days", distance) % {"count": distance}


def days_late_text(days: int) -> str:
    """Write how late an item is, counted from its due date (negative: not due yet)."""
    if days > 0:
        return ngettext("%(count)d day late", "%(count)d days late", days) % {"count": days}
    if days == 0:
        return translation.gettext("due today")
    return ngettext("due in %(count)d day", "due in %(count)d days", -days) % {"count": -days}


def late_step(days: int) -> int:
    """Return the step of lateness: 0 not late, then 1 to 5 for 1-30, 31-60, 61-90, 91-120, over 120 days.

    >>> [late_step(n) for n in (-3, 0, 1, 30, 31, 90, 91, 121)]
    [0, 0, 1, 1, 2, 3, 4, 5]
    """
    return 0 if days <= 0 else min(5, (days - 1) // 30 + 1)


def yes_no_text(value: bool) -> str:
    """Write a yes or a no."""
    return translation.gettext("yes") if value else translation.gettext("no")


def iban_text(iban: str) -> str:
    """Write a bank account in groups of four, as on paper.

    >>> iban_text("FR7630001007")
    'FR76 3000 1007'
    """
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
