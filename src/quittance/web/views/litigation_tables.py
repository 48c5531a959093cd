"""Tables of hand-overs, of their items, and of claims that lapse soon."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.web.litigation_words import HANDOVER_STATES, PROPOSALS, RESULTS, TO_KINDS
from quittance.web.tables import AnyOf, ChoiceFilter, Column, Condition, DateFilter, Empty, Table, Where
from quittance.web.tables.columns import Row

_STATE_WORDS = {code: word for code, (word, _tone) in HANDOVER_STATES.items()}


def _customer(row: Row) -> str:
    return reverse("customer_detail", args=[row["customer_id"]])


class HandoverTable(Table):
    """Hand-overs with the day on which their first claim lapses."""

    key = "handovers"
    caption = _("Hand-overs")
    all_label = _("All hand-overs")
    columns: ClassVar[list[Column]] = [
        Column(
            key="customer_name", label=_("Customer"), kind="link",
            href=lambda row: reverse("handover_detail", args=[row["id"]]),
        ),
        Column(
            key="state", label=_("State"), kind="status", labels=_STATE_WORDS,
            tone=lambda row: HANDOVER_STATES[row["state"]][1],
        ),
        Column(key="to_name", label=_("To")),
        Column(key="to_kind", label=_("Kind"), labels=dict(TO_KINDS), priority=2),
        Column(
            key="amount_company_then", label=_("Handed over"), kind="money", is_sortable=True,
            currency="company_currency",
        ),
        Column(
            key="amount_company_open", label=_("Still open"), kind="money", is_sortable=True,
            currency="company_currency",
        ),
        Column(key="lapses_on", label=_("First claim lapses"), kind="date", is_sortable=True),
        Column(key="prepared_on", label=_("Prepared on"), kind="date", is_sortable=True, priority=2),
        Column(key="handed_over_on", label=_("Handed over on"), kind="date", is_sortable=True, priority=2),
        Column(key="ended_on", label=_("Ended on"), kind="date", is_sortable=True, is_visible=False),
        Column(key="result", label=_("Result"), labels=dict(RESULTS), priority=3),
        Column(key="write_off_count", label=_("Proposed for write-off"), kind="number", priority=3),
        Column(key="account_number", label=_("Account"), is_visible=False),
        Column(key="to_reference", label=_("Their reference"), is_visible=False),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(name="state", label=_("State"), choices=list(_STATE_WORDS.items())),
        ChoiceFilter(name="to", label=_("Kind"), field="to_kind", choices=TO_KINDS),
        ChoiceFilter(name="result", label=_("Result"), choices=RESULTS),
        DateFilter(name="lapses", label=_("First claim lapses"), field="lapses_on"),
    ]
    presets: ClassVar[list[tuple[Any, str]]] = [
        (_("Handed over"), "state=HANDED_OVER&sort=lapses_on"),
        (_("Prepared"), "state=PREPARED"),
        (_("Came back"), "state=RETURNED&sort=-ended_on"),
    ]
    search_hint = _("Customer, account or to whom")
    default_sort = "-prepared_on"
    empty = Empty(
        title=_("Nothing was handed over."),
        text=_("Select what a customer owes on its page and choose “Hand over…”."),
    )

    def __init__(self, request: HttpRequest, rows: Any, *, as_of: date) -> None:
        super().__init__(request, rows, as_of=as_of)

    def search_condition(self, text: str) -> Condition:
        """Return the hand-overs whose customer, account or receiver holds the text."""
        return AnyOf([Where(name, "icontains", text) for name in ("customer_name", "account_number", "to_name")])


class HandoverItemTable(Table):
    """The items of one hand-over, to look at and to send to whom they were given."""

    key = "handover-items"
    caption = _("Items")
    has_saved_views = False
    columns: ClassVar[list[Column]] = [
        Column(
            key="document_number", label=_("Document"), kind="link",
            href=lambda row: reverse("item_detail", args=[row["item_id"]]),
        ),
        Column(key="document_date", label=_("Issued"), kind="date", priority=2),
        Column(key="due_date", label=_("Due"), kind="date", is_sortable=True),
        Column(key="amount_then", label=_("Owed at hand-over"), kind="money", is_sortable=True),
        Column(key="amount_open", label=_("Open now"), kind="money"),
        Column(key="lapses_on", label=_("Lapses on"), kind="date", is_sortable=True),
        Column(key="proposal", label=_("Proposed"), labels=PROPOSALS, priority=2),
        Column(key="reference", label=_("Reference"), is_visible=False),
        Column(key="label", label=_("Label"), is_visible=False),
        Column(key="currency", label=_("Currency"), is_visible=False),
    ]  # fmt: skip
    default_sort = "due_date"
    empty = Empty(title=_("No item."))


class LimitationTable(Table):
    """Open claims that lapse soon."""

    key = "limitation"
    caption = _("Claims that lapse soon")
    columns: ClassVar[list[Column]] = [
        Column(
            key="document_number", label=_("Document"), kind="link",
            href=lambda row: reverse("item_detail", args=[row["item_id"]]) + "#limitation",
        ),
        Column(key="customer_name", label=_("Customer"), href=_customer),
        Column(key="end_date", label=_("Lapses on"), kind="date", is_sortable=True),
        Column(key="days_left", label=_("Days left"), kind="number", is_sortable=True),
        Column(key="amount_open", label=_("Open"), kind="money"),
        Column(
            key="amount_company_open", label=_("In company currency"), kind="money", currency="company_currency",
            is_sortable=True, priority=3,
        ),
        Column(key="currency", label=_("Currency"), is_visible=False),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [DateFilter(name="lapses", label=_("Lapses on"), field="end_date")]
    search_hint = _("Customer or document")
    default_sort = "end_date"
    empty = Empty(
        title=_("No claim lapses within half a year."),
        text=_("The period of each claim stands on the page of its item."),
    )

    def search_condition(self, text: str) -> Condition:
        """Return the claims whose customer or document holds the text."""
        return AnyOf([Where(name, "icontains", text) for name in ("customer_name", "document_number")])

    def row_tone(self, row: Row) -> str:
        """Return late when less than a month is left."""
        return "late" if row["days_left"] <= 30 else "soon"
