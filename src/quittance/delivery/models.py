"""Everything that leaves: one row per transmission, its state, its story."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quittance.foundation.fields import AmountField, CurrencyField

ATTACHMENT_BYTES_MAX = 10 * 1024 * 1024


class Medium(models.TextChoices):
    """What a message is made of."""

    EMAIL = "EMAIL", _("E-mail")
    LETTER = "LETTER", _("Letter")
    SMS = "SMS", _("SMS")


class Transmission(models.Model):
    """A message on its way; claimed by guarded update, never sent twice blindly.

    The content is written when it is claimed, from the facts of that moment. `inline_images` holds PNG files in
    base64 by content id. `not_before` is when a try after a temporary failure is due. While it is SENDING one worker
    holds it: `lease_token` says which, `lease_until` how long at most. `failure` has the words of the mail server or of
    whatever went wrong, `failure_code` says whose words they are. `headers` are those of an e-mail beside the usual
    ones. `envelope_sender` is where an e-mail that can't be delivered comes back to ("" is the sender's own address).
    `postal_lines` is the address of a letter as it is printed, a line each. An SMS has `segments`, and `cost` is what
    it costs: reckoned from the price set until the provider says it (`is_cost_told`). `provider_reference` is what
    the provider calls the message. `bounce_code` is the enhanced status of RFC 3463 (5.1.1) of a message that came
    back, whose words are in `failure`; `is_failure_permanent` says whether it came back for good. `missing_copies` are
    pairs of a document and why its copy did not go with it (ABSENT, TOO_LARGE, UNREADABLE).
    """

    Medium = Medium

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
        CAME_BACK = "CAME_BACK"

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
    headers = models.JSONField(default=dict, db_default={})
    envelope_sender = models.CharField(max_length=254, blank=True, db_default="")
    postal_lines = models.JSONField(default=list, db_default=[])
    is_registered = models.BooleanField(default=False, db_default=False)
    is_courtesy = models.BooleanField(default=False, db_default=False)
    segments = models.PositiveSmallIntegerField(null=True)
    cost = AmountField(null=True)
    cost_currency = CurrencyField(blank=True, db_default="")
    is_cost_told = models.BooleanField(default=False, db_default=False)
    provider_reference = models.CharField(max_length=200, blank=True, db_default="")
    missing_copies = models.JSONField(default=list, db_default=[])
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
    delivered_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    bounce_code = models.CharField(max_length=12, blank=True, db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="transmission_sending_has_lease",
                condition=~Q(state="SENDING") | Q(lease_token__isnull=False, lease_until__isnull=False),
            ),
            models.CheckConstraint(
                name="transmission_bounced_has_moment",
                condition=~Q(state="BOUNCED") | Q(bounced_at__isnull=False),
            ),
            models.CheckConstraint(
                name="transmission_cost_has_currency",
                condition=Q(cost__isnull=True) | (Q(cost__gte=0) & ~Q(cost_currency="")),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="transmission_state"),
            models.Index(fields=["account", "-queued_at", "-id"], name="transmission_account"),
            models.Index(fields=["-queued_at", "-id"], name="transmission_recent"),
            models.Index(
                fields=["provider_reference"], condition=~Q(provider_reference=""), name="transmission_reference"
            ),
        ]


class EarlyReport(models.Model):
    """What a provider said of a message before we had written what it calls it; taken once that is known."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=40)
    reference = models.CharField(max_length=200)
    is_delivered = models.BooleanField()
    code = models.CharField(max_length=12, blank=True)
    text = models.CharField(max_length=500, blank=True)
    is_recipient_bad = models.BooleanField(default=False)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "reference"], name="earlyreport_once")]


class Attachment(models.Model):
    """A file that goes with a transmission, or that came with an inbound message; never both."""

    id = models.BigAutoField(primary_key=True)
    transmission = models.ForeignKey(Transmission, null=True, on_delete=models.CASCADE, related_name="attachments")
    inbound = models.ForeignKey(
        "delivery.InboundMessage", null=True, on_delete=models.CASCADE, related_name="attachments"
    )
    filename = models.CharField(max_length=150)
    media_type = models.CharField(max_length=100)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="attachment_has_one_owner",
                condition=Q(transmission__isnull=False, inbound__isnull=True)
                | Q(transmission__isnull=True, inbound__isnull=False),
            ),
            models.CheckConstraint(name="attachment_bounded", condition=Q(size_bytes__lte=ATTACHMENT_BYTES_MAX)),
        ]


class SenderIdentity(models.Model):
    """How a company's messages name it, beside the name and address that the company itself keeps.

    `reply_address` is the mailbox that is read for answers ("" leaves the collector's own address); with
    `has_plus_address` each account gets its own variant of it. `bounce_address` is where what can't be delivered comes
    back to. `sms_sender` is the name or number that an SMS shows. `copies` says which reminders by e-mail bring copies
    of the invoices; an account may want it otherwise (`CopyWish`).
    """

    class Copies(models.TextChoices):
        """With which reminders copies go."""

        NEVER = "NEVER", _("With none")
        FORMAL = "FORMAL", _("With formal notices")
        LATE = "LATE", _("With every reminder of what is late")
        ALWAYS = "ALWAYS", _("Also before the due date")

    company = models.OneToOneField("parties.Company", primary_key=True, on_delete=models.CASCADE, related_name="+")
    reply_address = models.EmailField(blank=True)
    has_plus_address = models.BooleanField(default=False)
    bounce_address = models.EmailField(blank=True)
    sms_sender = models.CharField(max_length=16, blank=True)
    copies = models.CharField(max_length=6, choices=Copies.choices, default=Copies.NEVER, db_default="NEVER")


