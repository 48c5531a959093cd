"""The words of payment plans, their instalments and their ends, with the tone each is shown in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

PLAN_STATES: Mapping[str, tuple[Any, str]] = {
    "PROPOSED": (pgettext_lazy("plan", "Proposed"), "soon"),
    "ACTIVE": (pgettext_lazy("plan", "Running"), "promised"),
    "KEPT": (pgettext_lazy("plan", "Kept"), "settled"),
    "BROKEN": (pgettext_lazy("plan", "Broken"), "late"),
    "CANCELLED": (pgettext_lazy("plan", "Cancelled"), "neutral"),
}
INSTALMENT_STATES: Mapping[str, tuple[Any, str]] = {
    "WAITING": (pgettext_lazy("instalment", "Waiting"), "neutral"),
    "LATE": (pgettext_lazy("instalment", "Late"), "soon"),
    "KEPT": (pgettext_lazy("instalment", "Paid"), "settled"),
    "PART_KEPT": (pgettext_lazy("instalment", "Paid in part"), "late"),
    "BROKEN": (pgettext_lazy("instalment", "Not paid"), "late"),
}
PAID_LATE = (_("Paid late"), "soon")
END_REASONS: Mapping[str, Any] = {
    "DECLINED": _("Declined by the customer"),
    "EXPIRED": _("No answer in time"),
    "WITHDRAWN": _("Withdrawn by us"),
    "PAID_IN_FULL": _("Paid in full"),
    "NOT_PAID": _("An instalment was not paid"),
    "PAID_IN_PART": _("An instalment was paid in part"),
    "PAID_LATE": _("An instalment was paid late"),
}
RHYTHMS = (
    ("MONTHLY", _("Every month")),
    ("MONTH_END", _("Every month, on its last day")),
    ("FORTNIGHTLY", _("Every two weeks")),
    ("WEEKLY", _("Every week")),
    ("QUARTERLY", _("Every three months")),
)
PROBLEMS: Mapping[str, Any] = {
    "COUNT": _("A plan has 1 to 60 instalments."),
    "AMOUNT": _("The amount is too small for so many instalments."),
    "FIRST_DATE": _("The first instalment cannot lie in the past."),
    "RATE": _("A yearly rate lies between 0 and 100 %."),
    "DAYS": _("Two instalments would be due on one day."),
}


def plan_state(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan's row with the word and tone of its state, and why it ended."""
    word, tone = PLAN_STATES[row["state"]]
    return {**row, "word": word, "tone": tone, "why": END_REASONS.get(row["end_reason"], "")}


def instalment_state(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an instalment's row with the word and tone of its state."""
    word, tone = PAID_LATE if row.get("is_paid_late") else INSTALMENT_STATES[row["state"]]
    return {**row, "word": word, "tone": tone}
