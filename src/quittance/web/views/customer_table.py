"""The table of customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.ledger.queries import customer_list
from quittance.parties.queries import fold, number_part
from quittance.web import markup
from quittance.web.access import Desk
from quittance.web.behaviour_words import PAYS_WORDS
from quittance.web.insight_words import BUCKET_LABELS
from quittance.web.paging import Cursor
from quittance.web.tables import (
    AllOf,
    AmountFilter,
    AnyOf,
    ChoiceFilter,
    Column,
    Condition,
    Empty,
    FlagFilter,
    Order,
    QuerySetSource,
    Raw,
    Table,
    Where,
)

Row = Mapping[str, Any]
STREAM_ROWS = 2000
LETTERS_WITHIN_MIN = 3
# What the list may sort by without adding up: its field, and the field where it is kept.
KEPT = {"overdue_sum": "overdue", "open_sum": "open_total"}


@dataclass(frozen=True, slots=True)
class CustomerSource:
    """Sorts and counts by one sum a customer, then reads the figures of the customers of the page.

    `kept` holds these sums as long as nothing is filtered but by facts of the customer; otherwise they are added up
    from the accounts (`found`).
    """

    found: QuerySetSource
    desk: Desk
    kept: QuerySetSource | None = None

    def where(self, condition: Condition) -> CustomerSource:
        """Return the source narrowed by a condition; what is said of the customer alone leaves it kept."""
        kept = None
        if self.kept is not None and fields_of(condition) <= customer_list.FACTS:
            kept = self.kept.where(Raw(customer_list.among_customers(condition.q(), field="debtor_id")))
        return replace(self, found=self.found.where(placed(condition)), kept=kept)

    def page(self, *, order: Order, cursor: Cursor | None, limit: int) -> list[Row]:
        """Read one page: two queries."""
        if self.kept is not None and order.field in KEPT:
            kept_order = replace(order, field=KEPT[order.field], id_field="id")
            return self._figures(self.kept.page(order=kept_order, cursor=cursor, limit=limit))
        return self._figures(self.found.page(order=_placed_order(order), cursor=cursor, limit=limit))

    def count(self, *, limit: int) -> int:
        """Count up to `limit`."""
        return (self.kept or self.found).count(limit=limit)

    def stream(self, *, order: Order) -> Iterator[Row]:
        """Go through all rows, a chunk at a time."""
        keys = self.found.stream(order=_placed_order(order))
        while chunk := list(islice(keys, STREAM_ROWS)):
            yield from self._figures(chunk)

    def account_ids(self, *, keys: Sequence[str] | None) -> list[int]:
        """Return the accounts behind the rows: of all, or of those with a key. One query."""
        rows: QuerySet[Any, dict[str, Any]] = self.found.queryset
        return customer_list.account_ids_of(rows, keys=keys)

    def _figures(self, keys: Sequence[Row]) -> list[Row]:
        rows: QuerySet[Any, dict[str, Any]] = self.found.queryset
        read = customer_list.with_figures(
            rows, customer_ids={key["customer_id"] for key in keys}, as_of=self.desk.as_of
        )
        figures = {(row["customer_id"], row["currency"]): row for row in read}
        found = [(key["id"], figures.get((key["customer_id"], key["currency"]))) for key in keys]
        # The row keeps the id of its key: the next page goes on from there.
        return [{**drawn(row), "id": row_id} for row_id, row in found if row is not None]


def placed(condition: Condition) -> Condition:
    """Return a condition on the names of a row as one on the paths where the database finds them."""
    match condition:
        case Where():
            return Where(customer_list.PATHS.get(condition.field, condition.field), condition.test, condition.value)
        case AnyOf():
            return AnyOf([placed(one) for one in condition.conditions])
        case AllOf():
            return AllOf([placed(one) for one in condition.conditions])
        case _:
            return condition


def fields_of(condition: Condition) -> set[str]:
    """Return the names that a condition speaks of."""
    match condition:
        case Where():
            return {condition.field}
        case AnyOf() | AllOf():
            return {field for one in condition.conditions for field in fields_of(one)}
        case _:
            return set()


def _placed_order(order: Order) -> Order:
    return replace(order, field=customer_list.PATHS.get(order.field, order.field))


def drawn(row: Row) -> Row:
    """Return a row with its ageing bar and the words for several collectors."""
    bar = [
        {"label": label, "amount": row[f"{name}_sum"], "step": step}
        for step, (name, label) in enumerate(BUCKET_LABELS.items())
    ]
    several = row["collector_count"] > 1
    name = f"{row['collector_name']} +{row['collector_count'] - 1}" if several else row["collector_name"]
    return {**row, "bar": bar, "collector_name": name, "key": customer_list.row_key(row)}


class CustomerTable(Table):
    """Customers with what they owe to the companies one may see."""

    key = "customers"
    select_by = "key"
    caption = _("Customers")
    columns: ClassVar[list[Column]] = [
        Column(
            key="name", label=_("Customer"), kind="link", is_sortable=True, sort_by="name_folded",
            href=lambda row: reverse("customer_detail", args=[row["customer_id"]]),
        ),
        Column(key="number", label=_("Number"), priority=3),
        Column(key="overdue_sum", label=_("Overdue"), kind="money", is_sortable=True),
        Column(key="open_sum", label=_("Open"), kind="money", is_sortable=True),
        Column(key="days_late", label=_("Oldest, days late"), kind="days", hint=_("Days late of the oldest debit")),
        Column(
            key="bar", label=_("By age"), draw=lambda row: markup.ageing_html(row["bar"], row["currency"]), priority=2,
            is_exported=False,
        ),
        Column(key="usual_delay", label=_("Usual delay"), template="customers/_delay_cell.html", priority=2),
        Column(key="pays", label=_("Pays"), labels=PAYS_WORDS, is_visible=False),
        Column(key="collector_name", label=_("Collector"), kind="person", priority=2),
        Column(key="country", label=_("Country"), priority=3),
        Column(key="is_strategic", label=_("Strategic"), template="customers/_strategic_cell.html", priority=3),
        Column(key="parent_name", label=_("Group"), is_visible=False,
               href=lambda row: reverse("customer_detail", args=[row["parent_id"]]) if row["parent_id"] else ""),
        Column(key="town", label=_("Town"), is_visible=False),
        Column(key="credit_sum", label=_("Credits"), kind="money", is_visible=False),
        Column(key="unapplied_sum", label=_("Unapplied"), kind="money", is_visible=False),
        Column(key="disputed_sum", label=_("Disputed"), kind="money", is_visible=False),
        Column(key="promised_sum", label=_("Promised"), kind="money", is_visible=False),
        Column(key="last_payment", label=_("Last payment"), kind="date", is_visible=False),
        Column(key="account_count", label=_("Accounts"), kind="number", is_visible=False),
        Column(key="siren", label=_("SIREN"), is_visible=False),
        Column(key="vat_number", label=_("VAT number"), is_visible=False),
    ]  # fmt: skip
    search_hint = _("Name, number, SIREN or VAT")
    default_sort = "-overdue_sum"
    presets: ClassVar[list[tuple[Any, str]]] = [
        (_("Overdue"), "overdue_from=0.01"),
        (_("Strategic"), "strategic=yes"),
        (_("Pays very late"), "pays=VERY_LATE"),
    ]
    empty = Empty(
        title=_("No customers yet."),
        text=_("They come with the items of your ERP: import a ledger, and they are here."),
    )

    def __init__(
        self, request: Any, rows: Any, *, collectors: Sequence[tuple[int, str]], departments: Sequence[tuple[int, str]],
        countries: Callable[[], Sequence[tuple[str, str]]], as_of: date, **options: Any,
    ) -> None:  # fmt: skip
        self.filters = [  # type: ignore[misc]  # the choices are those the person may see
            AmountFilter(name="overdue", label=_("Overdue"), field="overdue_sum"),
            AmountFilter(name="open", label=_("Open"), field="open_sum"),
            FlagFilter(name="strategic", label=_("Strategic"), field="is_strategic"),
            ChoiceFilter(name="pays", label=_("Manner of payment"), choices=list(PAYS_WORDS.items())),
            ChoiceFilter(name="country", label=_("Country"), choices=countries),
            ChoiceFilter(
                name="collector", label=_("Collector"), field="collector_id", choices=_texts(collectors), reads=int
            ),
            ChoiceFilter(
                name="department", label=_("Department"), field="department_id", choices=_texts(departments), reads=int
            ),
        ]
        super().__init__(request, rows, as_of=as_of, **options)

    def search_condition(self, text: str) -> Condition:
        """Return customers whose name holds the text (begins with it, when it is short), or whose number, SIREN or VAT
        number begins with it.
        """
        # Two letters stand in the middle of every tenth name: they mean its beginning.
        test = "contains" if len(text) >= LETTERS_WITHIN_MIN else "startswith"
        wanted = [Where("name_folded", test, fold(text)), Where("numbers_folded", "contains", number_part(text))]
        compact = text.replace(" ", "")
        if compact != text and any(letter.isdigit() for letter in compact):
            # A SIREN and a VAT number are often written in groups, and kept without spaces.
            wanted.append(Where("numbers_folded", "contains", number_part(compact)))
        return AnyOf(wanted)


def _texts(pairs: Sequence[tuple[int, str]]) -> list[tuple[str, str]]:
    return [(str(value), label) for value, label in pairs]
