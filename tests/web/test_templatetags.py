"""Figures, dates and words as they are written, by language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from quittance.web import formats, markup
from quittance.web.charts import Chart, Series, bar_parts, sparkline_points
from quittance.web.words import STATUS_WORDS, TONES, status_word

NARROW = "\u202f"


def render(text: str, language: str = "en", **values: object) -> str:
    with translation.override(language):
        return Template("{% load quittance %}" + text).render(Context(values))


AMOUNTS = """
language | amount      | currency | alone          | column
en       | 1234.5      | EUR      | €1,234.50      | 1,234.50
en       | -1234.5     | EUR      | −€1,234.50     | −1,234.50
en       | 0           | EUR      | –              | –
en       | -0.01       | EUR      | −€0.01         | −0.01
en       | 1234        | JPY      | JP¥1,234       | 1,234
fr       | 1234567.89  | EUR      | 1_234_567,89~€ | 1_234_567,89
fr       | -20         | EUR      | −20,00~€       | −20,00
es       | 1234567.89  | EUR      | 1.234.567,89~€ | 1.234.567,89
en       | 1.234       | TND      | TND~1.234      | 1.234
"""


@pytest.mark.parametrize("line", AMOUNTS.strip().splitlines()[1:])
def test_amounts(line: str) -> None:
    language, amount, currency, alone, column = (cell.strip() for cell in line.split("|"))
    alone, column = (text.replace("_", NARROW).replace("~", "\xa0") for text in (alone, column))
    locale = formats.locale_of(language)
    assert formats.money_text(Decimal(amount), currency, locale=locale) == alone
    assert formats.amount_text(Decimal(amount), currency, locale=locale) == column


def test_an_amount_that_is_not_there_is_empty_not_zero() -> None:
    assert render('{% money x "EUR" %}{{ x|amount:"EUR" }}', x=None) == ""


def test_a_headline_leaves_decimals_out() -> None:
    assert formats.money_text(Decimal("1234.56"), "EUR", whole=True, locale=formats.locale_of("fr")) == (
        f"1{NARROW}235\xa0€"
    )


@pytest.mark.parametrize(
    ("days", "text", "step"),
    [
        (-3, "due in 3 days", 0),
        (-1, "due in 1 day", 0),
        (0, "due today", 0),
        (1, "1 day late", 1),
        (30, "30 days late", 1),
        (31, "31 days late", 2),
        (121, "121 days late", 5),
    ],
)
def test_lateness(days: int, text: str, step: int) -> None:
    html = render("{% days_late days %}", days=days)
    assert text in html
    assert f'data-step="{step}"' in html


def test_a_date_tells_its_distance_on_hover() -> None:
    html = render("{% date day %}", day=date(2026, 3, 1), as_of=date(2026, 3, 13))
    assert 'title="Sunday 1 March 2026 · 12 days ago"' in html or "12 days ago" in html
    assert ">1 Mar 2026<" in html
    assert ">01/03/2026<" in render("{% date day %}", "fr", day=date(2026, 3, 1))
    assert render("{% date day %}", day=None) == ""


def test_relative_days() -> None:
    with translation.override("en"):
        today = date(2026, 3, 1)
        assert formats.relative_days_text(today, today) == "today"
        assert formats.relative_days_text(date(2026, 3, 2), today) == "in 1 day"


def test_a_moment_is_local() -> None:
    assert "11:00" in render("{% moment at %}", "fr", at=datetime(2026, 1, 5, 10, 0, tzinfo=UTC))
    assert render("{% moment at %}", at=None) == ""


@pytest.mark.parametrize("code", ["en", "fr", "es"])
def test_a_day_reads_the_same_with_and_without_its_time(code: str) -> None:
    at = datetime(2026, 11, 22, 5, 44, tzinfo=UTC)
    with translation.override(code):
        assert formats.moment_text(at).startswith(formats.short_date_text(at.date()))


@pytest.mark.parametrize("code", sorted(STATUS_WORDS))
def test_every_status_has_a_word_and_a_known_tone(code: str) -> None:
    word, tone = status_word(code)
    assert word
    assert tone in TONES


def test_an_unknown_status_is_readable() -> None:
    assert status_word("LEFT_AT_DOOR") == ("Left at door", "neutral")
    assert 'data-tone="soon"' in render('{% status "X" label="Odd" tone="soon" %}')


def test_everything_variable_is_escaped() -> None:
    evil = '"><script>'
    for text in (
        "{% person x %}",
        "{% status x %}",
        "{% key x %}",
        "{% icon x %}",
        "{% facts p %}",
        "{% timeline e %}",
    ):
        html = render(text, x=evil, p=[("a", evil)], e=[{"title": evil, "at": date(2026, 1, 1)}])
        assert "<script>" not in html, text


@pytest.mark.parametrize(
    ("value", "good", "tone", "word"),
    [
        (3, "down", "late", "up by"),
        (-3, "down", "settled", "down by"),
        (3, "up", "settled", "up by"),
        (0, "up", "neutral", "unchanged"),
    ],
)
def test_delta(value: int, good: str, tone: str, word: str) -> None:
    html = render('{% delta value "days" good=good %}', value=value, good=good)
    assert f'data-tone="{tone}"' in html
    assert word in html


def test_progress_without_a_total_does_not_invent_one() -> None:
    assert 'value="' not in render('{% progress 12 None "Reading" %}')
    assert "50 %" in render('{% progress 50 100 "Reading" %}')
    html = render('{% progress 1 2 "Reading" href="/p/" topic="import-3" %}')
    assert 'hx-trigger="import-3 from:body, every 2s"' in html


def test_the_ageing_bar_fills_its_width_and_keeps_credits_out() -> None:
    parts = bar_parts([{"amount": Decimal(n), "step": 0} for n in (1, 1, -4, 1)])
    assert parts[-1]["x"] + parts[-1]["width"] == 1000
    assert parts[2]["width"] == 0
    assert [part["width"] for part in bar_parts([{"amount": Decimal(0), "step": 0}])] == [0]


def test_a_sparkline_survives_one_value_and_none() -> None:
    assert sparkline_points([]) == ""
    assert sparkline_points([5]) == "1.0,23.0"


def test_a_chart_holds_its_table() -> None:
    chart = Chart(
        id="x", title="T", categories=["a", "b"], series=[Series(name="s", values=[Decimal("1.5"), None])], digits=1
    )
    assert chart.table() == [("a", ["1.5"]), ("b", [""])]
    html = render("{% chart chart %}", chart=chart)
    assert '<script id="chart-x" type="application/json">' in html
    assert "<caption" in html


def test_markup_of_empty_values_is_empty() -> None:
    assert markup.money_html(None, "EUR") == markup.date_html(None) == markup.days_late_html(None) == ""
    assert markup.status_html("") == ""


def test_what_is_drawn_once_is_drawn_in_each_language() -> None:
    day, today = date(2026, 11, 5), date(2026, 11, 8)
    shown = [render("{% date day today %}", language, day=day, today=today) for language in ("en", "fr", "en", "fr")]
    assert shown[0] == shown[2] != shown[1] == shown[3]
    assert "3 days ago" in shown[0]
    assert "il y a 3 jours" in shown[1]
    english = markup.days_late_html(3)
    assert "3 days late" in english
    with translation.override("fr"):
        assert markup.days_late_html(3) != english


def test_a_fragment_escapes_all_but_markup_and_translates_late() -> None:
    hostile = "<script>\"&'"
    assert markup.fragment("<b>{}</b>", hostile) == "<b>&lt;script&gt;&quot;&amp;&#x27;</b>"
    assert markup.fragment("<b>{}</b>", markup.fragment("<i>{}</i>", hostile)).count("&lt;") == 1
    with translation.override("fr"):
        assert markup.fragment("{}", STATUS_WORDS["SETTLED"][0]) == "Soldé"
