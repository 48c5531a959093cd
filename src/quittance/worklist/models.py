"""Tasks of every origin, ranked in one list."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quittance.foundation.fields import AmountField, CurrencyField


class Task(models.Model):
    """Something a person should do, with its score and the parts the score is made of.

    One row per `key`, for good: its state moves. `measures` are the figures that decide whether a task that was done
    comes back (see the app's README); they stand still while it is DONE. `owner` is who has it: the person it was
    given to by hand (`assigned_to`), nobody when it was given to a `team`, else who is found by the facts.
    """

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
        COPY_WANTED = "COPY_WANTED", _("Copy wanted")
        STEP_TO_DO = "STEP_TO_DO", _("Step of a policy")
        SEND_UNCERTAIN = "SEND_UNCERTAIN", _("Message of unknown fate")
        PLAN_BROKEN = "PLAN_BROKEN", _("Broken payment plan")
        LIMITATION = "LIMITATION", _("Claim about to lapse")
        ACTION_LATE = "ACTION_LATE", _("Corrective action past its day")
        TO_VALIDATE = "TO_VALIDATE", _("Messages to validate")

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
    # A refresh finds these in the tables it refers to; asking again row by row took longer than to rank them all.
    owner = models.ForeignKey(
        "parties.User",
        null=True,
        on_delete=models.SET_NULL,
        related_name="tasks",
        db_index=False,
        db_constraint=False,
    )
    assigned_to = models.ForeignKey(
        "parties.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    team = models.ForeignKey("parties.Team", null=True, on_delete=models.SET_NULL, related_name="tasks", db_index=False)
    company = models.ForeignKey(
        "parties.Company", null=True, on_delete=models.CASCADE, db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        "parties.CustomerAccount",
        null=True,
        on_delete=models.CASCADE,
        related_name="tasks",
        db_index=False,
        db_constraint=False,
    )
    customer = models.ForeignKey(
        "parties.Customer", null=True, on_delete=models.CASCADE, related_name="tasks", db_constraint=False
    )
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    amount = AmountField(default=0)
    currency = CurrencyField(default="EUR")
    days_late = models.IntegerField(default=0)
    item_count = models.PositiveIntegerField(default=0)
    score = models.IntegerField(default=0)
    score_parts = models.JSONField(default=list)
    measures = models.JSONField(default=dict)
    # Of the facts as they were written last; None has them compared one by one.
    fingerprint = models.BigIntegerField(null=True)
    action_code = models.CharField(max_length=30, blank=True)
    action_reason = models.CharField(max_length=40, blank=True)
    due_date = models.DateField()
    snoozed_until = models.DateField(null=True)
    wake_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            # As a constraint, because a unique field of text brings a second index for patterns.
            models.UniqueConstraint(name="task_key", fields=["key"]),
            models.CheckConstraint(
                name="task_one_assignee", condition=Q(assigned_to__isnull=True) | Q(team__isnull=True)
            ),
            models.CheckConstraint(
                name="task_snoozed_has_date", condition=~Q(state="SNOOZED") | Q(snoozed_until__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "state", "-score", "-id"], name="task_owner"),
            models.Index(fields=["state", "-score", "-id"], name="task_rank"),
            models.Index(fields=["account"], name="task_account"),
            models.Index(fields=["wake_at"], name="task_wakes", condition=Q(state="SNOOZED", wake_at__isnull=False)),
            models.Index(fields=["team", "state", "-score", "-id"], name="task_team", condition=Q(team__isnull=False)),
            models.Index(fields=["assigned_to"], name="task_given", condition=Q(assigned_to__isnull=False)),
            models.Index(
                fields=["role", "state", "-score", "-id"], name="task_of_role", condition=models.Q(owner__isnull=True)
            ),
        ]


class Freshness(models.Model):
    """How far the tasks follow what happened: the day of the last whole refresh, the last event looked at. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    as_of = models.DateField(null=True)
    last_event_id = models.BigIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(name="freshness_one_row", condition=Q(id=1))]


class Call(models.Model):
    """A phone call that was made, and how it ended; `phone` is the number as it was dialled.

    `call_back_at` is the moment agreed, when one was; `documents` are the numbers of which a copy is wanted.
    """

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
    phone = models.CharField(max_length=30, blank=True)
    comment = models.TextField(blank=True)
    call_back_date = models.DateField(null=True)
    call_back_at = models.DateTimeField(null=True)
    documents = models.TextField(blank=True)
    made_by = models.ForeignKey("parties.User", null=True, on_delete=models.SET_NULL)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "-made_at", "-id"], name="call_account"),
            models.Index(fields=["contact"], name="call_wrong_number", condition=Q(outcome="WRONG_NUMBER")),
        ]


class WeightVersion(models.Model):
    """The points of a team (of everybody else without one) from a day on; the latest that has begun counts.

    `weights` holds what differs from the shipped points: empty is the way back to them. Rows are never changed.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey("parties.Team", null=True, on_delete=models.CASCADE, related_name="weight_versions")
    from_date = models.DateField()
    weights = models.JSONField(default=dict)
    set_by = models.ForeignKey("parties.User", null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["team", "-from_date", "-id"], name="weight_version_latest")]


class CollectorTarget(models.Model):
    """What a collector aims at from a day on; the latest that has begun counts, None is no target."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey("parties.User", on_delete=models.CASCADE, related_name="targets")
    from_date = models.DateField()
    calls_a_day = models.PositiveIntegerField(null=True)
    promises_a_month = models.PositiveIntegerField(null=True)
    amount_a_month = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    currency = CurrencyField(default="EUR")
    set_by = models.ForeignKey("parties.User", null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-from_date", "-id"], name="target_latest")]
