"""Segments by rule, each version of their rules, and which accounts belonged to them on which days."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Segment(models.Model):
    """A named rule over accounts; the lowest `position` goes first. `rule` is what `core.segments` writes.

    `policy_code` names the policy of reminders that its accounts follow; '' names none. What stands here is the
    latest `SegmentVersion`.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=250, blank=True, default="", db_default="")
    rule = models.JSONField()
    policy_code = models.CharField(max_length=40, blank=True, default="", db_default="")
    position = models.PositiveIntegerField()
    is_active = models.BooleanField(default=True, db_default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [models.CheckConstraint(name="segment_named", condition=~Q(name="") & ~Q(code=""))]
        indexes = [models.Index(fields=["position", "id"], name="segment_position")]


class SegmentVersion(models.Model):
    """What a segment said from a day on until its next version; never changed (trigger of migration `0002`)."""

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    rule = models.JSONField()
    policy_code = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField()
    from_date = models.DateField()
    recorded_by_id = models.BigIntegerField(null=True)
    recorded_by_name = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "version"], name="segmentversion_unique")]


class Membership(models.Model):
    """An account belonged to a segment from a day on, until the day before `until_date` (None: still)."""

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="memberships", db_index=False)
    account = models.ForeignKey(
        "parties.CustomerAccount", on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    from_date = models.DateField()
    until_date = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "account"], condition=Q(until_date__isnull=True), name="membership_one_current"
            ),
            models.UniqueConstraint(fields=["account", "segment", "from_date"], name="membership_unique"),
            models.CheckConstraint(
                name="membership_dates", condition=Q(until_date__isnull=True) | Q(until_date__gt=F("from_date"))
            ),
        ]


class MembershipRefresh(models.Model):
    """A day on which all memberships were worked out."""

    as_of = models.DateField(primary_key=True)
    finished_at = models.DateTimeField()
