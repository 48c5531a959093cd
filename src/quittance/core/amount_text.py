"""Reading amounts as ERPs, banks and people write them: strictly, or not at all.

``parse_amount`` is total: every text gives an exact ``Decimal`` or an ``UnreadableAmount`` that says which
character is wrong. An amount that can be read in two ways is refused, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal

from quittance.core.currencies import KNOWN_EXPONENTS

DecimalMark = Literal[".", ","]

DIGITS_MAX: Final = 28
_DECIMAL_MARKS: Final[tuple[DecimalMark, DecimalMark]] = (".", ",")
_MINUS: Final = "-\u2212\u2013"
_SPACES: Final = " \u00a0\u202f\u2009\u2007"
_APOSTROPHES: Final = "'\u2019"
_BODY: Final = frozenset("0123456789.," + _SPACES + _APOSTROPHES)
_OWN_SIGNS: Final = {"EUR": "€", "GBP": "£"}
# What nine amounts in ten look like; the pattern only saves time, the long way reads the same.
_COMMON: Final = re.compile(
    r"-?(?:[0-9]{1,15}|[1-9][0-9]{0,2}(?:(?P<group>[ .,'\u00a0\u202f])[0-9]{3})(?:(?P=group)[0-9]{3}){0,4})"
    r"(?:(?P<mark>[.,])[0-9]{1,2})?"
)


class AmountProblem(StrEnum):
    """Why a text is not an amount."""

    EMPTY = "EMPTY"
    NOT_A_DIGIT = "NOT_A_DIGIT"
    NO_DIGITS = "NO_DIGITS"
    TWO_SIGNS = "TWO_SIGNS"
    UNBALANCED_PARENTHESES = "UNBALANCED_PARENTHESES"
    BAD_GROUPING = "BAD_GROUPING"
    NO_DECIMALS = "NO_DECIMALS"
    TOO_LONG = "TOO_LONG"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    AMBIGUOUS = "AMBIGUOUS"
    TOO_LARGE = "TOO_LARGE"
    TOO_PRECISE = "TOO_PRECISE"


class UnreadableAmount(ValueError):
    """The text is not an amount; ``position`` counts from 1 and names ``character``, if one is at fault."""

    def __init__(self, text: str, problem: AmountProblem, detail: str, position: int | None = None) -> None:
        super().__init__(f"{text[:80]!r} is not an amount: {detail}")
        self.text = text
        self.problem = problem
        self.position = position
        self.character = text[position - 1] if position is not None else None

    @property
    def reason_params(self) -> dict[str, str]:
        """What the words of the problem speak of."""
        params = {"value": self.text.strip(), "problem": self.problem.value}
        if self.position is not None:
            params |= {"character": str(self.character), "place": str(self.position)}
        return params


class AmbiguousAmount(UnreadableAmount):
    """The text can be read as two amounts; the decimal mark must be told."""

    def __init__(self, text: str, readings: tuple[Decimal, Decimal]) -> None:
        detail = f"it can be {readings[0]} or {readings[1]}; say which mark separates the decimals"
        super().__init__(text, AmountProblem.AMBIGUOUS, detail)
        self.readings = readings

    @property
    def reason_params(self) -> dict[str, str]:
        """What the words of the problem speak of."""
        return {**super().reason_params, "first": str(self.readings[0]), "second": str(self.readings[1])}


def parse_amount(text: str, decimal_mark: DecimalMark | None = None, *, currency: str | None = None) -> Decimal:
    """Return the amount that the text says, exactly, with its sign.

    A minus before or after, a true minus, parentheses and CR make it negative; DR and plus do not. Thousands
    may be grouped by spaces (also no-break and narrow ones), apostrophes, points or commas. A currency sign
    or ISO code may stand on either side; with ``currency`` given, another one is refused.

    >>> [str(parse_amount(text)) for text in ("1 234,56", "1'234.56", "12,50-", "(12.50)", "€ 7.00 CR")]
    ['1234.56', '1234.56', '-12.50', '-12.50', '-7.00']
    >>> parse_amount("1,234", decimal_mark=".")
    Decimal('1234')
    >>> parse_amount("12,5O")
    Traceback (most recent call last):
    ...
    quittance.core.amount_text.UnreadableAmount: '12,5O' is not an amount: 'O' (character 5) is not a digit

    :raises AmbiguousAmount: when only the decimal mark could tell ("1,234").
    :raises UnreadableAmount: for any other text that is not an amount.
    """
    if decimal_mark is not None and decimal_mark not in _DECIMAL_MARKS:
        raise ValueError(f"the decimal mark is a point or a comma, not {decimal_mark!r}")
    common = _read_common(text, decimal_mark)
    if common is not None:
        return common
    start, end, is_negative = _strip_affixes(text, currency)
    for index in range(start, end):
        if text[index] not in _BODY:
            raise _problem(text, AmountProblem.NOT_A_DIGIT, index, "is not a digit")
    digits = _read_body(text, start, end, decimal_mark)
    return _signed(digits, is_negative=is_negative)


def guess_decimal_mark(samples: Iterable[str]) -> DecimalMark | None:
    """Return the only decimal mark with which all the samples can be read, None when they do not tell.

    Samples that are no amount under either mark are left aside.

    >>> guess_decimal_mark(["1,234", "12,50", "n/a"])
    ','
    >>> guess_decimal_mark(["1,234", "12"]) is None
    True
    """
    possible = set(_DECIMAL_MARKS)
    for sample in samples:
        readable = {mark for mark in _DECIMAL_MARKS if _is_readable(sample, mark)}
        if readable:
            possible &= readable
    return possible.pop() if len(possible) == 1 else None


def _is_readable(text: str, decimal_mark: DecimalMark) -> bool:
    try:
        parse_amount(text, decimal_mark)
    except UnreadableAmount:
        return False
    return True


def _read_common(text: str, decimal_mark: DecimalMark | None) -> Decimal | None:
    """Return the amount when its form is common and leaves no doubt."""
    found = _COMMON.fullmatch(text)
    if found is None:
        return None
    group, mark = found["group"], found["mark"]
    if mark is not None and (group == mark or decimal_mark not in (None, mark)):
        return None
    if group is not None:
        if mark is None and group in _DECIMAL_MARKS:
            return None
        text = text.replace(group, "")
    return _signed(text.lstrip("-").replace(",", "."), is_negative=text[0] == "-")


def _signed(digits: str, *, is_negative: bool) -> Decimal:
    amount = Decimal(digits)
    return amount.copy_negate() if is_negative and amount else amount


def _problem(text: str, problem: AmountProblem, index: int, detail: str) -> UnreadableAmount:
    return UnreadableAmount(text, problem, f"{text[index]!r} (character {index + 1}) {detail}", index + 1)


def _strip_affixes(text: str, currency: str | None) -> tuple[int, int, bool]:
    """Return where the figures start and end, and whether a sign around them is negative."""
    start, end = 0, len(text)
    signs: list[bool] = []
    while True:
        start, end = _trim(text, start, end)
        if start == end:
            problem = AmountProblem.NO_DIGITS if text.strip() else AmountProblem.EMPTY
            raise UnreadableAmount(text, problem, "there is no figure in it")
        sign = None
        if text[start] == "(" or text[end - 1] == ")":
            if text[start] != "(" or text[end - 1] != ")":
                index = start if text[start] == "(" else end - 1
                raise _problem(text, AmountProblem.UNBALANCED_PARENTHESES, index, "has no counterpart")
            start, end, sign = start + 1, end - 1, True
        elif text[start] in _MINUS or text[start] == "+":
            start, sign = start + 1, text[start] != "+"
        elif text[end - 1] in _MINUS or text[end - 1] == "+":
            end, sign = end - 1, text[end - 1] != "+"
        else:
            before = (start, end)
            start, end, sign = _strip_word(text, start, end, currency)
            if (start, end) == before:
                break
        if sign is not None:
            signs.append(sign)
    if len(signs) > 1:
        raise UnreadableAmount(text, AmountProblem.TWO_SIGNS, "it has two signs")
    return start, end, signs == [True]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _strip_word(text: str, start: int, end: int, currency: str | None) -> tuple[int, int, bool | None]:
    """Take one DR, CR, currency sign or ISO code off either side; unchanged bounds when there is none."""
    for length in (3, 2, 1):
        if end - start <= length:
            continue
        for word, bounds in (
            (text[start : start + length], (start + length, end)),
            (text[end - length : end], (start, end - length)),
        ):
            if word.upper() in ("DR", "CR"):
                return *bounds, word.upper() == "CR"
            if word in KNOWN_EXPONENTS or (length == 1 and unicodedata.category(word) == "Sc"):
                if currency is not None and not _is_mark_of(word, currency):
                    detail = f"it is in {word}, {currency} was expected"
                    raise UnreadableAmount(text, AmountProblem.OTHER_CURRENCY, detail)
                return *bounds, None
    return start, end, None


def _is_mark_of(mark: str, currency: str) -> bool:
    """Tell whether the sign or code can stand for the currency; only the euro and sterling own their sign."""
    if mark in KNOWN_EXPONENTS:
        return mark == currency
    owners = [code for code, sign in _OWN_SIGNS.items() if sign == mark or code == currency]
    return owners in ([], [currency]) and _OWN_SIGNS.get(currency, mark) == mark


def _read_body(text: str, start: int, end: int, decimal_mark: DecimalMark | None) -> str:
    """Return the figures in the form that ``Decimal`` reads, trying both decimal marks when none is told."""
    if decimal_mark is not None:
        return _read_with_mark(text, start, end, decimal_mark)
    readings: list[str] = []
    problems: dict[DecimalMark, UnreadableAmount] = {}
    for mark in _DECIMAL_MARKS:
        try:
            readings.append(_read_with_mark(text, start, end, mark))
        except UnreadableAmount as error:
            problems[mark] = error
    if not readings:
        body = text[start:end]
        raise problems["." if body.rfind(".") > body.rfind(",") else ","]
    if len({Decimal(reading) for reading in readings}) > 1:
        raise AmbiguousAmount(text, (Decimal(readings[0]), Decimal(readings[1])))
    return readings[0]


def _read_with_mark(text: str, start: int, end: int, decimal_mark: DecimalMark) -> str:
    at = text.find(decimal_mark, start, end)
    whole_end = end if at < 0 else at
    whole = _read_whole(text, start, whole_end)
    decimals = "" if at < 0 else text[at + 1 : end]
    if at >= 0 and not decimals:
        raise _problem(text, AmountProblem.NO_DECIMALS, at, "is not followed by decimals")
    for index in range(whole_end + 1, end):
        if not _is_digit(text[index]):
            raise _problem(text, AmountProblem.BAD_GROUPING, index, "stands after the decimal mark")
    whole = whole.lstrip("0") or "0"
    if len(whole) + len(decimals) > DIGITS_MAX:
        raise UnreadableAmount(text, AmountProblem.TOO_LONG, f"it has more than {DIGITS_MAX} digits")
    return f"{whole}.{decimals}" if decimals else whole


def _read_whole(text: str, start: int, end: int) -> str:
    """Return the digits before the decimal mark; separators must be alike and every three digits."""
    separators = [index for index in range(start, end) if not _is_digit(text[index])]
    if not separators:
        return text[start:end]
    kinds = {" " if text[index] in _SPACES else text[index] for index in separators}
    if len(kinds) > 1:
        raise _problem(text, AmountProblem.BAD_GROUPING, separators[-1], "is a second kind of separator")
    for index, following in zip(separators, [*separators[1:], end], strict=True):
        if following - index != 4:
            raise _problem(text, AmountProblem.BAD_GROUPING, index, "is not followed by three digits")
    if not 1 <= separators[0] - start <= 3 or text[start] == "0":
        raise _problem(text, AmountProblem.BAD_GROUPING, separators[0], "does not follow one to three digits")
    return text[start : separators[0]] + "".join(text[index + 1 : index + 4] for index in separators)


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"
