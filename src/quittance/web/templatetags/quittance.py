"""Template tags of the design system: ``{% load quittance %}``. See web/README.md for examples."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from quittance.core.reasons import Reason
from quittance.foundation.reason_words import reason_words
from quittance.web import charts, formats, markup

register = template.Library()

register.simple_tag(markup.money_html, name="money")
register.filter("amount", markup.amount_html)
register.filter("number", formats.number_text)
register.filter("figure", formats.figure_text)
register.filter("capped", formats.capped_text)
register.filter("percent", formats.percent_text)
register.simple_tag(markup.days_late_html, name="days_late")
register.simple_tag(markup.status_html, name="status")
register.simple_tag(markup.icon_html, name="icon")
register.simple_tag(markup.person_html, name="person")


@register.filter
def reason(told: Reason) -> str:
    """Write a reason in the present language."""
    return reason_words(told)


@register.filter
def short_date(day: date | None) -> str:
    """Write a date short, as plain text (inside sentences and attributes)."""
    return formats.short_date_text(day)


@register.simple_tag(takes_context=True, name="date")
def date_tag(context: Context, day: date | None, today: date | None = None) -> SafeString:
    """Write a date; on hover its long form and its distance from ``today`` (the as-of day by default)."""
    known = context.get("as_of")
    return markup.date_html(day, today or (known() if callable(known) else known))


@register.simple_tag
def moment(value: datetime | None) -> SafeString:
    """Write a moment in local time."""
    return markup.moment_html(value)


@register.simple_tag
def panel_link(href: str) -> SafeString:
    """Attributes of a link that opens in the side panel, and as a page without JavaScript."""
    return markup.link_attributes(href, panel=True)


@register.simple_tag(takes_context=True)
def table(context: Context, table: Any) -> SafeString:
    """Render a ``quittance.web.tables.Table`` at this place."""
    return SafeString(render_to_string("components/table.html", table.context(), request=context.get("request")))


@register.inclusion_tag("components/delta.html")
def delta(
    value: Decimal | int | None, unit: str = "", *, good: str = "down", digits: int = 0, label: str = ""
) -> dict[str, object]:
    """Show a change; ``good`` says which direction is good ('up' or 'down'): it gives the colour."""
    direction = "none" if not value else "up" if value > 0 else "down"
    tone = "neutral" if direction == "none" else "settled" if direction == good else "late"
    text = formats.number_text(value if value > 0 else -value, digits) if value else formats.DASH
    return {"direction": direction, "tone": tone, "text": text, "unit": unit, "label": label}


@register.inclusion_tag("components/ageing_bar.html")
def ageing_bar(buckets: Sequence[Mapping[str, Any]], currency: str, legend: bool = True) -> dict[str, object]:
    """Draw amounts by age. Each bucket: label, amount, step (0 not due, 1-5 late), optional href, is_selected."""
    bar = markup.ageing_svg(buckets, currency)
    return {"bar": bar, "buckets": buckets, "currency": currency, "has_legend": legend}


@register.inclusion_tag("components/sparkline.html")
def sparkline(values: Sequence[Decimal | int | float], label: str) -> dict[str, object]:
    """Draw a small trend line; ``label`` says it in words."""
    return {"points": charts.sparkline_points(values), "label": label}


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int | None, label: str, *, href: str = "", topic: str = "") -> dict[str, object]:
    """Show a progress bar. ``href`` (a fragment that holds this tag again) is polled until nothing asks for it."""
    percent = None if not total else min(100, done * 100 // total)
    return {"done": done, "total": total, "percent": percent, "label": label, "href": href, "topic": topic}


@register.inclusion_tag("components/chart.html")
def chart(spec: charts.Chart, export_url: str = "") -> dict[str, object]:
    """Draw a chart with its table. Build the spec with ``quittance.web.charts.Chart``."""
    return {
        "chart": spec,
        "export_url": export_url,
        "table": spec.table(),
        "data": spec.data(),
        "data_id": f"chart-{spec.id}",
    }


@register.inclusion_tag("components/field.html")
def field(bound_field: Any, hint: str = "", label: str = "") -> dict[str, object]:
    """Show a form field: label, control, help, error."""
    return {
        "field": bound_field,
        "label": label or bound_field.label,
        "hint": (hint or str(bound_field.help_text)).strip(),
        "kind": _field_kind(bound_field),
    }


def _field_kind(bound_field: Any) -> str:
    widget = getattr(bound_field.field.widget, "input_type", "")
    is_check = widget == "checkbox" and not bound_field.use_fieldset
    return "check" if is_check else "area" if not widget else "line"


@register.inclusion_tag("components/file_drop.html")
def file_drop(bound_field: Any, text: str = "", accept: str = "") -> dict[str, object]:
    """Show a file field one can drop on, with the progress of the upload (inside a multipart form)."""
    return {"field": bound_field, "text": text, "accept": accept}


@register.inclusion_tag("components/stepper.html")
def stepper(steps: Sequence[str], current: int) -> dict[str, object]:
    """Show where one is in a sequence; ``current`` counts from 1."""
    marked = [
        {"label": label, "state": "done" if n < current else "now" if n == current else "todo", "number": n}
        for n, label in enumerate(steps, start=1)
    ]
    return {"steps": marked}


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Show a history, newest first. Entry: at, title; optional who, text, tone, href, icon."""
    return {"entries": entries}


@register.inclusion_tag("components/diff.html")
def diff(changes: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Show changed values: each change has label, before, after."""
    return {"changes": changes}


@register.inclusion_tag("components/facts.html")
def facts(pairs: Sequence[tuple[str, Any]]) -> dict[str, object]:
    """Show a description list of (name, value); empty values are left out."""
    return {"pairs": [(name, value) for name, value in pairs if value not in (None, "")]}


@register.inclusion_tag("components/empty.html")
def empty_state(title: str, text: str = "", href: str = "", action: str = "") -> dict[str, object]:
    """Say that there is nothing, and what to do next."""
    return {"title": title, "text": text, "href": href, "action": action}


@register.inclusion_tag("components/dialog.html", takes_context=True)
def confirm(
    context: Context, label: str, question: str, action: str, *, text: str = "", verb: str = "", look: str = ""
) -> dict[str, object]:
    """Show a button that asks first; the dialog says the consequence. Needs ``csrf_token`` only at the page."""
    return {
        "csrf_token": context.get("csrf_token"),
        "id": f"ask-{secrets.token_hex(4)}",
        "label": label,
        "question": question,
        "action": action,
        "text": text,
        "verb": verb or label,
        "look": look,
    }


@register.simple_tag
def key(name: str) -> SafeString:
    """Show a key of the keyboard."""
    return format_html("<kbd>{}</kbd>", name)
