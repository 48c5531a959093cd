"""Tasks of every origin, ranked in one list."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quittance.foundation.fields import AmountField, CurrencyField


class Task(models.Model):
    """Something a person should do, with its score and the parts the score is made of."""

    class Kind(models.TextChoices):
        CALL = "CALL", _("Call")
        BROKEN_PROMISE = "BROKEN_PROMISE", _("Broken promise")
        PROMISE_DUE = "PROMISE_DUE", _("Promise due")
        OVER_LIMIT = "OVER_LIMIT", _("Over the limit")
        DISPUTE_LATE = "DISPUTE_LATE", _("Dispute past its deadline")
        UNMATCHED_CASH = "UNMATCHED_CASH", _("Unmatched cash")
        UNAPPLIED_CASH = "UNAPPLIED_CASH", _("Unapplied cash")
        RUN_TO_RELEASE = "RUN_TO_RELEASE", _("Run to review")
        IMPORT_REJECTED = "IMPORT_REJECTED", _("Rejected lines")
        NO_CONTACT = "NO_CONTACT", _("Contact missing")

    class State(models.TextChoices):
        OPEN = "OPEN", _("Open")
        SNOOZED = "SNOOZED", _("Snoozed")
        DONE = "DONE", _("Done")
        GONE = "GONE", _("No longer needed")

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    role = models.CharField(max_length=20, blank=True)
    owner = models.ForeignKey("parties.User", null=True, on_delete=models.SET_NULL, related_name="tasks")
    company = models.ForeignKey("parties.Company", null=True, on_delete=models.CASCADE)
    account = models.ForeignKey(
        "parties.CustomerAccount", null=True, on_delete=models.CASCADE, related_name="tasks"
    )
    customer = models.ForeignKey(
        "parties.Customer", null=True, on_delete=models.CASCADE, related_name="tasks"
    )
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    amount = AmountField(default=0)
    currency = CurrencyField(default="EUR")
    days_late = models.IntegerField(default=0)
    item_count = models.PositiveIntegerField(default=0)
    score = models.IntegerField(default=0)
    score_parts = models.JSONField(default=list)
    action_code = models.CharField(max_length=30, blank=True)
    action_reason = models.CharField(max_length=40, blank=True)
    due_date = models.DateField()
    snoozed_until = models.DateField(null=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(state__in=["OPEN", "SNOOZED"]), name="task_one_live_per_key"
            ),
            models.CheckConstraint(
                name="task_snoozed_has_date", condition=~Q(state="SNOOZED") | Q(snoozed_until__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "state", "-score", "id"], name="task_mine"),
            models.Index(fields=["state", "-score", "id"], name="task_ranked"),
            models.Index(fields=["account"], name="task_account"),
        ]


class Call(models.Model):
    """A phone call that was made, and how it ended."""

    class Outcome(models.TextChoices):
        PROMISE = "PROMISE", _("Promise")
        DISPUTE = "DISPUTE", _("Dispute")
        VOICEMAIL = "VOICEMAIL", _("Voicemail")
        WRONG_NUMBER = "WRONG_NUMBER", _("Wrong number")
        COPY_WANTED = "COPY_WANTED", _("Copy wanted")
        CALL_BACK = "CALL_BACK", _("Call back later")
        INFORMED = "INFORMED", _("Spoke, no commitment")

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="calls")
    contact = models.ForeignKey("parties.Contact", null=True, on_delete=models.SET_NULL)
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    comment = models.TextField(blank=True)
    made_by = models.ForeignKey("parties.User", null=True, on_delete=models.SET_NULL)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "-made_at", "-id"], name="call_account")]
