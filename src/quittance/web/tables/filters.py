"""Filters of a table: a control in the filter form, a chip with a readable value, conditions on the rows.

A value nobody can understand raises ``FilterError``; the table shows its message and answers 422.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from quittance.web import formats
from quittance.web.tables.conditions import AllOf, Condition, Raw, Where

Text = str | Promise


class FilterError(Exception):
    """The value of a filter cannot be used; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control in the filter form."""

    name: str
    label: Text
    kind: str  # 'text', 'date', 'number', 'select', 'checks'
    values: Sequence[str]
    options: Sequence[tuple[str, Text]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Base of the filters: ``name`` in the address, ``label``, ``field`` of the row (``name`` unless given)."""

    name: str
    label: Text
    field: str = ""

    @property
    def on(self) -> str:
        """Return the field filtered."""
        return self.field or self.name

    def names(self) -> Sequence[str]:
        """Return the names this filter uses in the address."""
        return [self.name]

    def controls(self, params: QueryDict, prefix: str) -> list[Control]:
        """Return the controls, filled with what was asked."""
        name = prefix + self.name
        return [Control(name=name, label=self.label, kind="text", values=params.getlist(name))]

    def read(self, params: QueryDict, prefix: str) -> tuple[Condition, str] | None:
        """Return (condition, readable value), or None when nothing is asked.

        :raises FilterError: the value cannot be used.
        """
        text = params.get(prefix + self.name, "").strip()
        return (Where(self.on, "icontains", text), f"“{text}”") if text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFilter(Filter):
    """Text contained in a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceFilter(Filter):
    """One or several of a list. ``choices``: pairs (value, label), or a function that returns them.

    ``condition`` turns the chosen values into a ``Q`` when they are not simply values of the field.
    ``reads`` turns a text of the address into the stored value (``int`` for ids).
    """

    choices: Sequence[tuple[str, Text]] | Callable[[], Sequence[tuple[str, Text]]] = ()
    is_multiple: bool = True
    reads: Callable[[str], Any] = str
    condition: Callable[[list[Any]], Q] | None = None

    def options(self) -> Sequence[tuple[str, Text]]:
        """Return the pairs (value, label)."""
        found = self.choices() if callable(self.choices) else self.choices
        return [(str(value), label) for value, label in found]

    def controls(self, params: QueryDict, prefix: str) -> list[Control]:
        """Return one select, or check boxes."""
        name = prefix + self.name
        return [
            Control(
                name=name,
                label=self.label,
                kind="checks" if self.is_multiple else "select",
                values=params.getlist(name),
                options=self.options(),
            )
        ]

    def read(self, params: QueryDict, prefix: str) -> tuple[Condition, str] | None:
        """Return the condition on the chosen values."""
        asked = [text for text in params.getlist(prefix + self.name) if text]
        if not asked:
            return None
        labels = {value: str(label) for value, label in self.options()}
        unknown = [text for text in asked if text not in labels]
        if unknown:
            raise FilterError(_("“%(value)s” is not one of the choices.") % {"value": unknown[0]})
        values = [self.reads(text) for text in asked]
        shown = ", ".join(labels[text] for text in asked)
        if self.condition is not None:
            return Raw(self.condition(values)), shown
        return Where(self.on, "in", values), shown


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagFilter(Filter):
    """Yes or no on a true/false field, or on ``conditions`` {'yes': Q, 'no': Q}."""

    conditions: Mapping[str, Q] = field(default_factory=dict)

    def controls(self, params: QueryDict, prefix: str) -> list[Control]:
        """Return a select of three."""
        name = prefix + self.name
        options = [("", _("Any")), ("yes", _("Yes")), ("no", _("No"))]
        return [Control(name=name, label=self.label, kind="select", values=params.getlist(name), options=options)]

    def read(self, params: QueryDict, prefix: str) -> tuple[Condition, str] | None:
        """Return the condition on the flag."""
        text = params.get(prefix + self.name, "")
        if not text:
            return None
        if text not in ("yes", "no"):
            raise FilterError(_("“%(value)s” is not one of the choices.") % {"value": text})
        shown = formats.yes_no_text(text == "yes")
        if self.conditions:
            return Raw(self.conditions[text]), shown
        return Where(self.on, "exact", text == "yes"), shown


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeFilter(Filter):
    """From and to, both included; base of dates and amounts."""

    def names(self) -> Sequence[str]:
        """Return the names of both ends."""
        return [f"{self.name}_from", f"{self.name}_to"]

    def controls(self, params: QueryDict, prefix: str) -> list[Control]:
        """Return two controls."""
        labels = {
            "from": _("%(label)s from") % {"label": self.label},
            "to": _("%(label)s to") % {"label": self.label},
        }
        return [
            Control(
                name=f"{prefix}{self.name}_{end}",
                label=label,
                kind=self.control_kind(),
                values=params.getlist(f"{prefix}{self.name}_{end}"),
            )
            for end, label in labels.items()
        ]

    def read(self, params: QueryDict, prefix: str) -> tuple[Condition, str] | None:
        """Return the condition on both ends."""
        texts = {end: params.get(f"{prefix}{self.name}_{end}", "").strip() for end in ("from", "to")}
        values = {end: self.value(text) for end, text in texts.items() if text}
        if not values:
            return None
        tests = {"from": "gte", "to": "lte"}
        conditions = [Where(self.on, tests[end], value) for end, value in values.items()]
        words = {"from": "≥ ", "to": "≤ "}
        shown = " · ".join(words[end] + self.text(value) for end, value in values.items())
        return AllOf(conditions), shown

    def control_kind(self) -> str:
        """Return the kind of both controls."""
        return "text"

    def value(self, text: str) -> Any:
        """Read one end."""
        return text

    def text(self, value: Any) -> str:
        """Write one end."""
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFilter(RangeFilter):
    """A range of days."""

    def control_kind(self) -> str:
        """Return the kind of both controls."""
        return "date"

    def value(self, text: str) -> date:
        """Read a day in ISO form."""
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise FilterError(_("“%(value)s” is not a date; write it as 2026-11-30.") % {"value": text}) from error

    def text(self, value: date) -> str:
        """Write a day."""
        return formats.short_date_text(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountFilter(RangeFilter):
    """A range of amounts or numbers; decimal comma or point."""

    def control_kind(self) -> str:
        """Return the kind of both controls."""
        return "number"

    def value(self, text: str) -> Decimal:
        """Read an amount."""
        try:
            value = Decimal(text.replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace(",", "."))
        except InvalidOperation as error:
            raise FilterError(_("“%(value)s” is not an amount.") % {"value": text}) from error
        if not value.is_finite() or abs(value) >= Decimal(10) ** 15:
            raise FilterError(_("“%(value)s” is not an amount.") % {"value": text})
        return value

    def text(self, value: Decimal) -> str:
        """Write an amount."""
        return formats.number_text(value, 2 if value != int(value) else None) if value else "0"
