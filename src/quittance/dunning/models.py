"""Policies, holds, runs, what each run decided for each account and why, and the notices that left."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from quittance.core.dunning_facts import DEFAULT_ROLES as ROLES
from quittance.foundation.fields import AmountField, CurrencyField

DEFAULT_ROLES = list(ROLES)


def default_roles() -> list[str]:
    """Return the roles that are written to, in order."""
    return list(ROLES)


class Medium(models.TextChoices):
    """By what a step reaches the customer."""

    EMAIL = "EMAIL", _("E-mail")
    LETTER = "LETTER", _("Letter")
    SMS = "SMS", _("Text message")
    CALL = "CALL", _("Call")
    PORTAL = "PORTAL", _("Portal message")
    TASK = "TASK", _("Internal task")


class Validation(models.TextChoices):
    """Who looks at a message before it leaves."""

    NOBODY = "NOBODY", _("Nobody")
    COLLECTOR = "COLLECTOR", _("Collector")
    MANAGER = "MANAGER", _("Credit manager")


class DunningPolicy(models.Model):
    """A named set of levels, in force from a day on; a change is a new version.

    An account is touched at most `touches_max` times (None: any number) in `touches_days` days. As learnt, a step
    waits for the day by which the customer usually pays and `tolerance_days_learnt` more. `is_statement` sends all
    that is open as a statement of account, where another policy asks for what is late.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=250, blank=True)
    is_default = models.BooleanField(default=False)
    valid_from = models.DateField()
    interval_days_min = models.PositiveSmallIntegerField(default=7)
    amount_min = AmountField(default=0)
    bank_data_age_days_max = models.PositiveSmallIntegerField(default=4)
    validated_by = models.CharField(max_length=12, choices=Validation.choices, default=Validation.COLLECTOR)
    touches_max = models.PositiveSmallIntegerField(null=True)
    touches_days = models.PositiveSmallIntegerField(default=30, db_default=30)
    is_quiet_on_weekends = models.BooleanField(default=False, db_default=False)
    is_quiet_on_holidays = models.BooleanField(default=False, db_default=False)
    is_statement = models.BooleanField(default=False, db_default=False)
    is_timing_learnt = models.BooleanField(default=False, db_default=False)
    tolerance_days_learnt = models.PositiveSmallIntegerField(default=3, db_default=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="dunningpolicy_version"),
            models.CheckConstraint(
                name="dunningpolicy_touches",
                condition=Q(touches_max__isnull=True) | Q(touches_max__gt=0, touches_days__gt=0),
            ),
        ]


class DunningLevel(models.Model):
    """One step of a policy: so many days after (or, negative, before) the due date, or after the step before it.

    `message_code` is the text it sends where that is another than its own. What is None or blank here is as the policy
    says.
    """

    class Clock(models.TextChoices):
        DUE_DATE = "DUE_DATE", _("Due date")
        PREVIOUS_STEP = "PREVIOUS_STEP", _("Previous step")

    class Condition(models.TextChoices):
        ALWAYS = "ALWAYS", _("Always")
        LAST_BOUNCED = "LAST_BOUNCED", _("Only when the last message bounced")
        PROMISE_BROKEN = "PROMISE_BROKEN", _("Only when a promise was broken since")
        NO_ANSWER = "NO_ANSWER", _("Only when nothing was answered since")
        OVERDUE_AT_LEAST = "OVERDUE_AT_LEAST", _("Only when at least an amount is late")

    id = models.BigAutoField(primary_key=True)
    policy = models.ForeignKey(DunningPolicy, on_delete=models.CASCADE, related_name="levels")
    rank = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    offset_days = models.SmallIntegerField()
    tone = models.CharField(max_length=20)
    medium = models.CharField(max_length=6, choices=Medium.choices, default="EMAIL", db_default="EMAIL")
    counted_from = models.CharField(max_length=13, choices=Clock.choices, default="DUE_DATE", db_default="DUE_DATE")
    condition = models.CharField(max_length=16, choices=Condition.choices, default="ALWAYS", db_default="ALWAYS")
    condition_amount = AmountField(default=0, db_default=0)
    recipient_roles = ArrayField(models.CharField(max_length=20), default=default_roles, db_default=DEFAULT_ROLES)
    message_code = models.CharField(max_length=30, blank=True, db_default="")
    is_registered = models.BooleanField(default=False, db_default=False)
    interval_days_min = models.PositiveSmallIntegerField(null=True)
    validated_by = models.CharField(max_length=12, choices=Validation.choices, blank=True, db_default="")
    falls_back_to_email = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "rank"], name="dunninglevel_rank"),
            models.UniqueConstraint(
                fields=["policy", "offset_days"], condition=Q(counted_from="DUE_DATE"), name="dunninglevel_offset"
            ),
            models.CheckConstraint(
                name="dunninglevel_follows_later", condition=Q(counted_from="DUE_DATE") | Q(offset_days__gt=0)
            ),
            models.CheckConstraint(
                name="dunninglevel_registered_letter", condition=Q(is_registered=False) | Q(medium="LETTER")
            ),
        ]


