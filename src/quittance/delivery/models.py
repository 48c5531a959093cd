"""Everything that leaves: one row per transmission, its state, its story."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Transmission(models.Model):
    """A message on its way; claimed by guarded update, never sent twice blindly.

    The content is written when it is claimed, from the facts of that moment. `inline_images` holds PNG files in
    base64 by content id. `not_before` is when a try after a temporary failure is due. While it is SENDING one worker
    holds it: `lease_token` says which, `lease_until` how long at most. `failure` has the words of the mail server or of
    whatever went wrong, `failure_code` says whose words they are.
    """

    class Medium(models.TextChoices):
        EMAIL = "EMAIL", _("E-mail")

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("Queued")
        SENDING = "SENDING", _("Sending")
        SENT = "SENT", _("Sent")
        DELIVERED = "DELIVERED", _("Delivered")
        BOUNCED = "BOUNCED", _("Bounced")
        REFUSED = "REFUSED", _("Refused")
        FAILED = "FAILED", _("Failed")
        UNCERTAIN = "UNCERTAIN", _("Uncertain")
        CANCELLED = "CANCELLED", _("Cancelled")

    class FailureCode(models.TextChoices):
        """Whose words `failure` holds; the pages say it in full."""

        REFUSED = "REFUSED"
        POSTPONED = "POSTPONED"
        UNREACHABLE = "UNREACHABLE"
        ANSWER_LOST = "ANSWER_LOST"
        WORKER_STOPPED = "WORKER_STOPPED"
        TEXT_WRONG = "TEXT_WRONG"

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="transmissions")
    medium = models.CharField(max_length=8, choices=Medium.choices)
    channel = models.CharField(max_length=40)
    purpose = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    sender = models.CharField(max_length=200)
    recipient = models.CharField(max_length=200)
    recipient_name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=5)
    reply_to = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=250, blank=True)
    body_text = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    inline_images = models.JSONField(default=dict)
    message_id = models.CharField(max_length=200, unique=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure_code = models.CharField(max_length=14, blank=True, db_default="")
    failure = models.TextField(blank=True)
    is_failure_permanent = models.BooleanField(default=False)
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="transmission_sending_has_lease",
                condition=~Q(state="SENDING") | Q(lease_token__isnull=False, lease_until__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="transmission_state"),
            models.Index(fields=["account", "-queued_at", "-id"], name="transmission_account"),
        ]


class DemoMessage(models.Model):
    """A message that the demo's own mail server took in, to be read on the mailbox page."""

    id = models.BigAutoField(primary_key=True)
    received_at = models.DateTimeField()
    sender = models.CharField(max_length=200)
    recipients = models.TextField()
    subject = models.CharField(max_length=250)
    raw = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["-received_at", "-id"], name="demomessage_recent")]
