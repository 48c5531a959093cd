"""The tables of simulations and trials."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.dunning.policy_words import LEVEL_WORDS, MEDIUM_WORDS
from quittance.web.tables import AmountFilter, ChoiceFilter, Column, DateFilter, Empty, Table

STATES = {"RUNNING": _("Running"), "DONE": _("Done"), "CANCELLED": _("Stopped"), "FAILED": _("Failed")}
STATE_TONES = {"RUNNING": "promised", "DONE": "settled", "FAILED": "late"}
TRIAL_STATES = {"RUNNING": _("Running"), "ENDED": _("Ended"), "STOPPED": _("Stopped")}
NEEDLESS = {"NO": _("No"), "PART": _("In part"), "WHOLE": _("Yes")}


class SimulationTable(Table):
    """The simulations, newest first."""

    key = "simulations"
    caption = _("Simulations")
    columns = [
        Column(key="policy_a_name", label=_("Policy A"), href=lambda row: reverse("simulation_detail",
        args=[row["id"]])), Column(key="policy_b_name", label=_("Policy B")),
        Column(key="first_date", label=_("From"), kind="date"),
        Column(key="last_date", label=_("Until"), kind="date"),
        Column(key="company_name", label=_("Company"), priority=2),
        Column(key="segment_name", label=_("Segment"), priority=2),
        Column(key="state", label=_("State"), kind="status", labels=STATES,
               tone=lambda row: STATE_TONES.get(row["state"], "neutral")),
        Column(key="created_by_label", label=_("By whom"), priority=3),
        Column(key="created_at", label=_("Started"), kind="moment", is_sortable=True, priority=2),
    ]  # fmt: skip
    filters = [ChoiceFilter(name="state", label=_("State"), choices=list(STATES.items()))]
    default_sort = "-created_at"
    empty = Empty(
        title=_("No policy has been tried yet."),
        text=_(
            "Try one on past months: whom it would have written to, how often, and which messages were needless"
            " because the money was on its way."
        ),
    )


class SimulatedNoticeTable(Table):
    """The notices that would have left."""

    key = "simulated-notices"
    caption = _("Simulated messages")
    columns = [
        Column(key="notice_date", label=_("Day"), kind="date", is_sortable=True),
        Column(key="arm", label=_("Policy")),
        Column(key="customer_name", label=_("Customer"),
               href=lambda row: reverse("account_reminders", args=[row["account_id"]])),
        Column(key="account_number", label=_("Account"), priority=3),
        Column(key="level_code", label=_("Message"), labels=LEVEL_WORDS),
        Column(key="medium", label=_("By"), labels=MEDIUM_WORDS, priority=2),
        Column(key="item_count", label=_("Items"), kind="number", priority=2),
        Column(key="amount_company", label=_("Amount"), kind="money", currency="company_currency", is_sortable=True),
        Column(key="needless", label=_("Needless"), labels=NEEDLESS),
    ]  # fmt: skip
    filters = [
        ChoiceFilter(name="arm", label=_("Policy"), choices=[("A", "A"), ("B", "B")]),
        ChoiceFilter(name="level", label=_("Message"), field="level_code", choices=list(LEVEL_WORDS.items())),
        ChoiceFilter(name="medium", label=_("By"), choices=list(MEDIUM_WORDS.items())),
        ChoiceFilter(name="needless", label=_("Needless"), choices=list(NEEDLESS.items())),
        DateFilter(name="day", label=_("Day"), field="notice_date"),
        AmountFilter(name="amount", label=_("Amount"), field="amount_company"),
    ]
    search_fields = ["customer_name", "account_number"]
    default_sort = "-notice_date"
    empty = Empty(
        title=_("No message would have left."),
        text=_("In these days nothing was late enough, or something held every account."),
    )


class TrialTable(Table):
    """The trials, newest first."""

    key = "trials"
    caption = _("Trials")
    columns = [
        Column(key="name", label=_("Name"), href=lambda row: reverse("trial_detail", args=[row["id"]])),
        Column(key="segment_name", label=_("Segment")),
        Column(key="policy_a_code", label=_("Policy A"), priority=2),
        Column(key="policy_b_code", label=_("Policy B"), priority=2),
        Column(key="from_date", label=_("From"), kind="date", is_sortable=True),
        Column(key="until_date", label=_("Ends on"), kind="date"),
        Column(key="status", label=_("State"), kind="status", labels=TRIAL_STATES,
               tone=lambda row: "promised" if row["status"] == "RUNNING" else "neutral"),
    ]  # fmt: skip
    default_sort = "-from_date"
    empty = Empty(
        title=_("No trial has been made yet."),
        text=_("Send one policy to half of a segment and another to the other half, and see which one is paid sooner."),
    )
