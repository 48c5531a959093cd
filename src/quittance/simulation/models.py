"""Policies tried on the past, the notices they would have sent, and trials of two policies on real accounts."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quittance.foundation.fields import AmountField, CurrencyField

ARMS = (("A", "A"), ("B", "B"))


class Simulation(models.Model):
    """One policy, or two side by side, on the days `first_date` to `last_date`.

    The days before, `warm_up_days` of them, only prepare the ground. `change_b` is what is said otherwise in B than in
    its policy (`policies.CHANGES`); `policy_b` is None when one policy is tried alone. A notice is needless when its
    items were paid within `on_its_way_days` days after it. The worker goes on after `last_account_id`.
    """

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Done")
        CANCELLED = "CANCELLED", _("Cancelled")
        FAILED = "FAILED", _("Failed")

    id = models.BigAutoField(primary_key=True)
    policy_a = models.ForeignKey("dunning.DunningPolicy", on_delete=models.PROTECT, related_name="+")
    policy_b = models.ForeignKey("dunning.DunningPolicy", null=True, on_delete=models.PROTECT, related_name="+")
    change_b = models.JSONField(default=dict)
    company = models.ForeignKey("parties.Company", null=True, on_delete=models.PROTECT, related_name="+")
    segment = models.ForeignKey("segments.Segment", null=True, on_delete=models.PROTECT, related_name="+")
    first_date = models.DateField()
    last_date = models.DateField()
    warm_up_days = models.PositiveSmallIntegerField(default=90)
    on_its_way_days = models.PositiveSmallIntegerField(default=3)
    is_on_weekends = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    last_account_id = models.BigIntegerField(default=0)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(null=True)
    # By arm and reason, the accounts that a step was due for and could not reach.
    unreached = models.JSONField(default=dict, db_default={})
    created_by_id = models.BigIntegerField(null=True)
    created_by_label = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="simulation_dates", condition=Q(last_date__gte=F("first_date"))),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="simulation_recent")]


class SimulatedNotice(models.Model):
    """A notice that a policy would have sent; `items` are lists of item id, currency, amount, whether on its way."""

    class Needless(models.TextChoices):
        NO = "NO", _("No")
        PART = "PART", _("In part")
        WHOLE = "WHOLE", _("Yes")

    id = models.BigAutoField(primary_key=True)
    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, related_name="notices", db_index=False)
    arm = models.CharField(max_length=1, choices=ARMS)
    account = models.ForeignKey(
        "parties.CustomerAccount", on_delete=models.CASCADE, related_name="simulated_notices", db_index=False
    )
    notice_date = models.DateField()
    level_rank = models.PositiveSmallIntegerField()
    level_code = models.CharField(max_length=30)
    level_name = models.CharField(max_length=80)
    medium = models.CharField(max_length=6)
    is_registered = models.BooleanField()
    needless = models.CharField(max_length=5, choices=Needless.choices)
    item_count = models.PositiveIntegerField()
    amount_company = AmountField()
    company_currency = CurrencyField()
    items = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["simulation", "arm", "account", "notice_date"], name="simulatednotice_one_a_day"
            )
        ]
        indexes = [
            models.Index(fields=["simulation", "-notice_date", "id"], name="simulatednotice_list"),
            models.Index(fields=["account"], name="simulatednotice_account"),
        ]


class Trial(models.Model):
    """Two policies sent to two halves of a segment from a day on, until `until_date` or until it is stopped before.

    `salt` decides who goes where; the past is never rewritten: `stopped_on` ends it.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80)
    segment = models.ForeignKey("segments.Segment", on_delete=models.PROTECT, related_name="+")
    policy_a_code = models.CharField(max_length=40)
    policy_b_code = models.CharField(max_length=40)
    company = models.ForeignKey("parties.Company", null=True, on_delete=models.PROTECT, related_name="+")
    from_date = models.DateField()
    until_date = models.DateField()
    stopped_on = models.DateField(null=True)
    horizon_days = models.PositiveSmallIntegerField(default=90)
    salt = models.CharField(max_length=40)
    created_by_id = models.BigIntegerField(null=True)
    created_by_label = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="trial_dates", condition=Q(until_date__gt=F("from_date"))),
            models.CheckConstraint(name="trial_two_policies", condition=~Q(policy_a_code=F("policy_b_code"))),
            models.CheckConstraint(name="trial_horizon", condition=Q(horizon_days__gte=1)),
        ]
        indexes = [models.Index(fields=["-from_date", "-id"], name="trial_recent")]


class TrialArm(models.Model):
    """An account follows a policy for the sake of a trial, from a day until the day before `until_date`.

    One trial at a time: an exclusion constraint of migration `0002`.
    """

    id = models.BigAutoField(primary_key=True)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="arms", db_index=False)
    account = models.ForeignKey(
        "parties.CustomerAccount", on_delete=models.CASCADE, related_name="trial_arms", db_index=False
    )
    arm = models.CharField(max_length=1, choices=ARMS)
    policy_code = models.CharField(max_length=40)
    from_date = models.DateField()
    until_date = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "account"], name="trialarm_unique"),
            models.CheckConstraint(name="trialarm_dates", condition=Q(until_date__gte=F("from_date"))),
        ]
        indexes = [models.Index(fields=["account", "from_date"], name="trialarm_account")]
