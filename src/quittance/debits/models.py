"""SEPA direct debits: mandates, collections, what each takes of which items, and what banks answered."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.core.debits import LEAD_DAYS_DEFAULT, NOTICE_DAYS_DEFAULT, MandateFact
from quittance.foundation.fields import AmountField, CurrencyField


class DebitSettings(models.Model):
    """How a company collects: who it is to the banks, where the money goes, how long before it tells.

    `lead_days` are open days between the file and the collection, `notice_days` calendar days between the
    pre-notification and the collection; 0 is agreed as telling on the invoice, and nothing is sent.
    """

    company = models.OneToOneField("parties.Company", primary_key=True, on_delete=models.CASCADE, related_name="+")
    creditor_identifier = models.CharField(max_length=35)
    bank_account = models.ForeignKey("parties.CompanyBankAccount", on_delete=models.PROTECT, related_name="+")
    lead_days = models.PositiveSmallIntegerField(default=LEAD_DAYS_DEFAULT)
    notice_days = models.PositiveSmallIntegerField(default=NOTICE_DAYS_DEFAULT)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="debitsettings_days", condition=Q(lead_days__lte=30, notice_days__lte=60, lead_days__gte=1)
            ),
            models.CheckConstraint(name="debitsettings_identified", condition=~Q(creditor_identifier="")),
        ]


class Mandate(models.Model):
    """The customer's leave to debit its bank account for what one account with us owes.

    `state_reason` is the bank's code after which it waits (PENDING). It counts from `signed_on` until `ended_on`.
    `amended_from` holds what the last collection said otherwise (`iban`, `is_bank_changed`); it is told with the next
    one and emptied. The address is that of the debtor as its bank knows it.
    """

    class Scheme(models.TextChoices):
        CORE = "CORE", _("Core")
        B2B = "B2B", _("Between businesses (B2B)")

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", pgettext_lazy("mandate", "Active")
        PENDING = "PENDING", pgettext_lazy("mandate", "To be checked")
        CANCELLED = "CANCELLED", pgettext_lazy("mandate", "Cancelled")
        EXPIRED = "EXPIRED", pgettext_lazy("mandate", "Expired")

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="mandates")
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="mandates")
    reference = models.CharField(max_length=35)
    scheme = models.CharField(max_length=4, choices=Scheme.choices, default=Scheme.CORE)
    is_one_off = models.BooleanField(default=False)
    signed_on = models.DateField()
    debtor_name = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, blank=True)
    street = models.CharField(max_length=70, blank=True)
    postcode = models.CharField(max_length=16, blank=True)
    town = models.CharField(max_length=35)
    country = models.CharField(max_length=2)
    state = models.CharField(max_length=9, choices=State.choices, default=State.ACTIVE)
    state_reason = models.CharField(max_length=35, blank=True)
    ended_on = models.DateField(null=True)
    last_used_on = models.DateField(null=True)
    is_next_last = models.BooleanField(default=False)
    amended_from = models.JSONField(default=dict)
    recorded_by_name = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "reference"], name="mandate_reference"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(state__in=["ACTIVE", "PENDING"]), name="mandate_one_in_force"
            ),
            models.CheckConstraint(
                name="mandate_state_dated",
                condition=Q(state__in=["ACTIVE", "PENDING"], ended_on__isnull=True)
                | Q(state__in=["CANCELLED", "EXPIRED"], ended_on__isnull=False),
            ),
            models.CheckConstraint(
                name="mandate_complete",
                condition=~Q(reference="") & ~Q(debtor_name="") & ~Q(iban="") & ~Q(town="") & ~Q(country=""),
            ),
        ]
        indexes = [models.Index(fields=["account", "state"], name="mandate_account")]

    @property
    def fact(self) -> MandateFact:
        """Return it as the core takes it."""
        return MandateFact(
            is_active=self.state == self.State.ACTIVE,
            signed_on=self.signed_on,
            last_used_on=self.last_used_on,
            is_one_off=self.is_one_off,
            is_next_last=self.is_next_last,
        )


class DebitCollection(models.Model):
    """Debits of one company on one day: proposed, told, sent as one file, answered, paid.

    `message_id` is what the bank calls the file. `amount` and `instruction_count` are of the debits that are in. The
    file is kept as it left, known by its sha256.
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT", pgettext_lazy("collection", "Proposed")
        ANNOUNCED = "ANNOUNCED", pgettext_lazy("collection", "Announced")
        EXPORTED = "EXPORTED", pgettext_lazy("collection", "At the bank")
        ACCEPTED = "ACCEPTED", pgettext_lazy("collection", "Accepted")
        PART_REJECTED = "PART_REJECTED", pgettext_lazy("collection", "Rejected in part")
        REJECTED = "REJECTED", pgettext_lazy("collection", "Rejected")
        SETTLED = "SETTLED", pgettext_lazy("collection", "Paid")
        CANCELLED = "CANCELLED", pgettext_lazy("collection", "Given up")

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="debit_collections")
    number = models.PositiveIntegerField()
    message_id = models.CharField(max_length=35, unique=True)
    state = models.CharField(max_length=13, choices=State.choices, default=State.DRAFT)
    collection_date = models.DateField()
    due_until = models.DateField()
    currency = CurrencyField(default="EUR")
    amount = AmountField(default=0)
    instruction_count = models.PositiveIntegerField(default=0)
    proposed_on = models.DateField()
    proposed_by_name = models.CharField(max_length=150)
    announced_on = models.DateField(null=True)
    exported_at = models.DateTimeField(null=True)
    exported_by_name = models.CharField(max_length=150, blank=True)
    settled_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    file = models.FileField(upload_to="debits/%Y/%m/", blank=True)
    filename = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="debitcollection_number"),
            models.CheckConstraint(name="debitcollection_euro", condition=Q(currency="EUR", amount__gte=0)),
            models.CheckConstraint(
                name="debitcollection_file",
                condition=Q(state__in=["DRAFT", "ANNOUNCED", "CANCELLED"])
                | (Q(exported_at__isnull=False) & ~Q(sha256="")),
            ),
        ]
        indexes = [models.Index(fields=["company", "-collection_date", "-id"], name="debitcollection_recent")]


