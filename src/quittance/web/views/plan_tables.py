"""The table of payment plans."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.parties.queries import fold
from quittance.web.plan_words import END_REASONS, PLAN_STATES
from quittance.web.tables import AmountFilter, ChoiceFilter, Column, DateFilter, Empty, Raw, Table
from quittance.web.tables.columns import Row


class PlanTable(Table):
    """Payment plans; those that wait or run unless others are asked for."""

    key = "plans"
    caption = _("Payment plans")
    all_label = _("All plans")
    columns: ClassVar[list[Column]] = [
        Column(
            key="customer_name", label=_("Customer"), kind="link",
            href=lambda row: reverse("plan_detail", args=[row["id"]]),
        ),
        Column(
            key="state", label=_("State"), kind="status",
            labels={code: word for code, (word, _tone) in PLAN_STATES.items()},
            tone=lambda row: PLAN_STATES[row["state"]][1],
        ),
        Column(key="total", label=_("Planned"), kind="money", is_sortable=True),
        Column(key="amount_missing", label=_("Still to pay"), kind="money", is_sortable=True),
        Column(key="next_due_date", label=_("Next instalment"), kind="date", is_sortable=True),
        Column(key="paid_count", label=_("Paid"), text=lambda row: f"{row['paid_count']} / {row['instalment_count']}"),
        Column(key="made_on", label=_("Proposed on"), kind="date", is_sortable=True, priority=2),
        Column(key="accepted_on", label=_("Accepted on"), kind="date", is_sortable=True, priority=3),
        Column(key="account_number", label=_("Account"), priority=3),
        Column(key="end_reason", label=_("Why it ended"), labels=END_REASONS, is_visible=False),
        Column(key="made_by_name", label=_("Made by"), kind="person", is_visible=False),
        Column(key="currency", label=_("Currency"), is_visible=False),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(
            name="state", label=_("State"), choices=[(code, word) for code, (word, _tone) in PLAN_STATES.items()]
        ),
        AmountFilter(name="amount", label=_("Planned"), field="total"),
        DateFilter(name="made", label=_("Proposed on"), field="made_on"),
    ]
    presets: ClassVar[list[tuple[Any, str]]] = [
        (_("Running"), "state=ACTIVE&sort=next_due_date"),
        (_("Waiting for an answer"), "state=PROPOSED"),
        (_("Broken"), "state=BROKEN"),
    ]
    search_hint = _("Customer or account")
    default_sort = "-made_on"
    empty = Empty(
        title=_("No payment plan yet."),
        text=_("Select what a customer owes on its page and choose “Payment plan…”."),
    )

    def __init__(self, request: HttpRequest, rows: Any, *, as_of: date) -> None:
        super().__init__(request, rows, as_of=as_of)

    def search_condition(self, text: str) -> Raw:
        """Return the plans whose customer or account holds the text."""
        return Raw(Q(account__customer__name_folded__contains=fold(text)) | Q(account__number__icontains=text))

    def row_tone(self, row: Row) -> str:
        """Return late once the plan is broken."""
        return "late" if row["state"] == "BROKEN" else ""
