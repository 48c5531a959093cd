"""The table of what was learnt of payers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.web.learnt_words import HABITS, KINDS, learnt_words
from quittance.web.tables import ChoiceFilter, Column, DateFilter, Empty, Table
from quittance.web.tables.columns import Row

STATES = {"USED": _("Used"), "OFF": _("Switched off")}
TONES = {"USED": "settled", "OFF": "neutral"}


def thing_url(row: Row) -> str:
    """Return the page of one thing that was learnt."""
    if row["kind"] == "HABIT":
        return reverse("habit_detail", args=[row["customer_id"], row["value"]])
    return reverse("payer_detail", args=[row["id"]])


def state_of(row: Row) -> str:
    """Return whether a thing is used, as a code."""
    return "USED" if row["is_active"] else "OFF"


class LearntTable(Table):
    """What was learnt of payers, the latest first."""

    key = "learnt"
    caption = _("What was learnt")
    all_label = _("All")
    columns: ClassVar[list[Column]] = [
        Column(key="value", label=_("What was learnt"), kind="link", text=learnt_words, href=thing_url),
        Column(
            key="customer_name", label=_("Customer"), kind="link", is_sortable=True,
            href=lambda row: reverse("customer_detail", args=[row["customer_id"]]),
        ),
        Column(key="kind", label=_("Kind"), labels=KINDS, is_one_line=True, is_sortable=True, priority=2),
        Column(key="seen_count", label=_("Times"), kind="number", is_sortable=True, priority=2),
        Column(key="last_seen_date", label=_("Last seen"), kind="date", is_sortable=True),
        Column(
            key="is_active", label=_("State"), kind="status", labels=STATES, text=state_of,
            tone=lambda row: TONES[state_of(row)],
        ),
        Column(key="customer_number", label=_("Customer number"), is_visible=False),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(name="kind", label=_("Kind"), choices=list(KINDS.items())),
        ChoiceFilter(
            name="state", label=_("State"), field="is_active",
            choices=list(STATES.items()), reads=lambda text: text == "USED",
        ),
        ChoiceFilter(name="way", label=_("Way to pay"), field="value", choices=list(HABITS.items())),
        DateFilter(name="last", label=_("Last seen"), field="last_seen_date"),
    ]  # fmt: skip
    search_fields = ("value", "customer_name", "customer_number")
    search_hint = _("Customer, bank account or name")
    default_sort = "-last_seen_date"
    empty = Empty(
        title=_("Nothing was learnt yet."),
        text=_("Bank accounts and names of payers are remembered once a payment of them was matched."),
    )
