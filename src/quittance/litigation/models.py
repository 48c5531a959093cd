"""Hand-over of debts to those who recover them outside, their dossiers, and the clock of limitation."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.foundation.fields import AmountField, CurrencyField


class LimitationRule(models.Model):
    """After how long claims of a country lapse, for debts that arose from a day on; see `core.limitation`.

    `interrupting` holds codes of `core.limitation.EventKind`.
    """

    class DebtorKind(models.TextChoices):
        BUSINESS = "BUSINESS", _("Businesses")
        CONSUMER = "CONSUMER", _("Consumers")
        PUBLIC = "PUBLIC", _("Public bodies")

    id = models.BigAutoField(primary_key=True)
    country = models.CharField(max_length=2)
    debtor_kind = models.CharField(max_length=8, choices=DebtorKind.choices)
    from_date = models.DateField()
    months = models.PositiveSmallIntegerField()
    is_from_next_year = models.BooleanField(default=False)
    months_left_min = models.PositiveSmallIntegerField(default=0)
    interrupting = models.JSONField(default=list)
    source = models.CharField(max_length=255)
    is_to_be_checked = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "debtor_kind", "from_date"], name="limitationrule_unique"),
            models.CheckConstraint(name="limitationrule_positive", condition=Q(months__gt=0)),
        ]


class LimitationEvent(models.Model):
    """What a person says happened to the claim of an item, and when; taken back, never deleted.

    `end_date` is the end of a lawsuit or suspension; while it is empty the clock stands still.
    """

    class Kind(models.TextChoices):
        START = "START", _("Delivery or service completed")
        ACKNOWLEDGEMENT = "ACKNOWLEDGEMENT", _("Debt acknowledged by the customer")
        LAWSUIT = "LAWSUIT", _("Court action")
        ENFORCEMENT = "ENFORCEMENT", _("Enforcement by a bailiff")
        FORMAL_NOTICE = "FORMAL_NOTICE", _("Formal notice")
        MEDIATION = "MEDIATION", _("Mediation")
        OTHER_SUSPENSION = "OTHER_SUSPENSION", _("Another suspension")

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="limitation_events")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    event_date = models.DateField()
    end_date = models.DateField(null=True)
    comment = models.CharField(max_length=300, blank=True)
    attachment = models.ForeignKey("parties.Attachment", null=True, on_delete=models.SET_NULL, related_name="+")
    recorded_by_id = models.BigIntegerField(null=True)
    recorded_by_name = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()
    is_withdrawn = models.BooleanField(default=False)
    withdrawn_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="limitationevent_dates", condition=Q(end_date__isnull=True) | Q(end_date__gte=F("event_date"))
            ),
            models.CheckConstraint(
                name="limitationevent_withdrawn_why", condition=Q(is_withdrawn=False) | ~Q(withdrawn_reason="")
            ),
        ]
        indexes = [models.Index(fields=["item", "event_date", "id"], name="limitationevent_item")]


class Handover(models.Model):
    """Items of an account given to somebody outside to recover; HANDED_OVER is the only state that holds reminders.

    It counts from `handed_over_on` until `ended_on`. RETURNED items are chased again, CLOSED ones are over.
    """

    class State(models.TextChoices):
        PREPARED = "PREPARED", pgettext_lazy("hand-over", "Prepared")
        HANDED_OVER = "HANDED_OVER", pgettext_lazy("hand-over", "Handed over")
        RETURNED = "RETURNED", pgettext_lazy("hand-over", "Came back")
        CLOSED = "CLOSED", pgettext_lazy("hand-over", "Closed")
        CANCELLED = "CANCELLED", pgettext_lazy("hand-over", "Cancelled")

    class ToKind(models.TextChoices):
        AGENCY = "AGENCY", _("Collection agency")
        LAWYER = "LAWYER", _("Lawyer")
        COMMISSAIRE_DE_JUSTICE = "COMMISSAIRE_DE_JUSTICE", _("Commissaire de justice")

    class Result(models.TextChoices):
        RECOVERED = "RECOVERED", _("Recovered")
        PART_RECOVERED = "PART_RECOVERED", _("Recovered in part")
        AGREEMENT = "AGREEMENT", _("Agreement with the customer")
        NOT_RECOVERED = "NOT_RECOVERED", _("Not recovered")
        INSOLVENT = "INSOLVENT", _("Customer insolvent")
        CALLED_BACK = "CALLED_BACK", _("Called back by us")

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="handovers")
    state = models.CharField(max_length=11, choices=State.choices, default=State.PREPARED)
    to_kind = models.CharField(max_length=22, choices=ToKind.choices)
    to_name = models.CharField(max_length=150)
    to_email = models.EmailField(blank=True)
    to_reference = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300)
    prepared_on = models.DateField()
    handed_over_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    result = models.CharField(max_length=14, choices=Result.choices, blank=True)
    result_comment = models.CharField(max_length=300, blank=True)
    prepared_by_id = models.BigIntegerField(null=True)
    prepared_by_name = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="handover_state_dated",
                condition=Q(state="PREPARED", handed_over_on__isnull=True, ended_on__isnull=True)
                | Q(state="HANDED_OVER", handed_over_on__isnull=False, ended_on__isnull=True)
                | Q(state__in=["RETURNED", "CLOSED"], handed_over_on__isnull=False, ended_on__isnull=False)
                | Q(state="CANCELLED", handed_over_on__isnull=True, ended_on__isnull=False),
            ),
            models.CheckConstraint(
                name="handover_dates",
                condition=(Q(handed_over_on__isnull=True) | Q(handed_over_on__gte=F("prepared_on")))
                & (Q(ended_on__isnull=True) | Q(ended_on__gte=F("prepared_on")))
                & (Q(ended_on__isnull=True) | Q(handed_over_on__isnull=True) | Q(ended_on__gte=F("handed_over_on"))),
            ),
            models.CheckConstraint(
                name="handover_ended_with_result", condition=~Q(state__in=["RETURNED", "CLOSED"]) | ~Q(result="")
            ),
            models.CheckConstraint(name="handover_named", condition=~Q(to_name="") & ~Q(reason="")),
        ]
        indexes = [
            models.Index(fields=["account", "state"], name="handover_account"),
            models.Index(fields=["state", "id"], name="handover_state"),
        ]


class HandoverItem(models.Model):
    """One item of a hand-over with what was owed then; `is_live` until the hand-over ends.

    `proposal` says what we propose once it is over; a write-off is decided in the ERP, never here.
    """

    class Proposal(models.TextChoices):
        NONE = "", _("Nothing")
        DUNNING = "DUNNING", _("Chase it again")
        WRITE_OFF = "WRITE_OFF", _("Write it off")

    id = models.BigAutoField(primary_key=True)
    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="handover_items")
    currency = CurrencyField()
    amount_then = AmountField()
    company_currency = CurrencyField()
    amount_company_then = AmountField()
    is_live = models.BooleanField(default=True)
    proposal = models.CharField(max_length=9, choices=Proposal.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handover", "item"], name="handoveritem_unique"),
            models.UniqueConstraint(fields=["item"], condition=Q(is_live=True), name="handoveritem_one_live"),
            models.CheckConstraint(name="handoveritem_positive", condition=Q(amount_then__gt=0)),
        ]


class Dossier(models.Model):
    """The file of evidence of a hand-over, written by a job; `progress` counts parts written."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("Waiting")
        WRITING = "WRITING", _("Being written")
        READY = "READY", _("Ready")
        FAILED = "FAILED", _("Failed")

    id = models.BigAutoField(primary_key=True)
    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="dossiers")
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    file = models.FileField(upload_to="dossiers/%Y/%m/", blank=True)
    filename = models.CharField(max_length=255, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    failure = models.TextField(blank=True)
    language = models.CharField(max_length=5)
    requested_by_id = models.BigIntegerField(null=True)
    requested_by_name = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="dossier_ready_has_file", condition=~Q(state="READY") | (~Q(file="") & ~Q(sha256=""))
            ),
            models.CheckConstraint(name="dossier_failed_says_why", condition=~Q(state="FAILED") | ~Q(failure="")),
        ]
        indexes = [models.Index(fields=["handover", "-id"], name="dossier_handover")]