class AccountPolicy(models.Model):
    """The policy an account follows when it is not the default one."""

    account = models.OneToOneField(
        "parties.CustomerAccount", primary_key=True, on_delete=models.CASCADE, related_name="dunning_policy"
    )
    policy_code = models.CharField(max_length=40)


class PolicyAssignment(models.Model):
    """Accounts that were given a policy at once ("": none of their own); `undone_at` when that was taken back."""

    id = models.BigAutoField(primary_key=True)
    policy_code = models.CharField(max_length=40, blank=True)
    account_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by_id = models.BigIntegerField(null=True)
    undone_at = models.DateTimeField(null=True)


class AssignedAccount(models.Model):
    """One account of an assignment, with the policy of its own that it had before ("": none)."""

    id = models.BigAutoField(primary_key=True)
    assignment = models.ForeignKey(PolicyAssignment, on_delete=models.CASCADE, related_name="accounts", db_index=False)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.CASCADE, related_name="policy_assignments")
    policy_code_before = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assignment", "account"], name="assignedaccount_unique")]


class DunningBlock(models.Model):
    """A dated hold that a person put on an account or one of its items."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.CASCADE, related_name="dunning_blocks")
    item = models.ForeignKey("ledger.OpenItem", null=True, on_delete=models.CASCADE, related_name="dunning_blocks")
    reason = models.CharField(max_length=200)
    from_date = models.DateField()
    until_date = models.DateField(null=True)
    created_by_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="dunningblock_dates",
                condition=Q(until_date__isnull=True) | Q(until_date__gte=F("from_date")),
            )
        ]
        indexes = [models.Index(fields=["account", "id"], name="dunningblock_account")]


class PaymentAnnouncement(models.Model):
    """Somebody at the customer says that it is paid: reminders wait for the money until a day.

    Without an item it speaks of everything on the account that was due by `announced_on`.
    """

    class Source(models.TextChoices):
        PERSON = "PERSON", _("Told to us")
        PORTAL = "PORTAL", _("Portal")

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(
        "parties.CustomerAccount", on_delete=models.CASCADE, related_name="payment_announcements"
    )
    item = models.ForeignKey(
        "ledger.OpenItem", null=True, on_delete=models.CASCADE, related_name="payment_announcements"
    )
    announced_on = models.DateField()
    until_date = models.DateField()
    source = models.CharField(max_length=6, choices=Source.choices, default=Source.PERSON)
    said = models.CharField(max_length=200, blank=True)
    created_by_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="paymentannouncement_dates", condition=Q(until_date__gte=F("announced_on")))
        ]
        indexes = [models.Index(fields=["account", "id"], name="paymentannounce_account")]


class DunningRun(models.Model):
    """The evaluation of one day: who gets what, who is held and why, before anything leaves.

    One of origin MASS sends the text `message_code` by `medium` to accounts that a person chose (`ChosenAccount`), of
    the companies `company_ids`; `company` is the only one of them, None when there are several. A text in the person's
    own words stands in `free_texts`, by language: `{"fr": {"subject": …, "body": …}}`.
    """

    class Origin(models.TextChoices):
        POLICY = "POLICY", _("Policies")
        MASS = "MASS", _("Chosen accounts")

    class State(models.TextChoices):
        PREPARING = "PREPARING", _("Preparing")
        READY = "READY", _("To review")
        RELEASED = "RELEASED", _("Sending")
        DONE = "DONE", _("Sent")
        CANCELLED = "CANCELLED", _("Cancelled")
        FAILED = "FAILED", _("Failed")

    id = models.BigAutoField(primary_key=True)
    company = models.ForeignKey("parties.Company", null=True, on_delete=models.PROTECT)
    as_of = models.DateField()
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.POLICY, db_default="POLICY")
    message_code = models.CharField(max_length=30, blank=True, db_default="")
    medium = models.CharField(max_length=6, choices=Medium.choices, blank=True, db_default="")
    company_ids = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    free_texts = models.JSONField(default=dict, db_default={})
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    created_by_id = models.BigIntegerField(null=True)
    created_by_label = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()
    released_by_id = models.BigIntegerField(null=True)
    released_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    send_count = models.PositiveIntegerField(default=0)
    hold_count = models.PositiveIntegerField(default=0)
    person_count = models.PositiveIntegerField(default=0)
    sent_count = models.PositiveIntegerField(default=0)
    held_at_sending_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="dunningrun_mass_says_what",
                condition=Q(origin="POLICY")
                | ~Q(message_code="") & ~Q(company_ids=[]) & Q(medium__in=("EMAIL", "LETTER", "SMS")),
            ),
            models.CheckConstraint(
                name="dunningrun_own_words",
                condition=Q(message_code="FREE_TEXT") & ~Q(free_texts={})
                | ~Q(message_code="FREE_TEXT") & Q(free_texts={}),
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="dunningrun_recent")]


class AccountSelection(models.Model):
    """The accounts that a person selected in a list, as they were then: what is written or changed is these."""

    id = models.BigAutoField(primary_key=True)
    account_ids = ArrayField(models.BigIntegerField())
    back = models.CharField(max_length=2000, blank=True)
    created_by_id = models.BigIntegerField()
    created_at = models.DateTimeField()


class ChosenAccount(models.Model):
    """An account that a person chose for a run of origin MASS."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(DunningRun, on_delete=models.CASCADE, related_name="chosen", db_index=False)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.CASCADE, related_name="mass_runs")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "account"], name="chosenaccount_unique")]


