"""Tables of collections and mandates."""

from __future__ import annotations

from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.web.debit_words import COLLECTION_STATES, MANDATE_STATES, SCHEMES
from quittance.web.tables import ChoiceFilter, Column, DateFilter, Empty, Table

_COLLECTION_WORDS = {code: word for code, (word, _tone) in COLLECTION_STATES.items()}
_MANDATE_WORDS = {code: word for code, (word, _tone) in MANDATE_STATES.items()}


class CollectionTable(Table):
    """Collections, the latest day first."""

    key = "debits"
    caption = _("Collections")
    all_label = _("All collections")
    columns: ClassVar[list[Column]] = [
        Column(
            key="number", label=pgettext_lazy("collection", "No."), kind="link", is_sortable=True,
            href=lambda row: reverse("debit_detail", args=[row["id"]]),
        ),
        Column(key="company_name", label=_("Company"), priority=2),
        Column(key="collection_date", label=_("Collection day"), kind="date", is_sortable=True),
        Column(
            key="state", label=_("State"), kind="status", labels=_COLLECTION_WORDS,
            tone=lambda row: COLLECTION_STATES[row["state"]][1],
        ),
        Column(key="amount", label=_("Amount"), kind="money", is_sortable=True),
        Column(key="instruction_count", label=_("Debits"), kind="number", is_sortable=True),
        Column(key="announced_on", label=_("Announced on"), kind="date", is_sortable=True, priority=2),
        Column(key="exported_at", label=_("Exported"), kind="moment", priority=3),
        Column(key="settled_on", label=_("Paid on"), kind="date", priority=3),
        Column(key="message_id", label=_("Name at the bank"), is_visible=False),
        Column(key="proposed_by_name", label=_("Proposed by"), kind="person", is_visible=False),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(name="state", label=_("State"), choices=list(_COLLECTION_WORDS.items())),
        DateFilter(name="day", label=_("Collection day"), field="collection_date"),
    ]
    search_fields = ("message_id", "company_name")
    search_hint = _("Name at the bank or company")
    default_sort = "-collection_date"
    empty = Empty(
        title=_("Nothing was collected yet."),
        text=_("Keep a mandate for an account, then propose a collection of what is due."),
    )


class MandateTable(Table):
    """Mandates, the latest first."""

    key = "mandates"
    caption = _("Mandates")
    all_label = _("All mandates")
    columns: ClassVar[list[Column]] = [
        Column(
            key="reference", label=_("Reference"), kind="link", is_sortable=True,
            href=lambda row: reverse("mandate_detail", args=[row["id"]]),
        ),
        Column(
            key="customer_name", label=_("Customer"), kind="link",
            href=lambda row: reverse("customer_detail", args=[row["customer_id"]]),
        ),
        Column(
            key="state", label=_("State"), kind="status", labels=_MANDATE_WORDS,
            tone=lambda row: MANDATE_STATES[row["state"]][1],
        ),
        Column(key="scheme", label=_("Scheme"), labels=dict(SCHEMES), priority=2),
        Column(key="signed_on", label=_("Signed on"), kind="date", is_sortable=True),
        Column(key="last_used_on", label=_("Last collection"), kind="date", is_sortable=True, priority=2),
        Column(key="account_number", label=_("Account"), priority=3),
        Column(key="company_name", label=_("Company"), is_visible=False),
        Column(key="ended_on", label=_("Ended on"), kind="date", is_visible=False),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(name="state", label=_("State"), choices=list(_MANDATE_WORDS.items())),
        ChoiceFilter(name="scheme", label=_("Scheme"), choices=SCHEMES),
    ]
    search_fields = ("reference", "customer_name", "account_number")
    search_hint = _("Reference, customer or account")
    default_sort = "-signed_on"
    empty = Empty(
        title=_("No mandate yet."),
        text=_("Open an account on the page of its customer and choose “Keep a mandate”."),
    )
