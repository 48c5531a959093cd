"""Disputes, which leave dunning and matching until they are resolved; reasons of delay and what is done about them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quittance.foundation.fields import AmountField


class Dispute(models.Model):
    """A contested amount of one item, from `opened_date` to `closed_date`."""

    class Reason(models.TextChoices):
        PRICE = "PRICE", _("Price")
        QUANTITY = "QUANTITY", _("Quantity")
        QUALITY = "QUALITY", _("Quality")
        DELIVERY = "DELIVERY", _("Delivery incomplete or late")
        REFERENCE = "REFERENCE", _("Purchase order or reference missing")
        ADDRESSEE = "ADDRESSEE", _("Wrong addressee or address")
        DUPLICATE = "DUPLICATE", _("Invoiced twice")
        CREDIT_NOTE_DUE = "CREDIT_NOTE_DUE", _("Credit note awaited")
        VAT = "VAT", _("VAT")
        OTHER = "OTHER", _("Other")

    class Outcome(models.TextChoices):
        ACCEPTED = "ACCEPTED", _("Accepted")
        PARTLY_ACCEPTED = "PARTLY_ACCEPTED", _("Partly accepted")
        REJECTED = "REJECTED", _("Rejected")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="disputes")
    item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="disputes")
    amount_disputed = AmountField()
    reason_code = models.CharField(max_length=20, choices=Reason.choices)
    comment = models.TextField(blank=True)
    opened_date = models.DateField()
    opened_by_id = models.BigIntegerField(null=True)
    due_date = models.DateField()
    owner = models.ForeignKey("parties.User", null=True, on_delete=models.SET_NULL, related_name="disputes")
    closed_date = models.DateField(null=True)
    closed_by_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)
    closing_comment = models.TextField(blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="dispute_amount_positive", condition=Q(amount_disputed__gt=0)),
            models.CheckConstraint(
                name="dispute_closed_with_outcome",
                condition=Q(closed_date__isnull=True, outcome="") | (Q(closed_date__isnull=False) & ~Q(outcome="")),
            ),
            models.CheckConstraint(
                name="dispute_dates",
                condition=Q(closed_date__isnull=True) | Q(closed_date__gte=F("opened_date")),
            ),
            models.UniqueConstraint(
                fields=["item"], condition=Q(closed_date__isnull=True), name="dispute_one_open_per_item"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "closed_date"], name="dispute_account"),
            models.Index(fields=["due_date", "id"], condition=Q(closed_date__isnull=True), name="dispute_open_due"),
        ]


class DelayReason(models.Model):
    """Why an item is late, as the company calls it; items keep `code`. `names` holds its name by language."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=30, unique=True)
    names = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(name="delayreason_named", condition=~Q(names={}))]


class CorrectiveAction(models.Model):
    """What somebody does by a day so that a reason of delay comes up less often; of all companies without `company`."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("Open")
        DONE = "DONE", _("Done")
        DROPPED = "DROPPED", _("Given up")

    id = models.BigAutoField(primary_key=True)
    title = models.CharField(max_length=200)
    reason_code = models.CharField(max_length=30, blank=True)
    company = models.ForeignKey("parties.Company", null=True, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("parties.User", on_delete=models.PROTECT, related_name="corrective_actions")
    due_date = models.DateField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    comment = models.TextField(blank=True)
    result = models.TextField(blank=True)
    opened_date = models.DateField()
    opened_by_id = models.BigIntegerField(null=True)
    closed_date = models.DateField(null=True)
    closed_by_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="correctiveaction_titled", condition=~Q(title="")),
            models.CheckConstraint(
                name="correctiveaction_state_dated",
                condition=Q(state="OPEN", closed_date__isnull=True) | (~Q(state="OPEN") & Q(closed_date__isnull=False)),
            ),
            models.CheckConstraint(
                name="correctiveaction_dates",
                condition=Q(due_date__gte=F("opened_date"))
                & (Q(closed_date__isnull=True) | Q(closed_date__gte=F("opened_date"))),
            ),
        ]
        indexes = [
            models.Index(fields=["due_date", "id"], condition=Q(state="OPEN"), name="correctiveaction_open_due"),
        ]