class DunningDecision(models.Model):
    """What a run decided for one account, with the reason; `medium` is by what its message goes.

    `amounts` are pairs of currency and amount (a string): claimed when it is to go, held otherwise; `amount_company`
    is the same in the currency of the company.
    """

    class Outcome(models.TextChoices):
        SEND = "SEND", _("Will go")
        HOLD = "HOLD", _("Held")
        PERSON = "PERSON", _("Needs a person")

    id = models.BigAutoField(primary_key=True)
    # Indexed below, twice.
    run = models.ForeignKey(DunningRun, on_delete=models.CASCADE, related_name="decisions", db_index=False)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="dunning_decisions")
    outcome = models.CharField(max_length=6, choices=Outcome.choices)
    reason_code = models.CharField(max_length=40)
    policy = models.ForeignKey(DunningPolicy, on_delete=models.PROTECT)
    level = models.ForeignKey(DunningLevel, null=True, on_delete=models.PROTECT)
    amounts = models.JSONField(default=list)
    amount_company = AmountField(default=0)
    company_currency = CurrencyField()
    item_count = models.PositiveIntegerField(default=0)
    overdue_days_max = models.IntegerField(default=0)
    is_excluded = models.BooleanField(default=False)
    recipient_name = models.CharField(max_length=150, blank=True)
    recipient_email = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=5, blank=True)
    medium = models.CharField(max_length=6, choices=Medium.choices, default="EMAIL", db_default="EMAIL")
    validated_by = models.CharField(max_length=12, choices=Validation.choices, blank=True, db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "account"], name="dunningdecision_unique")]
        indexes = [models.Index(fields=["run", "outcome", "-amount_company", "id"], name="dunningdecision_list")]


class DunningDecisionItem(models.Model):
    """One item within a decision: in the message, or held with its own reason; `level_rank` when it moves a level."""

    id = models.BigAutoField(primary_key=True)
    # Both are indexed below, and checked by triggers: once for all that a run writes, not row by row.
    decision = models.ForeignKey(
        DunningDecision, on_delete=models.CASCADE, related_name="items", db_index=False, db_constraint=False
    )
    item = models.ForeignKey(
        "ledger.OpenItem",
        on_delete=models.PROTECT,
        related_name="dunning_decision_items",
        db_index=False,
        db_constraint=False,
    )
    is_included = models.BooleanField()
    reason_code = models.CharField(max_length=40)
    level_rank = models.PositiveSmallIntegerField(null=True)
    currency = CurrencyField()
    overdue_days = models.IntegerField()
    amount = AmountField()
    amount_held = AmountField()
    amount_disputed = AmountField(default=0)
    amount_covered = AmountField(default=0)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["item"], name="dunningdecisionitem_item"),
            models.Index(fields=["decision", "id"], name="dunningdecisionitem_order"),
        ]


