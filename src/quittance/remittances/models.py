"""Remittances: what payers say of a payment, kept before the money comes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.foundation.fields import AmountField, CurrencyField, folded


class Remittance(models.Model):
    """One payment as its payer announces it.

    `total_announced` is null when the payer tells none; `lines_sum` is what the lines pay. `bank_transaction_id` is
    that of the cash desk, which stands above this app. `inbound_message_id` is the message it came with.
    """

    class State(models.TextChoices):
        EXPECTED = "EXPECTED", pgettext_lazy("remittance", "Expected")
        JOINED = "JOINED", pgettext_lazy("remittance", "Joined")
        CLOSED = "CLOSED", pgettext_lazy("remittance", "Closed")
        IGNORED = "IGNORED", pgettext_lazy("remittance", "Ignored")

    class Source(models.TextChoices):
        FILE = "FILE", _("File")
        MAIL = "MAIL", _("Mail")
        PORTAL = "PORTAL", _("Portal")
        API = "API", _("API")

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT)
    batch = models.ForeignKey("foundation.ImportBatch", on_delete=models.PROTECT)
    position = models.PositiveIntegerField()
    source = models.CharField(max_length=6, choices=Source.choices, default=Source.FILE)
    format = models.CharField(max_length=60)
    content_digest = models.CharField(max_length=40)
    payer_name = models.CharField(max_length=200, blank=True)
    payer_name_folded = folded("payer_name")
    payer_iban = models.CharField(max_length=40, blank=True)
    payer_email = models.CharField(max_length=254, blank=True)
    customer = models.ForeignKey("parties.Customer", null=True, on_delete=models.PROTECT)
    payment_reference = models.CharField(max_length=80, blank=True)
    end_to_end_id = models.CharField(max_length=80, blank=True)
    payment_date = models.DateField(null=True)
    currency = CurrencyField()
    total_announced = AmountField(null=True)
    lines_sum = AmountField()
    line_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.EXPECTED)
    state_reason = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField()
    bank_transaction_id = models.BigIntegerField(null=True)
    inbound_message_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "content_digest"], name="remittance_content"),
            models.CheckConstraint(
                name="remittance_joined_to_bank_line",
                condition=Q(state__in=["JOINED", "CLOSED"], bank_transaction_id__isnull=False)
                | Q(state__in=["EXPECTED", "IGNORED"], bank_transaction_id__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["company", "state", "-received_at", "-id"], name="remittance_state"),
            models.Index(
                fields=["bank_transaction_id"],
                name="remittance_bank_line",
                condition=Q(bank_transaction_id__isnull=False),
            ),
        ]


class RemittanceLine(models.Model):
    """One document that a payment is for, or an adjustment without one (`reference` blank).

    Amounts as in `core.remittances`: positive pays a debt, gross − discount − deduction = paid. `reference_key` is the
    reference by its letters and digits. `item` is the open item meant, once exactly one answers.
    """

    id = models.BigAutoField(primary_key=True)
    remittance = models.ForeignKey(Remittance, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    reference = models.CharField(max_length=120, blank=True)
    reference_key = models.CharField(max_length=120, blank=True)
    document_date = models.DateField(null=True)
    amount_gross = AmountField(null=True)
    amount_paid = AmountField()
    amount_discount = AmountField(default=0)
    amount_deduction = AmountField(default=0)
    reason_code = models.CharField(max_length=20, blank=True)
    reason_text = models.CharField(max_length=255, blank=True)
    item = models.ForeignKey("ledger.OpenItem", null=True, on_delete=models.PROTECT, related_name="remittance_lines")

    class Meta:
        indexes = [
            models.Index(fields=["remittance", "position", "id"], name="remittanceline_order"),
            models.Index(fields=["reference_key"], name="remittanceline_open", condition=Q(item__isnull=True)),
        ]
