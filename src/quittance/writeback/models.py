"""What waits for the ERP, the batches in which it left, and the accounts under which the ERP knows it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.foundation.fields import AmountField, CurrencyField


class WriteBackSettings(models.Model):
    """The accounts and journals of a company in its ERP, by `core.writeback.Role` and `Journal`; blank is as shipped.

    `bank_numbers` holds the account of each of our bank accounts by its id; without one the BANK account stands in.
    """

    company = models.OneToOneField("parties.Company", primary_key=True, on_delete=models.CASCADE, related_name="+")
    account_numbers = models.JSONField(default=dict)
    journal_codes = models.JSONField(default=dict)
    bank_numbers = models.JSONField(default=dict)


class WriteBackQueue(models.Model):
    """The last numbers given of a company. Its row is the lock of its queue."""

    company = models.OneToOneField("parties.Company", primary_key=True, on_delete=models.CASCADE, related_name="+")
    last_number = models.BigIntegerField(default=0)
    last_letter = models.BigIntegerField(default=0)
    last_batch = models.IntegerField(default=0)


class WriteBackBatch(models.Model):
    """What left for the ERP at once; it and its files never change.

    `debit_total` and `credit_total` are of all lines, in company currency, and equal.
    """

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="write_back_batches")
    number = models.PositiveIntegerField()
    exported_on = models.DateField()
    exported_at = models.DateTimeField()
    exported_by_name = models.CharField(max_length=150)
    entry_count = models.PositiveIntegerField()
    line_count = models.PositiveIntegerField()
    currency = CurrencyField()
    debit_total = AmountField()
    credit_total = AmountField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="writebackbatch_number"),
            models.CheckConstraint(
                name="writebackbatch_balanced", condition=Q(debit_total=F("credit_total"), entry_count__gt=0)
            ),
        ]
        indexes = [models.Index(fields=["company", "-exported_at", "-id"], name="writebackbatch_recent")]


class WriteBackFile(models.Model):
    """A batch in one format, as it left."""

    class Format(models.TextChoices):
        FEC = "FEC", _("Journal lines (FEC)")
        CSV = "CSV", "CSV"
        JSON = "JSON", "JSON"

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(WriteBackBatch, on_delete=models.PROTECT, related_name="files")
    format = models.CharField(max_length=4, choices=Format.choices)
    filename = models.CharField(max_length=120)
    file = models.FileField(upload_to="writeback/%Y/%m/")
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "format"], name="writebackfile_format")]


class WriteBackEntry(models.Model):
    """One thing that the ERP is to take: an item of ours (`item`), or an allocation or its reversal (`allocation`).

    `amount` is signed as the item is, positive for an allocation. `origin_item` is what a WITHDRAWAL takes back.
    `batch` is the last in which it left: what was refused may leave again, under the same number. Items and
    allocations are never deleted, so their keys are not checked row by row.
    """

    class Kind(models.TextChoices):
        PAYMENT = "PAYMENT", pgettext_lazy("write-back", "Payment")
        DIFFERENCE = "DIFFERENCE", pgettext_lazy("write-back", "Difference")
        WITHDRAWAL = "WITHDRAWAL", pgettext_lazy("write-back", "Taken back")
        ALLOCATION = "ALLOCATION", pgettext_lazy("write-back", "Lettering")
        REVERSAL = "REVERSAL", pgettext_lazy("write-back", "Lettering undone")

    class State(models.TextChoices):
        WAITING = "WAITING", pgettext_lazy("write-back", "Waiting")
        EXPORTED = "EXPORTED", pgettext_lazy("write-back", "Exported")
        ACKNOWLEDGED = "ACKNOWLEDGED", pgettext_lazy("write-back", "Taken by the ERP")
        REFUSED = "REFUSED", pgettext_lazy("write-back", "Refused by the ERP")
        CANCELLED = "CANCELLED", pgettext_lazy("write-back", "Undone before it left")

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    day = models.DateField()
    account = models.ForeignKey(
        "parties.CustomerAccount", on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    item = models.ForeignKey(
        "ledger.OpenItem", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    origin_item = models.ForeignKey(
        "ledger.OpenItem", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    allocation = models.ForeignKey(
        "ledger.Allocation", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    bank_account = models.ForeignKey(
        "parties.CompanyBankAccount", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=20, blank=True)
    letter_number = models.BigIntegerField(null=True)
    currency = CurrencyField()
    amount = AmountField()
    queued_at = models.DateTimeField()
    batch = models.ForeignKey(
        WriteBackBatch, null=True, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    erp_reference = models.CharField(max_length=80, blank=True)
    refusal = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="writebackentry_number"),
            models.UniqueConstraint(fields=["item"], name="writebackentry_item"),
            models.UniqueConstraint(fields=["allocation", "kind"], name="writebackentry_allocation"),
            models.CheckConstraint(
                name="writebackentry_of_one_thing",
                condition=Q(
                    kind__in=["PAYMENT", "DIFFERENCE", "WITHDRAWAL"], item__isnull=False, allocation__isnull=True
                )
                | Q(kind__in=["ALLOCATION", "REVERSAL"], item__isnull=True, allocation__isnull=False),
            ),
            models.CheckConstraint(
                name="writebackentry_in_a_batch",
                condition=Q(state__in=["WAITING", "REFUSED", "CANCELLED"]) | Q(batch__isnull=False),
            ),
            models.CheckConstraint(name="writebackentry_refused_why", condition=~Q(state="REFUSED") | ~Q(refusal="")),
        ]
        indexes = [
            models.Index(fields=["company", "state", "number"], name="writebackentry_state"),
            models.Index(fields=["batch", "number"], name="writebackentry_batch"),
        ]
