"""Promises to pay: an amount, a day, and the items it speaks of."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.foundation.fields import AmountField, CurrencyField


class PromiseToPay(models.Model):
    """What the customer said it would pay, and when; its state is decided by `core.promises`."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("Open")
        KEPT = "KEPT", _("Kept")
        PART_KEPT = "PART_KEPT", _("Part kept")
        BROKEN = "BROKEN", _("Broken")
        WITHDRAWN = "WITHDRAWN", pgettext_lazy("promise", "Withdrawn")

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="promises")
    amount = AmountField()
    currency = CurrencyField()
    made_on = models.DateField()
    promised_date = models.DateField()
    tolerance_days = models.PositiveSmallIntegerField(default=3)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    decided_date = models.DateField(null=True)
    amount_kept = AmountField(default=0)
    made_by_contact = models.CharField(max_length=120, blank=True)
    comment = models.TextField(blank=True)
    taken_by = models.ForeignKey("parties.User", null=True, on_delete=models.SET_NULL, related_name="promises_taken")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="promise_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="promise_dates", condition=Q(promised_date__gte=models.F("made_on"))),
        ]
        indexes = [
            models.Index(fields=["account", "state"], name="promise_account"),
            models.Index(fields=["promised_date", "id"], condition=Q(state="OPEN"), name="promise_open_date"),
        ]


class PromisedItem(models.Model):
    """One item of a promise and the part of it that was promised."""

    id = models.BigAutoField(primary_key=True)
    promise = models.ForeignKey(PromiseToPay, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="promised_items")
    amount = AmountField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["promise", "item"], name="promiseditem_unique"),
            models.CheckConstraint(name="promiseditem_positive", condition=Q(amount__gt=0)),
        ]
