"""What every app stands on: the chained story of events, intake batches with their rejected lines, files."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from quittance.core.reasons import Reason

_NO_PARAMS = models.Value({}, models.JSONField())


class Event(models.Model):
    """One thing that happened: append-only, each row chained by hash to the one before it.

    `hash` and `previous_hash` are set by a database trigger; rows can be neither changed nor deleted.
    Actor and subjects are plain ids: an event outlives what it speaks of.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=150)
    company_id = models.BigIntegerField(null=True)
    customer_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)
    item_id = models.BigIntegerField(null=True)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    payload = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "-id"], name="event_customer"),
            models.Index(fields=["account_id", "-id"], name="event_account"),
            models.Index(fields=["item_id", "-id"], name="event_item"),
            models.Index(fields=["kind", "-id"], name="event_kind"),
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="event_subject"),
        ]


class ImportBatch(models.Model):
    """One file taken in: what it was, how far it got, what came of it."""

    class Kind(models.TextChoices):
        LEDGER = "LEDGER"
        CUSTOMERS = "CUSTOMERS"
        CONTACTS = "CONTACTS"
        STATEMENT = "STATEMENT"
        REMITTANCE = "REMITTANCE"

    class Status(models.TextChoices):
        WAITING = "WAITING"
        NEEDS_MAPPING = "NEEDS_MAPPING"
        RUNNING = "RUNNING"
        DONE = "DONE"
        DONE_WITH_REJECTS = "DONE_WITH_REJECTS"
        UNCHANGED = "UNCHANGED"
        REFUSED = "REFUSED"
        FAILED = "FAILED"

    id = models.BigAutoField(primary_key=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.WAITING)
    source = models.CharField(max_length=60)
    format = models.CharField(max_length=60, blank=True)
    company_id = models.BigIntegerField(null=True)
    filename = models.CharField(max_length=255)
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    stored_path = models.CharField(max_length=255, blank=True)
    is_snapshot = models.BooleanField(default=False)
    profile = models.JSONField(default=dict)
    started_by_id = models.BigIntegerField(null=True)
    started_by_label = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(null=True)
    progress_stage = models.CharField(max_length=60, blank=True)
    lines_read = models.BigIntegerField(default=0)
    lines_accepted = models.BigIntegerField(default=0)
    lines_rejected = models.BigIntegerField(default=0)
    lines_new = models.BigIntegerField(default=0)
    lines_changed = models.BigIntegerField(default=0)
    lines_unchanged = models.BigIntegerField(default=0)
    lines_closed = models.BigIntegerField(default=0)
    report = models.JSONField(default=dict)
    reason_code = models.CharField(max_length=40, blank=True, db_default="")
    reason_params = models.JSONField(default=dict, db_default=_NO_PARAMS)
    message = models.TextField(blank=True)  # words of imports from before there were codes

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="importbatch_recent"),
            models.Index(fields=["kind", "sha256"], name="importbatch_sha"),
        ]

    def tell(self, reason: Reason | None, *, position: int | None = None) -> None:
        """Note why it ended as it did, and at which line of the file; saves nothing."""
        self.reason_code = reason.code.value if reason else ""
        self.reason_params = dict(reason.params) if reason else {}
        self.message = ""
        if position:
            self.reason_params["line"] = str(position)


class RejectedLine(models.Model):
    """A line that was not taken in: where it stands, what it said, and why."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rejected_lines")
    position = models.BigIntegerField()
    content = models.TextField()
    reason_code = models.CharField(max_length=40)
    reason_params = models.JSONField(default=dict, db_default=_NO_PARAMS)
    reason = models.TextField(blank=True, db_default="")  # words of lines from before there were codes
    is_warning = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["batch", "position", "id"], name="rejectedline_order")]


class ApiToken(models.Model):
    """A program's leave to use the API for some companies; only the digest of its secret is kept.

    `prefix` is what people know it by. `window_started_at` and `window_count` count its requests of the last minute.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    company_ids = ArrayField(models.BigIntegerField())
    scopes = ArrayField(models.CharField(max_length=30))
    created_at = models.DateTimeField()
    created_by_id = models.BigIntegerField(null=True)
    created_by_name = models.CharField(max_length=150)
    expires_on = models.DateField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    window_started_at = models.DateTimeField(null=True)
    window_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="apitoken_for_something",
                condition=models.Q(company_ids__len__gt=0, scopes__len__gt=0),
            )
        ]


class ApiAnswer(models.Model):
    """What was answered to a request that carried an idempotency key: the same again gets the same.

    `status` is None while the request is being worked on.
    """

    id = models.BigAutoField(primary_key=True)
    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="answers")
    key = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="apianswer_key")]
        indexes = [models.Index(fields=["created_at"], name="apianswer_age")]