class DunningNotice(models.Model):
    """A reminder that was queued for sending, tied to its transmission; or a step that is left to a person."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("Queued")
        SENT = "SENT", _("Sent")
        HELD = "HELD", _("Held at sending")
        FAILED = "FAILED", _("Failed")
        UNCERTAIN = "UNCERTAIN", _("Uncertain")
        CANCELLED = "CANCELLED", _("Cancelled")
        TASK_OPEN = "TASK_OPEN", _("To be done")
        DONE = "DONE", _("Done")

    id = models.BigAutoField(primary_key=True)
    decision = models.OneToOneField(DunningDecision, on_delete=models.PROTECT, related_name="notice")
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="dunning_notices")
    # None: a text that a person chose, which is no step.
    level = models.ForeignKey(DunningLevel, null=True, on_delete=models.PROTECT)
    # In a person's own words and about no item: it asks for nothing, so no reminder waits for it.
    is_free = models.BooleanField(default=False, db_default=False)
    notice_date = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    held_reason_code = models.CharField(max_length=40, blank=True)
    transmission = models.OneToOneField("delivery.Transmission", null=True, on_delete=models.PROTECT)
    company_currency = CurrencyField()
    amount_company = AmountField(default=0)
    created_at = models.DateTimeField()
    medium = models.CharField(max_length=6, choices=Medium.choices, default="EMAIL", db_default="EMAIL")
    done_at = models.DateTimeField(null=True)
    done_by_id = models.BigIntegerField(null=True)
    done_note = models.CharField(max_length=500, blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="QUEUED"), name="dunningnotice_one_queued_per_account"
            ),
            models.CheckConstraint(
                name="dunningnotice_held_with_reason", condition=~Q(state="HELD") | ~Q(held_reason_code="")
            ),
            models.CheckConstraint(
                name="dunningnotice_task_by_person",
                condition=~Q(state__in=("TASK_OPEN", "DONE")) | Q(medium__in=("CALL", "PORTAL", "TASK")),
            ),
            models.CheckConstraint(
                name="dunningnotice_done_has_moment", condition=~Q(state="DONE") | Q(done_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-notice_date", "-id"], name="dunningnotice_account"),
            models.Index(fields=["state", "id"], name="dunningnotice_state"),
        ]


class DunningNoticeItem(models.Model):
    """An item listed on a notice that left; `level_rank` is the level it reached by it, None when only listed."""

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey(DunningNotice, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="dunning_notice_items")
    level_rank = models.PositiveSmallIntegerField(null=True)
    currency = CurrencyField()
    amount = AmountField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "item"], name="dunningnoticeitem_unique")]
        indexes = [models.Index(fields=["item", "-level_rank"], name="dunningnoticeitem_level")]


class MessageText(models.Model):
    """A text of the company's own, from a day on, in place of the shipped one; a change is another row.

    Paragraphs of `before` and `after` (the list) stand apart by an empty line. `is_shipped` goes back to the shipped
    text. Of two from one day the later row counts.
    """

    class Medium(models.TextChoices):
        EMAIL = "EMAIL", _("E-mail")
        LETTER = "LETTER", _("Letter")

    id = models.BigAutoField(primary_key=True)
    message_code = models.CharField(max_length=30)
    language = models.CharField(max_length=5)
    medium = models.CharField(max_length=6, choices=Medium.choices)
    from_date = models.DateField()
    is_shipped = models.BooleanField(default=False)
    subject = models.TextField(blank=True)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by_id = models.BigIntegerField(null=True)
    created_by_label = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="messagetext_says_something", condition=Q(is_shipped=True) | ~Q(subject="") & ~Q(before="")
            )
        ]
        indexes = [
            models.Index(
                fields=["message_code", "language", "medium", "-from_date", "-id"], name="messagetext_in_force"
            )
        ]