class DebitInstruction(models.Model):
    """One debit of one account: the sum of its items.

    `used_before` and `amended_from` are what its mandate said before it left, for when it comes to nothing.
    `may_repeat` is a person's word after it came back.
    """

    class State(models.TextChoices):
        PLANNED = "PLANNED", pgettext_lazy("debit", "Planned")
        SENT = "SENT", pgettext_lazy("debit", "At the bank")
        REJECTED = "REJECTED", pgettext_lazy("debit", "Rejected")
        SETTLED = "SETTLED", pgettext_lazy("debit", "Paid")
        RETURNED = "RETURNED", pgettext_lazy("debit", "Came back")
        CANCELLED = "CANCELLED", pgettext_lazy("debit", "Taken out")

    id = models.BigAutoField(primary_key=True)
    collection = models.ForeignKey(DebitCollection, on_delete=models.PROTECT, related_name="instructions")
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="instructions")
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="debit_instructions")
    position = models.PositiveIntegerField()
    sequence_type = models.CharField(max_length=4)
    payment_information_id = models.CharField(max_length=35)
    end_to_end_id = models.CharField(max_length=35, unique=True)
    amount = AmountField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.PLANNED)
    reason_code = models.CharField(max_length=35, blank=True)
    reason_text = models.CharField(max_length=200, blank=True)
    ended_on = models.DateField(null=True)
    used_before = models.DateField(null=True)
    amended_from = models.JSONField(default=dict)
    may_repeat = models.BooleanField(default=False)
    transmission = models.ForeignKey("delivery.Transmission", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="debitinstruction_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="debitinstruction_sequence", condition=Q(sequence_type__in=["FRST", "RCUR", "FNAL", "OOFF"])
            ),
            models.CheckConstraint(
                name="debitinstruction_state_dated",
                condition=Q(state__in=["PLANNED", "SENT"], ended_on__isnull=True)
                | Q(state__in=["REJECTED", "SETTLED", "RETURNED", "CANCELLED"], ended_on__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["collection", "position"], name="debitinstruction_order"),
            models.Index(fields=["account", "state"], name="debitinstruction_account"),
            models.Index(fields=["payment_information_id"], name="debitinstruction_group"),
        ]


class DebitedItem(models.Model):
    """What a debit takes of an item, signed as the item is: a credit that is netted is negative.

    Live from `from_date` until `until_date`: meanwhile nobody chases the item, and no other debit takes of it.
    """

    id = models.BigAutoField(primary_key=True)
    instruction = models.ForeignKey(DebitInstruction, on_delete=models.PROTECT, related_name="items")
    item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="debited_items")
    amount = AmountField()
    amount_open_then = AmountField()
    from_date = models.DateField()
    until_date = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instruction", "item"], name="debiteditem_unique"),
            models.UniqueConstraint(fields=["item"], condition=Q(until_date__isnull=True), name="debiteditem_one_live"),
            models.CheckConstraint(
                name="debiteditem_within_open",
                condition=Q(amount__gt=0, amount__lte=F("amount_open_then"))
                | Q(amount__lt=0, amount__gte=F("amount_open_then")),
            ),
        ]


class LeftOutItem(models.Model):
    """An item that was due and is not in a collection, and why: a code of `core.debits.DebitReason`."""

    id = models.BigAutoField(primary_key=True)
    collection = models.ForeignKey(DebitCollection, on_delete=models.CASCADE, related_name="left_out")
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="+")
    amount_open = AmountField()
    currency = CurrencyField()
    reason = models.CharField(max_length=24)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "item"], name="leftoutitem_unique")]


class StatusFile(models.Model):
    """An answer of a bank (pain.002), known by its content; `collection` is None when none of ours is named.

    `lines` are those that changed nothing: position, reason, end-to-end reference.
    """

    id = models.BigAutoField(primary_key=True)
    collection = models.ForeignKey(DebitCollection, null=True, on_delete=models.PROTECT, related_name="status_files")
    sha256 = models.CharField(max_length=64, unique=True)
    filename = models.CharField(max_length=255)
    format = models.CharField(max_length=40)
    message_id = models.CharField(max_length=80, blank=True)
    original_message_id = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=10)
    accepted_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    amount_rejected = AmountField(default=0)
    lines = models.JSONField(default=list)
    received_by_name = models.CharField(max_length=150)
    received_at = models.DateTimeField()
