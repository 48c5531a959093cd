"""The tables of the settings and of the audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from quittance.web.paging import Cursor
from quittance.web.tables import (
    ChoiceFilter,
    Column,
    Condition,
    DateFilter,
    Empty,
    Order,
    QuerySetSource,
    Raw,
    Table,
    TextFilter,
)
from quittance.web.views.audit_words import EVENT_AREAS, area_condition, detail_pairs, event_title, subject_text

Row = Mapping[str, Any]


class RateTable(Table):
    """Exchange rates, latest day first."""

    key = "exchange-rates"
    caption = _("Exchange rates")
    columns: ClassVar[list[Column]] = [
        Column(key="rate_date", label=_("Day"), kind="date", is_sortable=True),
        Column(key="from_currency", label=_("Of one")),
        Column(key="to_currency", label=_("Into")),
        Column(key="rate", label=_("Rate"), kind="number", digits=6),
        Column(key="source", label=_("Source"), priority=2),
    ]
    filters: ClassVar[list[Any]] = [
        TextFilter(name="from", label=_("Currency"), field="from_currency"),
        DateFilter(name="day", label=_("Day"), field="rate_date"),
    ]
    default_sort = "-rate_date"
    empty = Empty(
        title=_("No exchange rates yet."),
        text=_("They are needed for items in another currency than the company's whose file gives no amount in it."),
    )


@dataclass(frozen=True, slots=True)
class AuditSource:
    """Events, each with its sentence, its details as pairs, and the page of what it is about."""

    found: QuerySetSource

    def where(self, condition: Condition) -> AuditSource:
        """Return the source narrowed by a condition."""
        return AuditSource(self.found.where(condition))

    def page(self, *, order: Order, cursor: Cursor | None, limit: int) -> list[Row]:
        """Read one page."""
        return [_told(row) for row in self.found.page(order=order, cursor=cursor, limit=limit)]

    def count(self, *, limit: int) -> int:
        """Count up to `limit`."""
        return self.found.count(limit=limit)

    def stream(self, *, order: Order) -> Iterator[Row]:
        """Go through all events."""
        return (_told(row) for row in self.found.stream(order=order))


def _told(row: Row) -> Row:
    pairs = detail_pairs(row["payload"])
    return {
        **row,
        "title": event_title(row),
        "pairs": pairs,
        "details": " · ".join(f"{name} {value}" for name, value in pairs),
        "subject": subject_text(row["subject_kind"], row["subject_id"]),
    }


class AuditTable(Table):
    """Everything that happened, newest first."""

    key = "audit"
    caption = _("Audit trail")
    columns: ClassVar[list[Column]] = [
        Column(key="id", label=_("No."), kind="number", priority=3),
        Column(key="occurred_at", label=_("When"), kind="moment"),
        Column(key="actor_label", label=_("Who"), kind="person"),
        Column(key="title", label=_("What")),
        Column(key="subject", label=_("About"), template="settings/_subject_cell.html", priority=2),
        Column(key="details", label=_("Details"), template="settings/_payload_cell.html", priority=2),
        Column(key="kind", label=_("Kind"), is_visible=False),
    ]
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(name="area", label=_("Area"), choices=EVENT_AREAS, condition=area_condition),
        TextFilter(name="who", label=_("Who"), field="actor_label"),
        DateFilter(name="when", label=_("Day"), field="occurred_at__date"),
    ]
    search_hint = _("Kind, for example import.finished")
    default_sort = "-id"
    empty = Empty(title=_("Nothing has happened yet."))

    def __init__(self, request: HttpRequest, rows: Any, **options: Any) -> None:
        super().__init__(request, AuditSource(QuerySetSource(rows)), **options)

    def search_condition(self, text: str) -> Condition:
        """Find kinds that begin with the text: an index serves that."""
        return Raw(Q(kind__startswith=text.strip().lower()))