class CopyWish(models.Model):
    """An account that wants copies of the invoices with every reminder by e-mail, or with none."""

    account = models.OneToOneField(
        "parties.CustomerAccount", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    is_wanted = models.BooleanField()


class MediumPrice(models.Model):
    """What one unit of a medium costs from a day on: a segment of SMS, a letter, a registered letter."""

    class Unit(models.TextChoices):
        SMS_SEGMENT = "SMS_SEGMENT", _("One part of an SMS")
        LETTER = "LETTER", _("A letter")
        REGISTERED_LETTER = "REGISTERED_LETTER", _("A registered letter")

    id = models.BigAutoField(primary_key=True)
    unit = models.CharField(max_length=20, choices=Unit.choices)
    from_date = models.DateField()
    price = AmountField()
    currency = CurrencyField(default="EUR")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "from_date"], name="mediumprice_unique"),
            models.CheckConstraint(name="mediumprice_not_negative", condition=Q(price__gte=0)),
        ]


class SmsText(models.Model):
    """A text of the company's own for an SMS, from a day on, in place of the shipped one; a change is another row.

    `message_code` is the message of which step, as for e-mails and letters. `is_shipped` goes back to the shipped text.
    Of two from one day the later row counts.
    """

    id = models.BigAutoField(primary_key=True)
    message_code = models.CharField(max_length=30)
    language = models.CharField(max_length=5)
    from_date = models.DateField()
    is_shipped = models.BooleanField(default=False)
    text = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by_id = models.BigIntegerField(null=True)
    created_by_label = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="smstext_says_something", condition=Q(is_shipped=True) | ~Q(text="")),
        ]
        indexes = [models.Index(fields=["message_code", "language", "-from_date", "-id"], name="smstext_in_force")]


class CourtesyOptOut(models.Model):
    """An address that wants no messages before its due date; what is overdue is still written to it."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=254)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="courtesyoptout_unique")]


class ContactConsent(models.Model):
    """What a contact said about being written to by a medium, on a day; the last word counts, each is kept."""

    class Medium(models.TextChoices):
        EMAIL = "EMAIL", _("E-mail")
        SMS = "SMS", _("SMS")

    class Origin(models.TextChoices):
        """Where the word comes from."""

        CALL = "CALL", _("On the telephone")
        WRITTEN = "WRITTEN", _("In writing")
        CONTRACT = "CONTRACT", _("In a contract or a form")
        ERP = "ERP", _("From another system")

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey("parties.Contact", on_delete=models.CASCADE, related_name="+")
    medium = models.CharField(max_length=5, choices=Medium.choices)
    is_allowed = models.BooleanField()
    said_on = models.DateField()
    origin = models.CharField(max_length=8, choices=Origin.choices)
    comment = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by_label = models.CharField(max_length=150, blank=True)

    class Meta:
        indexes = [models.Index(fields=["contact", "medium", "-said_on", "-id"], name="contactconsent_last")]


class Mailbox(models.Model):
    """How far a mailbox was read: messages of `uid_validity` up to `last_uid`; `failure` when the last try failed."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200, unique=True)
    uid_validity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)
    failed_at = models.DateTimeField(null=True)


class InboundMessage(models.Model):
    """A message that came in: a reply, an automatic answer, or a report about one of ours (RFC 3464).

    `company` is that of the account, or whose mailbox it was written to; only those who see all companies see a message
    that has none.
    """

    class Kind(models.TextChoices):
        REPLY = "REPLY", _("Reply")
        AUTOMATIC = "AUTOMATIC", _("Automatic answer")
        REPORT = "REPORT", _("Delivery report")

    class FoundBy(models.TextChoices):
        """How its account was found."""

        MESSAGE_ID = "MESSAGE_ID"
        REPLY_ADDRESS = "REPLY_ADDRESS"
        BOUNCE_ADDRESS = "BOUNCE_ADDRESS"
        PERSON = "PERSON"

    id = models.BigAutoField(primary_key=True)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="messages")
    uid_validity = models.BigIntegerField()
    uid = models.BigIntegerField()
    kind = models.CharField(max_length=9, choices=Kind.choices)
    sender = models.CharField(max_length=254, blank=True)
    sender_name = models.CharField(max_length=150, blank=True)
    subject = models.CharField(max_length=250, blank=True)
    body_text = models.TextField(blank=True)
    message_id = models.CharField(max_length=250, blank=True)
    sent_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    account = models.ForeignKey(
        "parties.CustomerAccount", null=True, on_delete=models.PROTECT, related_name="inbound_messages"
    )
    company = models.ForeignKey("parties.Company", null=True, on_delete=models.PROTECT, related_name="+")
    transmission = models.ForeignKey(Transmission, null=True, on_delete=models.SET_NULL, related_name="answers")
    found_by = models.CharField(max_length=14, choices=FoundBy.choices, blank=True)
    bounce_code = models.CharField(max_length=12, blank=True)
    read_at = models.DateTimeField(null=True)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "uid_validity", "uid"], name="inboundmessage_once"),
            models.CheckConstraint(
                name="inboundmessage_found_somehow", condition=Q(account__isnull=True) | ~Q(found_by="")
            ),
        ]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="inboundmessage_recent"),
            models.Index(fields=["account", "-received_at", "-id"], name="inboundmessage_account"),
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
