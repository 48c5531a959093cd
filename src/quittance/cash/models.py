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
    `undone_date` on: until then the books show what was made of it first. `parent` is the line of the bank that this
    one is a part of: a line that is `SPLIT` stands for nothing itself, its parts do. `batch_reference` names the file
    that it comes of, `credited_iban` the account of ours that the payer wrote where that is a virtual one.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        MATCHED = "MATCHED", _("Matched")
        UNAPPLIED = "UNAPPLIED", _("Unapplied")
        OUTGOING = "OUTGOING", _("Outgoing")
        SET_ASIDE = "SET_ASIDE", _("Set aside")
        RETURNED = "RETURNED", pgettext_lazy("payment", "Sent back")
        UNIDENTIFIED = "UNIDENTIFIED", _("Payer unknown")
        SPLIT = "SPLIT", _("Split in parts")

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
    batch_reference = models.CharField(max_length=80, blank=True, default="", db_default="")
    credited_iban = models.CharField(max_length=40, blank=True, default="", db_default="")
    mandate_id = models.CharField(max_length=80, blank=True)
    bank_code = models.CharField(max_length=40, blank=True)
    return_reason = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    customer = models.ForeignKey("parties.Customer", null=True, on_delete=models.PROTECT)
    account = models.ForeignKey("parties.CustomerAccount", null=True, on_delete=models.PROTECT)
    payer_confidence = models.PositiveSmallIntegerField(default=0)
    payer_evidence = models.JSONField(default=list)
    payment_item = models.OneToOneField("ledger.OpenItem", null=True, on_delete=models.PROTECT)
    waiting_reason = models.CharField(max_length=40, blank=True)
    undo_count = models.PositiveSmallIntegerField(default=0)
    undone_date = models.DateField(null=True)
    returned_transaction = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="returns")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="parts")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bank_account", "deduplication_key"], name="banktransaction_unique"),
            models.CheckConstraint(name="banktransaction_not_zero", condition=~Q(amount=0)),
            models.CheckConstraint(
                name="banktransaction_matched_has_item",
                condition=~Q(state__in=["MATCHED", "UNAPPLIED"]) | Q(payment_item__isnull=False),
            ),
            models.CheckConstraint(
                name="banktransaction_suspense_is_nobodys",
                condition=~Q(state__in=["UNIDENTIFIED", "SPLIT"])
                | Q(payment_item__isnull=True, account__isnull=True, customer__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-booking_date", "-id"], name="banktransaction_state"),
            models.Index(fields=["counterparty_iban"], name="banktransaction_iban"),
            models.Index(fields=["bank_account", "content_key"], name="banktransaction_content"),
            models.Index(fields=["bank_account", "entry_reference"], name="banktransaction_entry"),
            models.Index(fields=["booking_date", "id"], condition=Q(amount__gt=0), name="banktransaction_receipts"),
        ]


class PayerIdentity(models.Model):
    """An IBAN or a name under which a customer has been seen to pay, or is known to (`is_given` by a person).

    What is not active is kept and not used.
    """

    class Kind(models.TextChoices):
        IBAN = "IBAN", _("IBAN")
        NAME = "NAME", _("Name")

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("parties.Customer", on_delete=models.CASCADE, related_name="payer_identities")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    value = models.CharField(max_length=200)
    seen_count = models.PositiveIntegerField(default=1)
    last_seen_date = models.DateField(null=True)
    # The defaults are the database's too: what a batch learns is written without a model.
    is_active = models.BooleanField(default=True, db_default=True)
    is_given = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "kind", "value"], name="payeridentity_unique")]
        indexes = [
            models.Index(fields=["kind", "value"], name="payeridentity_value"),
            models.Index(fields=["customer"], condition=Q(is_given=True), name="payeridentity_given"),
        ]


