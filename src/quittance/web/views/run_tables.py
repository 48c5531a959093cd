"""The tables of the reminder pages."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.dunning.policy_words import LEVEL_WORDS, MEDIUM_WORDS
from quittance.dunning.reasons import REASON_WORDS
from quittance.web.step_labels import step_choices, with_step_labels
from quittance.web.tables import AmountFilter, ChoiceFilter, Column, DateFilter, Empty, Table
from quittance.web.tables.columns import Row

STATUS_CHOICES = (
    ("SEND", _("Will go")),
    ("HOLD", _("Held")),
    ("PERSON", _("Needs a person")),
    ("EXCLUDED", _("Left out")),
    ("QUEUED", _("Queued")),
    ("SENT", _("Sent")),
    ("HELD", _("Held at sending")),
    ("FAILED", _("Failed")),
    ("BOUNCED", _("Came back")),
    ("UNCERTAIN", _("Uncertain")),
    ("CANCELLED", _("Cancelled")),
    ("TASK_OPEN", _("To be done")),
    ("DONE", _("Done")),
)
RUN_STATES = {
    "PREPARING": _("Being prepared"),
    "READY": _("To review"),
    "RELEASED": _("Sending"),
    "DONE": _("Sent"),
    "CANCELLED": _("Cancelled"),
}
_RUN_TONES = {"READY": "soon", "RELEASED": "promised", "PREPARING": "promised", "DONE": "settled"}


def run_tone(state: str) -> str:
    """Return the tone a run's state is shown with."""
    return _RUN_TONES.get(state, "neutral")


class RunTable(Table):
    """The runs, newest first."""

    key = "runs"
    caption = _("Reminder runs")
    columns = [
        Column(key="as_of", label=_("Day"), kind="date", is_sortable=True,
               href=lambda row: reverse("run_detail", args=[row["id"]])),
        Column(key="message_code", label=_("Message"), priority=2,
               labels={"": _("As the policies say"), **LEVEL_WORDS}),
        Column(key="company_name", label=_("Company")),
        Column(key="state", label=_("State"), kind="status", labels=RUN_STATES,
               tone=lambda row: run_tone(row["state"])),
        Column(key="send_count", label=_("Messages"), kind="number"),
        Column(key="hold_count", label=_("Held"), kind="number"),
        Column(key="person_count", label=_("Need a person"), kind="number"),
        Column(key="sent_count", label=_("Sent"), kind="number", priority=2),
        Column(key="held_at_sending_count", label=_("Held at sending"), kind="number", priority=3),
        Column(key="failed_count", label=_("Failed"), kind="number", priority=2),
        Column(key="created_by_label", label=_("Prepared by"), priority=3),
        Column(key="created_at", label=_("Prepared"), kind="moment", is_sortable=True, priority=2),
    ]  # fmt: skip
    filters = [
        ChoiceFilter(name="state", label=_("State"), choices=list(RUN_STATES.items())),
        DateFilter(name="day", label=_("Day"), field="as_of"),
    ]
    default_sort = "-created_at"
    empty = Empty(
        title=_("No reminders have been prepared yet."),
        text=_("Prepare a run: you see who would get what, who is held and why, before anything leaves."),
    )

    def row_tone(self, row: Row) -> str:
        """Mark what waits for somebody."""
        return "soon" if row["state"] == "READY" else ""


class DecisionTable(Table):
    """What a run decided, account by account."""

    key = "run-decisions"
    caption = _("Accounts of the run")
    columns = [
        Column(key="customer_name", label=_("Customer"), opens_panel=True,
               href=lambda row: reverse("decision_detail", args=[row["id"]])),
        Column(key="account_number", label=_("Account"), priority=3),
        Column(key="department_name", label=_("Department"), priority=2),
        Column(key="status", label=_("Status"), kind="status", labels=dict(STATUS_CHOICES)),
        Column(key="why", label=_("Message or reason"), labels={**REASON_WORDS, **LEVEL_WORDS}),
        Column(key="by", label=_("By"), labels=MEDIUM_WORDS, priority=2),
        Column(key="item_count", label=_("Items"), kind="number", priority=2),
        Column(key="overdue_days_max", label=_("Days late"), kind="days", is_sortable=True),
        Column(key="amount_company", label=_("Amount"), kind="money", currency="company_currency", is_sortable=True),
        Column(key="recipient_email", label=_("To"), priority=3),
        Column(key="language", label=_("Language"), priority=3, is_visible=False),
    ]  # fmt: skip
    filters = [
        ChoiceFilter(name="status", label=_("Status"), choices=STATUS_CHOICES),
        ChoiceFilter(name="reason", label=_("Reason"), choices=list(REASON_WORDS.items())),
        ChoiceFilter(name="level", label=_("Message"), field="level_code", choices=step_choices),
        ChoiceFilter(name="medium", label=_("By"), field="by", choices=list(MEDIUM_WORDS.items())),
        AmountFilter(name="amount", label=_("Amount"), field="amount_company"),
    ]
    search_fields = ["customer_name", "account_number"]
    default_sort = "-amount_company"
    presets = [
        (_("Will go"), "status=SEND"),
        (_("Held"), "status=HOLD&status=EXCLUDED&status=HELD"),
        (_("Needs a person"), "status=PERSON"),
    ]
    empty = Empty(
        title=_("Nobody has anything due."),
        text=_("No account of this run has an item that a reminder could speak of."),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.columns = with_step_labels(self.columns)  # type: ignore[misc]  # those of this request
        super().__init__(*arguments, **options)


class NoticeTable(Table):
    """The reminders an account got."""

    key = "account-notices"
    caption = _("Reminders sent")
    columns = [
        Column(key="notice_date", label=_("Day"), kind="date", is_sortable=True,
               href=lambda row: reverse("notice_detail", args=[row["id"]])),
        Column(key="level_code", label=_("Message"), labels=LEVEL_WORDS),
        Column(key="medium", label=_("By"), labels=MEDIUM_WORDS, priority=2),
        Column(key="status", label=_("Status"), kind="status", labels=dict(STATUS_CHOICES)),
        Column(key="held_reason_code", label=_("Reason"), labels=REASON_WORDS, priority=2),
        Column(key="amount_company", label=_("Amount"), kind="money", currency="company_currency"),
    ]  # fmt: skip
    default_sort = "-notice_date"
    has_saved_views = False
    empty = Empty(title=_("This account has had no reminder yet."))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.columns = with_step_labels(self.columns)  # type: ignore[misc]  # those of this request
        super().__init__(*arguments, **options)
