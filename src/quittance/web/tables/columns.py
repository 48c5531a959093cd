"""Columns of a table: what is shown of a row, how it sorts, what goes into an export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.template.loader import get_template
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from quittance.web import formats, markup
from quittance.web.words import status_word

Row = Mapping[str, Any]
Kind = Literal["text", "link", "money", "number", "percent", "date", "moment", "days", "status", "person", "yesno"]
RIGHT = frozenset({"money", "number", "percent", "days"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    ``key`` is the name in the row; ``sort_by`` the name to sort by (``key`` unless given; must be readable in the
    row). ``priority`` 1 always shows, 2 leaves on small laptops, 3 first to leave. ``currency`` names the row's key
    of the currency. ``template`` draws the cell with ``row`` and ``value`` when no kind fits, ``draw`` the same in
    Python where a template for each row would be too slow. ``labels`` maps codes to words, ``text`` a row to the text
    shown and exported, and ``tone`` a row to the tone of a status. ``is_one_line`` keeps numbers of
    documents and the like unbroken.
    """

    key: str
    label: str | Promise
    kind: Kind = "text"
    is_sortable: bool = False
    sort_by: str = ""
    priority: Literal[1, 2, 3] = 1
    is_visible: bool = True
    is_one_line: bool = False
    href: Callable[[Row], str] | None = None
    opens_panel: bool = False
    currency: str = "currency"
    labels: Mapping[str, str | Promise] = field(default_factory=dict)
    text: Callable[[Row], str] | None = None
    tone: Callable[[Row], str] | None = None
    template: str = ""
    draw: Callable[[Row], SafeString] | None = None
    digits: int = 0
    hint: str | Promise = ""
    is_exported: bool = True

    @property
    def align(self) -> str:
        """Say on which side the column stands."""
        return "end" if self.kind in RIGHT else "start"

    @property
    def sort_field(self) -> str:
        """Return the field this column sorts by."""
        return self.sort_by or self.key

    @property
    def attributes(self) -> SafeString:
        """Return the attributes that every cell of the column has."""
        return markup.fragment(
            'class="{}" data-kind="{}" data-priority="{}" data-label="{}"',
            f"{self.align} nowrap" if self.is_one_line else self.align, self.kind, self.priority, self.label,
        )  # fmt: skip

    def html(self, row: Row, *, has_currency_in_heading: bool, as_of: date | None) -> SafeString:
        """Return what the cell of a row holds."""
        if self.draw is not None:
            return self.draw(row)
        value = row.get(self.key) if self.text is None else self.text(row)
        if self.template:
            return SafeString(get_template(self.template).render({"row": row, "value": value, "as_of": as_of}))
        shown = self._shown(row, value, has_currency_in_heading, as_of)
        if self.href is None or shown == "":
            return shown
        target = self.href(row)
        if not target:
            return shown
        attributes = markup.link_attributes(target, panel=self.opens_panel)
        return markup.fragment("<a {} data-open>{}</a>", attributes, shown)

    def _shown(self, row: Row, value: Any, has_currency: bool, as_of: date | None) -> SafeString:
        if value is None:
            return markup.EMPTY
        match self.kind:
            case "money":
                currency = str(row.get(self.currency, ""))
                if has_currency or not currency:
                    return markup.amount_html(value, currency)
                return markup.money_html(value, currency)
            case "date":
                return markup.date_html(value, as_of)
            case "moment":
                return markup.moment_html(value)
            case "days":
                return markup.days_late_html(value, words=False)
            case "status":
                tone = self.tone(row) if self.tone else ""
                return markup.status_html(str(value), str(self.labels.get(value, "")), tone)
            case "person":
                return markup.person_html(str(value))
            case _:
                return markup.fragment("{}", self._plain(value))

    def _plain(self, value: Any) -> str:
        match self.kind:
            case "number":
                return formats.number_text(value, self.digits)
            case "percent":
                return formats.percent_text(value, self.digits or 1)
            case "yesno":
                return formats.yes_no_text(bool(value))
            case _:
                return str(self.labels.get(value, value))

    def exported(self, row: Row) -> Any:
        """Return the value for a file: numbers and dates as such, codes as their words."""
        value = row.get(self.key) if self.text is None else self.text(row)
        if value is None or isinstance(value, bool):
            return "" if value is None else formats.yes_no_text(value)
        if isinstance(value, Decimal | int | float | date | datetime):
            return value
        if self.kind == "status":
            return str(self.labels.get(value) or status_word(str(value))[0])
        return str(self.labels.get(value, value))
