"""Small pieces of markup written in Python, because tables need them by the thousand.

Each function returns safe HTML with everything variable escaped. Template tags and table columns share them,
so that an amount looks the same wherever it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any

from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from quittance.web import charts, formats
from quittance.web.words import status_word

EMPTY = mark_safe("")
# Days, statuses and the like repeat from row to row and from page to page; each is drawn once a language.
_DRAWINGS = 8192


def fragment(template: str, *values: object) -> SafeString:
    """Return `template` with each value in its place, escaped unless it is markup already.

    What Django's `format_html` does, in half the time: it looks for lazy texts at each call, here they become text.

    >>> fragment("<b>{}</b>{}", "a < b", mark_safe("<i></i>"))
    '<b>a &lt; b</b><i></i>'
    """
    return SafeString(template.format(*[_escaped(value) for value in values]))


def _escaped(value: object) -> str:
    if type(value) is SafeString:
        return value
    if hasattr(value, "__html__"):
        return str(value.__html__())
    return escape(str(value))


def money_html(amount: Decimal | int | None, currency: str, *, whole: bool = False) -> SafeString:
    """Return an amount with its currency, as a figure that stands alone."""
    if amount is None:
        return EMPTY
    return _figure(amount, formats.money_text(amount, currency, whole=whole))


def amount_html(amount: Decimal | int | None, currency: str = "") -> SafeString:
    """Return an amount without currency, for a column that names it in its heading."""
    if amount is None:
        return EMPTY
    return _figure(amount, formats.amount_text(amount, currency))


def _figure(amount: Decimal | int, text: str) -> SafeString:
    sign = "zero" if amount == 0 else "minus" if amount < 0 else "plus"
    return fragment('<data class="money" data-sign="{}" value="{}">{}</data>', sign, amount, text)


def ageing_html(buckets: Sequence[Mapping[str, Any]], currency: str) -> SafeString:
    """Return a bar of amounts by age that stands alone (buckets as the tag ``ageing_bar`` takes them)."""
    return fragment(
        '<figure class="ageing" aria-label="{}">{}</figure>', _("Amounts by age"), ageing_svg(buckets, currency)
    )


def ageing_svg(buckets: Sequence[Mapping[str, Any]], currency: str) -> SafeString:
    """Return the drawing of amounts by age; each part names itself and its amount on hover."""
    parts = SafeString("".join(_bar_part(part, currency) for part in charts.bar_parts(buckets)))
    return fragment(
        '<svg class="ageing-bar" viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true" '
        'focusable="false"><rect class="ageing-ground" width="1000" height="16"></rect>{}</svg>',
        parts,
    )


def _bar_part(part: Mapping[str, Any], currency: str) -> SafeString:
    if not part["width"]:
        return EMPTY
    rect = fragment(
        '<rect class="ageing-part" data-step="{}" x="{}" width="{}" height="16"{}><title>{}: {}</title></rect>',
        part["step"], part["x"], part["width"], mark_safe(" data-selected") if part.get("is_selected") else "",
        part["label"], formats.money_text(part["amount"], currency),
    )  # fmt: skip
    return fragment('<a href="{}" tabindex="-1">{}</a>', part["href"], rect) if part.get("href") else rect


def date_html(day: date | None, today: date | None = None) -> SafeString:
    """Return a short date whose long and relative forms show on hover."""
    return EMPTY if day is None else _date_html(day, today, get_language())


@lru_cache(maxsize=_DRAWINGS)
def _date_html(day: date, today: date | None, _language: str | None) -> SafeString:
    hover = formats.long_date_text(day)
    if today is not None:
        hover = f"{hover} · {formats.relative_days_text(day, today)}"
    return fragment(
        '<time class="date" datetime="{}" title="{}">{}</time>',
        day.isoformat(),
        hover,
        formats.short_date_text(day),
    )


def moment_html(moment: datetime | None) -> SafeString:
    """Return a moment in local time."""
    if moment is None:
        return EMPTY
    text = formats.moment_text(moment)
    return fragment('<time class="date" datetime="{}">{}</time>', moment.isoformat(), text)


def days_late_html(days: int | None, *, words: bool = True) -> SafeString:
    """Return a lateness: deeper with age; ``words`` writes 'days late', otherwise the number only (columns)."""
    return EMPTY if days is None else _days_late_html(days, words, get_language())


@lru_cache(maxsize=_DRAWINGS)
def _days_late_html(days: int, words: bool, _language: str | None) -> SafeString:
    step = formats.late_step(days)
    text = formats.days_late_text(days) if words else formats.number_text(days)
    title = "" if words else formats.days_late_text(days)
    return fragment('<span class="days" data-step="{}" title="{}">{}</span>', step, title, text)


def status_html(code: str, label: str = "", tone: str = "") -> SafeString:
    """Return a status word with its mark; label and tone override the registry of words."""
    if not code and not label:
        return EMPTY
    word, known_tone = status_word(code)
    return fragment('<span class="status" data-tone="{}">{}</span>', tone or known_tone, label or word)


def icon_html(name: str) -> SafeString:
    """Return an icon of the sprite; always hidden from screen readers, the verb beside it speaks."""
    sprite = static("quittance/img/icons.svg")
    return fragment(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>', sprite, name
    )


def person_html(name: str, hint: str = "") -> SafeString:
    """Return a person: initials (hidden from readers) and name."""
    if not name:
        return fragment('<span class="person" data-nobody>{}</span>', formats.DASH)
    parts = name.split()
    initials = (parts[0][:1] + (parts[-1][:1] if len(parts) > 1 else "")).upper()
    return fragment(
        '<span class="person" title="{}"><span class="initials" aria-hidden="true">{}</span>{}</span>',
        hint,
        initials,
        name,
    )


def link_attributes(href: str, *, panel: bool = False) -> SafeString:
    """Return ``href`` and, for a side panel, the htmx attributes beside it."""
    if not panel:
        return fragment('href="{}"', href)
    return fragment('href="{0}" hx-get="{0}" hx-target="#panel" hx-swap="innerHTML" data-panel-link', href)