class MatchProposal(models.Model):
    """One explanation of a movement: items and amounts, confidence per mille, evidence as facts.

    `difference` is payment less what the items have open; `planned_differences` say what of it is posted with the
    match: reason, item (0: none) and amount. `allocation_ids` are the ledger's, once applied.
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
    planned_differences = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    is_automatic = models.BooleanField(default=False)
    allocation_ids = ArrayField(models.BigIntegerField(), default=list)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["transaction", "state", "-confidence", "id"], name="matchproposal_rank"),
            models.Index(
                fields=["account", "strategy"],
                condition=Q(state="APPLIED", is_automatic=False),
                name="matchproposal_confirmed",
            ),
        ]


class HabitDecision(models.Model):
    """What a person said of a habit of a customer: not to be used (`is_off`), or to be learnt anew from a moment on."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("parties.Customer", on_delete=models.CASCADE, related_name="+")
    strategy = models.CharField(max_length=40)
    is_off = models.BooleanField(default=False)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "strategy"], name="habitdecision_unique")]


class LearntThing(models.Model):
    """Everything learnt of payers, read from a view: identities, and habits (`value` is the strategy).

    A habit was confirmed in `seen_count` of `confirmed_count` payments; its id is negative.
    """

    HABIT = "HABIT"

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=5)
    customer = models.ForeignKey("parties.Customer", on_delete=models.DO_NOTHING, related_name="+")
    value = models.CharField(max_length=200)
    seen_count = models.BigIntegerField()
    confirmed_count = models.BigIntegerField(null=True)
    last_seen_date = models.DateField(null=True)
    is_active = models.BooleanField()
    is_given = models.BooleanField()

    class Meta:
        managed = False
        db_table = "cash_learntthing"


class MatchProposalLine(models.Model):
    """One item of a proposal and the amount taken of it: positive, also for a credit note that takes part."""

    id = models.BigAutoField(primary_key=True)
    proposal = models.ForeignKey(MatchProposal, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="match_proposal_lines")
    amount = AmountField()

    class Meta:
        constraints = [models.CheckConstraint(name="matchproposalline_positive", condition=Q(amount__gt=0))]


class MatchInputs(models.Model):
    """What matching decided on a line last, and all that it was decided from, as `core.matching` has them."""

    transaction = models.OneToOneField(
        BankTransaction, primary_key=True, on_delete=models.CASCADE, related_name="match_inputs"
    )
    decided_at = models.DateTimeField()
    inputs = models.JSONField()
    decision = models.JSONField()


class CashDifference(models.Model):
    """What a payment was less (`amount` +) or more (-) than what it paid, and what was made of that.

    Either an item was posted for it (`posted_item`), or it was taken for a dispute on the item that it is missing of.
    It stands and falls with its match: `undone_at`.
    """

    class Reason(models.TextChoices):
        SMALL_DIFFERENCE = "SMALL_DIFFERENCE", _("Small difference written off")
        BANK_FEE = "BANK_FEE", _("Fee kept by a bank")
        EXCHANGE = "EXCHANGE", _("Exchange difference")
        DISCOUNT = "DISCOUNT", _("Discount taken")
        DEDUCTION = "DEDUCTION", _("Deduction, disputed")

    id = models.BigAutoField(primary_key=True)
    transaction = models.ForeignKey(BankTransaction, on_delete=models.PROTECT, related_name="differences")
    proposal = models.ForeignKey(MatchProposal, on_delete=models.PROTECT, related_name="differences")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    short_item = models.ForeignKey("ledger.OpenItem", null=True, on_delete=models.PROTECT, related_name="+")
    posted_item = models.OneToOneField("ledger.OpenItem", null=True, on_delete=models.PROTECT, related_name="+")
    dispute = models.OneToOneField("cases.Dispute", null=True, on_delete=models.PROTECT, related_name="+")
    amount = AmountField()
    currency = CurrencyField()
    amount_company = AmountField()
    comment = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by_id = models.BigIntegerField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="cashdifference_not_zero", condition=~Q(amount=0)),
            models.CheckConstraint(
                name="cashdifference_posted_or_disputed",
                condition=Q(posted_item__isnull=False, dispute__isnull=True)
                | Q(posted_item__isnull=True, dispute__isnull=False),
            ),
        ]


