"""Bank statements, their movements, who paid, and what we propose to match."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.foundation.fields import AmountField, CurrencyField


class BankStatement(models.Model):
    """One statement of one bank account as the bank sent it; its content is known by a digest.

    `identifier` is the bank's own, which some banks repeat. `transaction_count` counts what was new in it,
    `duplicate_count` what an earlier file had brought already, `pending_count` what is not booked yet.
    """

    class Kind(models.TextChoices):
        STATEMENT = "STATEMENT", _("Statement")
        REPORT = "REPORT", _("Intraday report")
        NOTIFICATION = "NOTIFICATION", _("Notification")

    id = models.BigAutoField(primary_key=True)
    bank_account = models.ForeignKey("parties.CompanyBankAccount", on_delete=models.PROTECT, related_name="statements")
    batch = models.ForeignKey("foundation.ImportBatch", on_delete=models.PROTECT)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.STATEMENT)
    identifier = models.CharField(max_length=80, blank=True)
    content_digest = models.CharField(max_length=40)
    sequence = models.CharField(max_length=40, blank=True)
    currency = CurrencyField()
    opening_date = models.DateField(null=True)
    closing_date = models.DateField(null=True)
    opening_amount = AmountField(null=True)
    closing_amount = AmountField(null=True)
    movement_sum = AmountField()
    is_balanced = models.BooleanField(null=True)
    has_gap_before = models.BooleanField(default=False)
    transaction_count = models.PositiveIntegerField(default=0)
    duplicate_count = models.PositiveIntegerField(default=0)
    pending_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bank_account", "content_digest"], name="bankstatement_content")]
        indexes = [models.Index(fields=["bank_account", "currency", "closing_date", "id"], name="bankstatement_order")]


class BankTransaction(models.Model):
    """A movement on our bank account; `amount` positive when money came in.

    `returned_transaction` is the payment that this one, money out, took back. What was undone is posted anew from
    `undone_date` on: until then the books show what was made of it first.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        MATCHED = "MATCHED", _("Matched")
        UNAPPLIED = "UNAPPLIED", _("Unapplied")
        OUTGOING = "OUTGOING", _("Outgoing")
        SET_ASIDE = "SET_ASIDE", _("Set aside")
        RETURNED = "RETURNED", pgettext_lazy("payment", "Sent back")

    id = models.BigAutoField(primary_key=True)
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="transactions")
    bank_account = models.ForeignKey("parties.CompanyBankAccount", on_delete=models.PROTECT)
    position = models.PositiveIntegerField()
    detail_number = models.PositiveIntegerField(default=0)
    deduplication_key = models.CharField(max_length=64)
    content_key = models.CharField(max_length=40)
    booking_date = models.DateField()
    value_date = models.DateField()
    amount = AmountField()
    currency = CurrencyField()
    counterparty_name = models.CharField(max_length=200, blank=True)
    counterparty_iban = models.CharField(max_length=40, blank=True)
    text = models.TextField(blank=True)
    additional_text = models.TextField(blank=True)
    structured_references = ArrayField(models.CharField(max_length=80), default=list)
    end_to_end_id = models.CharField(max_length=80, blank=True)
    servicer_reference = models.CharField(max_length=80, blank=True)
    entry_reference = models.CharField(max_length=80, blank=True)
    mandate_id = models.CharField(max_length=80, blank=True)
    bank_code = models.CharField(max_length=40, blank=True)
    return_reason = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    customer = models.ForeignKey("parties.Customer", null=True, on_delete=models.PROTECT)
    account = models.ForeignKey("parties.CustomerAccount", null=True, on_delete=models.PROTECT)
    payer_confidence = models.PositiveSmallIntegerField(default=0)
    payer_evidence = models.JSONField(default=list)
    payment_item = models.OneToOneField("ledger.OpenItem", null=True, on_delete=models.PROTECT)
    waiting_reason = models.CharField(max_length=40, blank=True)
    undo_count = models.PositiveSmallIntegerField(default=0)
    undone_date = models.DateField(null=True)
    returned_transaction = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="returns")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bank_account", "deduplication_key"], name="banktransaction_unique"),
            models.CheckConstraint(name="banktransaction_not_zero", condition=~Q(amount=0)),
            models.CheckConstraint(
                name="banktransaction_matched_has_item",
                condition=~Q(state__in=["MATCHED", "UNAPPLIED"]) | Q(payment_item__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-booking_date", "-id"], name="banktransaction_state"),
            models.Index(fields=["counterparty_iban"], name="banktransaction_iban"),
            models.Index(fields=["bank_account", "content_key"], name="banktransaction_content"),
            models.Index(fields=["bank_account", "entry_reference"], name="banktransaction_entry"),
        ]


class PayerIdentity(models.Model):
    """An IBAN or a name under which a customer has been seen to pay."""

    class Kind(models.TextChoices):
        IBAN = "IBAN", _("IBAN")
        NAME = "NAME", _("Name")

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("parties.Customer", on_delete=models.CASCADE, related_name="payer_identities")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    value = models.CharField(max_length=200)
    seen_count = models.PositiveIntegerField(default=1)
    last_seen_date = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "kind", "value"], name="payeridentity_unique")]
        indexes = [models.Index(fields=["kind", "value"], name="payeridentity_value")]


class MatchProposal(models.Model):
    """One explanation of a movement: items and amounts, confidence per mille, evidence as facts.

    `difference` is payment less what the items have open. `allocation_ids` are the ledger's, once applied.
    """

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", _("Proposed")
        APPLIED = "APPLIED", _("Applied")
        REJECTED = "REJECTED", _("Rejected")
        OUTDATED = "OUTDATED", _("Outdated")
        UNDONE = "UNDONE", _("Undone")

    id = models.BigAutoField(primary_key=True)
    transaction = models.ForeignKey(BankTransaction, on_delete=models.CASCADE, related_name="proposals")
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT)
    strategy = models.CharField(max_length=40)
    confidence = models.PositiveSmallIntegerField()
    evidence = models.JSONField(default=list)
    difference = AmountField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    is_automatic = models.BooleanField(default=False)
    allocation_ids = ArrayField(models.BigIntegerField(), default=list)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["transaction", "state", "-confidence", "id"], name="matchproposal_rank")]


class MatchProposalLine(models.Model):
    """One item of a proposal and the amount taken of it: positive, also for a credit note that takes part."""

    id = models.BigAutoField(primary_key=True)
    proposal = models.ForeignKey(MatchProposal, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="match_proposal_lines")
    amount = AmountField()

    class Meta:
        constraints = [models.CheckConstraint(name="matchproposalline_positive", condition=Q(amount__gt=0))]
