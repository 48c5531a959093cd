"""Letters gathered for printing: batches, and the letters in them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy


class PrintBatch(models.Model):
    """Letters of one company that are printed together. A company has one open batch at most.

    OPEN -> CLOSED -> PRINTED -> POSTED, each step by a person (a full batch closes by itself), each undone by one
    until the letters are posted. `number` counts a company's batches from 1.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", pgettext_lazy("print batch", "Open")
        CLOSED = "CLOSED", pgettext_lazy("print batch", "To be printed")
        PRINTED = "PRINTED", pgettext_lazy("print batch", "Printed")
        POSTED = "POSTED", pgettext_lazy("print batch", "Posted")

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="print_batches")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by_name = models.CharField(max_length=150, blank=True)
    printed_at = models.DateTimeField(null=True)
    printed_by_name = models.CharField(max_length=150, blank=True)
    posted_at = models.DateTimeField(null=True)
    posted_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="printbatch_number"),
            models.UniqueConstraint(fields=["company"], condition=Q(state="OPEN"), name="printbatch_one_open"),
            models.CheckConstraint(
                name="printbatch_state_dated",
                condition=Q(state="OPEN", closed_at__isnull=True, printed_at__isnull=True, posted_at__isnull=True)
                | Q(state="CLOSED", closed_at__isnull=False, printed_at__isnull=True, posted_at__isnull=True)
                | Q(state="PRINTED", closed_at__isnull=False, printed_at__isnull=False, posted_at__isnull=True)
                | Q(state="POSTED", closed_at__isnull=False, printed_at__isnull=False, posted_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["-opened_at", "-id"], name="printbatch_recent")]


class BatchLetter(models.Model):
    """One letter of a batch, its PDF kept as it will be printed.

    `message_id` is its transmission's: the same letter handed over twice is one row. `postal_lines` is the address as
    it stands on it. `position` counts from 1 within the batch and is never given twice. What was taken out stays, with
    who did it and why.
    """

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(PrintBatch, on_delete=models.PROTECT, related_name="letters")
    position = models.PositiveIntegerField()
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="printed_letters")
    message_id = models.CharField(max_length=200, unique=True)
    recipient_name = models.CharField(max_length=200)
    postal_lines = models.JSONField(default=list)
    subject = models.CharField(max_length=250)
    language = models.CharField(max_length=5)
    page_count = models.PositiveIntegerField()
    is_registered = models.BooleanField(default=False)
    tracking_number = models.CharField(max_length=40, blank=True)
    file = models.FileField(upload_to="letters/%Y/%m/", max_length=200)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    taken_out_at = models.DateTimeField(null=True)
    taken_out_by_name = models.CharField(max_length=150, blank=True)
    taken_out_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="batchletter_position"),
            models.CheckConstraint(
                name="batchletter_taken_out_why",
                condition=Q(taken_out_at__isnull=True, taken_out_reason="")
                | Q(taken_out_at__isnull=False) & ~Q(taken_out_reason=""),
            ),
            models.CheckConstraint(
                name="batchletter_tracking_registered", condition=Q(tracking_number="") | Q(is_registered=True)
            ),
        ]
        indexes = [models.Index(fields=["account", "-added_at", "-id"], name="batchletter_account")]
