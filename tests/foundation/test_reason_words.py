"""Every reason has words in every language, and whoever gives it gives the values that its words speak of."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils.translation import override

from quittance.core.amount_text import AmbiguousAmount, AmountProblem, UnreadableAmount, parse_amount
from quittance.core.dates import DateProblem, InvalidDate, parse_date
from quittance.core.reasons import MappingCode, ReasonCode, because
from quittance.foundation.reason_words import (
    ARCHIVE_PROBLEMS,
    LINE_REASONS,
    PROBLEMS,
    REMARKS,
    WORDS,
    reason_words,
    stored_words,
)
from quittance.ledger.intake.staging import PROBLEM_PARAMS
from quittance.web.views.import_words import REASONS

SOURCE = Path(__file__).parents[2] / "src" / "quittance"
NAMED = re.compile(r"%\((\w+)\)s")
# Values that a statement in SQL gives: of lines against what is known here, and of letter groups.
LETTER_PARAMS = {"letter", "account", "currency", "debit", "credit", "lines"}
SQL_CODES = {
    "MISSING_COMPANY", "UNKNOWN_COMPANY", "UNKNOWN_DEPARTMENT", "UNKNOWN_ACCOUNT", "AMBIGUOUS_ACCOUNT",
    "ACCOUNT_NUMBER_TOO_LONG", "ZERO_AMOUNT", "RATE_MISSING", "ID_OF_OTHER_COMPANY", "DUPLICATE_ID", "CHANGE_CONFLICTS",
}  # fmt: skip


def english(words: object) -> str:
    with override("en"):
        return str(words)


def given() -> dict[str, list[set[str]]]:
    """Find every `because(Code.X, name=...)` of the source; `**` stands for the values of an amount or a date."""
    found: dict[str, list[set[str]]] = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "because":
                continue
            if node.args and isinstance(node.args[0], ast.Attribute):
                names = {keyword.arg or "**" for keyword in node.keywords}
                found.setdefault(node.args[0].attr, []).append(names)
    return found


def test_every_code_has_words_and_nothing_else_has() -> None:
    assert set(WORDS) == {*ReasonCode, *MappingCode}
    assert set(REASONS) <= set(ReasonCode.__members__)


@pytest.mark.parametrize("code", [*LINE_REASONS, *REMARKS])
def test_every_reason_of_a_line_has_a_title(code: str) -> None:
    assert REASONS[code]


@pytest.mark.parametrize(
    ("problems", "codes"),
    [(PROBLEMS[ReasonCode.INVALID_AMOUNT], AmountProblem), (PROBLEMS[ReasonCode.INVALID_DATE], DateProblem)],
)
def test_every_problem_of_a_value_has_words(problems: dict[str, str], codes: type[AmountProblem]) -> None:
    assert set(problems) == set(codes)


@pytest.mark.parametrize("language", ["fr", "es"])
def test_every_word_is_translated(language: str) -> None:
    with (SOURCE / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalogue = read_po(file)
    tables = [WORDS, REASONS, *PROBLEMS.values()]
    texts = {english(words) for table in tables for words in table.values()}
    missing = [text for text in texts if not (found := catalogue.get(text)) or not found.string or found.fuzzy]
    assert sorted(missing) == []
    for text in texts:
        assert set(NAMED.findall(catalogue.get(text).string)) == set(NAMED.findall(text)), text  # type: ignore[union-attr,arg-type]


def test_whoever_gives_a_reason_gives_what_its_words_speak_of() -> None:
    calls = given()
    assert len(calls) > 80
    for code, words in WORDS.items():
        needed = set(NAMED.findall(english(words)))
        for names in calls.get(code, []):
            if "**" in names:
                names = names | {"value", "problem"}
            if code == ReasonCode.INVALID_LETTER_DATE:
                names = names | {"column"}
            assert needed <= names, (code, needed - names)
        if code in SQL_CODES:
            assert needed <= set(PROBLEM_PARAMS), code
        if code.startswith("LETTERS_"):
            assert needed <= LETTER_PARAMS, code


def test_every_code_is_given_somewhere() -> None:
    source = "\n".join(
        path.read_text() for path in SOURCE.rglob("*.py") if path.name not in {"reasons.py", "reason_words.py"}
    )
    assert [code for code in WORDS if f"Code.{code}" not in source and f"'{code}'" not in source] == []


@pytest.mark.parametrize("text", ["", "12,5O", "EUR", "-12-", "(12", "1.23.4", "12,", "9" * 30, "1,234", "12 USD 5"])
def test_an_amount_that_cannot_be_read_says_why(text: str) -> None:
    with pytest.raises((UnreadableAmount, AmbiguousAmount)) as refused:
        parse_amount(text)
    words = reason_words(because(ReasonCode.INVALID_AMOUNT, column="Debit", **refused.value.reason_params))
    assert text[:70] in words
    assert "–" not in words.replace(text, "")


@pytest.mark.parametrize("text", ["", "31/02/2026", "soon", "2026-13-01", "01/01/1500", "03/04/2026"])
def test_a_date_that_cannot_be_read_says_why(text: str) -> None:
    with pytest.raises(InvalidDate) as refused:
        parse_date(text)
    words = reason_words(because(ReasonCode.INVALID_DATE, column="Date", **refused.value.reason_params))
    assert text in words
    assert "–" not in words


@pytest.mark.parametrize("problem", ARCHIVE_PROBLEMS)
def test_the_ways_to_hurt_with_an_archive_have_their_values(problem: str) -> None:
    source = "\n".join(path.read_text() for path in SOURCE.rglob("*.py"))
    calls = re.findall(rf'because\(ReasonCode\.ARCHIVE_BOMB, problem="{problem}"(.*)\)', source)
    assert calls
    needed = set(NAMED.findall(english(ARCHIVE_PROBLEMS[problem])))
    assert all(needed <= set(re.findall(r"(\w+)=", call)) for call in calls)


def test_the_place_of_a_reason_comes_first() -> None:
    params = {"entry": "2", "value": "12,5O", "member": "may.xml"}
    with override("en"):
        words = stored_words(code="AMOUNT_UNREADABLE", params=params)
    assert words == "In may.xml: Entry 2: The amount “12,5O” is not a number like 12.34."


def test_amounts_and_sizes_are_written_by_the_language() -> None:
    letters = {"letter": "AA", "account": "C1", "debit": "1234.50", "credit": "0.00", "currency": "EUR", "lines": "3"}
    with override("fr"):
        assert "1\u202f234,50" in stored_words(code="LETTERS_NOT_BALANCED", params=letters).replace("\xa0", "\u202f")
        assert "2,0" in stored_words(code="TOO_LARGE", params={"size": str(2 << 30), "most": str(1 << 30)})


def test_a_row_from_before_there_were_codes_keeps_its_words() -> None:
    assert stored_words(code="INVALID_DATE", params={}, before="Column Date: no date.") == "Column Date: no date."
