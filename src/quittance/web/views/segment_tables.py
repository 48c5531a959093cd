"""The table of who belongs to a segment."""

from __future__ import annotations

from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.web.tables import AmountFilter, Column, DateFilter, Empty, Table, TextFilter


class MemberTable(Table):
    """Accounts of a segment on the day looked at; what they owe is of today."""

    key = "segment-members"
    select_by = "account_id"
    caption = _("Accounts of the segment")
    columns: ClassVar[list[Column]] = [
        Column(
            key="customer_name", label=_("Customer"), kind="link", is_sortable=True, sort_by="customer_folded",
            href=lambda row: reverse("customer_detail", args=[row["customer_id"]]),
        ),
        Column(
            key="account_number", label=_("Account"), is_sortable=True, opens_panel=True,
            href=lambda row: reverse("account_segments", args=[row["account_id"]]),
        ),
        Column(key="company_name", label=_("Company"), priority=3, is_visible=False),
        Column(key="department_name", label=_("Department"), priority=3),
        Column(key="collector_name", label=_("Collector"), kind="person", priority=2, is_sortable=True),
        Column(key="from_date", label=_("Belongs since"), kind="date", is_sortable=True, priority=2),
        Column(key="until_date", label=_("Left on"), kind="date", priority=3, is_visible=False),
        Column(key="usual_delay_days", label=_("Usual delay"), kind="number", is_sortable=True, priority=3),
        Column(key="open_total", label=_("Open"), kind="money", is_sortable=True),
        Column(key="overdue", label=_("Overdue"), kind="money", is_sortable=True),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        TextFilter(name="collector", label=_("Collector"), field="collector_name"),
        TextFilter(name="department", label=_("Department"), field="department_name"),
        DateFilter(name="since", label=_("Belongs since"), field="from_date"),
        AmountFilter(name="open", label=_("Open amount"), field="open_total"),
        AmountFilter(name="late", label=_("Overdue"), field="overdue"),
    ]
    search_fields: ClassVar[list[str]] = ["customer_folded", "account_number"]
    search_hint = _("Customer or account")
    default_sort = "customer_name"
    empty = Empty(
        title=_("Nobody belonged to this segment on that day."),
        text=_("Look at another day above, or change the rule."),
    )
