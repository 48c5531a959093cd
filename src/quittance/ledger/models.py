"""Open items, what was applied to what, and where each row came from."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quittance.foundation.fields import AmountField, CurrencyField, folded


class OpenItem(models.Model):
    """An instalment-level debit (positive) or credit (negative) on a customer account.

    A document with three instalments is three items with one `document_number`. `amount_open` is kept by the
    database alone: original less allocations not reversed (triggers of migration `0002`). Facts from the ERP may
    change only with `version + 1`; the trigger keeps the row as it was in `OpenItemVersion`.
    """

    class Kind(models.TextChoices):
        INVOICE = "INVOICE", _("Invoice")
        CREDIT_NOTE = "CREDIT_NOTE", _("Credit note")
        PAYMENT = "PAYMENT", _("Payment")
        DEDUCTION = "DEDUCTION", _("Deduction")
        ADJUSTMENT = "ADJUSTMENT", _("Adjustment")
        WRITE_OFF = "WRITE_OFF", _("Write-off")
        LATE_INTEREST = "LATE_INTEREST", _("Late interest")
        INDEMNITY = "INDEMNITY", _("Indemnity")

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(
        "parties.CustomerAccount", on_delete=models.PROTECT, related_name="items", db_index=False
    )
    kind = models.CharField(max_length=14, choices=Kind.choices)
    document_number = models.CharField(max_length=60)
    instalment = models.PositiveSmallIntegerField(default=1)
    document_date = models.DateField()
    posting_date = models.DateField()
    due_date = models.DateField()
    currency = CurrencyField()
    amount_original = AmountField()
    amount_open = AmountField()
    company_currency = CurrencyField()
    amount_company = AmountField()
    amount_company_open = AmountField()
    label = models.CharField(max_length=255, blank=True)
    reference = models.CharField(max_length=80, blank=True)
    journal_code = models.CharField(max_length=20, blank=True)
    entry_number = models.CharField(max_length=60, blank=True)
    receivable_account = models.CharField(max_length=20, blank=True)
    letter_code = models.CharField(max_length=40, blank=True, default="", db_default="")
    letter_date = models.DateField(null=True)
    delay_reason_code = models.CharField(max_length=30, blank=True)
    is_factored = models.BooleanField(default=False)
    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=160)
    payload_hash = models.CharField(max_length=32)
    version = models.PositiveIntegerField(default=1)
    # Checked once a statement by trigger (migration `0007`), not once a row: an import has one batch.
    batch = models.ForeignKey(
        "foundation.ImportBatch", null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False
    )
    settled_date = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    search_text = folded("document_number")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="openitem_external"),
            models.CheckConstraint(name="openitem_not_zero", condition=~Q(amount_original=0)),
            models.CheckConstraint(
                name="openitem_open_within_original",
                condition=Q(amount_original__gt=0, amount_open__gte=0, amount_open__lte=F("amount_original"))
                | Q(amount_original__lt=0, amount_open__lte=0, amount_open__gte=F("amount_original")),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "due_date", "id"], name="openitem_account_due"),
            models.Index(fields=["due_date", "id"], name="openitem_open_due", condition=~Q(amount_open=0)),
            models.Index(
                fields=["account"],
                name="openitem_open_account",
                condition=~Q(amount_open=0),
                include=["due_date", "currency", "amount_open", "amount_company_open", "kind"],
            ),
            models.Index(fields=["document_date", "id"], name="openitem_document_date"),
            models.Index(fields=["search_text", "id"], name="openitem_search"),
            models.Index(fields=["batch"], name="openitem_batch"),
            models.Index(fields=["amount_open", "id"], name="openitem_open_amount", condition=~Q(amount_open=0)),
            models.Index(fields=["settled_date", "id"], name="openitem_settled", condition=Q(amount_open=0)),
            models.Index(fields=["amount_original"], name="openitem_amount"),
            models.Index(fields=["reference"], name="openitem_reference", condition=~Q(reference="")),
            models.Index(
                fields=["account"], name="openitem_factored", condition=Q(is_factored=True, amount_open__gt=0)
            ),
            models.Index(
                fields=["account", "document_date"],
                name="openitem_unapplied",
                condition=Q(kind="PAYMENT", amount_open__lt=0),
                include=["currency", "amount_open", "id"],
            ),
        ]


class OpenItemVersion(models.Model):
    """An item as it was before the ERP changed it; written by trigger only."""

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(OpenItem, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    row = models.JSONField()
    replaced_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "version"], name="openitemversion_unique")]


class Allocation(models.Model):
    """`amount` (positive, document currency) of a credit item applied to a debit item; immutable."""

    class Origin(models.TextChoices):
        ERP = "ERP", _("ERP")
        RULE = "RULE", _("Rule")
        PERSON = "PERSON", _("Person")

    id = models.BigAutoField(primary_key=True)
    # The insert trigger joins the items anyway and refuses unknown ones; items are never deleted.
    debit_item = models.ForeignKey(
        OpenItem, on_delete=models.PROTECT, related_name="allocations_in", db_constraint=False
    )
    credit_item = models.ForeignKey(
        OpenItem, on_delete=models.PROTECT, related_name="allocations_out", db_constraint=False
    )
    amount = AmountField()
    amount_company_debit = AmountField()
    amount_company_credit = AmountField()
    effective_date = models.DateField()
    posted_at = models.DateTimeField()
    origin = models.CharField(max_length=8, choices=Origin.choices)
    code = models.CharField(max_length=40, blank=True)
    strategy = models.CharField(max_length=40, blank=True)
    posted_by_id = models.BigIntegerField(null=True)
    evidence = models.JSONField(default=dict)
    batch = models.ForeignKey("foundation.ImportBatch", null=True, on_delete=models.PROTECT, db_constraint=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="allocation_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="allocation_two_items", condition=~Q(debit_item=F("credit_item"))),
        ]
        indexes = [models.Index(fields=["effective_date"], name="allocation_effective")]


class AllocationReversal(models.Model):
    """The undoing of an allocation: the allocation stays, its effect ends on `effective_date`."""

    id = models.BigAutoField(primary_key=True)
    allocation = models.OneToOneField(Allocation, on_delete=models.PROTECT, related_name="reversal")
    effective_date = models.DateField()
    posted_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    posted_by_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["effective_date"], name="allocationreversal_effective")]


class HandedLine(models.Model):
    """A line of a customer account that went to the ERP, known again when a file of the ERP brings it back.

    `amount` (document currency) and `amount_company` are signed debit +, as the line was written. `item` is what the
    line posts; a line without one posts nothing here: a transfer, an exchange difference, a line that only names its
    letter (`is_posting` false). From `source` on it is the ERP's voice: the line of a file, blank until one came.
    """

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("parties.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    entry_number = models.BigIntegerField()
    place = models.PositiveSmallIntegerField()
    account = models.ForeignKey(
        "parties.CustomerAccount", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    item = models.ForeignKey(OpenItem, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    is_posting = models.BooleanField()
    document_number = models.CharField(max_length=60)
    day = models.DateField()
    currency = CurrencyField()
    amount = AmountField()
    company_currency = CurrencyField()
    amount_company = AmountField()
    is_refused = models.BooleanField(default=False)
    erp_reference = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=60, blank=True)
    external_id = models.CharField(max_length=160, blank=True)
    payload_hash = models.CharField(max_length=32, blank=True)
    journal_code = models.CharField(max_length=20, blank=True)
    erp_entry_number = models.CharField(max_length=60, blank=True)
    erp_document_number = models.CharField(max_length=60, blank=True)
    batch = models.ForeignKey(
        "foundation.ImportBatch", null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    returned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "entry_number", "place"], name="handedline_place"),
            models.UniqueConstraint(
                fields=["source", "external_id"], name="handedline_external", condition=~Q(source="")
            ),
            models.CheckConstraint(
                name="handedline_returned_whole",
                condition=Q(source="", batch__isnull=True) | (~Q(source="") & Q(batch__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["account", "amount"], name="handedline_account_amount")]


class LetterGroup(models.Model):
    """The ERP's lettrage code over some items of an account; applied only when it balances exactly."""

    class Status(models.TextChoices):
        APPLIED = "APPLIED", _("Applied")
        UNBALANCED = "UNBALANCED", _("Does not balance")
        SUPERSEDED = "SUPERSEDED", _("Replaced")

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="letter_groups")
    batch = models.ForeignKey("foundation.ImportBatch", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    source = models.CharField(max_length=60)
    code = models.CharField(max_length=40)
    letter_date = models.DateField(null=True)
    currency = CurrencyField()
    debit = AmountField()
    credit = AmountField()
    line_count = models.PositiveIntegerField()
    status = models.CharField(max_length=12, choices=Status.choices)

    class Meta:
        indexes = [models.Index(fields=["batch", "status"], name="lettergroup_batch")]


class MappingProfile(models.Model):
    """How the columns of a kind of file become our fields; proposed, confirmed by a person, reused."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12)
    headings_hash = models.CharField(max_length=64)
    profile = models.JSONField()
    created_by_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["headings_hash"], name="mappingprofile_headings")]


class ExchangeRate(models.Model):
    """Units of `to_currency` for one unit of `from_currency` on a day."""

    id = models.BigAutoField(primary_key=True)
    from_currency = CurrencyField()
    to_currency = CurrencyField()
    rate_date = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)
    source = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["from_currency", "to_currency", "rate_date"], name="exchangerate_unique"),
            models.CheckConstraint(name="exchangerate_positive", condition=Q(rate__gt=0)),
        ]


class AccountBalance(models.Model):
    """What an account owes as of `as_of`, in company currency: kept beside the items so that lists stay fast.

    Refreshed set-based by `ledger.services.refresh_balances` after each change and each midnight; the items
    remain the truth. Buckets hold debits only; credits stand in `credits` (negative) and `unapplied` (negative).
    """

    account = models.OneToOneField(
        "parties.CustomerAccount", primary_key=True, on_delete=models.CASCADE, related_name="balance"
    )
    # The customer and the company of the account, repeated so that sums by customer need no join.
    debtor_id = models.BigIntegerField(null=True)
    creditor_id = models.BigIntegerField(null=True)
    as_of = models.DateField()
    currency = CurrencyField()
    open_total = AmountField(default=0)
    not_due = AmountField(default=0)
    due_1_30 = AmountField(default=0)
    due_31_60 = AmountField(default=0)
    due_61_90 = AmountField(default=0)
    due_91_120 = AmountField(default=0)
    due_over_120 = AmountField(default=0)
    overdue = AmountField(default=0)
    credits = AmountField(default=0)
    unapplied = AmountField(default=0)
    disputed = AmountField(default=0)
    promised = AmountField(default=0)
    open_count = models.PositiveIntegerField(default=0)
    overdue_count = models.PositiveIntegerField(default=0)
    oldest_due_date = models.DateField(null=True)
    currencies = models.CharField(max_length=60, blank=True)
    usual_delay_days = models.IntegerField(null=True)
    paid_count = models.PositiveIntegerField(default=0)
    last_payment_date = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["as_of"], name="accountbalance_as_of"),
            models.Index(fields=["-overdue", "account"], name="accountbalance_overdue"),
            models.Index(fields=["-open_total", "account"], name="accountbalance_open"),
            models.Index(
                fields=["debtor_id", "currency"],
                name="accountbalance_customer",
                include=["account", "creditor_id", "open_total", "overdue"],
            ),
            models.Index(-F("unapplied"), name="accountbalance_unapplied", condition=Q(unapplied__lt=0)),
            models.Index(
                fields=["account"],
                name="accountbalance_currencies",
                condition=~Q(currencies=F("currency")) & ~Q(currencies=""),
            ),
        ]


class CustomerBalance(models.Model):
    """The sums of a customer's account balances in one company currency, kept by triggers on `AccountBalance`.

    Only what the list of customers opens and sorts by stands here; all else is read for the customers of a page.
    """

    id = models.BigAutoField(primary_key=True)
    debtor_id = models.BigIntegerField()
    currency = CurrencyField()
    account_count = models.IntegerField()
    open_total = AmountField()
    overdue = AmountField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["debtor_id", "currency"], name="customerbalance_unique")]
        indexes = [
            models.Index(fields=["overdue", "id"], name="customerbalance_overdue"),
            models.Index(fields=["open_total", "id"], name="customerbalance_open"),
        ]


class DailyMove(models.Model):
    """What a day moved of one measure, in one department and company currency: the sum up to a day is its figure.

    Written by triggers alone (migration `0009`), one row more for each statement that moved something, until
    `fold_daily_moves` makes one of those of a key. OWED, CREDITS and UNAPPLIED are what was open then; LATE_31 is what
    of OWED was late by 31 days or more, and so on; SALES is what was invoiced, less credit notes.
    """

    id = models.BigAutoField(primary_key=True)
    company_id = models.BigIntegerField()
    department_id = models.BigIntegerField()
    currency = CurrencyField()
    is_factored = models.BooleanField()
    measure = models.CharField(max_length=9)
    day = models.DateField()
    amount = AmountField()


class PastDay(models.Model):
    """A past day whose sums were asked for; a column `snapshot` says what the session that made them saw.

    The column is PostgreSQL's own type for that and is read in SQL alone (`queries.kept`); so is `ledger_pastchange`,
    where triggers write down which days each statement touched (migration `0010`).
    """

    as_of = models.DateField(primary_key=True)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    used_on = models.DateField()


class PastBalance(models.Model):
    """What an account or a customer (`kind`, `key_id`) owed at the end of a past day, aged on it, in company currency.

    A copy that may be thrown away at any time: `services.past_days` makes it from the items.
    """

    id = models.BigAutoField(primary_key=True)
    as_of = models.DateField()
    kind = models.CharField(max_length=8)
    key_id = models.BigIntegerField()
    customer = models.ForeignKey(
        "parties.Customer", on_delete=models.CASCADE, related_name="past_balances", db_constraint=False, db_index=False
    )
    currency = CurrencyField()
    not_due = AmountField()
    due_1_30 = AmountField()
    due_31_60 = AmountField()
    due_61_90 = AmountField()
    due_91_120 = AmountField()
    due_over_120 = AmountField()
    overdue = AmountField()
    credits = AmountField()
    unapplied = AmountField()
    total = AmountField()
    item_count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["as_of", "kind", "customer", "key_id", "currency"], name="pastbalance_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["as_of", "kind", "overdue", "id"], name="pastbalance_overdue"),
            models.Index(fields=["as_of", "kind", "total", "id"], name="pastbalance_total"),
        ]