class DifferenceRule(models.Model):
    """Up to how much a company posts a kind of difference without a person.

    `amount_max` is in the company's currency, `share_max` per mille of the payment; 0 where the kind has no such bound.
    """

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("parties.Company", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=CashDifference.Reason.choices)
    is_on = models.BooleanField()
    amount_max = AmountField()
    share_max = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "kind"], name="differencerule_unique"),
            models.CheckConstraint(
                name="differencerule_bounded",
                condition=Q(amount_max__gte=0, share_max__lte=100)
                & (Q(is_on=False) | Q(amount_max__gt=0) | Q(share_max__gt=0)),
            ),
            models.CheckConstraint(
                name="differencerule_kind", condition=Q(kind__in=["SMALL_DIFFERENCE", "BANK_FEE", "EXCHANGE"])
            ),
        ]


class WriteOffLimit(models.Model):
    """Up to how much a role, or one person, may post as a difference of one bank line; in the company's currency."""

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("parties.Company", on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=20, blank=True)
    user = models.ForeignKey("parties.User", null=True, on_delete=models.CASCADE, related_name="+")
    amount = AmountField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "role"], condition=~Q(role=""), name="writeofflimit_role"),
            models.UniqueConstraint(
                fields=["company", "user"], condition=Q(user__isnull=False), name="writeofflimit_user"
            ),
            models.CheckConstraint(
                name="writeofflimit_one_owner",
                condition=Q(user__isnull=True) & ~Q(role="") | Q(user__isnull=False, role=""),
            ),
            models.CheckConstraint(name="writeofflimit_not_negative", condition=Q(amount__gte=0)),
        ]


class DifferenceRequest(models.Model):
    """What somebody would make of a bank line but may not alone: `decision` is done as it stands once approved."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("Open")
        APPROVED = "APPROVED", _("Approved")
        REFUSED = "REFUSED", _("Refused")
        OUTDATED = "OUTDATED", _("Outdated")

    id = models.BigAutoField(primary_key=True)
    transaction = models.ForeignKey(BankTransaction, on_delete=models.PROTECT, related_name="difference_requests")
    decision = models.JSONField()
    reason = models.CharField(max_length=20, choices=CashDifference.Reason.choices)
    amount = AmountField()
    currency = CurrencyField()
    amount_company = AmountField()
    comment = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    asked_by = models.ForeignKey("parties.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=200, blank=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["transaction"], condition=Q(state="OPEN"), name="differencerequest_one_open"
            ),
            models.CheckConstraint(
                name="differencerequest_two_people",
                condition=~Q(state="APPROVED") | ~Q(decided_by_id=models.F("asked_by_id")),
            ),
        ]


class LineLease(models.Model):
    """Who has a bank line open on the desk, until when; nobody else decides on it before that."""

    transaction = models.OneToOneField(
        BankTransaction, primary_key=True, on_delete=models.CASCADE, related_name="lease"
    )
    user = models.ForeignKey("parties.User", on_delete=models.CASCADE, related_name="+")
    taken_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class LineQuestion(models.Model):
    """A question about a bank line from one of us to another, and the answer."""

    id = models.BigAutoField(primary_key=True)
    transaction = models.ForeignKey(BankTransaction, on_delete=models.CASCADE, related_name="questions")
    asked_by = models.ForeignKey("parties.User", on_delete=models.PROTECT, related_name="+")
    asked_to = models.ForeignKey("parties.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="linequestion_answered_with_text",
                condition=Q(answered_at__isnull=True, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_to", "asked_at"], condition=Q(answered_at__isnull=True), name="linequestion_open"
            )
        ]
