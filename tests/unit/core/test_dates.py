"""Dates read from text: every form once, every impossibility named."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.dates import (
    AmbiguousDate,
    DateOrder,
    DateProblem,
    InvalidDate,
    date_from_excel_serial,
    guess_date_order,
    parse_date,
)

DAYS = st.dates(date(1970, 1, 1), date(2069, 12, 31))

READABLE: list[tuple[str, DateOrder | None, str]] = [
    ("20200227", None, "2020-02-27"),
    ("20200227", "DMY", "2020-02-27"),
    ("27022020", None, "2020-02-27"),
    ("02272020", None, "2020-02-27"),
    ("03042020", "DMY", "2020-04-03"),
    ("270220", "DMY", "2020-02-27"),
    ("200227", "YMD", "2020-02-27"),
    ("2020-02-27", None, "2020-02-27"),
    ("2020-2-7", None, "2020-02-07"),
    ("2020/02/27", "MDY", "2020-02-27"),
    ("27/02/2020", None, "2020-02-27"),
    ("02/27/2020", None, "2020-02-27"),
    ("04/04/2020", None, "2020-04-04"),
    ("03/04/2020", "DMY", "2020-04-03"),
    ("03/04/2020", "MDY", "2020-03-04"),
    ("03.04.2020", None, "2020-04-03"),
    ("03.04.2020", "MDY", "2020-03-04"),
    ("27-02-20", "DMY", "2020-02-27"),
    ("20-02-27", "YMD", "2020-02-27"),
    ("31-12-69", "DMY", "2069-12-31"),
    ("01-01-70", "DMY", "1970-01-01"),
    ("99-12-31", None, "1999-12-31"),
    ("29/02/2024", None, "2024-02-29"),
    ("2020-02-27 00:00:00", None, "2020-02-27"),
    ("2020-02-27T23:59:59.123Z", None, "2020-02-27"),
    ("2020-02-27T10:00:00+01:00", None, "2020-02-27"),
    ("27/02/2020 08:30", None, "2020-02-27"),
    ("2/27/2020 12:00:00 AM", None, "2020-02-27"),
    (" 2020-02-27 ", None, "2020-02-27"),
    ("13 nov. 2025", None, "2025-11-13"),
    ("Nov 13, 2025", None, "2025-11-13"),
    ("November 13th, 2025", None, "2025-11-13"),
    ("13-NOV-25", None, "2025-11-13"),
    ("2025 Nov 13", None, "2025-11-13"),
    ("1er janvier 2026", None, "2026-01-01"),
    ("15 août 2025", None, "2025-08-15"),
    ("3 févr. 2026", None, "2026-02-03"),
    ("13 de noviembre de 2025", None, "2025-11-13"),
    ("5 dic. 2025", None, "2025-12-05"),
    ("3. März 2026", None, "2026-03-03"),
    ("13. Dezember 2025", None, "2025-12-13"),
]

INVALID: list[tuple[str, DateOrder | None, DateProblem, str]] = [
    ("", None, DateProblem.EMPTY, "nothing"),
    ("  ", None, DateProblem.EMPTY, "nothing"),
    ("31/02/2020", None, DateProblem.NO_SUCH_DAY, "day 31 does not exist, 2020-02 has 29 days"),
    ("29/02/2023", "DMY", DateProblem.NO_SUCH_DAY, "2023-02 has 28 days"),
    ("20200231", None, DateProblem.NO_SUCH_DAY, "2020-02 has 29 days"),
    ("31022020", None, DateProblem.NO_SUCH_DAY, "2020-02 has 29 days"),
    ("30 février 2026", None, DateProblem.NO_SUCH_DAY, "2026-02 has 28 days"),
    ("00/01/2020", "DMY", DateProblem.NO_SUCH_DAY, "day 0"),
    ("2020-13-01", None, DateProblem.NO_SUCH_MONTH, "no month 13"),
    ("13/14/2020", None, DateProblem.NO_SUCH_MONTH, "no month 1"),
    ("27/02/2020", "MDY", DateProblem.NO_SUCH_MONTH, "no month 27"),
    ("00000000", None, DateProblem.YEAR_OUT_OF_RANGE, "year 0 "),
    ("99991231", None, DateProblem.YEAR_OUT_OF_RANGE, "year 9999"),
    ("31.12.9999", None, DateProblem.YEAR_OUT_OF_RANGE, "year 9999"),
    ("0020-02-27", None, DateProblem.YEAR_OUT_OF_RANGE, "year 20"),
    ("27/02/2020", "YMD", DateProblem.UNKNOWN_FORM, "year was expected first"),
    ("270220", None, DateProblem.UNKNOWN_FORM, "six digits"),
    ("2020-02-2020", None, DateProblem.UNKNOWN_FORM, "two years"),
    ("202-02-20", None, DateProblem.UNKNOWN_FORM, "202"),
    ("27-02/2020", None, DateProblem.UNKNOWN_FORM, "form"),
    ("27/02/202", None, DateProblem.UNKNOWN_FORM, "form"),
    ("2020-02-27 25:00", None, DateProblem.UNKNOWN_FORM, "form"),
    ("13 nov", None, DateProblem.UNKNOWN_FORM, "form"),
    ("nov nov 2025", None, DateProblem.UNKNOWN_FORM, "form"),
    ("13 2025 nov", None, DateProblem.UNKNOWN_FORM, "form"),
    ("13 novembar 2025", None, DateProblem.UNKNOWN_FORM, "form"),
    ("2025 nov 2025", None, DateProblem.UNKNOWN_FORM, "form"),
    ("43888", None, DateProblem.UNKNOWN_FORM, "form"),
    ("\u0662\u0660\u0662\u0660-02-27", None, DateProblem.UNKNOWN_FORM, "form"),
]


@pytest.mark.parametrize(("text", "order", "expected"), READABLE)
def test_readable(text: str, order: DateOrder | None, expected: str) -> None:
    assert parse_date(text, order).isoformat() == expected


@pytest.mark.parametrize(("text", "order", "problem", "words"), INVALID)
def test_invalid(text: str, order: DateOrder | None, problem: DateProblem, words: str) -> None:
    with pytest.raises(InvalidDate, match=words) as raised:
        parse_date(text, order)
    assert raised.value.problem is problem
    assert raised.value.text == text


@pytest.mark.parametrize("text", ["03/04/2020", "03-04-2020", "03042020", "27-02-20", "01/02/03"])
def test_ambiguous_without_the_order(text: str) -> None:
    with pytest.raises(AmbiguousDate) as raised:
        parse_date(text)
    assert len(raised.value.readings) > 1
    assert raised.value.problem is DateProblem.AMBIGUOUS


def test_senseless_order() -> None:
    with pytest.raises(ValueError, match="order"):
        parse_date("2020-02-27", "YDM")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("43888", "2020-02-27"), ("43888.75", "2020-02-27"), ("1", "1900-01-01"), ("61", "1900-03-01")],
)
def test_excel_serial(text: str, expected: str) -> None:
    assert parse_date(text, is_excel_serial=True).isoformat() == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("60", DateProblem.NO_SUCH_DAY),
        ("0", DateProblem.YEAR_OUT_OF_RANGE),
        ("999999", DateProblem.YEAR_OUT_OF_RANGE),
        ("-5", DateProblem.UNKNOWN_FORM),
        ("2020-02-27", DateProblem.UNKNOWN_FORM),
        ("", DateProblem.EMPTY),
    ],
)
def test_invalid_excel_serial(text: str, problem: DateProblem) -> None:
    with pytest.raises(InvalidDate) as raised:
        parse_date(text, is_excel_serial=True)
    assert raised.value.problem is problem


@given(st.integers(61, 109_573))
def test_next_serial_is_the_next_day(serial: int) -> None:
    assert date_from_excel_serial(serial + 1) - date_from_excel_serial(serial) == timedelta(days=1)


@given(DAYS, st.sampled_from(["/", "-", ".", " ", ""]), st.sampled_from(["%Y", "%y"]))
def test_reads_what_is_written_when_the_order_is_told(day: date, mark: str, year: str) -> None:
    assert parse_date(day.strftime(mark.join(("%d", "%m", year))), "DMY") == day
    assert parse_date(day.strftime(mark.join(("%m", "%d", year))), "MDY") == day
    assert parse_date(day.strftime(mark.join((year, "%m", "%d"))), "YMD") == day


@given(DAYS)
def test_the_unambiguous_forms_need_no_order(day: date) -> None:
    for text in (
        day.isoformat(),
        day.strftime("%Y%m%d"),
        day.strftime("%d %b %Y"),
        f"{day:%B} {day.day}, {day.year}",
    ):
        assert parse_date(text) == day


@given(DAYS, st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%y"]))
def test_without_the_order_right_or_refused(day: date, form: str) -> None:
    with suppress(AmbiguousDate):
        assert parse_date(day.strftime(form)) == day


@given(st.text(max_size=14) | st.text("0123456789-/. T:nov", max_size=14))
def test_is_total(text: str) -> None:
    for is_excel_serial in (False, True):
        with suppress(InvalidDate):
            assert parse_date(text, is_excel_serial=is_excel_serial).year >= 1900


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (["27/02/2020"], "DMY"),
        (["02/27/2020", "03/04/2020"], "MDY"),
        (["03/04/2020"], None),
        (["27/02/2020", "02/27/2020"], None),
        (["2020-02-27", "20200228"], "YMD"),
        (["20-02-27", "99-12-31"], "YMD"),
        (["27-02-20", "31-12-20"], None),
        (["2020-02-27", "13 nov 2025"], None),
        (["n/a", "", "27/02/2020"], "DMY"),
        ([], None),
    ],
)
def test_guess_date_order(samples: list[str], expected: DateOrder | None) -> None:
    assert guess_date_order(samples) == expected
