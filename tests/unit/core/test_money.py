"""Amounts: rounding, splitting, converting, and reading them from text."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core import currencies
from quittance.core.money import (
    AmbiguousAmount,
    AmountProblem,
    ExchangeRate,
    InexactAmount,
    MixedCurrencies,
    UnknownCurrency,
    UnreadableAmount,
    convert,
    currency_exponent,
    exact_sum,
    from_minor_units,
    guess_decimal_mark,
    parse_amount,
    quantize,
    round_half_up,
    single_currency,
    split_exact,
    to_minor_units,
)

NBSP, NNBSP, THIN, MINUS, APOSTROPHE = "\u00a0", "\u202f", "\u2009", "\u2212", "\u2019"

CURRENCIES = st.sampled_from(["EUR", "JPY", "TND", "CLF"])
UNITS = st.integers(min_value=-(10**17), max_value=10**17)


class TestCurrencies:
    def test_the_list_has_each_code_once(self) -> None:
        assert len(currencies.ACTIVE_CURRENCIES) == 165
        assert not currencies.ACTIVE_CURRENCIES & currencies.WITHDRAWN_EXPONENTS.keys()
        assert all(len(code) == 3 and code.isupper() for code in currencies.KNOWN_EXPONENTS)

    def test_agrees_with_the_codes_in_use_that_cldr_knows(self) -> None:
        from babel.core import get_global

        in_use = {
            currency
            for uses in get_global("territory_currencies").values()
            for currency, _start, end, is_tender in uses
            if is_tender and end is None
        }
        assert in_use <= currencies.KNOWN_EXPONENTS.keys()

    @pytest.mark.parametrize(
        ("code", "exponent"),
        [("EUR", 2), ("XOF", 0), ("ISK", 0), ("HUF", 2), ("KWD", 3), ("UYW", 4), ("HRK", 2), ("BYR", 0)],
    )
    def test_exponent(self, code: str, exponent: int) -> None:
        assert currency_exponent(code) == exponent

    @pytest.mark.parametrize("code", ["", "eur", "EU", "EURO", "XXX", "XAU", "ZZZ", " EUR"])
    def test_unknown_currency(self, code: str) -> None:
        with pytest.raises(UnknownCurrency, match=repr(code)):
            currency_exponent(code)


class TestRounding:
    @pytest.mark.parametrize(
        ("amount", "currency", "expected"),
        [
            ("0.005", "EUR", "0.01"),
            ("-0.005", "EUR", "-0.01"),
            ("0.004999", "EUR", "0.00"),
            ("-0.001", "EUR", "0.00"),
            ("1.5", "JPY", "2"),
            ("2.5", "JPY", "3"),
            ("1.0005", "TND", "1.001"),
            ("12345678901234567890123456789.005", "EUR", "12345678901234567890123456789.01"),
        ],
    )
    def test_quantize(self, amount: str, currency: str, expected: str) -> None:
        assert str(quantize(Decimal(amount), currency)) == expected

    def test_round_half_up_is_symmetric(self) -> None:
        assert round_half_up(Decimal("-82.45"), 1) == -round_half_up(Decimal("82.45"), 1) == Decimal("-82.5")

    @given(UNITS, CURRENCIES)
    def test_minor_units_and_back(self, units: int, currency: str) -> None:
        amount = from_minor_units(units, currency)
        assert to_minor_units(amount, currency) == units
        assert -amount.as_tuple().exponent == currency_exponent(currency)
        assert quantize(amount, currency) == amount

    @pytest.mark.parametrize("amount", ["0.001", "1.005", "NaN", "Infinity"])
    def test_never_rounds_into_minor_units(self, amount: str) -> None:
        with pytest.raises(InexactAmount):
            to_minor_units(Decimal(amount), "EUR")

    def test_sum_is_exact_whatever_the_size(self) -> None:
        large = Decimal("99999999999999999999999999.99")
        assert exact_sum([large, Decimal("0.01"), Decimal("0.01")]) == Decimal("100000000000000000000000000.01")

    def test_currencies_do_not_mix(self) -> None:
        assert single_currency(["EUR", "EUR"]) == "EUR"
        assert single_currency([]) is None
        with pytest.raises(MixedCurrencies, match="EUR, USD"):
            single_currency(["USD", "EUR", "USD"])


class TestSplit:
    @given(UNITS, CURRENCIES, st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
    def test_parts_add_up_and_stay_near_their_share(self, units: int, currency: str, weights: list[int]) -> None:
        parts = split_exact(from_minor_units(units, currency), weights, currency)
        part_units = [to_minor_units(part, currency) for part in parts]
        assert sum(part_units) == units
        for part, weight in zip(part_units, weights, strict=True):
            assert abs(part * sum(weights) - units * weight) < sum(weights)
            assert part * units >= 0

    @given(UNITS, st.lists(st.decimals(0, 100, places=3), min_size=1, max_size=6).filter(any))
    def test_negative_total_mirrors_the_positive_one(self, units: int, weights: list[Decimal]) -> None:
        total = from_minor_units(units, "EUR")
        assert split_exact(-total, weights, "EUR") == tuple(-part for part in split_exact(total, weights, "EUR"))

    def test_thirds_of_a_percentage(self) -> None:
        parts = split_exact(Decimal("0.02"), [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")], "EUR")
        assert [str(part) for part in parts] == ["0.01", "0.00", "0.01"]

    @pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 1]])
    def test_senseless_weights(self, weights: list[int]) -> None:
        with pytest.raises(ValueError, match="weights"):
            split_exact(Decimal("1.00"), weights, "EUR")

    def test_inexact_total(self) -> None:
        with pytest.raises(InexactAmount):
            split_exact(Decimal("1.001"), [1, 1], "EUR")


class TestConvert:
    def test_rounds_once_to_the_target(self) -> None:
        rate = ExchangeRate(
            from_currency="EUR", to_currency="JPY", rate=Decimal("163.4567891"), rate_date=date(2026, 1, 2)
        )
        assert convert(Decimal("1234567890123456.78"), rate) == Decimal("201798503245541848")

    @pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity"])
    def test_rate_is_positive(self, rate: str) -> None:
        with pytest.raises(ValueError, match="positive"):
            ExchangeRate(from_currency="EUR", to_currency="JPY", rate=Decimal(rate), rate_date=date(2026, 1, 2))

    def test_rate_currencies_are_known(self) -> None:
        with pytest.raises(UnknownCurrency):
            ExchangeRate(from_currency="EUR", to_currency="ABC", rate=Decimal(1), rate_date=date(2026, 1, 2))


READABLE = [
    ("0", "0"),
    ("-0", "0"),
    ("1234", "1234"),
    ("0012,50", "12.50"),
    ("12.5", "12.5"),
    (",50", "0.50"),
    ("-,5", "-0.5"),
    ("1 234,56", "1234.56"),
    (f"1{NBSP}234{NBSP}567,8", "1234567.8"),
    (f"1{NNBSP}234,56", "1234.56"),
    (f"1{THIN}234.56", "1234.56"),
    ("1.234,56", "1234.56"),
    ("1,234.56", "1234.56"),
    ("1.234.567", "1234567"),
    ("1,234,567.891", "1234567.891"),
    ("1'234.56", "1234.56"),
    (f"1{APOSTROPHE}234,56", "1234.56"),
    ("1 234", "1234"),
    ("1234,567", "1234.567"),
    ("0,123", "0.123"),
    ("12,3456", "12.3456"),
    ("  12,50\t", "12.50"),
    ("12,50-", "-12.50"),
    ("12,50 -", "-12.50"),
    ("+12,50", "12.50"),
    ("12,50+", "12.50"),
    (f"{MINUS}12,50", "-12.50"),
    ("- 12,50", "-12.50"),
    ("(12.50)", "-12.50"),
    ("( 1 234,50 )", "-1234.50"),
    ("12.50 CR", "-12.50"),
    ("12.50CR", "-12.50"),
    ("cr 12.50", "-12.50"),
    ("DR 12.50", "12.50"),
    ("12.50 dr", "12.50"),
    ("€12.50", "12.50"),
    ("12,50 €", "12.50"),
    ("-€12.50", "-12.50"),
    ("€-12.50", "-12.50"),
    ("($1,234.50)", "-1234.50"),
    ("EUR 12.50", "12.50"),
    ("12,50 CHF", "12.50"),
    ("1 000 IDR", "1000"),
    ("12345678901234567890123456.78", "12345678901234567890123456.78"),
]

UNREADABLE = [
    ("", AmountProblem.EMPTY, None),
    (" \t", AmountProblem.EMPTY, None),
    ("-", AmountProblem.NO_DIGITS, None),
    ("()", AmountProblem.NO_DIGITS, None),
    ("€", AmountProblem.NOT_A_DIGIT, 1),
    ("EUR", AmountProblem.NOT_A_DIGIT, 1),
    ("n/a", AmountProblem.NOT_A_DIGIT, 1),
    ("12,5O", AmountProblem.NOT_A_DIGIT, 5),
    ("l2,50", AmountProblem.NOT_A_DIGIT, 1),
    ("1.5E3", AmountProblem.NOT_A_DIGIT, 4),
    ("12%", AmountProblem.NOT_A_DIGIT, 3),
    ("12 eur", AmountProblem.NOT_A_DIGIT, 4),
    ("\u0661\u0662", AmountProblem.NOT_A_DIGIT, 1),
    ("12-50", AmountProblem.NOT_A_DIGIT, 3),
    ("-12,50-", AmountProblem.TWO_SIGNS, None),
    ("--12", AmountProblem.TWO_SIGNS, None),
    ("(-12.50)", AmountProblem.TWO_SIGNS, None),
    ("-12.50 CR", AmountProblem.TWO_SIGNS, None),
    ("(12.50", AmountProblem.UNBALANCED_PARENTHESES, 1),
    ("12.50)", AmountProblem.UNBALANCED_PARENTHESES, 6),
    ("12,", AmountProblem.NO_DECIMALS, 3),
    (",", AmountProblem.NO_DECIMALS, 1),
    ("1,2,3", AmountProblem.BAD_GROUPING, 4),
    ("12 50", AmountProblem.BAD_GROUPING, 3),
    ("1 2345", AmountProblem.BAD_GROUPING, 2),
    ("1 234 56,00", AmountProblem.BAD_GROUPING, 6),
    ("1234 567", AmountProblem.BAD_GROUPING, 5),
    ("1 234.567,89", AmountProblem.BAD_GROUPING, 6),
    ("1,234.567,89", AmountProblem.BAD_GROUPING, 6),
    ("0,123.45", AmountProblem.BAD_GROUPING, 2),
    ("12.50.", AmountProblem.BAD_GROUPING, 6),
    ("1" * 29, AmountProblem.TOO_LONG, None),
]


class TestParseAmount:
    @pytest.mark.parametrize(("text", "expected"), READABLE)
    def test_readable(self, text: str, expected: str) -> None:
        assert str(parse_amount(text)) == expected

    @pytest.mark.parametrize(("text", "problem", "position"), UNREADABLE)
    def test_unreadable(self, text: str, problem: AmountProblem, position: int | None) -> None:
        with pytest.raises(UnreadableAmount) as raised:
            parse_amount(text)
        assert (raised.value.problem, raised.value.position) == (problem, position)
        assert raised.value.text == text
        if position is not None:
            assert raised.value.character == text[position - 1]
            assert repr(raised.value.character) in str(raised.value)

    @pytest.mark.parametrize("text", ["1,234", "1.234", "999,999", "-1,234", "12,345 €"])
    def test_ambiguous_without_the_mark(self, text: str) -> None:
        with pytest.raises(AmbiguousAmount) as raised:
            parse_amount(text)
        assert raised.value.problem is AmountProblem.AMBIGUOUS
        assert set(raised.value.readings) == {
            abs(parse_amount(text, ".")),
            abs(parse_amount(text, ",")),
        }

    @pytest.mark.parametrize(
        ("text", "mark", "expected"),
        [
            ("1,234", ",", "1.234"),
            ("1,234", ".", "1234"),
            ("1.234", ",", "1234"),
            ("1.234", ".", "1.234"),
            ("1234.56", ".", "1234.56"),
            ("1.234.567,00", ",", "1234567.00"),
        ],
    )
    def test_the_mark_decides(self, text: str, mark: str, expected: str) -> None:
        assert str(parse_amount(text, mark)) == expected  # type: ignore[arg-type]

    @pytest.mark.parametrize(("text", "mark"), [("12.50", ","), ("12,50", "."), ("1.234,56", "."), ("1234.567", ",")])
    def test_the_wrong_mark_is_refused(self, text: str, mark: str) -> None:
        with pytest.raises(UnreadableAmount):
            parse_amount(text, mark)  # type: ignore[arg-type]

    def test_senseless_mark(self) -> None:
        with pytest.raises(ValueError, match="decimal mark"):
            parse_amount("1", ";")  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("text", "currency", "is_accepted"),
        [
            ("12.50 EUR", "EUR", True),
            ("12.50 €", "EUR", True),
            ("12.50", "EUR", True),
            ("$12.50", "CAD", True),
            ("£12.50", "EGP", False),
            ("£12.50", "GBP", True),
            ("12.50 USD", "EUR", False),
            ("$12.50", "EUR", False),
            ("€12.50", "USD", False),
        ],
    )
    def test_another_currency_is_refused(self, text: str, currency: str, is_accepted: bool) -> None:
        if is_accepted:
            assert parse_amount(text, currency=currency) == Decimal("12.50")
        else:
            with pytest.raises(UnreadableAmount) as raised:
                parse_amount(text, currency=currency)
            assert raised.value.problem is AmountProblem.OTHER_CURRENCY

    @given(st.text(max_size=12) | st.text("0123456789.,-+() '€CRDR\u00a0\u2212", max_size=12))
    def test_is_total(self, text: str) -> None:
        with suppress(UnreadableAmount):
            assert parse_amount(text).is_finite()

    @given(
        st.decimals(-(10**12), 10**12, places=2),
        st.sampled_from([(",", " "), (",", "."), (",", NNBSP), (".", ","), (".", "'"), (".", ""), (",", "")]),
        st.sampled_from(["{minus}{}", "{}{minus}", " {minus} {} € ", "EUR {}{minus}"]),
    )
    def test_reads_what_is_written(self, amount: Decimal, marks: tuple[str, str], form: str) -> None:
        decimal_mark, grouping = marks
        plain = f"{abs(amount):,.2f}".replace(",", "G").replace(".", decimal_mark).replace("G", grouping)
        text = form.format(plain, minus="-" if amount < 0 else "")
        assert parse_amount(text) == amount
        assert parse_amount(text, decimal_mark) == amount  # type: ignore[arg-type]

    @given(st.text("0123456789.,' -\u00a0\u202f", max_size=10), st.sampled_from([None, ".", ","]))
    def test_the_short_way_reads_like_the_long_way(self, text: str, mark: str | None) -> None:
        def read(written: str) -> Decimal | AmountProblem:
            try:
                return parse_amount(written, mark)  # type: ignore[arg-type]
            except UnreadableAmount as error:
                return error.problem

        if text.strip():
            assert read(text) == read(f" {text}\t")


class TestGuessDecimalMark:
    @pytest.mark.parametrize(
        ("samples", "expected"),
        [
            (["12,50"], ","),
            (["12.50", "1,234"], "."),
            (["1,234", "1,234,567"], "."),
            (["1 234,567"], ","),
            (["1,234"], None),
            (["12", "", "n/a"], None),
            ([], None),
            (["12,50", "12.50"], None),
            (["1.234,56", "7", "total", "0,5-"], ","),
        ],
    )
    def test_guess(self, samples: list[str], expected: str | None) -> None:
        assert guess_decimal_mark(samples) == expected
