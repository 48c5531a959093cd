"""Promises to pay, and payment plans: amounts, days, and the items they speak of."""

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


class PaymentPlan(models.Model):
    """A debt to be paid in instalments; its state is decided by `core.payment_plans`.

    `total` is principal, `interest_total` comes on top and is for the ERP to invoice. A plan holds the reminders of its
    items from `accepted_on` until `decided_date`. A proposal waits for an answer until `answer_until`.
    """

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", pgettext_lazy("plan", "Proposed")
        ACTIVE = "ACTIVE", pgettext_lazy("plan", "Running")
        KEPT = "KEPT", pgettext_lazy("plan", "Kept")
        BROKEN = "BROKEN", pgettext_lazy("plan", "Broken")
        CANCELLED = "CANCELLED", pgettext_lazy("plan", "Cancelled")

    class AcceptedVia(models.TextChoices):
        LINK = "LINK", _("By the customer, on its page")
        COLLECTOR = "COLLECTOR", _("Noted by a colleague")

    class EndReason(models.TextChoices):
        DECLINED = "DECLINED", _("Declined by the customer")
        EXPIRED = "EXPIRED", _("No answer in time")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn by us")
        PAID_IN_FULL = "PAID_IN_FULL", _("Paid in full")
        NOT_PAID = "NOT_PAID", _("An instalment was not paid")
        PAID_IN_PART = "PAID_IN_PART", _("An instalment was paid in part")
        PAID_LATE = "PAID_LATE", _("An instalment was paid late")

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("parties.CustomerAccount", on_delete=models.PROTECT, related_name="payment_plans")
    currency = CurrencyField()
    total = AmountField()
    interest_total = AmountField(default=0)
    annual_rate_pct = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PROPOSED)
    made_on = models.DateField()
    answer_until = models.DateField()
    accepted_on = models.DateField(null=True)
    accepted_by = models.CharField(max_length=120, blank=True)
    accepted_via = models.CharField(max_length=9, choices=AcceptedVia.choices, blank=True)
    tolerance_days = models.PositiveSmallIntegerField(default=5)
    decided_date = models.DateField(null=True)
    end_reason = models.CharField(max_length=12, choices=EndReason.choices, blank=True)
    amount_paid = AmountField(default=0)
    contact_name = models.CharField(max_length=120, blank=True)
    comment = models.TextField(blank=True)
    made_by = models.ForeignKey("parties.User", null=True, on_delete=models.SET_NULL, related_name="plans_made")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="paymentplan_amounts",
                condition=Q(total__gt=0, interest_total__gte=0, amount_paid__gte=0, amount_paid__lte=models.F("total")),
            ),
            models.CheckConstraint(
                name="paymentplan_rate",
                condition=Q(annual_rate_pct__isnull=True) | Q(annual_rate_pct__gt=0, annual_rate_pct__lte=100),
            ),
            models.CheckConstraint(
                name="paymentplan_state_dated",
                condition=Q(state="PROPOSED", accepted_on__isnull=True, decided_date__isnull=True)
                | Q(state="ACTIVE", accepted_on__isnull=False, decided_date__isnull=True)
                | Q(state__in=["KEPT", "BROKEN"], accepted_on__isnull=False, decided_date__isnull=False)
                | Q(state="CANCELLED", decided_date__isnull=False),
            ),
            models.CheckConstraint(
                name="paymentplan_dates",
                condition=Q(answer_until__gte=models.F("made_on"))
                & (Q(accepted_on__isnull=True) | Q(accepted_on__gte=models.F("made_on"))),
            ),
            models.CheckConstraint(
                name="paymentplan_accepted_by",
                condition=Q(accepted_on__isnull=True) | ~Q(accepted_by="") & ~Q(accepted_via=""),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "state"], name="paymentplan_account"),
            models.Index(fields=["state", "id"], name="paymentplan_state"),
        ]


class LinkVisit(models.Model):
    """How often a public link was opened in a minute; `key` says by whom or which, never in clear."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=64)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "minute"], name="linkvisit_once")]


class PlannedInstalment(models.Model):
    """What is due on a day; `amount` is principal. `state` is the last judgement, as in `core.payment_plans`."""

    class State(models.TextChoices):
        WAITING = "WAITING", pgettext_lazy("instalment", "Waiting")
        LATE = "LATE", pgettext_lazy("instalment", "Late")
        KEPT = "KEPT", pgettext_lazy("instalment", "Paid")
        PART_KEPT = "PART_KEPT", pgettext_lazy("instalment", "Paid in part")
        BROKEN = "BROKEN", pgettext_lazy("instalment", "Not paid")

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(PaymentPlan, on_delete=models.CASCADE, related_name="instalments")
    position = models.PositiveSmallIntegerField()
    due_date = models.DateField()
    amount = AmountField()
    interest_amount = AmountField(default=0)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="plannedinstalment_position"),
            models.UniqueConstraint(fields=["plan", "due_date"], name="plannedinstalment_day"),
            models.CheckConstraint(
                name="plannedinstalment_amounts", condition=Q(amount__gt=0, interest_amount__gte=0, position__gte=1)
            ),
        ]
        indexes = [models.Index(fields=["due_date", "plan"], name="plannedinstalment_due")]


class PlannedItem(models.Model):
    """One item of a plan: how much of it is planned, and how much of it was settled before the plan was made."""

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(PaymentPlan, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("ledger.OpenItem", on_delete=models.PROTECT, related_name="planned_items")
    amount = AmountField()
    settled_before = AmountField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "item"], name="planneditem_unique"),
            models.CheckConstraint(name="planneditem_amounts", condition=Q(amount__gt=0, settled_before__gte=0)),
        ]
