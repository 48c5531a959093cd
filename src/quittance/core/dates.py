"""Reading dates as ERPs, banks and people write them: strictly, or not at all.

``parse_date`` is total: every text gives a ``date`` or an ``InvalidDate`` that says why not. A date that can
be read in two ways is refused unless the order of day, month and year is told.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, Literal

DateOrder = Literal["DMY", "MDY", "YMD"]

YEAR_MIN: Final = 1900
YEAR_MAX: Final = 2199
_ORDERS: Final[tuple[DateOrder, ...]] = ("DMY", "MDY", "YMD")
_TWO_DIGIT_YEAR_PIVOT: Final = 70  # 69 is 2069, 70 is 1970, as in POSIX

_TIME: Final = re.compile(
    r"(?:T|\s+)(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:\s*[AaPp]\.?[Mm]\.?)?"
    r"(?:\s*(?:Z|UTC|[+-]\d\d:?\d\d))?",
    re.ASCII,
)
_NUMERIC: Final = re.compile(r"(\d{1,4})([-/. ])(\d{1,2})\2(\d{4}|\d{1,2})", re.ASCII)
_COMPACT: Final = re.compile(r"\d{8}|\d{6}", re.ASCII)
_SERIAL: Final = re.compile(r"\d{1,6}(?:\.\d*)?", re.ASCII)
_WORDS: Final = re.compile(r"[\s,./-]+")
_DAY: Final = re.compile(r"(\d{1,4})(?:er|re|st|nd|rd|th|o)?", re.ASCII)
_FILLERS: Final = frozenset({"de", "del", "of", "le", "el", "den", "the"})

_MONTH_NAMES: Final = """
january jan janvier janv enero ene januar
february feb fevrier fevr fev febrero februar
march mar mars marzo marz maerz mrz
april apr avril avr abril abr
may mai mayo
june jun juin junio juni
july jul juillet juil julio juli
august aug aout aou agosto ago
september sep sept septembre septiembre set setiembre
october oct octobre octubre oktober okt
november nov novembre noviembre
december dec decembre diciembre dic dezember dez
"""
_MONTHS: Final[dict[str, int]] = {
    name: number for number, line in enumerate(_MONTH_NAMES.strip().splitlines(), 1) for name in line.split()
}


class DateProblem(StrEnum):
    """Why a text is not a date."""

    EMPTY = "EMPTY"
    UNKNOWN_FORM = "UNKNOWN_FORM"
    NO_SUCH_DAY = "NO_SUCH_DAY"
    NO_SUCH_MONTH = "NO_SUCH_MONTH"
    YEAR_OUT_OF_RANGE = "YEAR_OUT_OF_RANGE"
    AMBIGUOUS = "AMBIGUOUS"


class InvalidDate(ValueError):
    """The text is not a date; ``problem`` and the message say why."""

    def __init__(self, text: str, problem: DateProblem, detail: str) -> None:
        super().__init__(f"{text[:80]!r} is not a date: {detail}")
        self.text = text
        self.problem = problem
        self.detail = detail

    @property
    def reason_params(self) -> dict[str, str]:
        """What the words of the problem speak of."""
        return {"value": self.text.strip(), "problem": self.problem.value}


class AmbiguousDate(InvalidDate):
    """The text can be read as several days; the order of day and month must be told."""

    def __init__(self, text: str, readings: Iterable[date]) -> None:
        self.readings = tuple(sorted(set(readings)))
        days = " or ".join(day.isoformat() for day in self.readings)
        super().__init__(text, DateProblem.AMBIGUOUS, f"it can be {days}; say the order of day and month")

    @property
    def reason_params(self) -> dict[str, str]:
        """What the words of the problem speak of."""
        return {**super().reason_params, "readings": ", ".join(day.isoformat() for day in self.readings)}


class _Impossible(Exception):
    def __init__(self, problem: DateProblem, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail


def parse_date(text: str, order: DateOrder | None = None, *, is_excel_serial: bool = False) -> date:
    """Return the day that the text says; a time of day after it is dropped.

    Read are YYYYMMDD, YYYY-MM-DD, DD/MM/YYYY, MM/DD/YYYY, DD.MM.YYYY and DD-MM-YY with ``-``, ``/``, ``.`` or
    a space, month names in English, French, Spanish and German, and with ``is_excel_serial`` the day numbers
    of spreadsheets (1900 system). Two-digit years are 1970 to 2069. Points mean day first.

    >>> [parse_date(text).isoformat() for text in ("20200227", "27/02/2020", "2020-02-27 00:00:00")]
    ['2020-02-27', '2020-02-27', '2020-02-27']
    >>> parse_date("13 nov. 2025") == parse_date("Nov 13, 2025") == date(2025, 11, 13)
    True
    >>> parse_date("03/04/2020", "MDY")
    datetime.date(2020, 3, 4)
    >>> parse_date("31/02/2020")
    Traceback (most recent call last):
    ...
    quittance.core.dates.InvalidDate: '31/02/2020' is not a date: day 31 does not exist, 2020-02 has 29 days

    :raises AmbiguousDate: when only the order could tell ("03/04/2020").
    :raises InvalidDate: for any other text that is not a date.
    """
    if order is not None and order not in _ORDERS:
        raise ValueError(f"the order is one of {', '.join(_ORDERS)}, not {order!r}")
    return _parse(text, order, is_excel_serial)


@lru_cache(maxsize=8192)  # a ledger of a million lines has a few hundred different days
def _parse(text: str, order: DateOrder | None, is_excel_serial: bool) -> date:
    stripped = text.strip()
    if not stripped:
        raise InvalidDate(text, DateProblem.EMPTY, "there is nothing in it")
    if is_excel_serial:
        return _parse_serial(text, stripped)
    day_text = _without_time(stripped)
    numeric = _NUMERIC.fullmatch(day_text)
    try:
        if numeric is not None:
            return _first_possible(text, _numeric_candidates(numeric, order))
        if _COMPACT.fullmatch(day_text):
            return _first_possible(text, _compact_candidates(day_text, order))
        return _day(*_named_parts(day_text))
    except _Impossible as error:
        raise InvalidDate(text, error.problem, error.detail) from None


def guess_date_order(samples: Iterable[str]) -> DateOrder | None:
    """Return the only order with which all the samples can be read, None when they do not tell.

    Samples that are no date under any order are left aside; samples that begin with the year alone give YMD.

    >>> guess_date_order(["03/04/2020", "27/02/2020"]), guess_date_order(["03/04/2020"])
    ('DMY', None)
    """
    possible = set(_ORDERS)
    is_year_first: list[bool] = []
    for sample in samples:
        readable = {order for order in _ORDERS if _is_readable(sample, order)}
        if readable:
            possible &= readable
            is_year_first.append(re.match(r"\s*(?:19|2[01])\d\d", sample) is not None)
    if is_year_first and all(is_year_first) and "YMD" in possible:
        return "YMD"
    return possible.pop() if len(possible) == 1 else None


def date_from_excel_serial(serial: int) -> date:
    """Return the day of a spreadsheet's day number in the 1900 system.

    >>> date_from_excel_serial(43888), date_from_excel_serial(1)
    (datetime.date(2020, 2, 27), datetime.date(1900, 1, 1))

    :raises InvalidDate: when the number is no day from 1900 to 2199.
    """
    if serial == 60:
        raise InvalidDate(str(serial), DateProblem.NO_SUCH_DAY, "day 60 is 29 February 1900, which never was")
    if not 1 <= serial <= 109_574:
        detail = f"day numbers go from 1 to 109574 ({YEAR_MIN} to {YEAR_MAX})"
        raise InvalidDate(str(serial), DateProblem.YEAR_OUT_OF_RANGE, detail)
    return date(1899, 12, 31) + timedelta(days=serial if serial < 60 else serial - 1)


def _is_readable(text: str, order: DateOrder) -> bool:
    try:
        parse_date(text, order)
    except InvalidDate:
        return False
    return True


def _parse_serial(text: str, stripped: str) -> date:
    if not _SERIAL.fullmatch(stripped):
        raise InvalidDate(text, DateProblem.UNKNOWN_FORM, "it is not a day number of a spreadsheet")
    return date_from_excel_serial(int(stripped.split(".")[0]))


def _without_time(text: str) -> str:
    found = re.search(r"[T\s]\s*\d{1,2}:\d\d", text)
    if found is not None and _TIME.fullmatch(text, found.start()):
        return text[: found.start()].rstrip()
    return text


Candidate = tuple[int, int, int]
_EXPLAINS_BEST: Final = (DateProblem.NO_SUCH_DAY, DateProblem.NO_SUCH_MONTH, DateProblem.YEAR_OUT_OF_RANGE)


def _first_possible(text: str, candidates: list[Candidate]) -> date:
    days: list[date] = []
    problems: list[_Impossible] = []
    for candidate in candidates:
        try:
            days.append(_day(*candidate))
        except _Impossible as error:
            problems.append(error)
    if len(set(days)) > 1:
        raise AmbiguousDate(text, days)
    if days:
        return days[0]
    # "31/02" is a day that does not exist rather than a month 31: the reading that got furthest explains best
    raise min(problems, key=lambda error: _EXPLAINS_BEST.index(error.problem))


def _numeric_candidates(numeric: re.Match[str], order: DateOrder | None) -> list[Candidate]:
    first, mark, second, third = numeric.groups()
    if len(first) == 4:
        if len(third) == 4:
            raise _Impossible(DateProblem.UNKNOWN_FORM, "it has two years")
        return [(int(first), int(second), int(third))]
    if len(first) == 3:
        raise _Impossible(DateProblem.UNKNOWN_FORM, f"{first} is neither a day, a month nor a year")
    numbers = (first, second, third)
    if order is not None:
        if order == "YMD" and len(third) == 4:
            raise _Impossible(DateProblem.UNKNOWN_FORM, "the year was expected first")
        orders: tuple[DateOrder, ...] = (order,)
    elif mark == ".":
        orders = ("DMY",)
    else:
        orders = ("DMY", "MDY") if len(third) == 4 else _ORDERS
    return [_arrange(numbers, each) for each in orders]


def _compact_candidates(digits: str, order: DateOrder | None) -> list[Candidate]:
    """Return what six or eight digits can mean.

    With years from 1900 to 2199 no eight digits are both YYYYMMDD and DDMMYYYY: month 19 to 21 there is not.
    """
    if len(digits) == 6:
        if order is None:
            raise _Impossible(DateProblem.UNKNOWN_FORM, "six digits need the order of day, month and year")
        return [_arrange((digits[:2], digits[2:4], digits[4:]), order)]
    others = [each for each in ("DMY", "MDY") if order in (None, each)]
    year_first = (int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return [year_first, *(_arrange((digits[:2], digits[2:4], digits[4:]), each) for each in others)]


def _arrange(numbers: tuple[str, str, str], order: str) -> Candidate:
    by_letter = dict(zip(order, numbers, strict=True))
    return _year(by_letter["Y"]), int(by_letter["M"]), int(by_letter["D"])


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year < _TWO_DIGIT_YEAR_PIVOT else 1900)


def _named_parts(text: str) -> Candidate:
    """Read "13 nov. 2025", "Nov 13, 2025", "1er janvier 2026", "13 de noviembre de 2025"."""
    folded = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    words = [word for word in _WORDS.split(plain) if word and word not in _FILLERS]
    months = [index for index, word in enumerate(words) if word in _MONTHS]
    unknown = _Impossible(DateProblem.UNKNOWN_FORM, "its form is not known")
    if len(words) != 3 or months not in ([0], [1]):
        raise unknown
    numbers = [_DAY.fullmatch(word) for word in words if word not in _MONTHS]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        raise unknown
    day, year = numbers[0][1], numbers[1][1]
    if len(day) == 4 and months == [1]:
        day, year = year, day
    if len(day) > 2 or len(year) not in (2, 4):
        raise unknown
    return _year(year), _MONTHS[words[months[0]]], int(day)


def _day(year: int, month: int, day: int) -> date:
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise _Impossible(DateProblem.YEAR_OUT_OF_RANGE, f"year {year} is not between {YEAR_MIN} and {YEAR_MAX}")
    if not 1 <= month <= 12:
        raise _Impossible(DateProblem.NO_SUCH_MONTH, f"there is no month {month}")
    days = monthrange(year, month)[1]
    if not 1 <= day <= days:
        raise _Impossible(DateProblem.NO_SUCH_DAY, f"day {day} does not exist, {year:04d}-{month:02d} has {days} days")
    return date(year, month, day)
