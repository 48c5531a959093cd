"""The table of items: the whole list, and those of one customer on its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from quittance.cases import queries as cases
from quittance.ledger.queries.finding import item_kind_choices, item_text_condition
from quittance.ledger.queries.items import list_past_items, list_past_items_by_open
from quittance.parties.people import list_people
from quittance.parties.queries import list_departments
from quittance.promises import queries as promises
from quittance.web.access import Desk
from quittance.web.delay_reason_words import delay_reason_choices, delay_reason_names
from quittance.web.insight_words import BUCKET_LABELS
from quittance.web.tables import (
    AmountFilter,
    BulkAction,
    ChoiceFilter,
    Column,
    Condition,
    DateFilter,
    Empty,
    FlagFilter,
    QuerySetSource,
    Raw,
    Table,
    TextFilter,
)
from quittance.web.views.item_source import ItemSource, PastItemSource

Row = Mapping[str, Any]
# First and last day late of each bucket; None is without end.
BUCKET_DAYS: dict[str, tuple[int | None, int | None]] = {
    "not_due": (None, 0),
    "due_1_30": (1, 30),
    "due_31_60": (31, 60),
    "due_61_90": (61, 90),
    "due_91_120": (91, 120),
    "due_over_120": (121, None),
}
# Stands in an address for items of which nobody said why they are late.
NO_REASON = "-"
STATES = [
    ("open", _("Open")),
    ("disputed", _("Disputed")),
    ("promised", _("Promised")),
    ("part_paid", _("Part paid")),
    ("settled", _("Settled")),
    ("all", _("Open and settled")),
]


def days_late_condition(bucket: str, as_of: date) -> Q:
    """Return the condition on the due date of one bucket; credits are in none."""
    first, last = BUCKET_DAYS[bucket]
    condition = Q(amount_original__gt=0)
    if first is not None:
        condition &= Q(due_date__lte=as_of - timedelta(days=first))
    if last is not None:
        condition &= Q(due_date__gte=as_of - timedelta(days=last))
    return condition


def _state_condition(values: list[Any], as_of: date) -> Q:
    match values[-1]:
        case "disputed":
            return Q(id__in=cases.item_ids_disputed(as_of=as_of))
        case "promised":
            return Q(id__in=promises.item_ids_promised(as_of=as_of))
        case "part_paid":
            return ~Q(open_amount=0) & ~Q(open_amount=F("amount_original"))
        case "settled":
            return Q(open_amount=0)
        case _:
            return Q()


_ISSUED = Column(
    key="document_date", label=_("Issued"), kind="date", is_sortable=True, priority=3, hint=_("Date of the document")
)
_DUE = Column(key="due_date", label=_("Due"), kind="date", is_sortable=True, priority=2)
_OPEN = Column(key="open_amount", label=_("Open"), kind="money", is_sortable=True, sort_by="amount_open")


class ItemTable(Table):
    """Items with what is open on the day; without a state asked for, those that are open."""

    key = "items"
    caption = _("Items")
    all_label = _("Open")
    columns: ClassVar[Sequence[Column]] = [
        Column(
            key="document_number", label=_("Document"), kind="link", is_sortable=True, sort_by="search_text",
            opens_panel=True, href=lambda row: reverse("item_detail", args=[row["id"]]),
        ),
        Column(
            key="customer_name", label=_("Customer"),
            href=lambda row: reverse("customer_detail", args=[row["customer_id"]]),
        ),
        Column(key="kind", label=_("Kind"), labels=dict(item_kind_choices()), priority=3),
        Column(key="status", label=_("State"), kind="status"),
        _ISSUED,
        _DUE,
        Column(key="days_late", label=_("Days late"), kind="days", hint=_("Days since the due date")),
        Column(key="amount_original", label=_("Amount"), kind="money", priority=2),
        _OPEN,
        Column(key="currency", label=_("Currency"), is_visible=False),
        Column(key="delay_reason_code", label=_("Why late"), is_visible=False),
        Column(key="reference", label=_("Reference"), is_visible=False),
        Column(key="label", label=_("Label"), is_visible=False),
        Column(key="account_number", label=_("Account"), is_visible=False),
        Column(key="company_name", label=_("Company"), is_visible=False),
        Column(key="department_name", label=_("Department"), is_visible=False),
        Column(key="collector_name", label=_("Collector"), kind="person", is_visible=False),
        Column(key="instalment", label=_("Instalment"), kind="number", is_visible=False),
        Column(key="settled_date", label=_("Settled on"), kind="date", is_visible=False),
        Column(
            key="open_amount_company", label=_("Open, company currency"), kind="money", currency="company_currency",
            is_visible=False,
        ),
    ]  # fmt: skip
    search_hint = _("Number, reference or amount")
    default_sort = "due_date"
    empty = Empty(
        title=_("No items yet."),
        text=_("Items come from your ERP: import its open items, and they are here."),
    )

    def __init__(self, request: HttpRequest, desk: Desk, rows: QuerySet[Any, Any], **options: Any) -> None:
        self.desk = desk
        # Days late count from the day looked at; names are those that the person may see.
        self.filters = [*item_filters(desk.as_of), *_owner_filters(desk)]  # type: ignore[misc]
        self.presets = item_presets(desk.as_of)  # type: ignore[misc]
        # The company's own words, read once and only when the column is shown.
        names: Any = SimpleLazyObject(delay_reason_names)
        self.columns = [  # type: ignore[misc]
            replace(column, labels=names) if column.key == "delay_reason_code" else column for column in self.columns
        ]
        super().__init__(request, self.read_from(rows), as_of=desk.as_of, **options)

    def read_from(self, rows: QuerySet[Any, Any]) -> ItemSource | PastItemSource:
        """Return where the rows come from."""
        return ItemSource(QuerySetSource(rows))

    def search_condition(self, text: str) -> Condition:
        """Return items whose document number or reference begins with the text, or whose amount it is."""
        return Raw(item_text_condition(text=text))

    def row_tone(self, row: Row) -> str:
        """Return the tone of a row: disputed and promised before late."""
        if row["status"] in ("DISPUTED", "PROMISED"):
            return str(row["status"]).lower()
        return "late" if (row["days_late"] or 0) > 0 else ""


class PastItemTable(ItemTable):
    """The same on a past day: what was open then is worked out, and sorted as such."""

    columns = [replace(column, sort_by="") if column is _OPEN else column for column in ItemTable.columns]


class PastOpenItemTable(PastItemTable):
    """The items of a past day that were open, settled ones never among them."""

    def __init__(self, request: HttpRequest, desk: Desk, rows: QuerySet[Any, Any], **options: Any) -> None:
        self.account_id: int | None = options.pop("account_id", None)
        super().__init__(request, desk, rows, **options)

    def read_from(self, rows: QuerySet[Any, Any]) -> ItemSource | PastItemSource:
        """Return the items in their parts."""
        wanted: dict[str, Any] = {"as_of": self.desk.as_of, "scope": self.desk.scope, "account_id": self.account_id}
        return PastItemSource(
            as_of=self.desk.as_of,
            whole=QuerySetSource(rows),
            parts=tuple(QuerySetSource(part) for part in list_past_items(**wanted)),
            by_open=tuple(QuerySetSource(part) for part in list_past_items_by_open(**wanted)),
        )


def item_presets(as_of: date) -> list[tuple[Any, str]]:
    """Return the tabs beside the open items."""
    sunday = as_of + timedelta(days=6 - as_of.weekday())
    return [
        (_("Late"), "late=yes"),
        (_("Due this week"), f"due_from={as_of}&due_to={sunday}"),
        (_("Disputed"), "state=disputed"),
        (_("Promised"), "state=promised"),
        (_("Credits"), "credit=yes"),
        (_("Settled"), "state=settled&sort=-document_date"),
    ]


def item_filters(as_of: date) -> list[Any]:
    """Return the filters of the table, as of a day."""
    late = Q(due_date__lt=as_of, amount_original__gt=0)
    return [
        ChoiceFilter(
            name="state", label=_("State"), choices=[("", _("Open")), *STATES[1:]], is_multiple=False,
            condition=lambda values: _state_condition(values, as_of),
        ),
        ChoiceFilter(
            name="bucket", label=_("Days late"), choices=list(BUCKET_LABELS.items()),
            condition=lambda values: _any(days_late_condition(value, as_of) for value in values),
        ),
        FlagFilter(name="late", label=_("Late"), conditions={"yes": late, "no": ~late}),
        ChoiceFilter(name="kind", label=_("Kind"), choices=item_kind_choices),
        DateFilter(name="due", label=_("Due"), field="due_date"),
        DateFilter(name="issued", label=_("Issued"), field="document_date"),
        AmountFilter(name="open", label=_("Open amount"), field="open_amount"),
        AmountFilter(name="amount", label=_("Amount"), field="amount_original"),
        TextFilter(name="currency", label=_("Currency"), field="currency"),
        ChoiceFilter(
            name="reason", label=_("Why late"), field="delay_reason_code",
            choices=lambda: [(NO_REASON, _("No reason")), *delay_reason_choices()],
            reads=lambda text: "" if text == NO_REASON else text,
        ),
        TextFilter(name="company_currency", label=_("Currency of the company"), field="company_currency"),
        FlagFilter(
            name="credit", label=_("Credits"),
            conditions={"yes": Q(amount_original__lt=0), "no": Q(amount_original__gt=0)},
        ),
    ]  # fmt: skip


def _owner_filters(desk: Desk) -> list[Any]:
    """Return the filters on whose items they are, with the names that the scope shows."""
    return [
        ChoiceFilter(
            name="department", label=_("Department"), field="account__department_id", reads=int,
            choices=lambda: [(str(row.id), row.name) for row in list_departments(company_ids=desk.scope.company_ids)],
        ),
        ChoiceFilter(
            name="collector", label=_("Collector"), field="account__collector_id", reads=int,
            choices=lambda: [(str(person_id), name) for person_id, name in list_people(scope=desk.scope)],
        ),
    ]  # fmt: skip


def _any(conditions: Iterator[Q]) -> Q:
    found = next(conditions)
    for condition in conditions:
        found |= condition
    return found


def wants_open(params: QueryDict, prefix: str = "") -> bool:
    """Say whether the address asks for open items only."""
    return params.get(prefix + "state", "") not in ("all", "settled")


def bulk_actions(query: str = "", *, may_edit_policies: bool = False) -> list[BulkAction]:
    """Return what can be done with several items at once; `query` tells the forms which table asks."""
    tail = f"?{query}" if query else ""
    policy = BulkAction(label=_("Policy of reminders…"), href=reverse("policy_assign") + tail)
    return [
        BulkAction(label=_("Take promise…"), href=reverse("item_promise") + tail),
        BulkAction(label=_("Payment plan…"), href=reverse("item_plan") + tail),
        BulkAction(label=_("Hand over…"), href=reverse("item_handover") + tail),
        BulkAction(label=_("Open dispute…"), href=reverse("item_dispute") + tail),
        BulkAction(label=_("Say why late…"), href=reverse("item_delay_reason") + tail),
        *([policy] if may_edit_policies else []),
    ]


def open_sum(rows: Sequence[Row]) -> dict[str, Decimal]:
    """Add what is open on rows, by currency."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + row["open_amount"]
    return sums
